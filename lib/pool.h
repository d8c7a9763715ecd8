/*
 * Memory that is given back all at once: for the records of one message, as
 * libknot allocates them.
 */
#ifndef POOL_H
#define POOL_H

#include <libknot/mm_ctx.h>

struct pool;

struct pool *pool_new(void); /* NULL: no memory */

/* For libknot's calls; what they free comes back with pool_reset(). */
knot_mm_t *pool_mm(struct pool *pool);

void pool_reset(struct pool *pool);
void pool_free(struct pool *pool); /* NULL is allowed */

#endif
