/*
 * Names as byte strings whose memcmp is the canonical order of names
 * (RFC 4034 §6.1): labels from the right, lower case, octet 00 as 01 01,
 * 01 as 01 02, each label ended by 00.  The root is the empty string.  A name
 * is below another exactly if the other's key is a proper prefix of its key.
 */
#ifndef NAMEKEY_H
#define NAMEKEY_H

#include <stddef.h>
#include <stdint.h>

#define NAMEKEY_MAX 512

/*
 * The key of absolute text in presentation form.  Returns its length, or -1
 * where name_from_text() would.
 */
int namekey_from_text(const char *text, size_t len, uint8_t key[NAMEKEY_MAX]);

/* The key of a valid wire name.  Returns its length. */
size_t namekey_from_wire(const uint8_t *wire, uint8_t key[NAMEKEY_MAX]);

/* The wire name (lower case) of a key.  Its length, or -1 if no key. */
int namekey_to_wire(const uint8_t *key, size_t len, uint8_t wire[255]);

/* memcmp, then the shorter first. */
int namekey_compare(const uint8_t *a, size_t a_len, const uint8_t *b,
    size_t b_len);

/* The length of the parent's key, a prefix of this one; len is not 0. */
size_t namekey_parent(const uint8_t *key, size_t len);

#endif
