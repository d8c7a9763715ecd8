/*
 * Master files and stream lines, mutated.  Whatever comes in, reading ends;
 * a record that comes out is well-formed, of a type that a zone may have, and
 * its text reads back as the same octets.
 *	read-zone SECONDS [SEED]
 */
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <time.h>
#include <unistd.h>

#include "name.h"
#include "rrfields.h"
#include "rrtext.h"
#include "rrtype.h"
#include "zonesource.h"

#define INPUT_MAX 8192
#define RECORDS_MAX 2000 /* a mutated $GENERATE makes many: enough seen */

static const char *const seeds[] = {
	"$ORIGIN e.\n$TTL 1h\n@ IN SOA a b 1 2 3 4 5\n NS ns\nns A 192.0.2.1\n"
	" AAAA 2001:db8::1\nwww 5 IN CNAME ns ; comment\n* TXT \"a\\\"b\" c\\100\n",
	"@ 9 SOA ( a b\n 1 2 3 4 5 ) ; (\nx MX ((10) (m))\n\ty TXT \"(;\" (\n\"z\")\n",
	"@ 9 SOA a b 1 2 3 4 5\r\n$INCLUDE e\r\n$GENERATE 1-9/3 h${1,3,x} A 10.0.0.$\r\n"
	"$GENERATE 0-3 $ PTR \"h$.e.\"\r\n",
	"e. 9 IN SOA a. b. 1 2 3 4 5\ne. RRSIG SOA 13 1 9 20300101000000 "
	"20200101000000 7 e. AA AA\ne. NSEC b. A HIP TYPE65535\n"
	"e. NSEC3 1 0 0 - 8FPNS2UCT7FBS643THP2B77PEQ77K6IU A\n"
	"e. DNSKEY 257 3 13 AQPS mQ==\ne. DS 1 13 2 0102 03\n",
	"e. 9 IN SOA a. b. 1 2 3 4 5\ne. LOC 52 14 05 N 00 08 50 E 10.33m\n"
	"e. APL 1:192.0.2.0/24 !2:2001:db8::/32\ne. CAA 0 issue \"ca\"\n"
	"e. SVCB 1 . alpn=h2,h3 port=53 ipv4hint=192.0.2.1 key7=\"/x\"\n"
	"e. IPSECKEY 10 3 2 gw AQNR\ne. NAPTR 1 2 \"S\" \"x\" \"\" t\n"
	"e. HIP 2 200100107B1A74DF365639CC39F1D578 AwEA rvs\n"
	"e. AMTRELAY 10 1 3 r\ne. ATMA +61.2\ne. NSAP 0x47.0005\ne. DOA 1 2 3 \"\" -\n"
	"e. TYPE65280 \\# 3 01 0203\ne. IPN 1.2\ne. SINK 1 0 0 AAAA\n",
};

static const char *const tokens[] = { "(", ")", "\"", ";", "\\", "\n", "\r\n",
	"\t", "$", "@", "\\#", "$TTL ", "$ORIGIN ", "$GENERATE 1-3 ", "TYPE", "IN",
	"4294967295", "2147483648", "\\000", "\xff", "65535", ".", "..", "${0,9,n}",
	"\xef\xbb\xbf", "e.", "\0" };

static uint64_t state;

static unsigned
pick(unsigned n)
{
	state ^= state << 13;
	state ^= state >> 7;
	state ^= state << 17;
	return (unsigned)(state >> 20) % n;
}

static size_t
insert(char *p, size_t len, const char *what, size_t n)
{
	const size_t at = pick((unsigned)len + 1);

	if (len + n > INPUT_MAX)
		return len;
	memmove(p + at + n, p + at, len - at);
	memcpy(p + at, what, n);
	return len + n;
}

static size_t
mutate(char *p, size_t len)
{
	char copy[256];
	size_t from, n;

	switch (pick(5)) {
	case 0:
		if (len > 0)
			p[pick((unsigned)len)] = (char)pick(256);
		return len;
	case 1:
		from = pick((unsigned)len + 1);
		n = pick(40);
		if (from + n > len)
			n = len - from;
		memmove(p + from, p + from + n, len - from - n);
		return len - n;
	case 2:
		from = pick((unsigned)len + 1);
		n = pick(sizeof(copy));
		if (from + n > len)
			n = len - from;
		memcpy(copy, p + from, n);
		return insert(p, len, copy, n);
	case 3:
		n = pick(sizeof(tokens) / sizeof(*tokens));
		return insert(p, len, tokens[n],
		    *tokens[n] == '\0' ? 1 : strlen(tokens[n]));
	default:
		if (len > 0)
			p[pick((unsigned)len)] ^= (char)(1 << pick(8));
		return len;
	}
}

