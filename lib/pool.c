#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include "pool.h"

#define POOL_FIRST ((size_t)16 * 1024) /* kept */
#define POOL_BLOCK ((size_t)256 * 1024)

struct block {
	struct block *next;
	size_t size, used;
	_Alignas(max_align_t) uint8_t bytes[];
};

struct pool {
	knot_mm_t mm;
	struct block *first, *current;
};

static struct block *
block_new(size_t size)
{
	struct block *b;

	if ((b = malloc(sizeof(*b) + size)) != NULL)
		*b = (struct block){ .size = size };
	return b;
}

static void *
pool_alloc(void *ctx, size_t len)
{
	struct pool *pool = ctx;
	struct block *b = pool->current;
	void *p;

	if (len > SIZE_MAX / 2)
		return NULL;
	len = (len + sizeof(max_align_t) - 1) / sizeof(max_align_t) *
	    sizeof(max_align_t);
	if (b->size - b->used < len) {
		b = block_new(len > POOL_BLOCK ? len : POOL_BLOCK);
		if (b == NULL)
			return NULL;
		b->next = pool->current->next;
		pool->current->next = b;
		pool->current = b;
	}
	p = b->bytes + b->used;
	b->used += len;
	return p;
}

static void
pool_ignore(void *p)
{
	(void)p;
}

struct pool *
pool_new(void)
{
	struct pool *pool;

	if ((pool = calloc(1, sizeof(*pool))) == NULL)
		return NULL;
	if ((pool->first = block_new(POOL_FIRST)) == NULL) {
		free(pool);
		return NULL;
	}
	pool->current = pool->first;
	pool->mm = (knot_mm_t){ pool, pool_alloc, pool_ignore };
	return pool;
}

knot_mm_t *
pool_mm(struct pool *pool)
{
	return &pool->mm;
}

void
pool_reset(struct pool *pool)
{
	struct block *b, *next;

	for (b = pool->first->next; b != NULL; b = next) {
		next = b->next;
		free(b);
	}
	pool->first->next = NULL;
	pool->first->used = 0;
	pool->current = pool->first;
}

void
pool_free(struct pool *pool)
{
	if (pool == NULL)
		return;
	pool_reset(pool);
	free(pool->first);
	free(pool);
}
