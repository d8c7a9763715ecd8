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

#define FIND_BATCH  64
#define VALUE_MAX   1024 /* octets of an attribute that we read */
#define LABEL_MAX   255
#define INFO_PREFIX 19 /* longest DigestInfo without the digest */

struct p11_key {
	struct key base;
	CK_OBJECT_HANDLE handle;
	CK_OBJECT_HANDLE copy; /* session object, or 0 */
	bool copy_tried;
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

/* --- attributes ---------------------------------------------------------- */

/* One attribute of at most max octets; *size 0 if the object has none. */
static int
get_value(struct p11_store *ps, CK_OBJECT_HANDLE object,
    CK_ATTRIBUTE_TYPE type, void *buf, size_t max, size_t *size,
    struct diag *d)
{
	CK_ATTRIBUTE attr = { type, buf, max };
	const CK_RV rv = ps->f->C_GetAttributeValue(ps->session, object,
	    &attr, 1);

	*size = 0;
	if (rv == CKR_ATTRIBUTE_TYPE_INVALID || rv == CKR_ATTRIBUTE_SENSITIVE)
		return 0;
	if (rv == CKR_BUFFER_TOO_SMALL)
		return diag_set(d, STATUS_USAGE,
		    "attribute 0x%lx of a key is over %zu octets", type, max);
	if (rv != CKR_OK)
		return p11_error(d, rv, "cannot read attribute 0x%lx", type);
	if (attr.ulValueLen != CK_UNAVAILABLE_INFORMATION)
		*size = attr.ulValueLen;
	return 0;
}

static int
get_key_type(struct p11_store *ps, CK_OBJECT_HANDLE object, CK_KEY_TYPE *out,
    struct diag *d)
{
	size_t n;

	if (get_value(ps, object, CKA_KEY_TYPE, out, sizeof(*out), &n, d) ==
	    -1)
		return -1;
	if (n != sizeof(*out))
		return diag_set(d, STATUS_SYSTEM, "a key without a type");
	return 0;
}

/* --- the sweep ----------------------------------------------------------- */

/*
 * Handles of all objects on the token, C_FindObjects 64 at a time.  visit
 * returns -1 to stop, with d filled.
 */
static int
sweep(struct p11_store *ps,
    int (*visit)(struct p11_store *ps, CK_OBJECT_HANDLE handle,
	struct diag *d),
    struct diag *d)
{
	CK_BBOOL yes = CK_TRUE;
	CK_ATTRIBUTE template[] = { { CKA_TOKEN, &yes, sizeof(yes) } };
	CK_OBJECT_HANDLE batch[FIND_BATCH], *all = NULL, *grown;
	CK_ULONG n, count = 0;
	CK_RV rv;
	int rc = 0;

	rv = ps->f->C_FindObjectsInit(ps->session, template, 1);
	if (rv != CKR_OK)
		return p11_error(d, rv, "C_FindObjectsInit");
	/* Handles first: some tokens allow nothing else during a search. */
	while ((rv = ps->f->C_FindObjects(ps->session, batch, FIND_BATCH,
		    &n)) == CKR_OK && n > 0 && n <= FIND_BATCH) {
		grown = reallocarray(all, count + n, sizeof(*all));
		if (grown == NULL) {
			rc = diag_system(d, "keys");
			break;
		}
		all = grown;
		memcpy(all + count, batch, n * sizeof(*all));
		count += n;
	}
	(void)ps->f->C_FindObjectsFinal(ps->session);
	if (rc == 0 && rv != CKR_OK)
		rc = p11_error(d, rv, "C_FindObjects");
	for (CK_ULONG i = 0; rc == 0 && i < count; i++)
		rc = visit(ps, all[i], d);
	free(all);
	return rc;
}

/* What the sweep asks of an object; the octets of label have no end. */
struct p11_object {
	CK_OBJECT_CLASS class;
	uint8_t id[KEY_ID_MAX];
	char label[LABEL_MAX];
	size_t id_size, label_size;
};

static int
ask_one_by_one(struct p11_store *ps, CK_OBJECT_HANDLE handle,
    struct p11_object *o, struct diag *d)
{
	size_t n;

