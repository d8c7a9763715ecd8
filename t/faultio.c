/*
 * A library to preload into programs as they ship, so that system calls fail.
 *
 *	LD_PRELOAD=build/release/t/faultio.so FAULTIO=write:3:ENOSPC sort-zone
 *
 * FAULTIO=CALL:WHEN:WHAT
 *	CALL	read write open close fsync rename link unlink truncate stat
 *		poll fork alloc (see the table), or * for any of them
 *	WHEN	N: the N-th such call of the process, from 1; N+: that and all
 *		later ones; %N: each N-th
 *	WHAT	the call fails with this errno: EIO ENOSPC EINTR EAGAIN ENOMEM
 *		EACCES EDQUOT; or KILL: the process ends there by SIGKILL,
 *		before the call; or HALF: it ends behind a half of a write
 * FAULTIO_SHORT=N
 *	reads and writes transfer between 1 and N octets (a fixed sequence)
 * FAULTIO_PROGRAM=NAME
 *	only in processes of this program
 * FAULTIO_COUNT=FILE
 *	at exit a line "CALL N" for each CALL is appended to FILE
 * FAULTIO_SERVE=IN:OUT
 *	Loading a program takes longer than most tests of it.  So: before
 *	main() read from descriptor IN lines of six words with tabs between,
 *		stdin stdout stderr FAULTIO FAULTIO_SHORT FAULTIO_COUNT
 *	("-": none), for each fork, let the child go on to main() with these,
 *	and write its wait status to descriptor OUT as a line.  A child that
 *	takes 60 s gets SIGALRM.
 *
 * A forked process goes on with the counts of its parent.  What libc calls
 * inside itself (stdio) is not seen, nor are calls on stderr.
 */
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

enum call {
	READ,
	WRITE,
	OPEN,
	CLOSE,
	FSYNC,
	RENAME,
	LINK,
	UNLINK,
	TRUNCATE,
	STAT,
	POLL,
	FORK,
	ALLOC,
	CALLS,
	ANY = CALLS,
};

#define SERVE_SECONDS 60

static const char *const call_names[CALLS] = { "read", "write", "open",
	"close", "fsync", "rename", "link", "unlink", "truncate", "stat",
	"poll", "fork", "alloc" };

static const struct {
	const char *name;
	int code;
} errors[] = {
	{ "EIO", EIO }, { "ENOSPC", ENOSPC }, { "EINTR", EINTR },
	{ "EAGAIN", EAGAIN }, { "ENOMEM", ENOMEM }, { "EACCES", EACCES },
	{ "EDQUOT", EDQUOT },
};

static struct {
	bool active;
	enum call call;
	unsigned long when;
	enum { ONCE, FROM, EACH } how;
	int code; /* an errno, KILL or HALF */
	unsigned long shorten;
	const char *count_file;
} plan;

#define KILL (-1)
#define HALF (-2)

static atomic_ulong counts[CALLS + 1];
static atomic_ulong sequence;

static void
misused(const char *what)
{
	(void)fprintf(stderr, "faultio: %s\n", what);
	_exit(99);
}

static void
parse(const char *spec)
{
	char text[64], *when, *what, *end;

	if (strlen(spec) >= sizeof(text))
		misused(spec);
	strcpy(text, spec);
	if ((when = strchr(text, ':')) == NULL ||
	    (what = strchr(when + 1, ':')) == NULL)
		misused(spec);
	*when++ = *what++ = '\0';
	plan.call = ANY;
	for (int c = 0; c < CALLS; c++)
		if (strcmp(text, call_names[c]) == 0)
			plan.call = (enum call)c;
	if (plan.call == ANY && strcmp(text, "*") != 0)
		misused(spec);
	plan.how = *when == '%' ? EACH : ONCE;
	plan.when = strtoul(when + (plan.how == EACH), &end, 10);
	if (*end == '+')
		plan.how = FROM;
	plan.code = strcmp(what, "KILL") == 0 ? KILL :
	    strcmp(what, "HALF") == 0	      ? HALF :
						0;
	for (size_t i = 0; i < sizeof(errors) / sizeof(*errors); i++)
		if (strcmp(what, errors[i].name) == 0)
			plan.code = errors[i].code;
	if (plan.when == 0 || plan.code == 0)
		misused(spec);
	plan.active = true;
}

__attribute__((constructor)) static void
begin(void)
{
	const char *program = getenv("FAULTIO_PROGRAM");
	const char *spec = getenv("FAULTIO");
	const char *shorten = getenv("FAULTIO_SHORT");

	if (program != NULL &&
	    strcmp(program, program_invocation_short_name) != 0)
		return;
	if (spec != NULL)
		parse(spec);
	if (shorten != NULL)
		plan.shorten = strtoul(shorten, NULL, 10);
	plan.count_file = getenv("FAULTIO_COUNT");
}

