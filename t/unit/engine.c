/*
 * keystate's engine as a pure function: the life of keys, step by step.  Each
 * wait is stated as the sum that the RFC names; a second before its end nothing
 * moves, and at its end exactly what the table says does.
 */
#include <inttypes.h>

#include "../../src/keystate/engine.h"
#include "tap.h"

#define START INT64_C(1700000000)

/* No two sums of these are equal. */
#define TTLKEY	 3600 /* of the DNSKEY RRset */
#define TTLSIG	 7200 /* the largest of the zone */
#define TTLDS	 86400
#define DP	 600 /* the zone's servers: Dprp */
#define DPP	 900 /* the parent's: DprpP */
#define SP	 60  /* PublishSafety */
#define SR	 120 /* RetireSafety */
#define PURGE	 500000
#define INTERVAL 3600 /* between passes */

struct life {
	struct model *m;
	struct zone *z;
	struct engine_options opt;
	int64_t now, wake;
	unsigned made, written;
	char moves[512];
	int64_t start; /* of the interval that ended last */
};

static void
need(bool good, const char *what)
{
	if (!good) {
		printf("Bail out! %s\n", what);
		exit(1);
	}
}

/* ---- the world ---- */

static void
block(struct policy *p, enum key_type type)
{
	struct key_block *b = policy_add_block(p);

	need(b != NULL, "memory");
	b->type = type;
	b->algorithm = 13;
	b->repository = strdup("r");
}

static void
begin(struct life *l)
{
	struct policy *p;

	memset(l, 0, sizeof(*l));
	l->m = model_new();
	need(l->m != NULL && model_add_store(l->m, "r") != NULL, "memory");
	p = model_add_policy(l->m, "p");
	need(p != NULL, "memory");
	p->resign = 7200;
	p->refresh = 259200;
	p->validity = p->validity_denial = 1209600;
	p->dnskey_ttl = TTLKEY;
	p->soa_ttl = p->soa_minimum = 300;
	p->ds_ttl = TTLDS;
	p->propagation_delay = DP;
	p->parent_propagation_delay = DPP;
	p->publish_safety = SP;
	p->retire_safety = SR;
	p->purge = PURGE;
	block(p, KEY_KSK);
	block(p, KEY_ZSK);
	l->opt.interval = INTERVAL;
	l->opt.rollover_notification = -1;
	l->z = model_add_zone(l->m, "a", "p");
	need(l->z != NULL, "memory");
	model_link(l->m);
	l->now = START;
}

/* Whatever the engine wants, there is. */
static void
generate(struct life *l)
{
	struct engine_needs needs;
	struct diag d;

	need(engine_stock(l->m, l->now, l->opt.interval, &l->opt, &needs, &d) ==
		0,
	    "engine_stock");
	for (size_t i = 0; i < needs.count; i++)
		for (size_t n = 0; n < needs.need[i].count; n++) {
			struct keypair *pair;
			char id[16];

			(void)snprintf(id, sizeof(id), "%04x", ++l->made);
			pair = model_add_pair(l->m, id);
			need(pair != NULL, "memory");
			pair->repository = strdup("r");
			pair->policy = strdup("p");
			pair->type = needs.need[i].block->type;
			pair->algorithm = needs.need[i].block->algorithm;
			pair->tag = (uint16_t)l->made;
			pair->generated = l->now;
		}
	engine_needs_clear(&needs);
}

static void
note(struct life *l, const struct engine_transition *t)
{
	const size_t len = strlen(l->moves);

	(void)snprintf(l->moves + len, sizeof(l->moves) - len,
	    "%s%s/%u %s->%s%s%s%s", len > 0 ? ", " : "",
	    key_type_name(t->pair->type), t->pair->algorithm,
	    key_state_name(t->from), key_state_name(t->to),
	    t->sign_only ? " unpublished" : "",
	    t->interval == INTERVAL_NONE ? "" : " ",
	    t->interval == INTERVAL_NONE ? "" :
					   engine_interval_name(t->interval));
	if (t->interval != INTERVAL_NONE)
		l->start = t->start;
}

static void
pass(struct life *l, int64_t at)
{
	struct engine_result r;
	struct diag d;

	l->now = at;
	l->moves[0] = '\0';
	l->start = 0;
	/* Idle passes happened meanwhile. */
	if (l->m->clock.last != 0)
		l->m->clock.last = at - INTERVAL / 2;
	generate(l);
	need(engine_pass(l->m, at, &l->opt, &r, &d) == 0, d.text);
	for (size_t i = 0; i < r.ntransitions; i++)
		note(l, &r.transitions[i]);
	l->wake = r.wake;
	engine_result_clear(&r);
}

