/*
 * Where in its master files a zone's findings stand: names cost a second
 * reading of the inputs, on the failure path.
 */
#ifndef SORT_LOCATE_H
#define SORT_LOCATE_H

#include "sort-findings.h"

/*
 * Read the files and set the places of what is found there; what is not (a
 * record that is missing) keeps none.  Records that cannot be read are passed
 * over.  -1: a file could not be read to its end (STATUS_SYSTEM), or there was
 * nothing to be found but what could not be read (STATUS_BAD); the places that
 * were found are set.
 */
int locate_findings(struct findings *f, const char *zone,
    const char *const *paths, size_t count, struct diag *d);

#endif
