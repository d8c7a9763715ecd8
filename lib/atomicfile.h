/*
 * The only way a file is put in place (STYLE 1): written aside in the target's
 * folder, fsync, checked close, rename, fsync of the folder.  A reader sees
 * the old file or the whole new one, after a crash too.
 */
#ifndef ATOMICFILE_H
#define ATOMICFILE_H

#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

#include "diag.h"

struct atomicfile;

/*
 * Open a new file beside path (O_EXCL, O_NOFOLLOW, the mode given whatever the
 * umask).  The caller owns *out and ends it with commit or abandon.
 * -1: STATUS_SYSTEM.
 */
int atomicfile_open(struct atomicfile **out, const char *path, mode_t mode,
    struct diag *d);

/* The descriptor to write to; owned by af. */
int atomicfile_fd(const struct atomicfile *af);

/*
 * Put the file in place and free af, whether that succeeds or not.  With
 * keep_previous the replaced file stays as PATH.previous.
 * -1: STATUS_SYSTEM; path is then what it was before, unless the text says
 * that only the last fsync of the folder failed.
 */
int atomicfile_commit(struct atomicfile *af, bool keep_previous,
    struct diag *d);

/* All of it: the bytes at path, in a file of that mode.  -1: as above. */
int atomicfile_put(const char *path, const char *bytes, size_t len,
    mode_t mode, bool keep_previous, struct diag *d);
/*
 * The same without fsync, for one of thousands of files that the next run
 * compares and makes anew: after a power cut it may be empty.
 */
int atomicfile_commit_unsynced(struct atomicfile *af, struct diag *d);

/* Remove the unfinished file and free af.  NULL is allowed. */
void atomicfile_abandon(struct atomicfile *af);

/*
 * Remove what killed programs left unfinished in a folder: only where no other
 * writer can be at work, which a lock ensures.  Failures do not matter.
 */
void atomicfile_sweep(int folder);

/*
 * Create path, for writing, in place of what a killed run left there: O_EXCL,
 * O_NOFOLLOW, mode as open(2) takes it.  The descriptor, or -1 with errno.
 */
int atomicfile_create(const char *path, mode_t mode);

/* The same for a second name of file: link(2), and its -1 and errno. */
int atomicfile_link(const char *file, const char *path);

/* Do both paths, as they are spelled, lead into one folder? */
bool atomicfile_same_folder(const char *a, const char *b);

/* fsync the folder that holds path.  -1: STATUS_SYSTEM. */
int atomicfile_sync_folder(const char *path, struct diag *d);

#endif
