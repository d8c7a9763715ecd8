#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "dbrows.h"
#include "hex.h"
#include "number.h"

/* ---- fields of their own kind ---- */

static int
read_type(const char *s, size_t len, void *to)
{
	(void)len;
	if (strcmp(s, "KSK") == 0)
		*(enum key_type *)to = KEY_KSK;
	else if (strcmp(s, "ZSK") == 0)
		*(enum key_type *)to = KEY_ZSK;
	else
		return -1;
	return 0;
}

static void
write_type(struct textbuf *t, const void *from)
{
	textbuf_puts(t, key_type_name(*(const enum key_type *)from));
}

static int
read_state(const char *s, size_t len, void *to)
{
	(void)len;
	return key_state_from_name(s, to);
}

static void
write_state(struct textbuf *t, const void *from)
{
	textbuf_puts(t, key_state_name(*(const enum key_state *)from));
}

/* Hex of even length: a CKA_ID. */
static int
read_id(const char *s, size_t len, void *to)
{
	if (len == 0 || len % 2 != 0 || len > SIGNCONF_LOCATOR_MAX ||
	    strspn(s, "0123456789abcdef") != len)
		return -1;
	return (*(char **)to = strdup(s)) == NULL ? -1 : 0;
}

static void
write_id(struct textbuf *t, const void *from)
{
	textbuf_puts(t, *(char *const *)from);
}

/* What befell a key: 1 it is compromised, 2 it is lost, 3 both. */
static int
read_trouble(const char *s, size_t len, void *to)
{
	struct zonekey *k = to;
	uint64_t n;

	if (number_u64(s, len, 3, &n) == -1)
		return -1;
	k->compromised = (n & 1) != 0;
	k->lost = (n & 2) != 0;
	return 0;
}

static void
write_trouble(struct textbuf *t, const void *from)
{
	const struct zonekey *k = from;

	textbuf_u64(t, (uint64_t)k->compromised | (uint64_t)k->lost << 1);
}

/* "TTL:UNTIL,TTL:UNTIL", the last until "-"; or "-" for none. */
static int
read_history(const char *s, size_t len, void *to)
{
	const char *end = s + len;

	if (len == 1 && *s == '-')
		return 0;
	while (s < end) {
		const size_t item = strcspn(s, ",");
		const size_t digits = strcspn(s, ":");
		int64_t until;
		uint64_t ttl;

		if (digits >= item ||
		    number_u64(s, digits, INT32_MAX, &ttl) == -1 ||
		    dbfield_moment(s + digits + 1, item - digits - 1, &until) ==
			-1 ||
		    ttl_history_add(to, (int64_t)ttl, until) == -1)
			return -1;
		s += item;
		if (s < end && ++s == end) /* a comma at the end */
			return -1;
	}
	return len == 0 ? -1 : 0;
}

static void
write_history(struct textbuf *t, const void *from)
{
	const struct ttl_history *h = from;

	if (h->count == 0)
		textbuf_put(t, "-", 1);
	for (size_t i = 0; i < h->count; i++) {
		if (i > 0)
			textbuf_put(t, ",", 1);
		textbuf_u64(t, (uint64_t)h->span[i].ttl);
		textbuf_put(t, ":", 1);
		dbtext_moment(t, h->span[i].until);
	}
}

/* "INODE:SIZE:SECONDS.NANOSECONDS" or "-". */
static int
read_ident(const char *s, size_t len, void *to)
{
	struct fileident *f = to;
	const size_t a = strcspn(s, ":");
	size_t b, c;
	uint64_t mtime;

	if (len == 1 && *s == '-')
		return 0;
	if (a >= len)
		return -1;
	b = a + 1 + strcspn(s + a + 1, ":");
	if (b >= len)
		return -1;
	c = b + 1 + strcspn(s + b + 1, ".");
	if (c >= len || number_u64(s, a, UINT64_MAX, &f->inode) == -1 ||
	    number_u64(s + a + 1, b - a - 1, UINT64_MAX, &f->size) == -1 ||
	    number_u64(s + b + 1, c - b - 1, INT64_MAX, &mtime) == -1 ||
	    number_u32(s + c + 1, len - c - 1, 999999999, &f->nsec) == -1)
		return -1;
	f->mtime = (int64_t)mtime;
	return 0;
}

