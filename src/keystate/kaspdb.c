#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sqlite3.h>

#include "dbtext.h"
#include "kaspdb.h"

void
kaspdb_free(struct kaspdb *db)
{
	if (db == NULL)
		return;
	for (size_t i = 0; i < db->key_count; i++) {
		free(db->key[i].zone);
		free(db->key[i].policy);
		free(db->key[i].repository);
		free(db->key[i].id);
	}
	for (size_t i = 0; i < db->salt_count; i++) {
		free(db->salt[i].policy);
		free(db->salt[i].salt);
	}
	free(db->key);
	free(db->salt);
	free(db);
}

/* ---- columns ---- */

/* Which of two tables has that column; NULL: neither. */
static const char *
table_with(sqlite3 *sql, const char *column)
{
	static const char *const tables[] = { "dnsseckeys", "keypairs" };

	for (size_t i = 0; i < 2; i++)
		if (sqlite3_table_column_metadata(sql, NULL, tables[i], column,
			NULL, NULL, NULL, NULL, NULL) == SQLITE_OK)
			return tables[i];
	return NULL;
}

static char *
take_text(sqlite3_stmt *row, int column)
{
	const unsigned char *text = sqlite3_column_text(row, column);

	return text == NULL ? NULL : strdup((const char *)text);
}

/* "YYYY-MM-DD HH:MM:SS", in UTC as the enforcer wrote it; else 0. */
static int64_t
take_moment(sqlite3_stmt *row, int column)
{
	const char *text = (const char *)sqlite3_column_text(row, column);
	char digits[15];
	size_t n = 0;
	int64_t moment;

	for (; text != NULL && *text != '\0' && n < 14; text++)
		if (*text >= '0' && *text <= '9')
			digits[n++] = *text;
	if (n != 14 || dbfield_moment(digits, n, &moment) == -1)
		return 0;
	return moment;
}

static void
lower(char *s)
{
	for (; s != NULL && *s != '\0'; s++)
		if (*s >= 'A' && *s <= 'Z')
			*s = (char)(*s - 'A' + 'a');
}

/* ---- rows ---- */

static void *
one_more(void *list, size_t *count, size_t size)
{
	void **items = list, *grown;

	grown = realloc(*items, (*count + 1) * size);
	if (grown == NULL)
		return NULL;
	*items = grown;
	memset((char *)grown + *count * size, 0, size);
	return (char *)grown + (*count)++ * size;
}

/* In the order of the query of read_keys(). */
static int
take_key(struct kaspdb *db, sqlite3_stmt *row)
{
	struct kaspdb_key *k = one_more(&db->key, &db->key_count, sizeof(*k));

	if (k == NULL)
		return -1;
	k->id = take_text(row, 0);
	k->repository = take_text(row, 1);
	k->policy = take_text(row, 2);
	k->zone = take_text(row, 3);
	k->flags = sqlite3_column_int(row, 4);
	k->algorithm = sqlite3_column_int(row, 5);
	k->bits = sqlite3_column_int(row, 6);
	k->state = sqlite3_column_int(row, 7);
	k->generate = take_moment(row, 8);
	k->publish = take_moment(row, 9);
	k->ready = take_moment(row, 10);
	k->active = take_moment(row, 11);
	k->retire = take_moment(row, 12);
	k->dead = take_moment(row, 13);
	k->backup = take_moment(row, 14);
	k->fixed = sqlite3_column_int(row, 15) != 0;
	k->compromised = sqlite3_column_int(row, 16) != 0;
	lower(k->id);
	return k->id == NULL || k->repository == NULL || k->policy == NULL ? -1
									   : 0;
}

static int
take_salt(struct kaspdb *db, sqlite3_stmt *row)
{
	struct kaspdb_salt *s =
	    one_more(&db->salt, &db->salt_count, sizeof(*s));

	if (s == NULL)
		return -1;
	s->policy = take_text(row, 0);
	s->salt = take_text(row, 1);
	s->made = take_moment(row, 2);
	lower(s->salt);
	return s->policy == NULL ? -1 : 0;
}

static int
each_row(sqlite3 *sql, const char *query, struct kaspdb *db,
    int (*take)(struct kaspdb *db, sqlite3_stmt *row), const char *path,
    struct diag *d)
{
	sqlite3_stmt *row;
	int rc;

	if (sqlite3_prepare_v2(sql, query, -1, &row, NULL) != SQLITE_OK)
		return diag_set(d, STATUS_USAGE,
		    "%s: not a kasp.db of OpenDNSSEC 1.x: %s", path,
		    sqlite3_errmsg(sql));
	while ((rc = sqlite3_step(row)) == SQLITE_ROW)
		if (take(db, row) == -1) {
			(void)sqlite3_finalize(row);
			return diag_set(d, STATUS_USAGE,
			    "%s: a row lacks a name or an id", path);
		}
	(void)sqlite3_finalize(row);
	if (rc != SQLITE_DONE)
		return diag_set(
		    d, STATUS_SYSTEM, "%s: %s", path, sqlite3_errmsg(sql));
	return 0;
}

static int
read_keys(sqlite3 *sql, struct kaspdb *db, const char *path, struct diag *d)
{
	const char *state = table_with(sql, "state");
	char query[1536];

	if (state == NULL)
		return diag_set(d, STATUS_USAGE,
		    "%s: not a kasp.db of OpenDNSSEC 1.x: no key has a state",
		    path);
	/* A pair of no zone has no row in dnsseckeys: generated, unused. */
	(void)snprintf(query, sizeof(query),
	    "SELECT keypairs.HSMkey_id, securitymodules.name, policies.name,"
	    " zones.name, dnsseckeys.keytype, keypairs.algorithm,"
	    " keypairs.size, COALESCE(%s.state, 1), keypairs.generate,"
	    " %s.publish, %s.ready, %s.active, %s.retire, %s.dead,"
	    " keypairs.backup, keypairs.fixedDate, keypairs.compromisedflag"
	    " FROM keypairs"
	    " LEFT JOIN dnsseckeys ON dnsseckeys.keypair_id = keypairs.id"
	    " LEFT JOIN zones ON zones.id = dnsseckeys.zone_id"
	    " LEFT JOIN securitymodules"
	    " ON securitymodules.id = keypairs.securitymodule_id"
	    " LEFT JOIN policies ON policies.id = keypairs.policy_id"
	    " ORDER BY zones.id, dnsseckeys.keytype DESC, keypairs.id",
	    state, state, state, state, state, state);
	return each_row(sql, query, db, take_key, path, d);
}

int
kaspdb_read(struct kaspdb **out, const char *path, struct diag *d)
{
	struct kaspdb *db = calloc(1, sizeof(*db));
	sqlite3 *sql = NULL;
	int rc = -1;

	if (db == NULL)
		return diag_system(d, "%s", path);
	if (sqlite3_open_v2(path, &sql, SQLITE_OPEN_READONLY, NULL) !=
	    SQLITE_OK) {
		diag_set(d, STATUS_SYSTEM, "%s: %s", path,
		    sql != NULL ? sqlite3_errmsg(sql) : "out of memory");
		goto out;
	}
	if (read_keys(sql, db, path, d) == -1 ||
	    each_row(sql,
		"SELECT name, salt, salt_stamp FROM policies"
		" WHERE salt IS NOT NULL",
		db, take_salt, path, d) == -1)
		goto out;
	*out = db;
	db = NULL; /* the caller owns it now */
	rc = 0;
out:
	(void)sqlite3_close(sql);
	kaspdb_free(db);
	return rc;
}
