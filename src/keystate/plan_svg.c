/*
 * A plan as a picture: a lane a key, a bar a state, and a numbered mark for
 * each action that a person owes, told in full below.
 */
#include <string.h>
#include <time.h>

#include "plan.h"

#define WIDTH	  1180
#define LEFT	  170 /* names */
#define RIGHT	  20
#define LANE	  24
#define BAR	  14
#define HEAD	  86 /* title, legend, axis */
#define ZONE_HEAD 30
#define ROW	  21 /* of the list below */

struct paint {
	const char *name;
	const char *fill;
	const char *text;
};

/* Signing is dark, waiting is light; standby keys have a colour of their own. */
static const struct paint paints[KEY_STATES] = {
	[STATE_GENERATE] = { "generate", "#e8e8e8", "#333" },
	[STATE_PUBLISH] = { "publish", "#bcd9f2", "#123" },
	[STATE_READY] = { "ready", "#6aaee6", "#012" },
	[STATE_ACTIVE] = { "active", "#2e8b57", "#fff" },
	[STATE_RETIRE] = { "retire", "#f0b860", "#321" },
	[STATE_DEAD] = { "dead", "none", "#333" },
	[STATE_DSSUB] = { "dssub", "#e6dcf4", "#324" },
	[STATE_DSPUBLISH] = { "dspublish", "#d3c0ec", "#324" },
	[STATE_DSREADY] = { "dsready", "#a98bd6", "#fff" },
	[STATE_KEYPUBLISH] = { "keypublish", "#7fc6c9", "#022" },
};

static void
put_escaped(const char *s, FILE *to)
{
	for (; *s != '\0'; s++) {
		switch (*s) {
		case '<':
			fputs("&lt;", to);
			break;
		case '>':
			fputs("&gt;", to);
			break;
		case '&':
			fputs("&amp;", to);
			break;
		case '"':
			fputs("&quot;", to);
			break;
		default:
			if ((unsigned char)*s >= 0x20)
				fputc(*s, to);
			break;
		}
	}
}

static void
date(int64_t at, const char *format, char *buf, size_t size)
{
	const time_t t = (time_t)at;
	struct tm tm;

	if (localtime_r(&t, &tm) == NULL || strftime(buf, size, format, &tm) ==
		0)
		buf[0] = '\0';
}

static double
x_of(const struct plan *p, int64_t at)
{
	const double span = (double)(p->until - p->from);
	const double room = WIDTH - LEFT - RIGHT;

	if (at < p->from)
		at = p->from;
	if (at > p->until)
		at = p->until;
	return LEFT + (span == 0 ? 0 : (double)(at - p->from) * room / span);
}

/* --- axis ----------------------------------------------------------------- */

/* The first of the month of at, and of those after it. */
static int64_t
month(int64_t at, int ahead)
{
	const time_t t = (time_t)at;
	struct tm tm;

	if (localtime_r(&t, &tm) == NULL)
		return MOMENT_NEVER;
	tm.tm_mon += ahead;
	tm.tm_mday = 1;
	tm.tm_hour = tm.tm_min = tm.tm_sec = 0;
	tm.tm_isdst = -1;
	return (int64_t)mktime(&tm);
}

static int64_t
day(int64_t at, int ahead)
{
	const time_t t = (time_t)at;
	struct tm tm;

	if (localtime_r(&t, &tm) == NULL)
		return MOMENT_NEVER;
	tm.tm_mday += ahead;
	tm.tm_hour = tm.tm_min = tm.tm_sec = 0;
	tm.tm_isdst = -1;
	return (int64_t)mktime(&tm);
}

