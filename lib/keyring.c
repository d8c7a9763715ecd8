#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "hex.h"
#include "keyring.h"
#include "keyuri.h"
#include "pin.h"

struct wanted {
	char *text; /* for messages, and to see that it was asked before */
	size_t place;
	uint8_t id[KEY_ID_MAX];
	size_t id_size; /* 0: not by id */
	char *label;	/* or NULL */
	unsigned algorithm;
	bool keystate;	/* known by keystate's locator */
	struct key *key; /* while open */
};

struct place {
	struct repository repo;
	struct keystore *ks; /* while open */
	bool refused;
	struct diag why;
};

struct keyring {
	char *pin_file;
	struct wanted *wanted;
	size_t wanted_count;
	struct place *place;
	size_t place_count;
};

int
keyring_new(struct keyring **out, const char *pin_file, struct diag *d)
{
	struct keyring *ring;

	if ((ring = calloc(1, sizeof(*ring))) == NULL)
		return diag_system(d, "keys");
	if (pin_file != NULL && (ring->pin_file = strdup(pin_file)) == NULL) {
		free(ring);
		return diag_system(d, "keys");
	}
	*out = ring;
	return 0;
}

static bool
same_text(const char *a, const char *b)
{
	if (a == NULL || b == NULL)
		return a == b;
	return strcmp(a, b) == 0;
}

/*
 * Two URIs that name different keys of one token differ as texts, so what
 * they say of the token is compared: module and label, if there is a label.
 */
static bool
same_place(const struct repository *a, const struct repository *b)
{
	return same_text(a->directory, b->directory) &&
	    same_text(a->module, b->module) &&
	    same_text(a->token, b->token) &&
	    (same_text(a->uri, b->uri) || a->token != NULL);
}

/* One mention of a token's PIN serves all its keys. */
static int
adopt_pin(struct repository *known, const struct repository *repo,
    struct diag *d)
{
	if (known->pin == NULL && known->pin_file == NULL &&
	    repo->pin_file != NULL &&
	    (known->pin_file = strdup(repo->pin_file)) == NULL)
		return diag_system(d, "keys");
	return 0;
}

/*
 * Index of the place of repo, which is copied if it is new.
 */
static int
add_place(struct keyring *ring, const struct repository *repo, size_t *index,
    struct diag *d)
{
	struct place *grown;
	size_t i;

	for (i = 0; i < ring->place_count; i++)
		if (same_place(&ring->place[i].repo, repo)) {
			*index = i;
			return adopt_pin(&ring->place[i].repo, repo, d);
		}
	grown = reallocarray(ring->place, i + 1, sizeof(*grown));
	if (grown == NULL)
		return diag_system(d, "keys");
	ring->place = grown;
	memset(&grown[i], 0, sizeof(grown[i]));
	if (repository_copy(&grown[i].repo, repo, d) == -1)
		return -1;
	ring->place_count++;
	*index = i;
	return 0;
}

/* One more wanted key, or the one that was asked for by the same text. */
static int
add_wanted(struct keyring *ring, const char *text, struct wanted **out,
    bool *known, size_t *index, struct diag *d)
{
	struct wanted *grown;
	size_t i;

	for (i = 0; i < ring->wanted_count; i++)
		if (strcmp(ring->wanted[i].text, text) == 0) {
			*known = true;
			*index = i;
			return 0;
		}
	grown = reallocarray(ring->wanted, i + 1, sizeof(*grown));
	if (grown == NULL)
		return diag_system(d, "keys");
	ring->wanted = grown;
	memset(&grown[i], 0, sizeof(grown[i]));
	if ((grown[i].text = strdup(text)) == NULL)
		return diag_system(d, "keys");
	*out = &grown[i];
	*known = false;
	*index = i;
	return 0;
}

/* What the URI tells of the store; the strings stay the URI's. */
static void
describe_place(const struct keyring *ring, const struct keyuri *uri,
    struct repository *repo)
{
	memset(repo, 0, sizeof(*repo));
	if (uri->file != NULL) {
		repo->name = repo->directory = uri->file;
		return;
	}
	repo->name = uri->token != NULL ? uri->token : uri->uri;
	repo->module = uri->module;
	repo->token = uri->token;
	repo->uri = uri->uri;
	repo->pin_file =
	    uri->pin_file != NULL ? uri->pin_file : ring->pin_file;
	repo->ask_pin = repo->pin_file == NULL;
}

int
keyring_want(struct keyring *ring, const char *text, size_t *index,
    struct diag *d)
{
	struct repository repo;
	struct wanted *w = NULL;
	struct keyuri uri;
	bool known = false;
	int rc = -1;

	if (keyuri_parse(&uri, text, d) == -1)
		return -1;
	if (add_wanted(ring, text, &w, &known, index, d) == -1)
		goto out;
	if (known) {
		rc = 0;
		goto out;
	}
	describe_place(ring, &uri, &repo);
	w->algorithm = uri.algorithm;
	memcpy(w->id, uri.id, uri.id_size);
	w->id_size = uri.id_size;
	w->label = uri.object;
	uri.object = NULL; /* w owns it now */
	if (add_place(ring, &repo, &w->place, d) == -1) {
		free(w->text);
		free(w->label);
		goto out;
	}
	ring->wanted_count++;
	rc = 0;
out:
	keyuri_clear(&uri);
	return rc;
}

