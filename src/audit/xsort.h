/*
 * A sorter in bounded memory: records of a key and some data, given in any
 * order, come back in memcmp() order of the keys, equal keys in the order they
 * came.  What does not fit is sorted and written to an unnamed file (O_TMPFILE,
 * readable by nobody else) and merged at the end.
 */
#ifndef XSORT_H
#define XSORT_H

#include <stddef.h>
#include <stdint.h>

#include "diag.h"

struct xsort;

struct xsort_item {
	const uint8_t *key, *data;
	uint32_t key_size, data_size;
};

/*
 * budget is the memory to use, in octets; folder is for the unnamed file and
 * must outlive the sorter.  The caller owns *out.  -1: STATUS_SYSTEM.
 */
int xsort_open(struct xsort **out, size_t budget, const char *folder,
    struct diag *d);

/* Copies both parts.  -1: STATUS_SYSTEM. */
int xsort_add(struct xsort *s, const void *key, size_t key_size,
    const void *data, size_t data_size, struct diag *d);

/* No more additions.  -1: STATUS_SYSTEM. */
int xsort_sort(struct xsort *s, struct diag *d);

/*
 * The next item, valid until the next call.  1, 0 at the end, or -1
 * (STATUS_SYSTEM).
 */
int xsort_next(struct xsort *s, struct xsort_item *item, struct diag *d);

/* To the first item again, after xsort_sort(). */
int xsort_rewind(struct xsort *s, struct diag *d);

/* Items added. */
uint64_t xsort_count(const struct xsort *s);

/* Have runs been written?  For tests of the memory bound. */
size_t xsort_runs(const struct xsort *s);

/* NULL is allowed. */
void xsort_close(struct xsort *s);

#endif
