/*
 * What the fetcher needs of conf.xml, zonelist.xml and zonefetch.xml, made
 * ready: addresses, keys and TLS contexts instead of texts.
 */
#ifndef FETCHER_CONFIG_H
#define FETCHER_CONFIG_H

#include <libknot/libknot.h>

#include "address.h"
#include "conf.h"
#include "name.h"
#include "xfr.h"
#include "zonefetch.h"
#include "zonelist.h"

struct master {
	struct address address;
	char text[ADDRESS_TEXT_MAX];
	struct tls_client *tls; /* NULL: plain TCP and UDP */
};

struct fetch_zone {
	const char *name;  /* canonical text */
	const char *input; /* path of the unsigned zone */
	bool catalog;	   /* its members are zones; it is not one itself */
	uint8_t wire[NAME_WIRE_MAX];
};

struct fetch_config {
	struct conf *conf;
	struct zonelist *list;
	struct zonefetch *fetch;
	struct master *master;
	size_t master_count;
	knot_tsig_key_t key_memory;
	const knot_tsig_key_t *key; /* NULL: no TSIG */
	struct xfr_limits limits;
	struct fetch_zone *zone; /* sorted by name (strcmp) */
	size_t zone_count;
};

/* The caller frees with fetch_config_free().  -1: STATUS_USAGE, _SYSTEM. */
int fetch_config_read(
    struct fetch_config **out, const char *conf_path, struct diag *d);
void fetch_config_free(struct fetch_config *config);

/* By name as people write it, the final dot left out or not.  NULL: none. */
struct fetch_zone *
fetch_config_zone(const struct fetch_config *config, const char *name);
/* By canonical text. */
struct fetch_zone *
fetch_config_find(const struct fetch_config *config, const char *canonical);

/* The settings for people, the secret left out. */
void fetch_config_print(const struct fetch_config *config, FILE *to);

#endif
