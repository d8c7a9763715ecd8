/*
 * From sorted records to the stream: owner by owner and RRset by RRset, with
 * RDATA in canonical order, duplicates left out, one TTL an RRset, and all of
 * it shown to lib/zonecheck.
 */
#ifndef SORT_EMIT_H
#define SORT_EMIT_H

#include "extsort.h"
#include "rrtext.h"
#include "sort-findings.h"
#include "sort-key.h"
#include "zonecheck.h"

struct rrset;

struct emit {
	/* set by the caller */
	const struct sortkey *key; /* of the zone */
	struct rrtext *text;
	struct zonecheck *check;
	struct findings *findings;
	struct zonetext_keys *header; /* input-serial= is set there */
	/* emit.c's own */
	struct rrset *set;
	uint64_t duplicates, ttls_lowered;
};

/* -1: STATUS_SYSTEM. */
int emit_open(struct emit *e, struct diag *d);
void emit_close(struct emit *e);

/*
 * Write all records of the sort to w and check the zone; findings then tell.
 * apex is the zone's name.
 * -1: STATUS_SYSTEM, or STATUS_BAD for RDATA that does not fit its type.
 */
int emit_zone(struct emit *e, struct extsort *sort, const char *apex,
    struct zonetext_writer *w, struct diag *d);

#endif
