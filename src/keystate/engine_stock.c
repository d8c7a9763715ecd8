/*
 * Key pairs that wait for use, and the pairs that zones share.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "engine_internal.h"

static bool
fits(const struct keypair *pair, const struct policy *p,
    const struct key_block *b)
{
	return pair->type == b->type && pair->algorithm == b->algorithm &&
	    (b->bits == 0 || b->bits == pair->bits) && pair->policy != NULL &&
	    strcmp(pair->policy, p->name) == 0 &&
	    strcmp(pair->repository, b->repository) == 0;
}

static int
shelf_put(struct keypair ***list, size_t *n, struct keypair *pair)
{
	struct keypair **more;

	if (*n == 0 || (*n & (*n - 1)) == 0) {
		more = reallocarray(*list, *n == 0 ? 1 : *n * 2,
		    sizeof(*more));
		if (more == NULL)
			return -1;
		*list = more;
	}
	(*list)[(*n)++] = pair;
	return 0;
}

static struct shelf *
shelf_of(struct pass *ps, const struct policy *p, const struct key_block *b)
{
	size_t i;

	for (i = 0; i < ps->nshelves; i++) {
		if (ps->shelves[i].policy == p &&
		    policy_block(p, b->type, b->algorithm) ==
			ps->shelves[i].block &&
		    ps->shelves[i].block->type == b->type &&
		    ps->shelves[i].block->algorithm == b->algorithm)
			return &ps->shelves[i];
	}
	return NULL;
}

/* The share counts, as if `by` more zones had k in its state. */
void
share_count(struct pass *ps, const struct zone *z, const struct zonekey *k,
    int by)
{
	struct share *s = &ps->shares[k->pair->mark];
	size_t *count = NULL;

	if (!zone_shares(z))
		return;
	if (k->lost) {
		s->spent += by > 0 ? 1 : (size_t)-1;
		return;
	}
	switch (k->state) {
	case STATE_ACTIVE:
		count = k->forced != 0 || k->compromised ? &s->spent :
							   &s->active;
		break;
	case STATE_GENERATE:
	case STATE_PUBLISH:
		count = &s->waiting;
		break;
	case STATE_DSSUB:
	case STATE_DSPUBLISH:
	case STATE_DSREADY:
		count = &s->standby;
		break;
	case STATE_RETIRE:
	case STATE_DEAD:
		count = &s->spent;
		break;
	case STATE_READY:
	case STATE_KEYPUBLISH:
	default:
		return;
	}
	*count += by > 0 ? 1 : (size_t)-1;
}

static int
place(struct pass *ps, struct keypair *pair)
{
	struct policy *p;
	struct shelf *s;
	size_t i;

	if (pair->policy == NULL || (p = model_policy(ps->m, pair->policy)) ==
		NULL)
		return 0;
	for (i = 0; i < ps->nshelves; i++) {
		s = &ps->shelves[i];
		if (s->policy != p || !fits(pair, p, s->block))
			continue;
		if (pair->uses == 0)
			return shelf_put(&s->free, &s->nfree, pair);
		if (p->share_keys)
			return shelf_put(&s->shared, &s->nshared, pair);
	}
	return 0;
}

int
stock_open(struct pass *ps)
{
	const struct model *m = ps->m;
	struct policy *p;
	struct zone *z;
	size_t i, j, n = 0;

	for (i = 0; i < m->npolicies; i++)
		n += m->policies[i]->nblocks;
	ps->shelves = calloc(n + 1, sizeof(*ps->shelves));
	ps->shares = calloc(m->npairs + 1, sizeof(*ps->shares));
	if (ps->shelves == NULL || ps->shares == NULL)
		return -1;
	for (i = 0; i < m->npolicies; i++) {
		p = m->policies[i];
		for (j = 0; j < p->nblocks; j++) {
			/* Of several alike the last one counts. */
			if (policy_block(p, p->blocks[j].type,
				p->blocks[j].algorithm) != &p->blocks[j])
				continue;
			ps->shelves[ps->nshelves].policy = p;
			ps->shelves[ps->nshelves++].block = &p->blocks[j];
		}
	}
	for (i = 0; i < m->npairs; i++) {
		m->pairs[i]->mark = i;
		if (place(ps, m->pairs[i]) == -1)
			return -1;
	}
	for (i = 0; i < m->nzones; i++) {
		z = m->zones[i];
		for (j = 0; j < z->nkeys; j++)
			share_count(ps, z, &z->keys[j], 1);
	}
	return 0;
}

