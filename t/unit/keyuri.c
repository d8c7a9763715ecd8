#include "keyuri.h"
#include "tap.h"

static const struct {
	const char *text;
	unsigned algorithm;
	const char *file, *token, *object, *module, *pin_file;
	const char *id; /* one octet a character */
} good[] = {
	{ "file:ksk.pem", 0, "ksk.pem", NULL, NULL, NULL, NULL, "" },
	{ "file:/etc/ksk.pem", 0, "/etc/ksk.pem", NULL, NULL, NULL, NULL, "" },
	{ "file:///etc/k%20.pem", 0, "/etc/k%20.pem", NULL, NULL, NULL, NULL,
	    "" },
	{ "FILE:a:b", 0, "a:b", NULL, NULL, NULL, NULL, "" },
	{ "13:file:ksk.pem", 13, "ksk.pem", NULL, NULL, NULL, NULL, "" },
	{ "rsasha1-nsec3-sha1:file:k", 7, "k", NULL, NULL, NULL, NULL, "" },
	{ "pkcs11:token=demo;id=%a2?pin-source=file:pin", 0, NULL, "demo",
	    NULL, NULL, "pin", "\xa2" },
	{ "8:pkcs11:token=a%20b;object=z%3b1?module-path=/x/y.so", 8, NULL,
	    "a b", "z;1", "/x/y.so", NULL, "" },
	{ "pkcs11:object=k?module-name=softhsm2&pin-source=/run/pin", 0, NULL,
	    NULL, "k", "softhsm2", "/run/pin", "" },
	{ "pkcs11:object=k;type=private?pin-source=file:///run/p", 0, NULL,
	    NULL, "k", NULL, "/run/p", "" },
	{ "pkcs11:id=abc%41", 0, NULL, NULL, NULL, NULL, NULL, "abcA" },
};

static const char *const bad[] = {
	"", "x", "ksk.pem", "file:", "file://host/x", "12:file:x",
	"nonsense:file:x", "300:file:x", ":file:x", "13:ksk.pem", "13:13:file:x",
	"pkcs11:", "pkcs11:token=demo", /* names no key */
	"pkcs11:id=", "pkcs11:object=a%00b", "pkcs11:object=%zz",
	"pkcs11:object=a;colour=red", "pkcs11:object=a;type=cert",
	"pkcs11:object=a?pin-source=|cat%20pin",
	"pkcs11:object=a?pin-source=https://x/pin", "pkcs11:object=a?pin-source=",
	"pkcs11:id=0123456789012345678901234567890123456789012345678901234567"
	"89abcdefgh",
};

static void
same(const char *got, const char *want, const char *what)
{
	if (want != NULL)
		is(got, want, what);
	else
		ok(got == NULL, "no %s", what);
}

static void
test_good(void)
{
	struct keyuri uri;
	struct diag d;

	for (size_t i = 0; i < sizeof(good) / sizeof(good[0]); i++) {
		const int rc = keyuri_parse(&uri, good[i].text, &d);

		ok(rc == 0, "parses: %s", good[i].text);
		if (rc == -1) {
			printf("# %s\n", d.text);
			continue;
		}
		ok(uri.algorithm == good[i].algorithm, "algorithm");
		same(uri.file, good[i].file, "file");
		same(uri.token, good[i].token, "token");
		same(uri.object, good[i].object, "object");
		same(uri.module, good[i].module, "module");
		same(uri.pin_file, good[i].pin_file, "pin file");
		ok(uri.id_size == strlen(good[i].id) &&
			memcmp(uri.id, good[i].id, uri.id_size) == 0,
		    "id");
		keyuri_clear(&uri);
	}
}

int
main(void)
{
	struct keyuri uri;
	struct diag d;

	test_good();
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		d.text[0] = '\0';
		ok(keyuri_parse(&uri, bad[i], &d) == -1 &&
			d.status == STATUS_USAGE && strlen(d.text) > 4,
		    "refused: %s", bad[i]);
	}
	ok(keyuri_parse(&uri, "pkcs11:object=a?pin-value=98765", &d) == -1 &&
		strstr(d.text, "98765") == NULL,
	    "a pin-value is refused and not repeated");
	ok(keyuri_parse(&uri, "pkcs11:object=%zz?PIN-Value=98765", &d) == -1 &&
		strstr(d.text, "98765") == NULL,
	    "nor when something else is wrong");
	ok(keyuri_parse_token(&uri, "pkcs11:token=demo", &d) == 0,
	    "a token needs no key");
	keyuri_clear(&uri);
	ok(keyuri_parse_token(&uri, "file:x", &d) == -1,
	    "a file is no token");
	return done();
}
