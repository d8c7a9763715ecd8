#include <errno.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include "pool.h"

#define WORKERS_MAX 64
#define IN_FLIGHT   3 /* batches to a worker: one signed, two on their way */

/* One batch in the order of the stream. */
struct slot {
	struct text request; /* what goes out; a local one is written as it is */
	size_t sent;
	struct outcome outcome;
	struct text reply;
	size_t received; /* of outcome and reply together */
	int worker;	 /* -1: no work, nothing to wait for */
	bool ready;
};

struct worker_link {
	pid_t pid;
	int fd;
	unsigned in_flight;
};

struct pool {
	struct worker_link worker[WORKERS_MAX];
	unsigned workers;
	struct text message; /* asked or answered */
	struct slot *slot; /* a ring of slots */
	size_t slots, first, used;
};

static struct slot *
slot_at(struct pool *p, size_t n)
{
	return &p->slot[(p->first + n) % p->slots];
}

static int
died(const struct pool *p, unsigned worker, struct diag *d)
{
	return diag_set(d, STATUS_SYSTEM,
	    "signing process %d went away before its work was done",
	    (int)p->worker[worker].pid);
}

static int
start_worker(struct pool *p, const struct worker_setup *setup, struct diag *d)
{
	struct worker_setup mine = *setup;
	int fd[2];
	pid_t pid;

	if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, fd) == -1)
		return diag_system(d, "signing process");
	if ((pid = fork()) == -1) {
		(void)close(fd[0]);
		(void)close(fd[1]);
		return diag_system(d, "signing process");
	}
	if (pid == 0) {
		/* Another worker's socket here would keep it from its end. */
		for (unsigned i = 0; i < p->workers; i++)
			(void)close(p->worker[i].fd);
		(void)close(fd[0]);
		(void)close(STDIN_FILENO);
		(void)close(STDOUT_FILENO);
		mine.socket = fd[1];
		_exit(worker_run(&mine));
	}
	(void)close(fd[1]);
	p->worker[p->workers].pid = pid;
	p->worker[p->workers].fd = fd[0];
	p->workers++;
	return 0;
}

int
pool_start(struct pool **out, unsigned workers,
    const struct worker_setup *setup, struct diag *d)
{
	struct pool *p;

	if (workers > WORKERS_MAX)
		workers = WORKERS_MAX;
	if ((p = calloc(1, sizeof(*p))) == NULL)
		return diag_system(d, "signing processes");
	p->slots = (size_t)workers * IN_FLIGHT + 1;
	if ((p->slot = calloc(p->slots, sizeof(*p->slot))) == NULL) {
		free(p);
		return diag_system(d, "signing processes");
	}
	for (unsigned i = 0; i < workers; i++) {
		if (start_worker(p, setup, d) == -1) {
			(void)pool_stop(p, NULL);
			return -1;
		}
	}
	*out = p;
	return 0;
}

/* --- asking: blocking, one after the other -------------------------------- */

/* A whole message by one call, where the socket takes it. */
static int
put_message(struct text *to, enum request_kind kind, const void *bytes,
    size_t len, struct diag *d)
{
	const struct request head = { kind, (uint32_t)len };

	to->len = 0;
	if (text_append(to, &head, sizeof(head), d) == -1)
		return -1;
	return text_append(to, bytes, len, d);
}

static int
send_all(int fd, const struct text *t)
{
	size_t done = 0;

	while (done < t->len) {
		const ssize_t n = send(fd, t->bytes + done, t->len - done,
		    MSG_NOSIGNAL);

		if (n == -1 && errno == EINTR)
			continue;
		if (n <= 0)
			return -1;
		done += (size_t)n;
	}
	return 0;
}

#define ANSWER_AHEAD 4096

/* Nothing but the answer is on its way: what comes along is its. */
static int
receive_answer(struct pool *p, unsigned i, struct reply *head, struct diag *d)
{
	struct text *t = &p->message;
	size_t want = sizeof(*head);

	t->len = 0;
	if (text_reserve(t, ANSWER_AHEAD, d) == -1)
		return -1;
	while (t->len < want) {
		const ssize_t n = recv(p->worker[i].fd, t->bytes + t->len,
		    t->size - t->len, 0);

		if (n == -1 && errno == EINTR)
			continue;
		if (n <= 0)
			return died(p, i, d);
		t->len += (size_t)n;
		if (t->len < sizeof(*head))
			continue;
		memcpy(head, t->bytes, sizeof(*head));
		want = sizeof(*head) + head->len;
		if (text_reserve(t, want, d) == -1)
			return -1;
	}
	return 0;
}

static int
take_answer(struct pool *p, unsigned i, void *facts, size_t facts_len,
    struct diag *d)
{
	const char *bytes;
	struct reply head;

