/*
 * Damaged key databases: database [SECONDS [SEED]].  keys.db, zone.db or
 * policy.db is mutated.  Damage is told with file and line, or what is read is
 * a database: it comes back from its own dump, byte for byte.
 */
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "../../src/keystate/db.h"
#include "status.h"

#define SIZE_MAX_TEXT ((size_t)64 * 1024)
#define WAIT	      5 /* seconds for the lock, which nobody holds */

static char dir[] = "/tmp/zonepipe-fuzz.XXXXXX";
static uint64_t state;

static uint32_t
rnd(uint32_t below)
{
	state = state * UINT64_C(6364136223846793005) + 1442695040888963407U;
	return below == 0 ? 0 : (uint32_t)((state >> 33) % below);
}

static void
die(const char *what, const struct diag *d)
{
	(void)fprintf(stderr, "%s: %s\n", what, d != NULL ? d->text : "");
	abort();
}

/* ---- a database with a bit of everything ---- */

static void
add_key(struct database *db, struct model *m, struct zone *z, unsigned n)
{
	static const enum key_state states[] = { STATE_PUBLISH, STATE_READY,
		STATE_ACTIVE, STATE_RETIRE, STATE_DEAD, STATE_DSSUB };
	char id[33];
	struct keypair *pair;
	struct zonekey *k;

	(void)snprintf(id, sizeof(id), "%032x", n);
	if ((pair = model_add_pair(m, id)) == NULL)
		die("no memory", NULL);
	pair->repository = strdup("a repository: 100%");
	pair->policy = strdup("default");
	pair->type = n % 2 == 0 ? KEY_KSK : KEY_ZSK;
	pair->algorithm = 13;
	pair->tag = (uint16_t)(1000 + n);
	pair->generated = 1700000000 + n;
	if (pair->repository == NULL || pair->policy == NULL ||
	    database_set_public(db, id, "AAECAwQFBgc=") == -1)
		die("no memory", NULL);
	if (z == NULL)
		return;
	if ((k = zone_add_key(z, pair)) == NULL)
		die("no memory", NULL);
	k->state = states[n % 6];
	k->entered[STATE_PUBLISH] = 1700000000;
	k->entered[k->state] = 1700100000 + n;
	k->shown.since = 1700000100;
	k->shown.clear = 1700003600;
	k->ds_seen = n % 3 == 0 ? 1700200000 : 0;
}

static void
add_zone(struct database *db, struct model *m, const char *name, unsigned n)
{
	struct zone *z = model_add_zone(m, name, "default");
	struct zone_facts *facts = database_facts(db, name);

	if (z == NULL || facts == NULL ||
	    ttl_history_add(&z->dnskey_ttl, 3600, 1700000000) == -1 ||
	    ttl_history_add(&z->dnskey_ttl, 7200, 0) == -1)
		die("no memory", NULL);
	z->added = 1690000000;
	z->published = 1700000050;
	z->serial = 4294967295U;
	z->signconf_id = strdup("ab");
	facts->input = (struct fileident){ 7 + n, 1000, 1699999999, 5 };
	facts->error = strdup("no\nsuch \"file\"");
	facts->earliest = 1701000000;
	for (unsigned i = 0; i < 4; i++)
		add_key(db, m, z, 10 * n + i);
}

static void
make_database(void)
{
	static const uint8_t salt[] = { 0xde, 0xad };
	struct database *db;
	struct model *m = model_new();
	struct diag d;

	if (m == NULL || database_create(&db, dir, false, WAIT, NULL, &d) == -1)
		die("create", &d);
	add_zone(db, m, "a.example", 1);
	add_zone(db, m, "b.example", 2);
	add_key(db, m, NULL, 99);
	m->clock.last = 1700300000;
	if (pass_clock_add_gap(&m->clock, 3600, 1700290000) == -1 ||
	    database_set_salt(db, "default", salt, sizeof(salt), 1700000000) ==
		-1)
		die("no memory", NULL);
	database_history(db, 1700000000, "a.example", "KSK", "00", "move",
	    "publish", "ready", "IpubC", 1690000000, "x");
	if (database_commit(db, m, &d) == -1)
		die("commit", &d);
	database_close(db);
	model_free(m);
}

/* ---- files ---- */

static size_t
load(const char *path, char *text)
{
	FILE *f = fopen(path, "r");
	size_t n;

	if (f == NULL) {
		perror(path);
		exit(1);
	}
	n = fread(text, 1, SIZE_MAX_TEXT, f);
	(void)fclose(f);
	return n;
}

static void
store(const char *path, const char *text, size_t len)
{
	const int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC, 0600);

	if (fd == -1 || write(fd, text, len) != (ssize_t)len)
		die(path, NULL);
	(void)close(fd);
}

/* ---- mutations ---- */

