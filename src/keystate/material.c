#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base64.h"
#include "hex.h"
#include "keystore_admin.h"
#include "material.h"
#include "name.h"
#include "report.h"

/* ---- stores ---- */

/* A store that refuses us is asked once: a wrong PIN, often, locks a token. */
static struct open_store *
open_store(struct session *s, const char *repository, struct diag *d)
{
	struct open_store *o, *grown;
	const struct repository *repo;

	for (size_t i = 0; i < s->nopen; i++)
		if (strcmp(s->open[i].repository, repository) == 0)
			return &s->open[i];
	repo = repository_find(&s->repositories, repository);
	if (repo == NULL) {
		diag_set(d, STATUS_USAGE, "repository %s is not in %s",
		    repository, s->o.conf);
		return NULL;
	}
	grown = realloc(s->open, (s->nopen + 1) * sizeof(*grown));
	if (grown == NULL) {
		diag_system(d, "%s", repository);
		return NULL;
	}
	s->open = grown;
	o = &grown[s->nopen++];
	o->repository = repo->name;
	if (keystore_open(&o->store, repo, &o->why) == -1)
		o->store = NULL;
	return o;
}

struct keystore *
material_store(struct session *s, const char *repository, struct diag *d)
{
	const struct open_store *o = open_store(s, repository, d);

	if (o != NULL && o->store == NULL)
		diag_set(d, o->why.status, "%s", o->why.text);
	return o != NULL ? o->store : NULL;
}

void
material_close(struct session *s)
{
	for (size_t i = 0; i < s->nopen; i++)
		keystore_close(s->open[i].store);
	free(s->open);
	s->open = NULL;
	s->nopen = 0;
}

/* ---- pairs ---- */

uint16_t
material_flags(enum key_type type)
{
	return type == KEY_KSK ? DNSKEY_ZONE | DNSKEY_SEP : DNSKEY_ZONE;
}

static int
set_public(struct session *s, const char *id, const uint8_t *pub, size_t size,
    struct diag *d)
{
	char text[BASE64_TEXT_SIZE(DNSKEY_PUBLIC_MAX)];

	(void)base64_encode(pub, size, text);
	if (database_set_public(s->db, id, text) == -1)
		return diag_system(d, "key %s", id);
	return 0;
}

static int
find_key(struct session *s, const char *repository, const char *id,
    uint8_t algorithm, struct key **out, struct diag *d)
{
	struct keystore *ks = material_store(s, repository, d);
	uint8_t bytes[KEY_ID_MAX];
	struct key_query query = { .id = bytes, .algorithm = algorithm };

	if (ks == NULL)
		return -1;
	if (hex_decode(id, strlen(id), bytes, sizeof(bytes), &query.id_size) ==
	    -1)
		return diag_set(
		    d, STATUS_USAGE, "'%s' is not a CKA_ID in hex", id);
	return keystore_find(ks, &query, out, d);
}

int
material_look_up(struct session *s, const char *repository, const char *id,
    uint8_t algorithm, uint8_t pub[DNSKEY_PUBLIC_MAX], size_t *pub_size,
    uint16_t *bits, struct diag *d)
{
	struct key *key;
	const uint8_t *bytes;

	if (find_key(s, repository, id, algorithm, &key, d) == -1)
		return -1;
	bytes = key_public(key, pub_size);
	if (*pub_size <= DNSKEY_PUBLIC_MAX)
		memcpy(pub, bytes, *pub_size);
	*bits =
	    key_algorithm(key)->kind == KEY_RSA ? (uint16_t)key_bits(key) : 0;
	keystore_unload(key);
	if (*pub_size > DNSKEY_PUBLIC_MAX)
		return diag_set(d, STATUS_USAGE, "key %s is too large", id);
	return set_public(s, id, pub, *pub_size, d);
}

/* Fill in a pair that the model has just got. */
static int
describe(struct session *s, struct keypair *pair, const char *policy,
    const struct key_block *block, struct diag *d)
{
	uint8_t pub[DNSKEY_PUBLIC_MAX], rdata[DNSKEY_RDATA_MAX];
	size_t size;

	free(pair->repository);
	free(pair->policy);
	pair->repository = strdup(block->repository);
	pair->policy = strdup(policy);
	if (pair->repository == NULL || pair->policy == NULL)
		return diag_system(d, "key %s", pair->id);
	pair->type = block->type;
	pair->algorithm = block->algorithm;
	pair->generated = s->now;
	if (material_look_up(s, pair->repository, pair->id, pair->algorithm,
		pub, &size, &pair->bits, d) == -1)
		return -1;
	size = dnskey_rdata(
	    material_flags(pair->type), pair->algorithm, pub, size, rdata);
	pair->tag = dnskey_tag(rdata, size);
	return 0;
}

