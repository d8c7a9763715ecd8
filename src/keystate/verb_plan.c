/* plan: the engine run forward; in its own file, plan.c, is the running. */
#include "verb.h"

const struct verb plan_verbs[] = {
	{ NULL, NULL, 0, NULL, NULL },
};
