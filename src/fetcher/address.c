#include <arpa/inet.h>
#include <netinet/in.h>
#include <stdio.h>
#include <string.h>

#include "address.h"
#include "number.h"

int
address_set(struct address *a, int family, const char *text, uint16_t port)
{
	struct sockaddr_in *v4 = (struct sockaddr_in *)&a->ss;
	struct sockaddr_in6 *v6 = (struct sockaddr_in6 *)&a->ss;

	memset(a, 0, sizeof(*a));
	if (family == AF_INET) {
		a->len = sizeof(*v4);
		v4->sin_family = AF_INET;
		v4->sin_port = htons(port);
		if (text != NULL &&
		    inet_pton(AF_INET, text, &v4->sin_addr) != 1)
			return -1;
	} else {
		a->len = sizeof(*v6);
		v6->sin6_family = AF_INET6;
		v6->sin6_port = htons(port);
		if (text != NULL &&
		    inet_pton(AF_INET6, text, &v6->sin6_addr) != 1)
			return -1;
	}
	return 0;
}

int
address_parse(
    struct address *a, const char *text, uint16_t port, struct diag *d)
{
	char host[INET6_ADDRSTRLEN];
	const size_t len = strcspn(text, "#@");

	if (text[len] != '\0' &&
	    (number_u16(text + len + 1, strlen(text + len + 1), 65535, &port) ==
		    -1 ||
		port == 0))
		return diag_set(d, STATUS_USAGE,
		    "%s: the port behind '%c' is not 1 to 65535", text,
		    text[len]);
	if (len < sizeof(host)) {
		memcpy(host, text, len);
		host[len] = '\0';
		if (address_set(a, AF_INET, host, port) == 0 ||
		    address_set(a, AF_INET6, host, port) == 0)
			return 0;
	}
	return diag_set(d, STATUS_USAGE,
	    "%s: not ADDRESS or ADDRESS#PORT, with an IPv4 or IPv6 address",
	    text);
}

const char *
address_text(const struct address *a, char buf[ADDRESS_TEXT_MAX])
{
	const struct sockaddr_in *v4 = (const struct sockaddr_in *)&a->ss;
	const struct sockaddr_in6 *v6 = (const struct sockaddr_in6 *)&a->ss;
	char host[INET6_ADDRSTRLEN] = "?";

	if (a->ss.ss_family == AF_INET)
		(void)inet_ntop(AF_INET, &v4->sin_addr, host, sizeof(host));
	else
		(void)inet_ntop(AF_INET6, &v6->sin6_addr, host, sizeof(host));
	(void)snprintf(buf, ADDRESS_TEXT_MAX, "%s#%u", host,
	    ntohs(a->ss.ss_family == AF_INET ? v4->sin_port : v6->sin6_port));
	return buf;
}

void
address_unmap(struct address *a)
{
	struct sockaddr_in6 v6;
	struct sockaddr_in v4 = { .sin_family = AF_INET };

	if (a->ss.ss_family != AF_INET6)
		return;
	memcpy(&v6, &a->ss, sizeof(v6));
	if (!IN6_IS_ADDR_V4MAPPED(&v6.sin6_addr))
		return;
	v4.sin_port = v6.sin6_port;
	memcpy(&v4.sin_addr, v6.sin6_addr.s6_addr + 12, 4);
	memset(a, 0, sizeof(*a));
	memcpy(&a->ss, &v4, sizeof(v4));
	a->len = sizeof(v4);
}

bool
address_same_host(const struct address *a, const struct address *b)
{
	if (a->ss.ss_family != b->ss.ss_family)
		return false;
	if (a->ss.ss_family == AF_INET)
		return ((const struct sockaddr_in *)&a->ss)->sin_addr.s_addr ==
		    ((const struct sockaddr_in *)&b->ss)->sin_addr.s_addr;
	return memcmp(&((const struct sockaddr_in6 *)&a->ss)->sin6_addr,
		   &((const struct sockaddr_in6 *)&b->ss)->sin6_addr,
		   sizeof(struct in6_addr)) == 0;
}
