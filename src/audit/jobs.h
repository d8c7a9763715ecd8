/*
 * Job lines (write-zones(1)): each names a zone and its file; the verdict goes
 * into the line's status and reason.
 */
#ifndef JOBS_H
#define JOBS_H

#include "audit.h"
#include "modes.h"

/*
 * Judge the zones of the lines of path ("-": stdin) and print the lines to
 * stdout.  Returns the worst status, those that came in included.
 */
enum status jobs_run(struct audit *a, const struct mode_options *o,
    const char *path);

#endif
