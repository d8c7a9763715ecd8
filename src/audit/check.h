/*
 * Every check of audit-zone is one row of a table: id, severity, clause and
 * what it means.  `audit-zone --list-checks` prints it, `--ignore ID` takes a
 * row out, and t/audit-checks.t fires each row alone.
 */
#ifndef CHECK_H
#define CHECK_H

#include <stdint.h>
#include <stdio.h>

enum severity { SEVERITY_INFO, SEVERITY_WARNING, SEVERITY_ERROR };

/* The rows are in checks.def, so that the enum and the table cannot differ. */
enum check {
#define CHECK(name, id, severity, clause, text) CHECK_##name,
#include "checks.def"
#undef CHECK
	CHECK_COUNT
};

struct check_row {
	const char *id;
	enum severity severity;
	const char *clause; /* of the RFC, or "policy" */
	const char *text;   /* what a finding of this kind means */
};

const struct check_row *check_row(enum check check);
const char *severity_name(enum severity severity);

/* The check of that id, or CHECK_COUNT. */
enum check check_find(const char *id);

/* The whole table, tab separated: id, severity, clause, text. */
void check_list(FILE *to);

#endif
