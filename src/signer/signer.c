#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>
#include <unistd.h>

#include "duration.h"
#include "progress.h"
#include "report.h"
#include "rrsig.h"
#include "rrtype.h"
#include "signer_impl.h"
#include "soatext.h"

#define FACT "sign-rrsets."

/* --- one set -------------------------------------------------------------- */

/* Two SOAs that differ in nothing but their serial. */
static bool
soa_equal_but_serial(const struct rrset *a, const struct rrset *b)
{
	struct zonetext_record ra, rb;
	const char *sa, *sb, *ea, *eb;

	if (a->records != 1 || b->records != 1 || a->ttl != b->ttl ||
	    zonetext_split(a->text.bytes, a->text.len - 1, &ra, NULL) == -1 ||
	    zonetext_split(b->text.bytes, b->text.len - 1, &rb, NULL) == -1)
		return false;
	sa = ra.rdata;
	sb = rb.rdata;
	ea = sa + ra.rdata_len;
	eb = sb + rb.rdata_len;
	for (int word = 0; word < 7; word++) {
		const char *na = memchr(sa, ' ', (size_t)(ea - sa));
		const char *nb = memchr(sb, ' ', (size_t)(eb - sb));
		const size_t la = (size_t)((na != NULL ? na : ea) - sa);
		const size_t lb = (size_t)((nb != NULL ? nb : eb) - sb);

		if (word != 2 && (la != lb || memcmp(sa, sb, la) != 0))
			return false;
		if (na == NULL || nb == NULL)
			return na == NULL && nb == NULL && word == 6;
		sa = na + 1;
		sb = nb + 1;
	}
	return false;
}

static int
read_serial(struct zone_state *z, const struct rrset *soa, struct diag *d)
{
	struct zonetext_record rec;
	struct soatext parsed;

	if (soa->records != 1 || z->soa_seen)
		return diag_set(d, STATUS_BAD,
		    "SOA: more than one (RFC 1035 §5.2)");
	if (zonetext_split(soa->text.bytes, soa->text.len - 1, &rec, d) == -1 ||
	    soatext_parse(&rec, z->name, &parsed, d) == -1)
		return -1;
	z->serial = parsed.serial;
	z->negative_ttl = soatext_denial_ttl(&rec, &parsed);
	z->soa_seen = true;
	return 0;
}

static bool
is_signed(const struct cut *at, uint16_t type)
{
	if (at->occluded)
		return false;
	/* RFC 4035 §2.2: the child signs the rest. */
	return !at->delegation || type == RRTYPE_DS || type == RRTYPE_NSEC;
}

/* Did a key make one of them that signs no longer? */
static bool
lingers(const struct zone_keys *keys, uint32_t kept_by)
{
	for (size_t i = 0; i < keys->count; i++)
		if ((kept_by >> i & 1) != 0 && !keys->key[i].zsk)
			return true;
	return false;
}

static void
soa_end_of(struct soa_end *end, const struct item *head)
{
	*end = (struct soa_end){ head->sig_records + head->sign_count > 0,
		head->sig_records > 0 ? head->earliest : head->expiration };
	if (head->sig_records > 0 && head->sign_count > 0 &&
	    serial_difference(head->expiration, head->earliest) < 0)
		end->expiration = head->expiration;
}

/*
 * The old zone's same set.  Notes whether a difference is one that makes the
 * zone worth publishing: a new serial and a new ZONEMD alone do not.
 */
static const struct rrset *
look_back(struct signer *s, const struct rrset *set, const struct rrset **same,
    struct diag *d)
{
	struct zone_state *z = &s->z;
	const struct position at =
	    position_of(set->type, z->cut.key, z->cut.key_len);
	const struct rrset *old =
	    z->previous != NULL ? previous_at(z->previous, &at) : NULL;
	struct item probe;

	*same = NULL;
	if (old != NULL && old->text.len == set->text.len &&
	    memcmp(old->text.bytes, set->text.bytes, set->text.len) == 0) {
		*same = old;
	} else if (old == NULL || (set->type != RRTYPE_ZONEMD &&
		       !(set->type == RRTYPE_SOA &&
			   soa_equal_but_serial(old, set)))) {
		z->changed = true;
	} else if (set->type == RRTYPE_SOA) {
		/*
		 * The old serial stays only with a signature that is good, and
		 * by today's keys: the facts name who signs the new one.
		 */
		if (decide(&z->rules, set, old, &probe, &z->kept, d) == -1 ||
		    probe.sign_count > 0 || lingers(&z->keys, probe.kept_by))
			z->changed = true;
		else
			soa_end_of(&z->soa_end_old, &probe);
	}
	return old;
}

