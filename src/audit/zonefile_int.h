/* What zonefile.c and zonemaster.c share. */
#ifndef ZONEFILE_INT_H
#define ZONEFILE_INT_H

#include "input.h"
#include "wname.h"
#include "zonefile.h"

#define INCLUDE_DEPTH 16

/* A file being read, and what $INCLUDE must restore behind it. */
struct level {
	struct input in;
	uint32_t file;
	bool origin_known, owner_known, default_ttl_known;
	uint8_t origin[WNAME_MAX], owner[WNAME_MAX];
	uint32_t default_ttl;
};

enum state { STATE_NEW, STATE_OUTSIDE, STATE_ZONE, STATE_MASTER, STATE_OVER };

struct zonefile {
	enum state state;
	bool stream, cut;
	bool open; /* a stream's ;done is still to come */
	const struct rtypes *types;
	char **names;
	uint32_t names_count;
	struct level level[INCLUDE_DEPTH];
	size_t depth; /* index of the innermost level */

	uint8_t zone[WNAME_MAX]; /* of the stream's header */
	bool insecure; /* it says denial=none */
	bool unaided;  /* it says unaided=1: jobs(5) */
	bool zone_known;
	uint64_t records, zones, failed; /* counts to compare with the trailers */

	/* The last owner, and its text in a stream. */
	uint8_t owner[WNAME_MAX];
	bool owner_known;
	char *owner_text;
	size_t owner_text_len;

	/* Master files. */
	uint32_t default_ttl, last_ttl;
	bool default_ttl_known, last_ttl_known;
	char *text; /* the record's tokens, joined by single spaces */
	size_t text_size;
	struct generate *generate; /* a $GENERATE that is not finished */

	struct place bad;
	char error[256];
};

int zonefile_add_name(struct zonefile *z, const char *name, uint32_t *file,
    struct diag *d);
enum zone_event zonefile_bad(struct zonefile *z, uint32_t line,
    const char *fmt, ...) __attribute__((format(printf, 3, 4)));

/* The next event of a master file. */
enum zone_event zonemaster_next(struct zonefile *z, struct record *r,
    struct diag *d);

#endif
