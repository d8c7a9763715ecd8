/*
 * settings: what resign needs to know of conf.xml and the kernel, for a shell
 * to read.
 */
#include <stdio.h>

#include "verb.h"

static void
tell(const char *name, const char *value)
{
	if (value != NULL && *value != '\0')
		(void)printf("%s\t%s\n", name, value);
}

static enum status
settings_verb(struct session *s, int argc, char **operands, struct diag *d)
{
	const struct conf *c = s->conf;

	(void)argc;
	(void)operands;
	(void)d;
	tell("state", c->state_dir);
	tell("working", c->working_directory);
	tell("facility", c->facility);
	tell("notify", c->notify_command);
	tell("user", c->signer.user);
	tell("group", c->signer.group);
	tell("fetch", c->zonefetch_file);
	tell("policies", c->policy_file);
	tell("zonelist", c->zonelist_file);
	(void)printf("workers\t%u\n", c->worker_threads);
	tell("clock", session_clock_synchronised() == 1 ? "synchronised" : NULL);
	return STATUS_OK;
}

/* Names and paths hold no control characters: zonelist_is_path(). */
static enum status
settings_zones(struct session *s, int argc, char **operands, struct diag *d)
{
	(void)argc;
	(void)operands;
	for (size_t i = 0; i < s->zonelist->count; i++) {
		const struct zonelist_zone *z = &s->zonelist->zone[i];
		const struct kasp_policy *p = kasp_find(s->kasp, z->policy);

		if (p == NULL) {
			(void)diag_set(d, STATUS_USAGE,
			    "%s:%ld: zone %s: no such policy: %s",
			    s->conf->zonelist_file, z->line, z->name,
			    z->policy);
			return verb_failed(d);
		}
		(void)printf("%s\t%s\t%s\t%s\t%s\t%s\n", z->name, z->policy,
		    p->share_keys ? "shared" : "own", z->signconf, z->input,
		    z->output);
	}
	return STATUS_OK;
}

const struct verb settings_verbs[] = {
	{ "settings", "", NEEDS_CONF,
	    "Print what resign uses of conf.xml: name, tab, value.",
	    settings_verb },
	{ "settings zones", "", NEEDS_CONF | NEEDS_KASP | NEEDS_ZONELIST,
	    "Print the zones: name, policy, shared|own keys, three files.",
	    settings_zones },
	{ NULL, NULL, 0, NULL, NULL },
};
