/*
 * PINs: read once, kept in memory that is wiped, never in a message or an
 * argument.
 */
#ifndef PIN_H
#define PIN_H

#include "diag.h"

#define PIN_MAX 255 /* octets */

/*
 * The first line of a file, without its end.  The file must be a regular file
 * that nobody but its owner can read or write; it may hold nothing else.
 * The caller wipes *out with pin_free().  -1: STATUS_USAGE.
 */
int pin_from_file(char **out, const char *path, struct diag *d);

/*
 * Ask on the controlling terminal, echo off: "PIN of TOKEN: ".
 * -1: STATUS_USAGE if there is none, saying what else to do.
 */
int pin_from_terminal(char **out, const char *token, struct diag *d);

/* Wipe and free.  NULL is allowed. */
void pin_free(char *pin);

#endif
