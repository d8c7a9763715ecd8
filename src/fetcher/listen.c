#include <errno.h>
#include <inttypes.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <signal.h>
#include <unistd.h>

#include "clock.h"
#include "listen.h"
#include "notify.h"
#include "report.h"
#include "sandbox.h"

#define CONNECTIONS_MAX 64
#define CONNECTION_MS	10000 /* a master says what it has to say at once */
#define BATCH		64    /* datagrams of one socket in a row */
#define GATHER_MS	50    /* events of a zone in that time are one */
#define REPORTS_MAX	10    /* lines about refused messages in a period */
#define PERIOD_MS	10000

struct connection {
	int fd;
	struct address from;
	size_t master;
	int64_t deadline;
	size_t have;
	uint8_t buf[2 + NOTIFY_MESSAGE_MAX];
};

struct listener {
	const struct listen_sockets *sockets;
	const struct fetch_config *config;
	struct notify_rules rules;
	struct pool *pool;
	int events;
	/* zones to tell of, each once, with the master that was first */
	struct listen_event *due;
	size_t due_count;
	bool *is_due;
	int64_t tell_at; /* 0: nothing is due */
	/* messages of this period that were left unsaid */
	unsigned reports;
	uint64_t unsaid;
	int64_t period_end;
	struct connection *connection[CONNECTIONS_MAX];
	size_t connections;
	struct notify_taken taken;
};

/* ---- zones and masters ---- */

static long
find_zone(const void *ctx, const knot_dname_t *name)
{
	const struct fetch_config *config = ctx;
	char text[NAME_TEXT_MAX];
	const struct fetch_zone *zone;

	(void)name_to_text(name, true, text);
	zone = fetch_config_find(config, text);
	return zone == NULL ? -1 : (long)(zone - config->zone);
}

static bool
is_master(const struct fetch_config *config, const struct address *from,
    size_t *which)
{
	for (size_t i = 0; i < config->master_count; i++) {
		if (address_same_host(&config->master[i].address, from)) {
			*which = i;
			return true;
		}
	}
	return false;
}

/* ---- saying no more than a person can read ---- */

static void
say(struct listener *l, const struct address *from, const char *what)
{
	char text[ADDRESS_TEXT_MAX];

	if (l->reports++ < REPORTS_MAX)
		report_warn(
		    "NOTIFY from %s: %s", address_text(from, text), what);
	else
		l->unsaid++;
}

static void
end_period(struct listener *l)
{
	if (l->unsaid > 0)
		report_warn("%" PRIu64 " more messages were refused in the "
			    "last %d s",
		    l->unsaid, PERIOD_MS / 1000);
	l->unsaid = 0;
	l->reports = 0;
	l->period_end = clock_ms() + PERIOD_MS;
}

/* ---- events ---- */

static void
note(struct listener *l, size_t zone, size_t master)
{
	if (l->is_due[zone])
		return;
	l->is_due[zone] = true;
	l->due[l->due_count++] =
	    (struct listen_event){ (uint32_t)zone, (uint32_t)master };
	if (l->tell_at == 0)
		l->tell_at = clock_ms() + GATHER_MS;
}

/* -1: nobody listens to us any more. */
static int
tell(struct listener *l)
{
	size_t told = 0;
	ssize_t n;

	/* Writes this short are whole or not at all (pipe(7), PIPE_BUF). */
	for (; told < l->due_count; told++) {
		n = write(l->events, &l->due[told], sizeof(*l->due));
		if (n == -1 && errno != EAGAIN && errno != EINTR)
			return -1;
		if (n != (ssize_t)sizeof(*l->due))
			break;
		l->is_due[l->due[told].zone] = false;
	}
	l->due_count -= told;
	memmove(l->due, l->due + told, l->due_count * sizeof(*l->due));
	l->tell_at = l->due_count == 0 ? 0 : clock_ms() + GATHER_MS;
	return 0;
}

