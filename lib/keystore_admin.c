#include <fcntl.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/x509.h>
#include <string.h>
#include <sys/random.h>

#include "bindkey.h"
#include "hex.h"
#include "keyfile.h"
#include "keystore_admin_impl.h"
#include "keystore_p11.h"
#include "keystore_pem.h"
#include "secretfile.h"

#define RANDOM_ID_SIZE 16

static const struct keystore_admin_ops *
ops_of(const struct keystore *ks)
{
	return keystore_is_pem(ks) ? &keystore_pem_admin
				   : &keystore_p11_admin;
}

/* --- what a new key is called -------------------------------------------- */

struct naming {
	struct new_key key;
	char hex[2 * KEY_ID_MAX + 1];
};

static int
name_key(const struct keystore *ks, const struct key_spec *spec,
    struct naming *out, struct diag *d)
{
	struct new_key *key = &out->key;

	memset(out, 0, sizeof(*out));
	key->id_size = RANDOM_ID_SIZE;
	if (spec->id != NULL) {
		if (spec->id_size == 0 || spec->id_size > KEY_ID_MAX)
			return diag_set(d, STATUS_USAGE,
			    "id: must have 1 to %d octets", KEY_ID_MAX);
		memcpy(key->id, spec->id, spec->id_size);
		key->id_size = spec->id_size;
	} else if (getrandom(key->id, key->id_size, 0) !=
	    (ssize_t)key->id_size)
		return diag_system(d, "random numbers");
	hex_encode(key->id, key->id_size, out->hex);
	key->label = spec->label != NULL ? spec->label : out->hex;
	if (strlen(key->label) > KEY_LABEL_MAX)
		return diag_set(d, STATUS_USAGE, "label: over %d octets",
		    KEY_LABEL_MAX);
	if (keystore_item_by_id(ks, key->id, key->id_size) != NULL)
		return diag_set(d, STATUS_USAGE,
		    "%s: a key with id %s is there already", ks->repo.name,
		    out->hex);
	if (ks->repo.capacity != 0 && ks->count >= ks->repo.capacity)
		return diag_set(d, STATUS_USAGE,
		    "%s: holds %zu keys, its Capacity", ks->repo.name,
		    ks->count);
	return 0;
}

static void
tell_id(const struct naming *n, uint8_t id[KEY_ID_MAX], size_t *id_size)
{
	memcpy(id, n->key.id, n->key.id_size);
	*id_size = n->key.id_size;
}

static int
check_size(enum key_kind kind, unsigned bits, struct diag *d)
{
	/* RFC 5702 §2 and 3110 §2 allow less; nobody should make it. */
	if (kind == KEY_RSA && (bits < RSA_BITS_MIN || bits > RSA_BITS_MAX ||
				   bits % 8 != 0))
		return diag_set(d, STATUS_USAGE,
		    "RSA of %u bits: %d to %d, a multiple of 8", bits,
		    RSA_BITS_MIN, RSA_BITS_MAX);
	return 0;
}

/* --- verbs --------------------------------------------------------------- */

int
keystore_generate(struct keystore *ks, const struct key_spec *spec,
    uint8_t id[KEY_ID_MAX], size_t *id_size, struct diag *d)
{
	struct naming n;

	if (check_size(spec->kind, spec->bits, d) == -1 ||
	    name_key(ks, spec, &n, d) == -1 ||
	    ops_of(ks)->generate(ks, spec->kind, spec->bits, &n.key, d) == -1)
		return -1;
	tell_id(&n, id, id_size);
	return 0;
}

static int
read_key(EVP_PKEY **out, const struct algorithm **alg, const char *path,
    struct diag *d)
{
	struct secret s;
	int rc;

	*alg = NULL;
	if (secretfile_read(&s, AT_FDCWD, path, true, path, d) == -1)
		return -1;
	rc = bindkey_is(s.text, s.size)
	    ? bindkey_parse(out, alg, s.text, s.size, path, d)
	    : keyfile_parse_pem(out, s.text, s.size, path, d);
	secret_free(&s);
	return rc;
}

