#include <stdlib.h>
#include <string.h>

#include "jobline.h"
#include "number.h"
#include "percent.h"

#define COLUMNS 9

static bool
is_plain(unsigned char c)
{
	return c >= 0x20 && c < 0x7f && c != '%';
}

/* A field as a string of its own; NULL: malformed, or no memory. */
static char *
decode(const char *s, size_t len)
{
	char *text = malloc(len + 1);

	if (len == 1 && *s == '-')
		len = 0;
	if (text != NULL && percent_decode(s, len, NULL, text) == -1) {
		free(text);
		return NULL;
	}
	return text;
}

static int
take_fact(const char *s, size_t len, struct jobline *out)
{
	const char *equals = memchr(s, '=', len);
	char *key, *value;
	int rc = -1;

	if (equals == NULL)
		return -1;
	key = decode(s, (size_t)(equals - s));
	value = decode(equals + 1, len - (size_t)(equals - s) - 1);
	if (key != NULL && value != NULL)
		rc = zonetext_set(&out->facts, key, value);
	free(key);
	free(value);
	return rc;
}

int
jobline_parse(const char *line, size_t len, struct jobline *out,
    struct diag *d)
{
	char **const texts[COLUMNS] = { &out->zone, &out->file, &out->serial,
		&out->records, &out->made, &out->kept, &out->changed, NULL,
		&out->reason };
	const char *end = line + len;
	uint16_t status;
	size_t column = 0;

	memset(out, 0, sizeof(*out));
	for (const char *s = line; s <= end; column++) {
		const char *tab = memchr(s, '\t', (size_t)(end - s));
		const size_t n = (size_t)((tab != NULL ? tab : end) - s);
		int rc = 0;

		if (column >= COLUMNS)
			rc = take_fact(s, n, out);
		else if (texts[column] == NULL)
			rc = number_u16(s, n, STATUS_SYSTEM, &status);
		else if ((*texts[column] = decode(s, n)) == NULL)
			rc = -1;
		if (rc == -1) {
			jobline_free(out);
			return diag_set(d, STATUS_BAD,
			    "column %zu of a job line is malformed "
			    "(write-zones(1))",
			    column + 1);
		}
		s += n + 1;
	}
	if (column < COLUMNS || *out->zone == '\0') {
		jobline_free(out);
		return diag_set(d, STATUS_BAD,
		    "not a job line: fewer than %d columns, or no zone "
		    "(write-zones(1))",
		    COLUMNS);
	}
	out->status = (enum status)status;
	return 0;
}

static void
encode(const char *text, struct stream_out *out)
{
	if (text == NULL || *text == '\0')
		stream_puts(out, "-");
	else
		percent_encode(out, text, is_plain);
}

void
jobline_write(const struct jobline *job, struct stream_out *out)
{
	const char *const texts[COLUMNS - 2] = { job->zone, job->file,
		job->serial, job->records, job->made, job->kept,
		job->changed };

	for (size_t i = 0; i < COLUMNS - 2; i++) {
		encode(texts[i], out);
		stream_puts(out, "\t");
	}
	stream_printf(out, "%d\t", (int)job->status);
	encode(job->reason, out);
	for (size_t i = 0; i < job->facts.count; i++) {
		stream_puts(out, "\t");
		encode(job->facts.list[i].key, out);
		stream_puts(out, "=");
		encode(job->facts.list[i].value, out);
	}
	stream_puts(out, "\n");
}

int
jobline_judge(struct jobline *job, enum status status, const char *reason)
{
	char *copy = strdup(reason);

	if (copy == NULL)
		return -1;
	free(job->reason);
	job->reason = copy;
	job->status = status;
	return 0;
}

void
jobline_free(struct jobline *job)
{
	free(job->zone);
	free(job->file);
	free(job->serial);
	free(job->records);
	free(job->made);
	free(job->kept);
	free(job->changed);
	free(job->reason);
	zonetext_keys_free(&job->facts);
	memset(job, 0, sizeof(*job));
}
