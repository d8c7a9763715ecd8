/* hsmspeed(1): signatures per second of a key store. */
#include <errno.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "cli.h"
#include "hex.h"
#include "keystore_admin.h"
#include "pin.h"
#include "report.h"
#include "stores.h"
#include "stream.h"

#define PROCESSES_MAX 1024
#define BATCH_MAX     64

struct options {
	struct stores_options stores;
	const char *repository;
	const char *algorithm;
	uint32_t iterations, bits, processes;
};

struct bench {
	const struct options *opt;
	struct repository *repo;
	const struct algorithm *alg;
	unsigned bits;
	uint8_t id[KEY_ID_MAX];
	size_t id_size;
	sigset_t signals; /* INT, TERM, CHLD: blocked while the key exists */
};

/*
 * What a signature of an A RRset of two records covers: RRSIG RDATA, then the
 * records in canonical form (RFC 4034 §3.1.8.1), www.example. 192.0.2.1 and .2.
 */
#define RRSIG_HEAD \
	"\0\1\0\2\0\0\16\20\x60\0\0\0\x5f\0\0\0\x30\x39\7example\0"
#define RECORD "\3www\7example\0\0\1\0\1\0\0\16\20\0\4\300\0\2"
static const char rrset[] = RRSIG_HEAD RECORD "\1" RECORD "\2";

/* --- a worker ------------------------------------------------------------ */

/* The data of signature i: the last octet of the last address differs. */
static void
put_data(uint8_t data[sizeof(rrset) - 1], uint32_t i)
{
	memcpy(data, rrset, sizeof(rrset) - 1);
	data[sizeof(rrset) - 2] = (uint8_t)i;
}

static int
sign_singly(const struct bench *b, struct key *key, struct diag *d)
{
	uint8_t sig[KEY_SIGNATURE_MAX], data[sizeof(rrset) - 1];

	for (uint32_t i = 0; i < b->opt->iterations; i++) {
		put_data(data, i);
		if (key_sign(key, data, sizeof(data), sig, d) == -1)
			return -1;
	}
	return 0;
}

static int
sign_batches(const struct bench *b, struct key *key, struct diag *d)
{
	uint8_t digest[BATCH_MAX * KEY_HASH_MAX], data[sizeof(rrset) - 1];
	uint8_t sigs[BATCH_MAX * KEY_SIGNATURE_MAX];
	const size_t most =
	    key_batch(key) < BATCH_MAX ? key_batch(key) : BATCH_MAX;
	size_t filled = 0, n = 0;

	for (uint32_t i = 0; i < b->opt->iterations; i++) {
		put_data(data, i);
		filled += key_hash(key, data, sizeof(data), digest + filled);
		if (++n < most && i + 1 < b->opt->iterations)
			continue;
		if (key_sign_hashes(key, digest, n, sigs, d) == -1)
			return -1;
		filled = n = 0;
	}
	return 0;
}

/*
 * Opens the store itself (keystore.h: fork), says a byte on ready, waits for
 * the end of go, signs.
 */
static int
worker(const struct bench *b, int ready, int go, struct diag *d)
{
	const struct key_query query = { .id = b->id, .id_size = b->id_size,
		.algorithm = b->alg->number };
	struct keystore *ks;
	struct key *key;
	char byte = 0;
	int rc = -1;

	if (keystore_open(&ks, b->repo, d) == -1)
		return -1;
	/* The first signature also copies the key into the session. */
	if (keystore_find(ks, &query, &key, d) == 0 &&
	    key_sign(key, rrset, sizeof(rrset) - 1,
		(uint8_t[KEY_SIGNATURE_MAX]){ 0 }, d) == 0) {
		if (write(ready, &byte, 1) != 1 || read(go, &byte, 1) != 0)
			diag_system(d, "pipe");
		else
			rc = key_batch(key) > 1 ? sign_batches(b, key, d)
						: sign_singly(b, key, d);
	}
	keystore_close(ks);
	return rc;
}

static void
worker_main(const struct bench *b, int ready, int go)
{
	struct diag d = { STATUS_OK, "" };

	(void)sigprocmask(SIG_UNBLOCK, &b->signals, NULL);
	_exit(worker(b, ready, go, &d) == 0 ? STATUS_OK
					    : (int)report_diag(&d));
}

/* --- the parent ---------------------------------------------------------- */

static int
start_workers(const struct bench *b, pid_t *pid, int ready[2], int go[2],
    struct diag *d)
{
	for (uint32_t i = 0; i < b->opt->processes; i++) {
		pid[i] = fork();
		if (pid[i] == -1)
			return diag_system(d, "fork");
		if (pid[i] == 0) {
			(void)close(ready[0]);
			(void)close(go[1]);
			worker_main(b, ready[1], go[0]);
		}
	}
	return 0;
}

