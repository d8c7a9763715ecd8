/* The dates that ods-ksmutil key import takes (interfaces §4). */
#ifndef KEYSTATE_IMPORTTIME_H
#define KEYSTATE_IMPORTTIME_H

#include <stdint.h>

/*
 * YYYYMMDD[HH[MM[SS]]]; D-MMM-YYYY, DD-MMM-YYYY, YYYY-MMM-DD or the same with
 * a number for the month, then ':' or a blank and HH[:MM[:SS]], or nothing.
 * UTC.  -1: none of these, or no such day.
 */
int importtime_parse(const char *text, int64_t *moment);

#endif
