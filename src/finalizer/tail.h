/*
 * The end of a file that holds one zone: is it whole, and what its ";end" line
 * counts, without reading the rest.
 */
#ifndef FINALIZER_TAIL_H
#define FINALIZER_TAIL_H

#include <stdint.h>

#include "diag.h"

#define TAIL_MAX 8192 /* ";end" and ";done" fit, facts and all */

/*
 * The last octets of a file, as a string; empty if it holds a NUL.
 * -1: STATUS_SYSTEM: what cannot be read is not known to be no zone.
 */
int tail_read(int fd, const char *path, char tail[TAIL_MAX + 1],
    struct diag *why);

/*
 * Its ";end" line if the file holds this zone whole, else NULL.  tail is cut
 * behind it.
 */
const char *tail_end(char *tail, const char *zone);

/* key=NUMBER of an ";end" line.  -1: absent, or no number. */
int tail_number(const char *end, const char *key, uint32_t *out);

#endif
