/*
 * The engine against the simulated world (t/sim).
 *
 *   sim             300 years, then each interval cut by a tenth until it
 *                   breaks something
 *   sim YEARS       as many years, with the counts that a soak must reach
 *   sim seed SEED   one universe, with a trace, to look into a failure
 */
#include "../sim/universe.h"

#include <inttypes.h>

#include "tap.h"

#define YEAR	 INT64_C(31536000)
#define UNIVERSE (3 * YEAR)

/* How far to look for the failure that a cut interval must cause. */
#define CUT_YEARS 1500

static void
show(const struct coverage *c)
{
	int t, from, to;

	printf("# %" PRIu64 " passes, %" PRIu64 " publications, %" PRIu64
	    " rollovers in %" PRId64 " years\n",
	    c->passes, c->publications, c->rollovers, c->seconds / YEAR);
	for (t = 0; t < KEY_TYPES; t++) {
		for (from = 0; from < KEY_STATES; from++) {
			for (to = 0; to < KEY_STATES; to++) {
				if (c->moves[t][from][to] == 0)
					continue;
				printf("# %s %s -> %s: %" PRIu64 "\n",
				    key_type_name((enum key_type)t),
				    key_state_name((enum key_state)from),
				    key_state_name((enum key_state)to),
				    c->moves[t][from][to]);
			}
		}
	}
}

/* Kinds of event that must have happened, in a hundredth of the soak. */
struct kind {
	const char *name;
	size_t at;
	uint64_t least; /* in 10,000 years */
};

#define KIND(NAME, FIELD, LEAST)                                              \
	{                                                                     \
		NAME, offsetof(struct coverage, FIELD), LEAST                 \
	}
