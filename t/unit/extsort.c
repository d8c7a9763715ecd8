#include <dirent.h>
#include <sys/stat.h>
#include <unistd.h>

#include "extsort.h"
#include "tap.h"

static uint64_t seed = 1;

static uint64_t
draw(uint64_t below)
{
	seed ^= seed << 13;
	seed ^= seed >> 7;
	seed ^= seed << 17;
	return seed % below;
}

/* A reference: all records in one array, sorted by qsort(). */
struct reference {
	struct item {
		struct extsort_record rec;
		uint8_t *bytes;
	} * items;
	size_t count, room;
};

static void
reference_add(struct reference *ref, const struct extsort_record *rec)
{
	struct item *it;

	if (ref->count == ref->room) {
		ref->room = ref->room > 0 ? 2 * ref->room : 1024;
		ref->items =
		    realloc(ref->items, ref->room * sizeof(*ref->items));
		if (ref->items == NULL)
			abort();
	}
	it = &ref->items[ref->count++];
	if ((it->bytes = malloc(rec->key_len + rec->payload_len + 1)) == NULL)
		abort();
	memcpy(it->bytes, rec->key, rec->key_len);
	memcpy(it->bytes + rec->key_len, rec->payload, rec->payload_len);
	it->rec = (struct extsort_record){ it->bytes, rec->key_len,
		it->bytes + rec->key_len, rec->payload_len };
}

/* The definition of the order, written once more. */
static int
plain_compare(const uint8_t *a, size_t a_len, const uint8_t *b, size_t b_len)
{
	for (size_t i = 0;; i++) {
		if (i == a_len || i == b_len)
			return a_len < b_len ? -1 : a_len > b_len;
		if (a[i] != b[i])
			return a[i] < b[i] ? -1 : 1;
	}
}

static int
item_compare(const void *va, const void *vb)
{
	const struct item *a = va, *b = vb;
	const int c = plain_compare(
	    a->rec.key, a->rec.key_len, b->rec.key, b->rec.key_len);

	return c != 0 ? c
		      : plain_compare(a->rec.payload, a->rec.payload_len,
			    b->rec.payload, b->rec.payload_len);
}

static void
reference_free(struct reference *ref)
{
	for (size_t i = 0; i < ref->count; i++)
		free(ref->items[i].bytes);
	free(ref->items);
	memset(ref, 0, sizeof(*ref));
}

static int
equal(const struct extsort_record *a, const struct extsort_record *b)
{
	return a->key_len == b->key_len && a->payload_len == b->payload_len &&
	    memcmp(a->key, b->key, a->key_len) == 0 &&
	    memcmp(a->payload, b->payload, a->payload_len) == 0;
}

/* Draws the i-th record into buf. */
typedef void draw_record(size_t i, uint8_t *buf, struct extsort_record *rec);

static void
fill(uint8_t *to, size_t n, unsigned letters)
{
	for (size_t i = 0; i < n; i++)
		to[i] = (uint8_t)draw(letters);
}

/* Short keys of few octets, zero among them: prefixes and equal ones abound. */
static void
draw_confusable(size_t i, uint8_t *buf, struct extsort_record *rec)
{
	(void)i;
	rec->key_len = draw(20);
	rec->payload_len = draw(6);
	fill(buf, rec->key_len + rec->payload_len, 2);
}

static void
draw_long(size_t i, uint8_t *buf, struct extsort_record *rec)
{
	(void)i;
	rec->key_len = draw(100);
	rec->payload_len =
	    draw(20) == 0 ? draw(EXTSORT_RECORD_MAX - 100) : draw(2000);
	fill(buf, rec->key_len + rec->payload_len, 256);
}

static void
draw_one_key(size_t i, uint8_t *buf, struct extsort_record *rec)
{
	rec->key_len = 10;
	rec->payload_len = 8;
	memset(buf, 'k', 10);
	for (int k = 0; k < 8; k++)
		buf[10 + k] = (uint8_t)((i * 7919 % 300007) >> (8 * (7 - k)));
}

static void
draw_sorted(size_t i, uint8_t *buf, struct extsort_record *rec)
{
	rec->key_len = (size_t)snprintf((char *)buf, 40, "key %012zu", i);
	rec->payload_len = 30;
	memset(buf + rec->key_len, 'p', 30);
}

/* In no order, and few to a part. */
static void
draw_wide(size_t i, uint8_t *buf, struct extsort_record *rec)
{
	(void)i;
	rec->key_len = 12;
	rec->payload_len = 2000;
	fill(buf, 12, 256);
	memset(buf + 12, 'w', 2000);
}

/* Every part in order, but the parts against each other. */
static void
draw_reversed(size_t i, uint8_t *buf, struct extsort_record *rec)
{
	draw_sorted(1000000 - i, buf, rec);
}

static struct extsort_stats
check(struct extsort *s, size_t n, draw_record *draw_it, const char *what)
{
	static uint8_t buf[EXTSORT_RECORD_MAX];
	struct reference ref = { NULL, 0, 0 };
	struct extsort_record rec;
	struct diag d;
	size_t i, differ = 0;
	int rc = 0;

	d.text[0] = '\0';
	for (i = 0; i < n && rc == 0; i++) {
		draw_it(i, buf, &rec);
		rec.key = buf;
		rec.payload = buf + rec.key_len;
		reference_add(&ref, &rec);
		rc = extsort_add(
		    s, rec.key, rec.key_len, rec.payload, rec.payload_len, &d);
	}
	if (n > 0)
		qsort(ref.items, ref.count, sizeof(*ref.items), item_compare);
	if (rc == 0)
		rc = extsort_sort(s, &d);
	for (i = 0; rc == 0 && extsort_next(s, &rec, &d) == 1; i++)
		if (i >= n || !equal(&rec, &ref.items[i].rec))
			differ++;
	ok(rc == 0 && differ == 0 && i == n, "%s: %zu records in order", what,
	    n);
	if (rc != 0)
		printf("# %s\n", d.text);
	reference_free(&ref);
	return *extsort_stats(s);
}

