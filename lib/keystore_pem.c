/*
 * Keys in PEM files: a folder in which each key is CKA_ID.pem (hex, lower
 * case), or one file.
 *
 * Measured, signatures a second, one core of an EPYC, OpenSSL 3.0.22, P-256,
 * 200 octets, hashing included:
 *	EVP_DigestSignInit + EVP_DigestSign		44,700
 *	EVP_DigestSign on a copied context		50,700
 *	EVP_PKEY_sign, one context, DER undone		52,000
 *	ECDSA_do_sign on an EC_KEY			53,700
 * of which k, k * G and its inversions alone (ECDSA_sign_setup) are 59,100.
 * So EC goes through EC_KEY, whose result needs no DER either; and P-256 goes
 * through p256sign.c, which shares the inversions: 2.3 times as fast.  Ed25519:
 * one EVP_DigestSignInit for all signatures is worth 14 %.  RSA: no difference.
 */
#define OPENSSL_API_COMPAT 0x10100000L

#include <errno.h>
#include <dirent.h>
#include <fcntl.h>
#include <openssl/bn.h>
#include <openssl/ec.h>
#include <openssl/ecdsa.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/rsa.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "digest.h"
#include "hex.h"
#include "keyfile.h"
#include "keystore_impl.h"
#include "keystore_pem.h"
#include "p256sign.h"

struct pem_key {
	struct key base;
	struct keyfile file;
	EVP_PKEY_CTX *rsa; /* set up for PKCS#1 v1.5 and the digest */
	EVP_MD_CTX *eddsa; /* set up */
};

static int
crypto_error(struct diag *d, const char *what)
{
	char text[200];

	ERR_error_string_n(ERR_peek_last_error(), text, sizeof(text));
	ERR_clear_error();
	return diag_set(d, STATUS_SYSTEM, "%s: OpenSSL: %s", what, text);
}

/* --- reading ------------------------------------------------------------- */

void
keystore_pem_name(const uint8_t *id, size_t id_size,
    char name[PEM_NAME_SIZE])
{
	hex_encode(id, id_size, name);
	memcpy(name + 2 * id_size, ".pem", sizeof(".pem"));
}

static int
read_item(const struct pem_store *ps, const struct keystore_item *item,
    struct keyfile *out, struct diag *d)
{
	char name[PEM_NAME_SIZE], place[PATH_MAX];

	if (!ps->folder)
		return keyfile_read(out, AT_FDCWD, ps->base.repo.directory,
		    true, ps->base.repo.directory, d);
	keystore_pem_name(item->id, item->id_size, name);
	(void)snprintf(place, sizeof(place), "%.*s/%s",
	    PATH_MAX - PEM_NAME_SIZE - 2, ps->base.repo.directory, name);
	return keyfile_read(out, ps->dirfd, name, false, place, d);
}

static void
describe(const struct keyfile *file, struct key_entry *out)
{
	out->supported = file->supported;
	out->kind = file->kind;
	out->bits = file->bits;
}

static int
pem_describe(struct keystore *ks, const struct keystore_item *item,
    struct key_entry *out, struct diag *d)
{
	struct keyfile file;

	if (read_item((struct pem_store *)ks, item, &file, d) == -1)
		return -1;
	describe(&file, out);
	keyfile_free(&file);
	return 0;
}

/* --- signing ------------------------------------------------------------- */

static const EVP_MD *
rsa_digest(const struct algorithm *alg)
{
	switch (alg->digest) {
	case DIGEST_SHA1:
		return EVP_sha1();
	case DIGEST_SHA256:
		return EVP_sha256();
	case DIGEST_SHA512:
		return EVP_sha512();
	case DIGEST_SHA384:
	case DIGEST_NONE:
		break;
	}
	return NULL;
}

static int
prepare(struct pem_store *ps, struct pem_key *key)
{
	const struct algorithm *alg = key->base.alg;
	EVP_PKEY *pkey = key->file.pkey;

	switch (alg->kind) {
	case KEY_RSA:
		key->rsa = EVP_PKEY_CTX_new(pkey, NULL);
		if (key->rsa == NULL || EVP_PKEY_sign_init(key->rsa) != 1 ||
		    EVP_PKEY_CTX_set_rsa_padding(key->rsa,
			RSA_PKCS1_PADDING) != 1 ||
		    EVP_PKEY_CTX_set_signature_md(key->rsa,
			rsa_digest(alg)) != 1)
			return -1;
		return 0;
	case KEY_P256:
		if (ps->p256 == NULL && p256sign_new(&ps->p256) == -1)
			return -1;
		key->base.batch = P256SIGN_BATCH;
		return 0;
	case KEY_P384:
		return 0;
	case KEY_ED25519:
	case KEY_ED448:
		key->eddsa = EVP_MD_CTX_new();
		if (key->eddsa == NULL || EVP_DigestSignInit(key->eddsa, NULL,
					      NULL, NULL, pkey) != 1)
			return -1;
		return 0;
	}
	return -1;
}

