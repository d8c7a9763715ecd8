/* settings: what resign needs to know of conf.xml, for a shell to read. */
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
	(void)printf("workers\t%u\n", c->worker_threads);
	return STATUS_OK;
}

const struct verb settings_verbs[] = {
	{ "settings", "", NEEDS_CONF,
	    "Print what resign uses of conf.xml: name, tab, value.",
	    settings_verb },
	{ NULL, NULL, 0, NULL, NULL },
};
