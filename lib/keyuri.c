#include <p11-kit/uri.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "algorithm.h"
#include "keyuri.h"

#define FILE_SCHEME "file:"
#define P11_SCHEME  "pkcs11:"

static int
no_memory(struct diag *d)
{
	return diag_system(d, "key");
}

static bool
has_scheme(const char *text, const char *scheme)
{
	return strncasecmp(text, scheme, strlen(scheme)) == 0;
}

/* file:PATH or file:///PATH: the path, taken literally, or NULL. */
static const char *
file_path(const char *text)
{
	const char *path = text + strlen(FILE_SCHEME);

	if (strncmp(path, "//", 2) == 0)
		path = path[2] == '/' ? path + 2 : "";
	return *path != '\0' ? path : NULL;
}

/* A text attribute of PKCS#11 is counted, so a NUL may hide in it. */
static int
take_label(char **to, CK_ATTRIBUTE_PTR attr, struct diag *d)
{
	if (attr == NULL)
		return 0;
	if (memchr(attr->pValue, '\0', attr->ulValueLen) != NULL)
		return diag_set(d, STATUS_USAGE, "object= holds a zero octet");
	*to = strndup(attr->pValue, attr->ulValueLen);
	return *to == NULL ? no_memory(d) : 0;
}

static int
take_id(struct keyuri *out, CK_ATTRIBUTE_PTR attr, struct diag *d)
{
	if (attr == NULL)
		return 0;
	if (attr->ulValueLen == 0 || attr->ulValueLen > KEYURI_ID_MAX)
		return diag_set(d, STATUS_USAGE,
		    "id= must have 1 to %d octets, written %%xx",
		    KEYURI_ID_MAX);
	memcpy(out->id, attr->pValue, attr->ulValueLen);
	out->id_size = attr->ulValueLen;
	return 0;
}

static int
take_token(char **to, P11KitUri *uri, struct diag *d)
{
	const CK_TOKEN_INFO *info = p11_kit_uri_get_token_info(uri);
	char label[sizeof(info->label) + 1] = "";
	size_t n = sizeof(info->label);

	/* Not given: all zero.  Given: padded with blanks. */
	memcpy(label, info->label, n);
	while (n > 0 && (label[n - 1] == ' ' || label[n - 1] == '\0'))
		label[--n] = '\0';
	if (n == 0)
		return 0;
	*to = strdup(label);
	return *to == NULL ? no_memory(d) : 0;
}

static int
take_pin_source(char **to, const char *source, struct diag *d)
{
	if (source == NULL)
		return 0;
	if (has_scheme(source, FILE_SCHEME))
		source = file_path(source);
	else if (*source == '|' || strchr(source, ':') != NULL)
		source = NULL;
	if (source == NULL || *source == '\0')
		return diag_set(d, STATUS_USAGE,
		    "pin-source= must be file:PATH or a path");
	*to = strdup(source);
	return *to == NULL ? no_memory(d) : 0;
}

static int
take_attributes(struct keyuri *out, P11KitUri *uri, struct diag *d)
{
	CK_ATTRIBUTE_PTR class = p11_kit_uri_get_attribute(uri, CKA_CLASS);
	const char *module = p11_kit_uri_get_module_path(uri);

	if (p11_kit_uri_any_unrecognized(uri))
		return diag_set(d, STATUS_USAGE,
		    "an attribute that is not known (RFC 7512 §2.3)");
	if (p11_kit_uri_get_pin_value(uri) != NULL)
		return diag_set(d, STATUS_USAGE, "pin-value= shows the PIN to "
		    "every user of this host: use pin-source=file:PATH");
	if (class != NULL && (class->ulValueLen != sizeof(CK_OBJECT_CLASS) ||
	    *(CK_OBJECT_CLASS *)class->pValue != CKO_PRIVATE_KEY))
		return diag_set(d, STATUS_USAGE, "type= must be private");
	if (module == NULL)
		module = p11_kit_uri_get_module_name(uri);
	if (module != NULL && (out->module = strdup(module)) == NULL)
		return no_memory(d);
	if (take_label(&out->object,
		p11_kit_uri_get_attribute(uri, CKA_LABEL), d) == -1 ||
	    take_id(out, p11_kit_uri_get_attribute(uri, CKA_ID), d) == -1)
		return -1;
	return take_token(&out->token, uri, d) == -1 ||
	    take_pin_source(&out->pin_file, p11_kit_uri_get_pin_source(uri),
		d) == -1 ? -1 : 0;
}

