/*
 * What a token holds: its private keys and their public halves, swept once.
 * A search for each key would have SoftHSM go through all objects each time.
 */
#include <stdlib.h>
#include <string.h>

#include "keystore_p11.h"

#define FIND_BATCH 64
#define LABEL_MAX  255
#define PARAMS_MAX 32 /* more than the curves that DNSSEC has */

int
p11_value(struct p11_store *ps, CK_OBJECT_HANDLE object,
    CK_ATTRIBUTE_TYPE type, void *buf, size_t max, size_t *size,
    struct diag *d)
{
	CK_ATTRIBUTE attr = { type, buf, max };
	const CK_RV rv = ps->f->C_GetAttributeValue(ps->session, object,
	    &attr, 1);

	*size = 0;
	if (rv == CKR_ATTRIBUTE_TYPE_INVALID || rv == CKR_ATTRIBUTE_SENSITIVE)
		return 0;
	if (rv == CKR_BUFFER_TOO_SMALL)
		return diag_set(d, STATUS_USAGE,
		    "attribute 0x%lx of a key is over %zu octets", type, max);
	if (rv != CKR_OK)
		return p11_error(d, rv, "cannot read attribute 0x%lx", type);
	if (attr.ulValueLen != CK_UNAVAILABLE_INFORMATION)
		*size = attr.ulValueLen;
	return 0;
}

/* --- the sweep ----------------------------------------------------------- */

/*
 * Handles of all objects on the token, C_FindObjects 64 at a time.  visit
 * returns -1 to stop, with d filled.
 */
static int
sweep(struct p11_store *ps,
    int (*visit)(struct p11_store *ps, CK_OBJECT_HANDLE handle,
	struct diag *d),
    struct diag *d)
{
	CK_BBOOL yes = CK_TRUE;
	CK_ATTRIBUTE template[] = { { CKA_TOKEN, &yes, sizeof(yes) } };
	CK_OBJECT_HANDLE batch[FIND_BATCH], *all = NULL, *grown;
	CK_ULONG n, count = 0;
	CK_RV rv;
	int rc = 0;

	rv = ps->f->C_FindObjectsInit(ps->session, template, 1);
	if (rv != CKR_OK)
		return p11_error(d, rv, "C_FindObjectsInit");
	/* Handles first: some tokens allow nothing else during a search. */
	while ((rv = ps->f->C_FindObjects(ps->session, batch, FIND_BATCH,
		    &n)) == CKR_OK && n > 0 && n <= FIND_BATCH) {
		grown = reallocarray(all, count + n, sizeof(*all));
		if (grown == NULL) {
			rc = diag_system(d, "keys");
			break;
		}
		all = grown;
		memcpy(all + count, batch, n * sizeof(*all));
		count += n;
	}
	(void)ps->f->C_FindObjectsFinal(ps->session);
	if (rc == 0 && rv != CKR_OK)
		rc = p11_error(d, rv, "C_FindObjects");
	for (CK_ULONG i = 0; rc == 0 && i < count; i++)
		rc = visit(ps, all[i], d);
	free(all);
	return rc;
}

/* What the sweep asks of an object; the octets of label have no end. */
struct p11_object {
	CK_OBJECT_CLASS class;
	CK_KEY_TYPE type;
	uint8_t id[KEY_ID_MAX];
	char label[LABEL_MAX];
	uint8_t params[PARAMS_MAX], point[P11_POINT_MAX];
	/* 0: it has none, or was not asked. */
	size_t id_size, label_size, params_size, point_size;
};

/* What is told of an elliptic curve here is not asked again when it signs. */
static int
ask_one_by_one(struct p11_store *ps, CK_OBJECT_HANDLE handle,
    struct p11_object *o, struct diag *d)
{
	size_t n;

