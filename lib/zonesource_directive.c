/* $ORIGIN, $TTL, $INCLUDE, $GENERATE. */
#include <stdlib.h>
#include <string.h>

#include "zonesource_parts.h"
#include "zonetext.h"

static int
do_origin(struct zonesource *src, struct diag *d)
{
	uint8_t wire[NAME_WIRE_MAX];
	int n;

	if (src->words.count != 2)
		return diag_set(d, STATUS_BAD,
		    "$ORIGIN takes one name (RFC 1035 §5.1)");
	n = zonelexer_name(&src->words.list[1], zonesource_current_origin(src),
	    wire, d);
	if (n == -1)
		return -1;
	memcpy(src->zs.zone_origin, wire, (size_t)n);
	src->zs.zone_origin_length = (uint32_t)n;
	return 0;
}

static int
do_ttl(struct zonesource *src, struct diag *d)
{
	uint64_t ttl;

	if (src->words.count != 2 ||
	    zonelexer_ttl(&src->words.list[1], &ttl) == -1)
		return diag_set(d, STATUS_BAD,
		    "$TTL takes one time (RFC 2308 §4)");
	if (ttl > ZONETEXT_TTL_MAX)
		return diag_set(d, STATUS_BAD,
		    "$TTL above 2147483647 (RFC 2181 §8)");
	src->zs.default_ttl = (uint32_t)ttl;
	src->level[src->depth - 1].has_ttl = true;
	return 0;
}

/* The path of an included file: relative to the folder of the including one. */
static char *
include_path(const struct zonesource *src, const struct zonelexer_word *w)
{
	const char *outer = zoneinput_name(src->level[src->depth - 1].in);
	const char *slash = strrchr(outer, '/');
	size_t folder = slash != NULL ? (size_t)(slash - outer) + 1 : 0;
	char *path = malloc(folder + w->len + 1);
	int n;

	if (path == NULL)
		return NULL;
	if (w->len > 0 && w->text[0] == '/')
		folder = 0;
	memcpy(path, outer, folder);
	n = zonelexer_octets(w, (uint8_t *)path + folder, w->len);
	if (n <= 0 || memchr(path + folder, '\0', (size_t)n) != NULL) {
		free(path);
		return NULL;
	}
	path[folder + (size_t)n] = '\0';
	return path;
}

static int
do_include(struct zonesource *src, struct diag *d)
{
	const struct zonelexer_words *w = &src->words;
	uint8_t wire[NAME_WIRE_MAX];
	char *path;
	int n = 0, rc;

	if (w->count < 2 || w->count > 3)
		return diag_set(d, STATUS_BAD,
		    "$INCLUDE takes a file and may take an origin (RFC 1035 "
		    "§5.1)");
	if (w->count == 3 &&
	    (n = zonelexer_name(&w->list[2], zonesource_current_origin(src),
		 wire, d)) == -1)
		return -1;
	if ((path = include_path(src, &w->list[1])) == NULL)
		return diag_set(d, STATUS_BAD,
		    "$INCLUDE: not a file name, or no memory");
	rc = zonesource_push(src, path, d);
	free(path);
	if (rc == 0 && n > 0) {
		memcpy(src->zs.zone_origin, wire, (size_t)n);
		src->zs.zone_origin_length = (uint32_t)n;
	}
	return rc;
}

static int
do_generate(struct zonesource *src, struct diag *d)
{
	const uint64_t line = zonesource_line(src);

	if (zonegenerate_new(&src->generate, &src->words,
		ZONESOURCE_GENERATE_MAX, d) == -1)
		return -1;
	src->generate_line = line;
	return 0;
}

int
zonesource_directive(struct zonesource *src, const char *text, size_t len,
    struct diag *d)
{
	static const struct {
		const char *word;
		int (*act)(struct zonesource *, struct diag *);
	} directives[] = {
		{ "$ORIGIN", do_origin },
		{ "$TTL", do_ttl },
		{ "$INCLUDE", do_include },
		{ "$GENERATE", do_generate },
	};
	const struct zonelexer_word *w;
	char place[300];

	(void)strcpy(place, zonesource_place(src));
	if (zonelexer_split(&src->words, text, len, d) == -1)
		goto fail;
	w = &src->words.list[0];
	for (size_t i = 0; i < sizeof(directives) / sizeof(*directives); i++)
		if (zonelexer_is(w, directives[i].word)) {
			if (directives[i].act(src, d) == 0)
				return 0;
			goto fail;
		}
	diag_set(d, STATUS_BAD,
	    "'%.*s' is no directive; an owner that starts with $ is written "
	    "\\$ (RFC 1035 §5.1)",
	    (int)(w->len < 100 ? w->len : 100), w->text);
fail:
	return diag_prefix(d, "%s", place);
}
