#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "atomicfile.h"
#include "digest.h"
#include "hex.h"
#include "signconf.h"
#include "textbuf.h"
#include "xmlrows.h"

static const char *const serial_names[] = { "counter", "datecounter",
	"unixtime", "keep", NULL };

const char *
signconf_serial_name(enum signconf_serial serial)
{
	return serial_names[serial];
}

void
signconf_free(struct signconf *sc)
{
	if (sc == NULL)
		return;
	for (size_t i = 0; i < sc->key_count; i++) {
		free(sc->keys[i].locator);
		free(sc->keys[i].repository);
		free(sc->keys[i].public_key);
	}
	free(sc->keys);
	free(sc->zone);
	free(sc);
}

static int
digest_hex(
    const char *bytes, size_t len, char id[SIGNCONF_ID_SIZE], struct diag *d)
{
	uint8_t digest[DIGEST_MAX];
	const size_t size = digest_compute(DIGEST_SHA256, bytes, len, digest);

	if (size == 0)
		return diag_set(d, STATUS_SYSTEM, "signconf: SHA-256 failed");
	hex_encode(digest, size, id);
	return 0;
}

/* --- reading ------------------------------------------------------------- */

/* "-" is the empty salt. */
static void
read_salt(struct xmlfile *f, xmlNode *n, void *to)
{
	struct signconf *sc = to;
	char *text = xmlread_text(f, n);
	size_t len;

	if (text == NULL)
		return;
	len = strcmp(text, "-") == 0 ? 0 : strlen(text);
	if (hex_decode(text, len, sc->salt, sizeof(sc->salt), &sc->salt_len) ==
	    -1)
		xmlfile_error(f, n,
		    "'%s' is not up to 255 octets in hex, nor '-' "
		    "(RFC 5155 §3.3)",
		    text);
	free(text);
}

static void
read_locator(struct xmlfile *f, xmlNode *n, void *to)
{
	char **locator = to, *text = xmlread_text(f, n);
	size_t len;

	if (text == NULL)
		return;
	len = strlen(text);
	if (len == 0 || len % 2 != 0 || len > SIGNCONF_LOCATOR_MAX ||
	    strspn(text, "0123456789abcdefABCDEF") != len)
		xmlfile_error(f, n, "'%s' is not a CKA_ID in hex", text);
	for (size_t i = 0; i < len; i++)
		if (text[i] >= 'A' && text[i] <= 'F')
			text[i] = (char)(text[i] - 'A' + 'a');
	*locator = text;
}

static void
read_serial(struct xmlfile *f, xmlNode *n, void *to)
{
	const int i = xmlread_word(f, n, serial_names);

	if (i != -1)
		*(enum signconf_serial *)to = (enum signconf_serial)i;
}

static void
read_audit(struct xmlfile *f, xmlNode *n, void *to)
{
	static const struct xmlread_row rows[] = {
		{ "Partial", XMLREAD_PRESENT, 0, 0, NULL, NULL },
		XMLROW_END,
	};
	bool partial = false;

	xmlread_children(f, n, rows, &partial);
	*(enum signconf_audit *)to =
	    partial ? SIGNCONF_AUDIT_PARTIAL : SIGNCONF_AUDIT_FULL;
}

static const struct xmlread_row key_rows[] = {
	XMLROW(
	    "Flags", XMLREAD_U16, XMLREAD_REQUIRED, struct signconf_key, flags),
	XMLROW("Algorithm", XMLREAD_U8, XMLREAD_REQUIRED, struct signconf_key,
	    algorithm),
	XMLROW_CALL("Locator", XMLREAD_REQUIRED,
	    offsetof(struct signconf_key, locator), read_locator),
	XMLROW("Repository", XMLREAD_TEXT, 0, struct signconf_key, repository),
	XMLROW("PublicKey", XMLREAD_TEXT, 0, struct signconf_key, public_key),
	XMLROW("KSK", XMLREAD_PRESENT, 0, struct signconf_key, ksk),
	XMLROW("ZSK", XMLREAD_PRESENT, 0, struct signconf_key, zsk),
	XMLROW("Publish", XMLREAD_PRESENT, 0, struct signconf_key, publish),
	XMLROW("Compromised", XMLREAD_PRESENT, 0, struct signconf_key,
	    compromised),
	XMLROW("Lost", XMLREAD_PRESENT, 0, struct signconf_key, lost),
	XMLROW_END,
};

