/*
 * A file without a name, to spill to: gone when the program is, however it
 * ends.
 */
#ifndef TEMPFILE_H
#define TEMPFILE_H

#include <stddef.h>
#include <stdint.h>

#include "diag.h"

/* $TMPDIR, else /var/tmp: room on disk, where /tmp may be memory. */
const char *tempfile_folder(void);

/*
 * Open one for reading and writing, mode 0600, in folder (NULL:
 * tempfile_folder()).  The descriptor, or -1: STATUS_SYSTEM.
 */
int tempfile_open(const char *folder, struct diag *d);

/* All of len bytes to offset at.  -1: STATUS_SYSTEM. */
int tempfile_write(
    int fd, const void *bytes, size_t len, uint64_t at, struct diag *d);

/*
 * All of len bytes from offset at.  -1: STATUS_SYSTEM, also where the file
 * ends before.
 */
int tempfile_read(int fd, void *bytes, size_t len, uint64_t at, struct diag *d);

#endif
