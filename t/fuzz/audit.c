/*
 * audit-zone in process on zones that ldns made and signed: as they are, with
 * records changed and signed again, with octets changed, and on audit records
 * with octets changed.  Whatever comes in, there is a verdict in bounded time,
 * the same with threads and without; a zone that nobody touched is valid; one
 * record taken away, or one signature changed, is found.
 *	audit SECONDS [SEED]
 * An input that fails is written to audit-fuzz.zone.
 */
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <time.h>
#include <unistd.h>

#include <ldns/ldns.h>
#undef dprintf /* ldns has one of its own */

#include "../../src/audit/audit.h"
#include "report.h"

#define NOW	     1800000000
#define LINES_MAX    6000
#define SECONDS_MOST 20 /* of one input, sanitizers and a busy host included */

/* A zone as lines of text, with the keys that sign it. */
struct lines {
	char *line[LINES_MAX];
	size_t count;
};

struct base {
	struct lines z;
	ldns_key_list *keys;
};

static const char *const tokens[] = { "0", "1", "3", "255", "256", "257",
	"65535", "65536", "2147483647", "4294967295", "-", "*", "@", ".",
	"example.", "www.example.", "a.b.c.d.e.f.example.", "elsewhere.",
	"A", "NS", "CNAME", "DNAME", "SOA", "DS", "NSEC", "NSEC3", "RRSIG",
	"DNSKEY", "CDS", "CDNSKEY", "ZONEMD", "TYPE65535", "TYPE0", "ANY",
	"\\# 0", "\\# 4 00000000", "20380119031408", "19700101000000", "AA==",
	"AAAA", "(", ")", "\"", ";", "\\000", "\\", "$ORIGIN e.\n",
	"$TTL 1w\n", "$INCLUDE /dev/null\n", "$GENERATE 1-200 g$ A 10.0.0.1\n" };

static uint64_t state;
static struct rtypes *types;
static struct pool *pools[2];
static struct settings set;

static unsigned
pick(unsigned n)
{
	state ^= state << 13;
	state ^= state >> 7;
	state ^= state << 17;
	return (unsigned)(state >> 20) % n;
}

static void *
checked(void *p)
{
	if (p == NULL) {
		fprintf(stderr, "audit fuzz: no memory\n");
		exit(3);
	}
	return p;
}

/* --- lines ------------------------------------------------------------------- */

static void
lines_add(struct lines *z, const char *text)
{
	if (z->count < LINES_MAX)
		z->line[z->count++] = checked(strdup(text));
}

static void
lines_remove(struct lines *z, size_t i)
{
	free(z->line[i]);
	memmove(&z->line[i], &z->line[i + 1],
	    (z->count - i - 1) * sizeof(z->line[0]));
	z->count--;
}

static void
lines_free(struct lines *z)
{
	while (z->count > 0)
		free(z->line[--z->count]);
}

static void
lines_rr(struct lines *z, const ldns_rr *rr)
{
	char *text = checked(ldns_rr2str(rr));

	text[strcspn(text, "\n")] = '\0';
	lines_add(z, text);
	free(text);
}

/* The n-th field, from 0: owner, TTL, class, type, RDATA. */
static const char *
field(const char *line, unsigned n, size_t *len)
{
	for (; n > 0 && *line != '\0'; n--) {
		line += strcspn(line, "\t");
		line += *line == '\t';
	}
	*len = strcspn(line, "\t");
	return line;
}

static bool
field_is(const char *line, unsigned n, const char *text)
{
	size_t len;
	const char *f = field(line, n, &len);

	return len == strlen(text) && memcmp(f, text, len) == 0;
}

/* --- a zone, made at random -------------------------------------------------- */

static void
emit(struct lines *z, const char *owner, const char *rest)
{
	char text[1024];

	(void)snprintf(text, sizeof(text), "%s%sexample. 3600 IN %s", owner,
	    *owner == '\0' ? "" : ".", rest);
	lines_add(z, text);
}

