/*
 * status as one static page: styles and pictures in it, no script, nothing
 * from elsewhere.  A card a zone where the screen is narrow, a table where it
 * is wide.
 */
#include <stdio.h>

#include "status.h"

static const char head[] =
    "<!DOCTYPE html>\n<html lang=\"en\"><head><meta charset=\"utf-8\">\n"
    "<meta name=\"viewport\" content=\"width=device-width,"
    "initial-scale=1\">\n<title>zonepipe status</title>\n<style>\n"
    ":root{color-scheme:light dark;--bg:#fbfbf9;--fg:#1d2126;--dim:#5c6670;"
    "--line:#dcdfe3;--card:#fff;--ok:#1f7a44;--warn:#8a5a00;--bad:#b3261e;"
    "--bar:#3a78b5}\n"
    "@media(prefers-color-scheme:dark){:root{--bg:#14171a;--fg:#e6e8ea;"
    "--dim:#9aa4ae;--line:#2d3339;--card:#1c2024;--ok:#6fce94;"
    "--warn:#e5b45c;--bad:#ff8a80;--bar:#6ea8de}}\n"
    "*{box-sizing:border-box}body{margin:0 auto;max-width:1320px;"
    "padding:1rem;background:var(--bg);color:var(--fg);"
    "font:15px/1.5 system-ui,sans-serif}\n"
    "h1{font-size:1.5rem;margin:0 0 .2rem}h2{font-size:1.1rem;"
    "margin:2rem 0 .6rem}p{margin:.2rem 0}.dim{color:var(--dim)}\n"
    ".sums{display:flex;flex-wrap:wrap;gap:.6rem;margin:1rem 0}"
    ".sums div{background:var(--card);border:1px solid var(--line);"
    "border-radius:8px;padding:.5rem .9rem;min-width:6.5rem}"
    ".sums b{display:block;font-size:1.5rem;line-height:1.2}\n"
    ".bad{color:var(--bad)}.warn{color:var(--warn)}.ok{color:var(--ok)}\n"
    "table{width:100%;border-collapse:collapse;background:var(--card);"
    "border:1px solid var(--line)}th,td{text-align:left;padding:.4rem "
    ".6rem;border-bottom:1px solid var(--line);vertical-align:top}"
    "th{font-size:.82rem;color:var(--dim);font-weight:600}"
    "td{font-variant-numeric:tabular-nums}td:first-child{font-weight:600;"
    "overflow-wrap:anywhere}.date{white-space:nowrap}.error{display:block;"
    "font-weight:400;font-size:.9rem;overflow-wrap:anywhere}\n"
    ".days{display:none;grid-template-columns:auto 1fr;gap:.1rem .6rem;"
    "margin:0;font-size:.9rem}.days dt{color:var(--dim)}.days dd{margin:0;"
    "display:flex;align-items:center;gap:.4rem}.days i{height:.8em;"
    "border-radius:2px;background:var(--bar)}\n"
    "figure{margin:0;background:var(--card);border:1px solid var(--line);"
    "border-radius:8px;padding:.6rem;overflow-x:auto}figure.plan{"
    "background:#fff;color-scheme:light}figure.hist svg{width:100%;"
    "max-width:760px;height:auto;display:block}figure text{"
    "font:12px system-ui,sans-serif}\n"
    "@media(min-width:821px){.keys{white-space:nowrap}}\n"
    "@media(max-width:820px){figure.hist svg{display:none}.days{"
    "display:grid}thead{display:none}tr{display:block;"
    "padding:.5rem 0;border-bottom:1px solid var(--line)}"
    "td{display:flex;gap:1rem;justify-content:space-between;border:0;"
    "padding:.1rem .7rem;text-align:right}td::before{content:attr(data-h);"
    "color:var(--dim);flex:none}td:first-child{display:block;"
    "text-align:left;font-size:1.05rem}td:first-child::before{"
    "content:none}}\n</style></head><body>\n";

