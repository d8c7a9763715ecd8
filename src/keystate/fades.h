/* When the last signatures by retired ZSKs go, by what is published. */
#ifndef KEYSTATE_FADES_H
#define KEYSTATE_FADES_H

#include "session.h"

/*
 * Set zonekey.fades of all zones, or of one and those that share its keys.
 * A file that cannot be read tells nothing: the policy's longest time counts.
 */
void fades_find(struct session *s, const struct zone *only);

#endif
