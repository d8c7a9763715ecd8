/*
 * Mutated configuration through its readers: config [SECONDS [SEED]].  What is
 * read must be freed; a zone list that is accepted must take a zone and lose it
 * again and be what it was; a signconf that is accepted must come back from
 * its own text.
 */
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "conf.h"
#include "kasp.h"
#include "repository.h"
#include "signconf.h"
#include "zonefetch.h"
#include "zonelist.h"

#define SIZE_MAX_TEXT ((size_t)64 * 1024)

static const char *const samples[] = { "etc/conf.xml", "etc/kasp.xml",
	"etc/zonelist.xml", "etc/zonefetch.xml", "t/data/zonelist.xml",
	"t/data/signconf.xml" };
#define SAMPLES (sizeof(samples) / sizeof(*samples))

static char path[] = "/tmp/zonepipe-fuzz.XXXXXX";
static uint64_t state;

static uint32_t
rnd(uint32_t below)
{
	state = state * UINT64_C(6364136223846793005) + 1442695040888963407U;
	return below == 0 ? 0 : (uint32_t)((state >> 33) % below);
}

static size_t
load(const char *name, char *text)
{
	FILE *f = fopen(name, "r");
	size_t n;

	if (f == NULL) {
		perror(name);
		exit(1);
	}
	n = fread(text, 1, SIZE_MAX_TEXT, f);
	(void)fclose(f);
	return n;
}

static void
store(const char *text, size_t len)
{
	const int fd = open(path, O_WRONLY | O_TRUNC);

	if (fd == -1 || write(fd, text, len) != (ssize_t)len)
		exit(1);
	(void)close(fd);
}

/* ---- mutations ---- */

static const char *const words[] = { "<", ">", "</", "/>", "<!--", "-->",
	"<![CDATA[", "]]>", "<?x ?>", "&lt;", "&#0;", "&x;", "\"", "'", "P1Y",
	"PT", "99999999999999999999", "-1", "<Zone name=\"x\">", "</Zone>",
	"<!DOCTYPE a [<!ENTITY x \"y\">]>", "\xff", "\xc3\xa9", "<NSEC/>",
	"." };
#define WORDS (sizeof(words) / sizeof(*words))

static size_t
replace(char *text, size_t len, size_t at, size_t gone, const char *with,
    size_t with_len)
{
	if (len - gone + with_len > SIZE_MAX_TEXT)
		return len;
	memmove(text + at + with_len, text + at + gone, len - at - gone);
	memcpy(text + at, with, with_len);
	return len - gone + with_len;
}

/* A span of the text: an element, or any bytes. */
static size_t
span(const char *text, size_t len, size_t at)
{
	const char *end;

	if (text[at] == '<' && (end = memchr(text + at, '>', len - at)) != NULL)
		return (size_t)(end - text) + 1 - at;
	return 1 + rnd((uint32_t)(len - at < 40 ? len - at : 40));
}

static size_t
mutate(char *text, size_t len)
{
	const char *word = words[rnd(WORDS)];
	char copy[4096];
	size_t at, n;

	if (len == 0)
		return len;
	at = rnd((uint32_t)len);
	if (rnd(2) == 0) { /* at the next tag */
		const char *tag = memchr(text + at, '<', len - at);

		if (tag != NULL)
			at = (size_t)(tag - text);
	}
	n = span(text, len, at);
	if (n > len - at)
		n = len - at;
	if (n > sizeof(copy))
		n = sizeof(copy);
	switch (rnd(5)) {
	case 0:
		text[at] = (char)rnd(256);
		return len;
	case 1:
		return replace(text, len, at, n, "", 0);
	case 2:
		return replace(text, len, at, 0, word, strlen(word));
	case 3:
		return replace(text, len, at, n, word, strlen(word));
	default:
		memcpy(copy, text + at, n);
		return replace(text, len, rnd((uint32_t)len), 0, copy, n);
	}
}

/* ---- readers ---- */

static bool
try_zonelist(const char *text, size_t len)
{
	const struct zonelist_zone extra = {
		.name = (char[]){ "fuzz.invalid." },
		.policy = (char[]){ "p<&>\"" },
		.signconf = (char[]){ "s" },
		.input = (char[]){ "i" },
		.output = (char[]){ "o" },
	};
	struct zonelist *list;
	char *more, *less;
	size_t more_len, less_len, count;
	struct diag d;

	if (zonelist_parse(&list, "fuzz", text, len, NULL, &d) == -1)
		return false;
	count = list->count;
	zonelist_free(list);
	if (zonelist_text_add(text, len, &extra, 1, &more, &more_len, &d) == -1)
		return true;
	if (zonelist_parse(&list, "fuzz", more, more_len, NULL, &d) == 0) {
		if (list->count != count + 1)
			abort();
		zonelist_free(list);
		if (zonelist_text_delete(more, more_len,
			(const char *const[]){ "fuzz.invalid." }, 1, &less,
			&less_len, &d) == -1)
			abort();
		if (zonelist_parse(&list, "fuzz", less, less_len, NULL, &d) ==
			-1 ||
		    list->count != count)
			abort();
		zonelist_free(list);
		free(less);
	}
	free(more);
	return true;
}

static bool
try_signconf(void)
{
	struct signconf *sc, *back;
	char id[SIGNCONF_ID_SIZE], *text;
	size_t len;
	struct diag d;

	if (signconf_read(&sc, path, &d) == -1)
		return false;
	if (signconf_text(sc, &text, &len, id, &d) == -1)
		abort();
	store(text, len);
	free(text);
	if (signconf_read(&back, path, &d) == -1 || strcmp(back->id, id) != 0)
		abort();
	signconf_free(back);
	signconf_free(sc);
	return true;
}

static bool
try_all(const char *text, size_t len)
{
	struct repository_list repositories = { 0 };
	struct conf *conf;
	struct kasp *kasp;
	struct zonefetch *zf;
	struct diag d;
	bool any;

	any = try_zonelist(text, len);
	store(text, len);
	if (conf_read(&conf, path, NULL, &d) == 0) {
		conf_free(conf);
		any = true;
	}
	if (repository_read(&repositories, path, &d) == 0)
		repository_list_free(&repositories);
	if (kasp_read(&kasp, path, NULL, &d) == 0) {
		kasp_free(kasp);
		any = true;
	}
	if (zonefetch_read(&zf, path, NULL, &d) == 0) {
		zonefetch_free(zf);
		any = true;
	}
	return try_signconf() || any;
}

int
main(int argc, char **argv)
{
	const time_t end = time(NULL) + (argc > 1 ? atoi(argv[1]) : 10);
	char *text = malloc(SIZE_MAX_TEXT + 1);
	unsigned long runs = 0, accepted = 0;
	int fd;

	state = argc > 2 ? strtoull(argv[2], NULL, 10) : (uint64_t)time(NULL);
	if (text == NULL || (fd = mkstemp(path)) == -1)
		return 1;
	(void)close(fd);
	while (time(NULL) < end) {
		size_t len = load(samples[rnd(SAMPLES)], text);

		for (uint32_t n = 1 + rnd(4); n > 0; n--)
			len = mutate(text, len);
		accepted += try_all(text, len);
		runs++;
	}
	(void)unlink(path);
	free(text);
	(void)printf("config: %lu runs, %lu accepted\n", runs, accepted);
	return 0;
}
