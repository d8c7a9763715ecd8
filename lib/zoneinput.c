#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "zoneinput.h"
#include "zonelexer.h"

#define BUFFER_START ((size_t)128 * 1024)

struct zoneinput {
	int fd;
	char *name;
	struct stat at_open;
	char *buf;
	size_t size;
	size_t pos, end; /* unread is buf[pos..end) */
	size_t piece;	 /* length of what the caller has, behind pos */
	uint64_t line;	 /* of pos */
	uint64_t piece_lines;
	/* How far the search for the end of a record at pos has come. */
	size_t seen;
	uint64_t seen_lines;
	unsigned depth;
	bool held_cr; /* the last read ended with a CR */
	bool eof, started, had_mark;
};

/* What a person must mend (a wrong path), as against what may pass. */
static enum status
open_status(int error)
{
	switch (error) {
	case ENOENT:
	case ENOTDIR:
	case EISDIR:
	case EACCES:
	case ELOOP:
	case ENAMETOOLONG:
		return STATUS_BAD;
	default:
		return STATUS_SYSTEM;
	}
}

int
zoneinput_open(struct zoneinput **out, const char *path, struct diag *d)
{
	struct zoneinput *in = calloc(1, sizeof(*in));
	const bool is_stdin = strcmp(path, "-") == 0;

	if (in == NULL)
		return diag_system(d, "%s", path);
	in->fd = is_stdin ? STDIN_FILENO : open(path, O_RDONLY | O_CLOEXEC);
	if (in->fd == -1 || fstat(in->fd, &in->at_open) == -1) {
		const enum status status = open_status(errno);

		diag_system(d, "%s", path);
		if (d != NULL)
			d->status = status;
		goto fail;
	}
	if (S_ISDIR(in->at_open.st_mode)) {
		diag_set(d, STATUS_BAD, "%s: is a folder", path);
		goto fail;
	}
	in->size = BUFFER_START;
	in->name = strdup(is_stdin ? "stdin" : path);
	in->buf = malloc(in->size);
	if (in->name == NULL || in->buf == NULL) {
		diag_system(d, "%s", path);
		goto fail;
	}
	if (in->at_open.st_size > (off_t)in->size)
		(void)posix_fadvise(in->fd, 0, 0, POSIX_FADV_SEQUENTIAL);
	in->line = 1;
	*out = in;
	return 0;
fail:
	zoneinput_close(in);
	return -1;
}

/* RFC 1035 knows CR LF; the CR goes.  One alone stays, for the scanner to
 * refuse.  Works on buf[from..in->end). */
static void
drop_cr(struct zoneinput *in, size_t from)
{
	char *p = memchr(in->buf + from, '\r', in->end - from), *to = p;

	if (p == NULL)
		return;
	for (const char *end = in->buf + in->end; p < end; p++)
		if (*p != '\r' || (p + 1 < end && p[1] != '\n'))
			*to++ = *p;
		else if (p + 1 == end)
			in->held_cr = true;
	in->end = (size_t)(to - in->buf);
}

/* The file must be what it was: a mix of two versions is neither. */
static int
check_unchanged(struct zoneinput *in, struct diag *d)
{
	struct stat now;

	if (fstat(in->fd, &now) == -1)
		return diag_system(d, "%s", in->name);
	if (S_ISREG(now.st_mode) &&
	    (now.st_size != in->at_open.st_size ||
		now.st_mtim.tv_sec != in->at_open.st_mtim.tv_sec ||
		now.st_mtim.tv_nsec != in->at_open.st_mtim.tv_nsec))
		return diag_set(d, STATUS_SYSTEM,
		    "%s: changed while it was read: run again", in->name);
	return 0;
}

/* Room for a record that may yet come whole. */
static int
make_room(struct zoneinput *in, struct diag *d)
{
	char *grown;

	if (in->pos > 0) {
		memmove(in->buf, in->buf + in->pos, in->end - in->pos);
		in->end -= in->pos;
		in->pos = 0;
	}
	if (in->size - in->end >= 2)
		return 0;
	if (in->size >= ZONEINPUT_RECORD_MAX)
		return diag_set(d, STATUS_BAD,
		    "%s:%llu: a record without end within %zu bytes: is a "
		    "parenthesis open? (RFC 1035 §5.1)",
		    in->name, (unsigned long long)in->line,
		    ZONEINPUT_RECORD_MAX);
	if ((grown = realloc(in->buf, in->size * 2)) == NULL)
		return diag_system(d, "%s", in->name);
	in->buf = grown;
	in->size *= 2;
	return 0;
}

