/* due: what must be signed; published: what became of it. */
#include <errno.h>
#include <inttypes.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "atomicfile.h"
#include "due.h"
#include "evidence.h"
#include "jobline.h"
#include "material.h"
#include "pathlist.h"
#include "paths.h"
#include "report.h"
#include "served.h"
#include "show.h"
#include "stock.h"
#include "verb.h"

static int
replace_text(char **to, const char *from)
{
	char *copy = NULL;

	if (from != NULL && (copy = strdup(from)) == NULL)
		return -1;
	free(*to);
	*to = copy;
	return 0;
}

/* ---- due ---- */

/* A clock further from the last pass than this signs nothing while in doubt. */
#define CLOCK_APART_MAX (366 * INT64_C(86400))

/* Signatures are renewed when they have less than Refresh left. */
int64_t
due_renewal(const struct zone *z, const struct zone_facts *facts)
{
	return facts->earliest == 0 ? MOMENT_NEVER
				    : facts->earliest - z->policy->refresh;
}

int64_t
due_next(const struct session *s, const struct zone *z,
    const struct zone_facts *facts)
{
	const int64_t renewal = due_renewal(z, facts);
	const int64_t salt = stock_salt_next(s, z->policy);

	return renewal != MOMENT_NEVER && salt < renewal ? salt : renewal;
}

/*
 * How long before now the last pass but this one was, at most.  A clock that
 * jumped ahead may stay so: in the passes that follow it is not told from one
 * that is right, and for as long as such a step would be believed the gap that
 * it left counts on.
 */
static int64_t
pass_gap(const struct session *s)
{
	const struct pass_clock *c = &s->m->clock;
	const int64_t step = engine_clock_step(s->m);
	int64_t gap = s->engine.interval;

	for (size_t i = 0; i < c->ngaps; i++)
		if (c->gaps[i].length > gap &&
		    (c->gaps[i].at == c->last ||
			(c->gaps[i].at > s->now - step &&
			    c->gaps[i].length <= step)))
			gap = c->gaps[i].length;
	return c->last != 0 && c->last < s->now ? gap + s->now - c->last : gap;
}

/*
 * The other moment that it may be: while the clock is not believed, that of the
 * last pass; where a zone was signed by a later clock than today's, that; and
 * when this pass or one lately came late, when it should have come.
 * Signatures are made good by both, since either may be wrong.  0: none.
 */
static int64_t
also_now(const struct session *s, const struct zone *z,
    const struct zone_facts *facts)
{
	const int64_t gap = pass_gap(s), tried = facts->tried;

	if (engine_clock_doubt(s->m, s->now))
		return s->m->clock.last;
	if (tried > s->now && tried - s->now <= CLOCK_APART_MAX)
		return tried;
	return gap > s->engine.interval && gap > z->policy->jitter &&
		gap <= engine_clock_step(s->m)
	    ? s->now - gap
	    : 0;
}

/* Longer ones would be of use to who replays them, for years. */
static int
refuse_clock(const struct session *s, struct diag *d)
{
	const int64_t last = s->m->clock.last;
	char now[32], then[32];

	if (!engine_clock_doubt(s->m, s->now) ||
	    imaxabs(s->now - last) <= CLOCK_APART_MAX)
		return 0;
	session_date(s->now, now);
	session_date(last, then);
	return diag_set(d, STATUS_SYSTEM,
	    "the clock is not believed: it says %s, and the last pass was at "
	    "%s: nothing is signed; set it right, or resign --accept-clock",
	    now, then);
}

const char *
due_reason(const struct session *s, const struct zone *z,
    const struct zone_facts *facts)
{
	const struct fileident input = fileident_at(z->input);
	const struct fileident output = fileident_at(z->output);

	if (s->o.all)
		return "asked for";
	if (facts->failures > 0)
		return "the last run failed";
	if (output.inode == 0)
		return "never published";
	if (facts->input.inode == 0 || !fileident_same(&input, &facts->input))
		return "the input changed";
	if (z->signed_id == NULL || z->signconf_id == NULL ||
	    strcmp(z->signed_id, z->signconf_id) != 0)
		return "the signconf changed";
	if (!fileident_same(&output, &facts->output))
		return "the published file changed";
	if (facts->tried - z->policy->inception_offset > s->now)
		return "it was signed by a clock that was ahead";
	if (due_renewal(z, facts) <= s->now)
		return "signatures must be renewed";
	return NULL;
}

