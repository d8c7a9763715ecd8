/*
 * PKCS#11: the module, its slots, the login.
 */
#include <fcntl.h>
#include <limits.h>
#include <p11-kit/p11-kit.h>
#include <p11-kit/uri.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "fnv1a.h"
#include "keylock.h"
#include "keystore_p11.h"
#include "pin.h"

/*
 * What a reason means to a person, where its name does not say so, and what to
 * do next.  STATUS_USAGE: only a person can mend it; the others may pass.
 */
static const struct reason {
	CK_RV rv;
	enum status status;
	const char *advice; /* or NULL */
} reasons[] = {
#define NO_WORD                                                      \
	"no reason given; SoftHSM's is mostly a full disk, or a "    \
	"folder (directories.tokendir) in which it may not write"
#define NEXT_TIME "the next run logs in again"
#define IS_THERE  "is the HSM switched on and connected?"
	{ CKR_PIN_INCORRECT, STATUS_USAGE,
	    "correct it before more tries lock the token; "
	    "`hsmutil login` tests it" },
	{ CKR_PIN_INVALID, STATUS_USAGE, "`hsmutil login` tests it" },
	{ CKR_PIN_LEN_RANGE, STATUS_USAGE, "`hsmutil login` tests it" },
	{ CKR_PIN_EXPIRED, STATUS_USAGE, "set a new one" },
	{ CKR_PIN_LOCKED, STATUS_USAGE,
	    "the security officer must set a new one" },
	{ CKR_USER_PIN_NOT_INITIALIZED, STATUS_USAGE,
	    "the security officer must set one" },
	{ CKR_USER_ANOTHER_ALREADY_LOGGED_IN, STATUS_SYSTEM,
	    "another program is logged in as the security officer" },
	{ CKR_USER_TOO_MANY_TYPES, STATUS_SYSTEM,
	    "another program is logged in as the security officer" },
	{ CKR_MECHANISM_INVALID, STATUS_USAGE,
	    "the token does not do this algorithm; `hsmutil test` lists "
	    "those that it does" },
	{ CKR_CURVE_NOT_SUPPORTED, STATUS_USAGE,
	    "`hsmutil test` lists what the token does" },
	{ CKR_DOMAIN_PARAMS_INVALID, STATUS_USAGE,
	    "`hsmutil test` lists what the token does" },
	{ CKR_KEY_SIZE_RANGE, STATUS_USAGE,
	    "the token does not do keys of this size" },
	{ CKR_ATTRIBUTE_VALUE_INVALID, STATUS_USAGE, NULL },
	{ CKR_KEY_FUNCTION_NOT_PERMITTED, STATUS_USAGE, NULL },
	{ CKR_TOKEN_WRITE_PROTECTED, STATUS_USAGE, NULL },
	{ CKR_FUNCTION_FAILED, STATUS_SYSTEM, NO_WORD },
	{ CKR_GENERAL_ERROR, STATUS_SYSTEM, NO_WORD },
	{ CKR_DEVICE_ERROR, STATUS_SYSTEM,
	    "the HSM's own log or status may tell more" },
	{ CKR_DEVICE_MEMORY, STATUS_SYSTEM,
	    "the token is full: remove dead keys (`keystate key purge`) or "
	    "enlarge it" },
	{ CKR_DEVICE_REMOVED, STATUS_SYSTEM, IS_THERE },
	{ CKR_TOKEN_NOT_PRESENT, STATUS_SYSTEM, IS_THERE },
	{ CKR_TOKEN_NOT_RECOGNIZED, STATUS_SYSTEM, IS_THERE },
	{ CKR_SESSION_HANDLE_INVALID, STATUS_SYSTEM, NEXT_TIME },
	{ CKR_SESSION_CLOSED, STATUS_SYSTEM, NEXT_TIME },
	{ CKR_USER_NOT_LOGGED_IN, STATUS_SYSTEM, NEXT_TIME },
	{ CKR_SESSION_COUNT, STATUS_SYSTEM,
	    "other programs hold all its sessions: end them, or use fewer "
	    "WorkerThreads" },
};

