#include <arpa/inet.h>
#include <errno.h>
#include <poll.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>
#include <sys/socket.h>
#include <unistd.h>

#include "name.h"
#include "number.h"
#include "served.h"

#define TRIES	   2
#define TIMEOUT_MS 2000
#define QUERY_MAX  (12 + NAME_WIRE_MAX + 4)
#define ANSWER_MAX 4096
#define TYPE_SOA   6
#define CLASS_IN   1

/* ---- the message (RFC 1035 §4.1) ---- */

static size_t
make_query(
    uint8_t query[QUERY_MAX], const uint8_t *name, size_t name_len, uint16_t id)
{
	memset(query, 0, 12);
	query[0] = (uint8_t)(id >> 8);
	query[1] = (uint8_t)id;
	query[5] = 1; /* one question */
	memcpy(query + 12, name, name_len);
	query[12 + name_len] = 0;
	query[12 + name_len + 1] = TYPE_SOA;
	query[12 + name_len + 2] = 0;
	query[12 + name_len + 3] = CLASS_IN;
	return 12 + name_len + 4;
}

static unsigned
u16(const uint8_t *p)
{
	return (unsigned)p[0] << 8 | p[1];
}

/* Behind the name at *at, compressed or not; it is not followed. */
static bool
skip_name(const uint8_t *m, size_t len, size_t *at)
{
	while (*at < len) {
		const uint8_t label = m[*at];

		if ((label & 0xc0) == 0xc0) {
			*at += 2;
			return *at <= len;
		}
		if (label > NAME_LABEL_MAX)
			return false;
		*at += 1 + (size_t)label;
		if (label == 0)
			return *at <= len;
	}
	return false;
}

/* The serial of the SOA in the answer section.  -1: there is none. */
static int
read_serial(const uint8_t *m, size_t len, uint32_t *serial)
{
	size_t at = 12;
	const unsigned answers = len < 12 ? 0 : u16(m + 6);

	if (len < 12 || (m[3] & 15) != 0 || u16(m + 4) != 1 ||
	    !skip_name(m, len, &at) || len - at < 4)
		return -1;
	at += 4;
	for (unsigned i = 0; i < answers; i++) {
		size_t rdata, size;

		if (!skip_name(m, len, &at) || len - at < 10)
			return -1;
		rdata = at + 10;
		size = u16(m + at + 8);
		if (len - rdata < size)
			return -1;
		if (u16(m + at) == TYPE_SOA) {
			if (!skip_name(m, len, &rdata) ||
			    !skip_name(m, len, &rdata) || len - rdata < 20)
				return -1;
			*serial =
			    (uint32_t)u16(m + rdata) << 16 | u16(m + rdata + 2);
			return 0;
		}
		at = rdata + size;
	}
	return -1;
}

/* ---- asking ---- */

/* "192.0.2.1#53" to a socket address. */
static int
parse_server(const char *text, struct sockaddr_storage *to, socklen_t *len)
{
	struct sockaddr_in *v4 = (void *)to;
	struct sockaddr_in6 *v6 = (void *)to;
	const char *hash = strchr(text, '#');
	char address[INET6_ADDRSTRLEN];
	uint16_t port;

	memset(to, 0, sizeof(*to));
	if (hash == NULL || (size_t)(hash - text) >= sizeof(address) ||
	    number_u16(hash + 1, strlen(hash + 1), UINT16_MAX, &port) == -1)
		return -1;
	memcpy(address, text, (size_t)(hash - text));
	address[hash - text] = '\0';
	if (inet_pton(AF_INET, address, &v4->sin_addr) == 1) {
		v4->sin_family = AF_INET;
		v4->sin_port = htons(port);
		*len = sizeof(*v4);
		return 0;
	}
	if (inet_pton(AF_INET6, address, &v6->sin6_addr) == 1) {
		v6->sin6_family = AF_INET6;
		v6->sin6_port = htons(port);
		*len = sizeof(*v6);
		return 0;
	}
	return -1;
}

/* One answer to our question, or none within the time.  0, -1. */
static int
exchange(int fd, const uint8_t *query, size_t query_len, uint32_t *serial)
{
	uint8_t answer[ANSWER_MAX];
	struct pollfd p = { .fd = fd, .events = POLLIN };
	ssize_t n;

	if (send(fd, query, query_len, 0) != (ssize_t)query_len)
		return -1;
	while (poll(&p, 1, TIMEOUT_MS) == 1) {
		n = recv(fd, answer, sizeof(answer), 0);
		if (n == -1)
			return -1;
		/* Ours: the same id and question, and a response. */
		if ((size_t)n >= query_len && (answer[2] & 0x80) != 0 &&
		    memcmp(answer, query, 2) == 0 &&
		    memcmp(answer + 12, query + 12, query_len - 12) == 0)
			return read_serial(answer, (size_t)n, serial);
	}
	return -1;
}

static int
ask(const char *server, const uint8_t *name, size_t name_len, uint32_t *serial,
    struct diag *d)
{
	uint8_t query[QUERY_MAX];
	struct sockaddr_storage to;
	socklen_t to_len;
	uint16_t id;
	size_t len;
	int fd, rc = -1;

	if (parse_server(server, &to, &to_len) == -1)
		return diag_set(d, STATUS_USAGE, "%s: not an address", server);
	if (getrandom(&id, sizeof(id), 0) != sizeof(id))
		return diag_system(d, "%s", server);
	len = make_query(query, name, name_len, id);
	fd = socket(to.ss_family, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	if (fd == -1 || connect(fd, (void *)&to, to_len) == -1) {
		diag_system(d, "%s", server);
		if (fd != -1)
			(void)close(fd);
		return -1;
	}
	for (int i = 0; i < TRIES && rc == -1; i++)
		rc = exchange(fd, query, len, serial);
	(void)close(fd);
	if (rc == -1)
		return diag_set(
		    d, STATUS_SYSTEM, "%s: no answer with a SOA", server);
	return 0;
}

int
served_everywhere(char *const *servers, size_t count, const char *zone,
    uint32_t serial, struct diag *d)
{
	uint8_t name[NAME_WIRE_MAX];
	const int name_len = name_from_text(zone, strlen(zone), name);

	if (name_len == -1)
		return diag_set(d, STATUS_BAD, "%s: malformed name", zone);
	for (size_t i = 0; i < count; i++) {
		uint32_t served;

		if (ask(servers[i], name, (size_t)name_len, &served, d) == -1)
			return diag_prefix(d, "%s: ServedBy", zone);
		/* RFC 1982: earlier, if less by below 2^31. */
		if (served != serial &&
		    (uint32_t)(serial - served) < UINT32_C(0x80000000))
			return diag_set(d, STATUS_SYSTEM,
			    "%s: ServedBy: %s "
			    "has serial %u, not %u yet",
			    zone, servers[i], served, serial);
	}
	return 0;
}
