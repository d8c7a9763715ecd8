/*
 * Keys in PKCS#11 tokens.
 *
 * Measured (DESIGN §3), SoftHSM 2.6.1, P-256, signatures a second on one core:
 * 17,000 on the token object, 24,000 on a copy in the session.
 */
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "digest.h"
#include "keystore_p11.h"
#include "pin.h"

#define VALUE_MAX   1024 /* octets of an attribute that we read */
#define INFO_PREFIX 19 /* longest DigestInfo without the digest */
/* A copy takes as long as six of the signatures that it makes faster. */
#define COPY_AFTER  4

struct p11_key {
	struct key base;
	CK_OBJECT_HANDLE handle;
	CK_OBJECT_HANDLE copy; /* session object, or 0 */
	unsigned signatures; /* on the token object, until there is a copy */
	CK_MECHANISM mechanism;
	const uint8_t *prefix; /* of DigestInfo, RSA only */
	size_t prefix_size;
};

/* --- tables -------------------------------------------------------------- */

static const uint8_t oid_p256[] = { 0x06, 0x08, 0x2a, 0x86, 0x48, 0xce, 0x3d,
	0x03, 0x01, 0x07 };
static const uint8_t oid_p384[] = { 0x06, 0x05, 0x2b, 0x81, 0x04, 0x00, 0x22 };
/* PKCS#11 3.0 §2.3.10: a name (PrintableString); RFC 8410 has the OIDs. */
static const uint8_t name_ed25519[] = { 0x13, 0x0c, 'e', 'd', 'w', 'a', 'r',
	'd', 's', '2', '5', '5', '1', '9' };
static const uint8_t name_ed448[] = { 0x13, 0x0a, 'e', 'd', 'w', 'a', 'r', 'd',
	's', '4', '4', '8' };
static const uint8_t oid_ed25519[] = { 0x06, 0x03, 0x2b, 0x65, 0x70 };
static const uint8_t oid_ed448[] = { 0x06, 0x03, 0x2b, 0x65, 0x71 };

static const struct p11_curve curves[] = {
	{ KEY_P256, CKK_EC, CKM_EC_KEY_PAIR_GEN, 256, 65, oid_p256,
	    sizeof(oid_p256) },
	{ KEY_P384, CKK_EC, CKM_EC_KEY_PAIR_GEN, 384, 97, oid_p384,
	    sizeof(oid_p384) },
	{ KEY_ED25519, CKK_EC_EDWARDS, CKM_EC_EDWARDS_KEY_PAIR_GEN, 256, 32,
	    name_ed25519, sizeof(name_ed25519) },
	{ KEY_ED25519, CKK_EC_EDWARDS, CKM_EC_EDWARDS_KEY_PAIR_GEN, 256, 32,
	    oid_ed25519, sizeof(oid_ed25519) },
	{ KEY_ED448, CKK_EC_EDWARDS, CKM_EC_EDWARDS_KEY_PAIR_GEN, 456, 57,
	    name_ed448, sizeof(name_ed448) },
	{ KEY_ED448, CKK_EC_EDWARDS, CKM_EC_EDWARDS_KEY_PAIR_GEN, 456, 57,
	    oid_ed448, sizeof(oid_ed448) },
};

#define CURVES (sizeof(curves) / sizeof(curves[0]))

/* RFC 8017 §9.2 note 1: DigestInfo up to the digest. */
static const uint8_t info_sha1[] = { 0x30, 0x21, 0x30, 0x09, 0x06, 0x05, 0x2b,
	0x0e, 0x03, 0x02, 0x1a, 0x05, 0x00, 0x04, 0x14 };
static const uint8_t info_sha256[] = { 0x30, 0x31, 0x30, 0x0d, 0x06, 0x09,
	0x60, 0x86, 0x48, 0x01, 0x65, 0x03, 0x04, 0x02, 0x01, 0x05, 0x00, 0x04,
	0x20 };
static const uint8_t info_sha512[] = { 0x30, 0x51, 0x30, 0x0d, 0x06, 0x09,
	0x60, 0x86, 0x48, 0x01, 0x65, 0x03, 0x04, 0x02, 0x03, 0x05, 0x00, 0x04,
	0x40 };

const struct p11_curve *
p11_curve_of(enum key_kind kind, size_t n)
{
	for (size_t i = 0; i < CURVES; i++)
		if (curves[i].kind == kind && n-- == 0)
			return &curves[i];
	return NULL;
}

