/*
 * conf.xml without its RepositoryList, which is repository.h's
 * (interfaces §1, conf.xml(5)).  Durations are seconds.
 */
#ifndef CONF_H
#define CONF_H

#include <stdbool.h>
#include <stdint.h>

#include "xmlfile.h"

#define CONF_DEFAULT_PATH "/etc/opendnssec/conf.xml"
#define CONF_STATE_DIR	  "/var/opendnssec" /* where Datastore names none */

enum conf_datastore {
	CONF_NO_DATASTORE,
	CONF_FLATFILE, /* ours: the state directory */
	CONF_SQLITE,   /* accepted: the flat files live beside it */
	CONF_MYSQL,    /* accepted, not used */
};

/* Who a part ran as; strings are NULL where absent. */
struct conf_privileges {
	char *user, *group;
};

/* Strings are owned, NULL where the element is absent. */
struct conf {
	char *path; /* of conf.xml itself */

	char *facility; /* "daemon" when absent */
	uint32_t verbosity;
	char *policy_file;
	char *zonelist_file;
	char *zonefetch_file;

	struct conf_privileges enforcer, signer, auditor;
	enum conf_datastore datastore;
	char *datastore_path; /* SQLite file or state directory */
	int64_t interval;
	bool manual_key_generation;
	int64_t rollover_notification; /* -1: off */
	char *ds_submit_command;
	int64_t max_clock_step;

	char *working_directory; /* of the signer */
	char *tools_directory;
	uint32_t worker_threads;
	uint32_t signer_threads; /* 0: not stated */
	char *notify_command;
	char *auditor_directory;

	char *state_dir; /* where keys.db and its like live; never NULL */
	bool has_pin;	 /* a PIN stands in the file: others must not read it */
};

/*
 * Read and check the file against its schema.  The caller frees with
 * conf_free().  log: where all findings go, or NULL; d gets the first error.
 * -1: STATUS_USAGE or STATUS_SYSTEM.
 */
int conf_read(struct conf **out, const char *path, const struct xmllog *log,
    struct diag *d);

void conf_free(struct conf *conf);

#endif
