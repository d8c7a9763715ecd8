/*
 * RDATA from the words of a master file, for the types that libzscanner cannot
 * read.  Goes by the rows of rrfields.h.
 */
#ifndef RRREAD_H
#define RRREAD_H

#include <stddef.h>
#include <stdint.h>

#include "diag.h"
#include "zonelexer.h"

#define RRREAD_MAX 65535

/*
 * count words to at most RRREAD_MAX octets in rdata.  origin: as in
 * zonelexer_name().  Returns the length; -1: STATUS_BAD, text without place.
 */
int rrread(uint16_t type, const struct zonelexer_word *words, size_t count,
    const uint8_t *origin, uint8_t *rdata, struct diag *d);

#endif
