#include <pthread.h>
#include <stdlib.h>

#include "extsort_parts.h"
#include "tempfile.h"

/* Sorts a full chunk while the caller fills the other one. */
struct worker {
	pthread_t thread;
	bool running; /* there is a thread */
	pthread_mutex_t lock;
	pthread_cond_t changed;
	struct chunk *job; /* to be sorted, or NULL: idle */
	bool quit;
};

struct extsort {
	struct chunk chunks[2];
	int current; /* the one being filled */
	struct spill spill;
	struct merge merge;
	struct worker worker;
	struct extsort_stats stats;
	uint8_t *memory;
	char *folder;
	size_t longest; /* packed record */
};

static void *
work(void *arg)
{
	struct worker *w = arg;

	(void)pthread_mutex_lock(&w->lock);
	for (;;) {
		struct chunk *job;

		while (w->job == NULL && !w->quit)
			(void)pthread_cond_wait(&w->changed, &w->lock);
		if ((job = w->job) == NULL)
			break;
		(void)pthread_mutex_unlock(&w->lock);
		chunk_sort(job);
		(void)pthread_mutex_lock(&w->lock);
		w->job = NULL;
		(void)pthread_cond_signal(&w->changed);
	}
	(void)pthread_mutex_unlock(&w->lock);
	return NULL;
}

static void
worker_wait(struct worker *w)
{
	(void)pthread_mutex_lock(&w->lock);
	while (w->job != NULL)
		(void)pthread_cond_wait(&w->changed, &w->lock);
	(void)pthread_mutex_unlock(&w->lock);
}

/* Sort c beside us; here where there is no thread to be had. */
static void
worker_sort(struct worker *w, struct chunk *c)
{
	if (!w->running)
		w->running = pthread_create(&w->thread, NULL, work, w) == 0;
	if (!w->running) {
		chunk_sort(c);
		return;
	}
	(void)pthread_mutex_lock(&w->lock);
	w->job = c;
	(void)pthread_cond_signal(&w->changed);
	(void)pthread_mutex_unlock(&w->lock);
}

static void
worker_stop(struct worker *w)
{
	if (!w->running)
		return;
	worker_wait(w);
	(void)pthread_mutex_lock(&w->lock);
	w->quit = true;
	(void)pthread_cond_signal(&w->changed);
	(void)pthread_mutex_unlock(&w->lock);
	(void)pthread_join(w->thread, NULL);
}

int
extsort_open(
    struct extsort **out, size_t memory, const char *folder, struct diag *d)
{
	struct extsort *s = calloc(1, sizeof(*s));

	if (s == NULL)
		return diag_system(d, "sort");
	s->spill.fd = -1;
	if (memory < EXTSORT_MEMORY_MIN)
		memory = EXTSORT_MEMORY_MIN;
	if (folder == NULL)
		folder = tempfile_folder();
	memory &= ~(size_t)63; /* entries are aligned from each half's end */
	s->memory = malloc(memory);
	s->folder = strdup(folder);
	if (s->memory == NULL || s->folder == NULL) {
		diag_system(d, "sort: %zu bytes of memory", memory);
		free(s->memory);
		free(s->folder);
		free(s);
		return -1;
	}
	s->spill.folder = s->folder;
	for (int i = 0; i < 2; i++) {
		s->chunks[i].size = memory / 2;
		s->chunks[i].base = s->memory + (size_t)i * (memory / 2);
		chunk_empty(&s->chunks[i]);
	}
	(void)pthread_mutex_init(&s->worker.lock, NULL);
	(void)pthread_cond_init(&s->worker.changed, NULL);
	*out = s;
	return 0;
}

/* The current chunk takes no more: fill the other, which may first have to go
 * to the file. */
static int
rotate(struct extsort *s, struct diag *d)
{
	struct chunk *full = &s->chunks[s->current];
	struct chunk *other = &s->chunks[!s->current];

	worker_wait(&s->worker);
	if (!full->in_order) {
		s->stats.sorts++;
		worker_sort(&s->worker, full);
	}
	if (other->count > 0 && spill_chunk(&s->spill, other, d) == -1)
		return -1;
	chunk_empty(other);
	s->current = !s->current;
	return 0;
}

int
extsort_add(struct extsort *s, const void *key, size_t key_len,
    const void *payload, size_t payload_len, struct diag *d)
{
	const struct extsort_record rec = { key, key_len, payload,
		payload_len };

	if (key_len > EXTSORT_KEY_MAX || payload_len > EXTSORT_RECORD_MAX ||
	    key_len + payload_len > EXTSORT_RECORD_MAX)
		return diag_set(d, STATUS_BAD, "a record too long to sort");
	if (packed_size(key_len, payload_len) > s->longest)
		s->longest = packed_size(key_len, payload_len);
	s->stats.records++;
	if (chunk_add(&s->chunks[s->current], &rec))
		return 0;
	if (rotate(s, d) == -1)
		return -1;
	/* A record is at most a third of half of EXTSORT_MEMORY_MIN. */
	(void)chunk_add(&s->chunks[s->current], &rec);
	return 0;
}

/* Merge the first n runs into one, in the memory of the chunk that is free. */
static int
merge_runs(
    struct extsort *s, size_t n, const struct chunk *room, struct diag *d)
{
	const size_t share = room->size / (n + 1);
	uint8_t *gather = room->base + n * share;
	const off_t start = s->spill.end;
	struct extsort_record rec;
	size_t used = 0;
	int rc;

