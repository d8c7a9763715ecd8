/*
 * A sorter in bounded memory: records of a key and some data, given in any
 * order, come back in memcmp() order of the keys, equal keys in the order they
 * came.  What does not fit is sorted and written to an unnamed file (O_TMPFILE,
 * readable by nobody else) and merged at the end.
 */
#ifndef SPILL_H
#define SPILL_H

#include <stddef.h>
#include <stdint.h>

#include "diag.h"

struct spill;

struct spill_item {
	const uint8_t *key, *data;
	uint32_t key_size, data_size;
};

/*
 * budget is the memory to use, in octets; folder is for the unnamed file and
 * must outlive the sorter.  The caller owns *out.  -1: STATUS_SYSTEM.
 */
int spill_open(struct spill **out, size_t budget, const char *folder,
    struct diag *d);

/* Copies both parts.  -1: STATUS_SYSTEM. */
int spill_add(struct spill *s, const void *key, size_t key_size,
    const void *data, size_t data_size, struct diag *d);

/* No more additions.  -1: STATUS_SYSTEM. */
int spill_sort(struct spill *s, struct diag *d);

/*
 * The next item, valid until the next call.  1, 0 at the end, or -1
 * (STATUS_SYSTEM).
 */
int spill_next(struct spill *s, struct spill_item *item, struct diag *d);

/* To the first item again, after spill_sort(). */
int spill_rewind(struct spill *s, struct diag *d);

/* Items added. */
uint64_t spill_count(const struct spill *s);

/* Have runs been written?  For tests of the memory bound. */
size_t spill_runs(const struct spill *s);

/* NULL is allowed. */
void spill_close(struct spill *s);

#endif
