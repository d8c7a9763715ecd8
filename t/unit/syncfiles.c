/* What was written is on disk, or the file that is not is named. */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "syncfiles.h"
#include "tap.h"

#define FILES 12

/* n open files, of which the one at bad is no descriptor of anything. */
static void
run(size_t n, size_t bad)
{
	int fd[FILES] = { 0 }, error[FILES] = { 0 };
	size_t failed = 0, named = 0;

	for (size_t i = 0; i < n; i++) {
		char path[] = "/tmp/syncfiles.XXXXXX";

		error[i] = -1;
		fd[i] = i == bad ? 1000 : mkstemp(path);
		if (i != bad)
			(void)unlink(path);
	}
	syncfiles(fd, error, n);
	for (size_t i = 0; i < n; i++) {
		failed += error[i] != 0;
		named += i == bad && error[i] == EBADF;
		if (i != bad)
			(void)close(fd[i]);
	}
	ok(failed == (bad < n) && named == failed,
	    "%zu files, %s", n, bad < n ? "one bad: it is the one" : "all good");
}

int
main(void)
{
	int none[FILES], error[FILES];

	for (size_t i = 0; i < FILES; i++)
		none[i] = -1;
	syncfiles(none, error, FILES);
	ok(error[0] == 0 && error[FILES - 1] == 0, "no file at all");
	for (size_t n = 1; n <= FILES; n++) {
		run(n, n);
		run(n, n / 2);
	}
	return done();
}
