#include <errno.h>
#include <string.h>
#include <unistd.h>

#include "report.h"
#include "work.h"

struct worker {
	const struct worker_setup *setup;
	struct work *work;
	size_t open; /* keys of the ring that the parent knows of */
	struct text request, lines;
};

static int
read_full(int fd, void *to, size_t len)
{
	char *at = to;

	while (len > 0) {
		const ssize_t n = read(fd, at, len);

		if (n == -1 && errno == EINTR)
			continue;
		if (n <= 0)
			return -1;
		at += n;
		len -= (size_t)n;
	}
	return 0;
}

static int
write_full(int fd, const void *from, size_t len)
{
	const char *at = from;

	while (len > 0) {
		const ssize_t n = write(fd, at, len);

		if (n == -1 && errno == EINTR)
			continue;
		if (n == -1)
			return -1;
		at += n;
		len -= (size_t)n;
	}
	return 0;
}

static int
answer(struct worker *w, enum status status, const void *bytes, size_t len)
{
	const struct reply head = { status, (uint32_t)len };

	if (write_full(w->setup->socket, &head, sizeof(head)) == -1)
		return -1;
	return write_full(w->setup->socket, bytes, len);
}

static int
answer_diag(struct worker *w, const struct diag *d)
{
	return answer(w, d->status, d->text, strlen(d->text) + 1);
}

static int
do_forget(struct worker *w)
{
	uint32_t count;

	memcpy(&count, w->request.bytes, sizeof(count));
	work_forget(w->work, count);
	keyring_forget(w->setup->ring, count);
	if (w->open > count)
		w->open = count;
	return answer(w, STATUS_OK, NULL, 0);
}

static int
want_all(struct worker *w, struct diag *d)
{
	struct want want;
	size_t index;

	for (size_t at = 0; at < w->request.len; at += sizeof(want)) {
		memcpy(&want, w->request.bytes + at, sizeof(want));
		if (keyring_want_id(w->setup->ring,
			&w->setup->repositories->item[want.repository],
			want.locator, want.algorithm, &index, d) == -1)
			return -1;
	}
	return 0;
}

/* Open what is wanted, and tell the parent the public half of each new key. */
static int
do_open(struct worker *w)
{
	struct key_fact fact = { .pub_size = 0 };
	struct diag d;
	size_t size, count;

	if (want_all(w, &d) == -1 || keyring_open(w->setup->ring, &d) == -1)
		return answer_diag(w, &d);
	count = keyring_count(w->setup->ring);
	w->lines.len = 0;
	for (size_t i = w->open; i < count; i++) {
		const struct key *key = keyring_key(w->setup->ring, i);
		const uint8_t *pub = key_public(key, &size);

		fact.algorithm = key_algorithm(key)->number;
		fact.pub_size = (uint32_t)size;
		memcpy(fact.pub, pub, size);
		if (text_append(&w->lines, &fact, sizeof(fact), &d) == -1)
			return answer_diag(w, &d);
	}
	w->open = count;
	return answer(w, STATUS_OK, w->lines.bytes, w->lines.len);
}

static int
do_zone(struct worker *w)
{
	struct zone_request zone;
	struct diag d;

	memcpy(&zone, w->request.bytes, w->request.len);
	if (zone.keys.count > ZONE_KEYS_MAX ||
	    w->request.len != zone_request_size(&zone))
		return -1;
	if (work_zone(w->work, &zone, &d) == -1)
		return answer_diag(w, &d);
	return answer(w, STATUS_OK, NULL, 0);
}

static int
do_batch(struct worker *w)
{
	struct outcome o = { 0 };
	struct diag d;

	if (work_batch(w->work, w->request.bytes, w->request.len, &w->lines,
		&o, &d) == -1) {
		o.status = d.status;
		w->lines.len = 0;
		if (text_append(&w->lines, d.text, strlen(d.text) + 1, &d) ==
		    -1)
			return -1;
	}
	o.len = (uint32_t)w->lines.len;
	if (write_full(w->setup->socket, &o, sizeof(o)) == -1)
		return -1;
	return write_full(w->setup->socket, w->lines.bytes, w->lines.len);
}

static int
serve_one(struct worker *w, const struct request *r)
{
	switch (r->kind) {
	case REQUEST_OPEN:
		return r->len % sizeof(struct want) == 0 ? do_open(w) : -1;
	case REQUEST_FORGET:
		return r->len == sizeof(uint32_t) ? do_forget(w) : -1;
	case REQUEST_ZONE:
		return r->len >= offsetof(struct zone_request, keys.key) &&
			r->len <= sizeof(struct zone_request) ? do_zone(w) : -1;
	case REQUEST_BATCH:
		return do_batch(w);
	}
	return -1;
}

int
worker_run(const struct worker_setup *setup)
{
	struct worker w = { .setup = setup };
	struct request r;
	struct diag d;
	int status = STATUS_SYSTEM;

	if (work_new(&w.work, setup->ring, &d) == -1) {
		status = report_diag(&d);
		goto out;
	}
	status = STATUS_OK;
	while (read_full(setup->socket, &r, sizeof(r)) == 0) {
		w.request.len = 0;
		if (r.len > w.request.size &&
		    text_reserve(&w.request, r.len, &d) == -1) {
			status = report_diag(&d);
			break;
		}
		w.request.len = r.len;
		if (read_full(setup->socket, w.request.bytes, r.len) == -1 ||
		    serve_one(&w, &r) == -1) {
			/* The parent is gone: there is nobody to tell. */
			status = STATUS_SYSTEM;
			break;
		}
	}
out:
	work_free(w.work);
	text_free(&w.request);
	text_free(&w.lines);
	keyring_close(setup->ring);
	return status;
}