void
stock_close(struct pass *ps)
{
	size_t i;

	for (i = 0; i < ps->nshelves; i++) {
		free(ps->shelves[i].free);
		free(ps->shelves[i].shared);
	}
	free(ps->shelves);
	free(ps->shares);
}

/*
 * The pair that the sharers of z use and z does not: the oldest that is not
 * on its way out.
 */
static struct keypair *
shared_pair(struct pass *ps, const struct zone *z, const struct shelf *s,
    bool standby)
{
	const struct share *share;
	struct keypair *pair, *best = NULL;
	int64_t end;
	size_t i;

	for (i = 0; i < s->nshared; i++) {
		pair = s->shared[i];
		share = &ps->shares[pair->mark];
		if (share->spent != 0 || (share->standby != 0) != standby ||
		    pair->live == 0 || zone_key(z, pair) != NULL)
			continue;
		end = pair->first_active + s->block->lifetime -
		    zone_lead(z, ps->now, ps->gap);
		if (pair->first_active != 0 && s->block->lifetime != 0 &&
		    end <= ps->now)
			continue;
		if (best == NULL || pair->generated < best->generated)
			best = pair;
	}
	return best;
}

static struct keypair *
phantom(struct pass *ps, struct shelf *s)
{
	struct keypair *pair;
	struct share *more;
	char id[48];

	snprintf(id, sizeof(id), "phantom-%zu", ps->m->npairs);
	more = reallocarray(ps->shares, ps->m->npairs + 2, sizeof(*more));
	if (more == NULL)
		return NULL;
	ps->shares = more;
	pair = model_add_pair(ps->m, id);
	if (pair == NULL)
		return NULL;
	pair->mark = ps->m->npairs - 1;
	ps->shares[pair->mark] = (struct share){ 0 };
	pair->repository = strdup(s->block->repository);
	pair->policy = strdup(s->policy->name);
	pair->type = s->block->type;
	pair->algorithm = s->block->algorithm;
	pair->bits = s->block->bits;
	pair->generated = pair->backed_up = ps->now;
	pair->tag = (uint16_t)pair->mark;
	s->phantoms++;
	return pair->repository == NULL || pair->policy == NULL ? NULL : pair;
}

/* The zone's own, allocated before. */
static ptrdiff_t
own_key(const struct zone *z, const struct key_block *b)
{
	size_t i;

	for (i = 0; i < z->nkeys; i++) {
		if (key_is(&z->keys[i], b->type, b->algorithm) &&
		    z->keys[i].state == STATE_GENERATE &&
		    key_conforms(z, &z->keys[i]))
			return (ptrdiff_t)i;
	}
	return -1;
}

static ptrdiff_t
allocate(struct pass *ps, struct zone *z, const struct key_block *b,
    bool standby)
{
	struct shelf *s = shelf_of(ps, z->policy, b);
	struct keypair *pair = NULL;
	struct zonekey *k;

	if (zone_shares(z))
		pair = shared_pair(ps, z, s, standby);
	if (pair == NULL && s->next < s->nfree) {
		pair = s->free[s->next++];
		if (zone_shares(z) &&
		    shelf_put(&s->shared, &s->nshared, pair) == -1)
			ps->no_memory = true;
	} else if (pair == NULL && ps->phantom) {
		pair = phantom(ps, s);
		if (pair == NULL || (zone_shares(z) &&
			shelf_put(&s->shared, &s->nshared, pair) == -1))
			ps->no_memory = true;
	}
	if (pair == NULL)
		return -1;
	k = zone_add_key(z, pair);
	if (k == NULL) {
		ps->no_memory = true;
		return -1;
	}
	k->entered[STATE_GENERATE] = pair->generated;
	share_count(ps, z, k, 1);
	return (ptrdiff_t)z->nkeys - 1;
}

