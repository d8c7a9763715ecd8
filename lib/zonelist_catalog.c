#include <stdlib.h>
#include <string.h>

#include "xmlrows.h"
#include "zonelist_parts.h"

void
zonelist_free_catalogs(struct zonelist *list)
{
	for (size_t i = 0; i < list->catalog_count; i++) {
		struct zonelist_catalog *c = &list->catalog[i];

		for (size_t g = 0; g < c->group_count; g++) {
			free(c->group[g].name);
			free(c->group[g].policy);
		}
		free(c->group);
		free(c->name);
		free(c->input);
		free(c->policy);
	}
	free(list->catalog);
}

/* ---- reading ---- */

/* One place more at the end, zeroed; NULL: noted in f. */
static void *
grow(struct xmlfile *f, xmlNode *n, void **list, size_t *count, size_t size)
{
	char *grown = realloc(*list, (*count + 1) * size);

	if (grown == NULL) {
		xmlfile_error(f, n, "out of memory");
		return NULL;
	}
	*list = grown;
	return memset(grown + (*count)++ * size, 0, size);
}

static void
read_group(struct xmlfile *f, xmlNode *n, void *to)
{
	struct zonelist_catalog *c = to;
	void *list = c->group;
	struct zonelist_group *g;

	g = grow(f, n, &list, &c->group_count, sizeof(*g));
	c->group = list;
	if (g == NULL)
		return;
	xmlread_only_attributes(f, n, (const char *const[]){ "name", NULL });
	g->name = xmlread_attribute(f, n, "name", true);
	g->policy = xmlread_text(f, n);
}

static const struct xmlread_row input_rows[] = {
	XMLROW("File", XMLREAD_TEXT, 0, struct zonelist_catalog, input),
	XMLROW_CALL("Adapter", 0, offsetof(struct zonelist_catalog, input),
	    zonelist_read_adapter),
	XMLROW_END,
};

static const struct xmlread_row catalog_rows[] = {
	XMLROW_GROUP("Input", XMLREAD_REQUIRED, input_rows),
	XMLROW("Policy", XMLREAD_TEXT, XMLREAD_REQUIRED,
	    struct zonelist_catalog, policy),
	XMLROW_CALL("Group", XMLREAD_MANY, 0, read_group),
	XMLROW("MaxRemovals", XMLREAD_U32, 0, struct zonelist_catalog,
	    max_removals),
	XMLROW(
	    "MaxMembers", XMLREAD_U32, 0, struct zonelist_catalog, max_members),
	XMLROW_END,
};

static void
read_catalog(struct xmlfile *f, xmlNode *n, void *to)
{
	struct zonelist *l = to;
	void *list = l->catalog;
	struct zonelist_catalog *c;

	c = grow(f, n, &list, &l->catalog_count, sizeof(*c));
	l->catalog = list;
	if (c == NULL)
		return;
	c->line = xmlGetLineNo(n);
	c->max_removals = ZONELIST_MAX_REMOVALS;
	c->max_members = ZONELIST_MAX_MEMBERS;
	xmlread_only_attributes(f, n, (const char *const[]){ "name", NULL });
	c->name = xmlread_zone_name(f, n);
	xmlread_children(f, n, catalog_rows, c);
	if (f->errors == 0 && !zonelist_is_path(c->input))
		xmlfile_error(
		    f, n, "the path is empty or holds a control character");
}

void
zonelist_read_catalogs(struct xmlfile *f, xmlNode *n, void *to)
{
	static const struct xmlread_row rows[] = {
		XMLROW_CALL("Catalog", XMLREAD_REQUIRED | XMLREAD_MANY, 0,
		    read_catalog),
		XMLROW_END,
	};

	xmlread_only_attributes(f, n, (const char *const[]){ NULL });
	xmlread_children(f, n, rows, to);
}

/* ---- what must be unique ---- */

void
zonelist_check_catalogs(struct xmlfile *f, const struct zonelist *list)
{
	for (size_t i = 0; i < list->catalog_count; i++) {
		const struct zonelist_catalog *c = &list->catalog[i];

		if (zonelist_find_catalog(list, c->name) != c ||
		    zonelist_find(list, c->name) != NULL)
			xmlfile_error(f, NULL,
			    "%ld: Catalog: the name %s stands there twice",
			    c->line, c->name);
		for (size_t k = 0; k < i; k++)
			if (strcmp(list->catalog[k].input, c->input) == 0)
				xmlfile_error(f, NULL,
				    "%ld: Catalog: the file %s stands there "
				    "twice",
				    c->line, c->input);
		for (size_t k = 0; k < list->count; k++) {
			const struct zonelist_zone *z = &list->zone[k];

			if (strcmp(z->input, c->input) == 0 ||
			    strcmp(z->output, c->input) == 0 ||
			    strcmp(z->signconf, c->input) == 0)
				xmlfile_error(f, NULL,
				    "%ld: Catalog: the file %s is zone %s's",
				    c->line, c->input, z->name);
		}
	}
}

const struct zonelist_catalog *
zonelist_find_catalog(const struct zonelist *list, const char *name)
{
	for (size_t i = 0; i < list->catalog_count; i++)
		if (strcmp(list->catalog[i].name, name) == 0)
			return &list->catalog[i];
	return NULL;
}
