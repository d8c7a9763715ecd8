#include <stdlib.h>
#include <string.h>

#include "apex.h"
#include "chain.h"
#include "refs.h"
#include "walk.h"
#include "zonemd.h"

#define SAMPLE 1000 /* owners whose signatures a partial audit verifies */

/* A name on the path from the apex to the last owner. */
struct step {
	uint16_t key_size; /* its key is so much of the last owner's */
	bool ent, needed;
	uint32_t id; /* of an empty non-terminal */
	struct place at;
};

/* The NSEC that the next name must answer to. */
struct nsec {
	bool known;
	uint8_t owner[WNAME_MAX], next[WNAME_MAX];
	struct place at;
};

struct walk {
	struct zone *zone;
	struct pool *pool;
	struct verdict *verdict;
	struct previous *previous; /* or NULL */
	struct compare *compare;   /* or NULL */
	uint64_t owners;
	struct findings found; /* what the walk itself finds: told at once */
	struct rdata_parser *parser;
	struct batch *b; /* being filled, or NULL */
	struct owner *o; /* whose records come, or NULL */
	struct stats total;
	struct chains *chains;
	struct refs *refs;
	struct zonemd *zonemd;
	const uint8_t *origin; /* of the last record, in the batch's arena */

	uint8_t apex_key[WNAME_KEY_MAX], key[WNAME_KEY_MAX];
	size_t apex_key_size, key_size; /* key: the last owner's */
	bool any, apex_seen, second, broken;
	struct place start; /* the zone's first record */

	/* The delegation or DNAME that the owners now may be below. */
	uint8_t cut_key[WNAME_KEY_MAX];
	size_t cut_size;
	enum owner_kind below;
	bool cut;

	struct step step[WNAME_MAX / 2 + 2];
	size_t steps;
	uint8_t path_key[WNAME_KEY_MAX];
	uint32_t ents;

	struct nsec nsec;
	bool nsec_late; /* told that the apex has none */
};

int
walk_open(struct walk **out, struct zone *zone, struct pool *pool,
    struct verdict *verdict, struct previous *previous,
    struct compare *compare, struct diag *d)
{
	struct walk *w = calloc(1, sizeof(*w));

	if (w == NULL)
		return diag_system(d, "audit");
	w->zone = zone;
	w->pool = pool;
	w->verdict = verdict;
	w->previous = previous;
	w->compare = compare;
	w->found.sink = verdict_take;
	w->found.arg = verdict;
	w->found.ignore = zone->set->ignore;
	w->parser = rdata_parser_new(zone->types);
	if (w->parser == NULL) {
		free(w);
		return diag_system(d, "audit");
	}
	if (refs_open(&w->refs, zone, zone->set->memory / 2, d) == -1) {
		walk_close(w);
		return -1;
	}
	w->apex_key_size = wname_key(zone->apex, w->apex_key);
	zone->apex_labels = wname_labels(zone->apex);
	stats_reset(&w->total);
	*out = w;
	return 0;
}

void
walk_close(struct walk *w)
{
	if (w == NULL)
		return;
	pool_cancel(w->pool);
	if (w->b != NULL)
		pool_drop(w->pool, w->b);
	chains_close(w->chains);
	refs_close(w->refs);
	zonemd_close(w->zonemd);
	rdata_parser_free(w->parser);
	free(w);
}

const struct stats *
walk_stats(const struct walk *w)
{
	return &w->total;
}

/* --- results --------------------------------------------------------------- */

static int
collect(void *arg, struct batch *b, struct diag *d)
{
	struct walk *w = arg;

	for (const struct finding *f = b->found.first; f != NULL; f = f->next)
		verdict_take(w->verdict, f);
	stats_add(&w->total, &b->stats);
	for (size_t i = 0; i < b->rows; i++)
		if (chains_row(w->chains, &b->row[i], d) == -1)
			return -1;
	for (size_t i = 0; i < b->refs; i++)
		if (refs_ref(w->refs, &b->ref[i], d) == -1)
			return -1;
	for (size_t i = 0; i < b->defs; i++)
		if (refs_def(w->refs, &b->def[i], d) == -1)
			return -1;
	for (size_t i = 0; i < b->digesteds; i++) {
		const struct digested *r = &b->digested[i];

		if ((r->digest && zonemd_add(w->zonemd, r, d) == -1) ||
		    (r->compare && compare_add(w->compare, r, d) == -1))
			return -1;
	}
	for (size_t i = 0; i < b->links; i++)
		if (chains_link(w->chains, &b->link[i], &w->found, d) == -1)
			return -1;
	return 0;
}

