/*
 * A PKCS#11 module for tests: SoftHSM, with the ways of other tokens.
 * P11SHIM lists them, separated by blanks:
 *	raw-point	CKA_EC_POINT without its OCTET STRING
 *	no-copy		C_CopyObject is refused
 *	short-rs	r and s without the leading zero octets they share
 *	no-eddsa	no Edwards keys
 *	oid-only	Edwards curves by OID only
 *	final-try	one PIN try is left
 *	pin-locked	none is left, and only the login says so
 *	sign-fails	C_Sign says CKR_DEVICE_ERROR from the 3rd call on
 *	sign-hiccup	C_Sign says so at the 3rd call alone, and stays active
 *	token-full	C_GenerateKeyPair says CKR_DEVICE_MEMORY
 *	token-gone	C_Sign says CKR_DEVICE_REMOVED
 *	no-modulus	private RSA keys do not tell their modulus
 *	wrong-public	the public key is another one
 *	no-rw		no session for writing
 *	one-by-one	a question for more than one attribute fails
 *	stops-early	what comes behind an attribute that is not there has no answer
 * and counts calls of C_FindObjectsInit, C_GetAttributeValue, C_CopyObject and
 * C_Login into the file P11SHIM_COUNT.
 */
#include <dlfcn.h>
#include <p11-kit/pkcs11.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

CK_RV C_GetFunctionList(CK_FUNCTION_LIST_PTR_PTR list);

static CK_FUNCTION_LIST real, shim;
static unsigned finds, asked, copies, logins, signs;

static int
on(const char *way)
{
	const char *ways = getenv("P11SHIM");

	return ways != NULL && strstr(ways, way) != NULL;
}

static void
count(void)
{
	const char *path = getenv("P11SHIM_COUNT");
	FILE *f = path != NULL ? fopen(path, "w") : NULL;

	if (f == NULL)
		return;
	fprintf(f, "find %u ask %u copy %u login %u\n", finds, asked, copies,
	    logins);
	fclose(f);
}

static CK_RV
find_init(CK_SESSION_HANDLE s, CK_ATTRIBUTE_PTR t, CK_ULONG n)
{
	finds++;
	count();
	return real.C_FindObjectsInit(s, t, n);
}

static CK_RV
login(CK_SESSION_HANDLE s, CK_USER_TYPE u, CK_UTF8CHAR_PTR pin, CK_ULONG n)
{
	const char *log = getenv("P11SHIM_LOGINS"); /* of all processes */
	FILE *f = log != NULL ? fopen(log, "a") : NULL;

	if (f != NULL) {
		fputs("login\n", f);
		fclose(f);
	}
	logins++;
	count();
	if (on("pin-locked"))
		return CKR_PIN_LOCKED;
	return real.C_Login(s, u, pin, n);
}

static CK_RV
copy_object(CK_SESSION_HANDLE s, CK_OBJECT_HANDLE o, CK_ATTRIBUTE_PTR t,
    CK_ULONG n, CK_OBJECT_HANDLE_PTR out)
{
	copies++;
	count();
	if (on("no-copy"))
		return CKR_FUNCTION_NOT_SUPPORTED;
	return real.C_CopyObject(s, o, t, n, out);
}

static void
change(CK_ATTRIBUTE_PTR a)
{
	unsigned char *v = a->pValue;

	if (v == NULL || a->ulValueLen == CK_UNAVAILABLE_INFORMATION)
		return;
	if (a->type == CKA_EC_POINT && on("raw-point") &&
	    a->ulValueLen > 2) {
		memmove(v, v + 2, a->ulValueLen - 2);
		a->ulValueLen -= 2;
	}
	/* Still a point for Edwards curves, and a modulus for RSA. */
	if ((a->type == CKA_EC_POINT || a->type == CKA_MODULUS) &&
	    on("wrong-public") && a->ulValueLen > 2)
		v[a->ulValueLen - 2] ^= 2;
}

/* PKCS#11 wants all to be answered; not all tokens go on behind the first. */
static CK_RV
get_until_invalid(CK_SESSION_HANDLE s, CK_OBJECT_HANDLE o, CK_ATTRIBUTE_PTR t,
    CK_ULONG n)
{
	CK_RV rv = CKR_OK;

	for (CK_ULONG i = 0; rv == CKR_OK && i < n; i++)
		rv = real.C_GetAttributeValue(s, o, &t[i], 1);
	return rv;
}

static CK_RV
get_attribute(CK_SESSION_HANDLE s, CK_OBJECT_HANDLE o, CK_ATTRIBUTE_PTR t,
    CK_ULONG n)
{
	CK_RV rv;

	asked++;
	count();
	if (n > 1 && on("one-by-one"))
		return CKR_FUNCTION_FAILED;
	rv = on("stops-early") ? get_until_invalid(s, o, t, n)
			       : real.C_GetAttributeValue(s, o, t, n);
	if (rv != CKR_OK && rv != CKR_ATTRIBUTE_TYPE_INVALID)
		return rv;
	for (CK_ULONG i = 0; i < n; i++) {
		if (t[i].type == CKA_MODULUS && on("no-modulus")) {
			t[i].ulValueLen = CK_UNAVAILABLE_INFORMATION;
			return CKR_ATTRIBUTE_TYPE_INVALID;
		}
		change(&t[i]);
	}
	return rv;
}