static int
submit(struct signer *s, struct zonetext_writer *w, struct diag *d)
{
	return pool_submit(s->pool, &s->z.batch, w, &s->z.total, d);
}

/* --only: all other sets go through with the signatures they have. */
static int
decide_only(struct signer *s, const struct rrset *set, struct item *head,
    struct diag *d)
{
	struct zone_state *z = &s->z;

	if (set->type == s->only && is_signed(&z->cut, set->type)) {
		z->dropped_here += set->sig_records;
		return decide(&z->rules, set, NULL, head, &z->kept, d);
	}
	decide_unsigned(head, &z->kept);
	head->sig_records = set->sig_records;
	head->sig_max_ttl = set->sig_max_ttl;
	return text_append(&z->kept, set->sigs.bytes, set->sigs.len, d);
}

static int
decide_with_previous(struct signer *s, const struct rrset *set,
    struct item *head, struct diag *d)
{
	struct zone_state *z = &s->z;
	const struct rrset *same;
	const struct rrset *old = look_back(s, set, &same, d);
	int rc = 0;

	if (is_signed(&z->cut, set->type))
		rc = decide(&z->rules, set, same, head, &z->kept, d);
	else
		decide_unsigned(head, &z->kept);
	if (same != NULL &&
	    (head->sign_count > 0 || head->sig_records < same->sig_records))
		z->changed = true;
	if (old != NULL)
		previous_took(z->previous);
	return rc;
}

static int
process(struct signer *s, const struct rrset *set, struct zonetext_writer *w,
    struct diag *d)
{
	struct zone_state *z = &s->z;
	struct item head;
	char type[RRTYPE_TEXT_MAX];

	if (set->type == RRTYPE_SOA && read_serial(z, set, d) == -1)
		return -1;
	if ((s->only != 0 ? decide_only(s, set, &head, d) :
			    decide_with_previous(s, set, &head, d)) == -1)
		return diag_prefix(d, "%s %s", z->cut.owner,
		    rrtype_name(set->type, type));
	if (set->type == RRTYPE_SOA &&
	    (s->only == 0 || s->only == RRTYPE_SOA))
		soa_end_of(&z->soa_end, &head);
	z->kept_submitted += head.sig_records;
	if (z->batch.bytes.len > 0 &&
	    z->batch.bytes.len + set->text.len + z->kept.len > BATCH_BYTES &&
	    submit(s, w, d) == -1)
		return -1;
	progress_step(set->records,
	    set->type == RRTYPE_NSEC || set->type == RRTYPE_NSEC3);
	return batch_add(&z->batch, &head, set, &z->kept, d);
}

/* --- one owner ------------------------------------------------------------ */

/* The owner is known: what waited for it goes on. */
static int
release(struct signer *s, struct zonetext_writer *w, struct diag *d)
{
	struct zone_state *z = &s->z;
	const struct rrset *dnskeys = NULL;

	if (!z->ready && z->cut.begun) {
		for (size_t i = 0; i < z->held_count; i++)
			if (z->held[i].type == RRTYPE_DNSKEY)
				dnskeys = &z->held[i];
		if (signer_keys_ready(s, dnskeys, d) == -1)
			return -1;
	}
	for (size_t i = 0; i < z->held_count; i++)
		if (process(s, &z->held[i], w, d) == -1)
			return -1;
	z->held_count = 0;
	return 0;
}

/* Keep the set's contents and leave its old buffers for the next one. */
static void
hold(struct zone_state *z)
{
	const struct rrset spare = z->held[z->held_count];

	z->held[z->held_count++] = z->set;
	z->set = spare;
	z->set.records = 0;
}

/* The first record of the next set. */
static int
begin_set(struct signer *s, const struct zonetext_record *rec,
    struct zonetext_writer *w, struct diag *d)
{
	struct zone_state *z = &s->z;
	const unsigned rank = position_of(rec->type, NULL, 0).rank;
	const bool same = cut_same_owner(&z->cut, rec);

