/* lib/signconf: what is read, what is refused, and that writing is canonical.
 */
#include <limits.h>
#include <unistd.h>

#include "signconf.h"
#include "tap.h"

static char folder[] = "/tmp/zonepipe-signconf.XXXXXX";

static const char good[] =
    "<?xml version=\"1.0\"?>\n"
    "<SignerConfiguration>\n\t<Zone name=\"Example.COM\">\n"
    "<Signatures><Resign>PT2H</Resign><Refresh>P3D</Refresh>\n"
    "<Validity><Default>P7D</Default><Denial>P14D</Denial></Validity>\n"
    "<Jitter>PT12H</Jitter><InceptionOffset>-PT300S</InceptionOffset>\n"
    "</Signatures>\n"
    "<Keys><TTL>PT3600S</TTL><Key><Flags>257</Flags><Algorithm>13</Algorithm>"
    "<Locator>FC9E</Locator><KSK/><Publish/></Key>\n"
    "<Key><Flags>256</Flags><Algorithm>13</Algorithm><Locator>a2</Locator>"
    "<Repository>Soft&lt;HSM&amp;</Repository><ZSK/></Key></Keys>\n"
    "<Denial><NSEC3><OptOut/><Hash><Algorithm>1</Algorithm>"
    "<Iterations>5</Iterations><Salt>BEef</Salt></Hash></NSEC3></Denial>\n"
    "<SOA><TTL>PT0S</TTL><Minimum>PT10M</Minimum><Serial>keep</Serial></SOA>\n"
    "<Audit><Partial/></Audit>\n"
    "</Zone>\n</SignerConfiguration>\n";

/* In good, FROM is replaced by TO; the message must hold WANT. */
static const struct refused {
	const char *from, *to, *want;
} refused[] = {
	{ "PT2H", "2 hours", ":4: Resign: '2 hours' is not a duration" },
	{ "P3D", "", ":4: Refresh: '' is not a duration" },
	{ "<Refresh>P3D</Refresh>", "",
	    ": Signatures: element Refresh is missing" },
	{ "FC9E", "FC9", ": Locator: 'FC9' is not a CKA_ID" },
	{ "FC9E", "xy", ": Locator: 'xy' is not a CKA_ID" },
	{ "257", "65536", ": Flags: '65536' is not a number from 0 to 65535" },
	{ ">13<", ">256<", ": Algorithm: '256' is not a number from 0 to 255" },
	{ "BEef", "BEe", ": Salt: 'BEe' is not up to 255 octets" },
	{ "keep", "some", ": Serial: 'some' is not one of: counter" },
	{ "<OptOut/>", "<OptIn/>", ": OptIn: is unknown inside NSEC3" },
	{ "<OptOut/>", "<OptOut/><OptOut/>", ": OptOut: stands twice" },
	{ "<KSK/>", "<KSK>no</KSK>", ": KSK: must be empty" },
	{ "<KSK/>", "<KSK x=\"\"/>", ": KSK: unknown attribute x" },
	{ "<Denial><NSEC3>", "<Denial><NSEC/><NSEC3>",
	    ": Denial: must hold one" },
	{ "Example.COM", "a..b", ": Zone: 'a..b' is not a domain name" },
	{ " name=\"Example.COM\"", "", ": Zone: attribute name is missing" },
	{ "PT10M", "P100Y", ": Minimum: 'P100Y' is above 2^31-1 seconds" },
	{ "</Zone>", "", ":14: Opening and ending tag mismatch" },
	{ "<SignerConfiguration>", "<Signer>", ":" },
	{ "<SignerConfiguration>\n",
	    "<!DOCTYPE x [<!ENTITY a \"b\">]>\n<SignerConfiguration>\n",
	    ":2: a document type declaration is not accepted" },
};

static void
store(const char *path, const char *text, size_t len)
{
	FILE *f = fopen(path, "w");

	if (f == NULL || fwrite(text, 1, len, f) != len || fclose(f) != 0)
		exit(1);
}

static char *
load(const char *path)
{
	static char text[8192];
	FILE *f = fopen(path, "r");
	size_t n;

	if (f == NULL)
		exit(1);
	n = fread(text, 1, sizeof(text) - 1, f);
	text[n] = '\0';
	(void)fclose(f);
	return text;
}

