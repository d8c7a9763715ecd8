#include <stdlib.h>
#include <string.h>

#include "ordered.h"
#include "store.h"

struct ordered {
	struct zonefile *file; /* a stream that is read as it comes */
	struct xsort *sorter;  /* or NULL */
	uint8_t owner[WNAME_MAX];
	bool sorted;
};

/* All records of a master file into the sorter. */
static int
take_all(struct ordered *o, struct zonefile *file, struct diag *d)
{
	struct record r;

	for (;;) {
		switch (zonefile_next(file, &r, d)) {
		case ZONE_DONE:
			return 0;
		case ZONE_RECORD:
			if (store_add(o->sorter, &r, d) == -1)
				return -1;
			break;
		case ZONE_START:
		case ZONE_BAD:
		case ZONE_END:
			break;
		case ZONE_ERROR:
		case ZONE_FAIL:
			return -1;
		}
	}
}

int
ordered_open(struct ordered **out, int fd, const char *name,
    const uint8_t *origin, const struct rtypes *types,
    const struct settings *set, size_t memory, struct diag *d)
{
	struct ordered *o = calloc(1, sizeof(*o));
	struct record r;

	if (o == NULL)
		return diag_system(d, "%s", name);
	if (zonefile_open(&o->file, fd, name, origin, types, d) == -1)
		goto fail;
	switch (zonefile_next(o->file, &r, d)) {
	case ZONE_START:
		break;
	case ZONE_ERROR:
	case ZONE_FAIL:
		goto fail;
	default:
		(void)diag_set(d, STATUS_BAD, "%s: no zone in it", name);
		goto fail;
	}
	if (!zonefile_is_stream(o->file)) {
		if (xsort_open(&o->sorter, memory, set->folder, d) == -1 ||
		    take_all(o, o->file, d) == -1)
			goto fail;
		zonefile_close(o->file);
		o->file = NULL;
	}
	*out = o;
	return 0;
fail:
	ordered_close(o);
	return -1;
}

int
ordered_next(struct ordered *o, struct record *r, struct diag *d)
{
	struct xsort_item item;
	int rc;

	if (o->sorter != NULL) {
		if (!o->sorted && xsort_sort(o->sorter, d) == -1)
			return -1;
		o->sorted = true;
		rc = xsort_next(o->sorter, &item, d);
		if (rc == 1)
			store_get(&item, o->owner, r);
		return rc;
	}
	for (;;) {
		switch (zonefile_next(o->file, r, d)) {
		case ZONE_RECORD:
			return 1;
		case ZONE_DONE:
			return 0;
		case ZONE_BAD:
		case ZONE_END:
			break;
		case ZONE_START:
			return diag_set(d, STATUS_BAD, "%s: more than one zone",
			    zonefile_name(o->file, 0));
		case ZONE_ERROR:
		case ZONE_FAIL:
			return -1;
		}
	}
}

void
ordered_close(struct ordered *o)
{
	if (o == NULL)
		return;
	zonefile_close(o->file);
	xsort_close(o->sorter);
	free(o);
}
