#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "algorithm.h"
#include "check.h"
#include "duration.h"

/* One duration as configured, for a message. */
struct shown {
	char text[40];
};

static struct shown
show(int64_t seconds)
{
	struct shown s = { { 0 } };

	duration_format(seconds, s.text, sizeof(s.text));
	return s;
}

#define SHOW(SECONDS) show(SECONDS).text

static void
at(struct subject *s, const struct check *c, const char *path, const char *what)
{
	finding(s, c, s->kasp_path, node_below(s->policy_node, path),
	    "policy %s: %s", s->policy->name, what);
}

/* ---- signatures ---- */

static void
check_refresh(struct subject *s, const struct check *c)
{
	char what[256];

	if (s->policy->refresh > s->policy->resign)
		return;
	(void)snprintf(what, sizeof(what),
	    "%s is not above Resign, %s: "
	    "signatures expire between two runs",
	    SHOW(s->policy->refresh), SHOW(s->policy->resign));
	at(s, c, "Signatures/Refresh", what);
}

static const struct validity {
	const char *path, *name;
	size_t offset;
} validities[] = {
	{ "Signatures/Validity/Default", "Default",
	    offsetof(struct kasp_policy, validity_default) },
	{ "Signatures/Validity/Denial", "Denial",
	    offsetof(struct kasp_policy, validity_denial) },
	{ "Signatures/Validity/Keys", "Keys",
	    offsetof(struct kasp_policy, validity_keys) },
};
#define VALIDITIES (sizeof(validities) / sizeof(*validities))

/* Keys is often not stated and then Default, which is reported itself. */
static bool
validity_of(const struct subject *s, size_t i, int64_t *seconds)
{
	const char *base = (const char *)s->policy;

	*seconds =
	    *(const int64_t *)(const void *)(base + validities[i].offset);
	return node_below(s->policy_node, validities[i].path) != NULL;
}

static void
check_validity(struct subject *s, const struct check *c)
{
	int64_t validity;
	char what[256];

	for (size_t i = 0; i < VALIDITIES; i++) {
		if (!validity_of(s, i, &validity) ||
		    validity > s->policy->refresh)
			continue;
		(void)snprintf(what, sizeof(what),
		    "%s is not above Refresh, %s: every run signs all again",
		    SHOW(validity), SHOW(s->policy->refresh));
		at(s, c, validities[i].path, what);
	}
}

static void
check_jitter_half(struct subject *s, const struct check *c)
{
	const struct kasp_policy *p = s->policy;
	const int64_t longest = p->validity_default > p->validity_denial
	    ? p->validity_default
	    : p->validity_denial;

	if (p->jitter > longest / 2)
		at(s, c, "Signatures/Jitter",
		    "above half of the longest validity");
}

static void
check_jitter(struct subject *s, const struct check *c)
{
	int64_t validity;
	char what[256];

	for (size_t i = 0; i < VALIDITIES; i++) {
		if (!validity_of(s, i, &validity) ||
		    s->policy->jitter <= validity)
			continue;
		(void)snprintf(what, sizeof(what),
		    "%s is above Validity/%s, "
		    "%s: signatures are born expired",
		    SHOW(s->policy->jitter), validities[i].name,
		    SHOW(validity));
		at(s, c, "Signatures/Jitter", what);
	}
}

/*
 * The shortest signature made must not be due for renewal in the next run
 * already.
 */
static void
check_margin(struct subject *s, const struct check *c)
{
	const struct kasp_policy *p = s->policy;
	int64_t validity;
	char what[256];

	for (size_t i = 0; i < VALIDITIES; i++) {
		if (!validity_of(s, i, &validity) ||
		    validity - p->jitter > p->refresh + p->resign)
			continue;
		(void)snprintf(what, sizeof(what),
		    "%s less Jitter %s is not above Refresh %s + Resign %s",
		    SHOW(validity), SHOW(p->jitter), SHOW(p->refresh),
		    SHOW(p->resign));
		at(s, c, validities[i].path, what);
	}
}

static void
check_inception(struct subject *s, const struct check *c)
{
	if (s->policy->inception_offset > 600)
		at(s, c, "Signatures/InceptionOffset",
		    "above 10 minutes: so wrong a clock should be set");
}

/*
 * A cache may keep an RRset for its TTL, but only until its signature expires;
 * Refresh is what every published signature has left at least.
 */
