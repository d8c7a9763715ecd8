#include <fcntl.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "catalog.h"
#include "name.h"
#include "rrtype.h"

#define GROUPS_MAX 64 /* of a member */

/* What is known of a label below zones.$CATZ. */
struct node {
	struct catalog_member *member; /* its PTR was seen, if name is set */
	unsigned coo;		       /* PTR records at coo.LABEL.zones */
};

struct reading {
	struct catalog *catalog;
	size_t name_len, max;
	char zones[NAME_TEXT_MAX + 8]; /* "zones.$CATZ" */
	size_t zones_len;
	struct strmap nodes; /* by label */
	unsigned versions;
	char version[256];
};

/* ---- text ---- */

/*
 * The characters of a TXT record, its strings joined; -1 if they do not fit
 * or hold a NUL.
 */
static int
txt_value(const char *rdata, size_t len, char *buf, size_t size)
{
	bool quoted = false;
	size_t n = 0;

	for (size_t i = 0; i < len; i++) {
		unsigned char c = (unsigned char)rdata[i];

		if (c == '"') {
			quoted = !quoted;
			continue;
		}
		if (c == ' ' && !quoted)
			continue;
		if (c == '\\' && len - i > 3 && rdata[i + 1] >= '0' &&
		    rdata[i + 1] <= '9') {
			c = (unsigned char)((rdata[i + 1] - '0') * 100 +
			    (rdata[i + 2] - '0') * 10 + (rdata[i + 3] - '0'));
			i += 3;
		} else if (c == '\\' && len - i > 1) {
			c = (unsigned char)rdata[++i];
		}
		if (c == '\0' || n + 1 >= size)
			return -1;
		buf[n++] = (char)c;
	}
	buf[n] = '\0';
	return 0;
}

static int
set_name(char **to, const struct zonetext_record *rec, struct diag *d)
{
	char name[NAME_TEXT_MAX];

	if (name_canonical(rec->rdata, rec->rdata_len, name) == -1)
		return diag_set(d, STATUS_BAD, "a PTR that is not a name");
	if ((*to = strdup(name)) == NULL)
		return diag_system(d, "catalog");
	return 0;
}

/* ---- records ---- */

/* The node of a label, made where there is none. */
static struct node *
node_of(struct reading *r, const char *label, size_t len, struct diag *d)
{
	char text[NAME_TEXT_MAX];
	struct node *n;

	memcpy(text, label, len);
	text[len] = '\0';
	if ((n = strmap_get(&r->nodes, text)) != NULL)
		return n;
	if ((n = calloc(1, sizeof(*n))) == NULL ||
	    (n->member = calloc(1, sizeof(*n->member))) == NULL ||
	    (n->member->label = strdup(text)) == NULL ||
	    strmap_put(&r->nodes, text, n, NULL) == -1) {
		if (n != NULL && n->member != NULL)
			free(n->member->label);
		if (n != NULL)
			free(n->member);
		free(n);
		diag_system(d, "catalog");
		return NULL;
	}
	return n;
}

static int
take_member(struct reading *r, struct node *n,
    const struct zonetext_record *rec, struct diag *d)
{
	if (rec->type != RRTYPE_PTR)
		return 0;
	if (n->member->name != NULL)
		return diag_set(d, STATUS_BAD,
		    "%.*s has more than one PTR: the catalog is broken "
		    "(RFC 9432 §4.1)",
		    (int)rec->owner_len, rec->owner);
	if (++r->catalog->count > r->max)
		return diag_set(d, STATUS_BAD,
		    "more than %zu members (MaxMembers)", r->max);
	return set_name(&n->member->name, rec, d);
}

static int
take_coo(struct reading *r, struct node *n, const struct zonetext_record *rec,
    struct diag *d)
{
	(void)r;
	if (rec->type != RRTYPE_PTR)
		return 0;
	if (n->coo++ > 0)
		return diag_set(d, STATUS_BAD,
		    "%.*s has more than one PTR: the catalog is broken "
		    "(RFC 9432 §4.3.1)",
		    (int)rec->owner_len, rec->owner);
	return set_name(&n->member->coo, rec, d);
}

/* A value that cannot be one of the configuration's is as good as none. */
static int
take_group(struct reading *r, struct node *n, const struct zonetext_record *rec,
    struct diag *d)
{
	struct catalog_member *m = n->member;
	char value[1024], **grown;