	o->params_size = o->point_size = 0;
	if (p11_value(ps, handle, CKA_CLASS, &o->class, sizeof(o->class), &n,
		d) == -1)
		return -1;
	if (o->class != CKO_PRIVATE_KEY && o->class != CKO_PUBLIC_KEY)
		return 0;
	if (p11_value(ps, handle, CKA_ID, o->id, sizeof(o->id), &o->id_size,
		d) == -1)
		return -1;
	if (o->class == CKO_PUBLIC_KEY) /* nobody names it by its label */
		return 0;
	return p11_value(ps, handle, CKA_LABEL, o->label, LABEL_MAX,
	    &o->label_size, d);
}

/* The length, 0 where there was no answer; more than max never fitted. */
static size_t
answered(const CK_ATTRIBUTE *attr, size_t max)
{
	return attr->ulValueLen <= max ? attr->ulValueLen : 0;
}

/*
 * All in one question, as each makes SoftHSM read two files.  Private keys
 * have no point and RSA keys no curve, for which the answer is TYPE_INVALID,
 * all else being filled (PKCS#11 2.40 §5.7.5).  A token that has no good answer
 * to it is asked for each by itself.
 */
static int
ask_object(struct p11_store *ps, CK_OBJECT_HANDLE handle,
    struct p11_object *o, struct diag *d)
{
	CK_ATTRIBUTE attr[] = { { CKA_CLASS, &o->class, sizeof(o->class) },
		{ CKA_ID, o->id, sizeof(o->id) },
		{ CKA_LABEL, o->label, sizeof(o->label) },
		{ CKA_KEY_TYPE, &o->type, sizeof(o->type) },
		{ CKA_EC_PARAMS, o->params, sizeof(o->params) },
		{ CKA_EC_POINT, o->point, sizeof(o->point) } };
	CK_RV rv;

	memset(o, 0, sizeof(*o));
	o->class = o->type = CK_UNAVAILABLE_INFORMATION;
	rv = ps->f->C_GetAttributeValue(ps->session, handle, attr,
	    sizeof(attr) / sizeof(attr[0]));
	if ((rv != CKR_OK && rv != CKR_ATTRIBUTE_TYPE_INVALID) ||
	    o->class == CK_UNAVAILABLE_INFORMATION ||
	    attr[1].ulValueLen > sizeof(o->id) ||
	    attr[2].ulValueLen > sizeof(o->label))
		return ask_one_by_one(ps, handle, o, d);
	o->id_size = attr[1].ulValueLen;
	o->label_size = attr[2].ulValueLen;
	if (o->type == CKK_EC || o->type == CKK_EC_EDWARDS) {
		o->params_size = answered(&attr[4], sizeof(o->params));
		o->point_size = answered(&attr[5], sizeof(o->point));
	}
	return 0;
}

/* put is keystore_add, where a sort follows, or keystore_insert. */
static int
add_private(struct p11_store *ps, CK_OBJECT_HANDLE handle,
    const struct p11_object *o,
    int put(struct keystore *, struct keystore_item *, struct diag *),
    struct diag *d)
{
	const struct p11_curve *curve =
	    p11_curve_by_params(o->type, o->params, o->params_size);
	struct keystore_item item = { .handle = handle,
		.id_size = o->id_size };

	if (curve != NULL) {
		item.kind = curve->kind;
		item.bits = curve->bits;
	}
	memcpy(item.id, o->id, o->id_size);
	/* A label with a zero octet can be named by no one: cut there. */
	if (o->label_size > 0 &&
	    (item.label = strndup(o->label, o->label_size)) == NULL)
		return diag_system(d, "keys");
	return put(&ps->base, &item, d);
}

static int
add_public(struct p11_store *ps, CK_OBJECT_HANDLE handle,
    const struct p11_object *o, struct diag *d)
{
	struct p11_public *grown = ps->public;

	/* Room doubles: at every power of two. */
	if ((ps->public_count & (ps->public_count - 1)) == 0) {
		grown = reallocarray(ps->public,
		    ps->public_count == 0 ? 1 : 2 * ps->public_count,
		    sizeof(*grown));
		if (grown == NULL)
			return diag_system(d, "keys");
		ps->public = grown;
	}
	grown += ps->public_count++;
	grown->handle = handle;
	grown->id_size = o->id_size;
	memcpy(grown->id, o->id, o->id_size);
	grown->point_size = o->point_size;
	memcpy(grown->point, o->point, o->point_size);
	return 0;
}

