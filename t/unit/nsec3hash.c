#include <ctype.h>

#include "hex.h"
#include "name.h"
#include "nsec3hash.h"
#include "tap.h"

/* Tab-separated name and hash, salt aabbccdd, 12 iterations (RFC 5155 app. A). */
static void
test_rfc5155(const char *folder)
{
	struct nsec3hash params = { .salt = { 0xaa, 0xbb, 0xcc, 0xdd },
		.salt_len = 4, .iterations = 12 };
	char path[4096], line[1024];
	FILE *f;

	(void)snprintf(path, sizeof(path), "%s/rfc/rfc5155-appendix-a-hashes.tsv",
	    folder);
	if ((f = fopen(path, "r")) == NULL) {
		ok(1, "RFC 5155 appendix A # SKIP no fixtures (ZONE_FIXTURES)");
		return;
	}
	while (fgets(line, sizeof(line), f) != NULL) {
		uint8_t wire[NAME_WIRE_MAX], hash[NSEC3HASH_SIZE];
		char text[NSEC3HASH_TEXT + 1] = "", *tab = strchr(line, '\t');
		int len;

		if (tab == NULL || strncmp(line, "name", 4) == 0)
			continue;
		tab[1 + strcspn(tab + 1, "\t\n")] = '\0';
		len = name_from_text(line, (size_t)(tab - line), wire);
		ok(len > 0, "%.*s", (int)(tab - line), line);
		nsec3hash_name(&params, wire, (size_t)len, hash);
		nsec3hash_text(hash, text);
		is(text, tab + 1, "its hash");
	}
	(void)fclose(f);
}

int
main(void)
{
	const char *folder = getenv("ZONE_FIXTURES");

	test_rfc5155(folder != NULL ? folder : "../shared/fixtures");
	return done();
}
