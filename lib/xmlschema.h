/* The RelaxNG schemas of etc/schema, as bytes inside the program. */
#ifndef XMLSCHEMA_H
#define XMLSCHEMA_H

#include <stddef.h>

/* The text of NAME.rng (not NUL terminated), or NULL: no such schema. */
const char *xmlschema_text(const char *name, size_t *len);

#endif
