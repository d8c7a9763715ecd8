#include <unistd.h>

#include "jobline.h"
#include "tap.h"

static void
test_round_trip(void)
{
	static const char line[] = "example.\t/srv/a%09b\t7\t10\t3\t2\t1\t1\t"
				   "no %C2%A7 luck\tdigest=00ff\ts.x=1";
	struct stream_out *out;
	struct jobline job;
	struct diag d;
	char back[200];
	int fd[2];
	ssize_t n;

	ok(jobline_parse(line, strlen(line), &job, &d) == 0, "parsed");
	is(job.file, "/srv/a\tb", "decoded");
	is(job.reason, "no § luck", "reason");
	is(zonetext_get(&job.facts, "s.x"), "1", "fact");
	ok(job.status == STATUS_BAD, "status");
	if (pipe(fd) == -1 || stream_out_open(&out, fd[1], "t", &d) == -1)
		abort();
	jobline_write(&job, out);
	ok(stream_finish(out, &d) == 0, "written");
	n = read(fd[0], back, sizeof(back) - 1);
	back[n > 0 ? n - 1 : 0] = '\0';
	is(back, line, "as it was");
	ok(jobline_judge(&job, STATUS_OK, "") == 0 && job.status == STATUS_OK,
	    "judged");
	jobline_free(&job);
}

static void
test_refusals(void)
{
	static const char *const bad[] = { "", "a.\tb", "\t\t\t\t\t\t\t0\t",
		"a.\tb\t1\t1\t1\t1\t1\tx\tr", "a.\tb\t1\t1\t1\t1\t1\t4\tr",
		"a.\t%0\t1\t1\t1\t1\t1\t0\tr", "a.\tb\t1\t1\t1\t1\t1\t0\tr\tx",
		"a.\t%00\t1\t1\t1\t1\t1\t0\tr" };
	struct jobline job;
	struct diag d;

	for (size_t i = 0; i < sizeof(bad) / sizeof(*bad); i++)
		ok(jobline_parse(bad[i], strlen(bad[i]), &job, &d) == -1,
		    "refused: '%s'", bad[i]);
}

int
main(void)
{
	test_round_trip();
	test_refusals();
	return done();
}
