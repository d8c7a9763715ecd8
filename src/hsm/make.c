/* hsmutil init, generate, import, remove, purge. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "hex.h"
#include "hsmutil.h"
#include "number.h"
#include "pin.h"
#include "report.h"

/* --- init ---------------------------------------------------------------- */

/* Into *own what is to be wiped, into *pin what counts. */
static int
user_pin(const struct repository *r, char **own, const char **pin,
    struct diag *d)
{
	if ((*pin = r->pin) != NULL)
		return 0;
	if ((r->pin_file != NULL ? pin_from_file(own, r->pin_file, d)
				 : pin_from_terminal(own, r->name, d)) == -1)
		return -1;
	*pin = *own;
	return 0;
}

int
verb_init(struct hsmutil *h, int argc, char **argv, struct diag *d)
{
	const struct repository *r =
	    stores_named(&h->list, argc == 1 ? argv[0] : NULL, d);
	char *own_pin = NULL, *own_so = NULL;
	const char *pin = "", *so_pin;
	bool made;
	int rc = -1;

	if (r == NULL)
		return -1;
	if (r->directory == NULL && user_pin(r, &own_pin, &pin, d) == -1)
		return -1;
	so_pin = pin;
	if (h->so_pin_file != NULL) {
		if (pin_from_file(&own_so, h->so_pin_file, d) == -1)
			goto out;
		so_pin = own_so;
	}
	if (keystore_create(r, so_pin, pin, &made, d) == -1)
		goto out;
	stream_printf(h->out, "%s: %s\n", r->name,
	    made ? "made." : "is there already, left as it is.");
	rc = 0;
out:
	pin_free(own_pin);
	pin_free(own_so);
	return rc;
}

/* --- generate, import ---------------------------------------------------- */

/* What may stand for a kind of key; bits 0: must be given. */
static const struct {
	const char *name;
	unsigned bits_given;
	enum key_kind kind;
	unsigned bits;
} kinds[] = {
	{ "rsa", 0, KEY_RSA, 0 },
	{ "ecdsa", 256, KEY_P256, 256 },
	{ "ecdsa", 384, KEY_P384, 384 },
	{ "p256", 1, KEY_P256, 256 },
	{ "p-256", 1, KEY_P256, 256 },
	{ "p384", 1, KEY_P384, 384 },
	{ "p-384", 1, KEY_P384, 384 },
	{ "ed25519", 1, KEY_ED25519, 256 },
	{ "ed448", 1, KEY_ED448, 456 },
};

/* bits_given: 0 any, 1 none, else just that. */
static int
parse_kind(const char *name, const char *bits_text, struct key_spec *spec,
    struct diag *d)
{
	uint32_t bits = 0;

	if (bits_text != NULL &&
	    number_u32(bits_text, strlen(bits_text), 65536, &bits) == -1)
		return diag_set(d, STATUS_USAGE, "'%s': not a key size",
		    bits_text);
	for (size_t i = 0; i < sizeof(kinds) / sizeof(kinds[0]); i++) {
		if (strcasecmp(kinds[i].name, name) != 0)
			continue;
		if (kinds[i].bits_given > 1 && kinds[i].bits_given != bits)
			continue;
		if (kinds[i].bits_given == 1 && bits_text != NULL)
			continue;
		if (kinds[i].bits_given == 0 && bits_text == NULL)
			continue;
		spec->kind = kinds[i].kind;
		spec->bits = kinds[i].bits != 0 ? kinds[i].bits : bits;
		return 0;
	}
	return diag_set(d, STATUS_USAGE, "no kind of key '%s%s%s': rsa BITS, "
	    "ecdsa 256, ecdsa 384, ed25519 or ed448", name,
	    bits_text != NULL ? " " : "", bits_text != NULL ? bits_text : "");
}

static bool
is_kind(const char *name)
{
	for (size_t i = 0; i < sizeof(kinds) / sizeof(kinds[0]); i++)
		if (strcasecmp(kinds[i].name, name) == 0)
			return true;
	return false;
}

static int
start_spec(const struct hsmutil *h, struct key_spec *spec,
    uint8_t id[KEY_ID_MAX], struct diag *d)
{
	memset(spec, 0, sizeof(*spec));
	spec->label = h->label;
	if (h->id == NULL)
		return 0;
	spec->id = id;
	return hsmutil_id(h->id, id, &spec->id_size, d);
}

/* Open the repository; with many, the first operand names it. */
static int
open_named(struct hsmutil *h, const char *name, struct keystore **out,
    struct diag *d)
{
	const struct repository *r = stores_named(&h->list, name, d);

	return r == NULL ? -1 : keystore_open(out, r, d);
}

