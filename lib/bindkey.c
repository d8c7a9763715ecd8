#include <openssl/bn.h>
#include <openssl/core_names.h>
#include <openssl/ec.h>
#include <openssl/err.h>
#include <openssl/param_build.h>
#include <stdint.h>
#include <string.h>
#include <strings.h>

#include "base64.h"
#include "bindkey.h"

#define FORMAT	  "Private-key-format: v1."
#define VALUE_MAX 1024 /* octets of one number */

enum field {
	MODULUS,
	PUBLIC_EXPONENT,
	PRIVATE_EXPONENT,
	PRIME1,
	PRIME2,
	EXPONENT1,
	EXPONENT2,
	COEFFICIENT,
	PRIVATE_KEY,
	FIELDS,
};

static const struct {
	const char *name;
	const char *param; /* OpenSSL's; PRIVATE_KEY has none */
} fields[FIELDS] = {
	[MODULUS] = { "Modulus", OSSL_PKEY_PARAM_RSA_N },
	[PUBLIC_EXPONENT] = { "PublicExponent", OSSL_PKEY_PARAM_RSA_E },
	[PRIVATE_EXPONENT] = { "PrivateExponent", OSSL_PKEY_PARAM_RSA_D },
	[PRIME1] = { "Prime1", OSSL_PKEY_PARAM_RSA_FACTOR1 },
	[PRIME2] = { "Prime2", OSSL_PKEY_PARAM_RSA_FACTOR2 },
	[EXPONENT1] = { "Exponent1", OSSL_PKEY_PARAM_RSA_EXPONENT1 },
	[EXPONENT2] = { "Exponent2", OSSL_PKEY_PARAM_RSA_EXPONENT2 },
	[COEFFICIENT] = { "Coefficient", OSSL_PKEY_PARAM_RSA_COEFFICIENT1 },
	[PRIVATE_KEY] = { "PrivateKey", NULL },
};

struct bindkey {
	const struct algorithm *alg;
	bool has[FIELDS];
	size_t size[FIELDS];
	uint8_t value[FIELDS][VALUE_MAX]; /* wiped at the end */
};

bool
bindkey_is(const char *text, size_t len)
{
	return len >= strlen(FORMAT) &&
	    memcmp(text, FORMAT, strlen(FORMAT)) == 0;
}

/* --- the lines ----------------------------------------------------------- */

/* "13 (ECDSAP256SHA256)" */
static int
take_algorithm(struct bindkey *k, const char *s, size_t len, struct diag *d)
{
	const char *blank = memchr(s, ' ', len);
	const size_t n = blank != NULL ? (size_t)(blank - s) : len;

	if (k->alg != NULL)
		return diag_set(d, STATUS_USAGE, "a second Algorithm");
	if ((k->alg = algorithm_by_text(s, n)) == NULL)
		return diag_set(d, STATUS_USAGE,
		    "algorithm %.*s: not one of 5 7 8 10 13 14 15 16",
		    n > 20 ? 20 : (int)n, s);
	return 0;
}

static int
take_line(struct bindkey *k, const char *line, size_t len, struct diag *d)
{
	const char *colon = memchr(line, ':', len), *s;
	size_t name, n;

	if (len == 0)
		return 0;
	if (colon == NULL)
		return diag_set(d, STATUS_USAGE, "not 'Name: value'");
	name = (size_t)(colon - line);
	s = colon + 1;
	n = len - name - 1;
	for (; n > 0 && *s == ' '; n--)
		s++;
	if (name == 9 && memcmp(line, "Algorithm", 9) == 0)
		return take_algorithm(k, s, n, d);
	for (size_t f = 0; f < FIELDS; f++) {
		if (strlen(fields[f].name) != name ||
		    memcmp(fields[f].name, line, name) != 0)
			continue;
		if (k->has[f])
			return diag_set(d, STATUS_USAGE, "a second %s",
			    fields[f].name);
		if (base64_decode(s, n, k->value[f], VALUE_MAX,
			&k->size[f]) == -1 || k->size[f] == 0)
			return diag_set(d, STATUS_USAGE,
			    "%s: not base64 of 1 to %d octets",
			    fields[f].name, VALUE_MAX);
		k->has[f] = true;
		return 0;
	}
	return 0;
}

static int
take_lines(struct bindkey *k, const char *text, size_t len, struct diag *d)
{
	unsigned long number = 1;

	while (len > 0) {
		const char *end = memchr(text, '\n', len);
		const size_t full = end != NULL ? (size_t)(end - text) : len;
		size_t n = full;

		if (n > 0 && text[n - 1] == '\r')
			n--;
		if (take_line(k, text, n, d) == -1)
			return diag_prefix(d, "line %lu", number);
		number++;
		text += full + (end != NULL);
		len -= full + (end != NULL);
	}
	if (k->alg == NULL)
		return diag_set(d, STATUS_USAGE, "no Algorithm");
	return 0;
}

/* --- the keys ------------------------------------------------------------ */

static EVP_PKEY *
from_params(const char *type, OSSL_PARAM_BLD *build)
{
	OSSL_PARAM *params = OSSL_PARAM_BLD_to_param(build);
	EVP_PKEY_CTX *ctx = EVP_PKEY_CTX_new_from_name(NULL, type, NULL);
	EVP_PKEY *pkey = NULL;

	if (params == NULL || ctx == NULL ||
	    EVP_PKEY_fromdata_init(ctx) != 1 ||
	    EVP_PKEY_fromdata(ctx, &pkey, EVP_PKEY_KEYPAIR, params) != 1)
		pkey = NULL;
	EVP_PKEY_CTX_free(ctx);
	OSSL_PARAM_free(params);
	return pkey;
}

