/* Getting at the sockets, before privileges are dropped. */
#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "listen.h"
#include "number.h"

#define RECEIVE_BUFFER (4 * 1024 * 1024) /* a real one among forged ones */

void
listen_close(struct listen_sockets *s)
{
	while (s->count > 0)
		(void)close(s->list[--s->count].fd);
}

static void
set_options(int fd, int family, bool datagram)
{
	const int on = 1, size = RECEIVE_BUFFER;

	if (!datagram)
		return;
	(void)setsockopt(fd, SOL_SOCKET, SO_RCVBUF, &size, sizeof(size));
	(void)setsockopt(fd, SOL_SOCKET, SO_RCVBUFFORCE, &size, sizeof(size));
	/* So that the answer leaves from the address that was asked. */
	if (family == AF_INET)
		(void)setsockopt(fd, IPPROTO_IP, IP_PKTINFO, &on, sizeof(on));
	else
		(void)setsockopt(
		    fd, IPPROTO_IPV6, IPV6_RECVPKTINFO, &on, sizeof(on));
}

static int
add(struct listen_sockets *s, int fd, bool datagram, struct diag *d)
{
	if (s->count == LISTEN_SOCKETS_MAX)
		return diag_set(d, STATUS_USAGE,
		    "more than %d sockets to listen on", LISTEN_SOCKETS_MAX);
	s->list[s->count++] = (struct listen_socket){ fd, datagram };
	return 0;
}

static int
bind_one(struct listen_sockets *s, const struct address *a, bool datagram,
    struct diag *d)
{
	const int on = 1;
	char text[ADDRESS_TEXT_MAX];
	int fd;

	fd = socket(a->ss.ss_family,
	    (datagram ? SOCK_DGRAM : SOCK_STREAM) | SOCK_CLOEXEC |
		SOCK_NONBLOCK,
	    0);
	if (fd == -1)
		return diag_system(d, "socket");
	if (a->ss.ss_family == AF_INET6)
		(void)setsockopt(
		    fd, IPPROTO_IPV6, IPV6_V6ONLY, &on, sizeof(on));
	if (!datagram)
		(void)setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof(on));
	set_options(fd, a->ss.ss_family, datagram);
	if (bind(fd, (const struct sockaddr *)&a->ss, a->len) == -1 ||
	    (!datagram && listen(fd, 64) == -1)) {
		diag_system(d, "cannot listen on %s, %s", address_text(a, text),
		    datagram ? "UDP" : "TCP");
		(void)close(fd);
		return -1;
	}
	if (add(s, fd, datagram, d) == -1) {
		(void)close(fd);
		return -1;
	}
	return 0;
}

static int
bind_both(struct listen_sockets *s, int family, const char *address,
    uint16_t port, struct diag *d)
{
	struct address a;

	if (address_set(&a, family, address, port) == -1)
		return diag_set(d, STATUS_USAGE, "%s: not an address", address);
	if (bind_one(s, &a, true, d) == -1 || bind_one(s, &a, false, d) == -1)
		return -1;
	return 0;
}

/* Any address is two sockets of each kind; a host may lack one family. */
static int
bind_any(struct listen_sockets *s, uint16_t port, struct diag *d)
{
	const int v4 = bind_both(s, AF_INET, NULL, port, d);
	const bool in_use = v4 == -1 && errno == EADDRINUSE;

	if (in_use)
		return -1;
	if (bind_both(s, AF_INET6, NULL, port, d) == 0)
		return 0;
	return v4 == 0 && errno == EAFNOSUPPORT ? 0 : -1;
}

int
listen_bind(
    struct listen_sockets *s, const struct zonefetch *fetch, struct diag *d)
{
	s->count = 0;
	if (fetch->listen_count == 0)
		return bind_any(s, 53, d);
	for (size_t i = 0; i < fetch->listen_count; i++) {
		const struct zonefetch_peer *p = &fetch->listen[i];
		const int rc = p->family == AF_UNSPEC ?
		    bind_any(s, p->port, d) :
		    bind_both(s, p->family, p->address, p->port, d);

		if (rc == -1) {
			listen_close(s);
			return -1;
		}
	}
	return 0;
}

static int
adopt(struct listen_sockets *s, int fd, struct diag *d)
{
	struct sockaddr_storage ss = { 0 };
	socklen_t len = sizeof(int), ss_len = sizeof(ss);
	int type, flags;

	if (getsockopt(fd, SOL_SOCKET, SO_TYPE, &type, &len) == -1 ||
	    getsockname(fd, (struct sockaddr *)&ss, &ss_len) == -1 ||
	    (type != SOCK_DGRAM && type != SOCK_STREAM) ||
	    (ss.ss_family != AF_INET && ss.ss_family != AF_INET6))
		return diag_set(d, STATUS_USAGE,
		    "descriptor %d was handed over, but is no UDP or TCP "
		    "socket",
		    fd);
	if ((flags = fcntl(fd, F_GETFL)) == -1 ||
	    fcntl(fd, F_SETFL, flags | O_NONBLOCK) == -1 ||
	    fcntl(fd, F_SETFD, FD_CLOEXEC) == -1)
		return diag_system(d, "descriptor %d", fd);
	set_options(fd, ss.ss_family, type == SOCK_DGRAM);
	return add(s, fd, type == SOCK_DGRAM, d);
}

int
listen_inherit(struct listen_sockets *s, struct diag *d)
{
	const char *pid = getenv("LISTEN_PID"), *fds = getenv("LISTEN_FDS");
	uint32_t n;

	s->count = 0;
	if (pid == NULL || fds == NULL ||
	    number_u32(pid, strlen(pid), UINT32_MAX, &n) == -1 ||
	    n != (uint32_t)getpid())
		return 0;
	if (number_u32(fds, strlen(fds), LISTEN_SOCKETS_MAX, &n) == -1)
		return diag_set(d, STATUS_USAGE, "LISTEN_FDS=%s", fds);
	for (uint32_t i = 0; i < n; i++)
		if (adopt(s, 3 + (int)i, d) == -1)
			return -1;
	/* Not for those that we start. */
	(void)unsetenv("LISTEN_PID");
	(void)unsetenv("LISTEN_FDS");
	(void)unsetenv("LISTEN_FDNAMES");
	return (int)n;
}

int
listen_inetd(struct listen_sockets *s, struct diag *d)
{
	s->count = 0;
	return adopt(s, STDIN_FILENO, d);
}
