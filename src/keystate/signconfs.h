/*
 * The files that tell the signing side what to do: for each zone its signconf
 * and, beside it, the DNSKEY records that read-zone merges into the zone.
 */
#ifndef KEYSTATE_SIGNCONFS_H
#define KEYSTATE_SIGNCONFS_H

#include "session.h"

/* Texts that differ from what is on disk. */
struct signconfs {
	struct signconfs_file {
		struct zone *zone;
		char *text; /* NULL: the signconf is right */
		size_t len;
		char *dnskeys; /* NULL: that file is right; "": remove it */
		size_t dnskeys_len;
		bool failed; /* could not be made: the old one stays */
	} * file;
	size_t count;
	size_t failed;
};

/*
 * Compose the files of only (NULL: all zones in use) and compare them with the
 * disk; the engine is told the ids.  A zone whose file cannot be made is
 * reported ("Signconf not written") and counted.  -1: STATUS_SYSTEM.
 */
int signconfs_compose(struct signconfs *sc, struct session *s,
    const struct zone *only, struct diag *d);

/* Write what was composed; failures are reported and counted. */
void signconfs_write(struct signconfs *sc);

void signconfs_clear(struct signconfs *sc);

#endif
