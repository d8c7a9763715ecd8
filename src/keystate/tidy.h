/* What killed programs leave behind. */
#ifndef KEYSTATE_TIDY_H
#define KEYSTATE_TIDY_H

/*
 * Remove the unfinished files of lib/atomicfile (NAME.tmp.0123456789abcdef) in
 * the folder that holds path: only where no other writer can be at work, which
 * the database's lock ensures.  Failures do not matter.
 */
void tidy_beside(const char *path);

#endif
