/*
 * A zone across time: the previous zone, the audit record and the parent's DS
 * set, put to use around the walk over the new zone.
 */
#ifndef ACROSS_H
#define ACROSS_H

#include "diag.h"
#include "history.h"
#include "previous.h"
#include "records.h"
#include "zone.h"

struct across_options {
	const char *previous;  /* path, or NULL */
	const char *record;    /* path, or NULL */
	bool write;	       /* the record, after a clean verdict */
	const char *parent_ds; /* a file, or records; or NULL */
};

struct across;

/* Before the walk; zone->apex is set.  *out is NULL when nothing is asked. */
int across_open(struct across **out, const struct across_options *o,
    struct zone *zone, struct diag *d);

/* For the walk; NULL: none. */
struct previous *across_previous(struct across *a);

/* After it. */
int across_judge(struct across *a, const struct stats *stats,
    struct findings *found, struct diag *d);

/* For the tracker; NULL: no record. */
const struct history *across_history(const struct across *a);

/* After a clean verdict: digest is that of the whole file. */
int across_write(struct across *a, const struct stats *stats,
    const char *digest, struct records *records, struct diag *d);

void across_close(struct across *a);

#endif