static void
write_ident(struct textbuf *t, const void *from)
{
	const struct fileident *f = from;

	if (f->inode == 0) {
		textbuf_put(t, "-", 1);
		return;
	}
	textbuf_u64(t, f->inode);
	textbuf_put(t, ":", 1);
	textbuf_u64(t, f->size);
	textbuf_put(t, ":", 1);
	textbuf_u64(t, (uint64_t)(f->mtime < 0 ? 0 : f->mtime));
	textbuf_put(t, ".", 1);
	textbuf_u64(t, f->nsec);
}

/* ---- keys.db ---- */

struct key_row {
	char *zone;
	char *public_key;
};

enum { BASE_ROW, BASE_PAIR, BASE_KEY };

#define ROW(NAME, FIELD)                                                       \
	{                                                                      \
		NAME, DBCOLUMN_NAME, BASE_ROW,                                 \
		    offsetof(struct key_row, FIELD), NULL, NULL                \
	}
#define PAIR(NAME, TYPE, FIELD)                                                \
	{                                                                      \
		NAME, TYPE, BASE_PAIR, offsetof(struct keypair, FIELD), NULL,  \
		    NULL                                                       \
	}
#define KEY(NAME, TYPE, FIELD)                                                 \
	{                                                                      \
		NAME, TYPE, BASE_KEY, offsetof(struct zonekey, FIELD), NULL,   \
		    NULL                                                       \
	}
#define ENTERED(NAME, STATE)                                                   \
	{                                                                      \
		NAME, DBCOLUMN_MOMENT, BASE_KEY,                               \
		    offsetof(struct zonekey, entered) +                        \
		    STATE * sizeof(int64_t),                                   \
		    NULL, NULL                                                 \
	}
#define EVIDENCE(NAME, FIELD)                                                  \
	KEY(NAME, DBCOLUMN_MOMENT, FIELD.since),                               \
	    KEY(NAME "-clear", DBCOLUMN_MOMENT, FIELD.clear)

static const struct dbcolumn key_columns[] = {
	ROW("zone", zone),
	{ "type", DBCOLUMN_CUSTOM, BASE_PAIR, offsetof(struct keypair, type),
	    read_type, write_type },
	{ "id", DBCOLUMN_CUSTOM, BASE_PAIR, offsetof(struct keypair, id),
	    read_id, write_id },
	PAIR("algorithm", DBCOLUMN_U8, algorithm),
	PAIR("bits", DBCOLUMN_U16, bits),
	PAIR("tag", DBCOLUMN_U16, tag),
	PAIR("repository", DBCOLUMN_NAME, repository),
	PAIR("policy", DBCOLUMN_NAME, policy),
	PAIR("generated", DBCOLUMN_MOMENT, generated),
	PAIR("prepared", DBCOLUMN_MOMENT, backup_prepared),
	PAIR("backed-up", DBCOLUMN_MOMENT, backed_up),
	PAIR("imported", DBCOLUMN_BOOL, imported),
	{ "state", DBCOLUMN_CUSTOM, BASE_KEY, offsetof(struct zonekey, state),
	    read_state, write_state },
	KEY("sign-only", DBCOLUMN_BOOL, sign_only),
	ENTERED("generate", STATE_GENERATE),
	ENTERED("publish", STATE_PUBLISH),
	ENTERED("ready", STATE_READY),
	ENTERED("active", STATE_ACTIVE),
	ENTERED("retire", STATE_RETIRE),
	ENTERED("dead", STATE_DEAD),
	ENTERED("dssub", STATE_DSSUB),
	ENTERED("dspublish", STATE_DSPUBLISH),
	ENTERED("dsready", STATE_DSREADY),
	ENTERED("keypublish", STATE_KEYPUBLISH),
	KEY("fixed", DBCOLUMN_MOMENT, retire_fixed),
	KEY("forced", DBCOLUMN_MOMENT, forced),
	{ "compromised", DBCOLUMN_CUSTOM, BASE_KEY, 0, read_trouble,
	    write_trouble },
	EVIDENCE("shown", shown),
	EVIDENCE("withdrawn", withdrawn),
	EVIDENCE("complete", complete),
	EVIDENCE("unsigned", unsigned_),
	KEY("ds-submitted", DBCOLUMN_MOMENT, ds_submitted),
	KEY("ds-seen", DBCOLUMN_MOMENT, ds_seen),
	KEY("ds-clear", DBCOLUMN_MOMENT, ds_clear),
	KEY("ds-withdraw", DBCOLUMN_MOMENT, ds_withdraw),
	KEY("ds-doubt", DBCOLUMN_MOMENT, ds_doubt),
	KEY("ds-gone", DBCOLUMN_MOMENT, ds_gone),
	KEY("ds-gone-clear", DBCOLUMN_MOMENT, ds_gone_clear),
	ROW("public", public_key),
};
#define KEY_COLUMNS (sizeof(key_columns) / sizeof(*key_columns))

