#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>

#include "digest.h"
#include "hex.h"
#include "keystore_impl.h"
#include "pin.h"
#include "sigverify.h"

/* --- the table of private keys ------------------------------------------- */

int
keystore_id_compare(const uint8_t *a, size_t a_size, const uint8_t *b,
    size_t b_size)
{
	if (a_size != b_size)
		return a_size < b_size ? -1 : 1;
	return a_size == 0 ? 0 : memcmp(a, b, a_size);
}

static int
row_compare(const void *a, const void *b)
{
	const struct keystore_row *x = a, *y = b;

	return keystore_id_compare(x->id, x->id_size, y->id, y->id_size);
}

void
keystore_rows_sort(void *rows, size_t row_size, size_t count)
{
	if (count > 0)
		qsort(rows, count, row_size, row_compare);
}

size_t
keystore_rows_place(const void *rows, size_t row_size, size_t count,
    const uint8_t *id, size_t id_size)
{
	size_t low = 0;

	while (low < count) {
		const size_t mid = low + (count - low) / 2;
		const struct keystore_row *row = (const void *)
		    ((const char *)rows + mid * row_size);

		if (keystore_id_compare(row->id, row->id_size, id, id_size) <
		    0)
			low = mid + 1;
		else
			count = mid;
	}
	return low;
}

_Static_assert(offsetof(struct keystore_item, id) ==
	    offsetof(struct keystore_row, id) &&
	offsetof(struct keystore_item, id_size) ==
	    offsetof(struct keystore_row, id_size), "sorted as rows");

int
keystore_init(struct keystore *ks, const struct keystore_ops *ops,
    const struct repository *repo, struct diag *d)
{
	ks->ops = ops;
	if (repository_copy(&ks->repo, repo, d) == -1)
		return -1;
	pin_free(ks->repo.pin);
	ks->repo.pin = NULL;
	return 0;
}

int
keystore_add(struct keystore *ks, struct keystore_item *item, struct diag *d)
{
	struct keystore_item *grown = ks->item;

	/* Room doubles: at every power of two. */
	if ((ks->count & (ks->count - 1)) == 0) {
		const size_t room = ks->count == 0 ? 1 : ks->count * 2;

		grown = reallocarray(ks->item, room, sizeof(*grown));
		if (grown == NULL) {
			free(item->label);
			return diag_system(d, "%s", ks->repo.name);
		}
		ks->item = grown;
	}
	grown[ks->count++] = *item;
	return 0;
}

void
keystore_sort(struct keystore *ks)
{
	keystore_rows_sort(ks->item, sizeof(*ks->item), ks->count);
}

static void
item_unload(struct keystore *ks, struct keystore_item *item)
{
	struct key *key, *next;

	for (key = item->keys; key != NULL; key = next) {
		next = key->next;
		ks->ops->unload(key);
	}
	item->keys = NULL;
}

void
keystore_fini(struct keystore *ks)
{
	for (size_t i = 0; i < ks->count; i++) {
		item_unload(ks, &ks->item[i]);
		free(ks->item[i].label);
	}
	free(ks->item);
	ks->item = NULL;
	ks->count = 0;
	repository_clear(&ks->repo);
}

static size_t
place_of(const struct keystore *ks, const uint8_t *id, size_t id_size)
{
	return keystore_rows_place(ks->item, sizeof(*ks->item), ks->count, id,
	    id_size);
}

struct keystore_item *
keystore_item_by_id(const struct keystore *ks, const uint8_t *id,
    size_t id_size)
{
	const size_t n = place_of(ks, id, id_size);

	if (n == ks->count ||
	    keystore_id_compare(ks->item[n].id, ks->item[n].id_size, id,
		id_size) != 0)
		return NULL;
	return &ks->item[n];
}

int
keystore_insert(struct keystore *ks, struct keystore_item *item,
    struct diag *d)
{
	const size_t n = place_of(ks, item->id, item->id_size);

	if (keystore_add(ks, item, d) == -1)
		return -1;
	memmove(&ks->item[n + 1], &ks->item[n],
	    (ks->count - n - 1) * sizeof(*ks->item));
	ks->item[n] = *item;
	return 0;
}

/* --- one store ----------------------------------------------------------- */

int
keystore_open(struct keystore **out, const struct repository *repo,
    struct diag *d)
{
	if (repo->directory != NULL)
		return keystore_pem_open(out, repo, d);
	return keystore_p11_open(out, repo, d);
}

