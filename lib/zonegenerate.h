/*
 * $GENERATE, as BIND has it:
 *
 *	$GENERATE start-stop[/step] lhs [ttl] [class] type rhs
 *
 * $ in lhs and rhs is the number; ${offset[,width[,base]]} shapes it, base
 * d o x X n N; \$ is a dollar sign.
 */
#ifndef ZONEGENERATE_H
#define ZONEGENERATE_H

#include <stddef.h>
#include <stdint.h>

#include "diag.h"
#include "zonelexer.h"

struct zonegenerate;

/*
 * words are those of the directive, "$GENERATE" included; they are copied.
 * max is the largest number of records.  The caller owns *out.
 * -1: STATUS_BAD, text without place; STATUS_SYSTEM.
 */
int zonegenerate_new(struct zonegenerate **out,
    const struct zonelexer_words *words, uint64_t max, struct diag *d);

/* Records it makes in all. */
uint64_t zonegenerate_count(const struct zonegenerate *g);

/*
 * Lines of records, each with its newline, as many as fit well into a block.
 * 1: a block, valid until the next call; 0: all was made; -1 as above.
 */
int zonegenerate_next(struct zonegenerate *g, const char **text, size_t *len,
    struct diag *d);

void zonegenerate_free(struct zonegenerate *g); /* NULL is allowed */

#endif
