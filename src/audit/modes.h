/* Audits against a policy: of one zone by options, or of a zone list. */
#ifndef MODES_H
#define MODES_H

#include "audit.h"
#include "cli.h"

struct mode_options {
	const char *conf, *kasp, *policy, *signconf, *signed_;
	struct cli_list unsigned_, zones; /* -u, -z and operands */
	bool full, partial;
};

/* signed_ by --signconf and --kasp, --policy or --conf. */
enum status modes_policy(struct audit *a, const struct mode_options *o,
    const char *path);

/* The zones of conf.xml's list, or those named. */
enum status modes_conf(struct audit *a, const struct mode_options *o);

/* One zone of a configuration that was read, with this signed file. */
enum status modes_listed(struct audit *a, const struct mode_options *o,
    const struct configuration *c, const char *zone, const char *path);

#endif