/* Signed by today's signconf, all of it, and published now. */
static void
publish(struct life *l)
{
	struct published_key facts[16] = { 0 };
	struct publication p = { .at = l->now,
		.serial = 1 + l->written,
		.max_ttl = TTLSIG,
		.negative_ttl = 300,
		.rrsets = 10,
		.input_ttl = TTLSIG,
		.keys = facts };
	struct signing_key *keys;
	struct diag d;
	bool insecure;
	char id[16];

	need(engine_signconf(l->z, &keys, &p.nkeys, &insecure) == 0 &&
		p.nkeys <= 16,
	    "engine_signconf");
	for (size_t i = 0; i < p.nkeys; i++) {
		facts[i].tag = keys[i].pair->tag;
		facts[i].algorithm = keys[i].pair->algorithm;
		facts[i].dnskey = keys[i].publish;
		facts[i].signatures = keys[i].zsk ? p.rrsets : 0;
		if (keys[i].publish)
			p.dnskey_ttl = TTLKEY;
	}
	free(keys);
	(void)snprintf(id, sizeof(id), "%u", ++l->written);
	need(engine_signconf_written(l->z, id) == 0, "memory");
	p.signconf_id = id;
	need(engine_published(l->m, l->z, &p, &d) == 0, d.text);
}

/* The key of a type in a state; the only one, or the first. */
static struct zonekey *
key_in(const struct life *l, enum key_type type, enum key_state state)
{
	for (size_t i = 0; i < l->z->nkeys; i++)
		if (l->z->keys[i].pair->type == type &&
		    l->z->keys[i].state == state)
			return &l->z->keys[i];
	need(false, "no such key");
	return NULL;
}

/* ---- what operators do ---- */

static int
seen(struct life *l, struct diag *d)
{
	return engine_ds_seen(l->m, l->z, key_in(l, KEY_KSK, STATE_READY),
	    false, l->now, NULL, d);
}

static int
standby_seen(struct life *l, struct diag *d)
{
	return engine_ds_seen(l->m, l->z, key_in(l, KEY_KSK, STATE_DSSUB),
	    false, l->now, NULL, d);
}

static int
gone_of(struct life *l, uint8_t algorithm, struct diag *d)
{
	for (size_t i = 0; i < l->z->nkeys; i++) {
		struct zonekey *k = &l->z->keys[i];

		if (k->pair->type == KEY_KSK &&
		    k->pair->algorithm == algorithm && engine_ds_present(k))
			return engine_ds_gone(l->m, l->z, k, l->now, d);
	}
	return diag_set(d, STATUS_BAD, "no DS of algorithm %u", algorithm);
}

static int
gone_13(struct life *l, struct diag *d)
{
	return gone_of(l, 13, d);
}

static int
roll_zsk(struct life *l, struct diag *d)
{
	return engine_rollover(l->m, l->z, KEY_ZSK, false, l->now, d);
}

static int
roll_ksk(struct life *l, struct diag *d)
{
	return engine_rollover(l->m, l->z, KEY_KSK, false, l->now, d);
}

static int
want_standby(struct life *l, struct diag *d)
{
	(void)d;
	l->m->policies[0]->blocks[0].standby = 1;
	return 0;
}

static int
no_standby(struct life *l, struct diag *d)
{
	(void)d;
	l->m->policies[0]->blocks[0].standby = 0;
	return 0;
}

static int
emergency(struct life *l, struct diag *d)
{
	return engine_rollover(l->m, l->z, KEY_KSK, true, l->now, d);
}

static int
algorithm_15(struct life *l, struct diag *d)
{
	(void)d;
	for (size_t i = 0; i < 2; i++)
		l->m->policies[0]->blocks[i].algorithm = 15;
	return 0;
}

static int
all_gone(struct life *l, struct diag *d)
{
	return engine_ds_gone_all(l->m, l->z, l->now, d);
}

static int
unsign(struct life *l, struct diag *d)
{
	return engine_unsign(l->m, l->z, l->now, d);
}

static int
published(struct life *l, struct diag *d)
{
	(void)d;
	publish(l);
	return 0;
}

/* ---- the steps ---- */

struct step {
	const char *what;
	int (*act)(struct life *l, struct diag *d);
	int64_t wait; /* from the act; 0: the pass at once */
	const char *moves;
};

static void
take(struct life *l, const struct step *s)
{
	const int64_t at = l->now;
	struct diag d = { STATUS_OK, "" };

	if (s->act != NULL && s->act(l, &d) == -1) {
		ok(false, "%s: %s", s->what, d.text);
		return;
	}
	if (s->wait > 0) {
		pass(l, at + s->wait - 1);
		is(l->moves, "", "a second too early nothing moves");
		ok(l->wake == at + s->wait, "and the wake-up is that second");
	}
	pass(l, at + s->wait);
	is(l->moves, s->moves, s->what);
	if (s->wait > 0)
		ok(l->start == at, "counted from the act itself");
}

