#include <string.h>

#include "batch.h"
#include "rrsig.h"
#include "rrtype.h"

int
batch_add(struct batch *b, struct item *head, const struct rrset *set,
    const struct text *sigs, struct diag *d)
{
	head->text_len = (uint32_t)set->text.len;
	head->sigs_len = (uint32_t)sigs->len;
	head->records = set->records;
	head->ttl = set->ttl;
	head->owner_len = (uint32_t)set->owner_len;
	head->type = set->type;
	if (head->sign_count > 0 || head->check_count > 0)
		b->work = true;
	if (text_append(&b->bytes, head, sizeof(*head), d) == -1 ||
	    text_append(&b->bytes, set->text.bytes, set->text.len, d) == -1 ||
	    text_append(&b->bytes, sigs->bytes, sigs->len, d) == -1)
		return -1;
	return 0;
}

bool
batch_next(struct batch_walk *walk, struct item *head, const char **text,
    const char **sigs)
{
	if (walk->left < sizeof(*head))
		return false;
	memcpy(head, walk->at, sizeof(*head)); /* it may lie unaligned */
	walk->at += sizeof(*head);
	walk->left -= sizeof(*head);
	if (walk->left < (size_t)head->text_len + head->sigs_len)
		return false;
	*text = walk->at;
	*sigs = walk->at + head->text_len;
	walk->at += head->text_len + head->sigs_len;
	walk->left -= head->text_len + head->sigs_len;
	return true;
}

static void
expiration_add(struct outcome *o, uint32_t expiration)
{
	if (o->any == 0 || serial_difference(expiration, o->earliest) < 0)
		o->earliest = expiration;
	o->any = 1;
}

void
outcome_expiration(struct outcome *o, uint16_t type, uint32_t expiration)
{
	if (type != RRTYPE_SOA)
		expiration_add(o, expiration);
}

void
outcome_signature(struct outcome *o, uint8_t key, uint16_t type)
{
	o->by |= (uint32_t)1 << key;
	if (type != RRTYPE_DNSKEY)
		o->by_key[key]++;
}

void
outcome_count(struct outcome *o, const struct item *head)
{
	const bool checked = head->check_count > 0;
	const uint32_t kept = checked ? 0 : head->sig_records;

	o->records += head->records + kept;
	o->kept += kept;
	if (head->type != RRTYPE_DNSKEY &&
	    head->sig_records + head->sign_count > 0)
		o->rrsets++;
	for (uint8_t k = 0; k < ZONE_KEYS_MAX && !checked; k++)
		if ((head->kept_by >> k & 1) != 0)
			outcome_signature(o, k, head->type);
	if (head->ttl > o->max_ttl)
		o->max_ttl = head->ttl;
	if (head->sig_max_ttl > o->max_ttl)
		o->max_ttl = head->sig_max_ttl;
	if (kept > 0)
		outcome_expiration(o, head->type, head->earliest);
}

void
outcome_add(struct outcome *a, const struct outcome *b)
{
	a->records += b->records;
	a->made += b->made;
	a->kept += b->kept;
	a->by |= b->by;
	a->rrsets += b->rrsets;
	for (size_t k = 0; k < ZONE_KEYS_MAX; k++)
		a->by_key[k] += b->by_key[k];
	if (b->max_ttl > a->max_ttl)
		a->max_ttl = b->max_ttl;
	if (b->any)
		expiration_add(a, b->earliest);
}
