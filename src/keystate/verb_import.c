/* import-opendnssec: the keys of a kasp.db, with their states and dates. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "algorithm.h"
#include "config.h"
#include "hex.h"
#include "kaspdb.h"
#include "material.h"
#include "report.h"
#include "verb.h"

/* ---- one key ---- */

/* The pair, looked up in its store; NULL: d says why. */
static struct keypair *
take_pair(struct session *s, const struct kaspdb_key *from, struct diag *d)
{
	struct keypair *pair = model_pair(s->m, from->id);
	uint8_t pub[DNSKEY_PUBLIC_MAX], rdata[DNSKEY_RDATA_MAX];
	uint16_t bits;
	size_t size;

	if (pair != NULL) /* shared: another zone brought it */
		return pair;
	if (from->algorithm < 0 ||
	    algorithm_by_number((unsigned)from->algorithm) == NULL) {
		diag_set(d, STATUS_BAD, "key %s: algorithm %d signs no zone",
		    from->id, from->algorithm);
		return NULL;
	}
	if (material_look_up(s, from->repository, from->id,
		(uint8_t)from->algorithm, pub, &size, &bits, d) == -1) {
		(void)diag_prefix(d, "key %s", from->id);
		return NULL;
	}
	if ((pair = model_add_pair(s->m, from->id)) == NULL ||
	    (pair->repository = strdup(from->repository)) == NULL ||
	    (pair->policy = strdup(from->policy)) == NULL) {
		diag_system(d, "key %s", from->id);
		return NULL;
	}
	pair->type = from->flags == 257 ? KEY_KSK : KEY_ZSK;
	pair->algorithm = (uint8_t)from->algorithm;
	pair->bits = bits;
	pair->generated = from->generate != 0 ? from->generate : s->now;
	pair->backed_up = from->backup;
	pair->imported = from->zone != NULL;
	size = dnskey_rdata(
	    material_flags(pair->type), pair->algorithm, pub, size, rdata);
	pair->tag = dnskey_tag(rdata, size);
	return pair;
}

/* Dates by state; the DS states used columns of others (interfaces §6). */
static void
take_dates(struct zonekey *k, const struct kaspdb_key *from)
{
	k->entered[STATE_GENERATE] = from->generate;
	switch (k->state) {
	case STATE_DSSUB:
	case STATE_DSPUBLISH:
	case STATE_KEYPUBLISH:
		k->entered[k->state] = from->publish;
		break;
	case STATE_DSREADY:
		k->entered[STATE_DSPUBLISH] = from->publish;
		k->entered[STATE_DSREADY] = from->ready;
		break;
	default:
		k->entered[STATE_PUBLISH] = from->publish;
		if (k->state >= STATE_READY)
			k->entered[STATE_READY] = from->ready;
		if (k->state >= STATE_ACTIVE)
			k->entered[STATE_ACTIVE] = from->active;
		if (k->state >= STATE_RETIRE)
			k->entered[STATE_RETIRE] = from->retire;
	}
}

/*
 * The original moved keys by the clock, without evidence; what it published
 * counts as seen since its date, as with key import.
 */
static void
credit(const struct zone *z, struct zonekey *k, const struct kaspdb_key *from)
{
	const int64_t since = k->entered[STATE_PUBLISH] != 0
	    ? k->entered[STATE_PUBLISH]
	    : k->entered[k->state];

	if (k->state == STATE_GENERATE)
		return;
	if (k->state <= STATE_RETIRE || k->state == STATE_KEYPUBLISH)
		k->shown =
		    (struct evidence){ since, since + z->policy->dnskey_ttl };
	if (k->pair->type != KEY_KSK)
		return;
	if (k->state == STATE_READY || k->state == STATE_DSSUB)
		k->ds_submitted = k->entered[k->state];
	if (k->state == STATE_ACTIVE || k->state == STATE_RETIRE ||
	    k->state >= STATE_DSPUBLISH) {
		k->ds_seen =
		    k->state == STATE_ACTIVE || k->state == STATE_RETIRE
		    ? from->active
		    : from->publish;
		k->ds_submitted = k->ds_seen;
		k->ds_clear = k->ds_seen + z->policy->ds_ttl;
	}
}

static int
take_zonekey(struct session *s, struct zone *z, struct keypair *pair,
    const struct kaspdb_key *from, struct diag *d)
{
	struct zonekey *k;

	if (zone_key(z, pair) != NULL)
		return diag_set(d, STATUS_BAD,
		    "zone %s has key %s already: the database is not new",
		    z->name, pair->id);
	if ((k = zone_add_key(z, pair)) == NULL)
		return diag_system(d, "key %s", pair->id);
	k->state = (enum key_state)from->state;
	take_dates(k, from);
	if (k->entered[k->state] == 0)
		k->entered[k->state] = s->now;
	if (from->fixed && k->state == STATE_ACTIVE)
		k->retire_fixed = from->retire;
	k->compromised = from->compromised;
	credit(z, k, from);
	database_history(s->db, s->now, z->name, key_type_name(pair->type),
	    pair->id, "import", NULL, key_state_name(k->state), NULL,
	    k->entered[k->state], "import-opendnssec");
	return 0;
}

