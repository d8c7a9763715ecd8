/* key generate, import, rollover, purge, ds-seen, ds-gone, ksk-retire. */
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "algorithm.h"
#include "hex.h"
#include "importtime.h"
#include "keystore_admin.h"
#include "lost.h"
#include "material.h"
#include "purge.h"
#include "report.h"
#include "verb.h"

/* ---- which key ---- */

static bool
is_candidate(const struct zonekey *k)
{
	return k->pair->type == KEY_KSK &&
	    (k->state == STATE_READY || k->state == STATE_ACTIVE ||
		k->state == STATE_DSSUB);
}

/* Lower case, as the database has ids. */
static void
lower(const char *from, char *to, size_t size)
{
	size_t i;

	for (i = 0; from[i] != '\0' && i + 1 < size; i++)
		to[i] = from[i] >= 'A' && from[i] <= 'Z'
		    ? (char)(from[i] - 'A' + 'a')
		    : from[i];
	to[i] = '\0';
}

static bool
is_meant(const struct session *s, const char *id, const struct zonekey *k)
{
	if (s->o.id != NULL) /* given both, the id decides */
		return strcmp(k->pair->id, id) == 0;
	return s->o.tag == UINT32_MAX || s->o.tag == k->pair->tag;
}

/*
 * The KSK that --cka_id or --keytag, and --zone, name (interfaces §4).  With
 * any, every state will do.  -1: none or several; *zone, *key.
 */
static int
find_ksk(struct session *s, bool any, struct zone **zone, struct zonekey **key,
    struct diag *d)
{
	struct zone *only = NULL;
	char id[SIGNCONF_LOCATOR_MAX + 2] = "";
	size_t found = 0;

	if (s->o.zone != NULL && (only = session_zone(s, d)) == NULL)
		return -1;
	if (s->o.tag != UINT32_MAX && s->o.tag > UINT16_MAX)
		return diag_set(d, STATUS_BAD, "--keytag: above 65535");
	if (s->o.id != NULL)
		lower(s->o.id, id, sizeof(id));
	for (size_t i = 0; i < s->m->nzones; i++) {
		struct zone *z = s->m->zones[i];

		if (only != NULL && z != only)
			continue;
		for (size_t k = 0; k < z->nkeys; k++) {
			struct zonekey *candidate = &z->keys[k];

			if (candidate->pair->type != KEY_KSK ||
			    (!any && !is_candidate(candidate)) ||
			    !is_meant(s, id, candidate))
				continue;
			(void)printf(
			    "Found key with CKA_ID %s\n", candidate->pair->id);
			found++;
			*zone = z;
			*key = candidate;
		}
	}
	if (found == 0)
		return diag_set(d, STATUS_BAD,
		    "no KSK in that state matches; "
		    "key list -v tells tags and ids");
	if (found > 1)
		return diag_set(d, STATUS_BAD,
		    "%zu keys match: give --zone "
		    "and --cka_id",
		    found);
	return 0;
}

static void
note(struct session *s, const struct zone *z, const struct keypair *pair,
    const char *event, const char *from, const char *to)
{
	database_history(s->db, s->now, z == NULL ? NULL : z->name,
	    pair == NULL ? NULL : key_type_name(pair->type),
	    pair == NULL ? NULL : pair->id, event, from, to, NULL, 0,
	    "command");
}

/* ---- ds-seen, ds-gone, ksk-retire ---- */

static enum status
key_ds_seen(struct session *s, int argc, char **operands, struct diag *d)
{
	struct keypair *retired = NULL;
	struct zone *z;
	struct zonekey *k;
	struct keypair *pair;
	enum key_state before;

	(void)argc;
	(void)operands;
	if (s->o.id == NULL && s->o.tag == UINT32_MAX) {
		diag_set(d, STATUS_USAGE,
		    "key ds-seen: one of --keytag and --cka_id is needed");
		return STATUS_USAGE;
	}
	if (find_ksk(s, true, &z, &k, d) == -1)
		return verb_failed(d);
	pair = k->pair;
	before = k->state;
	if (engine_ds_seen(s->m, z, k, s->o.no_retire, s->now, &retired, d) ==
	    -1)
		return verb_failed(d);
	if ((k = zone_key(z, pair)) == NULL) {
		diag_set(d, STATUS_BAD, "key %s is gone", pair->id);
		return STATUS_BAD;
	}
	note(s, z, pair, "ds-seen", key_state_name(before),
	    key_state_name(k->state));
	if (retired != NULL)
		note(s, z, retired, "retire", "active", "retire");
	if (session_commit(s, d) == -1)
		return verb_failed(d);
	(void)printf("Key %s made %s\n", pair->id, key_state_name(k->state));
	if (retired != NULL)
		(void)printf("Old key %s retired\n", retired->id);
	return STATUS_OK;
}

