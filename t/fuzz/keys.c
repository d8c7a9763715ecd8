/*
 * What others wrote about keys: keys [SECONDS [SEED]].  PEM and BIND private
 * key files, key URIs and DNSKEY key material, mutated.  What is taken must
 * hold together: a parsed key has a public key that sigverify takes.
 */
#include <openssl/evp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "bindkey.h"
#include "dnskey.h"
#include "keyfile.h"
#include "keyuri.h"
#include "sigverify.h"

#define SIZE_MAX_INPUT 4096

static uint64_t state;

static uint32_t
rnd(uint32_t below)
{
	state = state * UINT64_C(6364136223846793005) + 1442695040888963407U;
	return (uint32_t)((state >> 33) % below);
}

static const char *const seeds[] = {
	"Private-key-format: v1.3\nAlgorithm: 13 (ECDSAP256SHA256)\n"
	"PrivateKey: GU6SnQ/Ou+xC5RumuIUIuJZteXT2z0O/ok1s38Et6mQ=\n",
	"Private-key-format: v1.2\nAlgorithm: 15 (ED25519)\n"
	"PrivateKey: ODIyNjAzODQ2MjgwODAxMjI2NDUxOTAyMDQxNDIyNjI=\n",
	"Private-key-format: v1.2\nAlgorithm: 8 (RSASHA256)\n"
	"Modulus: wVwaxrHF2CK64aYKRUibLiH30KpPuPBjel7E8ZydQW1HYWHfoGmidzC2RnhwCC293hCzw+TFR2nqn8OVSY5t2Q==\n"
	"PublicExponent: AQAB\n"
	"PrivateExponent: UR44xX6zB3eaeyvTRzmskHADrPCmPWnr8dxsNwiDGHzrMKLN+i/HAam+97HxIKVWNDH2ba9Mf1SA8xu9dcHZAQ==\n"
	"Prime1: 4c8IvFu1AVXGWeFLLFh5vs7fbdzdC6U82fduE6KkSWk=\n"
	"Prime2: 2zZpBE8ZXVnL74QjG4zINlDfH+EOEtjJJ3RtaYDugvE=\n"
	"Exponent1: G2xAPffK0KGxGANDVoxd1K1c9wOmmJ51mGbzKFFNMFk=\n"
	"Exponent2: GYxP1Pa7CAwtHm8SAGX594qZVofOMhgd6YFCNyeVpKE=\n"
	"Coefficient: icQdNRjlZGPmuJm2TIadubcO8X7V4y07aVhX464tx8Q=\n",
	"-----BEGIN PRIVATE KEY-----\n"
	"MC4CAQAwBQYDK2VwBCIEIDgyMjYwMzg0NjI4MDgwMTIyNjQ1MTkwMjA0MTQyMjYy\n"
	"-----END PRIVATE KEY-----\n",
	"-----BEGIN PRIVATE KEY-----\n"
	"MIGHAgEAMBMGByqGSM49AgEGCCqGSM49AwEHBG0wawIBAQQglRKz6cXeTDwgHWH3\n"
	"dT5OylILFJgfJC8oedPdsWdRda+hRANCAATVXEo0A7R23lJZz0G9NXp0KShGKtg0\n"
	"Y7toBnnpr9M81RcilpmwPyLCw+1TptPX3agDy4bjf1mkYekDUQfnydAF\n"
	"-----END PRIVATE KEY-----\n",
	"-----BEGIN PRIVATE KEY-----\n"
	"MIG2AgEAMBAGByqGSM49AgEGBSuBBAAiBIGeMIGbAgEBBDA0poIMcaKvgyj6yn8u\n"
	"AqcLFjyCvAR9nJCLzdmxPH6Pb0Jw7sIC8HDzmE+w9zXoDaOhZANiAARKYp7ju7Sc\n"
	"9UrkjKPmPv9F8ExSQQvUg8AYjVgBi43C3kmuyEeOiK6I/JR+Ys2F16xL6fY0Sd59\n"
	"tZgPEU9K+h1lVuDI23WbC2rMW7vTRBlePZz7x//5peeIX4QRVkesTHo=\n"
	"-----END PRIVATE KEY-----\n",
	"-----BEGIN EC PRIVATE KEY-----\n"
	"MHcCAQEEIJUSs+nF3kw8IB1h93U+TspSCxSYHyQvKHnT3bFnUXWvoAoGCCqGSM49\n"
	"AwEHoUQDQgAE1VxKNAO0dt5SWc9BvTV6dCkoRirYNGO7aAZ56a/TPNUXIpaZsD8i\n"
	"wsPtU6bT192oA8uG439ZpGHpA1EH58nQBQ==\n"
	"-----END EC PRIVATE KEY-----\n",
	"13:pkcs11:token=a;id=%a2;object=b;serial=1?module-path=/x&pin-source="
	"file:/p",
	"ECDSAP256SHA256:file:///etc/k.pem",
	"\3\1\0\1\301\2\3\4\5\6\7\10\11\12\13\14",
};

