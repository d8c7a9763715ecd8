#include <stdio.h>
#include <string.h>

#include <openssl/evp.h>

#include "number.h"
#include "signkeys.h"

/* Protocol of a DNSKEY (RFC 4034 §2.1.2). */
#define PROTOCOL 3

struct dnskey {
	uint16_t flags, tag;
	uint8_t algorithm;
	uint8_t pub[DNSKEY_PUBLIC_MAX];
	size_t pub_size;
};

/* Padded base64 without blanks, as the stream writes it. */
static int
decode_base64(const char *text, size_t len, uint8_t *out, size_t max,
    size_t *size)
{
	uint8_t block[DNSKEY_PUBLIC_MAX + 3];
	int n;

	if (len == 0 || len % 4 != 0 || len / 4 * 3 > sizeof(block) ||
	    (n = EVP_DecodeBlock(block, (const uint8_t *)text, (int)len)) == -1)
		return -1;
	n -= text[len - 1] == '=' ? text[len - 2] == '=' ? 2 : 1 : 0;
	if (n <= 0 || (size_t)n > max)
		return -1;
	memcpy(out, block, (size_t)n);
	*size = (size_t)n;
	return 0;
}

/* One line of a DNSKEY RRset: "flags protocol algorithm key". */
static int
read_dnskey(const char *line, size_t len, struct dnskey *out, struct diag *d)
{
	struct zonetext_record rec;
	uint8_t rdata[DNSKEY_RDATA_MAX];
	uint32_t field[3];
	const char *s, *end;

	if (zonetext_split(line, len, &rec, d) == -1)
		return -1;
	s = rec.rdata;
	end = rec.rdata + rec.rdata_len;
	for (int i = 0; i < 3; i++) {
		const char *space = memchr(s, ' ', (size_t)(end - s));

		if (space == NULL ||
		    number_u32(s, (size_t)(space - s),
			i == 0 ? UINT16_MAX : UINT8_MAX, &field[i]) == -1)
			goto bad;
		s = space + 1;
	}
	if (field[1] != PROTOCOL ||
	    decode_base64(s, (size_t)(end - s), out->pub, sizeof(out->pub),
		&out->pub_size) == -1)
		goto bad;
	out->flags = (uint16_t)field[0];
	out->algorithm = (uint8_t)field[2];
	out->tag = dnskey_tag(rdata,
	    dnskey_rdata(out->flags, out->algorithm, out->pub, out->pub_size,
		rdata));
	return 0;
bad:
	return diag_set(d, STATUS_BAD,
	    "DNSKEY that cannot be read: protocol not 3, or no key of at most "
	    "%d octets (RFC 4034 §2.2)",
	    DNSKEY_PUBLIC_MAX);
}

typedef int dnskey_visitor(struct zone_keys *, const struct dnskey *,
    struct diag *);

static int
for_each_dnskey(struct zone_keys *keys, const struct rrset *set,
    dnskey_visitor *visit, struct diag *d)
{
	const char *line, *end;
	struct dnskey dk = { 0 };

	if (set == NULL)
		return 0;
	line = set->text.bytes;
	end = line + set->text.len;
	while (line < end) {
		const char *newline = memchr(line, '\n', (size_t)(end - line));

		if (read_dnskey(line, (size_t)(newline - line), &dk, d) == -1 ||
		    visit(keys, &dk, d) == -1)
			return -1;
		line = newline + 1;
	}
	return 0;
}

static bool
same_public(const struct zone_key *k, const struct dnskey *dk)
{
	return k->algorithm == dk->algorithm && k->pub_size == dk->pub_size &&
	    memcmp(k->pub, dk->pub, dk->pub_size) == 0;
}

/*
 * A DNSKEY is ours if its key is, whatever our side thought of the flags; a
 * signature's tag is that of the published one.
 */
static int
match_one(struct zone_keys *keys, const struct dnskey *dk, struct diag *d)
{
	struct zone_key *k;

	for (size_t i = 0; i < keys->count; i++) {
		k = &keys->key[i];
		if (!same_public(k, dk))
			continue;
		if (k->in_zone)
			return diag_set(d, STATUS_BAD,
			    "DNSKEY: one key stands twice, with flags %u and "
			    "%u",
			    k->flags, dk->flags);
		k->in_zone = true;
		k->flags = dk->flags;
		k->tag = dk->tag;
		return 0;
	}
	if (keys->count == ZONE_KEYS_MAX)
		return diag_set(d, STATUS_BAD, "DNSKEY: more than %d keys",
		    ZONE_KEYS_MAX);
	k = &keys->key[keys->count++];
	memset(k, 0, sizeof(*k));
	k->ring = NO_RING;
	k->algorithm = dk->algorithm;
	k->flags = dk->flags;
	k->tag = dk->tag;
	k->in_zone = true;
	memcpy(k->pub, dk->pub, dk->pub_size);
	k->pub_size = dk->pub_size;
	return 0;
}

