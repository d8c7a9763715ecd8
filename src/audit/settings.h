/* The command line, as every part sees it. */
#ifndef SETTINGS_H
#define SETTINGS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "check.h"

struct settings {
	int64_t now;
	int64_t horizon;      /* seconds, or -1 */
	int64_t propagation;  /* until all servers have a new zone */
	uint64_t max_removed; /* records */
	uint32_t max_removed_percent; /* the larger of both counts */
	uint16_t jobs;	      /* worker threads; 0: none, all in one */
	size_t memory;	      /* for sorting, in octets */
	const char *folder;   /* for unnamed files */
	uint32_t show;	      /* findings of one kind told in full */
	bool quiet;	      /* no more than the verdict and its reasons */
	bool ignore[CHECK_COUNT];
};

#endif
