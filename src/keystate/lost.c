#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "evidence.h"
#include "hex.h"
#include "keystore_admin.h"
#include "lost.h"
#include "material.h"
#include "report.h"

/* ---- which are lost ---- */

/* What a repository could tell; the answer of a person to one that could not. */
struct look {
	char *repository;
	struct keystore *store; /* NULL: it did not open */
	bool gone;		/* and is gone for good */
};

struct looks {
	struct look *look;
	size_t count;
};

static int
ask_gone(const struct session *s, const char *repository,
    const struct diag *why, struct diag *d)
{
	char question[DIAG_TEXT_MAX];

	(void)snprintf(question, sizeof(question),
	    "Repository %s does not open: %.600s.  Is it gone for good, with "
	    "all keys in it?",
	    repository, why->text);
	return session_confirm(s, question, d);
}

/* 1: *look; 0: the operator said no; -1. */
static int
look_into(struct session *s, struct looks *l, const char *repository,
    enum lost_ask ask, const struct look **out, struct diag *d)
{
	struct look *grown;
	struct diag why;
	int yes;

	for (size_t i = 0; i < l->count; i++)
		if (strcmp(l->look[i].repository, repository) == 0) {
			*out = &l->look[i];
			return 1;
		}
	grown = realloc(l->look, (l->count + 1) * sizeof(*grown));
	if (grown == NULL)
		return diag_system(d, "%s", repository);
	l->look = grown;
	grown = &l->look[l->count];
	*grown = (struct look){ .repository = strdup(repository) };
	if (grown->repository == NULL)
		return diag_system(d, "%s", repository);
	l->count++;
	grown->store = material_store(s, repository, &why);
	if (grown->store == NULL && ask == LOST_SEEN) {
		report_warn("%s: whether its keys are there is not known: %s; "
			    "if it is gone for good: key rollover --lost",
		    repository, why.text);
	} else if (grown->store == NULL) {
		if ((yes = ask_gone(s, repository, &why, d)) != 1)
			return yes;
		grown->gone = true;
	}
	*out = grown;
	return 1;
}

static bool
is_there(const struct look *look, const struct keypair *pair)
{
	uint8_t id[KEY_ID_MAX];
	size_t size;

	if (look->store == NULL)
		return !look->gone;
	return hex_decode(pair->id, strlen(pair->id), id, sizeof(id), &size) ==
	    0 &&
	    keystore_has(look->store, id, size);
}

/* A ZSK that retired signs no more: that it is gone changes nothing. */
static bool
matters(const struct zonekey *k)
{
	return k->state != STATE_DEAD && !k->lost &&
	    (k->pair->type == KEY_KSK || k->state != STATE_RETIRE);
}

/* The pairs that z, or p's zones, use, or that wait for use. */
static bool
concerns(const struct session *s, const struct keypair *pair,
    const struct zone *z, const struct policy *p)
{
	if (pair->uses == 0)
		return pair->policy != NULL &&
		    strcmp(pair->policy,
			z != NULL ? z->policy_name : p->name) == 0;
	for (size_t i = 0; i < s->m->nzones; i++) {
		const struct zone *o = s->m->zones[i];
		const struct zonekey *k;

		if (z != NULL ? o != z : o->policy != p || o->deleted != 0)
			continue;
		if ((k = zone_key(o, pair)) != NULL && matters(k))
			return true;
	}
	return false;
}

int
lost_mark(struct session *s, struct zone *z, struct policy *p,
    enum key_type type, enum lost_ask ask, size_t *n, struct diag *d)
{
	struct looks l = { 0 };
	const struct look *look = NULL;
	bool rolled;
	int rc = 1;

	*n = 0;
	for (size_t i = s->m->npairs; i-- > 0 && rc == 1;) {
		struct keypair *pair = s->m->pairs[i];
		char id[SIGNCONF_LOCATOR_MAX + 1], repository[256];

		if (pair->type != type || !concerns(s, pair, z, p) ||
		    (rc = look_into(s, &l, pair->repository, ask, &look, d)) !=
			1 ||
		    is_there(look, pair))
			continue;
		(void)snprintf(id, sizeof(id), "%s", pair->id);
		(void)snprintf(
		    repository, sizeof(repository), "%s", pair->repository);
		if (engine_lost(s->m, pair, s->now, &rolled, d) == -1) {
			rc = -1;
			break;
		}
		database_history(s->db, s->now, NULL, key_type_name(type), id,
		    "lost", NULL, NULL, NULL, 0,
		    z != NULL ? z->name : p->name);
		(void)printf("%s %s is not in repository %s%s\n",
		    key_type_name(type), id, repository,
		    rolled ? "" : ": it will not be used");
		(*n)++;
	}
	for (size_t i = 0; i < l.count; i++)
		free(l.look[i].repository);
	free(l.look);
	return rc;
}