	if (get_value(ps, handle, CKA_CLASS, &o->class, sizeof(o->class), &n,
		d) == -1)
		return -1;
	if (o->class != CKO_PRIVATE_KEY && o->class != CKO_PUBLIC_KEY)
		return 0;
	if (get_value(ps, handle, CKA_ID, o->id, sizeof(o->id), &o->id_size,
		d) == -1)
		return -1;
	if (o->class == CKO_PUBLIC_KEY) /* nobody names it by its label */
		return 0;
	return get_value(ps, handle, CKA_LABEL, o->label, LABEL_MAX,
	    &o->label_size, d);
}

/*
 * All in one question, as each makes SoftHSM read two files; a token that has
 * no good answer to it is asked for each by itself.
 */
static int
ask_object(struct p11_store *ps, CK_OBJECT_HANDLE handle,
    struct p11_object *o, struct diag *d)
{
	CK_ATTRIBUTE attr[] = { { CKA_CLASS, &o->class, sizeof(o->class) },
		{ CKA_ID, o->id, sizeof(o->id) },
		{ CKA_LABEL, o->label, LABEL_MAX } };

	o->class = CK_UNAVAILABLE_INFORMATION;
	o->id_size = o->label_size = 0;
	if (ps->f->C_GetAttributeValue(ps->session, handle, attr, 3) !=
		CKR_OK ||
	    attr[0].ulValueLen != sizeof(o->class) ||
	    attr[1].ulValueLen > sizeof(o->id) ||
	    attr[2].ulValueLen > LABEL_MAX)
		return ask_one_by_one(ps, handle, o, d);
	o->id_size = attr[1].ulValueLen;
	o->label_size = attr[2].ulValueLen;
	return 0;
}

/* put is keystore_add, where a sort follows, or keystore_insert. */
static int
add_private(struct p11_store *ps, CK_OBJECT_HANDLE handle,
    const struct p11_object *o,
    int put(struct keystore *, struct keystore_item *, struct diag *),
    struct diag *d)
{
	struct keystore_item item = { .handle = handle,
		.id_size = o->id_size };

