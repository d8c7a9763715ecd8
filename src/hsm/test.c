/* hsmutil test: can this store do what signing needs? */
#include <stdio.h>
#include <string.h>

#include "hsmutil.h"

/* Made, used with every algorithm it serves, removed. */
static const struct {
	enum key_kind kind;
	unsigned bits;
	unsigned algorithm[5]; /* ended by 0 */
	bool optional;	       /* not every token has it */
} trials[] = {
	{ KEY_RSA, 1024, { 5, 7, 8, 10 }, false },
	{ KEY_RSA, 2048, { 5, 7, 8, 10 }, false },
	{ KEY_RSA, 4096, { 8, 10 }, false },
	{ KEY_P256, 256, { 13 }, false },
	{ KEY_P384, 384, { 14 }, false },
	{ KEY_ED25519, 256, { 15 }, true },
	{ KEY_ED448, 456, { 16 }, true },
};

struct tally {
	unsigned failed;
};

static void
result(struct hsmutil *h, struct tally *t, const char *what, const char *type,
    int rc, const struct diag *d)
{
	if (rc == 0)
		stream_printf(h->out, "%s %s: OK\n", what, type);
	else
		stream_printf(h->out, "%s %s: failed: %s\n", what, type,
		    d->text);
	t->failed += rc != 0;
}

static void
try_algorithm(struct hsmutil *h, struct keystore *ks, struct tally *t,
    const uint8_t *id, size_t id_size, unsigned number, const char *type)
{
	const struct key_query query = { .id = id, .id_size = id_size,
		.algorithm = number };
	const struct algorithm *alg = algorithm_by_number(number);
	struct diag d = { STATUS_OK, "" };
	const uint8_t *pub;
	struct key *key;
	char what[64];
	size_t size;
	int rc;

	rc = keystore_find(ks, &query, &key, &d);
	if (rc == 0) {
		pub = key_public(key, &size);
		/* Signs a nonce, and OpenSSL verifies it. */
		rc = key_prove(key, pub, size, &d);
	}
	(void)snprintf(what, sizeof(what), "  sign (%s) with key",
	    alg->mnemonic);
	result(h, t, what, type, rc, &d);
}

static void
try_kind(struct hsmutil *h, struct keystore *ks, struct tally *t, size_t n)
{
	const struct key_spec spec = { .kind = trials[n].kind,
		.bits = trials[n].bits, .label = "hsmutil test" };
	struct diag d = { STATUS_OK, "" };
	uint8_t id[KEY_ID_MAX];
	char type[32];
	size_t size;
	int rc;

	hsmutil_type(trials[n].kind, trials[n].bits, type);
	rc = keystore_generate(ks, &spec, id, &size, &d);
	if (rc == -1 && trials[n].optional) {
		stream_printf(h->out, "generate %s: not in this store\n",
		    type);
		return;
	}
	result(h, t, "generate", type, rc, &d);
	if (rc == -1)
		return;
	for (const unsigned *a = trials[n].algorithm; *a != 0; a++)
		try_algorithm(h, ks, t, id, size, *a, type);
	rc = keystore_remove(ks, id, size, &d);
	result(h, t, "  remove", type, rc, &d);
}

/*
 * Not a proof of randomness: two draws must differ, and a bit that never
 * changes in 8,192 draws is stuck.
 */
static int
try_random(struct keystore *ks, struct diag *d)
{
	uint8_t a[1024], b[1024], any = 0, all = 0xff;

	if (keystore_random(ks, a, sizeof(a), d) == -1 ||
	    keystore_random(ks, b, sizeof(b), d) == -1)
		return -1;
	for (size_t i = 0; i < sizeof(a); i++) {
		any |= a[i];
		all &= a[i];
	}
	if (memcmp(a, b, sizeof(a)) == 0 || any != 0xff || all != 0)
		return diag_set(d, STATUS_BAD, "they are not random");
	return 0;
}

static int
test_store(struct hsmutil *h, const struct repository *r, struct tally *t,
    struct diag *d)
{
	struct keystore *ks;

	if (keystore_open(&ks, r, d) == -1)
		return -1;
	stream_printf(h->out, "Testing repository: %s\n", r->name);
	for (size_t n = 0; n < sizeof(trials) / sizeof(trials[0]); n++)
		try_kind(h, ks, t, n);
	result(h, t, "random", "numbers", try_random(ks, d), d);
	keystore_close(ks);
	return 0;
}

int
verb_test(struct hsmutil *h, int argc, char **argv, struct diag *d)
{
	const struct repository *r =
	    stores_named(&h->list, argc == 1 ? argv[0] : NULL, d);
	struct tally t = { 0 };

	if (r == NULL || test_store(h, r, &t, d) == -1)
		return -1;
	if (t.failed > 0)
		return diag_set(d, STATUS_BAD, "%s: %u tests failed", r->name,
		    t.failed);
	return 0;
}