/* ---- the server ---- */

typedef int main_function(int, char **, char **);

static struct {
	int in, out;
	main_function *program;
	char line[4096];
} server;

/* A line, octet by octet and past our own functions.  False: no more. */
static bool
next_line(void)
{
	size_t n = 0;

	while (n + 1 < sizeof(server.line) &&
	    syscall(SYS_read, server.in, server.line + n, 1) == 1) {
		if (server.line[n] == '\n') {
			server.line[n] = '\0';
			return true;
		}
		n++;
	}
	return false;
}

static void
put_on(int fd, const char *path, int flags)
{
	const int file = (int)syscall(SYS_openat, AT_FDCWD, path, flags, 0600);

	if (file == -1 || dup2(file, fd) == -1)
		misused(path);
	(void)syscall(SYS_close, file);
}

/* In the child: what the line asks for. */
static void
take_orders(void)
{
	char *words[6], *rest = server.line;

	for (int i = 0; i < 6; i++)
		if ((words[i] = strsep(&rest, "\t")) == NULL)
			misused("six words");
	(void)syscall(SYS_close, server.in);
	(void)syscall(SYS_close, server.out);
	(void)unsetenv("FAULTIO_SERVE");
	(void)unsetenv("LD_PRELOAD");
	put_on(STDIN_FILENO, words[0], O_RDONLY);
	put_on(STDOUT_FILENO, words[1], O_WRONLY | O_CREAT | O_TRUNC);
	put_on(STDERR_FILENO, words[2], O_WRONLY | O_CREAT | O_TRUNC);
	for (int c = 0; c <= CALLS; c++)
		counts[c] = 0;
	sequence = 0;
	(void)alarm(SERVE_SECONDS);
	plan.shorten = strtoul(words[4], NULL, 10);
	plan.count_file = *words[5] == '-' ? NULL : words[5];
	if (*words[3] != '-')
		parse(words[3]);
}

static int
serve(int argc, char **argv, char **envp)
{
	char answer[16];

	while (next_line()) {
		const pid_t pid = (pid_t)syscall(SYS_fork);
		int status, len;

		if (pid == 0) {
			take_orders();
			return server.program(argc, argv, envp);
		}
		if (pid == -1 || waitpid(pid, &status, 0) != pid)
			misused("fork");
		len = snprintf(answer, sizeof(answer), "%d\n", status);
		(void)syscall(SYS_write, server.out, answer, (size_t)len);
	}
	_exit(0);
}

int __libc_start_main(main_function *program, int argc, char **argv,
    void (*init)(void), void (*fini)(void), void (*loader_fini)(void),
    void *stack_end);

int
__libc_start_main(main_function *program, int argc, char **argv,
    void (*init)(void), void (*fini)(void), void (*loader_fini)(void),
    void *stack_end)
{
	__typeof__(__libc_start_main) *next = (__typeof__(
	    __libc_start_main) *)dlsym(RTLD_NEXT, "__libc_start_main");
	const char *spec = getenv("FAULTIO_SERVE");

	server.program = program;
	if (spec != NULL && sscanf(spec, "%d:%d", &server.in, &server.out) != 2)
		misused(spec);
	return next(spec != NULL ? serve : program, argc, argv, init, fini,
	    loader_fini, stack_end);
}

__attribute__((destructor)) static void
finish(void)
{
	FILE *f;

	plan.active = false;
	if (plan.count_file == NULL ||
	    (f = fopen(plan.count_file, "a")) == NULL)
		return;
	for (int c = 0; c < CALLS; c++)
		(void)fprintf(f, "%s %lu\n", call_names[c], counts[c]);
	(void)fprintf(f, "* %lu\n", counts[ANY]);
	(void)fclose(f);
}

/* Is it this call's turn?  Each call is counted once. */
static bool
is_due(enum call call)
{
	const unsigned long own = atomic_fetch_add(&counts[call], 1) + 1;
	/* Allocations are many and fail at any time: "*" is without them. */
	const unsigned long all = call == ALLOC ? 0 :
	    atomic_fetch_add(&counts[ANY], 1) + 1;
	const unsigned long n = plan.call == ANY ? all : own;

	if (!plan.active || n == 0 ||
	    (plan.call != ANY && plan.call != call))
		return false;
	switch (plan.how) {
	case ONCE:
		return n == plan.when;
	case FROM:
		return n >= plan.when;
	case EACH:
		return n % plan.when == 0;
	}
	return false;
}

