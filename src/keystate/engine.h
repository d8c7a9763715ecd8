/*
 * keystate's model and its engine.
 *
 * The model is the plain data that configuration, database and engine share.
 * The engine is a set of pure functions over it: no input or output, no clock,
 * no randomness; the same model and the same moment give the same result.
 * Whoever calls it reads the model in, lets the engine work on it (or on a
 * copy: model_copy()), carries out the actions it asks for, and writes it back.
 *
 * Conventions
 *   moment    int64_t, seconds since the epoch; 0: never happened, not set
 *   duration  int64_t, seconds
 *   strings   owned by the model (malloc), NULL only where it says so
 *   set by    conf = configuration, db = read from and written to the
 *             database, engine = changed by the functions below only
 *
 * Terms are RFC 7583's (Ipub, Iret, IpubC, IpubP, Dprp, TTLkey, ...); states
 * are those of the OpenDNSSEC manual; symbols in comments are interfaces §6's.
 */
#ifndef KEYSTATE_ENGINE_H
#define KEYSTATE_ENGINE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "diag.h"
#include "signconf.h"

#define MOMENT_NEVER INT64_MAX /* "no wake-up", "never retires" */

/* The later of two moments, or the longer of two intervals. */
static inline int64_t
moment_max(int64_t a, int64_t b)
{
	return a > b ? a : b;
}

/* --- configuration -------------------------------------------------------- */

enum key_type { KEY_ZSK, KEY_KSK }; /* DNSKEY flags 256 and 257 */
#define KEY_TYPES 2

/* A Repository of conf.xml, as far as key states depend on it. conf */
struct store {
	char *name;
	uint32_t capacity;   /* key pairs; 0: unlimited */
	bool require_backup; /* gates DS submission and every move to active */
};

/*
 * One KSK or ZSK block of a policy.  At most one block for each (type,
 * algorithm): the configuration keeps the last of several alike, with a
 * warning.  A policy names the same algorithms for both types (RFC 4035 §2.2).
 * conf
 */
struct key_block {
	enum key_type type;
	uint8_t algorithm;  /* IANA number */
	uint16_t bits;	    /* RSA: modulus; else 0, and not compared */
	int64_t lifetime;   /* Lk, Lz; 0: never expires */
	char *repository;   /* name */
	uint32_t standby;   /* keys held in reserve */
	bool manual;	    /* ManualRollover */
	bool rfc5011;	    /* accepted; without effect */
};

/* A Policy of kasp.xml.  All conf; durations in seconds. */
struct policy {
	char *name;
	char *description; /* may be NULL */

	int64_t resign, refresh;	/* Signatures */
	int64_t validity;		/* Validity/Default */
	int64_t validity_denial;	/* NSEC and NSEC3 */
	int64_t validity_keys;		/* DNSKEY; 0: as validity */
	int64_t jitter, inception_offset;

	bool nsec3;			/* Denial: else NSEC */
	bool opt_out;
	int64_t resalt;
	uint8_t hash_algorithm;
	uint16_t iterations;
	uint8_t salt_length;		/* octets */
	int64_t nsec3param_ttl;		/* NSEC3/TTL; -1: not given */

	int64_t dnskey_ttl;		/* Keys/TTL: Tk, TTLkey */
	int64_t retire_safety;		/* Sr */
	int64_t publish_safety;		/* Sp */
	bool share_keys;
	int64_t purge;			/* -1: never */
	struct key_block *blocks;
	size_t nblocks;

	int64_t propagation_delay;	/* Zone: Dp, Dprp, DprpC */
	int64_t soa_ttl, soa_minimum;
	enum signconf_serial serial;

	int64_t parent_propagation_delay; /* Dpp, DprpP */
	int64_t ds_ttl;			/* Tds, TTLds */
	int64_t parent_soa_ttl, parent_soa_minimum; /* kept, no formula */

	enum signconf_audit audit;
	uint8_t max_shrink;		/* percent; for resign, no formula */
	char **served_by;		/* addresses asked before evidence counts */
	size_t nserved_by;
};

