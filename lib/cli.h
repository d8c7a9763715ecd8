/*
 * Command lines as a table: one row an option serves the parser, --help and
 * the man page test, so that the three cannot differ.
 */
#ifndef CLI_H
#define CLI_H

#include <stdint.h>
#include <stdio.h>

#include "diag.h"

enum cli_type {
	CLI_HEADING,  /* only for --help: a line of its own */
	CLI_FLAG,     /* bool *: set true */
	CLI_TEXT,     /* const char **: points into argv */
	CLI_LIST,     /* struct cli_list *: appended, in order */
	CLI_U16,      /* uint16_t * */
	CLI_U32,      /* uint32_t * */
	CLI_SIZE,     /* size_t *: bytes with K, M, G */
	CLI_DURATION, /* int64_t *: seconds, ISO 8601 or a number */
	CLI_MOMENT,   /* int64_t *: epoch seconds or YYYYMMDDHHMMSS */
};

struct cli_list {
	const char **item; /* owned; free with cli_list_free() */
	size_t count;
};

struct cli_option {
	char letter;	   /* 0: no short form */
	const char *name;  /* long form, without the dashes; NULL: none */
	enum cli_type type;
	void *to;	   /* as the type says */
	const char *arg;   /* name of the argument in --help, or NULL */
	const char *help;  /* a few words; "": only the man page tells of it */
};

struct cli {
	const char *program;
	const char *synopsis;		  /* behind the program's name */
	const char *summary;		  /* one line: what it does */
	const struct cli_option *options; /* ended by a row with help NULL */
	const struct cli_option *common;  /* more rows of that kind, or NULL */
};

#define CLI_DONE (-2) /* --help or --version was asked for and answered */

/*
 * Parse argv.  Options may stand anywhere before "--"; -h, --help, -V and
 * --version are built in and answered on stdout.
 * Returns the index of the first operand (argv is permuted), CLI_DONE, or -1
 * with STATUS_USAGE in d, which says to try --help.
 */
int cli_parse(const struct cli *cli, int argc, char **argv, struct diag *d);

/* The text of --help: fits 80 columns. */
void cli_help(const struct cli *cli, FILE *to);

void cli_list_free(struct cli_list *list);

#endif
