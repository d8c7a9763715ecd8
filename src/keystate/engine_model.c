#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "engine.h"

/* --- an index from names to items ----------------------------------------- */

struct slot {
	const char *name; /* the item's own string; NULL: free */
	void *item;	  /* NULL with a name: removed */
};

struct table {
	struct slot *slot;
	size_t size; /* a power of two, or 0 */
	size_t used; /* removed ones too */
};

struct model_index {
	struct table zones;
	struct table pairs;
};

static const char removed[] = "";

/* FNV-1a. */
static uint64_t
name_hash(const char *name)
{
	uint64_t h = 14695981039346656037ULL;

	for (; *name != '\0'; name++)
		h = (h ^ (unsigned char)*name) * 1099511628211ULL;
	return h ^ (h >> 32);
}

static struct slot *
table_find(const struct table *t, const char *name)
{
	size_t i;

	if (t->size == 0)
		return NULL;
	for (i = name_hash(name) & (t->size - 1); t->slot[i].name != NULL;
	    i = (i + 1) & (t->size - 1)) {
		if (t->slot[i].item != NULL &&
		    strcmp(t->slot[i].name, name) == 0)
			return &t->slot[i];
	}
	return NULL;
}

static void
table_put(struct table *t, const char *name, void *item)
{
	size_t i = name_hash(name) & (t->size - 1);

	while (t->slot[i].name != NULL)
		i = (i + 1) & (t->size - 1);
	t->slot[i].name = name;
	t->slot[i].item = item;
	t->used++;
}

static int
table_add(struct table *t, const char *name, void *item)
{
	struct table bigger = { 0 };
	size_t i, live = 0;

	if (t->used * 2 >= t->size) {
		for (i = 0; i < t->size; i++)
			live += t->slot[i].item != NULL;
		for (bigger.size = 64; bigger.size < live * 4;)
			bigger.size *= 2;
		bigger.slot = calloc(bigger.size, sizeof(*bigger.slot));
		if (bigger.slot == NULL)
			return -1;
		for (i = 0; i < t->size; i++) {
			if (t->slot[i].item != NULL)
				table_put(&bigger, t->slot[i].name,
				    t->slot[i].item);
		}
		free(t->slot);
		*t = bigger;
	}
	table_put(t, name, item);
	return 0;
}

static void
table_remove(struct table *t, const char *name)
{
	struct slot *s = table_find(t, name);

	if (s != NULL) {
		s->name = removed;
		s->item = NULL;
	}
}

static void *
table_item(const struct table *t, const char *name)
{
	struct slot *s = table_find(t, name);

	return s == NULL ? NULL : s->item;
}

/* --- lists ---------------------------------------------------------------- */

/* Room for one more of size bytes behind n; n grows in powers of two. */
static int
grow(void *list, size_t n, size_t size)
{
	void **p = list;
	void *q;

	if (n != 0 && (n & (n - 1)) != 0)
		return 0;
	q = reallocarray(*p, n == 0 ? 1 : n * 2, size);
	if (q == NULL)
		return -1;
	*p = q;
	return 0;
}

/* A zeroed item at the end of a list of pointers. */
static void *
append(void *list, size_t *n, size_t size)
{
	void ***p = list;
	void *item;

	if (grow(p, *n, sizeof(**p)) == -1)
		return NULL;
	item = calloc(1, size);
	if (item == NULL)
		return NULL;
	(*p)[(*n)++] = item;
	return item;
}

static void
cut(void **list, size_t *n, const void *item)
{
	size_t i;

	for (i = 0; i < *n; i++) {
		if (list[i] == item) {
			memmove(&list[i], &list[i + 1],
			    (*n - i - 1) * sizeof(*list));
			--*n;
			return;
		}
	}
}

/* --- building ------------------------------------------------------------- */

struct model *
model_new(void)
{
	struct model *m = calloc(1, sizeof(*m));

	if (m == NULL)
		return NULL;
	m->index = calloc(1, sizeof(*m->index));
	if (m->index == NULL) {
		free(m);
		return NULL;
	}
	return m;
}

static void
policy_free(struct policy *p)
{
	size_t i;

	for (i = 0; i < p->nblocks; i++)
		free(p->blocks[i].repository);
	for (i = 0; i < p->nserved_by; i++)
		free(p->served_by[i]);
	free(p->blocks);
	free(p->served_by);
	free(p->name);
	free(p->description);
	free(p);
}

