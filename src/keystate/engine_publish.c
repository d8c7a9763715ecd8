/*
 * Evidence: what published zones show, and since when.  And the signconf that
 * a zone is signed by.
 */
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "engine_internal.h"

/*
 * The fact holds in the publication at `at`.  A stranger's publication can end
 * a fact, not begin one.
 */
static void
record(struct evidence *e, bool holds, int64_t at, int64_t clear, bool known,
    bool *changed)
{
	if (holds == (e->since != 0) || (holds && !known))
		return;
	*e = holds ? (struct evidence){ at, clear } :
		     (struct evidence){ 0, 0 };
	*changed = true;
}

static const struct published_key *
find(const struct publication *p, const struct keypair *pair)
{
	size_t i;

	for (i = 0; i < p->nkeys; i++) {
		if (p->keys[i].tag == pair->tag &&
		    p->keys[i].algorithm == pair->algorithm)
			return &p->keys[i];
	}
	return NULL;
}

/* The DNSKEY may have been in the zone before, and must be out of it now. */
static bool
was_to_go(const struct zonekey *k)
{
	return k->shown.since != 0 || k->withdrawn.since != 0 ||
	    (k->state == STATE_RETIRE && k->sign_only);
}

static void
record_key(struct zonekey *k, const struct publication *p,
    int64_t dnskey_clear, int64_t any_clear, bool known, bool *changed)
{
	static const struct published_key absent;
	const struct published_key *f = find(p, k->pair);

	if (f == NULL)
		f = &absent;
	record(&k->withdrawn, !f->dnskey && was_to_go(k), p->at, dnskey_clear,
	    known, changed);
	record(&k->shown, f->dnskey, p->at, dnskey_clear, known, changed);
	record(&k->complete, p->rrsets != 0 && f->signatures == p->rrsets,
	    p->at, any_clear, known, changed);
	record(&k->unsigned_,
	    f->signatures == 0 &&
		(k->state == STATE_RETIRE || k->state == STATE_DEAD),
	    p->at, any_clear, known, changed);
}

int
evidence_record(struct zone *z, const struct publication *p, bool known,
    bool *changed)
{
	int64_t dnskey_ttl = p->negative_ttl, any_ttl;
	int64_t dnskey_clear, any_clear;
	bool dnskeys = false;
	uint64_t signatures = 0;
	size_t i;

	for (i = 0; i < p->nkeys; i++) {
		signatures += p->keys[i].signatures;
		dnskeys = dnskeys || p->keys[i].dnskey;
	}
	/* Without DNSKEYs their absence is what is cached (RFC 2308 §5). */
	if (dnskeys)
		dnskey_ttl = p->dnskey_ttl;
	any_ttl = moment_max(p->max_ttl, p->negative_ttl);
	dnskey_clear = ttl_history_clear(&z->dnskey_ttl, p->at,
	    moment_max(dnskey_ttl, p->negative_ttl));
	any_clear = ttl_history_clear(&z->max_ttl, p->at,
	    moment_max(any_ttl, p->input_ttl));
	for (i = 0; i < z->nkeys; i++)
		record_key(&z->keys[i], p, dnskey_clear, any_clear, known,
		    changed);
	record(&z->signed_,
	    dnskeys && p->rrsets != 0 && signatures >= p->rrsets, p->at,
	    moment_max(any_clear, dnskey_clear), known, changed);
	if (ttl_history_set(&z->dnskey_ttl, dnskey_ttl, p->at) == -1 ||
	    ttl_history_set(&z->max_ttl, any_ttl, p->at) == -1)
		return -1;
	z->published = p->at;
	z->serial = p->serial;
	return 0;
}

static void
raise_ttl(struct ttl_history *h, int64_t ttl)
{
	if (h->count != 0 && h->span[h->count - 1].ttl < ttl)
		h->span[h->count - 1].ttl = ttl;
}

/*
 * When it was published is not known: what it shows may end facts, and its
 * TTLs count as if they had been there before.
 */
static void
evidence_doubtful(struct zone *z, const struct publication *p)
{
	bool changed = false;
	size_t i;

	for (i = 0; i < z->nkeys; i++)
		record_key(&z->keys[i], p, 0, 0, false, &changed);
	raise_ttl(&z->dnskey_ttl, moment_max(p->dnskey_ttl, p->negative_ttl));
	raise_ttl(&z->max_ttl, moment_max(p->max_ttl, p->negative_ttl));
}

