/*
 * RDATA from text to canonical wire format (RFC 4034 §6.2, RFC 6840 §5.1: names
 * in lower case in the types that say so).  The common types go through a table
 * of fields, all others through ldns.
 */
#ifndef RDATA_H
#define RDATA_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "rtype.h"

#define RDATA_MAX 65535

struct rdata_parser;

/* One a thread.  NULL: no memory. */
struct rdata_parser *rdata_parser_new(const struct rtypes *types);
void rdata_parser_free(struct rdata_parser *p);

/*
 * Parse text (one line, single spaces) into wire, RDATA_MAX octets.  Relative
 * names end in origin.  Returns the length, or -1 with the reason in *why,
 * which is valid until the next call.
 */
int rdata_parse(struct rdata_parser *p, uint16_t type, const char *text,
    size_t len, const uint8_t *origin, uint8_t *wire, const char **why);

/* Can RDATA of that type be read at all?  Some only in RFC 3597's notation. */
bool rdata_readable(uint16_t type, const char *text, size_t len);

/*
 * The types of a bitmap in wire format, ascending.  At most max are stored.
 * Returns their number, or -1 for a malformed bitmap (RFC 4034 §4.1.2).
 */
int rdata_bitmap(const uint8_t *bitmap, size_t len, uint16_t *types,
    size_t max);

#endif
