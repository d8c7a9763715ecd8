/*
 * External sort of byte records in bounded memory: a key and a payload each,
 * ordered by memcmp of the keys (the shorter first where one is a prefix),
 * then of the payloads in the same way.  So the result does not depend on the
 * memory given or on the order of the input; it is not stable beyond that,
 * nor need it be: what compares equal is equal.
 *
 * What fits in memory stays there.  More is spilled as sorted runs into one
 * unlinked file (O_TMPFILE, 0600), sorted in a thread while the caller fills
 * the other half of the memory, and merged as it is read back.  Input that
 * comes in order costs one comparison a record, no sort and no merge.
 */
#ifndef EXTSORT_H
#define EXTSORT_H

#include <stddef.h>
#include <stdint.h>

#include "diag.h"

#define EXTSORT_MEMORY_MIN ((size_t)4 * 1024 * 1024)
#define EXTSORT_KEY_MAX	   ((size_t)65535)
#define EXTSORT_RECORD_MAX ((size_t)640 * 1024) /* key and payload together */

struct extsort;

struct extsort_record {
	const uint8_t *key;
	size_t key_len;
	const uint8_t *payload;
	size_t payload_len;
};

/* What it took; for -v and for tests. */
struct extsort_stats {
	uint64_t records;
	uint64_t spilled; /* bytes written to the file */
	uint64_t sorts;	  /* parts that did not come in order */
	uint64_t runs;	  /* in the file at the end of input; 0: all fitted */
	uint64_t merges;  /* merges of runs before the last one */
};

/*
 * memory bounds what is allocated (less than EXTSORT_MEMORY_MIN is raised to
 * it) but for some hundred bytes a run.  folder is where to spill, or NULL:
 * $TMPDIR, else /var/tmp; it is not touched before it is needed.
 * -1: STATUS_SYSTEM.
 */
int extsort_open(
    struct extsort **out, size_t memory, const char *folder, struct diag *d);

/*
 * Add a record; both parts are copied.  -1: STATUS_SYSTEM (spilling failed:
 * every write is checked), STATUS_BAD (longer than EXTSORT_KEY_MAX or
 * EXTSORT_RECORD_MAX).
 */
int extsort_add(struct extsort *s, const void *key, size_t key_len,
    const void *payload, size_t payload_len, struct diag *d);

/* The input is complete: make ready for extsort_next().  -1: STATUS_SYSTEM. */
int extsort_sort(struct extsort *s, struct diag *d);

/*
 * The next record in order; pointers are valid until the next call.
 * 1: a record; 0: no more; -1: STATUS_SYSTEM.
 */
int extsort_next(struct extsort *s, struct extsort_record *rec, struct diag *d);

const struct extsort_stats *extsort_stats(const struct extsort *s);

/* Forget all records, whatever state it is in, and take new ones. */
void extsort_reset(struct extsort *s);

/* NULL is allowed. */
void extsort_close(struct extsort *s);

/* The order of the result: negative, 0 or positive. */
int
extsort_compare(const struct extsort_record *a, const struct extsort_record *b);

#endif
