#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "modes.h"
#include "report.h"

static bool
same_zone(const char *a, const char *b)
{
	static const uint8_t root[1] = { 0 };
	uint8_t x[WNAME_MAX], y[WNAME_MAX];

	return wname_parse(a, strlen(a), root, x) > 0 &&
	    wname_parse(b, strlen(b), root, y) > 0 && wname_equal(x, y);
}

static const struct listed_zone *
listed(const struct configuration *c, const char *name)
{
	const size_t len = name == NULL ? 0 : strlen(name);
	const size_t bare = len > 1 && name[len - 1] == '.' ? len - 1 : len;

	/* Thousands of zones: first as they are written, a final dot aside. */
	for (size_t i = 0; name != NULL && i < c->zones; i++)
		if (strncasecmp(c->zone[i].name, name, bare) == 0 &&
		    same_zone(c->zone[i].name, name))
			return &c->zone[i];
	for (size_t i = 0; name != NULL && i < c->zones; i++)
		if (same_zone(c->zone[i].name, name))
			return &c->zone[i];
	return NULL;
}

/* The policy's name: as given, or as the zone list has it. */
static const char *
policy_name(const struct mode_options *o, const struct configuration *c,
    const char *zone)
{
	const struct listed_zone *z;

	if (o->policy != NULL)
		return o->policy;
	z = listed(c, zone);
	return z == NULL ? "default" : z->policy;
}

enum status
modes_policy(struct audit *a, const struct mode_options *o, const char *path)
{
	struct configuration conf = { .zones = 0 };
	struct policy policy;
	const char *kasp = o->kasp;
	char *zone = NULL;
	enum status status = STATUS_USAGE;
	struct diag d;

	policy_init(&policy);
	if (o->conf != NULL && configuration_read(&conf, o->conf, &d) == -1)
		goto fail;
	if (kasp == NULL)
		kasp = conf.kasp;
	if (o->signconf != NULL &&
	    policy_signconf(&policy, o->signconf, &zone, &d) == -1)
		goto fail;
	if (kasp != NULL && policy_kasp(&policy, kasp,
		policy_name(o, &conf, zone), &d) == -1)
		goto fail;
	policy.interval = conf.interval;
	a->policy = policy.signconf || policy.kasp ? &policy : NULL;
	a->partial = o->partial || (policy.partial && !o->full);
	a->unsigned_ = o->unsigned_.item;
	a->unsigned_count = o->unsigned_.count;
	status = audit_file(a, path);
	goto out;
fail:
	status = report_diag(&d);
out:
	a->policy = NULL;
	policy_free(&policy);
	configuration_free(&conf);
	free(zone);
	return status;
}

/* One zone of the list. */
static enum status
judge_listed(struct audit *a, const struct mode_options *o,
    const struct configuration *c, const struct listed_zone *z)
{
	static const uint8_t root[1] = { 0 };
	const char *kasp = o->kasp != NULL ? o->kasp : c->kasp;
	const char *input = z->input;
	struct audit one = *a;
	struct across_options *across = &one.across;
	struct policy policy;
	uint8_t origin[WNAME_MAX];
	char *record = NULL;
	enum status status;
	struct diag d;

	policy_init(&policy);
	if (policy_signconf(&policy, z->signconf, NULL, &d) == -1 ||
	    (kasp != NULL && policy_kasp(&policy, kasp, z->policy, &d) == -1))
		goto fail;
	policy.interval = c->interval;
	if (wname_parse(z->name, strlen(z->name), root, origin) == 0) {
		(void)diag_set(&d, STATUS_USAGE, "%s: no name", z->name);
		goto fail;
	}
	wname_lower(origin);
	if (asprintf(&record, "%s.audit", z->output) == -1) {
		record = NULL;
		(void)diag_system(&d, "%s", z->output);
		goto fail;
	}
	if (across->record == NULL) {
		across->record = record;
		across->write = true;
	}
	if (o->signed_ != NULL && across->previous == NULL &&
	    access(z->output, R_OK) == 0)
		across->previous = z->output;
	one.origin = origin;
	one.policy = &policy;
	one.partial = o->partial || (policy.partial && !o->full);
	one.unsigned_ = o->unsigned_.count > 0 ? o->unsigned_.item : &input;
	one.unsigned_count = o->unsigned_.count > 0 ? o->unsigned_.count : 1;
	status = audit_file(&one, o->signed_ != NULL ? o->signed_ : z->output);
	goto out;
fail:
	status = report_diag(&d);
out:
	policy_free(&policy);
	free(record);
	return status;
}

enum status
modes_listed(struct audit *a, const struct mode_options *o,
    const struct configuration *c, const char *zone, const char *path)
{
	const struct listed_zone *z = listed(c, zone);
	const char *kasp = o->kasp != NULL ? o->kasp : c->kasp;
	struct policy policy;
	enum status status;
	struct diag d;

	if (z == NULL) {
		report_error("%s: no zone '%s'", c->zonelist, zone);
		return STATUS_USAGE;
	}
	policy_init(&policy);
	if (policy_signconf(&policy, z->signconf, NULL, &d) == -1 ||
	    (kasp != NULL && policy_kasp(&policy, kasp, z->policy, &d) == -1)) {
		status = report_diag(&d);
	} else {
		policy.interval = c->interval;
		a->policy = &policy;
		a->partial = o->partial || (policy.partial && !o->full);
		status = audit_file(a, path);
		a->policy = NULL;
	}
	policy_free(&policy);
	return status;
}

enum status
modes_conf(struct audit *a, const struct mode_options *o)
{
	struct configuration c;
	enum status worst = STATUS_OK, s;
	struct diag d;

	if (configuration_read(&c, o->conf, &d) == -1) {
		s = report_diag(&d);
		configuration_free(&c);
		return s;
	}
	if ((o->signed_ != NULL || o->unsigned_.count > 0) &&
	    o->zones.count != 1) {
		report_error("-s and -u need one zone: -z ZONE");
		configuration_free(&c);
		return STATUS_USAGE;
	}
	for (size_t i = 0; i < o->zones.count; i++) {
		const struct listed_zone *z = listed(&c, o->zones.item[i]);

		if (z == NULL) {
			report_error("%s: no zone '%s'", c.zonelist,
			    o->zones.item[i]);
			s = STATUS_USAGE;
		} else {
			s = judge_listed(a, o, &c, z);
		}
		if (s > worst)
			worst = s;
	}
	for (size_t i = 0; o->zones.count == 0 && i < c.zones; i++) {
		s = judge_listed(a, o, &c, &c.zone[i]);
		if (s > worst)
			worst = s;
	}
	if (o->zones.count == 0 && c.zones == 0) {
		report_error("%s: no zones", c.zonelist);
		worst = STATUS_USAGE;
	}
	configuration_free(&c);
	return worst;
}
