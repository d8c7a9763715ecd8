#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>
#include <openssl/evp.h>

#include "atomicfile.h"
#include "report.h"
#include "tidy.h"
#include "xmlfile.h"
#include "zoneedit.h"

int
zoneedit_text(const char *path, char **text, size_t *len, struct diag *d)
{
	struct stat st;
	char *buf = NULL;
	int fd, rc = -1;

	*len = 0;
	if ((fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK)) == -1 ||
	    fstat(fd, &st) == -1) {
		diag_system(d, "%s", path);
		goto out;
	}
	if (!S_ISREG(st.st_mode) || (uintmax_t)st.st_size > XMLFILE_SIZE_MAX) {
		diag_set(d, STATUS_USAGE,
		    "%s: is not a regular file below 64 MiB", path);
		goto out;
	}
	if ((buf = malloc((size_t)st.st_size + 1)) == NULL) {
		diag_system(d, "%s", path);
		goto out;
	}
	while (*len < (size_t)st.st_size) {
		const ssize_t n =
		    read(fd, buf + *len, (size_t)st.st_size - *len);

		if (n == -1 && errno == EINTR)
			continue;
		if (n == -1) {
			diag_system(d, "%s", path);
			goto out;
		}
		if (n == 0)
			break;
		*len += (size_t)n;
	}
	buf[*len] = '\0';
	*text = buf;
	buf = NULL; /* the caller owns it now */
	rc = 0;
out:
	if (fd != -1)
		(void)close(fd);
	free(buf);
	return rc;
}

static int
digest(const char *text, size_t len, char hex[65], struct diag *d)
{
	unsigned char md[EVP_MAX_MD_SIZE];
	unsigned n;

	if (EVP_Digest(text, len, md, &n, EVP_sha256(), NULL) != 1)
		return diag_set(d, STATUS_SYSTEM, "zone list: SHA-256 failed");
	for (unsigned i = 0; i < n; i++)
		(void)snprintf(hex + 2 * i, 3, "%02x", md[i]);
	return 0;
}

/* The last two steps: in place, and no longer pending. */
static int
install(struct database *db, const struct model *m, const struct conf *conf,
    const char *pending, const char *text, size_t len, struct diag *d)
{
	const char *path = conf->zonelist_file;
	char backup[PATH_MAX], *old;
	struct stat st;
	size_t old_len;

	if (stat(path, &st) == -1)
		return diag_system(d, "%s", path);
	tidy_beside(path);
	if (zoneedit_text(path, &old, &old_len, d) == -1)
		return -1;
	if (old_len != len || memcmp(old, text, len) != 0) {
		if (snprintf(backup, sizeof(backup), "%s.backup", path) >=
			(int)sizeof(backup) ||
		    atomicfile_put(backup, old, old_len,
			st.st_mode & 07777, false, d) == -1 ||
		    atomicfile_put(path, text, len, st.st_mode & 07777,
			false, d) == -1) {
			free(old);
			return -1;
		}
	}
	free(old);
	free(db->zonelist_pending);
	db->zonelist_pending = NULL;
	if (database_commit(db, m, d) == -1)
		return -1;
	if (unlink(pending) == -1 && errno != ENOENT)
		return diag_system(d, "%s", pending);
	return 0;
}

int
zoneedit_commit(struct database *db, const struct model *m,
    const struct conf *conf, const char *text, size_t len, struct diag *d)
{
	char pending[PATH_MAX], hex[65];

	if (database_path(db->dir, ZONEEDIT_PENDING, pending, d) == -1 ||
	    digest(text, len, hex, d) == -1)
		return -1;
	/* What will fail should fail before anything is changed. */
	if (access(conf->zonelist_file, R_OK) == -1)
		return diag_system(d, "%s", conf->zonelist_file);
	if (atomicfile_put(pending, text, len, 0600, false, d) == -1)
		return -1;
	free(db->zonelist_pending);
	if ((db->zonelist_pending = strdup(hex)) == NULL) {
		diag_system(d, "zone list");
		goto undo;
	}
	if (database_commit(db, m, d) == -1)
		goto undo;
	if (install(db, m, conf, pending, text, len, d) == -1)
		return diag_prefix(d,
		    "the change is in the database and "
		    "zonelist.xml follows with the next command");
	return 0;
undo:
	(void)unlink(pending);
	return -1;
}

int
zoneedit_recover(struct database *db, const struct model *m,
    const struct conf *conf, struct diag *d)
{
	char pending[PATH_MAX], hex[65], *text;
	size_t len;
	int rc;

	if (database_path(db->dir, ZONEEDIT_PENDING, pending, d) == -1 ||
	    zoneedit_text(pending, &text, &len, d) == -1)
		return -1;
	rc = digest(text, len, hex, d);
	if (rc == 0 && db->zonelist_pending != NULL &&
	    strcmp(db->zonelist_pending, hex) == 0) {
		report_warn("%s: an interrupted change is put in place",
		    conf->zonelist_file);
		rc = install(db, m, conf, pending, text, len, d);
	} else if (rc == 0) {
		report_warn("%s: an interrupted change is dropped",
		    conf->zonelist_file);
		free(db->zonelist_pending);
		db->zonelist_pending = NULL;
		rc = database_commit(db, m, d);
		if (rc == 0 && unlink(pending) == -1)
			rc = diag_system(d, "%s", pending);
	}
	free(text);
	return rc;
}
