/* Between zonelist.c and zonelist_catalog.c. */
#ifndef ZONELIST_PARTS_H
#define ZONELIST_PARTS_H

#include "zonelist.h"

/* <Adapter type="File">PATH</Adapter>; to is a char **. */
void zonelist_read_adapter(struct xmlfile *f, xmlNode *n, void *to);
/* Not empty, no control character: paths travel in tab-separated lines. */
bool zonelist_is_path(const char *s);

/* <Adapters> of the list; to is the struct zonelist. */
void zonelist_read_catalogs(struct xmlfile *f, xmlNode *n, void *to);
/* Once all is read: no name and no file of a catalog is a zone's. */
void zonelist_check_catalogs(struct xmlfile *f, const struct zonelist *list);
void zonelist_free_catalogs(struct zonelist *list);

#endif