static int
visit_key(struct p11_store *ps, CK_OBJECT_HANDLE handle, struct diag *d)
{
	struct p11_object o;

	if (ask_object(ps, handle, &o, d) == -1)
		return -1;
	if (o.class == CKO_PRIVATE_KEY)
		return add_private(ps, handle, &o, keystore_add, d);
	return o.class == CKO_PUBLIC_KEY ? add_public(ps, handle, &o, d) : 0;
}

static int
visit_public(struct p11_store *ps, CK_OBJECT_HANDLE handle, struct diag *d)
{
	struct p11_object o;

	if (ask_object(ps, handle, &o, d) == -1)
		return -1;
	return o.class == CKO_PUBLIC_KEY ? add_public(ps, handle, &o, d) : 0;
}

int
p11_add_private(struct p11_store *ps, CK_OBJECT_HANDLE handle, struct diag *d)
{
	struct p11_object o;

	if (ask_object(ps, handle, &o, d) == -1)
		return -1;
	return add_private(ps, handle, &o, keystore_insert, d);
}

_Static_assert(offsetof(struct p11_public, id) ==
	    offsetof(struct keystore_row, id) &&
	offsetof(struct p11_public, id_size) ==
	    offsetof(struct keystore_row, id_size), "sorted as rows");

static void
sort_public(struct p11_store *ps)
{
	keystore_rows_sort(ps->public, sizeof(*ps->public), ps->public_count);
	ps->public_swept = true;
}

static size_t
public_place(const struct p11_store *ps, const uint8_t *id, size_t id_size,
    size_t count)
{
	return keystore_rows_place(ps->public, sizeof(*ps->public), count, id,
	    id_size);
}

void
p11_forget_public(struct p11_store *ps)
{
	free(ps->public);
	ps->public = NULL;
	ps->public_count = 0;
	ps->public_swept = false;
}

int
p11_add_public(struct p11_store *ps, CK_OBJECT_HANDLE handle, struct diag *d)
{
	struct p11_object o;
	struct p11_public last;
	size_t n;

	if (!ps->public_swept)
		return 0;
	if (ask_object(ps, handle, &o, d) == -1 ||
	    add_public(ps, handle, &o, d) == -1)
		return -1;
	/* At the end now; to its place among the others, which are sorted. */
	last = ps->public[ps->public_count - 1];
	n = public_place(ps, last.id, last.id_size, ps->public_count - 1);
	memmove(&ps->public[n + 1], &ps->public[n],
	    (ps->public_count - 1 - n) * sizeof(last));
	ps->public[n] = last;
	return 0;
}

void
p11_drop_public(struct p11_store *ps, CK_OBJECT_HANDLE handle)
{
	for (size_t i = 0; i < ps->public_count; i++)
		if (ps->public[i].handle == handle) {
			memmove(&ps->public[i], &ps->public[i + 1],
			    (ps->public_count - i - 1) * sizeof(*ps->public));
			ps->public_count--;
			return;
		}
}

int
p11_find_public(struct p11_store *ps, const uint8_t *id, size_t id_size,
    const struct p11_public **out, struct diag *d)
{
	size_t n;

	if (!ps->public_swept) {
		p11_forget_public(ps);
		if (sweep(ps, visit_public, d) == -1)
			return -1;
		sort_public(ps);
	}
	n = public_place(ps, id, id_size, ps->public_count);
	*out = n < ps->public_count &&
		keystore_id_compare(ps->public[n].id, ps->public[n].id_size,
		    id, id_size) == 0
	    ? &ps->public[n] : NULL;
	return 0;
}

int
p11_sweep(struct p11_store *ps, struct diag *d)
{
	if (sweep(ps, visit_key, d) == -1)
		return -1;
	keystore_sort(&ps->base);
	sort_public(ps);
	return 0;
}