static void
emit_host(struct lines *z, const char *owner)
{
	emit(z, owner, "A 192.0.2.1");
	if (pick(2) == 0)
		emit(z, owner, "A 192.0.2.2");
	if (pick(3) == 0)
		emit(z, owner, "TXT \"one\" \"two; (\\\"\\200\"");
	if (pick(3) == 0)
		emit(z, owner, "MX 10 Mail.example.");
	if (pick(6) == 0)
		emit(z, owner, "TYPE65400 \\# 3 010203");
}

static void
emit_name(struct lines *z, const char *owner)
{
	char server[300];

	switch (pick(6)) {
	case 0:
		emit(z, owner, "CNAME www.example.");
		break;
	case 1:
		emit(z, owner, "NS ns.elsewhere.");
		break;
	case 2:
		emit(z, owner, "NS ns.elsewhere.");
		emit(z, owner, "DS 1 13 2 0000000000000000000000000000000000000"
		    "000000000000000000000000000");
		break;
	case 3:
		if (strchr(owner, '*') != NULL) {
			emit_host(z, owner);
			break;
		}
		(void)snprintf(server, sizeof(server), "NS n.%s.example.",
		    owner);
		emit(z, owner, server);
		(void)snprintf(server, sizeof(server), "n.%s", owner);
		emit(z, server, "A 192.0.2.9");
		break;
	default:
		emit_host(z, owner);
	}
}

static void
make_unsigned(struct lines *z)
{
	static const char *const names[] = { "a.b.c", "*.wild", "x.ent",
		"y.ent", "deep.er.and.deep.er", "9", "_25._tcp.mail2", "zz",
		"\\001\\000bin", "\\*.star", "0-0", "host\\.dot" };

	emit(z, "", "SOA ns.example. host.example. 1 7200 3600 1209600 300");
	emit(z, "", "NS ns.example.");
	emit(z, "", "NS ns2.example.");
	emit(z, "ns", "A 192.0.2.53");
	emit(z, "ns2", "AAAA 2001:db8::53");
	emit(z, "mail", "A 192.0.2.25");
	emit_host(z, "www");
	for (size_t i = 0; i < sizeof(names) / sizeof(*names); i++)
		if (pick(2) == 0)
			emit_name(z, names[i]);
	for (unsigned n = pick(12); n > 0; n--) {
		char name[16];

		(void)snprintf(name, sizeof(name), "h%u", n);
		emit_name(z, name);
	}
}

static ldns_key *
make_key(uint16_t flags)
{
	ldns_key *key = checked(ldns_key_new_frm_algorithm(
	    LDNS_SIGN_ECDSAP256SHA256, 256));
	ldns_rr *rr;

	ldns_key_set_pubkey_owner(key, ldns_dname_new_frm_str("example."));
	ldns_key_set_flags(key, flags);
	ldns_key_set_inception(key, NOW - 7200);
	ldns_key_set_expiration(key, NOW + 30 * 86400);
	rr = checked(ldns_key2rr(key));
	ldns_key_set_keytag(key, ldns_calc_keytag(rr));
	ldns_rr_free(rr);
	return key;
}

static void
sign_all(struct base *b, ldns_dnssec_zone *zone)
{
	ldns_rr_list *made = checked(ldns_rr_list_new());
	const unsigned denial = pick(3); /* NSEC, NSEC3, opt-out */
	ldns_status s;

	(void)ldns_dnssec_zone_mark_glue(zone);
	if (denial > 0)
		(void)ldns_dnssec_zone_add_empty_nonterminals(zone);
	if (denial == 0)
		s = ldns_dnssec_zone_sign(zone, made, b->keys,
		    ldns_dnssec_default_replace_signatures, NULL);
	else
		s = ldns_dnssec_zone_sign_nsec3(zone, made, b->keys,
		    ldns_dnssec_default_replace_signatures, NULL, 1,
		    denial == 2, 0, 0, NULL);
	if (s != LDNS_STATUS_OK) {
		fprintf(stderr, "audit fuzz: ldns: %s\n",
		    ldns_get_errorstr_by_id(s));
		exit(3);
	}
	for (size_t i = 0; i < ldns_rr_list_rr_count(made); i++)
		lines_rr(&b->z, ldns_rr_list_rr(made, i));
	ldns_rr_list_free(made);
}