static void
put_axis(const struct plan *p, int bottom, FILE *to)
{
	const int64_t days = (p->until - p->from) / 86400;
	const bool by_month = days > 62;
	int step = by_month ? (int)(days / 31 / 15) + 1 : (int)(days / 15) + 1;
	int64_t at;
	char text[32], year[8], last[8] = "";
	int i;

	for (i = step; i < 10000; i += step) {
		at = by_month ? month(p->from, i) : day(p->from, i);
		if (at >= p->until)
			break;
		date(at, by_month ? "%b" : "%b %e", text, sizeof(text));
		date(at, "%Y", year, sizeof(year));
		fprintf(to,
		    "<line x1=\"%.1f\" x2=\"%.1f\" y1=\"%d\" y2=\"%d\" "
		    "stroke=\"#ddd\"/>"
		    "<text x=\"%.1f\" y=\"%d\" class=\"axis\">%s%s%s</text>\n",
		    x_of(p, at), x_of(p, at), HEAD - 8, bottom, x_of(p, at),
		    HEAD - 14, text, strcmp(year, last) == 0 ? "" : " ",
		    strcmp(year, last) == 0 ? "" : year);
		snprintf(last, sizeof(last), "%s", year);
	}
}

/* What a person owes: DS in, DS out, anything else. */
static const struct mark {
	const char *name;
	const char *style;  /* class of the circle */
	const char *number; /* and of the number in it */
} marks[] = {
	{ "DS in", "in", "number" },
	{ "DS out", "out", "number red" },
	{ "other", "other", "number" },
};

static const struct mark *
mark_of(const struct plan_event *e)
{
	if (e->kind == PLAN_OWED && e->action == ACTION_SUBMIT_DS)
		return &marks[0];
	if (e->kind == PLAN_OWED && e->action == ACTION_WITHDRAW_DS)
		return &marks[1];
	return &marks[2];
}

static void
put_mark(double x, int y, int r, const struct mark *m, const char *number,
    FILE *to)
{
	fprintf(to,
	    "<circle cx=\"%.1f\" cy=\"%d\" r=\"%d\" class=\"%s\"/>"
	    "<text x=\"%.1f\" y=\"%d\" class=\"%s\">%s</text>\n",
	    x, y, r, m->style, x, y + 4, m->number, number);
}

static void
put_legend(FILE *to)
{
	static const enum key_state shown[] = { STATE_PUBLISH, STATE_READY,
		STATE_ACTIVE, STATE_RETIRE, STATE_DSSUB, STATE_DSPUBLISH,
		STATE_DSREADY, STATE_KEYPUBLISH };
	int x = LEFT;
	size_t i;

	for (i = 0; i < sizeof(shown) / sizeof(*shown); i++) {
		fprintf(to,
		    "<rect x=\"%d\" y=\"36\" width=\"16\" height=\"12\" "
		    "rx=\"2\" fill=\"%s\"/><text x=\"%d\" y=\"46\">%s</text>\n",
		    x, paints[shown[i]].fill, x + 21,
		    paints[shown[i]].name);
		x += 32 + 7 * (int)strlen(paints[shown[i]].name);
	}
	for (i = 0; i < sizeof(marks) / sizeof(*marks); i++) {
		put_mark(x + 8, 42, 8, &marks[i], "n", to);
		fprintf(to, "<text x=\"%d\" y=\"46\">%s</text>\n", x + 21,
		    marks[i].name);
		x += 34 + 7 * (int)strlen(marks[i].name);
	}
}

/* --- lanes ---------------------------------------------------------------- */

static void
put_bar(const struct plan *p, const struct plan_key *k, enum key_state state,
    bool sign_only, int64_t from, int64_t to_, int y, FILE *to)
{
	const struct paint *paint = &paints[state];
	double x = x_of(p, from), w = x_of(p, to_) - x;
	char name[64], start[32], end[32];

	if (state == STATE_GENERATE || state == STATE_DEAD ||
	    to_ < p->from)
		return;
	if (w < 3) /* a short state is seen, too */
		w = 3;
	plan_key_name(k, name, sizeof(name));
	date(from, "%Y-%m-%d %H:%M:%S", start, sizeof(start));
	date(to_, "%Y-%m-%d %H:%M:%S", end, sizeof(end));
	fprintf(to,
	    "<rect x=\"%.1f\" y=\"%d\" width=\"%.1f\" height=\"%d\" "
	    "rx=\"2\" fill=\"%s\"%s><title>",
	    x, y + (LANE - BAR) / 2, w, BAR, paint->fill,
	    sign_only ? " stroke=\"#333\" stroke-dasharray=\"3 2\"" : "");
	put_escaped(name, to);
	fprintf(to, ": %s%s from %s", paint->name,
	    sign_only ? ", unpublished" : "", start);
	if (to_ < p->until)
		fprintf(to, " to %s", end);
	fputs("</title></rect>\n", to);
	if (w > 8.0 * (double)strlen(paint->name))
		fprintf(to,
		    "<text x=\"%.1f\" y=\"%d\" class=\"state\" "
		    "fill=\"%s\">%s</text>\n",
		    x + w / 2, y + LANE / 2 + 4, paint->text, paint->name);
}

