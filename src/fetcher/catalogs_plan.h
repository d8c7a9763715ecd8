/* What the catalogs ask for, compared with what is there. */
#ifndef FETCHER_CATALOGS_PLAN_H
#define FETCHER_CATALOGS_PLAN_H

#include "catalog.h"
#include "members.h"
#include "strmap.h"
#include "zonelist.h"

/* A zone to be added or deleted, or taken over from another catalog. */
struct change {
	size_t member; /* index in owned, which has it from now on */
	bool failed;
};

struct changes {
	struct change *list;
	size_t count, room;
};

struct source {
	const struct zonelist_catalog *conf;
	struct catalog *now; /* NULL: not there, or broken: nothing changes */
	struct members owned;
	struct strmap place; /* zone to its index in owned, plus one */
	struct changes add, delete, move;
	bool changed; /* owned is to be written */
	bool usable;  /* owned was read */
};

struct plan {
	const struct zonelist *list;
	struct source *source; /* one for each catalog of the list */
	size_t count;
	bool force;
	enum status worst;
	struct strmap owner; /* zone to struct source */
};

/*
 * Read the catalogs and what they brought before, and fill in the changes.
 * What cannot be done is reported.  -1: STATUS_SYSTEM.
 */
int plan_make(
    struct plan *plan, const struct zonelist *list, bool force, struct diag *d);
void plan_free(struct plan *plan);

#endif
