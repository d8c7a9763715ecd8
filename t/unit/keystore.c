/*
 * Key stores of both kinds, every algorithm: the signatures that they make go
 * into a zone that dnssec-verify and ldns-verify-zone judge.
 */
#include <fcntl.h>
#include <stdarg.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "base64.h"
#include "hex.h"
#include "keyring.h"
#include "keystore_admin.h"
#include "rr.h"
#include "sigverify.h"
#include "tap.h"

static char root[] = "/tmp/zonepipe-unit.XXXXXX";

static const struct {
	enum key_kind kind;
	unsigned bits;
	unsigned algorithm[5];
} kinds[] = {
	{ KEY_RSA, 1024, { 5, 7, 8, 10 } },
	{ KEY_P256, 256, { 13 } },
	{ KEY_P384, 384, { 14 } },
	{ KEY_ED25519, 256, { 15 } },
	{ KEY_ED448, 456, { 16 } },
};

#define KINDS (sizeof(kinds) / sizeof(kinds[0]))

static const char *
in_root(char buf[200], const char *name)
{
	(void)snprintf(buf, 200, "%s/%s", root, name);
	return buf;
}

static void
write_file(const char *path, mode_t mode, const char *fmt, ...)
{
	FILE *f = fopen(path, "w");
	va_list ap;

	va_start(ap, fmt);
	if (f == NULL || vfprintf(f, fmt, ap) < 0 || fclose(f) != 0 ||
	    chmod(path, mode) == -1)
		abort();
	va_end(ap);
}

/* --- a zone, judged by others -------------------------------------------- */

static void
put_signature(FILE *f, struct key *key, uint16_t tag, const char *line,
    const char *type, time_t now)
{
	char from[32], to[32], text[300], base64[BASE64_TEXT_SIZE(512)];
	uint8_t data[4096], sig[KEY_SIGNATURE_MAX];
	struct rr rr, head;
	struct diag d;
	time_t t;

	t = now - 3600;
	strftime(from, sizeof(from), "%Y%m%d%H%M%S", gmtime(&t));
	t = now + 86400;
	strftime(to, sizeof(to), "%Y%m%d%H%M%S", gmtime(&t));
	(void)snprintf(text, sizeof(text),
	    "example. 3600 IN RRSIG %s %u 1 3600 %s %s %u example.", type,
	    key_algorithm(key)->number, to, from, tag);
	(void)fprintf(f, "%s\n", line);
	/* The scanner wants a signature; what it covers stops before it. */
	(void)snprintf(base64, sizeof(base64), "%s AAAA", text);
	if (!rr_parse(line, &rr) || !rr_parse(base64, &head) ||
	    key_sign(key, data, rr_signed_data(&rr, &head, 18 + 9, data), sig,
		&d) == -1)
		abort();
	base64_encode(sig, key_signature_size(key), base64);
	(void)fprintf(f, "%s %s\n", text, base64);
}

static int
judge(const char *what, const char *command)
{
	char line[600], out[200];
	int status;

	(void)snprintf(line, sizeof(line), "%s >%s 2>&1", command,
	    in_root(out, "judge.out"));
	status = system(line);
	ok(status == 0, "%s: %.16s", what, command);
	if (status != 0) {
		(void)snprintf(line, sizeof(line), "sed 's/^/# /' %s", out);
		(void)!system(line);
	}
	return status;
}

static void
check_zone(struct key *key, const char *what)
{
	uint8_t rdata[DNSKEY_RDATA_MAX];
	char base64[BASE64_TEXT_SIZE(DNSKEY_PUBLIC_MAX)], line[1024];
	char zone[200], command[400];
	const time_t now = time(NULL);
	const unsigned alg = key_algorithm(key)->number;
	uint16_t tag;
	size_t size;
	const uint8_t *pub = key_public(key, &size);
	FILE *f = fopen(in_root(zone, "zone"), "w");

	if (f == NULL)
		abort();
	tag = dnskey_tag(rdata, dnskey_rdata(257, (uint8_t)alg, pub, size,
				    rdata));
	base64_encode(pub, size, base64);
	put_signature(f, key, tag, "example. 3600 IN SOA ns.example. "
	    "root.example. 1 7200 3600 1209600 3600", "SOA", now);
	put_signature(f, key, tag, "example. 3600 IN NS ns.elsewhere.", "NS",
	    now);
	put_signature(f, key, tag, "example. 3600 IN NSEC example. NS SOA "
	    "RRSIG NSEC DNSKEY", "NSEC", now);
	(void)snprintf(line, sizeof(line), "example. 3600 IN DNSKEY 257 3 %u "
	    "%s", alg, base64);
	put_signature(f, key, tag, line, "DNSKEY", now);
	if (fclose(f) != 0)
		abort();
	/* RFC 5155 §2: algorithm 7 says NSEC3, so an NSEC zone cannot use it
	 * for those that check; BIND and ldns both let it pass. */
	(void)snprintf(command, sizeof(command),
	    "dnssec-verify -z -o example. %s", zone);
	judge(what, command);
	(void)snprintf(command, sizeof(command), "ldns-verify-zone %s", zone);
	judge(what, command);
}