/* --- keys ----------------------------------------------------------------- */

/* The manual's states, with the numbers of OpenDNSSEC 1.x. */
enum key_state {
	STATE_GENERATE = 1, /* exists, unused */
	STATE_PUBLISH,	    /* in the DNSKEY RRset, not yet known everywhere */
	STATE_READY,	    /* known to every cache; a KSK waits for ds-seen */
	STATE_ACTIVE,	    /* ZSK: signs the zone; KSK: its DS is in use */
	STATE_RETIRE,	    /* replaced; what it left may still be cached */
	STATE_DEAD,	    /* nothing needs it any more */
	STATE_DSSUB,	    /* standby KSK: DS handed in, waiting for ds-seen */
	STATE_DSPUBLISH,    /* standby KSK: DS seen, not yet known everywhere */
	STATE_DSREADY,	    /* standby KSK: DS known to every cache */
	STATE_KEYPUBLISH,   /* standby KSK called up: DNSKEY being learned */
};
#define KEY_STATES 11 /* for tables indexed by state */

/*
 * A key pair: the material, whatever zones use it.
 * Without a zone using it (uses == 0) it is stock: state generate.
 */
struct keypair {
	char *id;	      /* CKA_ID, lower-case hex; unique */
	char *repository;     /* name; may no longer be in the configuration */
	char *policy;	      /* name of the policy it was made for */
	enum key_type type;
	uint8_t algorithm;
	uint16_t bits;	      /* RSA; else 0 */
	uint16_t tag;	      /* with the flags of its type.  Set by whoever
			       * generates or imports; engine compares it */
	int64_t generated;    /* moment.  Generator */
	int64_t backup_prepared; /* moment of backup prepare, 0 after commit */
	int64_t backed_up;    /* moment; 0: not backed up */
	bool imported;	      /* by key import: parameters are the operator's */
	/* Kept by the model and the engine, not stored. */
	size_t uses;	      /* zones' zonekeys that point here */
	size_t live;	      /* of these not dead */
	int64_t first_active; /* earliest entered[STATE_ACTIVE] of these */
	size_t mark;	      /* engine's scratch */
};

/*
 * A fact about what caches may hold, from the publications of one zone.
 * since: the first publication of the unbroken series up to the last one that
 * shows the fact; 0: the last one does not show it.
 * clear: when the last of the data that contradicts the fact and was served
 * before since leaves caches, without propagation delay and safety:
 * max(until + TTL) over the versions before (a TTL that was lowered counts
 * while the data that carried it can still be cached).
 */
struct evidence {
	int64_t since;
	int64_t clear;
};

/*
 * A key pair in a zone: one line of keys.db.  State, dates, evidence and
 * ds-seen belong here, also for shared keys.
 */
struct zonekey {
	struct keypair *pair;
	enum key_state state;

	/*
	 * RFC 6781 §4.1.4, conservative: a ZSK of an algorithm that is coming
	 * or going signs while its DNSKEY is not published.  Only in active
	 * (coming) and retire (going).
	 */
	bool sign_only;

	int64_t entered[KEY_STATES]; /* moment each state was entered, by enum
				      * key_state; 0: not.  engine, import */
	int64_t retire_fixed; /* date of retirement that policy does not move
			       * (import --retire, rollover); 0: lifetime */
	int64_t forced;	      /* rollover asked for by the operator, moment */
	bool compromised;     /* rollover --emergency: no signature is kept */
	bool lost;	      /* its private half is: it signs nothing more */

	/* Evidence from published zones.  engine_published() */
	struct evidence shown;	  /* in the DNSKEY RRset */
	struct evidence withdrawn; /* was, and is no longer */
	struct evidence complete; /* signature by it on every signed RRset */
	struct evidence unsigned_; /* made signatures, none is left */

	/*
	 * Retired ZSK: when the last of its signatures that are published now
	 * is replaced, by what stands in the file; 0: not known.  For plan and
	 * set by it alone: not stored.
	 */
	int64_t fades;

