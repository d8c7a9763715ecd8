#include <stdio.h>

#include "tap.h"
#include "textbuf.h"

static void
grows(void)
{
	struct textbuf t = { 0 };
	bool same = true;

	for (uint64_t i = 0; i < 5000; i++)
		textbuf_put(&t, "abc", 3);
	for (size_t i = 0; i < t.len; i++)
		same = same && t.buf[i] == "abc"[i % 3];
	ok(!t.failed && t.len == 15000 && t.size >= t.len && same,
	    "what was put stands there, however long");
	textbuf_free(&t);
	ok(t.buf == NULL && t.len == 0 && t.size == 0, "free empties it");
}

static void
writes(const char *want, uint64_t n)
{
	struct textbuf t = { 0 };

	textbuf_puts(&t, "n=");
	textbuf_u64(&t, n);
	textbuf_put(&t, "", 1);
	ok(strcmp(t.buf, want) == 0, "%s", want);
	textbuf_free(&t);
}

static void
fails(void)
{
	static char nothing[1];
	struct textbuf t = { 0 };

	textbuf_puts(&t, "a");
	textbuf_put(&t, nothing, SIZE_MAX / 4);
	ok(t.failed && t.len == 1, "no memory: said, and the text stands");
	textbuf_puts(&t, "b");
	ok(t.failed && t.len == 1, "and nothing is put after it");
	textbuf_free(&t);
}

struct sink {
	size_t total;
	int calls, fails_at;
};

static int
take(void *to, const char *bytes, size_t len)
{
	struct sink *sink = to;

	for (size_t i = 0; i < len; i++)
		sink->total += bytes[i] == 'x';
	return ++sink->calls == sink->fails_at ? -1 : 0;
}

static void
drains(void)
{
	struct sink sink = { 0 }, bad = { .fails_at = 2 };
	struct textbuf t = { .drain = take, .to = &sink };
	size_t i;

	for (i = 0; i < 1000000; i++)
		textbuf_put(&t, "x", 1);
	textbuf_drain(&t);
	ok(!t.failed && sink.total == 1000000 && sink.calls > 1,
	    "a million bytes drained");
	ok(t.size < 200000, "and few kept: %zu", t.size);
	textbuf_free(&t);

	t = (struct textbuf){ .drain = take, .to = &bad };
	for (i = 0; i < 1000000; i++)
		textbuf_put(&t, "x", 1);
	ok(t.failed && bad.calls == 2, "a drain that fails is said");
	textbuf_free(&t);
}

int
main(void)
{
	drains();
	grows();
	writes("n=0", 0);
	writes("n=10", 10);
	writes("n=18446744073709551615", UINT64_MAX);
	fails();
	return done();
}