static void
pem_unload(struct key *base)
{
	struct pem_key *key = (struct pem_key *)base;

	/* OpenSSL wipes private numbers as it frees them. */
	EVP_MD_CTX_free(key->eddsa);
	EVP_PKEY_CTX_free(key->rsa);
	keyfile_free(&key->file);
	free(key);
}

static int
pem_load(struct keystore *ks, const struct keystore_item *item,
    unsigned algorithm, struct key **out, struct diag *d)
{
	struct pem_store *ps = (struct pem_store *)ks;
	struct key_entry entry = { .bits = 0 };
	struct pem_key *key;

	if ((key = calloc(1, sizeof(*key))) == NULL)
		return diag_system(d, "key");
	if (read_item(ps, item, &key->file, d) == -1)
		goto fail;
	describe(&key->file, &entry);
	if (keystore_algorithm(&entry, algorithm, &key->base.alg, d) == -1)
		goto fail;
	key->base.bits = entry.bits;
	if (keyfile_material(&key->file, key->base.pub, &key->base.pub_size,
		d) == -1)
		goto fail;
	if (prepare(ps, key) == -1) {
		crypto_error(d, "cannot sign");
		goto fail;
	}
	*out = &key->base;
	return 0;
fail:
	pem_unload(&key->base);
	return -1;
}

static int
sign_ec(struct pem_key *key, const uint8_t *hash, size_t hash_size,
    uint8_t *sig)
{
	const int half = (int)key->base.signature_size / 2;
	ECDSA_SIG *rs = ECDSA_do_sign(hash, (int)hash_size,
	    key->file.ec);
	int rc = -1;

	if (rs != NULL &&
	    BN_bn2binpad(ECDSA_SIG_get0_r(rs), sig, half) == half &&
	    BN_bn2binpad(ECDSA_SIG_get0_s(rs), sig + half, half) == half)
		rc = 0;
	ECDSA_SIG_free(rs);
	return rc;
}

static int
sign_eddsa(struct pem_key *key, const void *data, size_t len, uint8_t *sig)
{
	size_t size = key->base.signature_size;

	if (EVP_DigestSign(key->eddsa, sig, &size, data, len) == 1)
		return size == key->base.signature_size ? 0 : -1;
	/* 3.0 lets one set-up serve many signatures; be ready for others. */
	size = key->base.signature_size;
	EVP_MD_CTX_reset(key->eddsa);
	if (EVP_DigestSignInit(key->eddsa, NULL, NULL, NULL,
		key->file.pkey) != 1 ||
	    EVP_DigestSign(key->eddsa, sig, &size, data, len) != 1)
		return -1;
	ERR_clear_error();
	return size == key->base.signature_size ? 0 : -1;
}

static int
pem_sign(struct key *base, const void *data, size_t len, uint8_t *sig,
    struct diag *d)
{
	struct pem_key *key = (struct pem_key *)base;
	struct pem_store *ps = (struct pem_store *)base->ks;
	uint8_t hash[DIGEST_MAX];
	const size_t n = digest_compute(base->alg->digest, data, len, hash);
	size_t size = base->signature_size;
	int rc;

	if (base->batch > 1)
		rc = p256sign_make(ps->p256, key->file.ec, hash, 1, sig);
	else if (key->file.ec != NULL)
		rc = sign_ec(key, hash, n, sig);
	else if (key->rsa != NULL)
		rc = EVP_PKEY_sign(key->rsa, sig, &size, hash, n) == 1 &&
			size == base->signature_size ? 0 : -1;
	else
		rc = sign_eddsa(key, data, len, sig);
	return rc == 0 ? 0 : crypto_error(d, "cannot sign");
}

static int
pem_sign_hashes(struct key *base, const uint8_t *digests, size_t n,
    uint8_t *sigs, struct diag *d)
{
	struct pem_key *key = (struct pem_key *)base;
	struct pem_store *ps = (struct pem_store *)base->ks;

	return p256sign_make(ps->p256, key->file.ec, digests, n, sigs) == 0
	    ? 0 : crypto_error(d, "cannot sign");
}