	(void)r;
	if (rec->type != RRTYPE_TXT || m->group_count == GROUPS_MAX ||
	    txt_value(rec->rdata, rec->rdata_len, value, sizeof(value)) == -1)
		return 0;
	grown = realloc(m->group, (m->group_count + 1) * sizeof(*grown));
	if (grown == NULL)
		return diag_system(d, "catalog");
	m->group = grown;
	if ((grown[m->group_count] = strdup(value)) == NULL)
		return diag_system(d, "catalog");
	m->group_count++;
	return 0;
}

static int
take_version(
    struct reading *r, const struct zonetext_record *rec, struct diag *d)
{
	if (rec->type != RRTYPE_TXT)
		return 0;
	if (r->versions++ > 0)
		return diag_set(d, STATUS_BAD,
		    "%.*s has more than one TXT: the catalog is broken "
		    "(RFC 9432 §4.2.1)",
		    (int)rec->owner_len, rec->owner);
	if (txt_value(rec->rdata, rec->rdata_len, r->version,
		sizeof(r->version)) == -1)
		(void)strcpy(r->version, "?");
	return 0;
}

/* Below zones.$CATZ: a member's node, or a property of it (§4.3). */
static int
take_below_zones(
    struct reading *r, const struct zonetext_record *rec, struct diag *d)
{
	static const struct {
		const char *label;
		int (*take)(struct reading *r, struct node *n,
		    const struct zonetext_record *rec, struct diag *d);
	} rows[] = { { "coo", take_coo }, { "group", take_group } };
	const unsigned depth = name_labels(rec->owner, rec->owner_len) -
	    name_labels(r->zones, r->zones_len);
	const char *node = rec->owner, *rest;
	size_t node_len = rec->owner_len, rest_len;
	char canonical[NAME_TEXT_MAX];
	struct node *n;

	/* A file by hand may have anything where a name should be. */
	if (name_canonical(rec->owner, rec->owner_len, canonical) !=
		(int)rec->owner_len ||
	    memcmp(canonical, rec->owner, rec->owner_len) != 0)
		return diag_set(d, STATUS_BAD, "%.*s is not a canonical name",
		    (int)rec->owner_len, rec->owner);
	if (depth > 2)
		return 0;
	if (depth == 2)
		node = name_parent(rec->owner, rec->owner_len, &node_len);
	rest = name_parent(node, node_len, &rest_len);
	if (depth == 1)
		return (n = node_of(r, node, (size_t)(rest - node) - 1, d)) ==
			NULL ?
		    -1 :
		    take_member(r, n, rec, d);
	for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
		const size_t len = strlen(rows[i].label);

		if ((size_t)(node - rec->owner) != len + 1 ||
		    memcmp(rec->owner, rows[i].label, len) != 0)
			continue;
		n = node_of(r, node, (size_t)(rest - node) - 1, d);
		return n == NULL ? -1 : rows[i].take(r, n, rec, d);
	}
	return 0; /* §4.3: unknown properties are ignored */
}

static int
take_record(
    struct reading *r, const struct zonetext_record *rec, struct diag *d)
{
	static const char version[] = "version.";
	const char *name = r->catalog->name;

	if (name_below(rec->owner, rec->owner_len, r->zones, r->zones_len))
		return take_below_zones(r, rec, d);
	if (rec->owner_len == r->name_len + sizeof(version) - 1 &&
	    memcmp(rec->owner, version, sizeof(version) - 1) == 0 &&
	    memcmp(rec->owner + sizeof(version) - 1, name, r->name_len) == 0)
		return take_version(r, rec, d);
	return 0;
}

/* ---- all of it ---- */

static int
by_name(const void *a, const void *b)
{
	const struct catalog_member *const *x = a, *const *y = b;

	return strcmp((*x)->name, (*y)->name);
}

static void
free_member(struct catalog_member *m)
{
	if (m == NULL)
		return;
	for (size_t i = 0; i < m->group_count; i++)
		free(m->group[i]);
	free(m->group);
	free(m->name);
	free(m->label);
	free(m->coo);
	free(m);
}

static void
free_node(void *item)
{
	struct node *n = item;

	free_member(n->member);
	free(n);
}