	if (!z->cut.begun && rec->type != RRTYPE_SOA)
		return diag_set(d, STATUS_BAD,
		    "%.*s: the first record is not the zone's SOA: read-zone "
		    "and sort-zone see to that",
		    (int)rec->owner_len, rec->owner);
	if ((!same && release(s, w, d) == -1) ||
	    cut_record(&z->cut, rec, d) == -1)
		return -1;
	if (same && rank <= z->rank)
		return diag_set(d, STATUS_BAD,
		    "%s: types not in canonical order: run sort-zone first "
		    "(zonetext(5))",
		    z->cut.owner);
	z->rank = rank;
	return rrset_start(&z->set, rec, d);
}

/*
 * A set of type A may be glue at the delegation itself, which the NS behind it
 * will tell; an apex waits for its DNSKEYs.
 */
static bool
must_wait(const struct zone_state *z)
{
	if (z->cut.apex)
		return !z->ready && z->set.type <= RRTYPE_DNSKEY &&
		    z->held_count < HELD_MAX;
	return !z->cut.occluded && z->set.type < RRTYPE_NS;
}

static int
finish_set(struct signer *s, struct zonetext_writer *w, struct diag *d)
{
	struct zone_state *z = &s->z;

	if (z->set.records == 0)
		return 0;
	if (must_wait(z)) {
		hold(z);
		return 0;
	}
	if (release(s, w, d) == -1 || process(s, &z->set, w, d) == -1)
		return -1;
	z->set.records = 0;
	return 0;
}

/* --- one zone ------------------------------------------------------------- */

static void
forget_zone(struct signer *s)
{
	struct zone_state *z = &s->z;

	previous_close(z->previous);
	z->previous = NULL;
	z->set.records = 0;
	z->held_count = 0;
	z->cut.begun = z->ready = z->soa_seen = z->changed = false;
	z->batch.bytes.len = 0;
	z->batch.work = false;
	memset(&z->total, 0, sizeof(z->total));
	z->kept_submitted = z->dropped_here = 0;
	z->soa_end = z->soa_end_old = (struct soa_end){ false, 0 };
}

static int
open_previous(struct signer *s, const struct zonetext_keys *header,
    struct diag *d)
{
	const char *file = s->o->previous, *digest = s->o->previous_digest;
	struct diag why;

	if (file == NULL && s->batch) {
		file = zonetext_get(header, "previous");
		digest = zonetext_get(header, "previous-digest");
	}
	if (file == NULL || s->only != 0)
		return 0;
	if (previous_open(&s->z.previous, file, s->z.name, digest, &why, d) ==
	    -1)
		return -1;
	if (s->z.previous == NULL && why.text[0] != '\0')
		report_warn("%s: previous zone not used, all is signed anew: "
			    "%s",
		    s->z.name, why.text);
	return 0;
}

static int
zone(void *ctx, const char *name, struct zonetext_keys *header,
    struct zonetext_writer *w, struct diag *d)
{
	struct signer *s = ctx;
	struct zone_state *z = &s->z;

	(void)w;
	if (s->broken)
		return diag_set(d, STATUS_SYSTEM, "the run is over");
	forget_zone(s);
	z->name_len = strlen(name);
	if (z->name_len >= sizeof(z->name))
		return diag_set(d, STATUS_BAD, "not a domain name");
	memcpy(z->name, name, z->name_len + 1);
	progress_zone(name, header);
	if (cut_begin(&z->cut, name, d) == -1 ||
	    signer_keys_zone(s, header, d) == -1 ||
	    open_previous(s, header, d) == -1)
		return -1;
	z->rules = (struct decision_rules){
		.times = &z->times,
		.keys = &z->keys,
		.zone = z->name,
		.zone_len = z->name_len,
		.check_kept = z->previous != NULL && z->verify &&
		    !previous_is_ours(z->previous),
		.immediate = s->o->immediate,
	};
	z->changed = z->previous == NULL;
	return 0;
}

static int
record(void *ctx, const struct zonetext_record *rec, struct zonetext_writer *w,
    struct diag *d)
{
	struct signer *s = ctx;
	int taken;

