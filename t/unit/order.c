#include "order.h"
#include "tap.h"

static int
next(struct order *o, const char *line, struct diag *d)
{
	struct zonetext_record rec;

	if (zonetext_split(line, strlen(line), &rec, d) == -1)
		abort();
	return order_next(o, &rec, d);
}

#define R(owner, rest) owner "\t60\tIN\t" rest

int
main(void)
{
	struct order o;
	struct diag d;

	order_begin(&o);
	ok(next(&o, R("a.", "SOA\tx"), &d) == 1, "the first owner is new");
	ok(next(&o, R("a.", "NS\tx."), &d) == 0, "the same one");
	ok(next(&o, R("b.a.", "A\t192.0.2.1"), &d) == 1, "a child is new");
	ok(strcmp(o.owner, "b.a.") == 0 && o.key_len == 4, "owner and key");
	ok(next(&o, R("z.b.a.", "A\t192.0.2.1"), &d) == 1, "grandchild");
	ok(next(&o, R("c.a.", "A\t192.0.2.1"), &d) == 1, "uncle behind it");
	ok(next(&o, R("b.a.", "A\t192.0.2.1"), &d) == -1 &&
		d.status == STATUS_BAD,
	    "back to b.a.");
	ok(strstr(d.text, "b.a.: behind c.a.") == d.text &&
		strstr(d.text, "sort-zone") != NULL,
	    "says so: %s", d.text);
	ok(next(&o, R("0a.a.", "NSEC3\tx"), &d) == 1,
	    "the chain begins anew in order");
	ok(next(&o, R("0a.a.", "RRSIG\tNSEC3 13"), &d) == 0,
	    "its RRSIG belongs to it");
	ok(next(&o, R("0b.a.", "RRSIG\tA 13"), &d) == -1,
	    "another RRSIG does not");
	ok(next(&o, R("0b.a.", "NSEC3\tx"), &d) == 1, "the next hash");
	ok(next(&o, R("0a.a.", "NSEC3\tx"), &d) == -1, "a hash before");
	ok(next(&o, R("zz.a.", "A\t192.0.2.1"), &d) == -1 &&
		strstr(d.text, "NSEC3 chain") != NULL,
	    "data behind the chain");
	order_begin(&o);
	ok(next(&o, R("A.", "A\t192.0.2.1"), &d) == 1 &&
		next(&o, R("a.", "A\t192.0.2.1"), &d) == -1,
	    "one name written in two ways");
	order_begin(&o);
	ok(next(&o, R("a..", "A\t192.0.2.1"), &d) == -1 &&
		strstr(d.text, "not a name") != NULL,
	    "no name at all");
	return done();
}
