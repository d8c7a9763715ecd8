#include <unistd.h>
#include <string.h>

#include "material.h"
#include "purge.h"
#include "signconf.h"

/* Does the file name it?  One that cannot be read might: 1. */
static int
names(const char *path, const char *id, struct diag *d)
{
	struct signconf *sc;
	int found = 0;

	if (path == NULL || access(path, F_OK) == -1)
		return 0;
	if (signconf_read(&sc, path, d) == -1)
		return -1;
	for (size_t i = 0; i < sc->key_count; i++)
		found |= strcmp(sc->keys[i].locator, id) == 0;
	signconf_free(sc);
	return found;
}

/* There is nothing to destroy, and its repository may be gone. */
static bool
is_lost(const struct session *s, const struct keypair *pair)
{
	for (size_t i = 0; i < s->m->nzones; i++) {
		const struct zonekey *k = zone_key(s->m->zones[i], pair);

		if (k != NULL && k->lost)
			return true;
	}
	return false;
}

int
purge_pair(struct session *s, struct keypair *pair, struct diag *d)
{
	if (pair->live > 0)
		return diag_set(d, STATUS_BAD, "key %s is in use", pair->id);
	for (size_t i = 0; i < s->m->nzones; i++) {
		const struct zone *z = s->m->zones[i];
		int found;

		if (zone_key(z, pair) == NULL)
			continue;
		if ((found = names(z->signconf, pair->id, d)) == -1)
			return -1;
		if (found == 1)
			return diag_set(d, STATUS_BAD,
			    "key %s: %s still names "
			    "it: enforce first",
			    pair->id, z->signconf);
	}
	if (s->o.dry_run)
		return 0;
	if (!is_lost(s, pair) && material_destroy(s, pair, d) == -1)
		return -1;
	database_history(s->db, s->now, NULL, key_type_name(pair->type),
	    pair->id, "purge", "dead", NULL, NULL, 0, "purge");
	return engine_purged(s->m, pair, d);
}
