#include <string.h>

#include "xmlschema.h"

/*
 * Inside the program there is no search path: the schemas are the same from
 * the source tree, when installed and under any working directory.
 */
#define SCHEMA(NAME)                                                           \
	__asm__(".section .rodata\n"                                           \
		"schema_" #NAME ":\n.incbin \"etc/schema/" #NAME ".rng\"\n"    \
		"schema_" #NAME "_end:\n.byte 0\n.previous\n");                \
	extern const char schema_##NAME[]                                      \
	    __attribute__((visibility("hidden")));                             \
	extern const char schema_##NAME##_end[]                                \
	    __attribute__((visibility("hidden")))

SCHEMA(conf);
SCHEMA(kasp);
SCHEMA(zonelist);
SCHEMA(zonefetch);
SCHEMA(signconf);

static const struct schema {
	const char *name, *text, *end;
} schemas[] = {
	{ "conf", schema_conf, schema_conf_end },
	{ "kasp", schema_kasp, schema_kasp_end },
	{ "zonelist", schema_zonelist, schema_zonelist_end },
	{ "zonefetch", schema_zonefetch, schema_zonefetch_end },
	{ "signconf", schema_signconf, schema_signconf_end },
};

const char *
xmlschema_text(const char *name, size_t *len)
{
	for (size_t i = 0; i < sizeof(schemas) / sizeof(*schemas); i++)
		if (strcmp(schemas[i].name, name) == 0) {
			*len = (size_t)(schemas[i].end - schemas[i].text);
			return schemas[i].text;
		}
	return NULL;
}
