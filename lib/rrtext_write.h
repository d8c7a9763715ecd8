/* The fields of RDATA as text.  A part of rrtext; not for others. */
#ifndef RRTEXT_WRITE_H
#define RRTEXT_WRITE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct rrtext_out {
	char *p, *end;
	bool doubtful; /* the text must be read back before it is believed */
};

/*
 * RDATA by the row of its type; checks its shape on the way.
 * -1: malformed, no room, or a value without text: out->p is then anywhere.
 */
int rrtext_write_fields(struct rrtext_out *out, uint16_t type,
    const uint8_t *rdata, size_t len);

/* "\# 4 0A000001" (RFC 3597 §5).  -1: no room. */
int rrtext_write_generic(struct rrtext_out *out, const uint8_t *rdata,
    size_t len);

/* Decimal digits, at most 20, no NUL.  Returns their number. */
size_t rrtext_decimal(uint64_t n, char *p);

#endif
