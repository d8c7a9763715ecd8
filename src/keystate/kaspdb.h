/*
 * A kasp.db of OpenDNSSEC 1.0 to 1.4 (interfaces §6, Database), read through
 * SQLite.  1.0 and 1.1 keep a key's state with the key pair, later ones with
 * the key of a zone: which it is the columns tell.
 */
#ifndef KEYSTATE_KASPDB_H
#define KEYSTATE_KASPDB_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "diag.h"

/* A row of dnsseckeys with its key pair, or a key pair that no zone uses. */
struct kaspdb_key {
	char *zone;	  /* NULL: of no zone */
	char *policy;	  /* name */
	char *repository; /* name */
	char *id;	  /* CKA_ID, lower case */
	int flags;	  /* 256, 257; 0 for a pair of no zone */
	int algorithm, bits;
	int state; /* 1 to 10, interfaces §6 */
	/* Moments; 0: none.  DS states use publish and ready. */
	int64_t generate, publish, ready, active, retire, dead, backup;
	bool fixed; /* the retire date is not the policy's */
	bool compromised;
};

struct kaspdb_salt {
	char *policy;
	char *salt; /* hex, or "-" */
	int64_t made;
};

struct kaspdb {
	struct kaspdb_key *key;
	size_t key_count;
	struct kaspdb_salt *salt;
	size_t salt_count;
};

/* -1: STATUS_USAGE (not such a database), STATUS_SYSTEM. */
int kaspdb_read(struct kaspdb **out, const char *path, struct diag *d);
void kaspdb_free(struct kaspdb *db);

#endif
