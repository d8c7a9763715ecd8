/*
 * The lines that travel beside the stream (jobs(5)): what is to be signed,
 * from keystate due to read-zone, and what became of it, from write-zones past
 * audit-zone to keystate published.  Tab separated, one zone a line.
 */
#ifndef JOB_H
#define JOB_H

#include <stddef.h>
#include <stdint.h>

#include "stream.h"
#include "zonetext.h"

#define JOB_LINE_MAX ((size_t)64 * 1024)

/* ---- to do: ZONE<TAB>key=value<TAB>... ---- */

struct job {
	char *zone;		   /* absolute canonical text */
	struct zonetext_keys keys; /* for the zone's header */
};

/*
 * The line that read-zone takes; inputs= is a list of pathlist.h.  Values stand
 * as they are: none may hold a tab, a newline or another control character.
 */
void job_write(const struct job *job, struct stream_out *out);
void job_clear(struct job *job);

/* ---- done ---- */

/*
 * zone file serial records signed kept changed status reason key=value...
 * status is 0 or enum status; file and reason are "-" where there is none.
 */
struct job_result {
	char *zone;
	char *file; /* where it stands, or NULL */
	uint32_t serial;
	uint64_t records, signed_, kept;
	uint64_t changed; /* 0: nothing changed, not published */
	enum status status;
	char *reason;		    /* or NULL */
	struct zonetext_keys facts; /* of the ";end" line */
};

int job_result_parse(
    struct job_result *r, const char *line, size_t len, struct diag *d);
void job_result_write(const struct job_result *r, struct stream_out *out);
void job_result_clear(struct job_result *r);

#endif