static void
zone_free(struct zone *z)
{
	free(z->name);
	free(z->policy_name);
	free(z->signconf);
	free(z->input);
	free(z->output);
	free(z->signed_id);
	free(z->signconf_id);
	free(z->signconf_previous);
	free(z->keys);
	free(z->dnskey_ttl.span);
	free(z->max_ttl.span);
	free(z->ds_ttl.span);
	free(z);
}

static void
pair_free(struct keypair *pair)
{
	free(pair->id);
	free(pair->repository);
	free(pair->policy);
	free(pair);
}

void
model_free(struct model *m)
{
	size_t i;

	if (m == NULL)
		return;
	for (i = 0; i < m->nstores; i++) {
		free(m->stores[i]->name);
		free(m->stores[i]);
	}
	for (i = 0; i < m->npolicies; i++)
		policy_free(m->policies[i]);
	for (i = 0; i < m->nzones; i++)
		zone_free(m->zones[i]);
	for (i = 0; i < m->npairs; i++)
		pair_free(m->pairs[i]);
	free(m->stores);
	free(m->policies);
	free(m->zones);
	free(m->pairs);
	free(m->clock.gaps);
	free(m->index->zones.slot);
	free(m->index->pairs.slot);
	free(m->index);
	free(m);
}

struct store *
model_add_store(struct model *m, const char *name)
{
	struct store *s = append(&m->stores, &m->nstores, sizeof(*s));

	if (s == NULL)
		return NULL;
	s->name = strdup(name);
	return s->name == NULL ? NULL : s;
}

struct policy *
model_add_policy(struct model *m, const char *name)
{
	struct policy *p = append(&m->policies, &m->npolicies, sizeof(*p));

	if (p == NULL)
		return NULL;
	p->name = strdup(name);
	return p->name == NULL ? NULL : p;
}

struct key_block *
policy_add_block(struct policy *p)
{
	if (grow(&p->blocks, p->nblocks, sizeof(*p->blocks)) == -1)
		return NULL;
	memset(&p->blocks[p->nblocks], 0, sizeof(*p->blocks));
	return &p->blocks[p->nblocks++];
}

struct zone *
model_add_zone(struct model *m, const char *name, const char *policy)
{
	struct zone *z = append(&m->zones, &m->nzones, sizeof(*z));

	if (z == NULL)
		return NULL;
	z->name = strdup(name);
	z->policy_name = strdup(policy);
	if (z->name == NULL || z->policy_name == NULL ||
	    table_add(&m->index->zones, z->name, z) == -1)
		return NULL;
	z->policy = model_policy(m, policy);
	return z;
}

struct keypair *
model_add_pair(struct model *m, const char *id)
{
	struct keypair *pair = append(&m->pairs, &m->npairs, sizeof(*pair));

	if (pair == NULL)
		return NULL;
	pair->id = strdup(id);
	if (pair->id == NULL ||
	    table_add(&m->index->pairs, pair->id, pair) == -1)
		return NULL;
	return pair;
}

struct zonekey *
zone_add_key(struct zone *z, struct keypair *pair)
{
	struct zonekey *k;

	if (grow(&z->keys, z->nkeys, sizeof(*z->keys)) == -1)
		return NULL;
	k = &z->keys[z->nkeys++];
	memset(k, 0, sizeof(*k));
	k->pair = pair;
	k->state = STATE_GENERATE;
	pair->uses++;
	pair->live++;
	return k;
}

int
ttl_history_add(struct ttl_history *h, int64_t ttl, int64_t until)
{
	if (grow(&h->span, h->count, sizeof(*h->span)) == -1)
		return -1;
	h->span[h->count++] = (struct ttl_span){ .ttl = ttl, .until = until };
	return 0;
}

int
pass_clock_add_gap(struct pass_clock *c, int64_t length, int64_t at)
{
	if (grow(&c->gaps, c->ngaps, sizeof(*c->gaps)) == -1)
		return -1;
	c->gaps[c->ngaps++] = (struct pass_gap){ .length = length, .at = at };
	return 0;
}

/* --- taking apart --------------------------------------------------------- */

void
zone_remove_key(struct zone *z, size_t index)
{
	z->keys[index].pair->uses--;
	if (z->keys[index].state != STATE_DEAD)
		z->keys[index].pair->live--;
	memmove(&z->keys[index], &z->keys[index + 1],
	    (z->nkeys - index - 1) * sizeof(*z->keys));
	z->nkeys--;
}

