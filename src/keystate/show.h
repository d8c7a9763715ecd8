/* What several listings share: JSON on stdout, dates and words. */
#ifndef KEYSTATE_SHOW_H
#define KEYSTATE_SHOW_H

#include <jansson.h>

#include "session.h"

/*
 * How wide the terminal is that stdout is; 0: it is none, and a listing has
 * the columns that programs know from ods-ksmutil.
 */
unsigned show_columns(void);

/*
 * A line, folded at blanks to so many columns (0: not at all), what follows
 * indented.  A command to be typed stays whole, on a line of its own.
 */
void show_folded(const char *line, unsigned columns, unsigned indent);

/* A row of a listing, formatted and folded so. */
void show_row(unsigned columns, unsigned indent, const char *format, ...)
    __attribute__((format(printf, 3, 4)));

/* Print and release. */
void show_json(json_t *value);

/* "YYYY-MM-DDTHH:MM:SSZ", or JSON null for 0. */
json_t *show_moment(int64_t moment);

/* The column "Date of next transition" of key list (interfaces §4). */
void show_next(const struct session *s, const struct zone *z,
    const struct zonekey *k, char *buf, size_t size);

#endif
