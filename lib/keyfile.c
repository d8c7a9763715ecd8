#define OPENSSL_API_COMPAT 0x10100000L

#include <openssl/bn.h>
#include <openssl/core_names.h>
#include <openssl/err.h>
#include <openssl/pem.h>
#include <openssl/x509.h>
#include <string.h>

#include "curve.h"
#include "keyfile.h"
#include "secretfile.h"

/* No passphrase is ever asked or guessed. */
static int
no_passphrase(char *buf, int size, int writing, void *arg)
{
	(void)buf;
	(void)size;
	(void)writing;
	*(bool *)arg = true;
	return -1;
}

int
keyfile_parse_pem(EVP_PKEY **out, const char *text, size_t len,
    const char *place, struct diag *d)
{
	bool encrypted = false;
	BIO *bio;

	if ((bio = BIO_new_mem_buf(text, (int)len)) == NULL)
		return diag_system(d, "%s", place);
	*out = PEM_read_bio_PrivateKey(bio, NULL, no_passphrase, &encrypted);
	BIO_free(bio);
	ERR_clear_error();
	if (*out != NULL)
		return 0;
	if (encrypted)
		return diag_set(d, STATUS_USAGE, "%s: encrypted: decrypt it "
		    "with openssl pkey -in ... -out ... (mode 600)", place);
	return diag_set(d, STATUS_USAGE,
	    "%s: holds no private key in PEM (RFC 7468 §10)", place);
}

static int
describe_ec(const EVP_PKEY *pkey, enum key_kind *kind)
{
	char group[64];
	size_t n;

	if (EVP_PKEY_get_group_name(pkey, group, sizeof(group), &n) != 1)
		return -1;
	if (strcmp(group, SN_X9_62_prime256v1) == 0)
		*kind = KEY_P256;
	else if (strcmp(group, SN_secp384r1) == 0)
		*kind = KEY_P384;
	else
		return -1;
	return 0;
}

int
keyfile_describe(const EVP_PKEY *pkey, enum key_kind *kind, unsigned *bits)
{
	int rc = 0;

	switch (EVP_PKEY_get_base_id(pkey)) {
	case EVP_PKEY_RSA:
		*kind = KEY_RSA;
		break;
	case EVP_PKEY_EC:
		rc = describe_ec(pkey, kind);
		break;
	case EVP_PKEY_ED25519:
		*kind = KEY_ED25519;
		break;
	case EVP_PKEY_ED448:
		*kind = KEY_ED448;
		break;
	default:
		return -1;
	}
	/* The curve's size as its name has it: OpenSSL says 253 for 25519. */
	*bits = *kind == KEY_ED25519 ? 256
	    : *kind == KEY_ED448     ? 456
				     : (unsigned)EVP_PKEY_get_bits(pkey);
	return rc;
}

static int
public_rsa(const EVP_PKEY *pkey, uint8_t out[DNSKEY_PUBLIC_MAX], size_t *size)
{
	uint8_t ebuf[DNSKEY_PUBLIC_MAX], nbuf[DNSKEY_PUBLIC_MAX];
	struct dnskey_number e = { ebuf, 0 }, n = { nbuf, 0 };
	BIGNUM *be = NULL, *bn = NULL;
	int rc = -1;

	if (EVP_PKEY_get_bn_param(pkey, OSSL_PKEY_PARAM_RSA_E, &be) == 1 &&
	    EVP_PKEY_get_bn_param(pkey, OSSL_PKEY_PARAM_RSA_N, &bn) == 1 &&
	    (e.size = (size_t)BN_num_bytes(be)) <= sizeof(ebuf) &&
	    (n.size = (size_t)BN_num_bytes(bn)) <= sizeof(nbuf)) {
		BN_bn2bin(be, ebuf);
		BN_bn2bin(bn, nbuf);
		rc = dnskey_rsa_join(e, n, out, size);
	}
	BN_free(be);
	BN_free(bn);
	return rc;
}

static int
public_ec(const EVP_PKEY *pkey, int half, uint8_t out[DNSKEY_PUBLIC_MAX],
    size_t *size)
{
	BIGNUM *x = NULL, *y = NULL;
	int rc = -1;

	/* RFC 6605 §4: x | y, whatever point form the file has. */
	if (EVP_PKEY_get_bn_param(pkey, OSSL_PKEY_PARAM_EC_PUB_X, &x) == 1 &&
	    EVP_PKEY_get_bn_param(pkey, OSSL_PKEY_PARAM_EC_PUB_Y, &y) == 1 &&
	    BN_bn2binpad(x, out, half) == half &&
	    BN_bn2binpad(y, out + half, half) == half) {
		*size = 2 * (size_t)half;
		rc = 0;
	}
	BN_free(x);
	BN_free(y);
	return rc;
}

int
keyfile_public(const EVP_PKEY *pkey, enum key_kind kind,
    uint8_t out[DNSKEY_PUBLIC_MAX], size_t *size, struct diag *d)
{
	int rc = -1;

	switch (kind) {
	case KEY_RSA:
		if (public_rsa(pkey, out, size) == -1)
			return diag_set(d, STATUS_USAGE,
			    "RSA over 4096 bits (RFC 5702 §2)");
		return 0;
	case KEY_P256:
		rc = public_ec(pkey, 32, out, size);
		break;
	case KEY_P384:
		rc = public_ec(pkey, 48, out, size);
		break;
	case KEY_ED25519:
	case KEY_ED448:
		*size = DNSKEY_PUBLIC_MAX;
		rc = EVP_PKEY_get_raw_public_key(pkey, out, size) == 1 ? 0 : -1;
		break;
	}
	ERR_clear_error();
	if (rc == -1)
		return diag_set(d, STATUS_SYSTEM,
		    "OpenSSL does not give the public key");
	return 0;
}

