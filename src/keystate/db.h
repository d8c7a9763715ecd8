/*
 * The database: keys.db, zone.db, policy.db and history.log of one state
 * directory (keys.db(5)), under a lock, changed by whole commits.
 *
 * What the engine's model has no place for (public keys, file identities,
 * errors, salts) is kept here beside it, by name.
 */
#ifndef KEYSTATE_DB_H
#define KEYSTATE_DB_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/stat.h>

#include "dbtext.h"
#include "engine.h"
#include "strmap.h"

/* Which file it was, and in what state; all 0: not known. */
struct fileident {
	uint64_t inode, size;
	int64_t mtime; /* seconds */
	uint32_t nsec;
};

struct fileident fileident_of(const struct stat *st);
/* Of a regular file; all 0 for anything else. */
struct fileident fileident_at(const char *path);
/*
 * A file that changed within the last second may change again without a new
 * time: it counts as not known.
 */
struct fileident fileident_settled(struct fileident f);
bool fileident_same(const struct fileident *a, const struct fileident *b);

/* What zone.db has on top of struct zone. */
struct zone_facts {
	struct fileident input;	     /* of the last good run */
	struct fileident handed_out; /* when due listed it last */
	char *handed_id;	     /* the signconf-id then, or NULL */
	struct fileident output;     /* the published file */
	char *digest;		     /* SHA-256 of it, or NULL */
	int64_t earliest;	     /* expiration; 0: unknown */
	int64_t tried;		     /* the last run */
	uint32_t failures;	     /* in a row */
	char *error;		     /* of the last failure, or NULL */
	bool submit_failed;	     /* run the DS submit command again */
	struct fileident signconf;   /* last seen to hold signconf_id's text */
	struct fileident dnskeys;    /* and its keys */
	bool listed;		     /* stands in zonelist.xml; not stored */
	bool fresh;		     /* is not in zone.db yet; not stored */
};

struct policy_salt {
	char *policy;
	uint8_t salt[SIGNCONF_SALT_MAX];
	size_t len;
	int64_t made;
};

struct database {
	char *dir;
	int lock; /* -1: not held */
	bool writable;
	struct strmap facts;   /* zone -> struct zone_facts */
	struct strmap publics; /* key id -> base64 text */
	struct policy_salt *salts;
	size_t nsalts;
	char *zonelist_pending; /* digest of zonelist.pending, or NULL */
	struct textbuf history;	/* lines for the next commit */

	/* As on disk.  keys, zones, policies: */
	struct dbstamp {
		uint64_t commit;
		char digest[65];
		bool torn; /* the file is of a later commit than it should */
	} stamp[3];
	uint64_t commit;       /* of the whole */
	uint64_t history_size; /* bytes of history.log that belong to it */
};

enum database_mode { DATABASE_READ, DATABASE_WRITE };

/*
 * Lock the state directory and load it into m, which may hold zones, policies
 * and stores already: what the files have is added to them.  wait: seconds to
 * wait for the lock.  The caller closes *out.
 * -1: STATUS_SYSTEM (lock held, disk), STATUS_BAD (damaged: file and line),
 * STATUS_USAGE (there is none: setup; or a later version's).
 */
int database_open(struct database **out, const char *dir,
    enum database_mode mode, unsigned wait, struct model *m, struct diag *d);

/*
 * An empty database in dir, which is made if it is not there.  Existing files
 * are refused (STATUS_USAGE) unless force; they are then kept as a backup,
 * whose name *backup (may be NULL) gets.  The caller closes *out.
 */
int database_create(struct database **out, const char *dir, bool force,
    unsigned wait, char **backup, struct diag *d);

/*
 * Write what changed, as one commit: after a crash all of it is there or none.
 * -1: STATUS_SYSTEM; the database on disk is then what it was.
 */
int database_commit(struct database *db, const struct model *m, struct diag *d);

/* Unlock and free, without writing.  NULL is allowed. */
void database_close(struct database *db);

/* A line for history.log, written by the next commit.  NULL, 0 are "-". */
void database_history(struct database *db, int64_t at, const char *zone,
    const char *type, const char *id, const char *event, const char *from,
    const char *to, const char *interval, int64_t start, const char *reason);

/* The facts of a zone, made if there are none.  NULL: no memory. */
struct zone_facts *database_facts(struct database *db, const char *zone);
void database_forget_zone(struct database *db, const char *zone);

/* The public key of a key id in base64, or NULL. */
const char *database_public(const struct database *db, const char *id);
int
database_set_public(struct database *db, const char *id, const char *base64);

/* The salt of a policy, or NULL; and a new one. */
const struct policy_salt *
database_salt(const struct database *db, const char *policy);
int database_set_salt(struct database *db, const char *policy,
    const uint8_t *salt, size_t len, int64_t made);

/*
 * All of it as one text, the format of a backup: the three files one after
 * the other.  And back: a backup's text (taken over) into an empty model.
 */
int database_dump(const struct database *db, const struct model *m,
    struct textbuf *out, struct diag *d);
int database_load_dump(struct database *db, struct model *m, char *bytes,
    size_t len, const char *path, struct diag *d);

/* DIR/NAME in buf (PATH_MAX).  -1: too long. */
int database_path(const char *dir, const char *name, char *buf, struct diag *d);

#endif
