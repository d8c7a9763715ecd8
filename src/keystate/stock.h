/* What a pass needs before the engine runs: keys in stock, salts. */
#ifndef KEYSTATE_STOCK_H
#define KEYSTATE_STOCK_H

#include "session.h"

/*
 * Generate what engine_stock() asks for; capacity and failures are reported,
 * and *worst gets the worst status of the latter.  -1: STATUS_SYSTEM.
 */
int stock_fill(struct session *s, enum status *worst, struct diag *d);

/* A new salt for each NSEC3 policy whose old one is due.  -1: STATUS_SYSTEM. */
int stock_salts(struct session *s, struct diag *d);

/* When a policy's salt is replaced; 0: it has none yet; MOMENT_NEVER. */
int64_t stock_salt_next(const struct session *s, const struct policy *p);
/* The first of all policies'. */
int64_t stock_salts_next(const struct session *s);

#endif
