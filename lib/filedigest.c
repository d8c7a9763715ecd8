#include <errno.h>
#include <stdbool.h>
#include <stdlib.h>
#include <unistd.h>

#include <openssl/evp.h>

#include "filedigest.h"
#include "hex.h"

#define CHUNK ((size_t)64 * 1024)

struct filedigest {
	EVP_MD_CTX *ctx;
	bool failed;
};

int
filedigest_open(struct filedigest **out, struct diag *d)
{
	struct filedigest *fd = calloc(1, sizeof(*fd));

	if (fd == NULL || (fd->ctx = EVP_MD_CTX_new()) == NULL) {
		free(fd);
		return diag_set(d, STATUS_SYSTEM, "digest: no memory");
	}
	filedigest_begin(fd);
	*out = fd;
	return 0;
}

void
filedigest_begin(struct filedigest *fd)
{
	fd->failed = EVP_DigestInit_ex(fd->ctx, EVP_sha256(), NULL) != 1;
}

void
filedigest_add(void *ctx, const void *bytes, size_t len)
{
	struct filedigest *fd = ctx;

	fd->failed |= EVP_DigestUpdate(fd->ctx, bytes, len) != 1;
}

int
filedigest_end(
    struct filedigest *fd, char hex[FILEDIGEST_TEXT], struct diag *d)
{
	uint8_t digest[EVP_MAX_MD_SIZE];
	unsigned len = 0;

	if (fd->failed || EVP_DigestFinal_ex(fd->ctx, digest, &len) != 1)
		return diag_set(d, STATUS_SYSTEM, "digest: SHA-256");
	hex_encode(digest, len, hex);
	return 0;
}

void
filedigest_close(struct filedigest *fd)
{
	if (fd == NULL)
		return;
	EVP_MD_CTX_free(fd->ctx);
	free(fd);
}

static int
add_all(struct filedigest *digest, int fd, struct diag *d)
{
	char *chunk = malloc(CHUNK);
	off_t at = 0;
	ssize_t n = -1;

	while (chunk != NULL && (n = pread(fd, chunk, CHUNK, at)) != 0) {
		if (n == -1 && errno == EINTR)
			continue;
		if (n == -1)
			break;
		filedigest_add(digest, chunk, (size_t)n);
		at += n;
	}
	if (n == -1)
		diag_system(d, "digest");
	free(chunk);
	return n == -1 ? -1 : 0;
}

int
filedigest_fd(int fd, char hex[FILEDIGEST_TEXT], struct diag *d)
{
	struct filedigest *digest = NULL;
	int rc = -1;

	if (filedigest_open(&digest, d) == 0 && add_all(digest, fd, d) == 0)
		rc = filedigest_end(digest, hex, d);
	filedigest_close(digest);
	return rc;
}
