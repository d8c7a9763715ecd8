/*
 * What the reader and the writer of zonetext.h share: the marker words and the
 * %XX encoding of values.  Not for others.
 */
#ifndef ZONETEXT_LINE_H
#define ZONETEXT_LINE_H

#include "zonetext.h"

#define MARK_STREAM ";zonetext "
#define MARK_ZONE   ";zone "
#define MARK_END    ";end "
#define MARK_FAIL   ";fail "
#define MARK_DONE   ";done "

/* Write text with bytes <= 0x20, %, ; and >= 0x7f as %XX; a space may stay. */
void zonetext_encode(struct stream_out *out, const char *text,
    bool keep_spaces);

/*
 * Decode len bytes into to (at least len + 1 bytes).  -1: a % that is not
 * followed by two hex digits, a %00, or a byte that should have been encoded.
 */
int zonetext_decode(const char *from, size_t len, bool spaces, char *to);

/*
 * Parse " key=value key=value" into keys, which is emptied first.
 * -1: STATUS_BAD for a malformed or repeated key, STATUS_SYSTEM for memory.
 */
int zonetext_parse_keys(const char *s, size_t len, struct zonetext_keys *keys,
    struct diag *d);

#endif
