#include <stdlib.h>
#include <string.h>

#include "xmlrows.h"
#include "zonelist.h"
#include "zonelist_parts.h"

void
zonelist_free(struct zonelist *list)
{
	if (list == NULL)
		return;
	for (size_t i = 0; i < list->count; i++) {
		free(list->zone[i].name);
		free(list->zone[i].policy);
		free(list->zone[i].signconf);
		free(list->zone[i].input);
		free(list->zone[i].output);
	}
	zonelist_free_catalogs(list);
	free(list->zone);
	free(list->by_name);
	free(list);
}

/* ---- reading ---- */

/* <File>path</File>, or 1.4's <Adapter type="File">path</Adapter>. */
void
zonelist_read_adapter(struct xmlfile *f, xmlNode *n, void *to)
{
	char **path = to, *type;

	xmlread_only_attributes(f, n, (const char *const[]){ "type", NULL });
	type = xmlread_attribute(f, n, "type", true);
	if (type != NULL && strcmp(type, "File") != 0)
		xmlfile_error(f, n,
		    "type '%s' is not supported: transfers "
		    "are configured in zonefetch.xml",
		    type);
	free(type);
	if (*path == NULL)
		*path = xmlread_text(f, n);
}

static const struct xmlread_row input_rows[] = {
	XMLROW("File", XMLREAD_TEXT, 0, struct zonelist_zone, input),
	XMLROW_CALL("Adapter", 0, offsetof(struct zonelist_zone, input),
	    zonelist_read_adapter),
	XMLROW_END,
};

static const struct xmlread_row output_rows[] = {
	XMLROW("File", XMLREAD_TEXT, 0, struct zonelist_zone, output),
	XMLROW_CALL("Adapter", 0, offsetof(struct zonelist_zone, output),
	    zonelist_read_adapter),
	XMLROW_END,
};

static const struct xmlread_row adapters_rows[] = {
	XMLROW_GROUP("Input", XMLREAD_REQUIRED, input_rows),
	XMLROW_GROUP("Output", XMLREAD_REQUIRED, output_rows),
	XMLROW_END,
};

static const struct xmlread_row zone_rows[] = {
	XMLROW("Policy", XMLREAD_TEXT, XMLREAD_REQUIRED, struct zonelist_zone,
	    policy),
	XMLROW("SignerConfiguration", XMLREAD_TEXT, XMLREAD_REQUIRED,
	    struct zonelist_zone, signconf),
	XMLROW_GROUP("Adapters", XMLREAD_REQUIRED, adapters_rows),
	XMLROW_END,
};

/* Paths travel in tab-separated job lines. */
bool
zonelist_is_path(const char *s)
{
	if (s == NULL || *s == '\0')
		return false;
	for (; *s != '\0'; s++)
		if ((unsigned char)*s < ' ' || *s == 0x7f)
			return false;
	return true;
}

static void
read_zone(struct xmlfile *f, xmlNode *n, void *to)
{
	struct zonelist *list = to;
	struct zonelist_zone *z;

	if ((list->count & (list->count - 1)) == 0) { /* doubled when full */
		const size_t room = list->count == 0 ? 1 : list->count * 2;
		struct zonelist_zone *grown;

		grown = realloc(list->zone, room * sizeof(*grown));
		if (grown == NULL) {
			xmlfile_error(f, n, "out of memory");
			return;
		}
		list->zone = grown;
	}
	z = &list->zone[list->count++];
	memset(z, 0, sizeof(*z));
	z->line = xmlGetLineNo(n);
	xmlread_only_attributes(f, n, (const char *const[]){ "name", NULL });
	z->name = xmlread_zone_name(f, n);
	xmlread_children(f, n, zone_rows, z);
	if (f->errors == 0 &&
	    (!zonelist_is_path(z->signconf) || !zonelist_is_path(z->input) ||
		!zonelist_is_path(z->output)))
		xmlfile_error(f, n,
		    "a path is empty or holds a control "
		    "character");
	if (f->errors == 0 &&
	    (strcmp(z->input, z->output) == 0 ||
		strcmp(z->input, z->signconf) == 0 ||
		strcmp(z->output, z->signconf) == 0))
		xmlfile_error(f, n,
		    "input, output and signer configuration "
		    "must be three files");
}

