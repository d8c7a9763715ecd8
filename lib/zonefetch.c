#include <arpa/inet.h>
#include <stdlib.h>
#include <string.h>

#include "xmlrows.h"
#include "zonefetch.h"

static void
free_peers(struct zonefetch_peer *peer, size_t count)
{
	for (size_t i = 0; i < count; i++)
		free(peer[i].address);
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

static const struct xmlread_row peer_rows[] = {
	XMLROW_CALL("IPv4", 0, 0, read_ipv4),
	XMLROW_CALL("IPv6", 0, 0, read_ipv6),
	XMLROW("Port", XMLREAD_U16, 0, struct zonefetch_peer, port),
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
	*p = (struct zonefetch_peer){ .family = AF_UNSPEC, .port = 53 };
	xmlread_children(f, n, peer_rows, p);
	if (p->port == 0)
		xmlfile_error(f, n, "port 0");
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

static const struct xmlread_row default_rows[] = {
	XMLROW_GROUP("TSIG", 0, tsig_rows),
	XMLROW_CALL(
	    "RequestTransfer", XMLREAD_REQUIRED | XMLREAD_MANY, 0, read_master),
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
	if ((rc = xmlfile_result(&f, d)) == 0)
		*out = zf;
	else
		zonefetch_free(zf);
	return rc;
}