static void
read_key(struct xmlfile *f, xmlNode *n, void *to)
{
	struct signconf *sc = to;
	struct signconf_key *grown;

	if (sc->key_count == SIGNCONF_KEYS_MAX) {
		xmlfile_error(f, n, "more than %d keys", SIGNCONF_KEYS_MAX);
		return;
	}
	grown = realloc(sc->keys, (sc->key_count + 1) * sizeof(*grown));
	if (grown == NULL) {
		xmlfile_error(f, n, "out of memory");
		return;
	}
	sc->keys = grown;
	memset(&grown[sc->key_count], 0, sizeof(*grown));
	xmlread_children(f, n, key_rows, &grown[sc->key_count++]);
}

static const struct xmlread_row validity_rows[] = {
	XMLROW("Default", XMLREAD_DURATION, XMLREAD_REQUIRED, struct signconf,
	    validity_default),
	XMLROW("Denial", XMLREAD_DURATION, XMLREAD_REQUIRED, struct signconf,
	    validity_denial),
	XMLROW("Keys", XMLREAD_DURATION, 0, struct signconf, validity_keys),
	XMLROW_END,
};

static const struct xmlread_row signatures_rows[] = {
	XMLROW("Resign", XMLREAD_DURATION, XMLREAD_REQUIRED, struct signconf,
	    resign),
	XMLROW("Refresh", XMLREAD_DURATION, XMLREAD_REQUIRED, struct signconf,
	    refresh),
	XMLROW_GROUP("Validity", XMLREAD_REQUIRED, validity_rows),
	XMLROW("Jitter", XMLREAD_DURATION, XMLREAD_REQUIRED, struct signconf,
	    jitter),
	XMLROW("InceptionOffset", XMLREAD_SKEW, XMLREAD_REQUIRED,
	    struct signconf, inception_offset),
	XMLROW_END,
};

static const struct xmlread_row hash_rows[] = {
	XMLROW("Algorithm", XMLREAD_U8, XMLREAD_REQUIRED, struct signconf,
	    nsec3_algorithm),
	XMLROW("Iterations", XMLREAD_U16, XMLREAD_REQUIRED, struct signconf,
	    iterations),
	XMLROW_CALL("Salt", XMLREAD_REQUIRED, 0, read_salt),
	XMLROW_END,
};

static const struct xmlread_row nsec3_rows[] = {
	XMLROW("TTL", XMLREAD_TTL, 0, struct signconf, nsec3param_ttl),
	XMLROW("OptOut", XMLREAD_PRESENT, 0, struct signconf, opt_out),
	XMLROW_IGNORE("Parameters", 0), /* 1.0 */
	XMLROW_GROUP("Hash", XMLREAD_REQUIRED, hash_rows),
	XMLROW_END,
};

static void
read_denial(struct xmlfile *f, xmlNode *n, void *to)
{
	static const struct xmlread_row rows[] = {
		{ "NSEC", XMLREAD_IGNORE, 0, 0, NULL, NULL },
		{ "NSEC3", XMLREAD_GROUP, 0, 0, nsec3_rows, NULL },
		XMLROW_END,
	};
	struct signconf *sc = to;
	bool nsec = false;

	for (const xmlNode *c = n->children; c != NULL; c = c->next) {
		nsec |= xmlStrEqual(c->name, (const xmlChar *)"NSEC");
		sc->nsec3 |= xmlStrEqual(c->name, (const xmlChar *)"NSEC3");
	}
	if (nsec == sc->nsec3)
		xmlfile_error(f, n, "must hold one of NSEC and NSEC3");
	xmlread_children(f, n, rows, sc);
}

static const struct xmlread_row keys_rows[] = {
	XMLROW(
	    "TTL", XMLREAD_TTL, XMLREAD_REQUIRED, struct signconf, dnskey_ttl),
	XMLROW_CALL("Key", XMLREAD_MANY, 0, read_key),
	XMLROW_END,
};