static int
parse_p11(struct keyuri *out, const char *text, struct diag *d)
{
	P11KitUri *uri = p11_kit_uri_new();
	int result, rc = -1;

	if (uri == NULL || (out->uri = strdup(text)) == NULL) {
		no_memory(d);
		goto out;
	}
	result = p11_kit_uri_parse(text, P11_KIT_URI_FOR_ANY, uri);
	if (result != P11_KIT_URI_OK) {
		diag_set(d, STATUS_USAGE, "%s (RFC 7512 §2.3)",
		    p11_kit_uri_message(result));
		goto out;
	}
	rc = take_attributes(out, uri, d);
out:
	p11_kit_uri_free(uri);
	return rc;
}

/* Skip "ALG:" and note it. */
static int
take_algorithm(struct keyuri *out, const char **text, struct diag *d)
{
	const char *colon = strchr(*text, ':');
	const struct algorithm *alg;

	if (has_scheme(*text, FILE_SCHEME) || has_scheme(*text, P11_SCHEME))
		return 0;
	if (colon == NULL || (!has_scheme(colon + 1, FILE_SCHEME) &&
				 !has_scheme(colon + 1, P11_SCHEME)))
		return diag_set(d, STATUS_USAGE,
		    "must be [ALG:]file:PATH or [ALG:]pkcs11:...");
	alg = algorithm_by_text(*text, (size_t)(colon - *text));
	if (alg == NULL)
		return diag_set(d, STATUS_USAGE,
		    "no algorithm '%.*s': 5 7 8 10 13 14 15 16 or a mnemonic",
		    (int)(colon - *text), *text);
	out->algorithm = alg->number;
	*text = colon + 1;
	return 0;
}

static int
parse(struct keyuri *out, const char *text, struct diag *d)
{
	const char *path;

	if (take_algorithm(out, &text, d) == -1)
		return -1;
	if (has_scheme(text, P11_SCHEME))
		return parse_p11(out, text, d);
	if ((path = file_path(text)) == NULL)
		return diag_set(d, STATUS_USAGE, "file: needs a path");
	if ((out->file = strdup(path)) == NULL)
		return no_memory(d);
	return 0;
}

/* Quotes text in the message, except where it may hold a PIN. */
static int
fail(struct keyuri *out, const char *text, struct diag *d)
{
	const char *query = strcasestr(text, "pin-value");

	keyuri_clear(out);
	diag_prefix(d, "key %.*s%s",
	    query != NULL ? (int)(query - text) : (int)strlen(text), text,
	    query != NULL ? "..." : "");
	return -1;
}

int
keyuri_parse(struct keyuri *out, const char *text, struct diag *d)
{
	memset(out, 0, sizeof(*out));
	if (parse(out, text, d) == -1)
		return fail(out, text, d);
	if (out->uri != NULL && out->object == NULL && out->id_size == 0) {
		diag_set(d, STATUS_USAGE,
		    "names no key: give object= or id= (RFC 7512 §2.3)");
		return fail(out, text, d);
	}
	return 0;
}

int
keyuri_parse_token(struct keyuri *out, const char *text, struct diag *d)
{
	memset(out, 0, sizeof(*out));
	if (parse(out, text, d) == -1)
		return fail(out, text, d);
	if (out->uri == NULL) {
		diag_set(d, STATUS_USAGE, "must be a pkcs11: URI");
		return fail(out, text, d);
	}
	return 0;
}

void
keyuri_clear(struct keyuri *uri)
{
	free(uri->file);
	free(uri->uri);
	free(uri->module);
	free(uri->token);
	free(uri->object);
	free(uri->pin_file);
	memset(uri, 0, sizeof(*uri));
}
