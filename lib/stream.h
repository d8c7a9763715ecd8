/*
 * Bytes in and out: read(2) and write(2) with a buffer, where every error,
 * short write and early end is seen (STYLE 1, 3).
 */
#ifndef STREAM_H
#define STREAM_H

#include <stddef.h>
#include <stdint.h>

#include "diag.h"

struct stream_in;
struct stream_out;

/*
 * Read from fd, which the stream owns from now on.  name is for messages and
 * is copied.  line_max bounds a line, newline excluded.
 * -1: STATUS_SYSTEM (no memory).
 */
int stream_in_open(struct stream_in **out, int fd, const char *name,
    size_t line_max, struct diag *d);

/*
 * The next line, without its newline; valid until the next call.
 * 1: a line; 0: end of input; -1: STATUS_SYSTEM for a failed read, STATUS_BAD
 * for a line above line_max or a last line without newline: a truncated file.
 * An error or the end is final: the next calls say the same.
 */
int stream_in_line(struct stream_in *in, const char **line, size_t *len,
    struct diag *d);

/* Lines returned so far: the number of the current one. */
uint64_t stream_in_lines(const struct stream_in *in);
const char *stream_in_name(const struct stream_in *in);
void stream_in_close(struct stream_in *in);

/* Write to fd, which stays the caller's.  -1: STATUS_SYSTEM (no memory). */
int stream_out_open(struct stream_out **out, int fd, const char *name,
    struct diag *d);

/*
 * Show all that is written from now on to tap, each octet once and in order,
 * when it goes to the descriptor.
 */
void stream_out_tap(struct stream_out *out,
    void (*tap)(void *ctx, const void *bytes, size_t len), void *ctx);

/*
 * Buffered write.  A failure is kept and everything after it dropped: callers
 * may write on and ask stream_failed() or stream_finish() when it suits them.
 */
void stream_write(struct stream_out *out, const void *bytes, size_t len);
void stream_puts(struct stream_out *out, const char *text);
void stream_printf(struct stream_out *out, const char *fmt, ...)
    __attribute__((format(printf, 2, 3)));

/* Bytes accepted so far. */
uint64_t stream_out_bytes(const struct stream_out *out);

/* Non-zero once a write failed. */
int stream_failed(const struct stream_out *out);

/* Push the buffer to the descriptor.  -1: STATUS_SYSTEM, the first failure. */
int stream_flush(struct stream_out *out, struct diag *d);

/* stream_flush(), then free out in any case.  The descriptor stays open. */
int stream_finish(struct stream_out *out, struct diag *d);

/* Free without writing what is buffered.  NULL is allowed. */
void stream_out_discard(struct stream_out *out);

#endif
