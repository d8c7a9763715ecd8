/* lib/tsig: keys from texts and files.  Its sessions: t/unit/xfr.c. */
#include <sys/stat.h>
#include <unistd.h>

#include "tap.h"
#include "tsig.h"

static char path[] = "/tmp/zonepipe-tsig.XXXXXX";

static void
test_algorithms(void)
{
	static const struct {
		const char *text;
		int want; /* libknot's, or -1 */
	} rows[] = {
		{ "hmac-md5", DNSSEC_TSIG_HMAC_MD5 },
		{ "hmac-md5.sig-alg.reg.int", DNSSEC_TSIG_HMAC_MD5 },
		{ "HMAC-MD5.SIG-ALG.REG.INT.", DNSSEC_TSIG_HMAC_MD5 },
		{ "hmac-sha1", DNSSEC_TSIG_HMAC_SHA1 },
		{ "hmac-sha224", DNSSEC_TSIG_HMAC_SHA224 },
		{ "HMAC-SHA256", DNSSEC_TSIG_HMAC_SHA256 },
		{ "hmac-sha384.", DNSSEC_TSIG_HMAC_SHA384 },
		{ "hmac-sha512", DNSSEC_TSIG_HMAC_SHA512 },
		{ "hmac-sha3", -1 },
		{ "sha256", -1 },
		{ "hmac-sha2567", -1 },
		{ "", -1 },
		{ ".", -1 },
	};
	knot_tsig_key_t key;
	struct diag d;

	for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
		const int rc = tsig_key_set(
		    &key, "key.example", rows[i].text, "c2VjcmV0", &d);

		if (rows[i].want == -1) {
			ok(rc == -1 && d.status == STATUS_USAGE &&
				strstr(d.text, "no such algorithm") != NULL,
			    "'%s' is refused", rows[i].text);
			continue;
		}
		ok(rc == 0 && (int)key.algorithm == rows[i].want &&
			key.secret.size == 6,
		    "'%s' is known", rows[i].text);
		if (rc == 0)
			tsig_key_free(&key);
	}
}

static void
test_refused(void)
{
	static const struct {
		const char *name, *secret, *want;
	} rows[] = {
		{ "key", "not base64!", "not base64" },
		{ "key", "", "is empty" },
		{ "k..ey", "c2VjcmV0", "no domain name" },
		{ "", "c2VjcmV0", "no domain name" },
	};
	knot_tsig_key_t key;
	struct diag d;

	for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++)
		ok(tsig_key_set(&key, rows[i].name, "hmac-sha256",
		       rows[i].secret, &d) == -1 &&
			strstr(d.text, rows[i].want) != NULL,
		    "%s: %s", rows[i].want, d.text);
}

static int
read_file(const char *text, mode_t mode, knot_tsig_key_t *key, struct diag *d)
{
	FILE *f = fopen(path, "w");

	if (f == NULL || fputs(text, f) == EOF || fclose(f) == EOF ||
	    chmod(path, mode) == -1)
		exit(1);
	d->text[0] = '\0';
	return tsig_key_read(key, path, d);
}

static void
test_files(void)
{
	static const char *const bad[] = { "", "\n", "name\n", ":\n",
		"name:\n", "hmac-sha9:name:c2VjcmV0\n", "a:b:c:c2VjcmV0\n",
		"name:not base64\n" };
	knot_tsig_key_t key;
	struct diag d;

	ok(read_file("hmac-sha512:name.:c2VjcmV0\nmore\n", 0600, &key, &d) ==
		    0 &&
		key.algorithm == DNSSEC_TSIG_HMAC_SHA512,
	    "algorithm, name, secret");
	tsig_key_free(&key);
	ok(read_file("name.:c2VjcmV0", 0640, &key, &d) == 0 &&
		key.algorithm == DNSSEC_TSIG_HMAC_SHA256,
	    "no algorithm, no newline");
	tsig_key_free(&key);
	ok(key.secret.data == NULL && key.secret.size == 0,
	    "nothing is left of it");
	for (size_t i = 0; i < sizeof(bad) / sizeof(*bad); i++)
		ok(read_file(bad[i], 0600, &key, &d) == -1 &&
			d.status == STATUS_USAGE &&
			strstr(d.text, path) != NULL,
		    "refused: %s", d.text);
	ok(read_file("name.:c2VjcmV0", 0644, &key, &d) == -1 &&
		strstr(d.text, "others can read") != NULL,
	    "open to others: %s", d.text);
	ok(tsig_key_read(&key, "/nonexistent", &d) == -1 &&
		d.status == STATUS_SYSTEM,
	    "no file");
}

int
main(void)
{
	const int fd = mkstemp(path);

	if (fd == -1)
		return 1;
	(void)close(fd);
	test_algorithms();
	test_refused();
	test_files();
	(void)unlink(path);
	return done();
}
