/*
 * Which key stores a command is about: those of conf.xml, or one that the
 * command line describes.
 */
#ifndef STORES_H
#define STORES_H

#include "diag.h"
#include "keystore.h"
#include "repository.h"

struct stores_options {
	const char *conf;      /* -c, or NULL */
	const char *module;    /* --module */
	const char *token;     /* --token: label or pkcs11: URI */
	const char *directory; /* --dir */
	const char *pin_file;  /* --pin-file */
};

/* -1: STATUS_USAGE, STATUS_SYSTEM.  The caller frees *out. */
int stores_select(struct repository_list *out, const struct stores_options *o,
    struct diag *d);

/*
 * The repository of that name; with name NULL the only one there is.
 * NULL: STATUS_USAGE, and the names that would do.
 */
struct repository *stores_named(const struct repository_list *list,
    const char *name, struct diag *d);

/*
 * Open the repositories one after another until one holds the key; *out and
 * what it is are the caller's.  -1: STATUS_USAGE if none does; also if one
 * that stands before could not be opened.
 */
int stores_holding(struct keystore **out, const struct repository_list *list,
    const uint8_t *id, size_t id_size, struct diag *d);

#endif
