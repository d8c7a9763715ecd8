/* The configuration files into the engine's model. */
#ifndef KEYSTATE_CONFIG_H
#define KEYSTATE_CONFIG_H

#include "session.h"

/* Repositories as stores.  -1: STATUS_SYSTEM. */
int config_stores(
    struct model *m, const struct repository_list *list, struct diag *d);

/* Policies and their key blocks.  A repository that no store is: STATUS_USAGE.
 */
int config_policies(struct model *m, const struct kasp *kasp,
    const char *kasp_path, struct diag *d);

/* Zones of the list, in its order, with their paths. */
int config_zones(struct session *s, struct diag *d);

/*
 * After the database was read: the policy of each zone as the list says; a
 * zone that is not in the list gets none, so that the engine leaves it alone.
 */
int config_link(struct session *s, struct diag *d);

#endif
