#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "pathlist.h"

char *
pathlist_join(const char *const *paths, size_t count)
{
	size_t size = 1;
	char *text, *p;

	for (size_t i = 0; i < count; i++)
		size += 3 * strlen(paths[i]) + 1;
	if ((p = text = malloc(size)) == NULL)
		return NULL;
	for (size_t i = 0; i < count; i++) {
		if (i > 0)
			*p++ = ',';
		for (const char *s = paths[i]; *s != '\0'; s++) {
			if (*s == ',' || *s == '%') {
				memcpy(p, *s == ',' ? "%2C" : "%25", 3);
				p += 3;
			} else {
				*p++ = *s;
			}
		}
	}
	*p = '\0';
	return text;
}

/* Decode one path of len characters.  NULL: errno. */
static char *
take_path(const char *s, size_t len)
{
	char *path = malloc(len + 1), *p = path;

	if (path == NULL)
		return NULL;
	for (size_t i = 0; i < len; i++) {
		if (s[i] != '%') {
			*p++ = s[i];
			continue;
		}
		if (len - i < 3 || s[i + 1] != '2' ||
		    (s[i + 2] != 'C' && s[i + 2] != '5')) {
			free(path);
			errno = EINVAL;
			return NULL;
		}
		*p++ = s[i + 2] == 'C' ? ',' : '%';
		i += 2;
	}
	*p = '\0';
	return path;
}

int
pathlist_split(struct pathlist *out, const char *text)
{
	*out = (struct pathlist){ NULL, 0 };
	for (;;) {
		const size_t len = strcspn(text, ",");
		char **grown;

		if (len == 0) {
			errno = EINVAL;
			goto fail;
		}
		grown = realloc(out->item, (out->count + 1) * sizeof(*grown));
		if (grown == NULL)
			goto fail;
		out->item = grown;
		if ((out->item[out->count] = take_path(text, len)) == NULL)
			goto fail;
		out->count++;
		if (text[len] == '\0')
			return 0;
		text += len + 1;
	}
fail:
	pathlist_free(out);
	return -1;
}

void
pathlist_free(struct pathlist *list)
{
	const int error = errno;

	for (size_t i = 0; i < list->count; i++)
		free(list->item[i]);
	free(list->item);
	*list = (struct pathlist){ NULL, 0 };
	errno = error;
}
