#include <getopt.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "cli.h"
#include "duration.h"
#include "number.h"
#include "version.h"

#define OPTIONS_MAX 64
#define FIRST_LONG  256 /* getopt value of the first row */

/* The rows of both tables as one list. */
static size_t
collect(const struct cli *cli, const struct cli_option *rows[OPTIONS_MAX])
{
	const struct cli_option *tables[2] = { cli->options, cli->common };
	size_t n = 0;

	for (size_t t = 0; t < 2; t++) {
		const struct cli_option *o = tables[t];

		for (; o != NULL && o->help != NULL; o++)
			if (n < OPTIONS_MAX)
				rows[n++] = o;
	}
	return n;
}

static int
list_append(struct cli_list *list, const char *item)
{
	const char **grown;

	grown = realloc(list->item, (list->count + 1) * sizeof(*grown));
	if (grown == NULL)
		return -1;
	list->item = grown;
	list->item[list->count++] = item;
	return 0;
}

void
cli_list_free(struct cli_list *list)
{
	free(list->item);
	list->item = NULL;
	list->count = 0;
}

static int
take_value(const struct cli_option *o, const char *arg, struct diag *d)
{
	int rc = -1;

	switch (o->type) {
	case CLI_HEADING:
		return 0;
	case CLI_FLAG:
		*(bool *)o->to = true;
		return 0;
	case CLI_TEXT:
		*(const char **)o->to = arg;
		return 0;
	case CLI_LIST:
		if (list_append(o->to, arg) == -1)
			return diag_system(d, "options");
		return 0;
	case CLI_U16:
		rc = number_u16(arg, strlen(arg), UINT16_MAX, o->to);
		break;
	case CLI_U32:
		rc = number_u32(arg, strlen(arg), UINT32_MAX, o->to);
		break;
	case CLI_SIZE:
		rc = number_size(arg, o->to);
		break;
	case CLI_DURATION:
		rc = duration_parse(arg, strlen(arg), o->to);
		break;
	case CLI_MOMENT:
		rc = moment_parse(arg, strlen(arg), o->to);
		break;
	}
	if (rc == -1)
		return diag_set(d, STATUS_USAGE,
		    "%s%s: '%s' is not a valid %s",
		    o->name != NULL ? "--" : "-",
		    o->name != NULL ? o->name : (char[]){ o->letter, '\0' },
		    arg, o->arg);
	return 0;
}

static void
print_option(const struct cli_option *o, FILE *to)
{
	char left[64];
	int n;

	if (o->help[0] == '\0')
		return;
	if (o->type == CLI_HEADING) {
		(void)fprintf(to, "%s\n", o->help);
		return;
	}
	n = snprintf(left, sizeof(left), "  %c%c%s%s%s%s%s",
	    o->letter != 0 ? '-' : ' ', o->letter != 0 ? o->letter : ' ',
	    o->letter != 0 && o->name != NULL ? ", " : "  ",
	    o->name != NULL ? "--" : "", o->name != NULL ? o->name : "",
	    o->arg != NULL ? " " : "", o->arg != NULL ? o->arg : "");
	if (n > 30)
		(void)fprintf(to, "%s\n%-32s%s\n", left, "", o->help);
	else
		(void)fprintf(to, "%-32s%s\n", left, o->help);
}

void
cli_help(const struct cli *cli, FILE *to)
{
	const struct cli_option *rows[OPTIONS_MAX];
	const size_t n = collect(cli, rows);

	(void)fprintf(to, "usage: %s %s\n%s\n", cli->program, cli->synopsis,
	    cli->summary);
	for (size_t i = 0; i < n; i++)
		print_option(rows[i], to);
}

/* getopt's two descriptions of the rows; short_options holds 2 a row + 5. */
static void
describe(const struct cli_option **rows, size_t n, char *short_options,
    struct option *long_options)
{
	size_t s = 0, l = 0;

	short_options[s++] = ':';
	short_options[s++] = 'h';
	short_options[s++] = 'V';
	long_options[l++] = (struct option){ "help", 0, NULL, 'h' };
	long_options[l++] = (struct option){ "version", 0, NULL, 'V' };
	for (size_t i = 0; i < n; i++) {
		const bool arg = rows[i]->arg != NULL;

		if (rows[i]->letter != 0) {
			short_options[s++] = rows[i]->letter;
			if (arg)
				short_options[s++] = ':';
		}
		if (rows[i]->name != NULL)
			long_options[l++] = (struct option){ rows[i]->name,
				arg ? required_argument : no_argument, NULL,
				FIRST_LONG + (int)i };
	}
	short_options[s] = '\0';
	long_options[l] = (struct option){ NULL, 0, NULL, 0 };
}

static const struct cli_option *
find_row(const struct cli_option **rows, size_t n, int c)
{
	if (c >= FIRST_LONG)
		return rows[c - FIRST_LONG];
	for (size_t i = 0; i < n; i++)
		if (rows[i]->letter == c)
			return rows[i];
	return NULL;
}

int
cli_parse(const struct cli *cli, int argc, char **argv, struct diag *d)
{
	const struct cli_option *rows[OPTIONS_MAX], *row;
	const size_t n = collect(cli, rows);
	char short_options[2 * OPTIONS_MAX + 5];
	struct option long_options[OPTIONS_MAX + 3];
	int c;

	describe(rows, n, short_options, long_options);
	opterr = 0;
	optind = 1;
	while ((c = getopt_long(argc, argv, short_options, long_options,
		    NULL)) != -1) {
		switch (c) {
		case 'h':
			cli_help(cli, stdout);
			return CLI_DONE;
		case 'V':
			(void)printf("%s (zonepipe) %s\n", cli->program,
			    ZONEPIPE_VERSION);
			return CLI_DONE;
		case ':':
			return diag_set(d, STATUS_USAGE,
			    "%s: needs an argument; try --help",
			    argv[optind - 1]);
		case '?':
			return diag_set(d, STATUS_USAGE,
			    "%s: no such option; try --help",
			    argv[optind - 1]);
		}
		row = find_row(rows, n, c);
		if (row != NULL && take_value(row, optarg, d) == -1)
			return -1;
	}
	return optind;
}
