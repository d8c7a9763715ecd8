/*
 * SHA-256 of a file's octets: what names a published zone (jobs(5)).
 */
#ifndef FILEDIGEST_H
#define FILEDIGEST_H

#include <stddef.h>

#include "diag.h"

#define FILEDIGEST_TEXT 65 /* 64 hex digits in lower case, and a NUL */

/* Of all that fd holds, from its beginning; its offset does not move.
 * -1: STATUS_SYSTEM. */
int filedigest_fd(int fd, char hex[FILEDIGEST_TEXT], struct diag *d);

/* Of octets as they are written. */
struct filedigest;

/* -1: STATUS_SYSTEM. */
int filedigest_open(struct filedigest **out, struct diag *d);
/* A file begins: what was added before is forgotten. */
void filedigest_begin(struct filedigest *fd);
/* For stream_out_tap(): ctx is the struct filedigest. */
void filedigest_add(void *ctx, const void *bytes, size_t len);
/* The digest of what was added since filedigest_begin(), which must come again
 * before the next use.  -1: STATUS_SYSTEM, now or in one of the calls before. */
int filedigest_end(
    struct filedigest *fd, char hex[FILEDIGEST_TEXT], struct diag *d);
/* NULL is allowed. */
void filedigest_close(struct filedigest *fd);

#endif
