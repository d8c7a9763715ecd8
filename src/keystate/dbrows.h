/*
 * The records of the three files: the columns of keys.db(5), and the model to
 * and from them.
 */
#ifndef KEYSTATE_DBROWS_H
#define KEYSTATE_DBROWS_H

#include "db.h"

enum { DB_KEYS, DB_ZONES, DB_POLICIES, DB_FILES };

struct dbrows {
	const char *name; /* of the file */
	const struct dbcolumn *columns;
	size_t count;
	/* One record (cut in place) into db and m. */
	int (*read)(
	    struct database *db, struct model *m, char *line, struct diag *d);
	/* All records, sorted; returns how many. */
	size_t (*write)(
	    const struct database *db, const struct model *m, struct textbuf *t);
};

#define DB_HISTORY "history.log"
#define DB_MODE	   0600 /* of every file */

/* In the order of reading: zones before their keys. */
extern const struct dbrows dbrows[DB_FILES];

/* Parse all records of f.  path is for messages. */
int dbrows_read(const struct dbrows *rows, struct database *db, struct model *m,
    struct dbfile *f, const char *path, struct diag *d);

/*
 * Header and records, from the columns line on, into t.
 * *records gets the count.
 */
void dbrows_write(const struct dbrows *rows, const struct database *db,
    const struct model *m, struct textbuf *t, size_t *records);

/* The whole file into t: dbrows_write() in the frame of keys.db(5). */
void dbrows_whole(const struct dbrows *rows, const struct database *db,
    const struct model *m, uint64_t commit, const char *extra,
    struct textbuf *t);

#endif
