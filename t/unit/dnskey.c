/*
 * The vectors of the RFCs ($ZONE_FIXTURES/rfc/vectors.tsv): key tags, DS, and
 * that every signature verifies; the EdDSA ones are made again, byte for byte.
 */
#include <sys/stat.h>
#include <unistd.h>

#include "algorithm.h"
#include "base64.h"
#include "dnskey.h"
#include "keystore_admin.h"
#include "sigverify.h"
#include "rr.h"
#include "tap.h"

#define COLUMNS 9

enum column { ID, VERDICT, AT, DNSKEY, RRSET, RRSIG, DS, PRIVATE, NOTE };

static void
check_ds(char **col, const struct rr *key)
{
	uint8_t made[DS_RDATA_MAX];
	struct diag d;
	struct rr ds;
	size_t n;

	ok(rr_parse(col[DS], &ds), "%s: DS parses", col[ID]);
	ok(dnskey_ds(key->owner, key->owner_len, key->rdata, key->len,
	       ds.rdata[3], made, &n, &d) == 0 &&
		n == ds.len && memcmp(made, ds.rdata, n) == 0,
	    "%s: DS %u", col[ID], ds.rdata[3]);
}

/* Import the private key as BIND writes it, sign, compare. */
static void
check_remake(char **col, const struct algorithm *alg, const struct rr *key,
    const uint8_t *data, size_t len, const uint8_t *sig, size_t sig_len)
{
	char folder[] = "/tmp/zonepipe-unit.XXXXXX", path[64], line[300];
	struct repository repo = { .name = folder, .directory = folder };
	uint8_t id[KEY_ID_MAX], made[KEY_SIGNATURE_MAX];
	struct key_spec spec = { .id = (const uint8_t *)"k", .id_size = 1 };
	struct key_query query = { .id = id };
	struct keystore *ks = NULL;
	struct diag d = { STATUS_OK, "" };
	struct key *k;
	FILE *f;

	if (mkdtemp(folder) == NULL)
		abort();
	(void)snprintf(path, sizeof(path), "%s/K.private", folder);
	(void)snprintf(line, sizeof(line),
	    "Private-key-format: v1.2\nAlgorithm: %u (%s)\nPrivateKey: %s\n",
	    alg->number, alg->mnemonic, col[PRIVATE]);
	(void)umask(077);
	if ((f = fopen(path, "w")) == NULL || fputs(line, f) == EOF ||
	    fclose(f) != 0)
		abort();
	ok(keystore_open(&ks, &repo, &d) == 0 &&
		keystore_import(ks, path, &spec, id, &query.id_size, NULL, NULL,
		    &d) == 0 &&
		keystore_find(ks, &query, &k, &d) == 0,
	    "%s: private key imported %s", col[ID], d.text);
	ok(key_prove(k, key->rdata + 4, key->len - 4, &d) == 0,
	    "%s: proves to be the DNSKEY's", col[ID]);
	ok(key_signature_size(k) == sig_len &&
		key_sign(k, data, len, made, &d) == 0 &&
		memcmp(made, sig, sig_len) == 0,
	    "%s: the RFC's signature, byte for byte", col[ID]);
	ok(keystore_remove(ks, id, query.id_size, &d) == 0, "removed");
	keystore_close(ks);
	(void)unlink(path);
	(void)rmdir(folder);
}

static void
check_signature(char **col, const struct rr *key)
{
	const struct algorithm *alg = algorithm_by_number(key->rdata[3]);
	struct sigverify *v = NULL;
	uint8_t data[4096];
	struct rr rr, sig;
	struct diag d;
	size_t head, len, sig_len;
	uint16_t tag;

	ok(rr_parse(col[RRSET], &rr) && rr_parse(col[RRSIG], &sig),
	    "%s: records parse", col[ID]);
	head = 18 + (size_t)name_wire_length(sig.rdata + 18, sig.len - 18);
	sig_len = sig.len - head;
	len = rr_signed_data(&rr, &sig, head, data);
	tag = (uint16_t)(sig.rdata[16] << 8 | sig.rdata[17]);
	ok(dnskey_tag(key->rdata, key->len) == tag, "%s: key tag %u", col[ID],
	    tag);
	ok(sigverify_new(&v, alg, key->rdata + 4, key->len - 4, &d) == 0,
	    "%s: public key", col[ID]);
	ok(sigverify_check(v, data, len, sig.rdata + head, sig_len, &d) == 1,
	    "%s: verifies", col[ID]);
	sig.rdata[head + 7] ^= 1;
	ok(sigverify_check(v, data, len, sig.rdata + head, sig_len, &d) == 0,
	    "%s: not with a bit changed", col[ID]);
	sig.rdata[head + 7] ^= 1;
	data[len - 1] ^= 1;
	ok(sigverify_check(v, data, len, sig.rdata + head, sig_len, &d) == 0,
	    "%s: nor for other data", col[ID]);
	data[len - 1] ^= 1;
	ok(sigverify_check(v, data, len, sig.rdata + head, sig_len - 1, &d) ==
		0 &&
		sigverify_check(v, data, len, sig.rdata + head, 0, &d) == 0,
	    "%s: nor cut short", col[ID]);
	if (*col[PRIVATE] != '\0')
		check_remake(col, alg, key, data, len, sig.rdata + head,
		    sig_len);
	sigverify_free(v);
}

