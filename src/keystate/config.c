#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "algorithm.h"
#include "config.h"
#include "name.h"
#include "report.h"

static int
set_text(char **to, const char *from)
{
	char *copy = NULL;

	if (from != NULL && (copy = strdup(from)) == NULL)
		return -1;
	free(*to);
	*to = copy;
	return 0;
}

int
config_stores(
    struct model *m, const struct repository_list *list, struct diag *d)
{
	for (size_t i = 0; i < list->count; i++) {
		struct store *s = model_add_store(m, list->item[i].name);

		if (s == NULL)
			return diag_system(d, "repositories");
		s->capacity = list->item[i].capacity;
		s->require_backup = list->item[i].require_backup;
	}
	return 0;
}

static int
add_block(struct policy *p, const struct kasp_key *from, struct diag *d)
{
	const struct algorithm *a = algorithm_by_number(from->algorithm);
	struct key_block *b = policy_add_block(p);

	if (b == NULL || set_text(&b->repository, from->repository) == -1)
		return diag_system(d, "policies");
	b->type = from->ksk ? KEY_KSK : KEY_ZSK;
	b->algorithm = from->algorithm;
	if (a != NULL && a->kind == KEY_RSA)
		b->bits =
		    (uint16_t)(from->bits == 0 ? KASP_RSA_BITS : from->bits);
	b->lifetime = from->lifetime;
	b->standby = from->standby;
	b->manual = from->manual_rollover;
	b->rfc5011 = from->rfc5011;
	return 0;
}

static int
add_servers(struct policy *p, const struct kasp_policy *from)
{
	if (from->served_by_count == 0)
		return 0;
	p->served_by = calloc(from->served_by_count, sizeof(*p->served_by));
	if (p->served_by == NULL)
		return -1;
	for (size_t i = 0; i < from->served_by_count; i++) {
		char text[80];

		(void)snprintf(text, sizeof(text), "%s#%u",
		    from->served_by[i].address, from->served_by[i].port);
		if ((p->served_by[i] = strdup(text)) == NULL)
			return -1;
		p->nserved_by++;
	}
	return 0;
}

static int
add_policy(struct model *m, const struct kasp_policy *from, struct diag *d)
{
	struct policy *p = model_add_policy(m, from->name);

	if (p == NULL || set_text(&p->description, from->description) == -1 ||
	    add_servers(p, from) == -1)
		return diag_system(d, "policies");
	p->resign = from->resign;
	p->refresh = from->refresh;
	p->validity = from->validity_default;
	p->validity_denial = from->validity_denial;
	p->validity_keys = from->validity_keys;
	p->jitter = from->jitter;
	p->inception_offset = from->inception_offset;
	p->nsec3 = from->nsec3;
	p->opt_out = from->opt_out;
	p->resalt = from->resalt;
	p->hash_algorithm = from->nsec3_algorithm;
	p->iterations = from->iterations;
	p->salt_length = from->salt_length;
	p->nsec3param_ttl = from->nsec3param_ttl;
	p->dnskey_ttl = from->dnskey_ttl;
	p->retire_safety = from->retire_safety;
	p->publish_safety = from->publish_safety;
	p->share_keys = from->share_keys;
	p->purge = from->purge;
	for (size_t i = 0; i < from->key_count; i++)
		if (add_block(p, &from->key[i], d) == -1)
			return -1;
	p->propagation_delay = from->zone_propagation_delay;
	p->soa_ttl = from->soa_ttl;
	p->soa_minimum = from->soa_minimum;
	p->serial = from->serial;
	p->parent_propagation_delay = from->parent_propagation_delay;
	p->ds_ttl = from->ds_ttl;
	p->parent_soa_ttl = from->parent_soa_ttl;
	p->parent_soa_minimum = from->parent_soa_minimum;
	p->audit = from->audit;
	p->max_shrink = from->max_shrink;
	return 0;
}

int
config_policies(struct model *m, const struct kasp *kasp, const char *kasp_path,
    struct diag *d)
{
	for (size_t i = 0; i < kasp->count; i++) {
		const struct kasp_policy *p = &kasp->policy[i];

		for (size_t k = 0; k < p->key_count; k++)
			if (model_store(m, p->key[k].repository) == NULL)
				return diag_set(d, STATUS_USAGE,
				    "%s:%ld: Policy: %s: repository %s is not "
				    "in conf.xml",
				    kasp_path, p->line, p->name,
				    p->key[k].repository);
		if (add_policy(m, p, d) == -1)
			return -1;
	}
	return 0;
}

int
session_zone_name(const char *text, char **name, struct diag *d)
{
	char dotted[NAME_TEXT_MAX + 1], canonical[NAME_TEXT_MAX];
	const size_t len = strlen(text);
	int n = -1;

	if (len > 0 && len < NAME_TEXT_MAX) {
		memcpy(dotted, text, len + 1);
		n = name_canonical(dotted, len, canonical);
		if (n == -1) {
			memcpy(dotted + len, ".", 2);
			n = name_canonical(dotted, len + 1, canonical);
		}
	}
	if (n == -1)
		return diag_set(d, STATUS_BAD,
		    "'%s' is not a domain name (RFC 1035 §3.1)", text);
	if (n > 1)
		canonical[n - 1] = '\0'; /* the root keeps its dot */
	if ((*name = strdup(canonical)) == NULL)
		return diag_system(d, "zone name");
	return 0;
}

/* The list's names are absolute; the model's have no dot at the end. */
static char *
model_name(const char *name)
{
	const size_t len = strlen(name);

	return strndup(name, len > 1 ? len - 1 : len);
}

int
config_zones(struct session *s, struct diag *d)
{
	for (size_t i = 0; i < s->zonelist->count; i++) {
		const struct zonelist_zone *from = &s->zonelist->zone[i];
		char *name = model_name(from->name);
		struct zone *z = name == NULL
		    ? NULL
		    : model_add_zone(s->m, name, from->policy);

		free(name);
		if (z == NULL || set_text(&z->signconf, from->signconf) == -1 ||
		    set_text(&z->input, from->input) == -1 ||
		    set_text(&z->output, from->output) == -1)
			return diag_system(d, "zones");
	}
	return 0;
}

int
config_link(struct session *s, struct diag *d)
{
	struct zone_facts *facts;

	model_link(s->m);
	if (s->zonelist == NULL)
		return 0;
	for (size_t i = 0; i < s->zonelist->count; i++) {
		char *name = model_name(s->zonelist->zone[i].name);

		facts = name == NULL ? NULL : database_facts(s->db, name);
		free(name);
		if (facts == NULL)
			return diag_system(d, "zones");
		facts->listed = true;
	}
	for (size_t i = 0; i < s->m->nzones; i++) {
		struct zone *z = s->m->zones[i];

		if ((facts = database_facts(s->db, z->name)) == NULL)
			return diag_system(d, "zones");
		if (!facts->listed && z->deleted == 0)
			z->policy = NULL;
		if (facts->listed && facts->fresh && z->added == 0)
			z->added = s->now;
	}
	return 0;
}
