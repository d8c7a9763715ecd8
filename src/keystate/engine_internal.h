/*
 * What the engine's modules share.  Nothing else includes it.
 *
 * A pass sweeps over all zones until a sweep moves nothing: a shared key waits
 * for other zones, and an interval may have length 0.
 */
#ifndef KEYSTATE_ENGINE_INTERNAL_H
#define KEYSTATE_ENGINE_INTERNAL_H

#include "engine.h"
#include "timing.h"

/* How far a pair is in the zones that share it; by keypair.mark. */
struct share {
	size_t active;	/* zones where it is active */
	size_t waiting; /* generate or publish: blocks the others' switch */
	size_t standby; /* dssub, dspublish, dsready */
	size_t spent;	/* retire, dead, or to be rolled: take no more of it */
	size_t asked;	/* sweep in which its rollover was asked for */
};

/* Free pairs of one policy and block, oldest first. */
struct shelf {
	struct policy *policy;
	const struct key_block *block;
	struct keypair **free;
	size_t nfree, next;
	struct keypair **shared; /* ShareKeys: those some zone uses */
	size_t nshared;
	size_t phantoms; /* made up by engine_stock() */
};

/* A zone as it was before the pass touched it. */
struct saved {
	struct zone *zone;
	struct zonekey *keys;
	size_t nkeys;
};

struct pass {
	struct model *m;
	int64_t now;
	const struct engine_options *opt;
	struct engine_result *r;
	int64_t previous; /* the pass before */
	int64_t gap;	  /* max(Interval, longest gap of 30 days) */
	struct zonekey *scratch; /* probe: for the keys of one zone */

	struct shelf *shelves;
	size_t nshelves;
	struct share *shares;
	struct saved *saved;
	size_t nsaved;

	size_t sweep; /* from 1 */

	/* What a sweep finds; cleared before the next one. */
	int64_t wake;
	bool changed;
	struct engine_action *notes;
	size_t nnotes;

	bool phantom; /* make up the keys that are missing */
	bool probe; /* change nothing, set changed where a pass would */
	bool no_memory;
};

/* engine_pass.c */
/* Sweep until nothing moves.  -1: no memory, or a model that never settles. */
int pass_sweeps(struct pass *ps, struct diag *d);
/* Free all but the model and the result. */
void pass_close(struct pass *ps);
bool pass_reached(struct pass *ps, int64_t when);
void pass_state(struct pass *ps, struct zone *z, struct zonekey *k,
    enum key_state to, enum interval i, int64_t start, const char *reason);
void pass_sign_only(struct pass *ps, struct zone *z, struct zonekey *k,
    bool sign_only, enum interval i, int64_t start, const char *reason);
void pass_touch(struct pass *ps, struct zone *z);
/* A thing to tell, valid for this sweep; for good with pass_tell(). */
void pass_note(struct pass *ps, enum action_kind kind, struct zone *z,
    struct keypair *pair, enum key_type type, int64_t since);
void pass_tell(struct pass *ps, enum action_kind kind, struct zone *z,
    struct keypair *pair, int64_t since);
/* True, with the wait in *w, once interval i of k is over. */
bool pass_waited(struct pass *ps, const struct zone *z,
    const struct zonekey *k, enum interval i, struct wait *w);

/* engine_clock.c */
/* False: the clock guard holds everything; r says until when. */
bool clock_accept(struct pass *ps);
/* Note the pass.  -1: no memory. */
int clock_tick(struct pass *ps);
int64_t pass_clock_gap(const struct pass_clock *c, int64_t now,
    int64_t interval);

/* engine_stock.c */
int stock_open(struct pass *ps);
void stock_close(struct pass *ps);
void share_count(struct pass *ps, const struct zone *z,
    const struct zonekey *k, int by);
/*
 * A key in state generate for that block, from the zone's own, the pairs that
 * its sharers use, or the shelf.  Its index in z->keys, or -1.
 */
ptrdiff_t stock_take(struct pass *ps, struct zone *z,
    const struct key_block *block, bool standby);
/* How many stock_take() would give, up to most. */
size_t stock_available(struct pass *ps, const struct zone *z,
    const struct key_block *block, size_t most);

/* engine_key.c: questions about one key */
bool key_is(const struct zonekey *k, enum key_type type, uint8_t algorithm);
bool key_published(const struct zonekey *k); /* stands in signconf to publish */
bool key_live(const struct zonekey *k); /* neither generate nor dead */
/* A KSK whose DS comes before its DNSKEY: a standby, or in a lost one's place. */
bool key_waits_for_ds(const struct zonekey *k);
bool key_conforms(const struct zone *z, const struct zonekey *k);
bool key_usable(const struct zone *z, const struct zonekey *k);
bool key_anchored(const struct zonekey *k); /* its DS surely is there */
bool zone_in_swap(const struct zone *z);
bool algorithm_replaced(const struct zone *z, uint8_t algorithm);
bool zone_lost_zsk(const struct zone *z, uint8_t algorithm);
/* A lost KSK whose DS may stand in the parent. */
bool key_is_anchor(const struct zonekey *k);
bool key_was_used(const struct zonekey *k);
bool key_gated(const struct model *m, const struct keypair *pair);
bool key_collides(const struct zone *z, const struct zonekey *k);
bool zone_shares(const struct zone *z);
bool zone_targets(const struct zone *z, uint8_t algorithm);
bool zone_targets_any(const struct zone *z);
int64_t zone_lead(const struct zone *z, int64_t now, int64_t gap);

/* engine_zone.c */
void zone_advance(struct pass *ps, struct zone *z);

/* engine_ksk.c, engine_zsk.c: keys of one type and algorithm */
void zsk_moves(struct pass *ps, struct zone *z, uint8_t algorithm);
void zsk_roll(struct pass *ps, struct zone *z, uint8_t algorithm);
void ksk_moves(struct pass *ps, struct zone *z, uint8_t algorithm);
void ksk_roll(struct pass *ps, struct zone *z, uint8_t algorithm);
void key_retire(struct pass *ps, struct zone *z, struct zonekey *k,
    const char *reason);
/*
 * Published keys that will not be used die: the lost ones, and with all those
 * that are not what the policy asks for.  No DS of theirs was handed in.
 */
void keys_discard(struct pass *ps, struct zone *z, enum key_type type,
    uint8_t algorithm, bool all);
/* More keys published until `want` stand by; false: none to be had. */
bool key_supply(struct pass *ps, struct zone *z,
    const struct key_block *block, size_t want);

/* engine_publish.c */
/* Record facts; true in *changed if evidence began or ended. */
int evidence_record(struct zone *z, const struct publication *p, bool known,
    bool *changed);
/* As if z were signed and published now (--assume-published). */
int evidence_assume(struct zone *z, int64_t now, int64_t *wake,
    bool *changed);

#endif
