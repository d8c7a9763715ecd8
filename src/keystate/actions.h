/* What a pass did and what people owe, in words and as JSON. */
#ifndef KEYSTATE_ACTIONS_H
#define KEYSTATE_ACTIONS_H

#include <jansson.h>

#include "session.h"

/* Each transition to history.log and, as information, to the log. */
void actions_transitions(struct session *s, const struct engine_result *r);

/* Each action, at its level; once in full where a person owes something. */
void actions_tell(struct session *s, const struct engine_result *r);

/* The number of actions that are errors: ACTION_REFUSED. */
size_t actions_errors(const struct engine_result *r);

/* For --json: transitions, actions, wake, clock. */
json_t *actions_json(const struct session *s, const struct engine_result *r);

/* "submit-ds", "rollover", ... */
const char *action_name(enum action_kind kind);

/* The records of the KSKs whose DS belong into the parent of z. */
int actions_ds_set(const struct session *s, const struct zone *z, bool ds,
    struct textbuf *to, struct diag *d);

#endif