/* A file of ours: signed by the signconf on disk, or by the one before. */
static bool
ours(const struct zone *z, const char *id)
{
	if (z->signconf_id == NULL)
		return true;
	if (id == NULL)
		return false;
	return strcmp(id, z->signconf_id) == 0 ||
	    (z->signconf_previous != NULL &&
		strcmp(id, z->signconf_previous) == 0);
}

static int
check(const struct zone *z, const struct publication *p, struct diag *d)
{
	size_t i, j;

	if (p->at <= 0 || p->dnskey_ttl < 0 || p->max_ttl < 0 ||
	    p->negative_ttl < 0 || p->dnskey_ttl > INT32_MAX ||
	    p->max_ttl > INT32_MAX || p->negative_ttl > INT32_MAX ||
	    p->input_ttl < 0 || p->input_ttl > INT32_MAX)
		return diag_set(d, STATUS_BAD,
		    "%s: a time or TTL of the publication is out of range "
		    "(RFC 2181 §8)",
		    z->name);
	for (i = 0; i < p->nkeys; i++) {
		if (p->keys[i].signatures > p->rrsets)
			return diag_set(d, STATUS_BAD,
			    "%s: key %u: %" PRIu64
			    " signatures on %" PRIu64 " RRsets",
			    z->name, p->keys[i].tag, p->keys[i].signatures,
			    p->rrsets);
		for (j = 0; j < i; j++) {
			if (p->keys[i].tag == p->keys[j].tag &&
			    p->keys[i].algorithm == p->keys[j].algorithm)
				return diag_set(d, STATUS_BAD,
				    "%s: two keys of tag %u, algorithm %u",
				    z->name, p->keys[i].tag,
				    p->keys[i].algorithm);
		}
	}
	return 0;
}

int
engine_published(struct model *m, struct zone *z, const struct publication *p,
    struct diag *d)
{
	struct publication now = *p;
	char *id = NULL;
	bool changed = false;

	if (check(z, p, d) == -1)
		return -1;
	if (engine_clock_doubt(m, p->at)) {
		evidence_doubtful(z, p);
		return 1;
	}
	now.at = moment_max(now.at, z->published);
	if (p->signconf_id != NULL) {
		id = strdup(p->signconf_id);
		if (id == NULL)
			return diag_system(d, "%s", z->name);
	}
	if (evidence_record(z, &now, ours(z, id), &changed) == -1) {
		free(id);
		return diag_system(d, "%s", z->name);
	}
	free(z->signed_id);
	z->signed_id = id;
	return 0;
}

/*
 * Without evidence the original took each pass for a publication.  Signatures
 * of a retired ZSK then last as long as they can: Dsgn, unless the file told.
 */
int
evidence_assume(struct zone *z, int64_t now, int64_t *wake, bool *changed)
{
	struct signing_key *list = NULL;
	struct published_key *facts = NULL;
	struct publication p = { .at = now, .rrsets = 1 };
	const struct zonekey *k;
	bool unsigned_ = false;
	int64_t gone;
	size_t n = 0, i;
	int rc = -1;

	if (engine_signconf(z, &list, &n, &unsigned_) == -1)
		return -1;
	if (n == 0 && !unsigned_) {
		rc = 0;
		goto out;
	}
	facts = calloc(n == 0 ? 1 : n, sizeof(*facts));
	if (facts == NULL)
		goto out;
	for (i = 0; i < n; i++) {
		k = zone_key(z, list[i].pair);
		facts[i].tag = list[i].pair->tag;
		facts[i].algorithm = list[i].pair->algorithm;
		facts[i].dnskey = list[i].publish;
		facts[i].signatures = list[i].zsk;
		if (list[i].pair->type != KEY_ZSK || list[i].zsk ||
		    k->state != STATE_RETIRE || list[i].compromised)
			continue;
		gone = k->fades != 0 ? k->fades :
			k->entered[STATE_RETIRE] + timing_dsgn(z->policy);
		facts[i].signatures = now < gone;
		if (now < gone && gone < *wake)
			*wake = gone;
	}
	p.keys = facts;
	p.nkeys = n;
	p.serial = z->serial;
	p.dnskey_ttl = z->policy->dnskey_ttl;
	p.negative_ttl = z->policy->soa_ttl < z->policy->soa_minimum ?
	    z->policy->soa_ttl :
	    z->policy->soa_minimum;
	p.max_ttl = moment_max(z->policy->soa_ttl, z->policy->soa_minimum);
	/* The data's own TTLs are not in the policy: what was seen stays. */
	if (z->max_ttl.count != 0)
		p.max_ttl = moment_max(p.max_ttl,
		    z->max_ttl.span[z->max_ttl.count - 1].ttl);
	rc = evidence_record(z, &p, true, changed);
out:
	free(facts);
	free(list);
	return rc;
}