/* Has the zone gone insecure?  -1: no memory. */
static int
is_insecure(const struct zone *z)
{
	struct signing_key *keys = NULL;
	bool unsigned_zone = false;
	size_t n = 0;

	if (engine_signconf(z, &keys, &n, &unsigned_zone) == -1)
		return -1;
	free(keys);
	return n == 0 && unsigned_zone;
}

static int
set_denial(
    struct zonetext_keys *keys, const struct session *s, const struct zone *z)
{
	const struct policy *p = z->policy;
	const struct policy_salt *salt = database_salt(s->db, p->name);
	char hex[2 * SIGNCONF_SALT_MAX + 2] = "-";
	int rc = is_insecure(z);

	if (rc != 0)
		return rc == -1 ? -1 : zonetext_set(keys, "denial", "none");
	if (!p->nsec3)
		return zonetext_set(keys, "denial", "nsec");
	for (size_t i = 0; salt != NULL && i < salt->len; i++)
		(void)snprintf(hex + 2 * i, 3, "%02X", salt->salt[i]);
	rc = zonetext_set(keys, "denial", "nsec3");
	rc |= zonetext_set(keys, "opt-out", p->opt_out ? "1" : "0");
	rc |= zonetext_set_u64(keys, "iterations", p->iterations);
	rc |= zonetext_set(keys, "salt", hex);
	return rc;
}

static int
set_files(struct zonetext_keys *keys, const struct zone *z)
{
	char dnskeys[PATH_MAX], *inputs;
	const char *paths[2] = { z->input, dnskeys };
	size_t count = 1;
	int rc;

	if (paths_dnskeys(z->signconf, dnskeys) == 0 &&
	    access(dnskeys, F_OK) == 0)
		count = 2;
	if ((inputs = pathlist_join(paths, count)) == NULL)
		return -1;
	rc = zonetext_set(keys, "inputs", inputs);
	free(inputs);
	rc |= zonetext_set(keys, "output", z->output);
	if (access(z->output, F_OK) == 0)
		rc |= zonetext_set(keys, "previous", z->output);
	rc |= zonetext_set(keys, "signconf", z->signconf);
	rc |= zonetext_set(keys, "signconf-id", z->signconf_id);
	return rc;
}

/*
 * "ZONE<TAB>key=value<TAB>...", as read-zone --jobs takes it (jobs(5)): values
 * stand as they are, since neither names nor paths hold control characters.
 */
static void
write_job(
    struct stream_out *out, const char *zone, const struct zonetext_keys *keys)
{
	stream_puts(out, zone);
	for (size_t i = 0; i < keys->count; i++)
		stream_printf(
		    out, "\t%s=%s", keys->list[i].key, keys->list[i].value);
	stream_puts(out, "\n");
}

static int
set_numbers(struct zonetext_keys *keys, const struct session *s,
    const struct zone *z, const struct zone_facts *facts)
{
	static const char *const audits[] = {
		[SIGNCONF_AUDIT_NONE] = "none",
		[SIGNCONF_AUDIT_PARTIAL] = "partial",
		[SIGNCONF_AUDIT_FULL] = "full",
	};
	const struct policy *p = z->policy;
	const int64_t also = also_now(s, z, facts);
	int rc;

	rc = zonetext_set(keys, "serial-mode", signconf_serial_name(p->serial));
	rc |= zonetext_set_u64(keys, "soa-ttl", (uint64_t)p->soa_ttl);
	rc |= zonetext_set_u64(keys, "soa-minimum", (uint64_t)p->soa_minimum);
	if (z->published != 0)
		rc |= zonetext_set_u64(keys, "last-serial", z->serial);
	if (facts->earliest != 0)
		rc |= zonetext_set_u64(
		    keys, "expires", (uint64_t)facts->earliest);
	if (facts->digest != NULL)
		rc |= zonetext_set(keys, "previous-digest", facts->digest);
	rc |= zonetext_set_u64(keys, "max-shrink", p->max_shrink);
	rc |= zonetext_set(keys, "audit", audits[p->audit]);
	if (engine_unaided(z))
		rc |= zonetext_set(keys, "unaided", "1");
	rc |= zonetext_set_u64(keys, "now", (uint64_t)s->now);
	if (also != 0)
		rc |= zonetext_set_u64(keys, "also-now", (uint64_t)also);
	else
		rc |= zonetext_set_u64(keys, "pass-gap", (uint64_t)pass_gap(s));
	return rc;
}

