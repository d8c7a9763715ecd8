/*
 * The zone as it was last published: a stream in the same order, read along
 * with the new one.  It only saves work: one that is missing, of another zone
 * or damaged means that more is signed, never that a zone fails.
 */
#ifndef PREVIOUS_H
#define PREVIOUS_H

#include "rrset.h"

struct previous;

/*
 * Open FILE for zone.  expected is the SHA-256 in hex that our last
 * publication had, or NULL if nobody knows.
 * 0 with *out, NULL if there is nothing to use: why says so then, or is empty
 * for a file that does not exist.  -1: STATUS_SYSTEM.
 */
int previous_open(struct previous **out, const char *file, const char *zone,
    const char *expected, struct diag *why, struct diag *d);

/* Is it, octet for octet, what expected named? */
bool previous_is_ours(const struct previous *p);

/* Its apex DNSKEY RRset, or NULL. */
const struct rrset *previous_dnskeys(const struct previous *p);

/*
 * Step to pos: the set that stands there, or NULL.  What is stepped over was
 * removed, and is counted.  previous_took() steps over a set that was found.
 */
const struct rrset *previous_at(struct previous *p,
    const struct position *pos);
void previous_took(struct previous *p);

/* Step over the rest. */
void previous_finish(struct previous *p);

/* RRsets that are no more, and signatures in all that was read. */
uint64_t previous_removed(const struct previous *p);
uint64_t previous_signatures(const struct previous *p);

/* NULL, or what is wrong with it further down than could be read. */
const char *previous_trouble(const struct previous *p);

void previous_close(struct previous *p); /* NULL is allowed */

#endif