static bool
same_material(const struct keypair *a, const struct keypair *b)
{
	return a->type == b->type && a->algorithm == b->algorithm &&
	    a->bits == b->bits && a->tag == b->tag &&
	    strcmp(a->repository, b->repository) == 0 &&
	    strcmp(a->policy, b->policy) == 0 && a->generated == b->generated &&
	    a->backup_prepared == b->backup_prepared &&
	    a->backed_up == b->backed_up && a->imported == b->imported;
}

/* The pair of the row: new, or the same as on an earlier line. */
static struct keypair *
take_pair(struct model *m, struct keypair *row, struct diag *d)
{
	struct keypair *pair = model_pair(m, row->id);

	if (pair != NULL) {
		if (same_material(pair, row))
			return pair;
		diag_set(d, STATUS_BAD,
		    "key %s has other values on an "
		    "earlier line (keys.db(5))",
		    row->id);
		return NULL;
	}
	if ((pair = model_add_pair(m, row->id)) == NULL) {
		diag_system(d, "keys.db");
		return NULL;
	}
	free(pair->repository);
	free(pair->policy);
	pair->repository = row->repository;
	pair->policy = row->policy;
	row->repository = row->policy = NULL; /* the model owns them now */
	pair->type = row->type;
	pair->algorithm = row->algorithm;
	pair->bits = row->bits;
	pair->tag = row->tag;
	pair->generated = row->generated;
	pair->backup_prepared = row->backup_prepared;
	pair->backed_up = row->backed_up;
	pair->imported = row->imported;
	return pair;
}

static int
take_key(struct database *db, struct model *m, struct key_row *row,
    struct keypair *pair_row, struct zonekey *key_row, struct diag *d)
{
	struct keypair *pair;
	struct zonekey *k;
	struct zone *z;

	if (pair_row->repository == NULL || pair_row->policy == NULL)
		return diag_set(d, STATUS_BAD,
		    "repository or policy is not set (keys.db(5))");
	if ((pair = take_pair(m, pair_row, d)) == NULL)
		return -1;
	if (row->public_key != NULL &&
	    database_set_public(db, pair->id, row->public_key) == -1)
		return diag_system(d, "keys.db");
	if (row->zone == NULL) {
		if (key_row->state != STATE_GENERATE)
			return diag_set(d, STATUS_BAD,
			    "key %s is of no zone "
			    "and not in state generate",
			    pair->id);
		return 0;
	}
	if ((z = model_zone(m, row->zone)) == NULL)
		return diag_set(
		    d, STATUS_BAD, "zone %s is not in zone.db", row->zone);
	if (zone_key(z, pair) != NULL)
		return diag_set(d, STATUS_BAD, "zone %s has key %s already",
		    row->zone, pair->id);
	if ((k = zone_add_key(z, pair)) == NULL)
		return diag_system(d, "keys.db");
	key_row->pair = pair;
	*k = *key_row;
	return 0;
}