/* ---- what must be unique ---- */

struct entry {
	const char *text;
	size_t index;
};

static int
by_text(const void *a, const void *b)
{
	const struct entry *x = a, *y = b;
	const int order = strcmp(x->text, y->text);

	if (order != 0)
		return order;
	return x->index < y->index ? -1 : x->index > y->index;
}

static const char *
get_name(const struct zonelist_zone *z)
{
	return z->name;
}

static const char *
get_signconf(const struct zonelist_zone *z)
{
	return z->signconf;
}

static const char *
get_output(const struct zonelist_zone *z)
{
	return z->output;
}

static void
check_unique(struct xmlfile *f, struct zonelist *list)
{
	static const struct {
		const char *what;
		const char *(*get)(const struct zonelist_zone *);
	} uniques[] = {
		{ "signer configuration", get_signconf },
		{ "output file", get_output },
		{ "name", get_name },
	};
	struct entry *e = calloc(list->count + 1, sizeof(*e));

	list->by_name = calloc(list->count + 1, sizeof(*list->by_name));
	if (e == NULL || list->by_name == NULL) {
		xmlfile_error(f, NULL, "out of memory");
		goto out;
	}
	for (size_t u = 0; u < sizeof(uniques) / sizeof(*uniques); u++) {
		for (size_t i = 0; i < list->count; i++)
			e[i] =
			    (struct entry){ uniques[u].get(&list->zone[i]), i };
		qsort(e, list->count, sizeof(*e), by_text);
		for (size_t i = 1; i < list->count; i++)
			if (strcmp(e[i - 1].text, e[i].text) == 0)
				xmlfile_error(f, NULL,
				    "%ld: Zone: the %s %s "
				    "stands in line %ld already",
				    list->zone[e[i].index].line,
				    uniques[u].what, e[i].text,
				    list->zone[e[i - 1].index].line);
	}
	for (size_t i = 0; i < list->count; i++) /* sorted by name last */
		list->by_name[i] = e[i].index;
out:
	free(e);
}

static int
from_doc(struct zonelist **out, struct xmlfile *f, xmlDoc *doc, struct diag *d)
{
	static const struct xmlread_row rows[] = {
		{ "Adapters", XMLREAD_CALL, 0, 0, NULL,
		    zonelist_read_catalogs },
		{ "Zone", XMLREAD_CALL, XMLREAD_MANY, 0, NULL, read_zone },
		XMLROW_END,
	};
	struct zonelist *list = NULL;
	int rc;

	if (doc != NULL && (list = calloc(1, sizeof(*list))) == NULL)
		xmlfile_error(f, NULL, "out of memory");
	if (list != NULL)
		xmlread_document(f, doc, "ZoneList", "zonelist", rows, list);
	if (f->errors == 0)
		check_unique(f, list);
	if (f->errors == 0)
		zonelist_check_catalogs(f, list);
	xmlFreeDoc(doc);
	if ((rc = xmlfile_result(f, d)) == 0)
		*out = list;
	else
		zonelist_free(list);
	return rc;
}

int
zonelist_read(struct zonelist **out, const char *path, const struct xmllog *log,
    struct diag *d)
{
	struct xmlfile f = { .path = path, .log = log };

	return from_doc(out, &f, xmlfile_parse(&f), d);
}

int
zonelist_parse(struct zonelist **out, const char *path, const char *bytes,
    size_t len, const struct xmllog *log, struct diag *d)
{
	struct xmlfile f = { .path = path, .log = log };

	return from_doc(out, &f, xmlfile_parse_bytes(&f, bytes, len), d);
}

const struct zonelist_zone *
zonelist_find(const struct zonelist *list, const char *name)
{
	size_t low = 0, high = list->count;

	while (low < high) {
		const size_t mid = low + (high - low) / 2;
		const struct zonelist_zone *z = &list->zone[list->by_name[mid]];
		const int order = strcmp(z->name, name);

		if (order == 0)
			return z;
		if (order < 0)
			low = mid + 1;
		else
			high = mid;
	}
	return NULL;
}
