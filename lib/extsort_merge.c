#include "extsort_parts.h"

void
cursor_of_chunk(struct cursor *c, const struct chunk *chunk)
{
	memset(c, 0, sizeof(*c));
	c->chunk = chunk;
}

void
cursor_of_run(struct cursor *c, const struct spill *sp, const struct run *run,
    uint8_t *buf, size_t size)
{
	memset(c, 0, sizeof(*c));
	c->spill = sp;
	c->next = run->start;
	c->end = run->end;
	c->buf = buf;
	c->buf_size = size;
}

void
cursor_append(struct cursor *c, const struct chunk *then)
{
	if (c->chunk == NULL)
		c->chunk = then;
	else
		c->then = then;
}

/* Have the unread octets at the buffer's start and more behind them. */
static int
refill(struct cursor *c, struct diag *d)
{
	size_t want;

	memmove(c->buf, c->buf + c->pos, c->fill - c->pos);
	c->fill -= c->pos;
	c->pos = 0;
	want = c->buf_size - c->fill;
	if ((off_t)want > c->end - c->next)
		want = (size_t)(c->end - c->next);
	if (spill_read(c->spill, c->next, c->buf + c->fill, want, d) == -1)
		return -1;
	c->next += (off_t)want;
	c->fill += want;
	return 0;
}

/* Is a whole record in the buffer? */
static bool
has_record(const struct cursor *c, struct extsort_record *rec)
{
	const size_t have = c->fill - c->pos;

	return have >= PACKED_HEADER &&
	    packed_get(c->buf + c->pos, rec) <= have;
}

static int
next_of_run(struct cursor *c, struct diag *d)
{
	if (c->pos == c->fill && c->next == c->end)
		return 0;
	if (!has_record(c, &c->rec)) {
		if (refill(c, d) == -1)
			return -1;
		if (!has_record(c, &c->rec))
			return diag_set(d, STATUS_SYSTEM,
			    "%s: spill: not what was written",
			    c->spill->folder);
	}
	c->pos += packed_size(c->rec.key_len, c->rec.payload_len);
	return 1;
}

static int
next_of_chunk(struct cursor *c)
{
	if (c->chunk != NULL && c->index == c->chunk->count) {
		c->chunk = c->then;
		c->then = NULL;
		c->index = c->offset = 0;
	}
	if (c->chunk == NULL)
		return 0;
	chunk_get(c->chunk, c->index++, &c->offset, &c->rec);
	return 1;
}

static int
cursor_next(struct cursor *c, struct diag *d)
{
	int rc = 0;

	if (c->spill != NULL && (rc = next_of_run(c, d)) == 0)
		c->spill = NULL;
	if (rc == 0)
		rc = next_of_chunk(c);
	if (rc == -1)
		return -1;
	c->done = rc == 0;
	if (!c->done)
		c->prefix = key_prefix(c->rec.key, c->rec.key_len, 0);
	return 0;
}

static bool
cursor_less(const struct cursor *a, const struct cursor *b)
{
	if (a->done || b->done)
		return !a->done;
	if (a->prefix != b->prefix)
		return a->prefix < b->prefix;
	return extsort_compare(&a->rec, &b->rec) < 0;
}

/* The cursor at leaf moved on: play it up to the root. */
static void
replay(struct merge *m, size_t leaf)
{
	size_t winner = leaf;

	for (size_t node = (leaf + m->count) / 2; node > 0; node /= 2) {
		const size_t other = m->loser[node];

		if (cursor_less(&m->cursors[other], &m->cursors[winner])) {
			m->loser[node] = winner;
			winner = other;
		}
	}
	m->loser[0] = winner;
}

/* Play the leaves below node; returns the winner. */
static size_t
build(struct merge *m, size_t node)
{
	size_t a, b;

	if (node >= m->count)
		return node - m->count;
	a = build(m, 2 * node);
	b = build(m, 2 * node + 1);
	if (cursor_less(&m->cursors[b], &m->cursors[a])) {
		m->loser[node] = a;
		return b;
	}
	m->loser[node] = b;
	return a;
}

int
merge_next(struct merge *m, struct extsort_record *rec, struct diag *d)
{
	if (m->count == 0)
		return 0;
	if (!m->begun) {
		for (size_t i = 0; i < m->count; i++)
			if (cursor_next(&m->cursors[i], d) == -1)
				return -1;
		m->loser[0] = m->count > 1 ? build(m, 1) : 0;
		m->begun = true;
	} else {
		if (cursor_next(&m->cursors[m->loser[0]], d) == -1)
			return -1;
		if (m->count > 1)
			replay(m, m->loser[0]);
	}
	if (m->cursors[m->loser[0]].done)
		return 0;
	*rec = m->cursors[m->loser[0]].rec;
	return 1;
}