void
keystore_close(struct keystore *ks)
{
	if (ks != NULL)
		ks->ops->close(ks);
}

const char *
keystore_name(const struct keystore *ks)
{
	return ks->repo.name;
}

size_t
keystore_count(const struct keystore *ks)
{
	return ks->count;
}

bool
keystore_has(const struct keystore *ks, const uint8_t *id, size_t id_size)
{
	return keystore_item_by_id(ks, id, id_size) != NULL;
}

int
keystore_entry(struct keystore *ks, size_t n, struct key_entry *out,
    struct diag *d)
{
	const struct keystore_item *item = &ks->item[n];

	memset(out, 0, sizeof(*out));
	memcpy(out->id, item->id, item->id_size);
	out->id_size = item->id_size;
	out->label = item->label != NULL ? item->label : "";
	return ks->ops->describe(ks, item, out, d);
}

/* --- finding a key ------------------------------------------------------- */

static bool
fits(const struct keystore_item *item, const struct key_query *q)
{
	if (q->id != NULL && keystore_id_compare(item->id, item->id_size,
				 q->id, q->id_size) != 0)
		return false;
	return q->label == NULL ||
	    (item->label != NULL && strcmp(item->label, q->label) == 0);
}

/* For messages: "id a1b2" or "object zsk". */
static void
query_text(const struct key_query *q, char *buf, size_t size)
{
	char hex[2 * KEY_ID_MAX + 1] = "";

	if (q->id != NULL)
		hex_encode(q->id, q->id_size < KEY_ID_MAX ? q->id_size
							  : KEY_ID_MAX, hex);
	(void)snprintf(buf, size, "%s%s%s%s%s", q->id != NULL ? "id " : "",
	    hex, q->id != NULL && q->label != NULL ? ", " : "",
	    q->label != NULL ? "object " : "",
	    q->label != NULL ? q->label : "");
}

static int
find_item(struct keystore *ks, const struct key_query *q,
    struct keystore_item **out, struct diag *d)
{
	struct keystore_item *i = ks->item, *end = ks->item + ks->count;
	struct keystore_item *found = NULL;
	char text[256];

	if (q->id != NULL && (i = keystore_item_by_id(ks, q->id,
				  q->id_size)) == NULL)
		end = NULL;
	query_text(q, text, sizeof(text));
	for (; i != end; i++) {
		if (q->id != NULL && keystore_id_compare(i->id, i->id_size,
					 q->id, q->id_size) != 0)
			break;
		if (!fits(i, q))
			continue;
		if (found != NULL)
			return diag_set(d, STATUS_USAGE,
			    "%s: several private keys with %s", ks->repo.name,
			    text);
		found = i;
	}
	if (found == NULL)
		return diag_set(d, STATUS_USAGE,
		    "%s: no private key with %s among its %zu", ks->repo.name,
		    text, ks->count);
	*out = found;
	return 0;
}

int
keystore_algorithm(const struct key_entry *entry, unsigned number,
    const struct algorithm **out, struct diag *d)
{
	const struct algorithm *alg;

	if (!entry->supported)
		return diag_set(d, STATUS_USAGE,
		    "a kind of key that DNSSEC does not sign with");
	alg = number != 0 ? algorithm_by_number(number)
			  : algorithm_default(entry->kind);
	if (alg == NULL)
		return diag_set(d, STATUS_USAGE,
		    "no algorithm %u: 5 7 8 10 13 14 15 16", number);
	if (alg->kind != entry->kind)
		return diag_set(d, STATUS_USAGE,
		    "algorithm %u (%s) is not for a key of kind %s %u",
		    alg->number, alg->mnemonic, key_kind_name(entry->kind),
		    entry->bits);
	*out = alg;
	return 0;
}

/* Is a loaded key the one for that number? */
static bool
is_for(const struct key *key, unsigned number)
{
	return number != 0 ? key->alg->number == number
			   : key->alg == algorithm_default(key->alg->kind);
}

static int
load(struct keystore *ks, struct keystore_item *item, unsigned number,
    struct key **out, struct diag *d)
{
	const struct algorithm *alg;
	struct key *key;

