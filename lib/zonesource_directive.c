/* $ORIGIN, $TTL, $INCLUDE, $GENERATE. */
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

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

/* A path as level n's file names it: relative to the folder of that file. */
static char *
include_path(const struct zonesource *src, size_t n,
    const struct zonelexer_word *w)
{
	const char *outer = zoneinput_name(src->level[n].in);
	const char *slash = strrchr(outer, '/');
	size_t folder = slash != NULL ? (size_t)(slash - outer) + 1 : 0;
	char *path = malloc(folder + w->len + 3);
	int len;

	if (path == NULL)
		return NULL;
	if (w->len > 0 && w->text[0] == '/') {
		folder = 0;
	} else if (slash != NULL) {
		memcpy(path, outer, folder);
	} else {
		/* So that "-" is a file here, and not standard input. */
		memcpy(path, "./", 2);
		folder = zonelexer_is(w, "-") ? 2 : 0;
	}
	len = zonelexer_octets(w, (uint8_t *)path + folder, w->len);
	if (len <= 0 || memchr(path + folder, '\0', (size_t)len) != NULL) {
		free(path);
		return NULL;
	}
	path[folder + (size_t)len] = '\0';
	return path;
}

/*
 * A file that is not beside the including one may be beside the zone's own:
 * servers that read relative to their working folder had it so.
 */
static int
push_included(struct zonesource *src, const struct zonelexer_word *w,
    struct diag *d)
{
	char *path = include_path(src, src->depth - 1, w);
	char *other = include_path(src, 0, w);
	int rc = -1;

	if (path == NULL || other == NULL)
		diag_set(d, STATUS_BAD, "$INCLUDE: '%.*s' is no file name",
		    (int)(w->len < 200 ? w->len : 200), w->text);
	else if (access(path, F_OK) == -1 && access(other, F_OK) == 0)
		rc = zonesource_push(src, other, d);
	else
		rc = zonesource_push(src, path, d);
	free(path);
	free(other);
	return rc;
}

static int
do_include(struct zonesource *src, struct diag *d)
{
	const struct zonelexer_words *w = &src->words;
	uint8_t wire[NAME_WIRE_MAX];
	int n = 0, rc;

	if (w->count < 2 || w->count > 3)
		return diag_set(d, STATUS_BAD,
		    "$INCLUDE takes a file and may take an origin (RFC 1035 "
		    "§5.1)");
	if (w->count == 3 &&
	    (n = zonelexer_name(&w->list[2], zonesource_current_origin(src),
		 wire, d)) == -1)
		return -1;
	rc = push_included(src, &w->list[1], d);
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
		ZONESOURCE_GENERATE_MAX - src->generated, d) == -1)
		return -1;
	src->generated += zonegenerate_count(src->generate);
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
