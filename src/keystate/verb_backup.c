/* backup prepare, commit, rollback, done, list. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "report.h"
#include "show.h"
#include "verb.h"

static int
check_repository(const struct session *s, struct diag *d)
{
	if (s->o.repository == NULL ||
	    model_store(s->m, s->o.repository) != NULL)
		return 0;
	return diag_set(d, STATUS_BAD, "there is no repository %s in %s",
	    s->o.repository, s->o.conf);
}

/* "repository NAME" or "all repositories". */
static const char *
where(const struct session *s, char *buf, size_t size)
{
	if (s->o.repository == NULL)
		return "all repositories";
	(void)snprintf(buf, size, "repository %s", s->o.repository);
	return buf;
}

static enum status
finish(struct session *s, const char *what, size_t n, struct diag *d)
{
	char date[32], buf[300];

	database_history(s->db, s->now, NULL, NULL, NULL, what, NULL, NULL,
	    NULL, 0, where(s, buf, sizeof(buf)));
	if (session_commit(s, d) == -1)
		return verb_failed(d);
	session_date(s->now, date);
	(void)printf("Marked %s as %s at %s: %zu key%s\n",
	    where(s, buf, sizeof(buf)), what, date, n, n == 1 ? "" : "s");
	return STATUS_OK;
}

static enum status
backup_prepare(struct session *s, int argc, char **operands, struct diag *d)
{
	size_t n;

	(void)argc;
	(void)operands;
	if (check_repository(s, d) == -1 ||
	    engine_backup_prepare(s->m, s->o.repository, s->now, &n, d) == -1)
		return verb_failed(d);
	return finish(s, "pre-backed up", n, d);
}

static enum status
backup_commit(struct session *s, int argc, char **operands, struct diag *d)
{
	size_t n;

	(void)argc;
	(void)operands;
	if (check_repository(s, d) == -1 ||
	    engine_backup_commit(s->m, s->o.repository, s->now, &n, d) == -1)
		return verb_failed(d);
	return finish(s, "backed up", n, d);
}

static enum status
backup_rollback(struct session *s, int argc, char **operands, struct diag *d)
{
	size_t n;

	(void)argc;
	(void)operands;
	if (check_repository(s, d) == -1 ||
	    engine_backup_rollback(s->m, s->o.repository, &n, d) == -1)
		return verb_failed(d);
	return finish(s, "not prepared", n, d);
}

static enum status
backup_done(struct session *s, int argc, char **operands, struct diag *d)
{
	size_t n;

	(void)argc;
	(void)operands;
	if (check_repository(s, d) == -1 ||
	    engine_backup_done(s->m, s->o.repository, s->now, &n, d) == -1)
		return verb_failed(d);
	return finish(s, "backed up", n, d);
}

/* ---- list ---- */

struct backup_date {
	int64_t at;
	const char *repository;
};

static int
by_date(const void *a, const void *b)
{
	const struct backup_date *x = a, *y = b;

	if (x->at != y->at)
		return x->at < y->at ? -1 : 1;
	return strcmp(x->repository, y->repository);
}

/* Each date of each repository once, in order. */
static size_t
collect(const struct session *s, struct backup_date *dates)
{
	size_t n = 0, unique = 0;

	for (size_t i = 0; i < s->m->npairs; i++) {
		const struct keypair *p = s->m->pairs[i];

		if (p->backed_up != 0 &&
		    (s->o.repository == NULL ||
			strcmp(s->o.repository, p->repository) == 0))
			dates[n++] =
			    (struct backup_date){ p->backed_up, p->repository };
	}
	qsort(dates, n, sizeof(*dates), by_date);
	for (size_t i = 0; i < n; i++)
		if (unique == 0 || by_date(&dates[unique - 1], &dates[i]) != 0)
			dates[unique++] = dates[i];
	return unique;
}

static size_t
without_backup(const struct session *s, const char *repository)
{
	size_t n = 0;

	for (size_t i = 0; i < s->m->npairs; i++)
		n += s->m->pairs[i]->backed_up == 0 &&
		    strcmp(s->m->pairs[i]->repository, repository) == 0;
	return n;
}

static void
list_json(const struct session *s, const struct backup_date *dates, size_t n)
{
	json_t *backups = json_array(), *missing = json_array();

	for (size_t i = 0; i < n; i++)
		(void)json_array_append_new(backups,
		    json_pack("{s:o, s:s}", "date", show_moment(dates[i].at),
			"repository", dates[i].repository));
	for (size_t i = 0; i < s->m->nstores; i++) {
		const struct store *st = s->m->stores[i];

		(void)json_array_append_new(missing,
		    json_pack("{s:s, s:I, s:b}", "repository", st->name, "keys",
			(json_int_t)without_backup(s, st->name), "required",
			(int)st->require_backup));
	}
	show_json(json_pack(
	    "{s:o, s:o}", "backups", backups, "without_backup", missing));
}

static void
list_text(const struct session *s, const struct backup_date *dates, size_t n)
{
	char date[32];

	(void)printf("Backups:\n%-24s %s\n", "Date:", "Repository:");
	for (size_t i = 0; i < n; i++) {
		session_date(dates[i].at, date);
		(void)printf("%-24s %s\n", date, dates[i].repository);
	}
	(void)printf("\n");
	for (size_t i = 0; i < s->m->nstores; i++) {
		const struct store *st = s->m->stores[i];
		const size_t missing = without_backup(s, st->name);

		if (missing == 0 ||
		    (s->o.repository != NULL &&
			strcmp(s->o.repository, st->name) != 0))
			continue;
		(void)printf("Repository %s has %zu unbacked up key%s, which "
			     "%s be used.\n",
		    st->name, missing, missing == 1 ? "" : "s",
		    st->require_backup ? "will not" : "can");
	}
}

static enum status
backup_list(struct session *s, int argc, char **operands, struct diag *d)
{
	struct backup_date *dates;
	size_t n;

	(void)argc;
	(void)operands;
	if (check_repository(s, d) == -1)
		return verb_failed(d);
	if ((dates = calloc(s->m->npairs + 1, sizeof(*dates))) == NULL) {
		diag_system(d, "backups");
		return STATUS_SYSTEM;
	}
	n = collect(s, dates);
	if (s->o.json)
		list_json(s, dates, n);
	else
		list_text(s, dates, n);
	free(dates);
	return STATUS_OK;
}

#define NEEDS_LIST (NEEDS_CONF | NEEDS_KASP | NEEDS_ZONELIST | NEEDS_READ)

const struct verb backup_verbs[] = {
	{ "backup prepare", "r", NEEDS_ALL,
	    "Before a backup: note which keys it will hold.", backup_prepare },
	{ "backup commit", "r", NEEDS_ALL,
	    "After it: the keys noted are backed up.", backup_commit },
	{ "backup rollback", "r", NEEDS_ALL, "It failed: forget the note.",
	    backup_rollback },
	{ "backup done", "r", NEEDS_ALL,
	    "All keys that are there now are backed up.", backup_done },
	{ "backup list", "r", NEEDS_LIST,
	    "List backups, and keys that have none.", backup_list },
	{ NULL, NULL, 0, NULL, NULL },
};
