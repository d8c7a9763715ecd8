/*
 * NOTIFY messages from anybody through lib/notify: notify [SECONDS [SEED]].
 * Made, signed or not, mutated, signed again or not; what comes back must be a
 * message, fit the verdict, and say "signed" only where a key is known.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "dnsmsg.h"
#include "notify.h"
#include "tsig.h"

static const uint8_t zone[] = "\7example";
static uint64_t state;

static uint32_t
rnd(uint32_t below)
{
	state = state * UINT64_C(6364136223846793005) + 1442695040888963407U;
	return (uint32_t)((state >> 33) % below);
}

static long
find(const void *ctx, const knot_dname_t *name)
{
	(void)ctx;
	/* every octet of what the parser calls a name is looked at */
	return knot_dname_size(name) % 2 == 1 ? 1 : -1;
}

static size_t
make(uint8_t *wire)
{
	static const uint8_t opt[] = { 0, 0, 41, 4, 0xd0, 0, 0, 0, 0, 0, 0 };
	const uint32_t serial = rnd(9);
	size_t len = dnsmsg_notify(wire, (uint16_t)rnd(65536), zone,
	    rnd(2) == 0 ? &serial : NULL);

	if (rnd(3) == 0) {
		memcpy(wire + len, opt, sizeof(opt));
		len += sizeof(opt);
		knot_wire_add_arcount(wire, 1);
	}
	return len;
}

static size_t
mutate(uint8_t *wire, size_t len)
{
	for (unsigned n = rnd(6); n > 0 && len > 1; n--) {
		const size_t at = rnd((uint32_t)len);

		switch (rnd(6)) {
		case 0:
			wire[at] ^= (uint8_t)(1 << rnd(8));
			break;
		case 1:
			wire[at] = (uint8_t)rnd(256);
			break;
		case 2:
			wire[at] = rnd(2) ? 0xc0 : 0;
			break;
		case 3:
			len = at + 1;
			break;
		case 4: /* the counts */
			wire[4 + rnd(8)] = (uint8_t)rnd(3);
			break;
		default: /* twice the same octets */
			if (len + 11 > NOTIFY_MESSAGE_MAX)
				break;
			memmove(wire + at + 11, wire + at, len - at);
			len += 11;
			break;
		}
	}
	return len;
}

static void
sign(uint8_t *wire, size_t *len, const knot_tsig_key_t *key)
{
	uint8_t mac[64];
	size_t mac_len = sizeof(mac);

	if (*len >= KNOT_WIRE_HEADER_SIZE)
		(void)knot_tsig_sign(wire, len, NOTIFY_MESSAGE_MAX, NULL, 0,
		    mac, &mac_len, key, 0, 0);
}

static void
check_reply(const struct notify_taken *t, enum notify_verdict verdict)
{
	knot_pkt_t *pkt;

	if ((verdict == NOTIFY_ACCEPTED) != (t->zone != -1) ||
	    t->reply_len > NOTIFY_REPLY_MAX ||
	    (verdict == NOTIFY_IGNORED && t->reply_len != 0))
		abort();
	if (t->reply_len == 0)
		return;
	pkt = knot_pkt_new((uint8_t *)(uintptr_t)t->reply,
	    (uint16_t)t->reply_len, NULL);
	if (pkt == NULL)
		abort();
	pkt->size = t->reply_len;
	if (knot_pkt_parse(pkt, 0) != KNOT_EOK || !knot_wire_get_qr(t->reply))
		abort();
	knot_pkt_free(pkt);
}

static enum notify_verdict
one(struct pool *pool, const knot_tsig_key_t *key,
    const knot_tsig_key_t *wrong)
{
	const struct notify_rules rules = { rnd(5) == 0 ? NULL : key,
		rnd(2) == 0, find, NULL };
	enum notify_verdict verdict;
	struct notify_taken taken;
	uint8_t wire[NOTIFY_MESSAGE_MAX + 64], *copy;
	size_t len = make(wire);

	if (rnd(2) == 0)
		sign(wire, &len, rnd(4) == 0 ? wrong : key);
	if (rnd(4) != 0)
		len = mutate(wire, len);
	if (rnd(2) == 0)
		sign(wire, &len, key);
	/* on the heap and no longer than it is: ASan sees overruns */
	if ((copy = malloc(len)) == NULL)
		abort();
	memcpy(copy, wire, len);
	verdict = notify_take(&rules, pool, copy, len, &taken);
	check_reply(&taken, verdict);
	if (rules.key == NULL && taken.signed_by_key)
		abort();
	free(copy);
	return verdict;
}

int
main(int argc, char **argv)
{
	const time_t until = time(NULL) + (argc > 1 ? atoi(argv[1]) : 5);
	struct pool *pool = pool_new();
	uint64_t runs = 0, verdicts[3] = { 0 };
	knot_tsig_key_t key, wrong;
	struct diag d;

	state = argc > 2 ? strtoull(argv[2], NULL, 10) : (uint64_t)time(NULL);
	printf("notify: seed %llu\n", (unsigned long long)state);
	if (pool == NULL ||
	    tsig_key_set(&key, "key.", "hmac-sha256", "c2VjcmV0", &d) == -1 ||
	    tsig_key_set(&wrong, "key.", "hmac-sha256", "d3Jvbmc=", &d) == -1)
		return 1;
	while (time(NULL) < until)
		for (int i = 0; i < 1000; i++, runs++)
			verdicts[one(pool, &key, &wrong)]++;
	printf("notify: %llu messages, %llu ignored, %llu refused, "
	       "%llu accepted, nothing found\n",
	    (unsigned long long)runs,
	    (unsigned long long)verdicts[NOTIFY_IGNORED],
	    (unsigned long long)verdicts[NOTIFY_REFUSED],
	    (unsigned long long)verdicts[NOTIFY_ACCEPTED]);
	pool_free(pool);
	tsig_key_free(&key);
	tsig_key_free(&wrong);
	return 0;
}