void
model_remove_zone(struct model *m, struct zone *z)
{
	while (z->nkeys != 0)
		zone_remove_key(z, z->nkeys - 1);
	table_remove(&m->index->zones, z->name);
	cut((void **)m->zones, &m->nzones, z);
	zone_free(z);
}

void
model_remove_pair(struct model *m, struct keypair *pair)
{
	table_remove(&m->index->pairs, pair->id);
	cut((void **)m->pairs, &m->npairs, pair);
	pair_free(pair);
}

/* --- finding -------------------------------------------------------------- */

void
model_link(struct model *m)
{
	struct zone *z;
	struct zonekey *k;
	size_t i, j;
	int64_t at;

	for (i = 0; i < m->npairs; i++) {
		m->pairs[i]->first_active = 0;
		m->pairs[i]->live = 0;
	}
	for (i = 0; i < m->nzones; i++) {
		z = m->zones[i];
		z->policy = model_policy(m, z->policy_name);
		for (j = 0; j < z->nkeys; j++) {
			k = &z->keys[j];
			k->pair->live += k->state != STATE_DEAD;
			at = k->entered[STATE_ACTIVE];
			if (at != 0 && (k->pair->first_active == 0 ||
				at < k->pair->first_active))
				k->pair->first_active = at;
		}
	}
}

struct store *
model_store(const struct model *m, const char *name)
{
	size_t i;

	for (i = 0; i < m->nstores; i++) {
		if (strcmp(m->stores[i]->name, name) == 0)
			return m->stores[i];
	}
	return NULL;
}

struct policy *
model_policy(const struct model *m, const char *name)
{
	size_t i;

	for (i = 0; i < m->npolicies; i++) {
		if (strcmp(m->policies[i]->name, name) == 0)
			return m->policies[i];
	}
	return NULL;
}

struct zone *
model_zone(const struct model *m, const char *name)
{
	return table_item(&m->index->zones, name);
}

struct keypair *
model_pair(const struct model *m, const char *id)
{
	return table_item(&m->index->pairs, id);
}

struct zonekey *
zone_key(const struct zone *z, const struct keypair *pair)
{
	size_t i;

	for (i = 0; i < z->nkeys; i++) {
		if (z->keys[i].pair == pair)
			return &z->keys[i];
	}
	return NULL;
}

const struct key_block *
policy_block(const struct policy *p, enum key_type type, uint8_t algorithm)
{
	size_t i;

	for (i = p->nblocks; i-- > 0;) {
		if (p->blocks[i].type == type &&
		    p->blocks[i].algorithm == algorithm)
			return &p->blocks[i];
	}
	return NULL;
}

/* --- words ---------------------------------------------------------------- */

static const char *const state_names[KEY_STATES] = {
	[STATE_GENERATE] = "generate",
	[STATE_PUBLISH] = "publish",
	[STATE_READY] = "ready",
	[STATE_ACTIVE] = "active",
	[STATE_RETIRE] = "retire",
	[STATE_DEAD] = "dead",
	[STATE_DSSUB] = "dssub",
	[STATE_DSPUBLISH] = "dspublish",
	[STATE_DSREADY] = "dsready",
	[STATE_KEYPUBLISH] = "keypublish",
};

const char *
key_state_name(enum key_state s)
{
	if (s < STATE_GENERATE || s >= KEY_STATES)
		return "unknown";
	return state_names[s];
}

int
key_state_from_name(const char *s, enum key_state *state)
{
	int i;

	for (i = STATE_GENERATE; i < KEY_STATES; i++) {
		if (strcasecmp(s, state_names[i]) == 0) {
			*state = (enum key_state)i;
			return 0;
		}
	}
	return -1;
}

const char *
key_type_name(enum key_type t)
{
	return t == KEY_KSK ? "KSK" : "ZSK";
}

/* --- copying -------------------------------------------------------------- */

/* "to" holds from's bytes: give it strings of its own.  -1 leaves NULLs. */
static int
own(char **s)
{
	if (*s == NULL)
		return 0;
	*s = strdup(*s);
	return *s == NULL ? -1 : 0;
}

static int
own_list(void *list, size_t *n, size_t size)
{
	void **p = list;
	void *copy = NULL;
	size_t room = 1;

	if (*n == 0) {
		*p = NULL;
		return 0;
	}
	while (room < *n)
		room *= 2;
	copy = calloc(room, size);
	if (copy != NULL)
		memcpy(copy, *p, *n * size);
	else
		*n = 0;
	*p = copy;
	return copy == NULL ? -1 : 0;
}

