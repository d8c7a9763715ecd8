/* zone add, delete, list, unsign; zonelist export, import. */
#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "material.h"
#include "name.h"
#include "paths.h"
#include "report.h"
#include "show.h"
#include "verb.h"
#include "zoneedit.h"

/* ---- paths ---- */

/* An option's path, or STATE/FOLDER/ZONESUFFIX; absolute either way. */
static char *
choose_path(const struct session *s, const char *option, const char *folder,
    const char *zone, const char *suffix, struct diag *d)
{
	char cwd[PATH_MAX], file[NAME_TEXT_MAX], *path = NULL;
	const char *base = "", *relative = option;
	char composed[PATH_MAX];

	if (option == NULL) {
		/* A name may hold a slash; a file name may not. */
		(void)snprintf(file, sizeof(file), "%s", zone);
		for (char *p = file; *p != '\0'; p++)
			if (*p == '/')
				*p = '_';
		if (snprintf(composed, sizeof(composed), "%s/%s/%s%s",
			s->conf->state_dir, folder, file,
			suffix) >= (int)sizeof(composed)) {
			errno = ENAMETOOLONG;
			diag_system(d, "%s", zone);
			return NULL;
		}
		relative = composed;
	}
	if (*relative != '/') {
		if (getcwd(cwd, sizeof(cwd)) == NULL) {
			diag_system(d, "the current directory");
			return NULL;
		}
		base = cwd;
	}
	if (asprintf(&path, "%s%s%s", base, *base != '\0' ? "/" : "",
		relative) == -1) {
		diag_system(d, "%s", zone);
		return NULL;
	}
	return path;
}

static void
clear_entry(struct zonelist_zone *z)
{
	free(z->name);
	free(z->policy);
	free(z->signconf);
	free(z->input);
	free(z->output);
}

static int
fill_entry(const struct session *s, const char *name, const char *policy,
    struct zonelist_zone *z, struct diag *d)
{
	const struct options *o = &s->o;
	char owner[NAME_TEXT_MAX + 1];

	if ((z->name = strdup(material_owner(name, owner))) == NULL ||
	    (z->policy = strdup(policy)) == NULL)
		return diag_system(d, "zone %s", name);
	z->signconf =
	    choose_path(s, o->signerconf, "signconf", name, ".xml", d);
	z->input = choose_path(s, o->input, "unsigned", name, "", d);
	z->output = choose_path(s, o->output, "signed", name, "", d);
	return z->signconf == NULL || z->input == NULL || z->output == NULL ? -1
									    : 0;
}

/* ---- add ---- */

/* The new list as the readers see it: paths that collide show here. */
static int
check_text(
    const struct session *s, const char *text, size_t len, struct diag *d)
{
	struct zonelist *list;

	if (zonelist_parse(&list, s->conf->zonelist_file, text, len, NULL, d) ==
	    -1) {
		d->status = STATUS_BAD;
		return -1;
	}
	zonelist_free(list);
	return 0;
}

static int
add_to_model(
    struct session *s, const char *name, const char *policy, struct diag *d)
{
	struct zone *z = model_zone(s->m, name);
	struct zone_facts *facts;

	if (z == NULL && (z = model_add_zone(s->m, name, policy)) == NULL)
		return diag_system(d, "zone %s", name);
	if ((facts = database_facts(s->db, name)) == NULL)
		return diag_system(d, "zone %s", name);
	facts->fresh = false;
	z->added = s->now;
	database_history(s->db, s->now, name, NULL, NULL, "zone-add", NULL,
	    NULL, NULL, 0, policy);
	return 0;
}

static void
free_entries(struct zonelist_zone *entries, size_t count)
{
	for (size_t i = 0; entries != NULL && i < count; i++)
		clear_entry(&entries[i]);
	free(entries);
}

/* All the zones, or none. */
static int
add(struct session *s, char *const *names, size_t count, const char *policy,
    struct diag *d)
{
	struct zonelist_zone *entries = calloc(count, sizeof(*entries));
	char *text = NULL, *more = NULL;
	size_t len, more_len;
	int rc = -1;