/* At once or one by one, the signatures are the same. */
static void
check_batch(struct key *key, const char *what)
{
	static uint8_t digests[64 * KEY_HASH_MAX], sigs[64 * 64];
	const size_t batch = key_batch(key);
	uint8_t alone[KEY_SIGNATURE_MAX];
	struct diag d;
	int good = 1;

	if (batch == 1) {
		ok(key_sign_hashes(key, digests, 2, sigs, &d) == -1,
		    "%s: no batches", what);
		return;
	}
	for (size_t i = 0; i < batch; i++)
		if (key_hash(key, &i, sizeof(i), digests + 32 * i) != 32)
			abort();
	ok(key_sign_hashes(key, digests, batch, sigs, &d) == 0,
	    "%s: %zu at once", what, batch);
	for (size_t i = 0; i < batch; i++)
		good = good && key_sign(key, &i, sizeof(i), alone, &d) == 0 &&
		    memcmp(alone, sigs + 64 * i, 64) == 0;
	ok(good, "%s: the same as one by one", what);
	ok(key_sign_hashes(key, digests, batch + 1, sigs, &d) == -1,
	    "%s: not more", what);
}

static void
check_key(struct keystore *ks, size_t kind, const uint8_t *id, size_t size,
    const char *store)
{
	struct key_query query = { .id = id, .id_size = size };
	const uint8_t *pub;
	struct diag d = { STATUS_OK, "" };
	struct key *key, *again;
	uint8_t other[DNSKEY_PUBLIC_MAX];
	char what[100];
	size_t pub_size;

	for (const unsigned *a = kinds[kind].algorithm; *a != 0; a++) {
		query.algorithm = *a;
		(void)snprintf(what, sizeof(what), "%s, algorithm %u", store,
		    *a);
		ok(keystore_find(ks, &query, &key, &d) == 0, "%s: found %s",
		    what, d.text);
		ok(key_algorithm(key)->number == *a &&
			key_bits(key) == kinds[kind].bits,
		    "%s: kind and size", what);
		ok(keystore_find(ks, &query, &again, &d) == 0 && again == key,
		    "%s: found again is the same", what);
		pub = key_public(key, &pub_size);
		ok(key_prove(key, pub, pub_size, &d) == 0, "%s: proof", what);
		memcpy(other, pub, pub_size);
		other[pub_size - 1] ^= 4;
		ok(key_prove(key, other, pub_size, &d) == -1 &&
			d.status == STATUS_BAD,
		    "%s: no proof for another public key", what);
		check_batch(key, what);
		check_zone(key, what);
	}
	query.algorithm = kinds[kind].kind == KEY_P256 ? 14 : 13;
	ok(keystore_find(ks, &query, &key, &d) == -1 &&
		d.status == STATUS_USAGE,
	    "%s: not for algorithm %u", store, query.algorithm);
}

/* --- both kinds of store ------------------------------------------------- */

static void
try_limits(struct keystore *ks, const uint8_t *taken, size_t size)
{
	struct key_spec spec = { .kind = KEY_RSA, .bits = 512 };
	uint8_t id[KEY_ID_MAX];
	struct diag d;
	size_t n;

	ok(keystore_generate(ks, &spec, id, &n, &d) == -1 &&
		d.status == STATUS_USAGE, "RSA of 512 bits is refused");
	spec.bits = 8192;
	ok(keystore_generate(ks, &spec, id, &n, &d) == -1,
	    "RSA of 8192 bits is refused");
	spec = (struct key_spec){ .kind = KEY_P256, .id = taken,
		.id_size = size };
	ok(keystore_generate(ks, &spec, id, &n, &d) == -1 &&
		strstr(d.text, "already") != NULL, "an id is not used twice");
}

