#include <stdlib.h>
#include <string.h>

#include "refs.h"
#include "xsort.h"

/* What is known of a target that is not at hand itself. */
enum { ELSEWHERE = 1, WILD_ADDRESS = 2, WILD_ALIAS = 4 };

/* A ref as the sorters keep it, behind the target's key; then the owner. */
struct packed {
	struct place at;
	uint32_t target; /* number of an unresolved target */
	uint16_t type;
	bool exists; /* the target is a name of the zone, without addresses */
};

/* A name to look up for an unresolved target. */
struct lookup {
	uint32_t target;
	bool wildcard; /* else an ancestor, which may be a delegation */
};

struct refs {
	const struct zone *zone;
	struct xsort *defs, *refs, *unresolved, *lookups;
	uint8_t *known; /* of the unresolved targets */
	size_t targets, targets_size;

	/* The name that the merge stands at. */
	uint8_t key[WNAME_KEY_MAX];
	size_t key_size;
	uint8_t flags;
	bool valid;
};

int
refs_open(struct refs **out, const struct zone *zone, size_t memory,
    struct diag *d)
{
	struct refs *r = calloc(1, sizeof(*r));
	const char *folder = zone->set->folder;

	if (r == NULL)
		return diag_system(d, "audit");
	r->zone = zone;
	if (xsort_open(&r->defs, memory / 2, folder, d) == -1 ||
	    xsort_open(&r->refs, memory / 4, folder, d) == -1 ||
	    xsort_open(&r->unresolved, memory / 8, folder, d) == -1 ||
	    xsort_open(&r->lookups, memory / 8, folder, d) == -1) {
		refs_close(r);
		return -1;
	}
	*out = r;
	return 0;
}

void
refs_close(struct refs *r)
{
	if (r == NULL)
		return;
	xsort_close(r->defs);
	xsort_close(r->refs);
	xsort_close(r->unresolved);
	xsort_close(r->lookups);
	free(r->known);
	free(r);
}

int
refs_def(struct refs *r, const struct def *def, struct diag *d)
{
	uint8_t key[WNAME_KEY_MAX];

	return xsort_add(r->defs, key, wname_key(def->name, key), &def->flags,
	    1, d);
}

int
refs_ref(struct refs *r, const struct ref *ref, struct diag *d)
{
	uint8_t key[WNAME_KEY_MAX], data[sizeof(struct packed) + WNAME_MAX];
	const size_t owner_size = wname_size(ref->owner);
	struct packed p;

	memset(&p, 0, sizeof(p));
	p.at = ref->at;
	p.type = ref->type;
	memcpy(data, &p, sizeof(p));
	memcpy(data + sizeof(p), ref->owner, owner_size);
	return xsort_add(r->refs, key, wname_key(ref->target, key), data,
	    sizeof(p) + owner_size, d);
}

static int
next_def(struct refs *r, struct diag *d)
{
	struct xsort_item item;
	const int rc = xsort_next(r->defs, &item, d);

	r->valid = rc == 1;
	if (rc != 1)
		return rc;
	memcpy(r->key, item.key, item.key_size);
	r->key_size = item.key_size;
	r->flags = item.data[0];
	return 0;
}

/* Move to the key; its flags, or 0: no such name. */
static int
seek(struct refs *r, const uint8_t *key, size_t size, uint8_t *flags,
    struct diag *d)
{
	*flags = 0;
	while (r->valid) {
		const size_t least = size < r->key_size ? size : r->key_size;
		int c = memcmp(r->key, key, least);

		if (c == 0)
			c = (r->key_size > size) - (r->key_size < size);
		if (c == 0)
			*flags = r->flags;
		if (c >= 0)
			return 0;
		if (next_def(r, d) == -1)
			return -1;
	}
	return 0;
}

static void
alias(const struct xsort_item *item, const struct packed *p,
    struct findings *found)
{
	uint8_t target[WNAME_MAX];
	char text[WNAME_TEXT_MAX];

	wname_from_key(item->key, item->key_size, target);
	(void)wname_print(target, text);
	finding_add(found, p->type == TYPE_NS ? CHECK_NS_ALIAS :
	    CHECK_MX_ALIAS, item->data + sizeof(*p), p->type, p->at,
	    "%s is an alias", text);
}

/* What must be known of a target without addresses of its own. */
static int
look_up(struct refs *r, const uint8_t *key, size_t size, struct diag *d)
{
	uint8_t apex[WNAME_KEY_MAX], wild[WNAME_KEY_MAX + 2];
	const size_t apex_size = wname_key(r->zone->apex, apex);
	struct lookup l;

	memset(&l, 0, sizeof(l));
	l.target = (uint32_t)r->targets;
	for (size_t i = size; i-- > apex_size;) {
		if (i > apex_size && key[i - 1] != 0)
			continue; /* not the end of a label */
		l.wildcard = false;
		if (xsort_add(r->lookups, key, i, &l, sizeof(l), d) == -1)
			return -1;
		memcpy(wild, key, i);
		wild[i] = '*';
		wild[i + 1] = 0;
		l.wildcard = true;
		if (xsort_add(r->lookups, wild, i + 2, &l, sizeof(l), d) == -1)
			return -1;
	}
	if (r->targets == r->targets_size) {
		const size_t want = r->targets == 0 ? 64 : r->targets * 2;
		uint8_t *grown = realloc(r->known, want);

		if (grown == NULL)
			return diag_system(d, "audit");
		r->known = grown;
		r->targets_size = want;
	}
	r->known[r->targets++] = 0;
	return 0;
}

