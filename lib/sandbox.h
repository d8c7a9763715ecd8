/*
 * What a process that reads from strangers may still do: Landlock for files,
 * seccomp for system calls, where the kernel has them.  What is asked for
 * holds for this process and all that it starts, and cannot be undone.
 */
#ifndef SANDBOX_H
#define SANDBOX_H

#include <stddef.h>

#include "diag.h"

/*
 * No file may be opened but below these folders, where files may be read,
 * made, written, renamed and removed; open descriptors stay usable.  Nothing
 * may be executed.  Folders that do not exist are left out.
 * 1: so it is; 0: the kernel cannot; -1: STATUS_SYSTEM.
 */
int sandbox_files(const char *const *folder, size_t count, struct diag *d);

enum sandbox_calls {
	/* All but what no such program needs: exec, ptrace, mount, bpf, new
	 * listeners, ... */
	SANDBOX_CLIENT,
	/* Only reading, writing, waiting, answering on open sockets. */
	SANDBOX_RESPONDER,
};

/* The others fail with EPERM.  1, 0, -1 as above. */
int sandbox_calls(enum sandbox_calls which, struct diag *d);

#endif
