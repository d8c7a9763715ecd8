/*
 * What was found wrong with a zone, kept until its end: of each kind the first
 * few, the others counted.  On the failure path the inputs are read once more
 * to say in which file and line each stands.
 */
#ifndef SORT_FINDINGS_H
#define SORT_FINDINGS_H

#include "cli.h"
#include "zonecheck.h"

#define FINDINGS_KINDS 32 /* more than lib/zonecheck has */
#define FINDINGS_KEPT  10 /* of a kind */

struct finding {
	char *owner, *what;
	uint16_t type;
	char *place; /* "zone.db:912", or NULL */
	char *other; /* where there is a second such record, or NULL */
};

struct finding_kind {
	const char *name, *rule; /* constants */
	bool error;
	uint64_t count;
	struct finding kept[FINDINGS_KEPT];
};

struct findings {
	bool strict; /* warnings are errors */
	struct finding_kind kinds[FINDINGS_KINDS];
	size_t count;
	uint64_t errors, warnings;
	bool no_memory; /* something could not be kept */
};

void findings_clear(struct findings *f);

/* ctx is a struct findings; a zonecheck_found. */
void findings_add(void *ctx, const struct zonecheck_finding *found);

/* Say all of it on stderr.  zone is the zone's name. */
void findings_report(const struct findings *f, const char *zone);

/* The reason that fails the zone, from the first error.  Returns -1. */
int findings_fail(const struct findings *f, struct diag *d);

#endif
