#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "input.h"

#define WINDOW (128 * 1024)

int
input_open(struct input *in, int fd, struct diag *d)
{
	*in = (struct input){ .fd = fd, .size = WINDOW, .line = 1,
		.last = '\n' };
	in->bytes = malloc(in->size);
	if (in->bytes == NULL) {
		(void)close(fd);
		in->fd = -1;
		return diag_system(d, "input");
	}
	return 0;
}

int
input_fill(struct input *in, const char *name, struct diag *d)
{
	ssize_t n;

	if (in->ended)
		return 0;
	if (in->at > 0) {
		memmove(in->bytes, in->bytes + in->at, in->filled - in->at);
		in->filled -= in->at;
		in->at = 0;
	}
	if (in->filled == in->size) {
		char *grown = realloc(in->bytes, in->size * 2);

		if (grown == NULL)
			return diag_system(d, "%s", name);
		in->bytes = grown;
		in->size *= 2;
	}
	do
		n = read(in->fd, in->bytes + in->filled, in->size - in->filled);
	while (n == -1 && errno == EINTR);
	if (n == -1)
		return diag_system(d, "%s: read", name);
	if (n == 0) {
		in->ended = true;
		return 0;
	}
	if (in->digest != NULL && EVP_DigestUpdate(in->digest,
		in->bytes + in->filled, (size_t)n) != 1)
		return diag_set(d, STATUS_SYSTEM, "%s: digest", name);
	in->filled += (size_t)n;
	in->last = in->bytes[in->filled - 1];
	return 1;
}

void
input_close(struct input *in)
{
	if (in->fd != -1)
		(void)close(in->fd);
	free(in->bytes);
	EVP_MD_CTX_free(in->digest);
	*in = (struct input){ .fd = -1 };
}
