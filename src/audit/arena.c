#include <stdalign.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "arena.h"

#define CHUNK (64 * 1024)
#define KEEP  4 /* chunks that survive a reset */

struct arena_chunk {
	struct arena_chunk *next;
	size_t size, used;
	alignas(max_align_t) unsigned char bytes[];
};

static struct arena_chunk *
chunk_new(size_t size)
{
	struct arena_chunk *c = malloc(sizeof(*c) + size);

	if (c != NULL) {
		c->next = NULL;
		c->size = size;
		c->used = 0;
	}
	return c;
}

/* The current chunk, or one behind it, with room for size. */
static struct arena_chunk *
room(struct arena *a, size_t size)
{
	struct arena_chunk *c;

	if (a->first == NULL)
		return a->first = chunk_new(size > CHUNK ? size : CHUNK);
	if (a->now->size - a->now->used >= size)
		return a->now;
	c = a->now->next;
	if (c != NULL && c->size >= size) {
		c->used = 0;
		return c;
	}
	c = chunk_new(size > CHUNK ? size : CHUNK);
	if (c != NULL) {
		c->next = a->now->next;
		a->now->next = c;
	}
	return c;
}

void *
arena_alloc(struct arena *a, size_t size)
{
	const size_t align = alignof(max_align_t);
	struct arena_chunk *c;
	void *p;

	if (size > SIZE_MAX / 2)
		return NULL;
	size = (size + align - 1) / align * align;
	c = room(a, size);
	if (c == NULL)
		return NULL;
	a->now = c;
	p = c->bytes + c->used;
	c->used += size;
	a->used += size;
	return p;
}

void *
arena_copy(struct arena *a, const void *bytes, size_t size)
{
	void *p = arena_alloc(a, size);

	if (p != NULL && size > 0)
		memcpy(p, bytes, size);
	return p;
}

void
arena_reset(struct arena *a)
{
	struct arena_chunk *c = a->first;
	size_t kept = 0;

	/* A large chunk was for one large owner: not worth keeping. */
	struct arena_chunk **link = &a->first;

	while (c != NULL) {
		struct arena_chunk *next = c->next;

		if (kept == KEEP || c->size > 4 * CHUNK) {
			*link = next;
			free(c);
		} else {
			c->used = 0;
			kept++;
			link = &c->next;
		}
		c = next;
	}
	a->now = a->first;
	a->used = 0;
}

void
arena_free(struct arena *a)
{
	while (a->first != NULL) {
		struct arena_chunk *next = a->first->next;

		free(a->first);
		a->first = next;
	}
	*a = (struct arena){ 0 };
}
