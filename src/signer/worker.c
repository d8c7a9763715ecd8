#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "name.h"
#include "report.h"
#include "rrsig.h"
#include "rrtype.h"
#include "sigverify.h"
#include "wire.h"
#include "worker.h"

struct worker {
	const struct worker_setup *setup;
	struct wire *wire;
	struct zone_request zone;
	uint8_t signer[NAME_WIRE_MAX];
	size_t signer_len;
	struct sigverify *verifier[ZONE_KEYS_MAX]; /* made when needed */
	struct text request, lines;
};

static int
read_full(int fd, void *to, size_t len)
{
	char *at = to;

	while (len > 0) {
		const ssize_t n = read(fd, at, len);

		if (n == -1 && errno == EINTR)
			continue;
		if (n <= 0)
			return -1;
		at += n;
		len -= (size_t)n;
	}
	return 0;
}

static int
write_full(int fd, const void *from, size_t len)
{
	const char *at = from;

	while (len > 0) {
		const ssize_t n = write(fd, at, len);

		if (n == -1 && errno == EINTR)
			continue;
		if (n == -1)
			return -1;
		at += n;
		len -= (size_t)n;
	}
	return 0;
}

static int
answer(struct worker *w, enum status status, const void *bytes, size_t len)
{
	const struct reply head = { status, (uint32_t)len };

	if (write_full(w->setup->socket, &head, sizeof(head)) == -1)
		return -1;
	return write_full(w->setup->socket, bytes, len);
}

static int
answer_diag(struct worker *w, const struct diag *d)
{
	return answer(w, d->status, d->text, strlen(d->text) + 1);
}

static int
do_want(struct worker *w)
{
	struct want want;
	struct diag d;
	size_t index;

	memcpy(&want, w->request.bytes, sizeof(want));
	if (keyring_want_id(w->setup->ring,
		&w->setup->repositories->item[want.repository], want.locator,
		want.algorithm, &index, &d) == -1)
		return answer_diag(w, &d);
	return answer(w, STATUS_OK, NULL, 0);
}

/* Open what is wanted, and tell the parent the public half of each key. */
static int
do_open(struct worker *w)
{
	const size_t count = keyring_count(w->setup->ring);
	struct key_fact *facts;
	struct diag d;
	int rc;

	if (keyring_open(w->setup->ring, &d) == -1)
		return answer_diag(w, &d);
	if ((facts = calloc(count + 1, sizeof(*facts))) == NULL) {
		diag_system(&d, "%zu keys", count);
		return answer_diag(w, &d);
	}
	for (size_t i = 0; i < count; i++) {
		const struct key *key = keyring_key(w->setup->ring, i);
		size_t size;
		const uint8_t *pub = key_public(key, &size);

		facts[i].algorithm = key_algorithm(key)->number;
		facts[i].pub_size = (uint32_t)size;
		memcpy(facts[i].pub, pub, size);
	}
	rc = answer(w, STATUS_OK, facts, count * sizeof(*facts));
	free(facts);
	return rc;
}

static void
forget_verifiers(struct worker *w)
{
	for (size_t i = 0; i < ZONE_KEYS_MAX; i++) {
		sigverify_free(w->verifier[i]);
		w->verifier[i] = NULL;
	}
}

static int
do_zone(struct worker *w)
{
	struct diag d;
	int len;

	forget_verifiers(w);
	memcpy(&w->zone, w->request.bytes, sizeof(w->zone));
	len = name_from_text(w->zone.name, strlen(w->zone.name), w->signer);
	if (len == -1) {
		diag_set(&d, STATUS_BAD, "not a domain name");
		return answer_diag(w, &d);
	}
	w->signer_len = (size_t)len;
	for (size_t i = 0; i < w->zone.keys.count; i++) {
		const struct zone_key *k = &w->zone.keys.key[i];

		if (k->ring != NO_RING &&
		    key_prove(keyring_key(w->setup->ring, k->ring), k->pub,
			k->pub_size, &d) == -1) {
			diag_prefix(&d, "key with tag %u", k->tag);
			return answer_diag(w, &d);
		}
	}
	return answer(w, STATUS_OK, NULL, 0);
}