static int
submit(struct walk *w, struct diag *d)
{
	struct batch *b = w->b;

	if (b == NULL)
		return 0;
	w->b = NULL;
	w->origin = NULL;
	return pool_submit(w->pool, b, d);
}

/* --- empty non-terminals --------------------------------------------------- */

static bool
prefix(const uint8_t *key, size_t size, const uint8_t *of, size_t of_size)
{
	return of_size >= size && memcmp(key, of, size) == 0;
}

/* A name on the path has no more names below. */
static int
pop(struct walk *w, struct diag *d)
{
	const struct step *s = &w->step[--w->steps];
	uint8_t name[WNAME_MAX];
	struct ent *ent;

	if (!s->ent)
		return 0;
	ent = batch_push_ent(w->b);
	if (ent == NULL)
		return diag_system(d, "audit");
	wname_from_key(w->path_key, s->key_size, name);
	ent->name = arena_copy(&w->b->arena, name, wname_size(name));
	if (ent->name == NULL)
		return diag_system(d, "audit");
	ent->at = s->at;
	ent->id = s->id;
	ent->needed = s->needed;
	return 0;
}

static uint32_t
nearest_ent(const struct walk *w)
{
	for (size_t i = w->steps; i-- > 0;)
		if (w->step[i].ent)
			return w->step[i].id + 1;
	return 0;
}

static void
push(struct walk *w, size_t key_size, bool ent, struct place at)
{
	w->step[w->steps++] = (struct step){ .key_size = (uint16_t)key_size,
		.ent = ent, .id = w->ents, .at = at };
}

/*
 * Move the path to the owner: names that were left are done with, names that
 * were skipped are empty non-terminals (RFC 5155 §7.1).
 */
static int
move_path(struct walk *w, bool secure, struct diag *d)
{
	size_t from;

	while (w->steps > 0 && !prefix(w->path_key,
		w->step[w->steps - 1].key_size, w->key, w->key_size))
		if (pop(w, d) == -1)
			return -1;
	memcpy(w->path_key, w->key, w->key_size);
	from = w->steps > 0 ? w->step[w->steps - 1].key_size :
			      w->apex_key_size;
	for (size_t i = from; i + 1 < w->key_size; i++) {
		if (w->key[i] != 0 || i + 1 <= w->apex_key_size)
			continue;
		if (chains_ent(w->chains, nearest_ent(w), d) == -1)
			return -1;
		push(w, i + 1, true, w->b->rec[w->o->first].at);
		w->ents++;
	}
	push(w, w->key_size, false, w->b->rec[w->o->first].at);
	for (size_t i = w->steps; secure && i-- > 0;)
		w->step[i].needed = true;
	w->o->ent = nearest_ent(w);
	return 0;
}

/* --- NSEC ------------------------------------------------------------------ */

static const struct rec *
find_type(const struct walk *w, uint16_t type)
{
	for (size_t i = 0; i < w->o->count; i++) {
		const struct rec *r = &w->b->rec[w->o->first + i];

		if (r->type == type)
			return r;
	}
	return NULL;
}

static void
nsec_broken(struct walk *w, const uint8_t *name)
{
	char next[WNAME_TEXT_MAX], real[WNAME_TEXT_MAX];

	(void)wname_print(w->nsec.next, next);
	(void)wname_print(name, real);
	finding_add(&w->found, CHECK_NSEC_CHAIN, w->nsec.owner, TYPE_NSEC,
	    w->nsec.at, "leads to %s, but %s comes next", next, real);
}

