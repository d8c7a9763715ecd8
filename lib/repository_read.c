#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/stat.h>

#include "repository.h"
#include "xmlrows.h"

static const struct xmlread_row repository_rows[] = {
	XMLROW("Module", XMLREAD_TEXT, 0, struct repository, module),
	XMLROW("TokenLabel", XMLREAD_TEXT, 0, struct repository, token),
	XMLROW("PIN", XMLREAD_TEXT, 0, struct repository, pin),
	XMLROW("PINFile", XMLREAD_TEXT, 0, struct repository, pin_file),
	XMLROW("Directory", XMLREAD_TEXT, 0, struct repository, directory),
	XMLROW("Capacity", XMLREAD_U32, 0, struct repository, capacity),
	XMLROW("RequireBackup", XMLREAD_PRESENT, 0, struct repository,
	    require_backup),
	XMLROW("SkipPublicKey", XMLREAD_PRESENT, 0, struct repository,
	    skip_public_key),
	XMLROW("AllowExtraction", XMLREAD_PRESENT, 0, struct repository,
	    allow_extraction),
	XMLROW_END,
};

static bool
is_empty(const char *s)
{
	return s == NULL || *s == '\0';
}

/* libxml2's own copy of the PIN goes too. */
static void
wipe_pin(xmlNode *repository)
{
	for (xmlNode *e = repository->children; e != NULL; e = e->next) {
		if (!xmlStrEqual(e->name, (const xmlChar *)"PIN"))
			continue;
		for (xmlNode *t = e->children; t != NULL; t = t->next)
			if (t->content != NULL)
				explicit_bzero(t->content,
				    (size_t)xmlStrlen(t->content));
	}
}

/* What one repository must be by itself (interfaces §1). */
static void
check(struct xmlfile *f, xmlNode *n, const struct repository *r)
{
	if (is_empty(r->name))
		xmlfile_error(f, n, "name must not be empty");
	if (r->directory != NULL && (r->module != NULL || r->token != NULL ||
					r->pin != NULL || r->pin_file != NULL))
		xmlfile_error(f, n,
		    "Directory excludes Module, TokenLabel, PIN and PINFile");
	if (r->directory != NULL ? is_empty(r->directory)
				 : is_empty(r->module) || is_empty(r->token))
		xmlfile_error(f, n,
		    "needs Module and TokenLabel, or Directory");
	if (r->token != NULL && strlen(r->token) > 32)
		xmlfile_error(f, n, "TokenLabel is over 32 octets (PKCS#11)");
	if (r->pin != NULL && r->pin_file != NULL)
		xmlfile_error(f, n, "PIN excludes PINFile");
}

static bool
same(const char *a, const char *b)
{
	return a != NULL && b != NULL && strcmp(a, b) == 0;
}

static void
check_others(struct xmlfile *f, xmlNode *n, const struct repository_list *list,
    const struct repository *r)
{
	for (size_t i = 0; i < list->count; i++) {
		const struct repository *o = &list->item[i];

		if (same(o->name, r->name))
			xmlfile_error(f, n, "a second repository %s", r->name);
		if ((same(o->module, r->module) && same(o->token, r->token)) ||
		    same(o->directory, r->directory))
			xmlfile_error(f, n,
			    "the same store as repository %s", o->name);
	}
}

static void
read_one(struct xmlfile *f, xmlNode *n, void *to)
{
	static const char *const attributes[] = { "name", NULL };
	struct repository_list *list = to;
	struct repository r, *grown;

	memset(&r, 0, sizeof(r));
	xmlread_only_attributes(f, n, attributes);
	r.name = xmlread_attribute(f, n, "name", true);
	xmlread_children(f, n, repository_rows, &r);
	wipe_pin(n);
	check(f, n, &r);
	check_others(f, n, list, &r);
	r.ask_pin = r.directory == NULL && r.pin == NULL && r.pin_file == NULL;
	grown = reallocarray(list->item, list->count + 1, sizeof(*grown));
	if (grown == NULL) {
		xmlfile_error(f, n, "out of memory");
		repository_clear(&r);
		return;
	}
	list->item = grown;
	grown[list->count++] = r;
}

static void
read_list(struct xmlfile *f, xmlNode *n, void *to)
{
	static const struct xmlread_row rows[] = {
		XMLROW_CALL("Repository", XMLREAD_MANY, 0, read_one),
		XMLROW_END,
	};

	xmlread_children(f, n, rows, to);
}

/* The rest of conf.xml is conf.h's, which has the schema. */
static const struct xmlread_row document_rows[] = {
	XMLROW_CALL("RepositoryList", XMLREAD_REQUIRED, 0, read_list),
	XMLROW_IGNORE("Common", 0),
	XMLROW_IGNORE("Enforcer", 0),
	XMLROW_IGNORE("Signer", 0),
	XMLROW_IGNORE("Auditor", 0),
	XMLROW_END,
};

static bool
is_exposed(const struct repository_list *list, const char *path)
{
	struct stat st;

	for (size_t i = 0; i < list->count; i++)
		if (list->item[i].pin != NULL && stat(path, &st) == 0 &&
		    (st.st_mode & S_IRWXO) != 0)
			return true;
	return false;
}

int
repository_read(struct repository_list *out, const char *path, struct diag *d)
{
	struct xmlfile f = { .path = path };
	struct repository_list list = { NULL, 0, false };
	xmlDoc *doc;

	if ((doc = xmlfile_parse(&f)) != NULL)
		xmlread_document(&f, doc, "Configuration", NULL, document_rows,
		    &list);
	xmlFreeDoc(doc);
	if (xmlfile_result(&f, d) == -1) {
		repository_list_free(&list);
		return -1;
	}
	list.pin_exposed = is_exposed(&list, path);
	*out = list;
	return 0;
}
