#include "extsort_parts.h"

#define SMALL 12

static int
compare_bytes(const uint8_t *a, size_t a_len, const uint8_t *b, size_t b_len)
{
	const size_t n = a_len < b_len ? a_len : b_len;
	const int c = n > 0 ? memcmp(a, b, n) : 0;

	if (c != 0)
		return c;
	return a_len < b_len ? -1 : a_len > b_len;
}

int
extsort_compare(const struct extsort_record *a, const struct extsort_record *b)
{
	const int c = compare_bytes(a->key, a->key_len, b->key, b->key_len);

	return c != 0 ? c
		      : compare_bytes(a->payload, a->payload_len, b->payload,
			    b->payload_len);
}

void
chunk_empty(struct chunk *c)
{
	c->used = c->count = c->last = 0;
	c->last_prefix = 0;
	c->in_order = true;
}

static bool
still_in_order(
    const struct chunk *c, const struct extsort_record *rec, uint64_t prefix)
{
	struct extsort_record last;

	if (c->count == 0 || prefix > c->last_prefix)
		return true;
	if (prefix < c->last_prefix)
		return false;
	(void)packed_get(c->base + c->last, &last);
	return extsort_compare(&last, rec) <= 0;
}

bool
chunk_add(struct chunk *c, const struct extsort_record *rec)
{
	const size_t need = packed_size(rec->key_len, rec->payload_len);
	const uint64_t prefix = key_prefix(rec->key, rec->key_len, 0);
	struct entry *entry;

	if (c->used + need + (c->count + 1) * sizeof(*entry) > c->size)
		return false;
	if (c->in_order)
		c->in_order = still_in_order(c, rec, prefix);
	packed_put(c->base + c->used, rec);
	c->last = c->used;
	c->last_prefix = prefix;
	c->used += need;
	c->count++;
	entry = chunk_entries(c);
	entry->prefix = prefix;
	entry->offset = c->last;
	return true;
}

void
chunk_get(
    const struct chunk *c, size_t i, size_t *offset, struct extsort_record *rec)
{
	if (c->in_order)
		*offset += packed_get(c->base + *offset, rec);
	else
		(void)packed_get(c->base + chunk_entries(c)[i].offset, rec);
}

/* ---- the sort: multikey quicksort on eight octets at a time ---- */

static bool
entry_less(const uint8_t *base, const struct entry *a, const struct entry *b)
{
	struct extsort_record ra, rb;

	if (a->prefix != b->prefix)
		return a->prefix < b->prefix;
	(void)packed_get(base + a->offset, &ra);
	(void)packed_get(base + b->offset, &rb);
	return extsort_compare(&ra, &rb) < 0;
}

static void
insertion_sort(const uint8_t *base, struct entry *e, size_t n)
{
	for (size_t i = 1; i < n; i++) {
		const struct entry moved = e[i];
		size_t k = i;

		for (; k > 0 && entry_less(base, &moved, &e[k - 1]); k--)
			e[k] = e[k - 1];
		e[k] = moved;
	}
}

static void
sift_down(const uint8_t *base, struct entry *e, size_t root, size_t n)
{
	const struct entry moved = e[root];
	size_t child;

	while ((child = 2 * root + 1) < n) {
		if (child + 1 < n && entry_less(base, &e[child], &e[child + 1]))
			child++;
		if (!entry_less(base, &moved, &e[child]))
			break;
		e[root] = e[child];
		root = child;
	}
	e[root] = moved;
}

/* Never quadratic, whatever a hostile zone looks like. */
static void
heap_sort(const uint8_t *base, struct entry *e, size_t n)
{
	for (size_t i = n / 2; i > 0; i--)
		sift_down(base, e, i - 1, n);
	for (size_t i = n; i > 1; i--) {
		const struct entry top = e[0];

		e[0] = e[i - 1];
		e[i - 1] = top;
		sift_down(base, e, 0, i - 1);
	}
}

static uint64_t
median(uint64_t a, uint64_t b, uint64_t c)
{
	if (a < b)
		return b < c ? b : a < c ? c : a;
	return a < c ? a : b < c ? c : b;
}

static uint64_t
pivot_of(const struct entry *e, size_t n)
{
	const size_t s = n / 8;

	return median(median(e[0].prefix, e[s].prefix, e[2 * s].prefix),
	    median(e[3 * s].prefix, e[4 * s].prefix, e[5 * s].prefix),
	    median(e[6 * s].prefix, e[7 * s].prefix, e[n - 1].prefix));
}

/* Less than the pivot: [0, *lt); equal: [*lt, *gt); greater: [*gt, n). */
static void
partition(struct entry *e, size_t n, uint64_t pivot, size_t *lt, size_t *gt)
{
	size_t low = 0, high = n, i = 0;

	while (i < high) {
		const struct entry x = e[i];

		if (x.prefix < pivot) {
			e[i++] = e[low];
			e[low++] = x;
		} else if (x.prefix > pivot) {
			e[i] = e[--high];
			e[high] = x;
		} else {
			i++;
		}
	}
	*lt = low;
	*gt = high;
}

/* Load the octets from depth on.  False: a key has ended before it. */
static bool
deepen(const uint8_t *base, struct entry *e, size_t n, size_t depth)
{
	bool all = true;

	for (size_t i = 0; i < n; i++) {
		struct extsort_record rec;

		(void)packed_get(base + e[i].offset, &rec);
		if (rec.key_len <= depth)
			all = false;
		e[i].prefix = key_prefix(rec.key, rec.key_len, depth);
	}
	return all;
}

static unsigned
budget_for(size_t n)
{
	unsigned bits = 0;

	for (; n > 0; n /= 2)
		bits += 3;
	return bits;
}

struct part {
	struct entry *e;
	size_t n, depth;
	unsigned budget; /* partitions left before heap_sort() takes over */
};

/* Largest last. */
static void
order_parts(struct part p[3])
{
	for (int i = 0; i < 2; i++) {
		if (p[i].n > p[2].n) {
			const struct part swap = p[i];

			p[i] = p[2];
			p[2] = swap;
		}
	}
}

/*
 * All keys agree before p.depth.  The two smaller parts recurse, the largest
 * loops, so the stack is as deep as the logarithm of n.
 */
static void
sort_part(const uint8_t *base, struct part p)
{
	while (p.n > SMALL && p.budget > 0) {
		struct part part[3];
		size_t lt, gt;

		partition(p.e, p.n, pivot_of(p.e, p.n), &lt, &gt);
		part[0] = (struct part){ p.e, lt, p.depth, p.budget - 1 };
		part[1] = (struct part){ p.e + lt, gt - lt, p.depth + 8,
			budget_for(gt - lt) };
		part[2] =
		    (struct part){ p.e + gt, p.n - gt, p.depth, p.budget - 1 };
		/*
		 * Where a key ended, zeros stand for nothing: "a" and "a\0"
		 * look alike, and only whole comparisons tell.
		 */
		if (part[1].n > SMALL &&
		    !deepen(base, part[1].e, part[1].n, part[1].depth)) {
			for (size_t i = 0; i < part[1].n; i++)
				part[1].e[i].prefix = 0;
			part[1].budget = 0;
		}
		order_parts(part);
		sort_part(base, part[0]);
		sort_part(base, part[1]);
		p = part[2];
	}
	if (p.n <= SMALL)
		insertion_sort(base, p.e, p.n);
	else
		heap_sort(base, p.e, p.n);
}

void
chunk_sort(struct chunk *c)
{
	if (c->in_order)
		return;
	sort_part(c->base,
	    (struct part){
		chunk_entries(c), c->count, 0, budget_for(c->count) });
}