static void
test_order(struct extsort *s)
{
	static const size_t counts[] = { 0, 1, 2, 3, 11, 12, 13, 14, 100,
		1000 };
	struct extsort_stats st;

	for (size_t i = 0; i < sizeof(counts) / sizeof(*counts); i++) {
		st = check(s, counts[i], draw_confusable, "few");
		ok(st.spilled == 0 && st.runs == 0, "nothing spilled");
		extsort_reset(s);
	}
	st = check(s, 60000, draw_confusable, "in both halves");
	ok(st.spilled == 0, "still nothing spilled");
	extsort_reset(s);
	st = check(s, 200000, draw_confusable, "some runs");
	ok(st.runs > 1 && st.merges == 0, "spilled %llu bytes in %llu runs",
	    (unsigned long long)st.spilled, (unsigned long long)st.runs);
	extsort_reset(s);
	st = check(s, 1200, draw_long, "long ones");
	ok(st.runs > 2 && st.merges > 0,
	    "%llu runs whose buffers would not fit: %llu merges before",
	    (unsigned long long)st.runs, (unsigned long long)st.merges);
	extsort_reset(s);
	(void)check(s, 200000, draw_one_key, "one key");
	extsort_reset(s);
}

static void
test_presorted(struct extsort *s)
{
	struct extsort_stats st = check(s, 300000, draw_sorted, "sorted");

	ok(st.sorts == 0 && st.runs == 1 && st.merges == 0,
	    "sorted input: nothing sorted, one run");
	extsort_reset(s);
	st = check(s, 40000, draw_sorted, "sorted, in memory");
	ok(st.sorts == 0 && st.spilled == 0, "sorted input, nothing spilled");
	extsort_reset(s);
	st = check(s, 300000, draw_reversed, "reversed");
	ok(st.runs > 5, "reversed input makes runs");
	extsort_reset(s);
}

/* Half of 4 MB holds a thousand of these. */
static void
test_passes(void)
{
	struct extsort *s;
	struct extsort_stats st;
	struct diag d;

	if (extsort_open(&s, 0, NULL, &d) == -1)
		abort();
	st = check(s, 75000, draw_wide, "many runs");
	ok(st.runs > 64 && st.merges >= 1, "%llu runs, %llu merges before",
	    (unsigned long long)st.runs, (unsigned long long)st.merges);
	extsort_reset(s);
	ok(check(s, 10, draw_confusable, "after reset").records == 10,
	    "counts begin anew");
	extsort_close(s);
}

static void
test_refusals(struct extsort *s)
{
	static uint8_t big[EXTSORT_RECORD_MAX + 1];
	struct extsort *t;
	struct diag d;
	int rc = 0;

	ok(extsort_add(s, big, EXTSORT_KEY_MAX + 1, big, 0, &d) == -1 &&
		d.status == STATUS_BAD,
	    "a key too long");
	ok(extsort_add(s, big, 1, big, EXTSORT_RECORD_MAX, &d) == -1 &&
		d.status == STATUS_BAD,
	    "a record too long");
	if (extsort_open(&t, 0, "/nonexistent", &d) == -1)
		abort();
	for (int i = 0; i < 100 && rc == 0; i++)
		rc = extsort_add(t, big, 10, big, 100000, &d);
	ok(rc == -1 && d.status == STATUS_SYSTEM &&
		strstr(d.text, "/nonexistent") != NULL,
	    "no such folder: %s", d.text);
	extsort_reset(t);
	ok(extsort_add(t, big, 1, big, 1, &d) == 0,
	    "usable again after a failure and reset");
	extsort_close(t);
	extsort_close(NULL);
}

/* Nothing with a name is left behind, nor is there ever. */
static void
test_no_name(void)
{
	char folder[] = "/tmp/extsort.XXXXXX";
	static uint8_t big[100000];
	struct extsort *s;
	struct dirent *e;
	struct diag d;
	DIR *dir;
	int names = 0;

	if (mkdtemp(folder) == NULL || extsort_open(&s, 0, folder, &d) == -1)
		abort();
	for (int i = 0; i < 100; i++)
		if (extsort_add(s, big, 10, big, sizeof(big), &d) == -1)
			abort();
	if (extsort_sort(s, &d) == -1 || (dir = opendir(folder)) == NULL)
		abort();
	while ((e = readdir(dir)) != NULL)
		names += e->d_name[0] != '.';
	ok(names == 0 && extsort_stats(s)->spilled > 0,
	    "the spill has no name");
	(void)closedir(dir);
	extsort_close(s);
	(void)rmdir(folder);
}

int
main(void)
{
	struct extsort *s;
	struct diag d;

	if (extsort_open(&s, 0, NULL, &d) == -1)
		abort();
	test_order(s);
	test_presorted(s);
	test_refusals(s);
	extsort_close(s);
	test_passes();
	test_no_name();
	return done();
}
