#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>

#include "atomicfile.h"
#include "conf.h"
#include "deliver.h"
#include "held.h"
#include "report.h"
#include "zonelist.h"

/* 1: moved, 0: nothing has arrived. */
static int
deliver_zone(const struct zonelist_zone *zone, struct diag *d)
{
	char arrived[PATH_MAX];
	const int n = snprintf(
	    arrived, sizeof(arrived), "%s%s", zone->input, HELD_ARRIVED);

	if (n < 0 || n >= (int)sizeof(arrived))
		return diag_set(
		    d, STATUS_USAGE, "%s: path too long", zone->input);
	if (rename(arrived, zone->input) == -1)
		return errno == ENOENT ? 0 : diag_system(d, "%s", arrived);
	return atomicfile_sync_folder(zone->input, d) == -1 ? -1 : 1;
}

static bool
is_named(const struct zonelist_zone *zone, char **names, int count)
{
	const size_t len = strlen(zone->name);

	for (int i = 0; i < count; i++) {
		const size_t n = strlen(names[i]);

		/* with or without the final dot */
		if ((n == len || n + 1 == len) &&
		    strncasecmp(names[i], zone->name, n) == 0)
			return true;
	}
	return count == 0;
}

enum status
deliver(const char *conf_path, char **names, int count)
{
	struct conf *conf = NULL;
	struct zonelist *list = NULL;
	enum status status = STATUS_OK;
	struct diag d;
	int rc;

	if (conf_read(&conf, conf_path, NULL, &d) == -1)
		return report_diag(&d);
	if (conf->zonefetch_file != NULL &&
	    zonelist_read(&list, conf->zonelist_file, NULL, &d) == -1)
		status = report_diag(&d);
	for (size_t i = 0; list != NULL && i < list->count; i++) {
		if (!is_named(&list->zone[i], names, count))
			continue;
		rc = deliver_zone(&list->zone[i], &d);
		if (rc == 1)
			printf("%s\n", list->zone[i].name);
		else if (rc == -1) {
			(void)report_diag(&d);
			status = d.status > status ? d.status : status;
		}
	}
	zonelist_free(list);
	conf_free(conf);
	return status;
}
