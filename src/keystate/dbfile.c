#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>
#include <openssl/evp.h>

#include "dbtext.h"
#include "hex.h"
#include "number.h"

#define DB_VERSION  1
#define DB_SIZE_MAX ((off_t)1 << 30)

void
dbfile_free(struct dbfile *f)
{
	free(f->text);
	free(f->extra);
	memset(f, 0, sizeof(*f));
}

/* 1: read; 0: no such file; -1. */
static int
slurp(const char *path, char **bytes, size_t *len, struct diag *d)
{
	struct stat st;
	char *buf = NULL;
	int fd, rc = -1;

	*len = 0;
	fd = open(path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK);
	if (fd == -1 && errno == ENOENT)
		return 0;
	if (fd == -1 || fstat(fd, &st) == -1) {
		diag_system(d, "%s", path);
		goto out;
	}
	if (!S_ISREG(st.st_mode) || st.st_size > DB_SIZE_MAX) {
		diag_set(d, STATUS_BAD, "%s: is not a regular file below 1 GiB",
		    path);
		goto out;
	}
	if ((buf = malloc((size_t)st.st_size + 1)) == NULL) {
		diag_system(d, "%s", path);
		goto out;
	}
	while (*len < (size_t)st.st_size) {
		const ssize_t n =
		    read(fd, buf + *len, (size_t)st.st_size - *len);

		if (n == -1 && errno == EINTR)
			continue;
		if (n == -1) {
			diag_system(d, "%s", path);
			goto out;
		}
		if (n == 0)
			break;
		*len += (size_t)n;
	}
	*bytes = buf;
	buf = NULL; /* the caller owns it now */
	rc = 1;
out:
	if (fd != -1)
		(void)close(fd);
	free(buf);
	return rc;
}

/* A cursor over the lines of the frame; lines are cut in place. */
struct lines {
	const char *path;
	char *at, *end;
	uint64_t line;
};

/* The next line, or NULL at the end: dbfile_parse() saw a newline there. */
static char *
next_line(struct lines *l)
{
	char *start = l->at, *newline;

	if (start == l->end)
		return NULL;
	newline = memchr(start, '\n', (size_t)(l->end - start));
	*newline = '\0';
	l->at = newline + 1;
	l->line++;
	return start;
}

static int
damaged(const struct lines *l, struct diag *d, const char *what)
{
	return diag_set(d, STATUS_BAD,
	    "%s:%" PRIu64 ": %s (keys.db(5)); "
	    "the version before is %s.previous, and keystate database restore "
	    "takes a backup",
	    l->path, l->line, what, l->path);
}

/* ";keystate NAME VERSION" */
static int
check_first(
    const struct lines *l, const char *line, const char *name, struct diag *d)
{
	char want[64];
	uint32_t version;
	const size_t len =
	    (size_t)snprintf(want, sizeof(want), ";keystate %s ", name);

	if (line == NULL || strncmp(line, want, len) != 0 ||
	    number_u32(line + len, strlen(line + len), UINT32_MAX, &version) ==
		-1)
		return damaged(l, d, "this is not the file's first line");
	if (version > DB_VERSION)
		return diag_set(d, STATUS_USAGE,
		    "%s:1: version %u was written by a later keystate; this "
		    "one knows %d",
		    l->path, version, DB_VERSION);
	return 0;
}

/* ";end NAME records=N" */
static int
check_last(struct lines *l, const char *line, const char *name,
    uint64_t records, struct diag *d)
{
	char want[64];
	uint64_t n;
	const size_t len =
	    (size_t)snprintf(want, sizeof(want), ";end %s records=", name);

	if (strncmp(line, want, len) != 0 ||
	    number_u64(line + len, strlen(line + len), UINT64_MAX, &n) == -1)
		return damaged(l, d, "the end line is missing or malformed");
	if (n != records)
		return damaged(l, d,
		    "records are missing or too many: the "
		    "count of the end line is another");
	return 0;
}

