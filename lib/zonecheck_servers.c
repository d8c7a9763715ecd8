#include <stdlib.h>
#include <string.h>

#include "extsort.h"
#include "name.h"
#include "namekey.h"
#include "zonecheck_parts.h"

#define RECENT 256

/* A server that was lately put aside: most zones use few, again and again. */
struct recent {
	uint8_t len; /* 0: empty */
	char name[255];
};

struct servers {
	const char *apex;
	size_t apex_len;
	uint8_t apex_key[NAMEKEY_MAX];
	size_t apex_key_len;
	struct extsort *names;	   /* key: server; payload: owner of the NS */
	struct extsort *addresses; /* key: owner; payload: authoritative? */
	struct recent recent[RECENT];
};

int
servers_open(struct servers **out, const char *folder, struct diag *d)
{
	struct servers *sv = calloc(1, sizeof(*sv));

	if (sv == NULL)
		return diag_system(d, "check");
	if (extsort_open(&sv->names, EXTSORT_MEMORY_MIN, folder, d) == -1 ||
	    extsort_open(&sv->addresses, EXTSORT_MEMORY_MIN, folder, d) == -1) {
		servers_close(sv);
		return -1;
	}
	*out = sv;
	return 0;
}

void
servers_begin(struct servers *sv, const char *apex)
{
	sv->apex = apex;
	sv->apex_len = strlen(apex);
	sv->apex_key_len =
	    (size_t)namekey_from_text(apex, sv->apex_len, sv->apex_key);
	extsort_reset(sv->names);
	extsort_reset(sv->addresses);
	for (size_t i = 0; i < RECENT; i++)
		sv->recent[i].len = 0;
}

int
servers_address(struct servers *sv, const uint8_t *key, size_t len,
    bool authoritative, struct diag *d)
{
	return extsort_add(sv->addresses, key, len, &authoritative, 1, d);
}

/* Is it among the recent?  If not, it is from now on. */
static bool
seen_lately(struct servers *sv, const char *name, size_t len)
{
	uint32_t hash = 2166136261U;
	struct recent *r;

	if (len > sizeof(r->name))
		return false;
	for (size_t i = 0; i < len; i++)
		hash = (hash ^ (uint8_t)name[i]) * 16777619U;
	r = &sv->recent[hash % RECENT];
	if (r->len == len && memcmp(r->name, name, len) == 0)
		return true;
	r->len = (uint8_t)len;
	memcpy(r->name, name, len);
	return false;
}

static bool
at_or_below(
    const uint8_t *key, size_t len, const uint8_t *above, size_t above_len)
{
	return len >= above_len && memcmp(key, above, above_len) == 0;
}

int
servers_name(struct servers *sv, const char *name, size_t name_len,
    const uint8_t *owner, size_t owner_len, struct diag *d)
{
	uint8_t key[NAMEKEY_MAX];
	int len;

	if (!name_below(name, name_len, sv->apex, sv->apex_len) &&
	    !(name_len == sv->apex_len &&
		memcmp(name, sv->apex, name_len) == 0))
		return 0;
	if (seen_lately(sv, name, name_len))
		return 0;
	if ((len = namekey_from_text(name, name_len, key)) == -1)
		return diag_set(d, STATUS_BAD, "%.*s: not a name",
		    (int)(name_len > 300 ? 300 : name_len), name);
	return extsort_add(sv->names, key + sv->apex_key_len,
	    (size_t)len - sv->apex_key_len, owner, owner_len, d);
}

/* ---- the match ---- */

/*
 * Where we stand among the addresses, which are read beside the servers; and
 * the wildcards with an address that lie above, one within another.
 */
struct addresses {
	struct extsort *sort;
	struct extsort_record rec;
	bool more;
	uint8_t above[NAMEKEY_MAX]; /* the latest wildcard's parent */
	size_t lengths[NAME_LABELS_MAX + 1];
	size_t depth; /* parents, each a prefix of above */
};

static int
step(struct addresses *a, struct diag *d)
{
	const int rc = extsort_next(a->sort, &a->rec, d);

	a->more = rc == 1;
	return rc;
}

static void
leave_wildcards(struct addresses *a, const uint8_t *key, size_t len)
{
	while (a->depth > 0 &&
	    !at_or_below(key, len, a->above, a->lengths[a->depth - 1]))
		a->depth--;
}

/* RFC 4592 §2.1.1: the first label is an asterisk alone. */
static void
enter_wildcard(struct addresses *a)
{
	const uint8_t *key = a->rec.key;
	const size_t len = a->rec.key_len;

	if (len < 2 || key[len - 2] != '*' || *a->rec.payload == 0 ||
	    (len > 2 && key[len - 3] != 0) || a->depth > NAME_LABELS_MAX)
		return;
	memcpy(a->above, key, len - 2);
	a->lengths[a->depth++] = len - 2;
}

/* 1: the server has an address; 0: it has not. */
static int
has_address(
    struct addresses *a, const struct extsort_record *server, struct diag *d)
{
	while (a->more) {
		const int c = namekey_compare(
		    a->rec.key, a->rec.key_len, server->key, server->key_len);

		if (c == 0)
			return 1;
		if (c > 0)
			break;
		leave_wildcards(a, a->rec.key, a->rec.key_len);
		enter_wildcard(a);
		if (step(a, d) == -1)
			return -1;
	}
	leave_wildcards(a, server->key, server->key_len);
	/* A wildcard gives no glue: nothing below a cut is answered with. */
	return a->depth > 0 &&
	    (server->payload_len == 0 ||
		!at_or_below(server->key, server->key_len, server->payload,
		    server->payload_len));
}

static void
key_text(const struct servers *sv, const uint8_t *key, size_t len,
    char text[NAME_TEXT_MAX])
{
	uint8_t whole[2 * NAMEKEY_MAX], wire[NAME_WIRE_MAX];

	memcpy(whole, sv->apex_key, sv->apex_key_len);
	memcpy(whole + sv->apex_key_len, key, len);
	if (namekey_to_wire(whole, sv->apex_key_len + len, wire) == -1)
		strcpy(text, "?");
	else
		(void)name_to_text(wire, true, text);
}

int
servers_end(struct servers *sv,
    void (*missing)(void *ctx, const char *server, const char *owner),
    void *ctx, struct diag *d)
{
	struct addresses a = { .sort = sv->addresses };
	struct extsort_record server;
	uint8_t last[NAMEKEY_MAX];
	size_t last_len = SIZE_MAX; /* of the server before, or none */
	char name[NAME_TEXT_MAX], owner[NAME_TEXT_MAX];
	int rc, found;

	if (extsort_sort(sv->names, d) == -1 ||
	    extsort_sort(sv->addresses, d) == -1 || step(&a, d) == -1)
		return -1;
	while ((rc = extsort_next(sv->names, &server, d)) == 1) {
		if (server.key_len == last_len &&
		    memcmp(server.key, last, last_len) == 0)
			continue;
		last_len = server.key_len;
		memcpy(last, server.key, last_len);
		if ((found = has_address(&a, &server, d)) == -1)
			return -1;
		if (found == 1)
			continue;
		key_text(sv, server.key, server.key_len, name);
		key_text(sv, server.payload, server.payload_len, owner);
		missing(ctx, name, owner);
	}
	return rc;
}

void
servers_close(struct servers *sv)
{
	if (sv == NULL)
		return;
	extsort_close(sv->names);
	extsort_close(sv->addresses);
	free(sv);
}
