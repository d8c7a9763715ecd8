/*
 * PKCS#11: keys made, imported and removed, tokens made.
 */
#include <openssl/bn.h>
#include <openssl/core_names.h>
#include <openssl/err.h>
#include <p11-kit/p11-kit.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "keyfile.h"
#include "keylock.h"
#include "keystore_admin_impl.h"
#include "keystore_p11.h"

#define ATTRIBUTES_MAX 24
#define NUMBER_MAX     512 /* octets of an RSA number */

/* A template under construction; values are the caller's. */
struct template {
	CK_ATTRIBUTE attr[ATTRIBUTES_MAX];
	CK_ULONG count;
};

static const CK_BBOOL yes = CK_TRUE, no = CK_FALSE;

static void
put(struct template *t, CK_ATTRIBUTE_TYPE type, const void *value, size_t size)
{
	t->attr[t->count].type = type;
	t->attr[t->count].pValue = (void *)(uintptr_t)value;
	t->attr[t->count].ulValueLen = size;
	t->count++;
}

static void
put_bool(struct template *t, CK_ATTRIBUTE_TYPE type, bool value)
{
	put(t, type, value ? &yes : &no, sizeof(yes));
}

/* What every key object of ours has. */
static void
put_name(struct template *t, const struct new_key *key)
{
	put(t, CKA_ID, key->id, key->id_size);
	put(t, CKA_LABEL, key->label, strlen(key->label));
}

static void
put_private_flags(struct template *t, const struct repository *repo)
{
	put_bool(t, CKA_TOKEN, true);
	put_bool(t, CKA_PRIVATE, true);
	put_bool(t, CKA_SENSITIVE, !repo->allow_extraction);
	put_bool(t, CKA_EXTRACTABLE, repo->allow_extraction);
	put_bool(t, CKA_SIGN, true);
}

/*
 * SkipPublicKey is for RSA, whose public numbers the private key object has
 * too; without its public key object the DNSKEY of an elliptic curve key could
 * never be told again.
 */
static void
put_public_flags(struct template *t, const struct repository *repo,
    enum key_kind kind)
{
	put_bool(t, CKA_TOKEN, kind != KEY_RSA || !repo->skip_public_key);
	put_bool(t, CKA_PRIVATE, false);
	put_bool(t, CKA_VERIFY, true);
}

/* Writing wants a session of its own; the login of the first one holds. */
static int
open_rw(struct p11_store *ps, CK_SESSION_HANDLE *out, struct diag *d)
{
	const CK_RV rv = ps->f->C_OpenSession(ps->slot,
	    CKF_SERIAL_SESSION | CKF_RW_SESSION, NULL, NULL, out);

	if (rv != CKR_OK)
		return p11_error(d, rv, "%s: session for writing",
		    ps->base.repo.name);
	return 0;
}

/* The objects of one key; public is 0 where it is not known. */
struct pair {
	CK_OBJECT_HANDLE public, private;
};

/* They are there: let the store know them. */
static int
learn(struct p11_store *ps, const struct pair *pair, struct diag *d)
{
	const int rc = p11_add_private(ps, pair->private, d);

	if (pair->public == 0)
		p11_forget_public(ps);
	else if (p11_add_public(ps, pair->public, d) == -1)
		return -1;
	return rc;
}

/* --- generate ------------------------------------------------------------ */

static CK_RV
generate_pair(struct p11_store *ps, CK_SESSION_HANDLE session,
    CK_MECHANISM_TYPE type, struct template *public,
    const struct new_key *key, struct pair *pair)
{
	CK_MECHANISM mechanism = { type, NULL, 0 };
	struct template t = { .count = 0 };

	put_name(&t, key);
	put_private_flags(&t, &ps->base.repo);
	put_name(public, key);
	return ps->f->C_GenerateKeyPair(session, &mechanism, public->attr,
	    public->count, t.attr, t.count, &pair->public,
	    &pair->private);
}

static CK_RV
generate_rsa(struct p11_store *ps, CK_SESSION_HANDLE session, unsigned bits,
    const struct new_key *key, struct pair *pair)
{
	static const uint8_t exponent[] = { 1, 0, 1 };
	const CK_ULONG modulus_bits = bits;
	struct template public = { .count = 0 };

	put_public_flags(&public, &ps->base.repo, KEY_RSA);
	put(&public, CKA_MODULUS_BITS, &modulus_bits, sizeof(modulus_bits));
	put(&public, CKA_PUBLIC_EXPONENT, exponent, sizeof(exponent));
	return generate_pair(ps, session, CKM_RSA_PKCS_KEY_PAIR_GEN, &public,
	    key, pair);
}

