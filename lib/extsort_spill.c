#include <fcntl.h>
#include <stdlib.h>
#include <unistd.h>

#include "extsort_parts.h"
#include "tempfile.h"

#define GATHER ((size_t)256 * 1024)

static int
spill_open(struct spill *sp, struct diag *d)
{
	if (sp->fd == -1)
		sp->fd = tempfile_open(sp->folder, d);
	return sp->fd == -1 ? -1 : 0;
}

int
spill_write(struct spill *sp, const uint8_t *bytes, size_t len, struct diag *d)
{
	if (tempfile_write(sp->fd, bytes, len, (uint64_t)sp->end, d) == -1)
		return diag_prefix(d, "%s", sp->folder);
	sp->end += (off_t)len;
	return 0;
}

int
spill_read(const struct spill *sp, off_t offset, uint8_t *to, size_t len,
    struct diag *d)
{
	if (tempfile_read(sp->fd, to, len, (uint64_t)offset, d) == -1)
		return diag_prefix(d, "%s", sp->folder);
	return 0;
}

bool
spill_follows(const struct spill *sp, const struct extsort_record *rec)
{
	struct extsort_record last;

	(void)packed_get(sp->last, &last);
	return extsort_compare(&last, rec) <= 0;
}

static int
begin_run(struct spill *sp, struct diag *d)
{
	if (sp->count == sp->room) {
		const size_t room = sp->room > 0 ? 2 * sp->room : 64;
		struct run *grown = realloc(sp->runs, room * sizeof(*grown));

		if (grown == NULL)
			return diag_system(d, "spill");
		sp->runs = grown;
		sp->room = room;
	}
	sp->runs[sp->count++] = (struct run){ sp->end, sp->end };
	return 0;
}

static int
remember_last(
    struct spill *sp, const struct extsort_record *rec, struct diag *d)
{
	const size_t need = packed_size(rec->key_len, rec->payload_len);

	if (need > sp->last_room) {
		uint8_t *grown = realloc(sp->last, need);

		if (grown == NULL)
			return diag_system(d, "spill");
		sp->last = grown;
		sp->last_room = need;
	}
	packed_put(sp->last, rec);
	return 0;
}

/* The records in order of their entries, gathered for large writes. */
static int
write_gathered(struct spill *sp, const struct chunk *c, struct diag *d)
{
	const struct entry *e = chunk_entries(c);
	uint8_t *gather = malloc(GATHER);
	size_t used = 0;
	int rc = -1;

	if (gather == NULL)
		return diag_system(d, "spill");
	for (size_t i = 0; i < c->count; i++) {
		const uint8_t *from = c->base + e[i].offset;
		struct extsort_record rec;
		const size_t len = packed_get(from, &rec);

		if (i + 8 < c->count)
			__builtin_prefetch(c->base + e[i + 8].offset);
		if (used + len > GATHER) {
			if (spill_write(sp, gather, used, d) == -1)
				goto out;
			used = 0;
		}
		if (len > GATHER) {
			if (spill_write(sp, from, len, d) == -1)
				goto out;
		} else {
			memcpy(gather + used, from, len);
			used += len;
		}
	}
	rc = spill_write(sp, gather, used, d);
out:
	free(gather);
	return rc;
}

int
spill_chunk(struct spill *sp, const struct chunk *c, struct diag *d)
{
	struct extsort_record first, last;
	size_t offset = 0;

	chunk_get(c, 0, &offset, &first);
	offset = c->last; /* counts only where the chunk came in order */
	chunk_get(c, c->count - 1, &offset, &last);
	if (spill_open(sp, d) == -1)
		return -1;
	if ((sp->count == 0 || !spill_follows(sp, &first)) &&
	    begin_run(sp, d) == -1)
		return -1;
	if ((c->in_order ? spill_write(sp, c->base, c->used, d)
			 : write_gathered(sp, c, d)) == -1)
		return -1;
	sp->runs[sp->count - 1].end = sp->end;
	return remember_last(sp, &last, d);
}

int
spill_replace(struct spill *sp, size_t n, off_t start, struct diag *d)
{
	const off_t from = sp->runs[0].start, to = sp->runs[n - 1].end;

	memmove(sp->runs, sp->runs + n, (sp->count - n) * sizeof(*sp->runs));
	sp->count -= n;
	if (begin_run(sp, d) == -1)
		return -1;
	sp->runs[sp->count - 1].start = start;
	/* Give the room back where that can be done; where not, it is only
	 * room. */
	(void)fallocate(sp->fd, FALLOC_FL_PUNCH_HOLE | FALLOC_FL_KEEP_SIZE,
	    from, to - from);
	return 0;
}

void
spill_empty(struct spill *sp)
{
	/* A file that cannot be cut is left for the next one to replace. */
	if (sp->fd != -1 && sp->end > 0 && ftruncate(sp->fd, 0) == -1) {
		(void)close(sp->fd);
		sp->fd = -1;
	}
	sp->end = 0;
	sp->count = 0;
}

void
spill_close(struct spill *sp)
{
	if (sp->fd != -1)
		(void)close(sp->fd);
	free(sp->runs);
	free(sp->last);
}
