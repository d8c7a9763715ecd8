/* From a name to a pointer: a hash table whose names are copied. */
#ifndef STRMAP_H
#define STRMAP_H

#include <stddef.h>

struct strmap {
	struct strmap_slot *slot;
	size_t size; /* a power of two, or 0 */
	size_t used;
};

/* The pointer stored under name, or NULL. */
void *strmap_get(const struct strmap *map, const char *name);

/*
 * Store item (not NULL) under name; *old (may be NULL) gets what was there.
 * -1: no memory.
 */
int strmap_put(struct strmap *map, const char *name, void *item, void **old);

/*
 * All of them, in no order: start with *at 0.  NULL at the end; *name (may be
 * NULL) is owned by the map.
 */
void *strmap_next(const struct strmap *map, size_t *at, const char **name);

/* Free the map and call destroy (may be NULL) for each item. */
void strmap_free(struct strmap *map, void (*destroy)(void *item));

#endif
