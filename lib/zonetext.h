/*
 * The stream that joins the filters: canonical zone text, zonetext(5).
 * One reader and one writer, which together keep the promise that nothing
 * ends with ";end" or ";done" unless all before it was whole.
 */
#ifndef ZONETEXT_H
#define ZONETEXT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "diag.h"
#include "stream.h"

#define ZONETEXT_VERSION  "1"
#define ZONETEXT_LINE_MAX ((size_t)512 * 1024)
#define ZONETEXT_TTL_MAX  2147483647U /* RFC 2181 §8 */

/*
 * An ordered list of key=value, as ";zone" and ";end" lines carry.  Values are
 * plain bytes here and %XX on the line.
 */
struct zonetext_keys {
	struct zonetext_key {
		char *key;
		char *value; /* NUL terminated */
	} *list;
	size_t count;
};

/* The value, or NULL.  Owned by keys. */
const char *zonetext_get(const struct zonetext_keys *keys, const char *key);
/* As a number of at most max.  1 found, 0 absent, -1 malformed (d says so). */
int zonetext_get_u64(const struct zonetext_keys *keys, const char *key,
    uint64_t max, uint64_t *out, struct diag *d);
/* Set or replace; key and value are copied.  -1: no memory. */
int zonetext_set(struct zonetext_keys *keys, const char *key,
    const char *value);
int zonetext_set_u64(struct zonetext_keys *keys, const char *key, uint64_t n);
void zonetext_unset(struct zonetext_keys *keys, const char *key);
void zonetext_keys_free(struct zonetext_keys *keys);

/* One record line, split.  Pointers lead into line, valid until the next read. */
struct zonetext_record {
	const char *line; /* without newline; not NUL terminated */
	size_t line_len;
	const char *owner;
	size_t owner_len;
	uint32_t ttl;
	uint16_t type;
	const char *rdata;
	size_t rdata_len;
};

/*
 * Split a record line: five fields, single tabs, absolute owner, a TTL of at
 * most 2^31-1, class IN, a type as the stream writes it, RDATA not empty.
 * -1: STATUS_BAD with the text "not a record: ..." without place.
 */
int zonetext_split(const char *line, size_t len, struct zonetext_record *rec,
    struct diag *d);

/* ---- reading ---- */

enum zonetext_item {
	ZONETEXT_DONE,	 /* ";done" and end of input: all was whole */
	ZONETEXT_ZONE,	 /* zone_name() and zone_keys() are set */
	ZONETEXT_RECORD, /* record() */
	ZONETEXT_END,	 /* ";end": the counts were checked; end_keys() is set */
	ZONETEXT_FAIL,	 /* ";fail": fail_status() and fail_reason() are set */
};

struct zonetext_reader;

/* in is owned by the reader from now on.  -1: no memory. */
int zonetext_reader_open(struct zonetext_reader **out, struct stream_in *in,
    struct diag *d);

/*
 * The next item (enum zonetext_item), or -1: the stream is broken or cut, and
 * nothing more can be read.  Comment lines that start with "; " are skipped.
 */
int zonetext_read(struct zonetext_reader *r, struct diag *d);

const char *zonetext_zone_name(const struct zonetext_reader *r);
struct zonetext_keys *zonetext_zone_keys(struct zonetext_reader *r);
const struct zonetext_record *zonetext_record(const struct zonetext_reader *r);
/* The counts of ";end" other than records and max-ttl, to be carried on. */
struct zonetext_keys *zonetext_end_keys(struct zonetext_reader *r);
enum status zonetext_fail_status(const struct zonetext_reader *r);
const char *zonetext_fail_reason(const struct zonetext_reader *r);
/* "stdin:912", for messages about the current line. */
const char *zonetext_place(struct zonetext_reader *r);
void zonetext_reader_close(struct zonetext_reader *r);

/* ---- writing ---- */

struct zonetext_writer;

/* out stays the caller's. */
int zonetext_writer_open(struct zonetext_writer **w, struct stream_out *out,
    struct diag *d);

/*
 * Begin a zone.  name and keys stay the caller's and must live until its end:
 * the header line is written with the first record (or end), so that a filter
 * may still set keys until then.
 */
void zonetext_begin(struct zonetext_writer *w, const char *name,
    const struct zonetext_keys *keys);

/* Copy a record as it came. */
void zonetext_put(struct zonetext_writer *w, const struct zonetext_record *rec);

/* A record line of the filter's own, without newline, already canonical. */
void zonetext_put_line(struct zonetext_writer *w, const char *line, size_t len,
    uint32_t ttl);

/* Several record lines at once, each with its newline. */
void zonetext_put_block(struct zonetext_writer *w, const char *lines,
    size_t len, uint64_t records, uint32_t max_ttl);

/* ";end" with records= and max-ttl= counted here, then counts (may be NULL). */
void zonetext_end(struct zonetext_writer *w,
    const struct zonetext_keys *counts);

/* ";fail" in place of ";end". */
void zonetext_fail(struct zonetext_writer *w, const char *zone,
    enum status status, const char *reason);

/* Records and the largest TTL written in this zone, or in the one that ended
 * last; and in how many zones nothing failed. */
uint64_t zonetext_records(const struct zonetext_writer *w);
uint32_t zonetext_max_ttl(const struct zonetext_writer *w);
uint64_t zonetext_zones_good(const struct zonetext_writer *w);

/* ";done"; then flush.  -1: STATUS_SYSTEM.  w is not freed. */
int zonetext_done(struct zonetext_writer *w, struct diag *d);
void zonetext_writer_free(struct zonetext_writer *w);

/* The stream below, to ask stream_failed(). */
struct stream_out *zonetext_stream(struct zonetext_writer *w);

/* ---- a filter's loop ---- */

struct zonetext_ops {
	/* A zone begins.  May set keys (shown on the header line). */
	int (*zone)(void *ctx, const char *name, struct zonetext_keys *keys,
	    struct zonetext_writer *w, struct diag *d);
	int (*record)(void *ctx, const struct zonetext_record *rec,
	    struct zonetext_writer *w, struct diag *d);
	/* ";end" was read and was right.  counts is carried on to ours. */
	int (*end)(void *ctx, struct zonetext_keys *counts,
	    struct zonetext_writer *w, struct diag *d);
	/* The zone failed, here or before us: forget it.  May be NULL. */
	void (*fail)(void *ctx);
};

/*
 * Read all of r, call ops, write w up to and with ";done".  An op that returns
 * -1 fails its zone with the status and text of d: ";fail" is written, the
 * rest of the zone skipped, the zone named in a message, the next one begun.
 * Returns the highest status seen; STATUS_BAD or STATUS_SYSTEM with d filled
 * and *broken set when the stream itself broke (no ";done" was written).
 */
enum status zonetext_filter(struct zonetext_reader *r,
    struct zonetext_writer *w, const struct zonetext_ops *ops, void *ctx,
    void (*complain)(const struct diag *), bool *broken, struct diag *d);

#endif
