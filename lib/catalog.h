/*
 * The content of a catalog zone (RFC 9432), read from canonical zone text:
 * which zones are its members, and what their properties say.
 */
#ifndef CATALOG_H
#define CATALOG_H

#include <stddef.h>
#include <stdint.h>

#include "diag.h"
#include "strmap.h"
#include "zonetext.h"

struct catalog_member {
	char *name;   /* of the zone, canonical text */
	char *label;  /* unique in the catalog, canonical text without dot */
	char *coo;    /* the catalog it moves to (§4.3.1), or NULL */
	char **group; /* values of the group property (§4.3.2) */
	size_t group_count;
};

struct catalog {
	char *name;
	struct catalog_member **member; /* sorted by name (strcmp) */
	size_t count;
};

/*
 * Read the catalog of that canonical name: one zone, whole.  in is read, not
 * closed.  The caller frees with catalog_free().
 * -1: STATUS_BAD: it is broken (§5.1: nothing of it may be used), of another
 * version than 2, or has more than max members; STATUS_SYSTEM.
 */
int catalog_read(struct catalog **out, const char *name,
    struct zonetext_reader *in, size_t max, struct diag *d);

/* The same from a file. */
int catalog_read_file(struct catalog **out, const char *name, const char *path,
    size_t max, struct diag *d);

/* The member of that canonical name, or NULL. */
const struct catalog_member *
catalog_find(const struct catalog *catalog, const char *name);

/* NULL is allowed. */
void catalog_free(struct catalog *catalog);

#endif
