#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/stat.h>
#include <unistd.h>

#include "dnsmsg.h"
#include "tsig.h"

#define MAC_MAX	     64 /* SHA-512 */
#define UNSIGNED_MAX 99 /* RFC 8945 §5.3.1 */

struct tsig {
	const knot_tsig_key_t *key;
	uint8_t mac[MAC_MAX]; /* the request's, then the last one seen */
	size_t mac_len;
	uint64_t time_signed;
	bool begun;		 /* a signed message was seen */
	unsigned unsigned_count; /* messages since */
	uint8_t *pending; /* those messages, then the one being checked */
	size_t pending_len, pending_size;
};

/* ---- keys ---- */

/* RFC 8945 §6.  MD5's long name, and every form of it, begins like that. */
static const char *const algorithms[] = { "hmac-sha1", "hmac-sha224",
	"hmac-sha256", "hmac-sha384", "hmac-sha512" };

static const char *
algorithm_name(const char *text)
{
	size_t len = strlen(text);

	if (strncasecmp(text, "hmac-md5", 8) == 0)
		return "hmac-md5";
	if (len > 0 && text[len - 1] == '.')
		len--;
	for (size_t i = 0; i < sizeof(algorithms) / sizeof(*algorithms); i++)
		if (strlen(algorithms[i]) == len &&
		    strncasecmp(text, algorithms[i], len) == 0)
			return algorithms[i];
	return NULL;
}

int
tsig_key_set(knot_tsig_key_t *key, const char *name, const char *algorithm,
    const char *secret, struct diag *d)
{
	const char *known = algorithm_name(algorithm);
	uint8_t wire[KNOT_DNAME_MAXLEN];

	if (known == NULL)
		return diag_set(d, STATUS_USAGE,
		    "TSIG: no such algorithm: %s (hmac-md5, hmac-sha1, "
		    "-sha224, "
		    "-sha256, -sha384 or -sha512; RFC 8945 §6)",
		    algorithm);
	if (knot_dname_from_str(wire, name, sizeof(wire)) == NULL)
		return diag_set(d, STATUS_USAGE,
		    "TSIG: the key's name, %s, is no domain name", name);
	switch (knot_tsig_key_init(key, known, name, secret)) {
	case KNOT_EOK:
		break;
	case KNOT_ENOMEM:
		return diag_set(d, STATUS_SYSTEM, "TSIG: out of memory");
	default:
		return diag_set(
		    d, STATUS_USAGE, "TSIG: the secret is not base64");
	}
	/* An empty secret proves nothing. */
	if (key->secret.size == 0) {
		tsig_key_free(key);
		return diag_set(d, STATUS_USAGE, "TSIG: the secret is empty");
	}
	return 0;
}

void
tsig_key_free(knot_tsig_key_t *key)
{
	if (key->secret.data != NULL)
		explicit_bzero(key->secret.data, key->secret.size);
	knot_tsig_key_deinit(key);
	memset(key, 0, sizeof(*key));
}

int
tsig_key_read(knot_tsig_key_t *key, const char *path, struct diag *d)
{
	char text[1024], *name, *secret;
	const char *algorithm = "hmac-sha256";
	struct stat st;
	ssize_t n;
	int fd, rc = -1;

	if ((fd = open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY)) == -1)
		return diag_system(d, "%s", path);
	if (fstat(fd, &st) == -1 ||
	    (n = read(fd, text, sizeof(text) - 1)) == -1) {
		diag_system(d, "%s", path);
		goto out;
	}
	if ((st.st_mode & (S_IROTH | S_IWOTH)) != 0) {
		diag_set(d, STATUS_USAGE,
		    "%s: others can read the secret: chmod 600 it", path);
		goto out;
	}
	text[n] = '\0';
	text[strcspn(text, "\r\n")] = '\0';
	name = text;
	if ((secret = strrchr(text, ':')) == NULL) {
		diag_set(d, STATUS_USAGE,
		    "%s: not one line [ALGORITHM:]NAME:SECRET", path);
		goto out;
	}
	*secret++ = '\0';
	if (strchr(text, ':') != NULL) {
		algorithm = text;
		name = strchr(text, ':');
		*name++ = '\0';
	}
	if ((rc = tsig_key_set(key, name, algorithm, secret, d)) == -1)
		diag_prefix(d, "%s", path);
out:
	explicit_bzero(text, sizeof(text));
	(void)close(fd);
	return rc;
}

/* ---- sessions ---- */

int
tsig_open(struct tsig **out, const knot_tsig_key_t *key, struct diag *d)
{
	if ((*out = calloc(1, sizeof(**out))) == NULL)
		return diag_system(d, "TSIG");
	(*out)->key = key;
	return 0;
}

void
tsig_close(struct tsig *t)
{
	if (t == NULL)
		return;
	free(t->pending);
	free(t);
}

const char *
tsig_error_text(unsigned code)
{
	switch (code) {
	case KNOT_RCODE_BADSIG:
		return "BADSIG: the secrets differ";
	case KNOT_RCODE_BADKEY:
		return "BADKEY: it does not know the key of that name and "
		       "algorithm";
	case KNOT_RCODE_BADTIME:
		return "BADTIME: the clocks differ too much";
	case KNOT_RCODE_BADTRUNC:
		return "BADTRUNC: it wants a longer MAC";
	default:
		return "an unknown TSIG error";
	}
}

