#include <errno.h>
#include <fcntl.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <unistd.h>
#include <linux/audit.h>
#include <linux/filter.h>
#include <linux/landlock.h>
#include <linux/seccomp.h>

#include "sandbox.h"

/* Newer than Debian 12's headers; the kernel says whether it knows it. */
#define ACCESS_TRUNCATE (UINT64_C(1) << 14) /* Landlock ABI 3 */

#define ACCESS_FOLDER                                                          \
	(LANDLOCK_ACCESS_FS_READ_FILE | LANDLOCK_ACCESS_FS_READ_DIR |          \
	    LANDLOCK_ACCESS_FS_WRITE_FILE | LANDLOCK_ACCESS_FS_MAKE_REG |      \
	    LANDLOCK_ACCESS_FS_REMOVE_FILE)
#define ACCESS_ALL                                                             \
	(ACCESS_FOLDER | LANDLOCK_ACCESS_FS_EXECUTE |                          \
	    LANDLOCK_ACCESS_FS_REMOVE_DIR | LANDLOCK_ACCESS_FS_MAKE_CHAR |     \
	    LANDLOCK_ACCESS_FS_MAKE_DIR | LANDLOCK_ACCESS_FS_MAKE_SOCK |       \
	    LANDLOCK_ACCESS_FS_MAKE_FIFO | LANDLOCK_ACCESS_FS_MAKE_BLOCK |     \
	    LANDLOCK_ACCESS_FS_MAKE_SYM)

static int
no_new_privileges(struct diag *d)
{
	if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) == -1)
		return diag_system(d, "PR_SET_NO_NEW_PRIVS");
	return 0;
}

static int
allow_folder(int ruleset, const char *folder, uint64_t access, struct diag *d)
{
	struct landlock_path_beneath_attr rule = { .allowed_access = access };
	int rc;

	rule.parent_fd = open(folder, O_PATH | O_CLOEXEC | O_DIRECTORY);
	if (rule.parent_fd == -1)
		return errno == ENOENT || errno == ENOTDIR
		    ? 0
		    : diag_system(d, "%s", folder);
	rc = (int)syscall(SYS_landlock_add_rule, ruleset,
	    LANDLOCK_RULE_PATH_BENEATH, &rule, 0);
	if (rc == -1)
		diag_system(d, "Landlock: %s", folder);
	(void)close(rule.parent_fd);
	return rc;
}

int
sandbox_files(const char *const *folder, size_t count, struct diag *d)
{
	struct landlock_ruleset_attr attr = { .handled_access_fs = ACCESS_ALL };
	uint64_t access = ACCESS_FOLDER;
	const long abi = syscall(SYS_landlock_create_ruleset, NULL, 0,
	    LANDLOCK_CREATE_RULESET_VERSION);
	int fd, rc = -1;

	if (abi < 1)
		return 0;
	if (abi >= 3) {
		attr.handled_access_fs |= ACCESS_TRUNCATE;
		access |= ACCESS_TRUNCATE;
	}
	fd = (int)syscall(SYS_landlock_create_ruleset, &attr, sizeof(attr), 0);
	if (fd == -1)
		return diag_system(d, "Landlock");
	for (size_t i = 0; i < count; i++)
		if (allow_folder(fd, folder[i], access, d) == -1)
			goto out;
	if (no_new_privileges(d) == -1)
		goto out;
	if (syscall(SYS_landlock_restrict_self, fd, 0) == -1) {
		diag_system(d, "Landlock");
		goto out;
	}
	rc = 1;
out:
	(void)close(fd);
	return rc;
}

/* ---- system calls ---- */

#if defined(__x86_64__)
#define ARCH AUDIT_ARCH_X86_64
#elif defined(__aarch64__)
#define ARCH AUDIT_ARCH_AARCH64
#elif defined(__riscv) && __riscv_xlen == 64
#define ARCH AUDIT_ARCH_RISCV64
#endif

#ifdef ARCH

