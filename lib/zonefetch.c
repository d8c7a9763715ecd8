#include <arpa/inet.h>
#include <stdlib.h>
#include <string.h>

#include "number.h"
#include "xmlrows.h"
#include "zonefetch.h"

static void
free_tls(struct zonefetch_tls *tls)
{
	if (tls == NULL)
		return;
	for (size_t i = 0; i < tls->pin_count; i++)
		free(tls->pin[i]);
	free(tls->pin);
	free(tls->name);
	free(tls->ca);
	free(tls->certificate);
	free(tls->key);
	free(tls);
}

static void
free_peers(struct zonefetch_peer *peer, size_t count)
{
	for (size_t i = 0; i < count; i++) {
		free(peer[i].address);
		free_tls(peer[i].tls);
	}
	free(peer);
}

void
zonefetch_free(struct zonefetch *zf)
{
	if (zf == NULL)
		return;
	free_peers(zf->listen, zf->listen_count);
	free_peers(zf->master, zf->master_count);
	free(zf->tsig_name);
	free(zf->tsig_algorithm);
	if (zf->tsig_secret != NULL)
		explicit_bzero(zf->tsig_secret, strlen(zf->tsig_secret));
	free(zf->tsig_secret);
	free(zf);
}

static void
read_address(
    struct xmlfile *f, xmlNode *n, struct zonefetch_peer *p, int family)
{
	unsigned char buf[sizeof(struct in6_addr)];
	char *text = xmlread_text(f, n);

	if (text == NULL)
		return;
	if (*text == '\0') { /* <IPv4/>: any address of that family */
		free(text);
		p->family = family;
		return;
	}
	if (inet_pton(family, text, buf) != 1)
		xmlfile_error(
		    f, n, "'%s' is not an address of that kind", text);
	free(p->address);
	p->address = text;
	p->family = family;
}

static void
read_ipv4(struct xmlfile *f, xmlNode *n, void *to)
{
	read_address(f, n, to, AF_INET);
}

static void
read_ipv6(struct xmlfile *f, xmlNode *n, void *to)
{
	read_address(f, n, to, AF_INET6);
}

static void
read_pin(struct xmlfile *f, xmlNode *n, void *to)
{
	struct zonefetch_tls *tls = to;
	char *text = xmlread_text(f, n), **grown;

	if (text == NULL)
		return;
	grown = realloc(tls->pin, (tls->pin_count + 1) * sizeof(*grown));
	if (grown == NULL) {
		xmlfile_error(f, n, "out of memory");
		free(text);
		return;
	}
	tls->pin = grown;
	tls->pin[tls->pin_count++] = text;
}

static const struct xmlread_row tls_rows[] = {
	XMLROW("Name", XMLREAD_TEXT, 0, struct zonefetch_tls, name),
	XMLROW("CA", XMLREAD_TEXT, 0, struct zonefetch_tls, ca),
	XMLROW_CALL("Pin", XMLREAD_MANY, 0, read_pin),
	XMLROW(
	    "Certificate", XMLREAD_TEXT, 0, struct zonefetch_tls, certificate),
	XMLROW("Key", XMLREAD_TEXT, 0, struct zonefetch_tls, key),
	XMLROW_END,
};

static void
read_tls(struct xmlfile *f, xmlNode *n, void *to)
{
	struct zonefetch_peer *p = to;

	if ((p->tls = calloc(1, sizeof(*p->tls))) == NULL) {
		xmlfile_error(f, n, "out of memory");
		return;
	}
	xmlread_children(f, n, tls_rows, p->tls);
	if (p->tls->ca == NULL && p->tls->pin_count == 0)
		xmlfile_error(f, n, "needs a CA or a Pin (RFC 9103 §9.3.1)");
	if (p->tls->ca != NULL && p->tls->name == NULL)
		xmlfile_error(f, n, "a CA needs the master's Name too");
}

/* Port 0 is no port: the schema says so too, but not where and why. */
static void
read_port(struct xmlfile *f, xmlNode *n, void *to)
{
	char *text = xmlread_text(f, n);

	if (text == NULL)
		return;
	if (number_u16(text, strlen(text), UINT16_MAX, to) == -1 ||
	    *(uint16_t *)to == 0)
		xmlfile_error(
		    f, n, "'%s' is not a port from 1 to 65535", text);
	free(text);
}