static void
base_make(struct base *b)
{
	struct lines plain = { .count = 0 };
	ldns_dnssec_zone *zone = checked(ldns_dnssec_zone_new());
	ldns_rr *rr;

	b->keys = checked(ldns_key_list_new());
	ldns_key_list_push_key(b->keys, make_key(257));
	if (pick(3) > 0)
		ldns_key_list_push_key(b->keys, make_key(256));
	make_unsigned(&plain);
	for (size_t i = 0; i < plain.count; i++) {
		if (ldns_rr_new_frm_str(&rr, plain.line[i], 3600, NULL,
			NULL) != LDNS_STATUS_OK) {
			fprintf(stderr, "audit fuzz: %s\n", plain.line[i]);
			exit(3);
		}
		lines_rr(&b->z, rr);
		(void)ldns_dnssec_zone_add_rr(zone, rr);
	}
	for (size_t i = 0; i < ldns_key_list_key_count(b->keys); i++) {
		rr = checked(ldns_key2rr(ldns_key_list_key(b->keys, i)));
		ldns_rr_set_ttl(rr, 3600);
		lines_rr(&b->z, rr);
		(void)ldns_dnssec_zone_add_rr(zone, rr);
	}
	sign_all(b, zone);
	ldns_dnssec_zone_deep_free(zone);
	lines_free(&plain);
}

static void
base_free(struct base *b)
{
	lines_free(&b->z);
	ldns_key_list_free(b->keys);
	b->keys = NULL;
}

/* --- records changed --------------------------------------------------------- */

/* Sign the RRset that line names anew; what ldns cannot read stays as it is. */
static void
sign_again(struct base *b, struct lines *z, const char *of)
{
	char *line = checked(strdup(of)), *owner, *type;
	ldns_rr_list *rrset = checked(ldns_rr_list_new()), *sigs;
	size_t len;
	ldns_rr *rr;

	owner = checked(strndup(field(line, 0, &len), strcspn(line, "\t")));
	type = checked(strdup(field(line, 3, &len)));
	type[len] = '\0';
	for (size_t i = 0; i < z->count; i++)
		if (field_is(z->line[i], 0, owner) &&
		    field_is(z->line[i], 3, type) && ldns_rr_new_frm_str(&rr,
			z->line[i], 3600, NULL, NULL) == LDNS_STATUS_OK)
			(void)ldns_rr_list_push_rr(rrset, rr);
	if (ldns_rr_list_rr_count(rrset) == 0 || strcmp(type, "RRSIG") == 0)
		goto out;
	for (size_t i = z->count; i-- > 0;) {
		size_t n;

		if (field_is(z->line[i], 0, owner) &&
		    field_is(z->line[i], 3, "RRSIG") &&
		    strncmp(field(z->line[i], 4, &n), type,
			strlen(type)) == 0 &&
		    field(z->line[i], 4, &n)[strlen(type)] == ' ')
			lines_remove(z, i);
	}
	ldns_rr_list_sort(rrset);
	sigs = ldns_sign_public(rrset, b->keys);
	for (size_t i = 0; sigs != NULL && i < ldns_rr_list_rr_count(sigs); i++)
		lines_rr(z, ldns_rr_list_rr(sigs, i));
	ldns_rr_list_deep_free(sigs);
out:
	ldns_rr_list_deep_free(rrset);
	free(line);
	free(owner);
	free(type);
}

/* Put what in place of the octets from..from + len of line i. */
static void
replace(struct lines *z, size_t i, size_t from, size_t len, const char *what,
    size_t what_len)
{
	const char *old = z->line[i];
	const size_t rest = strlen(old + from + len);
	char *new = checked(malloc(from + what_len + rest + 1));

	memcpy(new, old, from);
	memcpy(new + from, what, what_len);
	memcpy(new + from + what_len, old + from + len, rest + 1);
	free(z->line[i]);
	z->line[i] = new;
}

/* A word of RDATA becomes a token, or a word of another record. */
static void
change_word(struct lines *z, size_t i)
{
	const char *line = z->line[i], *other = z->line[pick((unsigned)z->count)];
	size_t len, other_len, at;
	const char *f = field(line, 4, &len);

	other = field(other, pick(5), &other_len);
	if (len == 0)
		return;
	at = (size_t)(f - line) + pick((unsigned)len);
	while (at > (size_t)(f - line) && line[at - 1] != ' ')
		at--;
	len = strcspn(line + at, " \t");
	if (pick(2) == 0) {
		other = tokens[pick(sizeof(tokens) / sizeof(*tokens))];
		other_len = strlen(other);
	}
	replace(z, i, at, len, other, other_len);
}

