#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "name.h"
#include "zonelist.h"

/*
 * The text is well-formed (zonelist_parse() took it), so this scanner needs
 * only to tell tags from comments, CDATA and processing instructions.
 */
struct tag {
	size_t start, end; /* from '<' to behind '>' */
	bool closing;	   /* </x> */
	bool empty;	   /* <x/> */
	const char *name;
	size_t name_len;
};

static bool
starts(const char *text, size_t len, size_t at, const char *with)
{
	const size_t n = strlen(with);

	return len - at >= n && memcmp(text + at, with, n) == 0;
}

/* Behind the next occurrence of what, or len. */
static size_t
behind(const char *text, size_t len, size_t at, const char *what)
{
	const char *found = memmem(text + at, len - at, what, strlen(what));

	return found == NULL ? len : (size_t)(found - text) + strlen(what);
}

/* Behind the '>' of a tag; a quoted value may hold one. */
static size_t
tag_end(const char *text, size_t len, size_t at)
{
	char quote = 0;

	for (; at < len; at++) {
		if (quote != 0) {
			if (text[at] == quote)
				quote = 0;
		} else if (text[at] == '"' || text[at] == '\'')
			quote = text[at];
		else if (text[at] == '>')
			return at + 1;
	}
	return len;
}

/* The next element tag at or behind *at; false at the end. */
static bool
next_tag(const char *text, size_t len, size_t *at, struct tag *tag)
{
	static const struct {
		const char *from, *to;
	} skipped[] = {
		{ "<!--", "-->" },
		{ "<![CDATA[", "]]>" },
		{ "<?", "?>" },
		{ "<!", ">" },
	};
	const char *open;

again:
	if ((open = memchr(text + *at, '<', len - *at)) == NULL)
		return false;
	tag->start = (size_t)(open - text);
	for (size_t i = 0; i < sizeof(skipped) / sizeof(*skipped); i++)
		if (starts(text, len, tag->start, skipped[i].from)) {
			*at = behind(text, len, tag->start, skipped[i].to);
			goto again;
		}
	tag->closing = starts(text, len, tag->start, "</");
	tag->name = text + tag->start + (tag->closing ? 2 : 1);
	tag->end = tag_end(text, len, tag->start);
	tag->empty = !tag->closing && text[tag->end - 2] == '/';
	for (tag->name_len = 0; tag->name + tag->name_len < text + tag->end &&
	     strchr(" \t\r\n/>", tag->name[tag->name_len]) == NULL;)
		tag->name_len++;
	*at = tag->end;
	return true;
}

static bool
is_named(const struct tag *tag, const char *name)
{
	return tag->name_len == strlen(name) &&
	    memcmp(tag->name, name, tag->name_len) == 0;
}

/* Where things stand in the text. */
struct layout {
	struct tag root_open, root_close;
	struct tag zone_open, zone_close; /* the last <Zone>, or one by index */
	size_t zones;
};

static void
scan(const char *text, size_t len, size_t stop_after, struct layout *l)
{
	struct tag tag;
	size_t at = 0;

	memset(l, 0, sizeof(*l));
	while (next_tag(text, len, &at, &tag)) {
		if (is_named(&tag, "ZoneList")) {
			if (tag.closing)
				l->root_close = tag;
			else
				l->root_open = tag;
		} else if (is_named(&tag, "Zone") && l->zones < stop_after) {
			if (tag.closing) {
				l->zone_close = tag;
				l->zones++;
			} else
				l->zone_open = tag;
		}
	}
}

/* UTF-8 and its subsets only: other encodings would be spoilt by bytes. */
static int
check_encoding(const char *text, size_t len, struct diag *d)
{
	static const char *const good[] = { "UTF-8", "utf-8", "US-ASCII",
		"us-ascii", "ASCII", "ascii" };
	const char *end, *from;

	if (memchr(text, '\0', len) != NULL)
		goto bad;
	if (!starts(text, len, 0, "<?xml") ||
	    (end = memmem(text, len, "?>", 2)) == NULL ||
	    (from = memmem(text, (size_t)(end - text), "encoding", 8)) == NULL)
		return 0;
	for (size_t i = 0; i < sizeof(good) / sizeof(*good); i++)
		if (memmem(from, (size_t)(end - from), good[i],
			strlen(good[i])) != NULL)
			return 0;
bad:
	return diag_set(d, STATUS_USAGE,
	    "the zone list is not UTF-8: save it as UTF-8, or edit it by hand "
	    "and run update zonelist");
}

