/*
 * What a verb works with: the options given, the configuration, the model and
 * the database.  A verb's row says what it needs; main() brings it.
 */
#ifndef KEYSTATE_SESSION_H
#define KEYSTATE_SESSION_H

#include <stdbool.h>
#include <stdint.h>

#include "cli.h"
#include "conf.h"
#include "db.h"
#include "engine.h"
#include "kasp.h"
#include "repository.h"
#include "zonelist.h"

/* The options of all verbs; the letters are ods-ksmutil's. */
struct options {
	const char *conf, *zone, *policy, *input, *output, *signerconf;
	const char *repository, *keytype, *keystate, *id, *algorithm;
	const char *time, *retire, *format, *html, *metrics, *file, *log, *from, *digest;
	const char *due;
	uint32_t bits, tag, zonetotal;
	int64_t interval, until, at, now, wait;
	bool all, ds, no_retire, verbose, json, force, dry_run, yes;
	bool assume_published, accept_clock, published, emergency, no_xml, lost;
	bool check_repository, no_notify, cds, reconcile, quiet;
};

struct keystore;

/* A file in the state directory: while it is there no pass makes keys. */
#define HOLD_GENERATION "hold-generation"

struct session {
	struct options o;
	int64_t now;

	struct conf *conf;
	struct repository_list repositories;
	struct kasp *kasp;
	struct zonelist *zonelist;

	struct model *m;
	struct database *db;
	struct engine_options engine;
	bool held; /* HOLD_GENERATION is there */
	bool no_stock; /* a store made no key in this pass, which was told */
	/* of whose missing backup was told last: zones may share it */
	const struct keypair *told_no_backup[KEY_TYPES];

	struct open_store {
		const char *repository; /* owned by repositories */
		struct keystore *store; /* NULL: it refused us */
		struct diag why;
	} * open; /* material.h */
	size_t nopen;
};

/* What must be there before a verb runs. */
enum needs {
	NEEDS_CONF = 1,	    /* conf.xml and its repositories */
	NEEDS_KASP = 2,	    /* policies, in the model */
	NEEDS_ZONELIST = 4, /* zones, in the model */
	NEEDS_READ = 8,	    /* the database, for looking */
	NEEDS_WRITE = 16,   /* the database, for changing */
	NEEDS_ALL = 31 - NEEDS_READ,
	NEEDS_SYSLOG = 32, /* what it says goes to the facility of conf.xml too */
};

/*
 * Bring what the mask says; zonelist.pending of an interrupted zone add or
 * delete is dealt with first.  -1: STATUS_USAGE, STATUS_BAD, STATUS_SYSTEM.
 */
int session_load(struct session *s, unsigned needs, struct diag *d);
void session_free(struct session *s);

/* The same anew, as it was committed last: what a failed verb left is gone. */
int session_reload(struct session *s, unsigned needs, struct diag *d);

/* database_commit(), unless --dry-run. */
int session_commit(struct session *s, struct diag *d);

/*
 * The zone that --zone names (any case, with or without the dot), known to
 * the database or the zone list.  NULL: STATUS_USAGE (none given), STATUS_BAD
 * (no such zone).
 */
struct zone *session_zone(struct session *s, struct diag *d);

/* Text of a zone's name as the model has it: no final dot.  -1: STATUS_BAD. */
int session_zone_name(const char *text, char **name, struct diag *d);

/* "KSK", "257", "zsk", "256" of --keytype.  1: given; 0: not; -1: neither. */
int
session_key_type(const struct session *s, enum key_type *type, struct diag *d);

/* The zone is in zonelist.xml and not deleted: enforce and due look at it. */
bool session_in_use(const struct session *s, const struct zone *z);

/*
 * Does the kernel say that its clock is right?  1: yes; 0: no; -1: it does not
 * say (errno), as where seccomp refuses the call.
 */
int session_clock_synchronised(void);

/* "YYYY-MM-DD HH:MM:SS" in local time, as ods-ksmutil lists (size 32). */
void session_date(int64_t moment, char *buf);

/*
 * Ask on the terminal, "y/N"; yes without asking with --yes or --force.
 * 1: yes.  0: no.  -1: nobody to ask (STATUS_USAGE).
 */
int session_confirm(const struct session *s, const char *question,
    struct diag *d);

#endif