static const struct xmlread_row soa_rows[] = {
	XMLROW("TTL", XMLREAD_TTL, XMLREAD_REQUIRED, struct signconf, soa_ttl),
	XMLROW("Minimum", XMLREAD_TTL, XMLREAD_REQUIRED, struct signconf,
	    soa_minimum),
	XMLROW_CALL("Serial", XMLREAD_REQUIRED,
	    offsetof(struct signconf, serial), read_serial),
	XMLROW_END,
};

static const struct xmlread_row zone_rows[] = {
	XMLROW_GROUP("Signatures", XMLREAD_REQUIRED, signatures_rows),
	XMLROW_CALL("Denial", XMLREAD_REQUIRED, 0, read_denial),
	XMLROW_GROUP("Keys", XMLREAD_REQUIRED, keys_rows),
	XMLROW_GROUP("SOA", XMLREAD_REQUIRED, soa_rows),
	XMLROW_CALL("Audit", 0, offsetof(struct signconf, audit), read_audit),
	XMLROW_END,
};

static void
read_zone(struct xmlfile *f, xmlNode *n, void *to)
{
	struct signconf *sc = to;

	sc->zone = xmlread_zone_name(f, n);
	xmlread_only_attributes(f, n, (const char *const[]){ "name", NULL });
	xmlread_children(f, n, zone_rows, sc);
	/* The engine's rule: missing or 0 means Default (interfaces §3). */
	if (sc->validity_denial == 0)
		sc->validity_denial = sc->validity_default;
	if (sc->validity_keys == 0)
		sc->validity_keys = sc->validity_default;
}

/* The file's bytes: the id is of these.  Bounded like every XML file. */
static int
read_bytes(const char *path, char **bytes, size_t *len, struct diag *d)
{
	struct stat st;
	char *buf = NULL;
	ssize_t n;
	int fd, rc = -1;

	*len = 0;
	if ((fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK)) == -1 ||
	    fstat(fd, &st) == -1) {
		diag_system(d, "%s", path);
		goto out;
	}
	if (!S_ISREG(st.st_mode) || (uintmax_t)st.st_size > 1024 * 1024) {
		diag_set(d, STATUS_USAGE,
		    "%s: is not a regular file below 1 MiB", path);
		goto out;
	}
	if ((buf = malloc((size_t)st.st_size + 1)) == NULL) {
		diag_system(d, "%s", path);
		goto out;
	}
	while ((n = read(fd, buf + *len, (size_t)st.st_size - *len)) != 0) {
		if (n == -1 && errno == EINTR)
			continue;
		if (n == -1) {
			diag_system(d, "%s", path);
			goto out;
		}
		*len += (size_t)n;
	}
	*bytes = buf;
	buf = NULL; /* the caller owns it now */
	rc = 0;
out:
	if (fd != -1)
		(void)close(fd);
	free(buf);
	return rc;
}

int
signconf_read(struct signconf **out, const char *path, struct diag *d)
{
	static const struct xmlread_row rows[] = {
		{ "Zone", XMLREAD_CALL, XMLREAD_REQUIRED, 0, NULL, read_zone },
		XMLROW_END,
	};
	struct xmlfile f = { .path = path };
	struct signconf *sc = NULL;
	xmlDoc *doc = NULL;
	char *bytes = NULL;
	size_t len;
	int rc = -1;

	if (read_bytes(path, &bytes, &len, d) == -1)
		return -1;
	if ((sc = calloc(1, sizeof(*sc))) == NULL) {
		diag_system(d, "%s", path);
		goto out;
	}
	if ((doc = xmlfile_parse_bytes(&f, bytes, len)) != NULL)
		xmlread_document(
		    &f, doc, "SignerConfiguration", NULL, rows, sc);
	if (xmlfile_result(&f, d) == -1 ||
	    digest_hex(bytes, len, sc->id, d) == -1)
		goto out;
	*out = sc;
	sc = NULL; /* the caller owns it now */
	rc = 0;
out:
	signconf_free(sc);
	xmlFreeDoc(doc);
	free(bytes);
	return rc;
}

/* --- writing ------------------------------------------------------------- */

