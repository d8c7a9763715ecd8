#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "report.h"
#include "work.h"

struct worker {
	const struct worker_setup *setup;
	struct work *work;
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
do_want(struct worker *w)
{
	struct want want;
	struct diag d;
	size_t index;

	memcpy(&want, w->request.bytes, sizeof(want));
	if (keyring_want_id(w->setup->ring,
		&w->setup->repositories->item[want.repository], want.locator,
		want.algorithm, &index, &d) == -1)
		return answer_diag(w, &d);
	return answer(w, STATUS_OK, NULL, 0);
}

static int
do_forget(struct worker *w)
{
	uint32_t count;

	memcpy(&count, w->request.bytes, sizeof(count));
	keyring_forget(w->setup->ring, count);
	return answer(w, STATUS_OK, NULL, 0);
}

/* Open what is wanted, and tell the parent the public half of each key. */
static int
do_open(struct worker *w)
{
	const size_t count = keyring_count(w->setup->ring);
	struct key_fact *facts;
	struct diag d;
	int rc;

	if (keyring_open(w->setup->ring, &d) == -1)
		return answer_diag(w, &d);
	if ((facts = calloc(count + 1, sizeof(*facts))) == NULL) {
		diag_system(&d, "%zu keys", count);
		return answer_diag(w, &d);
	}
	for (size_t i = 0; i < count; i++) {
		const struct key *key = keyring_key(w->setup->ring, i);
		size_t size;
		const uint8_t *pub = key_public(key, &size);

		facts[i].algorithm = key_algorithm(key)->number;
		facts[i].pub_size = (uint32_t)size;
		memcpy(facts[i].pub, pub, size);
	}
	rc = answer(w, STATUS_OK, facts, count * sizeof(*facts));
	free(facts);
	return rc;
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
	case REQUEST_WANT:
		return r->len == sizeof(struct want) ? do_want(w) : -1;
	case REQUEST_FORGET:
		return r->len == sizeof(uint32_t) ? do_forget(w) : -1;
	case REQUEST_OPEN:
		return do_open(w);
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
