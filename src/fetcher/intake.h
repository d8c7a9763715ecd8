/*
 * The records of one transfer on their way to a file of canonical zone text:
 * sorted in bounded memory, merged with the version that we hold if they are
 * differences only, written aside and put in place when all is whole.
 */
#ifndef FETCHER_INTAKE_H
#define FETCHER_INTAKE_H

#include <sys/types.h>

#include "xfr.h"

struct intake_settings {
	const char *zone;  /* canonical text */
	const char *path;  /* where the file goes */
	const char *base;  /* the version we hold, for differences; or NULL */
	const char *spill; /* folder for sorting, or NULL */
	size_t memory;	   /* for sorting */
	mode_t mode;
};

struct intake_result {
	uint64_t records; /* in the file */
	uint64_t duplicates;
};

struct intake;

/* settings is borrowed. */
int intake_open(struct intake **out, const struct intake_settings *settings,
    struct diag *d);

/* For xfr_open(): ctx is the struct intake. */
extern const struct xfr_ops intake_ops;

/*
 * The transfer is whole: write the file aside.  -1: STATUS_SYSTEM; STATUS_BAD
 * if differences do not fit what we hold.
 */
int
intake_write(struct intake *in, struct intake_result *result, struct diag *d);

/* Put the written file in place.  -1: STATUS_SYSTEM. */
int intake_commit(struct intake *in, struct diag *d);

/* Whatever was not put in place is removed.  NULL is allowed. */
void intake_close(struct intake *in);

#endif
