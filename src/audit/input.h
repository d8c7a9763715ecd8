/*
 * Bytes of one input file, a window at a time, with its line count.
 */
#ifndef INPUT_H
#define INPUT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <openssl/evp.h>

#include "diag.h"

struct input {
	int fd;
	char *bytes;
	size_t size, at, filled;
	bool ended;	  /* read(2) said so */
	char last;	  /* the last octet read */
	uint32_t line;	  /* of the octet at `at`, from 1 */
	EVP_MD_CTX *digest; /* or NULL */
};

/* Owns fd.  -1: STATUS_SYSTEM. */
int input_open(struct input *in, int fd, struct diag *d);

/*
 * Read on, keeping what is not consumed; grows the window when it is full.
 * 1: there is more; 0: the end; -1: STATUS_SYSTEM.
 */
int input_fill(struct input *in, const char *name, struct diag *d);

void input_close(struct input *in);

#endif
