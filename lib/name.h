/*
 * Domain names as text and as wire octets.  Text is presentation form
 * (RFC 1035 §5.1, RFC 4343); canonical text is absolute, lower case, and
 * escapes as libknot does, so that equal names are equal strings:
 * letters, digits and -_* and / plain, other printable characters but # behind
 * a backslash, the rest as \DDD.
 */
#ifndef NAME_H
#define NAME_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define NAME_WIRE_MAX	255  /* RFC 1035 §2.3.4, the root label included */
#define NAME_LABEL_MAX	63
#define NAME_LABELS_MAX 127  /* the root label not counted */
#define NAME_TEXT_MAX	1017 /* 254 octets as \DDD and the final dot, NUL */

/*
 * Absolute text (any case, any escapes) to wire, case kept.
 * Returns the wire length, or -1: empty label, label over 63, name over 255,
 * malformed escape, or not absolute.
 */
int name_from_text(const char *text, size_t len, uint8_t wire[NAME_WIRE_MAX]);

/*
 * Wire (uncompressed, valid) to text in canonical escapes; lower also makes it
 * lower case.  Returns the text's length; buf is NUL terminated.
 */
size_t name_to_text(const uint8_t *wire, bool lower, char buf[NAME_TEXT_MAX]);

/* Any absolute text to canonical text.  Its length, or -1 as above. */
int name_canonical(const char *text, size_t len, char buf[NAME_TEXT_MAX]);

/* Lower case in place (RFC 4034 §6.2). */
void name_lower(uint8_t *wire);

/* Length of a wire name in at most max octets, or -1 if it is malformed. */
int name_wire_length(const uint8_t *wire, size_t max);

/* Labels of canonical text, the root not counted; a wildcard label counts. */
unsigned name_labels(const char *text, size_t len);

/*
 * Is canonical text name strictly below canonical text zone?
 */
bool name_below(const char *name, size_t name_len, const char *zone,
    size_t zone_len);

/*
 * The parent of canonical text: a pointer into it ("." for a top-level name).
 * The root has none: NULL.
 */
const char *name_parent(const char *text, size_t len, size_t *parent_len);

/* First label is exactly "*". */
bool name_is_wildcard(const char *text, size_t len);

#endif
