/*
 * Key material: the stores that are open, making and destroying pairs, and
 * what their public halves look like in a zone and in its parent.
 */
#ifndef KEYSTATE_MATERIAL_H
#define KEYSTATE_MATERIAL_H

#include "dnskey.h"
#include "keystore.h"
#include "name.h"
#include "session.h"
#include "stream.h"

/*
 * The open store of a repository: opened at first use, closed with the
 * session.  NULL: STATUS_USAGE (no such repository, ...), STATUS_SYSTEM.
 */
struct keystore *
material_store(struct session *s, const char *repository, struct diag *d);
void material_close(struct session *s);

/*
 * A new pair for a policy's block, in the model and with its public key in the
 * database.  *out is the model's.
 */
int material_generate(struct session *s, const char *policy,
    const struct key_block *block, struct keypair **out, struct diag *d);

/*
 * The public key of a pair that is in its store, into the database; bits and
 * tag are set too.  algorithm is the pair's.
 */
int material_look_up(struct session *s, const char *repository, const char *id,
    uint8_t algorithm, uint8_t pub[DNSKEY_PUBLIC_MAX], size_t *pub_size,
    uint16_t *bits, struct diag *d);

/* Destroy it in its store; one that is not there counts as destroyed. */
int
material_destroy(struct session *s, const struct keypair *pair, struct diag *d);

/* 257 or 256. */
uint16_t material_flags(enum key_type type);

/* DNSKEY RDATA of a pair; -1: its public key is not known (STATUS_BAD). */
int material_rdata(const struct session *s, const struct keypair *pair,
    uint8_t rdata[DNSKEY_RDATA_MAX], size_t *size, struct diag *d);

/* "ZONE.<TAB>TTL<TAB>IN<TAB>DNSKEY<TAB>257 3 13 ..." as the stream has it. */
int material_put_dnskey(const struct session *s, struct textbuf *to,
    const char *zone, uint32_t ttl, const char *type,
    const struct keypair *pair, struct diag *d);

/* The same for DS or CDS with one digest. */
int material_put_ds(const struct session *s, struct textbuf *to,
    const char *zone, uint32_t ttl, const char *type, uint8_t digest,
    const struct keypair *pair, struct diag *d);

/* A zone's name with the dot; buf is of NAME_TEXT_MAX + 1. */
const char *material_owner(const char *zone, char *buf);

#endif