static int
put_job(const struct session *s, const struct zone *z,
    const struct zone_facts *facts, struct stream_out *out, struct diag *d)
{
	struct zonetext_keys keys = { NULL, 0 };
	char owner[NAME_TEXT_MAX + 1];
	int rc;

	rc = set_files(&keys, z);
	rc |= set_denial(&keys, s, z);
	rc |= set_numbers(&keys, s, z, facts);
	if (rc == 0)
		write_job(out, material_owner(z->name, owner), &keys);
	zonetext_keys_free(&keys);
	return rc == 0 ? 0 : diag_system(d, "zone %s", z->name);
}

#define JOBLINE_MAX ((size_t)1024 * 1024)

struct due_zone {
	struct zone *zone;
	struct zone_facts *facts;
	const char *why;
	uint64_t size; /* of the input: the largest first */
};

static int
by_size(const void *a, const void *b)
{
	const struct due_zone *x = a, *y = b;

	if (x->size != y->size)
		return x->size > y->size ? -1 : 1;
	return strcmp(x->zone->name, y->zone->name);
}

/* The zones that are due; *next gets when the next one will be. */
static size_t
find_due(struct session *s, const struct zone *only, struct due_zone *list,
    int64_t *next)
{
	size_t n = 0;

	*next = 0;
	for (size_t i = 0; i < s->m->nzones; i++) {
		struct zone *z = s->m->zones[i];
		struct zone_facts *facts = strmap_get(&s->db->facts, z->name);
		const char *why;
		int64_t at;

		if ((only != NULL && z != only) || facts == NULL ||
		    !session_in_use(s, z) || z->policy == NULL)
			continue;
		if (z->signconf_id == NULL) {
			report_debug("zone %s: has no signconf yet", z->name);
			continue;
		}
		if ((why = due_reason(s, z, facts)) == NULL) {
			at = due_next(s, z, facts);
			if (at != MOMENT_NEVER && (*next == 0 || at < *next))
				*next = at;
			continue;
		}
		list[n++] =
		    (struct due_zone){ z, facts, why, fileident_at(z->input).size };
	}
	qsort(list, n, sizeof(*list), by_size);
	return n;
}

static void
due_json(const struct due_zone *list, size_t n, int64_t next)
{
	json_t *zones = json_array();

	for (size_t i = 0; i < n; i++)
		(void)json_array_append_new(zones,
		    json_pack("{s:s, s:s, s:I}", "zone", list[i].zone->name,
			"reason", list[i].why, "size",
			(json_int_t)list[i].size));
	show_json(
	    json_pack("{s:o, s:o}", "due", zones, "next", show_moment(next)));
}

/* To out, which is ended. */
static int
put_jobs(struct session *s, struct due_zone *list, size_t n,
    struct stream_out *out, struct diag *d)
{
	int rc = 0;

	for (size_t i = 0; i < n && rc == 0; i++) {
		struct due_zone *z = &list[i];

		report_debug("zone %s: due: %s", z->zone->name, z->why);
		z->facts->handed_out = fileident_settled(fileident_at(z->zone->input));
		if (replace_text(&z->facts->handed_id, z->zone->signconf_id) ==
		    -1)
			rc = diag_system(d, "zone %s", z->zone->name);
		else
			rc = put_job(s, z->zone, z->facts, out, d);
	}
	if (rc == 0)
		rc = session_commit(s, d);
	/* Only what the database remembers is handed out. */
	if (rc == -1) {
		stream_out_discard(out);
		return -1;
	}
	return stream_finish(out, d);
}