/* As session_confirm(): what it means that a zone's last DS is gone. */
static int
confirm_insecure(const struct session *s, const struct zone *z, struct diag *d)
{
	char question[512];

	(void)snprintf(question, sizeof(question),
	    "%.255s: without a DS in the parent resolvers take the zone as "
	    "insecure, signed or not (RFC 4035 section 5.2): say this before "
	    "zone unsign, or if it is so.  Is the DS gone?",
	    z->name);
	return session_confirm(s, question, d);
}

/*
 * What a person says of a DS is believed.  A wrong key named by mistake would
 * have the engine count on another DS than resolvers do.
 */
static int
confirm_unasked(const struct session *s, const struct zone *z,
    const struct zonekey *k, struct diag *d)
{
	char question[512];

	(void)snprintf(question, sizeof(question),
	    "%.255s: key %u is active and its DS belongs into the parent; "
	    "nothing asked for its removal.  Is the DS gone?",
	    z->name, k->pair->tag);
	return session_confirm(s, question, d);
}

/* 1: go on, 0: no, -1. */
static int
confirm_gone(const struct session *s, const struct zone *z,
    const struct zonekey *k, struct diag *d)
{
	if (engine_ds_last(z, k))
		return confirm_insecure(s, z, d);
	if (k->state == STATE_ACTIVE && engine_ds_wanted(z, k))
		return confirm_unasked(s, z, k, d);
	return 1;
}

/* DS of standby keys alone lead nowhere. */
static bool
is_trusted(const struct zone *z)
{
	for (size_t i = 0; i < z->nkeys; i++)
		if (z->keys[i].ds_seen != 0 &&
		    engine_ds_wanted(z, &z->keys[i]))
			return true;
	return false;
}

static enum status
ds_gone_all(struct session *s, struct diag *d)
{
	struct zone *z = session_zone(s, d);
	int yes = 1;

	if (z == NULL)
		return verb_failed(d);
	if (is_trusted(z) && (yes = confirm_insecure(s, z, d)) != 1)
		return yes == 0 ? STATUS_OK : verb_failed(d);
	if (engine_ds_gone_all(s->m, z, s->now, d) == -1)
		return verb_failed(d);
	note(s, z, NULL, "ds-gone", NULL, NULL);
	if (session_commit(s, d) == -1)
		return verb_failed(d);
	(void)printf("Every DS of %s is gone\n", z->name);
	return STATUS_OK;
}

static enum status
key_ds_gone(struct session *s, int argc, char **operands, struct diag *d)
{
	struct zone *z;
	struct zonekey *k;
	int yes;

	(void)argc;
	(void)operands;
	if (s->o.all)
		return ds_gone_all(s, d);
	if (s->o.id == NULL && s->o.tag == UINT32_MAX) {
		diag_set(d, STATUS_USAGE,
		    "key ds-gone: one of --keytag, --cka_id and --all is "
		    "needed");
		return STATUS_USAGE;
	}
	if (find_ksk(s, true, &z, &k, d) == -1)
		return verb_failed(d);
	if ((yes = confirm_gone(s, z, k, d)) != 1)
		return yes == 0 ? STATUS_OK : verb_failed(d);
	if (engine_ds_gone(s->m, z, k, s->now, d) == -1)
		return verb_failed(d);
	note(s, z, k->pair, "ds-gone", NULL, NULL);
	if (session_commit(s, d) == -1)
		return verb_failed(d);
	(void)printf("DS of key %s is gone\n", k->pair->id);
	return STATUS_OK;
}

static enum status
key_ksk_retire(struct session *s, int argc, char **operands, struct diag *d)
{
	struct keypair *retired = NULL;
	struct zonekey *k = NULL;
	struct zone *z;
	int yes;

	(void)argc;
	(void)operands;
	if (s->o.id == NULL && s->o.tag == UINT32_MAX) {
		if ((z = session_zone(s, d)) == NULL)
			return verb_failed(d);
	} else if (find_ksk(s, false, &z, &k, d) == -1)
		return verb_failed(d);
	if ((yes = session_confirm(s, "Retire this KSK?", d)) != 1)
		return yes == 0 ? STATUS_OK : verb_failed(d);
	if (engine_ksk_retire(s->m, z, k, s->now, &retired, d) == -1)
		return verb_failed(d);
	note(s, z, retired, "ksk-retire", "active", "retire");
	if (session_commit(s, d) == -1)
		return verb_failed(d);
	(void)printf("Old key %s retired\n", retired->id);
	return STATUS_OK;
}

