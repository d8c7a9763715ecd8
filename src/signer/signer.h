/*
 * One zone after the other through the stream: sets are put together, what is
 * authoritative is found, kept or sent to be signed (RFC 4035 §2.2).
 */
#ifndef SIGNER_H
#define SIGNER_H

#include "cli.h"
#include "keyring.h"
#include "pool.h"
#include "repository.h"
#include "signkeys.h"
#include "times.h"

/* The command line. */
struct signer_options {
	struct times times; /* now is set by the frame */
	struct cli_list ksk, zsk;
	const char *signconf;	     /* file, or NULL */
	const char *conf;	     /* conf.xml: where signconf's keys live */
	const char *pin_file;
	const char *previous, *previous_digest;
	const char *only;	     /* a type, or NULL */
	const char *seed;
	uint32_t jobs;
	bool immediate, no_verify, report, progress;
	struct key_rules rules;
};

struct signer;

/*
 * Read what the options name, ask for PINs, fork the workers, open and fetch
 * the keys of the command line.  batch: paths of zone headers may be used.
 * -1: STATUS_USAGE, STATUS_BAD, STATUS_SYSTEM.
 */
int signer_new(struct signer **out, const struct signer_options *o, bool batch,
    struct diag *d);

/* For zonetext_filter(), with the signer as ctx. */
extern const struct zonetext_ops signer_ops;

/* End the workers.  -1: one of them failed.  NULL is allowed. */
int signer_free(struct signer *s, struct diag *d);

#endif