static int
hand_out(struct session *s, struct due_zone *list, size_t n, const char *file,
    struct diag *d)
{
	struct atomicfile *af = NULL;
	struct stream_out *out;
	int rc;

	if (file != NULL && atomicfile_open(&af, file, 0600, d) == -1)
		return -1;
	rc = af == NULL
	    ? stream_out_open(&out, STDOUT_FILENO, "stdout", d)
	    : stream_out_open(&out, atomicfile_fd(af), file, d);
	if (rc == 0)
		rc = put_jobs(s, list, n, out, d);
	if (rc == 0 && af != NULL)
		return atomicfile_commit_unsynced(af, d);
	atomicfile_abandon(af);
	return rc;
}

enum status
due_list(struct session *s, const char *file, struct diag *d)
{
	struct due_zone *list = calloc(s->m->nzones + 1, sizeof(*list));
	struct zone *only = NULL;
	char date[32];
	int64_t next;
	size_t n;
	int rc = 0;

	if (list == NULL) {
		diag_system(d, "due");
		return STATUS_SYSTEM;
	}
	if (refuse_clock(s, d) == -1 ||
	    (s->o.zone != NULL && (only = session_zone(s, d)) == NULL)) {
		free(list);
		return verb_failed(d);
	}
	n = find_due(s, only, list, &next);
	if (s->o.json)
		due_json(list, n, next);
	else if (n > 0 || file != NULL)
		rc = hand_out(s, list, n, file, d);
	free(list);
	if (rc == 0 && next != 0) {
		session_date(next, date);
		report_debug("the next zone is due at %s", date);
	}
	return rc == 0 ? STATUS_OK : verb_failed(d);
}

static enum status
due(struct session *s, int argc, char **operands, struct diag *d)
{
	(void)argc;
	(void)operands;
	return due_list(s, NULL, d);
}

/* ---- published ---- */

static void
note_publication(
    struct session *s, const struct zone *z, uint32_t serial, const char *event)
{
	char text[16];

	(void)snprintf(text, sizeof(text), "%u", serial);
	database_history(s->db, s->now, z->name, NULL, NULL, event, NULL, text,
	    NULL, 0, z->signed_id != NULL ? z->signed_id : "-");
}

/* A publication's evidence into the model and the facts. */
static int
record(struct session *s, struct zone *z, struct zone_facts *facts,
    struct evidence_file *e, const char *file, int64_t at,
    const char *signconf_id, struct diag *d)
{
	const struct fileident now = fileident_at(file);

	e->p.at = at;
	e->p.signconf_id = signconf_id;
	switch (engine_published(s->m, z, &e->p, d)) {
	case -1:
		return -1;
	case 1:
		return diag_set(d, STATUS_SYSTEM,
		    "%s: the clock is not believed: the publication counts "
		    "once it is (enforce --accept-clock)",
		    z->name);
	default:
		break;
	}
	if (!fileident_same(&now, &facts->output))
		(void)replace_text(&facts->digest, NULL);
	facts->output = now;
	facts->earliest = e->earliest;
	facts->tried = s->now;
	facts->failures = 0;
	(void)replace_text(&facts->error, NULL);
	note_publication(s, z, e->p.serial, "published");
	return 0;
}

static int
served(const struct zone *z, uint32_t serial, struct diag *d)
{
	char owner[NAME_TEXT_MAX + 1];

	if (z->policy == NULL || z->policy->nserved_by == 0)
		return 0;
	return served_everywhere(z->policy->served_by, z->policy->nserved_by,
	    material_owner(z->name, owner), serial, d);
}

/* Evidence for a file: from the facts, or by reading it. */
static int
gather(struct evidence_file *e, const struct zonetext_keys *facts,
    const char *file, const char *zone, struct diag *d)
{
	char owner[NAME_TEXT_MAX + 1];
	const int rc = facts == NULL ? 0 : evidence_from_facts(e, facts, d);

	if (rc != 0)
		return rc == 1 ? 0 : -1;
	return evidence_from_file(e, file, material_owner(zone, owner), d);
}

