/*
 * One master file as blocks of whole records, by read(2): pipes are as good as
 * files.  CR before a newline is dropped, a newline missing at the end added.
 */
#ifndef ZONEINPUT_H
#define ZONEINPUT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include "diag.h"

/* A record, comments and blanks inside it counted, is at most so long. */
#define ZONEINPUT_RECORD_MAX ((size_t)1024 * 1024)

enum zoneinput_piece {
	ZONEINPUT_END,
	ZONEINPUT_BLOCK,     /* whole records, comments, empty lines */
	ZONEINPUT_DIRECTIVE, /* one record that starts with '$' */
};

struct zoneinput;

/*
 * Open path; "-" is standard input, which is called stdin in messages.
 * -1: STATUS_BAD if it is not there or not a file, STATUS_SYSTEM.
 */
int zoneinput_open(struct zoneinput **out, const char *path, struct diag *d);

/*
 * The next piece (enum zoneinput_piece) and the number of its first line.
 * *text is valid until the next call.
 * -1, and then nothing more can be read: STATUS_SYSTEM for a failed read or a
 * file that changed while it was read, STATUS_BAD for a record without end.
 */
int zoneinput_next(struct zoneinput *in, const char **text, size_t *len,
    uint64_t *line, struct diag *d);

const char *zoneinput_name(const struct zoneinput *in);

/* Did the file start with a byte order mark?  It was skipped. */
bool zoneinput_had_mark(const struct zoneinput *in);

/* Is it that file?  A name for the same file counts. */
bool zoneinput_same(const struct zoneinput *in, dev_t dev, ino_t ino);
void zoneinput_id(const struct zoneinput *in, dev_t *dev, ino_t *ino);

void zoneinput_close(struct zoneinput *in); /* NULL is allowed */

#endif