/* ---- rollover ---- */

static bool
shares(const struct session *s, const struct zone *z)
{
	(void)s;
	return z->policy != NULL && z->policy->share_keys;
}

/* One zone, or the policy's zones: key rollover is given one of both. */
static bool
is_chosen(
    const struct zone *z, const struct zone *only, const struct policy *p)
{
	return only != NULL ? z == only : z->policy == p;
}

static int
refuse_second(const struct session *s, const struct zone *only,
    const struct policy *p, enum key_type type, struct diag *d)
{
	for (size_t i = 0; i < s->m->nzones; i++) {
		const struct zone *z = s->m->zones[i];

		if (is_chosen(z, only, p) &&
		    engine_rolled_lately(s->m, z, type, s->now, d) == -1)
			return -1;
	}
	return 0;
}

static int
roll_there(struct session *s, struct zone *z, struct policy *p,
    enum key_type type, struct diag *d)
{
	if (!s->o.force && !s->o.emergency &&
	    refuse_second(s, z, p, type, d) == -1)
		return -1;
	if (z != NULL)
		return engine_rollover(
		    s->m, z, type, s->o.emergency, s->now, d);
	return engine_rollover_policy(s->m, p, type, s->o.emergency, s->now, d);
}

/*
 * 1: done, 0: the operator said no.  A key that is gone cannot be rolled as
 * one that signs on until its successor is ready: in an emergency the
 * repositories are asked first.
 */
static int
roll(struct session *s, struct zone *z, struct policy *p, enum key_type type,
    size_t *lost, struct diag *d)
{
	size_t n = 0;
	int rc = 1;

	if (s->o.lost || s->o.emergency)
		rc = lost_mark(s, z, p, type, s->o.lost ? LOST_ASK : LOST_SEEN,
		    &n, d);
	*lost += n;
	if (rc != 1 || s->o.lost)
		return rc;
	/* One that is being rolled already may be lost since. */
	if (roll_there(s, z, p, type, d) == -1 && n == 0)
		return -1;
	return 1;
}

static void
tell_lost(const struct session *s, const struct zone *only,
    const struct policy *p, enum key_type type)
{
	for (size_t i = 0; i < s->m->nzones; i++) {
		if (is_chosen(s->m->zones[i], only, p))
			lost_tell(s->m->zones[i], type);
	}
}

/* One line for each key that is on its way out now. */
static void
tell_rolled(
    const struct session *s, const struct zone *only, const struct policy *p)
{
	for (size_t i = 0; i < s->m->nzones; i++) {
		const struct zone *z = s->m->zones[i];

		if (!is_chosen(z, only, p))
			continue;
		for (size_t k = 0; k < z->nkeys; k++)
			if (z->keys[k].forced != 0 && !z->keys[k].lost &&
			    z->keys[k].state == STATE_ACTIVE)
				(void)printf("%s: %s key %s is to be "
					     "replaced\n",
				    z->name,
				    key_type_name(z->keys[k].pair->type),
				    z->keys[k].pair->id);
	}
}