/* Blanks between the start of the line and at. */
static size_t
indent_before(const char *text, size_t at)
{
	size_t n = 0;

	while (n < at && (text[at - n - 1] == ' ' || text[at - n - 1] == '\t'))
		n++;
	return n;
}

static void
put_escaped(FILE *to, const char *s)
{
	for (; *s != '\0'; s++) {
		if (*s == '&')
			(void)fputs("&amp;", to);
		else if (*s == '<')
			(void)fputs("&lt;", to);
		else if (*s == '>')
			(void)fputs("&gt;", to);
		else if (*s == '"')
			(void)fputs("&quot;", to);
		else
			(void)fputc(*s, to);
	}
}

struct style {
	const char *outer; /* indentation of <Zone> */
	size_t outer_len;
	const char *step; /* one level deeper */
	size_t step_len;
	const char *eol;
};

static void
put_line(FILE *to, const struct style *s, unsigned depth, const char *open,
    const char *text, const char *close)
{
	(void)fwrite(s->outer, 1, s->outer_len, to);
	for (unsigned i = 0; i < depth; i++)
		(void)fwrite(s->step, 1, s->step_len, to);
	(void)fputs(open, to);
	if (text != NULL)
		put_escaped(to, text);
	(void)fputs(close, to);
	(void)fputs(s->eol, to);
}

static void
put_zone(FILE *to, const struct style *s, const struct zonelist_zone *z)
{
	char name[NAME_TEXT_MAX + 1];
	size_t len;

	(void)snprintf(name, sizeof(name), "%s", z->name);
	if ((len = strlen(name)) > 1) /* the root keeps its dot */
		name[len - 1] = '\0';
	put_line(to, s, 0, "<Zone name=\"", name, "\">");
	put_line(to, s, 1, "<Policy>", z->policy, "</Policy>");
	put_line(to, s, 1, "<SignerConfiguration>", z->signconf,
	    "</SignerConfiguration>");
	put_line(to, s, 1, "<Adapters>", NULL, "");
	put_line(to, s, 2, "<Input>", NULL, "");
	put_line(to, s, 3, "<File>", z->input, "</File>");
	put_line(to, s, 2, "</Input>", NULL, "");
	put_line(to, s, 2, "<Output>", NULL, "");
	put_line(to, s, 3, "<File>", z->output, "</File>");
	put_line(to, s, 2, "</Output>", NULL, "");
	put_line(to, s, 1, "</Adapters>", NULL, "");
	put_line(to, s, 0, "</Zone>", NULL, "");
}

static void
put_zones(FILE *to, const struct style *s, const struct zonelist_zone *zones,
    size_t count)
{
	for (size_t i = 0; i < count; i++)
		put_zone(to, s, &zones[i]);
}

/* The layout of the first zone; a tab a level where there is none. */
static struct style
find_style(const char *text, size_t len)
{
	struct style s = { "\t", 1, "\t", 1, "\n" };
	struct layout l;
	struct tag child;
	size_t at, n;

	scan(text, len, 1, &l);
	if (memmem(text, len, "\r\n", 2) != NULL)
		s.eol = "\r\n";
	if (l.zones == 0)
		return s;
	s.outer_len = indent_before(text, l.zone_open.start);
	s.outer = text + l.zone_open.start - s.outer_len;
	at = l.zone_open.end;
	if (next_tag(text, len, &at, &child)) {
		n = indent_before(text, child.start);
		if (n > s.outer_len) {
			s.step_len = n - s.outer_len;
			s.step = text + child.start - s.step_len;
		}
	}
	return s;
}