/* All refs against the names themselves. */
static int
resolve(struct refs *r, struct findings *found, struct diag *d)
{
	uint8_t last[WNAME_KEY_MAX], flags = 0;
	size_t last_size = 0;
	bool any = false, open = false;
	struct xsort_item item;
	int rc;

	while ((rc = xsort_next(r->refs, &item, d)) == 1) {
		uint8_t data[sizeof(struct packed) + WNAME_MAX];
		struct packed p;

		memcpy(&p, item.data, sizeof(p));
		if (!any || item.key_size != last_size ||
		    memcmp(item.key, last, last_size) != 0) {
			any = true;
			open = false;
			memcpy(last, item.key, item.key_size);
			last_size = item.key_size;
			if (seek(r, last, last_size, &flags, d) == -1)
				return -1;
		}
		if ((flags & DEF_ALIAS) != 0)
			alias(&item, &p, found);
		if ((flags & (DEF_ALIAS | DEF_ADDRESS)) != 0 ||
		    p.type != TYPE_NS)
			continue;
		if (!open && look_up(r, last, last_size, d) == -1)
			return -1;
		open = true;
		p.target = (uint32_t)r->targets - 1;
		p.exists = (flags & DEF_NAME) != 0;
		memcpy(data, item.data, item.data_size);
		memcpy(data, &p, sizeof(p));
		if (xsort_add(r->unresolved, item.key, item.key_size, data,
			item.data_size, d) == -1)
			return -1;
	}
	return rc;
}

static int
look_all_up(struct refs *r, struct diag *d)
{
	struct xsort_item item;
	uint8_t flags;
	int rc;

	while ((rc = xsort_next(r->lookups, &item, d)) == 1) {
		struct lookup l;

		memcpy(&l, item.data, sizeof(l));
		if (seek(r, item.key, item.key_size, &flags, d) == -1)
			return -1;
		if (!l.wildcard && (flags & DEF_DELEGATION) != 0)
			r->known[l.target] |= ELSEWHERE;
		if (l.wildcard && (flags & DEF_ADDRESS) != 0)
			r->known[l.target] |= WILD_ADDRESS;
		if (l.wildcard && (flags & DEF_ALIAS) != 0)
			r->known[l.target] |= WILD_ALIAS;
	}
	return rc;
}

static void
judge_unresolved(const struct refs *r, const struct xsort_item *item,
    struct findings *found)
{
	uint8_t target[WNAME_MAX];
	char text[WNAME_TEXT_MAX];
	const uint8_t *owner;
	struct packed p;
	uint8_t known;
	bool apex, own;

	memcpy(&p, item->data, sizeof(p));
	owner = item->data + sizeof(p);
	known = r->known[p.target];
	wname_from_key(item->key, item->key_size, target);
	(void)wname_print(target, text);
	apex = wname_equal(owner, r->zone->apex);
	own = !apex && wname_within(target, owner);
	if (!p.exists && (known & WILD_ALIAS) != 0) {
		alias(item, &p, found);
		return;
	}
	/* Below another delegation the addresses are not ours to give. */
	if ((!p.exists && (known & WILD_ADDRESS) != 0) ||
	    ((known & ELSEWHERE) != 0 && !own))
		return;
	finding_add(found, apex ? CHECK_APEX_NS_ADDRESS :
	    own ? CHECK_GLUE_MISSING : CHECK_NS_ADDRESS, owner, TYPE_NS, p.at,
	    "no address of %s", text);
}

int
refs_finish(struct refs *r, struct findings *found, struct diag *d)
{
	struct xsort_item item;
	int rc;

	if (xsort_count(r->refs) == 0)
		return 0;
	if (xsort_sort(r->defs, d) == -1 || xsort_sort(r->refs, d) == -1 ||
	    next_def(r, d) == -1 || resolve(r, found, d) == -1)
		return -1;
	if (r->targets == 0)
		return 0;
	if (xsort_rewind(r->defs, d) == -1 || xsort_sort(r->lookups, d) == -1 ||
	    next_def(r, d) == -1 || look_all_up(r, d) == -1 ||
	    xsort_sort(r->unresolved, d) == -1)
		return -1;
	while ((rc = xsort_next(r->unresolved, &item, d)) == 1)
		judge_unresolved(r, &item, found);
	return rc;
}