	for (key = item->keys; key != NULL; key = key->next)
		if (is_for(key, number)) {
			*out = key;
			return 0;
		}
	if (ks->ops->load(ks, item, number, &key, d) == -1)
		return -1;
	alg = key->alg;
	key->ks = ks;
	memcpy(key->id, item->id, item->id_size);
	key->id_size = item->id_size;
	key->signature_size = alg->kind == KEY_RSA ? (key->bits + 7) / 8
						   : alg->signature_size;
	key->next = item->keys;
	item->keys = key;
	*out = key;
	/* RFC 5702 §2: up to 4096 bits; also the size of the caller's buffer */
	if (key->signature_size > KEY_SIGNATURE_MAX)
		return diag_set(d, STATUS_USAGE, "RSA over 4096 bits");
	return 0;
}

int
keystore_find(struct keystore *ks, const struct key_query *query,
    struct key **out, struct diag *d)
{
	struct keystore_item *item = NULL;
	char text[256];

	if (find_item(ks, query, &item, d) == -1)
		return -1;
	if (load(ks, item, query->algorithm, out, d) == -1) {
		query_text(query, text, sizeof(text));
		return diag_prefix(d, "%s: %s", ks->repo.name, text);
	}
	return 0;
}

void
keystore_unload(struct key *key)
{
	struct keystore *ks = key->ks;
	struct keystore_item *item =
	    keystore_item_by_id(ks, key->id, key->id_size);
	struct key **at;

	/* Several items may have that id. */
	for (; item != NULL && item < ks->item + ks->count; item++)
		for (at = &item->keys; *at != NULL; at = &(*at)->next)
			if (*at == key) {
				*at = key->next;
				ks->ops->unload(key);
				return;
			}
}

void
keystore_drop(struct keystore *ks, const struct keystore_item *gone)
{
	const size_t n = (size_t)(gone - ks->item);

	item_unload(ks, &ks->item[n]);
	free(ks->item[n].label);
	memmove(&ks->item[n], &ks->item[n + 1],
	    (ks->count - n - 1) * sizeof(*ks->item));
	ks->count--;
}

/* --- one key ------------------------------------------------------------- */

const struct algorithm *
key_algorithm(const struct key *key)
{
	return key->alg;
}

const uint8_t *
key_id(const struct key *key, size_t *size)
{
	*size = key->id_size;
	return key->id;
}

const uint8_t *
key_public(const struct key *key, size_t *size)
{
	*size = key->pub_size;
	return key->pub;
}

unsigned
key_bits(const struct key *key)
{
	return key->bits;
}

size_t
key_signature_size(const struct key *key)
{
	return key->signature_size;
}

int
key_sign(struct key *key, const void *data, size_t len,
    uint8_t sig[KEY_SIGNATURE_MAX], struct diag *d)
{
	return key->ks->ops->sign(key, data, len, sig, d);
}

size_t
key_batch(const struct key *key)
{
	return key->batch > 1 ? key->batch : 1;
}

size_t
key_hash(const struct key *key, const void *data, size_t len,
    uint8_t digest[KEY_HASH_MAX])
{
	return digest_compute(key->alg->digest, data, len, digest);
}

int
key_sign_hashes(struct key *key, const uint8_t *digests, size_t n,
    uint8_t *sigs, struct diag *d)
{
	if (n == 0 || n > key->batch)
		return diag_set(d, STATUS_SYSTEM,
		    "%s: %zu signatures at once, but at most %zu",
		    key->ks->repo.name, n, key->batch);
	return key->ks->ops->sign_hashes(key, digests, n, sigs, d);
}

int
key_prove(struct key *key, const uint8_t *pub, size_t pub_size,
    struct diag *d)
{
	uint8_t nonce[64], sig[KEY_SIGNATURE_MAX];
	struct sigverify *v = NULL;
	int rc = -1;

	if (getrandom(nonce, sizeof(nonce), 0) != sizeof(nonce)) {
		diag_system(d, "key proof: random numbers");
		goto out;
	}
	if (sigverify_new(&v, key->alg, pub, pub_size, d) == -1 ||
	    key_sign(key, nonce, sizeof(nonce), sig, d) == -1)
		goto out;
	switch (sigverify_check(v, nonce, sizeof(nonce), sig,
	    key->signature_size, d)) {
	case 1:
		rc = 0;
		break;
	case 0:
		diag_set(d, STATUS_BAD, "key proof: what the key signs does "
		    "not verify under the public key that is published");
		break;
	}
out:
	sigverify_free(v);
	return rc;
}
