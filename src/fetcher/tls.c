#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <arpa/inet.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/ssl.h>
#include <openssl/x509v3.h>

#include "tls.h"

#define PIN_SIZE 32

struct tls_client {
	SSL_CTX *ctx;
	char *name;
	uint8_t (*pin)[PIN_SIZE];
	size_t pin_count;
	bool ca;
};

struct tls {
	SSL *ssl;
};

/* The first thing in OpenSSL's queue; the rest is dropped. */
static const char *
why(char buf[256])
{
	const unsigned long code = ERR_get_error();

	if (code == 0)
		return "no reason given";
	ERR_error_string_n(code, buf, 256);
	ERR_clear_error();
	return buf;
}

static int
add_pin(struct tls_client *c, const char *text, struct diag *d)
{
	uint8_t raw[PIN_SIZE + 3];
	const size_t len = strlen(text);

	/* 32 octets are 44 characters, the last of them '='. */
	if (len != 44 || text[43] != '=' ||
	    EVP_DecodeBlock(raw, (const uint8_t *)text, (int)len) !=
		PIN_SIZE + 1)
		return diag_set(d, STATUS_USAGE,
		    "TLS pin %s: not the base64 of a SHA-256 digest (RFC 7858 "
		    "§4.2)",
		    text);
	memcpy(c->pin[c->pin_count++], raw, PIN_SIZE);
	return 0;
}

static int
load_files(struct tls_client *c, const struct tls_settings *s, struct diag *d)
{
	char buf[256];

	if (s->ca != NULL &&
	    SSL_CTX_load_verify_locations(c->ctx, s->ca, NULL) != 1)
		return diag_set(
		    d, STATUS_USAGE, "TLS: CA file %s: %s", s->ca, why(buf));
	if (s->certificate == NULL)
		return 0;
	if (SSL_CTX_use_certificate_chain_file(c->ctx, s->certificate) != 1)
		return diag_set(d, STATUS_USAGE, "TLS: certificate %s: %s",
		    s->certificate, why(buf));
	if (SSL_CTX_use_PrivateKey_file(c->ctx,
		s->key != NULL ? s->key : s->certificate,
		SSL_FILETYPE_PEM) != 1 ||
	    SSL_CTX_check_private_key(c->ctx) != 1)
		return diag_set(d, STATUS_USAGE, "TLS: private key %s: %s",
		    s->key != NULL ? s->key : s->certificate, why(buf));
	return 0;
}

int
tls_client_new(
    struct tls_client **out, const struct tls_settings *s, struct diag *d)
{
	static const uint8_t alpn[] = { 3, 'd', 'o', 't' };
	struct tls_client *c;
	char buf[256];

	if (s->ca == NULL && s->pin_count == 0)
		return diag_set(d, STATUS_USAGE,
		    "TLS needs a CA or a pin: an unauthenticated master is "
		    "nobody (RFC 9103 §9.3.1)");
	if (s->ca != NULL && s->name == NULL)
		return diag_set(
		    d, STATUS_USAGE, "TLS with a CA needs the master's name");
	if ((c = calloc(1, sizeof(*c))) == NULL ||
	    (c->pin = calloc(s->pin_count + 1, sizeof(*c->pin))) == NULL ||
	    (s->name != NULL && (c->name = strdup(s->name)) == NULL)) {
		diag_system(d, "TLS");
		goto fail;
	}
	c->ca = s->ca != NULL;
	/* RFC 9103 §7.1: TLS 1.3 or later; §8.5: ALPN is a must. */
	if ((c->ctx = SSL_CTX_new(TLS_client_method())) == NULL ||
	    SSL_CTX_set_min_proto_version(c->ctx, TLS1_3_VERSION) != 1 ||
	    SSL_CTX_set_alpn_protos(c->ctx, alpn, sizeof(alpn)) != 0) {
		diag_set(d, STATUS_SYSTEM, "TLS: %s", why(buf));
		goto fail;
	}
	SSL_CTX_set_mode(c->ctx,
	    SSL_MODE_ENABLE_PARTIAL_WRITE |
		SSL_MODE_ACCEPT_MOVING_WRITE_BUFFER);
	/* With pins alone the chain says nothing: the key is compared. */
	SSL_CTX_set_verify(
	    c->ctx, c->ca ? SSL_VERIFY_PEER : SSL_VERIFY_NONE, NULL);
	for (size_t i = 0; i < s->pin_count; i++)
		if (add_pin(c, s->pin[i], d) == -1)
			goto fail;
	if (load_files(c, s, d) == -1)
		goto fail;
	*out = c;
	return 0;
fail:
	tls_client_free(c);
	return -1;
}

void
tls_client_free(struct tls_client *c)
{
	if (c == NULL)
		return;
	SSL_CTX_free(c->ctx);
	free(c->pin);
	free(c->name);
	free(c);
}

