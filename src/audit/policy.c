#include <stdlib.h>
#include <string.h>

#include <ldns/ldns.h>
#include <libxml/parser.h>
#include <libxml/tree.h>
#include <openssl/evp.h>

#include "duration.h"
#include "number.h"
#include "policy.h"

/* A document and where trouble in it goes. */
struct reader {
	const char *path;
	xmlDoc *doc;
	struct diag *d;
	bool failed;
};

static int
reader_open(struct reader *r, const char *path, const char *root,
    struct diag *d)
{
	xmlNode *node;

	*r = (struct reader){ .path = path, .d = d };
	r->doc = xmlReadFile(path, NULL, XML_PARSE_NONET | XML_PARSE_NOERROR |
	    XML_PARSE_NOWARNING);
	if (r->doc == NULL) {
		const xmlError *e = xmlGetLastError();

		return diag_set(d, STATUS_USAGE, "%s:%d: not readable as XML: "
		    "%s", path, e != NULL ? e->line : 0,
		    e != NULL && e->message != NULL ? e->message : "?");
	}
	node = xmlDocGetRootElement(r->doc);
	if (node == NULL || strcmp((const char *)node->name, root) != 0)
		return diag_set(d, STATUS_USAGE, "%s: no <%s>", path, root);
	return 0;
}

static xmlNode *
child(const xmlNode *n, const char *name, size_t len)
{
	xmlNode *c = n == NULL ? NULL : n->children;

	for (; c != NULL; c = c->next)
		if (c->type == XML_ELEMENT_NODE &&
		    strlen((const char *)c->name) == len &&
		    memcmp(c->name, name, len) == 0)
			return c;
	return NULL;
}

/* "Signatures/Validity/Default" below n, or NULL. */
static xmlNode *
find(xmlNode *n, const char *path)
{
	while (n != NULL && *path != '\0') {
		const char *slash = strchr(path, '/');
		const size_t len = slash != NULL ? (size_t)(slash - path) :
						   strlen(path);

		n = child(n, path, len);
		path += slash != NULL ? len + 1 : len;
	}
	return n;
}

/* The text of an element without blanks around it; owned by the caller. */
static char *
text(xmlNode *n)
{
	xmlChar *raw = n == NULL ? NULL : xmlNodeGetContent(n);
	char *out;
	size_t start = 0, end;

	if (raw == NULL)
		return NULL;
	end = strlen((char *)raw);
	while (start < end && strchr(" \t\r\n", raw[start]) != NULL)
		start++;
	while (end > start && strchr(" \t\r\n", raw[end - 1]) != NULL)
		end--;
	out = strndup((char *)raw + start, end - start);
	xmlFree(raw);
	return out;
}

static char *
text_at(xmlNode *n, const char *path)
{
	return text(find(n, path));
}

static void
fail(struct reader *r, const xmlNode *n, const char *what)
{
	if (!r->failed)
		(void)diag_set(r->d, STATUS_USAGE, "%s:%ld: <%s> %s", r->path,
		    n != NULL ? xmlGetLineNo(n) : 0,
		    n != NULL ? (const char *)n->name : "?", what);
	r->failed = true;
}

/* Seconds; *out stays what it is where the element is absent. */
static void
duration_at(struct reader *r, xmlNode *n, const char *path, int64_t *out)
{
	xmlNode *at = find(n, path);
	char *s = text(at);
	const char *p = s;

	if (s == NULL)
		return;
	if (*p == '-') /* an offset may be written as one */
		p++;
	if (duration_parse(p, strlen(p), out) == -1)
		fail(r, at, "is no duration");
	free(s);
}

static void
number_at(struct reader *r, xmlNode *n, const char *path, uint64_t max,
    uint64_t *out)
{
	xmlNode *at = find(n, path);
	char *s = text(at);

	if (s == NULL)
		return;
	if (number_u64(s, strlen(s), max, out) == -1)
		fail(r, at, "is no number, or too large");
	free(s);
}

