#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <ldns/ldns.h>

#include "number.h"
#include "rtype.h"

#define TABLE 1024 /* a power of two, several times the number of types */

struct entry {
	char name[RTYPE_TEXT_MAX];
	uint8_t len;
	uint16_t type;
};

struct rtypes {
	struct entry entry[TABLE];
};

/* Registered by IANA, unknown to ldns 1.8. */
static const struct {
	const char *name;
	uint16_t type;
} more[] = {
	{ "AMTRELAY", 260 }, { "RESINFO", 261 }, { "WALLET", 262 },
	{ "CLA", 263 }, { "IPN", 264 }, { "DSYNC", 66 }, { "HHIT", 67 },
	{ "BRID", 68 }, { "NINFO", 56 }, { "RKEY", 57 }, { "TA", 32768 },
	{ "DOA", 259 }, { "AVC", 258 }, { "UINFO", 100 }, { "UID", 101 },
	{ "GID", 102 }, { "UNSPEC", 103 }, { "NXNAME", 128 }, { "DELEG", TYPE_DELEG },
};

static char
upper(char c)
{
	return c >= 'a' && c <= 'z' ? (char)(c - 32) : c;
}

static size_t
hash(const char *s, size_t len)
{
	uint32_t h = 2166136261u;

	for (size_t i = 0; i < len; i++)
		h = (h ^ (uint8_t)upper(s[i])) * 16777619u;
	return (h ^ h >> 15) & (TABLE - 1);
}

static void
insert(struct rtypes *t, const char *name, uint16_t type)
{
	const size_t len = strlen(name);
	size_t i = hash(name, len);

	if (len >= RTYPE_TEXT_MAX)
		return;
	while (t->entry[i].len != 0)
		i = (i + 1) & (TABLE - 1);
	memcpy(t->entry[i].name, name, len + 1);
	t->entry[i].len = (uint8_t)len;
	t->entry[i].type = type;
}

struct rtypes *
rtypes_new(void)
{
	struct rtypes *t = calloc(1, sizeof(*t));

	if (t == NULL)
		return NULL;
	for (unsigned type = 1; type < 65536; type++) {
		const ldns_rr_descriptor *row =
		    ldns_rr_descript((uint16_t)type);

		if (row != NULL && row->_type == type &&
		    row->_name != NULL && strncmp(row->_name, "TYPE", 4) != 0)
			insert(t, row->_name, (uint16_t)type);
		if (type == 300)
			type = 32767; /* nothing between but private ones */
		if (type == 32800)
			break;
	}
	for (size_t i = 0; i < sizeof(more) / sizeof(*more); i++)
		if (rtype_parse(t, more[i].name, strlen(more[i].name)) == -1)
			insert(t, more[i].name, more[i].type);
	return t;
}

void
rtypes_free(struct rtypes *t)
{
	free(t);
}

int
rtype_parse(const struct rtypes *t, const char *s, size_t len)
{
	uint16_t n;

	for (size_t i = hash(s, len); t->entry[i].len != 0;
	     i = (i + 1) & (TABLE - 1)) {
		size_t k = 0;

		if (t->entry[i].len != len)
			continue;
		while (k < len && upper(s[k]) == t->entry[i].name[k])
			k++;
		if (k == len)
			return t->entry[i].type;
	}
	if (len > 4 && strncasecmp(s, "TYPE", 4) == 0 &&
	    number_u16(s + 4, len - 4, UINT16_MAX, &n) == 0)
		return n;
	return -1;
}

void
rtype_print(const struct rtypes *t, uint16_t type, char text[RTYPE_TEXT_MAX])
{
	for (size_t i = 0; i < TABLE; i++) {
		if (t->entry[i].len != 0 && t->entry[i].type == type) {
			memcpy(text, t->entry[i].name, RTYPE_TEXT_MAX);
			return;
		}
	}
	(void)snprintf(text, RTYPE_TEXT_MAX, "TYPE%u", type);
}