static enum status
key_rollover(struct session *s, int argc, char **operands, struct diag *d)
{
	enum key_type type;
	struct zone *z = NULL;
	struct policy *p = NULL;
	size_t lost = 0;
	int given, first, last, yes;

	(void)argc;
	(void)operands;
	if ((s->o.zone == NULL) == (s->o.policy == NULL)) {
		diag_set(d, STATUS_USAGE,
		    "key rollover: one of --zone and --policy is needed");
		return STATUS_USAGE;
	}
	if ((given = session_key_type(s, &type, d)) == -1)
		return verb_failed(d);
	if (s->o.zone != NULL && (z = session_zone(s, d)) == NULL)
		return verb_failed(d);
	if (s->o.policy != NULL &&
	    (p = model_policy(s->m, s->o.policy)) == NULL) {
		diag_set(d, STATUS_BAD, "there is no policy %s", s->o.policy);
		return STATUS_BAD;
	}
	if (((z != NULL && shares(s, z)) || p != NULL) &&
	    (yes = session_confirm(s,
		 "All zones that share these keys will be rolled; go on?",
		 d)) != 1)
		return yes == 0 ? STATUS_OK : verb_failed(d);
	first = given == 1 ? (int)type : KEY_ZSK;
	last = given == 1 ? (int)type : KEY_KSK;
	for (int t = first; t <= last; t++) {
		if ((yes = roll(s, z, p, (enum key_type)t, &lost, d)) != 1)
			return yes == 0 ? STATUS_OK : verb_failed(d);
		database_history(s->db, s->now, z != NULL ? z->name : NULL,
		    key_type_name((enum key_type)t), NULL,
		    s->o.lost		? "rollover-lost" :
			s->o.emergency	? "rollover-emergency" :
					  "rollover", NULL,
		    NULL, NULL, 0, p != NULL ? p->name : "command");
	}
	if (s->o.lost && lost == 0) {
		diag_set(d, STATUS_BAD,
		    "no key is lost: each is in its repository; key rollover "
		    "without --lost replaces one");
		return verb_failed(d);
	}
	if (session_commit(s, d) == -1)
		return verb_failed(d);
	lost_look(s);
	for (int t = first; t <= last && lost > 0; t++)
		tell_lost(s, z, p, (enum key_type)t);
	tell_rolled(s, z, p);
	return STATUS_OK;
}

/* ---- generate ---- */

/*
 * As if the policy had --zonetotal zones: engine_stock() counts those it has,
 * so what each zone wants is scaled.
 */
static size_t
scaled(const struct session *s, const struct engine_need *need)
{
	size_t zones = 0;

	if (s->o.zonetotal == 0 || need->policy->share_keys)
		return need->count;
	for (size_t i = 0; i < s->m->nzones; i++)
		zones += s->m->zones[i]->policy == need->policy &&
		    session_in_use(s, s->m->zones[i]);
	if (s->o.zonetotal <= zones)
		return need->count;
	return need->count +
	    (s->o.zonetotal - zones) * (need->block->standby + 1);
}

static enum status
key_generate(struct session *s, int argc, char **operands, struct diag *d)
{
	struct engine_options opt = s->engine;
	struct engine_needs needs = { 0 };
	const struct policy *p;
	size_t made = 0;
	int rc = 0;

	(void)argc;
	(void)operands;
	if (s->o.policy == NULL) {
		diag_set(d, STATUS_USAGE, "key generate: --policy is needed");
		return STATUS_USAGE;
	}
	if ((p = model_policy(s->m, s->o.policy)) == NULL) {
		diag_set(d, STATUS_BAD, "there is no policy %s", s->o.policy);
		return STATUS_BAD;
	}
	opt.manual_generation = false; /* this is the hand that makes them */
	if (engine_stock(s->m, s->now, s->o.interval, &opt, &needs, d) == -1)
		return verb_failed(d);
	for (size_t i = 0; i < needs.count && rc == 0; i++) {
		const struct engine_need *need = &needs.need[i];
		size_t wanted = need->policy == p ? scaled(s, need) : 0;
		struct keypair *pair;

		for (; wanted > 0 && rc == 0; wanted--) {
			rc = material_generate(
			    s, p->name, need->block, &pair, d);
			if (rc == -1)
				break;
			note(s, NULL, pair, "generate", NULL, "generate");
			(void)printf("%s: %s of algorithm %u in %s\n", pair->id,
			    key_type_name(pair->type), pair->algorithm,
			    pair->repository);
			made++;
		}
	}
	engine_needs_clear(&needs);
	/* What was made is kept, also if a later one failed. */
	if (made > 0 && session_commit(s, rc == 0 ? d : NULL) == -1 && rc == 0)
		rc = -1;
	if (rc == -1)
		return verb_failed(d);
	(void)printf("%zu key%s made for policy %s\n", made,
	    made == 1 ? "" : "s", p->name);
	return STATUS_OK;
}

/* ---- import ---- */

static int
take_state(const struct session *s, enum key_state *state, struct diag *d)
{
	static const struct {
		const char *name;
		enum key_state state;
	} states[] = { { "generate", STATE_GENERATE },
		{ "publish", STATE_PUBLISH }, { "ready", STATE_READY },
		{ "active", STATE_ACTIVE }, { "retire", STATE_RETIRE } };

	/* A beginning of ours will do, and one with an ending such as -D. */
	for (size_t i = 0; s->o.keystate != NULL && i < 5; i++)
		if (strncasecmp(states[i].name, s->o.keystate,
			strlen(states[i].name)) == 0) {
			*state = states[i].state;
			return 0;
		}
	return diag_set(d, STATUS_USAGE,
	    "key import: --keystate: one of "
	    "generate, publish, ready, active, retire is needed");
}

