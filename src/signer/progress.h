/*
 * A bar on stderr for whoever waits at a terminal: RRsets, rate, time left.
 * Silent unless it was started and stderr is a terminal.  State of the
 * process, like its messages: there is one terminal.
 */
#ifndef PROGRESS_H
#define PROGRESS_H

#include <stdbool.h>
#include <stdint.h>

#include "zonetext.h"

void progress_start(void);

/*
 * A zone begins; the header's records=, which sort-zone sets, tells how much is
 * to come.
 */
void progress_zone(const char *name, const struct zonetext_keys *header);

/* An RRset is through, with so many records; chain: NSEC or NSEC3, which
 * sort-zone did not count. */
void progress_step(uint32_t records, bool chain);
void progress_end(void); /* clears the line */

#endif
