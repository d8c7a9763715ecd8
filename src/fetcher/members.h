/*
 * The zones that a catalog brought into the zone list, in the file
 * INPUT.members, fetch-zone(1): only these may its changes remove
 * (RFC 9432 §5.2).
 */
#ifndef FETCHER_MEMBERS_H
#define FETCHER_MEMBERS_H

#include <stdbool.h>
#include <stddef.h>

#include "diag.h"

struct member {
	char *zone;   /* canonical text */
	char *label;  /* unique in the catalog (RFC 9432 §4.1) */
	char *policy; /* that the catalog asked for */
	bool gone;    /* not written any more */
};

struct members {
	struct member *list;
	size_t count, room;
};

/*
 * Read what is known of catalog, whose text is at input; nothing is known
 * where no file is.  -1: STATUS_BAD: damaged; STATUS_SYSTEM.
 */
int members_read(
    struct members *m, const char *catalog, const char *input, struct diag *d);

/* Strings are copied.  -1: STATUS_SYSTEM. */
int members_add(struct members *m, const char *zone, const char *label,
    const char *policy, struct diag *d);

/* In place of the file.  -1: STATUS_SYSTEM. */
int members_write(const struct members *m, const char *catalog,
    const char *input, struct diag *d);

void members_free(struct members *m);

#endif
