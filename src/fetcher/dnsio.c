#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "clock.h"
#include "dnsio.h"
#include "tls.h"

#define BUFFER_SIZE ((size_t)256 * 1024)
#define FRAME_MAX   ((size_t)2 + 65535)

struct dnsio {
	int fd;
	struct tls *tls;
	struct dnsio_limits limits;
	int64_t deadline; /* for the whole connection */
	uint8_t *buf;	  /* what was read: from begin to end */
	size_t begin, end;
	char place[ADDRESS_TEXT_MAX];
};

static const char too_long[] = "the transfer takes too long: given up";

/* Wait until fd is ready for events.  -1: too late, or poll failed. */
static int
wait_ready(const struct dnsio *io, short events, struct diag *d)
{
	const int64_t now = clock_ms();
	int64_t until = now + io->limits.idle_ms;
	struct pollfd pfd = { .fd = io->fd, .events = events };
	int rc;

	if (until > io->deadline)
		until = io->deadline;
	for (;;) {
		const int64_t left = until - clock_ms();

		rc = poll(&pfd, 1, left > 0 ? (int)left : 0);
		if (rc > 0)
			return 0;
		if (rc == 0)
			return diag_set(d, STATUS_SYSTEM, "%s: %s", io->place,
			    until == io->deadline ? too_long :
						    "no answer in time");
		if (errno != EINTR)
			return diag_system(d, "%s: poll", io->place);
	}
}

