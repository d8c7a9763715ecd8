/* The key=value lists of zonetext.h. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "number.h"
#include "zonetext.h"

static struct zonetext_key *
find(const struct zonetext_keys *keys, const char *key)
{
	for (size_t i = 0; i < keys->count; i++)
		if (strcmp(keys->list[i].key, key) == 0)
			return &keys->list[i];
	return NULL;
}

const char *
zonetext_get(const struct zonetext_keys *keys, const char *key)
{
	const struct zonetext_key *k = find(keys, key);

	return k != NULL ? k->value : NULL;
}

int
zonetext_get_u64(const struct zonetext_keys *keys, const char *key,
    uint64_t max, uint64_t *out, struct diag *d)
{
	const char *value = zonetext_get(keys, key);

	if (value == NULL)
		return 0;
	if (number_u64(value, strlen(value), max, out) == -1)
		return diag_set(d, STATUS_BAD,
		    "%s=%s: not a number of at most %llu (zonetext(5))", key,
		    value, (unsigned long long)max);
	return 1;
}

int
zonetext_set(struct zonetext_keys *keys, const char *key, const char *value)
{
	struct zonetext_key *k = find(keys, key);
	char *copy = strdup(value);

	if (copy == NULL)
		return -1;
	if (k != NULL) {
		free(k->value);
		k->value = copy;
		return 0;
	}
	k = realloc(keys->list, (keys->count + 1) * sizeof(*k));
	if (k == NULL) {
		free(copy);
		return -1;
	}
	keys->list = k;
	k += keys->count;
	if ((k->key = strdup(key)) == NULL) {
		free(copy);
		return -1;
	}
	k->value = copy;
	keys->count++;
	return 0;
}

int
zonetext_set_u64(struct zonetext_keys *keys, const char *key, uint64_t n)
{
	char text[24];

	(void)snprintf(text, sizeof(text), "%llu", (unsigned long long)n);
	return zonetext_set(keys, key, text);
}

void
zonetext_unset(struct zonetext_keys *keys, const char *key)
{
	struct zonetext_key *k = find(keys, key);
	size_t i;

	if (k == NULL)
		return;
	free(k->key);
	free(k->value);
	i = (size_t)(k - keys->list);
	keys->count--;
	memmove(k, k + 1, (keys->count - i) * sizeof(*k));
}

void
zonetext_keys_free(struct zonetext_keys *keys)
{
	for (size_t i = 0; i < keys->count; i++) {
		free(keys->list[i].key);
		free(keys->list[i].value);
	}
	free(keys->list);
	keys->list = NULL;
	keys->count = 0;
}
