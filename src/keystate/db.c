#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "atomicfile.h"
#include "db.h"
#include "dbrows.h"
#include "number.h"
#include "tidy.h"

#define LOCK "lock"

/* ---- facts, public keys, salts ---- */

struct fileident
fileident_of(const struct stat *st)
{
	return (struct fileident){ st->st_ino, (uint64_t)st->st_size,
		st->st_mtim.tv_sec, (uint32_t)st->st_mtim.tv_nsec };
}

struct fileident
fileident_at(const char *path)
{
	struct stat st;

	if (path == NULL || stat(path, &st) == -1 || !S_ISREG(st.st_mode))
		return (struct fileident){ 0 };
	return fileident_of(&st);
}

struct fileident
fileident_settled(struct fileident f)
{
	if (f.mtime >= (int64_t)time(NULL) - 1)
		memset(&f, 0, sizeof(f));
	return f;
}

bool
fileident_same(const struct fileident *a, const struct fileident *b)
{
	return a->inode == b->inode && a->size == b->size &&
	    a->mtime == b->mtime && a->nsec == b->nsec;
}

static void
free_facts(void *item)
{
	struct zone_facts *facts = item;

	free(facts->handed_id);
	free(facts->digest);
	free(facts->error);
	free(facts);
}

struct zone_facts *
database_facts(struct database *db, const char *zone)
{
	struct zone_facts *facts = strmap_get(&db->facts, zone);

	if (facts != NULL)
		return facts;
	if ((facts = calloc(1, sizeof(*facts))) == NULL)
		return NULL;
	facts->fresh = true;
	if (strmap_put(&db->facts, zone, facts, NULL) == -1) {
		free(facts);
		return NULL;
	}
	return facts;
}

void
database_forget_zone(struct database *db, const char *zone)
{
	struct zone_facts *facts = strmap_get(&db->facts, zone);

	if (facts == NULL)
		return;
	free(facts->handed_id);
	free(facts->digest);
	free(facts->error);
	memset(facts, 0, sizeof(*facts));
	facts->fresh = true;
}

const char *
database_public(const struct database *db, const char *id)
{
	return strmap_get(&db->publics, id);
}

int
database_set_public(struct database *db, const char *id, const char *base64)
{
	char *copy = strdup(base64);
	void *old = NULL;

	if (copy == NULL || strmap_put(&db->publics, id, copy, &old) == -1) {
		free(copy);
		return -1;
	}
	free(old);
	return 0;
}

const struct policy_salt *
database_salt(const struct database *db, const char *policy)
{
	for (size_t i = 0; i < db->nsalts; i++)
		if (strcmp(db->salts[i].policy, policy) == 0)
			return &db->salts[i];
	return NULL;
}

static int
by_policy(const void *a, const void *b)
{
	const struct policy_salt *x = a, *y = b;

	return strcmp(x->policy, y->policy);
}

int
database_set_salt(struct database *db, const char *policy, const uint8_t *salt,
    size_t len, int64_t made)
{
	struct policy_salt *s = NULL, *grown;

	for (size_t i = 0; i < db->nsalts && s == NULL; i++)
		if (strcmp(db->salts[i].policy, policy) == 0)
			s = &db->salts[i];
	if (s == NULL) {
		grown = realloc(db->salts, (db->nsalts + 1) * sizeof(*grown));
		if (grown == NULL)
			return -1;
		db->salts = grown;
		s = &grown[db->nsalts];
		memset(s, 0, sizeof(*s));
		if ((s->policy = strdup(policy)) == NULL)
			return -1;
		db->nsalts++;
	}
	memcpy(s->salt, salt, len);
	s->len = len;
	s->made = made;
	qsort(db->salts, db->nsalts, sizeof(*db->salts), by_policy);
	return 0;
}

/* ---- the lock ---- */

int
database_path(const char *dir, const char *name, char *buf, struct diag *d)
{
	if (snprintf(buf, PATH_MAX, "%s/%s", dir, name) < PATH_MAX)
		return 0;
	errno = ENAMETOOLONG;
	return diag_system(d, "%s", dir);
}

