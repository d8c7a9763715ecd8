/*
 * The one bounded parser of numbers (STYLE 10).  Bytes are (pointer, length);
 * nothing but digits is taken: no sign, no blank, no overflow.
 */
#ifndef NUMBER_H
#define NUMBER_H

#include <stddef.h>
#include <stdint.h>

/* Decimal digits, at most max.  0, or -1 with *out untouched. */
int number_u64(const char *s, size_t len, uint64_t max, uint64_t *out);
int number_u32(const char *s, size_t len, uint32_t max, uint32_t *out);
int number_u16(const char *s, size_t len, uint16_t max, uint16_t *out);

/*
 * A size in bytes with an optional K, M or G (powers of 1024), as in "-S 48M".
 * 0, or -1 when malformed or above SIZE_MAX.
 */
int number_size(const char *s, size_t *out);

#endif
