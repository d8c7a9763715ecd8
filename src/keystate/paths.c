#include <limits.h>
#include <stdio.h>
#include <string.h>

#include "paths.h"

int
paths_dnskeys(const char *signconf, char *buf)
{
	size_t len = strlen(signconf);

	if (len > 4 && strcmp(signconf + len - 4, ".xml") == 0)
		len -= 4;
	return snprintf(buf, PATH_MAX, "%.*s.dnskeys", (int)len, signconf) <
		PATH_MAX
	    ? 0
	    : -1;
}