static void
put_lane(const struct plan *p, size_t lane, int y, FILE *to)
{
	const struct plan_key *k = &p->key[lane];
	const struct plan_event *e;
	enum key_state state = k->state;
	bool sign_only = k->sign_only;
	int64_t since = k->entered;
	char name[64];
	size_t i;

	plan_key_name(k, name, sizeof(name));
	fprintf(to, "<text x=\"%d\" y=\"%d\" class=\"lane%s\">", LEFT - 10,
	    y + LANE / 2 + 4, k->type == KEY_KSK ? " ksk" : "");
	put_escaped(name, to);
	fprintf(to, "<title>algorithm %u, ", k->algorithm);
	put_escaped(k->id, to);
	fputs("</title></text>\n", to);
	for (i = 0; i < p->nevents; i++) {
		e = &p->event[i];
		if (e->key != lane || e->kind != PLAN_MOVE)
			continue;
		put_bar(p, k, state, sign_only, since, e->at, y, to);
		state = e->to;
		sign_only = e->sign_only;
		since = e->at;
	}
	put_bar(p, k, state, sign_only, since, p->until, y, to);
}

/*
 * Marks that would cover one another stand side by side, up to a few; the
 * number leads to the list.
 */
static void
put_marks(const struct plan *p, size_t lane, int y, FILE *to)
{
	const struct plan_event *e;
	double x, free_from = 0;
	unsigned number = 0;
	char text[16];
	size_t i;

	for (i = 0; i < p->nevents; i++) {
		e = &p->event[i];
		if (e->kind != PLAN_OWED && e->kind != PLAN_STUCK)
			continue;
		number++;
		if (e->key != lane)
			continue;
		x = x_of(p, e->at);
		if (x < free_from)
			x = free_from;
		free_from = x + 19;
		snprintf(text, sizeof(text), "%u", number);
		put_mark(x, y + LANE / 2, number < 100 ? 9 : 11, mark_of(e),
		    text, to);
	}
}

static bool
lane_shows(const struct plan *p, size_t lane)
{
	size_t i;

	if (p->key[lane].state != STATE_GENERATE &&
	    p->key[lane].state != STATE_DEAD)
		return true;
	for (i = 0; i < p->nevents; i++) {
		if (p->event[i].key == lane && p->event[i].kind == PLAN_MOVE &&
		    p->event[i].to != STATE_DEAD)
			return true;
	}
	return false;
}

static int
put_zone(const struct plan *p, const char *zone, int y, bool draw, FILE *to)
{
	enum key_type type;
	size_t i;
	int t;

	if (draw) {
		fprintf(to, "<text x=\"10\" y=\"%d\" class=\"zone\">", y + 20);
		put_escaped(zone, to);
		fputs("</text>\n", to);
	}
	y += ZONE_HEAD;
	for (t = 0; t < KEY_TYPES; t++) {
		type = t == 0 ? KEY_KSK : KEY_ZSK;
		for (i = 0; i < p->nkeys; i++) {
			if (p->key[i].type != type ||
			    strcmp(p->key[i].zone, zone) != 0 ||
			    !lane_shows(p, i))
				continue;
			if (draw) {
				put_lane(p, i, y, to);
				put_marks(p, i, y, to);
			}
			y += LANE;
		}
	}
	return y + 6;
}

