#include <errno.h>
#include <stdlib.h>
#include <unistd.h>

#include <openssl/evp.h>

#include "filedigest.h"
#include "hex.h"

#define CHUNK ((size_t)64 * 1024)

static int
update_all(EVP_MD_CTX *ctx, int fd, char *chunk, struct diag *d)
{
	off_t at = 0;
	ssize_t n;

	while ((n = pread(fd, chunk, CHUNK, at)) != 0) {
		if (n == -1 && errno == EINTR)
			continue;
		if (n == -1)
			return diag_system(d, "digest");
		if (EVP_DigestUpdate(ctx, chunk, (size_t)n) != 1)
			return diag_set(d, STATUS_SYSTEM, "digest: SHA-256");
		at += n;
	}
	return 0;
}

int
filedigest_fd(int fd, char hex[FILEDIGEST_TEXT], struct diag *d)
{
	EVP_MD_CTX *ctx = EVP_MD_CTX_new();
	char *chunk = malloc(CHUNK);
	uint8_t digest[EVP_MAX_MD_SIZE];
	unsigned len = 0;
	int rc = -1;

	if (ctx == NULL || chunk == NULL ||
	    EVP_DigestInit_ex(ctx, EVP_sha256(), NULL) != 1) {
		diag_set(d, STATUS_SYSTEM, "digest: no memory");
		goto out;
	}
	if (update_all(ctx, fd, chunk, d) == -1)
		goto out;
	if (EVP_DigestFinal_ex(ctx, digest, &len) != 1) {
		diag_set(d, STATUS_SYSTEM, "digest: SHA-256");
		goto out;
	}
	hex_encode(digest, len, hex);
	rc = 0;
out:
	EVP_MD_CTX_free(ctx);
	free(chunk);
	return rc;
}
