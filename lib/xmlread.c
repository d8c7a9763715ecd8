#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "duration.h"
#include "name.h"
#include "number.h"
#include "xmlread.h"

#define TEXT_MAX_BYTES ((size_t)64 * 1024)
#define TTL_MAX	       ((int64_t)INT32_MAX) /* RFC 2181 §8 */

static bool
blank(char c)
{
	return c == ' ' || c == '\t' || c == '\n' || c == '\r';
}

char *
xmlread_text(struct xmlfile *f, xmlNode *n)
{
	xmlChar *all;
	char *text, *start;
	size_t len;

	for (const xmlNode *c = n->children; c != NULL; c = c->next)
		if (c->type == XML_ELEMENT_NODE) {
			xmlfile_error(f, c,
			    "stands inside %s, which holds text",
			    (const char *)n->name);
			return NULL;
		}
	if ((all = xmlNodeGetContent(n)) == NULL) {
		xmlfile_error(f, n, "out of memory");
		return NULL;
	}
	start = (char *)all;
	while (blank(*start))
		start++;
	len = strlen(start);
	while (len > 0 && blank(start[len - 1]))
		len--;
	if (len > TEXT_MAX_BYTES) {
		xmlfile_error(f, n, "text is longer than 64 KiB");
		text = NULL;
	} else if ((text = strndup(start, len)) == NULL)
		xmlfile_error(f, n, "out of memory");
	explicit_bzero(all, strlen((char *)all)); /* it may be a PIN */
	xmlFree(all);
	return text;
}

char *
xmlread_attribute(
    struct xmlfile *f, xmlNode *n, const char *name, bool required)
{
	xmlChar *value = xmlGetNoNsProp(n, (const xmlChar *)name);
	char *text = NULL;

	if (value == NULL) {
		if (required)
			xmlfile_error(f, n, "attribute %s is missing", name);
		return NULL;
	}
	if (strlen((char *)value) > TEXT_MAX_BYTES)
		xmlfile_error(f, n, "attribute %s is longer than 64 KiB", name);
	else if ((text = strdup((char *)value)) == NULL)
		xmlfile_error(f, n, "out of memory");
	xmlFree(value);
	return text;
}

char *
xmlread_zone_name(struct xmlfile *f, xmlNode *n)
{
	char *text = xmlread_attribute(f, n, "name", true), *zone = NULL;
	char dotted[NAME_TEXT_MAX + 1], canonical[NAME_TEXT_MAX];
	size_t len;

	if (text == NULL)
		return NULL;
	len = strlen(text);
	if (len == 0 || len >= NAME_TEXT_MAX)
		goto bad;
	memcpy(dotted, text, len + 1);
	/* As it stands, else with the dot that people leave out. */
	if (name_canonical(dotted, len, canonical) == -1) {
		memcpy(dotted + len, ".", 2);
		if (name_canonical(dotted, len + 1, canonical) == -1)
			goto bad;
	}
	free(text);
	if ((zone = strdup(canonical)) == NULL)
		xmlfile_error(f, n, "out of memory");
	return zone;
bad:
	xmlfile_error(f, n, "'%s' is not a domain name (RFC 1035 §3.1)", text);
	free(text);
	return NULL;
}

void
xmlread_only_attributes(struct xmlfile *f, xmlNode *n, const char *const *names)
{
	for (const xmlAttr *a = n->properties; a != NULL; a = a->next) {
		const char *const *name = names;

		while (
		    *name != NULL && strcmp(*name, (const char *)a->name) != 0)
			name++;
		if (*name == NULL)
			xmlfile_error(f, n, "unknown attribute %s",
			    (const char *)a->name);
	}
}

int
xmlread_word(struct xmlfile *f, xmlNode *n, const char *const *words)
{
	char *text = xmlread_text(f, n), list[256] = "";
	int found = -1;

	if (text == NULL)
		return -1;
	for (int i = 0; words[i] != NULL && found == -1; i++) {
		if (strcmp(words[i], text) == 0)
			found = i;
		(void)strncat(list, " ", sizeof(list) - strlen(list) - 1);
		(void)strncat(list, words[i], sizeof(list) - strlen(list) - 1);
	}
	if (found == -1)
		xmlfile_error(f, n, "'%s' is not one of:%s", text, list);
	free(text);
	return found;
}

static void
read_duration(
    struct xmlfile *f, xmlNode *n, const struct xmlread_row *row, void *to)
{
	char *text = xmlread_text(f, n);
	const char *s = text;
	int64_t seconds;
	size_t len;

	if (text == NULL)
		return;
	if (row->type == XMLREAD_SKEW && *s == '-')
		s++;
	len = strlen(s);
	if (duration_parse(s, len, &seconds) == -1) {
		xmlfile_error(f, n,
		    "'%s' is not a duration such as P7D or PT3600S (ISO 8601)",
		    text);
		goto out;
	}
	if (*s == 'P' &&
	    (memchr(s, 'Y', len) != NULL ||
		memchr(s, 'M', strcspn(s, "T")) != NULL))
		xmlfile_warn(f, n,
		    "'%s': a month is taken as 31 days and a year as 365",
		    text);
	if (row->type != XMLREAD_TTL)
		*(int64_t *)to = seconds;
	else if (seconds > TTL_MAX)
		xmlfile_error(f, n,
		    "'%s' is above 2^31-1 seconds "
		    "(RFC 2181 §8)",
		    text);
	else
		*(uint32_t *)to = (uint32_t)seconds;
out:
	free(text);
}

