/*
 * kaspcheck's checks: one row a check, with its level and the rule behind it.
 * Findings go to stdout as "LEVEL: FILE:LINE: ELEMENT: WHAT (RULE) [ID]".
 */
#ifndef KASPCHECK_CHECK_H
#define KASPCHECK_CHECK_H

#include <stdbool.h>
#include <stddef.h>
#include <libxml/tree.h>

#include "conf.h"
#include "kasp.h"
#include "zonelist.h"

enum level { LEVEL_NOTICE, LEVEL_WARNING, LEVEL_ERROR };

/* What there is to look at; parts that could not be read are NULL. */
struct subject {
	const char *conf_path;
	struct conf *conf;
	xmlDoc *conf_doc;
	const char *kasp_path;
	struct kasp *kasp;
	xmlDoc *kasp_doc;
	struct zonelist *zonelist;

	/* The policy in hand, for checks of one policy. */
	const struct kasp_policy *policy;
	const xmlNode *policy_node;

	size_t errors, warnings;
};

struct check {
	const char *id;
	enum level level;
	const char *rule; /* what stands behind it, or NULL */
	void (*run)(struct subject *s, const struct check *c);
};

extern const struct check conf_checks[];     /* once; ended by id NULL */
extern const struct check policy_checks[];   /* for each policy */
extern const struct check kasp_checks[];     /* once, over all policies */
extern const struct check zonelist_checks[]; /* once */

/* A finding of check c in file, at node (NULL: no line). */
void finding(struct subject *s, const struct check *c, const char *file,
    const xmlNode *at, const char *fmt, ...)
    __attribute__((format(printf, 5, 6)));

/* The first node at "Signatures/Validity/Default" below n; NULL: none. */
const xmlNode *node_below(const xmlNode *n, const char *path);

/* --explain: what each policy will do, in words. */
void explain(const struct subject *s);

/* "14 days", "1 hour 30 minutes"; buf of at least 80. */
const char *duration_words(long long seconds, char *buf, size_t size);

#endif
