#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "xsort.h"

#define ARENA_START  (64 * 1024)
#define BUDGET_LEAST (256 * 1024)
#define READ_LEAST   (16 * 1024)
#define READ_MOST    (1024 * 1024)
#define WRITE_SIZE   (256 * 1024)
#define HEADER	     (2 * sizeof(uint32_t))

/* Where an item starts in the arena, and 8 octets of its key to compare. */
struct slot {
	uint64_t prefix;
	size_t at;
};

/* A sorted run in the file, read through a window of its own. */
struct run {
	off_t start, next, end; /* of the file; next: not yet read */
	uint8_t *window;
	size_t size, used, filled; /* of the window */
	struct xsort_item item;
};

struct xsort {
	const char *folder;
	size_t budget;
	uint8_t *arena;
	size_t arena_size, arena_used;
	struct slot *slot;
	size_t slots, slots_size, next_slot;
	int fd;
	off_t written;
	struct run *run;
	size_t runs;
	size_t *heap; /* indices of runs, the least first */
	size_t heap_size;
	bool started;
	uint64_t count;
};

int
xsort_open(struct xsort **out, size_t budget, const char *folder,
    struct diag *d)
{
	struct xsort *s = calloc(1, sizeof(*s));

	if (s == NULL)
		return diag_system(d, "sort");
	s->budget = budget < BUDGET_LEAST ? BUDGET_LEAST : budget;
	s->folder = folder;
	s->fd = -1;
	*out = s;
	return 0;
}

void
xsort_close(struct xsort *s)
{
	if (s == NULL)
		return;
	for (size_t i = 0; i < s->runs; i++)
		free(s->run[i].window);
	free(s->run);
	free(s->heap);
	free(s->slot);
	free(s->arena);
	if (s->fd != -1)
		(void)close(s->fd);
	free(s);
}

uint64_t
xsort_count(const struct xsort *s)
{
	return s->count;
}

size_t
xsort_runs(const struct xsort *s)
{
	return s->runs;
}

static void
item_at(const uint8_t *at, struct xsort_item *item)
{
	memcpy(&item->key_size, at, sizeof(uint32_t));
	memcpy(&item->data_size, at + sizeof(uint32_t), sizeof(uint32_t));
	item->key = at + HEADER;
	item->data = item->key + item->key_size;
}

static int
item_compare(const struct xsort_item *a, const struct xsort_item *b)
{
	const size_t least =
	    a->key_size < b->key_size ? a->key_size : b->key_size;
	const int c = memcmp(a->key, b->key, least);

	if (c != 0)
		return c;
	return (a->key_size > b->key_size) - (a->key_size < b->key_size);
}

static int
slot_compare(const void *left, const void *right, void *arena)
{
	const struct slot *a = left, *b = right;
	struct xsort_item x, y;
	int c;

	if (a->prefix != b->prefix)
		return a->prefix < b->prefix ? -1 : 1;
	item_at((const uint8_t *)arena + a->at, &x);
	item_at((const uint8_t *)arena + b->at, &y);
	c = item_compare(&x, &y);
	if (c != 0)
		return c;
	return (a->at > b->at) - (a->at < b->at); /* the order they came in */
}

/*
 * Owners of one zone share the zone's own labels: the octets after the longest
 * common start tell more than the first ones.
 */
static void
fill_prefixes(struct xsort *s)
{
	struct xsort_item first, item;
	size_t common;

	item_at(s->arena + s->slot[0].at, &first);
	common = first.key_size;
	for (size_t i = 1; i < s->slots && common > 0; i++) {
		size_t n = 0;

		item_at(s->arena + s->slot[i].at, &item);
		if (item.key_size < common)
			common = item.key_size;
		while (n < common && item.key[n] == first.key[n])
			n++;
		common = n;
	}
	for (size_t i = 0; i < s->slots; i++) {
		uint64_t prefix = 0;

		item_at(s->arena + s->slot[i].at, &item);
		for (size_t k = 0; k < 8; k++)
			prefix = prefix << 8 |
			    (common + k < item.key_size ? item.key[common + k] : 0);
		s->slot[i].prefix = prefix;
	}
}

static void
sort_slots(struct xsort *s)
{
	bool sorted = true;

	if (s->slots == 0)
		return;
	fill_prefixes(s);
	for (size_t i = 1; i < s->slots && sorted; i++)
		sorted = slot_compare(&s->slot[i - 1], &s->slot[i],
		    s->arena) < 0;
	if (!sorted)
		qsort_r(s->slot, s->slots, sizeof(*s->slot), slot_compare,
		    s->arena);
}