	if (entries == NULL) {
		diag_system(d, "zones");
		goto out;
	}
	for (size_t i = 0; i < count; i++)
		if (fill_entry(s, names[i], policy, &entries[i], d) == -1)
			goto out;
	if (zoneedit_text(s->conf->zonelist_file, &text, &len, d) == -1 ||
	    zonelist_text_add(
		text, len, entries, count, &more, &more_len, d) == -1 ||
	    check_text(s, more, more_len, d) == -1)
		goto out;
	for (size_t i = 0; i < count; i++)
		if (add_to_model(s, names[i], policy, d) == -1)
			goto out;
	if (s->o.no_xml) {
		for (size_t i = 0; i < count; i++)
			report_warn("zone %s: nothing is signed until it "
				    "stands in %s",
			    names[i], s->conf->zonelist_file);
		rc = session_commit(s, d);
	} else
		rc = zoneedit_commit(s->db, s->m, s->conf, more, more_len, d);
out:
	free_entries(entries, count);
	free(text);
	free(more);
	return rc;
}

static int
may_add(const struct session *s, const char *name, struct diag *d)
{
	const struct zone *z = model_zone(s->m, name);

	if (z != NULL && z->deleted != 0)
		return diag_set(d, STATUS_BAD,
		    "zone %s was deleted and its keys are "
		    "not purged yet: key purge --zone %s first",
		    name, name);
	if (z != NULL && session_in_use(s, z))
		return diag_set(
		    d, STATUS_BAD, "zone %s is there already", name);
	return 0;
}

/* --zone and the operands, as the database writes names; -1: not a name. */
static int
zone_names(const struct session *s, int argc, char **operands, char ***out,
    size_t *count, struct diag *d)
{
	char **names;

	*count = 0;
	if ((names = calloc((size_t)argc + 2, sizeof(*names))) == NULL)
		return diag_system(d, "zones");
	*out = names; /* the caller owns it now */
	if (s->o.zone != NULL &&
	    session_zone_name(s->o.zone, &names[(*count)++], d) == -1)
		return -1;
	for (int i = 0; i < argc; i++)
		if (session_zone_name(operands[i], &names[(*count)++], d) == -1)
			return -1;
	return 0;
}

static void
free_names(char **names, size_t count)
{
	for (size_t i = 0; names != NULL && i < count; i++)
		free(names[i]);
	free(names);
}

static enum status
zone_add(struct session *s, int argc, char **operands, struct diag *d)
{
	const char *policy = s->o.policy != NULL ? s->o.policy : "default";
	char **names = NULL;
	size_t count = 0;
	int rc;

	if (s->o.zone == NULL && argc == 0) {
		diag_set(d, STATUS_USAGE, "zone add: --zone is needed");
		return STATUS_USAGE;
	}
	if (argc + (s->o.zone != NULL) > 1 &&
	    (s->o.input != NULL || s->o.output != NULL ||
		s->o.signerconf != NULL)) {
		diag_set(d, STATUS_USAGE,
		    "zone add: --input, --output and --signerconf are one "
		    "zone's");
		return STATUS_USAGE;
	}
	rc = zone_names(s, argc, operands, &names, &count, d);
	for (size_t i = 0; i < count && rc == 0; i++)
		rc = may_add(s, names[i], d);
	if (rc == 0 && model_policy(s->m, policy) == NULL)
		rc = diag_set(d, STATUS_BAD, "there is no policy %s in %s",
		    policy, s->conf->policy_file);
	if (rc == 0)
		rc = add(s, names, count, policy, d);
	if (rc == 0)
		(void)printf(
		    "zonelist filename set to %s.\n", s->conf->zonelist_file);
	for (size_t i = 0; i < count && rc == 0; i++)
		(void)printf("Imported zone: %s\n", names[i]);
	free_names(names, count);
	return rc == 0 ? STATUS_OK : verb_failed(d);
}

/* ---- delete ---- */

/* What the parent must lose: told in full, as it is the last time. */
static void
tell_ds(const struct session *s, const struct zone *z)
{
	struct textbuf t = { 0 };
	struct diag d;

	for (size_t i = 0; i < z->nkeys; i++) {
		const struct zonekey *k = &z->keys[i];

		if (!engine_ds_present(k))
			continue;
		if (material_put_ds(s, &t, z->name,
			z->policy != NULL ? (uint32_t)z->policy->ds_ttl : 3600,
			"DS", DS_SHA256, k->pair, &d) == -1)
			report_warn("%s", d.text);
	}
	if (t.len > 0 && !t.failed)
		(void)printf("Have these DS records withdrawn from the parent "
			     "now, before the zone\nis served unsigned:\n%.*s",
		    (int)t.len, t.buf);
	textbuf_free(&t);
}