	/* The DS in the parent.  KSK only. */
	int64_t ds_submitted; /* the engine asked for submission (last) */
	int64_t ds_seen;      /* the operator saw it since.  key ds-seen */
	int64_t ds_clear;     /* ds_seen + the largest DS TTL of the versions
			       * before; without delay and safety */
	int64_t ds_withdraw;  /* the engine asked for its removal: until
			       * ds-gone or ds-seen it may stand there or not */
	int64_t ds_doubt;     /* a successor's DS was asked for, which may have
			       * replaced it; ended by ds-seen */
	int64_t ds_gone;      /* the operator confirmed it gone.  key ds-gone */
	int64_t ds_gone_clear; /* as ds_clear, for ds_gone */

	/*
	 * Lost KSK: when its signature of the DNSKEY RRset that is published
	 * ends; 0: there is none.  Looked up for each run: not stored.
	 */
	int64_t vouches;
};

/* --- zones ---------------------------------------------------------------- */

/*
 * A TTL through time: what may still be cached.  Rows with until + ttl in the
 * past are dropped, so there are few.  The last row is what is served now
 * (until 0).
 */
struct ttl_span {
	int64_t ttl;
	int64_t until; /* moment it was replaced; 0: still served */
};
struct ttl_history {
	struct ttl_span *span; /* oldest first */
	size_t count;
};

struct zone {
	char *name;		/* absolute, lower case, no trailing dot
				 * except for the root: as in zonelist.xml */
	char *policy_name;	/* as zonelist.xml says */
	struct policy *policy;	/* model_link(); NULL: no such policy */
	char *signconf;		/* path.  zonelist */
	char *input, *output;	/* paths.  zonelist */

	struct zonekey *keys;
	size_t nkeys;

	int64_t added;		/* moment */
	int64_t deleted;	/* zone delete: keys die and are purged, then
				 * the zone is dropped; 0: in use */
	int64_t unsign;		/* zone unsign accepted, moment; 0: no */

	/* Evidence: the last publication.  engine_published() */
	int64_t published;	/* moment; 0: never by us */
	uint32_t serial;
	char *signed_id;	/* signconf-id of that publication; or NULL */
	struct evidence signed_; /* every RRset signed, DNSKEYs present */
	struct ttl_history dnskey_ttl;	/* seen or configured */
	struct ttl_history max_ttl;	/* largest of any RRset, NSEC and
					 * negative answers included */
	struct ttl_history ds_ttl;	/* configured */

	/* The signconf written last.  engine_signconf_written() */
	char *signconf_id;	/* digest; NULL: none yet */
	char *signconf_previous; /* the one before; or NULL */

	/*
	 * The DNSKEY RRset stays as it is published: engine_frozen() at the
	 * last look.  Not stored.
	 */
	bool frozen;

	size_t mark;		/* engine's scratch */
};

/* --- the clock and the passes --------------------------------------------- */

struct pass_gap {
	int64_t length; /* seconds between two passes */
	int64_t at;	/* moment of the later one */
};

struct pass_clock {
	int64_t last;	 /* last pass whose time was accepted; 0: none */
	int64_t suspect; /* first pass with a time that was not; 0: fine */
	int64_t max_step; /* MaxClockStep; 0: P2D.  conf */
	struct pass_gap *gaps; /* of the last 30 days; dominated ones dropped */
	size_t ngaps;
};

/* --- the whole ------------------------------------------------------------ */

/*
 * Pointers to stores, policies, zones and pairs stay valid while others
 * are added; those to zonekeys do not.
 */
struct model {
	struct store **stores;
	size_t nstores;
	struct policy **policies;
	size_t npolicies;
	struct zone **zones; /* in the order of zonelist.xml; deleted last */
	size_t nzones;
	struct keypair **pairs;
	size_t npairs;
	struct pass_clock clock;
	struct model_index *index; /* names to items; the model's own */
};

/*
 * Building and taking apart.  The add functions return the new, zeroed item
 * with its name set, or NULL for want of memory; the model owns it.
 */
