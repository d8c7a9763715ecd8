/*
 * Changes of zonelist.xml together with the database, or not at all.
 *
 * The new text is put beside the database as zonelist.pending, and its digest
 * into the database with the other changes of that commit; then it is put in
 * place and the digest taken out.  After a crash the digest tells whether the
 * commit happened: then the text is put in place, else it is dropped.
 */
#ifndef KEYSTATE_ZONEEDIT_H
#define KEYSTATE_ZONEEDIT_H

#include "conf.h"
#include "db.h"

#define ZONEEDIT_PENDING "zonelist.pending"

/* Read zonelist.xml as text (malloc'd, NUL terminated). */
int zoneedit_text(const char *path, char **text, size_t *len, struct diag *d);

/*
 * Commit m together with the new text of zonelist.xml; the one before stays as
 * zonelist.xml.backup.  -1: nothing changed, unless the text says so.
 */
int zoneedit_commit(struct database *db, const struct model *m,
    const struct conf *conf, const char *text, size_t len, struct diag *d);

/* Finish, or undo, what a crash left. */
int zoneedit_recover(struct database *db, const struct model *m,
    const struct conf *conf, struct diag *d);

#endif