static void
check_ttl(struct subject *s, const struct check *c)
{
	const struct kasp_policy *p = s->policy;
	const struct {
		const char *path;
		int64_t ttl;
	} ttls[] = {
		{ "Keys/TTL", p->dnskey_ttl },
		{ "Zone/SOA/TTL", p->soa_ttl },
		{ "Zone/SOA/Minimum", p->soa_minimum },
		{ "Signatures/MaxZoneTTL", p->max_zone_ttl },
	};
	char what[256];

	for (size_t i = 0; i < sizeof(ttls) / sizeof(*ttls); i++) {
		if (ttls[i].ttl <= p->refresh)
			continue;
		(void)snprintf(what, sizeof(what),
		    "%s is above Refresh, %s: "
		    "caches drop it early, when the signature expires",
		    SHOW(ttls[i].ttl), SHOW(p->refresh));
		at(s, c, ttls[i].path, what);
	}
}

/* ---- denial ---- */

static void
check_nsec3_algorithm(struct subject *s, const struct check *c)
{
	const struct kasp_policy *p = s->policy;

	for (size_t i = 0; p->nsec3 && i < p->key_count; i++) {
		const uint8_t a = p->key[i].algorithm;

		if (a == 1 || a == 3 || a == 5 || a == 6) {
			at(s, c,
			    p->key[i].ksk ? "Keys/KSK/Algorithm"
					  : "Keys/ZSK/Algorithm",
			    "NSEC3 needs another algorithm, such as 13");
			return;
		}
	}
}

static void
check_nsec3_hash(struct subject *s, const struct check *c)
{
	if (s->policy->nsec3 && s->policy->nsec3_algorithm != 1)
		at(s, c, "Denial/NSEC3/Hash/Algorithm",
		    "only 1, SHA-1, is defined");
}

static void
check_resalt(struct subject *s, const struct check *c)
{
	if (s->policy->nsec3 && s->policy->salt_length > 0 &&
	    s->policy->resalt < s->policy->resign)
		at(s, c, "Denial/NSEC3/Resalt", "below Resign");
}

static void
check_iterations(struct subject *s, const struct check *c)
{
	if (s->policy->nsec3 && s->policy->iterations > 0 &&
	    s->policy->iterations <= 50)
		at(s, c, "Denial/NSEC3/Hash/Iterations",
		    "above 0 costs everyone and protects nothing");
}

static void
check_iterations_max(struct subject *s, const struct check *c)
{
	if (s->policy->nsec3 && s->policy->iterations > 50)
		at(s, c, "Denial/NSEC3/Hash/Iterations",
		    "above 50: validators take the zone as insecure or bogus");
}

/* ---- keys ---- */

static void
check_safety(
    struct subject *s, const struct check *c, const char *path, int64_t safety)
{
	const int64_t ttl = s->policy->dnskey_ttl;
	char what[256];

	if (safety * 10 >= ttl && safety <= 5 * ttl)
		return;
	(void)snprintf(what, sizeof(what), "%s is %s the DNSKEY TTL, %s",
	    SHOW(safety),
	    safety > 5 * ttl ? "above 5 times" : "below a tenth of", SHOW(ttl));
	at(s, c, path, what);
}

static void
check_publish_safety(struct subject *s, const struct check *c)
{
	check_safety(s, c, "Keys/PublishSafety", s->policy->publish_safety);
}

static void
check_retire_safety(struct subject *s, const struct check *c)
{
	check_safety(s, c, "Keys/RetireSafety", s->policy->retire_safety);
}

static void
check_bits(struct subject *s, const struct check *c)
{
	const struct kasp_policy *p = s->policy;

	for (size_t i = 0; i < p->key_count; i++) {
		const struct kasp_key *k = &p->key[i];
		const struct algorithm *a = algorithm_by_number(k->algorithm);
		char what[128];

		if (a == NULL || a->kind != KEY_RSA ||
		    (k->bits >= 1024 && k->bits <= 4096))
			continue;
		if (k->bits == 0)
			(void)snprintf(what, sizeof(what),
			    "no length given: %d bits are used", KASP_RSA_BITS);
		else
			(void)snprintf(what, sizeof(what),
			    "%u bits: not from 1024 to 4096", k->bits);
		at(s, c, k->ksk ? "Keys/KSK/Algorithm" : "Keys/ZSK/Algorithm",
		    what);
	}
}

static void
check_old_algorithm(struct subject *s, const struct check *c)
{
	const struct kasp_policy *p = s->policy;

	for (size_t i = 0; i < p->key_count; i++) {
		const struct algorithm *a =
		    algorithm_by_number(p->key[i].algorithm);

		if (a != NULL && a->status == ALGORITHM_OLD)
			at(s, c,
			    p->key[i].ksk ? "Keys/KSK/Algorithm"
					  : "Keys/ZSK/Algorithm",
			    "SHA-1: many validators take the zone as unsigned");
	}
}

