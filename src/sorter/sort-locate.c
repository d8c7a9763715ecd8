#include <stdlib.h>
#include <string.h>

#include <stdbool.h>

#include "name.h"
#include "sort-locate.h"
#include "zonesource.h"

#define BUCKETS 1024

struct wanted {
	struct finding *finding;
	uint8_t owner[NAME_WIRE_MAX];
	size_t owner_len;
	struct wanted *next; /* in its bucket */
};

struct index {
	struct wanted *list;
	size_t count;
	struct wanted *buckets[BUCKETS];
};

static size_t
bucket_of(const uint8_t *owner, size_t len)
{
	uint32_t hash = 2166136261U;

	for (size_t i = 0; i < len; i++)
		hash = (hash ^ owner[i]) * 16777619U;
	return hash % BUCKETS;
}

static void
want(struct index *ix, struct finding *finding)
{
	struct wanted *w = &ix->list[ix->count];
	size_t bucket;
	int len;

	if (finding->owner == NULL ||
	    (len = name_from_text(
		 finding->owner, strlen(finding->owner), w->owner)) == -1)
		return;
	w->finding = finding;
	w->owner_len = (size_t)len;
	bucket = bucket_of(w->owner, w->owner_len);
	w->next = ix->buckets[bucket];
	ix->buckets[bucket] = w;
	ix->count++;
}

static int
index_findings(struct index *ix, struct findings *f, struct diag *d)
{
	memset(ix, 0, sizeof(*ix));
	ix->list = calloc(f->count * FINDINGS_KEPT, sizeof(*ix->list));
	if (ix->list == NULL)
		return diag_system(d, "messages");
	for (size_t k = 0; k < f->count; k++)
		for (size_t i = 0; i < FINDINGS_KEPT && i < f->kinds[k].count;
		     i++)
			want(ix, &f->kinds[k].kept[i]);
	return 0;
}

/* The first place of each, and one more where there is another. */
static int
note_place(struct finding *finding, struct zonesource *src)
{
	char **place = finding->place == NULL ? &finding->place
	    : finding->other == NULL	      ? &finding->other
					      : NULL;

	if (place == NULL)
		return 0;
	*place = strdup(zonesource_place(src));
	return *place == NULL ? -1 : 0;
}

static int
compare_record(struct index *ix, const struct zonesource_record *rec,
    struct zonesource *src, bool *placed)
{
	struct wanted *w = ix->buckets[bucket_of(rec->owner, rec->owner_len)];

	for (; w != NULL; w = w->next) {
		if (w->owner_len != rec->owner_len ||
		    memcmp(w->owner, rec->owner, rec->owner_len) != 0 ||
		    (w->finding->type != 0 && w->finding->type != rec->type))
			continue;
		if (note_place(w->finding, src) == -1)
			return -1;
		*placed = true;
	}
	return 0;
}

int
locate_findings(struct findings *f, const char *zone, const char *const *paths,
    size_t count, struct diag *d)
{
	const struct zonesource_options options = {
		.paths = paths, .count = count, .origin = zone
	};
	struct zonesource *src = NULL;
	struct zonesource_record rec;
	struct index ix;
	bool placed = false, skipped = false;
	int rc = -1, got;

	if (f->count == 0)
		return 0;
	if (index_findings(&ix, f, d) == -1 ||
	    zonesource_open(&src, &options, d) == -1)
		goto out;
	while ((got = zonesource_next(src, &rec, d)) != 0) {
		if (got == -1 && d->status != STATUS_BAD)
			goto out;
		skipped = skipped || got == -1;
		if (got == 1 && compare_record(&ix, &rec, src, &placed) == -1) {
			diag_system(d, "messages");
			goto out;
		}
	}
	/* With nothing found, what could not be read is the likely reason. */
	if (placed || !skipped)
		rc = 0;
out:
	zonesource_close(src);
	free(ix.list);
	return rc;
}
