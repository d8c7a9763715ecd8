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
#include "digest.h"
#include "hex.h"
#include "number.h"
#include "tidy.h"

#define HISTORY	   "history.log"
#define LOCK	   "lock"
#define STATE_MODE 0600

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
	    open(path, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, STATE_MODE);
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
		";file " HISTORY " " };
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

/* ---- committing ---- */

/*
 * After an interrupted commit: the version before goes back into its place,
 * so that it cannot be lost by the next commit's keeping of previous files.
 */
static int
mend(struct database *db, int which, struct diag *d)
{
	char path[PATH_MAX], previous[PATH_MAX];

	if (!db->stamp[which].torn)
		return 0;
	if (database_path(db->dir, dbrows[which].name, path, d) == -1 ||
	    snprintf(previous, sizeof(previous), "%s/%s.previous", db->dir,
		dbrows[which].name) >= (int)sizeof(previous))
		return -1;
	if (rename(previous, path) == -1)
		return diag_system(d, "%s", previous);
	if (atomicfile_sync_folder(path, d) == -1)
		return -1;
	db->stamp[which].torn = false;
	return 0;
}

static int
write_all(int fd, const char *bytes, size_t len)
{
	while (len > 0) {
		const ssize_t n = write(fd, bytes, len);

		if (n == -1 && errno == EINTR)
			continue;
		if (n == -1)
			return -1;
		bytes += n;
		len -= (size_t)n;
	}
	return 0;
}

static int
put_file(const struct database *db, const char *name, const struct textbuf *t,
    struct diag *d)
{
	char path[PATH_MAX];

	if (database_path(db->dir, name, path, d) == -1)
		return -1;
	return atomicfile_put(path, t->buf, t->len, STATE_MODE, true, d);
}

static int
digest_of(const struct textbuf *t, char hex[65], struct diag *d)
{
	uint8_t digest[DIGEST_MAX];
	size_t size;

	if (t->failed)
		return diag_set(d, STATUS_SYSTEM, "database: out of memory");
	size = digest_compute(DIGEST_SHA256, t->buf, t->len, digest);
	if (size == 0)
		return diag_set(d, STATUS_SYSTEM, "database: SHA-256 failed");
	hex_encode(digest, size, hex);
	return 0;
}

/* The frame of keys.db(5) around body. */
static void
put_frame(struct textbuf *whole, const char *name, uint64_t commit,
    const char *extra, const struct textbuf *body, size_t records)
{
	textbuf_puts(whole, ";keystate ");
	textbuf_puts(whole, name);
	textbuf_puts(whole, " 1\n;commit ");
	textbuf_u64(whole, commit);
	textbuf_puts(whole, "\n");
	textbuf_puts(whole, extra);
	textbuf_put(whole, body->buf, body->len);
	textbuf_puts(whole, ";end ");
	textbuf_puts(whole, name);
	textbuf_puts(whole, " records=");
	textbuf_u64(whole, records);
	textbuf_puts(whole, "\n");
}

/* keys.db or zone.db, if it changed. */
static int
commit_file(struct database *db, const struct model *m, int which,
    uint64_t commit, struct dbstamp *stamp, struct diag *d)
{
	struct textbuf body = { 0 }, whole = { 0 };
	size_t records;
	int rc = -1;

	*stamp = db->stamp[which];
	dbrows_write(&dbrows[which], db, m, &body, &records);
	if (digest_of(&body, stamp->digest, d) == -1)
		goto out;
	if (strcmp(stamp->digest, db->stamp[which].digest) == 0) {
		rc = 0;
		goto out;
	}
	put_frame(&whole, dbrows[which].name, commit, "", &body, records);
	if (whole.failed) {
		diag_set(d, STATUS_SYSTEM, "database: out of memory");
		goto out;
	}
	stamp->commit = commit;
	rc = put_file(db, dbrows[which].name, &whole, d);
out:
	textbuf_free(&body);
	textbuf_free(&whole);
	return rc;
}

/*
 * Append the lines of this commit behind what belongs to the last one: what an
 * interrupted commit left there goes.
 */