static const xmlNode *
repository_node(const struct subject *s, const char *name)
{
	const xmlNode *list =
	    node_below(xmlDocGetRootElement(s->conf_doc), "RepositoryList");

	if (list == NULL)
		return NULL;
	for (xmlNode *n = list->children; n != NULL; n = n->next) {
		xmlChar *value = xmlGetNoNsProp(n, (const xmlChar *)"name");
		const bool found =
		    value != NULL && strcmp((char *)value, name) == 0;

		xmlFree(value);
		if (found)
			return n;
	}
	return NULL;
}

static void
check_repository(struct subject *s, const struct check *c)
{
	const struct kasp_policy *p = s->policy;
	char what[256];

	for (size_t i = 0; s->conf_doc != NULL && i < p->key_count; i++) {
		if (repository_node(s, p->key[i].repository) != NULL)
			continue;
		(void)snprintf(what, sizeof(what), "%.100s is not in %.100s",
		    p->key[i].repository, s->conf_path);
		at(s, c,
		    p->key[i].ksk ? "Keys/KSK/Repository"
				  : "Keys/ZSK/Repository",
		    what);
	}
}

/* 0 is for ever. */
static int64_t
least_lifetime(const struct kasp_policy *p, bool ksk)
{
	int64_t least = INT64_MAX;

	for (size_t i = 0; i < p->key_count; i++)
		if (p->key[i].ksk == ksk && p->key[i].lifetime != 0 &&
		    p->key[i].lifetime < least)
			least = p->key[i].lifetime;
	return least;
}

static void
check_lifetimes(struct subject *s, const struct check *c)
{
	if (least_lifetime(s->policy, true) < least_lifetime(s->policy, false))
		at(s, c, "Keys/KSK/Lifetime", "below the lifetime of the ZSK");
}

/*
 * A key must live at least as long as its successor takes to be known
 * everywhere and it takes itself to be forgotten, or rollovers pile up.
 */
static void
check_rollover_time(struct subject *s, const struct check *c)
{
	const struct kasp_policy *p = s->policy;
	const int64_t publish =
	    p->dnskey_ttl + p->zone_propagation_delay + p->publish_safety;
	const int64_t ttl =
	    p->max_zone_ttl > p->soa_ttl ? p->max_zone_ttl : p->soa_ttl;
	const int64_t zsk_retire =
	    ttl + p->zone_propagation_delay + p->retire_safety;
	const int64_t ksk_retire =
	    p->ds_ttl + p->parent_propagation_delay + p->retire_safety;
	char what[256];

	for (size_t i = 0; i < p->key_count; i++) {
		const struct kasp_key *k = &p->key[i];
		const int64_t need =
		    publish + (k->ksk ? ksk_retire : zsk_retire);

		if (k->lifetime == 0 || k->lifetime > need)
			continue;
		(void)snprintf(what, sizeof(what),
		    "%s is not above the %s that a rollover takes",
		    SHOW(k->lifetime), SHOW(need));
		at(s, c, k->ksk ? "Keys/KSK/Lifetime" : "Keys/ZSK/Lifetime",
		    what);
	}
}

static void
check_same_algorithms(struct subject *s, const struct check *c)
{
	const struct kasp_policy *p = s->policy;
	char what[128];

	for (size_t i = 0; i < p->key_count; i++) {
		bool other = false;

		for (size_t j = 0; j < p->key_count; j++)
			other |= p->key[j].ksk != p->key[i].ksk &&
			    p->key[j].algorithm == p->key[i].algorithm;
		if (other)
			continue;
		(void)snprintf(what, sizeof(what),
		    "algorithm %u has no %s: both types need the same ones",
		    p->key[i].algorithm, p->key[i].ksk ? "ZSK" : "KSK");
		at(s, c,
		    p->key[i].ksk ? "Keys/KSK/Algorithm" : "Keys/ZSK/Algorithm",
		    what);
	}
}

/* ---- the zone ---- */

static void
check_datecounter(struct subject *s, const struct check *c)
{
	const struct kasp_policy *p = s->policy;

	if (p->serial == SIGNCONF_DATECOUNTER &&
	    (p->resign == 0 || 86400 / p->resign > 99))
		at(s, c, "Zone/SOA/Serial",
		    "datecounter has 100 numbers a day, and Resign asks for "
		    "more");
}

