/* One input from its first octet to the verdict on each of its zones. */
#ifndef AUDIT_H
#define AUDIT_H

#include "across.h"
#include "diag.h"
#include "metrics.h"
#include "pool.h"
#include "verdict.h"

/* What a caller wants to know of a file with one zone. */
struct audit_result {
	char reason[REASON_MAX]; /* the first error; "": none */
	char digest[65];	 /* of the file; "": not known */
};

struct audit {
	const struct settings *set;
	const struct rtypes *types;
	struct pool *pool;
	enum format format;
	const uint8_t *origin; /* -o, or NULL */
	struct across_options across;
	const struct policy *policy; /* or NULL */
	bool partial;
	bool header; /* the stream's own header says whether to sign */
	const char *const *unsigned_; /* paths of the unsigned zone */
	size_t unsigned_count;
	struct records *records; /* many, put in place together; or NULL */
	struct metrics *metrics; /* or NULL */
	struct audit_result *result; /* or NULL */
};

/*
 * Judge all zones of a file; "-" is stdin.  Returns the worst status; trouble
 * is told.
 */
enum status audit_file(const struct audit *a, const char *path);

#endif
