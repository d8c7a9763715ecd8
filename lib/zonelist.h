/*
 * zonelist.xml: the zones, their policy and their files (interfaces §3,
 * zonelist.xml(5)).  Reading, and editing of its text: an edit keeps every
 * comment and all layout of what it does not touch.
 */
#ifndef ZONELIST_H
#define ZONELIST_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "xmlfile.h"

struct zonelist_zone {
	char *name; /* absolute canonical text (name.h) */
	char *policy;
	char *signconf; /* path of signconf/ZONE.xml */
	char *input;	/* path of the unsigned zone */
	char *output;	/* path of the signed zone */
	long line;
};

/* A value of the group property, and the policy of its members. */
struct zonelist_group {
	char *name;
	char *policy;
};

/* Ours: a catalog zone (RFC 9432) whose members are zones of the list. */
struct zonelist_catalog {
	char *name;   /* absolute canonical text */
	char *input;  /* path of the catalog, canonical zone text */
	char *policy; /* of members without a group that is named here */
	struct zonelist_group *group; /* in the order of the file */
	size_t group_count;
	uint32_t max_removals; /* zones in one step */
	uint32_t max_members;
	long line;
};

#define ZONELIST_MAX_REMOVALS 10 /* where not stated */
#define ZONELIST_MAX_MEMBERS  10000

struct zonelist {
	struct zonelist_zone *zone; /* in the order of the file */
	size_t count;
	size_t *by_name;		  /* count indices, sorted by name */
	struct zonelist_catalog *catalog; /* in the order of the file */
	size_t catalog_count;
};

/*
 * Read and check the file against its schema; names are unique, no two zones
 * share an output or signconf file, no catalog shares any.  The caller frees with zonelist_free().
 * log: where all findings go, or NULL; d gets the first error.
 * -1: STATUS_USAGE or STATUS_SYSTEM.
 */
int zonelist_read(struct zonelist **out, const char *path,
    const struct xmllog *log, struct diag *d);

/* The same from bytes; path is for messages. */
int zonelist_parse(struct zonelist **out, const char *path, const char *bytes,
    size_t len, const struct xmllog *log, struct diag *d);

void zonelist_free(struct zonelist *list);

/* The zone of that canonical name, or NULL. */
const struct zonelist_zone *
zonelist_find(const struct zonelist *list, const char *name);

/* The catalog of that canonical name, or NULL. */
const struct zonelist_catalog *
zonelist_find_catalog(const struct zonelist *list, const char *name);

/* ---- editing (zonelist_edit.c) ---- */

/*
 * The text with more zones, as the last ones and in the layout of the first.
 * *out is malloc'd.  text must have been read by zonelist_parse(). -1:
 * STATUS_USAGE (an encoding other than UTF-8), STATUS_SYSTEM.
 */
int zonelist_text_add(const char *text, size_t len,
    const struct zonelist_zone *zones, size_t count, char **out,
    size_t *out_len, struct diag *d);

/* The text without those zones; comments outside them stay.  At least one. */
int zonelist_text_delete(const char *text, size_t len, const char *const *names,
    size_t count, char **out, size_t *out_len, struct diag *d);

/* A zone list from nothing: header and root, no zone.  NULL: no memory. */
char *zonelist_text_empty(void);

#endif
