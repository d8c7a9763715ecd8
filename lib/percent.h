/*
 * Octets as %XX, upper-case digits, where they may not stand for themselves:
 * in header lines (zonetext(5)) and job lines (jobs(5)).
 */
#ifndef PERCENT_H
#define PERCENT_H

#include <stdbool.h>
#include <stddef.h>

#include "stream.h"

/* Write text; only what is plain stands for itself. */
void percent_encode(struct stream_out *out, const char *text,
    bool (*plain)(unsigned char));

/*
 * Decode len octets into to, of at least len + 1.  -1: a % without two digits
 * behind it, %00, or an octet that had to be encoded (plain NULL: any may stand
 * there).
 */
int percent_decode(const char *from, size_t len, bool (*plain)(unsigned char),
    char *to);

#endif
