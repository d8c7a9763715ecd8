/* ServedBy of a policy: is the new serial what the world gets? */
#ifndef KEYSTATE_SERVED_H
#define KEYSTATE_SERVED_H

#include <stddef.h>
#include <stdint.h>

#include "diag.h"

/*
 * Ask each "ADDRESS#PORT" for the zone's SOA over UDP.  0 if all answer with
 * serial or a later one (RFC 1982); -1: STATUS_SYSTEM, naming the one that
 * does not.  zone is absolute.
 */
int served_everywhere(char *const *servers, size_t count, const char *zone,
    uint32_t serial, struct diag *d);

#endif
