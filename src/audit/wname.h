/*
 * Domain names as audit-zone handles them: uncompressed wire format, and a key
 * whose memcmp() order is the canonical order of names (RFC 4034 §6.1).
 */
#ifndef WNAME_H
#define WNAME_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define WNAME_MAX     255
#define WNAME_KEY_MAX 512  /* every octet escaped, every label ended */
#define WNAME_TEXT_MAX 1025

/*
 * Presentation format to wire, case kept.  A name without a final dot is
 * completed with origin; "@" is the origin.  origin may be NULL: then such
 * names fail.  Returns the wire length, or 0 for anything that is no name.
 */
size_t wname_parse(const char *text, size_t len, const uint8_t *origin,
    uint8_t wire[WNAME_MAX]);

/* Length in octets of a wire name within size octets, or 0: malformed. */
size_t wname_length(const uint8_t *wire, size_t size);

/* Of a well-formed name. */
size_t wname_size(const uint8_t *wire);
unsigned wname_labels(const uint8_t *wire); /* without the root */

/* Lower case in place (RFC 4034 §6.2: US-ASCII only). */
void wname_lower(uint8_t *wire);

/* Equality of well-formed names, whatever their case. */
bool wname_equal(const uint8_t *a, const uint8_t *b);

/* Is name at or below zone? */
bool wname_within(const uint8_t *name, const uint8_t *zone);

/*
 * The key: labels from the root down, lower case, 00 and 01 escaped as 01 01
 * and 01 02, each label ended by 00.  An ancestor's key is a prefix.
 * Returns its length.
 */
size_t wname_key(const uint8_t *wire, uint8_t key[WNAME_KEY_MAX]);

/* The name of a key, in lower case. */
void wname_from_key(const uint8_t *key, size_t len, uint8_t wire[WNAME_MAX]);

/* Presentation format, absolute; returns its length. */
size_t wname_print(const uint8_t *wire, char text[WNAME_TEXT_MAX]);

#endif
