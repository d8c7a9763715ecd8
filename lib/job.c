#include <stdlib.h>
#include <string.h>

#include "job.h"
#include "number.h"
#include "zonetext_line.h"

/* ---- fields ---- */

struct fields {
	const char *at, *end; /* at is NULL behind the last field */
};

/* The next field; false: there is none. */
static bool
next_field(struct fields *f, const char **field, size_t *len)
{
	const char *tab;

	if (f->at == NULL)
		return false;
	tab = memchr(f->at, '\t', (size_t)(f->end - f->at));
	*field = f->at;
	*len = (size_t)((tab == NULL ? f->end : tab) - f->at);
	f->at = tab == NULL ? NULL : tab + 1;
	return true;
}

/* malloc'd, NULL for "-". */
static int
take_text(struct fields *f, char **to)
{
	const char *field;
	size_t len;

	if (!next_field(f, &field, &len) || len == 0)
		return -1;
	if (len == 1 && *field == '-')
		return 0;
	if ((*to = malloc(len + 1)) == NULL)
		return -1;
	return zonetext_decode(field, len, true, *to);
}

static int
take_number(struct fields *f, uint64_t max, uint64_t *to)
{
	const char *field;
	size_t len;

	if (!next_field(f, &field, &len))
		return -1;
	return number_u64(field, len, max, to);
}

static bool
is_key(const char *s, size_t len)
{
	for (size_t i = 0; i < len; i++)
		if ((s[i] < 'a' || s[i] > 'z') && s[i] != '-' && s[i] != '.')
			return false;
	return len > 0;
}

/* The key=value fields up to the end. */
static int
take_keys(struct fields *f, struct zonetext_keys *keys)
{
	const char *field, *equals;
	size_t len;

	while (next_field(f, &field, &len)) {
		char *key = NULL, *value = NULL;
		size_t key_len;
		int rc = -1;

		equals = memchr(field, '=', len);
		key_len = equals == NULL ? 0 : (size_t)(equals - field);
		if (is_key(field, key_len) &&
		    (key = strndup(field, key_len)) != NULL &&
		    zonetext_get(keys, key) == NULL &&
		    (value = malloc(len - key_len)) != NULL &&
		    zonetext_decode(
			equals + 1, len - key_len - 1, false, value) != -1)
			rc = zonetext_set(keys, key, value);
		free(key);
		free(value);
		if (rc == -1)
			return -1;
	}
	return 0;
}

static void
put_text(struct stream_out *out, const char *text)
{
	if (text == NULL || *text == '\0')
		stream_puts(out, "-");
	else if (strcmp(text, "-") == 0)
		stream_puts(out, "%2D");
	else
		zonetext_encode(out, text, true);
}

static void
put_keys(struct stream_out *out, const struct zonetext_keys *keys)
{
	for (size_t i = 0; i < keys->count; i++) {
		stream_puts(out, "\t");
		stream_puts(out, keys->list[i].key);
		stream_puts(out, "=");
		zonetext_encode(out, keys->list[i].value, false);
	}
	stream_puts(out, "\n");
}

/* ---- to do ---- */

void
job_clear(struct job *job)
{
	free(job->zone);
	zonetext_keys_free(&job->keys);
	memset(job, 0, sizeof(*job));
}

void
job_write(const struct job *job, struct stream_out *out)
{
	stream_puts(out, job->zone);
	for (size_t i = 0; i < job->keys.count; i++) {
		stream_puts(out, "\t");
		stream_puts(out, job->keys.list[i].key);
		stream_puts(out, "=");
		stream_puts(out, job->keys.list[i].value);
	}
	stream_puts(out, "\n");
}

/* ---- done ---- */

void
job_result_clear(struct job_result *r)
{
	free(r->zone);
	free(r->file);
	free(r->reason);
	zonetext_keys_free(&r->facts);
	memset(r, 0, sizeof(*r));
}

int
job_result_parse(
    struct job_result *r, const char *line, size_t len, struct diag *d)
{
	struct fields f = { line, line + len };
	uint64_t serial = 0, status = 0;

	memset(r, 0, sizeof(*r));
	if (take_text(&f, &r->zone) == -1 || r->zone == NULL ||
	    take_text(&f, &r->file) == -1 ||
	    take_number(&f, UINT32_MAX, &serial) == -1 ||
	    take_number(&f, UINT64_MAX, &r->records) == -1 ||
	    take_number(&f, UINT64_MAX, &r->signed_) == -1 ||
	    take_number(&f, UINT64_MAX, &r->kept) == -1 ||
	    take_number(&f, UINT64_MAX, &r->changed) == -1 ||
	    take_number(&f, STATUS_SYSTEM, &status) == -1 ||
	    take_text(&f, &r->reason) == -1 || take_keys(&f, &r->facts) == -1)
		return diag_set(d, STATUS_BAD,
		    "not a job line: zone, file, "
		    "serial, records, signed, kept, changed, status, reason, "
		    "then key=value, with single tabs (jobs(5))");
	r->serial = (uint32_t)serial;
	r->status = (enum status)status;
	return 0;
}

void
job_result_write(const struct job_result *r, struct stream_out *out)
{
	put_text(out, r->zone);
	stream_puts(out, "\t");
	put_text(out, r->file);
	stream_printf(out, "\t%u\t%llu\t%llu\t%llu\t%llu\t%d\t", r->serial,
	    (unsigned long long)r->records, (unsigned long long)r->signed_,
	    (unsigned long long)r->kept, (unsigned long long)r->changed,
	    (int)r->status);
	put_text(out, r->reason);
	put_keys(out, &r->facts);
}
