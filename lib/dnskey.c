#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "digest.h"
#include "dnskey.h"

size_t
dnskey_rdata(uint16_t flags, uint8_t algorithm, const uint8_t *pub,
    size_t pub_size, uint8_t out[DNSKEY_RDATA_MAX])
{
	assert(pub_size <= DNSKEY_PUBLIC_MAX);
	out[0] = (uint8_t)(flags >> 8);
	out[1] = (uint8_t)flags;
	out[2] = 3; /* RFC 4034 §2.1.2 */
	out[3] = algorithm;
	memcpy(out + 4, pub, pub_size);
	return 4 + pub_size;
}

uint16_t
dnskey_tag(const uint8_t *rdata, size_t len)
{
	uint32_t sum = 0;

	/* RFC 4034 app. B.1: RSA/MD5 has its own. */
	if (rdata[3] == 1)
		return len < 7 ? 0
			       : (uint16_t)(rdata[len - 3] << 8 | rdata[len - 2]);
	for (size_t i = 0; i < len; i++)
		sum += i & 1 ? rdata[i] : (uint32_t)rdata[i] << 8;
	sum += sum >> 16;
	return (uint16_t)sum;
}

static enum algorithm_digest
ds_digest(uint8_t digest)
{
	switch (digest) {
	case DS_SHA1:
		return DIGEST_SHA1;
	case DS_SHA256:
		return DIGEST_SHA256;
	case DS_SHA384:
		return DIGEST_SHA384;
	}
	return DIGEST_NONE;
}

int
dnskey_ds(const uint8_t *owner, size_t owner_len, const uint8_t *rdata,
    size_t rdata_len, uint8_t digest, uint8_t out[DS_RDATA_MAX], size_t *size,
    struct diag *d)
{
	const enum algorithm_digest hash = ds_digest(digest);
	uint8_t *input, hashed[DIGEST_MAX];
	const uint16_t tag = dnskey_tag(rdata, rdata_len);
	size_t n;

	if (hash == DIGEST_NONE)
		return diag_set(d, STATUS_USAGE,
		    "DS digest %u: not one of 1, 2, 4 (RFC 8624 §3.3)", digest);
	if ((input = malloc(owner_len + rdata_len)) == NULL)
		return diag_system(d, "DS");
	/* RFC 4034 §5.1.4: digest of owner name | DNSKEY RDATA */
	memcpy(input, owner, owner_len);
	memcpy(input + owner_len, rdata, rdata_len);
	n = digest_compute(hash, input, owner_len + rdata_len, hashed);
	free(input);
	out[0] = (uint8_t)(tag >> 8);
	out[1] = (uint8_t)tag;
	out[2] = rdata[3];
	out[3] = digest;
	memcpy(out + 4, hashed, n);
	*size = 4 + n;
	return 0;
}

int
dnskey_rsa_split(const uint8_t *pub, size_t pub_size,
    struct dnskey_number *exponent, struct dnskey_number *modulus)
{
	size_t e, head = 1;

	if (pub_size < 1)
		return -1;
	e = pub[0];
	if (e == 0) { /* RFC 3110 §2: then two octets give the length */
		if (pub_size < 3)
			return -1;
		e = (size_t)pub[1] << 8 | pub[2];
		head = 3;
	}
	if (e == 0 || pub_size - head <= e)
		return -1;
	*exponent = (struct dnskey_number){ pub + head, e };
	*modulus = (struct dnskey_number){ pub + head + e, pub_size - head - e };
	if (exponent->bytes[0] == 0 || modulus->bytes[0] == 0)
		return -1;
	return 0;
}

static void
strip_zeros(struct dnskey_number *n)
{
	while (n->size > 0 && n->bytes[0] == 0) {
		n->bytes++;
		n->size--;
	}
}

int
dnskey_rsa_join(struct dnskey_number exponent, struct dnskey_number modulus,
    uint8_t out[DNSKEY_PUBLIC_MAX], size_t *size)
{
	size_t n = 0;

	strip_zeros(&exponent);
	strip_zeros(&modulus);
	if (exponent.size == 0 || modulus.size == 0 ||
	    exponent.size > DNSKEY_PUBLIC_MAX ||
	    modulus.size > DNSKEY_PUBLIC_MAX ||
	    3 + exponent.size + modulus.size > DNSKEY_PUBLIC_MAX)
		return -1;
	if (exponent.size > UINT8_MAX) {
		out[n++] = 0;
		out[n++] = (uint8_t)(exponent.size >> 8);
	}
	out[n++] = (uint8_t)exponent.size;
	memcpy(out + n, exponent.bytes, exponent.size);
	n += exponent.size;
	memcpy(out + n, modulus.bytes, modulus.size);
	*size = n + modulus.size;
	return 0;
}
