/*
 * The token lock (DESIGN §3).  SoftHSM rewrites token.object at login, and a
 * program that starts meanwhile reads it half-written; so every program holds
 * this lock from loading the module to the end of C_Login.
 *
 * One file per module (its real path): what names a token differs from caller
 * to caller (label, serial, slot), and loading the module reads all tokens.
 * It stands in $ZONEPIPE_LOCKDIR, which must then exist; else in
 * /run/lock/zonepipe, which an administrator makes for the users that share
 * tokens (root's, mode 0770 or 2770, their group; a program run by root makes
 * it 0755 where it is missing); else in a folder of the user's own,
 * /run/lock/zonepipe-UID or /tmp/zonepipe-UID.  It does not depend on the
 * session: cron and a shell must find the same.  A folder that others than its
 * group may write to, or that is neither root's nor the user's, is refused,
 * and links are not followed.
 */
#ifndef KEYLOCK_H
#define KEYLOCK_H

#include "diag.h"

/*
 * Wait at most a minute, then hold.  *fd is the caller's, for keylock_release.
 * -1: STATUS_SYSTEM.
 */
int keylock_acquire(int *fd, const char *module, struct diag *d);

void keylock_release(int fd); /* -1 is allowed */

#endif