int
tls_open(struct tls **out, const struct tls_client *c, int fd, struct diag *d)
{
	struct tls *t;
	struct in6_addr scratch;
	char buf[256];
	bool is_address;

	if ((t = calloc(1, sizeof(*t))) == NULL)
		return diag_system(d, "TLS");
	if ((t->ssl = SSL_new(c->ctx)) == NULL || SSL_set_fd(t->ssl, fd) != 1 ||
	    SSL_set_app_data(t->ssl, (void *)(uintptr_t)c) != 1)
		goto fail;
	if (c->name != NULL) {
		is_address = inet_pton(AF_INET, c->name, &scratch) == 1 ||
		    inet_pton(AF_INET6, c->name, &scratch) == 1;
		if (!is_address &&
		    SSL_set_tlsext_host_name(t->ssl, c->name) != 1)
			goto fail;
		if (c->ca &&
		    (is_address ? X509_VERIFY_PARAM_set1_ip_asc(
				      SSL_get0_param(t->ssl), c->name) :
				  SSL_set1_host(t->ssl, c->name)) != 1)
			goto fail;
	}
	SSL_set_connect_state(t->ssl);
	*out = t;
	return 0;
fail:
	diag_set(d, STATUS_SYSTEM, "TLS: %s", why(buf));
	tls_close(t);
	return -1;
}

void
tls_close(struct tls *t)
{
	if (t == NULL)
		return;
	if (t->ssl != NULL && SSL_is_init_finished(t->ssl))
		(void)SSL_shutdown(t->ssl); /* one try, no waiting */
	ERR_clear_error();
	SSL_free(t->ssl);
	free(t);
}

static enum tls_want
outcome(struct tls *t, int rc, const char *what, struct diag *d)
{
	const struct tls_client *c = SSL_get_app_data(t->ssl);
	char buf[256];
	long verdict;

	switch (SSL_get_error(t->ssl, rc)) {
	case SSL_ERROR_WANT_READ:
		return TLS_READ;
	case SSL_ERROR_WANT_WRITE:
		return TLS_WRITE;
	case SSL_ERROR_ZERO_RETURN:
		return TLS_CLOSED;
	default:
		break;
	}
	verdict = SSL_get_verify_result(t->ssl);
	if (c->ca && verdict != X509_V_OK && !SSL_is_init_finished(t->ssl))
		diag_set(d, STATUS_BAD,
		    "TLS: the master's certificate is refused: %s",
		    X509_verify_cert_error_string(verdict));
	else
		diag_set(d, STATUS_SYSTEM, "TLS: %s: %s", what, why(buf));
	ERR_clear_error();
	return TLS_FAILED;
}

/* RFC 7858 §4.2: one of the pins must be the digest of the server's key. */
static int
check_pins(struct tls *t, const struct tls_client *c, struct diag *d)
{
	X509 *cert = SSL_get1_peer_certificate(t->ssl);
	uint8_t digest[EVP_MAX_MD_SIZE], *spki = NULL;
	unsigned digest_len = 0;
	int len, rc = -1;

	if (c->pin_count == 0)
		rc = 0;
	else if (cert != NULL &&
	    (len = i2d_X509_PUBKEY(X509_get_X509_PUBKEY(cert), &spki)) > 0 &&
	    EVP_Digest(spki, (size_t)len, digest, &digest_len, EVP_sha256(),
		NULL) == 1 &&
	    digest_len == PIN_SIZE)
		for (size_t i = 0; i < c->pin_count; i++)
			if (memcmp(c->pin[i], digest, PIN_SIZE) == 0)
				rc = 0;
	if (rc == -1)
		diag_set(d, STATUS_BAD,
		    "TLS: the master's public key is none of the pinned ones "
		    "(RFC 7858 §4.2)");
	OPENSSL_free(spki);
	X509_free(cert);
	return rc;
}

enum tls_want
tls_handshake(struct tls *t, struct diag *d)
{
	const struct tls_client *c = SSL_get_app_data(t->ssl);
	const uint8_t *alpn;
	unsigned alpn_len;
	int rc;

	ERR_clear_error();
	if ((rc = SSL_do_handshake(t->ssl)) != 1)
		return outcome(t, rc, "handshake", d);
	SSL_get0_alpn_selected(t->ssl, &alpn, &alpn_len);
	if (alpn_len != 3 || memcmp(alpn, "dot", 3) != 0) {
		diag_set(d, STATUS_BAD,
		    "TLS: the server does not speak DNS (no ALPN \"dot\", "
		    "RFC 9103 §8.5)");
		return TLS_FAILED;
	}
	return check_pins(t, c, d) == -1 ? TLS_FAILED : TLS_OK;
}

enum tls_want
tls_read(struct tls *t, void *buf, size_t size, size_t *got, struct diag *d)
{
	int rc;

	ERR_clear_error();
	if ((rc = SSL_read_ex(t->ssl, buf, size, got)) == 1)
		return TLS_OK;
	return outcome(t, rc, "read", d);
}

enum tls_want
tls_write(
    struct tls *t, const void *buf, size_t len, size_t *put, struct diag *d)
{
	int rc;

	ERR_clear_error();
	if ((rc = SSL_write_ex(t->ssl, buf, len, put)) == 1)
		return TLS_OK;
	return outcome(t, rc, "write", d);
}
