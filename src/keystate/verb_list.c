/* key list, rollover list: who is in which state until when. */
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "hex.h"
#include "keystore.h"
#include "material.h"
#include "report.h"
#include "show.h"
#include "verb.h"

/* The zones to be listed: --zone, or all.  NULL: d says why. */
static struct zone **
chosen_zones(struct session *s, size_t *count, struct diag *d)
{
	struct zone **list = calloc(s->m->nzones + 1, sizeof(*list));
	struct zone *one;

	*count = 0;
	if (list == NULL) {
		diag_system(d, "zones");
		return NULL;
	}
	if (s->o.zone == NULL) {
		for (size_t i = 0; i < s->m->nzones; i++)
			list[(*count)++] = s->m->zones[i];
		return list;
	}
	if ((one = session_zone(s, d)) == NULL) {
		free(list);
		return NULL;
	}
	list[(*count)++] = one;
	return list;
}

/* ---- key list ---- */

struct filter {
	bool all_states;
	int type;  /* enum key_type, or -1 */
	int state; /* enum key_state, or -1 */
};

static int
read_filter(const struct session *s, struct filter *f, struct diag *d)
{
	enum key_type type;
	enum key_state state;
	int rc;

	*f = (struct filter){ s->o.all, -1, -1 };
	if ((rc = session_key_type(s, &type, d)) == -1)
		return -1;
	if (rc == 1)
		f->type = (int)type;
	if (s->o.keystate == NULL)
		return 0;
	if (key_state_from_name(s->o.keystate, &state) == -1)
		return diag_set(d, STATUS_USAGE,
		    "--keystate: no such state: %s", s->o.keystate);
	f->state = (int)state;
	return 0;
}

static bool
is_listed(const struct filter *f, const struct zonekey *k)
{
	if (f->type != -1 && (int)k->pair->type != f->type)
		return false;
	if (f->state != -1)
		return (int)k->state == f->state;
	return f->all_states ||
	    (k->state != STATE_DEAD && k->state != STATE_GENERATE);
}

/* 1: the pair is in its store, 0: it is not, -1: that cannot be told. */
static int
is_there(struct session *s, const struct keypair *pair)
{
	const size_t opened = s->nopen;
	struct diag d;
	struct keystore *ks = material_store(s, pair->repository, &d);
	uint8_t id[KEY_ID_MAX];
	size_t size;

	if (ks == NULL) {
		if (opened != s->nopen) /* now, and for all of its keys */
			report_error("%s", d.text);
		return -1;
	}
	return hex_decode(pair->id, strlen(pair->id), id, sizeof(id), &size) ==
	    0 &&
	    keystore_has(ks, id, size);
}

static const char *
backup_text(const struct keypair *pair)
{
	if (pair->backed_up != 0)
		return "backed up";
	return pair->backup_prepared != 0 ? "prepared" : "no backup";
}

static const char *
place_text(struct session *s, const struct keypair *pair, const char *missing)
{
	switch (is_there(s, pair)) {
	case 1:
		return backup_text(pair);
	case 0:
		return missing;
	default:
		return "which did not open";
	}
}

/* On a terminal a key takes a line, and with -v two, of at most 80 columns. */
#define KEY_FORMAT "%-38s %-4s %-10s %s\n"

static void
print_key_row(struct session *s, const struct zone *z, const struct zonekey *k)
{
	const char *zone = z->name;
	char next[64];

	show_next(s, z, k, next, sizeof(next));
	if (strlen(zone) > 38) {
		(void)printf("%s\n", zone);
		zone = "";
	}
	(void)printf(KEY_FORMAT, zone, key_type_name(k->pair->type),
	    key_state_name(k->state), next);
	if (s->o.verbose)
		(void)printf("  tag %-5u  %s  %s, %s\n", k->pair->tag,
		    k->pair->id, k->pair->repository,
		    place_text(s, k->pair, "NOT in it"));
}

static void
print_key(struct session *s, const struct zone *z, const struct zonekey *k)
{
	char next[64];

	show_next(s, z, k, next, sizeof(next));
	(void)printf("%-31s %-13s %-9s %-26s", z->name,
	    key_type_name(k->pair->type), key_state_name(k->state), next);
	if (s->o.verbose) {
		(void)printf(" %-33s ", k->pair->id);
		if (is_there(s, k->pair) != 0)
			(void)printf("%-33s %-7u %s", k->pair->repository,
			    k->pair->tag, place_text(s, k->pair, ""));
		else
			(void)printf("NOT IN repository");
	}
	(void)printf("\n");
}

