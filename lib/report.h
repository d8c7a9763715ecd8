/*
 * Messages for people: "program: place: what (rule)" on stderr and, when a
 * facility is set, to syslog.  The one module of lib/ that prints: programs
 * call it, other modules of lib/ fill a struct diag instead.
 *
 * Bytes that are not printable ASCII or well-formed UTF-8 are written as \xNN:
 * a message may quote hostile input, and must not drive the terminal.
 */
#ifndef REPORT_H
#define REPORT_H

#include "diag.h"

/* Name the program in every message; once, first in main(). */
void report_open(const char *program);

/*
 * Send messages to syslog too, by facility name ("daemon", "local0", ...), as
 * in conf.xml's Common/Logging/Syslog/Facility.  -1: no such facility.
 */
int report_syslog(const char *facility);

/* Verbosity: 0 errors only, 1 warnings too (the start), 2 info, 3 debug. */
void report_verbosity(int level);

void report_error(const char *fmt, ...) __attribute__((format(printf, 1, 2)));
void report_warn(const char *fmt, ...) __attribute__((format(printf, 1, 2)));
void report_info(const char *fmt, ...) __attribute__((format(printf, 1, 2)));
void report_debug(const char *fmt, ...) __attribute__((format(printf, 1, 2)));

/* Report d as an error; returns its status, for main() to return. */
enum status report_diag(const struct diag *d);

#endif