/* ---- what comes of it ---- */

void
lost_look(struct session *s)
{
	for (size_t i = 0; i < s->m->nzones; i++) {
		struct zone *z = s->m->zones[i];

		for (size_t j = 0; j < z->nkeys; j++) {
			struct zonekey *k = &z->keys[j];

			if (k->lost && k->pair->type == KEY_KSK &&
			    k->state != STATE_DEAD && z->output != NULL)
				k->vouches = evidence_dnskey_end(z->output,
				    k->pair->tag, k->pair->algorithm);
		}
		z->frozen = engine_frozen(z, s->now);
	}
}

static void
put_date(struct textbuf *to, int64_t moment)
{
	char date[32];

	session_date(moment, date);
	textbuf_puts(to, date);
}

void
lost_warn(const struct zone *z, const struct zonekey *k, struct textbuf *to)
{
	textbuf_puts(to, "zone ");
	textbuf_puts(to, z->name);
	textbuf_puts(to, ": its KSK ");
	textbuf_puts(to, k->pair->id);
	textbuf_puts(to, " (tag ");
	textbuf_u64(to, k->pair->tag);
	if (!z->frozen) {
		textbuf_puts(to,
		    ") is lost, and no signature by it holds: resolvers take "
		    "the zone for bogus until the parent has the DS of the "
		    "next KSK (key ds-seen), or none (key ds-gone --all)");
		textbuf_put(to, "", 1);
		return;
	}
	textbuf_puts(to, ") is lost, and its last signature of the DNSKEY "
			 "RRset ends at ");
	put_date(to, k->vouches);
	textbuf_puts(to, ": until the next KSK takes over that RRset stays as "
			 "it is.  Have the DS of the next one (key export "
			 "--ds --keystate dssub) put into the parent beside "
			 "the old one before ");
	put_date(to, engine_lost_exchange(z, k));
	textbuf_puts(to, ", and say key ds-seen: nothing breaks then.  If that "
			 "cannot be, have every DS of the zone removed before ");
	put_date(to, engine_lost_insecure(z, k));
	textbuf_puts(to, ", and say key ds-gone --all: the zone is insecure "
			 "then, until it has a DS again.  Else resolvers take "
			 "it for bogus from the end of the signature on "
			 "(RFC 6781 section 4.3)");
	textbuf_put(to, "", 1);
}

/* The parent has nothing of it, so that the next KSK just comes. */
static void
tell_ksk(const struct zone *z, const struct zonekey *k)
{
	struct textbuf t = { 0 };

	if (!engine_ds_present(k)) {
		(void)printf("%s: KSK %s (tag %u) is lost; no DS of it is in "
			     "the parent: another one takes its place.  Now: "
			     "resign\n",
		    z->name, k->pair->id, k->pair->tag);
		return;
	}
	lost_warn(z, k, &t);
	if (!t.failed)
		(void)printf("%s\nNow: resign\n", t.buf);
	textbuf_free(&t);
}

static void
tell_zsk(const struct zone *z, const struct zonekey *k)
{
	const struct zonekey *in = engine_stand_in(z, k->pair->algorithm);

	(void)printf("%s: ZSK %s (tag %u) is lost: it signs nothing any "
		     "more.  Its DNSKEY stays in the zone until no cache has a "
		     "signature by it.\n",
	    z->name, k->pair->id, k->pair->tag);
	if (in != NULL)
		(void)printf("%s: KSK %s (tag %u) signs in its place until "
			     "another ZSK is known to every cache.  Now: "
			     "resign\n",
		    z->name, in->pair->id, in->pair->tag);
	else
		(void)printf("%s: no KSK can sign in its place: the zone stays "
			     "as it was published until the next KSK is in it.  "
			     "What is signed anew then fails for resolvers "
			     "that hold the old DNSKEY RRset, for its TTL at "
			     "most.\n",
		    z->name);
}

void
lost_tell(const struct zone *z, enum key_type type)
{
	for (size_t i = 0; i < z->nkeys; i++) {
		const struct zonekey *k = &z->keys[i];

		if (!k->lost || k->pair->type != type ||
		    (k->state != STATE_ACTIVE && !engine_ds_present(k)))
			continue;
		if (type == KEY_ZSK)
			tell_zsk(z, k);
		else
			tell_ksk(z, k);
	}
}
