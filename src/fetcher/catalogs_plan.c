#include <limits.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "catalogs_plan.h"
#include "held.h"
#include "name.h"
#include "report.h"

/* ---- small things ---- */

static int
put_change(struct changes *c, size_t member, struct diag *d)
{
	struct change *grown;

	if (c->count == c->room) {
		const size_t room = c->room == 0 ? 64 : c->room * 2;

		if ((grown = realloc(c->list, room * sizeof(*grown))) == NULL)
			return diag_system(d, "catalogs");
		c->list = grown;
		c->room = room;
	}
	c->list[c->count++] = (struct change){ member, false };
	return 0;
}

static void
worsen(struct plan *plan, enum status status)
{
	if (plan->worst < status)
		plan->worst = status;
}

/* What a person must look at; the other zones go on. */
static void
complain(struct plan *plan, const struct source *s, const char *zone,
    const char *what)
{
	report_error("%s: %s: %s", s->conf->name, zone, what);
	worsen(plan, STATUS_BAD);
}

/*
 * The name becomes part of file names and an argument of programs, and comes
 * from elsewhere: letters, digits, hyphens, underscores, and slashes of
 * RFC 2317.
 */
static const char *
why_not(const struct plan *plan, const char *zone)
{
	if (strcmp(zone, ".") == 0)
		return "the root is not added by a catalog";
	if (zonelist_find_catalog(plan->list, zone) != NULL)
		return "is a catalog itself";
	if (zone[strspn(zone, "abcdefghijklmnopqrstuvwxyz0123456789-_/.")] !=
	    '\0')
		return "not a name that a catalog may bring: letters, digits, "
		       "-, _ and / only; put it into the zone list by hand";
	if (strlen(zone) > NAME_MAX - sizeof(".dnskeys.previous"))
		return "is too long for the name of a file; put it into the "
		       "zone list by hand";
	return NULL;
}

/* §4.3.2; of several values that mean something, the first configured. */
static const char *
policy_of(const struct source *s, const struct catalog_member *m)
{
	for (size_t g = 0; g < s->conf->group_count; g++)
		for (size_t i = 0; i < m->group_count; i++)
			if (strcmp(s->conf->group[g].name, m->group[i]) == 0)
				return s->conf->group[g].policy;
	return s->conf->policy;
}

static struct member *
owned_by(const struct source *s, const char *zone)
{
	const uintptr_t place = (uintptr_t)strmap_get(&s->place, zone);

	return place == 0 || s->owned.list[place - 1].gone ?
	    NULL :
	    &s->owned.list[place - 1];
}

static int
note_owner(struct plan *plan, struct source *s, size_t index, struct diag *d)
{
	const char *zone = s->owned.list[index].zone;

	if (strmap_put(&plan->owner, zone, s, NULL) == -1 ||
	    strmap_put(&s->place, zone, (void *)(uintptr_t)(index + 1), NULL) ==
		-1)
		return diag_system(d, "catalogs");
	return 0;
}

/* A zone more in owned, and in the changes. */
static int
own(struct plan *plan, struct source *s, struct changes *changes,
    const char *zone, const char *label, const char *policy, struct diag *d)
{
	s->changed = true;
	return members_add(&s->owned, zone, label, policy, d) == -1 ||
		put_change(changes, s->owned.count - 1, d) == -1 ||
		note_owner(plan, s, s->owned.count - 1, d) == -1 ?
	    -1 :
	    0;
}

/* §4.3.1: does from say that the zone goes to that catalog? */
static bool
leads_to(const struct source *from, const char *zone, const struct source *to)
{
	const struct catalog_member *m =
	    from->now == NULL ? NULL : catalog_find(from->now, zone);

	return m != NULL && m->coo != NULL &&
	    strcmp(m->coo, to->conf->name) == 0;
}

/* ---- reading ---- */

