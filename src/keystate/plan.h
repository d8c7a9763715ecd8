/*
 * The engine run forward: every coming transition, and every action that a
 * person owes.  It takes it that each pass is followed by signing and
 * publication at once, that each owed action is done on its date, and that no
 * record changes: then signatures of a retired ZSK are replaced when they are
 * due (zonekey.fades) or, where that is not known, last as long as they can
 * (Dsgn).
 */
#ifndef KEYSTATE_PLAN_H
#define KEYSTATE_PLAN_H

#include <stdio.h>

#include "engine.h"

/* A key in a zone: a lane. */
struct plan_key {
	char *zone;
	char *id;		/* CKA_ID, or "new-N" for one to be made */
	bool made;		/* exists already */
	enum key_type type;
	uint8_t algorithm;
	uint16_t tag;		/* 0 if it is to be made */
	enum key_state state;	/* when the plan begins */
	bool sign_only;
	int64_t entered;	/* moment of that state */
};

enum plan_kind {
	PLAN_MOVE,	/* from -> to (or sign_only changes) */
	PLAN_RENEWED,	/* the last signature by it has been replaced */
	PLAN_OWED,	/* action */
	PLAN_PURGED,
	PLAN_STUCK,	/* action that will not be done by time: refused, no
			 * policy, no keys */
};

struct plan_event {
	int64_t at;
	enum plan_kind kind;
	size_t key;		/* index; SIZE_MAX: of the zone as a whole */
	const char *zone;	/* owned by the plan */
	enum key_state from, to;
	bool sign_only;		/* afterwards */
	bool latest;		/* it may be earlier: it waits for signatures
				 * that are not made yet to be replaced */
	enum interval interval;
	int64_t start;
	const char *reason;	/* static; or NULL */
	enum action_kind action;
};

struct plan {
	int64_t from, until;
	struct plan_key *key;
	size_t nkeys;
	struct plan_event *event; /* by time */
	size_t nevents;
	char **zone;		/* names, in order */
	size_t nzones;
};

/*
 * From now to until; m is not changed.  zone NULL: all.  At most events_max
 * events: a plan that grows beyond is refused.
 * -1: STATUS_BAD, STATUS_SYSTEM; clear plan in any case.
 */
int plan_run(const struct model *m, int64_t now, int64_t until,
    const struct engine_options *opt, const char *zone, size_t events_max,
    struct plan *plan, struct diag *d);
void plan_clear(struct plan *plan);

/* "hand in its DS; once it is seen": what a person owes; NULL: nothing. */
const char *plan_duty(enum action_kind kind);

/* The command that ends a duty, with zone and key. */
void plan_command(const struct plan *plan, const struct plan_event *e,
    char *buf, size_t size);

/* "KSK 12345", "ZSK new-3". */
void plan_key_name(const struct plan_key *k, char *buf, size_t size);

/* Output.  Errors of writing are the caller's to ask for (ferror). */
void plan_text(const struct plan *plan, FILE *to);
int plan_json(const struct plan *plan, FILE *to);
void plan_svg(const struct plan *plan, FILE *to);

#endif
