#include "duration.h"
#include "rrsig.h"
#include "rrtype.h"
#include "times.h"

#define HOUR ((int64_t)3600)
#define DAY  (24 * HOUR)

void
times_defaults(struct times *t)
{
	*t = (struct times){
		.now = -1,
		.also_now = -1,
		.inception_offset = HOUR,
		.validity = 14 * DAY,
		.validity_denial = -1,
		.validity_keys = -1,
		.jitter = 12 * HOUR,
		.refresh = 5 * DAY,
		.inception = -1,
		.expiration = -1,
	};
}

static int64_t
first_now(const struct times *t)
{
	return t->also_now != -1 && t->also_now < t->now ? t->also_now : t->now;
}

static int64_t
last_now(const struct times *t)
{
	return t->also_now > t->now ? t->also_now : t->now;
}

/* DNSKEY and what travels with it have a validity of their own, as denial. */
static int64_t
validity_of(const struct times *t, uint16_t type)
{
	int64_t own = -1;

	switch (type) {
	case RRTYPE_NSEC:
	case RRTYPE_NSEC3:
		own = t->validity_denial;
		break;
	case RRTYPE_DNSKEY:
	case RRTYPE_CDS:
	case RRTYPE_CDNSKEY:
		own = t->validity_keys;
		break;
	}
	return own != -1 ? own : t->validity;
}

static int
check_validity(const struct times *t, const char *name, uint16_t type,
    struct diag *d)
{
	const int64_t validity = validity_of(t, type);
	char v[40], j[40], r[40];

	if (validity - t->jitter > t->refresh)
		return 0;
	duration_format(validity, v, sizeof(v));
	duration_format(t->jitter, j, sizeof(j));
	duration_format(t->refresh, r, sizeof(r));
	return diag_set(d, STATUS_USAGE,
	    "%s %s less jitter %s is not above refresh %s: signatures would "
	    "be renewed as soon as they are made",
	    name, v, j, r);
}

int
times_check(const struct times *t, struct diag *d)
{
	if (t->inception == -1 && t->inception_offset < 0)
		return diag_set(d, STATUS_USAGE,
		    "inception lies after now (RFC 4034 §3.1.5)");
	if (t->expiration != -1) {
		if (t->inception != -1 ? t->expiration < t->inception :
					 t->expiration <= t->now)
			return diag_set(d, STATUS_USAGE,
			    "expiration lies before %s (RFC 4034 §3.1.5)",
			    t->inception != -1 ? "inception" : "now");
		return 0;
	}
	if (check_validity(t, "validity", RRTYPE_A, d) == -1 ||
	    check_validity(t, "validity-denial", RRTYPE_NSEC, d) == -1 ||
	    check_validity(t, "validity-keys", RRTYPE_DNSKEY, d) == -1)
		return -1;
	return 0;
}

/* FNV-1a, then splitmix64's finish: spread well, the same everywhere. */
static uint64_t
hash_rrset(uint64_t seed, const char *owner, size_t len, uint16_t type)
{
	uint64_t h = 0xcbf29ce484222325U ^ seed;

	for (size_t i = 0; i < len; i++)
		h = (h ^ (uint8_t)owner[i]) * 0x100000001b3U;
	h ^= (uint64_t)type << 32;
	h = (h ^ (h >> 30)) * 0xbf58476d1ce4e5b9U;
	h = (h ^ (h >> 27)) * 0x94d049bb133111ebU;
	return h ^ (h >> 31);
}

struct validity
times_for(const struct times *t, const char *owner, size_t owner_len,
    uint16_t type)
{
	struct validity v;
	int64_t expiration = t->expiration;

	v.inception = (uint32_t)(t->inception != -1 ? t->inception :
						      first_now(t) -
		    t->pass_gap - t->inception_offset);
	if (expiration == -1) {
		expiration = last_now(t) + validity_of(t, type);
		if (t->jitter > 0)
			expiration += (int64_t)(hash_rrset(t->seed, owner,
						    owner_len, type) %
					  (uint64_t)(2 * t->jitter -
					      t->pass_gap + 1)) -
			    t->jitter;
	}
	v.expiration = (uint32_t)expiration;
	return v;
}

bool
times_valid(const struct times *t, uint32_t inception, uint32_t expiration)
{
	return serial_difference(inception, (uint32_t)first_now(t)) <= 0 &&
	    serial_difference(expiration, (uint32_t)last_now(t)) > 0;
}

bool
times_keep(const struct times *t, uint16_t type, uint32_t inception,
    uint32_t expiration)
{
	const uint32_t first = (uint32_t)first_now(t);
	const uint32_t last = (uint32_t)last_now(t);
	const int64_t lifetime = serial_difference(expiration, inception);
	const int64_t policy = validity_of(t, type) + t->inception_offset;

	if (serial_difference(inception, first) > 0 ||
	    serial_difference(expiration, last) <= t->refresh)
		return false;
	if (t->expiration != -1)
		return expiration == (uint32_t)t->expiration;
	if (t->inception != -1)
		return true;
	return lifetime >= policy - t->jitter &&
	    lifetime <= policy + t->jitter + last_now(t) - first_now(t);
}
