#include <stdio.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "progress.h"

#define STEP	 1024 /* RRsets between looks at the clock */
#define PERIOD	 0.2  /* seconds between two drawings */
#define BAR	 24

static struct {
	bool on;
	char name[41];
	uint64_t rrsets;	     /* through */
	uint64_t records, total;     /* the chain's not counted */
	double began, drawn;
} bar;

static double
seconds(void)
{
	struct timespec t;

	(void)clock_gettime(CLOCK_MONOTONIC, &t);
	return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

void
progress_start(void)
{
	bar.on = isatty(STDERR_FILENO) == 1;
}

void
progress_zone(const char *name, const struct zonetext_keys *header)
{
	if (!bar.on)
		return;
	(void)snprintf(bar.name, sizeof(bar.name), "%s", name);
	bar.rrsets = bar.records = bar.total = 0;
	(void)zonetext_get_u64(header, "records", UINT64_MAX, &bar.total, NULL);
	bar.began = bar.drawn = seconds();
}

/* Once all records of the file are through, what is left is an NSEC3 chain. */
static void
draw(double now)
{
	const double spent = now - bar.began;
	const double rate = spent > 0 ? (double)bar.rrsets / spent : 0;
	char filled[BAR + 1] = "", left[32] = "";

	if (bar.total > 0) {
		const uint64_t done =
		    bar.records < bar.total ? bar.records : bar.total;
		const size_t n = (size_t)(done * BAR / bar.total);

		memset(filled, '#', n);
		memset(filled + n, '.', BAR - n);
		filled[BAR] = '\0';
		if (bar.records >= bar.total)
			(void)snprintf(left, sizeof(left), ", the chain");
		else if (bar.records > 0)
			(void)snprintf(left, sizeof(left), ", %.0f s left",
			    spent * (double)(bar.total - bar.records) /
				(double)bar.records);
	}
	(void)fprintf(stderr, "\r%.16s [%s] %llu RRsets, %.0f/s%s\033[K",
	    bar.name, filled, (unsigned long long)bar.rrsets, rate, left);
	(void)fflush(stderr);
}

void
progress_step(uint32_t records, bool chain)
{
	double now;

	if (!bar.on)
		return;
	bar.rrsets++;
	if (!chain)
		bar.records += records;
	if (bar.rrsets % STEP != 0)
		return;
	now = seconds();
	if (now - bar.drawn >= PERIOD) {
		bar.drawn = now;
		draw(now);
	}
}

void
progress_end(void)
{
	if (bar.on)
		(void)fprintf(stderr, "\r\033[K");
}