static int
open_file(struct xsort *s, struct diag *d)
{
	char *path = NULL;

	s->fd = open(s->folder, O_TMPFILE | O_RDWR | O_CLOEXEC, 0600);
	if (s->fd != -1)
		return 0;
	/* A file system without O_TMPFILE. */
	if (asprintf(&path, "%s/audit-zone.XXXXXX", s->folder) == -1)
		return diag_system(d, "sort");
	s->fd = mkostemp(path, O_CLOEXEC);
	if (s->fd != -1)
		(void)unlink(path);
	free(path);
	if (s->fd == -1)
		return diag_system(d, "%s: cannot make a temporary file; try -T",
		    s->folder);
	return 0;
}

static int
write_all(struct xsort *s, const uint8_t *bytes, size_t size, struct diag *d)
{
	while (size > 0) {
		const ssize_t n = pwrite(s->fd, bytes, size, s->written);

		if (n == -1 && errno == EINTR)
			continue;
		if (n <= 0)
			return diag_system(d, "%s: temporary file", s->folder);
		bytes += n;
		size -= (size_t)n;
		s->written += n;
	}
	return 0;
}

static int
grow(void **array, size_t *size, size_t least, size_t item)
{
	size_t want = *size == 0 ? 64 : *size;
	void *grown;

	while (want < least)
		want *= 2;
	if (want == *size)
		return 0;
	grown = realloc(*array, want * item);
	if (grown == NULL)
		return -1;
	*array = grown;
	*size = want;
	return 0;
}

/* Sort what is in memory and write it as one more run. */
static int
write_run(struct xsort *s, struct diag *d)
{
	uint8_t *buffer = NULL;
	struct run *grown;
	size_t used = 0;
	int rc = -1;

	if (s->fd == -1 && open_file(s, d) == -1)
		return -1;
	grown = realloc(s->run, (s->runs + 1) * sizeof(*grown));
	if (grown == NULL)
		return diag_system(d, "sort");
	s->run = grown;
	s->run[s->runs] = (struct run){ .start = s->written,
		.next = s->written };
	buffer = malloc(WRITE_SIZE);
	if (buffer == NULL)
		return diag_system(d, "sort");
	sort_slots(s);
	for (size_t i = 0; i < s->slots; i++) {
		const uint8_t *at = s->arena + s->slot[i].at;
		struct xsort_item item;
		size_t size;

		item_at(at, &item);
		size = HEADER + item.key_size + item.data_size;
		if (used + size > WRITE_SIZE) {
			if (write_all(s, buffer, used, d) == -1)
				goto out;
			used = 0;
		}
		if (size > WRITE_SIZE) {
			if (write_all(s, at, size, d) == -1)
				goto out;
			continue;
		}
		memcpy(buffer + used, at, size);
		used += size;
	}
	if (write_all(s, buffer, used, d) == -1)
		goto out;
	s->run[s->runs].end = s->written;
	s->runs++;
	s->slots = 0;
	s->arena_used = 0;
	rc = 0;
out:
	free(buffer);
	return rc;
}

int
xsort_add(struct xsort *s, const void *key, size_t key_size, const void *data,
    size_t data_size, struct diag *d)
{
	const size_t size = HEADER + key_size + data_size;
	const uint32_t sizes[2] = { (uint32_t)key_size, (uint32_t)data_size };

	/* qsort_r() takes a second array of slots. */
	if (s->slots > 0 && s->arena_used + size +
	    2 * (s->slots + 1) * sizeof(struct slot) > s->budget &&
	    write_run(s, d) == -1)
		return -1;
	if (s->arena_used + size > s->arena_size) {
		size_t want = s->arena_size == 0 ? ARENA_START : s->arena_size;
		void *grown;

		while (want < s->arena_used + size)
			want += want / 2;
		if (want > s->budget && s->arena_used + size <= s->budget)
			want = s->budget;
		grown = realloc(s->arena, want);
		if (grown == NULL)
			return diag_system(d, "sort");
		s->arena = grown;
		s->arena_size = want;
	}
	if (s->slots == s->slots_size) {
		void *slots = s->slot;

		if (grow(&slots, &s->slots_size, s->slots + 1,
			sizeof(struct slot)) == -1)
			return diag_system(d, "sort");
		s->slot = slots;
	}
	memcpy(s->arena + s->arena_used, sizes, HEADER);
	memcpy(s->arena + s->arena_used + HEADER, key, key_size);
	if (data_size > 0)
		memcpy(s->arena + s->arena_used + HEADER + key_size, data,
		    data_size);
	s->slot[s->slots++] = (struct slot){ 0, s->arena_used };
	s->arena_used += size;
	s->count++;
	return 0;
}

