/*
 * The digest of a zone, RFC 8976 §3: collect its records as they stream by,
 * then digest them in that order, which is not the stream's.
 */
#ifndef ZONEMD_DIGEST_H
#define ZONEMD_DIGEST_H

#include "zonetext.h"

#define ZONEMD_SIMPLE 1 /* scheme */
#define ZONEMD_SHA384 1 /* hash algorithms */
#define ZONEMD_SHA512 2
#define ZONEMD_HASHES 3 /* one more than the highest */

struct zonemd_spool;

/* folder: where the records wait; NULL as in tempfile.h. */
int zonemd_spool_open(struct zonemd_spool **out, const char *folder,
    struct diag *d);
void zonemd_spool_close(struct zonemd_spool *s); /* NULL is allowed */

/* A zone begins: forget the last one. */
int zonemd_spool_begin(struct zonemd_spool *s, const char *zone,
    struct diag *d);

/* Keep a record, in the order of the stream.  -1: STATUS_SYSTEM. */
int zonemd_spool_add(struct zonemd_spool *s, const struct zonetext_record *rec,
    struct diag *d);

/*
 * The digests of all that was added, the apex ZONEMD RRset and its RRSIGs
 * aside, in hex, upper case; index is the hash algorithm.
 * -1: STATUS_BAD for a record that cannot be read, STATUS_SYSTEM.
 */
int zonemd_spool_digest(struct zonemd_spool *s,
    char hex[ZONEMD_HASHES][2 * 64 + 1], struct diag *d);

/* Visit all records again, in the order of the stream. */
int zonemd_spool_each(struct zonemd_spool *s,
    int (*visit)(void *ctx, const struct zonetext_record *rec, struct diag *d),
    void *ctx, struct diag *d);

#endif
