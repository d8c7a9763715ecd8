/*
 * $GENERATE, BIND's directive: a template repeated over a range of numbers.
 */
#ifndef GENERATE_H
#define GENERATE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct generate;

/*
 * Start from the directive's text, tokens joined by single spaces:
 * "$GENERATE start-stop[/step] lhs [ttl] [class] type rhs".  The caller frees
 * *out with free().  -1: malformed, or above a million records.
 */
int generate_start(struct generate **out, const char *text, size_t len,
    uint32_t line, char *error, size_t error_size);

/* The next record's text, valid until the next call; false when it is over. */
bool generate_next(struct generate *g, const char **text, size_t *len);

uint32_t generate_line(const struct generate *g);

#endif