static json_t *
key_object(
    const struct session *s, const struct zone *z, const struct zonekey *k)
{
	const struct keypair *p = k->pair;
	const struct forecast f =
	    engine_forecast(s->m, z, k, s->now, &s->engine);
	char next[64];
	json_t *o;

	show_next(s, z, k, next, sizeof(next));
	o = json_pack("{s:s, s:s, s:s, s:s, s:i, s:i, s:i, s:s, s:b}", "zone",
	    z->name, "keytype", key_type_name(p->type), "state",
	    key_state_name(k->state), "id", p->id, "tag", (int)p->tag,
	    "algorithm", (int)p->algorithm, "bits", (int)p->bits, "repository",
	    p->repository, "compromised", (int)k->compromised);
	(void)json_object_set_new(o, "next", json_string(next));
	(void)json_object_set_new(o, "next_at", show_moment(f.at));
	(void)json_object_set_new(o, "next_state",
	    f.kind == FORECAST_NONE ? json_null()
				    : json_string(key_state_name(f.to)));
	(void)json_object_set_new(o, "generated", show_moment(p->generated));
	(void)json_object_set_new(o, "backed_up", show_moment(p->backed_up));
	(void)json_object_set_new(
	    o, "entered", show_moment(k->entered[k->state]));
	(void)json_object_set_new(
	    o, "retire", show_moment(engine_retire_date(s->m, z, k)));
	(void)json_object_set_new(o, "ds_seen", show_moment(k->ds_seen));
	return o;
}

static enum status
key_list(struct session *s, int argc, char **operands, struct diag *d)
{
	const unsigned columns = show_columns();
	struct filter f;
	struct zone **zones;
	json_t *all = json_array();
	size_t count;

	(void)argc;
	(void)operands;
	if (read_filter(s, &f, d) == -1 ||
	    (zones = chosen_zones(s, &count, d)) == NULL) {
		json_decref(all);
		return verb_failed(d);
	}
	if (!s->o.json && columns != 0)
		(void)printf("Keys:\n" KEY_FORMAT, "Zone:", "Type", "State:",
		    "Next transition:");
	else if (!s->o.json)
		(void)printf("Keys:\n%-31s %-13s %-9s %-26s%s\n",
		    "Zone:", "Keytype:", "State:", "Date of next transition:",
		    s->o.verbose ? " CKA_ID:                           "
				   "Repository:                       "
				   "Keytag: Backup:"
				 : "");
	for (size_t i = 0; i < count; i++)
		for (size_t k = 0; k < zones[i]->nkeys; k++) {
			const struct zonekey *key = &zones[i]->keys[k];

			if (!is_listed(&f, key))
				continue;
			if (s->o.json)
				(void)json_array_append_new(
				    all, key_object(s, zones[i], key));
			else if (columns != 0)
				print_key_row(s, zones[i], key);
			else
				print_key(s, zones[i], key);
		}
	free(zones);
	if (s->o.json)
		show_json(all);
	else {
		json_decref(all);
		(void)printf("\n");
	}
	return STATUS_OK;
}

/* ---- rollover list ---- */

static void
rollover_row(const struct session *s, const struct zone *z,
    const struct zonekey *k, json_t *all)
{
	const int64_t at = engine_retire_date(s->m, z, k);
	char date[32] = "(not scheduled)";

	if (s->o.json) {
		(void)json_array_append_new(all,
		    json_pack("{s:s, s:s, s:s, s:o}", "zone", z->name,
			"keytype", key_type_name(k->pair->type), "id",
			k->pair->id, "rollover", show_moment(at)));
		return;
	}
	if (at != MOMENT_NEVER && at != 0)
		session_date(at, date);
	show_row(show_columns(), 46, "%-31s %-13s %s", z->name,
	    key_type_name(k->pair->type), date);
}

static enum status
rollover_list(struct session *s, int argc, char **operands, struct diag *d)
{
	struct zone **zones;
	json_t *all;
	size_t count;

	(void)argc;
	(void)operands;
	if ((zones = chosen_zones(s, &count, d)) == NULL)
		return verb_failed(d);
	all = json_array();
	if (!s->o.json)
		(void)printf("Rollovers:\n%-31s %-13s %s\n",
		    "Zone:", "Keytype:", "Rollover expected:");
	for (size_t i = 0; i < count; i++)
		for (size_t k = 0; k < zones[i]->nkeys; k++)
			if (zones[i]->keys[k].state == STATE_ACTIVE)
				rollover_row(
				    s, zones[i], &zones[i]->keys[k], all);
	free(zones);
	if (s->o.json)
		show_json(all);
	else {
		json_decref(all);
		(void)printf("\n");
	}
	return STATUS_OK;
}

#define NEEDS_LIST (NEEDS_CONF | NEEDS_KASP | NEEDS_ZONELIST | NEEDS_READ)

const struct verb list_verbs[] = {
	{ "key list", "zaet", NEEDS_LIST,
	    "List keys, their states and what comes next.", key_list },
	{ "rollover list", "z", NEEDS_LIST,
	    "List when active keys are to be replaced.", rollover_list },
	{ NULL, NULL, 0, NULL, NULL },
};
