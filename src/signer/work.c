#include <stdlib.h>
#include <string.h>

#include "digest.h"
#include "name.h"
#include "rrsig.h"
#include "rrtype.h"
#include "sigverify.h"
#include "wire.h"
#include "work.h"

/*
 * One signature to make.  Key stores make many at once in less time
 * (key_batch()), so that a batch is gone through twice: to find what is to be
 * signed, and to write the lines.
 */
struct making {
	uint8_t key;	/* index of the zone's keys */
	bool done;
	uint32_t at;	/* in the octets: the digest, then the signature */
	uint16_t len;	/* of the signature */
};

struct work {
	struct keyring *ring;
	struct wire *wire;
	struct zone_request zone;
	uint8_t signer[NAME_WIRE_MAX];
	size_t signer_len;
	struct sigverify *verifier[ZONE_KEYS_MAX]; /* made when needed */
	struct text proven; /* an octet a key of the ring: 1 in this run */

	/* Of the batch: */
	struct making *making;
	size_t count, room, written;
	struct text octets;
	struct text good; /* an octet a kept signature: 1 if it verifies */
	size_t good_read;
};

int
work_new(struct work **out, struct keyring *ring, struct diag *d)
{
	struct work *w = calloc(1, sizeof(*w));

	if (w == NULL)
		return diag_system(d, "signing process");
	w->ring = ring;
	if (wire_new(&w->wire, d) == -1) {
		free(w);
		return -1;
	}
	*out = w;
	return 0;
}

static void
forget_verifiers(struct work *w)
{
	for (size_t i = 0; i < ZONE_KEYS_MAX; i++) {
		sigverify_free(w->verifier[i]);
		w->verifier[i] = NULL;
	}
}

void
work_free(struct work *w)
{
	if (w == NULL)
		return;
	forget_verifiers(w);
	wire_free(w->wire);
	free(w->making);
	text_free(&w->octets);
	text_free(&w->good);
	text_free(&w->proven);
	free(w);
}

static struct key *
key_of(const struct work *w, uint8_t index)
{
	return keyring_key(w->ring, w->zone.keys.key[index].ring);
}

/*
 * Once a run: zones that share a key share the proof, if they publish the
 * same public half, which is that of the key store.
 */
static int
prove(struct work *w, uint8_t index, struct diag *d)
{
	const struct zone_key *k = &w->zone.keys.key[index];
	struct key *key = key_of(w, index);
	size_t size;
	const uint8_t *pub = key_public(key, &size);
	const bool same = size == k->pub_size && memcmp(pub, k->pub, size) == 0;

	while (w->proven.len <= k->ring)
		if (text_append(&w->proven, "", 1, d) == -1)
			return -1;
	if (same && w->proven.bytes[k->ring] == 1)
		return 0;
	if (key_prove(key, k->pub, k->pub_size, d) == -1)
		return diag_prefix(d, "key with tag %u", k->tag);
	w->proven.bytes[k->ring] = (char)same;
	return 0;
}

void
work_forget(struct work *w, size_t count)
{
	if (w->proven.len > count)
		w->proven.len = count;
}

int
work_zone(struct work *w, const struct zone_request *zone, struct diag *d)
{
	int len;

	forget_verifiers(w);
	w->zone = *zone;
	len = name_from_text(w->zone.name, strlen(w->zone.name), w->signer);
	if (len == -1)
		return diag_set(d, STATUS_BAD, "not a domain name");
	w->signer_len = (size_t)len;
	for (uint8_t i = 0; i < w->zone.keys.count; i++)
		if (w->zone.keys.key[i].ring != NO_RING && prove(w, i, d) == -1)
			return -1;
	return 0;
}

/* 1: the signature is good, 0: it is not, -1. */
static int
verify(struct work *w, uint8_t index, const void *data, size_t len,
    const uint8_t *sig, size_t sig_len, struct diag *d)
{
	const struct zone_key *k = &w->zone.keys.key[index];

	if (w->verifier[index] == NULL &&
	    sigverify_new(&w->verifier[index],
		algorithm_by_number(k->algorithm), k->pub, k->pub_size,
		d) == -1)
		return -1;
	return sigverify_check(w->verifier[index], data, len, sig, sig_len, d);
}

/* What a new signature of the item by that key says of itself. */
static struct signing
signing_of(const struct work *w, const struct item *head, uint8_t index)
{
	const struct zone_key *k = &w->zone.keys.key[index];

	return (struct signing){ k->tag, k->algorithm, head->inception,
		head->expiration, w->signer, w->signer_len };
}

/* --- the first time through: what is to be signed ------------------------- */