/* --- the list below ------------------------------------------------------- */

static int
put_list(const struct plan *p, int y, bool draw, FILE *to)
{
	const struct plan_event *e;
	char text[64], command[512];
	unsigned number = 0;
	size_t i;

	y += 26;
	if (draw)
		fprintf(to,
		    "<text x=\"10\" y=\"%d\" class=\"zone\">What you owe"
		    "</text>\n",
		    y);
	for (i = 0; i < p->nevents; i++) {
		e = &p->event[i];
		if (e->kind != PLAN_OWED && e->kind != PLAN_STUCK)
			continue;
		number++;
		y += ROW;
		if (!draw)
			continue;
		snprintf(text, sizeof(text), "%u", number);
		put_mark(24, y - 4, 8, mark_of(e), text, to);
		date(e->at, "%Y-%m-%d %H:%M", text, sizeof(text));
		fprintf(to,
		    "<text x=\"46\" y=\"%d\">%s</text><text x=\"170\" "
		    "y=\"%d\">",
		    y, text, y);
		put_escaped(e->zone, to);
		if (e->key != SIZE_MAX) {
			plan_key_name(&p->key[e->key], text, sizeof(text));
			fputs(", ", to);
			put_escaped(text, to);
		}
		fputs(": ", to);
		if (e->kind == PLAN_OWED)
			put_escaped(plan_duty(e->action), to);
		else
			fputs("cannot go on", to);
		fprintf(to, "</text><text x=\"600\" y=\"%d\" class=\"command\">",
		    y);
		plan_command(p, e, command, sizeof(command));
		put_escaped(e->kind == PLAN_OWED ? command :
			e->reason != NULL	 ? e->reason :
						   "no key can be made",
		    to);
		fputs("</text>\n", to);
	}
	if (number == 0) {
		y += ROW;
		if (draw)
			fprintf(to, "<text x=\"46\" y=\"%d\">nothing</text>\n",
			    y);
	}
	return y + 16;
}

void
plan_svg(const struct plan *p, FILE *to)
{
	char from[32], until[32];
	int y = HEAD, bottom, height;
	size_t i;

	for (i = 0; i < p->nzones; i++)
		y = put_zone(p, p->zone[i], y, false, to);
	bottom = y;
	height = put_list(p, bottom, false, to);
	date(p->from, "%Y-%m-%d", from, sizeof(from));
	date(p->until, "%Y-%m-%d", until, sizeof(until));
	fprintf(to,
	    "<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"%d\" "
	    "height=\"%d\" viewBox=\"0 0 %d %d\" "
	    "font-family=\"sans-serif\" font-size=\"12\" fill=\"#222\">\n"
	    "<style>.axis{font-size:11px;fill:#555;text-anchor:middle}"
	    ".lane{text-anchor:end}.ksk{font-weight:bold}"
	    ".zone{font-size:15px;font-weight:bold}"
	    ".state{font-size:10px;text-anchor:middle}"
	    ".in{fill:#c62828;stroke:#fff;stroke-width:1.5}"
	    ".out{fill:#fff;stroke:#c62828;stroke-width:2}"
	    ".other{fill:#283593;stroke:#fff;stroke-width:1.5}"
	    ".number{font-size:10px;font-weight:bold;fill:#fff;"
	    "text-anchor:middle}.red{fill:#c62828}"
	    ".command{font-family:monospace;font-size:11px}"
	    "</style>\n"
	    "<rect width=\"%d\" height=\"%d\" fill=\"#fff\"/>\n"
	    "<text x=\"10\" y=\"22\" font-size=\"17\" font-weight=\"bold\">"
	    "Keys from %s to %s</text>\n",
	    WIDTH, height, WIDTH, height, WIDTH, height, from, until);
	put_legend(to);
	put_axis(p, bottom, to);
	y = HEAD;
	for (i = 0; i < p->nzones; i++)
		y = put_zone(p, p->zone[i], y, true, to);
	(void)put_list(p, bottom, true, to);
	fputs("</svg>\n", to);
}
