/* repository list; policy list, export, import, purge. */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "algorithm.h"
#include "show.h"
#include "verb.h"

static enum status
repository_list_verb(
    struct session *s, int argc, char **operands, struct diag *d)
{
	json_t *all = json_array();

	(void)argc;
	(void)operands;
	(void)d;
	if (!s->o.json)
		(void)printf("Repositories:\n%-32s %-12s %s\n",
		    "Name:", "Capacity:", "RequireBackup:");
	for (size_t i = 0; i < s->repositories.count; i++) {
		const struct repository *r = &s->repositories.item[i];
		char capacity[16] = "unset";

		if (r->capacity != 0)
			(void)snprintf(
			    capacity, sizeof(capacity), "%u", r->capacity);
		if (!s->o.json)
			(void)printf("%-32s %-12s %s\n", r->name, capacity,
			    r->require_backup ? "Yes" : "No");
		else
			(void)json_array_append_new(all,
			    json_pack("{s:s, s:I, s:b}", "name", r->name,
				"capacity", (json_int_t)r->capacity,
				"require_backup", (int)r->require_backup));
	}
	if (s->o.json)
		show_json(all);
	else {
		json_decref(all);
		(void)printf("\n");
	}
	return STATUS_OK;
}

static enum status
policy_list(struct session *s, int argc, char **operands, struct diag *d)
{
	const unsigned columns = show_columns();
	json_t *all = json_array();

	(void)argc;
	(void)operands;
	(void)d;
	if (!s->o.json)
		(void)printf("Policies:\n%-32s %s\n", "Name:", "Description:");
	for (size_t i = 0; i < s->kasp->count; i++) {
		const struct kasp_policy *p = &s->kasp->policy[i];

		if (!s->o.json)
			show_row(columns, 33, "%-32s %s", p->name,
			    p->description);
		else
			(void)json_array_append_new(all,
			    json_pack("{s:s, s:s}", "name", p->name,
				"description", p->description));
	}
	if (s->o.json)
		show_json(all);
	else {
		json_decref(all);
		(void)printf("\n");
	}
	return STATUS_OK;
}

/* ---- export ---- */

static void
put_escaped(const char *text)
{
	for (; *text != '\0'; text++)
		switch (*text) {
		case '&':
			(void)printf("&amp;");
			break;
		case '<':
			(void)printf("&lt;");
			break;
		case '>':
			(void)printf("&gt;");
			break;
		case '"':
			(void)printf("&quot;");
			break;
		default:
			(void)putchar(*text);
		}
}

/* Four blanks a level, all durations in seconds, as ods-ksmutil did. */
static void
put_duration(unsigned level, const char *name, int64_t seconds)
{
	(void)printf("%*s<%s>PT%" PRId64 "S</%s>\n", (int)(4 * level), "", name,
	    seconds, name);
}

static void
put_line(unsigned level, const char *text)
{
	(void)printf("%*s%s\n", (int)(4 * level), "", text);
}

static void
export_signatures(const struct kasp_policy *p)
{
	put_line(2, "<Signatures>");
	put_duration(3, "Resign", p->resign);
	put_duration(3, "Refresh", p->refresh);
	put_line(3, "<Validity>");
	put_duration(4, "Default", p->validity_default);
	put_duration(4, "Denial", p->validity_denial);
	if (p->validity_keys != p->validity_default)
		put_duration(4, "Keys", p->validity_keys);
	put_line(3, "</Validity>");
	put_duration(3, "Jitter", p->jitter);
	put_duration(3, "InceptionOffset", p->inception_offset);
	if (p->max_zone_ttl != 0)
		put_duration(3, "MaxZoneTTL", p->max_zone_ttl);
	put_line(2, "</Signatures>");
}

static void
export_denial(const struct kasp_policy *p)
{
	put_line(2, "<Denial>");
	if (!p->nsec3)
		put_line(3, "<NSEC/>");
	else {
		put_line(3, "<NSEC3>");
		if (p->nsec3param_ttl != 0)
			put_duration(4, "TTL", p->nsec3param_ttl);
		if (p->opt_out)
			put_line(4, "<OptOut/>");
		put_duration(4, "Resalt", p->resalt);
		put_line(4, "<Hash>");
		(void)printf("%*s<Algorithm>%u</Algorithm>\n", 20, "",
		    p->nsec3_algorithm);
		(void)printf(
		    "%*s<Iterations>%u</Iterations>\n", 20, "", p->iterations);
		(void)printf(
		    "%*s<Salt length=\"%u\"/>\n", 20, "", p->salt_length);
		put_line(4, "</Hash>");
		put_line(3, "</NSEC3>");
	}
	put_line(2, "</Denial>");
}

static void
export_key(const struct kasp_key *k)
{
	const struct algorithm *a = algorithm_by_number(k->algorithm);
	const char *type = k->ksk ? "KSK" : "ZSK";

	(void)printf("%*s<%s>\n%*s<Algorithm", 12, "", type, 16, "");
	if (a != NULL && a->kind == KEY_RSA)
		(void)printf(
		    " length=\"%u\"", k->bits != 0 ? k->bits : KASP_RSA_BITS);
	(void)printf(">%u</Algorithm>\n", k->algorithm);
	put_duration(4, "Lifetime", k->lifetime);
	(void)printf("%*s<Repository>", 16, "");
	put_escaped(k->repository);
	(void)printf(
	    "</Repository>\n%*s<Standby>%u</Standby>\n", 16, "", k->standby);
	if (k->manual_rollover)
		put_line(4, "<ManualRollover/>");
	if (k->rfc5011)
		put_line(4, "<RFC5011/>");
	(void)printf("%*s</%s>\n", 12, "", type);
}

