/* hsmutil dnskey: the DNSKEY or DS records of a key. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "base64.h"
#include "hsmutil.h"
#include "keyring.h"
#include "name.h"
#include "number.h"
#include "report.h"

struct wanted {
	uint8_t owner[NAME_WIRE_MAX];
	size_t owner_len;
	char owner_text[NAME_TEXT_MAX];
	uint16_t flags;
	unsigned algorithm; /* 0: what the key suggests */
};

/* --- options ------------------------------------------------------------- */

static int
parse_owner(const char *text, struct wanted *w, struct diag *d)
{
	char absolute[NAME_TEXT_MAX + 1];
	size_t len = strlen(text);
	int n;

	/* On a command line, a missing final dot is added. */
	if (len == 0 || len >= NAME_TEXT_MAX)
		return diag_set(d, STATUS_USAGE, "not a domain name");
	memcpy(absolute, text, len + 1);
	if ((n = name_from_text(absolute, len, w->owner)) == -1) {
		memcpy(absolute + len, ".", 2);
		n = name_from_text(absolute, len + 1, w->owner);
	}
	if (n == -1)
		return diag_set(d, STATUS_USAGE,
		    "'%s': not a domain name (RFC 1035 §5.1)", text);
	w->owner_len = (size_t)n;
	name_lower(w->owner);
	name_to_text(w->owner, true, w->owner_text);
	return 0;
}

/* KSK, ZSK, 257, 256 or any other number; TYPE operand or --flags. */
static int
parse_flags(const char *text, uint16_t *flags, struct diag *d)
{
	if (strcasecmp(text, "ksk") == 0)
		*flags = DNSKEY_ZONE | DNSKEY_SEP;
	else if (strcasecmp(text, "zsk") == 0)
		*flags = DNSKEY_ZONE;
	else if (number_u16(text, strlen(text), UINT16_MAX, flags) == -1)
		return diag_set(d, STATUS_USAGE,
		    "'%s': flags are KSK, ZSK or a number", text);
	if ((*flags & DNSKEY_ZONE) == 0)
		report_warn("flags %u: without the Zone Key bit this key must "
		    "not sign a zone (RFC 4034 §2.1.1)", *flags);
	return 0;
}

static int
parse_algorithm(const char *text, unsigned *number, struct diag *d)
{
	const struct algorithm *alg = algorithm_by_text(text, strlen(text));

	if (alg == NULL)
		return diag_set(d, STATUS_USAGE,
		    "no algorithm '%s': 5 7 8 10 13 14 15 16 or a mnemonic",
		    text);
	*number = alg->number;
	return 0;
}

static int
parse(const struct hsmutil *h, int argc, char **argv, struct wanted *w,
    struct diag *d)
{
	const char *flags = argc > 2 ? argv[2] : h->flags;
	const char *algorithm = argc > 3 ? argv[3] : h->algorithm;

	memset(w, 0, sizeof(*w));
	w->flags = h->ksk ? DNSKEY_ZONE | DNSKEY_SEP : DNSKEY_ZONE;
	if (flags != NULL && h->ksk)
		return diag_set(d, STATUS_USAGE,
		    "--ksk excludes other flags; try --help");
	if (h->ttl > INT32_MAX)
		return diag_set(d, STATUS_USAGE,
		    "--ttl: above 2^31-1 (RFC 2181 §8)");
	if (parse_owner(argv[1], w, d) == -1)
		return -1;
	if (flags != NULL && parse_flags(flags, &w->flags, d) == -1)
		return -1;
	return algorithm == NULL ? 0 : parse_algorithm(algorithm,
					   &w->algorithm, d);
}

/* --- records ------------------------------------------------------------- */

static void
put_dnskey(struct hsmutil *h, const struct wanted *w, const struct key *key,
    const uint8_t *rdata, size_t len)
{
	char text[BASE64_TEXT_SIZE(DNSKEY_PUBLIC_MAX)];

	base64_encode(rdata + 4, len - 4, text);
	stream_printf(h->out,
	    "%s\t%lld\tIN\tDNSKEY\t%u 3 %u %s ;{id = %u (%s), size = %ub}\n",
	    w->owner_text, (long long)h->ttl, w->flags,
	    key_algorithm(key)->number, text, dnskey_tag(rdata, len),
	    w->flags & DNSKEY_SEP ? "ksk" : "zsk", key_bits(key));
}