	if (receive_answer(p, i, &head, d) == -1)
		return -1;
	bytes = p->message.bytes + sizeof(head);
	if (head.status != STATUS_OK)
		return diag_set(d, (enum status)head.status, "%.*s",
		    (int)head.len, bytes);
	if (facts != NULL && i == 0 && head.len <= facts_len)
		memcpy(facts, bytes, head.len);
	return 0;
}

int
pool_ask(struct pool *p, enum request_kind kind, const void *bytes, size_t len,
    void *facts, size_t facts_len, struct diag *d)
{
	struct diag first_bad;
	int rc = 0;

	if (put_message(&p->message, kind, bytes, len, d) == -1)
		return -1;
	/* All are asked before the first answer is awaited: stores open slowly. */
	for (unsigned i = 0; i < p->workers; i++)
		if (send_all(p->worker[i].fd, &p->message) == -1)
			return died(p, i, d);
	for (unsigned i = 0; i < p->workers; i++)
		if (take_answer(p, i, facts, facts_len,
			rc == 0 ? &first_bad : NULL) == -1)
			rc = -1;
	if (rc == -1 && d != NULL)
		*d = first_bad;
	return rc;
}

/* --- batches: non-blocking both ways ------------------------------------- */

/* The first slot of worker that still has octets to send, or NULL. */
static struct slot *
sending(struct pool *p, unsigned worker)
{
	for (size_t n = 0; n < p->used; n++) {
		struct slot *s = slot_at(p, n);

		if (s->worker == (int)worker && s->sent < s->request.len)
			return s;
	}
	return NULL;
}

/* The first slot of worker whose answer is not whole, or NULL. */
static struct slot *
receiving(struct pool *p, unsigned worker)
{
	for (size_t n = 0; n < p->used; n++) {
		struct slot *s = slot_at(p, n);

		if (s->worker == (int)worker && !s->ready)
			return s;
	}
	return NULL;
}

static int
send_some(struct pool *p, unsigned worker, struct diag *d)
{
	struct slot *s;

	while ((s = sending(p, worker)) != NULL) {
		const ssize_t n = send(p->worker[worker].fd,
		    s->request.bytes + s->sent, s->request.len - s->sent,
		    MSG_NOSIGNAL | MSG_DONTWAIT);

		if (n == -1 && (errno == EAGAIN || errno == EINTR))
			return 0;
		if (n == -1)
			return died(p, worker, d);
		s->sent += (size_t)n;
	}
	return 0;
}

static int
receive_some(struct pool *p, unsigned worker, struct diag *d)
{
	struct slot *s;

	while ((s = receiving(p, worker)) != NULL) {
		const size_t head = sizeof(s->outcome);
		size_t want;
		ssize_t n;
		char *to;

		if (s->received < head) {
			to = (char *)&s->outcome + s->received;
			want = head - s->received;
		} else {
			to = s->reply.bytes + (s->received - head);
			want = s->outcome.len - (s->received - head);
		}
		n = want == 0 ? 0 : recv(p->worker[worker].fd, to, want,
					MSG_DONTWAIT);
		if (n == -1 && (errno == EAGAIN || errno == EINTR))
			return 0;
		if (n == -1 || (n == 0 && want > 0))
			return died(p, worker, d);
		s->received += (size_t)n;
		if (s->received == head &&
		    text_reserve(&s->reply, s->outcome.len + 1, d) == -1)
			return -1;
		if (s->received >= head &&
		    s->received == head + s->outcome.len) {
			s->reply.len = s->outcome.len;
			s->ready = true;
			p->worker[worker].in_flight--;
		}
	}
	return 0;
}

/* Move octets both ways; wait for some if asked to. */
static int
exchange(struct pool *p, bool wait, struct diag *d)
{
	struct pollfd fds[WORKERS_MAX];
	int n;

	for (unsigned i = 0; i < p->workers; i++) {
		fds[i].fd = p->worker[i].fd;
		fds[i].events = POLLIN;
		if (sending(p, i) != NULL)
			fds[i].events |= POLLOUT;
	}
	do {
		n = poll(fds, p->workers, wait ? -1 : 0);
	} while (n == -1 && errno == EINTR);
	if (n == -1)
		return diag_system(d, "signing processes");
	for (unsigned i = 0; i < p->workers; i++) {
		if ((fds[i].revents & POLLOUT) != 0 &&
		    send_some(p, i, d) == -1)
			return -1;
		if ((fds[i].revents & (POLLIN | POLLHUP | POLLERR)) != 0) {
			if (receiving(p, i) == NULL)
				return died(p, i, d);
			if (receive_some(p, i, d) == -1)
				return -1;
		}
	}
	return 0;
}

/* A slot without work: the text and the kept signatures, as they are. */
static void
write_local(struct slot *s, struct zonetext_writer *w, struct outcome *total)
{
	struct batch_walk walk = { s->request.bytes, s->request.len };
	struct outcome o = { 0 };
	struct item head;
	const char *text, *sigs;

	while (batch_next(&walk, &head, &text, &sigs)) {
		outcome_count(&o, &head);
		zonetext_put_block(w, text, head.text_len + head.sigs_len,
		    head.records + head.sig_records,
		    head.ttl > head.sig_max_ttl ? head.ttl : head.sig_max_ttl);
	}
	outcome_add(total, &o);
}