static void
put(const char *s, FILE *to)
{
	for (; *s != '\0'; s++) {
		switch (*s) {
		case '<':
			(void)fputs("&lt;", to);
			break;
		case '>':
			(void)fputs("&gt;", to);
			break;
		case '&':
			(void)fputs("&amp;", to);
			break;
		case '"':
			(void)fputs("&quot;", to);
			break;
		default:
			(void)fputc(*s, to);
			break;
		}
	}
}

/* ---- the figures above ---- */

static void
put_sum(const char *what, size_t n, const char *class, FILE *to)
{
	(void)fprintf(to, "<div><b class=\"%s\">%zu</b>%s</div>\n",
	    n > 0 ? class : "", n, what);
}

static void
put_sums(const struct status_list *l, FILE *to)
{
	char date[20];

	status_date(l->now, date);
	(void)fprintf(to,
	    "<h1>zonepipe</h1><p class=\"dim\">as of %s; all times are "
	    "UTC</p><div class=\"sums\">\n",
	    date);
	put_sum("zones", l->count, "", to);
	put_sum("due now", l->due, "warn", to);
	put_sum("failing", l->failing, "bad", to);
	put_sum("expired", l->expired, "bad", to);
	put_sum("never published", l->never, "warn", to);
	(void)fputs("</div>\n", to);
}

/* ---- the histogram ---- */

static const char *
day_colour(size_t day)
{
	return day == 0 ? "bad" : day == 1 ? "warn" : "bar";
}

#define HIST_WIDTH  760
#define HIST_HEIGHT 190
#define HIST_BASE   150
#define HIST_LEFT   10
#define STEP	    ((HIST_WIDTH - 2 * HIST_LEFT) / STATUS_DAYS)

static void
put_bar(size_t day, size_t n, size_t most, FILE *to)
{
	const int x = HIST_LEFT + (int)day * STEP;
	const int high = n == 0 ? 0 : 2 + (int)(n * 120 / most);

	if (n > 0)
		(void)fprintf(to,
		    "<rect x=\"%d\" y=\"%d\" width=\"%d\" height=\"%d\" "
		    "rx=\"2\" fill=\"var(--%s)\"/><text x=\"%d\" y=\"%d\" "
		    "text-anchor=\"middle\" fill=\"currentColor\">%zu</text>\n",
		    x + 2, HIST_BASE - high, STEP - 4, high, day_colour(day),
		    x + STEP / 2, HIST_BASE - high - 4, n);
	if (day == 0 || day % 5 == 1 || day == STATUS_DAYS - 1)
		(void)fprintf(to,
		    "<text x=\"%d\" y=\"%d\" text-anchor=\"middle\" "
		    "fill=\"%s\">%s%.0zu%s</text>\n",
		    x + STEP / 2, HIST_BASE + 16,
		    day == 0 ? "var(--bad)" : "var(--dim)",
		    day == 0	   ? "over"
			: day == 1 ? "0"
				   : "",
		    day == 0 ? 0 : day - 1, day == STATUS_DAYS - 1 ? "+" : "");
}

/* The same where 32 columns would be too narrow to read: a line a day. */
static void
put_days(const struct status_list *l, size_t most, FILE *to)
{
	(void)fputs("<dl class=\"days\">\n", to);
	for (size_t i = 0; i < STATUS_DAYS; i++) {
		if (l->days[i] == 0)
			continue;
		if (i < 2)
			(void)fputs(i == 0 ? "<dt>over</dt>"
					   : "<dt>in a day</dt>", to);
		else
			(void)fprintf(to, "<dt>in %zu%s day%s</dt>", i - 1,
			    i == STATUS_DAYS - 1 ? " or more" : "",
			    i == 2 ? "" : "s");
		(void)fprintf(to,
		    "<dd><i style=\"width:%zu%%;background:var(--%s)\"></i>"
		    "%zu</dd>\n",
		    1 + l->days[i] * 79 / most, day_colour(i), l->days[i]);
	}
	(void)fputs("</dl>", to);
}

