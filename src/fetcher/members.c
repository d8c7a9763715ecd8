#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "atomicfile.h"
#include "members.h"
#include "number.h"
#include "stream.h"

#define SUFFIX	       ".members"
#define HEAD	       ";members 1 "
#define COLUMNS	       ";zone\tlabel\tpolicy"
#define END	       "; end "
#define LINE_MAX_BYTES ((size_t)128 * 1024)

void
members_free(struct members *m)
{
	for (size_t i = 0; i < m->count; i++) {
		free(m->list[i].zone);
		free(m->list[i].label);
		free(m->list[i].policy);
	}
	free(m->list);
	memset(m, 0, sizeof(*m));
}

int
members_add(struct members *m, const char *zone, const char *label,
    const char *policy, struct diag *d)
{
	struct member *new;

	if (m->count == m->room) {
		const size_t room = m->room == 0 ? 64 : m->room * 2;

		if ((new = realloc(m->list, room * sizeof(*new))) == NULL)
			return diag_system(d, "members");
		m->list = new;
		m->room = room;
	}
	new = &m->list[m->count++];
	*new = (struct member){ strdup(zone), strdup(label), strdup(policy),
		false };
	if (new->zone == NULL || new->label == NULL || new->policy == NULL)
		return diag_system(d, "members");
	return 0;
}

static int
file_path(char path[PATH_MAX], const char *input, struct diag *d)
{
	const int n = snprintf(path, PATH_MAX, "%s" SUFFIX, input);

	if (n < 0 || n >= PATH_MAX)
		return diag_set(d, STATUS_USAGE, "%s: path too long", input);
	return 0;
}

/* ---- reading ---- */

static int
take_row(struct members *m, const char *line, size_t len, struct diag *d)
{
	char *copy = strndup(line, len), *rest = copy, *field[3];
	int rc = -1;

	if (copy == NULL)
		return diag_system(d, "members");
	for (size_t i = 0; i < 3; i++)
		field[i] = strsep(&rest, "\t");
	if (field[2] == NULL || rest != NULL || strlen(copy) == 0)
		diag_set(d, STATUS_BAD, "not a row of three fields");
	else
		rc = members_add(m, field[0], field[1], field[2], d);
	free(copy);
	return rc;
}

/* Heading, rows, and an end that counts them: else some are missing. */
static int
take_lines(struct members *m, struct stream_in *in, const char *catalog,
    struct diag *d)
{
	const size_t end_len = sizeof(END) - 1;
	const char *line;
	uint64_t count;
	size_t len;
	int rc;

	while ((rc = stream_in_line(in, &line, &len, d)) == 1) {
		const uint64_t at = stream_in_lines(in);

		if (at == 1 &&
		    (len != sizeof(HEAD) - 1 + strlen(catalog) ||
			memcmp(line, HEAD, sizeof(HEAD) - 1) != 0 ||
			memcmp(line + sizeof(HEAD) - 1, catalog,
			    strlen(catalog)) != 0))
			return diag_set(d, STATUS_BAD,
			    "does not begin with " HEAD "%s", catalog);
		if (at <= 2)
			continue;
		if (len > end_len && memcmp(line, END, end_len) == 0) {
			if (number_u64(line + end_len, len - end_len,
				UINT64_MAX, &count) == -1 ||
			    count != m->count)
				break;
			return 0;
		}
		if (take_row(m, line, len, d) == -1)
			return -1;
	}
	return rc == -1 ? -1 :
			  diag_set(d, STATUS_BAD,
			      "is not whole: the end is "
			      "missing or counts wrong");
}

int
members_read(
    struct members *m, const char *catalog, const char *input, struct diag *d)
{
	char path[PATH_MAX];
	struct stream_in *in;
	int fd, rc;

	memset(m, 0, sizeof(*m));
	if (file_path(path, input, d) == -1)
		return -1;
	if ((fd = open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY)) == -1)
		return errno == ENOENT ? 0 : diag_system(d, "%s", path);
	if (stream_in_open(&in, fd, path, LINE_MAX_BYTES, d) == -1) {
		(void)close(fd);
		return -1;
	}
	if ((rc = take_lines(m, in, catalog, d)) == -1) {
		if (d->status == STATUS_BAD)
			diag_prefix(d, "%s", path);
		members_free(m);
	}
	stream_in_close(in);
	return rc;
}

/* ---- writing ---- */

int
members_write(const struct members *m, const char *catalog, const char *input,
    struct diag *d)
{
	struct atomicfile *file;
	struct stream_out *out;
	char path[PATH_MAX];
	size_t count = 0;

	if (file_path(path, input, d) == -1 ||
	    atomicfile_open(&file, path, 0644, d) == -1)
		return -1;
	if (stream_out_open(&out, atomicfile_fd(file), path, d) == -1) {
		atomicfile_abandon(file);
		return -1;
	}
	stream_printf(out, HEAD "%s\n" COLUMNS "\n", catalog);
	for (size_t i = 0; i < m->count; i++) {
		const struct member *one = &m->list[i];

		if (one->gone)
			continue;
		stream_printf(
		    out, "%s\t%s\t%s\n", one->zone, one->label, one->policy);
		count++;
	}
	stream_printf(out, END "%zu\n", count);
	if (stream_finish(out, d) == -1) {
		atomicfile_abandon(file);
		return -1;
	}
	return atomicfile_commit(file, false, d);
}