const struct p11_curve *
p11_curve_by_params(CK_KEY_TYPE type, const uint8_t *params, size_t size)
{
	for (size_t i = 0; i < CURVES; i++)
		if (curves[i].type == type && curves[i].params_size == size &&
		    memcmp(curves[i].params, params, size) == 0)
			return &curves[i];
	return NULL;
}

/* --- a key --------------------------------------------------------------- */

/* The modulus, leading zero octets left out. */
static int
get_modulus(struct p11_store *ps, CK_OBJECT_HANDLE object,
    uint8_t buf[VALUE_MAX], struct dnskey_number *out, struct diag *d)
{
	if (p11_value(ps, object, CKA_MODULUS, buf, VALUE_MAX, &out->size,
		d) == -1)
		return -1;
	out->bytes = buf;
	while (out->size > 0 && out->bytes[0] == 0) {
		out->bytes++;
		out->size--;
	}
	return 0;
}

static unsigned
number_bits(const struct dnskey_number *n)
{
	unsigned bits = (unsigned)n->size * 8;

	if (n->size == 0)
		return 0;
	for (unsigned mask = 0x80; (n->bytes[0] & mask) == 0; mask >>= 1)
		bits--;
	return bits;
}

static int
p11_describe(struct keystore *ks, const struct keystore_item *item,
    struct key_entry *out, struct diag *d)
{
	struct p11_store *ps = (struct p11_store *)ks;
	const struct p11_curve *curve;
	uint8_t buf[VALUE_MAX];
	struct dnskey_number modulus;
	CK_KEY_TYPE type;
	size_t n;

	if (item->bits != 0) { /* the sweep saw it */
		out->kind = item->kind;
		out->bits = item->bits;
		out->supported = true;
		return 0;
	}
	if (p11_value(ps, item->handle, CKA_KEY_TYPE, &type, sizeof(type), &n,
		d) == -1)
		return -1;
	if (n != sizeof(type))
		return diag_set(d, STATUS_SYSTEM, "a key without a type");
	if (type == CKK_RSA) {
		if (get_modulus(ps, item->handle, buf, &modulus, d) == -1)
			return -1;
		out->kind = KEY_RSA;
		out->bits = number_bits(&modulus);
		out->supported = true;
		return 0;
	}
	if (p11_value(ps, item->handle, CKA_EC_PARAMS, buf, sizeof(buf), &n,
		d) == -1)
		return -1;
	if ((curve = p11_curve_by_params(type, buf, n)) == NULL)
		return 0;
	out->kind = curve->kind;
	out->bits = curve->bits;
	out->supported = true;
	return 0;
}

static int
public_rsa(struct p11_store *ps, struct p11_key *key, struct diag *d)
{
	uint8_t nbuf[VALUE_MAX], ebuf[VALUE_MAX];
	struct dnskey_number n, e = { ebuf, 0 };

	if (get_modulus(ps, key->handle, nbuf, &n, d) == -1 ||
	    p11_value(ps, key->handle, CKA_PUBLIC_EXPONENT, ebuf, sizeof(ebuf),
		&e.size, d) == -1)
		return -1;
	key->base.bits = number_bits(&n);
	if (n.size == 0 || e.size == 0)
		return diag_set(d, STATUS_USAGE, "the token does not give "
		    "modulus and public exponent of the private key");
	if (dnskey_rsa_join(e, n, key->base.pub, &key->base.pub_size) == -1)
		return diag_set(d, STATUS_USAGE,
		    "RSA over 4096 bits (RFC 5702 §2)");
	return 0;
}

/*
 * CKA_EC_POINT is the DER OCTET STRING of the point; some tokens leave the
 * wrapping out.  An ECDSA point begins with 04, uncompressed, which RFC 6605
 * §4 leaves out.
 */
static int
point_to_public(const struct p11_curve *curve, const uint8_t *point,
    size_t size, struct key *key)
{
	if (size == curve->public_size + 2 && point[0] == 0x04 &&
	    point[1] == curve->public_size) {
		point += 2;
		size -= 2;
	}
	if (size != curve->public_size)
		return -1;
	if (curve->type == CKK_EC) {
		if (point[0] != 0x04)
			return -1;
		point++;
		size--;
	}
	memcpy(key->pub, point, size);
	key->pub_size = size;
	key->bits = curve->bits;
	return 0;
}

