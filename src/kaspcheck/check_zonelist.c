#include <errno.h>
#include <string.h>
#include <unistd.h>

#include "access.h"
#include "check.h"

/* The line is the zone's; the document itself is gone by now. */
static void
at_zone(struct subject *s, const struct check *c, const struct zonelist_zone *z,
    const char *element, const char *path, const char *what)
{
	finding(s, c, s->conf->zonelist_file, NULL, "%ld: %s: zone %s: %s%s%s",
	    z->line, element, z->name, path, what[0] != '\0' ? ": " : "", what);
}

static void
check_policies(struct subject *s, const struct check *c)
{
	for (size_t i = 0; s->kasp != NULL && i < s->zonelist->count; i++) {
		const struct zonelist_zone *z = &s->zonelist->zone[i];

		if (kasp_find(s->kasp, z->policy) == NULL)
			at_zone(s, c, z, "Policy", z->policy,
			    "there is no such policy");
	}
}

/* A member of a catalog comes when nobody is there to look. */
static void
check_catalog_policies(struct subject *s, const struct check *c)
{
	for (size_t i = 0; s->kasp != NULL && i < s->zonelist->catalog_count;
	     i++) {
		const struct zonelist_catalog *k = &s->zonelist->catalog[i];

		for (size_t g = 0; g <= k->group_count; g++) {
			const char *policy = g == k->group_count
			    ? k->policy
			    : k->group[g].policy;

			if (kasp_find(s->kasp, policy) == NULL)
				finding(s, c, s->conf->zonelist_file, NULL,
				    "%ld: Catalog: %s: %s: there is no such "
				    "policy",
				    k->line, k->name, policy);
		}
	}
}

static void
check_inputs(struct subject *s, const struct check *c)
{
	for (size_t i = 0; i < s->zonelist->count; i++) {
		const struct zonelist_zone *z = &s->zonelist->zone[i];

		if (access_as(&s->conf->signer, z->input, R_OK) == -1)
			at_zone(s, c, z, "Input", z->input, strerror(errno));
	}
}

static void
check_outputs(struct subject *s, const struct check *c)
{
	for (size_t i = 0; i < s->zonelist->count; i++) {
		const struct zonelist_zone *z = &s->zonelist->zone[i];

		if (access_folder_as(
			&s->conf->signer, z->output, W_OK | X_OK) == -1)
			at_zone(s, c, z, "Output", z->output, strerror(errno));
	}
}

static void
check_signconfs(struct subject *s, const struct check *c)
{
	for (size_t i = 0; i < s->zonelist->count; i++) {
		const struct zonelist_zone *z = &s->zonelist->zone[i];

		if (access_folder_as(
			&s->conf->enforcer, z->signconf, W_OK | X_OK) == -1)
			at_zone(s, c, z, "SignerConfiguration", z->signconf,
			    strerror(errno));
	}
}

const struct check zonelist_checks[] = {
	{ "zone-policy", LEVEL_ERROR, NULL, check_policies },
	{ "catalog-policy", LEVEL_ERROR, NULL, check_catalog_policies },
	{ "zone-input", LEVEL_ERROR, NULL, check_inputs },
	{ "zone-output", LEVEL_ERROR, NULL, check_outputs },
	{ "zone-signconf", LEVEL_ERROR, NULL, check_signconfs },
	{ NULL, 0, NULL, NULL },
};
