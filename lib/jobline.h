/*
 * The line that tells of one zone, from program to program: what write-zones
 * wrote, what audit-zone says of it, what was published (write-zones(1)).
 * Nine columns and then facts, key=value, all separated by tabs.  In a field,
 * octets up to 0x1f, %, and from 0x7f are %XX; an empty one is "-".
 */
#ifndef JOBLINE_H
#define JOBLINE_H

#include "stream.h"
#include "zonetext.h"

struct jobline {
	char *zone;
	char *file; /* where it is or will be published; ".new" behind it */
	char *serial, *records, *made, *kept, *changed; /* decimal, or "-" */
	enum status status;
	char *reason;
	struct zonetext_keys facts;
};

/* len octets without newline.  The caller frees *out.  -1: STATUS_BAD. */
int jobline_parse(const char *line, size_t len, struct jobline *out,
    struct diag *d);

/* With newline. */
void jobline_write(const struct jobline *job, struct stream_out *out);

/* Replace status and reason.  -1: no memory. */
int jobline_judge(struct jobline *job, enum status status, const char *reason);

void jobline_free(struct jobline *job);

#endif