/* A number, or the mnemonic of the IANA registry, as ldns has it. */
static uint8_t
algorithm_at(struct reader *r, xmlNode *n)
{
	xmlNode *at = find(n, "Algorithm");
	char *s = text(at);
	const ldns_lookup_table *row;
	uint64_t v = 0;

	if (s == NULL)
		return 0;
	if ((row = ldns_lookup_by_name(ldns_algorithms, s)) != NULL)
		v = (uint64_t)row->id;
	else if (number_u64(s, strlen(s), UINT8_MAX, &v) == -1)
		fail(r, at, "is neither an algorithm nor its number");
	free(s);
	return (uint8_t)v;
}

static uint64_t
attribute(struct reader *r, xmlNode *n, const char *name, uint64_t max)
{
	xmlChar *s = n == NULL ? NULL : xmlGetProp(n, (const xmlChar *)name);
	uint64_t value = 0;

	if (s == NULL)
		return 0;
	if (number_u64((char *)s, strlen((char *)s), max, &value) == -1)
		fail(r, n, "has an attribute that is no number, or too large");
	xmlFree(s);
	return value;
}

void
policy_init(struct policy *p)
{
	memset(p, 0, sizeof(*p));
	p->dnskey_ttl = p->soa_ttl = p->soa_minimum = p->propagation = -1;
}

void
policy_free(struct policy *p)
{
	for (size_t i = 0; i < p->keys; i++)
		free(p->key[i].public_key);
	p->keys = 0;
}

/* What signconf and kasp.xml share: Signatures, Denial, Keys/TTL, SOA. */
static void
read_common(struct reader *r, xmlNode *n, const char *soa, struct policy *p)
{
	xmlNode *denial = find(n, "Denial"), *at = find(n, soa);
	uint64_t v = 0;
	char *serial;

	duration_at(r, n, "Signatures/Resign", &p->resign);
	duration_at(r, n, "Signatures/Refresh", &p->refresh);
	duration_at(r, n, "Signatures/Validity/Default", &p->validity);
	p->validity_denial = p->validity_keys = p->validity;
	duration_at(r, n, "Signatures/Validity/Denial", &p->validity_denial);
	duration_at(r, n, "Signatures/Validity/Keys", &p->validity_keys);
	if (p->validity_denial == 0)
		p->validity_denial = p->validity;
	if (p->validity_keys == 0)
		p->validity_keys = p->validity;
	duration_at(r, n, "Signatures/Jitter", &p->jitter);
	duration_at(r, n, "Signatures/InceptionOffset", &p->inception_offset);
	duration_at(r, n, "Keys/TTL", &p->dnskey_ttl);
	duration_at(r, at, "TTL", &p->soa_ttl);
	duration_at(r, at, "Minimum", &p->soa_minimum);
	serial = text_at(at, "Serial");
	if (serial != NULL)
		p->serial = strcmp(serial, "keep") == 0 ? SERIAL_KEEP :
							  SERIAL_OTHER;
	free(serial);
	p->nsec3 = find(denial, "NSEC3") != NULL;
	p->opt_out = find(denial, "NSEC3/OptOut") != NULL;
	v = 1;
	number_at(r, denial, "NSEC3/Hash/Algorithm", UINT8_MAX, &v);
	p->nsec3_algorithm = (uint8_t)v;
	v = 0;
	number_at(r, denial, "NSEC3/Hash/Iterations", UINT16_MAX, &v);
	p->iterations = (uint16_t)v;
}

static void
read_salt(struct reader *r, xmlNode *n, struct policy *p)
{
	xmlNode *at = find(n, "Denial/NSEC3/Hash/Salt");
	char *s = text(at);
	size_t len = s == NULL ? 0 : strlen(s);

	if (len > 0 && strcmp(s, "-") != 0) {
		if (len % 2 != 0 || len / 2 > POLICY_SALT_MAX ||
		    strspn(s, "0123456789abcdefABCDEF") != len)
			fail(r, at, "is no salt");
		for (size_t i = 0; !r->failed && i < len; i += 2) {
			const char hex[3] = { s[i], s[i + 1], '\0' };

			p->salt[p->salt_size++] = (uint8_t)strtoul(hex, NULL,
			    16);
		}
	}
	free(s);
}