static const char *const words[] = { "\t", "\n", "-", "%", "%2D", "%00", ";end",
	";commit 18446744073709551615\n", "KSK", "active", "dead", "99999999",
	"99991231235959", "18446744073709551616", "3600:-", ",", ":", ".",
	"a.example", "\xff", "\r" };
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

/* A byte, a field or a line from at on. */
static size_t
span(const char *text, size_t len, size_t at)
{
	const char *end = NULL;

	switch (rnd(3)) {
	case 0:
		return 1;
	case 1:
		end = memchr(text + at, '\t', len - at);
		break;
	default:
		end = memchr(text + at, '\n', len - at);
		break;
	}
	return end == NULL ? len - at : (size_t)(end - text) + 1 - at;
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
	if (rnd(2) == 0) /* at the beginning of a field */
		while (at > 0 && text[at - 1] != '\t' && text[at - 1] != '\n')
			at--;
	n = span(text, len, at);
	if (n > sizeof(copy))
		n = sizeof(copy);
	switch (rnd(6)) {
	case 0:
		text[at] = (char)rnd(256);
		return len;
	case 1:
		return replace(text, len, at, n, "", 0);
	case 2:
		return replace(text, len, at, 0, word, strlen(word));
	case 3: /* the field, and its end stays */
		n = n > 1 ? n - 1 : n;
		return replace(text, len, at, n, word, strlen(word));
	case 4:
		return at;
	default:
		memcpy(copy, text + at, n);
		return replace(text, len, rnd((uint32_t)len), 0, copy, n);
	}
}

/* ---- reading ---- */

/* What was read is a database: its dump gives the same dump again. */
static void
round_trip(const struct database *db, const struct model *m)
{
	struct textbuf first = { 0 }, second = { 0 };
	struct database back = { .lock = -1, .dir = dir };
	struct database *other;
	struct model *again = model_new();
	char *copy;
	struct diag d;

	if (again == NULL || database_dump(db, m, &first, &d) == -1 ||
	    (copy = malloc(first.len)) == NULL)
		die("dump", &d);
	memcpy(copy, first.buf, first.len);
	/* On the heap, so that database_close() frees it. */
	if ((other = malloc(sizeof(*other))) == NULL)
		die("no memory", NULL);
	back.commit = db->commit;
	back.dir = strdup(dir);
	*other = back;
	if (database_load_dump(other, again, copy, first.len, "dump", &d) ==
		-1 ||
	    database_dump(other, again, &second, &d) == -1)
		die("its own dump", &d);
	if (first.len != second.len ||
	    memcmp(first.buf, second.buf, first.len) != 0)
		die("another dump", NULL);
	textbuf_free(&first);
	textbuf_free(&second);
	database_close(other);
	model_free(again);
}

/* PATH:LINE: or PATH: what, and only statuses that mean the file. */
static void
check_told(const struct diag *d)
{
	if ((d->status != STATUS_BAD && d->status != STATUS_USAGE) ||
	    strncmp(d->text, dir, strlen(dir)) != 0 ||
	    strstr(d->text, ".db") == NULL || strchr(d->text, '\n') != NULL)
		die("not told well", d);
}

static bool
try_open(void)
{
	struct model *m = model_new();
	struct database *db;
	struct diag d = { STATUS_OK, "" };
	bool good;

	if (m == NULL)
		die("no memory", NULL);
	good = database_open(&db, dir, DATABASE_READ, WAIT, m, &d) == 0;
	if (good) {
		round_trip(db, m);
		database_close(db);
	} else
		check_told(&d);
	model_free(m);
	return good;
}

int
main(int argc, char **argv)
{
	static const char *const names[] = { "keys.db", "zone.db",
		"policy.db" };
	const time_t end = time(NULL) + (argc > 1 ? atoi(argv[1]) : 10);
	char *text = malloc(SIZE_MAX_TEXT + 1), *saved;
	unsigned long runs = 0, accepted = 0;
	char path[PATH_MAX], command[64];

	state = argc > 2 ? strtoull(argv[2], NULL, 10) : (uint64_t)time(NULL);
	saved = malloc(SIZE_MAX_TEXT);
	if (text == NULL || saved == NULL || mkdtemp(dir) == NULL)
		return 1;
	make_database();
	if (!try_open())
		die("the whole one", NULL);
	while (time(NULL) < end) {
		size_t len, saved_len;

		(void)snprintf(path, sizeof(path), "%s/%s", dir, names[rnd(3)]);
		saved_len = len = load(path, text);
		memcpy(saved, text, len);
		for (uint32_t n = 1 + rnd(3); n > 0; n--)
			len = mutate(text, len);
		store(path, text, len);
		accepted += try_open();
		store(path, saved, saved_len);
		runs++;
	}
	(void)snprintf(command, sizeof(command), "rm -rf %s", dir);
	if (system(command) != 0)
		return 1;
	free(text);
	free(saved);
	(void)printf("database: %lu runs, %lu accepted\n", runs, accepted);
	return 0;
}
