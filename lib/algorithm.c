#include <string.h>
#include <strings.h>

#include "algorithm.h"
#include "number.h"

static const struct algorithm algorithms[] = {
	/* RFC 3110; RFC 8624 §3.1 no longer recommends SHA-1 */
	{ 5, "RSASHA1", KEY_RSA, DIGEST_SHA1, 0, 0, ALGORITHM_OLD },
	{ 7, "RSASHA1-NSEC3-SHA1", KEY_RSA, DIGEST_SHA1, 0, 0, ALGORITHM_OLD },
	/* RFC 5702 */
	{ 8, "RSASHA256", KEY_RSA, DIGEST_SHA256, 0, 0, ALGORITHM_CURRENT },
	{ 10, "RSASHA512", KEY_RSA, DIGEST_SHA512, 0, 0, ALGORITHM_CURRENT },
	/* RFC 6605 */
	{ 13, "ECDSAP256SHA256", KEY_P256, DIGEST_SHA256, 64, 64,
	    ALGORITHM_CURRENT },
	{ 14, "ECDSAP384SHA384", KEY_P384, DIGEST_SHA384, 96, 96,
	    ALGORITHM_CURRENT },
	/* RFC 8080 */
	{ 15, "ED25519", KEY_ED25519, DIGEST_NONE, 64, 32, ALGORITHM_CURRENT },
	{ 16, "ED448", KEY_ED448, DIGEST_NONE, 114, 57, ALGORITHM_CURRENT },
};

#define COUNT (sizeof(algorithms) / sizeof(algorithms[0]))

const struct algorithm *
algorithm_by_number(unsigned number)
{
	for (size_t i = 0; i < COUNT; i++)
		if (algorithms[i].number == number)
			return &algorithms[i];
	return NULL;
}

const struct algorithm *
algorithm_by_text(const char *s, size_t len)
{
	uint16_t number;

	if (number_u16(s, len, UINT8_MAX, &number) == 0)
		return algorithm_by_number(number);
	for (size_t i = 0; i < COUNT; i++)
		if (strlen(algorithms[i].mnemonic) == len &&
		    strncasecmp(algorithms[i].mnemonic, s, len) == 0)
			return &algorithms[i];
	return NULL;
}

const struct algorithm *
algorithm_default(enum key_kind kind)
{
	switch (kind) {
	case KEY_RSA:
		return algorithm_by_number(8);
	case KEY_P256:
		return algorithm_by_number(13);
	case KEY_P384:
		return algorithm_by_number(14);
	case KEY_ED25519:
		return algorithm_by_number(15);
	case KEY_ED448:
		return algorithm_by_number(16);
	}
	return NULL;
}

const char *
key_kind_name(enum key_kind kind)
{
	switch (kind) {
	case KEY_RSA:
		return "RSA";
	case KEY_P256:
	case KEY_P384:
		return "ECDSA";
	case KEY_ED25519:
		return "Ed25519";
	case KEY_ED448:
		return "Ed448";
	}
	return "?";
}
