/* Text that grows. */
#ifndef TEXTBUF_H
#define TEXTBUF_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* All 0 is empty.  buf has no NUL; it may be taken over with free(). */
struct textbuf {
	char *buf;
	size_t len, size;
	bool failed; /* no memory, once: asked for at the end */
	/*
	 * Where the text goes as it grows, if it is not to be kept: buf then holds
	 * the last of it.  -1 sets failed.
	 */
	int (*drain)(void *to, const char *bytes, size_t len);
	void *to;
};

void textbuf_put(struct textbuf *t, const char *bytes, size_t len);
void textbuf_puts(struct textbuf *t, const char *s);
void textbuf_u64(struct textbuf *t, uint64_t n);
/* Hand what buf holds to drain. */
void textbuf_drain(struct textbuf *t);
void textbuf_free(struct textbuf *t);

#endif