static int
read_key(struct database *db, struct model *m, char *line, struct diag *d)
{
	struct key_row row = { 0 };
	struct keypair pair = { 0 };
	struct zonekey key = { 0 };
	void *const bases[] = { &row, &pair, &key };
	int rc;

	rc = dbcolumns_read(key_columns, KEY_COLUMNS, line, bases, d);
	if (rc == 0)
		rc = take_key(db, m, &row, &pair, &key, d);
	free(row.zone);
	free(row.public_key);
	free(pair.id);
	free(pair.repository);
	free(pair.policy);
	return rc;
}

/* One line to be written; stock has no zone and no key. */
struct key_line {
	const char *zone, *id;
	enum key_type type;
	const struct keypair *pair;
	const struct zonekey *key;
};

static int
by_key_line(const void *a, const void *b)
{
	const struct key_line *x = a, *y = b;
	int order = strcmp(x->zone, y->zone);

	if (order == 0) /* "KSK" before "ZSK" */
		order = (x->type == KEY_ZSK) - (y->type == KEY_ZSK);
	return order != 0 ? order : strcmp(x->id, y->id);
}

/* As struct key_row, of texts that are others'. */
struct key_row_text {
	const char *zone;
	const char *public_key;
};

static void
write_key_line(
    const struct database *db, struct textbuf *t, const struct key_line *l)
{
	static const struct zonekey stock = { .state = STATE_GENERATE };
	const struct key_row_text row = { l->key == NULL ? NULL : l->zone,
		database_public(db, l->id) };
	const void *const bases[] = { &row, l->pair,
		l->key == NULL ? &stock : l->key };

	dbcolumns_write(key_columns, KEY_COLUMNS, t, bases);
}

static size_t
write_keys(const struct database *db, const struct model *m, struct textbuf *t)
{
	struct key_line *line;
	size_t n = 0, room = m->npairs;

	for (size_t i = 0; i < m->nzones; i++)
		room += m->zones[i]->nkeys;
	if ((line = calloc(room + 1, sizeof(*line))) == NULL) {
		t->failed = true;
		return 0;
	}
	for (size_t i = 0; i < m->npairs; i++)
		if (m->pairs[i]->uses == 0)
			line[n++] = (struct key_line){ "-", m->pairs[i]->id,
				m->pairs[i]->type, m->pairs[i], NULL };
	for (size_t i = 0; i < m->nzones; i++)
		for (size_t k = 0; k < m->zones[i]->nkeys; k++) {
			const struct zonekey *key = &m->zones[i]->keys[k];

			line[n++] =
			    (struct key_line){ m->zones[i]->name, key->pair->id,
				    key->pair->type, key->pair, key };
		}
	qsort(line, n, sizeof(*line), by_key_line);
	for (size_t i = 0; i < n; i++)
		write_key_line(db, t, &line[i]);
	free(line);
	return n;
}

/* ---- zone.db ---- */

enum { BASE_ZONE, BASE_FACTS };

#define ZONE(NAME, TYPE, FIELD)                                                \
	{                                                                      \
		NAME, TYPE, BASE_ZONE, offsetof(struct zone, FIELD), NULL,     \
		    NULL                                                       \
	}
#define HISTORY(NAME, FIELD)                                                   \
	{                                                                      \
		NAME, DBCOLUMN_CUSTOM, BASE_ZONE,                              \
		    offsetof(struct zone, FIELD), read_history, write_history  \
	}
#define FACT(NAME, TYPE, FIELD)                                                \
	{                                                                      \
		NAME, TYPE, BASE_FACTS, offsetof(struct zone_facts, FIELD),    \
		    NULL, NULL                                                 \
	}
#define IDENT(NAME, FIELD)                                                     \
	{                                                                      \
		NAME, DBCOLUMN_CUSTOM, BASE_FACTS,                             \
		    offsetof(struct zone_facts, FIELD), read_ident,            \
		    write_ident                                                \
	}

