#ifndef KEYSTATE_EXPORT_H
#define KEYSTATE_EXPORT_H

#include "session.h"

/* The DNSKEY records that read-zone merges into the zone, one a line. */
int export_published(const struct session *s, const struct zone *z,
    struct textbuf *to, struct diag *d);

#endif
