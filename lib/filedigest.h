/*
 * SHA-256 of a file's octets: what names a published zone (jobs(5)).
 */
#ifndef FILEDIGEST_H
#define FILEDIGEST_H

#include "diag.h"

#define FILEDIGEST_TEXT 65 /* 64 hex digits in lower case, and a NUL */

/* Of all that fd holds, from its beginning; its offset does not move.
 * -1: STATUS_SYSTEM. */
int filedigest_fd(int fd, char hex[FILEDIGEST_TEXT], struct diag *d);

#endif