/* Much of one thing. */
static void
multiply(struct lines *z, size_t i)
{
	const unsigned n = 1 + pick(pick(20) == 0 ? 3000 : 40);
	size_t len;

	for (unsigned k = 0; k < n; k++) {
		char digits[24];
		const char *f = field(z->line[i], 4, &len);
		const size_t at = (size_t)(f - z->line[i]);

		lines_add(z, z->line[i]);
		if (len < 8 || z->count == LINES_MAX)
			break;
		(void)snprintf(digits, sizeof(digits), "%04u", k);
		replace(z, z->count - 1, at + len - 4 - pick(4), 4, digits, 4);
	}
}

static void
grow_bitmap(struct lines *z, size_t i)
{
	unsigned type = pick(65536), n = pick(pick(10) == 0 ? 2000 : 8);

	while (n-- > 0) {
		char word[16];

		(void)snprintf(word, sizeof(word), " TYPE%u", type);
		type = (type + 1 + pick(300)) % 65536;
		replace(z, i, strlen(z->line[i]), 0, word, strlen(word));
	}
}

static void
change_owner(struct lines *z, size_t i)
{
	size_t len, old;
	const char *other = field(z->line[pick((unsigned)z->count)], 0, &len);

	(void)field(z->line[i], 0, &old);
	if (pick(2) == 0) {
		replace(z, i, 0, 0, "x.", 2);
		return;
	}
	other = checked(strndup(other, len));
	replace(z, i, 0, old, other, len);
	free((char *)(uintptr_t)other);
}

static void
change_field(struct lines *z, size_t i)
{
	const unsigned n = 1 + pick(3);
	size_t len;
	const char *f = field(z->line[i], n, &len);
	const char *token = tokens[pick(sizeof(tokens) / sizeof(*tokens))];

	replace(z, i, (size_t)(f - z->line[i]), len, token, strlen(token));
}

static void
change_records(struct base *b, struct lines *z)
{
	for (unsigned n = 1 + pick(3); n > 0 && z->count > 0; n--) {
		const size_t i = pick((unsigned)z->count);
		char *touched = checked(strdup(z->line[i]));

		switch (pick(8)) {
		case 0:
			lines_remove(z, i);
			break;
		case 1:
			multiply(z, i);
			break;
		case 2:
			grow_bitmap(z, i);
			break;
		case 3:
			change_owner(z, i);
			break;
		case 4:
			change_field(z, i);
			break;
		default:
			change_word(z, i);
		}
		if (pick(2) == 0)
			sign_again(b, z, i < z->count ? z->line[i] : touched);
		if (pick(4) == 0)
			sign_again(b, z, touched);
		free(touched);
	}
}

/* One record less, or one signature changed: never valid. */
static bool
break_one(struct lines *z)
{
	static const char *const essential[] = { "RRSIG", "NSEC", "NSEC3", "DS",
		"DNSKEY", "SOA", "MX", "TXT", "CNAME", "NSEC3PARAM" };
	const size_t i = pick((unsigned)z->count);

	for (size_t k = 0; k < sizeof(essential) / sizeof(*essential); k++) {
		size_t len;
		char *c;

		if (!field_is(z->line[i], 3, essential[k]))
			continue;
		if (k > 0 || pick(2) == 0) {
			lines_remove(z, i);
			return true;
		}
		(void)field(z->line[i], 4, &len);
		c = z->line[i] + strlen(z->line[i]) - 10 - pick(60);
		*c = *c == 'A' ? 'B' : 'A';
		return true;
	}
	return false;
}

/* --- octets changed ---------------------------------------------------------- */

static char *
joined(const struct lines *z, size_t *len)
{
	size_t size = 1, n = 0;
	char *text;

	for (size_t i = 0; i < z->count; i++)
		size += strlen(z->line[i]) + 1;
	text = checked(malloc(size));
	for (size_t i = 0; i < z->count; i++) {
		const size_t one = strlen(z->line[i]);

		memcpy(text + n, z->line[i], one);
		n += one;
		text[n++] = '\n';
	}
	*len = n;
	return text;
}

