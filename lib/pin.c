#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <termios.h>
#include <unistd.h>

#include "pin.h"
#include "secretfile.h"

int
pin_from_file(char **out, const char *path, struct diag *d)
{
	struct secret s;
	char *end;
	size_t len;
	int rc = -1;

	if (secretfile_read(&s, AT_FDCWD, path, true, path, d) == -1)
		return diag_prefix(d, "PIN file");
	len = strcspn(s.text, "\r\n");
	end = s.text + len;
	end += strspn(end, "\r\n");
	if (len == 0 || len > PIN_MAX || end != s.text + s.size) {
		diag_set(d, STATUS_USAGE,
		    "PIN file: %s: must hold a PIN of 1 to %d octets on one line", path,
		    PIN_MAX);
		goto out;
	}
	if ((*out = strndup(s.text, len)) == NULL) {
		diag_system(d, "%s", path);
		goto out;
	}
	rc = 0;
out:
	secret_free(&s);
	return rc;
}

/* One line of at most PIN_MAX octets; like read(2) on trouble. */
static ssize_t
read_line(int fd, char buf[PIN_MAX + 1])
{
	size_t n = 0;
	char c;

	for (;;) {
		const ssize_t got = read(fd, &c, 1);

		if (got == -1 && errno == EINTR)
			continue;
		if (got == -1)
			return -1;
		if (got == 0 || c == '\n')
			break;
		if (n == PIN_MAX) {
			errno = EMSGSIZE;
			return -1;
		}
		buf[n++] = c;
	}
	buf[n] = '\0';
	return (ssize_t)n;
}

int
pin_from_terminal(char **out, const char *token, struct diag *d)
{
	struct termios old, quiet;
	char buf[PIN_MAX + 1];
	ssize_t n;
	int fd, rc = -1;

	fd = open("/dev/tty", O_RDWR | O_NOCTTY | O_CLOEXEC);
	if (fd == -1 || tcgetattr(fd, &old) == -1) {
		diag_set(d, STATUS_USAGE,
		    "token %s: no PIN, and no terminal to ask on: use "
		    "PINFile in conf.xml, --pin-file or pin-source=", token);
		goto out;
	}
	quiet = old;
	quiet.c_lflag &= ~(tcflag_t)ECHO;
	/* Without the echo being off for certain, nothing is asked. */
	if (tcsetattr(fd, TCSAFLUSH, &quiet) == -1) {
		diag_system(d, "token %s: terminal", token);
		goto out;
	}
	(void)dprintf(fd, "PIN of %s: ", token);
	n = read_line(fd, buf);
	(void)tcsetattr(fd, TCSAFLUSH, &old);
	(void)dprintf(fd, "\n");
	if (n <= 0)
		diag_set(d, STATUS_USAGE, "token %s: no PIN given", token);
	else if ((*out = strdup(buf)) == NULL)
		diag_system(d, "token %s", token);
	else
		rc = 0;
	explicit_bzero(buf, sizeof(buf));
out:
	if (fd != -1)
		(void)close(fd);
	return rc;
}

void
pin_free(char *pin)
{
	if (pin != NULL)
		explicit_bzero(pin, strlen(pin));
	free(pin);
}
