/*
 * SOA serial numbers: RFC 1982 arithmetic, and which number a zone gets next
 * (interfaces §7 "Serial").
 */
#ifndef SERIAL_H
#define SERIAL_H

#include <stdbool.h>
#include <stdint.h>

#include "diag.h"

/* RFC 1982 §3.1: the most that may be added to a serial number. */
#define SERIAL_STEP_MAX 2147483647U

enum serial_mode {
	SERIAL_UNIXTIME,    /* seconds since 1970 */
	SERIAL_COUNTER,	    /* the last one plus one */
	SERIAL_DATECOUNTER, /* YYYYMMDDnn, the date in UTC */
	SERIAL_KEEP,	    /* the input's */
};

/* A mode by its name in kasp.xml, lower case.  -1: no such mode. */
int serial_mode_from_text(const char *text, enum serial_mode *mode);

/*
 * RFC 1982 §3.2: is a greater than b?  Two numbers that are 2^31 apart are
 * not comparable: neither is greater.
 */
bool serial_above(uint32_t a, uint32_t b);

/*
 * The next serial of a zone whose input has the serial input and that was last
 * published with *last (NULL: never), for the modes other than keep.
 * It is above *last, and above input too unless the two are so far apart that
 * no number is above both: then *passes_input is false.
 * -1: STATUS_USAGE, now is no date that a serial can hold.
 */
int serial_next(enum serial_mode mode, int64_t now, uint32_t input,
    const uint32_t *last, uint32_t *serial, bool *passes_input, struct diag *d);

#endif