#define SEEDS (sizeof(seeds) / sizeof(seeds[0]))

static size_t
mutate(char *buf, size_t len)
{
	for (uint32_t n = rnd(6); n > 0; n--) {
		const size_t at = len > 0 ? rnd((uint32_t)len) : 0;

		switch (rnd(5)) {
		case 0:
			if (len > 0)
				buf[at] = (char)rnd(256);
			break;
		case 1:
			if (len > 0)
				buf[at] ^= (char)(1U << rnd(8));
			break;
		case 2:
			len = at;
			break;
		case 3:
			if (len > 0 && len < SIZE_MAX_INPUT / 2) {
				memmove(buf + at + 1, buf + at, len - at);
				buf[at] = "=%:/\n ;A"[rnd(8)];
				len++;
			}
			break;
		case 4:
			if (len > 0) {
				memmove(buf + at, buf + at + 1, len - at - 1);
				len--;
			}
			break;
		}
	}
	return len;
}

static void
must(bool good, const char *what)
{
	if (good)
		return;
	fprintf(stderr, "fuzz keys: %s\n", what);
	abort();
}

static void
use_key(EVP_PKEY *pkey)
{
	uint8_t pub[DNSKEY_PUBLIC_MAX];
	struct sigverify *v;
	enum key_kind kind;
	unsigned bits;
	size_t size;
	struct diag d;

	if (keyfile_describe(pkey, &kind, &bits) == 0 &&
	    keyfile_public(pkey, kind, pub, &size, &d) == 0) {
		must(size <= DNSKEY_PUBLIC_MAX, "public key too long");
		if (sigverify_new(&v, algorithm_default(kind), pub, size,
			&d) == 0) {
			(void)sigverify_check(v, "x", 1, pub, size, &d);
			sigverify_free(v);
		}
	}
	EVP_PKEY_free(pkey);
}

/* Both ways of reading a file agree on its key. */
static void
use_file(const char *text, size_t len, EVP_PKEY *pkey)
{
	uint8_t pub[DNSKEY_PUBLIC_MAX], same[DNSKEY_PUBLIC_MAX];
	size_t size, same_size;
	struct keyfile file;
	struct diag d;

	must(keyfile_parse(&file, text, len, "fuzz", &d) == 0, "one reads it");
	if (file.supported && keyfile_material(&file, pub, &size, &d) == 0)
		must(keyfile_public(pkey, file.kind, same, &same_size, &d) ==
			0 && size == same_size && memcmp(pub, same, size) == 0,
		    "another key");
	keyfile_free(&file);
}

static void
try_material(const char *text, size_t len)
{
	static const unsigned numbers[] = { 5, 8, 10, 13, 14, 15, 16 };
	struct sigverify *v;
	struct diag d;

	for (size_t i = 0; i < sizeof(numbers) / sizeof(numbers[0]); i++)
		if (sigverify_new(&v, algorithm_by_number(numbers[i]),
			(const uint8_t *)text, len, &d) == 0) {
			must(sigverify_check(v, "x", 1,
			    (const uint8_t *)text, len, &d) == 0,
			    "junk verifies");
			sigverify_free(v);
		}
}

static void
one(void)
{
	char buf[SIZE_MAX_INPUT + 1];
	const struct algorithm *alg;
	const char *seed = seeds[rnd(SEEDS)];
	struct keyuri uri;
	EVP_PKEY *pkey;
	struct diag d;
	size_t len = strlen(seed);

	if (seed == seeds[SEEDS - 1])
		len = 16;
	memcpy(buf, seed, len);
	len = mutate(buf, len);
	buf[len] = '\0';
	if (bindkey_is(buf, len) &&
	    bindkey_parse(&pkey, &alg, buf, len, "fuzz", &d) == 0)
		use_key(pkey);
	if (keyfile_parse_pem(&pkey, buf, len, "fuzz", &d) == 0) {
		use_file(buf, len, pkey);
		use_key(pkey);
	}
	if (keyuri_parse(&uri, buf, &d) == 0) {
		must((uri.file != NULL) != (uri.uri != NULL), "two places");
		keyuri_clear(&uri);
	}
	try_material(buf, len);
}

int
main(int argc, char **argv)
{
	const long seconds = argc > 1 ? strtol(argv[1], NULL, 10) : 10;
	const time_t until = time(NULL) + seconds;
	unsigned long runs = 0;

	state = argc > 2 ? strtoull(argv[2], NULL, 10) : (uint64_t)time(NULL);
	printf("seed %llu\n", (unsigned long long)state);
	while (time(NULL) < until) {
		for (int i = 0; i < 100; i++)
			one();
		runs += 100;
	}
	printf("%lu inputs\n", runs);
	return 0;
}
