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

/*
 * The job list of what is due, into file, or to stdout where that is NULL; all
 * of it, or no file.  STATUS_OK, or d.
 */
enum status due_list(struct session *s, const char *file, struct diag *d);

/*
 * What was put in place and not recorded, because a run was interrupted or a
 * server lagged behind, counts as published now.  What is wrong with a zone is
 * said; d.text is what else is.
 */
enum status published_reconcile(struct session *s, struct diag *d);

#endif