static void
read_number(struct xmlfile *f, xmlNode *n, uint64_t max, uint64_t *value)
{
	char *text = xmlread_text(f, n);

	if (text != NULL && number_u64(text, strlen(text), max, value) == -1)
		xmlfile_error(f, n, "'%s' is not a number from 0 to %llu", text,
		    (unsigned long long)max);
	free(text);
}

/* <ShareKeys/>; the word true inside was in use before 1.0. */
static void
read_present(struct xmlfile *f, xmlNode *n, bool *to)
{
	char *text = xmlread_text(f, n);

	if (text == NULL)
		return;
	if (*text != '\0' && strcmp(text, "true") != 0)
		xmlfile_error(f, n, "must be empty, holds '%s'", text);
	*to = true;
	free(text);
}

static void
read_text(struct xmlfile *f, xmlNode *n, char **to)
{
	char *text = xmlread_text(f, n);

	if (text == NULL)
		return;
	free(*to);
	*to = text;
}

static void
read_value(
    struct xmlfile *f, xmlNode *n, const struct xmlread_row *row, void *to)
{
	static const char *const none[] = { NULL };
	uint64_t number = 0;

	if (row->type != XMLREAD_CALL && row->type != XMLREAD_IGNORE)
		xmlread_only_attributes(f, n, none);
	switch (row->type) {
	case XMLREAD_END:
	case XMLREAD_IGNORE:
	case XMLREAD_GROUP:
		break;
	case XMLREAD_PRESENT:
		read_present(f, n, to);
		break;
	case XMLREAD_TEXT:
		read_text(f, n, to);
		break;
	case XMLREAD_DURATION:
	case XMLREAD_SKEW:
	case XMLREAD_TTL:
		read_duration(f, n, row, to);
		break;
	case XMLREAD_U8:
		read_number(f, n, UINT8_MAX, &number);
		*(uint8_t *)to = (uint8_t)number;
		break;
	case XMLREAD_U16:
		read_number(f, n, UINT16_MAX, &number);
		*(uint16_t *)to = (uint16_t)number;
		break;
	case XMLREAD_U32:
		read_number(f, n, UINT32_MAX, &number);
		*(uint32_t *)to = (uint32_t)number;
		break;
	case XMLREAD_CALL:
		row->call(f, n, to);
		break;
	}
}

static const struct xmlread_row *
find_row(const struct xmlread_row *rows, const xmlNode *n)
{
	for (; rows->type != XMLREAD_END; rows++)
		if (strcmp(rows->name, (const char *)n->name) == 0)
			return rows;
	return NULL;
}

static bool
seen_before(const xmlNode *n)
{
	for (const xmlNode *p = n->prev; p != NULL; p = p->prev)
		if (p->type == XML_ELEMENT_NODE &&
		    xmlStrEqual(p->name, n->name))
			return true;
	return false;
}

static bool
has_child(const xmlNode *parent, const char *name)
{
	for (const xmlNode *n = parent->children; n != NULL; n = n->next)
		if (n->type == XML_ELEMENT_NODE &&
		    strcmp((const char *)n->name, name) == 0)
			return true;
	return false;
}

void
xmlread_children(struct xmlfile *f, xmlNode *parent,
    const struct xmlread_row *rows, void *to)
{
	const struct xmlread_row *row;

	for (xmlNode *n = parent->children; n != NULL; n = n->next) {
		if (n->type == XML_TEXT_NODE && !xmlIsBlankNode(n))
			xmlfile_error(f, parent, "holds text between elements");
		if (n->type != XML_ELEMENT_NODE)
			continue;
		if ((row = find_row(rows, n)) == NULL) {
			xmlfile_error(f, n, "is unknown inside %s",
			    (const char *)parent->name);
			continue;
		}
		if ((row->flags & XMLREAD_MANY) == 0 && seen_before(n)) {
			xmlfile_error(f, n, "stands twice inside %s",
			    (const char *)parent->name);
			continue;
		}
		read_value(f, n, row, (char *)to + row->offset);
		if (row->type == XMLREAD_GROUP)
			xmlread_children(f, n, row->rows, to);
	}
	for (row = rows; row->type != XMLREAD_END; row++)
		if ((row->flags & XMLREAD_REQUIRED) != 0 &&
		    !has_child(parent, row->name))
			xmlfile_error(
			    f, parent, "element %s is missing", row->name);
}

void
xmlread_document(struct xmlfile *f, xmlDoc *doc, const char *root,
    const char *schema, const struct xmlread_row *rows, void *to)
{
	xmlNode *n = xmlDocGetRootElement(doc);

	if (n == NULL || strcmp((const char *)n->name, root) != 0) {
		xmlfile_error(f, n, "the root element must be %s", root);
		return;
	}
	xmlread_children(f, n, rows, to);
	if (f->errors == 0 && schema != NULL)
		xmlfile_validate(f, doc, schema);
}
