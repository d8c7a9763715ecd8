/* write(2), until all of it is written. */
#ifndef WRITEALL_H
#define WRITEALL_H

#include <stddef.h>

/* A write may be short, and a signal may come between.  -1: errno says why. */
int write_all(int fd, const void *bytes, size_t len);

#endif
