/*
 * The apex: what the rest of the zone is judged by, and the rules of DNSKEY,
 * CDS, CDNSKEY and NSEC3PARAM.
 */
#ifndef APEX_H
#define APEX_H

#include "judge.h"

/*
 * Read the apex's records, the last owner of b, into zone; findings go to b.
 * `parser` is the caller's.  -1: no memory.
 */
int apex_load(struct zone *zone, struct batch *b, const struct owner *o,
    struct rdata_parser *parser);

/* Forget keys and chains, keep the settings. */
void apex_reset(struct zone *zone);

/* What can be told of the keys once all signatures have been seen. */
void apex_finish(const struct zone *zone, const struct stats *stats,
    struct place at, struct findings *found);

#endif
