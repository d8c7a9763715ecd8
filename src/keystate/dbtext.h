/*
 * The text of the database files (keys.db(5)): lines and fields, and one table
 * of columns that serves reading and writing.
 */
#ifndef KEYSTATE_DBTEXT_H
#define KEYSTATE_DBTEXT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "diag.h"
#include "textbuf.h"

/* ---- writing ---- */

/* YYYYMMDDHHMMSS, or "-" for 0. */
void dbtext_moment(struct textbuf *t, int64_t moment);
/* With %XX; NULL is "-". */
void dbtext_name(struct textbuf *t, const char *s);

/* ---- columns ---- */

enum dbcolumn_type {
	DBCOLUMN_NAME,	 /* char *: malloc'd, NULL for "-" */
	DBCOLUMN_MOMENT, /* int64_t: 0 for "-" */
	DBCOLUMN_U8,	 /* uint8_t, "0" for 0 */
	DBCOLUMN_U16,
	DBCOLUMN_U32,
	DBCOLUMN_BOOL,	 /* bool: 0 or 1 */
	DBCOLUMN_CUSTOM, /* the functions below */
};

struct dbcolumn {
	const char *name;
	enum dbcolumn_type type;
	unsigned base; /* which of the structs */
	size_t offset;
	/* DBCOLUMN_CUSTOM.  read: -1 if malformed. */
	int (*read)(const char *field, size_t len, void *to);
	void (*write)(struct textbuf *t, const void *from);
};

/*
 * A line (cut at its tabs, in place) into the structs, which are zeroed.
 * -1: STATUS_BAD "column NAME: 'FIELD' is not ..."; what was read so far is
 * the caller's to free.
 */
int dbcolumns_read(const struct dbcolumn *columns, size_t count, char *line,
    void *const *bases, struct diag *d);

/* The line of the structs, with its newline. */
void dbcolumns_write(const struct dbcolumn *columns, size_t count,
    struct textbuf *t, const void *const *bases);

/* ";zone<TAB>type<TAB>..." and a newline. */
void dbcolumns_header(
    const struct dbcolumn *columns, size_t count, struct textbuf *t);

/* One field by itself.  -1: malformed. */
int dbfield_moment(const char *field, size_t len, int64_t *to);
int dbfield_name(const char *field, size_t len, char **to);

/* ---- whole files ---- */

/* A file in memory, its frame checked. */
struct dbfile {
	char *text; /* NUL terminated */
	size_t len;
	uint64_t commit;
	char *extra; /* lines ";file ..." behind ";commit", or "" */
	char *body;  /* the first record */
	char *body_end;
	uint64_t body_line; /* its line number */
	uint64_t records;
	char
	    digest[65]; /* SHA-256 of header and records: what commit changes */
};

/*
 * Read DIR/NAME (suffix "" or ".previous") and check its frame: name, version,
 * commit, columns, end line and count.
 * 1: read; 0: there is no such file; -1: STATUS_BAD (damaged, "PATH:LINE:"),
 * STATUS_USAGE (of a later version), STATUS_SYSTEM.
 */
int dbfile_read(struct dbfile *f, const char *dir, const char *name,
    const char *suffix, const struct dbcolumn *columns, size_t count,
    struct diag *d);
void dbfile_free(struct dbfile *f);

/*
 * As dbfile_read() from bytes (a backup); path is for messages and bytes are
 * taken over, also on failure.
 */
int dbfile_parse(struct dbfile *f, char *bytes, size_t len, const char *path,
    const char *name, const struct dbcolumn *columns, size_t count,
    struct diag *d);

#endif