static int
connect_socket(struct dnsio *io, const struct address *to, struct diag *d)
{
	int error = 0, one = 1;
	socklen_t len = sizeof(error);

	io->fd = socket(
	    to->ss.ss_family, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	if (io->fd == -1)
		return diag_system(d, "%s: socket", io->place);
	(void)setsockopt(io->fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof(one));
	if (connect(io->fd, (const struct sockaddr *)&to->ss, to->len) == 0)
		return 0;
	if (errno != EINPROGRESS)
		return diag_system(d, "%s: cannot connect", io->place);
	if (wait_ready(io, POLLOUT, d) == -1)
		return -1;
	if (getsockopt(io->fd, SOL_SOCKET, SO_ERROR, &error, &len) == -1)
		return diag_system(d, "%s: getsockopt", io->place);
	if (error != 0) {
		errno = error;
		return diag_system(d, "%s: cannot connect", io->place);
	}
	return 0;
}

/* A step of TLS that could not go on.  0: try again; -1: it failed. */
static int
tls_wait(struct dnsio *io, enum tls_want want, struct diag *d)
{
	switch (want) {
	case TLS_READ:
		return wait_ready(io, POLLIN, d);
	case TLS_WRITE:
		return wait_ready(io, POLLOUT, d);
	case TLS_CLOSED:
		return diag_set(d, STATUS_SYSTEM,
		    "%s: the connection was closed", io->place);
	default:
		return diag_prefix(d, "%s", io->place);
	}
}

static int
start_tls(struct dnsio *io, const struct tls_client *tls, struct diag *d)
{
	enum tls_want want;

	if (tls_open(&io->tls, tls, io->fd, d) == -1)
		return -1;
	while ((want = tls_handshake(io->tls, d)) != TLS_OK)
		if (tls_wait(io, want, d) == -1)
			return -1;
	return 0;
}

int
dnsio_connect(struct dnsio **out, const struct address *to,
    const struct tls_client *tls, const struct dnsio_limits *limits,
    struct diag *d)
{
	struct dnsio *io;

	if ((io = calloc(1, sizeof(*io))) == NULL)
		return diag_system(d, "connection");
	io->fd = -1;
	io->limits = *limits;
	io->deadline = clock_ms() + limits->total_ms;
	(void)address_text(to, io->place);
	if ((io->buf = malloc(BUFFER_SIZE)) == NULL) {
		diag_system(d, "connection");
		goto fail;
	}
	if (connect_socket(io, to, d) == -1 ||
	    (tls != NULL && start_tls(io, tls, d) == -1))
		goto fail;
	*out = io;
	return 0;
fail:
	dnsio_close(io);
	return -1;
}

void
dnsio_close(struct dnsio *io)
{
	if (io == NULL)
		return;
	tls_close(io->tls);
	if (io->fd != -1)
		(void)close(io->fd);
	free(io->buf);
	free(io);
}

/* Some octets out.  The count, or -1. */
static ssize_t
put_some(struct dnsio *io, const uint8_t *bytes, size_t len, struct diag *d)
{
	enum tls_want want;
	size_t put;
	ssize_t n;

	for (;;) {
		if (io->tls != NULL) {
			want = tls_write(io->tls, bytes, len, &put, d);
			if (want == TLS_OK)
				return (ssize_t)put;
			if (tls_wait(io, want, d) == -1)
				return -1;
			continue;
		}
		n = send(io->fd, bytes, len, MSG_NOSIGNAL);
		if (n >= 0)
			return n;
		if (errno == EAGAIN || errno == EWOULDBLOCK) {
			if (wait_ready(io, POLLOUT, d) == -1)
				return -1;
		} else if (errno != EINTR) {
			return diag_system(d, "%s: send", io->place);
		}
	}
}

/* Some octets in.  The count, 0 at the end, or -1. */
static ssize_t
get_some(struct dnsio *io, uint8_t *bytes, size_t size, struct diag *d)
{
	enum tls_want want;
	size_t got;
	ssize_t n;

	/* Whatever trickles in, the whole must end. */
	if (clock_ms() >= io->deadline)
		return diag_set(
		    d, STATUS_SYSTEM, "%s: %s", io->place, too_long);
	for (;;) {
		if (io->tls != NULL) {
			want = tls_read(io->tls, bytes, size, &got, d);
			if (want == TLS_OK)
				return (ssize_t)got;
			if (want == TLS_CLOSED)
				return 0;
			if (tls_wait(io, want, d) == -1)
				return -1;
			continue;
		}
		n = recv(io->fd, bytes, size, 0);
		if (n >= 0)
			return n;
		if (errno == EAGAIN || errno == EWOULDBLOCK) {
			if (wait_ready(io, POLLIN, d) == -1)
				return -1;
		} else if (errno != EINTR) {
			return diag_system(d, "%s: receive", io->place);
		}
	}
}

int
dnsio_send(struct dnsio *io, const uint8_t *message, size_t len, struct diag *d)
{
	uint8_t frame[FRAME_MAX];
	size_t done = 0;
	ssize_t n;

	if (len > 65535)
		return diag_set(d, STATUS_SYSTEM, "message too long");
	/* One write, so that the length and the message go in one segment. */
	frame[0] = (uint8_t)(len >> 8);
	frame[1] = (uint8_t)len;
	memcpy(frame + 2, message, len);
	len += 2;
	while (done < len) {
		if ((n = put_some(io, frame + done, len - done, d)) == -1)
			return -1;
		done += (size_t)n;
	}
	return 0;
}

int
dnsio_receive(struct dnsio *io, uint8_t **message, size_t *len, struct diag *d)
{
	size_t have, need;
	ssize_t n;

	for (;;) {
		have = io->end - io->begin;
		need = 2;
		if (have >= 2)
			need += (size_t)io->buf[io->begin] << 8 |
			    io->buf[io->begin + 1];
		if (have >= 2 && have >= need)
			break;
		if (BUFFER_SIZE - io->begin < FRAME_MAX) {
			memmove(io->buf, io->buf + io->begin, have);
			io->begin = 0;
			io->end = have;
		}
		n = get_some(io, io->buf + io->end, BUFFER_SIZE - io->end, d);
		if (n == -1)
			return -1;
		if (n == 0 && have == 0)
			return 0;
		if (n == 0)
			return diag_set(d, STATUS_SYSTEM,
			    "%s: the connection was cut inside a message",
			    io->place);
		io->end += (size_t)n;
	}
	*message = io->buf + io->begin + 2;
	*len = need - 2;
	io->begin += need;
	if (io->begin == io->end)
		io->begin = io->end = 0;
	return 1;
}

/* ---- UDP ---- */

static int
ask_once(int fd, const char *place, const uint8_t *query, size_t len,
    int64_t idle_ms,
    bool (*accept_answer)(const void *ctx, const uint8_t *answer, size_t len),
    const void *ctx, uint8_t *answer, size_t size, struct diag *d)
{
	const int64_t until = clock_ms() + idle_ms;
	struct pollfd pfd = { .fd = fd, .events = POLLIN };
	ssize_t n;

	if (send(fd, query, len, MSG_NOSIGNAL) == -1)
		return diag_system(d, "%s: send", place);
	for (;;) {
		const int64_t left = until - clock_ms();
		const int rc = poll(&pfd, 1, left > 0 ? (int)left : 0);

		if (rc == 0)
			return diag_set(
			    d, STATUS_SYSTEM, "%s: no answer in time", place);
		if (rc == -1 && errno != EINTR)
			return diag_system(d, "%s: poll", place);
		if (rc == -1)
			continue;
		n = recv(fd, answer, size, 0);
		if (n == -1 && (errno == EAGAIN || errno == EINTR))
			continue;
		if (n == -1) /* refused: nobody listens there */
			return diag_system(d, "%s", place);
		if (accept_answer(ctx, answer, (size_t)n))
			return (int)n;
	}
}

int
dnsio_ask(const struct address *to, const uint8_t *query, size_t len,
    unsigned tries, int64_t idle_ms,
    bool (*accept_answer)(const void *ctx, const uint8_t *answer, size_t len),
    const void *ctx, uint8_t *answer, size_t size, struct diag *d)
{
	char place[ADDRESS_TEXT_MAX];
	int fd, rc = -1;

	(void)address_text(to, place);
	/* Connected: the kernel drops what others send, and tells of refusals.
	 */
	fd = socket(
	    to->ss.ss_family, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	if (fd == -1)
		return diag_system(d, "%s: socket", place);
	if (connect(fd, (const struct sockaddr *)&to->ss, to->len) == -1)
		diag_system(d, "%s: cannot connect", place);
	else
		while (rc == -1 && tries-- > 0)
			rc = ask_once(fd, place, query, len, idle_ms,
			    accept_answer, ctx, answer, size, d);
	(void)close(fd);
	return rc;
}