static int
commit_history(struct database *db, uint64_t *size, struct diag *d)
{
	char path[PATH_MAX];
	struct stat st;
	int fd, rc = -1;

	*size = db->history_size;
	if (db->history.failed)
		return diag_set(d, STATUS_SYSTEM, "database: out of memory");
	if (db->history.len == 0)
		return 0;
	if (database_path(db->dir, HISTORY, path, d) == -1)
		return -1;
	fd =
	    open(path, O_WRONLY | O_CREAT | O_CLOEXEC | O_NOFOLLOW, STATE_MODE);
	if (fd == -1 || fstat(fd, &st) == -1) {
		diag_system(d, "%s", path);
		goto out;
	}
	/* A shorter one was moved away: begin where it ends. */
	if ((uint64_t)st.st_size < *size)
		*size = (uint64_t)st.st_size;
	if (ftruncate(fd, (off_t)*size) == -1 ||
	    lseek(fd, (off_t)*size, SEEK_SET) == -1 ||
	    write_all(fd, db->history.buf, db->history.len) == -1 ||
	    fsync(fd) == -1) {
		diag_system(d, "%s", path);
		goto out;
	}
	*size += db->history.len;
	rc = 0;
out:
	if (fd != -1 && close(fd) == -1 && rc == 0)
		rc = diag_system(d, "%s", path);
	return rc;
}

/* policy.db, which makes the commit. */
static int
commit_policies(struct database *db, const struct model *m, uint64_t commit,
    const struct dbstamp *keys, const struct dbstamp *zones, uint64_t history,
    struct dbstamp *stamp, struct diag *d)
{
	struct textbuf body = { 0 }, whole = { 0 };
	char extra[160];
	size_t records;
	int rc = -1;

	dbrows_write(&dbrows[DB_POLICIES], db, m, &body, &records);
	if (digest_of(&body, stamp->digest, d) == -1)
		goto out;
	if (strcmp(stamp->digest, db->stamp[DB_POLICIES].digest) == 0 &&
	    keys->commit == db->stamp[DB_KEYS].commit &&
	    zones->commit == db->stamp[DB_ZONES].commit &&
	    history == db->history_size) {
		*stamp = db->stamp[DB_POLICIES]; /* nothing changed at all */
		rc = 0;
		goto out;
	}
	(void)snprintf(extra, sizeof(extra),
	    ";file keys.db %" PRIu64 "\n;file zone.db %" PRIu64
	    "\n;file " HISTORY " %" PRIu64 "\n",
	    keys->commit, zones->commit, history);
	put_frame(
	    &whole, dbrows[DB_POLICIES].name, commit, extra, &body, records);
	if (whole.failed) {
		diag_set(d, STATUS_SYSTEM, "database: out of memory");
		goto out;
	}
	stamp->commit = commit;
	rc = put_file(db, dbrows[DB_POLICIES].name, &whole, d);
out:
	textbuf_free(&body);
	textbuf_free(&whole);
	return rc;
}

int
database_commit(struct database *db, const struct model *m, struct diag *d)
{
	const uint64_t commit = db->commit + 1;
	struct dbstamp stamp[DB_FILES] = { 0 };
	uint64_t history;

	if (!db->writable)
		return diag_set(
		    d, STATUS_USAGE, "database: opened for reading only");
	if (mend(db, DB_KEYS, d) == -1 || mend(db, DB_ZONES, d) == -1 ||
	    commit_history(db, &history, d) == -1 ||
	    commit_file(db, m, DB_ZONES, commit, &stamp[DB_ZONES], d) == -1 ||
	    commit_file(db, m, DB_KEYS, commit, &stamp[DB_KEYS], d) == -1 ||
	    commit_policies(db, m, commit, &stamp[DB_KEYS], &stamp[DB_ZONES],
		history, &stamp[DB_POLICIES], d) == -1)
		return -1;
	memcpy(db->stamp, stamp, sizeof(stamp));
	db->commit = stamp[DB_POLICIES].commit;
	db->history_size = history;
	db->history.len = 0;
	return 0;
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
		HISTORY };
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

	for (size_t i = 0; i < DB_FILES; i++) {
		struct textbuf body = { 0 };
		size_t records;

		dbrows_write(&dbrows[order[i]], db, m, &body, &records);
		put_frame(
		    out, dbrows[order[i]].name, db->commit, "", &body, records);
		out->failed |= body.failed;
		textbuf_free(&body);
	}
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