struct model *model_new(void);
struct model *model_copy(const struct model *m); /* NULL: no memory */
/* Only the zones whose mark is set, and the pairs that they use or none does. */
struct model *model_copy_part(const struct model *m);
void model_free(struct model *m);		 /* NULL is allowed */
struct store *model_add_store(struct model *m, const char *name);
struct policy *model_add_policy(struct model *m, const char *name);
struct key_block *policy_add_block(struct policy *p);
struct zone *model_add_zone(struct model *m, const char *name,
    const char *policy);
struct keypair *model_add_pair(struct model *m, const char *id);
struct zonekey *zone_add_key(struct zone *z, struct keypair *pair);
int ttl_history_add(struct ttl_history *h, int64_t ttl, int64_t until);
int pass_clock_add_gap(struct pass_clock *c, int64_t length, int64_t at);

/*
 * Remove one; the caller's pointers to it die.  A pair must have no uses; the
 * keys of a zone go with it, their pairs stay.
 */
void model_remove_zone(struct model *m, struct zone *z);
void model_remove_pair(struct model *m, struct keypair *pair);
void zone_remove_key(struct zone *z, size_t index);

/*
 * Point each zone at its policy and find first_active of the pairs.  Call it
 * after loading, and after a zone's policy or a policy's name changed.
 */
void model_link(struct model *m);

/* NULL: none of that name. */
struct store *model_store(const struct model *m, const char *name);
struct policy *model_policy(const struct model *m, const char *name);
struct zone *model_zone(const struct model *m, const char *name);
struct keypair *model_pair(const struct model *m, const char *id);
struct zonekey *zone_key(const struct zone *z, const struct keypair *pair);
const struct key_block *policy_block(const struct policy *p,
    enum key_type type, uint8_t algorithm);

/* "generate", "publish", ...; "KSK", "ZSK".  -1: no such word (any case). */
const char *key_state_name(enum key_state s);
int key_state_from_name(const char *s, enum key_state *state);
const char *key_type_name(enum key_type t);

/* --- the engine's intervals ----------------------------------------------- */

/* Every wait the engine knows; engine_interval_name() gives RFC and term. */
enum interval {
	INTERVAL_NONE,
	/* Ipub: ZSK publish -> ready.  TTLkey + Dp + Sp (RFC 7583 §3.2.1) */
	INTERVAL_ZSK_PUBLISH,
	/* Iret: ZSK retire -> dead.  TTLsig + Dp + Sr, from the first zone
	 * without its signatures, which is Dsgn measured (§3.2.1) */
	INTERVAL_ZSK_RETIRE,
	/* IpubC: KSK publish -> ready.  TTLkey + Dp + Sp (§3.3.1) */
	INTERVAL_KSK_PUBLISH,
	/* First KSK of a zone: the unsigned zone must leave the caches, so
	 * max(TTLkey, largest TTL, negative TTL) + Dp + Sp */
	INTERVAL_FIRST_KSK,
	/* Iret: KSK retire -> dead.  TTLds + Dpp + Sr from the successor's
	 * DS in the parent (§3.3.1) */
	INTERVAL_KSK_RETIRE,
	/* IpubP: standby dspublish -> dsready.  TTLds + Dpp + Sp (§3.3.2) */
	INTERVAL_DS_PUBLISH,
	/* Standby keypublish -> active.  TTLkey + Dp + Sp (§3.3.2) */
	INTERVAL_KEYPUBLISH,
	/* New algorithm: signatures everywhere before the DNSKEY.
	 * TTLsig + Dp + Sp (RFC 6781 §4.1.4) */
	INTERVAL_ALGORITHM_SIGNATURES,
	/* Old algorithm: its DS gone everywhere before the DNSKEYs go.
	 * TTLds + Dpp + Sr (RFC 6781 §4.1.4) */
	INTERVAL_ALGORITHM_DS,
	/* Old algorithm: DNSKEYs gone everywhere before the signatures go.
	 * TTLkey + Dp + Sr (RFC 6781 §4.1.4) */
	INTERVAL_ALGORITHM_DNSKEY,
	/* Going insecure: DS gone everywhere before the zone is unsigned.
	 * TTLds + Dpp + Sr (RFC 4035 §5.2: a DS demands a signed child) */
	INTERVAL_UNSIGN,
	/* Lifetime of an active key, and the lead time before its end. */
	INTERVAL_LIFETIME,
	INTERVAL_LEAD,
	/* dead -> gone: Keys/Purge */
	INTERVAL_PURGE,
};
#define INTERVALS 15