/* The nodes with a PTR become the members. */
static int
finish(struct reading *r, struct diag *d)
{
	struct catalog *c = r->catalog;
	struct node *n;
	size_t at = 0;

	if (r->versions == 0)
		return diag_set(d, STATUS_BAD,
		    "no version.%s TXT: not a catalog zone (RFC 9432 §4.2.1)",
		    c->name);
	if (strcmp(r->version, "2") != 0)
		return diag_set(d, STATUS_BAD,
		    "version '%s' of the catalog format, only 2 is known "
		    "(RFC 9432 §4.2.1)",
		    r->version);
	c->member = calloc(c->count + 1, sizeof(*c->member));
	if (c->member == NULL)
		return diag_system(d, "catalog");
	c->count = 0;
	while ((n = strmap_next(&r->nodes, &at, NULL)) != NULL) {
		if (n->member->name == NULL)
			continue; /* properties without a member */
		c->member[c->count++] = n->member;
		n->member = NULL;
	}
	qsort(c->member, c->count, sizeof(*c->member), by_name);
	for (size_t i = 1; i < c->count; i++)
		if (strcmp(c->member[i - 1]->name, c->member[i]->name) == 0)
			return diag_set(d, STATUS_BAD,
			    "%s is a member twice, as %s and as %s: the "
			    "catalog is broken (RFC 9432 §4.1)",
			    c->member[i]->name, c->member[i - 1]->label,
			    c->member[i]->label);
	return 0;
}

/* One zone, the catalog, and nothing behind it. */
static int
take_stream(struct reading *r, struct zonetext_reader *in, struct diag *d)
{
	int item = zonetext_read(in, d);

	if (item == -1)
		return -1;
	if (item != ZONETEXT_ZONE ||
	    strcmp(zonetext_zone_name(in), r->catalog->name) != 0)
		return diag_set(
		    d, STATUS_BAD, "not the text of %s", r->catalog->name);
	while ((item = zonetext_read(in, d)) == ZONETEXT_RECORD)
		if (take_record(r, zonetext_record(in), d) == -1)
			return -1;
	if (item == ZONETEXT_FAIL)
		return diag_set(d, STATUS_BAD, "%s", zonetext_fail_reason(in));
	if (item == -1 || (item = zonetext_read(in, d)) == -1)
		return -1;
	if (item != ZONETEXT_DONE)
		return diag_set(d, STATUS_BAD, "more than one zone");
	return 0;
}

int
catalog_read(struct catalog **out, const char *name, struct zonetext_reader *in,
    size_t max, struct diag *d)
{
	struct reading r = { .name_len = strlen(name), .max = max };
	int rc = -1;

	if ((r.catalog = calloc(1, sizeof(*r.catalog))) == NULL ||
	    (r.catalog->name = strdup(name)) == NULL) {
		diag_system(d, "catalog");
		goto out;
	}
	memcpy(r.zones, "zones.", 6);
	/* The root's dot is its whole name. */
	memcpy(r.zones + 6, name, r.name_len + 1);
	r.zones_len = 6 + r.name_len;
	if (strcmp(name, ".") == 0)
		r.zones[r.zones_len = 6] = '\0';
	if (take_stream(&r, in, d) == -1 || finish(&r, d) == -1)
		goto out;
	*out = r.catalog;
	r.catalog = NULL; /* the caller owns it now */
	rc = 0;
out:
	strmap_free(&r.nodes, free_node);
	catalog_free(r.catalog);
	return rc;
}

int
catalog_read_file(struct catalog **out, const char *name, const char *path,
    size_t max, struct diag *d)
{
	struct zonetext_reader *in = NULL;
	struct stream_in *file = NULL;
	const int fd = open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY);
	int rc;

	if (fd == -1)
		return diag_system(d, "%s", path);
	if (stream_in_open(&file, fd, path, ZONETEXT_LINE_MAX, d) == -1 ||
	    zonetext_reader_open(&in, file, d) == -1)
		return -1;
	if ((rc = catalog_read(out, name, in, max, d)) == -1 &&
	    strncmp(d->text, path, strlen(path)) != 0)
		diag_prefix(d, "%s", path);
	zonetext_reader_close(in);
	return rc;
}

const struct catalog_member *
catalog_find(const struct catalog *catalog, const char *name)
{
	struct catalog_member wanted = { .name = (char *)(uintptr_t)name };
	const struct catalog_member *key = &wanted;
	struct catalog_member **found;

	if (catalog->count == 0)
		return NULL;
	found = bsearch(&key, catalog->member, catalog->count,
	    sizeof(*catalog->member), by_name);
	return found == NULL ? NULL : *found;
}

void
catalog_free(struct catalog *catalog)
{
	if (catalog == NULL)
		return;
	/* Not yet sorted out, count is a number only. */
	for (size_t i = 0; catalog->member != NULL && i < catalog->count; i++)
		free_member(catalog->member[i]);
	free(catalog->member);
	free(catalog->name);
	free(catalog);
}