ptrdiff_t
stock_take(struct pass *ps, struct zone *z, const struct key_block *b,
    bool standby)
{
	struct zonekey *k;
	ptrdiff_t i;

	pass_touch(ps, z);
	if (ps->probe)
		return -1;
	for (;;) {
		i = own_key(z, b);
		if (i == -1)
			i = allocate(ps, z, b, standby);
		if (i == -1) {
			pass_note(ps, ACTION_GENERATE, z, NULL, b->type, 0);
			return -1;
		}
		k = &z->keys[i];
		if (ps->phantom || !key_collides(z, k))
			return i;
		pass_tell(ps, ACTION_COLLISION, z, k->pair, ps->now);
		pass_state(ps, z, k, STATE_DEAD, INTERVAL_NONE, 0,
		    "tag and algorithm of another key of the zone");
	}
}

size_t
stock_available(struct pass *ps, const struct zone *z,
    const struct key_block *b, size_t most)
{
	struct shelf *s = shelf_of(ps, z->policy, b);
	size_t i, n = 0;

	if (ps->phantom)
		return most;
	for (i = 0; i < z->nkeys; i++) {
		if (key_is(&z->keys[i], b->type, b->algorithm) &&
		    z->keys[i].state == STATE_GENERATE &&
		    key_conforms(z, &z->keys[i]))
			n++;
	}
	n += s->nfree - s->next;
	if (zone_shares(z))
		n += s->nshared; /* at most; a later shortage is noted */
	return n;
}

/* --- what is to be generated ---------------------------------------------- */

static size_t
zones_of(const struct model *m, const struct policy *p)
{
	size_t i, n = 0;

	for (i = 0; i < m->nzones; i++)
		n += m->zones[i]->policy == p && m->zones[i]->deleted == 0 &&
		    m->zones[i]->unsign == 0;
	return n;
}

static size_t
room(const struct model *m, const char *repository)
{
	const struct store *s = model_store(m, repository);
	size_t i, used = 0;

	if (s == NULL)
		return 0;
	if (s->capacity == 0)
		return SIZE_MAX;
	for (i = 0; i < m->npairs; i++)
		used += strcmp(m->pairs[i]->repository, repository) == 0;
	return used < s->capacity ? s->capacity - used : 0;
}

/* Room left after the needs before this one took theirs. */
static size_t
allot(const struct model *m, const struct engine_needs *needs, size_t i)
{
	size_t left = room(m, needs->need[i].block->repository), j;

	if (left == SIZE_MAX)
		return needs->need[i].wanted;
	for (j = 0; j < i; j++) {
		if (strcmp(needs->need[j].block->repository,
			needs->need[i].block->repository) == 0)
			left -= needs->need[j].count;
	}
	return left < needs->need[i].wanted ? left : needs->need[i].wanted;
}

void
engine_needs_clear(struct engine_needs *needs)
{
	free(needs->need);
	*needs = (struct engine_needs){ 0 };
}

/* The same policy and block in the original of a copied model. */
static const struct key_block *
original(const struct model *m, const struct policy *copy,
    const struct key_block *b, struct policy **policy)
{
	*policy = model_policy(m, copy->name);
	return *policy == NULL ? NULL :
				 policy_block(*policy, b->type, b->algorithm);
}

/*
 * Phantom keys taken by a pass over a copy, at now and at the end of the
 * horizon, and one more for each whole lifetime within it.
 */
static int
count_phantoms(const struct model *m, int64_t horizon, struct pass *ps,
    struct engine_needs *needs)
{
	const struct shelf *s;
	struct engine_need *n;
	size_t i, more, users;

	needs->need = calloc(ps->nshelves + 1, sizeof(*needs->need));
	if (needs->need == NULL)
		return -1;
	for (i = 0; i < ps->nshelves; i++) {
		s = &ps->shelves[i];
		n = &needs->need[needs->count];
		more = 0;
		if (s->block->lifetime != 0)
			more = (size_t)(horizon / s->block->lifetime);
		n->block = original(m, s->policy, s->block, &n->policy);
		users = zones_of(m, n->policy);
		if (s->policy->share_keys && users > 1)
			users = 1;
		n->wanted = s->phantoms + more * users;
		if (n->wanted != 0 && n->block != NULL)
			needs->count++;
	}
	return 0;
}

