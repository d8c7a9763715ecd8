#include <string.h>

#include "zonetext.h"

static enum status
worst(enum status a, enum status b)
{
	return a > b ? a : b;
}

/* What failed many zones for one reason is said of the first few only. */
#define SAID_ZONES 3

struct said {
	char why[DIAG_TEXT_MAX];
	size_t zones;
};

static void
say_rest(const struct said *said, void (*complain)(const struct diag *))
{
	struct diag d;

	if (said->zones <= SAID_ZONES)
		return;
	diag_set(&d, STATUS_BAD, "and %zu more: the same",
	    said->zones - SAID_ZONES);
	complain(&d);
}

static void
say(struct said *said, const char *zone, struct diag *why,
    void (*complain)(const struct diag *))
{
	if (said->zones == 0 || strcmp(said->why, why->text) != 0) {
		say_rest(said, complain);
		memcpy(said->why, why->text, sizeof(said->why));
		said->zones = 0;
	}
	if (++said->zones > SAID_ZONES)
		return;
	(void)diag_prefix(why, "%s", zone);
	complain(why);
}

/* One item of the open zone.  -1: the zone fails, as d says. */
static int
one_item(int item, struct zonetext_reader *r, struct zonetext_writer *w,
    const struct zonetext_ops *ops, void *ctx, struct diag *d)
{
	switch (item) {
	case ZONETEXT_ZONE:
		zonetext_begin(w, zonetext_zone_name(r),
		    zonetext_zone_keys(r));
		return ops->zone(ctx, zonetext_zone_name(r),
		    zonetext_zone_keys(r), w, d);
	case ZONETEXT_RECORD:
		return ops->record(ctx, zonetext_record(r), w, d);
	case ZONETEXT_END:
		if (ops->end(ctx, zonetext_end_keys(r), w, d) == -1)
			return -1;
		zonetext_end(w, zonetext_end_keys(r));
		return 0;
	case ZONETEXT_FAIL:
		/* Said by the program that found it; we pass it on. */
		zonetext_fail(w, zonetext_zone_name(r),
		    zonetext_fail_status(r), zonetext_fail_reason(r));
		if (ops->fail != NULL)
			ops->fail(ctx);
		return 0;
	}
	return 0;
}

enum status
zonetext_filter(struct zonetext_reader *r, struct zonetext_writer *w,
    const struct zonetext_ops *ops, void *ctx,
    void (*complain)(const struct diag *), bool *stream_broken, struct diag *d)
{
	enum status status = STATUS_OK;
	struct said said = { .zones = 0 };
	struct diag why;
	bool failed = false; /* the open zone: its rest is skipped */
	int item;

	*stream_broken = true;
	while ((item = zonetext_read(r, d)) != ZONETEXT_DONE) {
		if (item == -1 || stream_failed(zonetext_stream(w)) != 0)
			goto broken;
		if (failed) {
			failed = item == ZONETEXT_RECORD;
			continue;
		}
		if (one_item(item, r, w, ops, ctx, &why) == -1) {
			status = worst(status, why.status);
			zonetext_fail(w, zonetext_zone_name(r), why.status,
			    why.text);
			if (ops->fail != NULL)
				ops->fail(ctx);
			say(&said, zonetext_zone_name(r), &why, complain);
			failed = item != ZONETEXT_END;
		} else if (item == ZONETEXT_FAIL) {
			status = worst(status, zonetext_fail_status(r));
		}
	}
	say_rest(&said, complain);
	if (zonetext_done(w, d) == -1)
		return d->status;
	*stream_broken = false;
	return status;
broken:
	say_rest(&said, complain);
	if (item != -1)
		(void)stream_flush(zonetext_stream(w), d);
	return d->status;
}
