/*
 * The verbs of keystate: one row each, one file a family.
 */
#ifndef KEYSTATE_VERB_H
#define KEYSTATE_VERB_H

#include "session.h"

struct verb {
	const char *words;   /* "zone add" */
	const char *options; /* the letters it takes, and long names:
			      * "zpsio,force,json" */
	unsigned needs;	     /* enum needs */
	const char *summary;
	/* operands are what stood behind the words. */
	enum status (*run)(
	    struct session *s, int argc, char **operands, struct diag *d);
};

/* Families, each ended by a row with words NULL. */
extern const struct verb setup_verbs[], zone_verbs[], policy_verbs[];
extern const struct verb list_verbs[], key_verbs[], export_verbs[];
extern const struct verb backup_verbs[], database_verbs[];
extern const struct verb pass_verbs[], publish_verbs[], plan_verbs[];
extern const struct verb import_verbs[], settings_verbs[], status_verbs[];

/* For a verb that failed: d, and its status. */
enum status verb_failed(const struct diag *d);

#endif
