#include <inttypes.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>

#include "atomicfile.h"
#include "metrics.h"
#include "stream.h"

struct figures {
	char *zone;
	bool valid;
	uint64_t value[6];
	int64_t earliest;
	uint64_t life[LIFE_BUCKETS];
};

struct metrics {
	pthread_mutex_t lock; /* of metrics_add() */
	struct figures *row;
	size_t rows, size;
};

static const struct {
	const char *name, *help;
} values[6] = {
	{ "errors", "findings that make the zone bad" },
	{ "warnings", "findings that do not" },
	{ "records", "records of the zone" },
	{ "signatures_verified", "signatures verified" },
	{ "signatures_kept", "signatures taken over from the last audit" },
	{ "serial", "serial of the SOA" },
};

static const unsigned life_seconds[LIFE_BUCKETS - 1] = { 0, 3600, 86400,
	3 * 86400, 7 * 86400, 14 * 86400, 30 * 86400 };

struct metrics *
metrics_new(void)
{
	struct metrics *m = calloc(1, sizeof(*m));

	if (m != NULL)
		(void)pthread_mutex_init(&m->lock, NULL);
	return m;
}

void
metrics_free(struct metrics *m)
{
	if (m == NULL)
		return;
	for (size_t i = 0; i < m->rows; i++)
		free(m->row[i].zone);
	free(m->row);
	(void)pthread_mutex_destroy(&m->lock);
	free(m);
}

static int
add(struct metrics *m, const struct verdict *v,
    const struct zone *zone, const struct stats *s, struct diag *d)
{
	char name[WNAME_TEXT_MAX];
	struct figures *r;

	if (m->rows == m->size) {
		const size_t want = m->size == 0 ? 16 : m->size * 2;
		struct figures *grown = realloc(m->row, want * sizeof(*grown));

		if (grown == NULL)
			return diag_system(d, "metrics");
		m->row = grown;
		m->size = want;
	}
	(void)wname_print(zone->apex, name);
	r = &m->row[m->rows];
	*r = (struct figures){ .zone = strdup(name),
		.valid = v->status == STATUS_OK,
		.value = { v->errors, v->warnings, s->records, s->verified,
		    s->kept, zone->serial },
		.earliest = s->earliest };
	if (r->zone == NULL)
		return diag_system(d, "metrics");
	memcpy(r->life, s->life, sizeof(r->life));
	m->rows++;
	return 0;
}

int
metrics_add(struct metrics *m, const struct verdict *v,
    const struct zone *zone, const struct stats *s, struct diag *d)
{
	int rc;

	(void)pthread_mutex_lock(&m->lock);
	rc = add(m, v, zone, s, d);
	(void)pthread_mutex_unlock(&m->lock);
	return rc;
}

/* In a label's value, backslash and quote are escaped. */
static void
put_zone(struct stream_out *out, const char *metric, const char *zone)
{
	stream_printf(out, "zonepipe_audit_%s{zone=\"", metric);
	for (; *zone != '\0'; zone++) {
		if (*zone == '\\' || *zone == '"')
			stream_write(out, "\\", 1);
		stream_write(out, zone, 1);
	}
	stream_puts(out, "\"");
}

static void
header(struct stream_out *out, const char *metric, const char *help)
{
	stream_printf(out, "# HELP zonepipe_audit_%s %s\n"
			   "# TYPE zonepipe_audit_%s gauge\n", metric, help,
	    metric);
}

static void
put_life(const struct metrics *m, struct stream_out *out)
{
	header(out, "signatures_ending",
	    "signatures that end within so many seconds");
	for (size_t i = 0; i < m->rows; i++) {
		uint64_t sum = 0;

		for (size_t k = 0; k < LIFE_BUCKETS; k++) {
			sum += m->row[i].life[k];
			put_zone(out, "signatures_ending", m->row[i].zone);
			if (k < LIFE_BUCKETS - 1)
				stream_printf(out, ",within=\"%u\"",
				    life_seconds[k]);
			else
				stream_puts(out, ",within=\"+Inf\"");
			stream_printf(out, "} %" PRIu64 "\n", sum);
		}
	}
}

static void
put_all(const struct metrics *m, struct stream_out *out, int64_t now)
{
	header(out, "time_seconds", "when the zone was judged");
	for (size_t i = 0; i < m->rows; i++) {
		put_zone(out, "time_seconds", m->row[i].zone);
		stream_printf(out, "} %" PRId64 "\n", now);
	}
	header(out, "valid", "1 if the zone has no error");
	for (size_t i = 0; i < m->rows; i++) {
		put_zone(out, "valid", m->row[i].zone);
		stream_printf(out, "} %d\n", m->row[i].valid);
	}
	for (size_t k = 0; k < sizeof(values) / sizeof(*values); k++) {
		header(out, values[k].name, values[k].help);
		for (size_t i = 0; i < m->rows; i++) {
			put_zone(out, values[k].name, m->row[i].zone);
			stream_printf(out, "} %" PRIu64 "\n",
			    m->row[i].value[k]);
		}
	}
	header(out, "earliest_expiration_seconds",
	    "when the first signature expires");
	for (size_t i = 0; i < m->rows; i++) {
		if (m->row[i].earliest == INT64_MAX)
			continue;
		put_zone(out, "earliest_expiration_seconds", m->row[i].zone);
		stream_printf(out, "} %" PRId64 "\n", m->row[i].earliest);
	}
	put_life(m, out);
}

/* Threads end in any order. */
static int
by_zone(const void *a, const void *b)
{
	return strcmp(((const struct figures *)a)->zone,
	    ((const struct figures *)b)->zone);
}

int
metrics_write(struct metrics *m, const char *path, int64_t now,
    struct diag *d)
{
	struct atomicfile *file;
	struct stream_out *out;

	if (atomicfile_open(&file, path, 0644, d) == -1)
		return -1;
	if (stream_out_open(&out, atomicfile_fd(file), path, d) == -1) {
		atomicfile_abandon(file);
		return -1;
	}
	if (m->rows > 1)
		qsort(m->row, m->rows, sizeof(*m->row), by_zone);
	put_all(m, out, now);
	if (stream_finish(out, d) == -1) {
		atomicfile_abandon(file);
		return -1;
	}
	return atomicfile_commit(file, false, d);
}
