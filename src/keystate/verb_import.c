#include "verb.h"

const struct verb import_verbs[] = {
	{ NULL, NULL, 0, NULL, NULL },
};