/* The NSEC of this owner is the one to follow from now on. */
static void
nsec_take(struct walk *w, const struct rec *r)
{
	const char *space = memchr(r->rdata, ' ', r->rdata_size);
	const size_t len = space == NULL ? r->rdata_size :
					   (size_t)(space - r->rdata);
	const char *why;

	w->nsec.known = wname_parse(r->rdata, len, r->origin,
	    w->nsec.next) > 0;
	if (len == 2 && memcmp(r->rdata, "\\#", 2) == 0) {
		uint8_t *rdata = malloc(RDATA_MAX);
		const int n = rdata == NULL ? -1 : rdata_parse(w->parser,
		    r->type, r->rdata, r->rdata_size, r->origin, rdata, &why);
		const size_t size = n == -1 ? 0 :
		    wname_length(rdata, (size_t)n);

		w->nsec.known = size > 0;
		if (size > 0)
			memcpy(w->nsec.next, rdata, size);
		free(rdata);
	}
	memcpy(w->nsec.owner, w->o->name, wname_size(w->o->name));
	w->nsec.at = r->at;
}

static void
check_nsec(struct walk *w)
{
	const struct rec *r = find_type(w, TYPE_NSEC);
	const bool expected = w->nsec.known &&
	    wname_equal(w->nsec.next, w->o->name);
	const bool real = w->o->kind == OWNER_AUTHORITATIVE ||
	    w->o->kind == OWNER_DELEGATION;

	if (r != NULL && !w->zone->nsec && !w->nsec_late) {
		w->nsec_late = true;
		finding_add(&w->found, CHECK_NSEC_MISSING, w->zone->apex,
		    TYPE_NSEC, w->start, "other names have an NSEC, the apex "
		    "has none");
	}
	if (!w->zone->nsec && !w->nsec_late)
		return;
	if (!real) {
		/* An NSEC too many is told by the judge; follow it. */
		if (r != NULL && expected)
			nsec_take(w, r);
		return;
	}
	if (r == NULL) {
		finding_add(&w->found, CHECK_NSEC_MISSING, w->o->name,
		    TYPE_NSEC, w->b->rec[w->o->first].at,
		    "a name without its NSEC");
		if (expected)
			w->nsec.known = false;
		return;
	}
	if (w->nsec.known && !expected)
		nsec_broken(w, w->o->name);
	nsec_take(w, r);
}

/* --- owners ---------------------------------------------------------------- */

static bool
signed_type(const struct walk *w, uint16_t type)
{
	if (type == TYPE_RRSIG || type == TYPE_NSEC)
		return false;
	return w->o->kind == OWNER_AUTHORITATIVE || type == TYPE_DS ||
	    type == TYPE_DELEG;
}

static void
classify(struct walk *w)
{
	if (w->cut && !prefix(w->cut_key, w->cut_size, w->key, w->key_size))
		w->cut = false;
	if (w->cut) {
		w->o->kind = w->below;
		return;
	}
	w->o->kind = !w->o->apex && find_type(w, TYPE_NS) != NULL ?
	    OWNER_DELEGATION : OWNER_AUTHORITATIVE;
	if (w->o->kind == OWNER_DELEGATION)
		w->below = OWNER_BELOW;
	else if (find_type(w, TYPE_DNAME) != NULL)
		w->below = OWNER_BELOW_DNAME;
	else
		return;
	w->cut = true;
	w->cut_size = w->key_size;
	memcpy(w->cut_key, w->key, w->key_size);
}

static int
load_apex(struct walk *w, struct diag *d)
{
	w->apex_seen = true;
	if (apex_load(w->zone, w->b, w->o, w->parser) == -1)
		return diag_system(d, "audit");
	if (w->zone->digests > 0 && zonemd_open(&w->zonemd, w->zone,
		w->zone->set->memory / 2, d) == -1)
		return -1;
	if (w->zone->chains == 0)
		return 0;
	return chains_open(&w->chains, w->zone, w->zone->set->memory / 2, d);
}

/* All records of an owner of section one are there. */
static int
end_owner(struct walk *w, struct diag *d)
{
	bool secure = false;

	w->o->apex = w->key_size == w->apex_key_size;
	classify(w);
	if (w->o->apex && load_apex(w, d) == -1)
		return -1;
	check_nsec(w);
	if (w->chains == NULL || (w->o->kind != OWNER_AUTHORITATIVE &&
	    w->o->kind != OWNER_DELEGATION))
		return 0;
	for (size_t i = 0; i < w->o->count && !secure; i++)
		secure = signed_type(w, w->b->rec[w->o->first + i].type);
	return move_path(w, secure, d);
}

