/*
 * What went wrong, as a value.  lib/ fills a struct diag and returns -1; the
 * programs decide whether that ends a zone, a run or nothing (STYLE 4).
 * The text reads "place: what (rule)", without the program's name and without
 * a newline: "example.zone:912: www.example. A: ... (RFC 4034 §3.1.5)".
 */
#ifndef DIAG_H
#define DIAG_H

#include "status.h"

#define DIAG_TEXT_MAX 1024

struct diag {
	enum status status;
	char text[DIAG_TEXT_MAX]; /* NUL terminated, cut if longer */
};

/*
 * Fill d.  A d of NULL is allowed: the caller does not want the text.
 * Always returns -1, so that a check can read "return diag_set(...)".
 */
int diag_set(struct diag *d, enum status status, const char *fmt, ...)
    __attribute__((format(printf, 3, 4)));

/* STATUS_SYSTEM, with ": " and the text of errno behind.  Returns -1. */
int diag_system(struct diag *d, const char *fmt, ...)
    __attribute__((format(printf, 2, 3)));

/* Put the formatted place and ": " before the text that d holds. Returns -1. */
int diag_prefix(struct diag *d, const char *fmt, ...)
    __attribute__((format(printf, 2, 3)));

#endif