const char *engine_interval_name(enum interval i); /* "Ipub", ... */
const char *engine_interval_rule(enum interval i); /* "RFC 7583 §3.2.1" */

/* --- a pass --------------------------------------------------------------- */

struct engine_options {
	int64_t interval;	/* Enforcer/Interval: time between passes */
	int64_t rollover_notification; /* -1: off */
	bool accept_clock;	/* --accept-clock */
	bool manual_generation;	/* ManualKeyGeneration */
	bool assume_published;	/* --assume-published: each pass counts as
				 * signed and published at once */
	const struct zone *only; /* --zone: advance this one only; or NULL */
	/* Test hook: per mille of each interval; NULL: all 1000. */
	const int *scale;
};

/* A key changed state (or, from == to, its sign_only). */
struct engine_transition {
	struct zone *zone;
	struct keypair *pair;
	enum key_state from, to;
	bool sign_only;		/* afterwards */
	int64_t at;		/* the pass */
	enum interval interval;	/* whose end allowed it; or INTERVAL_NONE */
	int64_t start;		/* when that began: the evidence; or 0 */
	const char *reason;	/* static text, for log and history */
};

enum action_kind {
	/* For the caller to carry out. */
	ACTION_SIGNCONF,     /* write zone's signconf: engine_signconf() */
	ACTION_PURGE,	     /* destroy pair, if no signconf on disk names it,
			      * then engine_purged() */
	ACTION_DROP_ZONE,    /* deleted, no key left: model_remove_zone() */
	/* A person owes it.  `since` says when it was first reported. */
	ACTION_SUBMIT_DS,    /* hand in the DS of pair; then ds-seen.  first:
			      * now; else a reminder that ds-seen is owed */
	ACTION_WITHDRAW_DS,  /* have the DS of pair removed; then ds-gone */
	ACTION_BACKUP,	     /* RequireBackup: pair is not backed up, and zone
			      * waits for it; zone NULL: nothing waits yet */
	ACTION_ROLLOVER,     /* ManualRollover: pair is due, key rollover; of a
			      * shared one asked of its first zone alone */
	ACTION_LOST,	     /* pair, a KSK whose DS may stand in the parent, is
			      * lost: another DS is needed while the last
			      * signature by it holds */
	ACTION_GENERATE,     /* zone lacks a key of that type: engine_stock()
			      * was not called, was short, or
			      * ManualKeyGeneration */
	/* For the log. */
	ACTION_BLOCKED,	     /* shared pair: other zone is not ready */
	ACTION_NOT_READY,    /* rollover due, no key ready yet */
	ACTION_NO_BACKUP,    /* warning: active without a backup (no gate) */
	ACTION_EXPECTED,     /* RolloverNotification: retire date near */
	ACTION_COLLISION,    /* pair has tag and algorithm of another key of
			      * the zone: it will not be used */
	ACTION_NO_POLICY,    /* zone's policy does not exist: frozen */
	ACTION_UNPUBLISHED,  /* a key waits for evidence: the zone was not
			      * published with it yet */
	ACTION_REFUSED,	     /* error: a change that would break the zone was
			      * undone; reason says why */
};

struct engine_action {
	enum action_kind kind;
	struct zone *zone;	/* may be NULL (ACTION_PURGE of stock) */
	struct keypair *pair;	/* may be NULL */
	struct zone *other;	/* ACTION_BLOCKED: the one that blocks */
	enum key_type type;
	int64_t since;		/* owed since; for ACTION_EXPECTED the date */
	bool first;		/* first reported in this pass */
	const char *reason;	/* ACTION_REFUSED: static text; else NULL */
};