static int
fail(struct session *s, struct zone_facts *facts, const char *reason)
{
	facts->tried = s->now;
	facts->failures++;
	return replace_text(&facts->error, reason != NULL ? reason : "failed");
}

/*
 * One job line.  A zone that was found unchanged was not published anew: its
 * old file then stands for the new signconf, with its old serial.
 */
static int
take_result(struct session *s, struct zone *z, struct zone_facts *facts,
    const struct jobline *r, struct diag *d)
{
	const char *id = zonetext_get(&r->facts, "signconf-id");
	const char *digest = zonetext_get(&r->facts, "digest");
	/* The last good input was signed in place of one refused for this. */
	const char *refused = zonetext_get(&r->facts, "refused");
	const char *file = z->output != NULL ? z->output : r->file;
	const bool unchanged = strcmp(r->changed, "0") == 0;
	const struct fileident there = fileident_at(file);
	/* What was put in place before and not counted speaks for itself. */
	const bool counted =
	    !unchanged || fileident_same(&there, &facts->output);
	struct evidence_file e;
	int rc;

	if (r->status != STATUS_OK)
		return fail(s, facts, r->reason) == -1
		    ? diag_system(d, "zone %s", z->name)
		    : 0;
	if (*file == '\0')
		return diag_set(d, STATUS_BAD, "zone %s: no file", z->name);
	if (gather(&e, counted ? &r->facts : NULL, file, z->name, d) == -1)
		return -1;
	if (unchanged && counted && z->published != 0)
		e.p.serial = z->serial;
	if (served(z, e.p.serial, d) == -1) {
		/* Not counted yet: reconcile will find it. */
		report_warn("%s", d->text);
		evidence_clear(&e);
		return 0;
	}
	rc = record(s, z, facts, &e, file, s->o.at != 0 ? s->o.at : s->now,
	    id != NULL ? id : facts->handed_id, d);
	if (rc == 0 && refused != NULL) {
		/* It is told, and tried, in each run until it is mended. */
		facts->input = (struct fileident){ 0 };
		if (fail(s, facts, refused) == -1)
			rc = diag_system(d, "zone %s", z->name);
	} else if (rc == 0)
		facts->input = facts->handed_out;
	/* Of the file in place, which an unchanged zone's line is not. */
	if (rc == 0 && !unchanged && replace_text(&facts->digest, digest) == -1)
		rc = diag_system(d, "zone %s", z->name);
	evidence_clear(&e);
	return rc;
}

static struct zone *
zone_of_line(struct session *s, const struct jobline *r, struct diag *d)
{
	struct zone *z;
	char *name;

	if (session_zone_name(r->zone, &name, d) == -1)
		return NULL;
	if ((z = model_zone(s->m, name)) == NULL)
		diag_set(d, STATUS_BAD, "zone %s: not known", name);
	free(name);
	return z;
}

/* One bad line does not take the others' evidence away. */
static enum status
take_line(struct session *s, const char *line, size_t len, struct diag *d)
{
	struct jobline r;
	struct zone_facts *facts;
	struct zone *z;
	int rc = -1;

	if (jobline_parse(line, len, &r, d) == 0 &&
	    (z = zone_of_line(s, &r, d)) != NULL) {
		if ((facts = database_facts(s->db, z->name)) == NULL)
			diag_system(d, "zone %s", z->name);
		else
			rc = take_result(s, z, facts, &r, d);
	}
	jobline_free(&r);
	return rc == 0 ? STATUS_OK : d->status;
}

