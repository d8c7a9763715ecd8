#include "algorithm.h"
#include "tap.h"

/* IANA's registry, typed in again: number, mnemonic, sizes. */
static const struct {
	unsigned number;
	const char *mnemonic;
	size_t signature, public;
	enum algorithm_digest digest;
} iana[] = {
	{ 5, "RSASHA1", 0, 0, DIGEST_SHA1 },
	{ 7, "RSASHA1-NSEC3-SHA1", 0, 0, DIGEST_SHA1 },
	{ 8, "RSASHA256", 0, 0, DIGEST_SHA256 },
	{ 10, "RSASHA512", 0, 0, DIGEST_SHA512 },
	{ 13, "ECDSAP256SHA256", 64, 64, DIGEST_SHA256 },
	{ 14, "ECDSAP384SHA384", 96, 96, DIGEST_SHA384 },
	{ 15, "ED25519", 64, 32, DIGEST_NONE },
	{ 16, "ED448", 114, 57, DIGEST_NONE },
};

static const struct algorithm *
text(const char *s)
{
	return algorithm_by_text(s, strlen(s));
}

int
main(void)
{
	size_t known = 0;

	for (size_t i = 0; i < sizeof(iana) / sizeof(iana[0]); i++) {
		const struct algorithm *a =
		    algorithm_by_number(iana[i].number);

		ok(a != NULL && a->number == iana[i].number, "%u is there",
		    iana[i].number);
		is(a->mnemonic, iana[i].mnemonic, "its mnemonic");
		ok(a->signature_size == iana[i].signature &&
			a->public_size == iana[i].public &&
			a->digest == iana[i].digest,
		    "its sizes and digest");
		ok(text(iana[i].mnemonic) == a, "found by mnemonic");
		ok((a->status == ALGORITHM_OLD) == (a->digest == DIGEST_SHA1),
		    "SHA-1 is old, the others are not");
	}
	for (unsigned n = 0; n < 1000; n++)
		known += algorithm_by_number(n) != NULL;
	ok(known == 8, "no other number is known");
	ok(text("13") == algorithm_by_number(13), "a number as text");
	ok(text("ecdsap256sha256") == algorithm_by_number(13), "any case");
	ok(text("") == NULL && text("1") == NULL && text("269") == NULL &&
		text("13 ") == NULL && text("RSASHA25") == NULL,
	    "others are refused");
	ok(algorithm_default(KEY_RSA)->number == 8 &&
		algorithm_default(KEY_P256)->number == 13 &&
		algorithm_default(KEY_P384)->number == 14 &&
		algorithm_default(KEY_ED25519)->number == 15 &&
		algorithm_default(KEY_ED448)->number == 16,
	    "defaults");
	return done();
}