static struct making *
add_making(struct work *w, uint8_t key, struct diag *d)
{
	struct making *m;

	if (w->count == w->room) {
		const size_t room = w->room * 2 + 64;

		if ((m = realloc(w->making, room * sizeof(*m))) == NULL) {
			diag_system(d, "signing process");
			return NULL;
		}
		w->making = m;
		w->room = room;
	}
	m = &w->making[w->count++];
	*m = (struct making){ .key = key, .at = (uint32_t)w->octets.len };
	return m;
}

/* Sign the set that the wire holds now, or keep its digest for later. */
static int
want_signature(struct work *w, const struct item *head, uint8_t index,
    struct diag *d)
{
	const struct signing s = signing_of(w, head, index);
	struct key *key = key_of(w, index);
	struct making *m = add_making(w, index, d);
	uint8_t sig[KEY_SIGNATURE_MAX] = { 0 };
	const uint8_t *data;
	size_t len;

	if (m == NULL || wire_tbs(w->wire, &s, &data, &len, d) == -1)
		return -1;
	m->len = (uint16_t)key_signature_size(key);
	m->done = key_batch(key) == 1;
	if (m->done) {
		if (key_sign(key, data, len, sig, d) == -1)
			return -1;
	} else {
		(void)key_hash(key, data, len, sig);
	}
	return text_append(&w->octets, sig, m->len, d);
}

/* One kept signature: 1 if it verifies, 0 if not. */
static int
check_kept(struct work *w, uint8_t index, const char *line, size_t len,
    struct diag *d)
{
	struct zonetext_record rec;
	struct rrsig rrsig;
	struct signing s;
	uint8_t sig[KEY_SIGNATURE_MAX];
	const uint8_t *data;
	size_t tbs_len;
	int sig_len;

	if (zonetext_split(line, len, &rec, d) == -1 ||
	    rrsig_split(rec.rdata, rec.rdata_len, &rrsig, d) == -1)
		return -1;
	s = (struct signing){ rrsig.tag, rrsig.algorithm, rrsig.inception,
		rrsig.expiration, w->signer, w->signer_len };
	sig_len = wire_signature(rrsig.signature, rrsig.signature_len, sig,
	    sizeof(sig));
	if (sig_len == -1)
		return 0;
	if (wire_tbs(w->wire, &s, &data, &tbs_len, d) == -1)
		return -1;
	return verify(w, index, data, tbs_len, sig, (size_t)sig_len, d);
}

static int
find_work(struct work *w, const struct item *head, const char *text,
    const char *sigs, struct diag *d)
{
	const char *end = sigs + head->sigs_len;

	if (head->sign_count == 0 && head->check_count == 0)
		return 0;
	if (wire_rrset(w->wire, head, text, d) == -1)
		return -1;
	for (uint8_t i = 0; i < head->check_count; i++) {
		const char *newline = memchr(sigs, '\n', (size_t)(end - sigs));
		const int good = check_kept(w, head->check[i].key, sigs,
		    (size_t)(newline - sigs), d);

		if (good == 0 && w->zone.keys.key[head->check[i].fallback].ring ==
			NO_RING)
			return diag_set(d, STATUS_BAD,
			    "the signature by the KSK that is lost does not "
			    "verify, and no KSK is there to sign anew");
		if (good == -1 ||
		    text_append(&w->good, (char[]){ (char)good }, 1, d) == -1 ||
		    (good == 0 && want_signature(w, head,
			head->check[i].fallback, d) == -1))
			return -1;
		sigs = newline + 1;
	}
	for (uint8_t i = 0; i < head->sign_count; i++)
		if (want_signature(w, head, head->sign[i], d) == -1)
			return -1;
	return 0;
}

/* --- between: many at once ------------------------------------------------ */

#define AT_ONCE_MAX 64

/* Make n signatures of one key, whose digests wait in the octets. */
static int
sign_at_once(struct work *w, struct making **list, size_t n, struct diag *d)
{
	struct key *key = key_of(w, list[0]->key);
	const size_t size = list[0]->len;
	const size_t hash = digest_size(key_algorithm(key)->digest);
	uint8_t digests[AT_ONCE_MAX * KEY_HASH_MAX];
	uint8_t sigs[AT_ONCE_MAX * KEY_SIGNATURE_MAX];

	for (size_t i = 0; i < n; i++)
		memcpy(digests + i * hash, w->octets.bytes + list[i]->at, hash);
	if (key_sign_hashes(key, digests, n, sigs, d) == -1)
		return -1;
	for (size_t i = 0; i < n; i++) {
		memcpy(w->octets.bytes + list[i]->at, sigs + i * size, size);
		list[i]->done = true;
	}
	return 0;
}