#define MOVE(TYPE, FROM, TO)                                                  \
	{                                                                     \
		#TYPE " " #FROM " -> " #TO,                                   \
		    offsetof(struct coverage,                                 \
			moves[KEY_##TYPE][STATE_##FROM][STATE_##TO]),         \
		    500                                                       \
	}

static const struct kind kinds[] = {
	KIND("rollovers", rollovers, 50000),
	MOVE(ZSK, GENERATE, PUBLISH),
	MOVE(ZSK, PUBLISH, READY),
	MOVE(ZSK, PUBLISH, ACTIVE),
	MOVE(ZSK, READY, ACTIVE),
	MOVE(ZSK, ACTIVE, RETIRE),
	MOVE(ZSK, RETIRE, DEAD),
	MOVE(ZSK, GENERATE, ACTIVE),
	MOVE(KSK, GENERATE, PUBLISH),
	MOVE(KSK, PUBLISH, READY),
	MOVE(KSK, RETIRE, DEAD),
	MOVE(KSK, GENERATE, DSSUB),
	MOVE(KSK, DSPUBLISH, DSREADY),
	MOVE(KSK, DSREADY, KEYPUBLISH),
	MOVE(KSK, KEYPUBLISH, ACTIVE),
	KIND("new algorithm published", shown[0], 500),
	KIND("old algorithm withdrawn", shown[1], 500),
	KIND("changes of algorithm", algorithms, 500),
	KIND("emergencies", emergencies, 500),
	KIND("shared keys that became active", shared, 500),
	KIND("TTLs lowered", ttl_lowered, 500),
	KIND("TTLs raised", ttl_raised, 500),
	KIND("failed publications", failed, 500),
	KIND("publications recorded late", crashed, 500),
	KIND("early ds-seen refused", early_ds_seen, 500),
	KIND("clock jumps", clock_jumps, 500),
	KIND("outages", outages, 500),
	KIND("zones gone insecure", unsigned_, 500),
	KIND("zones to another policy", policy_moves, 500),
	KIND("sizes and repositories changed", resized, 500),
	KIND("manual rollovers", manual, 500),
	KIND("backups", backups, 500),
	KIND("ds-seen --no-retire", no_retire, 500),
	KIND("switches that waited for another zone", blocked, 500),
	KIND("refusals", refused, 500),
	KIND("keys purged", purged, 500),
	KIND("passes before the wake-up", idle, 500),
};

static void
check_kinds(const struct coverage *c, long years)
{
	const struct kind *k;
	uint64_t n, least;
	size_t i;

	for (i = 0; i < sizeof(kinds) / sizeof(*kinds); i++) {
		k = &kinds[i];
		n = *(const uint64_t *)((const char *)c + k->at);
		least = k->least * (uint64_t)years / 10000;
		ok(n >= least, "%s: %" PRIu64 ", at least %" PRIu64, k->name, n,
		    least);
	}
}

static void
run_years(long years)
{
	struct universe_setup setup = { .seconds = UNIVERSE };
	struct coverage c = { 0 };
	char why[256] = "";
	bool good = true;

	for (setup.seed = 1; good && c.seconds < years * YEAR; setup.seed++) {
		setup.eager = setup.seed % 4 == 0;
		good = universe_run(&setup, &c, why);
	}
	ok(good, "a chain from every DS to every signature, for %ld years",
	    years);
	if (!good)
		printf("# %s\n", why);
	show(&c);
	check_kinds(&c, years);
}

/* Every wait that safety rests on: without its last tenth something breaks. */
static void
cut(enum interval interval)
{
	int scale[INTERVALS], i;
	struct universe_setup setup = { .seconds = UNIVERSE, .scale = scale,
		.eager = true };
	struct coverage c = { 0 };
	char why[256] = "";
	bool good = true;

	for (i = 0; i < INTERVALS; i++)
		scale[i] = 1000;
	scale[interval] = 900;
	for (setup.seed = 1; good && c.seconds < CUT_YEARS * YEAR;
	    setup.seed++)
		good = universe_run(&setup, &c, why);
	ok(!good, "%s cut by a tenth breaks a chain",
	    engine_interval_name(interval));
	printf("# after %" PRId64 " years: %s\n", c.seconds / YEAR, why);
}

/* And the worlds that find it are good with whole intervals. */
static void
whole(void)
{
	struct universe_setup setup = { .seconds = UNIVERSE, .eager = true };
	struct coverage c = { 0 };
	char why[256] = "";
	bool good = true;

	for (setup.seed = 1; good && setup.seed <= 60; setup.seed++)
		good = universe_run(&setup, &c, why);
	ok(good, "no chain breaks with whole intervals");
	if (!good)
		printf("# %s\n", why);
}

/* Universes that found something, in 2,099 others before. */
static void
found(void)
{
	static const uint64_t seeds[] = { 2099 };
	struct universe_setup setup = { .seconds = UNIVERSE };
	struct coverage c = { 0 };
	char why[256] = "";

	for (size_t i = 0; i < sizeof(seeds) / sizeof(*seeds); i++) {
		setup.seed = seeds[i];
		ok(universe_run(&setup, &c, why), "seed %" PRIu64, seeds[i]);
		if (why[0] != '\0')
			printf("# %s\n", why);
	}
}

static int
one(const char *seed, bool eager)
{
	struct universe_setup setup = { .seconds = UNIVERSE, .trace = true,
		.eager = eager, .seed = strtoull(seed, NULL, 10) };
	struct coverage c = { 0 };
	char why[256];
	bool good = universe_run(&setup, &c, why);

	printf("%s\n", good ? "good" : why);
	return !good;
}

int
main(int argc, char **argv)
{
	static const enum interval safety[] = {
		INTERVAL_ZSK_PUBLISH,
		INTERVAL_ZSK_RETIRE,
		INTERVAL_KSK_PUBLISH,
		INTERVAL_FIRST_KSK,
		INTERVAL_KSK_RETIRE,
		INTERVAL_DS_PUBLISH,
		INTERVAL_KEYPUBLISH,
		INTERVAL_ALGORITHM_SIGNATURES,
		INTERVAL_ALGORITHM_DS,
		INTERVAL_ALGORITHM_DNSKEY,
		INTERVAL_UNSIGN,
	};
	size_t i;

	if (argc == 3)
		return one(argv[2], strcmp(argv[1], "eager") == 0);
	run_years(argc > 1 ? strtol(argv[1], NULL, 10) : 300);
	whole();
	found();
	for (i = 0; i < sizeof(safety) / sizeof(*safety); i++)
		cut(safety[i]);
	return done();
}
