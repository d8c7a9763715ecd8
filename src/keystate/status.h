/*
 * What is published, until when, and what comes next: one row a zone, in
 * several shapes.
 */
#ifndef KEYSTATE_STATUS_H
#define KEYSTATE_STATUS_H

#include <stdio.h>

#include "plan.h"
#include "session.h"

struct status_zone {
	const struct zone *zone;
	const struct zone_facts *facts;
	const char *why;  /* it is due now; NULL: it is not */
	int64_t due;	  /* when it will be signed by itself; 0: not known */
	int64_t next;	  /* of its keys; 0: no date */
	const char *owed; /* what its keys wait for a person to do, or NULL */
	bool expired;
};

/* Days to the first expiration: [0] over, [1] below a day, ... */
#define STATUS_DAYS 32

struct status_list {
	struct status_zone *zone;
	size_t count;
	size_t failing, expired, due, never;
	size_t days[STATUS_DAYS];
	int64_t now;
};

/* "YYYY-MM-DD HH:MM" in UTC, or "-". */
void status_date(int64_t moment, char buf[20]);

/* Errors of writing are the caller's to ask for (ferror). */
void status_text(const struct status_list *l, FILE *to);
void status_json(const struct status_list *l);
void status_metrics(
    const struct status_list *l, const struct model *m, FILE *to);
/* plan: of the zones' keys, or NULL: there are too many to draw. */
void status_html(
    const struct status_list *l, const struct plan *plan, FILE *to);

#endif