int
tsig_sign(
    struct tsig *t, uint8_t *message, size_t *len, size_t size, struct diag *d)
{
	int rc;

	t->begun = false;
	t->unsigned_count = 0;
	t->pending_len = 0;
	t->time_signed = 0;
	t->mac_len = sizeof(t->mac);
	if (t->key == NULL)
		return 0;
	rc = knot_tsig_sign(
	    message, len, size, NULL, 0, t->mac, &t->mac_len, t->key, 0, 0);
	if (rc != KNOT_EOK)
		return diag_set(d, STATUS_SYSTEM, "TSIG: cannot sign: %s",
		    knot_strerror(rc));
	return 0;
}

static int
remember(struct tsig *t, const knot_pkt_t *pkt, struct diag *d)
{
	uint8_t *grown;
	size_t size = t->pending_size;

	while (size - t->pending_len < pkt->size)
		size = size == 0 ? 2 * (size_t)DNSMSG_MAX : size * 2;
	if (size != t->pending_size) {
		if ((grown = realloc(t->pending, size)) == NULL)
			return diag_system(d, "TSIG");
		t->pending = grown;
		t->pending_size = size;
	}
	memcpy(t->pending + t->pending_len, pkt->wire, pkt->size);
	t->pending_len += pkt->size;
	return 0;
}

static const char *
failure_text(int rc)
{
	switch (rc) {
	case KNOT_TSIG_EBADSIG:
		return "the MAC is wrong: altered on the way, or the secrets "
		       "differ";
	case KNOT_TSIG_EBADKEY:
		return "signed by another key than ours";
	case KNOT_TSIG_EBADTIME:
		return "signed at another time: the clocks differ by more than "
		       "the fudge, or an old answer is played again";
	case KNOT_TSIG_EBADTRUNC:
		return "the MAC is too short";
	default:
		return knot_strerror(rc);
	}
}

/*
 * What the record itself must say before its MAC is worth computing; and the
 * parts that no MAC protects: the original identifier, and behind the first
 * message all but the time (RFC 8945 §4.3.3, §5.3.1).
 */
static int
check_record(const struct tsig *t, const knot_pkt_t *pkt, struct diag *d)
{
	const knot_rrset_t *rr = pkt->tsig_rr;

	if (!knot_tsig_rdata_is_ok(rr) || rr->rclass != KNOT_CLASS_ANY ||
	    rr->ttl != 0)
		return diag_set(
		    d, STATUS_BAD, "a malformed TSIG record (RFC 8945 §4.2)");
	if (knot_tsig_rdata_error(rr) != 0)
		return diag_set(d, STATUS_BAD,
		    "the master refuses our TSIG: %s (RFC 8945 §5.3.2)",
		    tsig_error_text(knot_tsig_rdata_error(rr)));
	if (knot_tsig_rdata_orig_id(rr) != knot_wire_get_id(pkt->wire) ||
	    knot_tsig_rdata_other_data_length(rr) != 0)
		return diag_set(d, STATUS_BAD,
		    "TSIG: the original identifier or the other data are not "
		    "what they should be (RFC 8945 §4.2)");
	if (knot_tsig_rdata_alg(rr) != t->key->algorithm)
		return diag_set(d, STATUS_BAD,
		    "signed with another algorithm than we asked with "
		    "(RFC 8945 §5.3)");
	return 0;
}

int
tsig_check(struct tsig *t, const knot_pkt_t *pkt, struct diag *d)
{
	const knot_rrset_t *rr = pkt->tsig_rr;
	int rc;

	if (t->key == NULL)
		return 0;
	if (rr == NULL && !t->begun)
		return diag_set(d, STATUS_BAD,
		    "the answer is not signed, our query was "
		    "(RFC 8945 §5.3.1)");
	if (rr == NULL && t->unsigned_count == UNSIGNED_MAX)
		return diag_set(d, STATUS_BAD,
		    "more than %d messages without TSIG (RFC 8945 §5.3.1)",
		    UNSIGNED_MAX);
	if (rr != NULL && check_record(t, pkt, d) == -1)
		return -1;
	if (remember(t, pkt, d) == -1)
		return -1;
	if (rr == NULL) {
		t->unsigned_count++;
		return 0;
	}
	if (!t->begun)
		rc = knot_tsig_client_check(rr, t->pending, t->pending_len,
		    t->mac, t->mac_len, t->key, 0);
	else
		rc = knot_tsig_client_check_next(rr, t->pending, t->pending_len,
		    t->mac, t->mac_len, t->key, t->time_signed);
	if (rc == KNOT_EOK && knot_tsig_rdata_mac_length(rr) != t->mac_len)
		rc = KNOT_TSIG_EBADTRUNC;
	if (rc != KNOT_EOK)
		return diag_set(d, STATUS_BAD, "TSIG: %s", failure_text(rc));
	memcpy(t->mac, knot_tsig_rdata_mac(rr), t->mac_len);
	t->time_signed = knot_tsig_rdata_time_signed(rr);
	t->begun = true;
	t->unsigned_count = 0;
	t->pending_len = 0;
	return 0;
}

int
tsig_finish(const struct tsig *t, struct diag *d)
{
	if (t->key != NULL && (!t->begun || t->unsigned_count > 0))
		return diag_set(d, STATUS_BAD,
		    "the last message is not signed (RFC 8945 §5.3.1)");
	return 0;
}