/* --- the signconf --------------------------------------------------------- */

static int64_t
published_since(const struct zonekey *k)
{
	int64_t at = k->entered[STATE_PUBLISH];

	if (at == 0)
		at = k->entered[STATE_KEYPUBLISH];
	return at != 0 ? at : k->entered[STATE_ACTIVE];
}

/* KSKs first, then by the moment of publication, then by id. */
static int
compare(const void *a, const void *b)
{
	const struct zonekey *const *x = a, *const *y = b;
	int64_t s = published_since(*x), t = published_since(*y);

	if ((*x)->pair->type != (*y)->pair->type)
		return (*x)->pair->type == KEY_KSK ? -1 : 1;
	if (s != t)
		return s < t ? -1 : 1;
	return strcmp((*x)->pair->id, (*y)->pair->id);
}

static bool
makes_signatures(const struct zonekey *k)
{
	return k->pair->type == KEY_ZSK &&
	    (k->state == STATE_ACTIVE ||
		(k->state == STATE_RETIRE && k->sign_only));
}

/* A frozen RRset is the published one, whatever became of its keys. */
static bool
in_zone(const struct zone *z, const struct zonekey *k)
{
	return z->frozen ? k->shown.since != 0 : key_published(k);
}

static bool
is_last(const struct zone *z, const struct zonekey *k)
{
	return z->frozen && k->lost && k->pair->type == KEY_KSK;
}

int
engine_signconf(const struct zone *z, struct signing_key **out, size_t *n,
    bool *unsigned_)
{
	const struct zonekey **list = NULL, *k;
	bool ksk = false, signer = false, dead = true;
	size_t i, count = 0;

	*out = NULL;
	*n = 0;
	list = calloc(z->nkeys + 1, sizeof(*list));
	*out = calloc(z->nkeys + 1, sizeof(**out));
	if (list == NULL || *out == NULL) {
		free(list);
		free(*out);
		*out = NULL;
		return -1;
	}
	for (i = 0; i < z->nkeys; i++) {
		k = &z->keys[i];
		dead = dead && !key_live(k);
		if (!in_zone(z, k) && !makes_signatures(k))
			continue;
		ksk = ksk || k->pair->type == KEY_KSK;
		signer = signer || makes_signatures(k);
		list[count++] = k;
	}
	if (unsigned_ != NULL)
		*unsigned_ = z->unsign != 0 && dead;
	/* A zone whose first keys are not complete stays as it is. */
	if (!ksk || !signer)
		count = 0;
	qsort(list, count, sizeof(*list), compare);
	for (i = 0; i < count; i++) {
		k = list[i];
		(*out)[i] = (struct signing_key){
			.pair = k->pair,
			.publish = in_zone(z, k),
			.ksk = k->pair->type == KEY_KSK && !k->lost &&
			    k->state != STATE_DEAD,
			.zsk = !k->lost && (makes_signatures(k) ||
				k == engine_stand_in(z, k->pair->algorithm)),
			.compromised = k->compromised &&
			    k->state == STATE_RETIRE && !is_last(z, k),
			.lost = is_last(z, k),
		};
	}
	*n = count;
	free(list);
	return 0;
}

int
engine_signconf_written(struct zone *z, const char *id)
{
	char *copy;

	if (z->signconf_id != NULL && strcmp(z->signconf_id, id) == 0)
		return 0;
	copy = strdup(id);
	if (copy == NULL)
		return -1;
	free(z->signconf_previous);
	z->signconf_previous = z->signconf_id;
	z->signconf_id = copy;
	return 0;
}