/* 1: the signature is good, 0: it is not, -1. */
static int
verify(struct worker *w, uint8_t index, const void *data, size_t len,
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

static int
sign(struct worker *w, const struct item *head, uint8_t index,
    struct outcome *o, struct diag *d)
{
	const struct zone_key *k = &w->zone.keys.key[index];
	struct key *key = keyring_key(w->setup->ring, k->ring);
	const struct signing s = { k->tag, k->algorithm, head->inception,
		head->expiration, w->signer, w->signer_len };
	uint8_t sig[KEY_SIGNATURE_MAX];
	const size_t sig_len = key_signature_size(key);
	const uint8_t *data;
	size_t len;

	if (wire_tbs(w->wire, &s, &data, &len, d) == -1 ||
	    key_sign(key, data, len, sig, d) == -1)
		return -1;
	if (w->zone.verify) {
		const int good = verify(w, index, data, len, sig, sig_len, d);

		if (good == -1)
			return -1;
		if (good == 0)
			return diag_set(d, STATUS_SYSTEM,
			    "key with tag %u made a signature that does not "
			    "verify: the key store is broken",
			    k->tag);
	}
	o->made++;
	outcome_signature(o, index, head->type);
	outcome_expiration(o, head->expiration);
	return wire_rrsig_line(w->wire, &s, w->zone.name, sig, sig_len,
	    &w->lines, d);
}

/* One kept signature: 1 if it verifies, 0 if not. */
static int
check_kept(struct worker *w, uint8_t index, const char *line, size_t len,
    struct rrsig *rrsig, struct diag *d)
{
	struct zonetext_record rec;
	struct signing s;
	uint8_t sig[KEY_SIGNATURE_MAX + 3];
	const uint8_t *data;
	size_t tbs_len;
	int sig_len;

	if (zonetext_split(line, len, &rec, d) == -1 ||
	    rrsig_split(rec.rdata, rec.rdata_len, rrsig, d) == -1)
		return -1;
	s = (struct signing){ rrsig->tag, rrsig->algorithm, rrsig->inception,
		rrsig->expiration, w->signer, w->signer_len };
	sig_len = wire_signature(rrsig->signature, rrsig->signature_len, sig,
	    sizeof(sig));
	if (sig_len == -1)
		return 0;
	if (wire_tbs(w->wire, &s, &data, &tbs_len, d) == -1)
		return -1;
	return verify(w, index, data, tbs_len, sig, (size_t)sig_len, d);
}

/* Kept signatures that must verify; those that do not are made anew. */
static int
keep_checked(struct worker *w, const struct item *head, const char *sigs,
    struct outcome *o, struct diag *d)
{
	const char *end = sigs + head->sigs_len;

	for (uint8_t i = 0; i < head->check_count; i++) {
		const char *newline = memchr(sigs, '\n', (size_t)(end - sigs));
		const size_t len = (size_t)(newline - sigs);
		struct rrsig rrsig;
		int good = check_kept(w, head->check[i].key, sigs, len, &rrsig,
		    d);

		if (good == -1)
			return -1;
		if (good == 1) {
			o->kept++;
			outcome_signature(o, head->check[i].key, head->type);
			outcome_expiration(o, rrsig.expiration);
			if (text_append(&w->lines, sigs, len + 1, d) == -1)
				return -1;
		} else if (sign(w, head, head->check[i].fallback, o, d) == -1) {
			return -1;
		}
		o->records++;
		sigs = newline + 1;
	}
	return 0;
}

static int
do_item(struct worker *w, const struct item *head, const char *text,
    const char *sigs, struct outcome *o, struct diag *d)
{
	const bool work = head->sign_count > 0 || head->check_count > 0;

	if (text_append(&w->lines, text, head->text_len, d) == -1)
		return -1;
	if (work && wire_rrset(w->wire, head, text, d) == -1)
		return -1;
	outcome_count(o, head);
	if ((head->check_count == 0 ?
		    text_append(&w->lines, sigs, head->sigs_len, d) :
		    keep_checked(w, head, sigs, o, d)) == -1)
		return -1;
	for (uint8_t i = 0; i < head->sign_count; i++) {
		if (sign(w, head, head->sign[i], o, d) == -1)
			return -1;
		o->records++;
	}
	return 0;
}

static int
do_batch(struct worker *w)
{
	struct batch_walk walk = { w->request.bytes, w->request.len };
	struct outcome o = { 0 };
	struct item head;
	const char *text, *sigs;
	struct diag d;

	w->lines.len = 0;
	while (batch_next(&walk, &head, &text, &sigs)) {
		if (do_item(w, &head, text, sigs, &o, &d) == -1) {
			char type[RRTYPE_TEXT_MAX];

			diag_prefix(&d, "%.*s %s", (int)head.owner_len, text,
			    rrtype_name(head.type, type));
			w->lines.len = 0;
			if (text_append(&w->lines, d.text, strlen(d.text) + 1,
				&d) == -1)
				return -1;
			o.status = d.status;
			break;
		}
	}
	o.len = (uint32_t)w->lines.len;
	if (write_full(w->setup->socket, &o, sizeof(o)) == -1)
		return -1;
	return write_full(w->setup->socket, w->lines.bytes, w->lines.len);
}

static int
serve_one(struct worker *w, const struct request *r)
{
	switch (r->kind) {
	case REQUEST_WANT:
		return r->len == sizeof(struct want) ? do_want(w) : -1;
	case REQUEST_OPEN:
		return do_open(w);
	case REQUEST_ZONE:
		return r->len == sizeof(struct zone_request) ? do_zone(w) : -1;
	case REQUEST_BATCH:
		return do_batch(w);
	}
	return -1;
}

int
worker_run(const struct worker_setup *setup)
{
	struct worker w = { .setup = setup };
	struct request r;
	struct diag d;
	int status = STATUS_SYSTEM;

	if (wire_new(&w.wire, &d) == -1)
		goto out;
	status = STATUS_OK;
	while (read_full(setup->socket, &r, sizeof(r)) == 0) {
		w.request.len = 0;
		if (r.len > w.request.size &&
		    text_reserve(&w.request, r.len, &d) == -1) {
			status = report_diag(&d);
			break;
		}
		w.request.len = r.len;
		if (read_full(setup->socket, w.request.bytes, r.len) == -1 ||
		    serve_one(&w, &r) == -1) {
			/* The parent is gone: there is nobody to tell. */
			status = STATUS_SYSTEM;
			break;
		}
	}
out:
	forget_verifiers(&w);
	wire_free(w.wire);
	text_free(&w.request);
	text_free(&w.lines);
	keyring_close(setup->ring);
	return status;
}