/* What no client needs: other programs, other processes, the kernel. */
static const int client_denied[] = { SYS_execve, SYS_execveat, SYS_ptrace,
	SYS_process_vm_readv, SYS_process_vm_writev, SYS_mount, SYS_umount2,
	SYS_pivot_root, SYS_chroot, SYS_setns, SYS_unshare, SYS_add_key,
	SYS_request_key, SYS_keyctl, SYS_bpf, SYS_perf_event_open,
	SYS_kexec_load, SYS_init_module, SYS_finit_module, SYS_delete_module,
	SYS_userfaultfd, SYS_io_uring_setup, SYS_io_uring_enter,
	SYS_io_uring_register, SYS_bind, SYS_listen, SYS_accept, SYS_accept4,
	SYS_setuid, SYS_setgid, SYS_setresuid, SYS_setresgid, SYS_setgroups,
	SYS_kill, SYS_personality, SYS_reboot, SYS_swapon, SYS_settimeofday,
	SYS_clock_settime, SYS_mknodat, SYS_linkat, SYS_symlinkat };

static const int responder_allowed[] = { SYS_read, SYS_write, SYS_readv,
	SYS_writev, SYS_recvfrom, SYS_recvmsg, SYS_sendto, SYS_sendmsg,
	SYS_accept4, SYS_close, SYS_ppoll, SYS_fcntl, SYS_fstat,
	SYS_clock_gettime, SYS_gettimeofday, SYS_getrandom, SYS_getpid,
	SYS_futex, SYS_brk, SYS_mmap, SYS_munmap, SYS_mremap, SYS_mprotect,
	SYS_madvise, SYS_rt_sigaction, SYS_rt_sigprocmask, SYS_rt_sigreturn,
	SYS_restart_syscall, SYS_exit, SYS_exit_group, SYS_clock_nanosleep,
	SYS_getsockname, SYS_shutdown,
#ifdef SYS_poll
	SYS_poll,
#endif
#ifdef SYS_time
	SYS_time,
#endif
	SYS_newfstatat };

#define CALLS_MAX 64

static int
install(const int *call, size_t count, uint32_t listed, uint32_t others,
    struct diag *d)
{
	struct sock_filter code[CALLS_MAX + 7];
	struct sock_fprog program = { .filter = code };
	unsigned short n = 0;

	if (count > CALLS_MAX)
		return diag_set(d, STATUS_SYSTEM, "seccomp: too many calls");
	code[n++] = (struct sock_filter)BPF_STMT(
	    BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, arch));
	code[n++] =
	    (struct sock_filter)BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, ARCH, 1, 0);
	code[n++] = (struct sock_filter)BPF_STMT(
	    BPF_RET | BPF_K, SECCOMP_RET_KILL_PROCESS);
	code[n++] = (struct sock_filter)BPF_STMT(
	    BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, nr));
	for (size_t i = 0; i < count; i++)
		code[n++] =
		    (struct sock_filter)BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K,
			(uint32_t)call[i], (uint8_t)(count - i), 0);
	code[n++] = (struct sock_filter)BPF_STMT(BPF_RET | BPF_K, others);
	code[n++] = (struct sock_filter)BPF_STMT(BPF_RET | BPF_K, listed);
	program.len = n;
	if (no_new_privileges(d) == -1)
		return -1;
	if (prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &program, 0, 0) == 0)
		return 1;
	return errno == EINVAL ? 0 : diag_system(d, "seccomp");
}

int
sandbox_calls(enum sandbox_calls which, struct diag *d)
{
	const uint32_t deny = SECCOMP_RET_ERRNO | EPERM;

	if (which == SANDBOX_CLIENT)
		return install(client_denied,
		    sizeof(client_denied) / sizeof(*client_denied), deny,
		    SECCOMP_RET_ALLOW, d);
	return install(responder_allowed,
	    sizeof(responder_allowed) / sizeof(*responder_allowed),
	    SECCOMP_RET_ALLOW, deny, d);
}

#else

int
sandbox_calls(enum sandbox_calls which, struct diag *d)
{
	(void)which;
	(void)d;
	return 0;
}

#endif
