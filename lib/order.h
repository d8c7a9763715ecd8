/*
 * The cheap check of filters that rely on a sorted stream: owners come in
 * canonical order (RFC 4034 §6.1), and NSEC3 records with their RRSIGs behind
 * all others, in hash order (zonetext(5)).  It costs one namekey a new owner;
 * types and RDATA are not looked at: sort-zone --check does that.
 */
#ifndef ORDER_H
#define ORDER_H

#include <stdbool.h>

#include "name.h"
#include "namekey.h"
#include "zonetext.h"

struct order {
	bool begun;		  /* there is a current owner */
	bool denial;		  /* in section two: the NSEC3 chain */
	uint8_t key[NAMEKEY_MAX]; /* of the current owner, for the filter too */
	size_t key_len;
	char owner[NAME_TEXT_MAX];
	size_t owner_len;
};

/* A zone begins. */
void order_begin(struct order *o);

/*
 * The next record.  1: it begins an owner (key and owner are set); 0: the
 * owner of the record before; -1: STATUS_BAD, not in order or no name, with
 * the text "OWNER: ..." that tells to use sort-zone.
 */
int
order_next(struct order *o, const struct zonetext_record *rec, struct diag *d);

#endif
