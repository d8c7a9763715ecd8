#include "evidence.h"
#include "fades.h"
#include "material.h"
#include "stock.h"

/* A roll spreads over the refresh period: what it left may still be there. */
static bool
lingers(const struct zonekey *k)
{
	return k->pair->type == KEY_ZSK && k->state == STATE_RETIRE &&
	    !k->sign_only && !k->compromised && k->unsigned_.since == 0;
}

/* Each is renewed with Refresh left; those of the chain with the next salt. */
static int64_t
fades_at(const struct signature_ends *ends, int64_t refresh, int64_t salt)
{
	int64_t chain = ends->chain == 0 ? 0 : ends->chain - refresh;

	if (chain > salt)
		chain = salt;
	return ends->other == 0 ? chain : moment_max(ends->other - refresh, chain);
}

static void
look_at_zone(const struct session *s, struct zone *z)
{
	const int64_t salt = stock_salt_next(s, z->policy);
	char owner[NAME_TEXT_MAX + 1];
	struct evidence_file e;
	struct diag d;

	if (z->output == NULL ||
	    evidence_from_file(
		&e, z->output, material_owner(z->name, owner), &d) == -1)
		return;
	for (size_t i = 0; i < z->nkeys; i++) {
		struct zonekey *k = &z->keys[i];

		for (size_t j = 0; lingers(k) && j < e.nkeys; j++)
			if (e.keys[j].tag == k->pair->tag &&
			    e.keys[j].algorithm == k->pair->algorithm)
				k->fades = fades_at(
				    &e.ends[j], z->policy->refresh, salt);
	}
	evidence_clear(&e);
}

void
fades_find(struct session *s, const struct zone *only)
{
	for (size_t i = 0; i < s->m->nzones; i++) {
		struct zone *z = s->m->zones[i];
		bool any = false;

		if (z->policy == NULL || !session_in_use(s, z) ||
		    (only != NULL && z != only &&
			(z->policy != only->policy || !z->policy->share_keys)))
			continue;
		for (size_t k = 0; k < z->nkeys; k++)
			any = any || lingers(&z->keys[k]);
		if (any)
			look_at_zone(s, z);
	}
}