/* Readers share, a writer is alone.  POSIX locks die with their process. */
static int
take_lock(struct database *db, unsigned wait, struct diag *d)
{
	struct flock lock = { .l_type = db->writable ? F_WRLCK : F_RDLCK,
		.l_whence = SEEK_SET };
	const struct timespec pause = { 0, 100 * 1000000 };
	char path[PATH_MAX];

	if (database_path(db->dir, LOCK, path, d) == -1)
		return -1;
	db->lock =
	    open(path, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, DB_MODE);
	if (db->lock == -1)
		return diag_system(d, "%s: Error getting db lock", path);
	for (unsigned tries = wait * 10;; tries--) {
		if (fcntl(db->lock, F_SETLK, &lock) == 0)
			return 0;
		if (errno != EAGAIN && errno != EACCES)
			return diag_system(
			    d, "%s: Error getting db lock", path);
		if (tries == 0)
			break;
		(void)nanosleep(&pause, NULL);
	}
	return diag_set(d, STATUS_SYSTEM,
	    "%s: Error getting db lock: another "
	    "keystate works on it; try again",
	    path);
}

/* ---- opening ---- */

static struct database *
new_database(const char *dir, enum database_mode mode, struct diag *d)
{
	struct database *db = calloc(1, sizeof(*db));

	if (db != NULL)
		db->lock = -1;
	if (db == NULL || (db->dir = strdup(dir)) == NULL) {
		free(db);
		diag_system(d, "%s", dir);
		return NULL;
	}
	db->writable = mode == DATABASE_WRITE;
	return db;
}

void
database_close(struct database *db)
{
	if (db == NULL)
		return;
	if (db->lock != -1)
		(void)close(db->lock);
	strmap_free(&db->facts, free_facts);
	strmap_free(&db->publics, free);
	for (size_t i = 0; i < db->nsalts; i++)
		free(db->salts[i].policy);
	free(db->salts);
	free(db->zonelist_pending);
	textbuf_free(&db->history);
	free(db->dir);
	free(db);
}

/* The ";file NAME N" lines of policy.db. */
static int
read_manifest(struct database *db, const struct dbfile *f, struct diag *d)
{
	static const char *const names[] = { ";file keys.db ", ";file zone.db ",
		";file " DB_HISTORY " " };
	uint64_t value[3];

	for (size_t i = 0; i < 3; i++) {
		const char *line = strstr(f->extra, names[i]);
		size_t len;

		if (line != NULL)
			line += strlen(names[i]);
		len = line == NULL ? 0 : strcspn(line, "\n");
		if (line == NULL ||
		    number_u64(line, len, UINT64_MAX, &value[i]) == -1)
			return diag_set(d, STATUS_BAD,
			    "%s/policy.db: the line '%s' is missing or "
			    "malformed (keys.db(5))",
			    db->dir, names[i]);
	}
	db->stamp[DB_KEYS].commit = value[0];
	db->stamp[DB_ZONES].commit = value[1];
	db->history_size = value[2];
	return 0;
}

/*
 * keys.db or zone.db as of the commit that policy.db names: the file, or after
 * an interrupted commit the version before it.
 */
static int
read_at_commit(struct database *db, struct model *m, int which, struct diag *d)
{
	const struct dbrows *rows = &dbrows[which];
	struct dbstamp *stamp = &db->stamp[which];
	struct dbfile f;
	char path[PATH_MAX];
	int rc;

	if (snprintf(path, sizeof(path), "%s/%s", db->dir, rows->name) >=
	    (int)sizeof(path))
		return diag_set(d, STATUS_USAGE, "%s: too long", db->dir);
	rc = dbfile_read(
	    &f, db->dir, rows->name, "", rows->columns, rows->count, d);
	if (rc == -1)
		return -1;
	if (rc == 0 || f.commit != stamp->commit) {
		if (rc == 1)
			dbfile_free(&f);
		rc = dbfile_read(&f, db->dir, rows->name, ".previous",
		    rows->columns, rows->count, d);
		if (rc == -1)
			return -1;
		if (rc == 1 && f.commit != stamp->commit) {
			dbfile_free(&f);
			rc = 0;
		}
		if (rc == 0)
			return diag_set(d, STATUS_BAD,
			    "%s: commit %" PRIu64
			    " that policy.db names is neither here nor in "
			    "%s.previous: keystate database restore takes a "
			    "backup",
			    path, stamp->commit, path);
		stamp->torn = true;
		(void)strncat(
		    path, ".previous", sizeof(path) - strlen(path) - 1);
	}
	memcpy(stamp->digest, f.digest, sizeof(stamp->digest));
	rc = dbrows_read(rows, db, m, &f, path, d);
	dbfile_free(&f);
	return rc;
}

