/* What history.c and history_file.c share. */
#ifndef HISTORY_INT_H
#define HISTORY_INT_H

#include "history.h"

#define SPANS_MAX   512
#define AUDITED_MAX 8
#define DS_SETS_MAX 16
#define DS_MAX	    32 /* in one set */
#define DS_SIZE_MAX 68 /* SHA-512 would fit */

/* A time during which something was published. */
struct span {
	int64_t first, last;
	uint32_t ttl;  /* the largest then */
	bool current;  /* it is published still: last is not its end */
	bool dnskey;   /* a DNSKEY set; else an RRset's signers */
	uint64_t keys; /* of the set, or that sign */
	uint64_t signers; /* of a DNSKEY set */
};

struct ds_set {
	int64_t first, last;
	uint32_t ttl;
	bool current, given; /* given: on this command line */
	uint8_t rdata[DS_MAX][DS_SIZE_MAX];
	uint8_t size[DS_MAX];
	size_t count;
};

struct audited {
	char digest[65];
	uint32_t serial;
	int64_t time;
};

struct history {
	struct zone *zone;
	int64_t since;
	struct key_times key[KEYS_MAX];
	struct span span[SPANS_MAX];
	size_t spans;
	struct ds_set ds[DS_SETS_MAX];
	size_t ds_sets;
	struct audited audited[AUDITED_MAX]; /* the newest last */
	size_t audited_count;
};

/* Until when may a cache hold it? */
int64_t span_end(const struct history *h, bool current, int64_t last,
    uint32_t ttl);

int history_read(struct history *h, const char *path, struct diag *d);

#endif
