#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "atomicfile.h"
#include "export.h"
#include "material.h"
#include "paths.h"
#include "report.h"
#include "signconfs.h"
#include "tidy.h"
#include "writeall.h"

#define FILE_MODE 0644 /* nothing secret; other users' tools may look */

/* ---- composing ---- */

static int
take_salt(const struct session *s, const struct policy *p, struct signconf *sc,
    struct diag *d)
{
	const struct policy_salt *salt;

	if (!p->nsec3 || p->salt_length == 0)
		return 0;
	if ((salt = database_salt(s->db, p->name)) == NULL)
		return diag_set(
		    d, STATUS_SYSTEM, "policy %s has no salt yet", p->name);
	memcpy(sc->salt, salt->salt, salt->len);
	sc->salt_len = salt->len;
	return 0;
}

static void
take_policy(const struct policy *p, struct signconf *sc)
{
	sc->resign = p->resign;
	sc->refresh = p->refresh;
	sc->validity_default = p->validity;
	sc->validity_denial = p->validity_denial;
	sc->validity_keys = p->validity_keys;
	sc->jitter = p->jitter;
	sc->inception_offset = p->inception_offset;
	sc->nsec3 = p->nsec3;
	sc->opt_out = p->opt_out;
	sc->nsec3_algorithm = p->hash_algorithm;
	sc->iterations = p->iterations;
	sc->nsec3param_ttl =
	    p->nsec3param_ttl > 0 ? (uint32_t)p->nsec3param_ttl : 0;
	sc->dnskey_ttl = (uint32_t)p->dnskey_ttl;
	sc->soa_ttl = (uint32_t)p->soa_ttl;
	sc->soa_minimum = (uint32_t)p->soa_minimum;
	sc->serial = p->serial;
	sc->audit = p->audit;
}

/*
 * A key that signs unpublished is known to the signer by no DNSKEY, and one
 * that signs no more by no private half.
 */
static void
take_keys(const struct session *s, const struct signing_key *keys, size_t n,
    struct signconf_key *to)
{
	for (size_t i = 0; i < n; i++) {
		const struct keypair *pair = keys[i].pair;

		to[i] = (struct signconf_key){
			.flags = material_flags(pair->type),
			.algorithm = pair->algorithm,
			.locator = pair->id,
			.repository = pair->repository,
			.ksk = keys[i].ksk,
			.zsk = keys[i].zsk,
			.publish = keys[i].publish,
			.compromised = keys[i].compromised,
			.lost = keys[i].lost,
		};
		if (!keys[i].publish || keys[i].compromised || keys[i].lost)
			to[i].public_key =
			    strmap_get(&s->db->publics, pair->id);
	}
}

/* The signconf's text.  1: made; 0: nothing to write yet; -1. */
static int
compose(const struct session *s, const struct zone *z, char **text, size_t *len,
    char id[SIGNCONF_ID_SIZE], struct diag *d)
{
	struct signconf sc = { 0 };
	struct signing_key *keys = NULL;
	char owner[NAME_TEXT_MAX + 1];
	bool unsigned_zone = false;
	size_t n = 0;
	int rc = -1;

	if (engine_signconf(z, &keys, &n, &unsigned_zone) == -1)
		return diag_system(d, "zone %s", z->name);
	if (n == 0 && !unsigned_zone) {
		free(keys);
		return 0;
	}
	(void)material_owner(z->name, owner);
	sc.zone = owner;
	take_policy(z->policy, &sc);
	sc.dnskey_ttl = (uint32_t)engine_dnskey_ttl(z);
	if (take_salt(s, z->policy, &sc, d) == -1)
		goto out;
	if ((sc.keys = calloc(n + 1, sizeof(*sc.keys))) == NULL) {
		diag_system(d, "zone %s", z->name);
		goto out;
	}
	take_keys(s, keys, n, sc.keys);
	sc.key_count = n;
	if (signconf_text(&sc, text, len, id, d) == 0)
		rc = 1;
out:
	free(sc.keys); /* what they point to is the model's */
	free(keys);
	return rc;
}

/* ---- comparing ---- */

/*
 * Does the file hold these bytes?  One that cannot be read does not.  *ident
 * gets which file it was, to know it again without reading.
 */
static bool
holds(const char *path, const char *text, size_t len, struct fileident *ident)
{
	struct stat st;
	char *buf = NULL;
	bool same = false;
	ssize_t n;
	int fd;

	if ((fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK)) == -1)
		return false;
	if (fstat(fd, &st) == 0 && S_ISREG(st.st_mode) &&
	    (size_t)st.st_size == len && (buf = malloc(len + 1)) != NULL) {
		n = read(fd, buf, len + 1);
		same = n == (ssize_t)len && memcmp(buf, text, len) == 0;
	}
	free(buf);
	(void)close(fd);
	if (same)
		*ident = fileident_settled(fileident_of(&st));
	return same;
}

/* The file that was seen to be right, untouched since. */
static bool
known(const char *path, const struct fileident *ident)
{
	const struct fileident now = fileident_at(path);

	return ident->inode != 0 && fileident_same(&now, ident);
}

static bool
has_file(const char *path)
{
	return access(path, F_OK) == 0;
}

