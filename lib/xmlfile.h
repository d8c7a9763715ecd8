/*
 * XML files as hostile input: read whole, within a size, no network, no
 * external entity, no document type declaration at all; then checked against
 * one of our RelaxNG schemas.  Every error has file, line and element.
 */
#ifndef XMLFILE_H
#define XMLFILE_H

#include <stdbool.h>
#include <stddef.h>
#include <libxml/tree.h>

#include "diag.h"

#define XMLFILE_SIZE_MAX ((size_t)64 * 1024 * 1024)

/* Where each finding goes, for a program that wants all of them. */
struct xmllog {
	/* text: "FILE:LINE: ELEMENT: WHAT" */
	void (*line)(void *to, bool error, const char *text);
	void *to;
};

/*
 * One file being read.  Errors are counted; each goes to log (if any), the
 * first into first.  path, log and first are borrowed.
 */
struct xmlfile {
	const char *path;
	const struct xmllog *log; /* may be NULL */
	struct diag first;
	size_t errors;
};

/* Note an error, or only a warning, at a node (NULL: at the file). */
void xmlfile_error(struct xmlfile *f, const xmlNode *at, const char *fmt, ...)
    __attribute__((format(printf, 3, 4)));
void xmlfile_warn(struct xmlfile *f, const xmlNode *at, const char *fmt, ...)
    __attribute__((format(printf, 3, 4)));

/*
 * Read and parse f->path.  NULL when that failed: f->errors is then above 0,
 * and f->first has STATUS_SYSTEM if the file could not be read, STATUS_USAGE
 * if it is no acceptable XML.  The caller frees with xmlFreeDoc().
 */
xmlDoc *xmlfile_parse(struct xmlfile *f);

/* As xmlfile_parse() for bytes that are in memory already. */
xmlDoc *xmlfile_parse_bytes(struct xmlfile *f, const char *bytes, size_t len);

/*
 * Validate against etc/schema/NAME.rng, which is part of the program.
 * Errors are noted in f.
 */
void xmlfile_validate(struct xmlfile *f, xmlDoc *doc, const char *name);

/*
 * The end of reading: 0 if there were no errors, else -1 with the first one
 * in d, and how many more there are.
 */
int xmlfile_result(const struct xmlfile *f, struct diag *d);

#endif