/* Keys that are not in the zone have the tag of the flags they would have. */
static void
tag_unpublished(struct zone_key *k)
{
	uint8_t rdata[DNSKEY_RDATA_MAX];

	if (k->flags == 0)
		k->flags = DNSKEY_ZONE | (k->ksk ? DNSKEY_SEP : 0);
	k->tag = dnskey_tag(rdata,
	    dnskey_rdata(k->flags, k->algorithm, k->pub, k->pub_size, rdata));
}

static bool
has_role(const struct zone_keys *keys, uint8_t algorithm, bool ksk)
{
	for (size_t i = 0; i < keys->count; i++) {
		const struct zone_key *k = &keys->key[i];

		if (k->algorithm == algorithm &&
		    (ksk ? k->ksk || k->lost : k->zsk))
			return true;
	}
	return false;
}

static int
check_key(const struct zone_keys *keys, size_t i, const struct key_rules *rules,
    struct diag *d)
{
	const struct zone_key *k = &keys->key[i];

	for (size_t j = 0; j < i; j++)
		if (keys->key[j].tag == k->tag &&
		    keys->key[j].algorithm == k->algorithm)
			return diag_set(d, STATUS_BAD,
			    "two keys have tag %u and algorithm %u: generate "
			    "another one (RFC 4034 app. B)",
			    k->tag, k->algorithm);
	if (!k->in_zone && k->publish && !rules->allow_unpublished)
		return diag_set(d, STATUS_BAD,
		    "signing key with tag %u and algorithm %u is not in the "
		    "DNSKEY set: `hsmutil dnskey` prints its record, read-zone "
		    "merges it (RFC 4035 §2.1)",
		    k->tag, k->algorithm);
	if (!k->in_zone || rules->allow_unsigned ||
	    (k->flags & DNSKEY_REVOKE) != 0)
		return 0;
	for (int ksk = 0; ksk < 2; ksk++)
		if (!has_role(keys, k->algorithm, ksk))
			return diag_set(d, STATUS_BAD,
			    "DNSKEY set has algorithm %u (tag %u), and no %s "
			    "of it was given (RFC 4035 §2.2)",
			    k->algorithm, k->tag, ksk ? "KSK" : "ZSK");
	return 0;
}

int
zone_keys_match(struct zone_keys *keys, const struct rrset *dnskeys,
    const struct key_rules *rules, struct diag *d)
{
	if (for_each_dnskey(keys, dnskeys, match_one, d) == -1)
		return -1;
	for (size_t i = 0; i < keys->count; i++)
		if (!keys->key[i].in_zone)
			tag_unpublished(&keys->key[i]);
	for (size_t i = 0; i < keys->count; i++)
		if (check_key(keys, i, rules, d) == -1)
			return -1;
	return 0;
}

static int
compare_one(struct zone_keys *keys, const struct dnskey *dk, struct diag *d)
{
	(void)d;
	for (size_t i = 0; i < keys->count; i++)
		if (same_public(&keys->key[i], dk) &&
		    keys->key[i].tag == dk->tag)
			keys->key[i].in_previous = true;
	return 0;
}

int
zone_keys_compare(struct zone_keys *keys, const struct rrset *previous,
    struct diag *d)
{
	return for_each_dnskey(keys, previous, compare_one, d);
}

int
zone_keys_find(const struct zone_keys *keys, uint16_t tag, uint8_t algorithm)
{
	for (size_t i = 0; i < keys->count; i++)
		if (keys->key[i].tag == tag &&
		    keys->key[i].algorithm == algorithm)
			return (int)i;
	return -1;
}

void
zone_keys_list(const struct zone_keys *keys, uint32_t set, char *buf,
    size_t size)
{
	size_t n = 0;

	buf[0] = '\0';
	for (size_t i = 0; i < keys->count && size - n > 12; i++)
		if ((set >> i & 1) != 0)
			n += (size_t)snprintf(buf + n, size - n, "%s%u/%u",
			    n > 0 ? "," : "", keys->key[i].tag,
			    keys->key[i].algorithm);
}