/* The dnskeys file of a zone: its text if that is not on disk. */
static int
compose_dnskeys(const struct session *s, struct signconfs_file *f,
    const char *path, struct fileident *ident, struct diag *d)
{
	struct textbuf t = { 0 };

	if (export_published(s, f->zone, &t, d) == -1) {
		textbuf_free(&t);
		return -1;
	}
	textbuf_put(&t, "", 1);
	if (t.failed)
		return diag_set(d, STATUS_SYSTEM, "out of memory");
	if (t.len == 1 ? !has_file(path) : holds(path, t.buf, t.len - 1, ident)) {
		textbuf_free(&t);
		return 0;
	}
	f->dnskeys = t.buf; /* the caller owns it now */
	f->dnskeys_len = t.len - 1;
	return 0;
}

static int
compose_zone(struct session *s, struct signconfs_file *f, struct diag *d)
{
	struct zone *z = f->zone;
	struct zone_facts *facts = database_facts(s->db, z->name);
	char id[SIGNCONF_ID_SIZE], dnskeys[PATH_MAX];
	int rc;

	if (facts == NULL)
		return diag_system(d, "zone %s", z->name);
	if (paths_dnskeys(z->signconf, dnskeys) == -1)
		return diag_set(
		    d, STATUS_USAGE, "%s: path is too long", z->signconf);

	rc = compose(s, z, &f->text, &f->len, id, d);
	if (rc != 1)
		return rc;
	if (z->signconf_id != NULL && strcmp(z->signconf_id, id) == 0) {
		/* The id covers keys and TTL, so what lies beside it too. */
		if (known(z->signconf, &facts->signconf) &&
		    known(dnskeys, &facts->dnskeys)) {
			free(f->text);
			f->text = NULL;
			return 0;
		}
	} else if (engine_signconf_written(z, id) == -1)
		return diag_system(d, "zone %s", z->name);
	memset(&facts->signconf, 0, sizeof(facts->signconf));
	memset(&facts->dnskeys, 0, sizeof(facts->dnskeys));
	if (holds(z->signconf, f->text, f->len, &facts->signconf)) {
		free(f->text);
		f->text = NULL;
	}
	return compose_dnskeys(s, f, dnskeys, &facts->dnskeys, d);
}

static struct signconfs_file *
add_file(struct signconfs *sc, struct zone *z)
{
	struct signconfs_file *grown;

	if ((sc->count & (sc->count - 1)) == 0) { /* doubled when full */
		grown = realloc(sc->file,
		    (sc->count == 0 ? 1 : 2 * sc->count) * sizeof(*grown));
		if (grown == NULL)
			return NULL;
		sc->file = grown;
	}
	grown = &sc->file[sc->count++];
	memset(grown, 0, sizeof(*grown));
	grown->zone = z;
	return grown;
}

static void
clear_file(struct signconfs_file *f)
{
	free(f->text);
	free(f->dnskeys);
}

int
signconfs_compose(struct signconfs *sc, struct session *s,
    const struct zone *only, struct diag *d)
{
	for (size_t i = 0; i < s->m->nzones; i++) {
		struct zone *z = s->m->zones[i];
		struct signconfs_file *f;
		struct diag why;

		if ((only != NULL && z != only) || !session_in_use(s, z) ||
		    z->policy == NULL)
			continue;
		if ((f = add_file(sc, z)) == NULL)
			return diag_system(d, "zones");
		if (compose_zone(s, f, &why) == -1) {
			report_error("zone %s: %s", z->name, why.text);
			report_error("Signconf not written for %s", z->name);
			sc->failed++;
			clear_file(f);
			sc->count--;
		} else if (f->text == NULL && f->dnskeys == NULL)
			sc->count--;
	}
	return 0;
}

/* ---- writing ---- */

static int
put(const char *path, const char *text, size_t len, struct diag *d)
{
	struct atomicfile *af;

	if (atomicfile_open(&af, path, FILE_MODE, d) == -1)
		return -1;
	if (write_all(atomicfile_fd(af), text, len) == -1) {
		diag_system(d, "%s", path);
		atomicfile_abandon(af);
		return -1;
	}
	/* Each pass looks whether the file holds this text. */
	return atomicfile_commit_unsynced(af, d);
}

static int
write_dnskeys(const struct signconfs_file *f, struct diag *d)
{
	char path[PATH_MAX];

	if (f->dnskeys == NULL)
		return 0;
	if (paths_dnskeys(f->zone->signconf, path) == -1)
		return diag_set(
		    d, STATUS_USAGE, "%s: path is too long", f->zone->signconf);
	if (f->dnskeys_len > 0)
		return put(path, f->dnskeys, f->dnskeys_len, d);
	if (unlink(path) == -1 && errno != ENOENT)
		return diag_system(d, "%s", path);
	return 0;
}

/* The keys first: a signconf names none that the zone will not show. */
void
signconfs_write(struct signconfs *sc)
{
	for (size_t i = 0; i < sc->count; i++) {
		struct signconfs_file *f = &sc->file[i];
		struct diag d;
		int rc;

		if (i == 0 ||
		    !atomicfile_same_folder(
			f->zone->signconf, sc->file[i - 1].zone->signconf))
			tidy_beside(f->zone->signconf);
		rc = write_dnskeys(f, &d);

		if (rc == 0 && f->text != NULL)
			rc = put(f->zone->signconf, f->text, f->len, &d);
		if (rc == 0) {
			report_debug("zone %s: %s written", f->zone->name,
			    f->zone->signconf);
			continue;
		}
		report_error("%s", d.text);
		report_error("Signconf not written for %s", f->zone->name);
		sc->failed++;
	}
}

void
signconfs_clear(struct signconfs *sc)
{
	for (size_t i = 0; i < sc->count; i++)
		clear_file(&sc->file[i]);
	free(sc->file);
	memset(sc, 0, sizeof(*sc));
}