struct engine_result {
	struct engine_transition *transitions; /* in order */
	size_t ntransitions;
	struct engine_action *actions;
	size_t nactions;
	int64_t wake;	  /* next moment at which a pass has something to do,
			   * if no evidence or command comes earlier;
			   * MOMENT_NEVER */
	bool clock_frozen; /* clock guard: no state moved (issue 4, Clock) */
	int64_t clock_retry; /* then: when a second pass is believed */
};

/*
 * One pass at now over the model, in place: states, dates, DS submissions and
 * clock change; evidence does not (but for assume_published).  A pass before
 * `wake` changes nothing but the clock.
 * result is filled, whatever is returned; engine_result_clear() frees it.
 * -1: STATUS_SYSTEM for want of memory (the model is then half moved: drop
 * it), STATUS_BAD for a model that breaks a rule of this header.
 */
int engine_pass(struct model *m, int64_t now,
    const struct engine_options *opt, struct engine_result *result,
    struct diag *d);
void engine_result_clear(struct engine_result *result);

/*
 * Keys to be made so that the pass at now (and those of the next horizon
 * seconds) find what they need: one row a policy and block.  Call before
 * engine_pass(); add each made pair with model_add_pair(), its policy set.
 */
struct engine_need {
	struct policy *policy;
	const struct key_block *block;
	size_t wanted;	  /* short of the policy */
	size_t count;	  /* of these to be made now: what capacity leaves;
			   * 0 with manual_generation */
};
struct engine_needs {
	struct engine_need *need;
	size_t count;
};
int engine_stock(struct model *m, int64_t now, int64_t horizon,
    const struct engine_options *opt, struct engine_needs *needs,
    struct diag *d);
void engine_needs_clear(struct engine_needs *needs);

/* --- signconf and evidence ------------------------------------------------ */

/* One Key of a signconf; lib/signconf.h has the file. */
struct signing_key {
	struct keypair *pair;
	bool ksk;	/* signs the DNSKEY RRset */
	bool zsk;	/* signs everything else */
	bool publish;	/* DNSKEY in the zone */
	bool compromised; /* keep no signature that it made */
	bool lost; /* a KSK: keep what it signed for as long as it is valid */
};

/*
 * The Keys of the zone's signconf: KSKs first, then ZSKs, each by the moment
 * of publication.  *n 0: nothing to write (a zone whose first keys are not
 * complete yet) or, with *unsigned_, a zone gone insecure.
 * The caller frees *out with free().  -1: no memory.
 */
int engine_signconf(const struct zone *z, struct signing_key **out,
    size_t *n, bool *unsigned_);

/* The signconf with that id is now on disk. -1: no memory. */
int engine_signconf_written(struct zone *z, const char *id);

/* What a published file shows of one key.  From its ;end line. */
struct published_key {
	uint16_t tag;
	uint8_t algorithm;
	bool dnskey;	     /* in the DNSKEY RRset */
	uint64_t signatures; /* RRSIGs by it, those on DNSKEY left out */
};

struct publication {
	int64_t at;	      /* rename done and NotifyCommand exited 0 */
	uint32_t serial;
	const char *signconf_id; /* that was signed; NULL: unknown */
	int64_t dnskey_ttl;   /* 0 if no DNSKEY */
	int64_t max_ttl;      /* largest in the file */
	int64_t negative_ttl; /* the SOA's: min(TTL, minimum) */
	int64_t input_ttl;    /* largest in the unsigned input; 0: unknown.
			       * Counts at the first publication: that zone
			       * was served before */
	uint64_t rrsets;      /* signed RRsets, DNSKEY left out */
	const struct published_key *keys;
	size_t nkeys;
};

