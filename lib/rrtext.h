/*
 * RDATA as wire octets and as the stream writes it (zonetext(5)).
 *
 * A struct rrtext holds the libzscanner contexts (some 400 KiB): make one and
 * use it for millions of records.  Not for use by two threads at once; after a
 * fork each process has its own copy.
 */
#ifndef RRTEXT_H
#define RRTEXT_H

#include <stddef.h>
#include <stdint.h>

#include "diag.h"
#include "zonetext.h"

/* Enough for the text of any RDATA that a line can hold. */
#define RRTEXT_SIZE ZONETEXT_LINE_MAX

struct rrtext;

/* The caller owns *out.  -1: STATUS_SYSTEM. */
int rrtext_new(struct rrtext **out, struct diag *d);
void rrtext_free(struct rrtext *t); /* NULL is allowed */

/* ---- text to wire ---- */

/* One record.  The pointers are valid until the next call with the context;
 * line leads into the block. */
struct rrtext_record {
	const char *line; /* without newline */
	size_t line_len;
	const uint8_t *owner; /* wire */
	size_t owner_len;
	uint32_t ttl;
	uint16_t type;
	const uint8_t *rdata; /* wire, in the case that is signed */
	size_t rdata_len;
};

/*
 * Take a block of record lines of the stream, the last newline included.  The
 * block stays the caller's and must live until all is read.
 */
void rrtext_block(struct rrtext *t, const char *lines, size_t len);

/*
 * The next record of the block.  1: a record; 0: the block is read;
 * -1: STATUS_BAD: a line that is no record of the stream; the text says why,
 * without place.  Nothing of the block can be read after that.
 */
int rrtext_next(struct rrtext *t, struct rrtext_record *rec, struct diag *d);

/*
 * One record that zonetext_split() gave.  Ends a block that was being read.
 * 0, or -1 as above.
 */
int rrtext_parse(struct rrtext *t, const struct zonetext_record *from,
    struct rrtext_record *rec, struct diag *d);

/* ---- wire to text ---- */

/*
 * Lower-case the names in RDATA that are signed so (RFC 4034 §6.2, RFC 6840
 * §5.1) in place, and check that it is well-formed for its type.
 * -1: STATUS_BAD, it is not.
 */
int rrtext_canonical(uint16_t type, uint8_t *rdata, size_t len,
    struct diag *d);

/*
 * Well-formed RDATA as the stream writes it, into buf of size octets; no NUL.
 * The case of names stays: rrtext_canonical() first.
 * Returns the length; -1: STATUS_BAD, malformed or longer than size.
 * Does not disturb a block that is being read.
 */
int rrtext_write(struct rrtext *t, uint16_t type, const uint8_t *rdata,
    size_t len, char *buf, size_t size, struct diag *d);

/*
 * A whole line without newline: owner is canonical text, which may stand at buf
 * already.  As rrtext_write().
 */
int rrtext_write_line(struct rrtext *t, const char *owner, size_t owner_len,
    uint32_t ttl, uint16_t type, const uint8_t *rdata, size_t len, char *buf,
    size_t size, struct diag *d);

#endif
