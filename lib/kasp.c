#include <arpa/inet.h>
#include <stdlib.h>
#include <string.h>

#include "algorithm.h"
#include "kasp.h"
#include "number.h"
#include "xmlrows.h"

static const char *const serials[] = { "counter", "datecounter", "unixtime",
	"keep", NULL };
static const char *const no_attributes[] = { NULL };

void
kasp_free(struct kasp *kasp)
{
	if (kasp == NULL)
		return;
	for (size_t i = 0; i < kasp->count; i++) {
		struct kasp_policy *p = &kasp->policy[i];

		free(p->name);
		free(p->description);
		for (size_t k = 0; k < p->key_count; k++)
			free(p->key[k].repository);
		free(p->key);
		for (size_t s = 0; s < p->served_by_count; s++)
			free(p->served_by[s].address);
		free(p->served_by);
	}
	free(kasp->policy);
	free(kasp);
}

const struct kasp_policy *
kasp_find(const struct kasp *kasp, const char *name)
{
	for (size_t i = 0; i < kasp->count; i++)
		if (strcmp(kasp->policy[i].name, name) == 0)
			return &kasp->policy[i];
	return NULL;
}

/* An attribute that is a number; false: absent or noted as an error. */
static bool
number_attribute(struct xmlfile *f, xmlNode *n, const char *name, bool required,
    uint32_t max, uint32_t *to)
{
	char *text = xmlread_attribute(f, n, name, required);
	bool good;

	if (text == NULL)
		return false;
	good = number_u32(text, strlen(text), max, to) == 0;
	if (!good)
		xmlfile_error(f, n,
		    "attribute %s: '%s' is not a number from 0 to %u", name,
		    text, max);
	free(text);
	return good;
}

static void
read_algorithm(struct xmlfile *f, xmlNode *n, void *to)
{
	struct kasp_key *k = to;
	char *text = xmlread_text(f, n);
	const struct algorithm *a;

	xmlread_only_attributes(f, n, (const char *const[]){ "length", NULL });
	(void)number_attribute(f, n, "length", false, 65536, &k->bits);
	if (text == NULL)
		return;
	if ((a = algorithm_by_text(text, strlen(text))) == NULL)
		xmlfile_error(f, n,
		    "'%s' is no algorithm that signs: 13 "
		    "(ECDSAP256SHA256), 8, 10, 14, 15, 16, or of old 5 and 7",
		    text);
	else
		k->algorithm = a->number;
	free(text);
}

static const struct xmlread_row key_rows[] = {
	XMLROW_CALL("Algorithm", XMLREAD_REQUIRED, 0, read_algorithm),
	XMLROW("Lifetime", XMLREAD_DURATION, XMLREAD_REQUIRED, struct kasp_key,
	    lifetime),
	XMLROW("Repository", XMLREAD_TEXT, XMLREAD_REQUIRED, struct kasp_key,
	    repository),
	XMLROW("Standby", XMLREAD_U32, 0, struct kasp_key, standby),
	XMLROW("ManualRollover", XMLREAD_PRESENT, 0, struct kasp_key,
	    manual_rollover),
	XMLROW("RFC5011", XMLREAD_PRESENT, 0, struct kasp_key, rfc5011),
	XMLROW_END,
};

/* The slot of that type and algorithm: of several the last one counts. */
static struct kasp_key *
key_slot(struct xmlfile *f, xmlNode *n, struct kasp_policy *p,
    const struct kasp_key *new)
{
	struct kasp_key *grown;

	for (size_t i = 0; i < p->key_count; i++)
		if (p->key[i].ksk == new->ksk &&
		    p->key[i].algorithm == new->algorithm) {
			xmlfile_warn(f, n,
			    "a second block with algorithm %u: "
			    "the last one counts",
			    new->algorithm);
			free(p->key[i].repository);
			return &p->key[i];
		}
	grown = realloc(p->key, (p->key_count + 1) * sizeof(*grown));
	if (grown == NULL) {
		xmlfile_error(f, n, "out of memory");
		return NULL;
	}
	p->key = grown;
	return &grown[p->key_count++];
}

