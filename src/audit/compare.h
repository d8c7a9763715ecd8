/*
 * The unsigned zone against the signed one: everything that went in comes out,
 * and nothing else (interfaces §8, checks 3 to 12).
 */
#ifndef COMPARE_H
#define COMPARE_H

#include "batch.h"
#include "diag.h"
#include "zone.h"

struct compare;

/*
 * Read the unsigned zone's files.  zone->apex is set; keys that stand in the
 * input come into zone->keys, marked.  What is wrong with the input goes to
 * found; its places have no file and are named in the text.
 */
int compare_open(struct compare **out, const char *const *paths, size_t count,
    struct zone *zone, struct findings *found, struct diag *d);

/* Does a worker have to hand over records of that type? */
bool compare_wants(const struct zone *zone, uint16_t type);

/* A record of the signed zone, as zonemd_digested() makes it. */
int compare_add(struct compare *c, const struct digested *r, struct diag *d);

int compare_finish(struct compare *c, struct findings *found, struct diag *d);

void compare_close(struct compare *c);

#endif