static void
read_key(struct reader *r, xmlNode *n, struct policy *p)
{
	struct policy_key *k = &p->key[p->keys];
	uint64_t flags = 0;
	char *public;

	if (p->keys == POLICY_KEYS_MAX) {
		fail(r, n, "is one key too many");
		return;
	}
	number_at(r, n, "Flags", UINT16_MAX, &flags);
	*k = (struct policy_key){ .flags = (uint16_t)flags,
		.algorithm = algorithm_at(r, n),
		.ksk = find(n, "KSK") != NULL, .zsk = find(n, "ZSK") != NULL,
		.publish = find(n, "Publish") != NULL,
		.lost = find(n, "Lost") != NULL };
	p->keys++;
	public = text_at(n, "PublicKey");
	if (public == NULL)
		return;
	k->public_key = malloc(strlen(public) + 4);
	if (k->public_key != NULL) {
		const size_t len = strlen(public);
		const int size = EVP_DecodeBlock(k->public_key,
		    (uint8_t *)public, (int)len);

		if (size == -1 || len < 4)
			fail(r, n, "has a public key that is no base64");
		else
			k->public_size = (size_t)size -
			    (public[len - 1] == '=') - (public[len - 2] == '=');
	}
	free(public);
}

int
policy_signconf(struct policy *p, const char *path, char **name,
    struct diag *d)
{
	struct reader r;
	xmlNode *zone, *keys;
	xmlChar *raw;
	int rc = -1;

	if (reader_open(&r, path, "SignerConfiguration", d) == -1)
		goto out;
	zone = find(xmlDocGetRootElement(r.doc), "Zone");
	if (zone == NULL) {
		(void)diag_set(d, STATUS_USAGE, "%s: no <Zone>", path);
		goto out;
	}
	read_common(&r, zone, "SOA", p);
	read_salt(&r, zone, p);
	keys = find(zone, "Keys");
	for (xmlNode *n = keys == NULL ? NULL : keys->children; n != NULL;
	     n = n->next)
		if (n->type == XML_ELEMENT_NODE &&
		    strcmp((const char *)n->name, "Key") == 0)
			read_key(&r, n, p);
	p->partial = find(zone, "Audit/Partial") != NULL;
	p->signconf = true;
	raw = xmlGetProp(zone, (const xmlChar *)"name");
	if (name != NULL)
		*name = raw == NULL ? NULL : strdup((char *)raw);
	xmlFree(raw);
	rc = r.failed ? -1 : 0;
out:
	xmlFreeDoc(r.doc);
	return rc;
}

static xmlNode *
named(xmlNode *parent, const char *element, const char *name)
{
	for (xmlNode *n = parent->children; n != NULL; n = n->next) {
		xmlChar *s;
		bool found;

		if (n->type != XML_ELEMENT_NODE ||
		    strcmp((const char *)n->name, element) != 0)
			continue;
		s = xmlGetProp(n, (const xmlChar *)"name");
		found = s != NULL && strcmp((char *)s, name) == 0;
		xmlFree(s);
		if (found)
			return n;
	}
	return NULL;
}

static void
read_block(struct reader *r, xmlNode *n, bool ksk, struct policy *p)
{
	struct policy_block *b = &p->block[p->blocks];
	uint64_t standby = 0;

	if (p->blocks == POLICY_KEYS_MAX) {
		fail(r, n, "is one key too many");
		return;
	}
	*b = (struct policy_block){ .ksk = ksk };
	number_at(r, n, "Standby", UINT32_MAX, &standby);
	duration_at(r, n, "Lifetime", &b->lifetime);
	b->algorithm = algorithm_at(r, n);
	b->standby = (uint32_t)standby;
	b->bits = (uint32_t)attribute(r, find(n, "Algorithm"), "length",
	    UINT16_MAX);
	p->blocks++;
}

int
policy_kasp(struct policy *p, const char *path, const char *name,
    struct diag *d)
{
	struct reader r;
	xmlNode *policy, *keys;
	int rc = -1;