/* 1: taken; 0: left out, and said so; -1. */
static int
take_key(struct session *s, const struct kaspdb_key *from, struct diag *d)
{
	struct keypair *pair;
	struct zone *z = NULL;
	char *name;

	if (from->state == STATE_DEAD) {
		report_info("key %s is dead: left out", from->id);
		return 0;
	}
	if (from->state < STATE_GENERATE || from->state > STATE_KEYPUBLISH ||
	    strlen(from->id) > SIGNCONF_LOCATOR_MAX ||
	    strspn(from->id, "0123456789abcdef") != strlen(from->id))
		return diag_set(
		    d, STATUS_BAD, "key %.130s: malformed", from->id);
	if (from->zone != NULL) {
		if (session_zone_name(from->zone, &name, d) == -1)
			return -1;
		z = model_zone(s->m, name);
		free(name);
		if (z == NULL || !session_in_use(s, z) || z->policy == NULL) {
			report_warn("zone %s is not in %s, or its policy not "
				    "in %s: its key %s is left out",
			    from->zone, s->conf->zonelist_file,
			    s->conf->policy_file, from->id);
			return 0;
		}
	} else if (model_policy(s->m, from->policy) == NULL) {
		report_warn("policy %s is not in %s: its key %s is left out",
		    from->policy, s->conf->policy_file, from->id);
		return 0;
	}
	/* A pair without a zone does not say which type it is for. */
	if (from->zone == NULL && from->flags == 0) {
		report_info("key %s is of no zone yet: left out; new ones are "
			    "generated",
		    from->id);
		return 0;
	}
	if ((pair = take_pair(s, from, d)) == NULL ||
	    (z != NULL && take_zonekey(s, z, pair, from, d) == -1))
		return -1;
	return 1;
}

/* ---- salts ---- */

static int
take_salt(struct session *s, const struct kaspdb_salt *from, struct diag *d)
{
	uint8_t salt[SIGNCONF_SALT_MAX];
	size_t size = 0;

	if (from->salt == NULL || model_policy(s->m, from->policy) == NULL)
		return 0;
	if (strcmp(from->salt, "-") != 0 &&
	    hex_decode(from->salt, strlen(from->salt), salt, sizeof(salt),
		&size) == -1) {
		report_warn("policy %s: its salt is malformed: a new one is "
			    "made",
		    from->policy);
		return 0;
	}
	if (database_set_salt(s->db, from->policy, salt, size,
		from->made != 0 ? from->made : s->now) == -1)
		return diag_system(d, "policy %s", from->policy);
	return 0;
}

/* ---- all ---- */

static int
take_all(
    struct session *s, const struct kaspdb *from, size_t *taken, struct diag *d)
{
	size_t failed = 0;
	struct diag why;

	for (size_t i = 0; i < from->salt_count; i++)
		if (take_salt(s, &from->salt[i], d) == -1)
			return -1;
	for (size_t i = 0; i < from->key_count; i++) {
		const int rc = take_key(s, &from->key[i], &why);

		if (rc == 1)
			(*taken)++;
		if (rc != -1)
			continue;
		report_error("%s", why.text);
		if (failed++ == 0)
			*d = why;
	}
	if (failed > 0 && !s->o.force)
		return diag_set(d, STATUS_BAD,
		    "%zu key%s cannot be taken: "
		    "nothing was imported; --force imports the others",
		    failed, failed == 1 ? "" : "s");
	model_link(s->m);
	return config_link(s, d);
}

static enum status
import_opendnssec(struct session *s, int argc, char **operands, struct diag *d)
{
	const char *path = argc > 0 ? operands[0] : s->conf->datastore_path;
	struct kaspdb *from;
	size_t taken = 0;
	int rc;

	if (path == NULL) {
		diag_set(d, STATUS_USAGE,
		    "import-opendnssec: the kasp.db is needed");
		return STATUS_USAGE;
	}
	if (s->m->npairs > 0) {
		diag_set(d, STATUS_BAD,
		    "there are keys in the database of %s "
		    "already: import goes into a new one (setup)",
		    s->conf->state_dir);
		return STATUS_BAD;
	}
	if (kaspdb_read(&from, path, d) == -1)
		return verb_failed(d);
	rc = take_all(s, from, &taken, d);
	kaspdb_free(from);
	if (rc == -1 || session_commit(s, d) == -1)
		return verb_failed(d);
	(void)printf("%zu key%s of %s imported; key list -v shows them\n",
	    taken, taken == 1 ? "" : "s", path);
	return STATUS_OK;
}

const struct verb import_verbs[] = {
	{ "import-opendnssec", ",force,dry-run", NEEDS_ALL,
	    "Take the keys and salts of a kasp.db of OpenDNSSEC 1.x.",
	    import_opendnssec },
	{ NULL, NULL, 0, NULL, NULL },
};