static void
check_line(char *line)
{
	char *col[COLUMNS] = { NULL };
	struct rr key;

	for (int i = 0; i < COLUMNS; i++)
		col[i] = strsep(&line, "\t\n");
	/* The arithmetic of that one verifies; its labels field is wrong. */
	if (col[PRIVATE] == NULL || strcmp(col[ID], "id") == 0 ||
	    strcmp(col[VERDICT], "INVALID") == 0)
		return;
	ok(rr_parse(col[DNSKEY], &key), "%s: DNSKEY parses", col[ID]);
	if (*col[RRSIG] != '\0')
		check_signature(col, &key);
	if (*col[DS] != '\0')
		check_ds(col, &key);
}

static void
vectors(const char *fixtures)
{
	char path[4096], line[8192];
	unsigned lines = 0;
	FILE *f;

	(void)snprintf(path, sizeof(path), "%s/rfc/vectors.tsv", fixtures);
	if ((f = fopen(path, "r")) == NULL) {
		ok(1, "# SKIP no %s", path);
		return;
	}
	while (fgets(line, sizeof(line), f) != NULL) {
		check_line(line);
		lines++;
	}
	(void)fclose(f);
	ok(lines > 10, "vectors were read");
}

/* --- no fixtures needed -------------------------------------------------- */

static void
rsa_material(void)
{
	static const uint8_t e[] = { 0, 1, 0, 1 }, n[] = { 0, 0, 0xc1, 2, 3 };
	static const struct {
		const char *bytes;
		size_t size;
	} bad[] = { { "", 0 }, { "\0", 1 }, { "\1", 1 }, { "\1\3", 2 },
		{ "\0\0\0\3\4", 5 }, { "\1\0\4", 3 }, { "\1\3\0\4", 4 },
		{ "\5\3\4", 3 }, { "\0\1\0\3\4", 5 } };
	struct dnskey_number ee, nn;
	uint8_t out[DNSKEY_PUBLIC_MAX];
	static uint8_t big[DNSKEY_PUBLIC_MAX];
	size_t size;

	ok(dnskey_rsa_join((struct dnskey_number){ e, 4 },
	       (struct dnskey_number){ n, 5 }, out, &size) == 0 &&
		size == 7 && memcmp(out, "\3\1\0\1\xc1\2\3", 7) == 0,
	    "leading zero octets are left out (RFC 3110 §2)");
	ok(dnskey_rsa_split(out, size, &ee, &nn) == 0 && ee.size == 3 &&
		nn.size == 3 && nn.bytes[0] == 0xc1,
	    "there and back");
	ok(dnskey_rsa_split((const uint8_t *)"\0\0\1\3\xff", 5, &ee, &nn) ==
		    0 &&
		ee.size == 1 && nn.size == 1,
	    "the long form of the exponent's length");
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
		ok(dnskey_rsa_split((const uint8_t *)bad[i].bytes, bad[i].size,
		       &ee, &nn) == -1,
		    "malformed RSA %zu", i);
	memset(big, 1, sizeof(big));
	ok(dnskey_rsa_join((struct dnskey_number){ e, 4 },
	       (struct dnskey_number){ big, sizeof(big) }, out, &size) == -1,
	    "too big to join");
}

static void
hostile_keys(void)
{
	static const unsigned number[] = { 5, 7, 8, 10, 13, 14, 15, 16 };
	static uint8_t junk[1024];
	struct sigverify *v;
	struct diag d;
	unsigned taken = 0;

	/* Every length from none to beyond all: refused, or usable. */
	memset(junk, 0x5a, sizeof(junk));
	for (size_t i = 0; i < 8; i++)
		for (size_t len = 0; len < sizeof(junk); len++) {
			junk[0] = 3;
			if (sigverify_new(&v, algorithm_by_number(number[i]),
				junk, len, &d) == -1)
				continue;
			taken += sigverify_check(v, "x", 1, junk, 64, &d) == 1;
			sigverify_free(v);
		}
	ok(taken == 0, "no junk verifies");
	memset(junk, 0xff, 64);
	ok(sigverify_new(&v, algorithm_by_number(13), junk, 64, &d) == -1 &&
		d.status == STATUS_BAD,
	    "a point off the curve");
}

int
main(void)
{
	const char *fixtures = getenv("ZONE_FIXTURES");
	uint8_t md5[] = { 1, 0, 3, 1, 3, 1, 0, 1, 0xc1, 0xaa, 0xbb, 0xcc };
	uint8_t out[DS_RDATA_MAX];
	struct diag d;
	size_t n;

	rsa_material();
	hostile_keys();
	ok(dnskey_tag(md5, sizeof(md5)) == 0xaabb,
	    "algorithm 1 has a tag of its own (RFC 4034 app. B.1)");
	ok(dnskey_ds((const uint8_t *)"", 1, md5, sizeof(md5), 3, out, &n,
	       &d) == -1 && d.status == STATUS_USAGE,
	    "DS digest 3 is refused");
	vectors(fixtures != NULL ? fixtures : "../shared/fixtures");
	return done();
}