static void
try_store(const struct repository *repo)
{
	struct keystore *ks = NULL;
	uint8_t id[KINDS][KEY_ID_MAX];
	size_t size[KINDS], count;
	struct key_entry entry;
	struct diag d = { STATUS_OK, "" };
	struct key *key;

	ok(keystore_open(&ks, repo, &d) == 0, "%s: opens %s", repo->name,
	    d.text);
	for (size_t k = 0; k < KINDS; k++) {
		const struct key_spec spec = { .kind = kinds[k].kind,
			.bits = kinds[k].bits };

		ok(keystore_generate(ks, &spec, id[k], &size[k], &d) == 0,
		    "%s: generates %s", repo->name,
		    key_kind_name(kinds[k].kind));
		check_key(ks, k, id[k], size[k], repo->name);
	}
	try_limits(ks, id[0], size[0]);
	keystore_close(ks);

	ok(keystore_open(&ks, repo, &d) == 0, "%s: opens again", repo->name);
	ok((count = keystore_count(ks)) == KINDS, "%s: all are there",
	    repo->name);
	for (size_t n = 1; n < count; n++) {
		struct key_entry before;

		if (keystore_entry(ks, n - 1, &before, &d) == -1 ||
		    keystore_entry(ks, n, &entry, &d) == -1)
			abort();
		ok(memcmp(before.id, entry.id, 16) < 0, "sorted by id");
	}
	for (size_t k = 0; k < KINDS; k++) {
		const struct key_query query = { .id = id[k],
			.id_size = size[k] };

		ok(keystore_find(ks, &query, &key, &d) == 0,
		    "%s: found in the new opening", repo->name);
		ok(keystore_remove(ks, id[k], size[k], &d) == 0,
		    "%s: removed", repo->name);
		ok(keystore_find(ks, &query, &key, &d) == -1 &&
			!keystore_has(ks, id[k], size[k]),
		    "%s: is gone", repo->name);
	}
	ok(keystore_remove(ks, id[0], size[0], &d) == -1 &&
		d.status == STATUS_USAGE, "not removed twice");
	keystore_close(ks);
}

static void
folder(void)
{
	char path[200], key[300];
	struct repository repo = { .name = (char[]){ "folder" },
		.directory = path };
	struct keystore *ks;
	struct diag d;
	bool made;

	in_root(path, "keys");
	ok(keystore_open(&ks, &repo, &d) == -1 && d.status == STATUS_USAGE,
	    "no folder: usage");
	ok(keystore_create(&repo, "", "", &made, &d) == 0 && made, "made");
	ok(keystore_create(&repo, "", "", &made, &d) == 0 && !made,
	    "and left as it is");
	try_store(&repo);

	(void)snprintf(key, sizeof(key), "%s/0a.pem", path);
	write_file(key, 0600, "nonsense\n");
	(void)snprintf(key, sizeof(key), "%s/0B.pem", path);
	write_file(key, 0600, "not ours by name\n");
	ok(keystore_open(&ks, &repo, &d) == 0 && keystore_count(ks) == 1,
	    "only names as we write them count");
	{
		const struct key_query query = { .id = (const uint8_t *)"\n",
			.id_size = 1 };
		struct key *k;

		ok(keystore_find(ks, &query, &k, &d) == -1 &&
			strstr(d.text, "0a") != NULL,
		    "a file that holds no key: %s", d.text);
		(void)snprintf(key, sizeof(key), "%s/0a.pem", path);
		(void)unlink(key);
		if (symlink("/etc/passwd", key) == -1)
			abort();
		ok(keystore_find(ks, &query, &k, &d) == -1 &&
			strstr(d.text, "link") != NULL,
		    "links inside a folder are not followed");
	}
	keystore_close(ks);
	if (chmod(path, 0777) == -1)
		abort();
	ok(keystore_open(&ks, &repo, &d) == -1 &&
		strstr(d.text, "chmod") != NULL,
	    "a folder that everybody may write to");
}