/* Tokens differ in how they name the Edwards curves. */
static CK_RV
generate_curve(struct p11_store *ps, CK_SESSION_HANDLE session,
    enum key_kind kind, const struct new_key *key, struct pair *pair)
{
	const struct p11_curve *curve;
	CK_RV rv = CKR_MECHANISM_INVALID;

	for (size_t n = 0; (curve = p11_curve_of(kind, n)) != NULL; n++) {
		struct template public = { .count = 0 };

		put_public_flags(&public, &ps->base.repo, kind);
		put(&public, CKA_EC_PARAMS, curve->params,
		    curve->params_size);
		rv = generate_pair(ps, session, curve->generate, &public, key,
		    pair);
		if (rv == CKR_OK)
			break;
	}
	return rv;
}

static int
p11_generate(struct keystore *ks, enum key_kind kind, unsigned bits,
    const struct new_key *key, struct diag *d)
{
	struct p11_store *ps = (struct p11_store *)ks;
	struct pair pair = { 0, 0 };
	CK_SESSION_HANDLE session;
	CK_RV rv;
	int rc;

	if (open_rw(ps, &session, d) == -1)
		return -1;
	rv = kind == KEY_RSA
	    ? generate_rsa(ps, session, bits, key, &pair)
	    : generate_curve(ps, session, kind, key, &pair);
	if (rv != CKR_OK)
		rc = p11_error(d, rv, "%s: cannot make a key of kind %s",
		    ks->repo.name, key_kind_name(kind));
	else
		rc = learn(ps, &pair, d);
	(void)ps->f->C_CloseSession(session);
	return rc;
}

/* --- import -------------------------------------------------------------- */

/* The numbers of an RSA private key, in the order of PKCS#11 §2.1.3. */
static const struct {
	CK_ATTRIBUTE_TYPE type;
	const char *param;
	bool private;
} rsa_numbers[] = {
	{ CKA_MODULUS, OSSL_PKEY_PARAM_RSA_N, false },
	{ CKA_PUBLIC_EXPONENT, OSSL_PKEY_PARAM_RSA_E, false },
	{ CKA_PRIVATE_EXPONENT, OSSL_PKEY_PARAM_RSA_D, true },
	{ CKA_PRIME_1, OSSL_PKEY_PARAM_RSA_FACTOR1, true },
	{ CKA_PRIME_2, OSSL_PKEY_PARAM_RSA_FACTOR2, true },
	{ CKA_EXPONENT_1, OSSL_PKEY_PARAM_RSA_EXPONENT1, true },
	{ CKA_EXPONENT_2, OSSL_PKEY_PARAM_RSA_EXPONENT2, true },
	{ CKA_COEFFICIENT, OSSL_PKEY_PARAM_RSA_COEFFICIENT1, true },
};

#define RSA_NUMBERS (sizeof(rsa_numbers) / sizeof(rsa_numbers[0]))

/* The values that both templates point at; wiped after use. */
struct material {
	uint8_t number[RSA_NUMBERS][NUMBER_MAX];
	size_t size[RSA_NUMBERS];
	uint8_t secret[64]; /* scalar of ECDSA, seed of EdDSA */
	size_t secret_size;
	uint8_t point[2 + 97]; /* CKA_EC_POINT, DER OCTET STRING */
	size_t point_size;
};

static int
take_rsa(const EVP_PKEY *pkey, struct material *m)
{
	for (size_t i = 0; i < RSA_NUMBERS; i++) {
		BIGNUM *n = NULL;
		int size;

		if (EVP_PKEY_get_bn_param(pkey, rsa_numbers[i].param, &n) != 1)
			return -1;
		size = BN_num_bytes(n);
		if (size <= NUMBER_MAX)
			m->size[i] = (size_t)BN_bn2bin(n, m->number[i]);
		BN_clear_free(n);
		if (size > NUMBER_MAX)
			return -1;
	}
	return 0;
}

