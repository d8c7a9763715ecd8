#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "atomicfile.h"
#include "records.h"
#include "syncfiles.h"

#define MOST 256 /* descriptors open at a time */

struct record_file {
	char *path, *aside;
	int fd;
};

struct records {
	pthread_mutex_t lock; /* of records_add() */
	struct record_file file[MOST];
	size_t count;
};

struct records *
records_new(void)
{
	struct records *r = calloc(1, sizeof(*r));

	if (r != NULL)
		(void)pthread_mutex_init(&r->lock, NULL);
	return r;
}

static void
forget(struct record_file *f)
{
	if (f->fd != -1)
		(void)close(f->fd);
	free(f->path);
	free(f->aside);
}

void
records_free(struct records *r)
{
	if (r == NULL)
		return;
	for (size_t i = 0; i < r->count; i++) {
		(void)unlink(r->file[i].aside);
		forget(&r->file[i]);
	}
	(void)pthread_mutex_destroy(&r->lock);
	free(r);
}

static int
write_file(struct record_file *f,
    int (*fn)(void *arg, struct stream_out *out, struct diag *d), void *arg,
    struct diag *d)
{
	struct stream_out *out;

	if ((f->fd = atomicfile_create(f->aside, 0644)) == -1)
		return diag_system(d, "%s", f->aside);
	if (stream_out_open(&out, f->fd, f->aside, d) == -1)
		return -1;
	if (fn(arg, out, d) == -1) {
		stream_out_discard(out);
		return -1;
	}
	if (stream_finish(out, d) == -1)
		return -1;
	return 0;
}

static int
add(struct records *r, const char *path,
    int (*fn)(void *arg, struct stream_out *out, struct diag *d), void *arg,
    struct diag *d)
{
	struct record_file *f;

	if (r->count == MOST && records_flush(r, d) == -1)
		return -1;
	f = &r->file[r->count];
	*f = (struct record_file){ .fd = -1, .path = strdup(path) };
	if (asprintf(&f->aside, "%s.new", path) == -1)
		f->aside = NULL;
	if (f->path == NULL || f->aside == NULL) {
		forget(f);
		return diag_system(d, "%s", path);
	}
	if (write_file(f, fn, arg, d) == -1) {
		(void)unlink(f->aside);
		forget(f);
		return -1;
	}
	r->count++;
	return 0;
}

int
records_add(struct records *r, const char *path,
    int (*fn)(void *arg, struct stream_out *out, struct diag *d), void *arg,
    struct diag *d)
{
	int rc;

	(void)pthread_mutex_lock(&r->lock);
	rc = add(r, path, fn, arg, d);
	(void)pthread_mutex_unlock(&r->lock);
	return rc;
}

int
records_flush(struct records *r, struct diag *d)
{
	int fd[MOST], error[MOST];
	int rc = 0;

	for (size_t i = 0; i < r->count; i++)
		fd[i] = r->file[i].fd;
	syncfiles(fd, error, r->count);
	for (size_t i = 0; i < r->count; i++) {
		struct record_file *f = &r->file[i];

		errno = error[i];
		if (error[i] != 0 || rename(f->aside, f->path) == -1) {
			rc = diag_system(d, "%s", f->path);
			(void)unlink(f->aside);
		}
	}
	for (size_t i = 0; i < r->count; i++) {
		if ((i == 0 || !atomicfile_same_folder(r->file[i].path,
			r->file[i - 1].path)) &&
		    atomicfile_sync_folder(r->file[i].path, d) == -1)
			rc = -1;
	}
	for (size_t i = 0; i < r->count; i++)
		forget(&r->file[i]);
	r->count = 0;
	return rc;
}