static int
softhsm(void)
{
	char path[200], tokens[200];

	if (access("/usr/lib/softhsm/libsofthsm2.so", R_OK) == -1)
		return -1;
	(void)mkdir(in_root(tokens, "tokens"), 0700);
	write_file(in_root(path, "softhsm2.conf"), 0600,
	    "directories.tokendir = %s\nobjectstore.backend = file\n"
	    "log.level = ERROR\n", tokens);
	(void)setenv("SOFTHSM2_CONF", path, 1);
	(void)setenv("ZONEPIPE_LOCKDIR", root, 1);
	return 0;
}

/* Keys made out of order: each is among the others, and its public key too. */
static void
in_place(const struct repository *repo)
{
	static const uint8_t order[] = { 50, 90, 10, 70, 30, 20, 80, 40, 60 };
	struct keystore *ks;
	struct key *key;
	struct diag d = { STATUS_OK, "" };
	uint8_t id[KEY_ID_MAX], made = 0, found = 0;
	const uint8_t *pub;
	size_t n;

	if (keystore_open(&ks, repo, &d) == -1)
		abort();
	for (size_t i = 0; i < sizeof(order); i++) {
		const struct key_spec spec = { .kind = KEY_P256,
			.id = &order[i], .id_size = 1 };

		made += keystore_generate(ks, &spec, id, &n, &d) == 0;
	}
	for (size_t i = 0; i < sizeof(order); i++) {
		const struct key_query query = { .id = &order[i],
			.id_size = 1, .algorithm = 13 };

		if (keystore_find(ks, &query, &key, &d) == -1)
			continue;
		pub = key_public(key, &n);
		found += key_prove(key, pub, n, &d) == 0;
	}
	ok(made == sizeof(order) && found == sizeof(order),
	    "%s: keys made out of order are found: %u of %u", repo->name, found,
	    made);
	keystore_close(ks);
}

static void
token(void)
{
	struct repository repo = { .name = (char[]){ "token" },
		.token = (char[]){ "test" }, .pin = (char[]){ "1234" } };
	struct repository other = repo;
	struct keystore *ks;
	struct diag d;
	bool made;

	ok(keystore_open(&ks, &repo, &d) == -1 && d.status == STATUS_USAGE,
	    "no token yet: %s", d.text);
	ok(keystore_create(&repo, "5678", "1234", &made, &d) == 0 && made,
	    "token made");
	ok(keystore_create(&repo, "5678", "1234", &made, &d) == 0 && !made,
	    "and left as it is");
	try_store(&repo);
	in_place(&repo);
	other.pin = (char[]){ "4321" };
	ok(keystore_open(&ks, &other, &d) == -1 && d.status == STATUS_USAGE &&
		strstr(d.text, "4321") == NULL,
	    "a wrong PIN is usage, and not shown: %s", d.text);
	other.pin = repo.pin;
	other.module = (char[]){ "/nonexistent.so" };
	ok(keystore_open(&ks, &other, &d) == -1 && d.status == STATUS_USAGE,
	    "no such module");
}

/* --- the ring ------------------------------------------------------------ */

/* In a child that did not open it a token must not be used. */
static void
fork_rules(struct keyring *ring, size_t file, size_t hsm)
{
	uint8_t sig[KEY_SIGNATURE_MAX];
	struct diag d;
	int status = -1;
	pid_t pid = fork();

	if (pid == 0) {
		bool good = key_sign(keyring_key(ring, file), "x", 1, sig,
				&d) == 0 &&
		    key_sign(keyring_key(ring, hsm), "x", 1, sig, &d) == -1;

		/* Must not end the parent's session either. */
		keyring_free(ring);
		_exit(good ? 0 : 1);
	}
	ok(pid > 0 && waitpid(pid, &status, 0) == pid && status == 0,
	    "in a child: the file still signs, the token does not");
	ok(key_sign(keyring_key(ring, hsm), "x", 1, sig, &d) == 0,
	    "and the parent goes on");
}

/* Closed before the fork, the ring may be opened in every child at once. */
static void
workers(struct keyring *ring, size_t hsm)
{
	uint8_t sig[KEY_SIGNATURE_MAX];
	struct diag d;
	int status, good = 0;

	for (int i = 0; i < 8; i++)
		if (fork() == 0)
			_exit(keyring_open(ring, &d) == 0 &&
			    key_sign(keyring_key(ring, hsm), "x", 1, sig,
				&d) == 0 ? 0 : 1);
	while (wait(&status) > 0)
		good += status == 0;
	ok(good == 8, "8 workers open and sign at once");
}

