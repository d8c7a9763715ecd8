/* Writing a commit: keys.db, zone.db, history.log, and policy.db, which makes it. */
#include <fcntl.h>
#include <inttypes.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>
#include <openssl/evp.h>

#include "atomicfile.h"
#include "db.h"
#include "dbrows.h"
#include "hex.h"
#include "writeall.h"

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
put_file(const struct database *db, const char *name, const struct textbuf *t,
    struct diag *d)
{
	char path[PATH_MAX];

	if (database_path(db->dir, name, path, d) == -1)
		return -1;
	return atomicfile_put(path, t->buf, t->len, DB_MODE, true, d);
}

/* The digest of columns and records, which are not kept: most often nothing changed. */
static int
hash_rows(void *to, const char *bytes, size_t len)
{
	return EVP_DigestUpdate(to, bytes, len) == 1 ? 0 : -1;
}

static int
digest_rows(const struct database *db, const struct model *m, int which,
    char hex[65], struct diag *d)
{
	EVP_MD_CTX *md = EVP_MD_CTX_new();
	struct textbuf t = { .drain = hash_rows, .to = md };
	unsigned char digest[EVP_MAX_MD_SIZE];
	unsigned len = 0;
	size_t records;
	int rc = -1;

	if (md == NULL || EVP_DigestInit_ex(md, EVP_sha256(), NULL) != 1)
		goto out;
	dbrows_write(&dbrows[which], db, m, &t, &records);
	textbuf_drain(&t);
	if (t.failed || EVP_DigestFinal_ex(md, digest, &len) != 1)
		goto out;
	hex_encode(digest, len, hex);
	rc = 0;
out:
	textbuf_free(&t);
	EVP_MD_CTX_free(md);
	if (rc == -1)
		diag_set(d, STATUS_SYSTEM, "database: out of memory");
	return rc;
}

/* The whole file of this commit; extra are its ";file" lines. */
static int
put_rows(const struct database *db, const struct model *m, int which,
    uint64_t commit, const char *extra, struct diag *d)
{
	struct textbuf whole = { 0 };
	int rc;

	dbrows_whole(&dbrows[which], db, m, commit, extra, &whole);
	rc = whole.failed
	    ? diag_set(d, STATUS_SYSTEM, "database: out of memory")
	    : put_file(db, dbrows[which].name, &whole, d);
	textbuf_free(&whole);
	return rc;
}

/* keys.db or zone.db, if it changed. */
static int
commit_file(struct database *db, const struct model *m, int which,
    uint64_t commit, struct dbstamp *stamp, struct diag *d)
{
	*stamp = db->stamp[which];
	if (digest_rows(db, m, which, stamp->digest, d) == -1)
		return -1;
	if (strcmp(stamp->digest, db->stamp[which].digest) == 0)
		return 0;
	stamp->commit = commit;
	return put_rows(db, m, which, commit, "", d);
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
	if (database_path(db->dir, DB_HISTORY, path, d) == -1)
		return -1;
	fd =
	    open(path, O_WRONLY | O_CREAT | O_CLOEXEC | O_NOFOLLOW, DB_MODE);
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
	char extra[160];

	if (digest_rows(db, m, DB_POLICIES, stamp->digest, d) == -1)
		return -1;
	if (strcmp(stamp->digest, db->stamp[DB_POLICIES].digest) == 0 &&
	    keys->commit == db->stamp[DB_KEYS].commit &&
	    zones->commit == db->stamp[DB_ZONES].commit &&
	    history == db->history_size) {
		*stamp = db->stamp[DB_POLICIES]; /* nothing changed at all */
		return 0;
	}
	(void)snprintf(extra, sizeof(extra),
	    ";file keys.db %" PRIu64 "\n;file zone.db %" PRIu64
	    "\n;file " DB_HISTORY " %" PRIu64 "\n",
	    keys->commit, zones->commit, history);
	stamp->commit = commit;
	return put_rows(db, m, DB_POLICIES, commit, extra, d);
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