int
zonelist_text_add(const char *text, size_t len,
    const struct zonelist_zone *zones, size_t count, char **out,
    size_t *out_len, struct diag *d)
{
	struct layout l;
	struct style s;
	size_t cut;
	FILE *to;

	if (check_encoding(text, len, d) == -1)
		return -1;
	scan(text, len, SIZE_MAX, &l);
	if (l.root_open.end == 0)
		return diag_set(d, STATUS_USAGE, "no ZoneList element");
	s = find_style(text, len);
	*out = NULL;
	if ((to = open_memstream(out, out_len)) == NULL)
		return diag_system(d, "zone list");
	if (l.root_close.end == 0) { /* <ZoneList/>: open it */
		cut = l.root_open.end;
		(void)fwrite(text, 1, l.root_open.start, to);
		(void)fprintf(to, "<ZoneList>%s", s.eol);
		put_zones(to, &s, zones, count);
		(void)fputs("</ZoneList>", to);
	} else {
		const size_t indent = indent_before(text, l.root_close.start);

		cut = l.root_close.start - indent;
		(void)fwrite(text, 1, cut, to);
		if (cut > 0 && text[cut - 1] != '\n')
			(void)fputs(s.eol, to);
		put_zones(to, &s, zones, count);
	}
	(void)fwrite(text + cut, 1, len - cut, to);
	if (fclose(to) == EOF) {
		free(*out);
		return diag_system(d, "zone list");
	}
	return 0;
}

/* Which zones of the list go: by_index has one place a zone. */
static int
mark_zones(const struct zonelist *list, const char *const *names, size_t count,
    bool *by_index, struct diag *d)
{
	for (size_t i = 0; i < count; i++) {
		const struct zonelist_zone *z = zonelist_find(list, names[i]);

		if (z == NULL)
			return diag_set(d, STATUS_BAD,
			    "%s: not in the zone list", names[i]);
		by_index[z - list->zone] = true;
	}
	return 0;
}

/* The whole lines of an element, if nothing else stands on them. */
static void
widen(const char *text, size_t len, size_t *start, size_t *end)
{
	const size_t indent = indent_before(text, *start);

	if (*end >= len || (text[*end] != '\n' && text[*end] != '\r') ||
	    (*start != indent && text[*start - indent - 1] != '\n'))
		return;
	*start -= indent;
	*end += text[*end] == '\r' && *end + 1 < len && text[*end + 1] == '\n'
	    ? 2
	    : 1;
}

/* Copy all but the zones marked; returns how many zones there were. */
static size_t
copy_others(const char *text, size_t len, const bool *marked, size_t count,
    char *to, size_t *to_len)
{
	struct tag tag;
	size_t at = 0, copied = 0, start = 0, end, zones = 0;

	*to_len = 0;
	while (next_tag(text, len, &at, &tag)) {
		if (!is_named(&tag, "Zone"))
			continue;
		if (!tag.closing) {
			start = tag.start;
			continue;
		}
		if (zones++ >= count || !marked[zones - 1])
			continue;
		end = tag.end;
		widen(text, len, &start, &end);
		memcpy(to + *to_len, text + copied, start - copied);
		*to_len += start - copied;
		copied = end;
	}
	memcpy(to + *to_len, text + copied, len - copied);
	*to_len += len - copied;
	to[*to_len] = '\0';
	return zones;
}

int
zonelist_text_delete(const char *text, size_t len, const char *const *names,
    size_t count, char **out, size_t *out_len, struct diag *d)
{
	struct zonelist *list;
	bool *marked = NULL;
	char *result = NULL;
	int rc = -1;

	if (check_encoding(text, len, d) == -1 ||
	    zonelist_parse(&list, "zone list", text, len, NULL, d) == -1)
		return -1;
	if ((marked = calloc(list->count + 1, sizeof(*marked))) == NULL ||
	    (result = malloc(len + 1)) == NULL) {
		diag_system(d, "zone list");
		goto out;
	}
	if (mark_zones(list, names, count, marked, d) == -1)
		goto out;
	if (copy_others(text, len, marked, list->count, result, out_len) !=
	    list->count) {
		diag_set(d, STATUS_USAGE,
		    "the zone list cannot be edited: remove %s by hand",
		    names[0]);
		goto out;
	}
	*out = result;
	result = NULL; /* the caller owns it now */
	rc = 0;
out:
	free(result);
	free(marked);
	zonelist_free(list);
	return rc;
}

char *
zonelist_text_empty(void)
{
	return strdup("<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n\n"
		      "<ZoneList>\n</ZoneList>\n");
}