int
keyring_want_id(struct keyring *ring, const struct repository *repo,
    const char *locator, unsigned algorithm, size_t *index, struct diag *d)
{
	uint8_t id[KEY_ID_MAX];
	struct wanted *w = NULL;
	char *text = NULL;
	bool known = false;
	size_t size, place;
	int rc = -1;

	if (hex_decode(locator, strlen(locator), id, sizeof(id), &size) ==
		-1 || size == 0)
		return diag_set(d, STATUS_USAGE,
		    "key locator '%.140s': must be 1 to %d octets in hex",
		    locator, KEY_ID_MAX);
	if (add_place(ring, repo, &place, d) == -1)
		return -1;
	if (asprintf(&text, "%u:%s:%s", algorithm, repo->name, locator) == -1)
		return diag_system(d, "keys");
	if (add_wanted(ring, text, &w, &known, index, d) == -1)
		goto out;
	if (!known) {
		w->place = place;
		memcpy(w->id, id, size);
		w->id_size = size;
		w->algorithm = algorithm;
		w->keystate = true;
		ring->wanted_count++;
	}
	rc = 0;
out:
	free(text);
	return rc;
}

size_t
keyring_count(const struct keyring *ring)
{
	return ring->wanted_count;
}

const char *
keyring_text(const struct keyring *ring, size_t index)
{
	return ring->wanted[index].text;
}

static int
read_pin(const struct keyring *ring, struct repository *repo, struct diag *d)
{
	const char *file = repo->pin_file;

	if (repo->directory != NULL || repo->pin != NULL)
		return 0;
	if (file == NULL)
		file = ring->pin_file;
	repo->ask_pin = file == NULL;
	if (file != NULL)
		return pin_from_file(&repo->pin, file, d);
	return pin_from_terminal(&repo->pin,
	    repo->token != NULL ? repo->token : repo->name, d);
}

int
keyring_pins(struct keyring *ring, struct diag *d)
{
	for (size_t i = 0; i < ring->place_count; i++)
		if (read_pin(ring, &ring->place[i].repo, d) == -1)
			return -1;
	return 0;
}

/*
 * A wrong PIN is tried once, not once for each zone: tokens count, and lock.
 */
static int
open_place(struct place *place, struct diag *d)
{
	if (place->ks != NULL)
		return 0;
	if (!place->refused) {
		if (keystore_open(&place->ks, &place->repo, &place->why) == 0)
			return 0;
		place->refused = place->why.status == STATUS_USAGE;
	}
	return diag_set(d, place->why.status, "%s", place->why.text);
}

static int
open_key(struct keyring *ring, struct wanted *w, struct diag *d)
{
	const struct key_query query = {
		.id = w->id_size > 0 ? w->id : NULL,
		.id_size = w->id_size,
		.label = w->label,
		.algorithm = w->algorithm,
	};
	struct place *place = &ring->place[w->place];

	if (open_place(place, d) == -1)
		return -1;
	/* keystate made it there, and has no other. */
	if (w->keystate && !keystore_has(place->ks, w->id, w->id_size))
		return diag_set(d, STATUS_USAGE, "%s: key %.*s is not among "
		    "its %zu: restore it from the token's backup; "
		    "without one: keystate key rollover --lost",
		    place->repo.name, 2 * KEY_ID_MAX,
		    strrchr(w->text, ':') + 1, keystore_count(place->ks));
	return keystore_find(place->ks, &query, &w->key, d);
}

int
keyring_open(struct keyring *ring, struct diag *d)
{
	if (keyring_pins(ring, d) == -1)
		return -1;
	for (size_t i = 0; i < ring->wanted_count; i++) {
		struct wanted *w = &ring->wanted[i];

		if (w->key != NULL)
			continue;
		if (open_key(ring, w, d) == -1)
			return -1;
	}
	return 0;
}

/* Two texts may name one key. */
static bool
named_before(const struct keyring *ring, size_t index)
{
	for (size_t i = 0; i < index; i++)
		if (ring->wanted[i].key == ring->wanted[index].key)
			return true;
	return false;
}

void
keyring_forget(struct keyring *ring, size_t count)
{
	while (ring->wanted_count > count) {
		struct wanted *w = &ring->wanted[--ring->wanted_count];

		if (w->key != NULL && !named_before(ring, ring->wanted_count))
			keystore_unload(w->key);
		free(w->text);
		free(w->label);
	}
}

struct key *
keyring_key(const struct keyring *ring, size_t index)
{
	return ring->wanted[index].key;
}

void
keyring_close(struct keyring *ring)
{
	for (size_t i = 0; i < ring->wanted_count; i++)
		ring->wanted[i].key = NULL;
	for (size_t i = 0; i < ring->place_count; i++) {
		keystore_close(ring->place[i].ks);
		ring->place[i].ks = NULL;
	}
}

void
keyring_free(struct keyring *ring)
{
	if (ring == NULL)
		return;
	keyring_close(ring);
	keyring_forget(ring, 0);
	for (size_t i = 0; i < ring->place_count; i++)
		repository_clear(&ring->place[i].repo);
	free(ring->wanted);
	free(ring->place);
	free(ring->pin_file);
	free(ring);
}
