/*
 * A bar on stderr for whoever waits at a terminal: RRsets, rate, time left.
 * Silent unless it was started and stderr is a terminal.  State of the
 * process, like its messages: there is one terminal.
 */
#ifndef PROGRESS_H
#define PROGRESS_H

#include <stdint.h>

#include "zonetext.h"

void progress_start(void);

/* A zone begins; the header's records= tells how much is to come, if there. */
void progress_zone(const char *name, const struct zonetext_keys *header);
void progress_step(uint64_t rrsets);
void progress_end(void); /* clears the line */

#endif