	if (rec->type == RRTYPE_RRSIG && s->only == 0)
		return diag_set(d, STATUS_BAD,
		    "%.*s: RRSIG: the zone is signed already: read-zone drops "
		    "what stands in a master file",
		    (int)rec->owner_len, rec->owner);
	if ((taken = rrset_take(&s->z.set, rec, d)) != 0)
		return taken == 1 ? 0 : -1;
	if (rec->type == RRTYPE_RRSIG)
		return diag_set(d, STATUS_BAD,
		    "%.*s: RRSIG that does not follow the set it covers "
		    "(zonetext(5))",
		    (int)rec->owner_len, rec->owner);
	if (finish_set(s, w, d) == -1)
		return -1;
	return begin_set(s, rec, w, d);
}

/* What earlier signing wrote on ";end", where only one type is signed now. */
static uint64_t
earlier(const struct signer *s, const struct zonetext_keys *counts,
    const char *key)
{
	uint64_t n = 0;

	if (s->only == 0 ||
	    zonetext_get_u64(counts, key, UINT64_MAX, &n, NULL) != 1)
		return 0;
	return n;
}

/* "TAG/ALG/COUNT,..." of the keys that made signatures, DNSKEY's aside. */
static int
set_signatures(const struct zone_state *z, struct zonetext_keys *counts)
{
	char list[ZONE_KEYS_MAX * 32];
	size_t n = 0;

	list[0] = '\0';
	for (size_t i = 0; i < z->keys.count; i++)
		if (z->total.by_key[i] > 0)
			n += (size_t)snprintf(list + n, sizeof(list) - n,
			    "%s%u/%u/%llu", n > 0 ? "," : "",
			    z->keys.key[i].tag, z->keys.key[i].algorithm,
			    (unsigned long long)z->total.by_key[i]);
	return zonetext_set(counts, FACT "signatures", list) |
	    zonetext_set_u64(counts, FACT "rrsets", z->total.rrsets);
}

/* What was found and made while the zone went through. */
static int
set_counts(const struct signer *s, struct zonetext_keys *counts)
{
	const struct zone_state *z = &s->z;
	const uint64_t old = z->previous != NULL ?
	    previous_signatures(z->previous) : z->kept_submitted;
	char list[ZONE_KEYS_MAX * 12];

	/* With --only the rest of the zone was signed before, and is told. */
	if (s->only != 0)
		return zonetext_set_u64(counts, FACT "signed",
			   z->total.made + earlier(s, counts, FACT "signed")) |
		    zonetext_set_u64(counts, FACT "dropped", z->dropped_here);
	zone_keys_list(&z->keys, z->total.by, list, sizeof(list));
	return zonetext_set_u64(counts, FACT "signed", z->total.made) |
	    zonetext_set_u64(counts, FACT "kept", z->total.kept) |
	    zonetext_set_u64(counts, FACT "dropped", old - z->total.kept) |
	    zonetext_set_u64(counts, FACT "changed", z->changed) |
	    zonetext_set(counts, FACT "signers", list) |
	    set_signatures(z, counts);
}

static int
set_facts(struct signer *s, struct zonetext_keys *counts, struct diag *d)
{
	struct zone_state *z = &s->z;
	/* Of what is found unchanged the published SOA stays. */
	const struct soa_end *soa =
	    !z->changed && z->soa_end_old.any ? &z->soa_end_old : &z->soa_end;
	uint64_t earliest = earlier(s, counts, FACT "earliest-expiration");
	char list[ZONE_KEYS_MAX * 12];
	uint32_t in_zone = 0;
	int rc;

	if (z->total.any && (earliest == 0 || z->total.earliest < earliest))
		earliest = z->total.earliest;
	if (soa->any && (earliest == 0 || soa->expiration < earliest))
		earliest = soa->expiration;
	for (size_t i = 0; i < z->keys.count; i++)
		if (z->keys.key[i].in_zone)
			in_zone |= (uint32_t)1 << i;
	zone_keys_list(&z->keys, in_zone, list, sizeof(list));
	rc = set_counts(s, counts) |
	    zonetext_set_u64(counts, FACT "serial", z->serial) |
	    zonetext_set_u64(counts, FACT "dnskey-ttl", z->dnskey_ttl) |
	    zonetext_set_u64(counts, FACT "negative-ttl", z->negative_ttl) |
	    zonetext_set(counts, FACT "dnskeys", list);
	if (earliest != 0)
		rc |= zonetext_set_u64(counts, FACT "earliest-expiration",
		    earliest);
	return rc == 0 ? 0 : diag_system(d, "facts");
}

