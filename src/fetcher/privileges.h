/* From root to the user who owns the zones. */
#ifndef FETCHER_PRIVILEGES_H
#define FETCHER_PRIVILEGES_H

#include "diag.h"

/*
 * Become user and group (names or numbers; NULL: user's group, or stay) for
 * good.  Nothing is done, and 0 returned, if both are NULL.
 * -1: STATUS_USAGE, no such user; STATUS_SYSTEM.
 */
int privileges_drop(const char *user, const char *group, struct diag *d);

#endif