/* True: fail now, errno is set. */
static bool
fails(enum call call)
{
	if (!is_due(call))
		return false;
	if (plan.code < 0) {
		(void)kill(getpid(), SIGKILL);
		(void)pause();
	}
	errno = plan.code;
	return true;
}

static size_t
shortened(size_t len)
{
	unsigned long n;

	if (plan.shorten == 0 || len <= 1)
		return len;
	n = atomic_fetch_add(&sequence, 1);
	n = 1 + (n * 2654435761UL >> 7) % plan.shorten;
	return len < n ? len : n;
}

/* The libc's function of this name. */
#define NEXT(name)                                                           \
	static __typeof__(name) *next;                                       \
	if (next == NULL)                                                    \
		next = (__typeof__(name) *)dlsym(RTLD_NEXT, #name)

/* ---- reading ---- */

ssize_t
read(int fd, void *buf, size_t len)
{
	NEXT(read);
	return fails(READ) ? -1 : next(fd, buf, shortened(len));
}

ssize_t
pread(int fd, void *buf, size_t len, off_t at)
{
	NEXT(pread);
	return fails(READ) ? -1 : next(fd, buf, shortened(len), at);
}

ssize_t
pread64(int fd, void *buf, size_t len, off64_t at)
{
	NEXT(pread64);
	return fails(READ) ? -1 : next(fd, buf, shortened(len), at);
}

ssize_t
recv(int fd, void *buf, size_t len, int flags)
{
	NEXT(recv);
	return fails(READ) ? -1 : next(fd, buf, shortened(len), flags);
}

/* What _FORTIFY_SOURCE makes of the above where it knows the buffer. */
ssize_t __read_chk(int fd, void *buf, size_t len, size_t room);
ssize_t __pread_chk(int fd, void *buf, size_t len, off_t at, size_t room);
ssize_t __pread64_chk(int fd, void *buf, size_t len, off64_t at, size_t room);
ssize_t __recv_chk(int fd, void *buf, size_t len, size_t room, int flags);

ssize_t
__read_chk(int fd, void *buf, size_t len, size_t room)
{
	NEXT(__read_chk);
	return fails(READ) ? -1 : next(fd, buf, shortened(len), room);
}

ssize_t
__pread_chk(int fd, void *buf, size_t len, off_t at, size_t room)
{
	NEXT(__pread_chk);
	return fails(READ) ? -1 : next(fd, buf, shortened(len), at, room);
}

ssize_t
__pread64_chk(int fd, void *buf, size_t len, off64_t at, size_t room)
{
	NEXT(__pread64_chk);
	return fails(READ) ? -1 : next(fd, buf, shortened(len), at, room);
}

ssize_t
__recv_chk(int fd, void *buf, size_t len, size_t room, int flags)
{
	NEXT(__recv_chk);
	return fails(READ) ? -1 : next(fd, buf, shortened(len), room, flags);
}

/* ---- writing ---- */

ssize_t
write(int fd, const void *buf, size_t len)
{
	NEXT(write);
	if (fd == STDERR_FILENO)
		return next(fd, buf, len);
	if (plan.code == HALF && is_due(WRITE)) {
		if (next(fd, buf, len / 2) >= 0)
			(void)kill(getpid(), SIGKILL);
		(void)pause();
	}
	return plan.code != HALF && fails(WRITE) ? -1 :
						   next(fd, buf, shortened(len));
}

ssize_t
pwrite(int fd, const void *buf, size_t len, off_t at)
{
	NEXT(pwrite);
	return fails(WRITE) ? -1 : next(fd, buf, shortened(len), at);
}

ssize_t
pwrite64(int fd, const void *buf, size_t len, off64_t at)
{
	NEXT(pwrite64);
	return fails(WRITE) ? -1 : next(fd, buf, shortened(len), at);
}

ssize_t
send(int fd, const void *buf, size_t len, int flags)
{
	NEXT(send);
	return fails(WRITE) ? -1 : next(fd, buf, shortened(len), flags);
}

/* ---- files ---- */

#define MODE_OF(flags, last)                                                 \
	mode_t mode = 0;                                                     \
	va_list ap;                                                          \
	va_start(ap, last);                                                  \
	if (((flags) & O_CREAT) != 0 || ((flags) & O_TMPFILE) == O_TMPFILE)  \
		mode = va_arg(ap, mode_t);                                   \
	va_end(ap)

int
open(const char *path, int flags, ...)
{
	MODE_OF(flags, flags);
	NEXT(open);
	return fails(OPEN) ? -1 : next(path, flags, mode);
}

int
open64(const char *path, int flags, ...)
{
	MODE_OF(flags, flags);
	NEXT(open64);
	return fails(OPEN) ? -1 : next(path, flags, mode);
}

int
openat(int dir, const char *path, int flags, ...)
{
	MODE_OF(flags, flags);
	NEXT(openat);
	return fails(OPEN) ? -1 : next(dir, path, flags, mode);
}

int
openat64(int dir, const char *path, int flags, ...)
{
	MODE_OF(flags, flags);
	NEXT(openat64);
	return fails(OPEN) ? -1 : next(dir, path, flags, mode);
}

FILE *
fopen(const char *path, const char *mode)
{
	NEXT(fopen);
	return fails(OPEN) ? NULL : next(path, mode);
}

FILE *
fopen64(const char *path, const char *mode)
{
	NEXT(fopen64);
	return fails(OPEN) ? NULL : next(path, mode);
}

int
mkostemp(char *path, int flags)
{
	NEXT(mkostemp);
	return fails(OPEN) ? -1 : next(path, flags);
}

int
mkostemp64(char *path, int flags)
{
	NEXT(mkostemp64);
	return fails(OPEN) ? -1 : next(path, flags);
}

/* As Linux does it: the descriptor is gone whatever close() returns. */
int
close(int fd)
{
	NEXT(close);
	if (fails(CLOSE)) {
		const int code = errno;

		(void)next(fd);
		errno = code;
		return -1;
	}
	return next(fd);
}

int
fsync(int fd)
{
	NEXT(fsync);
	return fails(FSYNC) ? -1 : next(fd);
}

int
fdatasync(int fd)
{
	NEXT(fdatasync);
	return fails(FSYNC) ? -1 : next(fd);
}

int
rename(const char *from, const char *to)
{
	NEXT(rename);
	return fails(RENAME) ? -1 : next(from, to);
}

int
renameat(int from_dir, const char *from, int to_dir, const char *to)
{
	NEXT(renameat);
	return fails(RENAME) ? -1 : next(from_dir, from, to_dir, to);
}

int
link(const char *from, const char *to)
{
	NEXT(link);
	return fails(LINK) ? -1 : next(from, to);
}

int
linkat(int from_dir, const char *from, int to_dir, const char *to, int flags)
{
	NEXT(linkat);
	return fails(LINK) ? -1 : next(from_dir, from, to_dir, to, flags);
}

int
unlink(const char *path)
{
	NEXT(unlink);
	return fails(UNLINK) ? -1 : next(path);
}

int
ftruncate(int fd, off_t size)
{
	NEXT(ftruncate);
	return fails(TRUNCATE) ? -1 : next(fd, size);
}

int
ftruncate64(int fd, off64_t size)
{
	NEXT(ftruncate64);
	return fails(TRUNCATE) ? -1 : next(fd, size);
}

int
stat(const char *path, struct stat *st)
{
	NEXT(stat);
	return fails(STAT) ? -1 : next(path, st);
}

int
stat64(const char *path, struct stat64 *st)
{
	NEXT(stat64);
	return fails(STAT) ? -1 : next(path, st);
}

int
fstat(int fd, struct stat *st)
{
	NEXT(fstat);
	return fails(STAT) ? -1 : next(fd, st);
}

int
fstat64(int fd, struct stat64 *st)
{
	NEXT(fstat64);
	return fails(STAT) ? -1 : next(fd, st);
}

int
lstat64(const char *path, struct stat64 *st)
{
	NEXT(lstat64);
	return fails(STAT) ? -1 : next(path, st);
}

/* ---- processes ---- */

int
poll(struct pollfd *fds, nfds_t n, int timeout)
{
	NEXT(poll);
	return fails(POLL) ? -1 : next(fds, n, timeout);
}

pid_t
fork(void)
{
	NEXT(fork);
	return fails(FORK) ? -1 : next();
}

/* ---- memory: only where asked for, and never for dlsym() itself ---- */

extern void *__libc_malloc(size_t size);
extern void *__libc_calloc(size_t n, size_t size);
extern void *__libc_realloc(void *old, size_t size);

static bool
no_memory(void)
{
	return plan.active && plan.call == ALLOC && fails(ALLOC);
}

void *
malloc(size_t size)
{
	if (plan.count_file != NULL && !plan.active)
		atomic_fetch_add(&counts[ALLOC], 1);
	return no_memory() ? NULL : __libc_malloc(size);
}

void *
calloc(size_t n, size_t size)
{
	if (plan.count_file != NULL && !plan.active)
		atomic_fetch_add(&counts[ALLOC], 1);
	return no_memory() ? NULL : __libc_calloc(n, size);
}

void *
realloc(void *old, size_t size)
{
	if (plan.count_file != NULL && !plan.active)
		atomic_fetch_add(&counts[ALLOC], 1);
	return no_memory() ? NULL : __libc_realloc(old, size);
}