static void
read_key(struct xmlfile *f, xmlNode *n, void *to)
{
	struct kasp_key new = { .ksk =
				    strcmp((const char *)n->name, "KSK") == 0 },
			*slot;

	xmlread_only_attributes(f, n, no_attributes);
	xmlread_children(f, n, key_rows, &new);
	if ((slot = key_slot(f, n, to, &new)) == NULL)
		free(new.repository);
	else
		*slot = new;
}

static void
read_serial(struct xmlfile *f, xmlNode *n, void *to)
{
	const int i = xmlread_word(f, n, serials);

	if (i != -1)
		*(enum signconf_serial *)to = (enum signconf_serial)i;
}

static void
read_audit(struct xmlfile *f, xmlNode *n, void *to)
{
	static const struct xmlread_row rows[] = {
		{ "Partial", XMLREAD_PRESENT, 0, 0, NULL, NULL },
		XMLROW_END,
	};
	bool partial = false;

	xmlread_children(f, n, rows, &partial);
	*(enum signconf_audit *)to =
	    partial ? SIGNCONF_AUDIT_PARTIAL : SIGNCONF_AUDIT_FULL;
}

static void
read_salt(struct xmlfile *f, xmlNode *n, void *to)
{
	uint32_t length;

	xmlread_only_attributes(f, n, (const char *const[]){ "length", NULL });
	if (number_attribute(f, n, "length", true, UINT8_MAX, &length))
		*(uint8_t *)to = (uint8_t)length;
}

static bool
is_address(const char *text)
{
	unsigned char buf[sizeof(struct in6_addr)];

	return inet_pton(AF_INET, text, buf) == 1 ||
	    inet_pton(AF_INET6, text, buf) == 1;
}

static void
read_served_by(struct xmlfile *f, xmlNode *n, void *to)
{
	struct kasp_policy *p = to;
	struct kasp_server *grown;
	uint32_t port = 53;
	char *text = xmlread_text(f, n);

	xmlread_only_attributes(f, n, (const char *const[]){ "port", NULL });
	(void)number_attribute(f, n, "port", false, UINT16_MAX, &port);
	if (text == NULL)
		return;
	if (!is_address(text)) {
		xmlfile_error(
		    f, n, "'%s' is not an IPv4 or IPv6 address", text);
		free(text);
		return;
	}
	grown =
	    realloc(p->served_by, (p->served_by_count + 1) * sizeof(*grown));
	if (grown == NULL) {
		xmlfile_error(f, n, "out of memory");
		free(text);
		return;
	}
	p->served_by = grown;
	grown[p->served_by_count++] =
	    (struct kasp_server){ text, (uint16_t)port };
}

static void
read_max_shrink(struct xmlfile *f, xmlNode *n, void *to)
{
	char *text = xmlread_text(f, n);
	size_t len;
	uint16_t percent;

	xmlread_only_attributes(f, n, no_attributes);
	if (text == NULL)
		return;
	len = strlen(text);
	if (len > 0 && text[len - 1] == '%')
		len--;
	if (number_u16(text, len, 100, &percent) == -1)
		xmlfile_error(f, n, "'%s' is not 0%% to 100%%", text);
	else
		*(uint8_t *)to = (uint8_t)percent;
	free(text);
}

#define ROW(NAME, TYPE, FIELD)                                                 \
	XMLROW(NAME, TYPE, XMLREAD_REQUIRED, struct kasp_policy, FIELD)
#define OPTIONAL(NAME, TYPE, FIELD)                                            \
	XMLROW(NAME, TYPE, 0, struct kasp_policy, FIELD)
#define AT(FIELD) offsetof(struct kasp_policy, FIELD)

static const struct xmlread_row validity_rows[] = {
	ROW("Default", XMLREAD_DURATION, validity_default),
	ROW("Denial", XMLREAD_DURATION, validity_denial),
	OPTIONAL("Keys", XMLREAD_DURATION, validity_keys),
	OPTIONAL("Keyset", XMLREAD_DURATION, validity_keys), /* 1.4's name */
	XMLROW_END,
};