int
material_generate(struct session *s, const char *policy,
    const struct key_block *block, struct keypair **out, struct diag *d)
{
	struct keystore *ks = material_store(s, block->repository, d);
	const struct algorithm *a = algorithm_by_number(block->algorithm);
	struct key_spec spec = { .bits = block->bits };
	uint8_t id[KEY_ID_MAX];
	char text[2 * KEY_ID_MAX + 1];
	size_t size;
	struct keypair *pair;

	if (ks == NULL)
		return -1;
	if (a == NULL)
		return diag_set(d, STATUS_USAGE,
		    "algorithm %u cannot be generated", block->algorithm);
	spec.kind = a->kind;
	if (keystore_generate(ks, &spec, id, &size, d) == -1)
		return -1;
	hex_encode(id, size, text);
	if ((pair = model_add_pair(s->m, text)) == NULL)
		return diag_system(d, "key %s", text);
	if (describe(s, pair, policy, block, d) == -1) {
		model_remove_pair(s->m, pair);
		return -1;
	}
	*out = pair;
	return 0;
}

int
material_destroy(struct session *s, const struct keypair *pair, struct diag *d)
{
	struct keystore *ks = material_store(s, pair->repository, d);
	uint8_t id[KEY_ID_MAX];
	struct key_entry entry;
	size_t size;

	if (ks == NULL)
		return -1;
	if (hex_decode(pair->id, strlen(pair->id), id, sizeof(id), &size) == -1)
		return diag_set(
		    d, STATUS_BAD, "key %s: malformed id", pair->id);
	for (size_t i = 0; i < keystore_count(ks); i++) {
		if (keystore_entry(ks, i, &entry, d) == -1)
			return -1;
		if (entry.id_size == size && memcmp(entry.id, id, size) == 0)
			return keystore_remove(ks, id, size, d);
	}
	return 0;
}

/* ---- public halves ---- */

int
material_rdata(const struct session *s, const struct keypair *pair,
    uint8_t rdata[DNSKEY_RDATA_MAX], size_t *size, struct diag *d)
{
	const char *text = database_public(s->db, pair->id);
	uint8_t pub[DNSKEY_PUBLIC_MAX];
	size_t pub_size;

	if (text == NULL)
		return diag_set(d, STATUS_BAD,
		    "key %s: its public key is not "
		    "known: is it in repository %s?",
		    pair->id, pair->repository);
	if (base64_decode(text, strlen(text), pub, sizeof(pub), &pub_size) ==
	    -1)
		return diag_set(d, STATUS_BAD,
		    "keys.db: key %s: public: malformed base64 (keys.db(5))",
		    pair->id);
	*size = dnskey_rdata(
	    material_flags(pair->type), pair->algorithm, pub, pub_size, rdata);
	return 0;
}

const char *
material_owner(const char *zone, char *buf)
{
	(void)snprintf(buf, NAME_TEXT_MAX + 1, "%s%s", zone,
	    strcmp(zone, ".") == 0 ? "" : ".");
	return buf;
}

static void
put_start(struct textbuf *to, const char *zone, uint32_t ttl, const char *type)
{
	char owner[NAME_TEXT_MAX + 1];

	textbuf_puts(to, material_owner(zone, owner));
	textbuf_puts(to, "\t");
	textbuf_u64(to, ttl);
	textbuf_puts(to, "\tIN\t");
	textbuf_puts(to, type);
	textbuf_puts(to, "\t");
}

int
material_put_dnskey(const struct session *s, struct textbuf *to,
    const char *zone, uint32_t ttl, const char *type,
    const struct keypair *pair, struct diag *d)
{
	const char *text = database_public(s->db, pair->id);

	if (text == NULL)
		return diag_set(d, STATUS_BAD,
		    "key %s: its public key is not "
		    "known: is it in repository %s?",
		    pair->id, pair->repository);
	put_start(to, zone, ttl, type);
	textbuf_u64(to, material_flags(pair->type));
	textbuf_puts(to, " 3 ");
	textbuf_u64(to, pair->algorithm);
	textbuf_puts(to, " ");
	textbuf_puts(to, text);
	textbuf_puts(to, "\n");
	return 0;
}

int
material_put_ds(const struct session *s, struct textbuf *to, const char *zone,
    uint32_t ttl, const char *type, uint8_t digest, const struct keypair *pair,
    struct diag *d)
{
	uint8_t rdata[DNSKEY_RDATA_MAX], ds[DS_RDATA_MAX];
	uint8_t wire[NAME_WIRE_MAX];
	char owner[NAME_TEXT_MAX + 1], hex[2 * DS_DIGEST_MAX + 1];
	size_t size, ds_size;
	int len;

	(void)material_owner(zone, owner);
	if (material_rdata(s, pair, rdata, &size, d) == -1)
		return -1;
	if ((len = name_from_text(owner, strlen(owner), wire)) == -1)
		return diag_set(d, STATUS_BAD, "zone %s: malformed name", zone);
	name_lower(wire);
	if (dnskey_ds(
		wire, (size_t)len, rdata, size, digest, ds, &ds_size, d) == -1)
		return -1;
	hex_encode(ds + 4, ds_size - 4, hex);
	for (char *p = hex; *p != '\0'; p++)
		if (*p >= 'a')
			*p = (char)(*p - 'a' + 'A'); /* as the stream does */
	put_start(to, zone, ttl, type);
	textbuf_u64(to, (uint64_t)ds[0] << 8 | ds[1]);
	textbuf_puts(to, " ");
	textbuf_u64(to, ds[2]);
	textbuf_puts(to, " ");
	textbuf_u64(to, ds[3]);
	textbuf_puts(to, " ");
	textbuf_puts(to, hex);
	textbuf_puts(to, "\n");
	return 0;
}