static const struct dbcolumn zone_columns[] = {
	ZONE("zone", DBCOLUMN_NAME, name),
	ZONE("policy", DBCOLUMN_NAME, policy_name),
	ZONE("added", DBCOLUMN_MOMENT, added),
	ZONE("deleted", DBCOLUMN_MOMENT, deleted),
	ZONE("unsign", DBCOLUMN_MOMENT, unsign),
	ZONE("published", DBCOLUMN_MOMENT, published),
	ZONE("serial", DBCOLUMN_U32, serial),
	ZONE("signed-id", DBCOLUMN_NAME, signed_id),
	ZONE("signed", DBCOLUMN_MOMENT, signed_.since),
	ZONE("signed-clear", DBCOLUMN_MOMENT, signed_.clear),
	HISTORY("dnskey-ttl", dnskey_ttl),
	HISTORY("max-ttl", max_ttl),
	HISTORY("ds-ttl", ds_ttl),
	ZONE("signconf-id", DBCOLUMN_NAME, signconf_id),
	ZONE("signconf-previous", DBCOLUMN_NAME, signconf_previous),
	IDENT("input", input),
	IDENT("handed-out", handed_out),
	FACT("handed-id", DBCOLUMN_NAME, handed_id),
	IDENT("output", output),
	FACT("digest", DBCOLUMN_NAME, digest),
	FACT("earliest", DBCOLUMN_MOMENT, earliest),
	FACT("tried", DBCOLUMN_MOMENT, tried),
	FACT("failures", DBCOLUMN_U32, failures),
	FACT("error", DBCOLUMN_NAME, error),
	FACT("ds-command", DBCOLUMN_BOOL, submit_failed),
	IDENT("signconf-file", signconf),
	IDENT("dnskeys-file", dnskeys),
};
#define ZONE_COLUMNS (sizeof(zone_columns) / sizeof(*zone_columns))

/* The stored half of row into z, which keeps what the configuration set. */
static void
take_zone(struct zone *z, struct zone *row)
{
	z->added = row->added;
	z->deleted = row->deleted;
	z->unsign = row->unsign;
	z->published = row->published;
	z->serial = row->serial;
	z->signed_id = row->signed_id;
	z->signed_ = row->signed_;
	z->dnskey_ttl = row->dnskey_ttl;
	z->max_ttl = row->max_ttl;
	z->ds_ttl = row->ds_ttl;
	z->signconf_id = row->signconf_id;
	z->signconf_previous = row->signconf_previous;
	/* The model owns these now. */
	row->signed_id = row->signconf_id = row->signconf_previous = NULL;
	memset(&row->dnskey_ttl, 0, sizeof(row->dnskey_ttl));
	memset(&row->max_ttl, 0, sizeof(row->max_ttl));
	memset(&row->ds_ttl, 0, sizeof(row->ds_ttl));
}

static int
add_zone(struct database *db, struct model *m, struct zone *row,
    struct zone_facts *facts_row, struct diag *d)
{
	struct zone_facts *facts;
	struct zone *z;
	bool listed;

	if (row->name == NULL || row->policy_name == NULL)
		return diag_set(
		    d, STATUS_BAD, "zone or policy is not set (keys.db(5))");
	if ((facts = strmap_get(&db->facts, row->name)) != NULL &&
	    !facts->fresh)
		return diag_set(
		    d, STATUS_BAD, "zone %s stands twice", row->name);
	if ((z = model_zone(m, row->name)) == NULL &&
	    (z = model_add_zone(m, row->name, row->policy_name)) == NULL)
		return diag_system(d, "zone.db");
	if ((facts = database_facts(db, row->name)) == NULL)
		return diag_system(d, "zone.db");
	take_zone(z, row);
	listed = facts->listed;
	*facts = *facts_row;
	facts->listed = listed;
	facts->fresh = false;
	facts_row->digest = facts_row->error = NULL; /* db owns them now */
	facts_row->handed_id = NULL;
	return 0;
}

