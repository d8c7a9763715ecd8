#include <pthread.h>
#include <stdlib.h>
#include <string.h>

#include "judge.h"
#include "pool.h"

enum { FREE, QUEUED, WORKING, DONE };

struct worker {
	struct pool *pool;
	pthread_t thread;
	struct judge judge;
	uint64_t generation; /* of the zone that the judge knows */
};

struct pool {
	pthread_mutex_t lock;
	pthread_cond_t work, done;
	struct batch *free;
	struct batch *first, *last; /* submitted, in order */
	struct batch *waiting;	    /* the first that is queued */
	size_t batches, batches_max;
	struct worker *worker;
	unsigned workers, started;
	bool stop;
	const bool *ignore;
	const struct zone *zone;
	uint64_t generation;
	pool_collect *collect;
	void *arg;
};

static void
judge_one(struct worker *w, struct batch *b, const struct zone *zone,
    uint64_t generation)
{
	if (w->generation != generation) {
		judge_zone(&w->judge, zone);
		w->generation = generation;
	}
	judge_batch(&w->judge, b);
}

static void *
work(void *arg)
{
	struct worker *w = arg;
	struct pool *p = w->pool;

	(void)pthread_mutex_lock(&p->lock);
	for (;;) {
		struct batch *b;
		const struct zone *zone;
		uint64_t generation;

		while (p->waiting == NULL && !p->stop)
			(void)pthread_cond_wait(&p->work, &p->lock);
		if (p->stop)
			break;
		b = p->waiting;
		p->waiting = b->next;
		b->state = WORKING;
		zone = p->zone;
		generation = p->generation;
		(void)pthread_mutex_unlock(&p->lock);
		judge_one(w, b, zone, generation);
		(void)pthread_mutex_lock(&p->lock);
		b->state = DONE;
		(void)pthread_cond_signal(&p->done);
	}
	(void)pthread_mutex_unlock(&p->lock);
	return NULL;
}

int
pool_open(struct pool **out, unsigned workers, const struct rtypes *types,
    const bool *ignore, struct diag *d)
{
	const unsigned judges = workers == 0 ? 1 : workers;
	struct pool *p = calloc(1, sizeof(*p));

	if (p == NULL)
		return diag_system(d, "workers");
	(void)pthread_mutex_init(&p->lock, NULL);
	(void)pthread_cond_init(&p->work, NULL);
	(void)pthread_cond_init(&p->done, NULL);
	p->ignore = ignore;
	p->batches_max = 2 + 3 * (size_t)workers;
	p->worker = calloc(judges, sizeof(*p->worker));
	if (p->worker == NULL)
		goto fail;
	for (; p->workers < judges; p->workers++) {
		p->worker[p->workers].pool = p;
		if (judge_init(&p->worker[p->workers].judge, types) == -1)
			goto fail;
	}
	for (; p->started < workers; p->started++) {
		struct worker *w = &p->worker[p->started];

		if (pthread_create(&w->thread, NULL, work, w) != 0)
			goto fail;
	}
	*out = p;
	return 0;
fail:
	pool_close(p);
	return diag_system(d, "workers");
}

void
pool_close(struct pool *p)
{
	if (p == NULL)
		return;
	pool_cancel(p);
	(void)pthread_mutex_lock(&p->lock);
	p->stop = true;
	(void)pthread_cond_broadcast(&p->work);
	(void)pthread_mutex_unlock(&p->lock);
	for (unsigned i = 0; i < p->started; i++)
		(void)pthread_join(p->worker[i].thread, NULL);
	for (unsigned i = 0; i < p->workers; i++)
		judge_free(&p->worker[i].judge);
	while (p->free != NULL) {
		struct batch *next = p->free->next;

		batch_free(p->free);
		p->free = next;
	}
	free(p->worker);
	(void)pthread_cond_destroy(&p->work);
	(void)pthread_cond_destroy(&p->done);
	(void)pthread_mutex_destroy(&p->lock);
	free(p);
}

void
pool_zone(struct pool *p, const struct zone *zone, pool_collect *collect,
    void *arg)
{
	(void)pthread_mutex_lock(&p->lock);
	p->zone = zone;
	p->generation++;
	p->collect = collect;
	p->arg = arg;
	(void)pthread_mutex_unlock(&p->lock);
}

void
pool_drop(struct pool *p, struct batch *b)
{
	batch_reset(b);
	b->next = p->free;
	p->free = b;
}

/* The oldest batch, when its worker is through with it; NULL: none. */
static struct batch *
take_oldest(struct pool *p)
{
	struct batch *b;

	(void)pthread_mutex_lock(&p->lock);
	b = p->first;
	while (b != NULL && b->state != DONE)
		(void)pthread_cond_wait(&p->done, &p->lock);
	if (b != NULL) {
		p->first = b->next;
		if (p->first == NULL)
			p->last = NULL;
	}
	(void)pthread_mutex_unlock(&p->lock);
	return b;
}

static int
collect_oldest(struct pool *p, struct diag *d)
{
	struct batch *b = take_oldest(p);
	int rc;

	if (b == NULL)
		return 0;
	if (b->failed || b->found.lost)
		rc = diag_set(d, STATUS_SYSTEM, "no memory");
	else
		rc = p->collect(p->arg, b, d);
	pool_drop(p, b);
	return rc;
}

struct batch *
pool_get(struct pool *p, struct diag *d)
{
	struct batch *b;

	if (p->free == NULL && p->batches < p->batches_max) {
		b = batch_new(p->ignore);
		if (b == NULL) {
			(void)diag_system(d, "workers");
			return NULL;
		}
		p->batches++;
		return b;
	}
	while (p->free == NULL)
		if (collect_oldest(p, d) == -1)
			return NULL;
	b = p->free;
	p->free = b->next;
	b->next = NULL;
	return b;
}

int
pool_submit(struct pool *p, struct batch *b, struct diag *d)
{
	b->next = NULL;
	if (p->started == 0) {
		judge_one(&p->worker[0], b, p->zone, p->generation);
		b->state = DONE;
		p->first = p->last = b;
		return collect_oldest(p, d);
	}
	(void)pthread_mutex_lock(&p->lock);
	b->state = QUEUED;
	if (p->last == NULL)
		p->first = b;
	else
		p->last->next = b;
	p->last = b;
	if (p->waiting == NULL)
		p->waiting = b;
	(void)pthread_cond_signal(&p->work);
	(void)pthread_mutex_unlock(&p->lock);
	return 0;
}

int
pool_drain(struct pool *p, struct diag *d)
{
	while (p->first != NULL)
		if (collect_oldest(p, d) == -1)
			return -1;
	return 0;
}

void
pool_cancel(struct pool *p)
{
	struct batch *b;

	while ((b = take_oldest(p)) != NULL)
		pool_drop(p, b);
}
