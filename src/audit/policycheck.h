/* A judged zone against its policy, its keys over time included. */
#ifndef POLICYCHECK_H
#define POLICYCHECK_H

#include "history.h"
#include "policy.h"
#include "zone.h"

/* Is the published key that of signconf's row? */
bool policy_is_key(const struct key *k, const struct policy_key *row);

/* After the walk; zone->policy is set.  history: for the key tracker, or NULL. */
void policy_check(const struct zone *zone, const struct stats *stats,
    const struct history *history, struct findings *found);

#endif
