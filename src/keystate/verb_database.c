/* database backup, check, restore. */
#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "atomicfile.h"
#include "hex.h"
#include "keystore.h"
#include "material.h"
#include "report.h"
#include "verb.h"
#include "zoneedit.h"

static int
default_path(const struct session *s, char *buf, struct diag *d)
{
	return database_path(s->conf->state_dir, "database.backup", buf, d);
}

static enum status
database_backup(struct session *s, int argc, char **operands, struct diag *d)
{
	struct textbuf dump = { 0 };
	char buf[PATH_MAX];
	const char *path = s->o.output;
	int rc = -1;

	(void)argc;
	(void)operands;
	if (path == NULL) {
		if (default_path(s, buf, d) == -1)
			return verb_failed(d);
		path = buf;
	}
	if (database_dump(s->db, s->m, &dump, d) == 0)
		rc = atomicfile_put(path, dump.buf, dump.len, 0600, false, d);
	textbuf_free(&dump);
	if (rc == -1)
		return verb_failed(d);
	(void)printf("Database of %s in %s\n", s->conf->state_dir, path);
	return STATUS_OK;
}

/* ---- check ---- */

/* Is every pair in its store, and does every store open? */
static size_t
check_stores(struct session *s)
{
	size_t bad = 0;
	struct diag d;

	for (size_t i = 0; i < s->m->npairs; i++) {
		const struct keypair *p = s->m->pairs[i];
		uint8_t pub[DNSKEY_PUBLIC_MAX], rdata[DNSKEY_RDATA_MAX];
		const char *known = database_public(s->db, p->id);
		char *before = known == NULL ? NULL : strdup(known);
		uint16_t bits;
		size_t size;

		if (p->live == 0 && p->uses > 0) {
			free(before);
			continue; /* dead: it may be purged */
		}
		if (material_look_up(s, p->repository, p->id, p->algorithm, pub,
			&size, &bits, &d) == -1) {
			report_error("key %s: %s", p->id, d.text);
			bad++;
		} else if (before == NULL ||
		    strcmp(before, database_public(s->db, p->id)) != 0) {
			report_error("key %s: its public key is not that of "
				     "keys.db",
			    p->id);
			bad++;
		} else {
			size = dnskey_rdata(material_flags(p->type),
			    p->algorithm, pub, size, rdata);
			if (dnskey_tag(rdata, size) != p->tag) {
				report_error("key %s: its tag is %u, not %u",
				    p->id, dnskey_tag(rdata, size), p->tag);
				bad++;
			}
		}
		free(before);
	}
	return bad;
}

static enum status
database_check(struct session *s, int argc, char **operands, struct diag *d)
{
	size_t bad = 0;

	(void)argc;
	(void)operands;
	(void)d;
	for (size_t i = 0; i < s->m->nzones; i++) {
		const struct zone *z = s->m->zones[i];
		const char *why = engine_unsound(z);

		if (why != NULL) {
			report_error("zone %s: %s", z->name, why);
			bad++;
		}
		if (z->deleted == 0 && !session_in_use(s, z))
			report_warn("zone %s: not in %s: update zonelist "
				    "deletes it",
			    z->name, s->conf->zonelist_file);
	}
	bad += check_stores(s);
	(void)printf("%s: commit %llu, %zu zone%s, %zu key%s, %zu problem%s\n",
	    s->conf->state_dir, (unsigned long long)s->db->commit, s->m->nzones,
	    s->m->nzones == 1 ? "" : "s", s->m->npairs,
	    s->m->npairs == 1 ? "" : "s", bad, bad == 1 ? "" : "s");
	return bad == 0 ? STATUS_OK : STATUS_BAD;
}

/* ---- restore ---- */

/*
 * The backup is read whole before anything is touched; what was there is set
 * aside, readable or not.
 */
static enum status
database_restore(struct session *s, int argc, char **operands, struct diag *d)
{
	const char *path = argc > 0 ? operands[0] : s->o.file;
	char buf[PATH_MAX], *text, *old = NULL;
	struct database *probe = NULL;
	size_t len;
	int rc = -1;

	if (path == NULL) {
		if (default_path(s, buf, d) == -1)
			return verb_failed(d);
		path = buf;
	}
	if ((probe = calloc(1, sizeof(*probe))) == NULL) {
		diag_system(d, "%s", path);
		return STATUS_SYSTEM;
	}
	probe->lock = -1;
	if (zoneedit_text(path, &text, &len, d) == -1 ||
	    database_load_dump(probe, s->m, text, len, path, d) == -1)
		goto out;
	model_free(s->m);
	if ((s->m = model_new()) == NULL) {
		diag_system(d, "%s", path);
		goto out;
	}
	if (database_create(&s->db, s->conf->state_dir, true,
		(unsigned)s->o.wait, &old, d) == -1 ||
	    zoneedit_text(path, &text, &len, d) == -1 ||
	    database_load_dump(s->db, s->m, text, len, path, d) == -1)
		goto out;
	database_history(s->db, s->now, NULL, NULL, NULL, "restore", NULL, NULL,
	    NULL, 0, path);
	rc = database_commit(s->db, s->m, d);
	if (rc == 0)
		(void)printf("Database of %s restored from %s%s%s\n",
		    s->conf->state_dir, path,
		    old != NULL ? "; the one before is in " : "",
		    old != NULL ? old : "");
out:
	free(old);
	database_close(probe);
	return rc == 0 ? STATUS_OK : verb_failed(d);
}

#define NEEDS_LOOK (NEEDS_CONF | NEEDS_KASP | NEEDS_ZONELIST | NEEDS_READ)

const struct verb database_verbs[] = {
	{ "database backup", "o", NEEDS_CONF | NEEDS_READ,
	    "Copy the database to one file.", database_backup },
	{ "database check", "", NEEDS_LOOK,
	    "Check it, and that every key is in its store.", database_check },
	{ "database restore", ",file", NEEDS_CONF,
	    "Put a copy back: database restore [FILE].", database_restore },
	{ NULL, NULL, 0, NULL, NULL },
};