static void
ring_tests(void)
{
	struct repository dir = { .name = (char[]){ "ring" } };
	struct repository tok = { .name = (char[]){ "token" },
		.token = (char[]){ "test" }, .pin = (char[]){ "1234" } };
	struct key_spec spec = { .kind = KEY_P256,
		.id = (const uint8_t *)"\xa2", .id_size = 1, .label = "zsk" };
	char path[200], uri[400], pin[200];
	uint8_t id[KEY_ID_MAX];
	struct keyring *ring;
	struct keystore *ks;
	size_t n, file, hsm, by_id, again;
	struct diag d = { STATUS_OK, "" };
	bool made;

	dir.directory = path;
	in_root(path, "ring");
	if (keystore_create(&dir, "", "", &made, &d) == -1 ||
	    keystore_open(&ks, &dir, &d) == -1 ||
	    keystore_generate(ks, &spec, id, &n, &d) == -1)
		abort();
	keystore_close(ks);
	if (keystore_open(&ks, &tok, &d) == -1 ||
	    keystore_generate(ks, &spec, id, &n, &d) == -1)
		abort();
	keystore_close(ks);
	write_file(in_root(pin, "pin"), 0600, "1234\n");

	ok(keyring_new(&ring, NULL, &d) == 0, "a ring");
	(void)snprintf(uri, sizeof(uri), "file:%s/a2.pem", path);
	ok(keyring_want(ring, uri, &file, &d) == 0, "wants a file");
	(void)snprintf(uri, sizeof(uri),
	    "13:pkcs11:token=test;object=zsk?pin-source=file:%s", pin);
	ok(keyring_want(ring, uri, &hsm, &d) == 0, "wants of a token");
	ok(keyring_want(ring, uri, &again, &d) == 0 && again == hsm,
	    "the same text, the same key");
	ok(keyring_want_id(ring, &dir, "A2", 13, &by_id, &d) == 0,
	    "wants by locator");
	ok(keyring_want_id(ring, &dir, "xyz", 13, &again, &d) == -1,
	    "a locator that is not hex");
	ok(keyring_key(ring, file) == NULL, "not open yet");
	ok(keyring_pins(ring, &d) == 0, "PINs");
	(void)unlink(pin);
	ok(keyring_open(ring, &d) == 0, "opens, the PIN file gone %s", d.text);
	ok(key_algorithm(keyring_key(ring, file))->number == 13,
	    "an EC key tells its algorithm");
	fork_rules(ring, file, hsm);
	keyring_close(ring);
	ok(keyring_key(ring, hsm) == NULL, "closed");
	workers(ring, hsm);
	ok(keyring_open(ring, &d) == 0, "and opened again");
	keyring_free(ring);

	if (keyring_new(&ring, NULL, &d) == -1)
		abort();
	(void)snprintf(uri, sizeof(uri), "8:file:%s/a2.pem", path);
	if (keyring_want(ring, uri, &file, &d) == -1)
		abort();
	ok(keyring_open(ring, &d) == -1 && d.status == STATUS_USAGE &&
		strstr(d.text, "a2.pem") != NULL,
	    "a P-256 key does not sign RSASHA256: %s", d.text);
	keyring_free(ring);
	(void)snprintf(uri, sizeof(uri), "%s/a2.pem", path);
	if (chmod(uri, 0640) == -1 || keyring_new(&ring, NULL, &d) == -1)
		abort();
	(void)snprintf(uri, sizeof(uri), "file:%s/a2.pem", path);
	if (keyring_want(ring, uri, &file, &d) == -1)
		abort();
	ok(keyring_open(ring, &d) == -1 && strstr(d.text, "chmod") != NULL,
	    "a key file that others can read: %s", d.text);
	keyring_free(ring);
}

int
main(void)
{
	char command[300];

	(void)umask(077);
	if (mkdtemp(root) == NULL)
		abort();
	folder();
	if (softhsm() == 0) {
		token();
		ring_tests();
	} else
		ok(1, "# SKIP no SoftHSM");
	(void)snprintf(command, sizeof(command), "rm -rf %s", root);
	(void)!system(command);
	return done();
}