static int
write_slot(struct slot *s, struct zonetext_writer *w, struct outcome *total,
    struct diag *d)
{
	if (s->worker == -1) {
		write_local(s, w, total);
		return 0;
	}
	if (s->outcome.status != STATUS_OK) {
		s->reply.bytes[s->reply.len] = '\0';
		return diag_set(d, (enum status)s->outcome.status, "%s",
		    s->reply.bytes);
	}
	if (s->reply.len == 0) /* a zone began */
		return 0;
	zonetext_put_block(w, s->reply.bytes, s->reply.len, s->outcome.records,
	    s->outcome.max_ttl);
	outcome_add(total, &s->outcome);
	return 0;
}

static void
pop_slot(struct pool *p)
{
	p->first = (p->first + 1) % p->slots;
	p->used--;
}

static int
write_ready(struct pool *p, struct zonetext_writer *w, struct outcome *total,
    struct diag *d)
{
	while (p->used > 0 && slot_at(p, 0)->ready) {
		const int rc = write_slot(slot_at(p, 0), w, total, d);

		pop_slot(p);
		if (rc == -1)
			return -1;
	}
	return 0;
}

/* The least busy worker that can take another batch, or -1. */
static int
free_worker(const struct pool *p)
{
	int best = -1;

	for (unsigned i = 0; i < p->workers; i++)
		if (p->worker[i].in_flight < IN_FLIGHT &&
		    (best == -1 ||
			p->worker[i].in_flight < p->worker[best].in_flight))
			best = (int)i;
	return best;
}

static struct slot *
new_slot(struct pool *p, int worker)
{
	struct slot *s = slot_at(p, p->used++);

	s->worker = worker;
	s->ready = worker == -1;
	s->sent = s->received = 0;
	return s;
}

int
pool_zone(struct pool *p, const void *request, size_t len, struct diag *d)
{
	for (unsigned i = 0; i < p->workers; i++) {
		struct slot *s = new_slot(p, (int)i);

		p->worker[i].in_flight++;
		if (put_message(&s->request, REQUEST_ZONE, request, len, d) ==
		    -1)
			return -1;
	}
	return exchange(p, false, d);
}

int
pool_submit(struct pool *p, struct batch *b, struct zonetext_writer *w,
    struct outcome *total, struct diag *d)
{
	struct slot *s;
	int worker = -1;

	if (b->bytes.len == 0)
		return 0;
	while (p->used == p->slots ||
	    (b->work && (worker = free_worker(p)) == -1)) {
		if (exchange(p, true, d) == -1 ||
		    write_ready(p, w, total, d) == -1)
			return -1;
	}
	s = new_slot(p, worker);
	if (b->work) {
		p->worker[worker].in_flight++;
		if (put_message(&s->request, REQUEST_BATCH, b->bytes.bytes,
			b->bytes.len, d) == -1)
			return -1;
	} else {
		const struct text spare = s->request;

		s->request = b->bytes;
		b->bytes = spare;
	}
	b->bytes.len = 0;
	b->work = false;
	if (p->used > 1 || worker != -1) {
		if (exchange(p, false, d) == -1)
			return -1;
	}
	return write_ready(p, w, total, d);
}

int
pool_drain(struct pool *p, struct zonetext_writer *w, struct outcome *total,
    struct diag *d)
{
	while (p->used > 0) {
		if (!slot_at(p, 0)->ready && exchange(p, true, d) == -1)
			return -1;
		if (write_ready(p, w, total, d) == -1)
			return -1;
	}
	return 0;
}

int
pool_discard(struct pool *p, struct diag *d)
{
	while (p->used > 0) {
		if (!slot_at(p, 0)->ready) {
			if (exchange(p, true, d) == -1)
				return -1;
			continue;
		}
		pop_slot(p);
	}
	return 0;
}

int
pool_stop(struct pool *p, struct diag *d)
{
	int rc = 0;

	if (p == NULL)
		return 0;
	for (unsigned i = 0; i < p->workers; i++)
		(void)close(p->worker[i].fd);
	for (unsigned i = 0; i < p->workers; i++) {
		int status;
		pid_t pid;

		do {
			pid = waitpid(p->worker[i].pid, &status, 0);
		} while (pid == -1 && errno == EINTR);
		if (pid == -1 || status != 0)
			rc = diag_set(d, STATUS_SYSTEM,
			    "signing process %d ended badly",
			    (int)p->worker[i].pid);
	}
	for (size_t n = 0; n < p->slots; n++) {
		text_free(&p->slot[n].request);
		text_free(&p->slot[n].reply);
	}
	text_free(&p->message);
	free(p->slot);
	free(p);
	return rc;
}
