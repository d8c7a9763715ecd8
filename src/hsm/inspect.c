/* hsmutil list, info, login, logout. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "hex.h"
#include "hsmutil.h"
#include "report.h"

typedef int visit(struct hsmutil *h, struct keystore *ks, void *arg,
    struct diag *d);

/* Open every repository, or the one named, and visit it. */
static int
each(struct hsmutil *h, const char *name, visit *visit_store, void *arg,
    struct diag *d)
{
	const struct repository *only = NULL;
	struct keystore *ks;
	int rc = 0;

	if (name != NULL && (only = stores_named(&h->list, name, d)) == NULL)
		return -1;
	for (size_t i = 0; i < h->list.count && rc == 0; i++) {
		if (only != NULL && only != &h->list.item[i])
			continue;
		if (keystore_open(&ks, &h->list.item[i], d) == -1)
			return -1;
		rc = visit_store(h, ks, arg, d);
		keystore_close(ks);
	}
	return rc;
}

/* --- list ---------------------------------------------------------------- */

/* The headline has the count, so the rows are kept until it is known. */
struct listing {
	FILE *rows;
	size_t count, bad;
};

static int
list_store(struct hsmutil *h, struct keystore *ks, void *arg, struct diag *d)
{
	struct listing *l = arg;
	char hex[2 * KEY_ID_MAX + 1], type[32];
	struct key_entry e;

	for (size_t n = 0; n < keystore_count(ks); n++) {
		if (keystore_entry(ks, n, &e, d) == -1) {
			report_diag(d);
			l->bad++;
			(void)snprintf(type, sizeof(type), "unreadable");
		} else if (e.supported)
			hsmutil_type(e.kind, e.bits, type);
		else
			(void)snprintf(type, sizeof(type), "other");
		hex_encode(e.id, e.id_size, hex);
		(void)fprintf(l->rows, "%-20s  %-32s  %-10s%s%s\n",
		    keystore_name(ks), hex, type, h->verbose ? "  " : "",
		    h->verbose ? e.label : "");
		l->count++;
	}
	return 0;
}

int
verb_list(struct hsmutil *h, int argc, char **argv, struct diag *d)
{
	const char *name = argc == 1 ? argv[0] : NULL;
	struct listing l = { NULL, 0, 0 };
	char *rows = NULL;
	size_t size;
	int rc;

	if ((l.rows = open_memstream(&rows, &size)) == NULL)
		return diag_system(d, "list");
	rc = each(h, name, list_store, &l, d);
	if (fclose(l.rows) != 0 && rc == 0)
		rc = diag_system(d, "list");
	if (rc == 0) {
		stream_printf(h->out, "Listing keys in %s%s\n%zu key%s found."
		    "\n\n%-20s  %-32s  %-10s%s\n%-20s  %-32s  %-10s%s\n",
		    name != NULL ? "repository: " : "all repositories.",
		    name != NULL ? name : "", l.count, l.count == 1 ? "" : "s",
		    "Repository", "ID", "Type", h->verbose ? "  Label" : "",
		    "----------", "--", "----", h->verbose ? "  -----" : "");
		stream_puts(h->out, rows);
	}
	free(rows);
	if (rc == 0 && l.bad > 0)
		rc = diag_set(d, STATUS_BAD, "%zu keys cannot be read", l.bad);
	return rc;
}

/* --- info ---------------------------------------------------------------- */

static void
put_fact(struct hsmutil *h, const char *name, const char *value)
{
	if (*value != '\0')
		stream_printf(h->out, "\t%-14s%s\n", name, value);
}

static int
info_store(struct hsmutil *h, struct keystore *ks, void *arg, struct diag *d)
{
	const struct repository *r =
	    repository_find(&h->list, keystore_name(ks));
	struct keystore_info info;
	char keys[64];

	(void)arg;
	if (keystore_info(ks, &info, d) == -1)
		return -1;
	if (r != NULL && r->capacity != 0)
		(void)snprintf(keys, sizeof(keys), "%zu of %u",
		    keystore_count(ks), r->capacity);
	else
		(void)snprintf(keys, sizeof(keys), "%zu", keystore_count(ks));
	stream_printf(h->out, "Repository: %s\n", keystore_name(ks));
	put_fact(h, *info.label != '\0' ? "Module:" : "Folder:", info.module);
	put_fact(h, "Library:", info.library);
	put_fact(h, "Token:", info.label);
	put_fact(h, "Manufacturer:", info.manufacturer);
	put_fact(h, "Model:", info.model);
	put_fact(h, "Serial:", info.serial);
	put_fact(h, "Keys:", keys);
	return 0;
}

int
verb_info(struct hsmutil *h, int argc, char **argv, struct diag *d)
{
	return each(h, argc == 1 ? argv[0] : NULL, info_store, NULL, d);
}

/* --- login, logout ------------------------------------------------------- */

static int
login_store(struct hsmutil *h, struct keystore *ks, void *arg, struct diag *d)
{
	(void)arg;
	(void)d;
	stream_printf(h->out, "%s: the PIN is right.\n", keystore_name(ks));
	return 0;
}

/* There are no sessions between programs: login proves that the PIN works. */
int
verb_login(struct hsmutil *h, int argc, char **argv, struct diag *d)
{
	return each(h, argc == 1 ? argv[0] : NULL, login_store, NULL, d);
}

int
verb_logout(struct hsmutil *h, int argc, char **argv, struct diag *d)
{
	(void)argc;
	(void)argv;
	(void)d;
	stream_puts(h->out,
	    "Every program logs out as it ends: nothing to do.\n");
	return 0;
}