static void
say_report(const struct signer *s, const struct zonetext_keys *counts)
{
	const struct zone_state *z = &s->z;

	/* Asked for, so said whatever the verbosity. */
	(void)fprintf(stderr,
	    "sign-rrsets: %s serial %u: %s signatures new, %s kept, %s "
	    "dropped%s\n",
	    z->name, z->serial, zonetext_get(counts, FACT "signed"),
	    zonetext_get(counts, FACT "kept"),
	    zonetext_get(counts, FACT "dropped"),
	    z->changed ? "" : ": nothing changed");
}

static int
end(void *ctx, struct zonetext_keys *counts, struct zonetext_writer *w,
    struct diag *d)
{
	struct signer *s = ctx;
	struct zone_state *z = &s->z;

	if (finish_set(s, w, d) == -1 || release(s, w, d) == -1)
		return -1;
	if (!z->soa_seen)
		return diag_set(d, STATUS_BAD,
		    "no SOA: not a zone (RFC 1035 §5.2)");
	if (submit(s, w, d) == -1 ||
	    pool_drain(s->pool, w, &z->total, d) == -1)
		return -1;
	if (z->previous != NULL) {
		previous_finish(z->previous);
		if (previous_trouble(z->previous) != NULL)
			report_warn("%s: previous zone used in part only: %s",
			    z->name, previous_trouble(z->previous));
		z->changed |= previous_removed(z->previous) > 0 ||
		    previous_trouble(z->previous) != NULL ||
		    z->total.kept != z->kept_submitted;
	}
	if (set_facts(s, counts, d) == -1)
		return -1;
	progress_end();
	if (s->o->report)
		say_report(s, counts);
	forget_zone(s);
	return 0;
}

static void
fail(void *ctx)
{
	struct signer *s = ctx;

	progress_end();
	if (pool_discard(s->pool, NULL) == -1)
		s->broken = true;
	forget_zone(s);
}

const struct zonetext_ops signer_ops = { zone, record, end, fail };

/* --- one run -------------------------------------------------------------- */

static int
choose_seed(struct signer *s, struct diag *d)
{
	if (s->o->seed == NULL) {
		if (getrandom(&s->seed, sizeof(s->seed), 0) !=
		    sizeof(s->seed))
			return diag_system(d, "random seed");
		return 0;
	}
	for (const char *c = s->o->seed; *c != '\0'; c++)
		s->seed = (s->seed ^ (uint8_t)*c) * 0x100000001b3U;
	return 0;
}

static unsigned
worker_count(const struct signer_options *o)
{
	const long cores = sysconf(_SC_NPROCESSORS_ONLN);

	if (o->jobs > 0)
		return o->jobs;
	return cores > 0 ? (unsigned)cores : 1;
}

int
signer_new(struct signer **out, const struct signer_options *o, bool batch,
    struct diag *d)
{
	struct worker_setup setup = { 0 };
	struct signer *s = calloc(1, sizeof(*s));

	if (s == NULL)
		return diag_system(d, "signer");
	s->o = o;
	s->batch = batch;
	if (o->only != NULL &&
	    rrtype_from_text(o->only, strlen(o->only), &s->only) == -1) {
		diag_set(d, STATUS_USAGE, "--only %s: no such type", o->only);
		goto fail;
	}
	if (times_check(&o->times, d) == -1 || choose_seed(s, d) == -1 ||
	    (o->conf != NULL &&
		repository_read(&s->repositories, o->conf, d) == -1) ||
	    keyring_new(&s->ring, o->pin_file, d) == -1 ||
	    signer_keys_want(s, d) == -1)
		goto fail;
	setup.ring = s->ring;
	setup.repositories = &s->repositories;
	if (pool_start(&s->pool, worker_count(o), &setup, d) == -1 ||
	    signer_keys_open(s, d) == -1)
		goto fail;
	*out = s;
	return 0;
fail:
	(void)signer_free(s, NULL);
	return -1;
}

int
signer_free(struct signer *s, struct diag *d)
{
	int rc;

	if (s == NULL)
		return 0;
	rc = pool_stop(s->pool, d);
	forget_zone(s);
	rrset_free(&s->z.set);
	for (size_t i = 0; i < HELD_MAX; i++)
		rrset_free(&s->z.held[i]);
	text_free(&s->z.batch.bytes);
	text_free(&s->z.kept);
	keyring_free(s->ring);
	repository_list_free(&s->repositories);
	free(s->facts);
	free(s);
	return rc;
}