/* SHA-256 of the text, its zero octet and the public key, cut. */
static int
derive_id(EVP_PKEY *pkey, const char *owner, uint8_t id[RANDOM_ID_SIZE],
    struct diag *d)
{
	EVP_MD_CTX *md = EVP_MD_CTX_new();
	unsigned char digest[EVP_MAX_MD_SIZE], *pub = NULL;
	const int len = i2d_PUBKEY(pkey, &pub);
	int rc = -1;

	if (md != NULL && len > 0 &&
	    EVP_DigestInit_ex(md, EVP_sha256(), NULL) == 1 &&
	    EVP_DigestUpdate(md, owner, strlen(owner) + 1) == 1 &&
	    EVP_DigestUpdate(md, pub, (size_t)len) == 1 &&
	    EVP_DigestFinal_ex(md, digest, NULL) == 1)
		rc = 0;
	if (rc == 0)
		memcpy(id, digest, RANDOM_ID_SIZE);
	else {
		ERR_clear_error();
		diag_set(d, STATUS_SYSTEM, "OpenSSL: SHA-256 failed");
	}
	EVP_MD_CTX_free(md);
	OPENSSL_free(pub);
	return rc;
}

int
keystore_import(struct keystore *ks, const char *path,
    const struct key_spec *spec, uint8_t id[KEY_ID_MAX], size_t *id_size,
    bool *fresh, const struct algorithm **alg, struct diag *d)
{
	const struct algorithm *named = NULL;
	EVP_PKEY *pkey = NULL;
	enum key_kind kind;
	struct naming n;
	uint8_t derived[RANDOM_ID_SIZE];
	struct key_spec with_id = *spec;
	bool is_there = false;
	unsigned bits;
	int rc = -1;

	if (read_key(&pkey, &named, path, d) == -1)
		return -1;
	if (spec->id == NULL && spec->owner != NULL) {
		if (derive_id(pkey, spec->owner, derived, d) == -1)
			goto out;
		with_id.id = derived;
		with_id.id_size = sizeof(derived);
		is_there = keystore_has(ks, derived, sizeof(derived));
	}
	if (is_there) {
		memcpy(n.key.id, derived, sizeof(derived));
		n.key.id_size = sizeof(derived);
	} else if (name_key(ks, &with_id, &n, d) == -1)
		goto out;
	if (keyfile_describe(pkey, &kind, &bits) == -1) {
		diag_set(d, STATUS_USAGE,
		    "%s: a kind of key that DNSSEC does not sign with", path);
		goto out;
	}
	if (kind == KEY_RSA && bits > RSA_BITS_MAX) {
		diag_set(d, STATUS_USAGE, "%s: RSA of %u bits: at most %d",
		    path, bits, RSA_BITS_MAX);
		goto out;
	}
	if (!is_there && ops_of(ks)->import(ks, pkey, kind, &n.key, d) == -1)
		goto out;
	tell_id(&n, id, id_size);
	if (fresh != NULL)
		*fresh = !is_there;
	if (alg != NULL)
		*alg = named;
	rc = 0;
out:
	EVP_PKEY_free(pkey);
	return rc;
}

int
keystore_remove(struct keystore *ks, const uint8_t *id, size_t id_size,
    struct diag *d)
{
	const struct keystore_item *item = keystore_item_by_id(ks, id,
	    id_size);
	char hex[2 * KEY_ID_MAX + 1];

	if (item == NULL) {
		hex_encode(id, id_size, hex);
		return diag_set(d, STATUS_USAGE, "%s: no key with id %s",
		    ks->repo.name, hex);
	}
	return ops_of(ks)->remove(ks, item, d);
}

int
keystore_random(struct keystore *ks, uint8_t *buf, size_t size,
    struct diag *d)
{
	return ops_of(ks)->random(ks, buf, size, d);
}

int
keystore_info(struct keystore *ks, struct keystore_info *out, struct diag *d)
{
	memset(out, 0, sizeof(*out));
	return ops_of(ks)->info(ks, out, d);
}

int
keystore_create(const struct repository *repo, const char *so_pin,
    const char *pin, bool *made, struct diag *d)
{
	if (repo->directory != NULL)
		return keystore_pem_admin.create(repo, so_pin, pin, made, d);
	return keystore_p11_admin.create(repo, so_pin, pin, made, d);
}
