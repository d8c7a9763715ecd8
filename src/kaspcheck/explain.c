#include <stdio.h>
#include <string.h>

#include "algorithm.h"
#include "check.h"

const char *
duration_words(long long seconds, char *buf, size_t size)
{
	static const struct {
		const char *name;
		long long seconds;
	} units[] = { { "day", 86400 }, { "hour", 3600 }, { "minute", 60 },
		{ "second", 1 } };
	size_t used = 0;

	buf[0] = '\0';
	if (seconds == 0)
		(void)snprintf(buf, size, "no time");
	for (size_t i = 0; i < sizeof(units) / sizeof(*units); i++) {
		const long long n = seconds / units[i].seconds;
		int len;

		if (n == 0)
			continue;
		seconds -= n * units[i].seconds;
		len = snprintf(buf + used, size - used, "%s%lld %s%s",
		    used > 0 ? " " : "", n, units[i].name, n == 1 ? "" : "s");
		if (len < 0 || (size_t)len >= size - used)
			break;
		used += (size_t)len;
	}
	return buf;
}

/* A duration in words, for one printf. */
struct words {
	char text[96];
};

static struct words
words(long long seconds)
{
	struct words w = { { 0 } };

	(void)duration_words(seconds, w.text, sizeof(w.text));
	return w;
}

#define WORDS(SECONDS) words(SECONDS).text

static void
explain_signatures(const struct kasp_policy *p)
{
	(void)printf(
	    "  Signatures are looked at every %s.  One that has less "
	    "than %s left\n    is made anew; what is published has that "
	    "much left, less %s\n    between two runs.\n",
	    WORDS(p->resign), WORDS(p->refresh), WORDS(p->resign));
	(void)printf("    Should signing stop, the first signature expires "
		     "after %s.\n",
	    WORDS(p->refresh > p->resign ? p->refresh - p->resign : 0));
	(void)printf("    They are valid for %s", WORDS(p->validity_default));
	if (p->validity_denial != p->validity_default)
		(void)printf(
		    ", NSEC and NSEC3 for %s", WORDS(p->validity_denial));
	if (p->validity_keys != p->validity_default)
		(void)printf(", DNSKEY for %s", WORDS(p->validity_keys));
	(void)printf(",\n    spread by %s either way, and count from %s "
		     "before\n    they are made.\n",
	    WORDS(p->jitter), WORDS(p->inception_offset));
}

static void
explain_denial(const struct kasp_policy *p)
{
	if (!p->nsec3) {
		(void)printf("  Names that do not exist are denied with NSEC; "
			     "the names of the zone can\n    be listed.\n");
		return;
	}
	(void)printf("  Names that do not exist are denied with NSEC3, "
		     "%u iterations,\n    ",
	    p->iterations);
	if (p->salt_length == 0)
		(void)printf("no salt.\n");
	else
		(void)printf("a salt of %u octets that changes every %s.\n",
		    p->salt_length, WORDS(p->resalt));
	if (p->opt_out)
		(void)printf("    Unsigned delegations are left out of the "
			     "chain (opt-out).\n");
}

static void
explain_key(const struct kasp_policy *p, const struct kasp_key *k)
{
	const struct algorithm *a = algorithm_by_number(k->algorithm);
	const long long publish = (long long)p->dnskey_ttl +
	    p->zone_propagation_delay + p->publish_safety;
	const long long ds = (long long)p->ds_ttl +
	    p->parent_propagation_delay + p->retire_safety;

	(void)printf(
	    "  %s: %s", k->ksk ? "KSK" : "ZSK", a != NULL ? a->mnemonic : "?");
	if (a != NULL && a->kind == KEY_RSA)
		(void)printf(
		    " of %u bits", k->bits != 0 ? k->bits : KASP_RSA_BITS);
	(void)printf(", kept in %s; ", k->repository);
	if (k->lifetime == 0)
		(void)printf("it never expires.\n");
	else if (k->manual_rollover)
		(void)printf("rolled on your command, due after\n    %s.\n",
		    WORDS(k->lifetime));
	else
		(void)printf("rolled every %s.\n", WORDS(k->lifetime));
	(void)printf(
	    "    Its successor stands in the zone for %s before it "
	    "may be used\n      (TTL %s + propagation %s + safety %s).\n",
	    WORDS(publish), WORDS(p->dnskey_ttl),
	    WORDS(p->zone_propagation_delay), WORDS(p->publish_safety));
	if (!k->ksk)
		(void)printf(
		    "    The old one stays for the largest TTL of the "
		    "zone + %s after its\n      last signature is gone "
		    "(propagation %s + safety %s).\n",
		    WORDS(p->zone_propagation_delay + p->retire_safety),
		    WORDS(p->zone_propagation_delay), WORDS(p->retire_safety));
	else
		(void)printf(
		    "    Then YOU have its DS put into the parent and "
		    "say: keystate key ds-seen.\n    The old one goes %s later "
		    "(DS TTL %s\n      + propagation %s + safety %s).\n",
		    WORDS(ds), WORDS(p->ds_ttl),
		    WORDS(p->parent_propagation_delay),
		    WORDS(p->retire_safety));
	if (k->standby > 0)
		(void)printf("    %u more held in reserve%s.\n", k->standby,
		    k->ksk ? ", their DS in the parent" : " in the zone");
}

static void
explain_zone(const struct kasp_policy *p)
{
	static const char *const serials[] = { "counts up",
		"is the date and a count of the day", "is the time of signing",
		"is kept from the input" };

	(void)printf("  The SOA gets TTL %s and minimum %s; its serial\n"
		     "    %s.\n",
	    WORDS(p->soa_ttl), WORDS(p->soa_minimum), serials[p->serial]);
	if (p->served_by_count > 0)
		(void)printf("  A zone counts as published when %zu name "
			     "server%s it.\n",
		    p->served_by_count,
		    p->served_by_count == 1 ? " serves" : "s serve");
	(void)printf("  %s\n",
	    p->audit == SIGNCONF_AUDIT_NONE ? "No audit is asked for."
		: p->audit == SIGNCONF_AUDIT_PARTIAL
		? "A sample of each zone is audited before publication."
		: "Every zone is audited before publication.");
	if (p->purge >= 0)
		(void)printf(
		    "  Dead keys are destroyed after %s.\n", WORDS(p->purge));
	else
		(void)printf("  Dead keys are kept until key purge.\n");
}

void
explain(const struct subject *s)
{
	for (size_t i = 0; s->kasp != NULL && i < s->kasp->count; i++) {
		const struct kasp_policy *p = &s->kasp->policy[i];
		size_t zones = 0;

		for (size_t z = 0;
		     s->zonelist != NULL && z < s->zonelist->count; z++)
			zones +=
			    strcmp(s->zonelist->zone[z].policy, p->name) == 0;
		(void)printf("%sPolicy %s: %s\n", i > 0 ? "\n" : "", p->name,
		    p->description);
		if (s->zonelist != NULL)
			(void)printf("  %zu zone%s%s.\n", zones,
			    zones == 1 ? " has it" : "s have it",
			    p->share_keys ? "; they share their keys" : "");
		explain_signatures(p);
		explain_denial(p);
		for (size_t k = 0; k < p->key_count; k++)
			explain_key(p, &p->key[k]);
		explain_zone(p);
	}
}
