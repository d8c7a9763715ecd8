/* What the verbs of hsmutil share. */
#ifndef HSMUTIL_H
#define HSMUTIL_H

#include <stdbool.h>
#include <stdint.h>

#include "cli.h"
#include "keystore.h"
#include "keystore_admin.h"
#include "stores.h"
#include "stream.h"

struct hsmutil {
	struct stores_options stores;
	const char *id, *label;	 /* of a new key */
	const char *algorithm;	 /* dnskey */
	const char *flags;	 /* dnskey */
	bool ksk;		 /* dnskey */
	int64_t ttl;		 /* dnskey */
	struct cli_list ds;	 /* dnskey: digests */
	const char *so_pin_file; /* init */
	bool yes;		 /* purge */
	bool verbose;

	struct repository_list list;
	struct stream_out *out;
};

/* Each verb: operands behind the verb.  -1 with d; some findings are
 * reported as they come. */
int verb_list(struct hsmutil *h, int argc, char **argv, struct diag *d);
int verb_info(struct hsmutil *h, int argc, char **argv, struct diag *d);
int verb_login(struct hsmutil *h, int argc, char **argv, struct diag *d);
int verb_logout(struct hsmutil *h, int argc, char **argv, struct diag *d);
int verb_init(struct hsmutil *h, int argc, char **argv, struct diag *d);
int verb_generate(struct hsmutil *h, int argc, char **argv, struct diag *d);
int verb_import(struct hsmutil *h, int argc, char **argv, struct diag *d);
int verb_remove(struct hsmutil *h, int argc, char **argv, struct diag *d);
int verb_purge(struct hsmutil *h, int argc, char **argv, struct diag *d);
int verb_dnskey(struct hsmutil *h, int argc, char **argv, struct diag *d);
int verb_test(struct hsmutil *h, int argc, char **argv, struct diag *d);

/* The operand that is a CKA_ID in hex.  -1: STATUS_USAGE. */
int hsmutil_id(const char *text, uint8_t id[KEY_ID_MAX], size_t *size,
    struct diag *d);

/* "RSA/2048", "ECDSA/256", "Ed25519". */
void hsmutil_type(enum key_kind kind, unsigned bits, char buf[32]);

#endif
