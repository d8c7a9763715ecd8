/* Socket addresses: made from configuration, compared, written for people. */
#ifndef FETCHER_ADDRESS_H
#define FETCHER_ADDRESS_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/socket.h>

#include "diag.h"

#define ADDRESS_TEXT_MAX 64 /* "2001:db8::1#53" and a NUL */

struct address {
	struct sockaddr_storage ss;
	socklen_t len;
};

/* Numeric text (NULL: any address of that family) and port.  -1: no address */
int address_set(struct address *a, int family, const char *text, uint16_t port);

/*
 * "ADDRESS", "ADDRESS#PORT" or "ADDRESS@PORT", IPv4 or IPv6.
 * -1: STATUS_USAGE.
 */
int address_parse(
    struct address *a, const char *text, uint16_t port, struct diag *d);

/* As people write them with dig: ADDRESS#PORT. */
const char *address_text(const struct address *a, char buf[ADDRESS_TEXT_MAX]);

/* An IPv4 address in IPv6 clothes (::ffff:192.0.2.1) becomes IPv4. */
void address_unmap(struct address *a);

/* The same host; ports are not compared. */
bool address_same_host(const struct address *a, const struct address *b);

#endif
