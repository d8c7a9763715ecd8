/* Hexadecimal, as in CKA_ID locators, salts and digests. */
#ifndef HEX_H
#define HEX_H

#include <stddef.h>
#include <stdint.h>

/* The value of a digit in any case, or -1. */
static inline int
hex_digit(char c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	c |= 0x20;
	return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

/*
 * Pairs of digits in any case.  0 with *size octets in out, or -1: odd, no
 * digit, or over max octets.
 */
int hex_decode(const char *s, size_t len, uint8_t *out, size_t max,
    size_t *size);

/* Lower case and a NUL: out holds 2 * size + 1. */
void hex_encode(const uint8_t *bytes, size_t size, char *out);

#endif
