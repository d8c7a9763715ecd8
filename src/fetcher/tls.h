/*
 * TLS to a master (RFC 9103): version 1.3, ALPN "dot", the master
 * authenticated by its name under a CA or by the digest of its public key.
 */
#ifndef FETCHER_TLS_H
#define FETCHER_TLS_H

#include <stddef.h>
#include <stdint.h>

#include "diag.h"

struct tls_settings {
	const char *name; /* in the certificate, and sent as SNI; may be NULL */
	const char *ca; /* PEM file of CAs; NULL with pins only: not checked */
	const char *const *pin; /* base64 of SHA-256 of SubjectPublicKeyInfo */
	size_t pin_count;
	const char *certificate; /* our own, PEM chain, or NULL */
	const char *key;
};

struct tls_client;

/* Reads the files named.  settings is not needed afterwards.
 * -1: STATUS_USAGE, STATUS_SYSTEM. */
int tls_client_new(struct tls_client **out, const struct tls_settings *settings,
    struct diag *d);
void tls_client_free(struct tls_client *client);

/* A session on a connected, non-blocking socket that stays the caller's. */
struct tls;
int tls_open(
    struct tls **out, const struct tls_client *client, int fd, struct diag *d);

/* What a step came to. */
enum tls_want {
	TLS_OK,
	TLS_READ,   /* call again when fd is readable */
	TLS_WRITE,  /* ... writable */
	TLS_CLOSED, /* the other side said that it is done */
	TLS_FAILED, /* d says why */
};

enum tls_want tls_handshake(struct tls *t, struct diag *d);
enum tls_want
tls_read(struct tls *t, void *buf, size_t size, size_t *got, struct diag *d);
enum tls_want tls_write(
    struct tls *t, const void *buf, size_t len, size_t *put, struct diag *d);
void tls_close(struct tls *t);

#endif
