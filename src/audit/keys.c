#include <stdlib.h>
#include <string.h>

#include <openssl/evp.h>

#include "keys.h"
#include "wname.h"

int
keyset_find(const struct keyset *set, const uint8_t *rdata, size_t size)
{
	for (size_t i = 0; i < set->count; i++)
		if (set->key[i].size == size &&
		    memcmp(set->key[i].rdata, rdata, size) == 0)
			return (int)i;
	return -1;
}

int
keyset_add(struct keyset *set, const uint8_t *rdata, size_t size)
{
	struct key *k;
	const int found = keyset_find(set, rdata, size);

	if (found != -1)
		return found;
	if (size < 4 || size > UINT16_MAX || set->count == KEYS_MAX)
		return -1;
	k = &set->key[set->count];
	*k = (struct key){ .rdata = malloc(size), .size = (uint16_t)size };
	if (k->rdata == NULL)
		return -1;
	memcpy(k->rdata, rdata, size);
	k->flags = (uint16_t)(rdata[0] << 8 | rdata[1]);
	k->protocol = rdata[2];
	k->algorithm = rdata[3];
	k->tag = key_tag(rdata, size);
	return (int)set->count++;
}

void
keyset_free(struct keyset *set)
{
	for (size_t i = 0; i < set->count; i++)
		free(set->key[i].rdata);
	set->count = 0;
}

uint16_t
key_tag(const uint8_t *rdata, size_t size)
{
	uint32_t sum = 0;

	/* RFC 4034 Appendix B.1: RSA/MD5 is different. */
	if (size >= 4 && rdata[3] == 1)
		return size < 7 ? 0 : (uint16_t)(rdata[size - 3] << 8 |
						 rdata[size - 2]);
	for (size_t i = 0; i < size; i++)
		sum += (i & 1) != 0 ? rdata[i] : (uint32_t)rdata[i] << 8;
	sum += sum >> 16 & 0xffff;
	return (uint16_t)sum;
}

bool
key_rsa_parts(const struct key *key, const uint8_t **exponent,
    size_t *exponent_size, const uint8_t **modulus, size_t *modulus_size)
{
	const uint8_t *p = key->rdata + 4, *end = key->rdata + key->size;

	if (end - p < 3)
		return false;
	*exponent_size = *p++;
	if (*exponent_size == 0) {
		*exponent_size = (size_t)(p[0] << 8 | p[1]);
		p += 2;
	}
	if (*exponent_size == 0 || (size_t)(end - p) <= *exponent_size)
		return false;
	*exponent = p;
	*modulus = p + *exponent_size;
	*modulus_size = (size_t)(end - *modulus);
	return true;
}

unsigned
key_modulus_bits(const struct key *key)
{
	const size_t size = (size_t)key->size - 4;
	const uint8_t *exponent, *modulus;
	size_t exponent_size, modulus_size;
	unsigned bits;

	switch (key->algorithm) {
	case 13:
		return size == 64 ? 256 : 0;
	case 14:
		return size == 96 ? 384 : 0;
	case 15:
		return size == 32 ? 256 : 0;
	case 16:
		return size == 57 ? 456 : 0;
	case 1:
	case 5:
	case 7:
	case 8:
	case 10:
		break;
	default:
		return 0;
	}
	if (!key_rsa_parts(key, &exponent, &exponent_size, &modulus,
		&modulus_size))
		return 0;
	while (modulus_size > 0 && *modulus == 0) {
		modulus++;
		modulus_size--;
	}
	if (modulus_size == 0)
		return 0;
	bits = (unsigned)(modulus_size - 1) * 8;
	for (unsigned top = *modulus; top != 0; top >>= 1)
		bits++;
	return bits;
}

bool
algorithm_supported(uint8_t algorithm)
{
	switch (algorithm) {
	case 5:
	case 7:
	case 8:
	case 10:
	case 13:
	case 14:
	case 15:
	case 16:
		return true;
	}
	return false;
}

static const EVP_MD *
ds_digest(uint8_t type)
{
	switch (type) {
	case 1:
		return EVP_sha1();
	case 2:
		return EVP_sha256();
	case 4:
		return EVP_sha384();
	}
	return NULL;
}

uint64_t
ds_matches(const struct keyset *set, const uint8_t *zone, const uint8_t *ds,
    size_t size)
{
	uint8_t owner[WNAME_MAX], md[EVP_MAX_MD_SIZE];
	EVP_MD_CTX *ctx = EVP_MD_CTX_new();
	const EVP_MD *digest = size < 4 ? NULL : ds_digest(ds[3]);
	uint64_t mask = 0;

	memcpy(owner, zone, wname_size(zone));
	wname_lower(owner);
	for (size_t i = 0; ctx != NULL && digest != NULL && i < set->count;
	     i++) {
		const struct key *k = &set->key[i];
		unsigned md_size = 0;

		if (k->tag != (ds[0] << 8 | ds[1]) || k->algorithm != ds[2])
			continue;
		if (EVP_DigestInit_ex(ctx, digest, NULL) == 1 &&
		    EVP_DigestUpdate(ctx, owner, wname_size(owner)) == 1 &&
		    EVP_DigestUpdate(ctx, k->rdata, k->size) == 1 &&
		    EVP_DigestFinal_ex(ctx, md, &md_size) == 1 &&
		    md_size == size - 4 && memcmp(md, ds + 4, md_size) == 0)
			mask |= UINT64_C(1) << i;
	}
	EVP_MD_CTX_free(ctx);
	return mask;
}
