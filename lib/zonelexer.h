/*
 * The outer grammar of master files (RFC 1035 §5.1): where a record ends, and
 * its words.  What the words mean is for others.
 */
#ifndef ZONELEXER_H
#define ZONELEXER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "diag.h"
#include "name.h"

/*
 * Parentheses open behind a line that began with depth open ones.  line is one
 * physical line without its newline.  A record ends with a line behind which
 * none is open; a quote never reaches over the end of its line.
 */
unsigned zonelexer_depth(unsigned depth, const char *line, size_t len);

/*
 * Length of the first record in text, its newline included: up to the first
 * line with a word and on until no parenthesis is open.  *start is set to the
 * offset of that first line.  len if there is no more than one record.
 */
size_t zonelexer_record(const char *text, size_t len, size_t *start);

struct zonelexer_word {
	const char *text; /* without quotes; escapes stand as they are */
	size_t len;
	bool quoted;
};

/* The words of one record; free list when done.  May be used again. */
struct zonelexer_words {
	struct zonelexer_word *list;
	size_t count, room;
	bool blank_first; /* the record starts with a blank: no owner */
};

/*
 * Split a record into words that lead into text.
 * -1: STATUS_BAD, text without place: quotes or parentheses that do not pair.
 */
int zonelexer_split(struct zonelexer_words *w, const char *text, size_t len,
    struct diag *d);
void zonelexer_free(struct zonelexer_words *w);

/* Is the word this one, in any case, and not quoted? */
bool zonelexer_is(const struct zonelexer_word *w, const char *text);

/*
 * A name: "@" is the origin, a relative name is below it.  origin is wire and
 * may be NULL: then a relative name is refused.
 * Wire length, or -1 with STATUS_BAD.
 */
int zonelexer_name(const struct zonelexer_word *w, const uint8_t *origin,
    uint8_t wire[NAME_WIRE_MAX], struct diag *d);

/*
 * Octets of a character-string: escapes resolved, at most max.
 * Their number, or -1.
 */
int zonelexer_octets(const struct zonelexer_word *w, uint8_t *out, size_t max);

/* A TTL: seconds, or numbers with w d h m s as BIND has them.  0 or -1. */
int zonelexer_ttl(const struct zonelexer_word *w, uint64_t *out);

#endif
