/* DelegationSignerSubmitCommand of conf.xml. */
#ifndef KEYSTATE_DSCOMMAND_H
#define KEYSTATE_DSCOMMAND_H

#include "session.h"

/*
 * Run it through a shell for z: the DNSKEY records of the KSKs whose DS belong
 * into the parent on stdin, one a line, no comments; ZONE in its environment.
 * -1: it could not be run (STATUS_SYSTEM) or did not exit 0 (STATUS_BAD).
 */
int
dscommand_run(const struct session *s, const struct zone *z, struct diag *d);

#endif