int
p11_error(struct diag *d, CK_RV rv, const char *fmt, ...)
{
	enum status status = STATUS_SYSTEM;
	const char *advice = NULL;
	char what[256];
	va_list ap;

	for (size_t i = 0; i < sizeof(reasons) / sizeof(reasons[0]); i++)
		if (rv == reasons[i].rv) {
			status = reasons[i].status;
			advice = reasons[i].advice;
		}
	va_start(ap, fmt);
	(void)vsnprintf(what, sizeof(what), fmt, ap);
	va_end(ap);
	return diag_set(d, status, "%s: %s (PKCS#11 0x%lx)%s%s", what,
	    p11_kit_strerror(rv), rv, advice != NULL ? ": " : "",
	    advice != NULL ? advice : "");
}

/* --- module -------------------------------------------------------------- */

const char *
p11_module_path(const struct repository *repo)
{
	static const char *const usual[] = {
		"/usr/lib/softhsm/libsofthsm2.so",
		"/usr/lib64/softhsm/libsofthsm2.so",
		"/usr/lib64/pkcs11/libsofthsm2.so",
		"/usr/local/lib/softhsm/libsofthsm2.so",
	};
	const char *path = repo->module;

	if (path == NULL || *path == '\0')
		path = secure_getenv("ZONEPIPE_MODULE");
	if (path != NULL && *path != '\0')
		return path;
	for (size_t i = 0; i < sizeof(usual) / sizeof(usual[0]); i++)
		if (access(usual[i], R_OK) == 0)
			return usual[i];
	return usual[0];
}

/* module-name=x of RFC 7512 §2.3 is libx.so or x.so of p11-kit's folder. */
static CK_FUNCTION_LIST *
load_by_name(const char *name)
{
	CK_FUNCTION_LIST *f;
	char file[256];

	if (strchr(name, '/') != NULL || strlen(name) > 200)
		return NULL;
	(void)snprintf(file, sizeof(file), "lib%.200s.so", name);
	if ((f = p11_kit_module_load(file, P11_KIT_MODULE_UNMANAGED)) != NULL)
		return f;
	(void)snprintf(file, sizeof(file), "%.200s.so", name);
	return p11_kit_module_load(file, P11_KIT_MODULE_UNMANAGED);
}

/* What p11-kit says, behind the file's name, which it says twice. */
static const char *
load_trouble(const char *module)
{
	const char *why = p11_kit_message(), *next;

	if (why == NULL)
		return "cannot be loaded";
	while ((next = strstr(why, module)) != NULL)
		why = next + strlen(module);
	while (*why == ':' || *why == ' ')
		why++;
	return *why != '\0' ? why : "cannot be loaded";
}

int
p11_load(struct p11_store *ps, const char *module, struct diag *d)
{
	char absolute[PATH_MAX];
	CK_RV rv;

	p11_kit_be_quiet();
	/* To p11-kit a relative path is one in its own folder. */
	if (*module != '/' && strchr(module, '/') != NULL &&
	    realpath(module, absolute) != NULL)
		module = absolute;
	/* Unmanaged: no wrapper between us and the module's functions. */
	ps->f = p11_kit_module_load(module, P11_KIT_MODULE_UNMANAGED);
	if (ps->f == NULL)
		ps->f = load_by_name(module);
	if (ps->f == NULL) {
		return diag_set(d, STATUS_USAGE, "%s: no PKCS#11 module: %s: "
		    "is its package installed, or Module another file?",
		    module, load_trouble(module));
	}
	ps->pid = getpid();
	rv = p11_kit_module_initialize(ps->f);
	if (rv != CKR_OK)
		return p11_error(d, rv, "%s: C_Initialize", module);
	ps->initialized = true;
	return 0;
}

void
p11_unload(struct p11_store *ps)
{
	/*
	 * In a child of the process that opened it, nothing may be said to
	 * the module: the session is the parent's.
	 */
	if (ps->f != NULL && ps->pid == getpid()) {
		if (ps->in_session)
			(void)ps->f->C_CloseSession(ps->session);
		if (ps->initialized)
			(void)p11_kit_module_finalize(ps->f);
		p11_kit_module_release(ps->f);
	}
	ps->f = NULL;
	ps->initialized = ps->in_session = false;
}

/* --- token --------------------------------------------------------------- */