/* Whether a pass would change z, tried on keys that are a copy. */
static bool
moves(struct pass *ps, const struct zone *z, int64_t now)
{
	const struct ttl_history *h = &z->ds_ttl;
	struct zone copy = *z;

	if (z->policy != NULL && (h->count == 0 ||
		h->span[h->count - 1].ttl != z->policy->ds_ttl))
		return true;
	copy.keys = ps->scratch;
	if (z->nkeys != 0)
		memcpy(copy.keys, z->keys, z->nkeys * sizeof(*z->keys));
	ps->now = ps->previous = now;
	ps->changed = false;
	ps->nnotes = ps->r->nactions = 0;
	zone_advance(ps, &copy);
	return ps->changed;
}

/*
 * Mark the zones that may need keys at now or at the end of the horizon; of
 * ten thousand that is a few.  What a zone without shared keys does depends
 * on no other.
 */
static int
mark_moving(struct model *m, int64_t now, int64_t horizon,
    const struct engine_options *opt)
{
	struct engine_result result = { 0 };
	struct pass ps = { .m = m, .opt = opt, .r = &result, .phantom = true,
		.probe = true };
	bool sharing = false;
	struct zone *z;
	size_t i, most = 0;
	int rc = -1;

	for (i = 0; i < m->nzones; i++)
		if (m->zones[i]->nkeys > most)
			most = m->zones[i]->nkeys;
	ps.scratch = calloc(most + 1, sizeof(*ps.scratch));
	if (ps.scratch == NULL || stock_open(&ps) == -1)
		goto out;
	ps.gap = pass_clock_gap(&m->clock, now, opt->interval);
	for (i = 0; i < m->nzones; i++) {
		z = m->zones[i];
		if (opt->only != NULL && z != opt->only)
			z->mark = 0;
		else
			z->mark = opt->assume_published || moves(&ps, z, now) ||
			    moves(&ps, z, now + horizon);
		sharing = sharing || (z->mark != 0 && zone_shares(z));
	}
	for (i = 0; i < m->nzones; i++)
		if (sharing && zone_shares(m->zones[i]))
			m->zones[i]->mark = 1;
	if (!ps.no_memory)
		rc = 0;
out:
	pass_close(&ps);
	engine_result_clear(&result);
	free(ps.scratch);
	return rc;
}

int
engine_stock(struct model *m, int64_t now, int64_t horizon,
    const struct engine_options *opt, struct engine_needs *needs,
    struct diag *d)
{
	struct engine_result result = { 0 };
	struct engine_options copied = *opt;
	struct pass ps = { .opt = &copied, .r = &result, .phantom = true };
	size_t i;
	int rc = -1;

	*needs = (struct engine_needs){ 0 };
	if (mark_moving(m, now, horizon, opt) == 0)
		ps.m = model_copy_part(m);
	if (ps.m == NULL || stock_open(&ps) == -1) {
		diag_system(d, "stock of keys");
		goto out;
	}
	if (opt->only != NULL) /* NULL if it needs none: then nothing moves */
		copied.only = model_zone(ps.m, opt->only->name);
	ps.gap = pass_clock_gap(&m->clock, now, opt->interval);
	for (i = 0; i < 2; i++) {
		ps.now = ps.previous = i == 0 ? now : now + horizon;
		if (pass_sweeps(&ps, d) == -1)
			goto out;
	}
	if (count_phantoms(m, horizon, &ps, needs) == -1) {
		diag_system(d, "stock of keys");
		goto out;
	}
	for (i = 0; i < needs->count && !opt->manual_generation; i++)
		needs->need[i].count = allot(m, needs, i);
	rc = 0;
out:
	pass_close(&ps);
	engine_result_clear(&result);
	model_free(ps.m);
	return rc;
}
