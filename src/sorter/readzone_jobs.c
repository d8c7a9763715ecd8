/* The job list of read-zone: "zone<TAB>key=value<TAB>key=value...". */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "name.h"
#include "pathlist.h"
#include "readzone.h"
#include "stream.h"

#define JOB_LINE_MAX ((size_t)64 * 1024)

/* Header keys are [a-z-]+ (zonetext(5)). */
static bool
is_key(const char *s)
{
	const size_t n = strspn(s, "abcdefghijklmnopqrstuvwxyz-");

	return n > 0 && s[n] == '\0';
}

/* The columns behind the zone's name; line is cut up. */
static int
parse_keys(char *line, struct zonetext_keys *keys, struct diag *d)
{
	char *column, *value;

	while ((column = strsep(&line, "\t")) != NULL) {
		if ((value = strchr(column, '=')) == NULL)
			return diag_set(d, STATUS_USAGE,
			    "'%.100s': not key=value (read-zone(1))", column);
		*value++ = '\0';
		if (!is_key(column) || zonetext_get(keys, column) != NULL)
			return diag_set(d, STATUS_USAGE,
			    "'%.100s': malformed or repeated key "
			    "(read-zone(1))", column);
		if (zonetext_set(keys, column, value) == -1)
			return diag_system(d, "header");
	}
	if (zonetext_get(keys, "inputs") == NULL)
		return diag_set(d, STATUS_USAGE,
		    "inputs= is missing (read-zone(1))");
	return 0;
}

/* One line.  -1: the whole run ends. */
static int
run_line(struct readzone *rz, char *line, const char *place, struct diag *d)
{
	struct readzone_job job = { 0 };
	struct pathlist paths = { NULL, 0 };
	char *name = strsep(&line, "\t"), zone[NAME_TEXT_MAX];
	int rc = -1;

	if (name_canonical(name, strlen(name), zone) == -1) {
		diag_set(d, STATUS_USAGE,
		    "%s: '%.100s' is not an absolute zone name", place, name);
		goto out;
	}
	if (parse_keys(line, &job.keys, d) == -1)
		goto refuse;
	if (pathlist_split(&paths, zonetext_get(&job.keys, "inputs")) == -1) {
		if (errno == EINVAL)
			diag_set(d, STATUS_USAGE,
			    "inputs=: not a list of paths (read-zone(1))");
		else
			diag_system(d, "inputs=");
		goto refuse;
	}
	for (size_t i = 0; i < paths.count; i++)
		if (strcmp(paths.item[i], "-") == 0) {
			diag_set(d, STATUS_USAGE,
			    "inputs=: standard input cannot be one of a list");
			goto refuse;
		}
	job.origin = zone;
	job.paths = (const char *const *)(void *)paths.item;
	job.count = paths.count;
	rc = readzone_zone(rz, &job, d);
	goto out;
refuse:
	(void)diag_prefix(d, "%s: %s", place, zone);
	readzone_refuse(rz, zone, d);
	rc = 0;
out:
	zonetext_keys_free(&job.keys);
	pathlist_free(&paths);
	return rc;
}

int
readzone_jobs(struct readzone *rz, const char *path, struct diag *d)
{
	const bool is_stdin = strcmp(path, "-") == 0;
	const char *name = is_stdin ? "stdin" : path, *text;
	const int fd =
	    is_stdin ? STDIN_FILENO : open(path, O_RDONLY | O_CLOEXEC);
	struct stream_in *in;
	size_t len;
	int rc;

	if (fd == -1)
		return diag_system(d, "%s", path);
	if (stream_in_open(&in, fd, name, JOB_LINE_MAX, d) == -1)
		return -1;
	while ((rc = stream_in_line(in, &text, &len, d)) == 1) {
		char *line = strndup(text, len), place[300];

		(void)snprintf(place, sizeof(place), "%.250s:%llu", name,
		    (unsigned long long)stream_in_lines(in));
		if (line == NULL)
			rc = diag_system(d, "%s", place);
		else if (strlen(line) != len)
			rc = diag_set(d, STATUS_USAGE, "%s: a NUL octet",
			    place);
		else
			rc = run_line(rz, line, place, d);
		free(line);
		if (rc == -1)
			break;
	}
	stream_in_close(in);
	return rc;
}
