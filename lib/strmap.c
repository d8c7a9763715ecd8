#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "fnv1a.h"
#include "strmap.h"

struct strmap_slot {
	char *name; /* NULL: free */
	void *item;
};

static size_t
hash(const char *name)
{
	const uint64_t h = fnv1a(name);

	return (size_t)(h ^ h >> 32);
}

/* The slot of name, or the free one where it belongs; size is above 0. */
static struct strmap_slot *
find(const struct strmap *map, const char *name)
{
	size_t i = hash(name) & (map->size - 1);

	while (
	    map->slot[i].name != NULL && strcmp(map->slot[i].name, name) != 0)
		i = (i + 1) & (map->size - 1);
	return &map->slot[i];
}

void *
strmap_get(const struct strmap *map, const char *name)
{
	if (map->size == 0)
		return NULL;
	return find(map, name)->item;
}

static int
enlarge(struct strmap *map)
{
	struct strmap bigger = { .size = map->size == 0 ? 64 : map->size * 2,
		.used = map->used };

	if ((bigger.slot = calloc(bigger.size, sizeof(*bigger.slot))) == NULL)
		return -1;
	for (size_t i = 0; i < map->size; i++)
		if (map->slot[i].name != NULL)
			*find(&bigger, map->slot[i].name) = map->slot[i];
	free(map->slot);
	*map = bigger;
	return 0;
}

int
strmap_put(struct strmap *map, const char *name, void *item, void **old)
{
	struct strmap_slot *slot;

	if (map->used * 2 >= map->size && enlarge(map) == -1)
		return -1;
	slot = find(map, name);
	if (slot->name == NULL) {
		if ((slot->name = strdup(name)) == NULL)
			return -1;
		map->used++;
	}
	if (old != NULL)
		*old = slot->item;
	slot->item = item;
	return 0;
}

void *
strmap_next(const struct strmap *map, size_t *at, const char **name)
{
	while (*at < map->size) {
		const struct strmap_slot *slot = &map->slot[(*at)++];

		if (slot->item == NULL)
			continue;
		if (name != NULL)
			*name = slot->name;
		return slot->item;
	}
	return NULL;
}

void
strmap_free(struct strmap *map, void (*destroy)(void *item))
{
	for (size_t i = 0; i < map->size; i++) {
		if (map->slot[i].item != NULL && destroy != NULL)
			destroy(map->slot[i].item);
		free(map->slot[i].name);
	}
	free(map->slot);
	memset(map, 0, sizeof(*map));
}