/* --- opening ------------------------------------------------------------- */

static void
pem_close(struct keystore *ks)
{
	struct pem_store *ps = (struct pem_store *)ks;

	keystore_fini(ks);
	p256sign_free(ps->p256);
	if (ps->dirfd != -1)
		(void)close(ps->dirfd);
	free(ps);
}

static const struct keystore_ops pem_ops = {
	.describe = pem_describe,
	.load = pem_load,
	.sign = pem_sign,
	.sign_hashes = pem_sign_hashes,
	.unload = pem_unload,
	.close = pem_close,
};

bool
keystore_is_pem(const struct keystore *ks)
{
	return ks->ops == &pem_ops;
}

/* "a1b2.pem", as keystore_pem_name() writes it: its id, or -1. */
static int
id_from_name(const char *name, struct keystore_item *item)
{
	const size_t len = strlen(name);
	char canonical[PEM_NAME_SIZE];

	if (len < 5 || strcmp(name + len - 4, ".pem") != 0 ||
	    hex_decode(name, len - 4, item->id, KEY_ID_MAX,
		&item->id_size) == -1)
		return -1;
	keystore_pem_name(item->id, item->id_size, canonical);
	return strcmp(canonical, name) == 0 ? 0 : -1;
}

static int
sweep_folder(struct pem_store *ps, struct diag *d)
{
	struct keystore_item item;
	struct dirent *entry;
	int fd, rc = -1;
	DIR *dir = NULL;

	fd = openat(ps->dirfd, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (fd == -1 || (dir = fdopendir(fd)) == NULL) {
		diag_system(d, "%s", ps->base.repo.directory);
		if (fd != -1)
			(void)close(fd);
		return -1;
	}
	for (;;) {
		errno = 0;
		if ((entry = readdir(dir)) == NULL)
			break;
		memset(&item, 0, sizeof(item));
		if (strstr(entry->d_name, ".pem.tmp.") != NULL)
			ps->litter = true;
		if (id_from_name(entry->d_name, &item) == 0 &&
		    keystore_add(&ps->base, &item, d) == -1)
			goto out;
	}
	if (errno != 0) {
		diag_system(d, "%s", ps->base.repo.directory);
		goto out;
	}
	keystore_sort(&ps->base);
	rc = 0;
out:
	(void)closedir(dir);
	return rc;
}

static int
add_file(struct pem_store *ps, struct diag *d)
{
	const char *slash = strrchr(ps->base.repo.directory, '/');
	struct keystore_item item = { .id_size = 0 };

	if (id_from_name(slash != NULL ? slash + 1 : ps->base.repo.directory,
		&item) == -1)
		item.id_size = 0;
	return keystore_add(&ps->base, &item, d);
}

static int
open_place(struct pem_store *ps, struct diag *d)
{
	const char *path = ps->base.repo.directory;
	struct stat st;

	ps->dirfd = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (ps->dirfd == -1 && errno == ENOTDIR)
		return add_file(ps, d);
	if (ps->dirfd == -1 && errno == ENOENT)
		return diag_set(d, STATUS_USAGE, "%s: no such folder or file "
		    "of keys; hsmutil --dir %s init makes a folder", path,
		    path);
	if (ps->dirfd == -1 && errno == EACCES)
		return diag_set(d, STATUS_USAGE, "%s: keys: %s", path,
		    strerror(errno));
	if (ps->dirfd == -1)
		return diag_system(d, "%s: keys", path);
	if (fstat(ps->dirfd, &st) == -1)
		return diag_system(d, "%s: keys", path);
	if ((st.st_mode & S_IWOTH) != 0)
		return diag_set(d, STATUS_USAGE, "%s: a folder of keys that "
		    "everybody may write to: chmod 700", path);
	ps->folder = true;
	return sweep_folder(ps, d);
}

int
keystore_pem_open(struct keystore **out, const struct repository *repo,
    struct diag *d)
{
	struct pem_store *ps;

	if ((ps = calloc(1, sizeof(*ps))) == NULL)
		return diag_system(d, "%s", repo->name);
	ps->dirfd = -1;
	if (keystore_init(&ps->base, &pem_ops, repo, d) == -1 ||
	    open_place(ps, d) == -1) {
		pem_close(&ps->base);
		return -1;
	}
	*out = &ps->base;
	return 0;
}
