#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>
#include <libxml/parser.h>
#include <libxml/relaxng.h>
#include <libxml/xmlerror.h>

#include "xmlfile.h"
#include "xmlschema.h"

#define ERRORS_MAX 200 /* noted one by one; the rest is only counted */

static void
note(struct xmlfile *f, bool error, enum status status, long line,
    const char *element, const char *what)
{
	char place[64] = "";
	struct diag d;

	if (line > 0)
		(void)snprintf(place, sizeof(place), "%ld: ", line);
	diag_set(&d, status, "%s:%s%s%s%s%s", f->path, line > 0 ? "" : " ",
	    place, element != NULL ? element : "", element != NULL ? ": " : "",
	    what);
	if (error && f->errors++ == 0)
		f->first = d;
	if (f->log != NULL && f->errors <= ERRORS_MAX)
		f->log->line(f->log->to, error, d.text);
}

/* An attribute has no line of its own: its element has. */
static void
note_node(struct xmlfile *f, bool error, const xmlNode *at, const char *what)
{
	const xmlNode *n = at;

	while (n != NULL && n->type != XML_ELEMENT_NODE)
		n = n->parent;
	note(f, error, STATUS_USAGE, n != NULL ? xmlGetLineNo(n) : 0,
	    n != NULL ? (const char *)n->name : NULL, what);
}

void
xmlfile_error(struct xmlfile *f, const xmlNode *at, const char *fmt, ...)
{
	char what[DIAG_TEXT_MAX / 2];
	va_list ap;

	va_start(ap, fmt);
	(void)vsnprintf(what, sizeof(what), fmt, ap);
	va_end(ap);
	note_node(f, true, at, what);
}

void
xmlfile_warn(struct xmlfile *f, const xmlNode *at, const char *fmt, ...)
{
	char what[DIAG_TEXT_MAX / 2];
	va_list ap;

	va_start(ap, fmt);
	(void)vsnprintf(what, sizeof(what), fmt, ap);
	va_end(ap);
	note_node(f, false, at, what);
}

/* libxml2's text of an error, on one line. */
static void
note_libxml(struct xmlfile *f, const xmlError *e)
{
	const xmlNode *n = e->node;
	char what[DIAG_TEXT_MAX / 2];
	size_t len;

	(void)snprintf(what, sizeof(what), "%s",
	    e->message != NULL ? e->message : "malformed");
	len = strlen(what);
	while (len > 0 && (what[len - 1] == '\n' || what[len - 1] == ' '))
		what[--len] = '\0';
	for (size_t i = 0; i < len; i++)
		if (what[i] == '\n')
			what[i] = ' ';
	if (n != NULL)
		note_node(f, true, n, what);
	else
		note(f, true, STATUS_USAGE, e->line, NULL, what);
}

/* During parsing userData is the parser context, and ours is behind it. */
static void
parser_error(void *ctx, xmlErrorPtr e)
{
	const xmlParserCtxt *parser = ctx;

	if (e->level != XML_ERR_WARNING)
		note_libxml(parser->_private, e);
}

static void
validity_error(void *ctx, xmlErrorPtr e)
{
	note_libxml(ctx, e);
}

/*
 * A DTD brings entities, and with them files, networks and expansion bombs;
 * none of our formats has one.
 */
static void
refuse_dtd(void *ctx, const xmlChar *name, const xmlChar *external,
    const xmlChar *system)
{
	xmlParserCtxt *parser = ctx;

	(void)name;
	(void)external;
	(void)system;
	note(parser->_private, true, STATUS_USAGE,
	    parser->input != NULL ? parser->input->line : 0, NULL,
	    "a document type declaration is not accepted; remove it");
	xmlStopParser(parser);
}

xmlDoc *
xmlfile_parse_bytes(struct xmlfile *f, const char *bytes, size_t len)
{
	xmlParserCtxt *parser = NULL;
	xmlDoc *doc = NULL;

	if (len == 0 || len > XMLFILE_SIZE_MAX) {
		note(f, true, STATUS_USAGE, 0, NULL,
		    len == 0 ? "is empty" : "is larger than 64 MiB");
		return NULL;
	}
	if ((parser = xmlNewParserCtxt()) == NULL) {
		note(f, true, STATUS_SYSTEM, 0, NULL, "out of memory");
		return NULL;
	}
	parser->_private = f;
	parser->sax->serror = parser_error;
	parser->sax->internalSubset = refuse_dtd;
	doc = xmlCtxtReadMemory(parser, bytes, (int)len, NULL, NULL,
	    XML_PARSE_NONET | XML_PARSE_NOBLANKS | XML_PARSE_COMPACT |
		XML_PARSE_BIG_LINES | XML_PARSE_NOCDATA);
	if (doc == NULL && f->errors == 0)
		note(f, true, STATUS_USAGE, 0, NULL, "is not well-formed XML");
	if (doc != NULL && f->errors > 0) {
		xmlFreeDoc(doc);
		doc = NULL;
	}
	xmlFreeParserCtxt(parser);
	return doc;
}

