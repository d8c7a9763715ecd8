/*
 * Where keys live: a PKCS#11 token or a folder of key files.  A Repository of
 * conf.xml (interfaces §1), or made up from a command line.
 */
#ifndef REPOSITORY_H
#define REPOSITORY_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "diag.h"

/* Strings are owned, or NULL where absent. */
struct repository {
	char *name;	 /* for messages, and in kasp.xml */
	char *module;	 /* PKCS#11 library; NULL: SoftHSM */
	char *token;	 /* token label */
	char *uri;	 /* pkcs11: URI that narrows the token further, or NULL */
	char *pin;	 /* wiped by repository_clear() */
	char *pin_file;	 /* read when the token is opened, if pin is NULL */
	bool ask_pin;	 /* else ask on the terminal */
	char *directory; /* key files; module and token are then NULL */
	uint32_t capacity; /* key pairs; 0: no limit */
	bool require_backup;
	bool skip_public_key;
	bool allow_extraction;
};

struct repository_list {
	struct repository *item; /* in the order of the file */
	size_t count;
	bool pin_exposed; /* a PIN stands in a file that everybody can read */
};

/*
 * RepositoryList of conf.xml.  The caller frees *out.
 * -1: STATUS_USAGE with file and line for what is wrong in it, STATUS_SYSTEM.
 */
int repository_read(struct repository_list *out, const char *path,
    struct diag *d);
void repository_list_free(struct repository_list *list);

/* The repository of that name, or NULL. */
struct repository *repository_find(const struct repository_list *list,
    const char *name);

/* Deep copy, the PIN too.  -1: STATUS_SYSTEM. */
int repository_copy(struct repository *to, const struct repository *from,
    struct diag *d);

/* Free the strings, wipe the PIN, zero the struct. */
void repository_clear(struct repository *repo);

#endif