/* From the names to the NSEC3 chains: all names must have been judged. */
static int
end_section(struct walk *w, struct diag *d)
{
	if (w->nsec.known && !wname_equal(w->nsec.next, w->zone->apex))
		nsec_broken(w, w->zone->apex);
	w->second = true;
	if (w->chains == NULL)
		return 0;
	if (w->b == NULL && (w->b = pool_get(w->pool, d)) == NULL)
		return -1;
	while (w->steps > 0)
		if (pop(w, d) == -1)
			return -1;
	if (submit(w, d) == -1 || pool_drain(w->pool, d) == -1)
		return -1;
	return chains_start(w->chains, d);
}

static int
close_owner(struct walk *w, struct diag *d)
{
	if (w->o == NULL)
		return 0;
	if (w->previous != NULL && previous_compare(w->previous,
		w->o->kind == OWNER_NSEC3, w->key, w->key_size,
		w->b->rec + w->o->first, w->o->count, d) == -1)
		return -1;
	if (w->o->kind != OWNER_NSEC3 && end_owner(w, d) == -1)
		return -1;
	w->o = NULL;
	if (w->b->arena.used >= BATCH_BYTES || w->b->owners >= BATCH_OWNERS)
		return submit(w, d);
	return 0;
}

static bool
nsec3_record(const struct record *r)
{
	return r->type == TYPE_NSEC3 || r->covered == TYPE_NSEC3;
}

static int
out_of_order(struct walk *w, const struct record *r)
{
	finding_add(&w->found, CHECK_STREAM_ORDER, r->owner, r->type, r->at,
	    "this owner stands after one that it should precede; the rest of "
	    "the zone is not judged");
	w->broken = true;
	return 0;
}

/* A record of another owner than the last one's begins. */
static int
new_owner(struct walk *w, const struct record *r, struct diag *d)
{
	uint8_t key[WNAME_KEY_MAX];
	const size_t size = wname_key(r->owner, key);
	const bool nsec3 = nsec3_record(r);
	const size_t least = size < w->key_size ? size : w->key_size;
	int order;

	if (close_owner(w, d) == -1)
		return -1;
	if (nsec3 && !w->second) {
		if (end_section(w, d) == -1)
			return -1;
		w->owners = 0;
		w->any = false;
	}
	order = memcmp(key, w->key, least);
	if ((w->second && !nsec3) || (w->any && (order < 0 ||
	    (order == 0 && size <= w->key_size))))
		return out_of_order(w, r);
	w->any = true;
	memcpy(w->key, key, size);
	w->key_size = size;
	if (w->b == NULL && (w->b = pool_get(w->pool, d)) == NULL)
		return -1;
	w->o = batch_push_owner(w->b);
	if (w->o == NULL)
		return diag_system(d, "audit");
	w->o->name = arena_copy(&w->b->arena, r->owner, wname_size(r->owner));
	w->o->first = (uint32_t)w->b->recs;
	w->o->sampled = ++w->owners <= SAMPLE;
	if (nsec3)
		w->o->kind = OWNER_NSEC3;
	return w->o->name == NULL ? diag_system(d, "audit") : 0;
}

static const uint8_t *
keep_origin(struct walk *w, const uint8_t *origin)
{
	static const uint8_t root[1] = { 0 };

	if (origin[0] == 0)
		return root;
	if (w->origin == NULL || !wname_equal(w->origin, origin))
		w->origin = arena_copy(&w->b->arena, origin,
		    wname_size(origin));
	return w->origin;
}

static int
add_record(struct walk *w, const struct record *r, struct diag *d)
{
	struct rec *rec;

	if (w->b->arena.used > OWNER_BYTES)
		return diag_set(d, STATUS_BAD, "%s:%u: more than %d octets at "
		    "one name", zonefile_name(w->verdict->file, r->at.file),
		    r->at.line, OWNER_BYTES);
	rec = batch_push_rec(w->b);
	if (rec == NULL)
		return diag_system(d, "audit");
	rec->rdata = arena_copy(&w->b->arena, r->rdata, r->rdata_size);
	rec->origin = keep_origin(w, r->origin);
	if (rec->rdata == NULL || rec->origin == NULL)
		return diag_system(d, "audit");
	rec->rdata_size = r->rdata_size;
	rec->ttl = r->ttl;
	rec->type = r->type;
	rec->covered = r->covered;
	rec->class = r->class;
	rec->at = r->at;
	w->o->count++;
	return 0;
}

