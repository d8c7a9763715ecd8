/* What the files of zonesource share.  Not for others. */
#ifndef ZONESOURCE_PARTS_H
#define ZONESOURCE_PARTS_H

#include <stdbool.h>

#include <libzscanner/scanner.h>

#include "name.h"
#include "zonegenerate.h"
#include "zoneinput.h"
#include "zonelexer.h"
#include "zonesource.h"

#define CLASS_IN 1

/*
 * A TTL that no master file may have stands for "none is known yet"
 * (RFC 2181 §8).
 */
#define TTL_UNKNOWN UINT32_MAX

/* One file that is open, and what goes back to its value when it ends. */
struct zonesource_level {
	struct zoneinput *in;
	bool has_ttl; /* a $TTL was seen */
	/* Of the including file, while this one is read. */
	uint32_t outer_ttl;
	uint8_t outer_origin[NAME_WIRE_MAX];
	uint8_t outer_owner[NAME_WIRE_MAX];
	uint32_t outer_origin_len, outer_owner_len;
};

struct zonesource {
	const struct zonesource_options *options;
	size_t next_path;
	struct zonesource_level level[ZONESOURCE_INCLUDE_DEPTH];
	size_t depth; /* of them open; the last is the one that is read */

	zs_scanner_t zs;
	int start; /* its state between two records */

	/*
	 * The block that is read.  The scanner hands a record over as soon as
	 * its data is complete, when parentheses may still be open: where it
	 * stands says little of where records begin.
	 */
	const char *block;
	size_t block_len;
	uint64_t block_line;
	size_t scan_at;	  /* a record begins where scanning (re)started */
	size_t record_at; /* where the scanner stood before the record */
	size_t resume_at; /* or 0: the scanner left the block */
	/* The record that was found last by its lines, for which record_at. */
	size_t found_at, found_for;
	uint64_t found_line;

	struct zonegenerate *generate; /* its lines are the block, or NULL */
	uint64_t generate_line;
	uint64_t generated; /* records of all of them */
	uint32_t included;  /* files */

	/* The zone's name as wire. */
	uint8_t origin[NAME_WIRE_MAX];
	size_t origin_len; /* 0: not known yet */
	bool seeking; /* only that is asked for */
	bool has_minimum;
	uint32_t minimum; /* of the SOA */

	uint16_t last_type; /* one that was found to be allowed */
	bool final;	    /* an error that nothing follows */
	struct diag final_error;
	struct zonelexer_words words;
	char *line; /* a record written anew for the scanner */
	size_t line_size;
	char place[300];
};

/* Hand the scanner text that starts with a record. */
void zonesource_scan(struct zonesource *src, const char *text, size_t len);

/*
 * The current record of the block from the first line with a word to its
 * newline; *len is 0 if only blanks follow.
 */
const char *zonesource_text(struct zonesource *src, size_t *len);

/* STATUS_BAD at the current record.  Returns -1. */
int zonesource_bad(struct zonesource *src, struct diag *d, const char *fmt, ...)
    __attribute__((format(printf, 3, 4)));

/* The origin that relative names are below now; NULL: none is known. */
const uint8_t *zonesource_current_origin(const struct zonesource *src);

/*
 * The scanner refused the current record: read it word by word and hand it
 * back written more plainly.  0: the scanner holds the record; -1: d.  In any
 * case the scanner has left the block.
 */
int zonesource_reread(struct zonesource *src, struct diag *d);

/* Does the record state a TTL?  Meant for the few that may not. */
bool zonesource_states_ttl(struct zonesource *src);

/* Act on a directive.  0, or -1 with d. */
int zonesource_directive(struct zonesource *src, const char *text, size_t len,
    struct diag *d);

/* Open a file as the innermost level.  0, or -1 with d, without place. */
int zonesource_push(struct zonesource *src, const char *path, struct diag *d);

#endif
