/* key export: DNSKEY, DS, CDS and CDNSKEY; what goes into the zone. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "material.h"
#include "export.h"
#include "number.h"
#include "verb.h"

struct choice {
	enum key_state state;
	enum key_type type;
	uint8_t digests[4];
	size_t ndigests;
};

static int
read_digests(const struct session *s, struct choice *c, struct diag *d)
{
	const char *text = s->o.digest != NULL ? s->o.digest : "2";

	while (*text != '\0') {
		const size_t len = strcspn(text, ",");
		uint16_t n;

		if (number_u16(text, len, 4, &n) == -1 ||
		    (n != DS_SHA1 && n != DS_SHA256 && n != DS_SHA384) ||
		    c->ndigests == 3)
			return diag_set(d, STATUS_USAGE,
			    "--digest: a list of 1, 2, 4 is needed");
		c->digests[c->ndigests++] = (uint8_t)n;
		text += len;
		if (*text == ',')
			text++;
	}
	return 0;
}

static int
read_choice(const struct session *s, struct choice *c, struct diag *d)
{
	*c = (struct choice){ STATE_ACTIVE, KEY_KSK, { 0 }, 0 };
	if (session_key_type(s, &c->type, d) == -1)
		return -1;
	if (s->o.keystate != NULL &&
	    key_state_from_name(s->o.keystate, &c->state) == -1)
		return diag_set(d, STATUS_USAGE,
		    "--keystate: no such state: %s", s->o.keystate);
	return read_digests(s, c, d);
}

static uint32_t
ttl_of(const struct zone *z, bool ds)
{
	if (z->policy == NULL)
		return 3600;
	return (uint32_t)(ds ? z->policy->ds_ttl : z->policy->dnskey_ttl);
}

static int
put_key(const struct session *s, const struct choice *c, const struct zone *z,
    const struct zonekey *k, struct textbuf *to, struct diag *d)
{
	int rc = 0;

	textbuf_puts(to, ";");
	textbuf_puts(to, key_state_name(k->state));
	textbuf_puts(to, " ");
	textbuf_puts(to, key_type_name(k->pair->type));
	textbuf_puts(to,
	    s->o.ds	   ? " DS record:\n"
		: s->o.cds ? " CDS and CDNSKEY records:\n"
			   : " DNSKEY record:\n");
	if (!s->o.ds && !s->o.cds)
		return material_put_dnskey(
		    s, to, z->name, ttl_of(z, false), "DNSKEY", k->pair, d);
	for (size_t i = 0; i < c->ndigests && rc == 0; i++)
		rc = material_put_ds(s, to, z->name, ttl_of(z, s->o.ds),
		    s->o.ds ? "DS" : "CDS", c->digests[i], k->pair, d);
	if (rc == 0 && s->o.cds)
		rc = material_put_dnskey(
		    s, to, z->name, ttl_of(z, false), "CDNSKEY", k->pair, d);
	return rc;
}

/* The records of the zone's dnskeys file: what its signconf publishes. */
int
export_published(const struct session *s, const struct zone *z,
    struct textbuf *to, struct diag *d)
{
	struct signing_key *keys;
	bool unsigned_zone;
	size_t n;
	int rc = 0;

	if (engine_signconf(z, &keys, &n, &unsigned_zone) == -1)
		return diag_system(d, "zone %s", z->name);
	for (size_t i = 0; i < n && rc == 0; i++)
		if (keys[i].publish)
			rc = material_put_dnskey(s, to, z->name,
			    z->policy == NULL ?
				ttl_of(z, false) :
				(uint32_t)engine_dnskey_ttl(z),
			    "DNSKEY", keys[i].pair, d);
	free(keys);
	return rc;
}

static int
export_zone(const struct session *s, const struct choice *c,
    const struct zone *z, struct textbuf *to, size_t *found, struct diag *d)
{
	if (s->o.published) {
		(*found)++;
		return export_published(s, z, to, d);
	}
	for (size_t i = 0; i < z->nkeys; i++) {
		const struct zonekey *k = &z->keys[i];

		if (k->state != c->state || k->pair->type != c->type)
			continue;
		(*found)++;
		if (put_key(s, c, z, k, to, d) == -1)
			return -1;
	}
	return 0;
}

static enum status
key_export(struct session *s, int argc, char **operands, struct diag *d)
{
	struct textbuf out = { 0 };
	struct zone *only = NULL;
	struct choice c;
	size_t found = 0;
	int rc;

	/* key export --published ZONE, as the manual pages write it. */
	if (argc > 0 && s->o.zone == NULL)
		s->o.zone = operands[0];
	if ((rc = read_choice(s, &c, d)) == 0 && s->o.zone != NULL &&
	    (only = session_zone(s, d)) == NULL)
		rc = -1;
	for (size_t i = 0; i < s->m->nzones && rc == 0; i++) {
		const struct zone *z = s->m->zones[i];

		if ((only == NULL || z == only) && z->deleted == 0)
			rc = export_zone(s, &c, z, &out, &found, d);
	}
	if (rc == 0 && out.failed)
		rc = diag_set(d, STATUS_SYSTEM, "out of memory");
	if (rc == 0 && found == 0)
		rc = diag_set(d, STATUS_BAD,
		    "no %s in state %s: key list "
		    "tells which there are; --keystate chooses",
		    key_type_name(c.type), key_state_name(c.state));
	if (rc == 0)
		(void)fwrite(out.buf, 1, out.len, stdout);
	textbuf_free(&out);
	return rc == 0 ? STATUS_OK : verb_failed(d);
}

#define NEEDS_LOOK (NEEDS_CONF | NEEDS_KASP | NEEDS_ZONELIST | NEEDS_READ)

const struct verb export_verbs[] = {
	{ "key export", "zaetd,digest,cds,published", NEEDS_LOOK,
	    "Print DNSKEY, DS, CDS: active KSKs, or what is asked for.",
	    key_export },
	{ NULL, NULL, 0, NULL, NULL },
};
