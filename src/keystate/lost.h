/*
 * key rollover --lost: keys whose private half is not in its repository, and
 * is in no backup.
 */
#ifndef KEYSTATE_LOST_H
#define KEYSTATE_LOST_H

#include "session.h"
#include "textbuf.h"

/* How sure one must be. */
enum lost_ask {
	LOST_SEEN, /* only what an open repository does not hold */
	LOST_ASK,  /* and, if the operator says so, all of one that does not open */
};

/*
 * Mark the lost keys of a type: those of z (NULL: of all zones of p), those
 * that wait for use, and wherever a pair is shared.  *n gets how many.
 * 1: done; 0: the operator said no; -1.
 */
int lost_mark(struct session *s, struct zone *z, struct policy *p,
    enum key_type type, enum lost_ask ask, size_t *n, struct diag *d);

/* Look up what the last signatures by lost KSKs still hold; after loading. */
void lost_look(struct session *s);

/* What z's lost KSK puts at stake, and until when: a line, and a NUL behind. */
void lost_warn(const struct zone *z, const struct zonekey *k,
    struct textbuf *to);

/* What happens to z now, and what is to be done, to stdout. */
void lost_tell(const struct zone *z, enum key_type type);

#endif
