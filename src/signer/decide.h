/*
 * What an RRset needs: which old signatures stay, which keys sign anew
 * (DESIGN §3).
 */
#ifndef DECIDE_H
#define DECIDE_H

#include "batch.h"
#include "signkeys.h"
#include "times.h"

struct decision_rules {
	const struct times *times;
	const struct zone_keys *keys;
	const char *zone; /* canonical text */
	size_t zone_len;
	bool check_kept; /* the previous zone is not known to be ours */
	bool immediate;	 /* drop what retired keys signed */
};

/*
 * set: the new RRset; old: the same RRset, octet for octet, of the previous
 * zone, or NULL.  Fills head's signing parts and puts the kept RRSIG lines
 * into kept, which is emptied first.  *max_ttl and earliest in head are those
 * of what is kept.
 * -1: STATUS_BAD if no key signs the set, STATUS_SYSTEM.
 */
int decide(const struct decision_rules *rules, const struct rrset *set,
    const struct rrset *old, struct item *head, struct text *kept,
    struct diag *d);

/* As decide() with no key at all: the set is not ours to sign. */
void decide_unsigned(struct item *head, struct text *kept);

#endif