/* XML's reserved characters; names of zones and repositories may hold them. */
static void
put_escaped(struct textbuf *to, const char *s, size_t len)
{
	while (len > 0) {
		size_t plain = 0;

		while (plain < len && strchr("&<>\"", s[plain]) == NULL)
			plain++;
		textbuf_put(to, s, plain);
		s += plain;
		len -= plain;
		if (len == 0)
			break;
		textbuf_puts(to,
		    *s == '&'	    ? "&amp;"
			: *s == '<' ? "&lt;"
			: *s == '>' ? "&gt;"
				    : "&quot;");
		s++;
		len--;
	}
}

/* The final dot is ours, not the file's; the root keeps it. */
static void
put_zone(struct textbuf *to, const char *zone)
{
	const size_t len = strlen(zone);

	put_escaped(to, zone, len > 1 ? len - 1 : len);
}

static void
put_tag(struct textbuf *to, const char *indent, const char *name)
{
	textbuf_puts(to, indent);
	textbuf_puts(to, "<");
	textbuf_puts(to, name);
	textbuf_puts(to, ">");
}

static void
put_end(struct textbuf *to, const char *name)
{
	textbuf_puts(to, "</");
	textbuf_puts(to, name);
	textbuf_puts(to, ">\n");
}

static void
put_number(
    struct textbuf *to, const char *indent, const char *name, uint64_t n)
{
	put_tag(to, indent, name);
	textbuf_u64(to, n);
	put_end(to, name);
}

static void
put_seconds(
    struct textbuf *to, const char *indent, const char *name, int64_t seconds)
{
	put_tag(to, indent, name);
	textbuf_puts(to, "PT");
	textbuf_u64(to, (uint64_t)seconds); /* durations are not negative */
	textbuf_puts(to, "S");
	put_end(to, name);
}

static void
put_denial(struct textbuf *to, const struct signconf *sc)
{
	char salt[2 * SIGNCONF_SALT_MAX + 1];

	textbuf_puts(to, "\t\t<Denial>\n");
	if (!sc->nsec3) {
		textbuf_puts(to, "\t\t\t<NSEC />\n\t\t</Denial>\n\n");
		return;
	}
	textbuf_puts(to, "\t\t\t<NSEC3>\n");
	if (sc->nsec3param_ttl != 0)
		put_seconds(to, "\t\t\t\t", "TTL", sc->nsec3param_ttl);
	if (sc->opt_out)
		textbuf_puts(to, "\t\t\t\t<OptOut />\n");
	textbuf_puts(to, "\t\t\t\t<Hash>\n");
	put_number(to, "\t\t\t\t\t", "Algorithm", sc->nsec3_algorithm);
	put_number(to, "\t\t\t\t\t", "Iterations", sc->iterations);
	put_tag(to, "\t\t\t\t\t", "Salt");
	hex_encode(sc->salt, sc->salt_len, salt);
	textbuf_puts(to, sc->salt_len == 0 ? "-" : salt);
	put_end(to, "Salt");
	textbuf_puts(to, "\t\t\t\t</Hash>\n\t\t\t</NSEC3>\n\t\t</Denial>\n\n");
}

static void
put_element(struct textbuf *to, const char *indent, const char *name,
    const char *text)
{
	if (text == NULL)
		return;
	put_tag(to, indent, name);
	put_escaped(to, text, strlen(text));
	put_end(to, name);
}

static void
put_key(struct textbuf *to, const struct signconf_key *k)
{
	textbuf_puts(to, "\t\t\t<Key>\n");
	put_number(to, "\t\t\t\t", "Flags", k->flags);
	put_number(to, "\t\t\t\t", "Algorithm", k->algorithm);
	put_element(to, "\t\t\t\t", "Locator", k->locator);
	put_element(to, "\t\t\t\t", "Repository", k->repository);
	put_element(to, "\t\t\t\t", "PublicKey", k->public_key);
	if (k->ksk)
		textbuf_puts(to, "\t\t\t\t<KSK />\n");
	if (k->zsk)
		textbuf_puts(to, "\t\t\t\t<ZSK />\n");
	if (k->publish)
		textbuf_puts(to, "\t\t\t\t<Publish />\n");
	if (k->compromised)
		textbuf_puts(to, "\t\t\t\t<Compromised />\n");
	if (k->lost)
		textbuf_puts(to, "\t\t\t\t<Lost />\n");
	textbuf_puts(to, "\t\t\t</Key>\n\n");
}

