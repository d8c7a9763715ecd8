/* What several listings share: JSON on stdout, dates and words. */
#ifndef KEYSTATE_SHOW_H
#define KEYSTATE_SHOW_H

#include <jansson.h>

#include "session.h"

/* Print and release. */
void show_json(json_t *value);

/* "YYYY-MM-DDTHH:MM:SSZ", or JSON null for 0. */
json_t *show_moment(int64_t moment);

/* The column "Date of next transition" of key list (interfaces §4). */
void show_next(const struct session *s, const struct zone *z,
    const struct zonekey *k, char *buf, size_t size);

#endif