/* --- keys that sign ------------------------------------------------------- */

/* RFC 5915's key of the curve that PKCS#8 names (RFC 5480 §2.1.1), or NULL. */
static EC_KEY *
ec_from_pkcs8(const PKCS8_PRIV_KEY_INFO *info)
{
	const X509_ALGOR *alg;
	const ASN1_OBJECT *oid;
	const uint8_t *octets;
	const void *curve;
	EC_KEY *ec;
	int size, type, nid;

	if (PKCS8_pkey_get0(NULL, &octets, &size, &alg, info) != 1)
		return NULL;
	X509_ALGOR_get0(&oid, &type, &curve, alg);
	if (OBJ_obj2nid(oid) != NID_X9_62_id_ecPublicKey ||
	    type != V_ASN1_OBJECT)
		return NULL;
	nid = OBJ_obj2nid(curve);
	if ((nid != NID_X9_62_prime256v1 && nid != NID_secp384r1) ||
	    (ec = curve_key_new(nid)) == NULL)
		return NULL;
	if (d2i_ECPrivateKey(&ec, &octets, size) == NULL ||
	    EC_GROUP_get_curve_name(EC_KEY_get0_group(ec)) != nid ||
	    EC_KEY_get0_public_key(ec) == NULL) {
		EC_KEY_free(ec);
		return NULL;
	}
	return ec;
}

/* If the first block of the text is such a key; else keyfile_parse_pem() sees. */
static EC_KEY *
ec_from_pem(const char *text, size_t len)
{
	char *name = NULL, *header = NULL;
	PKCS8_PRIV_KEY_INFO *info;
	const uint8_t *at;
	uint8_t *der = NULL;
	EC_KEY *ec = NULL;
	BIO *bio;
	long size;

	if ((bio = BIO_new_mem_buf(text, (int)len)) == NULL)
		return NULL;
	if (PEM_read_bio(bio, &name, &header, &der, &size) == 1 &&
	    strcmp(name, PEM_STRING_PKCS8INF) == 0 && header[0] == '\0') {
		at = der;
		/* d2i wipes the octets that it copies as it frees them. */
		info = d2i_PKCS8_PRIV_KEY_INFO(NULL, &at, size);
		if (info != NULL)
			ec = ec_from_pkcs8(info);
		PKCS8_PRIV_KEY_INFO_free(info);
	}
	if (der != NULL)
		OPENSSL_clear_free(der, (size_t)size);
	OPENSSL_free(name);
	OPENSSL_free(header);
	BIO_free(bio);
	ERR_clear_error();
	return ec;
}

static void
describe(struct keyfile *f)
{
	const EC_GROUP *group;

	if (f->ec == NULL) {
		f->supported =
		    keyfile_describe(f->pkey, &f->kind, &f->bits) == 0;
		return;
	}
	group = EC_KEY_get0_group(f->ec);
	f->kind = EC_GROUP_get_curve_name(group) == NID_secp384r1 ? KEY_P384
								  : KEY_P256;
	f->bits = (unsigned)EC_GROUP_order_bits(group);
	f->supported = true;
}

int
keyfile_parse(struct keyfile *out, const char *text, size_t len,
    const char *place, struct diag *d)
{
	memset(out, 0, sizeof(*out));
	if ((out->ec = ec_from_pem(text, len)) == NULL &&
	    keyfile_parse_pem(&out->pkey, text, len, place, d) == -1)
		return -1;
	describe(out);
	if (out->ec != NULL || !out->supported ||
	    (out->kind != KEY_P256 && out->kind != KEY_P384))
		return 0;
	out->ec = EVP_PKEY_get1_EC_KEY(out->pkey); /* of an older form */
	EVP_PKEY_free(out->pkey);
	out->pkey = NULL;
	if (out->ec == NULL)
		return diag_set(d, STATUS_SYSTEM,
		    "%s: OpenSSL does not give the key", place);
	return 0;
}

int
keyfile_read(struct keyfile *out, int dirfd, const char *path, bool follow,
    const char *place, struct diag *d)
{
	struct secret s;
	int rc;

	if (secretfile_read(&s, dirfd, path, follow, place, d) == -1)
		return -1;
	rc = keyfile_parse(out, s.text, s.size, place, d);
	secret_free(&s);
	return rc;
}

int
keyfile_material(const struct keyfile *f, uint8_t out[DNSKEY_PUBLIC_MAX],
    size_t *size, struct diag *d)
{
	uint8_t point[DNSKEY_PUBLIC_MAX];
	size_t n;

	if (f->ec == NULL)
		return keyfile_public(f->pkey, f->kind, out, size, d);
	/* RFC 6605 §4: x | y, whatever point form the file has. */
	n = EC_POINT_point2oct(EC_KEY_get0_group(f->ec),
	    EC_KEY_get0_public_key(f->ec), POINT_CONVERSION_UNCOMPRESSED,
	    point, sizeof(point), NULL);
	ERR_clear_error();
	if (n != 1 + 2 * (size_t)(f->bits / 8))
		return diag_set(d, STATUS_SYSTEM,
		    "OpenSSL does not give the public key");
	memcpy(out, point + 1, n - 1);
	*size = n - 1;
	return 0;
}

void
keyfile_free(struct keyfile *f)
{
	EC_KEY_free(f->ec);
	EVP_PKEY_free(f->pkey);
	f->ec = NULL;
	f->pkey = NULL;
}
