#include <stdlib.h>
#include <string.h>

#include "store.h"

/* Behind the key; then origin and RDATA. */
struct stored {
	struct place at;
	uint32_t ttl;
	uint16_t type, covered, class;
	uint8_t origin_size;
};

/*
 * Section, owner, type, signatures behind what they cover.  A name's end sorts
 * before any label.
 */
static size_t
make_key(const struct record *r, uint8_t key[WNAME_KEY_MAX + 5])
{
	const uint16_t type = r->type == TYPE_RRSIG ? r->covered : r->type;
	size_t n;

	key[0] = type == TYPE_NSEC3;
	n = 1 + wname_key(r->owner, key + 1);
	key[n++] = 0;
	key[n++] = (uint8_t)(type >> 8);
	key[n++] = (uint8_t)type;
	key[n++] = r->type == TYPE_RRSIG;
	return n;
}

int
store_add(struct xsort *s, const struct record *r, struct diag *d)
{
	uint8_t key[WNAME_KEY_MAX + 5], small[1024], *data = small;
	struct stored head;
	size_t size;
	int rc;

	memset(&head, 0, sizeof(head));
	head.at = r->at;
	head.ttl = r->ttl;
	head.type = r->type;
	head.covered = r->covered;
	head.class = r->class;
	head.origin_size = (uint8_t)wname_size(r->origin);
	size = sizeof(head) + head.origin_size + r->rdata_size;
	if (size > sizeof(small) && (data = malloc(size)) == NULL)
		return diag_system(d, "sort");
	memcpy(data, &head, sizeof(head));
	memcpy(data + sizeof(head), r->origin, head.origin_size);
	memcpy(data + sizeof(head) + head.origin_size, r->rdata,
	    r->rdata_size);
	rc = xsort_add(s, key, make_key(r, key), data, size, d);
	if (data != small)
		free(data);
	return rc;
}

void
store_get(const struct xsort_item *item, uint8_t owner[WNAME_MAX],
    struct record *r)
{
	struct stored head;

	memcpy(&head, item->data, sizeof(head));
	wname_from_key(item->key + 1, item->key_size - 5, owner);
	*r = (struct record){ .owner = owner, .ttl = head.ttl,
		.type = head.type, .covered = head.covered,
		.class = head.class, .at = head.at };
	r->origin = item->data + sizeof(head);
	r->rdata = (const char *)r->origin + head.origin_size;
	r->rdata_size = item->data_size - (uint32_t)sizeof(head) -
	    head.origin_size;
}