static int
sign_all(struct work *w, struct diag *d)
{
	struct making *list[AT_ONCE_MAX];

	for (uint8_t key = 0; key < w->zone.keys.count; key++) {
		size_t most, n = 0;

		if (w->zone.keys.key[key].ring == NO_RING)
			continue;
		most = key_batch(key_of(w, key));
		if (most > AT_ONCE_MAX)
			most = AT_ONCE_MAX;
		for (size_t i = 0; i < w->count; i++) {
			if (w->making[i].key != key || w->making[i].done)
				continue;
			list[n++] = &w->making[i];
			if (n < most)
				continue;
			if (sign_at_once(w, list, n, d) == -1)
				return -1;
			n = 0;
		}
		if (n > 0 && sign_at_once(w, list, n, d) == -1)
			return -1;
	}
	return 0;
}

/* --- the second time: the lines ------------------------------------------- */

/* The signature that comes next, verified unless an audit follows. */
static int
write_signature(struct work *w, const struct item *head, const char *text,
    struct text *lines, struct outcome *o, struct diag *d)
{
	const struct making *m = &w->making[w->written++];
	const uint8_t *sig = (uint8_t *)w->octets.bytes + m->at;
	const struct signing s = signing_of(w, head, m->key);
	const uint8_t *data;
	size_t len;

	if (w->zone.verify) {
		int good;

		if (wire_rrset(w->wire, head, text, d) == -1 ||
		    wire_tbs(w->wire, &s, &data, &len, d) == -1 ||
		    (good = verify(w, m->key, data, len, sig, m->len, d)) == -1)
			return -1;
		if (good == 0)
			return diag_set(d, STATUS_SYSTEM,
			    "key with tag %u made a signature that does not "
			    "verify: the key store is broken",
			    s.tag);
	}
	o->made++;
	o->records++;
	outcome_signature(o, m->key, head->type);
	outcome_expiration(o, head->type, head->expiration);
	return wire_rrsig_line(head, text, &s, w->zone.name, sig, m->len,
	    lines, d);
}

/* Kept signatures that were checked: the good ones, or what replaces them. */
static int
write_checked(struct work *w, const struct item *head, const char *text,
    const char *sigs, struct text *lines, struct outcome *o, struct diag *d)
{
	const char *end = sigs + head->sigs_len;

	for (uint8_t i = 0; i < head->check_count; i++) {
		const char *newline = memchr(sigs, '\n', (size_t)(end - sigs));
		const size_t len = (size_t)(newline - sigs) + 1;

		if (w->good.bytes[w->good_read++] == 0) {
			if (write_signature(w, head, text, lines, o, d) == -1)
				return -1;
		} else {
			o->kept++;
			o->records++;
			outcome_signature(o, head->check[i].key, head->type);
			outcome_expiration(o, head->type, head->earliest);
			if (text_append(lines, sigs, len, d) == -1)
				return -1;
		}
		sigs = newline + 1;
	}
	return 0;
}

static int
write_item(struct work *w, const struct item *head, const char *text,
    const char *sigs, struct text *lines, struct outcome *o, struct diag *d)
{
	if (text_append(lines, text, head->text_len, d) == -1)
		return -1;
	outcome_count(o, head);
	if ((head->check_count == 0 ?
		    text_append(lines, sigs, head->sigs_len, d) :
		    write_checked(w, head, text, sigs, lines, o, d)) == -1)
		return -1;
	for (uint8_t i = 0; i < head->sign_count; i++)
		if (write_signature(w, head, text, lines, o, d) == -1)
			return -1;
	return 0;
}

static int
place(const struct item *head, const char *text, struct diag *d)
{
	char type[RRTYPE_TEXT_MAX];

	return diag_prefix(d, "%.*s %s", (int)head->owner_len, text,
	    rrtype_name(head->type, type));
}

int
work_batch(struct work *w, const char *bytes, size_t len, struct text *lines,
    struct outcome *o, struct diag *d)
{
	struct batch_walk walk = { bytes, len };
	const char *text, *sigs;
	struct item head;

	lines->len = w->octets.len = w->good.len = 0;
	w->count = w->written = w->good_read = 0;
	while (batch_next(&walk, &head, &text, &sigs))
		if (find_work(w, &head, text, sigs, d) == -1)
			return place(&head, text, d);
	if (sign_all(w, d) == -1)
		return -1;
	walk = (struct batch_walk){ bytes, len };
	while (batch_next(&walk, &head, &text, &sigs))
		if (write_item(w, &head, text, sigs, lines, o, d) == -1)
			return place(&head, text, d);
	return 0;
}