static int
load(struct database *db, struct model *m, struct diag *d)
{
	const struct dbrows *rows = &dbrows[DB_POLICIES];
	char path[PATH_MAX];
	struct dbfile f;
	int rc;

	if (database_path(db->dir, rows->name, path, d) == -1)
		return -1;
	rc = dbfile_read(
	    &f, db->dir, rows->name, "", rows->columns, rows->count, d);
	if (rc == -1)
		return -1;
	if (rc == 0)
		return diag_set(d, STATUS_USAGE,
		    "%s: there is no database in "
		    "%s: keystate setup makes one",
		    path, db->dir);
	db->commit = db->stamp[DB_POLICIES].commit = f.commit;
	memcpy(db->stamp[DB_POLICIES].digest, f.digest, sizeof(f.digest));
	rc = read_manifest(db, &f, d);
	if (rc == 0)
		rc = dbrows_read(rows, db, m, &f, path, d);
	dbfile_free(&f);
	if (rc == 0)
		rc = read_at_commit(db, m, DB_ZONES, d);
	if (rc == 0)
		rc = read_at_commit(db, m, DB_KEYS, d);
	return rc;
}

int
database_open(struct database **out, const char *dir, enum database_mode mode,
    unsigned wait, struct model *m, struct diag *d)
{
	struct database *db = new_database(dir, mode, d);
	char path[PATH_MAX];
	struct stat st;

	if (db == NULL)
		return -1;
	if (stat(dir, &st) == -1) {
		if (errno == ENOENT)
			diag_set(d, STATUS_USAGE,
			    "%s: there is no state "
			    "directory: keystate setup makes it",
			    dir);
		else
			diag_system(d, "%s", dir);
		goto fail;
	}
	if (take_lock(db, wait, d) == -1)
		goto fail;
	if (db->writable && database_path(dir, LOCK, path, d) == 0)
		tidy_beside(path);
	if (load(db, m, d) == -1)
		goto fail;
	*out = db;
	return 0;
fail:
	database_close(db);
	return -1;
}

/* ---- history ---- */

void
database_history(struct database *db, int64_t at, const char *zone,
    const char *type, const char *id, const char *event, const char *from,
    const char *to, const char *interval, int64_t start, const char *reason)
{
	const char *const names[] = { zone, type, id, event, from, to,
		interval };
	struct textbuf *t = &db->history;

	dbtext_moment(t, at);
	for (size_t i = 0; i < sizeof(names) / sizeof(*names); i++) {
		textbuf_put(t, "\t", 1);
		dbtext_name(t, names[i]);
	}
	textbuf_put(t, "\t", 1);
	dbtext_moment(t, start);
	textbuf_put(t, "\t", 1);
	/* The last field is for people: its blanks stay. */
	textbuf_puts(t, reason != NULL ? reason : "-");
	textbuf_put(t, "\n", 1);
}

/* ---- a new one ---- */

static int
make_dir(const char *dir, struct diag *d)
{
	char path[PATH_MAX];
	struct stat st;

	if (snprintf(path, sizeof(path), "%s", dir) >= (int)sizeof(path)) {
		errno = ENAMETOOLONG;
		return diag_system(d, "%s", dir);
	}
	for (char *p = path + 1; *p != '\0'; p++) {
		if (*p != '/')
			continue;
		*p = '\0';
		if (mkdir(path, 0755) == 0 ? chmod(path, 0755) == -1
					   : errno != EEXIST)
			return diag_system(d, "%s", path);
		*p = '/';
	}
	/* Name servers read the signed zones below; what is secret is 0600. */
	if (mkdir(path, 0755) == 0)
		return chmod(path, 0755) == -1 ? diag_system(d, "%s", path) : 0;
	if (errno != EEXIST || stat(path, &st) == -1 || !S_ISDIR(st.st_mode))
		return diag_system(d, "%s", path);
	return 0;
}

/* Old files into one backup folder; nothing is destroyed. */
static int
set_aside(const char *dir, char **backup, struct diag *d)
{
	static const char *const names[] = { "policy.db", "policy.db.previous",
		"keys.db", "keys.db.previous", "zone.db", "zone.db.previous",
		DB_HISTORY };
	char folder[PATH_MAX], from[PATH_MAX], to[PATH_MAX + 32];

	for (unsigned n = 1;; n++) {
		if (snprintf(folder, sizeof(folder), "%s/old.%u", dir, n) >=
		    (int)sizeof(folder)) {
			errno = ENAMETOOLONG;
			return diag_system(d, "%s", dir);
		}
		if (mkdir(folder, 0700) == 0)
			break;
		if (errno != EEXIST)
			return diag_system(d, "%s", folder);
	}
	/* policy.db first: without it there is no database. */
	for (size_t i = 0; i < sizeof(names) / sizeof(*names); i++) {
		if (database_path(dir, names[i], from, d) == -1)
			return -1;
		(void)snprintf(to, sizeof(to), "%s/%s", folder, names[i]);
		if (rename(from, to) == -1 && errno != ENOENT)
			return diag_system(d, "%s", from);
	}
	if (backup != NULL && (*backup = strdup(folder)) == NULL)
		return diag_system(d, "%s", folder);
	return atomicfile_sync_folder(folder, d);
}

