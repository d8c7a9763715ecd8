#include <stdlib.h>
#include <string.h>

#include "zonetext_line.h"

struct zonetext_writer {
	struct stream_out *out;
	const char *name; /* the zone that is open, or NULL; the caller's */
	const struct zonetext_keys *keys;
	bool header_written;
	bool started; /* ";zonetext" was written */
	uint64_t records;
	uint32_t max_ttl;
	uint64_t zones, failed;
};

int
zonetext_writer_open(struct zonetext_writer **w, struct stream_out *out,
    struct diag *d)
{
	if ((*w = calloc(1, sizeof(**w))) == NULL)
		return diag_system(d, "zonetext");
	(*w)->out = out;
	return 0;
}

static void
start(struct zonetext_writer *w)
{
	if (w->started)
		return;
	w->started = true;
	stream_puts(w->out, MARK_STREAM ZONETEXT_VERSION "\n");
}

static void
write_keys(struct zonetext_writer *w, const struct zonetext_keys *keys)
{
	for (size_t i = 0; i < keys->count; i++) {
		stream_puts(w->out, " ");
		stream_puts(w->out, keys->list[i].key);
		stream_puts(w->out, "=");
		zonetext_encode(w->out, keys->list[i].value, false);
	}
}

static void
write_header(struct zonetext_writer *w)
{
	start(w);
	w->header_written = true;
	stream_puts(w->out, MARK_ZONE);
	stream_puts(w->out, w->name);
	if (w->keys != NULL)
		write_keys(w, w->keys);
	stream_puts(w->out, "\n");
}

void
zonetext_begin(struct zonetext_writer *w, const char *name,
    const struct zonetext_keys *keys)
{
	w->name = name;
	w->keys = keys;
	w->header_written = false;
	w->records = 0;
	w->max_ttl = 0;
}

void
zonetext_put_line(struct zonetext_writer *w, const char *line, size_t len,
    uint32_t ttl)
{
	if (!w->header_written)
		write_header(w);
	w->records++;
	if (ttl > w->max_ttl)
		w->max_ttl = ttl;
	stream_write(w->out, line, len);
	stream_write(w->out, "\n", 1);
}

void
zonetext_put_block(struct zonetext_writer *w, const char *lines, size_t len,
    uint64_t records, uint32_t max_ttl)
{
	if (!w->header_written)
		write_header(w);
	w->records += records;
	if (max_ttl > w->max_ttl)
		w->max_ttl = max_ttl;
	stream_write(w->out, lines, len);
}

void
zonetext_put(struct zonetext_writer *w, const struct zonetext_record *rec)
{
	zonetext_put_line(w, rec->line, rec->line_len, rec->ttl);
}

void
zonetext_end(struct zonetext_writer *w, const struct zonetext_keys *counts)
{
	if (!w->header_written)
		write_header(w);
	stream_printf(w->out, MARK_END "%s records=%llu max-ttl=%u", w->name,
	    (unsigned long long)w->records, w->max_ttl);
	if (counts != NULL)
		write_keys(w, counts);
	stream_puts(w->out, "\n");
	w->zones++;
	w->name = NULL;
}

void
zonetext_fail(struct zonetext_writer *w, const char *zone, enum status status,
    const char *reason)
{
	if (w->name == NULL)
		zonetext_begin(w, zone, NULL);
	if (!w->header_written)
		write_header(w);
	stream_printf(w->out, MARK_FAIL "%s %d ", zone, (int)status);
	zonetext_encode(w->out, *reason != '\0' ? reason : "unknown", true);
	stream_puts(w->out, "\n");
	w->zones++;
	w->failed++;
	w->name = NULL;
}

uint64_t
zonetext_records(const struct zonetext_writer *w)
{
	return w->records;
}

uint32_t
zonetext_max_ttl(const struct zonetext_writer *w)
{
	return w->max_ttl;
}

uint64_t
zonetext_zones_good(const struct zonetext_writer *w)
{
	return w->zones - w->failed;
}

int
zonetext_done(struct zonetext_writer *w, struct diag *d)
{
	start(w);
	stream_printf(w->out, MARK_DONE "zones=%llu failed=%llu\n",
	    (unsigned long long)w->zones, (unsigned long long)w->failed);
	return stream_flush(w->out, d);
}

void
zonetext_writer_free(struct zonetext_writer *w)
{
	free(w);
}

struct stream_out *
zonetext_stream(struct zonetext_writer *w)
{
	return w->out;
}