static int
put_ds(struct hsmutil *h, const struct wanted *w, const char *digest_text,
    const uint8_t *rdata, size_t len, struct diag *d)
{
	uint8_t ds[DS_RDATA_MAX];
	uint16_t digest;
	size_t n;

	if (number_u16(digest_text, strlen(digest_text), UINT8_MAX,
		&digest) == -1)
		return diag_set(d, STATUS_USAGE,
		    "--ds '%s': not one of 1, 2, 4", digest_text);
	if (dnskey_ds(w->owner, w->owner_len, rdata, len, (uint8_t)digest, ds,
		&n, d) == -1)
		return -1;
	if (digest == DS_SHA1)
		report_warn("DS with SHA-1: parents may refuse it "
		    "(RFC 8624 §3.3)");
	stream_printf(h->out, "%s\t%lld\tIN\tDS\t%u %u %u ", w->owner_text,
	    (long long)h->ttl, (unsigned)ds[0] << 8 | ds[1], ds[2], ds[3]);
	for (size_t i = 4; i < n; i++)
		stream_printf(h->out, "%02X", ds[i]);
	stream_puts(h->out, "\n");
	return 0;
}

static int
put_records(struct hsmutil *h, const struct wanted *w, struct key *key,
    struct diag *d)
{
	uint8_t rdata[DNSKEY_RDATA_MAX];
	const struct algorithm *alg = key_algorithm(key);
	size_t size, len;
	const uint8_t *pub = key_public(key, &size);

	/* A DNSKEY whose private key does not fit breaks the zone. */
	if (key_prove(key, pub, size, d) == -1)
		return -1;
	if (alg->status == ALGORITHM_OLD)
		report_warn("algorithm %u (%s): SHA-1 is no longer safe "
		    "(RFC 8624 §3.1)", alg->number, alg->mnemonic);
	len = dnskey_rdata(w->flags, alg->number, pub, size, rdata);
	if (h->ds.count == 0)
		put_dnskey(h, w, key, rdata, len);
	for (size_t i = 0; i < h->ds.count; i++)
		if (put_ds(h, w, h->ds.item[i], rdata, len, d) == -1)
			return -1;
	return 0;
}

/* --- the key ------------------------------------------------------------- */

static int
by_id(struct hsmutil *h, const char *text, const struct wanted *w,
    struct diag *d)
{
	uint8_t id[KEY_ID_MAX];
	struct key_query query = { .id = id, .algorithm = w->algorithm };
	struct keystore *ks;
	struct key *key;
	int rc = -1;

	if (hsmutil_id(text, id, &query.id_size, d) == -1 ||
	    stores_select(&h->list, &h->stores, d) == -1 ||
	    stores_holding(&ks, &h->list, id, query.id_size, d) == -1)
		return -1;
	if (keystore_find(ks, &query, &key, d) == 0)
		rc = put_records(h, w, key, d);
	keystore_close(ks);
	return rc;
}

static int
by_uri(struct hsmutil *h, const char *text, const struct wanted *w,
    struct diag *d)
{
	struct keyring *ring;
	struct key *key;
	char *full = NULL;
	size_t index;
	int rc = -1;

	if (keyring_new(&ring, h->stores.pin_file, d) == -1)
		return -1;
	/* -a stands for the ALG: that the text leaves out. */
	if (w->algorithm != 0 && (strncasecmp(text, "file:", 5) == 0 ||
				     strncasecmp(text, "pkcs11:", 7) == 0)) {
		if (asprintf(&full, "%u:%s", w->algorithm, text) == -1) {
			full = NULL;
			diag_system(d, "key");
			goto out;
		}
		text = full;
	}
	if (keyring_want(ring, text, &index, d) == -1 ||
	    keyring_open(ring, d) == -1)
		goto out;
	key = keyring_key(ring, index);
	if (w->algorithm != 0 && key_algorithm(key)->number != w->algorithm)
		diag_set(d, STATUS_USAGE, "key %s: and algorithm %u: which?",
		    text, w->algorithm);
	else
		rc = put_records(h, w, key, d);
out:
	free(full);
	keyring_free(ring);
	return rc;
}

int
verb_dnskey(struct hsmutil *h, int argc, char **argv, struct diag *d)
{
	struct wanted w;

	if (parse(h, argc, argv, &w, d) == -1)
		return -1;
	return strchr(argv[0], ':') != NULL ? by_uri(h, argv[0], &w, d)
					    : by_id(h, argv[0], &w, d);
}