	if (reader_open(&r, path, "KASP", d) == -1)
		goto out;
	policy = named(xmlDocGetRootElement(r.doc), "Policy", name);
	if (policy == NULL) {
		(void)diag_set(d, STATUS_USAGE, "%s: no policy '%s'", path,
		    name);
		goto out;
	}
	read_common(&r, policy, "Zone/SOA", p);
	p->salt_length = (size_t)attribute(&r, find(policy,
	    "Denial/NSEC3/Hash/Salt"), "length", POLICY_SALT_MAX);
	duration_at(&r, policy, "Zone/PropagationDelay", &p->propagation);
	keys = find(policy, "Keys");
	for (xmlNode *n = keys == NULL ? NULL : keys->children; n != NULL;
	     n = n->next) {
		if (n->type != XML_ELEMENT_NODE)
			continue;
		if (strcmp((const char *)n->name, "KSK") == 0)
			read_block(&r, n, true, p);
		if (strcmp((const char *)n->name, "ZSK") == 0)
			read_block(&r, n, false, p);
	}
	p->partial = find(policy, "Audit/Partial") != NULL;
	p->kasp = true;
	rc = r.failed ? -1 : 0;
out:
	xmlFreeDoc(r.doc);
	return rc;
}

/* --- conf.xml and zonelist.xml --------------------------------------------- */

static int
read_zonelist(struct configuration *c, struct diag *d)
{
	struct reader r;
	int rc = -1;

	if (reader_open(&r, c->zonelist, "ZoneList", d) == -1)
		goto out;
	for (xmlNode *n = xmlDocGetRootElement(r.doc)->children; n != NULL;
	     n = n->next) {
		struct listed_zone *grown, *z;
		xmlChar *name;

		if (n->type != XML_ELEMENT_NODE ||
		    strcmp((const char *)n->name, "Zone") != 0)
			continue;
		grown = realloc(c->zone, (c->zones + 1) * sizeof(*grown));
		if (grown == NULL) {
			(void)diag_system(d, "%s", c->zonelist);
			goto out;
		}
		c->zone = grown;
		z = &grown[c->zones++];
		name = xmlGetProp(n, (const xmlChar *)"name");
		*z = (struct listed_zone){
			.name = name == NULL ? NULL : strdup((char *)name),
			.policy = text_at(n, "Policy"),
			.signconf = text_at(n, "SignerConfiguration"),
			.input = text_at(n, "Adapters/Input/File"),
			.output = text_at(n, "Adapters/Output/File") };
		xmlFree(name);
		if (z->name == NULL || z->policy == NULL ||
		    z->signconf == NULL || z->input == NULL ||
		    z->output == NULL)
			fail(&r, n, "is not complete");
	}
	rc = r.failed ? -1 : 0;
out:
	xmlFreeDoc(r.doc);
	return rc;
}

int
configuration_read(struct configuration *c, const char *path, struct diag *d)
{
	struct reader r;
	xmlNode *root;
	int rc = -1;

	memset(c, 0, sizeof(*c));
	if (reader_open(&r, path, "Configuration", d) == -1)
		goto out;
	root = xmlDocGetRootElement(r.doc);
	c->kasp = text_at(root, "Common/PolicyFile");
	c->zonelist = text_at(root, "Common/ZoneListFile");
	duration_at(&r, root, "Enforcer/Interval", &c->interval);
	if (c->zonelist == NULL)
		fail(&r, root, "names no ZoneListFile");
	rc = r.failed ? -1 : read_zonelist(c, d);
out:
	xmlFreeDoc(r.doc);
	return rc;
}

void
configuration_free(struct configuration *c)
{
	for (size_t i = 0; i < c->zones; i++) {
		free(c->zone[i].name);
		free(c->zone[i].policy);
		free(c->zone[i].signconf);
		free(c->zone[i].input);
		free(c->zone[i].output);
	}
	free(c->zone);
	free(c->kasp);
	free(c->zonelist);
	memset(c, 0, sizeof(*c));
}
