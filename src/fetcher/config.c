#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "config.h"
#include "tls.h"
#include "tsig.h"

static int
compare_zones(const void *a, const void *b)
{
	return strcmp(((const struct fetch_zone *)a)->name,
	    ((const struct fetch_zone *)b)->name);
}

static int
take_zone(struct fetch_config *c, const char *name, const char *input,
    bool catalog, struct diag *d)
{
	struct fetch_zone *z = &c->zone[c->zone_count++];

	z->name = name;
	z->input = input;
	z->catalog = catalog;
	if (name_from_text(name, strlen(name), z->wire) == -1)
		return diag_set(d, STATUS_USAGE, "%s: not a name", name);
	name_lower(z->wire);
	return 0;
}

static int
take_zones(struct fetch_config *c, struct diag *d)
{
	const struct zonelist *list = c->list;

	c->zone =
	    calloc(list->count + list->catalog_count + 1, sizeof(*c->zone));
	if (c->zone == NULL)
		return diag_system(d, "zone list");
	for (size_t i = 0; i < list->count; i++)
		if (take_zone(c, list->zone[i].name, list->zone[i].input, false,
			d) == -1)
			return -1;
	for (size_t i = 0; i < list->catalog_count; i++)
		if (take_zone(c, list->catalog[i].name, list->catalog[i].input,
			true, d) == -1)
			return -1;
	if (c->zone_count > 0)
		qsort(c->zone, c->zone_count, sizeof(*c->zone), compare_zones);
	return 0;
}

static int
take_tls(struct master *m, const struct zonefetch_tls *from, struct diag *d)
{
	const struct tls_settings settings = {
		.name = from->name,
		.ca = from->ca,
		.pin = (const char *const *)from->pin,
		.pin_count = from->pin_count,
		.certificate = from->certificate,
		.key = from->key,
	};

	return tls_client_new(&m->tls, &settings, d);
}

static int
take_masters(struct fetch_config *c, struct diag *d)
{
	const struct zonefetch *zf = c->fetch;

	c->master = calloc(zf->master_count + 1, sizeof(*c->master));
	if (c->master == NULL)
		return diag_system(d, "masters");
	for (size_t i = 0; i < zf->master_count; i++) {
		const struct zonefetch_peer *p = &zf->master[i];
		struct master *m = &c->master[c->master_count++];

		if (address_set(&m->address, p->family, p->address, p->port) ==
		    -1)
			return diag_set(
			    d, STATUS_USAGE, "%s: not an address", p->address);
		(void)address_text(&m->address, m->text);
		if (p->tls != NULL && take_tls(m, p->tls, d) == -1)
			return -1;
	}
	return 0;
}

int
fetch_config_read(
    struct fetch_config **out, const char *conf_path, struct diag *d)
{
	struct fetch_config *c;

	if ((c = calloc(1, sizeof(*c))) == NULL)
		return diag_system(d, "configuration");
	if (conf_read(&c->conf, conf_path, NULL, d) == -1)
		goto fail;
	if (c->conf->zonefetch_file == NULL) {
		diag_set(d, STATUS_USAGE,
		    "%s: no Common/ZoneFetchFile: it names the file that tells "
		    "the masters, zonefetch.xml(5)",
		    conf_path);
		goto fail;
	}
	if (zonefetch_read(&c->fetch, c->conf->zonefetch_file, NULL, d) == -1 ||
	    zonelist_read(&c->list, c->conf->zonelist_file, NULL, d) == -1)
		goto fail;
	if (c->fetch->tsig_name != NULL) {
		if (tsig_key_set(&c->key_memory, c->fetch->tsig_name,
			c->fetch->tsig_algorithm, c->fetch->tsig_secret,
			d) == -1) {
			diag_prefix(d, "%s", c->conf->zonefetch_file);
			goto fail;
		}
		c->key = &c->key_memory;
	}
	c->limits.records = c->fetch->max_records;
	c->limits.bytes = c->fetch->max_bytes;
	if (take_masters(c, d) == -1 || take_zones(c, d) == -1)
		goto fail;
	*out = c;
	return 0;
fail:
	fetch_config_free(c);
	return -1;
}

void
fetch_config_free(struct fetch_config *c)
{
	if (c == NULL)
		return;
	for (size_t i = 0; i < c->master_count; i++)
		tls_client_free(c->master[i].tls);
	free(c->master);
	free(c->zone);
	tsig_key_free(&c->key_memory);
	zonefetch_free(c->fetch);
	zonelist_free(c->list);
	conf_free(c->conf);
	free(c);
}

struct fetch_zone *
fetch_config_find(const struct fetch_config *c, const char *canonical)
{
	const struct fetch_zone wanted = { .name = canonical };

	if (c->zone_count == 0)
		return NULL;
	return bsearch(
	    &wanted, c->zone, c->zone_count, sizeof(*c->zone), compare_zones);
}

struct fetch_zone *
fetch_config_zone(const struct fetch_config *c, const char *name)
{
	char absolute[NAME_TEXT_MAX + 2], canonical[NAME_TEXT_MAX];
	const size_t len = strlen(name);

	if (len == 0 || len >= NAME_TEXT_MAX)
		return NULL;
	memcpy(absolute, name, len + 1);
	if (name_canonical(absolute, len, canonical) == -1) {
		memcpy(absolute + len, ".", 2);
		if (name_canonical(absolute, len + 1, canonical) == -1)
			return NULL;
	}
	return fetch_config_find(c, canonical);
}

void
fetch_config_print(const struct fetch_config *c, FILE *to)
{
	const struct zonefetch *zf = c->fetch;

	if (zf->listen_count == 0)
		fprintf(to, "listen\tany address, port 53\n");
	for (size_t i = 0; i < zf->listen_count; i++)
		fprintf(to, "listen\t%s#%u\n",
		    zf->listen[i].address == NULL ? "any" :
						    zf->listen[i].address,
		    zf->listen[i].port);
	for (size_t i = 0; i < c->master_count; i++)
		fprintf(to, "master\t%s%s\n", c->master[i].text,
		    c->master[i].tls == NULL ? "" : "\tTLS");
	if (c->key == NULL)
		fprintf(to, "tsig\tnone\n");
	else
		fprintf(to, "tsig\t%s\t%s\tNOTIFY %s\n", zf->tsig_name,
		    zf->tsig_algorithm,
		    zf->notify_needs_tsig ? "must be signed" : "may be signed");
	if (c->limits.records != 0)
		fprintf(to, "max-records\t%" PRIu64 "\n", c->limits.records);
	if (c->limits.bytes != 0)
		fprintf(to, "max-bytes\t%" PRIu64 "\n", c->limits.bytes);
	for (size_t i = 0; i < c->zone_count; i++)
		fprintf(to, "%s\t%s\t%s\n",
		    c->zone[i].catalog ? "catalog" : "zone", c->zone[i].name,
		    c->zone[i].input);
}