/* Make at least `want` unread octets stand in the window. */
static int
fill_window(struct xsort *s, struct run *r, size_t want, struct diag *d)
{
	if (r->filled - r->used >= want)
		return 0;
	memmove(r->window, r->window + r->used, r->filled - r->used);
	r->filled -= r->used;
	r->used = 0;
	if (want > r->size) {
		uint8_t *grown = realloc(r->window, want);

		if (grown == NULL)
			return diag_system(d, "sort");
		r->window = grown;
		r->size = want;
	}
	while (r->filled < want) {
		size_t room = r->size - r->filled;
		ssize_t n;

		if (r->end - r->next < (off_t)room)
			room = (size_t)(r->end - r->next);
		n = pread(s->fd, r->window + r->filled, room, r->next);
		if (n == -1 && errno == EINTR)
			continue;
		if (n <= 0)
			return diag_system(d, "%s: temporary file", s->folder);
		r->filled += (size_t)n;
		r->next += n;
	}
	return 0;
}

/* 1: r->item is the run's next item; 0: the run is over; -1. */
static int
run_next(struct xsort *s, struct run *r, struct diag *d)
{
	if (r->used == r->filled && r->next == r->end)
		return 0;
	if (fill_window(s, r, HEADER, d) == -1)
		return -1;
	item_at(r->window + r->used, &r->item);
	if (fill_window(s, r, HEADER + r->item.key_size + r->item.data_size,
		d) == -1)
		return -1;
	item_at(r->window + r->used, &r->item);
	r->used += HEADER + r->item.key_size + r->item.data_size;
	return 1;
}

/* Of equal keys the earlier run's comes first. */
static bool
run_before(const struct xsort *s, size_t a, size_t b)
{
	const int c = item_compare(&s->run[a].item, &s->run[b].item);

	return c != 0 ? c < 0 : a < b;
}

static void
heap_down(struct xsort *s, size_t i)
{
	for (;;) {
		size_t least = i;

		for (size_t k = 2 * i + 1; k <= 2 * i + 2; k++)
			if (k < s->heap_size &&
			    run_before(s, s->heap[k], s->heap[least]))
				least = k;
		if (least == i)
			return;
		const size_t swap = s->heap[i];

		s->heap[i] = s->heap[least];
		s->heap[least] = swap;
		i = least;
	}
}

/* Every run to its start, and the heap over their first items. */
static int
start_merge(struct xsort *s, struct diag *d)
{
	size_t window = s->budget / (s->runs + 1);

	if (window < READ_LEAST)
		window = READ_LEAST;
	if (window > READ_MOST)
		window = READ_MOST;
	if (s->heap == NULL)
		s->heap = calloc(s->runs, sizeof(*s->heap));
	if (s->heap == NULL)
		return diag_system(d, "sort");
	s->heap_size = 0;
	s->started = false;
	for (size_t i = 0; i < s->runs; i++) {
		struct run *r = &s->run[i];
		int rc;

		if (r->window == NULL) {
			r->window = malloc(window);
			r->size = window;
		}
		if (r->window == NULL)
			return diag_system(d, "sort");
		r->next = r->start;
		r->used = r->filled = 0;
		rc = run_next(s, r, d);
		if (rc == -1)
			return -1;
		if (rc == 1)
			s->heap[s->heap_size++] = i;
	}
	for (size_t i = s->heap_size; i-- > 0;)
		heap_down(s, i);
	return 0;
}

int
xsort_rewind(struct xsort *s, struct diag *d)
{
	s->next_slot = 0;
	return s->runs == 0 ? 0 : start_merge(s, d);
}

int
xsort_sort(struct xsort *s, struct diag *d)
{
	if (s->runs == 0) {
		sort_slots(s);
		return 0;
	}
	if (s->slots > 0 && write_run(s, d) == -1)
		return -1;
	free(s->arena);
	free(s->slot);
	s->arena = NULL;
	s->slot = NULL;
	return start_merge(s, d);
}

int
xsort_next(struct xsort *s, struct xsort_item *item, struct diag *d)
{
	int rc;

	if (s->runs == 0) {
		if (s->next_slot == s->slots)
			return 0;
		item_at(s->arena + s->slot[s->next_slot++].at, item);
		return 1;
	}
	if (s->heap_size == 0)
		return 0;
	if (s->started) { /* the one handed out last is done with */
		rc = run_next(s, &s->run[s->heap[0]], d);
		if (rc == -1)
			return -1;
		if (rc == 0)
			s->heap[0] = s->heap[--s->heap_size];
		heap_down(s, 0);
	}
	s->started = true;
	if (s->heap_size == 0)
		return 0;
	*item = s->run[s->heap[0]].item;
	return 1;
}