/* Every worker has said its byte; less when one failed. */
static int
wait_ready(const struct bench *b, int fd)
{
	char byte;

	for (uint32_t i = 0; i < b->opt->processes;) {
		const ssize_t n = read(fd, &byte, 1);

		if (n == -1 && errno == EINTR)
			continue;
		if (n != 1)
			return -1;
		i++;
	}
	return 0;
}

static void
stop_workers(const struct bench *b, const pid_t *pid)
{
	for (uint32_t i = 0; i < b->opt->processes; i++)
		if (pid[i] > 0)
			(void)kill(pid[i], SIGTERM);
}

/* How many of them were reaped; those that failed are added to *bad. */
static uint32_t
reap(const struct bench *b, pid_t *pid, uint32_t *bad)
{
	uint32_t n = 0;
	int status;
	pid_t gone;

	while ((gone = waitpid(-1, &status, WNOHANG)) > 0) {
		n++;
		*bad += !WIFEXITED(status) || WEXITSTATUS(status) != 0;
		for (uint32_t i = 0; i < b->opt->processes; i++)
			if (pid[i] == gone)
				pid[i] = 0;
	}
	return n;
}

/* The signals of b->signals are blocked, so none is missed. */
static int
wait_workers(const struct bench *b, pid_t *pid, struct diag *d)
{
	uint32_t running = 0, bad = 0;
	bool stopped = false;

	for (uint32_t i = 0; i < b->opt->processes; i++)
		running += pid[i] > 0;
	while ((running -= reap(b, pid, &bad)) > 0) {
		const int signal = sigwaitinfo(&b->signals, NULL);

		if (signal == SIGINT || signal == SIGTERM) {
			stopped = true;
			stop_workers(b, pid);
		}
	}
	if (stopped)
		return diag_set(d, STATUS_SYSTEM, "interrupted");
	if (bad > 0)
		return diag_set(d, STATUS_SYSTEM, "%u of %u processes failed",
		    bad, b->opt->processes);
	return 0;
}

static double
clock_now(void)
{
	struct timespec t;

	(void)clock_gettime(CLOCK_MONOTONIC, &t);
	return (double)t.tv_sec + (double)t.tv_nsec * 1e-9;
}

static int
measure(const struct bench *b, pid_t *pid, double *seconds, struct diag *d)
{
	int ready[2] = { -1, -1 }, go[2] = { -1, -1 }, rc = -1;
	double start;

	if (pipe(ready) == -1 || pipe(go) == -1) {
		diag_system(d, "pipe");
		goto out;
	}
	rc = start_workers(b, pid, ready, go, d);
	(void)close(ready[1]);
	ready[1] = -1;
	if (rc == 0 && wait_ready(b, ready[0]) == -1)
		rc = diag_set(d, STATUS_SYSTEM, "a process failed");
	start = clock_now();
	(void)close(go[1]); /* off they go, failed or not */
	go[1] = -1;
	if (wait_workers(b, pid, rc == 0 ? d : NULL) == -1)
		rc = -1;
	*seconds = clock_now() - start;
out:
	for (int i = 0; i < 2; i++) {
		if (ready[i] != -1)
			(void)close(ready[i]);
		if (go[i] != -1)
			(void)close(go[i]);
	}
	return rc;
}

static int
print_result(const struct bench *b, double seconds, struct diag *d)
{
	const double made =
	    (double)b->opt->processes * (double)b->opt->iterations;
	struct stream_out *out;

	if (stream_out_open(&out, STDOUT_FILENO, "stdout", d) == -1)
		return -1;
	stream_printf(out, "%u threads, %u signatures per thread, "
	    "%.2f sig/s (%s %u bits)\n", b->opt->processes,
	    b->opt->iterations, seconds > 0 ? made / seconds : 0,
	    b->alg->kind == KEY_RSA ? "RSA" : b->alg->mnemonic, b->bits);
	return stream_finish(out, d);
}

/* Make or remove the key in a process's own opening of the store. */
static int
with_store(struct bench *b, bool make, struct diag *d)
{
	const struct key_spec spec = { .kind = b->alg->kind, .bits = b->bits,
		.label = "hsmspeed" };
	struct keystore *ks;
	int rc;

	if (keystore_open(&ks, b->repo, d) == -1)
		return -1;
	rc = make ? keystore_generate(ks, &spec, b->id, &b->id_size, d)
		  : keystore_remove(ks, b->id, b->id_size, d);
	keystore_close(ks);
	return rc;
}