static int
read_zone(struct database *db, struct model *m, char *line, struct diag *d)
{
	struct zone zone = { 0 };
	struct zone_facts facts = { 0 };
	void *const bases[] = { &zone, &facts };
	int rc;

	rc = dbcolumns_read(zone_columns, ZONE_COLUMNS, line, bases, d);
	if (rc == 0)
		rc = add_zone(db, m, &zone, &facts, d);
	free(zone.name);
	free(zone.policy_name);
	free(zone.signed_id);
	free(zone.signconf_id);
	free(zone.signconf_previous);
	free(zone.dnskey_ttl.span);
	free(zone.max_ttl.span);
	free(zone.ds_ttl.span);
	free(facts.digest);
	free(facts.handed_id);
	free(facts.error);
	return rc;
}

static int
by_zone_name(const void *a, const void *b)
{
	const struct zone *const *x = a, *const *y = b;

	return strcmp((*x)->name, (*y)->name);
}

static size_t
write_zones(const struct database *db, const struct model *m, struct textbuf *t)
{
	static const struct zone_facts none;
	const struct zone **z;

	if ((z = calloc(m->nzones + 1, sizeof(*z))) == NULL) {
		t->failed = true;
		return 0;
	}
	for (size_t i = 0; i < m->nzones; i++)
		z[i] = m->zones[i];
	qsort(z, m->nzones, sizeof(*z), by_zone_name);
	for (size_t i = 0; i < m->nzones; i++) {
		const struct zone_facts *facts =
		    strmap_get(&db->facts, z[i]->name);
		const void *const bases[] = { z[i],
			facts != NULL ? facts : &none };

		dbcolumns_write(zone_columns, ZONE_COLUMNS, t, bases);
	}
	free(z);
	return m->nzones;
}

/* ---- policy.db ---- */

struct policy_row {
	char *kind, *name, *value;
	int64_t moment;
};

static const struct dbcolumn policy_columns[] = {
	{ "kind", DBCOLUMN_NAME, 0, offsetof(struct policy_row, kind), NULL,
	    NULL },
	{ "name", DBCOLUMN_NAME, 0, offsetof(struct policy_row, name), NULL,
	    NULL },
	{ "value", DBCOLUMN_NAME, 0, offsetof(struct policy_row, value), NULL,
	    NULL },
	{ "moment", DBCOLUMN_MOMENT, 0, offsetof(struct policy_row, moment),
	    NULL, NULL },
};
#define POLICY_COLUMNS (sizeof(policy_columns) / sizeof(*policy_columns))

static int
take_salt(struct database *db, const struct policy_row *row)
{
	uint8_t salt[SIGNCONF_SALT_MAX];
	const size_t len = row->value == NULL ? 0 : strlen(row->value);
	size_t size = 0;

	if (row->name == NULL ||
	    (len > 0 && strspn(row->value, "0123456789abcdef") != len) ||
	    hex_decode(row->value, len, salt, sizeof(salt), &size) == -1)
		return -1;
	return database_set_salt(db, row->name, salt, size, row->moment);
}

static int
take_clock(struct model *m, const struct policy_row *row)
{
	uint64_t length;

	if (row->name == NULL)
		return -1;
	if (strcmp(row->name, "last") == 0)
		m->clock.last = row->moment;
	else if (strcmp(row->name, "suspect") == 0)
		m->clock.suspect = row->moment;
	else if (strcmp(row->name, "gap") != 0 || row->value == NULL ||
	    number_u64(row->value, strlen(row->value), INT32_MAX, &length) ==
		-1 ||
	    pass_clock_add_gap(&m->clock, (int64_t)length, row->moment) == -1)
		return -1;
	return 0;
}

static int
take_policy_row(struct database *db, struct model *m, struct policy_row *row,
    struct diag *d)
{
	int rc = -1;

	if (row->kind == NULL)
		rc = -1;
	else if (strcmp(row->kind, "policy") == 0)
		rc = take_salt(db, row);
	else if (strcmp(row->kind, "clock") == 0)
		rc = take_clock(m, row);
	else if (strcmp(row->kind, "zonelist") == 0 && row->value != NULL) {
		free(db->zonelist_pending);
		db->zonelist_pending = row->value;
		row->value = NULL; /* db owns it now */
		rc = 0;
	}
	if (rc == -1)
		return diag_set(
		    d, STATUS_BAD, "the record is malformed (keys.db(5))");
	return 0;
}

