/*
 * The part of lib/zonecheck that finds name servers without address.  A
 * server's name may sort before or after the NS record that names it, so the
 * servers are sorted aside and matched with the addresses at the end.
 * Keys are what a name's lib/namekey adds to the apex's.
 */
#ifndef ZONECHECK_PARTS_H
#define ZONECHECK_PARTS_H

#include "zonecheck.h"

struct servers;

int servers_open(struct servers **out, const char *folder, struct diag *d);
/* apex stays the caller's. */
void servers_begin(struct servers *sv, const char *apex);

/* An owner with an address, in order; authoritative: not below a cut. */
int servers_address(struct servers *sv, const uint8_t *key, size_t len,
    bool authoritative, struct diag *d);

/* A server (canonical text) of the owner with this key. */
int servers_name(struct servers *sv, const char *name, size_t name_len,
    const uint8_t *owner, size_t owner_len, struct diag *d);

/* Calls missing(ctx, server, owner) once a server, with the first owner. */
int servers_end(struct servers *sv,
    void (*missing)(void *ctx, const char *server, const char *owner),
    void *ctx, struct diag *d);

void servers_close(struct servers *sv);

#endif
