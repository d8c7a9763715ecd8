/* lib/job: lines of both kinds, there and back, and what is refused. */
#include <fcntl.h>
#include <unistd.h>

#include "job.h"
#include "tap.h"

static char path[] = "/tmp/zonepipe-job.XXXXXX";
static int fd;

/* What was written to fd since the last call. */
static const char *
written(struct stream_out *out)
{
	static char text[4096];
	ssize_t n;

	if (stream_finish(out, NULL) == -1 || lseek(fd, 0, SEEK_SET) == -1 ||
	    (n = read(fd, text, sizeof(text) - 1)) == -1 ||
	    ftruncate(fd, 0) == -1 || lseek(fd, 0, SEEK_SET) == -1)
		exit(1);
	text[n] = '\0';
	return text;
}

static void
test_result(const char *line, int good)
{
	struct job_result r;
	struct stream_out *out;
	struct diag d;
	char with_newline[1024];

	if (job_result_parse(&r, line, strlen(line), &d) == -1) {
		ok(!good && d.status == STATUS_BAD, "refused: %s", line);
		job_result_clear(&r);
		return;
	}
	if (stream_out_open(&out, fd, path, &d) == -1)
		exit(1);
	job_result_write(&r, out);
	(void)snprintf(with_newline, sizeof(with_newline), "%s\n", line);
	ok(good, "accepted: %s", line);
	is(written(out), with_newline, "and written as it was");
	job_result_clear(&r);
}

static void
test_job(void)
{
	struct job job = { 0 };
	struct stream_out *out;
	struct diag d;

	if ((job.zone = strdup("a.")) == NULL ||
	    zonetext_set(&job.keys, "inputs", "zone%2C,dnskeys") == -1 ||
	    zonetext_set(&job.keys, "salt", "-") == -1 ||
	    stream_out_open(&out, fd, path, &d) == -1)
		exit(1);
	job_write(&job, out);
	is(written(out), "a.\tinputs=zone%2C,dnskeys\tsalt=-\n",
	    "a job, its values as they are");
	job_clear(&job);
}

int
main(void)
{
	static const char blanks[] =
	    "a.\tmy file\t7\t1\t1\t0\t1\t1\tbad thing\tk=%20";
	struct job_result r;

	if ((fd = mkstemp(path)) == -1)
		return 1;
	(void)unlink(path);
	test_result("a.\tf\t1\t2\t3\t4\t1\t0\t-", 1);
	test_result("a.\t-\t0\t0\t0\t0\t0\t3\tno space left", 1);
	test_result("a.\tf%09g\t1\t2\t3\t4\t0\t0\t-\tx.y=1/2,3\tmax-ttl=9", 1);
	test_result("a.\tf\t1\t2\t3\t4\t1\t0", 0);
	test_result("a.\tf\t1\t2\t3\t4\t1\t4\t-", 0);
	test_result("a.\tf\t4294967296\t2\t3\t4\t1\t0\t-", 0);
	test_result("a.\tf\t-1\t2\t3\t4\t1\t0\t-", 0);
	test_result("a.\t\t1\t2\t3\t4\t1\t0\t-", 0);
	test_result("-\tf\t1\t2\t3\t4\t1\t0\t-", 0);
	test_result("a.\tf\t1\t2\t3\t4\t1\t0\t-\tx", 0);
	test_result("a.\tf\t1\t2\t3\t4\t1\t0\t-\tx=1\tx=2", 0);
	test_result("a.\tf\t1\t2\t3\t4\t1\t0\t-\tX=1", 0);
	test_result("a.\tf%0\t1\t2\t3\t4\t1\t0\t-", 0);
	test_result("", 0);
	test_job();
	ok(job_result_parse(&r, blanks, sizeof(blanks) - 1, NULL) == 0,
	    "blanks");
	is(r.file, "my file", "in a file");
	is(r.reason, "bad thing", "in a reason");
	is(zonetext_get(&r.facts, "k"), " ", "encoded in a fact");
	ok(r.serial == 7 && r.status == STATUS_BAD && r.changed == 1,
	    "numbers");
	job_result_clear(&r);
	return done();
}
