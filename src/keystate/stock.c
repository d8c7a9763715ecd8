#include <stdio.h>
#include <string.h>
#include <sys/random.h>

#include "material.h"
#include "report.h"
#include "stock.h"

static void
tell_capacity(const struct engine_need *need)
{
	const char *type = key_type_name(need->block->type);

	if (need->count == 0)
		report_error("Repository %s is full, cannot create more %ss "
			     "for policy %s: key purge, or raise Capacity",
		    need->block->repository, type, need->policy->name);
	else if (need->count < need->wanted)
		report_warn("Repository %s is nearly full, will create %zu "
			    "%ss for policy %s (reduced from %zu)",
		    need->block->repository, need->count, type,
		    need->policy->name, need->wanted);
}

struct stock_trouble {
	enum status worst;
	size_t told;
	char why[DIAG_TEXT_MAX]; /* the last that was told */
};

#define COMMIT_EVERY 500
#define COMMIT_PART  10

/*
 * A key that was made is remembered soon: an interrupted pass leaves few in
 * the store that nobody knows.  A commit writes all keys, so those that are
 * new must be a part of all, or the passes that make many would write the
 * square of them.
 */
static void
remember(struct session *s, size_t *made)
{
	struct diag d;

	if (++*made < COMMIT_EVERY || *made < s->m->npairs / COMMIT_PART)
		return;
	*made = 0;
	if (session_commit(s, &d) == -1)
		report_warn("%s", d.text); /* the pass's own commit decides */
}

/* Of many rows that fail for one reason, the first is told. */
static void
tell_failure(const struct engine_need *need, const struct diag *d,
    struct stock_trouble *t)
{
	if (d->status > t->worst)
		t->worst = d->status;
	if (t->told++ > 0 && strcmp(t->why, d->text) == 0)
		return;
	report_error("policy %s: %s: no key made: %s", need->policy->name,
	    key_type_name(need->block->type), d->text);
	(void)snprintf(t->why, sizeof(t->why), "%s", d->text);
}

/* The keys of one row. */
static void
fill_need(struct session *s, const struct engine_need *need,
    struct stock_trouble *t)
{
	const struct store *store = model_store(s->m, need->block->repository);
	struct keypair *pair;
	struct diag d;
	size_t n, uncommitted = 0;

	for (n = 0; n < need->count && !s->o.dry_run; n++) {
		if (material_generate(
			s, need->policy->name, need->block, &pair, &d) == -1) {
			tell_failure(need, &d, t);
			break;
		}
		database_history(s->db, s->now, NULL, key_type_name(pair->type),
		    pair->id, "generate", NULL, "generate", NULL, 0,
		    need->policy->name);
		report_debug("policy %s: %s %s generated in %s",
		    need->policy->name, key_type_name(pair->type), pair->id,
		    pair->repository);
		remember(s, &uncommitted);
	}
	if (s->o.dry_run)
		report_info("policy %s: would generate %zu %s%s",
		    need->policy->name, need->count,
		    key_type_name(need->block->type),
		    need->count == 1 ? "" : "s");
	else if (n > 0 && store != NULL && store->require_backup)
		report_info(
		    "NOTE: keys generated in repository %s will not "
		    "become active until they have been backed up: keystate "
		    "backup done",
		    store->name);
}

int
stock_fill(struct session *s, enum status *worst, struct diag *d)
{
	struct engine_needs needs = { 0 };
	struct stock_trouble trouble = { .worst = STATUS_OK };
	size_t made = 0;

	if (engine_stock(
		s->m, s->now, s->conf->interval, &s->engine, &needs, d) == -1)
		return -1;
	for (size_t i = 0; i < needs.count; i++) {
		const struct engine_need *need = &needs.need[i];

		if (need->wanted == 0)
			continue;
		if (s->held) {
			report_warn("%s/" HOLD_GENERATION " is there: no %s is "
			    "made for policy %s before \"ods-control ksm "
			    "start\" removes it",
			    s->conf->state_dir, key_type_name(need->block->type),
			    need->policy->name);
			continue;
		}
		if (s->engine.manual_generation) {
			report_warn(
			    "There are no %ss in the generate state; "
			    "please use \"keystate key generate --policy %s\" "
			    "to make some",
			    key_type_name(need->block->type),
			    need->policy->name);
			continue;
		}
		tell_capacity(need);
		fill_need(s, need, &trouble);
		made += need->count;
	}
	engine_needs_clear(&needs);
	/* Before a state depends on them. */
	if (made > 0 && session_commit(s, d) == -1)
		return -1;
	s->no_stock = trouble.told > 0;
	*worst = trouble.worst;
	return 0;
}

static bool
is_salted(const struct policy *p)
{
	return p->nsec3 && p->salt_length > 0;
}

int64_t
stock_salt_next(const struct session *s, const struct policy *p)
{
	const struct policy_salt *old = database_salt(s->db, p->name);

	if (!is_salted(p))
		return MOMENT_NEVER;
	if (old == NULL || old->len != p->salt_length)
		return 0;
	return p->resalt > 0 ? old->made + p->resalt : MOMENT_NEVER;
}

int64_t
stock_salts_next(const struct session *s)
{
	int64_t next = MOMENT_NEVER, at;

	for (size_t i = 0; i < s->m->npolicies; i++) {
		at = stock_salt_next(s, s->m->policies[i]);
		if (at < next)
			next = at;
	}
	return next;
}

/* By a clock that is not believed none is replaced. */
static bool
is_due(const struct session *s, const struct policy *p)
{
	const int64_t at = stock_salt_next(s, p);

	return at == 0 || (at <= s->now && !engine_clock_doubt(s->m, s->now));
}

int
stock_salts(struct session *s, struct diag *d)
{
	uint8_t salt[SIGNCONF_SALT_MAX];

	for (size_t i = 0; i < s->m->npolicies; i++) {
		const struct policy *p = s->m->policies[i];

		if (!is_due(s, p))
			continue;
		if (getrandom(salt, p->salt_length, 0) != p->salt_length)
			return diag_system(d, "salt");
		if (database_set_salt(
			s->db, p->name, salt, p->salt_length, s->now) == -1)
			return diag_system(d, "salt");
		database_history(s->db, s->now, NULL, NULL, NULL, "resalt",
		    NULL, NULL, NULL, 0, p->name);
		report_debug("policy %s: new salt", p->name);
	}
	return 0;
}