/* One message from a master.  The answer is in l->taken. */
static void
take(struct listener *l, const struct address *from, size_t master,
    uint8_t *message, size_t len)
{
	char text[ADDRESS_TEXT_MAX];

	switch (notify_take(&l->rules, l->pool, message, len, &l->taken)) {
	case NOTIFY_ACCEPTED:
		report_debug("NOTIFY from %s: %s", address_text(from, text),
		    l->config->zone[l->taken.zone].name);
		note(l, (size_t)l->taken.zone, master);
		break;
	case NOTIFY_REFUSED:
		say(l, from, l->taken.why);
		break;
	case NOTIFY_IGNORED:
		say(l, from, "not a NOTIFY");
		break;
	}
}

/* ---- UDP ---- */

/* 1: a datagram was handled, 0: there is none. */
static int
datagram(struct listener *l, int fd)
{
	uint8_t message[NOTIFY_MESSAGE_MAX + 1];
	_Alignas(struct cmsghdr) char control[256];
	struct address from = { .len = sizeof(from.ss) };
	struct iovec iov = { message, sizeof(message) };
	struct msghdr msg = { .msg_name = &from.ss,
		.msg_namelen = from.len,
		.msg_iov = &iov,
		.msg_iovlen = 1,
		.msg_control = control,
		.msg_controllen = sizeof(control) };
	struct address plain;
	size_t master;
	ssize_t n;

	if ((n = recvmsg(fd, &msg, 0)) == -1)
		return errno == EINTR;
	from.len = msg.msg_namelen;
	plain = from;
	address_unmap(&plain);
	/* Strangers get no answer: their address may be someone else's. */
	if (!is_master(l->config, &plain, &master)) {
		say(l, &plain, "not a master's address");
		return 1;
	}
	take(l, &plain, master, message, (size_t)n);
	if (l->taken.reply_len > 0) {
		iov = (struct iovec){ l->taken.reply, l->taken.reply_len };
		/* The control data say where it came to; it leaves from there.
		 */
		(void)sendmsg(fd, &msg, MSG_NOSIGNAL | MSG_DONTWAIT);
	}
	return 1;
}

/* ---- TCP ---- */

static void
hang_up(struct listener *l, size_t i)
{
	(void)close(l->connection[i]->fd);
	free(l->connection[i]);
	l->connection[i] = l->connection[--l->connections];
}

static void
new_connection(struct listener *l, int listening)
{
	struct address from = { .len = sizeof(from.ss) };
	struct connection *c;
	size_t master, oldest = 0;
	int fd;

	fd = accept4(listening, (struct sockaddr *)&from.ss, &from.len,
	    SOCK_NONBLOCK | SOCK_CLOEXEC);
	if (fd == -1)
		return;
	address_unmap(&from);
	if (!is_master(l->config, &from, &master)) {
		say(l, &from, "not a master's address");
		(void)close(fd);
		return;
	}
	if (l->connections == CONNECTIONS_MAX) {
		for (size_t i = 1; i < l->connections; i++)
			if (l->connection[i]->deadline <
			    l->connection[oldest]->deadline)
				oldest = i;
		hang_up(l, oldest);
	}
	if ((c = malloc(sizeof(*c))) == NULL) {
		(void)close(fd);
		return;
	}
	c->fd = fd;
	c->from = from;
	c->master = master;
	c->deadline = clock_ms() + CONNECTION_MS;
	c->have = 0;
	l->connection[l->connections++] = c;
}

/* Answer the messages that are complete.  -1: enough of that connection. */
static int
take_frames(struct listener *l, struct connection *c)
{
	uint8_t frame[2 + NOTIFY_REPLY_MAX];
	size_t len;

	while (c->have >= 2) {
		len = (size_t)c->buf[0] << 8 | c->buf[1];
		if (len > NOTIFY_MESSAGE_MAX)
			return -1;
		if (c->have < 2 + len)
			break;
		take(l, &c->from, c->master, c->buf + 2, len);
		c->have -= 2 + len;
		memmove(c->buf, c->buf + 2 + len, c->have);
		if (l->taken.reply_len == 0)
			return -1;
		frame[0] = (uint8_t)(l->taken.reply_len >> 8);
		frame[1] = (uint8_t)l->taken.reply_len;
		memcpy(frame + 2, l->taken.reply, l->taken.reply_len);
		len = 2 + l->taken.reply_len;
		/* A peer that does not read its answers gets no more. */
		if (send(c->fd, frame, len, MSG_NOSIGNAL | MSG_DONTWAIT) !=
		    (ssize_t)len)
			return -1;
	}
	return 0;
}