static char *
change_octets(char *text, size_t *len)
{
	for (unsigned n = 1 + pick(6); n > 0 && *len > 0; n--) {
		const size_t at = pick((unsigned)*len);
		const char *token = tokens[pick(sizeof(tokens) /
		    sizeof(*tokens))];
		size_t size = strlen(token), from;

		switch (pick(5)) {
		case 0:
			text[at] = (char)pick(256);
			break;
		case 1:
			text[at] ^= (char)(1 << pick(8));
			break;
		case 2:
			size = pick(60);
			if (size > *len - at)
				size = *len - at;
			memmove(text + at, text + at + size, *len - at - size);
			*len -= size;
			break;
		case 3:
			*len = at;
			break;
		default:
			text = checked(realloc(text, *len + size + 1));
			from = *len - at;
			memmove(text + at + size, text + at, from);
			memcpy(text + at, token, size);
			*len += size;
		}
	}
	return text;
}

/* --- judging ----------------------------------------------------------------- */

static void
fail(const char *why, const char *text, size_t len)
{
	FILE *f = fopen("audit-fuzz.zone", "w");

	if (f != NULL) {
		(void)fwrite(text, 1, len, f);
		(void)fclose(f);
	}
	dprintf(2, "audit fuzz: %s\n", why);
	abort();
}

static void
put(int fd, const char *text, size_t len)
{
	if (ftruncate(fd, 0) == -1)
		exit(3);
	for (size_t n = 0; n < len;) {
		const ssize_t rc = pwrite(fd, text + n, len - n, (off_t)n);

		if (rc <= 0)
			exit(3);
		n += (size_t)rc;
	}
}

static double
cpu_seconds(void)
{
	struct rusage u;

	(void)getrusage(RUSAGE_SELF, &u);
	return (double)u.ru_utime.tv_sec + (double)u.ru_stime.tv_sec +
	    1e-6 * (double)(u.ru_utime.tv_usec + u.ru_stime.tv_usec);
}

static enum status
judge(const char *path, const struct across_options *across, unsigned threads,
    enum format format, struct audit_result *result)
{
	struct audit a = { .set = &set, .types = types,
		.pool = pools[threads], .format = format, .result = result };

	if (across != NULL)
		a.across = *across;
	memset(result, 0, sizeof(*result));
	return audit_file(&a, path);
}

struct files {
	int zone, previous, record;
	char zone_path[32], previous_path[32], record_path[32];
};

static void
judge_text(const struct files *f, const struct across_options *across,
    const char *text, size_t len, bool valid, bool bad)
{
	const double before = cpu_seconds();
	const enum format format = (enum format)pick(FORMAT_JUNIT + 1);
	struct audit_result one, two;
	enum status s;

	put(f->zone, text, len);
	s = judge(f->zone_path, across, 0, format, &one);
	if (s != judge(f->zone_path, across, 1, format, &two) ||
	    strcmp(one.reason, two.reason) != 0)
		fail("another verdict with threads", text, len);
	if (s != STATUS_OK && s != STATUS_BAD && s != STATUS_SYSTEM)
		fail("an unexpected status", text, len);
	if (valid && s != STATUS_OK) {
		dprintf(2, "%s\n", one.reason);
		fail("a zone that nobody touched is bad", text, len);
	}
	if (bad && s == STATUS_OK)
		fail("a record taken away, and nobody sees it", text, len);
	if (cpu_seconds() - before > SECONDS_MOST)
		fail("too slow", text, len);
}

