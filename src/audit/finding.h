/*
 * Findings: what the checks say, gathered by any thread, told by one.
 */
#ifndef FINDING_H
#define FINDING_H

#include <stdbool.h>
#include <stdint.h>

#include "arena.h"
#include "check.h"
#include "zonefile.h"

struct finding {
	const struct finding *next;
	enum check check;
	struct place at;
	uint16_t type;	      /* 0: none in particular */
	const uint8_t *owner; /* NULL: the zone or the file */
	const char *text;
};

/* In the order they were made, in an arena of their own. */
struct findings {
	struct arena arena;
	const struct finding *first;
	struct finding *last;
	const bool *ignore; /* by check; may be NULL */
	bool lost;	    /* no memory: the verdict is not to be trusted */

	/* Instead of being kept, findings go there at once. */
	void (*sink)(void *arg, const struct finding *f);
	void *arg;
};

/* owner is copied.  A finding of an ignored check is dropped. */
void finding_add(struct findings *f, enum check check, const uint8_t *owner,
    uint16_t type, struct place at, const char *fmt, ...)
    __attribute__((format(printf, 6, 7)));

void findings_reset(struct findings *f);
void findings_free(struct findings *f);

#endif