static int
public_curve(struct p11_store *ps, const struct keystore_item *item,
    const struct algorithm *alg, struct p11_key *key, struct diag *d)
{
	const struct p11_public *public;
	const uint8_t *point;
	uint8_t buf[VALUE_MAX];
	size_t n;

	if (p11_find_public(ps, item->id, item->id_size, &public, d) == -1)
		return -1;
	if (public != NULL && public->point_size > 0) {
		point = public->point;
		n = public->point_size;
	} else {
		/* Some tokens give the point with the private key. */
		if (p11_value(ps, public != NULL ? public->handle :
			key->handle, CKA_EC_POINT, buf, sizeof(buf), &n, d) ==
		    -1)
			return -1;
		point = buf;
	}
	if (n == 0)
		return diag_set(d, STATUS_USAGE,
		    "the token holds no public key of that id: the DNSKEY of "
		    "an elliptic curve key cannot be told without");
	if (point_to_public(p11_curve_of(alg->kind, 0), point, n,
		&key->base) == -1)
		return diag_set(d, STATUS_USAGE,
		    "the public key object is malformed (PKCS#11 CKA_EC_POINT)");
	return 0;
}

static void
choose_mechanism(struct p11_key *key, const struct algorithm *alg)
{
	switch (alg->kind) {
	case KEY_RSA:
		/* Hashed here: every token has this one, whatever the digest */
		key->mechanism.mechanism = CKM_RSA_PKCS;
		break;
	case KEY_P256:
	case KEY_P384:
		key->mechanism.mechanism = CKM_ECDSA;
		return;
	case KEY_ED25519:
	case KEY_ED448:
		key->mechanism.mechanism = CKM_EDDSA;
		return;
	}
	switch (alg->digest) {
	case DIGEST_SHA1:
		key->prefix = info_sha1;
		key->prefix_size = sizeof(info_sha1);
		break;
	case DIGEST_SHA256:
		key->prefix = info_sha256;
		key->prefix_size = sizeof(info_sha256);
		break;
	case DIGEST_SHA512:
		key->prefix = info_sha512;
		key->prefix_size = sizeof(info_sha512);
		break;
	case DIGEST_SHA384:
	case DIGEST_NONE:
		break;
	}
}

static int
p11_load_key(struct keystore *ks, const struct keystore_item *item,
    unsigned algorithm, struct key **out, struct diag *d)
{
	struct p11_store *ps = (struct p11_store *)ks;
	struct key_entry entry = { .bits = 0 };
	const struct algorithm *alg = NULL;
	struct p11_key *key;
	int rc;

	if (p11_describe(ks, item, &entry, d) == -1 ||
	    keystore_algorithm(&entry, algorithm, &alg, d) == -1)
		return -1;
	if ((key = calloc(1, sizeof(*key))) == NULL)
		return diag_system(d, "key");
	key->base.alg = alg;
	key->handle = item->handle;
	choose_mechanism(key, alg);
	if (alg->kind == KEY_RSA)
		rc = public_rsa(ps, key, d);
	else
		rc = public_curve(ps, item, alg, key, d);
	if (rc == -1) {
		free(key);
		return -1;
	}
	*out = &key->base;
	return 0;
}

/* A refusal is no error: the token object signs too, only slower. */
static void
copy_to_session(struct p11_store *ps, struct p11_key *key)
{
	CK_BBOOL no = CK_FALSE;
	CK_ATTRIBUTE template = { CKA_TOKEN, &no, sizeof(no) };

	if (ps->f->C_CopyObject(ps->session, key->handle, &template, 1,
		&key->copy) != CKR_OK)
		key->copy = 0;
}

/* PKCS#11 2.40 §2.3.1: r and s are of one length, perhaps a shorter one. */
static int
pad_halves(uint8_t *sig, size_t have, size_t want)
{
	uint8_t padded[KEY_SIGNATURE_MAX] = { 0 };
	const size_t half = have / 2, full = want / 2;

	if (have == 0 || have % 2 != 0 || have > want)
		return -1;
	memcpy(padded + full - half, sig, half);
	memcpy(padded + want - half, sig + half, half);
	memcpy(sig, padded, want);
	return 0;
}

/*
 * A C_Sign that failed should have ended its operation (PKCS#11 2.40 §5.11.2);
 * tokens in trouble leave it open, and refuse every later one for that.  So we
 * go on in a new session, in which keys have no copies yet.  The old one is
 * closed last: the login ends with a token's last session.
 */
