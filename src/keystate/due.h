/* When a zone is due: what due hands out, and status tells. */
#ifndef KEYSTATE_DUE_H
#define KEYSTATE_DUE_H

#include "session.h"

/* Why the zone must be signed now; NULL: it need not. */
const char *due_reason(const struct session *s, const struct zone *z,
    const struct zone_facts *facts);

/* When its signatures have less than Refresh left; MOMENT_NEVER. */
int64_t due_renewal(const struct zone *z, const struct zone_facts *facts);

/* The same, or when a new salt is made before; MOMENT_NEVER. */
int64_t due_next(const struct session *s, const struct zone *z,
    const struct zone_facts *facts);

#endif