static int
take_secret(const EVP_PKEY *pkey, enum key_kind kind, struct material *m)
{
	BIGNUM *n = NULL;
	int half;

	if (kind == KEY_ED25519 || kind == KEY_ED448) {
		m->secret_size = sizeof(m->secret);
		return EVP_PKEY_get_raw_private_key(pkey, m->secret,
			   &m->secret_size) == 1 ? 0 : -1;
	}
	if (EVP_PKEY_get_bn_param(pkey, OSSL_PKEY_PARAM_PRIV_KEY, &n) != 1)
		return -1;
	half = kind == KEY_P256 ? 32 : 48;
	m->secret_size = (size_t)half;
	half = BN_bn2binpad(n, m->secret, half) == half ? 0 : -1;
	BN_clear_free(n);
	return half;
}

static int
take_curve(const EVP_PKEY *pkey, const struct p11_curve *curve,
    struct material *m, struct diag *d)
{
	uint8_t pub[DNSKEY_PUBLIC_MAX], *p = m->point;
	size_t n;

	if (take_secret(pkey, curve->kind, m) == -1)
		return diag_set(d, STATUS_USAGE, "the file lacks numbers");
	if (keyfile_public(pkey, curve->kind, pub, &n, d) == -1)
		return -1;
	*p++ = 0x04; /* OCTET STRING */
	*p++ = (uint8_t)curve->public_size;
	if (curve->type == CKK_EC)
		*p++ = 0x04; /* uncompressed */
	memcpy(p, pub, n);
	m->point_size = (size_t)(p - m->point) + n;
	return 0;
}

static void
put_rsa(struct template *t, const struct material *m, bool private)
{
	for (size_t i = 0; i < RSA_NUMBERS; i++)
		if (private || !rsa_numbers[i].private)
			put(t, rsa_numbers[i].type, m->number[i], m->size[i]);
}

/* Both objects, or none: a half of a pair would never be used. */
static CK_RV
create_pair(struct p11_store *ps, CK_SESSION_HANDLE session,
    struct template *private, struct template *public,
    CK_OBJECT_HANDLE *handle)
{
	CK_OBJECT_HANDLE other;
	CK_RV rv;

	rv = ps->f->C_CreateObject(session, private->attr, private->count,
	    handle);
	if (rv != CKR_OK || public == NULL)
		return rv;
	rv = ps->f->C_CreateObject(session, public->attr, public->count,
	    &other);
	if (rv != CKR_OK)
		(void)ps->f->C_DestroyObject(session, *handle);
	return rv;
}

static CK_RV
create_key(struct p11_store *ps, CK_SESSION_HANDLE session,
    enum key_kind kind, const struct p11_curve *curve,
    const struct material *m, const struct new_key *key,
    CK_OBJECT_HANDLE *handle)
{
	const CK_OBJECT_CLASS private_class = CKO_PRIVATE_KEY,
			      public_class = CKO_PUBLIC_KEY;
	const CK_KEY_TYPE type = kind == KEY_RSA ? CKK_RSA : curve->type;
	struct template private = { .count = 0 }, public = { .count = 0 };
	const bool skip = kind == KEY_RSA && ps->base.repo.skip_public_key;

	put(&private, CKA_CLASS, &private_class, sizeof(private_class));
	put(&private, CKA_KEY_TYPE, &type, sizeof(type));
	put_name(&private, key);
	put_private_flags(&private, &ps->base.repo);
	put(&public, CKA_CLASS, &public_class, sizeof(public_class));
	put(&public, CKA_KEY_TYPE, &type, sizeof(type));
	put_name(&public, key);
	put_public_flags(&public, &ps->base.repo, kind);
	if (kind == KEY_RSA) {
		put_rsa(&private, m, true);
		put_rsa(&public, m, false);
	} else {
		put(&private, CKA_EC_PARAMS, curve->params,
		    curve->params_size);
		put(&private, CKA_VALUE, m->secret, m->secret_size);
		put(&public, CKA_EC_PARAMS, curve->params, curve->params_size);
		put(&public, CKA_EC_POINT, m->point, m->point_size);
	}
	return create_pair(ps, session, &private, skip ? NULL : &public,
	    handle);
}