static void
round_of(struct base *b, const struct files *f)
{
	const struct across_options across = { .previous = f->previous_path,
		.record = f->record_path };
	struct lines z = { .count = 0 };
	bool valid = false, bad = false;
	size_t len;
	char *text;

	for (size_t i = 0; i < b->z.count; i++)
		lines_add(&z, b->z.line[i]);
	/* In any order. */
	for (size_t i = z.count; i > 2 && pick(2) == 0; i--) {
		const size_t k = 1 + pick((unsigned)i - 1);
		char *t = z.line[i - 1];

		z.line[i - 1] = z.line[k];
		z.line[k] = t;
	}
	switch (pick(10)) {
	case 0:
		valid = true;
		break;
	case 1:
	case 2:
		bad = break_one(&z);
		break;
	case 3:
	case 4:
		text = joined(&z, &len);
		text = change_octets(text, &len);
		judge_text(f, NULL, text, len, false, false);
		free(text);
		break;
	default:
		change_records(b, &z);
	}
	text = joined(&z, &len);
	judge_text(f, NULL, text, len, valid, bad);
	if (pick(4) == 0)
		judge_text(f, &across, text, len, false, bad);
	free(text);
	lines_free(&z);
}

/* The base is the previous zone; its record has some octets changed. */
static void
prepare_record(const struct base *b, const struct files *f,
    const char *folder)
{
	char path[256];
	struct across_options across = { .record = path, .write = true };
	struct audit_result result;
	char *text;
	size_t len;
	FILE *record;

	text = joined(&b->z, &len);
	put(f->previous, text, len);
	free(text);
	(void)snprintf(path, sizeof(path), "%s/record", folder);
	(void)judge(f->previous_path, &across, 0, FORMAT_QUIET, &result);
	text = checked(calloc(1, 64 * 1024));
	record = fopen(path, "r");
	len = record == NULL ? 0 : fread(text, 1, 64 * 1024 - 1, record);
	if (record != NULL)
		(void)fclose(record);
	(void)unlink(path);
	if (pick(2) == 0)
		text = change_octets(text, &len);
	put(f->record, text, len);
	free(text);
}

static void
files_open(struct files *f)
{
	f->zone = memfd_create("zone", 0);
	f->previous = memfd_create("previous", 0);
	f->record = memfd_create("record", 0);
	if (f->zone == -1 || f->previous == -1 || f->record == -1)
		exit(3);
	(void)snprintf(f->zone_path, 32, "/proc/self/fd/%d", f->zone);
	(void)snprintf(f->previous_path, 32, "/proc/self/fd/%d", f->previous);
	(void)snprintf(f->record_path, 32, "/proc/self/fd/%d", f->record);
}

int
main(int argc, char **argv)
{
	const time_t end = time(NULL) + (argc > 1 ? atoi(argv[1]) : 10);
	char folder[] = "/tmp/audit-fuzz.XXXXXX";
	struct base b = { .keys = NULL };
	unsigned long rounds = 0;
	struct files f;
	struct diag d;

	state = argc > 2 ? strtoull(argv[2], NULL, 10) : (uint64_t)time(NULL);
	printf("# audit fuzz: seed %llu\n", (unsigned long long)state);
	(void)fflush(stdout);
	state = state * UINT64_C(0x9e3779b97f4a7c15) | 1;
	files_open(&f);
	if (mkdtemp(folder) == NULL || (types = rtypes_new()) == NULL)
		return 3;
	set = (struct settings){ .now = NOW, .horizon = -1, .propagation = 3600,
		.max_removed = 10, .max_removed_percent = 50, .show = 10,
		.memory = 1024 * 1024, .folder = "/tmp" };
	if (pool_open(&pools[0], 0, types, set.ignore, &d) == -1 ||
	    pool_open(&pools[1], 2, types, set.ignore, &d) == -1)
		return 3;
	/* Verdicts are for nobody; the sanitizers write to descriptor 2. */
	report_open("audit-zone");
	report_verbosity(2);
	stderr = fopen("/dev/null", "w");
	stdout = fopen("/dev/null", "w");
	if (stderr == NULL || stdout == NULL)
		return 3;
	while (time(NULL) < end) {
		base_make(&b);
		prepare_record(&b, &f, folder);
		for (unsigned n = 0; n < 40 && time(NULL) < end; n++, rounds++)
			round_of(&b, &f);
		base_free(&b);
	}
	pool_close(pools[0]);
	pool_close(pools[1]);
	rtypes_free(types);
	(void)rmdir(folder);
	(void)fclose(stderr);
	(void)fclose(stdout);
	dprintf(1, "# audit fuzz: %lu zones\n", rounds);
	return 0;
}