static void
test_good(const char *path)
{
	struct signconf *sc;
	struct diag d;

	store(path, good, sizeof(good) - 1);
	ok(signconf_read(&sc, path, &d) == 0, "a whole file is read");
	is(sc->zone, "example.com.", "zone name canonical");
	ok(sc->resign == 7200 && sc->refresh == 259200 && sc->jitter == 43200,
	    "durations in seconds");
	ok(sc->validity_denial == 1209600 && sc->validity_keys == 604800,
	    "Validity/Keys defaults to Default");
	ok(sc->inception_offset == 300, "a negative offset is the same offset");
	ok(sc->key_count == 2 && sc->keys[0].ksk && !sc->keys[0].zsk &&
		sc->keys[0].publish && sc->keys[1].zsk && !sc->keys[1].publish,
	    "keys and their roles");
	is(sc->keys[0].locator, "fc9e", "locator in lower case");
	is(sc->keys[1].repository, "Soft<HSM&", "repository");
	ok(sc->nsec3 && sc->opt_out && sc->iterations == 5 &&
		sc->salt_len == 2 && memcmp(sc->salt, "\xbe\xef", 2) == 0,
	    "NSEC3 parameters");
	ok(sc->soa_ttl == 0 && sc->soa_minimum == 600 &&
		sc->serial == SIGNCONF_KEEP &&
		sc->audit == SIGNCONF_AUDIT_PARTIAL,
	    "SOA and Audit");
	ok(strlen(sc->id) == 64, "the id is a SHA-256");
	signconf_free(sc);
}

static void
test_write(const char *path)
{
	char id[SIGNCONF_ID_SIZE], again[SIGNCONF_ID_SIZE], *first;
	struct signconf *sc, *back;
	struct diag d;
	bool changed;

	if (signconf_read(&sc, path, &d) == -1)
		exit(1);
	ok(signconf_write(sc, path, &changed, id, &d) == 0 && changed,
	    "written, since the bytes differ");
	first = strdup(load(path));
	ok(signconf_write(sc, path, &changed, again, &d) == 0 && !changed,
	    "not written again");
	is(again, id, "the same id");
	ok(signconf_read(&back, path, &d) == 0, "what is written can be read");
	is(back->id, id, "the id of the file is the id of the text");
	(void)signconf_write(back, path, &changed, again, &d);
	ok(!changed, "reading and writing gives equal bytes");
	ok(strstr(first, "Soft&lt;HSM&amp;") != NULL, "reserved characters");
	ok(strstr(first, "name=\"example.com\"") != NULL, "no final dot");
	sc->keys[1].compromised = sc->keys[1].lost = true;
	(void)signconf_write(sc, path, &changed, again, &d);
	ok(changed && strcmp(again, id) != 0, "other content, other id");
	signconf_free(back);
	if (signconf_read(&back, path, &d) == -1)
		exit(1);
	ok(back->keys[1].compromised, "Compromised is read back");
	ok(back->keys[1].lost, "Lost is read back");
	signconf_free(back);
	signconf_free(sc);
	free(first);
}

static void
test_refused(const char *path)
{
	for (size_t i = 0; i < sizeof(refused) / sizeof(*refused); i++) {
		const struct refused *r = &refused[i];
		const char *at = strstr(good, r->from);
		struct signconf *sc;
		char text[4096];
		struct diag d = { 0 };
		int n;

		n = snprintf(text, sizeof(text), "%.*s%s%s", (int)(at - good),
		    good, r->to, at + strlen(r->from));
		store(path, text, (size_t)n);
		ok(signconf_read(&sc, path, &d) == -1 &&
			d.status == STATUS_USAGE &&
			strncmp(d.text, path, strlen(path)) == 0 &&
			strstr(d.text + strlen(path), r->want) != NULL,
		    "refused: %s (%s)", r->want, d.text + strlen(path));
	}
}

/* Every cut of the file is refused, and none crashes. */
static void
test_cut(const char *path)
{
	size_t accepted = 0;

	for (size_t len = 0; len < sizeof(good) - 3; len++) {
		struct signconf *sc;

		store(path, good, len);
		if (signconf_read(&sc, path, NULL) == 0) {
			accepted++;
			signconf_free(sc);
		}
	}
	ok(accepted == 0, "no cut file is accepted");
}

/* The original's own files: read, and ours has the same bytes. */
static void
test_gold(void)
{
	const char *fixtures = getenv("ZONE_FIXTURES");
	char path[PATH_MAX], *gold, *text, id[SIGNCONF_ID_SIZE];
	struct signconf *sc;
	struct diag d;
	size_t len;

	(void)snprintf(path, sizeof(path),
	    "%s/timelines/rollovers-many/gold/ods_signconf_ods2_1.xml",
	    fixtures != NULL ? fixtures : "../shared/fixtures");
	if (access(path, R_OK) != 0) {
		ok(1, "gold file # SKIP no fixtures (ZONE_FIXTURES)");
		return;
	}
	if (signconf_read(&sc, path, &d) == -1) {
		ok(0, "%s", d.text);
		return;
	}
	gold = strdup(load(path));
	ok(signconf_text(sc, &text, &len, id, &d) == 0, "text");
	is(text, gold, "the layout is OpenDNSSEC 1.3's, to the byte");
	free(text);
	free(gold);
	signconf_free(sc);
}

int
main(void)
{
	char path[PATH_MAX];

	if (mkdtemp(folder) == NULL)
		return 1;
	(void)snprintf(path, sizeof(path), "%s/zone.xml", folder);
	test_good(path);
	test_write(path);
	test_refused(path);
	test_cut(path);
	test_gold();
	(void)unlink(path);
	(void)rmdir(folder);
	return done();
}