/* A key that was brought into its repository, to be taken away again. */
struct brought {
	struct keystore *ks;
	uint8_t id[KEY_ID_MAX];
	size_t id_size;
	bool fresh;
};

/* An import that fails leaves no copy of the key behind. */
static void
take_away(struct brought *b)
{
	struct diag d;

	if (b->fresh &&
	    keystore_remove(b->ks, b->id, b->id_size, &d) == -1)
		report_error("%s", d.text);
}

/* Bring the private key in a file into the repository; id is its CKA_ID. */
static int
import_file(struct session *s, const struct zone *z, struct brought *b,
    char id[2 * KEY_ID_MAX + 1], const struct algorithm **a, struct diag *d)
{
	struct keystore *ks = material_store(s, s->o.repository, d);
	const struct algorithm *named = NULL;
	struct key_spec spec = { .owner = z->name };
	uint8_t given[KEY_ID_MAX];

	if (ks == NULL)
		return -1;
	if (s->o.id != NULL) {
		if (hex_decode(s->o.id, strlen(s->o.id), given, sizeof(given),
			&spec.id_size) == -1)
			return diag_set(d, STATUS_USAGE,
			    "--cka_id: '%s' is not hex", s->o.id);
		spec.id = given;
	}
	b->ks = ks;
	if (keystore_import(ks, s->o.from, &spec, b->id, &b->id_size, &b->fresh,
		&named, d) == -1)
		return -1;
	hex_encode(b->id, b->id_size, id);
	if (*a == NULL)
		*a = named;
	else if (named != NULL && named->number != (*a)->number)
		return diag_set(d, STATUS_BAD,
		    "%s: the file says algorithm %u, --algorithm %u", s->o.from,
		    named->number, (*a)->number);
	if (*a == NULL)
		return diag_set(d, STATUS_USAGE,
		    "%s: does not say its algorithm: --algorithm is needed",
		    s->o.from);
	return 0;
}

static int
take_moments(const struct session *s, struct engine_import *im, struct diag *d)
{
	im->at = s->now;
	if (s->o.time != NULL && importtime_parse(s->o.time, &im->at) == -1)
		return diag_set(d, STATUS_USAGE,
		    "--time: '%s' is not YYYYMMDD[HH[MM[SS]]] or "
		    "DD-MMM-YYYY HH:MM:SS",
		    s->o.time);
	if (s->o.retire == NULL)
		return 0;
	if (im->state != STATE_ACTIVE)
		return diag_set(d, STATUS_USAGE,
		    "--retire goes only with --keystate active");
	if (importtime_parse(s->o.retire, &im->retire) == -1)
		return diag_set(d, STATUS_USAGE, "--retire: '%s' is not a date",
		    s->o.retire);
	return 0;
}

/* Everything that the options say; id and *a are set already. */
static int
describe_import(struct session *s, struct engine_import *im,
    const struct algorithm *a, struct diag *d)
{
	uint8_t pub[DNSKEY_PUBLIC_MAX], rdata[DNSKEY_RDATA_MAX];
	size_t size;
	int given;

	if ((given = session_key_type(s, &im->type, d)) == -1)
		return -1;
	if (given == 0)
		return diag_set(
		    d, STATUS_USAGE, "key import: --keytype is needed");
	if (take_state(s, &im->state, d) == -1 || take_moments(s, im, d) == -1)
		return -1;
	im->algorithm = a->number;
	if (material_look_up(s, im->repository, im->id, im->algorithm, pub,
		&size, &im->bits, d) == -1)
		return diag_prefix(d, "key import");
	if (s->o.bits != 0 && im->bits != 0 && s->o.bits != im->bits)
		return diag_set(d, STATUS_BAD,
		    "key %s has %u bits, --bits says %u", im->id, im->bits,
		    s->o.bits);
	size = dnskey_rdata(
	    material_flags(im->type), im->algorithm, pub, size, rdata);
	im->tag = dnskey_tag(rdata, size);
	return 0;
}

