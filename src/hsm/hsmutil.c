/* hsmutil(1): key stores by hand. */
#include <string.h>
#include <strings.h>
#include <unistd.h>

#include "hex.h"
#include "hsmutil.h"
#include "report.h"

struct verb {
	const char *name;
	int min, max; /* operands */
	int (*run)(struct hsmutil *h, int argc, char **argv, struct diag *d);
	const char *operands; /* for the message when the count is wrong */
	bool needs_stores;
};

static const struct verb verbs[] = {
	{ "list", 0, 1, verb_list, "[REPO]", true },
	{ "info", 0, 1, verb_info, "[REPO]", true },
	{ "login", 0, 1, verb_login, "[REPO]", true },
	{ "logout", 0, 1, verb_logout, "[REPO]", false },
	{ "init", 0, 1, verb_init, "[REPO]", true },
	{ "generate", 1, 3, verb_generate,
	    "[REPO] rsa BITS | ecdsa 256|384 | ed25519 | ed448", true },
	{ "import", 1, 2, verb_import, "[REPO] FILE", true },
	{ "remove", 1, 1, verb_remove, "ID", true },
	{ "purge", 0, 1, verb_purge, "REPO", true },
	{ "dnskey", 2, 4, verb_dnskey, "ID|KEY OWNER [TYPE [ALG]]", false },
	{ "test", 0, 1, verb_test, "[REPO]", true },
};

#define VERBS (sizeof(verbs) / sizeof(verbs[0]))

int
hsmutil_id(const char *text, uint8_t id[KEY_ID_MAX], size_t *size,
    struct diag *d)
{
	if (hex_decode(text, strlen(text), id, KEY_ID_MAX, size) == -1 ||
	    *size == 0)
		return diag_set(d, STATUS_USAGE,
		    "'%.140s': a key's id is 1 to %d octets in hex, a "
		    "key file is file:PATH", text,
		    KEY_ID_MAX);
	return 0;
}

void
hsmutil_type(enum key_kind kind, unsigned bits, char buf[32])
{
	if (kind == KEY_ED25519 || kind == KEY_ED448)
		(void)snprintf(buf, 32, "%s", key_kind_name(kind));
	else
		(void)snprintf(buf, 32, "%s/%u", key_kind_name(kind), bits);
}

static const struct verb *
find_verb(int argc, char **argv, struct diag *d)
{
	if (argc == 0) {
		diag_set(d, STATUS_USAGE, "no verb; try --help");
		return NULL;
	}
	for (size_t i = 0; i < VERBS; i++) {
		const struct verb *v = &verbs[i];

		if (strcasecmp(v->name, argv[0]) != 0)
			continue;
		if (argc - 1 >= v->min && argc - 1 <= v->max)
			return v;
		diag_set(d, STATUS_USAGE, "usage: hsmutil %s %s", v->name,
		    v->operands);
		return NULL;
	}
	diag_set(d, STATUS_USAGE, "no verb '%s'; try --help", argv[0]);
	return NULL;
}

static int
run(struct hsmutil *h, int argc, char **argv, struct diag *d)
{
	const struct verb *v = find_verb(argc, argv, d);
	int rc;

	if (v == NULL)
		return -1;
	if (v->needs_stores && stores_select(&h->list, &h->stores, d) == -1)
		return -1;
	if (stream_out_open(&h->out, STDOUT_FILENO, "stdout", d) == -1)
		return -1;
	rc = v->run(h, argc - 1, argv + 1, d);
	/* What was found out before an error is worth showing. */
	if (stream_finish(h->out, rc == 0 ? d : NULL) == -1)
		rc = -1;
	return rc;
}

int
main(int argc, char **argv)
{
	struct hsmutil h = { .ttl = 3600 };
	const struct cli_option options[] = {
		{ 0, NULL, CLI_HEADING, NULL, NULL,
		    "list|info|login|init|test [REPO]; purge REPO; remove ID; "
		    "import [REPO] FILE" },
		{ 0, NULL, CLI_HEADING, NULL, NULL,
		    "  generate [REPO] rsa BITS | ecdsa 256 | ecdsa 384 | "
		    "ed25519 | ed448" },
		{ 0, NULL, CLI_HEADING, NULL, NULL,
		    "  dnskey ID|[ALG:]pkcs11:...|[ALG:]file:PATH OWNER "
		    "[TYPE [ALG]]" },
		{ 'c', "config", CLI_TEXT, &h.stores.conf, "FILE",
		    "repositories of this conf.xml" },
		{ 0, "module", CLI_TEXT, &h.stores.module, "FILE",
		    "or this PKCS#11 module (SoftHSM)" },
		{ 0, "token", CLI_TEXT, &h.stores.token, "LABEL",
		    "and this token: label or pkcs11: URI" },
		{ 0, "dir", CLI_TEXT, &h.stores.directory, "FOLDER",
		    "or this folder of key files" },
		{ 0, "pin-file", CLI_TEXT, &h.stores.pin_file, "FILE",
		    "first line is the PIN (else: asked)" },
		{ 0, "so-pin-file", CLI_TEXT, &h.so_pin_file, "FILE",
		    "init: security officer's PIN" },
		{ 0, "id", CLI_TEXT, &h.id, "HEX",
		    "generate, import: CKA_ID (random)" },
		{ 0, "label", CLI_TEXT, &h.label, "TEXT",
		    "generate, import: CKA_LABEL (the id)" },
		{ 'a', "algorithm", CLI_TEXT, &h.algorithm, "ALG",
		    "dnskey: number or mnemonic (RSA: 8)" },
		{ 'k', "ksk", CLI_FLAG, &h.ksk, NULL,
		    "dnskey: flags 257 (else 256)" },
		{ 0, "flags", CLI_TEXT, &h.flags, "N", "dnskey: other flags" },
		{ 0, "ttl", CLI_DURATION, &h.ttl, "D", "dnskey: TTL (3600)" },
		{ 0, "ds", CLI_LIST, &h.ds, "DIGEST",
		    "dnskey: DS of digest 1, 2 or 4" },
		{ 'y', "yes", CLI_FLAG, &h.yes, NULL, "purge: do not ask" },
		{ 'v', "verbose", CLI_FLAG, &h.verbose, NULL, "say more" },
		{ 0, NULL, CLI_HEADING, NULL, NULL, NULL },
	};
	const struct cli cli = { "hsmutil", "[OPTION...] VERB [OPERAND...]",
		"Look after the keys in PKCS#11 tokens and key files.",
		options, NULL };
	struct diag d = { STATUS_OK, "" };
	int first, rc;

	report_open("hsmutil");
	first = cli_parse(&cli, argc, argv, &d);
	if (first == CLI_DONE)
		return STATUS_OK;
	if (h.verbose)
		report_verbosity(2);
	rc = first == -1 ? -1 : run(&h, argc - first, argv + first, &d);
	repository_list_free(&h.list);
	cli_list_free(&h.ds);
	return rc == 0 ? STATUS_OK : (int)report_diag(&d);
}