static void
tell_id(struct hsmutil *h, const uint8_t *id, size_t size)
{
	char hex[2 * KEY_ID_MAX + 1];

	hex_encode(id, size, hex);
	stream_printf(h->out, "%s\n", hex);
}

int
verb_generate(struct hsmutil *h, int argc, char **argv, struct diag *d)
{
	uint8_t wanted[KEY_ID_MAX], id[KEY_ID_MAX];
	const char *name = NULL;
	struct key_spec spec;
	struct keystore *ks;
	size_t size;
	int rc = -1;

	/* A first operand that is no kind of key names the repository. */
	if (argc == 3 || !is_kind(argv[0])) {
		name = *argv++;
		argc--;
	}
	if (argc == 0)
		return diag_set(d, STATUS_USAGE, "generate %s: which kind of "
		    "key? try --help", name);
	if (start_spec(h, &spec, wanted, d) == -1 ||
	    parse_kind(argv[0], argc == 2 ? argv[1] : NULL, &spec, d) == -1 ||
	    open_named(h, name, &ks, d) == -1)
		return -1;
	if (keystore_generate(ks, &spec, id, &size, d) == 0) {
		tell_id(h, id, size);
		rc = 0;
	}
	keystore_close(ks);
	return rc;
}

int
verb_import(struct hsmutil *h, int argc, char **argv, struct diag *d)
{
	const char *name = argc == 2 ? argv[0] : NULL;
	uint8_t wanted[KEY_ID_MAX], id[KEY_ID_MAX];
	const struct algorithm *alg;
	struct key_spec spec;
	struct keystore *ks;
	size_t size;
	int rc = -1;

	if (start_spec(h, &spec, wanted, d) == -1 ||
	    open_named(h, name, &ks, d) == -1)
		return -1;
	if (keystore_import(ks, argv[argc - 1], &spec, id, &size, NULL, &alg,
		d) == 0) {
		tell_id(h, id, size);
		if (alg != NULL)
			report_info("%s: for algorithm %u (%s)",
			    argv[argc - 1], alg->number, alg->mnemonic);
		rc = 0;
	}
	keystore_close(ks);
	return rc;
}

/* --- remove, purge ------------------------------------------------------- */

int
verb_remove(struct hsmutil *h, int argc, char **argv, struct diag *d)
{
	uint8_t id[KEY_ID_MAX];
	struct keystore *ks;
	size_t size;
	int rc;

	(void)argc;
	if (hsmutil_id(argv[0], id, &size, d) == -1 ||
	    stores_holding(&ks, &h->list, id, size, d) == -1)
		return -1;
	rc = keystore_remove(ks, id, size, d);
	if (rc == 0)
		stream_printf(h->out, "%s: key removed: %s\n",
		    keystore_name(ks), argv[0]);
	keystore_close(ks);
	return rc;
}

/* An answer that begins with "yes", in any case. */
static bool
agreed(const struct keystore *ks)
{
	char answer[64];

	(void)fprintf(stderr, "Remove all %zu keys of repository %s? "
	    "They cannot be got back. (YES/NO) ", keystore_count(ks),
	    keystore_name(ks));
	(void)fflush(stderr);
	return fgets(answer, sizeof(answer), stdin) != NULL &&
	    strncasecmp(answer, "yes", 3) == 0;
}

/* Goes on after a failure; says how many there were. */
static int
remove_all(struct hsmutil *h, struct keystore *ks, struct diag *d)
{
	size_t removed = 0, failed = 0;
	struct key_entry e;

	while (failed < keystore_count(ks)) {
		/* A key that cannot be read can be removed all the same. */
		(void)keystore_entry(ks, failed, &e, NULL);
		if (keystore_remove(ks, e.id, e.id_size, d) == -1) {
			report_diag(d);
			failed++;
		} else
			removed++;
	}
	stream_printf(h->out, "%s: %zu keys removed, %zu failed.\n",
	    keystore_name(ks), removed, failed);
	if (failed > 0)
		return diag_set(d, STATUS_SYSTEM,
		    "%s: %zu keys could not be removed", keystore_name(ks),
		    failed);
	return 0;
}

int
verb_purge(struct hsmutil *h, int argc, char **argv, struct diag *d)
{
	struct keystore *ks;
	int rc = -1;

	if (open_named(h, argc == 1 ? argv[0] : NULL, &ks, d) == -1)
		return -1;
	if (keystore_count(ks) == 0)
		diag_set(d, STATUS_BAD, "%s: holds no keys",
		    keystore_name(ks));
	else if (!h->yes && !agreed(ks))
		diag_set(d, STATUS_BAD, "%s: nothing removed",
		    keystore_name(ks));
	else
		rc = remove_all(h, ks, d);
	keystore_close(ks);
	return rc;
}