static int
read_source(struct source *s, struct diag *d)
{
	char path[PATH_MAX];
	const int n =
	    snprintf(path, sizeof(path), "%s" HELD_ARRIVED, s->conf->input);

	if (members_read(&s->owned, s->conf->name, s->conf->input, d) == -1)
		return -1;
	s->usable = true;
	/* As fetch-zone left it; else as somebody put it there. */
	if (n < 0 || n >= (int)sizeof(path) || access(path, F_OK) == -1)
		(void)snprintf(path, sizeof(path), "%s", s->conf->input);
	if (access(path, F_OK) == -1 && s->owned.count == 0) {
		report_warn("%s: is not at %s yet: fetch-zone fetches it",
		    s->conf->name, s->conf->input);
		return 0;
	}
	if (catalog_read_file(
		&s->now, s->conf->name, path, s->conf->max_members, d) == -1)
		return diag_prefix(
		    d, "its %zu zones stay as they are", s->owned.count);
	return 0;
}

/* Zones that are two catalogs' (a crash can do that) go where coo leads. */
static int
note_owners(struct plan *plan, struct source *s, struct diag *d)
{
	for (size_t i = 0; i < s->owned.count; i++) {
		struct member *m = &s->owned.list[i], *theirs;
		struct source *before = strmap_get(&plan->owner, m->zone);

		if (before != NULL && !leads_to(before, m->zone, s)) {
			m->gone = s->changed = true;
			continue;
		}
		if (before != NULL &&
		    (theirs = owned_by(before, m->zone)) != NULL)
			theirs->gone = before->changed = true;
		if (note_owner(plan, s, i, d) == -1)
			return -1;
	}
	return 0;
}

/* ---- comparing ---- */

static int
plan_add(struct plan *plan, struct source *s, const struct catalog_member *m,
    struct diag *d)
{
	return own(plan, s, &s->add, m->name, m->label, policy_of(s, m), d);
}

/* It keeps what is known of it, its keys included. */
static int
plan_move(struct plan *plan, struct source *s, struct source *from,
    const struct catalog_member *m, struct diag *d)
{
	struct member *old = owned_by(from, m->name);

	old->gone = from->changed = true;
	return own(plan, s, &s->move, m->name, old->label, old->policy, d);
}

/* A member that we have: is it still what it was? */
static int
check_kept(struct plan *plan, struct source *s, struct member *old,
    const struct catalog_member *m, struct diag *d)
{
	const struct zonelist_zone *z = zonelist_find(plan->list, m->name);
	const char *policy = policy_of(s, m);
	char *copy;

	if (z == NULL) { /* somebody took it out, or we were stopped */
		old->gone = s->changed = true;
		return plan_add(plan, s, m, d);
	}
	if (strcmp(old->label, m->label) != 0) {
		/* New keys would break the chain from the parent's DS. */
		report_error("%s: %s: its label %s has become %s, which asks "
			     "for new keys (RFC 9432 §5.4): keystate zone "
			     "delete and key purge give it them",
		    s->conf->name, m->name, old->label, m->label);
		worsen(plan, STATUS_BAD);
	}
	if (strcmp(old->policy, policy) == 0)
		return 0;
	if (strcmp(z->policy, policy) != 0) {
		report_error("%s: %s: its group asks for policy %s now, it is "
			     "on %s: change it in the zone list, then "
			     "keystate update zonelist",
		    s->conf->name, m->name, policy, z->policy);
		worsen(plan, STATUS_BAD);
		return 0;
	}
	if ((copy = strdup(policy)) == NULL)
		return diag_system(d, "catalogs");
	free(old->policy);
	old->policy = copy;
	s->changed = true;
	return 0;
}

