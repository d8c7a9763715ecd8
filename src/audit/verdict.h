/*
 * The verdict on a zone: findings are counted and told, in the format that was
 * asked for.
 */
#ifndef VERDICT_H
#define VERDICT_H

#include "finding.h"
#include "status.h"
#include "zone.h"

enum format { FORMAT_TEXT, FORMAT_JSON, FORMAT_GITHUB, FORMAT_JUNIT };

struct verdict {
	enum format format;
	const struct settings *set;
	const struct rtypes *types;
	const struct zonefile *file; /* names places */
	uint64_t count[CHECK_COUNT];
	uint64_t errors, warnings;
	enum status status;
	const char *reason; /* the first error, for job lines; owned */
};

/* Take a finding: a findings sink, arg is the verdict. */
void verdict_take(void *arg, const struct finding *f);

/* The zone is judged: counts per kind and the closing line. */
void verdict_close(struct verdict *v, const struct zone *zone,
    const struct stats *stats);

void verdict_free(struct verdict *v);

#endif
