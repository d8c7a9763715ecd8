#include <stdlib.h>
#include <string.h>

#include "conf.h"
#include "hex.h"
#include "keyuri.h"
#include "report.h"
#include "stores.h"

static int
copy(char **to, const char *from, struct diag *d)
{
	if (from == NULL || *to != NULL)
		return 0;
	if ((*to = strdup(from)) == NULL)
		return diag_system(d, "key store");
	return 0;
}

/* --token LABEL, or a URI that also tells module and PIN. */
static int
describe_token(struct repository *r, const struct stores_options *o,
    struct diag *d)
{
	struct keyuri uri;
	int rc = -1;

	if (o->token == NULL)
		return diag_set(d, STATUS_USAGE,
		    "--module needs --token too; try --help");
	if (strncmp(o->token, "pkcs11:", 7) != 0)
		return copy(&r->token, o->token, d) == -1 ||
			copy(&r->name, o->token, d) == -1 ? -1 : 0;
	if (keyuri_parse_token(&uri, o->token, d) == -1)
		return -1;
	if (copy(&r->token, uri.token, d) == 0 &&
	    copy(&r->uri, uri.uri, d) == 0 &&
	    copy(&r->name, uri.token != NULL ? uri.token : uri.uri, d) == 0 &&
	    copy(&r->pin_file, uri.pin_file, d) == 0)
		rc = o->module != NULL ? 0 : copy(&r->module, uri.module, d);
	keyuri_clear(&uri);
	return rc;
}

static int
describe(struct repository *r, const struct stores_options *o, struct diag *d)
{
	if (o->directory != NULL) {
		if (o->module != NULL || o->token != NULL)
			return diag_set(d, STATUS_USAGE,
			    "--dir excludes --module and --token; try --help");
		return copy(&r->directory, o->directory, d) == -1 ||
			copy(&r->name, o->directory, d) == -1 ? -1 : 0;
	}
	if (describe_token(r, o, d) == -1 ||
	    copy(&r->module, o->module, d) == -1 ||
	    copy(&r->pin_file, o->pin_file, d) == -1)
		return -1;
	r->ask_pin = r->pin_file == NULL;
	return 0;
}

static int
select_direct(struct repository_list *out, const struct stores_options *o,
    struct diag *d)
{
	struct repository_list list = { NULL, 0, false };

	if (o->conf != NULL)
		return diag_set(d, STATUS_USAGE,
		    "-c excludes --module, --token and --dir; try --help");
	if ((list.item = calloc(1, sizeof(*list.item))) == NULL)
		return diag_system(d, "key store");
	list.count = 1;
	if (describe(&list.item[0], o, d) == -1) {
		repository_list_free(&list);
		return -1;
	}
	*out = list;
	return 0;
}

int
stores_select(struct repository_list *out, const struct stores_options *o,
    struct diag *d)
{
	const char *conf = o->conf != NULL ? o->conf : CONF_DEFAULT_PATH;

	if (o->module != NULL || o->token != NULL || o->directory != NULL)
		return select_direct(out, o, d);
	if (repository_read(out, conf, d) == -1)
		return -1;
	if (out->pin_exposed)
		report_warn("%s: holds a PIN and everybody can read it: "
		    "chmod o-rwx, or use PINFile", conf);
	for (size_t i = 0; i < out->count; i++) {
		struct repository *r = &out->item[i];

		if (r->ask_pin && o->pin_file != NULL &&
		    copy(&r->pin_file, o->pin_file, d) == -1) {
			repository_list_free(out);
			return -1;
		}
	}
	return 0;
}

struct repository *
stores_named(const struct repository_list *list, const char *name,
    struct diag *d)
{
	struct repository *r;
	char names[400] = "";
	size_t n = 0;

	if (name == NULL && list->count == 1)
		return &list->item[0];
	if (name != NULL && (r = repository_find(list, name)) != NULL)
		return r;
	for (size_t i = 0; i < list->count && n < sizeof(names); i++)
		n += (size_t)snprintf(names + n, sizeof(names) - n, " %s",
		    list->item[i].name);
	if (name == NULL)
		diag_set(d, STATUS_USAGE, "which repository? one of:%s", names);
	else
		diag_set(d, STATUS_USAGE, "no repository %s; there are:%s",
		    name, names);
	return NULL;
}

int
stores_holding(struct keystore **out, const struct repository_list *list,
    const uint8_t *id, size_t id_size, struct diag *d)
{
	char hex[2 * KEY_ID_MAX + 1];
	struct keystore *ks;

	for (size_t i = 0; i < list->count; i++) {
		if (keystore_open(&ks, &list->item[i], d) == -1)
			return -1;
		if (keystore_has(ks, id, id_size)) {
			*out = ks;
			return 0;
		}
		keystore_close(ks);
	}
	hex_encode(id, id_size, hex);
	return diag_set(d, STATUS_USAGE, "no repository holds a key with id %s",
	    hex);
}
