#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "number.h"
#include "tail.h"

int
tail_read(int fd, const char *path, char tail[TAIL_MAX + 1], struct diag *why)
{
	struct stat st;
	size_t used = 0, size;
	ssize_t n;
	off_t from;

	if (fstat(fd, &st) == -1)
		return diag_system(why, "%s", path);
	from = st.st_size > TAIL_MAX ? st.st_size - TAIL_MAX : 0;
	size = (size_t)(st.st_size - from);
	while (used < size &&
	    (n = pread(fd, tail + used, size - used, from + (off_t)used)) !=
		0) {
		if (n == -1 && errno == EINTR)
			continue;
		if (n == -1)
			return diag_system(why, "%s: read", path);
		used += (size_t)n;
	}
	tail[used] = '\0';
	if (strlen(tail) != used)
		tail[0] = '\0';
	return 0;
}

const char *
tail_end(char *tail, const char *zone)
{
	static const char done[] = "\n;done zones=1 failed=0\n";
	const size_t len = strlen(tail);
	char want[1100], *end;

	if (len < sizeof(done) ||
	    strcmp(tail + len - (sizeof(done) - 1), done) != 0)
		return NULL;
	tail[len - (sizeof(done) - 1)] = '\0';
	if ((end = strrchr(tail, '\n')) == NULL)
		return NULL;
	(void)snprintf(want, sizeof(want), "\n;end %s records=", zone);
	return strncmp(end, want, strlen(want)) == 0 ? end : NULL;
}

int
tail_number(const char *end, const char *key, uint32_t *out)
{
	char want[64];
	const char *at;

	(void)snprintf(want, sizeof(want), " %s=", key);
	if ((at = strstr(end, want)) == NULL)
		return -1;
	at += strlen(want);
	return number_u32(at, strcspn(at, " "), UINT32_MAX, out);
}
