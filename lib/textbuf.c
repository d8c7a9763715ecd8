#include <stdlib.h>
#include <string.h>

#include "textbuf.h"

#define DRAIN_SIZE (64 * (size_t)1024)

void
textbuf_drain(struct textbuf *t)
{
	if (!t->failed && t->len > 0 &&
	    t->drain(t->to, t->buf, t->len) == -1)
		t->failed = true;
	t->len = 0;
}

static char *
room(struct textbuf *t, size_t len)
{
	char *grown;
	size_t size;

	if (t->drain != NULL && t->len >= DRAIN_SIZE)
		textbuf_drain(t);
	if (t->failed)
		return NULL;
	if (t->size - t->len < len) {
		size = t->size < 4096 ? 4096 : t->size;
		while (size - t->len < len)
			size *= 2;
		if ((grown = realloc(t->buf, size)) == NULL) {
			t->failed = true;
			return NULL;
		}
		t->buf = grown;
		t->size = size;
	}
	return t->buf + t->len;
}

void
textbuf_put(struct textbuf *t, const char *bytes, size_t len)
{
	char *to = room(t, len);

	if (to == NULL)
		return;
	memcpy(to, bytes, len);
	t->len += len;
}

void
textbuf_puts(struct textbuf *t, const char *s)
{
	textbuf_put(t, s, strlen(s));
}

void
textbuf_u64(struct textbuf *t, uint64_t n)
{
	char digits[20];
	size_t at = sizeof(digits);

	do
		digits[--at] = (char)('0' + n % 10);
	while ((n /= 10) > 0);
	textbuf_put(t, digits + at, sizeof(digits) - at);
}

void
textbuf_free(struct textbuf *t)
{
	free(t->buf);
	memset(t, 0, sizeof(*t));
}
