/*
 * The verdict on a zone: findings are counted and told, in the format that was
 * asked for.
 */
#ifndef VERDICT_H
#define VERDICT_H

#include "finding.h"
#include "status.h"
#include "zone.h"

enum format {
	FORMAT_TEXT,	/* messages to stderr, counts and a line to stdout */
	FORMAT_QUIET,	/* messages only: stdout belongs to job lines */
	FORMAT_JSON,	/* an object a line */
	FORMAT_GITHUB,	/* annotations of GitHub Actions */
	FORMAT_JUNIT,	/* a test suite a zone, a test case a check */
};

/* -1: no such format. */
int format_parse(const char *name, enum format *out);

#define REASON_MAX 512

struct verdict {
	enum format format;
	const struct settings *set;
	const struct rtypes *types;
	const struct zonefile *file; /* names places */
	uint64_t count[CHECK_COUNT];
	uint64_t errors, warnings;
	enum status status;
	struct findings kept;	     /* what is told at the end only */
	char reason[REASON_MAX];     /* the first error */
};

/* Ready for a zone. */
void verdict_open(struct verdict *v, enum format format,
    const struct settings *set, const struct rtypes *types,
    const struct zonefile *file);

/* Take a finding: a findings sink, arg is the verdict. */
void verdict_take(void *arg, const struct finding *f);

/* The zone is judged: counts per kind and the closing line. */
void verdict_close(struct verdict *v, const struct zone *zone,
    const struct stats *stats);

void verdict_free(struct verdict *v);

/* Around all zones: what the format wants at the start and at the end. */
void verdict_begin(enum format format);
void verdict_end(enum format format);

/* --- for the formats (format.c) --------------------------------------------- */

/* "FILE:LINE", or the file alone. */
void verdict_place(const struct verdict *v, struct place at, char *text,
    size_t size);
/* "owner TYPE", or "". */
void verdict_subject(const struct verdict *v, const struct finding *f,
    char *text, size_t size);

/* How a verdict is told; NULL: not at all. */
struct formatter {
	const char *name;
	void (*begin)(void);
	void (*finding)(struct verdict *v, const struct finding *f);
	void (*zone)(struct verdict *v, const struct zone *zone,
	    const struct stats *stats);
	void (*end)(void);
};

const struct formatter *formatter_get(enum format format);

/* The upper ends of the life buckets, in words; the last has none. */
extern const char *const life_names[LIFE_BUCKETS];

#endif
