/* The two halves of write-zones(1). */
#ifndef WRITE_ZONES_H
#define WRITE_ZONES_H

#include "filter.h"

struct write_options {
	const char *output; /* -o: the one zone of the stream; NULL: output= */
	bool batch;
};

/*
 * Read a signed stream, write each zone to FILE.new, tell it in a job line.
 * Returns the highest status; *broken when the stream itself broke.
 */
enum status write_split(struct zonetext_reader *r, const struct write_options *o,
    struct stream_out *jobs, struct diag *d);

/*
 * Read job lines from in; put the files of those with status 0 in place.
 * Writes each line again, with what became of it.
 */
enum status write_commit(struct stream_in *in, struct stream_out *jobs,
    struct diag *d);

#endif