/* The whole file in *bytes (caller frees).  -1: noted in f. */
static int
slurp(struct xmlfile *f, char **bytes, size_t *len)
{
	struct stat st;
	char *buf = NULL;
	size_t used = 0;
	ssize_t n;
	int fd, rc = -1;

	if ((fd = open(f->path, O_RDONLY | O_CLOEXEC | O_NONBLOCK)) == -1 ||
	    fstat(fd, &st) == -1) {
		note(f, true, STATUS_SYSTEM, 0, NULL, strerror(errno));
		goto out;
	}
	if (!S_ISREG(st.st_mode)) {
		note(f, true, STATUS_USAGE, 0, NULL, "is not a regular file");
		goto out;
	}
	if ((uintmax_t)st.st_size > XMLFILE_SIZE_MAX) {
		note(f, true, STATUS_USAGE, 0, NULL, "is larger than 64 MiB");
		goto out;
	}
	if ((buf = malloc((size_t)st.st_size + 1)) == NULL) {
		note(f, true, STATUS_SYSTEM, 0, NULL, "out of memory");
		goto out;
	}
	while (used < (size_t)st.st_size) {
		n = read(fd, buf + used, (size_t)st.st_size - used);
		if (n == -1 && errno == EINTR)
			continue;
		if (n == -1) {
			note(f, true, STATUS_SYSTEM, 0, NULL, strerror(errno));
			goto out;
		}
		if (n == 0)
			break;
		used += (size_t)n;
	}
	*bytes = buf;
	*len = used;
	buf = NULL; /* the caller owns it now */
	rc = 0;
out:
	if (fd != -1)
		(void)close(fd);
	free(buf);
	return rc;
}

xmlDoc *
xmlfile_parse(struct xmlfile *f)
{
	xmlDoc *doc;
	char *bytes;
	size_t len;

	if (slurp(f, &bytes, &len) == -1)
		return NULL;
	doc = xmlfile_parse_bytes(f, bytes, len);
	explicit_bzero(bytes, len); /* conf.xml holds PINs */
	free(bytes);
	return doc;
}

void
xmlfile_validate(struct xmlfile *f, xmlDoc *doc, const char *name)
{
	xmlRelaxNGParserCtxt *parser = NULL;
	xmlRelaxNG *schema = NULL;
	xmlRelaxNGValidCtxt *valid = NULL;
	const char *text;
	size_t len;
	int rc;

	if ((text = xmlschema_text(name, &len)) == NULL ||
	    (parser = xmlRelaxNGNewMemParserCtxt(text, (int)len)) == NULL)
		goto fail;
	xmlRelaxNGSetParserStructuredErrors(parser, validity_error, f);
	if ((schema = xmlRelaxNGParse(parser)) == NULL ||
	    (valid = xmlRelaxNGNewValidCtxt(schema)) == NULL)
		goto fail;
	xmlRelaxNGSetValidStructuredErrors(valid, validity_error, f);
	rc = xmlRelaxNGValidateDoc(valid, doc);
	if (rc != 0 && f->errors == 0)
		note(f, true, STATUS_USAGE, 0, NULL,
		    "does not follow the schema");
	goto out;
fail:
	note(f, true, STATUS_SYSTEM, 0, NULL, "the schema cannot be used");
out:
	xmlRelaxNGFreeValidCtxt(valid);
	xmlRelaxNGFree(schema);
	xmlRelaxNGFreeParserCtxt(parser);
}

int
xmlfile_result(const struct xmlfile *f, struct diag *d)
{
	if (f->errors == 0)
		return 0;
	if (f->errors == 1 || f->log != NULL)
		return diag_set(d, f->first.status, "%s", f->first.text);
	return diag_set(d, f->first.status, "%s (and %zu more; run kaspcheck)",
	    f->first.text, f->errors - 1);
}