static enum status
published_lines(struct session *s, struct diag *d)
{
	enum status worst = STATUS_OK;
	struct stream_in *in;
	const char *line;
	size_t len;
	int rc;

	if (stream_in_open(&in, STDIN_FILENO, "stdin", JOBLINE_MAX, d) == -1)
		return STATUS_SYSTEM;
	while ((rc = stream_in_line(in, &line, &len, d)) == 1) {
		const enum status status = take_line(s, line, len, d);

		if (status == STATUS_OK)
			continue;
		report_error("stdin:%llu: %s",
		    (unsigned long long)stream_in_lines(in), d->text);
		if (status > worst)
			worst = status;
	}
	stream_in_close(in);
	if (rc == -1) {
		report_error("%s", d->text);
		if (d->status > worst)
			worst = d->status;
	}
	d->text[0] = '\0'; /* said already */
	if (session_commit(s, d) == -1)
		return verb_failed(d);
	return worst;
}

static enum status
published_file(struct session *s, struct diag *d)
{
	struct zone *z = session_zone(s, d);
	const char *file = s->o.file;
	struct zone_facts *facts;
	struct evidence_file e;
	int rc;

	if (z == NULL)
		return verb_failed(d);
	if (file == NULL && (file = z->output) == NULL) {
		diag_set(d, STATUS_USAGE, "published: --file is needed");
		return STATUS_USAGE;
	}
	if ((facts = database_facts(s->db, z->name)) == NULL) {
		diag_system(d, "zone %s", z->name);
		return STATUS_SYSTEM;
	}
	if (gather(&e, NULL, file, z->name, d) == -1)
		return verb_failed(d);
	rc = served(z, e.p.serial, d);
	if (rc == 0)
		rc = record(s, z, facts, &e, file,
		    s->o.at != 0 ? s->o.at : s->now, z->signconf_id, d);
	evidence_clear(&e);
	if (rc == 0)
		facts->input = fileident_settled(fileident_at(z->input));
	if (rc == -1 || session_commit(s, d) == -1)
		return verb_failed(d);
	return STATUS_OK;
}

/* 1: it counts now; 0: there was nothing to count; -1. */
static int
reconcile_zone(struct session *s, struct zone *z, struct diag *d)
{
	struct zone_facts *facts = strmap_get(&s->db->facts, z->name);
	const struct fileident now = fileident_at(z->output);
	struct evidence_file e;
	int rc;

	if (facts == NULL || !session_in_use(s, z) || now.inode == 0 ||
	    fileident_same(&now, &facts->output))
		return 0;
	if (gather(&e, NULL, z->output, z->name, d) == -1)
		return -1;
	rc = served(z, e.p.serial, d);
	if (rc == 0)
		rc = record(
		    s, z, facts, &e, z->output, s->now, facts->handed_id, d);
	if (rc == 0)
		report_info("zone %s: %s is counted as published now", z->name,
		    z->output);
	evidence_clear(&e);
	return rc == 0 ? 1 : rc;
}

enum status
published_reconcile(struct session *s, struct diag *d)
{
	enum status worst = STATUS_OK;
	struct zone *only = NULL;
	bool counted = false;
	int rc;

	if (s->o.zone != NULL && (only = session_zone(s, d)) == NULL)
		return verb_failed(d);
	for (size_t i = 0; i < s->m->nzones; i++) {
		struct zone *z = s->m->zones[i];

		if (only != NULL && z != only)
			continue;
		if ((rc = reconcile_zone(s, z, d)) != -1) {
			counted |= rc == 1;
			continue;
		}
		report_error("zone %s: %s", z->name, d->text);
		if (d->status > worst)
			worst = d->status;
	}
	d->text[0] = '\0';
	if (counted && session_commit(s, d) == -1)
		return verb_failed(d);
	return worst;
}

static enum status
published(struct session *s, int argc, char **operands, struct diag *d)
{
	if (argc > 0 && strcmp(operands[0], "-") == 0)
		return published_lines(s, d);
	if (argc > 0 && s->o.zone == NULL)
		s->o.zone = operands[0];
	if (s->o.reconcile)
		return published_reconcile(s, d);
	return published_file(s, d);
}

const struct verb publish_verbs[] = {
	{ "due", "za", NEEDS_ALL,
	    "List what must be signed, for read-zone --jobs.", due },
	{ "published", "z,file,at,reconcile", NEEDS_ALL,
	    "Record a publication: - (job lines), or ZONE [--file FILE].",
	    published },
	{ NULL, NULL, 0, NULL, NULL },
};