	memcpy(item.id, o->id, o->id_size);
	/* A label with a zero octet can be named by no one: cut there. */
	if (o->label_size > 0 &&
	    (item.label = strndup(o->label, o->label_size)) == NULL)
		return diag_system(d, "keys");
	return put(&ps->base, &item, d);
}

static int
add_public(struct p11_store *ps, CK_OBJECT_HANDLE handle,
    const struct p11_object *o, struct diag *d)
{
	struct p11_public *grown = ps->public;

	/* Room doubles: at every power of two. */
	if ((ps->public_count & (ps->public_count - 1)) == 0) {
		grown = reallocarray(ps->public,
		    ps->public_count == 0 ? 1 : 2 * ps->public_count,
		    sizeof(*grown));
		if (grown == NULL)
			return diag_system(d, "keys");
		ps->public = grown;
	}
	grown += ps->public_count++;
	grown->handle = handle;
	grown->id_size = o->id_size;
	memcpy(grown->id, o->id, o->id_size);
	return 0;
}

static int
visit_key(struct p11_store *ps, CK_OBJECT_HANDLE handle, struct diag *d)
{
	struct p11_object o;

	if (ask_object(ps, handle, &o, d) == -1)
		return -1;
	if (o.class == CKO_PRIVATE_KEY)
		return add_private(ps, handle, &o, keystore_add, d);
	return o.class == CKO_PUBLIC_KEY ? add_public(ps, handle, &o, d) : 0;
}

static int
visit_public(struct p11_store *ps, CK_OBJECT_HANDLE handle, struct diag *d)
{
	struct p11_object o;

	if (ask_object(ps, handle, &o, d) == -1)
		return -1;
	return o.class == CKO_PUBLIC_KEY ? add_public(ps, handle, &o, d) : 0;
}

int
p11_add_private(struct p11_store *ps, CK_OBJECT_HANDLE handle, struct diag *d)
{
	struct p11_object o;

	if (ask_object(ps, handle, &o, d) == -1)
		return -1;
	return add_private(ps, handle, &o, keystore_insert, d);
}

static int
public_compare(const void *a, const void *b)
{
	const struct p11_public *x = a, *y = b;

	return keystore_id_compare(x->id, x->id_size, y->id, y->id_size);
}

static void
sort_public(struct p11_store *ps)
{
	if (ps->public_count > 0)
		qsort(ps->public, ps->public_count, sizeof(*ps->public),
		    public_compare);
	ps->public_swept = true;
}

/* Where the first of count sorted ones with that id is, or would be. */
static size_t
public_place(const struct p11_store *ps, const uint8_t *id, size_t id_size,
    size_t count)
{
	size_t low = 0;

	while (low < count) {
		const size_t mid = low + (count - low) / 2;

		if (keystore_id_compare(ps->public[mid].id,
			ps->public[mid].id_size, id, id_size) < 0)
			low = mid + 1;
		else
			count = mid;
	}
	return low;
}

void
p11_forget_public(struct p11_store *ps)
{
	free(ps->public);
	ps->public = NULL;
	ps->public_count = 0;
	ps->public_swept = false;
}

int
p11_add_public(struct p11_store *ps, CK_OBJECT_HANDLE handle, struct diag *d)
{
	struct p11_object o;
	struct p11_public last;
	size_t n;

	if (!ps->public_swept)
		return 0;
	if (ask_object(ps, handle, &o, d) == -1 ||
	    add_public(ps, handle, &o, d) == -1)
		return -1;
	/* At the end now; to its place among the others, which are sorted. */
	last = ps->public[ps->public_count - 1];
	n = public_place(ps, last.id, last.id_size, ps->public_count - 1);
	memmove(&ps->public[n + 1], &ps->public[n],
	    (ps->public_count - 1 - n) * sizeof(last));
	ps->public[n] = last;
	return 0;
}

void
p11_drop_public(struct p11_store *ps, CK_OBJECT_HANDLE handle)
{
	for (size_t i = 0; i < ps->public_count; i++)
		if (ps->public[i].handle == handle) {
			memmove(&ps->public[i], &ps->public[i + 1],
			    (ps->public_count - i - 1) * sizeof(*ps->public));
			ps->public_count--;
			return;
		}
}

int
p11_find_public(struct p11_store *ps, const uint8_t *id, size_t id_size,
    CK_OBJECT_HANDLE *out, struct diag *d)
{
	size_t n;

	if (!ps->public_swept) {
		p11_forget_public(ps);
		if (sweep(ps, visit_public, d) == -1)
			return -1;
		sort_public(ps);
	}
	n = public_place(ps, id, id_size, ps->public_count);
	*out = n < ps->public_count &&
		keystore_id_compare(ps->public[n].id, ps->public[n].id_size,
		    id, id_size) == 0
	    ? ps->public[n].handle : 0;
	return 0;
}

/* --- a key --------------------------------------------------------------- */

static const struct p11_curve *
curve_by_params(CK_KEY_TYPE type, const uint8_t *params, size_t size)
{
	for (size_t i = 0; i < CURVES; i++)
		if (curves[i].type == type && curves[i].params_size == size &&
		    memcmp(curves[i].params, params, size) == 0)
			return &curves[i];
	return NULL;
}

/* The modulus, leading zero octets left out. */
static int
get_modulus(struct p11_store *ps, CK_OBJECT_HANDLE object,
    uint8_t buf[VALUE_MAX], struct dnskey_number *out, struct diag *d)
{
	if (get_value(ps, object, CKA_MODULUS, buf, VALUE_MAX, &out->size,
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

	if (get_key_type(ps, item->handle, &type, d) == -1)
		return -1;
	if (type == CKK_RSA) {
		if (get_modulus(ps, item->handle, buf, &modulus, d) == -1)
			return -1;
		out->kind = KEY_RSA;
		out->bits = number_bits(&modulus);
		out->supported = true;
		return 0;
	}
	if (get_value(ps, item->handle, CKA_EC_PARAMS, buf, sizeof(buf), &n,
		d) == -1)
		return -1;
	if ((curve = curve_by_params(type, buf, n)) == NULL)
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
	    get_value(ps, key->handle, CKA_PUBLIC_EXPONENT, ebuf, sizeof(ebuf),
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
	CK_OBJECT_HANDLE object;
	uint8_t point[VALUE_MAX];
	size_t n;

	if (p11_find_public(ps, item->id, item->id_size, &object, d) == -1)
		return -1;
	/* Some tokens give the point with the private key. */
	if (get_value(ps, object != 0 ? object : key->handle, CKA_EC_POINT,
		point, sizeof(point), &n, d) == -1)
		return -1;
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

	key->copy_tried = true;
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
			key->copy_tried = false;
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
	if (!key->copy_tried)
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
	    sweep(ps, visit_key, d) == -1) {
		diag_prefix(d, "%s", name);
		goto out;
	}
	keystore_sort(&ps->base);
	sort_public(ps);
	*out = &ps->base;
	ps = NULL; /* the caller owns it now */
	rc = 0;
out:
	if (ps != NULL && ps->base.ops != NULL)
		p11_close(&ps->base);
	pin_free(own);
	return rc;
}
