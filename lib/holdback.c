#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "holdback.h"
#include "tempfile.h"

/* What stands before each line in the buffer and in the file. */
struct frame {
	uint32_t len;
	uint32_t ttl;
};

struct holdback {
	const char *folder;
	char *buf;
	size_t used;
	int fd;		  /* -1 until the first spill */
	uint64_t spilled; /* bytes in the file, whole frames */
	uint64_t count;
};

int
holdback_open(struct holdback **out, const char *folder, struct diag *d)
{
	struct holdback *h = calloc(1, sizeof(*h));

	if (h == NULL || (h->buf = malloc(HOLDBACK_MEMORY)) == NULL) {
		free(h);
		return diag_system(d, "held records");
	}
	h->folder = folder;
	h->fd = -1;
	*out = h;
	return 0;
}

static int
spill(struct holdback *h, struct diag *d)
{
	if (h->fd == -1 && (h->fd = tempfile_open(h->folder, d)) == -1)
		return -1;
	if (tempfile_write(h->fd, h->buf, h->used, h->spilled, d) == -1)
		return -1;
	h->spilled += h->used;
	h->used = 0;
	return 0;
}

int
holdback_put(
    struct holdback *h, const struct zonetext_record *rec, struct diag *d)
{
	/* ZONETEXT_LINE_MAX is half of the memory: it always fits. */
	const struct frame f = { (uint32_t)rec->line_len, rec->ttl };

	if (rec->line_len > HOLDBACK_MEMORY - sizeof(f))
		return diag_set(d, STATUS_BAD, "line too long to be held");
	if (h->used + sizeof(f) + rec->line_len > HOLDBACK_MEMORY &&
	    spill(h, d) == -1)
		return -1;
	memcpy(h->buf + h->used, &f, sizeof(f));
	memcpy(h->buf + h->used + sizeof(f), rec->line, rec->line_len);
	h->used += sizeof(f) + rec->line_len;
	h->count++;
	return 0;
}

/* Write the whole frames of buf[0..len); how many bytes they were. */
static size_t
write_frames(const char *buf, size_t len, struct zonetext_writer *w)
{
	size_t at = 0;

	while (len - at >= sizeof(struct frame)) {
		struct frame f;

		memcpy(&f, buf + at, sizeof(f));
		if (len - at - sizeof(f) < f.len)
			break;
		zonetext_put_line(w, buf + at + sizeof(f), f.len, f.ttl);
		at += sizeof(f) + f.len;
	}
	return at;
}

int
holdback_release(struct holdback *h, struct zonetext_writer *w, struct diag *d)
{
	uint64_t at = 0;
	size_t done;

	/* What is in memory came last: out of the way, to read the file. */
	if (h->spilled > 0 && spill(h, d) == -1)
		return -1;
	while (at < h->spilled) {
		const uint64_t left = h->spilled - at;
		const size_t want =
		    left < HOLDBACK_MEMORY ? (size_t)left : HOLDBACK_MEMORY;

		if (tempfile_read(h->fd, h->buf, want, at, d) == -1)
			return -1;
		if ((done = write_frames(h->buf, want, w)) == 0)
			return diag_set(
			    d, STATUS_SYSTEM, "spill: not what was written");
		at += done;
	}
	(void)write_frames(h->buf, h->used, w);
	holdback_clear(h);
	return 0;
}

void
holdback_clear(struct holdback *h)
{
	/* The space goes back at once; that it does not is no loss of data. */
	if (h->spilled > 0 && ftruncate(h->fd, 0) == -1) {
		(void)close(h->fd);
		h->fd = -1;
	}
	h->spilled = h->used = 0;
	h->count = 0;
}

uint64_t
holdback_count(const struct holdback *h)
{
	return h->count;
}

void
holdback_close(struct holdback *h)
{
	if (h == NULL)
		return;
	if (h->fd != -1)
		(void)close(h->fd);
	free(h->buf);
	free(h);
}
