/* Between scheduler.c, scheduler_command.c and scheduler_serve.c. */
#ifndef FETCHER_SCHEDULER_PARTS_H
#define FETCHER_SCHEDULER_PARTS_H

#include <signal.h>
#include <sys/types.h>
#include <time.h>

#include "scheduler.h"
#include "worker.h"

#define SPACING_MS 1000	 /* between two looks at a zone */
#define LOOK_MS	   10000 /* at the configuration files */

struct job {
	int64_t due;   /* clock_ms() */
	int64_t ended; /* the last look, or 0 */
	bool running;
	bool notified; /* NOTIFY came: before those of timers */
	bool arrived;  /* to be handed to the command */
	size_t master; /* to ask first */
};

struct scheduler {
	struct fetch_config **config;
	const struct scheduler_options *options;
	bool serving;
	struct job *job; /* one for each of config->zone */
	struct worker worker[SCHEDULER_WORKERS_MAX];
	size_t workers; /* at work */
	int signals;	/* signalfd */
	sigset_t old_mask;
	/* serving */
	struct listen_sockets *sockets;
	pid_t listener, runner;
	int events; /* from the listener, or -1 */
	int64_t listener_at, look_at;
	struct timespec changed[3];  /* of the configuration files */
	bool catalogs_due, applying; /* the runner is at the catalogs */
	bool stopping;
	enum status worst;
};

/* The zone's job, or NULL: the zone list has lost it. */
struct job *scheduler_job(struct scheduler *s, const char *zone);

/* ---- scheduler_command.c ---- */

/*
 * Start the command with what came in, or follow the catalogs if one came in;
 * one of them at a time.
 */
void scheduler_start_catalogs(struct scheduler *s);
void scheduler_start_command(struct scheduler *s);
void scheduler_command_ended(struct scheduler *s, int wait_status);

/* ---- scheduler_serve.c ---- */

void scheduler_start_listener(struct scheduler *s);
void scheduler_listener_ended(struct scheduler *s);
void scheduler_stop_listener(struct scheduler *s);
/* The NOTIFYs that the listener took. */
void scheduler_read_events(struct scheduler *s);
/* Has a configuration file changed since the last call? */
bool scheduler_files_changed(struct scheduler *s);
void scheduler_reload(struct scheduler *s);

#endif
