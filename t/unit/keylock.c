/*
 * 16 programs open one token at the same moment, LOCK_ROUNDS times (15): all
 * must come up.  Then the same with a lock of each one's own, which must fail
 * now and then: otherwise the test would not see a lock that does not work.
 */
#include <errno.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "keystore_admin.h"
#include "tap.h"

#define PROGRAMS 16

static char root[] = "/tmp/zonepipe-unit.XXXXXX";
static struct repository repo = { .name = (char[]){ "test" },
	.token = (char[]){ "test" }, .pin = (char[]){ "1234" } };

static void
setup(void)
{
	char path[200], tokens[200];
	struct diag d;
	bool made;
	FILE *f;

	(void)umask(077);
	if (mkdtemp(root) == NULL)
		abort();
	(void)snprintf(tokens, sizeof(tokens), "%s/tokens", root);
	(void)mkdir(tokens, 0700);
	(void)snprintf(path, sizeof(path), "%s/softhsm2.conf", root);
	if ((f = fopen(path, "w")) == NULL ||
	    fprintf(f, "directories.tokendir = %s\nobjectstore.backend = file\n"
		"log.level = ERROR\n", tokens) < 0 || fclose(f) != 0)
		abort();
	(void)setenv("SOFTHSM2_CONF", path, 1);
	(void)setenv("ZONEPIPE_LOCKDIR", root, 1);
	if (keystore_create(&repo, "1234", "1234", &made, &d) == -1) {
		printf("# %s\n", d.text);
		abort();
	}
}

/* Its exit status: 0 when the token opened and a key could be asked for. */
static int
program(int start, int own)
{
	struct keystore *ks;
	char folder[200], byte;
	struct diag d;

	if (own >= 0) {
		(void)snprintf(folder, sizeof(folder), "%s/%d", root, own);
		if (mkdir(folder, 0700) == -1 && errno != EEXIST)
			return 2;
		(void)setenv("ZONEPIPE_LOCKDIR", folder, 1);
	}
	if (read(start, &byte, 1) != 0)
		return 2;
	if (keystore_open(&ks, &repo, &d) == -1) {
		if (own < 0)
			(void)fprintf(stderr, "# %s\n", d.text);
		return 1;
	}
	keystore_close(ks);
	return 0;
}

/* How many of the programs failed. */
static int
round_of(bool shared)
{
	int start[2], status, failed = 0;

	if (pipe(start) == -1)
		abort();
	for (int i = 0; i < PROGRAMS; i++)
		switch (fork()) {
		case -1:
			abort();
		case 0:
			(void)close(start[1]);
			_exit(program(start[0], shared ? -1 : i));
		}
	(void)close(start[0]);
	(void)usleep(20000);
	(void)close(start[1]); /* all at once */
	while (wait(&status) > 0)
		failed += status != 0;
	return failed;
}

int
main(void)
{
	const char *text = getenv("LOCK_ROUNDS");
	const int rounds = text != NULL ? atoi(text) : 15;
	int failed = 0, without = 0, tries = 0;
	char command[300];

	if (access("/usr/lib/softhsm/libsofthsm2.so", R_OK) == -1) {
		ok(1, "# SKIP no SoftHSM");
		return done();
	}
	setup();
	for (int i = 0; i < rounds; i++)
		failed += round_of(true);
	ok(failed == 0, "%d programs at once, %d times: %d failed", PROGRAMS,
	    rounds, failed);
	while (without == 0 && tries++ < 100)
		without += round_of(false);
	ok(without > 0, "without a common lock some fail (round %d)", tries);
	failed = round_of(true);
	ok(failed == 0, "and with it none");
	(void)snprintf(command, sizeof(command), "rm -rf %s", root);
	(void)!system(command);
	return done();
}