const struct check policy_checks[] = {
	{ "refresh-resign", LEVEL_ERROR, NULL, check_refresh },
	{ "validity-refresh", LEVEL_ERROR, NULL, check_validity },
	{ "jitter-half", LEVEL_WARNING, NULL, check_jitter_half },
	{ "jitter-validity", LEVEL_ERROR, NULL, check_jitter },
	{ "validity-margin", LEVEL_ERROR, NULL, check_margin },
	{ "inception-offset", LEVEL_WARNING, NULL, check_inception },
	{ "ttl-refresh", LEVEL_WARNING, "RFC 6781 §4.4.2", check_ttl },
	{ "nsec3-algorithm", LEVEL_ERROR, "RFC 5155 §2",
	    check_nsec3_algorithm },
	{ "nsec3-hash", LEVEL_ERROR, "RFC 5155 §11", check_nsec3_hash },
	{ "nsec3-resalt", LEVEL_WARNING, NULL, check_resalt },
	{ "nsec3-iterations", LEVEL_WARNING, "RFC 9276 §3.1",
	    check_iterations },
	{ "nsec3-iterations-max", LEVEL_ERROR, "RFC 9276 §3.2",
	    check_iterations_max },
	{ "publish-safety", LEVEL_WARNING, NULL, check_publish_safety },
	{ "retire-safety", LEVEL_WARNING, NULL, check_retire_safety },
	{ "key-length", LEVEL_WARNING, "RFC 5702 §2", check_bits },
	{ "key-algorithm", LEVEL_WARNING, "RFC 8624 §3.1",
	    check_old_algorithm },
	{ "key-repository", LEVEL_ERROR, NULL, check_repository },
	{ "lifetime-order", LEVEL_WARNING, NULL, check_lifetimes },
	{ "lifetime-rollover", LEVEL_ERROR, "RFC 7583 §3",
	    check_rollover_time },
	{ "same-algorithms", LEVEL_ERROR, "RFC 4035 §2.2",
	    check_same_algorithms },
	{ "datecounter", LEVEL_ERROR, NULL, check_datecounter },
	{ NULL, 0, NULL, NULL },
};

/* ---- all policies ---- */

static void
check_default(struct subject *s, const struct check *c)
{
	if (kasp_find(s->kasp, "default") == NULL)
		finding(s, c, s->kasp_path, NULL,
		    "no policy is named default; "
		    "zone add needs --policy");
}

/*
 * A key in use and its successor for each block and zone, and the standby
 * keys; with ShareKeys once a policy.
 */
static size_t
keys_wanted(const struct subject *s, const char *repository)
{
	size_t wanted = 0;

	for (size_t i = 0; i < s->kasp->count; i++) {
		const struct kasp_policy *p = &s->kasp->policy[i];
		size_t zones = 0, each = 0;

		for (size_t z = 0; z < s->zonelist->count; z++)
			zones +=
			    strcmp(s->zonelist->zone[z].policy, p->name) == 0;
		for (size_t k = 0; k < p->key_count; k++)
			if (strcmp(p->key[k].repository, repository) == 0)
				each += (size_t)p->key[k].standby + 2;
		wanted += each * (p->share_keys && zones > 1 ? 1 : zones);
	}
	return wanted;
}

static void
check_capacity(struct subject *s, const struct check *c)
{
	const xmlNode *list =
	    node_below(xmlDocGetRootElement(s->conf_doc), "RepositoryList");

	for (xmlNode *n = list == NULL ? NULL : list->children;
	     n != NULL && s->zonelist != NULL; n = n->next) {
		const xmlNode *element = node_below(n, "Capacity");
		xmlChar *name = xmlGetNoNsProp(n, (const xmlChar *)"name");
		xmlChar *text =
		    element == NULL ? NULL : xmlNodeGetContent(element);
		const size_t wanted =
		    name == NULL ? 0 : keys_wanted(s, (char *)name);

		if (text != NULL && strtoull((char *)text, NULL, 10) < wanted)
			finding(s, c, s->conf_path, element,
			    "%s holds %s keys, but zones and policies need up "
			    "to %zu during rollovers",
			    (char *)name, (char *)text, wanted);
		xmlFree(name);
		xmlFree(text);
	}
}

const struct check kasp_checks[] = {
	{ "policy-default", LEVEL_WARNING, NULL, check_default },
	{ "repository-capacity", LEVEL_WARNING, NULL, check_capacity },
	{ NULL, 0, NULL, NULL },
};