static int
copy_policy(struct model *m, const struct policy *from)
{
	struct policy *p = model_add_policy(m, from->name);
	char *name;
	size_t i;
	int rc;

	if (p == NULL)
		return -1;
	name = p->name;
	*p = *from;
	p->name = name;
	/* Each step leaves p fit for policy_free(), also when it fails. */
	rc = own(&p->description);
	rc |= own_list(&p->blocks, &p->nblocks, sizeof(*p->blocks));
	rc |= own_list(&p->served_by, &p->nserved_by, sizeof(*p->served_by));
	for (i = 0; i < p->nblocks; i++)
		rc |= own(&p->blocks[i].repository);
	for (i = 0; i < p->nserved_by; i++)
		rc |= own(&p->served_by[i]);
	return rc;
}

static int
copy_pair(struct model *m, const struct keypair *from)
{
	struct keypair *pair = model_add_pair(m, from->id);
	char *id;
	int rc;

	if (pair == NULL)
		return -1;
	id = pair->id;
	*pair = *from;
	pair->id = id;
	rc = own(&pair->repository);
	rc |= own(&pair->policy);
	return rc;
}

static int
copy_zone(struct model *m, const struct zone *from)
{
	struct zone *z = model_add_zone(m, from->name, from->policy_name);
	struct policy *policy;
	char *name, *policy_name;
	size_t i;
	int rc;

	if (z == NULL)
		return -1;
	name = z->name;
	policy_name = z->policy_name;
	policy = z->policy;
	*z = *from;
	z->name = name;
	z->policy_name = policy_name;
	z->policy = policy;
	rc = own(&z->signconf);
	rc |= own(&z->input);
	rc |= own(&z->output);
	rc |= own(&z->signed_id);
	rc |= own(&z->signconf_id);
	rc |= own(&z->signconf_previous);
	rc |= own_list(&z->keys, &z->nkeys, sizeof(*z->keys));
	rc |= own_list(&z->dnskey_ttl.span, &z->dnskey_ttl.count,
	    sizeof(*z->dnskey_ttl.span));
	rc |= own_list(&z->max_ttl.span, &z->max_ttl.count,
	    sizeof(*z->max_ttl.span));
	rc |= own_list(&z->ds_ttl.span, &z->ds_ttl.count,
	    sizeof(*z->ds_ttl.span));
	for (i = 0; i < z->nkeys; i++)
		z->keys[i].pair = m->pairs[from->keys[i].pair->mark];
	return rc;
}

/* Those with a mark. */
static struct model *
copy_marked(const struct model *from)
{
	struct model *m = model_new();
	struct store *s;
	size_t i;
	int rc = 0;

	if (m == NULL)
		return NULL;
	for (i = 0; i < from->nstores && rc == 0; i++) {
		s = model_add_store(m, from->stores[i]->name);
		if (s == NULL) {
			rc = -1;
			break;
		}
		s->capacity = from->stores[i]->capacity;
		s->require_backup = from->stores[i]->require_backup;
	}
	for (i = 0; i < from->npolicies && rc == 0; i++)
		rc = copy_policy(m, from->policies[i]);
	for (i = 0; i < from->npairs && rc == 0; i++) {
		if (from->pairs[i]->mark == 0)
			continue;
		from->pairs[i]->mark = m->npairs;
		rc = copy_pair(m, from->pairs[i]);
	}
	for (i = 0; i < from->nzones && rc == 0; i++)
		if (from->zones[i]->mark != 0)
			rc = copy_zone(m, from->zones[i]);
	m->clock = from->clock;
	if (own_list(&m->clock.gaps, &m->clock.ngaps,
		sizeof(*m->clock.gaps)) == -1 || rc != 0) {
		model_free(m);
		return NULL;
	}
	return m;
}

struct model *
model_copy(const struct model *from)
{
	size_t i;

	for (i = 0; i < from->npairs; i++)
		from->pairs[i]->mark = 1;
	for (i = 0; i < from->nzones; i++)
		from->zones[i]->mark = 1;
	return copy_marked(from);
}

struct model *
model_copy_part(const struct model *from)
{
	struct zone *z;
	size_t i, j;

	for (i = 0; i < from->npairs; i++)
		from->pairs[i]->mark = from->pairs[i]->uses == 0;
	for (i = 0; i < from->nzones; i++) {
		z = from->zones[i];
		for (j = 0; z->mark != 0 && j < z->nkeys; j++)
			z->keys[j].pair->mark = 1;
	}
	return copy_marked(from);
}