static void
fail(const char *why, const char *input, size_t len)
{
	fprintf(stderr, "read-zone fuzz: %s\n", why);
	(void)fwrite(input, 1, len, stdout);
	(void)fflush(stdout);
	abort();
}

static const char *
check(struct rrtext *t, const struct zonesource_record *rec)
{
	static char line[RRTEXT_SIZE + 1];
	struct rrtext_record back;
	char owner[NAME_TEXT_MAX];
	struct diag d;
	int n;

	if (rec->ttl > ZONETEXT_TTL_MAX ||
	    name_wire_length(rec->owner, rec->owner_len) !=
		(int)rec->owner_len)
		return "TTL or owner";
	if ((rrtype_flags(rec->type) & (RRTYPE_OBSOLETE | RRTYPE_META)) != 0)
		return "a type that must be refused";
	if (!rrfields_check(rec->type, rec->rdata, rec->rdata_len))
		return "malformed RDATA";
	n = (int)name_to_text(rec->owner, false, owner);
	n = rrtext_write_line(t, owner, (size_t)n, rec->ttl, rec->type,
	    rec->rdata, rec->rdata_len, line, RRTEXT_SIZE, &d);
	if (n == -1)
		return d.text[0] != '\0' ? "no text" : "";
	line[n] = '\n';
	rrtext_block(t, line, (size_t)n + 1);
	if (rrtext_next(t, &back, &d) != 1 ||
	    back.rdata_len != rec->rdata_len ||
	    memcmp(back.rdata, rec->rdata, rec->rdata_len) != 0 ||
	    back.owner_len != rec->owner_len ||
	    memcmp(back.owner, rec->owner, rec->owner_len) != 0)
		return "text that reads back as something else";
	return NULL;
}

static void
read_source(struct rrtext *t, int fd, const char *input, size_t len)
{
	char path[40];
	const char *paths[1] = { path }, *why;
	struct zonesource_options options = { paths, 1,
		pick(4) == 0 ? NULL : "e.", NULL, NULL };
	struct zonesource_record rec;
	struct zonesource *src;
	struct diag d;
	int rc;

	if (ftruncate(fd, 0) == -1 ||
	    pwrite(fd, input, len, 0) != (ssize_t)len)
		exit(3);
	(void)snprintf(path, sizeof(path), "/proc/self/fd/%d", fd);
	if (zonesource_open(&src, &options, &d) == -1)
		exit(3);
	for (unsigned n = 0; n < RECORDS_MAX; n++) {
		if ((rc = zonesource_next(src, &rec, &d)) == 0 ||
		    (rc == -1 && zonesource_ended(src)))
			break;
		(void)zonesource_place(src);
		if (rc == 1 && (why = check(t, &rec)) != NULL)
			fail(why, input, len);
		if (rc == -1 && d.text[0] == '\0')
			fail("an error without text", input, len);
	}
	zonesource_close(src);
}

/* The same octets as lines of a stream: refused or read, no more. */
static void
read_lines(struct rrtext *t, const char *input, size_t len)
{
	struct rrtext_record rec;
	struct diag d;

	rrtext_block(t, input, len);
	while (rrtext_next(t, &rec, &d) == 1)
		if (rec.line < input || rec.line + rec.line_len >= input + len)
			fail("a line outside of the block", input, len);
}

int
main(int argc, char **argv)
{
	const time_t end = time(NULL) + (argc > 1 ? atoi(argv[1]) : 10);
	const int fd = memfd_create("zone", 0);
	static char input[INPUT_MAX];
	struct rrtext *t;
	struct diag d;
	unsigned long runs = 0;

	state = argc > 2 ? strtoull(argv[2], NULL, 0) :
			   (uint64_t)time(NULL) * 2654435761U;
	if (fd == -1 || rrtext_new(&t, &d) == -1 || chdir("/proc/self") == -1)
		return 3;
	fprintf(stderr, "read-zone fuzz: seed %llu\n",
	    (unsigned long long)state);
	while (time(NULL) < end) {
		const char *seed =
		    seeds[pick(sizeof(seeds) / sizeof(*seeds))];
		size_t len = strlen(seed);

		memcpy(input, seed, len);
		for (unsigned n = 1 + pick(8); n > 0; n--)
			len = mutate(input, len);
		read_source(t, fd, input, len);
		read_lines(t, input, len);
		runs++;
	}
	rrtext_free(t);
	fprintf(stderr, "read-zone fuzz: %lu inputs\n", runs);
	return 0;
}
