/*
 * The parts of lib/extsort: a chunk of records in memory, the spill file, and
 * the cursors and loser tree that read them back.  Private to extsort*.c.
 */
#ifndef EXTSORT_PARTS_H
#define EXTSORT_PARTS_H

#include <stdbool.h>
#include <string.h>
#include <sys/types.h>

#include "extsort.h"

/* A record in memory and in the file: key length, payload length, both. */
#define PACKED_HEADER 6

static inline size_t
packed_size(size_t key_len, size_t payload_len)
{
	return PACKED_HEADER + key_len + payload_len;
}

static inline void
packed_put(uint8_t *to, const struct extsort_record *rec)
{
	const uint16_t key_len = (uint16_t)rec->key_len;
	const uint32_t payload_len = (uint32_t)rec->payload_len;

	memcpy(to, &key_len, 2);
	memcpy(to + 2, &payload_len, 4);
	if (key_len > 0)
		memcpy(to + PACKED_HEADER, rec->key, key_len);
	if (payload_len > 0)
		memcpy(to + PACKED_HEADER + key_len, rec->payload, payload_len);
}

/* Returns the packed size. */
static inline size_t
packed_get(const uint8_t *from, struct extsort_record *rec)
{
	uint16_t key_len;
	uint32_t payload_len;

	memcpy(&key_len, from, 2);
	memcpy(&payload_len, from + 2, 4);
	rec->key = from + PACKED_HEADER;
	rec->key_len = key_len;
	rec->payload = rec->key + key_len;
	rec->payload_len = payload_len;
	return packed_size(key_len, payload_len);
}

/* Eight octets from depth on, zero where the key has ended, as a number. */
static inline uint64_t
key_prefix(const uint8_t *key, size_t len, size_t depth)
{
	uint64_t n = 0;

	if (len >= depth + 8)
		memcpy(&n, key + depth, 8);
	else if (len > depth)
		memcpy(&n, key + depth, len - depth);
	return __builtin_bswap64(n);
}

/* ---- extsort_chunk.c ---- */

/* Packed records from base up; an entry for each from base + size down. */
struct chunk {
	uint8_t *base;
	size_t size, used, count;
	bool in_order; /* the records stand in order: no entries needed */
	size_t last;   /* offset of the last record added */
	uint64_t last_prefix;
};

struct entry {
	uint64_t prefix;
	uint64_t offset;
};

static inline struct entry *
chunk_entries(const struct chunk *c)
{
	return (struct entry *)(void *)(c->base + c->size) - c->count;
}

void chunk_empty(struct chunk *c);
/* False: it is full. */
bool chunk_add(struct chunk *c, const struct extsort_record *rec);
void chunk_sort(struct chunk *c);
/* The i-th record of a sorted chunk; *offset is the caller's place in one that
 * came in order, 0 at first. */
void chunk_get(const struct chunk *c, size_t i, size_t *offset,
    struct extsort_record *rec);

/* ---- extsort_spill.c ---- */

struct run {
	off_t start, end;
};

struct spill {
	const char *folder;
	int fd; /* -1: not opened yet */
	off_t end;
	struct run *runs; /* in file order */
	size_t count, room;
	uint8_t *last; /* the last record of the last run, packed */
	size_t last_room;
};

/* Write a sorted chunk: a new run, or more of the last one where it follows. */
int spill_chunk(struct spill *sp, const struct chunk *c, struct diag *d);
int
spill_write(struct spill *sp, const uint8_t *bytes, size_t len, struct diag *d);
/* All len octets at offset, or -1. */
int spill_read(const struct spill *sp, off_t offset, uint8_t *to, size_t len,
    struct diag *d);
/* Runs [0, n) were merged into what was written from start on. */
int spill_replace(struct spill *sp, size_t n, off_t start, struct diag *d);
/* Does rec stand behind all of the last run? */
bool spill_follows(const struct spill *sp, const struct extsort_record *rec);
void spill_empty(struct spill *sp);
void spill_close(struct spill *sp);

/* ---- extsort_merge.c ---- */

/* Reads a run or a chunk, and then a chunk that follows it. */
struct cursor {
	struct extsort_record rec;
	uint64_t prefix;
	bool done;
	/* a run: what is left of it in the file, and what is in buf */
	const struct spill *spill;
	off_t next, end;
	uint8_t *buf;
	size_t buf_size, pos, fill;
	/* a chunk, and the one that follows */
	const struct chunk *chunk, *then;
	size_t index, offset;
};

#define MERGE_FAN_IN 64

struct merge {
	struct cursor cursors[MERGE_FAN_IN + 1];
	size_t count;
	size_t loser[MERGE_FAN_IN + 1]; /* [0] is the winner */
	bool begun;
};

void cursor_of_chunk(struct cursor *c, const struct chunk *chunk);
void cursor_of_run(struct cursor *c, const struct spill *sp,
    const struct run *run, uint8_t *buf, size_t size);

void cursor_append(struct cursor *c, const struct chunk *then);

/* 1 and the winner's record, 0 at the end, -1. */
int merge_next(struct merge *m, struct extsort_record *rec, struct diag *d);

#endif
