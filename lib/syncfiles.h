/*
 * Many small files onto the disk.  Each fsync(2) forces a commit of the file
 * system's journal; syncfs(2) forces one for all of them.
 */
#ifndef SYNCFILES_H
#define SYNCFILES_H

#include <stddef.h>

/*
 * Wait until what was written to the n open files is on disk.  fd[i] of -1 is
 * passed over; error[i] is the errno of that file, or 0.
 */
void syncfiles(const int *fd, int *error, size_t n);

#endif
