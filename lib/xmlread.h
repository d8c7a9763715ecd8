/*
 * XML elements into a struct, by a table: one row a child element says its
 * name, whether it must or may repeat, its type and where the value goes.
 * Elements and attributes without a row, missing ones, ones too many and bad
 * values are errors with file, line and element.
 */
#ifndef XMLREAD_H
#define XMLREAD_H

#include "xmlfile.h"

enum xmlread_type {
	XMLREAD_END,	  /* ends a table */
	XMLREAD_GROUP,	  /* no value: rows of its own, into the same struct */
	XMLREAD_PRESENT,  /* bool: set when the (empty) element is there */
	XMLREAD_TEXT,	  /* char *: malloc'd, blanks at the ends removed */
	XMLREAD_DURATION, /* int64_t: seconds */
	XMLREAD_SKEW,	  /* int64_t: seconds, a leading '-' is dropped */
	XMLREAD_U8,	  /* uint8_t */
	XMLREAD_U16,	  /* uint16_t */
	XMLREAD_U32,	  /* uint32_t */
	XMLREAD_TTL,	/* uint32_t: a duration up to 2^31-1 s (RFC 2181 §8) */
	XMLREAD_IGNORE, /* known, not used; content is not looked at */
	XMLREAD_CALL,	/* the row's function reads it */
};

enum xmlread_flag {
	XMLREAD_REQUIRED = 1,
	XMLREAD_MANY = 2, /* may repeat; without it, at most one */
};

struct xmlread_row {
	const char *name;
	enum xmlread_type type;
	unsigned flags; /* of enum xmlread_flag */
	size_t offset;	/* into the struct, XMLREAD_CALL included */
	const struct xmlread_row *rows; /* XMLREAD_GROUP: the children */
	/* XMLREAD_CALL: to is the address at offset; errors go to f. */
	void (*call)(struct xmlfile *f, xmlNode *n, void *to);
};

/*
 * Read the children of parent by rows into the struct at to.  Errors are
 * noted in f; reading goes on behind them.
 */
void xmlread_children(struct xmlfile *f, xmlNode *parent,
    const struct xmlread_row *rows, void *to);

/*
 * A whole document: the root must be of that name; rows as above.  If they
 * find nothing wrong, the schema (NULL: none) has the last word.
 */
void xmlread_document(struct xmlfile *f, xmlDoc *doc, const char *root,
    const char *schema, const struct xmlread_row *rows, void *to);

/*
 * The element's text, blanks at the ends removed: malloc'd, "" if empty.
 * NULL: noted in f (child elements, a NUL, above 64 KiB, no memory).
 */
char *xmlread_text(struct xmlfile *f, xmlNode *n);

/* An attribute's value (malloc'd), or NULL; a missing one is an error only
 * if required. */
char *xmlread_attribute(
    struct xmlfile *f, xmlNode *n, const char *name, bool required);

/*
 * The attribute "name" as a zone's name, with or without the final dot, in
 * absolute canonical text (name.h).  NULL: noted in f.
 */
char *xmlread_zone_name(struct xmlfile *f, xmlNode *n);

/* An error for every attribute whose name is not in the NULL-ended list. */
void xmlread_only_attributes(
    struct xmlfile *f, xmlNode *n, const char *const *names);

/*
 * One value of a fixed list of words: its index, or -1 with an error noted
 * that names the words.  words is NULL-ended.
 */
int xmlread_word(struct xmlfile *f, xmlNode *n, const char *const *words);

#endif
