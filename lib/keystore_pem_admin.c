#include <errno.h>
#include <fcntl.h>
#include <openssl/err.h>
#include <openssl/pem.h>
#include <openssl/rand.h>
#include <stdio.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include "atomicfile.h"
#include "keystore_admin_impl.h"
#include "keystore_pem.h"

static int
needs_folder(const struct pem_store *ps, struct diag *d)
{
	if (ps->folder)
		return 0;
	return diag_set(d, STATUS_USAGE,
	    "%s: one key file, not a folder of them", ps->base.repo.name);
}

static EVP_PKEY *
make(enum key_kind kind, unsigned bits)
{
	switch (kind) {
	case KEY_RSA:
		return EVP_RSA_gen(bits);
	case KEY_P256:
		return EVP_EC_gen("P-256");
	case KEY_P384:
		return EVP_EC_gen("P-384");
	case KEY_ED25519:
		return EVP_PKEY_Q_keygen(NULL, NULL, "ED25519");
	case KEY_ED448:
		return EVP_PKEY_Q_keygen(NULL, NULL, "ED448");
	}
	return NULL;
}

/* The lock makes two programs that use one id at once see each other. */
static int
write_new(struct pem_store *ps, const struct new_key *key, const char *text,
    size_t len, struct diag *d)
{
	char name[PEM_NAME_SIZE], path[PATH_MAX];
	int rc = -1;

	keystore_pem_name(key->id, key->id_size, name);
	if (snprintf(path, sizeof(path), "%s/%s", ps->base.repo.directory,
		name) >= (int)sizeof(path)) {
		errno = ENAMETOOLONG;
		return diag_system(d, "%s", ps->base.repo.directory);
	}
	if (flock(ps->dirfd, LOCK_EX) == -1)
		return diag_system(d, "%s: lock", ps->base.repo.directory);
	if (ps->litter) /* private keys, half written: who holds the lock writes */
		atomicfile_sweep(ps->dirfd);
	ps->litter = false;
	if (faccessat(ps->dirfd, name, F_OK, AT_SYMLINK_NOFOLLOW) == 0)
		diag_set(d, STATUS_USAGE, "%s: is there already", path);
	else
		rc = atomicfile_put(path, text, len, 0600, false, d);
	(void)flock(ps->dirfd, LOCK_UN);
	return rc;
}

static int
pem_import(struct keystore *ks, const EVP_PKEY *pkey, enum key_kind kind,
    const struct new_key *key, struct diag *d)
{
	struct pem_store *ps = (struct pem_store *)ks;
	struct keystore_item item = { .id_size = key->id_size };
	BIO *bio = BIO_new(BIO_s_secmem()); /* wiped as it is freed */
	char *text;
	long len;
	int rc = -1;

	(void)kind;
	if (needs_folder(ps, d) == -1)
		goto out;
	if (bio == NULL || PEM_write_bio_PKCS8PrivateKey(bio, pkey, NULL, NULL,
			       0, NULL, NULL) != 1 ||
	    (len = BIO_get_mem_data(bio, &text)) <= 0) {
		ERR_clear_error();
		diag_set(d, STATUS_SYSTEM, "OpenSSL cannot write the key");
		goto out;
	}
	if (write_new(ps, key, text, (size_t)len, d) == -1)
		goto out;
	memcpy(item.id, key->id, key->id_size);
	rc = keystore_insert(ks, &item, d);
out:
	BIO_free(bio);
	return rc;
}

static int
pem_generate(struct keystore *ks, enum key_kind kind, unsigned bits,
    const struct new_key *key, struct diag *d)
{
	EVP_PKEY *pkey = make(kind, bits);
	int rc;

	if (pkey == NULL) {
		ERR_clear_error();
		return diag_set(d, STATUS_SYSTEM,
		    "OpenSSL cannot make the key");
	}
	rc = pem_import(ks, pkey, kind, key, d);
	EVP_PKEY_free(pkey);
	return rc;
}

static int
pem_remove(struct keystore *ks, const struct keystore_item *item,
    struct diag *d)
{
	struct pem_store *ps = (struct pem_store *)ks;
	char name[PEM_NAME_SIZE];

	if (needs_folder(ps, d) == -1)
		return -1;
	keystore_pem_name(item->id, item->id_size, name);
	if (unlinkat(ps->dirfd, name, 0) == -1 && errno != ENOENT)
		return diag_system(d, "%s/%s: cannot remove",
		    ks->repo.directory, name);
	if (fsync(ps->dirfd) == -1 && errno != EINVAL)
		return diag_system(d, "%s: fsync", ks->repo.directory);
	keystore_drop(ks, item);
	return 0;
}

static int
pem_random(struct keystore *ks, uint8_t *buf, size_t size, struct diag *d)
{
	if (RAND_bytes(buf, (int)size) != 1)
		return diag_set(d, STATUS_SYSTEM, "%s: OpenSSL has no random "
		    "numbers", ks->repo.name);
	return 0;
}

static int
pem_info(struct keystore *ks, struct keystore_info *out, struct diag *d)
{
	(void)d;
	(void)snprintf(out->module, sizeof(out->module), "%s",
	    ks->repo.directory);
	(void)snprintf(out->library, sizeof(out->library), "%s",
	    OpenSSL_version(OPENSSL_VERSION));
	return 0;
}

static int
pem_create(const struct repository *repo, const char *so_pin, const char *pin,
    bool *made, struct diag *d)
{
	struct stat st;

	(void)so_pin;
	(void)pin;
	*made = mkdir(repo->directory, 0700) == 0;
	if (*made)
		return atomicfile_sync_folder(repo->directory, d);
	if (errno != EEXIST)
		return diag_system(d, "%s: cannot make the folder",
		    repo->directory);
	if (stat(repo->directory, &st) == -1)
		return diag_system(d, "%s", repo->directory);
	if (!S_ISDIR(st.st_mode))
		return diag_set(d, STATUS_USAGE, "%s: not a folder",
		    repo->directory);
	return 0;
}

const struct keystore_admin_ops keystore_pem_admin = {
	.generate = pem_generate,
	.import = pem_import,
	.remove = pem_remove,
	.random = pem_random,
	.info = pem_info,
	.create = pem_create,
};