int
p11_slots(struct p11_store *ps, bool with_token, CK_SLOT_ID **out,
    CK_ULONG *count, struct diag *d)
{
	const CK_BBOOL present = with_token ? CK_TRUE : CK_FALSE;
	CK_SLOT_ID *slots = NULL;
	CK_ULONG n = 0;
	CK_RV rv;

	rv = ps->f->C_GetSlotList(present, NULL, &n);
	/* The list may grow between the two calls. */
	for (int tries = 0; rv == CKR_OK && tries < 10; tries++) {
		free(slots);
		n += 4;
		if ((slots = calloc(n, sizeof(*slots))) == NULL)
			return diag_system(d, "slots");
		rv = ps->f->C_GetSlotList(present, slots, &n);
		if (rv != CKR_BUFFER_TOO_SMALL)
			break;
		rv = CKR_OK;
	}
	if (rv != CKR_OK || slots == NULL) {
		free(slots);
		return p11_error(d, rv, "C_GetSlotList");
	}
	*out = slots;
	*count = n;
	return 0;
}

bool
p11_label_is(const CK_UTF8CHAR padded[32], const char *label)
{
	const size_t len = strlen(label);

	if (len > 32 || memcmp(padded, label, len) != 0)
		return false;
	for (size_t i = len; i < 32; i++)
		if (padded[i] != ' ')
			return false;
	return true;
}

static bool
token_fits(const struct repository *repo, P11KitUri *uri, CK_SLOT_ID slot,
    const CK_TOKEN_INFO *info)
{
	CK_SLOT_ID wanted;

	if ((info->flags & CKF_TOKEN_INITIALIZED) == 0)
		return false;
	if (repo->token != NULL && !p11_label_is(info->label, repo->token))
		return false;
	if (uri == NULL)
		return true;
	wanted = p11_kit_uri_get_slot_id(uri);
	if (wanted != (CK_SLOT_ID)-1 && wanted != slot)
		return false;
	return p11_kit_uri_match_token_info(uri, info) == 1;
}

/* One more of the tokens that are there: 'a', 'b'.  More than fit are cut. */
static void
list_label(const CK_TOKEN_INFO *info, char *buf, size_t size)
{
	const size_t have = strlen(buf);
	int len = sizeof(info->label);

	while (len > 0 && info->label[len - 1] == ' ')
		len--;
	(void)snprintf(buf + have, size - have, "%s'%.*s'",
	    have > 0 ? ", " : "", len, (const char *)info->label);
}

static int
no_token(const char *name, const char *module, const char *others,
    struct diag *d)
{
	if (*others == '\0')
		return diag_set(d, STATUS_USAGE,
		    "no token %s in %s, nor any other: is the HSM connected; "
		    "SoftHSM: is the folder of softhsm2.conf "
		    "(SOFTHSM2_CONF) there?", name, module);
	return diag_set(d, STATUS_USAGE,
	    "no token %s in %s, which has %s: is its HSM connected, and the "
	    "label right?", name, module, others);
}

static int
pick_slot(struct p11_store *ps, P11KitUri *uri, CK_TOKEN_INFO *info,
    struct diag *d)
{
	const struct repository *repo = &ps->base.repo;
	const char *name = repo->token != NULL ? repo->token : repo->name;
	char others[120] = "";
	CK_TOKEN_INFO seen;
	CK_SLOT_ID *slots;
	CK_ULONG n, found = 0;

	if (p11_slots(ps, true, &slots, &n, d) == -1)
		return -1;
	for (CK_ULONG i = 0; i < n; i++) {
		/* A slot in trouble is no reason to give up on the others. */
		if (ps->f->C_GetTokenInfo(slots[i], &seen) != CKR_OK)
			continue;
		if (!token_fits(repo, uri, slots[i], &seen)) {
			if ((seen.flags & CKF_TOKEN_INITIALIZED) != 0)
				list_label(&seen, others, sizeof(others));
			continue;
		}
		found++;
		ps->slot = slots[i];
		*info = seen;
	}
	free(slots);
	if (found == 0)
		return no_token(name, p11_module_path(repo), others, d);
	if (found > 1)
		return diag_set(d, STATUS_USAGE,
		    "several tokens fit %s: give token= or serial=", name);
	return 0;
}

static int
find_token(struct p11_store *ps, CK_TOKEN_INFO *info, struct diag *d)
{
	const struct repository *repo = &ps->base.repo;
	P11KitUri *uri = NULL;
	int rc;

	if (repo->uri != NULL) {
		if ((uri = p11_kit_uri_new()) == NULL)
			return diag_system(d, "token");
		rc = p11_kit_uri_parse(repo->uri, P11_KIT_URI_FOR_ANY, uri);
		if (rc != P11_KIT_URI_OK) {
			p11_kit_uri_free(uri);
			return diag_set(d, STATUS_USAGE, "%s",
			    p11_kit_uri_message(rc));
		}
	}
	rc = pick_slot(ps, uri, info, d);
	p11_kit_uri_free(uri);
	return rc;
}