static const struct xmlread_row peer_rows[] = {
	XMLROW_CALL("IPv4", 0, 0, read_ipv4),
	XMLROW_CALL("IPv6", 0, 0, read_ipv6),
	XMLROW_CALL(
	    "Port", 0, offsetof(struct zonefetch_peer, port), read_port),
	XMLROW_CALL("TLS", 0, 0, read_tls),
	XMLROW_END,
};

static struct zonefetch_peer *
read_peer(
    struct xmlfile *f, xmlNode *n, struct zonefetch_peer **list, size_t *count)
{
	struct zonefetch_peer *grown, *p;

	if ((grown = realloc(*list, (*count + 1) * sizeof(*grown))) == NULL) {
		xmlfile_error(f, n, "out of memory");
		return NULL;
	}
	*list = grown;
	p = &grown[(*count)++];
	*p = (struct zonefetch_peer){ .family = AF_UNSPEC };
	xmlread_children(f, n, peer_rows, p);
	if (p->port == 0) /* RFC 1035 §4.2, RFC 9103 §7.2 */
		p->port = p->tls == NULL ? 53 : 853;
	return p;
}

static void
read_listen(struct xmlfile *f, xmlNode *n, void *to)
{
	struct zonefetch *zf = to;

	(void)read_peer(f, n, &zf->listen, &zf->listen_count);
}

static void
read_master(struct xmlfile *f, xmlNode *n, void *to)
{
	struct zonefetch *zf = to;
	const struct zonefetch_peer *p;

	p = read_peer(f, n, &zf->master, &zf->master_count);
	if (p != NULL && p->address == NULL)
		xmlfile_error(f, n, "needs an address in IPv4 or IPv6");
}

static const struct xmlread_row tsig_rows[] = {
	XMLROW("Name", XMLREAD_TEXT, XMLREAD_REQUIRED, struct zonefetch,
	    tsig_name),
	XMLROW("Algorithm", XMLREAD_TEXT, XMLREAD_REQUIRED, struct zonefetch,
	    tsig_algorithm),
	XMLROW("Secret", XMLREAD_TEXT, XMLREAD_REQUIRED, struct zonefetch,
	    tsig_secret),
	XMLROW_END,
};

static void
read_limit(struct xmlfile *f, xmlNode *n, void *to)
{
	uint64_t *limit = to;
	size_t size;
	char *text = xmlread_text(f, n);

	if (text == NULL)
		return;
	if (number_size(text, &size) == -1 || size == 0)
		xmlfile_error(f, n,
		    "'%s' is not a number above 0, with K, M or G if wanted",
		    text);
	else
		*limit = size;
	free(text);
}

static const struct xmlread_row default_rows[] = {
	XMLROW_GROUP("TSIG", 0, tsig_rows),
	XMLROW_CALL(
	    "RequestTransfer", XMLREAD_REQUIRED | XMLREAD_MANY, 0, read_master),
	XMLROW("RequireNotifyTSIG", XMLREAD_PRESENT, 0, struct zonefetch,
	    notify_needs_tsig),
	XMLROW_CALL("MaxRecords", 0, offsetof(struct zonefetch, max_records),
	    read_limit),
	XMLROW_CALL(
	    "MaxBytes", 0, offsetof(struct zonefetch, max_bytes), read_limit),
	XMLROW_END,
};

static const struct xmlread_row rows[] = {
	XMLROW_CALL("NotifyListen", XMLREAD_MANY, 0, read_listen),
	XMLROW_GROUP("Default", XMLREAD_REQUIRED, default_rows),
	XMLROW_END,
};

int
zonefetch_read(struct zonefetch **out, const char *path,
    const struct xmllog *log, struct diag *d)
{
	struct xmlfile f = { .path = path, .log = log };
	struct zonefetch *zf;
	xmlDoc *doc;
	int rc;

	if ((zf = calloc(1, sizeof(*zf))) == NULL)
		return diag_system(d, "%s", path);
	if ((doc = xmlfile_parse(&f)) != NULL)
		xmlread_document(&f, doc, "ZoneFetch", "zonefetch", rows, zf);
	xmlFreeDoc(doc);
	if (zf->notify_needs_tsig && zf->tsig_name == NULL)
		xmlfile_error(&f, NULL, "RequireNotifyTSIG needs a TSIG key");
	if ((rc = xmlfile_result(&f, d)) == 0)
		*out = zf;
	else
		zonefetch_free(zf);
	return rc;
}