/* §5.2: a zone that is there already is not touched. */
static int
compare_member(struct plan *plan, struct source *s,
    const struct catalog_member *m, struct diag *d)
{
	struct source *owner = strmap_get(&plan->owner, m->name);
	const char *why = why_not(plan, m->name);

	if (why != NULL) {
		complain(plan, s, m->name, why);
		return 0;
	}
	if (owner == s)
		return check_kept(plan, s, owned_by(s, m->name), m, d);
	if (owner != NULL && leads_to(owner, m->name, s))
		return plan_move(plan, s, owner, m, d);
	if (owner != NULL && leads_to(s, m->name, owner))
		return 0; /* it has gone there */
	if (owner != NULL) {
		report_error("%s: %s: is a member of %s, which has no coo for "
			     "it (RFC 9432 §4.3.1)",
		    s->conf->name, m->name, owner->conf->name);
		worsen(plan, STATUS_BAD);
		return 0;
	}
	if (zonelist_find(plan->list, m->name) != NULL) {
		complain(plan, s, m->name,
		    "stands in the zone list and did not come from the "
		    "catalog: left alone (RFC 9432 §5.2)");
		return 0;
	}
	return plan_add(plan, s, m, d);
}

static const struct source *
listed_elsewhere(
    const struct plan *plan, const struct source *s, const char *zone)
{
	for (size_t i = 0; i < plan->count; i++)
		if (&plan->source[i] != s && plan->source[i].now != NULL &&
		    catalog_find(plan->source[i].now, zone) != NULL)
			return &plan->source[i];
	return NULL;
}

/* §5.5: what the catalog brought and no longer has. */
static int
compare_owned(struct plan *plan, struct source *s, struct diag *d)
{
	for (size_t i = 0; i < s->owned.count; i++) {
		struct member *m = &s->owned.list[i];
		const struct source *other;

		if (m->gone || catalog_find(s->now, m->zone) != NULL)
			continue;
		if (zonelist_find(plan->list, m->zone) == NULL) {
			m->gone = s->changed = true;
			continue;
		}
		if ((other = listed_elsewhere(plan, s, m->zone)) != NULL) {
			report_error("%s: %s: has gone to %s without coo "
				     "(RFC 9432 §4.3.1): left alone; with coo "
				     "it keeps its keys",
			    s->conf->name, m->zone, other->conf->name);
			worsen(plan, STATUS_BAD);
			continue;
		}
		if (put_change(&s->delete, i, d) == -1)
			return -1;
	}
	if (s->delete.count > s->conf->max_removals && !plan->force) {
		report_error("%s: %zu of its %zu zones are gone, more than "
			     "MaxRemovals %u: none is removed; --force removes "
			     "them",
		    s->conf->name, s->delete.count, s->owned.count,
		    s->conf->max_removals);
		worsen(plan, STATUS_BAD);
		s->delete.count = 0;
	}
	return 0;
}

int
plan_make(
    struct plan *plan, const struct zonelist *list, bool force, struct diag *d)
{
	memset(plan, 0, sizeof(*plan));
	plan->list = list;
	plan->force = force;
	plan->source = calloc(list->catalog_count + 1, sizeof(*plan->source));
	if (plan->source == NULL)
		return diag_system(d, "catalogs");
	plan->count = list->catalog_count;
	for (size_t i = 0; i < plan->count; i++) {
		struct source *s = &plan->source[i];

		s->conf = &list->catalog[i];
		if (read_source(s, d) == -1) {
			report_error("%s: %s", s->conf->name, d->text);
			worsen(plan, d->status);
		}
	}
	for (size_t i = 0; i < plan->count; i++)
		if (note_owners(plan, &plan->source[i], d) == -1)
			return -1;
	for (size_t i = 0; i < plan->count; i++) {
		struct source *s = &plan->source[i];

		for (size_t k = 0; s->now != NULL && k < s->now->count; k++)
			if (compare_member(plan, s, s->now->member[k], d) == -1)
				return -1;
	}
	for (size_t i = 0; i < plan->count; i++)
		if (plan->source[i].now != NULL &&
		    compare_owned(plan, &plan->source[i], d) == -1)
			return -1;
	return 0;
}

void
plan_free(struct plan *plan)
{
	for (size_t i = 0; i < plan->count; i++) {
		struct source *s = &plan->source[i];

		catalog_free(s->now);
		members_free(&s->owned);
		free(s->add.list);
		free(s->delete.list);
		free(s->move.list);
		strmap_free(&s->place, NULL);
	}
	free(plan->source);
	strmap_free(&plan->owner, NULL);
}