/* The layout of OpenDNSSEC 1.x's own enforcer. */
static void
put_signconf(struct textbuf *to, const struct signconf *sc)
{
	textbuf_puts(to, "<SignerConfiguration>\n\t<Zone name=\"");
	put_zone(to, sc->zone);
	textbuf_puts(to, "\">\n\t\t<Signatures>\n");
	put_seconds(to, "\t\t\t", "Resign", sc->resign);
	put_seconds(to, "\t\t\t", "Refresh", sc->refresh);
	textbuf_puts(to, "\t\t\t<Validity>\n");
	put_seconds(to, "\t\t\t\t", "Default", sc->validity_default);
	put_seconds(to, "\t\t\t\t", "Denial", sc->validity_denial);
	if (sc->validity_keys != 0 && sc->validity_keys != sc->validity_default)
		put_seconds(to, "\t\t\t\t", "Keys", sc->validity_keys);
	textbuf_puts(to, "\t\t\t</Validity>\n");
	put_seconds(to, "\t\t\t", "Jitter", sc->jitter);
	put_seconds(to, "\t\t\t", "InceptionOffset", sc->inception_offset);
	textbuf_puts(to, "\t\t</Signatures>\n\n");
	put_denial(to, sc);
	textbuf_puts(to, "\t\t<Keys>\n");
	put_seconds(to, "\t\t\t", "TTL", sc->dnskey_ttl);
	for (size_t i = 0; i < sc->key_count; i++)
		put_key(to, &sc->keys[i]);
	textbuf_puts(to, "\t\t</Keys>\n\n\t\t<SOA>\n");
	put_seconds(to, "\t\t\t", "TTL", sc->soa_ttl);
	put_seconds(to, "\t\t\t", "Minimum", sc->soa_minimum);
	put_element(to, "\t\t\t", "Serial", serial_names[sc->serial]);
	textbuf_puts(to, "\t\t</SOA>\n");
	if (sc->audit == SIGNCONF_AUDIT_FULL)
		textbuf_puts(to, "\n\t\t<Audit />\n");
	if (sc->audit == SIGNCONF_AUDIT_PARTIAL)
		textbuf_puts(to, "\n\t\t<Audit>\n\t\t\t<Partial />\n"
			    "\t\t</Audit>\n");
	textbuf_puts(to, "\t</Zone>\n</SignerConfiguration>\n");
}

int
signconf_text(const struct signconf *sc, char **text, size_t *len,
    char id[SIGNCONF_ID_SIZE], struct diag *d)
{
	struct textbuf to = { 0 };

	put_signconf(&to, sc);
	*len = to.len;
	textbuf_put(&to, "", 1);
	if (to.failed) {
		textbuf_free(&to);
		return diag_set(d, STATUS_SYSTEM, "signconf: out of memory");
	}
	if (digest_hex(to.buf, *len, id, d) == -1) {
		textbuf_free(&to);
		return -1;
	}
	if ((*text = realloc(to.buf, *len + 1)) == NULL)
		*text = to.buf;
	return 0; /* the caller owns it now */
}

/* A file that cannot be read is replaced, so its error does not matter. */
static bool
holds(const char *path, const char *text, size_t len)
{
	char *old;
	size_t old_len;
	bool same;

	if (read_bytes(path, &old, &old_len, NULL) == -1)
		return false;
	same = old_len == len && memcmp(old, text, len) == 0;
	free(old);
	return same;
}

int
signconf_write(const struct signconf *sc, const char *path, bool *changed,
    char id[SIGNCONF_ID_SIZE], struct diag *d)
{
	char *text;
	size_t len;
	int rc = -1;

	*changed = false;
	if (signconf_text(sc, &text, &len, id, d) == -1)
		return -1;
	if (holds(path, text, len)) {
		rc = 0;
		goto out;
	}
	if (atomicfile_put(path, text, len, 0644, false, d) == -1)
		goto out;
	*changed = true;
	rc = 0;
out:
	free(text);
	return rc;
}
