/*
 * Memory that is given back all at once.  Pointers stay valid until the reset.
 */
#ifndef ARENA_H
#define ARENA_H

#include <stddef.h>

struct arena_chunk;

struct arena {
	struct arena_chunk *first, *now;
	size_t used; /* handed out since the reset */
};

/* Aligned for any type; NULL: no memory. */
void *arena_alloc(struct arena *a, size_t size);
void *arena_copy(struct arena *a, const void *bytes, size_t size);

/* Forget everything; a few chunks are kept for the next use. */
void arena_reset(struct arena *a);
void arena_free(struct arena *a);

#endif