static void
export_keys(const struct kasp_policy *p)
{
	put_line(2, "<Keys>");
	put_duration(3, "TTL", p->dnskey_ttl);
	put_duration(3, "RetireSafety", p->retire_safety);
	put_duration(3, "PublishSafety", p->publish_safety);
	if (p->share_keys)
		put_line(3, "<ShareKeys/>");
	if (p->purge >= 0)
		put_duration(3, "Purge", p->purge);
	for (size_t i = 0; i < p->key_count; i++)
		export_key(&p->key[i]);
	put_line(2, "</Keys>");
}

static void
export_zone(const struct kasp_policy *p)
{
	put_line(2, "<Zone>");
	put_duration(3, "PropagationDelay", p->zone_propagation_delay);
	put_line(3, "<SOA>");
	put_duration(4, "TTL", p->soa_ttl);
	put_duration(4, "Minimum", p->soa_minimum);
	(void)printf("%*s<Serial>%s</Serial>\n", 16, "",
	    signconf_serial_name(p->serial));
	put_line(3, "</SOA>");
	for (size_t i = 0; i < p->served_by_count; i++)
		(void)printf("%*s<ServedBy port=\"%u\">%s</ServedBy>\n", 12, "",
		    p->served_by[i].port, p->served_by[i].address);
	if (p->max_shrink != KASP_MAX_SHRINK)
		(void)printf("%*s<MaxShrink>%u%%</MaxShrink>\n", 12, "",
		    p->max_shrink);
	put_line(2, "</Zone>");
	put_line(2, "<Parent>");
	put_duration(3, "PropagationDelay", p->parent_propagation_delay);
	put_line(3, "<DS>");
	put_duration(4, "TTL", p->ds_ttl);
	put_line(3, "</DS>");
	put_line(3, "<SOA>");
	put_duration(4, "TTL", p->parent_soa_ttl);
	put_duration(4, "Minimum", p->parent_soa_minimum);
	put_line(3, "</SOA>");
	put_line(2, "</Parent>");
}

static void
export_policy(const struct kasp_policy *p)
{
	(void)printf("    <Policy name=\"");
	put_escaped(p->name);
	(void)printf("\">\n        <Description>");
	put_escaped(p->description);
	(void)printf("</Description>\n");
	export_signatures(p);
	export_denial(p);
	export_keys(p);
	export_zone(p);
	if (p->audit == SIGNCONF_AUDIT_FULL)
		put_line(2, "<Audit/>");
	if (p->audit == SIGNCONF_AUDIT_PARTIAL)
		put_line(2, "<Audit><Partial/></Audit>");
	put_line(1, "</Policy>");
}

static enum status
policy_export(struct session *s, int argc, char **operands, struct diag *d)
{
	const struct kasp_policy *one = NULL;

	(void)argc;
	(void)operands;
	if ((s->o.policy == NULL) == !s->o.all) {
		diag_set(d, STATUS_USAGE,
		    "policy export: one of --policy and --all is needed");
		return STATUS_USAGE;
	}
	if (s->o.policy != NULL &&
	    (one = kasp_find(s->kasp, s->o.policy)) == NULL) {
		diag_set(d, STATUS_BAD, "there is no policy %s", s->o.policy);
		return STATUS_BAD;
	}
	(void)printf("<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n\n<KASP>\n");
	for (size_t i = 0; i < s->kasp->count; i++)
		if (one == NULL || one == &s->kasp->policy[i])
			export_policy(&s->kasp->policy[i]);
	(void)printf("</KASP>\n");
	return STATUS_OK;
}

static enum status
policy_import(struct session *s, int argc, char **operands, struct diag *d)
{
	(void)argc;
	(void)operands;
	return setup_verbs[1].run(s, 1, (char *[]){ (char[]){ "kasp" } }, d);
}

/* ---- purge ---- */

/*
 * Policies live in kasp.xml, which is the operator's; what the database keeps
 * of one that is gone is its salt, and what kasp.xml has that no zone uses is
 * named.
 */
static enum status
policy_purge(struct session *s, int argc, char **operands, struct diag *d)
{
	struct database *db = s->db;
	size_t kept = 0;

	(void)argc;
	(void)operands;
	for (size_t i = 0; i < db->nsalts; i++) {
		if (model_policy(s->m, db->salts[i].policy) != NULL) {
			db->salts[kept++] = db->salts[i];
			continue;
		}
		(void)printf("Policy %s: forgotten\n", db->salts[i].policy);
		free(db->salts[i].policy);
	}
	db->nsalts = kept;
	for (size_t i = 0; i < s->m->npolicies; i++) {
		const struct policy *p = s->m->policies[i];
		bool used = false;

		for (size_t z = 0; z < s->m->nzones && !used; z++)
			used = s->m->zones[z]->policy == p;
		if (!used)
			(void)printf("Policy %s: no zone uses it; it may be "
				     "taken out of %s\n",
			    p->name, s->conf->policy_file);
	}
	return session_commit(s, d) == -1 ? verb_failed(d) : STATUS_OK;
}

const struct verb policy_verbs[] = {
	{ "repository list", "", NEEDS_CONF, "List the repositories.",
	    repository_list_verb },
	{ "policy list", "", NEEDS_CONF | NEEDS_KASP, "List the policies.",
	    policy_list },
	{ "policy export", "pa", NEEDS_CONF | NEEDS_KASP,
	    "Print one policy, or all, as kasp.xml.", policy_export },
	{ "policy import", "", NEEDS_ALL,
	    "Take a changed kasp.xml: update kasp.", policy_import },
	{ "policy purge", "", NEEDS_ALL,
	    "Forget policies that are gone, name those no zone uses.",
	    policy_purge },
	{ NULL, NULL, 0, NULL, NULL },
};
