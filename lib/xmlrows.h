/* Short forms for the rows of xmlread.h, for the modules that read our XML. */
#ifndef XMLROWS_H
#define XMLROWS_H

#include <stddef.h>

#include "xmlread.h"

#define XMLROW(NAME, TYPE, FLAGS, STRUCT, FIELD) \
	{ NAME, TYPE, FLAGS, offsetof(STRUCT, FIELD), NULL, NULL }
#define XMLROW_CALL(NAME, FLAGS, OFFSET, FUNCTION) \
	{ NAME, XMLREAD_CALL, FLAGS, OFFSET, NULL, FUNCTION }
#define XMLROW_GROUP(NAME, FLAGS, ROWS) \
	{ NAME, XMLREAD_GROUP, FLAGS, 0, ROWS, NULL }
#define XMLROW_IGNORE(NAME, FLAGS) \
	{ NAME, XMLREAD_IGNORE, FLAGS, 0, NULL, NULL }
#define XMLROW_END { NULL, XMLREAD_END, 0, 0, NULL, NULL }

#endif