/*
 * $ZONEPIPE_RUN is a folder of one run of several programs: a PIN that one of
 * them saw refused is not tried by the others, or a run would lock the token.
 * What is noted there is the repository, not the PIN; the next run has another
 * folder.  False: there is no such folder.
 */
static bool
refusal_path(const struct p11_store *ps, char path[PATH_MAX])
{
	const char *run = secure_getenv("ZONEPIPE_RUN");
	const char *name = ps->base.repo.name;

	if (run == NULL || *run == '\0')
		return false;
	/* A name may have a slash. */
	return snprintf(path, PATH_MAX, "%s/refused-%016llx", run,
		   (unsigned long long)fnv1a(name != NULL ? name : "")) <
	    PATH_MAX;
}

static void
note_refusal(const struct p11_store *ps)
{
	char path[PATH_MAX];
	int fd;

	if (!refusal_path(ps, path))
		return;
	fd = open(path, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC,
	    0600);
	if (fd != -1)
		(void)close(fd);
}

static bool
was_refused(const struct p11_store *ps)
{
	char path[PATH_MAX];

	return refusal_path(ps, path) && access(path, F_OK) == 0;
}

#define LOCKED "the PIN is locked: the security officer must set a new one"

static int
login(struct p11_store *ps, const CK_TOKEN_INFO *info, const char *pin,
    struct diag *d)
{
	CK_RV rv;

	rv = ps->f->C_OpenSession(ps->slot, CKF_SERIAL_SESSION, NULL, NULL,
	    &ps->session);
	if (rv != CKR_OK)
		return p11_error(d, rv, "C_OpenSession");
	ps->in_session = true;
	if ((info->flags & CKF_LOGIN_REQUIRED) == 0)
		return 0;
	if ((info->flags & CKF_USER_PIN_LOCKED) != 0)
		return diag_set(d, STATUS_USAGE, LOCKED);
	/*
	 * Most likely the PIN is wrong, and a cron job would lock the token.
	 */
	if ((info->flags & CKF_USER_PIN_FINAL_TRY) != 0 && pin != NULL &&
	    !ps->base.repo.ask_pin)
		return diag_set(d, STATUS_USAGE, "one try is left before the "
		    "PIN is locked: correct it, then log in by hand: hsmutil "
		    "login without --pin-file");
	if (pin != NULL && was_refused(ps))
		return p11_error(d, CKR_PIN_INCORRECT, "login");
	/* A PIN pad of the token's own gets no PIN from us. */
	rv = pin == NULL
	    ? ps->f->C_Login(ps->session, CKU_USER, NULL, 0)
	    : ps->f->C_Login(ps->session, CKU_USER, (CK_UTF8CHAR *)
		  (uintptr_t)pin, strlen(pin));
	if (rv == CKR_PIN_INCORRECT)
		note_refusal(ps); /* before the lock is released */
	if (rv == CKR_PIN_LOCKED)
		return diag_set(d, STATUS_USAGE, LOCKED);
	if (rv != CKR_OK && rv != CKR_USER_ALREADY_LOGGED_IN)
		return p11_error(d, rv, "login");
	return 0;
}

int
p11_start(struct p11_store *ps, const char *pin, struct diag *d)
{
	const char *module = p11_module_path(&ps->base.repo);
	CK_TOKEN_INFO info = { .flags = 0 };
	int lock, rc = -1;

	if (keylock_acquire(&lock, module, d) == -1)
		return -1;
	if (p11_load(ps, module, d) == 0 && find_token(ps, &info, d) == 0)
		rc = login(ps, &info, pin, d);
	keylock_release(lock);
	return rc;
}

int
p11_pin(char **own, const struct repository *repo, struct diag *d)
{
	if (repo->pin != NULL)
		return 0;
	if (repo->pin_file != NULL)
		return pin_from_file(own, repo->pin_file, d);
	if (repo->ask_pin)
		return pin_from_terminal(own,
		    repo->token != NULL ? repo->token : repo->name, d);
	return 0;
}