static int
read_connection(struct listener *l, struct connection *c)
{
	ssize_t n;

	n = recv(c->fd, c->buf + c->have, sizeof(c->buf) - c->have, 0);
	if (n == -1)
		return errno == EAGAIN || errno == EINTR ? 0 : -1;
	if (n == 0)
		return -1;
	c->have += (size_t)n;
	return take_frames(l, c);
}

/* ---- the loop ---- */

static int
timeout_ms(const struct listener *l)
{
	int64_t until = l->period_end;
	const int64_t now = clock_ms();

	if (l->tell_at != 0 && l->tell_at < until)
		until = l->tell_at;
	for (size_t i = 0; i < l->connections; i++)
		if (l->connection[i]->deadline < until)
			until = l->connection[i]->deadline;
	return until > now ? (int)(until - now) : 0;
}

static void
serve_connections(struct listener *l, const struct pollfd *pfd, size_t count)
{
	/* From the last: hang_up() moves the last one into the gap. */
	for (size_t i = count; i-- > 0;) {
		struct connection *c = l->connection[i];

		if (c->deadline <= clock_ms() ||
		    (pfd[i].revents != 0 && read_connection(l, c) == -1))
			hang_up(l, i);
	}
}

static int
loop(struct listener *l)
{
	struct pollfd pfd[LISTEN_SOCKETS_MAX + 1 + CONNECTIONS_MAX];
	const size_t sockets = l->sockets->count;
	size_t connections;

	for (;;) {
		for (size_t i = 0; i < sockets; i++)
			pfd[i] = (struct pollfd){ l->sockets->list[i].fd,
				POLLIN, 0 };
		/* Only errors are of interest: the reader is gone. */
		pfd[sockets] = (struct pollfd){ l->events, 0, 0 };
		connections = l->connections;
		for (size_t i = 0; i < connections; i++)
			pfd[sockets + 1 + i] =
			    (struct pollfd){ l->connection[i]->fd, POLLIN, 0 };
		if (poll(pfd, (nfds_t)(sockets + 1 + connections),
			timeout_ms(l)) == -1) {
			if (errno == EINTR)
				continue;
			report_error("listener: poll: %s", strerror(errno));
			return STATUS_SYSTEM;
		}
		if (pfd[sockets].revents != 0)
			return STATUS_OK;
		serve_connections(l, pfd + sockets + 1, connections);
		for (size_t i = 0; i < sockets; i++) {
			if ((pfd[i].revents & POLLIN) == 0)
				continue;
			if (!l->sockets->list[i].datagram)
				new_connection(l, pfd[i].fd);
			else
				for (int n = BATCH; n > 0; n--)
					if (datagram(l, pfd[i].fd) == 0)
						break;
		}
		if (l->tell_at != 0 && l->tell_at <= clock_ms() &&
		    tell(l) == -1)
			return STATUS_OK;
		if (l->period_end <= clock_ms())
			end_period(l);
	}
}

int
listen_run(const struct listen_sockets *s, const struct fetch_config *config,
    int events)
{
	struct listener l = { .sockets = s,
		.config = config,
		.events = events,
		.rules = { config->key, config->fetch->notify_needs_tsig,
		    find_zone, config } };
	struct diag d;
	int rc = STATUS_SYSTEM;

	l.due = calloc(config->zone_count + 1, sizeof(*l.due));
	l.is_due = calloc(config->zone_count + 1, sizeof(*l.is_due));
	l.pool = pool_new();
	l.period_end = clock_ms() + PERIOD_MS;
	if (l.due == NULL || l.is_due == NULL || l.pool == NULL)
		report_error("listener: out of memory");
	else if (sandbox_files(NULL, 0, &d) == -1 ||
	    sandbox_calls(SANDBOX_RESPONDER, &d) == -1)
		(void)report_diag(&d);
	else
		rc = loop(&l);
	while (l.connections > 0)
		hang_up(&l, 0);
	pool_free(l.pool);
	free(l.due);
	free(l.is_due);
	return rc;
}