/*
 * policy.db is what makes a database; the others count if they hold a record
 * or cannot be read.  An interrupted setup leaves files without any.
 */
static bool
holds_data(const char *dir, int which)
{
	const struct dbrows *rows = &dbrows[which];
	struct dbfile f;
	bool data;

	switch (dbfile_read(
	    &f, dir, rows->name, "", rows->columns, rows->count, NULL)) {
	case 0:
		return false;
	case 1:
		data = which == DB_POLICIES || f.records > 0;
		dbfile_free(&f);
		return data;
	default:
		return true;
	}
}

int
database_create(struct database **out, const char *dir, bool force,
    unsigned wait, char **backup, struct diag *d)
{
	struct database *db;
	struct model *empty = NULL;
	bool exists = false;
	int rc = -1;

	if (make_dir(dir, d) == -1 ||
	    (db = new_database(dir, DATABASE_WRITE, d)) == NULL)
		return -1;
	if (take_lock(db, wait, d) == -1)
		goto out;
	for (int i = 0; i < DB_FILES; i++)
		exists |= holds_data(dir, i);
	if (exists && !force) {
		diag_set(d, STATUS_USAGE,
		    "%s: there is a database already: "
		    "setup --force sets it aside, and its keys would no "
		    "longer be used",
		    dir);
		goto out;
	}
	if (exists && set_aside(dir, backup, d) == -1)
		goto out;
	if ((empty = model_new()) == NULL) {
		diag_system(d, "%s", dir);
		goto out;
	}
	if (database_commit(db, empty, d) == -1)
		goto out;
	*out = db;
	db = NULL; /* the caller owns it now */
	rc = 0;
out:
	model_free(empty);
	database_close(db);
	return rc;
}

/* ---- backups ---- */

int
database_dump(const struct database *db, const struct model *m,
    struct textbuf *out, struct diag *d)
{
	static const int order[] = { DB_POLICIES, DB_ZONES, DB_KEYS };

	for (size_t i = 0; i < DB_FILES; i++)
		dbrows_whole(&dbrows[order[i]], db, m, db->commit, "", out);
	if (out->failed)
		return diag_set(d, STATUS_SYSTEM, "database: out of memory");
	return 0;
}

int
database_load_dump(struct database *db, struct model *m, char *bytes,
    size_t len, const char *path, struct diag *d)
{
	static const int order[] = { DB_POLICIES, DB_ZONES, DB_KEYS };
	char *at = bytes, *end = bytes + len;
	int rc = -1;

	for (size_t i = 0; i < DB_FILES; i++) {
		const struct dbrows *rows = &dbrows[order[i]];
		char want[64], *last, *copy;
		struct dbfile f;
		size_t size;

		/* Its part goes up to the end of its ";end" line. */
		(void)snprintf(
		    want, sizeof(want), "\n;end %s records=", rows->name);
		last = memmem(at, (size_t)(end - at), want, strlen(want));
		last = last == NULL
		    ? NULL
		    : memchr(last + 1, '\n', (size_t)(end - last - 1));
		if (last == NULL) {
			diag_set(d, STATUS_BAD,
			    "%s: %s is missing: this is no whole backup", path,
			    rows->name);
			goto out;
		}
		size = (size_t)(last + 1 - at);
		if ((copy = malloc(size + 1)) == NULL) {
			diag_system(d, "%s", path);
			goto out;
		}
		memcpy(copy, at, size);
		if (dbfile_parse(&f, copy, size, path, rows->name,
			rows->columns, rows->count, d) == -1)
			goto out;
		rc = dbrows_read(rows, db, m, &f, path, d);
		dbfile_free(&f);
		if (rc == -1)
			goto out;
		rc = -1;
		at = last + 1;
	}
	if (at != end) {
		diag_set(
		    d, STATUS_BAD, "%s: something follows the backup", path);
		goto out;
	}
	rc = 0;
out:
	free(bytes);
	return rc;
}