static int
read_policy(struct database *db, struct model *m, char *line, struct diag *d)
{
	struct policy_row row = { 0 };
	void *const bases[] = { &row };
	int rc;

	rc = dbcolumns_read(policy_columns, POLICY_COLUMNS, line, bases, d);
	if (rc == 0)
		rc = take_policy_row(db, m, &row, d);
	free(row.kind);
	free(row.name);
	free(row.value);
	return rc;
}

static void
put_policy_row(struct textbuf *t, size_t *records, const char *kind,
    const char *name, const char *value, int64_t moment)
{
	dbtext_name(t, kind);
	textbuf_put(t, "\t", 1);
	dbtext_name(t, name);
	textbuf_put(t, "\t", 1);
	dbtext_name(t, value);
	textbuf_put(t, "\t", 1);
	dbtext_moment(t, moment);
	textbuf_put(t, "\n", 1);
	(*records)++;
}

/* clock, policy, zonelist; gaps by their moments, salts by policy. */
static size_t
write_policies(
    const struct database *db, const struct model *m, struct textbuf *t)
{
	const struct pass_clock *c = &m->clock;
	char text[2 * SIGNCONF_SALT_MAX + 1];
	size_t records = 0;

	for (size_t i = 0; i < c->ngaps; i++) {
		(void)snprintf(
		    text, sizeof(text), "%" PRId64, c->gaps[i].length);
		put_policy_row(
		    t, &records, "clock", "gap", text, c->gaps[i].at);
	}
	if (c->last != 0)
		put_policy_row(t, &records, "clock", "last", NULL, c->last);
	if (c->suspect != 0)
		put_policy_row(
		    t, &records, "clock", "suspect", NULL, c->suspect);
	for (size_t i = 0; i < db->nsalts; i++) {
		const struct policy_salt *s = &db->salts[i];

		hex_encode(s->salt, s->len, text);
		put_policy_row(t, &records, "policy", s->policy,
		    s->len > 0 ? text : NULL, s->made);
	}
	if (db->zonelist_pending != NULL)
		put_policy_row(t, &records, "zonelist", "pending",
		    db->zonelist_pending, 0);
	return records;
}

/* ---- all three ---- */

const struct dbrows dbrows[DB_FILES] = {
	[DB_KEYS] = { "keys.db", key_columns, KEY_COLUMNS, read_key,
	    write_keys },
	[DB_ZONES] = { "zone.db", zone_columns, ZONE_COLUMNS, read_zone,
	    write_zones },
	[DB_POLICIES] = { "policy.db", policy_columns, POLICY_COLUMNS,
	    read_policy, write_policies },
};

int
dbrows_read(const struct dbrows *rows, struct database *db, struct model *m,
    struct dbfile *f, const char *path, struct diag *d)
{
	uint64_t number = f->body_line;

	for (char *line = f->body; line < f->body_end; number++) {
		char *end = memchr(line, '\n', (size_t)(f->body_end - line));

		*end = '\0';
		if (rows->read(db, m, line, d) == -1)
			return diag_prefix(d, "%s:%" PRIu64, path, number);
		line = end + 1;
	}
	return 0;
}

void
dbrows_write(const struct dbrows *rows, const struct database *db,
    const struct model *m, struct textbuf *t, size_t *records)
{
	dbcolumns_header(rows->columns, rows->count, t);
	*records = rows->write(db, m, t);
}

void
dbrows_whole(const struct dbrows *rows, const struct database *db,
    const struct model *m, uint64_t commit, const char *extra,
    struct textbuf *whole)
{
	size_t records;

	textbuf_puts(whole, ";keystate ");
	textbuf_puts(whole, rows->name);
	textbuf_puts(whole, " 1\n;commit ");
	textbuf_u64(whole, commit);
	textbuf_puts(whole, "\n");
	textbuf_puts(whole, extra);
	dbrows_write(rows, db, m, whole, &records);
	textbuf_puts(whole, ";end ");
	textbuf_puts(whole, rows->name);
	textbuf_puts(whole, " records=");
	textbuf_u64(whole, records);
	textbuf_puts(whole, "\n");
}
