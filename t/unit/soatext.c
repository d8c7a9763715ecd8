#include "rrtype.h"
#include "soatext.h"
#include "tap.h"

static int
parse(const char *owner, uint16_t type, const char *rdata,
    struct soatext *soa)
{
	const struct zonetext_record rec = { .owner = owner,
		.owner_len = strlen(owner), .type = type, .ttl = 60,
		.rdata = rdata, .rdata_len = strlen(rdata) };
	struct diag d;

	return soatext_parse(&rec, "z.", soa, &d);
}

static void
test_parts(void)
{
	static const char rdata[] = "ns.z. h\\.m.z. 4294967295 1 2 3 2147483648";
	struct zonetext_record rec = { .ttl = 60 };
	struct soatext soa;

	ok(parse("z.", RRTYPE_SOA, rdata, &soa) == 0, "an SOA");
	ok(soa.serial == 4294967295U && soa.minimum == 2147483648U, "numbers");
	ok(strncmp(rdata + soa.serial_at, "4294967295 ",
	       soa.serial_len + 1) == 0, "where the serial stands");
	is(rdata + soa.minimum_at, "2147483648", "where the minimum stands");
	ok(soatext_denial_ttl(&rec, &soa) == 60, "the TTL is the lesser");
	soa.minimum = 59;
	ok(soatext_denial_ttl(&rec, &soa) == 59, "the minimum is");
}

int
main(void)
{
	static const char *const bad[] = { "", "a. b. 1 2 3 4",
		"a. b. 1 2 3 4 5 6", "a. b.  1 2 3 4 5", "a. b. x 2 3 4 5",
		"a. b. 1 2 3 4 ", "a. b. 4294967296 2 3 4 5",
		"a. b. 1 2 3 4 4294967296", "a. b. -1 2 3 4 5" };
	struct soatext soa;

	test_parts();
	for (size_t i = 0; i < sizeof(bad) / sizeof(*bad); i++)
		ok(parse("z.", RRTYPE_SOA, bad[i], &soa) == -1, "'%s'", bad[i]);
	ok(parse("y.", RRTYPE_SOA, "a. b. 1 2 3 4 5", &soa) == -1,
	    "of another name");
	ok(parse("z.", RRTYPE_NS, "a.", &soa) == -1, "another type");
	return done();
}