static int
import(struct session *s, struct zone *z, struct brought *b, struct diag *d)
{
	const struct algorithm *a = NULL;
	struct engine_import im = { .repository = s->o.repository };
	char id[2 * KEY_ID_MAX + 1];

	if (s->o.algorithm != NULL &&
	    (a = algorithm_by_text(s->o.algorithm, strlen(s->o.algorithm))) ==
		NULL)
		return diag_set(d, STATUS_BAD, "--algorithm: '%s' cannot sign",
		    s->o.algorithm);
	if (s->o.from != NULL) {
		if (import_file(s, z, b, id, &a, d) == -1)
			return -1;
	} else {
		if (s->o.id == NULL || a == NULL)
			return diag_set(d, STATUS_USAGE,
			    "key import: --cka_id "
			    "and --algorithm are needed, or --from");
		if (strlen(s->o.id) >= sizeof(id))
			return diag_set(
			    d, STATUS_USAGE, "--cka_id is too long");
		lower(s->o.id, id, sizeof(id));
	}
	im.id = id;
	if (describe_import(s, &im, a, d) == -1 ||
	    engine_import(s->m, z, &im, s->now, d) == -1)
		return -1;
	note(s, z, model_pair(s->m, id), "import", NULL,
	    key_state_name(im.state));
	b->fresh = false; /* a commit that fails may yet be on the disk */
	if (session_commit(s, d) == -1)
		return -1;
	(void)printf("Key imported into %s: %s, %s, tag %u, %s\n", z->name, id,
	    key_type_name(im.type), im.tag, key_state_name(im.state));
	return 0;
}

static enum status
key_import(struct session *s, int argc, char **operands, struct diag *d)
{
	struct brought b = { 0 };
	struct zone *z;

	(void)argc;
	(void)operands;
	if (s->o.repository == NULL) {
		diag_set(d, STATUS_USAGE, "key import: --repository is needed");
		return STATUS_USAGE;
	}
	if ((z = session_zone(s, d)) == NULL)
		return verb_failed(d);
	if (import(s, z, &b, d) == -1) {
		take_away(&b);
		return verb_failed(d);
	}
	return STATUS_OK;
}

/* ---- purge ---- */

/* Dead keys of the zone, or of the policy, at once. */
static enum status
key_purge(struct session *s, int argc, char **operands, struct diag *d)
{
	struct zone *z = NULL;
	size_t purged = 0, i = 0;

	(void)argc;
	(void)operands;
	if ((s->o.zone == NULL) == (s->o.policy == NULL)) {
		diag_set(d, STATUS_USAGE,
		    "key purge: one of --zone and --policy is needed");
		return STATUS_USAGE;
	}
	if (s->o.zone != NULL && (z = session_zone(s, d)) == NULL)
		return verb_failed(d);
	while (i < s->m->npairs) {
		struct keypair *pair = s->m->pairs[i];
		char id[SIGNCONF_LOCATOR_MAX + 1];

		if (pair->uses == 0 || pair->live > 0 ||
		    (z != NULL && zone_key(z, pair) == NULL) ||
		    (z == NULL && strcmp(pair->policy, s->o.policy) != 0)) {
			i++;
			continue;
		}
		(void)snprintf(id, sizeof(id), "%s", pair->id);
		if (purge_pair(s, pair, d) == -1)
			return verb_failed(d);
		(void)printf("Key %s purged\n", id);
		purged++;
	}
	if (z != NULL && z->deleted != 0 && z->nkeys == 0) {
		database_forget_zone(s->db, z->name);
		model_remove_zone(s->m, z);
	}
	if (session_commit(s, d) == -1)
		return verb_failed(d);
	(void)printf("%zu key%s purged\n", purged, purged == 1 ? "" : "s");
	return STATUS_OK;
}

const struct verb key_verbs[] = {
	{ "key generate", "pnZ", NEEDS_ALL,
	    "Make the keys that a policy needs for --interval.", key_generate },
	{ "key import", "krzbgetwyC,from", NEEDS_ALL,
	    "Take over a key that is in a repository, or in a file.",
	    key_import },
	{ "key rollover", "zpt,emergency,lost,yes,force", NEEDS_ALL,
	    "Replace keys now, in the time that it takes.", key_rollover },
	{ "key purge", "zp", NEEDS_ALL, "Destroy dead keys.", key_purge },
	{ "key ds-seen", "xkzfl", NEEDS_ALL,
	    "The DS of a KSK stands in the parent.", key_ds_seen },
	{ "key ds-gone", "xkza,yes", NEEDS_ALL,
	    "The DS of a KSK stands in the parent no more.", key_ds_gone },
	{ "key ksk-retire", "zxk,yes", NEEDS_ALL,
	    "Retire a KSK, or the oldest active one.", key_ksk_retire },
	{ NULL, NULL, 0, NULL, NULL },
};
