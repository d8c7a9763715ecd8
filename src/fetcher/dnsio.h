/*
 * DNS messages over UDP, TCP (RFC 7766) and TLS (RFC 7858, 9103): nothing here
 * waits longer than it is told, whatever the other side does.
 */
#ifndef FETCHER_DNSIO_H
#define FETCHER_DNSIO_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "address.h"
#include "diag.h"

struct tls_client;

struct dnsio_limits {
	int64_t idle_ms;  /* for a connection, and for each read or write */
	int64_t total_ms; /* for a connection's whole life */
};

struct dnsio;

/*
 * Connect; with tls (borrowed) the handshake and its authentication are done
 * when this returns.  -1: STATUS_SYSTEM; STATUS_BAD if the server is not who
 * it should be.
 */
int dnsio_connect(struct dnsio **out, const struct address *to,
    const struct tls_client *tls, const struct dnsio_limits *limits,
    struct diag *d);

/* Send one message of at most 65535 octets.  -1: STATUS_SYSTEM. */
int dnsio_send(
    struct dnsio *io, const uint8_t *message, size_t len, struct diag *d);

/*
 * The next message, valid and writable until the next call.
 * 1: a message; 0: the other side closed between two messages;
 * -1: STATUS_SYSTEM, or cut inside a message.
 */
int
dnsio_receive(struct dnsio *io, uint8_t **message, size_t *len, struct diag *d);

/* NULL is allowed. */
void dnsio_close(struct dnsio *io);

/*
 * Ask over UDP, at most tries times, each with idle_ms to answer, and take the
 * first datagram of which accept() says that it is the answer.  Returns its
 * length in answer (of size octets), or -1: STATUS_SYSTEM.
 */
int dnsio_ask(const struct address *to, const uint8_t *query, size_t len,
    unsigned tries, int64_t idle_ms,
    bool (*accept)(const void *ctx, const uint8_t *answer, size_t len),
    const void *ctx, uint8_t *answer, size_t size, struct diag *d);

#endif