static int
bench(struct bench *b, struct diag *d)
{
	char hex[2 * KEY_ID_MAX + 1];
	double seconds = 0;
	struct diag d2;
	pid_t *pid;
	int rc;

	if ((pid = calloc(b->opt->processes, sizeof(*pid))) == NULL)
		return diag_system(d, "processes");
	/* Interrupted, the parent lives on to remove the key. */
	(void)sigemptyset(&b->signals);
	(void)sigaddset(&b->signals, SIGINT);
	(void)sigaddset(&b->signals, SIGTERM);
	(void)sigaddset(&b->signals, SIGCHLD);
	(void)sigprocmask(SIG_BLOCK, &b->signals, NULL);
	report_info("generating a key of %u bits in %s", b->bits,
	    b->repo->name);
	if (with_store(b, true, d) == -1) {
		free(pid);
		return -1;
	}
	report_info("signing, %u processes of %u signatures",
	    b->opt->processes, b->opt->iterations);
	rc = measure(b, pid, &seconds, d);
	free(pid);
	if (with_store(b, false, &d2) == -1) {
		hex_encode(b->id, b->id_size, hex);
		report_diag(&d2);
		report_error("key %s is left: hsmutil remove %s", hex, hex);
		if (rc == 0)
			*d = d2;
		return -1;
	}
	return rc == 0 ? print_result(b, seconds, d) : -1;
}

static int
prepare(struct bench *b, const struct repository_list *list, struct diag *d)
{
	const struct options *o = b->opt;

	b->alg = algorithm_by_text(o->algorithm, strlen(o->algorithm));
	if (b->alg == NULL)
		return diag_set(d, STATUS_USAGE,
		    "no algorithm '%s': 5 7 8 10 13 14 15 16 or a mnemonic",
		    o->algorithm);
	if (o->processes == 0 || o->processes > PROCESSES_MAX ||
	    o->iterations == 0)
		return diag_set(d, STATUS_USAGE,
		    "-t 1 to %d, -i 1 and more; try --help", PROCESSES_MAX);
	switch (b->alg->kind) {
	case KEY_RSA:
		b->bits = o->bits;
		break;
	case KEY_P256:
	case KEY_ED25519:
		b->bits = 256;
		break;
	case KEY_P384:
		b->bits = 384;
		break;
	case KEY_ED448:
		b->bits = 456;
		break;
	}
	if ((b->repo = stores_named(list, o->repository, d)) == NULL)
		return -1;
	/* Ask once, for all processes. */
	if (b->repo->directory == NULL && b->repo->ask_pin)
		return pin_from_terminal(&b->repo->pin, b->repo->name, d);
	return 0;
}

static int
run(const struct options *o, struct diag *d)
{
	struct repository_list list = { NULL, 0, false };
	struct bench b = { .opt = o };
	int rc = -1;

	if (stores_select(&list, &o->stores, d) == 0 &&
	    prepare(&b, &list, d) == 0)
		rc = bench(&b, d);
	repository_list_free(&list);
	return rc;
}

int
main(int argc, char **argv)
{
	struct options o = { .algorithm = "8", .iterations = 1, .bits = 1024,
		.processes = 1 };
	const struct cli_option options[] = {
		{ 'r', "repository", CLI_TEXT, &o.repository, "REPO",
		    "the repository to measure" },
		{ 'c', "config", CLI_TEXT, &o.stores.conf, "FILE",
		    "repositories of this conf.xml" },
		{ 0, "module", CLI_TEXT, &o.stores.module, "FILE",
		    "or this PKCS#11 module (SoftHSM)" },
		{ 0, "token", CLI_TEXT, &o.stores.token, "LABEL",
		    "and this token: label or pkcs11: URI" },
		{ 0, "dir", CLI_TEXT, &o.stores.directory, "FOLDER",
		    "or this folder of key files" },
		{ 0, "pin-file", CLI_TEXT, &o.stores.pin_file, "FILE",
		    "first line is the PIN (else: asked)" },
		{ 'a', "algorithm", CLI_TEXT, &o.algorithm, "ALG",
		    "number or mnemonic (8)" },
		{ 's', "size", CLI_U32, &o.bits, "BITS", "of RSA keys (1024)" },
		{ 'i', "iterations", CLI_U32, &o.iterations, "N",
		    "signatures of each process (1)" },
		{ 't', "threads", CLI_U32, &o.processes, "N",
		    "processes at once (1)" },
		{ 0, NULL, CLI_HEADING, NULL, NULL, NULL },
	};
	const struct cli cli = { "hsmspeed", "[OPTION...]",
		"Measure how many signatures a key store makes in a second.",
		options, NULL };
	struct diag d = { STATUS_OK, "" };
	int first;

	report_open("hsmspeed");
	report_verbosity(2);
	first = cli_parse(&cli, argc, argv, &d);
	if (first == CLI_DONE)
		return STATUS_OK;
	if (first != -1 && first != argc)
		first = diag_set(&d, STATUS_USAGE,
		    "takes no operands; try --help");
	if (first == -1 || run(&o, &d) == -1)
		return (int)report_diag(&d);
	return STATUS_OK;
}