	memset(&s->merge, 0, sizeof(s->merge));
	s->merge.count = n;
	for (size_t i = 0; i < n; i++)
		cursor_of_run(&s->merge.cursors[i], &s->spill,
		    &s->spill.runs[i], room->base + i * share, share);
	while ((rc = merge_next(&s->merge, &rec, d)) == 1) {
		const size_t len = packed_size(rec.key_len, rec.payload_len);

		if (used + len > share) {
			if (spill_write(&s->spill, gather, used, d) == -1)
				return -1;
			used = 0;
		}
		packed_put(gather + used, &rec);
		used += len;
	}
	if (rc == -1 || spill_write(&s->spill, gather, used, d) == -1 ||
	    spill_replace(&s->spill, n, start, d) == -1)
		return -1;
	s->stats.merges++;
	return 0;
}

/*
 * Bring the runs down to as many as fit beside each other, a buffer for at
 * least the longest record each.  The first merge takes so few that the later
 * ones are full.
 */
static int
reduce_runs(struct extsort *s, const struct chunk *room, struct diag *d)
{
	size_t fan_in = room->size / s->longest - 1, n;

	if (fan_in > MERGE_FAN_IN)
		fan_in = MERGE_FAN_IN;
	while (s->spill.count > fan_in) {
		n = (s->spill.count - 1) % (fan_in - 1) + 1;
		if (n == 1)
			n = fan_in;
		if (merge_runs(s, n, room, d) == -1)
			return -1;
	}
	return 0;
}

static void
open_runs(struct extsort *s, const struct chunk *room)
{
	const size_t n = s->spill.count;
	const size_t share = n > 0 ? room->size / n : 0;

	memset(&s->merge, 0, sizeof(s->merge)); /* reduce_runs() used it */
	for (size_t i = 0; i < n; i++)
		cursor_of_run(&s->merge.cursors[s->merge.count++], &s->spill,
		    &s->spill.runs[i], room->base + i * share, share);
}

/* A source of the merge; or more of the one there is, if it follows that. */
static void
open_chunk(struct extsort *s, const struct chunk *c, bool follows)
{
	if (follows)
		cursor_append(&s->merge.cursors[0], c);
	else if (c->count > 0)
		cursor_of_chunk(&s->merge.cursors[s->merge.count++], c);
}

/* Does all of c stand behind what was filled before it? */
static bool
last_follows(
    const struct extsort *s, const struct chunk *c, const struct chunk *before)
{
	struct extsort_record first, end;
	size_t offset = 0;

	chunk_get(c, 0, &offset, &first);
	if (s->stats.runs > 0)
		return s->stats.runs == 1 && spill_follows(&s->spill, &first);
	if (before->count == 0)
		return false;
	offset = before->last;
	chunk_get(before, before->count - 1, &offset, &end);
	return extsort_compare(&end, &first) <= 0;
}

/* Sort what is in memory; spill the older half if anything is spilled. */
static int
finish_chunks(
    struct extsort *s, struct chunk *last, struct chunk *other, struct diag *d)
{
	int rc = 0;

	worker_wait(&s->worker);
	if (!last->in_order) {
		s->stats.sorts++;
		if (other->count > 0 && s->spill.count > 0)
			worker_sort(&s->worker, last);
		else
			chunk_sort(last);
	}
	if (other->count > 0 && s->spill.count > 0) {
		rc = spill_chunk(&s->spill, other, d);
		chunk_empty(other);
	}
	worker_wait(&s->worker);
	return rc;
}

int
extsort_sort(struct extsort *s, struct diag *d)
{
	struct chunk *last = &s->chunks[s->current];
	struct chunk *other = &s->chunks[!s->current];

	memset(&s->merge, 0, sizeof(s->merge));
	if (s->stats.records == 0)
		return 0;
	if (finish_chunks(s, last, other, d) == -1)
		return -1;
	s->stats.runs = s->spill.count;
	if (s->spill.count > 0) {
		if (reduce_runs(s, other, d) == -1)
			return -1;
		open_runs(s, other);
		s->stats.spilled = (uint64_t)s->spill.end;
	} else {
		open_chunk(s, other, false);
	}
	open_chunk(s, last, last_follows(s, last, other));
	return 0;
}

int
extsort_next(struct extsort *s, struct extsort_record *rec, struct diag *d)
{
	return merge_next(&s->merge, rec, d);
}

const struct extsort_stats *
extsort_stats(const struct extsort *s)
{
	return &s->stats;
}

void
extsort_reset(struct extsort *s)
{
	worker_wait(&s->worker);
	for (int i = 0; i < 2; i++)
		chunk_empty(&s->chunks[i]);
	s->current = 0;
	spill_empty(&s->spill);
	memset(&s->merge, 0, sizeof(s->merge));
	memset(&s->stats, 0, sizeof(s->stats));
	s->longest = 0;
}

void
extsort_close(struct extsort *s)
{
	if (s == NULL)
		return;
	worker_stop(&s->worker);
	(void)pthread_cond_destroy(&s->worker.changed);
	(void)pthread_mutex_destroy(&s->worker.lock);
	spill_close(&s->spill);
	free(s->folder);
	free(s->memory);
	free(s);
}
