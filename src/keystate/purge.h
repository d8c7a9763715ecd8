/* Destroying keys, which nothing brings back. */
#ifndef KEYSTATE_PURGE_H
#define KEYSTATE_PURGE_H

#include "session.h"

/*
 * Destroy a pair that is dead in all its zones: refused while the signconf on
 * disk of one of them, or of any other zone, names it.  Then it is forgotten.
 * -1: STATUS_BAD, STATUS_SYSTEM; the pair is then still known.
 */
int purge_pair(struct session *s, struct keypair *pair, struct diag *d);

#endif
