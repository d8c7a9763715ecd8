/*
 * sort-zone --check: is a stream in the order that sort-zone makes?
 */
#ifndef SORT_CHECK_H
#define SORT_CHECK_H

#include "rrtext.h"
#include "sort-key.h"

struct sort_check {
	struct rrtext *text;  /* set by the caller */
	struct sortkey place; /* of the current record */
	bool begun;
	uint8_t key[SORTKEY_MAX]; /* of the record before */
	size_t key_len;
	char *line; /* the record before */
	size_t line_len, line_room;
};

/* A zone begins.  -1: STATUS_BAD. */
int sort_check_begin(struct sort_check *c, const char *apex, struct diag *d);

/*
 * The next record.  -1: STATUS_BAD, it does not stand behind the one before,
 * without place; STATUS_SYSTEM.
 */
int sort_check_next(
    struct sort_check *c, const struct zonetext_record *rec, struct diag *d);

void sort_check_free(struct sort_check *c);

#endif
