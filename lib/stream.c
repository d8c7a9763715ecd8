#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "stream.h"
#include "writeall.h"

#define BUFFER_START ((size_t)64 * 1024)
#define PIPE_SIZE    (1024 * 1024)

struct stream_in {
	int fd;
	char *name;
	char *buf;
	size_t size;	 /* of buf */
	size_t pos, end; /* unread bytes are buf[pos..end) */
	size_t line_max;
	uint64_t lines;
	int result; /* 1 while there is more, then the final answer */
	struct diag error;
};

struct stream_out {
	int fd;
	char *name;
	char *buf;
	size_t used;
	uint64_t bytes;
	int failed; /* errno of the first failure */
	void (*tap)(void *ctx, const void *bytes, size_t len);
	void *tap_ctx;
};

/*
 * A roomy pipe saves context switches; not getting it is no error.  What a
 * program opens by name is a file, one of thousands.
 */
static void
widen_pipe(int fd)
{
	if (fd <= STDERR_FILENO)
		(void)fcntl(fd, F_SETPIPE_SZ, PIPE_SIZE);
}

int
stream_in_open(struct stream_in **out, int fd, const char *name,
    size_t line_max, struct diag *d)
{
	struct stream_in *in;

	if ((in = calloc(1, sizeof(*in))) == NULL)
		goto fail;
	in->fd = fd;
	in->size = BUFFER_START;
	in->line_max = line_max;
	in->result = 1;
	in->name = strdup(name);
	in->buf = malloc(in->size);
	if (in->name == NULL || in->buf == NULL)
		goto fail;
	widen_pipe(fd);
	*out = in;
	return 0;
fail:
	diag_system(d, "%s", name);
	stream_in_close(in);
	return -1;
}

/* Make room behind the unread bytes, then read.  Like read(2). */
static ssize_t
refill(struct stream_in *in)
{
	ssize_t n;

	if (in->pos > 0) {
		memmove(in->buf, in->buf + in->pos, in->end - in->pos);
		in->end -= in->pos;
		in->pos = 0;
	}
	if (in->end == in->size) {
		char *grown = realloc(in->buf, in->size * 2);

		if (grown == NULL)
			return -1;
		in->buf = grown;
		in->size *= 2;
	}
	do {
		n = read(in->fd, in->buf + in->end, in->size - in->end);
	} while (n == -1 && errno == EINTR);
	if (n > 0)
		in->end += (size_t)n;
	/* Small files are read by now. */
	if (n == BUFFER_START)
		(void)posix_fadvise(in->fd, 0, 0, POSIX_FADV_SEQUENTIAL);
	return n;
}

static int
final(struct stream_in *in, int result, struct diag *d)
{
	in->result = result;
	if (result == -1 && d != NULL)
		*d = in->error;
	return result;
}

int
stream_in_line(struct stream_in *in, const char **line, size_t *len,
    struct diag *d)
{
	size_t seen = 0; /* bytes after pos known to hold no newline */

	if (in->result != 1)
		return final(in, in->result, d);
	for (;;) {
		const char *start = in->buf + in->pos;
		const size_t have = in->end - in->pos;
		const char *newline =
		    memchr(start + seen, '\n', have - seen);
		ssize_t n;

		if (newline != NULL && (size_t)(newline - start) <= in->line_max) {
			*line = start;
			*len = (size_t)(newline - start);
			in->pos += *len + 1;
			in->lines++;
			return 1;
		}
		if (newline != NULL || have > in->line_max) {
			diag_set(&in->error, STATUS_BAD,
			    "%s:%llu: line longer than %zu bytes", in->name,
			    (unsigned long long)in->lines + 1, in->line_max);
			return final(in, -1, d);
		}
		seen = have;
		if ((n = refill(in)) == -1) {
			diag_system(&in->error, "%s:%llu: read", in->name,
			    (unsigned long long)in->lines + 1);
			return final(in, -1, d);
		}
		if (n == 0 && have > 0) {
			diag_set(&in->error, STATUS_BAD,
			    "%s:%llu: ends without a newline: truncated",
			    in->name, (unsigned long long)in->lines + 1);
			return final(in, -1, d);
		}
		if (n == 0)
			return final(in, 0, d);
	}
}

uint64_t
stream_in_lines(const struct stream_in *in)
{
	return in->lines;
}

const char *
stream_in_name(const struct stream_in *in)
{
	return in->name;
}

void
stream_in_close(struct stream_in *in)
{
	if (in == NULL)
		return;
	if (in->fd > STDIN_FILENO)
		(void)close(in->fd);
	free(in->name);
	free(in->buf);
	free(in);
}

int
stream_out_open(struct stream_out **out, int fd, const char *name,
    struct diag *d)
{
	struct stream_out *so;

	if ((so = calloc(1, sizeof(*so))) == NULL ||
	    (so->name = strdup(name)) == NULL ||
	    (so->buf = malloc(BUFFER_START)) == NULL) {
		diag_system(d, "%s", name);
		stream_out_discard(so);
		return -1;
	}
	so->fd = fd;
	widen_pipe(fd);
	*out = so;
	return 0;
}

void
stream_out_tap(struct stream_out *out,
    void (*tap)(void *ctx, const void *bytes, size_t len), void *ctx)
{
	out->tap = tap;
	out->tap_ctx = ctx;
}

static void
put_out(struct stream_out *out, const char *bytes, size_t len)
{
	if (out->tap != NULL)
		out->tap(out->tap_ctx, bytes, len);
	if (out->failed == 0 && write_all(out->fd, bytes, len) == -1)
		out->failed = errno;
}

void
stream_write(struct stream_out *out, const void *bytes, size_t len)
{
	out->bytes += len;
	if (len > BUFFER_START - out->used) {
		put_out(out, out->buf, out->used);
		out->used = 0;
	}
	if (len >= BUFFER_START) {
		put_out(out, bytes, len);
		return;
	}
	memcpy(out->buf + out->used, bytes, len);
	out->used += len;
}

void
stream_puts(struct stream_out *out, const char *text)
{
	stream_write(out, text, strlen(text));
}

void
stream_printf(struct stream_out *out, const char *fmt, ...)
{
	char *text;
	va_list ap;
	int n;

	va_start(ap, fmt);
	n = vasprintf(&text, fmt, ap);
	va_end(ap);
	if (n == -1) {
		out->failed = ENOMEM;
		return;
	}
	stream_write(out, text, (size_t)n);
	free(text);
}

uint64_t
stream_out_bytes(const struct stream_out *out)
{
	return out->bytes;
}

int
stream_failed(const struct stream_out *out)
{
	return out->failed;
}

int
stream_flush(struct stream_out *out, struct diag *d)
{
	put_out(out, out->buf, out->used);
	out->used = 0;
	if (out->failed != 0) {
		errno = out->failed;
		return diag_system(d, "%s: write", out->name);
	}
	return 0;
}

int
stream_finish(struct stream_out *out, struct diag *d)
{
	const int rc = stream_flush(out, d);

	stream_out_discard(out);
	return rc;
}

void
stream_out_discard(struct stream_out *out)
{
	if (out == NULL)
		return;
	free(out->name);
	free(out->buf);
	free(out);
}
