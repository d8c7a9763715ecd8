#include <pthread.h>
#include <stdlib.h>

#include "crew.h"

#define TASKS_EACH 8 /* given ahead, a thread */

struct member {
	struct crew *crew;
	struct audit audit;
	pthread_t thread;
	bool started;
};

struct slot {
	void *task;
	bool done;
};

struct crew {
	pthread_mutex_t lock;
	pthread_cond_t work, done;
	struct settings set; /* memory is shared out */
	struct slot *slot;   /* a ring: oldest, taken and given count up */
	size_t slots, oldest, taken, given;
	struct member *member;
	unsigned members;
	bool stop;
	crew_work *work_fn;
	crew_done *done_fn;
	void *arg;
};

static void *
run(void *arg)
{
	struct member *m = arg;
	struct crew *c = m->crew;

	(void)pthread_mutex_lock(&c->lock);
	for (;;) {
		struct slot *s;

		while (c->taken == c->given && !c->stop)
			(void)pthread_cond_wait(&c->work, &c->lock);
		if (c->taken == c->given)
			break;
		s = &c->slot[c->taken++ % c->slots];
		(void)pthread_mutex_unlock(&c->lock);
		c->work_fn(c->arg, &m->audit, s->task);
		(void)pthread_mutex_lock(&c->lock);
		s->done = true;
		(void)pthread_cond_signal(&c->done);
	}
	(void)pthread_mutex_unlock(&c->lock);
	return NULL;
}

int
crew_open(struct crew **out, const struct audit *a, crew_work *work,
    crew_done *done, void *arg, struct diag *d)
{
	struct crew *c = calloc(1, sizeof(*c));
	const unsigned members = a->set->jobs < 2 ? 1 : a->set->jobs;

	if (c == NULL)
		return diag_system(d, "workers");
	(void)pthread_mutex_init(&c->lock, NULL);
	(void)pthread_cond_init(&c->work, NULL);
	(void)pthread_cond_init(&c->done, NULL);
	c->set = *a->set;
	c->set.memory /= members;
	c->work_fn = work;
	c->done_fn = done;
	c->arg = arg;
	c->slots = (size_t)members * TASKS_EACH;
	c->slot = calloc(c->slots, sizeof(*c->slot));
	c->member = calloc(members, sizeof(*c->member));
	if (c->slot == NULL || c->member == NULL)
		goto fail;
	for (; c->members < members; c->members++) {
		struct member *m = &c->member[c->members];

		m->crew = c;
		m->audit = *a;
		m->audit.set = &c->set;
		m->audit.pool = NULL;
		if (pool_open(&m->audit.pool, 0, a->types, a->set->ignore,
			d) == -1)
			goto fail;
		m->started = pthread_create(&m->thread, NULL, run, m) == 0;
		if (!m->started) {
			pool_close(m->audit.pool);
			goto fail;
		}
	}
	*out = c;
	return 0;
fail:
	crew_close(c);
	return diag_system(d, "workers");
}

/* Under the lock, which is let go while the task ends. */
static void
end_oldest(struct crew *c)
{
	struct slot *s = &c->slot[c->oldest % c->slots];
	void *task;

	while (!s->done)
		(void)pthread_cond_wait(&c->done, &c->lock);
	task = s->task;
	*s = (struct slot){ .task = NULL };
	c->oldest++;
	(void)pthread_mutex_unlock(&c->lock);
	c->done_fn(c->arg, task);
	(void)pthread_mutex_lock(&c->lock);
}

void
crew_give(struct crew *c, void *task)
{
	(void)pthread_mutex_lock(&c->lock);
	/* What is done need not wait for the line behind it. */
	while (c->oldest < c->given && (c->given - c->oldest == c->slots ||
	    c->slot[c->oldest % c->slots].done))
		end_oldest(c);
	c->slot[c->given++ % c->slots] = (struct slot){ .task = task };
	(void)pthread_cond_signal(&c->work);
	(void)pthread_mutex_unlock(&c->lock);
}

void
crew_drain(struct crew *c)
{
	(void)pthread_mutex_lock(&c->lock);
	while (c->oldest < c->given)
		end_oldest(c);
	(void)pthread_mutex_unlock(&c->lock);
}

void
crew_close(struct crew *c)
{
	if (c == NULL)
		return;
	(void)pthread_mutex_lock(&c->lock);
	c->stop = true;
	(void)pthread_cond_broadcast(&c->work);
	(void)pthread_mutex_unlock(&c->lock);
	for (unsigned i = 0; i < c->members; i++) {
		(void)pthread_join(c->member[i].thread, NULL);
		pool_close(c->member[i].audit.pool);
	}
	free(c->member);
	free(c->slot);
	(void)pthread_cond_destroy(&c->work);
	(void)pthread_cond_destroy(&c->done);
	(void)pthread_mutex_destroy(&c->lock);
	free(c);
}