/* Numbers that do not belong together must not be kept as a key. */
static EVP_PKEY *
checked(EVP_PKEY *pkey)
{
	EVP_PKEY_CTX *ctx;
	int good = 0;

	if (pkey == NULL)
		return NULL;
	if ((ctx = EVP_PKEY_CTX_new(pkey, NULL)) != NULL)
		good = EVP_PKEY_check(ctx);
	EVP_PKEY_CTX_free(ctx);
	if (good == 1)
		return pkey;
	EVP_PKEY_free(pkey);
	return NULL;
}

static EVP_PKEY *
make_rsa(const struct bindkey *k)
{
	OSSL_PARAM_BLD *build = OSSL_PARAM_BLD_new();
	BIGNUM *n[PRIVATE_KEY] = { NULL };
	EVP_PKEY *pkey = NULL;
	bool good = build != NULL;

	for (size_t f = 0; f < PRIVATE_KEY && good; f++) {
		/* Private numbers in memory that OpenSSL wipes. */
		n[f] = BN_secure_new();
		good = n[f] != NULL &&
		    BN_bin2bn(k->value[f], (int)k->size[f], n[f]) != NULL &&
		    OSSL_PARAM_BLD_push_BN(build, fields[f].param, n[f]) == 1;
	}
	if (good)
		pkey = from_params("RSA", build);
	for (size_t f = 0; f < PRIVATE_KEY; f++)
		BN_clear_free(n[f]);
	OSSL_PARAM_BLD_free(build);
	return checked(pkey);
}

/* The public point is not in the file: it is private * G. */
static size_t
public_point(const EC_GROUP *group, const BIGNUM *private,
    uint8_t *out, size_t size)
{
	EC_POINT *point = EC_POINT_new(group);
	size_t n = 0;

	if (point != NULL &&
	    EC_POINT_mul(group, point, private, NULL, NULL, NULL) == 1)
		n = EC_POINT_point2oct(group, point,
		    POINT_CONVERSION_UNCOMPRESSED, out, size, NULL);
	EC_POINT_free(point);
	return n;
}

static EVP_PKEY *
make_ec(const struct bindkey *k)
{
	const bool p256 = k->alg->kind == KEY_P256;
	EC_GROUP *group = EC_GROUP_new_by_curve_name(
	    p256 ? NID_X9_62_prime256v1 : NID_secp384r1);
	OSSL_PARAM_BLD *build = OSSL_PARAM_BLD_new();
	BIGNUM *private = BN_secure_new();
	uint8_t point[1 + 96];
	EVP_PKEY *pkey = NULL;
	size_t n;

	/* Some versions of BIND leave leading zero octets out. */
	if (group == NULL || build == NULL || private == NULL ||
	    k->size[PRIVATE_KEY] > k->alg->public_size / 2 ||
	    BN_bin2bn(k->value[PRIVATE_KEY], (int)k->size[PRIVATE_KEY],
		private) == NULL ||
	    BN_is_zero(private) ||
	    BN_cmp(private, EC_GROUP_get0_order(group)) >= 0)
		goto out;
	BN_set_flags(private, BN_FLG_CONSTTIME);
	n = public_point(group, private, point, sizeof(point));
	if (n > 0 &&
	    OSSL_PARAM_BLD_push_utf8_string(build, OSSL_PKEY_PARAM_GROUP_NAME,
		p256 ? SN_X9_62_prime256v1 : SN_secp384r1, 0) == 1 &&
	    OSSL_PARAM_BLD_push_octet_string(build, OSSL_PKEY_PARAM_PUB_KEY,
		point, n) == 1 &&
	    OSSL_PARAM_BLD_push_BN(build, OSSL_PKEY_PARAM_PRIV_KEY,
		private) == 1)
		pkey = from_params("EC", build);
out:
	BN_clear_free(private);
	OSSL_PARAM_BLD_free(build);
	EC_GROUP_free(group);
	return pkey;
}

static EVP_PKEY *
make(const struct bindkey *k)
{
	const size_t size = k->size[PRIVATE_KEY];

	switch (k->alg->kind) {
	case KEY_RSA:
		return make_rsa(k);
	case KEY_P256:
	case KEY_P384:
		return make_ec(k);
	case KEY_ED25519:
		return EVP_PKEY_new_raw_private_key(EVP_PKEY_ED25519, NULL,
		    k->value[PRIVATE_KEY], size);
	case KEY_ED448:
		return EVP_PKEY_new_raw_private_key(EVP_PKEY_ED448, NULL,
		    k->value[PRIVATE_KEY], size);
	}
	return NULL;
}

static int
parse(EVP_PKEY **out, struct bindkey *k, const char *text, size_t len,
    struct diag *d)
{
	size_t first, end;

	if (take_lines(k, text, len, d) == -1)
		return -1;
	first = k->alg->kind == KEY_RSA ? MODULUS : PRIVATE_KEY;
	end = k->alg->kind == KEY_RSA ? PRIVATE_KEY : FIELDS;
	for (size_t f = first; f < end; f++)
		if (!k->has[f])
			return diag_set(d, STATUS_USAGE,
			    "no %s, which algorithm %u needs", fields[f].name,
			    k->alg->number);
	*out = make(k);
	ERR_clear_error();
	if (*out == NULL)
		return diag_set(d, STATUS_USAGE,
		    "the numbers are no key of algorithm %u", k->alg->number);
	return 0;
}

int
bindkey_parse(EVP_PKEY **out, const struct algorithm **alg, const char *text,
    size_t len, const char *place, struct diag *d)
{
	struct bindkey k = { .alg = NULL };
	int rc;

	rc = parse(out, &k, text, len, d);
	if (rc == -1)
		diag_prefix(d, "%s", place);
	*alg = k.alg;
	explicit_bzero(&k, sizeof(k));
	return rc;
}