static int
create_any(struct p11_store *ps, CK_SESSION_HANDLE session,
    const EVP_PKEY *pkey, enum key_kind kind, struct material *m,
    const struct new_key *key, CK_OBJECT_HANDLE *handle, struct diag *d)
{
	const struct p11_curve *curve = NULL;
	CK_RV rv = CKR_OK;

	if (kind == KEY_RSA) {
		if (take_rsa(pkey, m) == -1)
			return diag_set(d, STATUS_USAGE,
			    "the file lacks numbers of the RSA key");
		rv = create_key(ps, session, kind, NULL, m, key, handle);
	}
	for (size_t n = 0; kind != KEY_RSA &&
	     (curve = p11_curve_of(kind, n)) != NULL; n++) {
		if (take_curve(pkey, curve, m, d) == -1)
			return -1;
		rv = create_key(ps, session, kind, curve, m, key, handle);
		if (rv == CKR_OK)
			break;
	}
	if (rv != CKR_OK)
		return p11_error(d, rv, "%s: cannot import a key of kind %s",
		    ps->base.repo.name, key_kind_name(kind));
	return 0;
}

static int
p11_import(struct keystore *ks, const EVP_PKEY *pkey, enum key_kind kind,
    const struct new_key *key, struct diag *d)
{
	struct p11_store *ps = (struct p11_store *)ks;
	struct pair pair = { 0, 0 };
	CK_SESSION_HANDLE session;
	struct material m = { .secret_size = 0 };
	int rc;

	if (open_rw(ps, &session, d) == -1)
		return -1;
	rc = create_any(ps, session, pkey, kind, &m, key, &pair.private, d);
	explicit_bzero(&m, sizeof(m));
	ERR_clear_error();
	if (rc == 0)
		rc = learn(ps, &pair, d);
	(void)ps->f->C_CloseSession(session);
	return rc;
}

/* --- remove -------------------------------------------------------------- */

static int
p11_remove(struct keystore *ks, const struct keystore_item *item,
    struct diag *d)
{
	struct p11_store *ps = (struct p11_store *)ks;
	CK_OBJECT_HANDLE public;
	const struct p11_public *found;
	CK_SESSION_HANDLE session;
	CK_RV rv;
	int rc = -1;

	if (open_rw(ps, &session, d) == -1)
		return -1;
	/* The public key goes last: it tells what was there. */
	rv = ps->f->C_DestroyObject(session, item->handle);
	if (rv != CKR_OK) {
		p11_error(d, rv, "%s: cannot remove", ks->repo.name);
		goto out;
	}
	for (;;) {
		if (p11_find_public(ps, item->id, item->id_size, &found, d) ==
		    -1)
			goto out;
		if (found == NULL)
			break;
		public = found->handle;
		p11_drop_public(ps, public);
		rv = ps->f->C_DestroyObject(session, public);
		if (rv != CKR_OK) {
			p11_error(d, rv, "%s: the private key is removed, but "
			    "not its public key", ks->repo.name);
			goto out;
		}
	}
	keystore_drop(ks, item);
	rc = 0;
out:
	(void)ps->f->C_CloseSession(session);
	return rc;
}

/* --- random, info -------------------------------------------------------- */

static int
p11_random(struct keystore *ks, uint8_t *buf, size_t size, struct diag *d)
{
	struct p11_store *ps = (struct p11_store *)ks;
	const CK_RV rv = ps->f->C_GenerateRandom(ps->session, buf, size);

	if (rv != CKR_OK)
		return p11_error(d, rv, "%s: random numbers", ks->repo.name);
	return 0;
}

static void
copy_padded(char *to, const CK_UTF8CHAR *from, size_t size)
{
	while (size > 0 && (from[size - 1] == ' ' || from[size - 1] == '\0'))
		size--;
	memcpy(to, from, size);
	to[size] = '\0';
}

static int
p11_info(struct keystore *ks, struct keystore_info *out, struct diag *d)
{
	struct p11_store *ps = (struct p11_store *)ks;
	char description[sizeof(((CK_INFO *)0)->libraryDescription) + 1];
	CK_TOKEN_INFO token;
	CK_INFO library;
	CK_RV rv;

	rv = ps->f->C_GetTokenInfo(ps->slot, &token);
	if (rv == CKR_OK)
		rv = ps->f->C_GetInfo(&library);
	if (rv != CKR_OK)
		return p11_error(d, rv, "%s: token information",
		    ks->repo.name);
	(void)snprintf(out->module, sizeof(out->module), "%s",
	    p11_module_path(&ks->repo));
	copy_padded(out->label, token.label, sizeof(token.label));
	copy_padded(out->manufacturer, token.manufacturerID,
	    sizeof(token.manufacturerID));
	copy_padded(out->model, token.model, sizeof(token.model));
	copy_padded(out->serial, token.serialNumber,
	    sizeof(token.serialNumber));
	copy_padded(description, library.libraryDescription,
	    sizeof(library.libraryDescription));
	(void)snprintf(out->library, sizeof(out->library), "%s %u.%u",
	    description, library.libraryVersion.major,
	    library.libraryVersion.minor);
	return 0;
}

