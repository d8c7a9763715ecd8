/* Lists of paths as inputs= has them. */
#include <errno.h>

#include "pathlist.h"
#include "tap.h"

static void
round_trip(const char *const *paths, size_t count, const char *want)
{
	struct pathlist list;
	char *text = pathlist_join(paths, count);
	int same;

	is(text, want, want);
	same = pathlist_split(&list, text) == 0 && list.count == count;
	for (size_t i = 0; same && i < count; i++)
		same = strcmp(list.item[i], paths[i]) == 0;
	ok(same, "split again");
	pathlist_free(&list);
	free(text);
}

int
main(void)
{
	static const char *const one[] = { "a b" };
	static const char *const odd[] = { "a,b", "100%", "%2C", "/x/y" };
	static const char *const broken[] = { "", ",", "a,", ",a", "a,,b", "%",
		"a%2", "%41", "%2c", "a%,b" };
	struct pathlist list;

	round_trip(one, 1, "a b");
	round_trip(odd, 4, "a%2Cb,100%25,%252C,/x/y");
	for (size_t i = 0; i < sizeof(broken) / sizeof(*broken); i++)
		ok(pathlist_split(&list, broken[i]) == -1 &&
			errno == EINVAL && list.count == 0,
		    "refused: '%s'", broken[i]);
	return done();
}
