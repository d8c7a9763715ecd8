/* What arrived becomes the input: INPUT.axfr over INPUT, for resign. */
#ifndef FETCHER_DELIVER_H
#define FETCHER_DELIVER_H

#include "diag.h"

/*
 * For every zone of conf.xml's zone list, or for those named.  Prints each
 * zone that was moved.  Nothing to do, and STATUS_OK, where conf.xml has no
 * ZoneFetchFile.
 */
enum status deliver(const char *conf_path, char **names, int count);

#endif