static const struct xmlread_row signatures_rows[] = {
	ROW("Resign", XMLREAD_DURATION, resign),
	ROW("Refresh", XMLREAD_DURATION, refresh),
	XMLROW_GROUP("Validity", XMLREAD_REQUIRED, validity_rows),
	ROW("Jitter", XMLREAD_DURATION, jitter),
	ROW("InceptionOffset", XMLREAD_SKEW, inception_offset),
	OPTIONAL("MaxZoneTTL", XMLREAD_DURATION, max_zone_ttl),
	XMLROW_END,
};

static const struct xmlread_row hash_rows[] = {
	ROW("Algorithm", XMLREAD_U8, nsec3_algorithm),
	ROW("Iterations", XMLREAD_U16, iterations),
	XMLROW_CALL("Salt", XMLREAD_REQUIRED, AT(salt_length), read_salt),
	XMLROW_END,
};

static const struct xmlread_row nsec3_rows[] = {
	OPTIONAL("TTL", XMLREAD_TTL, nsec3param_ttl),
	OPTIONAL("OptOut", XMLREAD_PRESENT, opt_out),
	OPTIONAL("Resalt", XMLREAD_DURATION, resalt),
	XMLROW_GROUP("Hash", XMLREAD_REQUIRED, hash_rows),
	XMLROW_END,
};

static void
read_nsec3(struct xmlfile *f, xmlNode *n, void *to)
{
	struct kasp_policy *p = to;

	xmlread_only_attributes(f, n, no_attributes);
	p->nsec3 = true;
	xmlread_children(f, n, nsec3_rows, p);
}

static void
read_denial(struct xmlfile *f, xmlNode *n, void *to)
{
	static const struct xmlread_row rows[] = {
		XMLROW_IGNORE("NSEC", 0),
		XMLROW_CALL("NSEC3", 0, 0, read_nsec3),
		XMLROW_END,
	};
	int kinds = 0;

	for (const xmlNode *c = n->children; c != NULL; c = c->next)
		kinds += c->type == XML_ELEMENT_NODE;
	xmlread_only_attributes(f, n, no_attributes);
	xmlread_children(f, n, rows, to);
	if (kinds != 1)
		xmlfile_error(f, n, "must hold one of NSEC and NSEC3");
}

static const struct xmlread_row keys_rows[] = {
	ROW("TTL", XMLREAD_TTL, dnskey_ttl),
	ROW("RetireSafety", XMLREAD_DURATION, retire_safety),
	ROW("PublishSafety", XMLREAD_DURATION, publish_safety),
	OPTIONAL("ShareKeys", XMLREAD_PRESENT, share_keys),
	OPTIONAL("Purge", XMLREAD_DURATION, purge),
	XMLROW_CALL("KSK", XMLREAD_REQUIRED | XMLREAD_MANY, 0, read_key),
	XMLROW_CALL("ZSK", XMLREAD_REQUIRED | XMLREAD_MANY, 0, read_key),
	XMLROW_END,
};

static const struct xmlread_row zone_soa_rows[] = {
	ROW("TTL", XMLREAD_TTL, soa_ttl),
	ROW("Minimum", XMLREAD_TTL, soa_minimum),
	XMLROW_CALL("Serial", XMLREAD_REQUIRED, AT(serial), read_serial),
	XMLROW_END,
};

static const struct xmlread_row zone_rows[] = {
	ROW("PropagationDelay", XMLREAD_DURATION, zone_propagation_delay),
	XMLROW_GROUP("SOA", XMLREAD_REQUIRED, zone_soa_rows),
	XMLROW_CALL("ServedBy", XMLREAD_MANY, 0, read_served_by),
	XMLROW_CALL("MaxShrink", 0, AT(max_shrink), read_max_shrink),
	XMLROW_END,
};

static const struct xmlread_row ds_rows[] = {
	ROW("TTL", XMLREAD_TTL, ds_ttl),
	XMLROW_END,
};

