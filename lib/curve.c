#define OPENSSL_API_COMPAT 0x10100000L

#include <openssl/obj_mac.h>

#include "curve.h"

EC_KEY *
curve_key_new(int nid)
{
	/* Never changed once it is made, and left to the end of the process. */
	static EC_GROUP *made[2];
	EC_GROUP **group = &made[nid == NID_secp384r1];
	EC_KEY *key;

	if (*group == NULL &&
	    (*group = EC_GROUP_new_by_curve_name(nid)) == NULL)
		return NULL;
	if ((key = EC_KEY_new()) == NULL)
		return NULL;
	if (EC_KEY_set_group(key, *group) == 1)
		return key;
	EC_KEY_free(key);
	return NULL;
}