static void
run(const struct step *steps)
{
	struct life l;

	begin(&l);
	for (; steps->what != NULL; steps++)
		take(&l, steps);
	model_free(l.m);
}

#define LAST                                                                   \
	{                                                                      \
		NULL, NULL, 0, NULL                                            \
	}

#define FIRST_KEYS                                                             \
	{ "the first keys of a zone", NULL, 0,                                 \
		"KSK/13 generate->publish, ZSK/13 generate->publish, "         \
		"ZSK/13 publish->active" },                                    \
	    { "the unsigned zone leaves the caches", published,                \
		    TTLSIG + DP + SP, "KSK/13 publish->ready IpubC-first" },   \
	{                                                                      \
		"ds-seen", seen, 0, ""                                         \
	}

static const struct step rollovers[] = {
	FIRST_KEYS,
	/* RFC 7583 §3.2.1, pre-publication */
	{ "ZSK rollover", roll_zsk, 0, "ZSK/13 generate->publish" },
	{ "Ipub = TTLkey + Dprp", published, TTLKEY + DP + SP,
	    "ZSK/13 publish->ready Ipub, ZSK/13 ready->active, "
	    "ZSK/13 active->retire" },
	{ "Iret = TTLsig + Dprp", published, TTLSIG + DP + SR,
	    "ZSK/13 retire->dead Iret" },
	/* RFC 7583 §3.3.1, double-KSK */
	{ "KSK rollover", roll_ksk, 0, "KSK/13 generate->publish" },
	{ "IpubC = TTLkey + DprpC", published, TTLKEY + DP + SP,
	    "KSK/13 publish->ready IpubC" },
	{ "Iret = TTLds + DprpP", seen, TTLDS + DPP + SR,
	    "KSK/13 retire->dead IretK" },
	LAST,
};

static const struct step standby[] = {
	FIRST_KEYS,
	/* RFC 7583 §3.3.2 for one that is held in reserve */
	{ "a standby KSK", want_standby, 0, "KSK/13 generate->dssub" },
	{ "IpubP = TTLds + DprpP", standby_seen, TTLDS + DPP + SP,
	    "KSK/13 dspublish->dsready IpubP" },
	{ "no second one", no_standby, 0, "" },
	{ "it is called up", emergency, 0, "KSK/13 dsready->keypublish" },
	/* All caches have its DS and its DNSKEY: the other may go at once. */
	{ "its DNSKEY is learned", published, TTLKEY + DP + SP,
	    "KSK/13 keypublish->active IpubC-standby, "
	    "KSK/13 active->retire, KSK/13 retire->dead IpubC-standby" },
	LAST,
};

static const struct step algorithm[] = {
	FIRST_KEYS,
	/* RFC 6781 §4.1.4, conservative */
	{ "new signatures first", algorithm_15, 0,
	    "ZSK/15 generate->active unpublished" },
	{ "TTLsig until all caches have them", published, TTLSIG + DP + SP,
	    "ZSK/15 active->active new-RRSIGs, "
	    "KSK/15 generate->publish new-RRSIGs" },
	{ "then the DNSKEYs", published, TTLKEY + DP + SP,
	    "KSK/15 publish->ready IpubC" },
	{ "the DS is in", seen, 0, "" },
	{ "TTLds after the old DS", gone_13, TTLDS + DPP + SR,
	    "KSK/13 retire->dead DS-remove, ZSK/13 active->retire, "
	    "ZSK/13 retire->retire unpublished DS-remove" },
	{ "TTLkey after the old DNSKEYs", published, TTLKEY + DP + SR,
	    "ZSK/13 retire->dead unpublished DNSKEY-remove" },
	LAST,
};

static const struct step insecure[] = {
	FIRST_KEYS,
	{ "the DS is gone", all_gone, 0, "" },
	{ "unsigned once no cache has it", unsign, TTLDS + DPP + SR,
	    "KSK/13 active->dead DS-remove-last, "
	    "ZSK/13 active->dead DS-remove-last" },
	LAST,
};

/* Evidence is what begins a wait: without a publication there is none. */
static void
no_evidence(void)
{
	struct life l;

	begin(&l);
	pass(&l, START);
	pass(&l, START + 100 * 86400);
	is(l.moves, "", "100 days without a publication: nothing moves");
	model_free(l.m);
}

/* Every wait has a name and a rule for the log. */
static void
names(void)
{
	for (int i = INTERVAL_NONE + 1; i < INTERVALS; i++)
		ok(engine_interval_name((enum interval)i)[0] != '\0' &&
			engine_interval_rule((enum interval)i)[0] != '\0',
		    "interval %d: %s (%s)", i,
		    engine_interval_name((enum interval)i),
		    engine_interval_rule((enum interval)i));
}

int
main(void)
{
	run(rollovers);
	run(standby);
	run(algorithm);
	run(insecure);
	no_evidence();
	names();
	return done();
}
