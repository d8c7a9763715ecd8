#include <errno.h>
#include <string.h>
#include <sys/uio.h>
#include <unistd.h>

#include "report.h"
#include "work.h"

struct worker {
	const struct worker_setup *setup;
	struct work *work;
	struct text in; /* read ahead; the request stands at at */
	size_t at;
	const char *bytes; /* the request's, in there */
	size_t len;
	struct text lines;
	struct diag refused; /* unless STATUS_OK, why the zone did not begin */
	size_t open; /* keys of the ring that the parent knows of */
};

#define READ_AHEAD 65536

/* Have so many octets from at on; -1: the parent is gone, or no memory. */
static int
read_ahead(struct worker *w, size_t need)
{
	struct diag d;

	if (w->in.len - w->at >= need)
		return 0;
	if (w->at > 0)
		memmove(w->in.bytes, w->in.bytes + w->at, w->in.len - w->at);
	w->in.len -= w->at;
	w->at = 0;
	if (text_reserve(&w->in, need > READ_AHEAD ? need : READ_AHEAD, &d) ==
	    -1)
		return -1;
	while (w->in.len < need) {
		const ssize_t n = read(w->setup->socket,
		    w->in.bytes + w->in.len, w->in.size - w->in.len);

		if (n == -1 && errno == EINTR)
			continue;
		if (n <= 0)
			return -1;
		w->in.len += (size_t)n;
	}
	return 0;
}

/* Both, by one call where the socket takes them. */
static int
write_both(int fd, const void *head, size_t head_len, const void *bytes,
    size_t len)
{
	struct iovec part[2] = { { (void *)(uintptr_t)head, head_len },
		{ (void *)(uintptr_t)bytes, len } };

	for (int i = 0; i < 2;) {
		ssize_t n = writev(fd, part + i, 2 - i);

		if (n == -1 && errno == EINTR)
			continue;
		if (n == -1)
			return -1;
		for (; i < 2 && (size_t)n >= part[i].iov_len; i++)
			n -= (ssize_t)part[i].iov_len;
		if (i < 2) {
			part[i].iov_base = (char *)part[i].iov_base + n;
			part[i].iov_len -= (size_t)n;
		}
	}
	return 0;
}

static int
answer(struct worker *w, enum status status, const void *bytes, size_t len)
{
	const struct reply head = { status, (uint32_t)len };

	return write_both(w->setup->socket, &head, sizeof(head), bytes, len);
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

	memcpy(&count, w->bytes, sizeof(count));
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

	for (size_t at = 0; at < w->len; at += sizeof(want)) {
		memcpy(&want, w->bytes + at, sizeof(want));
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
send_outcome(struct worker *w, struct outcome *o)
{
	o->len = (uint32_t)w->lines.len;
	return write_both(w->setup->socket, o, sizeof(*o), w->lines.bytes,
	    w->lines.len);
}

static int
send_failure(struct worker *w, const struct diag *d)
{
	struct outcome o = { .status = d->status };
	struct diag ours;

	w->lines.len = 0;
	if (text_append(&w->lines, d->text, strlen(d->text) + 1, &ours) == -1)
		return -1;
	return send_outcome(w, &o);
}

static int
do_zone(struct worker *w)
{
	struct outcome o = { 0 };
	struct zone_request zone;

	memcpy(&zone, w->bytes, w->len);
	if (zone.keys.count > ZONE_KEYS_MAX ||
	    w->len != zone_request_size(&zone))
		return -1;
	w->refused.status = STATUS_OK;
	if (work_zone(w->work, &zone, &w->refused) == -1)
		return send_failure(w, &w->refused);
	w->lines.len = 0;
	return send_outcome(w, &o);
}

static int
do_batch(struct worker *w)
{
	struct outcome o = { 0 };
	struct diag d;

	if (w->refused.status != STATUS_OK)
		return send_failure(w, &w->refused);
	if (work_batch(w->work, w->bytes, w->len, &w->lines, &o, &d) == -1)
		return send_failure(w, &d);
	return send_outcome(w, &o);
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
	while (read_ahead(&w, sizeof(r)) == 0) {
		memcpy(&r, w.in.bytes + w.at, sizeof(r));
		w.at += sizeof(r);
		if (read_ahead(&w, r.len) == -1) {
			status = STATUS_SYSTEM;
			break;
		}
		w.bytes = w.in.bytes + w.at;
		w.len = r.len;
		if (serve_one(&w, &r) == -1) {
			/* The parent is gone: there is nobody to tell. */
			status = STATUS_SYSTEM;
			break;
		}
		w.at += r.len;
	}
out:
	work_free(w.work);
	text_free(&w.in);
	text_free(&w.lines);
	keyring_close(setup->ring);
	return status;
}
