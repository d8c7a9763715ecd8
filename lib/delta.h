/*
 * The differences of an IXFR (RFC 1995), collected in memory, brought to one
 * net change a record, and merged with the version that they start from.
 */
#ifndef DELTA_H
#define DELTA_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "diag.h"
#include "rrtext.h"
#include "zonetext.h"

#define DELTA_MEMORY_MAX ((size_t)64 * 1024 * 1024)

struct delta;

int delta_open(struct delta **out, struct diag *d);

/*
 * One record deleted or added, by its reckey, in the order of the transfer.
 * -1: STATUS_SYSTEM (no memory); STATUS_BAD with delta_too_large() true.
 */
int delta_put(struct delta *dl, bool add, const uint8_t *key, size_t len,
    uint32_t ttl, struct diag *d);
bool delta_too_large(const struct delta *dl);

/* Writes one record; ctx is the caller's. */
typedef int delta_write(
    void *ctx, const uint8_t *key, size_t len, uint32_t ttl, struct diag *d);

/*
 * Read the base (one zone, in the order of the stream), give its unchanged
 * lines to w and the added records to write().
 * -1: STATUS_BAD: the differences do not fit the base, or the base is broken.
 */
int
delta_merge(struct delta *dl, struct zonetext_reader *base, struct rrtext *text,
    struct zonetext_writer *w, delta_write *write, void *ctx, struct diag *d);

/* NULL is allowed. */
void delta_close(struct delta *dl);

#endif