static void
remove_file(const char *path)
{
	if (path != NULL && unlink(path) == -1 && errno != ENOENT)
		report_warn("%s: %s", path, strerror(errno));
}

/* Those of the zones that stand in the list, by the names it has for them. */
static int
listed_names(const struct session *s, struct zone *const *zones, size_t count,
    char ***out, size_t *listed, struct diag *d)
{
	char owner[NAME_TEXT_MAX + 1], **names;

	*listed = 0;
	if ((names = calloc(count + 1, sizeof(*names))) == NULL)
		return diag_system(d, "zones");
	*out = names; /* the caller owns it now */
	for (size_t i = 0; i < count; i++) {
		if (!session_in_use(s, zones[i]) && zones[i]->signconf == NULL)
			continue;
		names[*listed] = strdup(material_owner(zones[i]->name, owner));
		if (names[(*listed)++] == NULL)
			return diag_system(d, "zones");
	}
	return 0;
}

static int
delete_zones(
    struct session *s, struct zone **zones, size_t count, struct diag *d)
{
	char *text, *less, dnskeys[PATH_MAX], **names = NULL;
	size_t len, less_len, listed = 0;
	int rc = -1;

	if (zoneedit_text(s->conf->zonelist_file, &text, &len, d) == -1)
		return -1;
	for (size_t i = 0; i < count; i++) {
		if (engine_zone_delete(s->m, zones[i], s->now, d) == -1)
			goto out;
		database_history(s->db, s->now, zones[i]->name, NULL, NULL,
		    "zone-delete", NULL, NULL, NULL, 0, "zone delete");
	}
	if (listed_names(s, zones, count, &names, &listed, d) == -1)
		goto out;
	if (listed > 0) {
		if (zonelist_text_delete(text, len,
			(const char *const *)names, listed, &less, &less_len,
			d) == -1)
			goto out;
		free(text);
		text = less;
		len = less_len;
	}
	if (zoneedit_commit(s->db, s->m, s->conf, text, len, d) == -1)
		goto out;
	for (size_t i = 0; i < count; i++) {
		(void)printf("Removed zone: %s\n", zones[i]->name);
		tell_ds(s, zones[i]);
		if (zones[i]->signconf == NULL)
			continue;
		remove_file(zones[i]->signconf);
		if (paths_dnskeys(zones[i]->signconf, dnskeys) == 0)
			remove_file(dnskeys);
	}
	rc = 0;
out:
	free_names(names, listed);
	free(text);
	return rc;
}

/* The zones named, each of them known and not deleted. */
static int
find_zones(const struct session *s, char *const *names, size_t count,
    struct zone **zones, struct diag *d)
{
	for (size_t i = 0; i < count; i++) {
		zones[i] = model_zone(s->m, names[i]);
		if (zones[i] == NULL)
			return diag_set(d, STATUS_BAD,
			    "zone %s: not known; zone list tells which are",
			    names[i]);
		for (size_t k = 0; k < i; k++)
			if (zones[k] == zones[i])
				return diag_set(d, STATUS_USAGE,
				    "zone %s is named twice", names[i]);
		if (zones[i]->deleted != 0)
			return diag_set(d, STATUS_BAD,
			    "zone %s is deleted already", names[i]);
	}
	return 0;
}