int
walk_record(struct walk *w, const struct record *r, struct diag *d)
{
	if (w->broken)
		return 0;
	if (w->start.line == 0) {
		w->start = r->at;
		pool_zone(w->pool, w->zone, collect, w);
	}
	if (r->class != 1) {
		finding_add(&w->found, CHECK_CLASS, r->owner, r->type, r->at,
		    "class %u", r->class);
		return 0;
	}
	if (!wname_within(r->owner, w->zone->apex)) {
		finding_add(&w->found, CHECK_OUT_OF_ZONE, r->owner, r->type,
		    r->at, "outside the zone");
		return 0;
	}
	if (w->o == NULL || !wname_equal(w->o->name, r->owner) ||
	    (w->o->kind == OWNER_NSEC3) != nsec3_record(r))
		if (new_owner(w, r, d) == -1)
			return -1;
	return w->broken ? 0 : add_record(w, r, d);
}

/* What is missing altogether. */
static void
check_whole(struct walk *w)
{
	const struct zone *z = w->zone;
	const struct stats *s = &w->total;

	if (!z->soa_known)
		finding_add(&w->found, CHECK_SOA_MISSING, z->apex, TYPE_SOA,
		    w->start, "the zone has no SOA");
	if (!z->signed_) {
		if (z->insecure)
			return;
		finding_add(&w->found, CHECK_UNSIGNED, z->apex, TYPE_DNSKEY,
		    w->start, "the zone is not signed");
		return;
	}
	if (s->nsec3 > 0 && z->chains == 0)
		finding_add(&w->found, CHECK_NSEC3PARAM_MISSING, z->apex,
		    TYPE_NSEC3PARAM, w->start, "%llu NSEC3 records without it",
		    (unsigned long long)s->nsec3);
	else if (s->nsec == 0 && z->chains == 0)
		finding_add(&w->found, CHECK_DENIAL_MISSING, z->apex, 0,
		    w->start, "neither NSEC nor NSEC3");
	apex_finish(z, s, w->start, &w->found);
}

static void
check_horizon(struct walk *w)
{
	const struct zone *z = w->zone;
	const struct stats *s = &w->total;
	const int64_t left = s->earliest - z->set->now;
	const int64_t least = z->set->horizon >= 0 ? z->set->horizon :
						     s->max_ttl;

	if (s->earliest == INT64_MAX || left < 0)
		return; /* told of the signature itself */
	if (left < least)
		finding_add(&w->found, CHECK_HORIZON_TTL, s->earliest_owner,
		    s->earliest_type, s->earliest_at, "the signature ends in "
		    "%lld s, within %s of %lld s", (long long)left,
		    z->set->horizon >= 0 ? "the horizon" : "the largest TTL",
		    (long long)least);
	else if (z->soa_known && left < z->expire)
		finding_add(&w->found, CHECK_HORIZON_EXPIRE,
		    s->earliest_owner, s->earliest_type, s->earliest_at,
		    "the signature ends in %lld s, within SOA expire of %u s",
		    (long long)left, z->expire);
}

int
walk_finish(struct walk *w, struct diag *d)
{
	if (w->broken) {
		pool_cancel(w->pool);
		return 0;
	}
	if (close_owner(w, d) == -1)
		return -1;
	if (!w->second && end_section(w, d) == -1)
		return -1;
	if (submit(w, d) == -1 || pool_drain(w->pool, d) == -1)
		return -1;
	if (w->chains != NULL &&
	    chains_finish(w->chains, &w->found, d) == -1)
		return -1;
	if (w->zonemd != NULL &&
	    zonemd_finish(w->zonemd, &w->found, d) == -1)
		return -1;
	if (w->compare != NULL &&
	    compare_finish(w->compare, &w->found, d) == -1)
		return -1;
	if (refs_finish(w->refs, &w->found, d) == -1)
		return -1;
	check_whole(w);
	check_horizon(w);
	return 0;
}