static void
put_histogram(const struct status_list *l, FILE *to)
{
	size_t most = 1;

	for (size_t i = 0; i < STATUS_DAYS; i++)
		if (l->days[i] > most)
			most = l->days[i];
	(void)fprintf(to,
	    "<h2>First signature expires</h2><figure class=\"hist\"><svg viewBox=\"0 "
	    "0 %d %d\" role=\"img\" aria-label=\"zones by the days until "
	    "their first signature expires\">\n",
	    HIST_WIDTH, HIST_HEIGHT);
	(void)fprintf(to,
	    "<path d=\"M%d %dH%d\" stroke=\"var(--line)\"/><text x=\"%d\" "
	    "y=\"%d\" text-anchor=\"middle\" fill=\"var(--dim)\">days until "
	    "the first signature of a zone expires</text>\n",
	    HIST_LEFT, HIST_BASE, HIST_WIDTH - HIST_LEFT, HIST_WIDTH / 2,
	    HIST_HEIGHT - 6);
	for (size_t i = 0; i < STATUS_DAYS; i++)
		put_bar(i, l->days[i], most, to);
	(void)fputs("</svg>\n", to);
	put_days(l, most, to);
	(void)fputs("</figure>\n", to);
}

/* ---- the zones ---- */

static void
put_cell(const char *title, const char *text, const char *class, FILE *to)
{
	(void)fprintf(to, "<td data-h=\"%s\"><span class=\"%s\">", title,
	    class);
	put(text, to);
	(void)fputs("</span></td>", to);
}

static void
put_date_cell(
    const char *title, int64_t moment, const char *class, FILE *to)
{
	char date[20];

	status_date(moment, date);
	put_cell(title, date, class, to);
}

static void
put_zone(const struct status_zone *r, FILE *to)
{
	char serial[16], next[20], text[64];

	(void)snprintf(serial, sizeof(serial), "%u", r->zone->serial);
	(void)fputs("<tr><td>", to);
	put(r->zone->name, to);
	if (r->facts->error != NULL) {
		(void)fprintf(to, "<span class=\"error bad\">failed %u time%s: ",
		    r->facts->failures, r->facts->failures == 1 ? "" : "s");
		put(r->facts->error, to);
		(void)fputs("</span>", to);
	}
	(void)fputs("</td>", to);
	put_cell("policy", r->zone->policy_name, "", to);
	put_cell("serial", serial, "", to);
	put_date_cell("published", r->zone->published, "date", to);
	if (r->why != NULL)
		put_cell("due", "now", "warn", to);
	else
		put_date_cell("due", r->due, "date", to);
	put_date_cell(
	    "expires", r->facts->earliest, r->expired ? "date bad" : "date",
	    to);
	status_date(r->next, next);
	(void)snprintf(text, sizeof(text), "%s%s%s",
	    r->next == 0 && r->owed != NULL ? "" : next,
	    r->next != 0 && r->owed != NULL ? "; " : "",
	    r->owed != NULL ? r->owed : "");
	put_cell("keys change", text, r->owed != NULL ? "keys warn" : "keys",
	    to);
	(void)fputs("</tr>\n", to);
}

static void
put_zones(const struct status_list *l, FILE *to)
{
	(void)fputs("<h2>Zones</h2><table><thead><tr><th>zone<th>policy"
		    "<th>serial<th>published<th>due<th>expires<th>keys change"
		    "</tr></thead><tbody>\n",
	    to);
	/* Those that need somebody come first. */
	for (int calm = 0; calm < 2; calm++)
		for (size_t i = 0; i < l->count; i++) {
			const struct status_zone *r = &l->zone[i];

			if ((r->expired || r->facts->failures > 0) ==
			    (calm == 0))
				put_zone(r, to);
		}
	(void)fputs("</tbody></table>\n", to);
}

void
status_html(const struct status_list *l, const struct plan *plan, FILE *to)
{
	(void)fputs(head, to);
	put_sums(l, to);
	put_histogram(l, to);
	put_zones(l, to);
	(void)fputs("<h2>Keys</h2>\n", to);
	if (plan != NULL) {
		(void)fputs("<figure class=\"plan\">\n", to);
		plan_svg(plan, to);
		(void)fputs("</figure>\n", to);
	} else
		(void)fputs("<p class=\"dim\">Too many zones to draw: "
			    "<code>keystate plan --format svg -z "
			    "ZONE</code> draws one.</p>\n",
		    to);
	(void)fputs("</body></html>\n", to);
}