/*
 * Record a publication's evidence.  Call it also for a zone that was signed
 * and found unchanged: the published file then stands for the new signconf-id.
 * A file signed by a signconf that was not ours (neither signconf_id nor
 * signconf_previous) takes evidence away but adds none.
 * 0: recorded.  1: the clock is not believed (engine_clock_doubt()): evidence
 * was taken away, none added; record it again, with the time of then, once it
 * is.  -1: STATUS_BAD for a publication that cannot be, STATUS_SYSTEM for want
 * of memory.
 */
int engine_published(struct model *m, struct zone *z,
    const struct publication *p, struct diag *d);

/*
 * The time is earlier than the last pass or later by more than MaxClockStep:
 * evidence and commands dated by it would make waits begin too early.
 */
bool engine_clock_doubt(const struct model *m, int64_t now);

/* The step ahead that a pass believes: MaxClockStep. */
int64_t engine_clock_step(const struct model *m);

/* --- for listings --------------------------------------------------------- */

enum forecast_kind {
	FORECAST_NONE,	      /* nothing will happen to it */
	FORECAST_AT,	      /* date and state */
	FORECAST_DS_SEEN,     /* waiting for ds-seen */
	FORECAST_ROLLOVER,    /* ZSK ready: next rollover */
	FORECAST_WHEN_REQUIRED, /* dsready */
	FORECAST_PUBLICATION, /* at: earliest, if published now */
	FORECAST_DS_GONE,     /* waiting for ds-gone */
	FORECAST_BACKUP,      /* waiting for backup done */
};

struct forecast {
	enum forecast_kind kind;
	enum key_state to;
	int64_t at;	   /* 0: no date */
	enum interval interval;
};

/* The next transition of a key, for key list and rollover list. */
struct forecast engine_forecast(const struct model *m, const struct zone *z,
    const struct zonekey *k, int64_t now, const struct engine_options *opt);

/* When an active key is to be replaced; MOMENT_NEVER. */
int64_t engine_retire_date(const struct model *m, const struct zone *z,
    const struct zonekey *k);

/* ManualRollover: it is active, and only key rollover replaces it. */
bool engine_rolled_by_hand(const struct zone *z, const struct zonekey *k);

/*
 * The DS of k belongs into the parent (wanted); it may stand there (present):
 * it was handed in and not confirmed gone.  The set to hand in is all that are
 * wanted; what is present and not wanted is to be withdrawn.
 */
bool engine_ds_wanted(const struct zone *z, const struct zonekey *k);
bool engine_ds_present(const struct zonekey *k);

/*
 * Resolvers trust the zone by the DS of k alone, and nobody asked for another
 * or for its removal: with it gone the zone is insecure.
 */
bool engine_ds_last(const struct zone *z, const struct zonekey *k);

/*
 * What breaks a rule that must hold for every zone after every change: no
 * published key set without a signer of each type and algorithm, no DS in use
 * without its key, no two keys of one tag and algorithm.  NULL: nothing, else
 * static text.
 */
const char *engine_unsound(const struct zone *z);

/* --- verbs ---------------------------------------------------------------- */

/*
 * Each either does its whole work and returns 0, or leaves the model as it was
 * and returns -1 with STATUS_BAD and a reason that says what to do, or with
 * STATUS_SYSTEM with a clock behind the last pass.
 */

/* key rollover: of zone (all that share its keys), or of a policy's zones. */
int engine_rollover(struct model *m, struct zone *z, enum key_type type,
    bool emergency, int64_t now, struct diag *d);
int engine_rollover_policy(struct model *m, struct policy *p,
    enum key_type type, bool emergency, int64_t now, struct diag *d);

/*
 * key rollover --lost: the private half of the pair is gone for good.  Where
 * it is active it is rolled; where it was to be used it is not, and a pair that
 * no zone is left with is removed (pair dies).  True in *rolled if a zone rolls it.
 */
int engine_lost(struct model *m, struct keypair *pair, int64_t now,
    bool *rolled, struct diag *d);

/*
 * Who signs in the place of z's lost ZSK of that algorithm until a ZSK that
 * caches know takes over: a KSK, whose DNSKEY they all have (RFC 4034 §2.1.1:
 * the SEP flag does not bind a validator).  NULL: none does, or none is needed.
 */