static void
renew_session(struct p11_store *ps)
{
	CK_SESSION_HANDLE session;

	if (ps->f->C_OpenSession(ps->slot, CKF_SERIAL_SESSION, NULL, NULL,
		&session) != CKR_OK)
		return;
	for (size_t i = 0; i < ps->base.count; i++)
		for (struct key *k = ps->base.item[i].keys; k != NULL;
		     k = k->next) {
			struct p11_key *key = (struct p11_key *)k;

			key->copy = 0;
			key->signatures = 0;
		}
	(void)ps->f->C_CloseSession(ps->session);
	ps->session = session;
}

static int
p11_sign(struct key *base, const void *data, size_t len, uint8_t *sig,
    struct diag *d)
{
	struct p11_key *key = (struct p11_key *)base;
	struct p11_store *ps = (struct p11_store *)base->ks;
	uint8_t input[INFO_PREFIX + DIGEST_MAX];
	CK_BYTE *in = input;
	CK_ULONG in_size, size = base->signature_size;
	CK_RV rv;

	if (ps->pid != getpid())
		return diag_set(d, STATUS_SYSTEM, "%s: used in a child of the "
		    "process that opened it", ps->base.repo.name);
	if (key->copy == 0 && key->signatures++ == COPY_AFTER)
		copy_to_session(ps, key);
	if (base->alg->digest == DIGEST_NONE) {
		in = (CK_BYTE *)(uintptr_t)data;
		in_size = len;
	} else {
		if (key->prefix_size > 0)
			memcpy(input, key->prefix, key->prefix_size);
		in_size = key->prefix_size + digest_compute(base->alg->digest,
		    data, len, input + key->prefix_size);
	}
	rv = ps->f->C_SignInit(ps->session, &key->mechanism,
	    key->copy != 0 ? key->copy : key->handle);
	if (rv == CKR_OK)
		rv = ps->f->C_Sign(ps->session, in, in_size, sig, &size);
	if (rv != CKR_OK) {
		renew_session(ps);
		return p11_error(d, rv, "%s: cannot sign", ps->base.repo.name);
	}
	if (size != base->signature_size &&
	    (key->mechanism.mechanism != CKM_ECDSA ||
		pad_halves(sig, size, base->signature_size) == -1))
		return diag_set(d, STATUS_SYSTEM,
		    "%s: a signature of %lu octets in place of %zu",
		    ps->base.repo.name, size, base->signature_size);
	return 0;
}

static void
p11_unload_key(struct key *base)
{
	struct p11_key *key = (struct p11_key *)base;
	struct p11_store *ps = (struct p11_store *)base->ks;

	if (key->copy != 0 && ps->pid == getpid())
		(void)ps->f->C_DestroyObject(ps->session, key->copy);
	free(key);
}

/* --- opening ------------------------------------------------------------- */

static void
p11_close(struct keystore *ks)
{
	struct p11_store *ps = (struct p11_store *)ks;

	keystore_fini(ks);
	p11_forget_public(ps);
	p11_unload(ps);
	free(ps);
}

static const struct keystore_ops p11_ops = {
	.describe = p11_describe,
	.load = p11_load_key,
	.sign = p11_sign,
	.unload = p11_unload_key,
	.close = p11_close,
};

bool
keystore_is_p11(const struct keystore *ks)
{
	return ks->ops == &p11_ops;
}

int
keystore_p11_open(struct keystore **out, const struct repository *repo,
    struct diag *d)
{
	struct p11_store *ps = NULL;
	char *own = NULL;
	const char *name = repo->name;
	int rc = -1;

	if (p11_pin(&own, repo, d) == -1)
		return -1;
	if ((ps = calloc(1, sizeof(*ps))) == NULL) {
		diag_system(d, "token");
		goto out;
	}
	if (keystore_init(&ps->base, &p11_ops, repo, d) == -1)
		goto out;
	if (p11_start(ps, repo->pin != NULL ? repo->pin : own, d) == -1 ||
	    p11_sweep(ps, d) == -1) {
		diag_prefix(d, "%s", name);
		goto out;
	}
	*out = &ps->base;
	ps = NULL; /* the caller owns it now */
	rc = 0;
out:
	if (ps != NULL && ps->base.ops != NULL)
		p11_close(&ps->base);
	pin_free(own);
	return rc;
}