static enum status
zone_delete(struct session *s, int argc, char **operands, struct diag *d)
{
	struct zone **zones = NULL;
	char **names = NULL;
	size_t count = 0;
	int rc, yes;

	if ((s->o.zone == NULL && argc == 0) == !s->o.all) {
		diag_set(d, STATUS_USAGE,
		    "zone delete: one of --zone and --all is needed");
		return STATUS_USAGE;
	}
	if (s->o.all &&
	    (yes = session_confirm(s, "Delete all zones?", d)) != 1)
		return yes == 0 ? STATUS_OK : verb_failed(d);
	rc = zone_names(s, argc, operands, &names, &count, d);
	if (rc == 0 &&
	    (zones = calloc(s->m->nzones + count + 1, sizeof(*zones))) == NULL)
		rc = diag_system(d, "zones");
	if (rc == 0)
		rc = find_zones(s, names, count, zones, d);
	free_names(names, count);
	for (size_t i = 0; rc == 0 && s->o.all && i < s->m->nzones; i++)
		if (s->m->zones[i]->deleted == 0)
			zones[count++] = s->m->zones[i];
	if (rc == 0)
		rc = delete_zones(s, zones, count, d);
	free(zones);
	return rc == 0 ? STATUS_OK : verb_failed(d);
}

/* ---- list ---- */

static enum status
zone_list(struct session *s, int argc, char **operands, struct diag *d)
{
	const struct zonelist *list = s->zonelist;
	const unsigned columns = show_columns();
	json_t *all = json_array();

	(void)argc;
	(void)operands;
	(void)d;
	for (size_t i = 0; i < list->count; i++) {
		const struct zonelist_zone *z = &list->zone[i];
		const size_t len = strlen(z->name);
		const int shown = (int)(len > 1 ? len - 1 : len);

		if (!s->o.json)
			show_row(columns, 4, "Found Zone: %.*s; on policy %s",
			    shown, z->name, z->policy);
		else
			(void)json_array_append_new(all,
			    json_pack("{s:s%, s:s, s:s, s:s, s:s}", "zone",
				z->name, (size_t)shown, "policy", z->policy,
				"signconf", z->signconf, "input", z->input,
				"output", z->output));
	}
	if (s->o.json)
		show_json(all);
	else
		json_decref(all);
	if (list->count == 0 && !s->o.json)
		(void)printf("No zones in %s\n", s->conf->zonelist_file);
	return STATUS_OK;
}

/* ---- unsign ---- */

static enum status
zone_unsign(struct session *s, int argc, char **operands, struct diag *d)
{
	struct zone *z = session_zone(s, d);

	(void)argc;
	(void)operands;
	if (z == NULL || engine_unsign(s->m, z, s->now, d) == -1)
		return verb_failed(d);
	database_history(s->db, s->now, z->name, NULL, NULL, "zone-unsign",
	    NULL, NULL, NULL, 0, "zone unsign");
	if (session_commit(s, d) == -1)
		return verb_failed(d);
	(void)printf("Zone %s goes insecure; enforce says when its signatures "
		     "may go.\n",
	    z->name);
	return STATUS_OK;
}

/* ---- zonelist export, import ---- */

static enum status
zonelist_export(struct session *s, int argc, char **operands, struct diag *d)
{
	char *text;
	size_t len;

	(void)argc;
	(void)operands;
	if (zoneedit_text(s->conf->zonelist_file, &text, &len, d) == -1)
		return verb_failed(d);
	(void)fwrite(text, 1, len, stdout);
	free(text);
	return STATUS_OK;
}

static enum status
zonelist_import(struct session *s, int argc, char **operands, struct diag *d)
{
	(void)argc;
	(void)operands;
	return setup_verbs[1].run(
	    s, 1, (char *[]){ (char[]){ "zonelist" } }, d);
}

const struct verb zone_verbs[] = {
	{ "zone add", "zpsiom", NEEDS_ALL,
	    "Add a zone to the database and to zonelist.xml.", zone_add },
	{ "zone delete", "zal,yes", NEEDS_ALL,
	    "Delete a zone: its keys die, its DS must be withdrawn.",
	    zone_delete },
	{ "zone list", "", NEEDS_CONF | NEEDS_ZONELIST,
	    "List the zones of zonelist.xml.", zone_list },
	{ "zone unsign", "z", NEEDS_ALL,
	    "Lead a zone back to insecure, after its DS is gone.",
	    zone_unsign },
	{ "zonelist export", "", NEEDS_CONF, "Print zonelist.xml.",
	    zonelist_export },
	{ "zonelist import", ",force", NEEDS_ALL,
	    "Take a changed zonelist.xml: update zonelist.", zonelist_import },
	{ NULL, NULL, 0, NULL, NULL },
};