static int
digest_body(struct dbfile *f, const char *columns, size_t columns_len)
{
	EVP_MD_CTX *md = EVP_MD_CTX_new();
	unsigned char digest[EVP_MAX_MD_SIZE];
	unsigned len = 0;
	int rc = -1;

	if (md != NULL && EVP_DigestInit_ex(md, EVP_sha256(), NULL) == 1 &&
	    EVP_DigestUpdate(md, columns, columns_len) == 1 &&
	    EVP_DigestUpdate(md, f->body, (size_t)(f->body_end - f->body)) ==
		1 &&
	    EVP_DigestFinal_ex(md, digest, &len) == 1)
		rc = 0;
	EVP_MD_CTX_free(md);
	hex_encode(digest, len, f->digest);
	return rc;
}

/* Count and delimit the records, and check the last line. */
static int
find_body(struct dbfile *f, struct lines *l, const char *name, struct diag *d)
{
	struct lines end = *l;
	char *last;

	if (l->at == l->end) /* cut off behind the columns */
		return damaged(l, d, "the end line is missing");
	/* The last line: behind the last newline but one. */
	last = l->end - 1;
	while (last > l->at && last[-1] != '\n')
		last--;
	f->body = l->at;
	f->body_end = last;
	f->body_line = l->line + 1;
	for (const char *p = f->body;
	     p < last && (p = memchr(p, '\n', (size_t)(last - p))) != NULL; p++)
		f->records++;
	end.at = last;
	end.line = l->line + f->records;
	(void)next_line(&end);
	return check_last(&end, last, name, f->records, d);
}

int
dbfile_parse(struct dbfile *f, char *bytes, size_t len, const char *path,
    const char *name, const struct dbcolumn *columns, size_t count,
    struct diag *d)
{
	struct lines l = { path, bytes, bytes + len, 0 };
	struct textbuf header = { 0 }, extra = { 0 };
	const char *line;
	int rc = -1;

	memset(f, 0, sizeof(*f));
	f->text = bytes;
	f->len = len;
	if (len == 0 || bytes[len - 1] != '\n' ||
	    memchr(bytes, '\0', len) != NULL) {
		damaged(&l, d, "is empty, or the last line has no newline");
		goto out;
	}
	if (check_first(&l, next_line(&l), name, d) == -1)
		goto out;
	if ((line = next_line(&l)) == NULL ||
	    strncmp(line, ";commit ", 8) != 0 ||
	    number_u64(line + 8, strlen(line + 8), UINT64_MAX, &f->commit) ==
		-1) {
		damaged(&l, d, "the commit line is missing or malformed");
		goto out;
	}
	while (
	    (line = next_line(&l)) != NULL && strncmp(line, ";file ", 6) == 0) {
		textbuf_puts(&extra, line);
		textbuf_put(&extra, "\n", 1);
	}
	textbuf_put(&extra, "", 1);
	dbcolumns_header(columns, count, &header);
	if (extra.failed || header.failed) {
		diag_system(d, "%s", path);
		goto out;
	}
	if (line == NULL || strlen(line) != header.len - 1 ||
	    memcmp(line, header.buf, header.len - 1) != 0) {
		damaged(&l, d, "the columns are not those of this version");
		goto out;
	}
	f->extra = extra.buf;
	memset(&extra, 0, sizeof(extra));
	if (find_body(f, &l, name, d) == -1)
		goto out;
	if (digest_body(f, header.buf, header.len) == -1) {
		diag_set(d, STATUS_SYSTEM, "%s: SHA-256 failed", path);
		goto out;
	}
	rc = 1;
out:
	textbuf_free(&header);
	textbuf_free(&extra);
	if (rc == -1)
		dbfile_free(f);
	return rc;
}

int
dbfile_read(struct dbfile *f, const char *dir, const char *name,
    const char *suffix, const struct dbcolumn *columns, size_t count,
    struct diag *d)
{
	char path[PATH_MAX], *bytes;
	size_t len;
	int rc;

	memset(f, 0, sizeof(*f));
	if (snprintf(path, sizeof(path), "%s/%s%s", dir, name, suffix) >=
	    (int)sizeof(path)) {
		errno = ENAMETOOLONG;
		return diag_system(d, "%s", dir);
	}
	if ((rc = slurp(path, &bytes, &len, d)) != 1)
		return rc;
	return dbfile_parse(f, bytes, len, path, name, columns, count, d);
}