/* --- a token ------------------------------------------------------------- */

/* Is the token there?  Else a slot that may be initialized, in *slot. */
static int
look_for_slot(struct p11_store *ps, const char *label, CK_SLOT_ID *slot,
    bool *there, struct diag *d)
{
	CK_TOKEN_INFO info;
	CK_SLOT_ID *slots;
	CK_ULONG n;
	bool free_slot = false;

	*there = false;
	if (p11_slots(ps, true, &slots, &n, d) == -1)
		return -1;
	for (CK_ULONG i = 0; i < n; i++) {
		if (ps->f->C_GetTokenInfo(slots[i], &info) != CKR_OK)
			continue;
		if ((info.flags & CKF_TOKEN_INITIALIZED) == 0 && !free_slot) {
			*slot = slots[i];
			free_slot = true;
		} else if ((info.flags & CKF_TOKEN_INITIALIZED) != 0 &&
		    p11_label_is(info.label, label))
			*there = true;
	}
	free(slots);
	if (!*there && !free_slot)
		return diag_set(d, STATUS_USAGE, "no slot with a token that "
		    "is not initialized: use the vendor's tool");
	return 0;
}

static int
set_user_pin(struct p11_store *ps, CK_SLOT_ID slot, const char *so_pin,
    const char *pin, struct diag *d)
{
	CK_RV rv;

	rv = ps->f->C_OpenSession(slot, CKF_SERIAL_SESSION | CKF_RW_SESSION,
	    NULL, NULL, &ps->session);
	if (rv != CKR_OK)
		return p11_error(d, rv, "session of the new token");
	ps->in_session = true;
	rv = ps->f->C_Login(ps->session, CKU_SO,
	    (CK_UTF8CHAR *)(uintptr_t)so_pin, strlen(so_pin));
	if (rv == CKR_OK)
		rv = ps->f->C_InitPIN(ps->session,
		    (CK_UTF8CHAR *)(uintptr_t)pin, strlen(pin));
	if (rv != CKR_OK)
		return p11_error(d, rv, "PIN of the new token");
	(void)ps->f->C_Logout(ps->session);
	return 0;
}

static int
make_token(struct p11_store *ps, const char *label, const char *so_pin,
    const char *pin, bool *made, struct diag *d)
{
	CK_UTF8CHAR padded[32];
	CK_SLOT_ID slot = 0;
	bool there;
	CK_RV rv;

	if (look_for_slot(ps, label, &slot, &there, d) == -1)
		return -1;
	if (there)
		return 0;
	memset(padded, ' ', sizeof(padded));
	memcpy(padded, label, strlen(label));
	rv = ps->f->C_InitToken(slot, (CK_UTF8CHAR *)(uintptr_t)so_pin,
	    strlen(so_pin), padded);
	if (rv != CKR_OK)
		return p11_error(d, rv, "C_InitToken");
	*made = true;
	return set_user_pin(ps, slot, so_pin, pin, d);
}

static int
p11_create(const struct repository *repo, const char *so_pin, const char *pin,
    bool *made, struct diag *d)
{
	const char *module = p11_module_path(repo);
	struct p11_store ps = { .f = NULL };
	int lock, rc = -1;

	*made = false;
	if (repo->token == NULL || *repo->token == '\0' ||
	    strlen(repo->token) > 32)
		return diag_set(d, STATUS_USAGE,
		    "%s: a token needs a label of 1 to 32 octets", repo->name);
	/* Two programs that set up the same token: the second finds it. */
	if (keylock_acquire(&lock, module, d) == -1)
		return -1;
	if (p11_load(&ps, module, d) == 0)
		rc = make_token(&ps, repo->token, so_pin, pin, made, d);
	p11_unload(&ps);
	keylock_release(lock);
	return rc == -1 ? diag_prefix(d, "%s", repo->name) : 0;
}

const struct keystore_admin_ops keystore_p11_admin = {
	.generate = p11_generate,
	.import = p11_import,
	.remove = p11_remove,
	.random = p11_random,
	.info = p11_info,
	.create = p11_create,
};