/* Drop the leading zero octets that both halves have. */
static CK_ULONG
shorten(unsigned char *sig, CK_ULONG len)
{
	CK_ULONG half = len / 2, zero = 0;

	while (zero < half - 1 && sig[zero] == 0 && sig[half + zero] == 0)
		zero++;
	memmove(sig, sig + zero, half - zero);
	memmove(sig + half - zero, sig + half + zero, half - zero);
	return len - 2 * zero;
}

static CK_MECHANISM mechanism;
static CK_OBJECT_HANDLE key;

static CK_RV
sign_init(CK_SESSION_HANDLE s, CK_MECHANISM_PTR m, CK_OBJECT_HANDLE o)
{
	mechanism = *m;
	key = o;
	return real.C_SignInit(s, m, o);
}

/* Signs until both halves begin with zero: 65,536 times, about 3 s. */
static CK_RV
sign_short(CK_SESSION_HANDLE s, CK_BYTE_PTR data, CK_ULONG n, CK_BYTE_PTR sig,
    CK_ULONG_PTR len)
{
	const CK_ULONG size = *len;
	CK_RV rv;

	for (;;) {
		*len = size;
		rv = real.C_Sign(s, data, n, sig, len);
		if (rv != CKR_OK || (sig[0] == 0 && sig[*len / 2] == 0))
			break;
		rv = real.C_SignInit(s, &mechanism, key);
		if (rv != CKR_OK)
			break;
	}
	if (rv == CKR_OK)
		*len = shorten(sig, *len);
	return rv;
}

static CK_RV
sign(CK_SESSION_HANDLE s, CK_BYTE_PTR data, CK_ULONG n, CK_BYTE_PTR sig,
    CK_ULONG_PTR len)
{
	if (on("sign-fails") && ++signs >= 3)
		return CKR_DEVICE_ERROR;
	if (on("sign-hiccup") && ++signs == 3)
		return CKR_DEVICE_ERROR;
	if (on("token-gone"))
		return CKR_DEVICE_REMOVED;
	if (on("short-rs"))
		return sign_short(s, data, n, sig, len);
	return real.C_Sign(s, data, n, sig, len);
}

static CK_RV
token_info(CK_SLOT_ID slot, CK_TOKEN_INFO_PTR info)
{
	const CK_RV rv = real.C_GetTokenInfo(slot, info);

	if (rv == CKR_OK && on("final-try"))
		info->flags |= CKF_USER_PIN_FINAL_TRY;
	return rv;
}

static CK_RV
generate_pair(CK_SESSION_HANDLE s, CK_MECHANISM_PTR m, CK_ATTRIBUTE_PTR pub,
    CK_ULONG pub_n, CK_ATTRIBUTE_PTR priv, CK_ULONG priv_n,
    CK_OBJECT_HANDLE_PTR pub_out, CK_OBJECT_HANDLE_PTR priv_out)
{
	if (on("token-full"))
		return CKR_DEVICE_MEMORY;
	if (m->mechanism == CKM_EC_EDWARDS_KEY_PAIR_GEN && on("no-eddsa"))
		return CKR_MECHANISM_INVALID;
	for (CK_ULONG i = 0; i < pub_n; i++)
		if (pub[i].type == CKA_EC_PARAMS && on("oid-only") &&
		    *(unsigned char *)pub[i].pValue != 0x06)
			return CKR_ATTRIBUTE_VALUE_INVALID;
	return real.C_GenerateKeyPair(s, m, pub, pub_n, priv, priv_n, pub_out,
	    priv_out);
}

static CK_RV
open_session(CK_SLOT_ID slot, CK_FLAGS flags, void *app, CK_NOTIFY notify,
    CK_SESSION_HANDLE_PTR out)
{
	if ((flags & CKF_RW_SESSION) != 0 && on("no-rw"))
		return CKR_TOKEN_WRITE_PROTECTED;
	return real.C_OpenSession(slot, flags, app, notify, out);
}

CK_RV
C_GetFunctionList(CK_FUNCTION_LIST_PTR_PTR list)
{
	CK_RV (*get)(CK_FUNCTION_LIST_PTR_PTR);
	CK_FUNCTION_LIST_PTR found;
	const char *path = getenv("P11SHIM_MODULE");
	void *dl = dlopen(path != NULL ? path
		: "/usr/lib/softhsm/libsofthsm2.so", RTLD_NOW | RTLD_LOCAL);

	if (dl == NULL)
		return CKR_GENERAL_ERROR;
	*(void **)&get = dlsym(dl, "C_GetFunctionList");
	if (get == NULL || get(&found) != CKR_OK)
		return CKR_GENERAL_ERROR;
	real = *found;
	shim = *found;
	shim.C_FindObjectsInit = find_init;
	shim.C_Login = login;
	shim.C_CopyObject = copy_object;
	shim.C_GetAttributeValue = get_attribute;
	shim.C_SignInit = sign_init;
	shim.C_Sign = sign;
	shim.C_GetTokenInfo = token_info;
	shim.C_GenerateKeyPair = generate_pair;
	shim.C_OpenSession = open_session;
	*list = &shim;
	return CKR_OK;
}