static int
refill(struct zoneinput *in, struct diag *d)
{
	size_t from;
	ssize_t n;

	if (make_room(in, d) == -1)
		return -1;
	from = in->end;
	if (in->held_cr)
		in->buf[in->end++] = '\r';
	do {
		n = read(in->fd, in->buf + in->end, in->size - in->end);
	} while (n == -1 && errno == EINTR);
	if (n == -1)
		return diag_system(d, "%s:%llu: read", in->name,
		    (unsigned long long)in->line);
	if (n == 0) {
		in->eof = true;
		in->end = from; /* a CR held goes with the newline */
		if (in->end > in->pos && in->buf[in->end - 1] != '\n')
			in->buf[in->end++] = '\n';
		return check_unchanged(in, d);
	}
	in->end += (size_t)n;
	in->held_cr = false;
	drop_cr(in, from);
	return 0;
}

/* A byte order mark is no part of the first owner's name. */
static bool
skip_mark(struct zoneinput *in)
{
	if (in->started)
		return false;
	in->started = true;
	if (in->piece < 3 || memcmp(in->buf + in->pos, "\xef\xbb\xbf", 3) != 0)
		return false;
	in->had_mark = true;
	in->pos += 3;
	in->piece = 0;
	in->piece_lines = 0;
	return true;
}

/*
 * Go on from in->seen over whole lines.  Returns the length of a piece that is
 * complete, or 0.  Only an open parenthesis joins lines: where a line has
 * none, its quotes and comments need no look.
 */
static size_t
find_piece(struct zoneinput *in)
{
	const char *start = in->buf + in->pos, *p = start + in->seen;
	const char *end = in->buf + in->end;
	const char *paren = memchr(p, '(', (size_t)(end - p));
	size_t whole = 0;
	uint64_t whole_lines = 0;

	while (p < end) {
		const char *newline = memchr(p, '\n', (size_t)(end - p));

		if (newline == NULL)
			break;
		if (in->depth == 0 && *p == '$' && whole > 0)
			break; /* the records before it first */
		if (in->depth > 0 || (paren != NULL && paren < newline)) {
			in->depth = zonelexer_depth(in->depth, p,
			    (size_t)(newline - p));
			if (paren != NULL && paren < newline)
				paren = memchr(newline, '(',
				    (size_t)(end - newline));
		}
		p = newline + 1;
		in->seen_lines++;
		if (in->depth > 0)
			continue;
		whole = (size_t)(p - start);
		whole_lines = in->seen_lines;
		if (*start == '$')
			break;
	}
	if (whole > 0) {
		in->piece_lines = whole_lines;
		return whole;
	}
	in->seen = (size_t)(p - start);
	return 0;
}

int
zoneinput_next(struct zoneinput *in, const char **text, size_t *len,
    uint64_t *line, struct diag *d)
{
	in->pos += in->piece;
	in->line += in->piece_lines;
	in->piece = 0;
	in->piece_lines = 0;
	in->seen = 0;
	in->seen_lines = 0;
	in->depth = 0;
	while ((in->piece = find_piece(in)) == 0) {
		if (in->eof && in->pos == in->end)
			return ZONEINPUT_END;
		if (in->eof) {
			/* '(' is still open: let the words of it say so. */
			in->piece = in->end - in->pos;
			in->piece_lines = in->seen_lines;
			break;
		}
		if (refill(in, d) == -1)
			return -1;
	}
	if (skip_mark(in)) /* a directive may stand behind it */
		return zoneinput_next(in, text, len, line, d);
	*text = in->buf + in->pos;
	*len = in->piece;
	*line = in->line;
	return **text == '$' ? ZONEINPUT_DIRECTIVE : ZONEINPUT_BLOCK;
}

const char *
zoneinput_name(const struct zoneinput *in)
{
	return in->name;
}

bool
zoneinput_had_mark(const struct zoneinput *in)
{
	return in->had_mark;
}

bool
zoneinput_same(const struct zoneinput *in, dev_t dev, ino_t ino)
{
	return in->at_open.st_dev == dev && in->at_open.st_ino == ino;
}

void
zoneinput_id(const struct zoneinput *in, dev_t *dev, ino_t *ino)
{
	*dev = in->at_open.st_dev;
	*ino = in->at_open.st_ino;
}

void
zoneinput_close(struct zoneinput *in)
{
	if (in == NULL)
		return;
	if (in->fd > STDIN_FILENO)
		(void)close(in->fd);
	free(in->name);
	free(in->buf);
	free(in);
}