const struct zonekey *engine_stand_in(const struct zone *z, uint8_t algorithm);

/* That one is new to caches, as all that is left: some will fail with it. */
bool engine_unaided(const struct zone *z);

/*
 * A KSK that caches may get a DS of is lost, and its last signature makes
 * today's DNSKEY RRset good: with any change of the RRset it would fail.  So
 * the next KSK gets its DS into the parent first, and its DNSKEY then
 * (Double-DS, RFC 7583 §3.3.2).
 */
bool engine_frozen(const struct zone *z, int64_t now);

/* The TTL that the DNSKEY RRset is to have. */
int64_t engine_dnskey_ttl(const struct zone *z);

/* By when the DS must be in the parent, or all of it out of it, to be known
 * to every cache when the signature by k ends. */
int64_t engine_lost_exchange(const struct zone *z, const struct zonekey *k);
int64_t engine_lost_insecure(const struct zone *z, const struct zonekey *k);

/*
 * A key that z shares took over already, its predecessor is still on its way
 * out, and it is not due: who rolls it now means the one before.  -1, with the
 * reason; 0: no such thing.  For the caller to heed before engine_rollover().
 */
int engine_rolled_lately(const struct model *m, const struct zone *z,
    enum key_type type, int64_t now, struct diag *d);

/*
 * key ds-seen: a ready KSK becomes active and, unless no_retire, the oldest
 * active one retires; a standby goes dssub -> dspublish.
 * *retired (may be NULL) gets the pair that retired, or NULL.
 */
int engine_ds_seen(struct model *m, struct zone *z, struct zonekey *k,
    bool no_retire, int64_t now, struct keypair **retired, struct diag *d);

/* key ds-gone: the DS of k is no longer in the parent. */
int engine_ds_gone(struct model *m, struct zone *z, struct zonekey *k,
    int64_t now, struct diag *d);

/*
 * key ds-gone of all keys at once: the parent has no DS of the zone.  The way
 * to insecure, since standby keys' DSs alone would lead to no DNSKEY.
 */
int engine_ds_gone_all(struct model *m, struct zone *z, int64_t now,
    struct diag *d);

/* key ksk-retire: k, or the oldest active KSK if NULL; never the last. */
int engine_ksk_retire(struct model *m, struct zone *z, struct zonekey *k,
    int64_t now, struct keypair **retired, struct diag *d);

/* backup; repository NULL: all.  *n gets the number of keys concerned. */
int engine_backup_prepare(struct model *m, const char *repository,
    int64_t now, size_t *n, struct diag *d);
int engine_backup_commit(struct model *m, const char *repository,
    int64_t now, size_t *n, struct diag *d);
int engine_backup_rollback(struct model *m, const char *repository,
    size_t *n, struct diag *d);
int engine_backup_done(struct model *m, const char *repository,
    int64_t now, size_t *n, struct diag *d);

/*
 * key import: pair was filled by the caller and is not in the model yet.
 * state: generate, publish, ready, active or retire, entered at `at`; an
 * active KSK counts as having its DS in the parent since then.  retire: date
 * that policy does not move, or 0; only with active.
 */
struct engine_import {
	const char *id, *repository;
	enum key_type type;
	uint8_t algorithm;
	uint16_t bits, tag;
	enum key_state state;
	int64_t at, retire;
};
int engine_import(struct model *m, struct zone *z,
    const struct engine_import *import, int64_t now, struct diag *d);

/* zone unsign: refused while a DS may stand in the parent. */
int engine_unsign(struct model *m, struct zone *z, int64_t now,
    struct diag *d);

/* zone delete: refused never; the DSs to withdraw are those of
 * engine_ds_present(). */
int engine_zone_delete(struct model *m, struct zone *z, int64_t now,
    struct diag *d);

/* After ACTION_PURGE was carried out: forget the pair and its zonekeys. */
int engine_purged(struct model *m, struct keypair *pair, struct diag *d);

#endif