static const struct xmlread_row parent_soa_rows[] = {
	ROW("TTL", XMLREAD_TTL, parent_soa_ttl),
	ROW("Minimum", XMLREAD_TTL, parent_soa_minimum),
	XMLROW_END,
};

static const struct xmlread_row parent_rows[] = {
	ROW("PropagationDelay", XMLREAD_DURATION, parent_propagation_delay),
	XMLROW_GROUP("DS", XMLREAD_REQUIRED, ds_rows),
	XMLROW_GROUP("SOA", XMLREAD_REQUIRED, parent_soa_rows),
	XMLROW_END,
};

static const struct xmlread_row policy_rows[] = {
	ROW("Description", XMLREAD_TEXT, description),
	XMLROW_GROUP("Signatures", XMLREAD_REQUIRED, signatures_rows),
	XMLROW_CALL("Denial", XMLREAD_REQUIRED, 0, read_denial),
	XMLROW_GROUP("Keys", XMLREAD_REQUIRED, keys_rows),
	XMLROW_GROUP("Zone", XMLREAD_REQUIRED, zone_rows),
	XMLROW_GROUP("Parent", XMLREAD_REQUIRED, parent_rows),
	XMLROW_CALL("Audit", XMLREAD_MANY, AT(audit), read_audit),
	XMLROW_END,
};

/* Names stand in tab-separated files and on command lines. */
static bool
is_plain(const char *name)
{
	if (*name == '\0')
		return false;
	for (; *name != '\0'; name++)
		if ((unsigned char)*name < ' ' || *name == 0x7f)
			return false;
	return true;
}

static void
read_policy(struct xmlfile *f, xmlNode *n, void *to)
{
	struct kasp *kasp = to;
	struct kasp_policy *grown, *p;

	grown = realloc(kasp->policy, (kasp->count + 1) * sizeof(*grown));
	if (grown == NULL) {
		xmlfile_error(f, n, "out of memory");
		return;
	}
	kasp->policy = grown;
	p = &grown[kasp->count];
	memset(p, 0, sizeof(*p));
	p->purge = -1;
	p->max_shrink = KASP_MAX_SHRINK;
	p->line = xmlGetLineNo(n);
	xmlread_only_attributes(f, n, (const char *const[]){ "name", NULL });
	if ((p->name = xmlread_attribute(f, n, "name", true)) == NULL)
		return;
	if (!is_plain(p->name))
		xmlfile_error(f, n,
		    "the name is empty or holds a control "
		    "character");
	if (kasp_find(kasp, p->name) != NULL)
		xmlfile_error(f, n, "two policies are named %s", p->name);
	kasp->count++;
	xmlread_children(f, n, policy_rows, p);
	if (p->validity_denial == 0)
		p->validity_denial = p->validity_default;
	if (p->validity_keys == 0)
		p->validity_keys = p->validity_default;
}

struct kasp *
kasp_from_doc(struct xmlfile *f, xmlDoc *doc)
{
	static const struct xmlread_row rows[] = {
		{ "Policy", XMLREAD_CALL, XMLREAD_REQUIRED | XMLREAD_MANY, 0,
		    NULL, read_policy },
		XMLROW_END,
	};
	struct kasp *kasp;

	if ((kasp = calloc(1, sizeof(*kasp))) == NULL) {
		xmlfile_error(f, NULL, "out of memory");
		return NULL;
	}
	xmlread_document(f, doc, "KASP", "kasp", rows, kasp);
	return kasp;
}

int
kasp_read(struct kasp **out, const char *path, const struct xmllog *log,
    struct diag *d)
{
	struct xmlfile f = { .path = path, .log = log };
	xmlDoc *doc;
	struct kasp *kasp = NULL;
	int rc;

	if ((doc = xmlfile_parse(&f)) != NULL)
		kasp = kasp_from_doc(&f, doc);
	xmlFreeDoc(doc);
	if ((rc = xmlfile_result(&f, d)) == 0)
		*out = kasp;
	else
		kasp_free(kasp);
	return rc;
}
