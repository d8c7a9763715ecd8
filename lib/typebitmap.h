/*
 * The set of RR types at an owner, as NSEC and NSEC3 tell it
 * (RFC 4034 §4.1.2).
 */
#ifndef TYPEBITMAP_H
#define TYPEBITMAP_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define TYPEBITMAP_WIRE_MAX (256 * 34)
#define TYPEBITMAP_TEXT_MAX (65536 * 10) /* "TYPE65535 " for all of them */

/* Start with all bytes zero: the empty set. */
struct typebitmap {
	uint8_t bits[256][32];
	uint8_t used[256]; /* bytes of a window up to the last that is set */
	unsigned windows;  /* windows at and above are empty */
};

void typebitmap_add(struct typebitmap *set, uint16_t type);
bool typebitmap_has(const struct typebitmap *set, uint16_t type);
bool typebitmap_empty(const struct typebitmap *set);
void typebitmap_clear(struct typebitmap *set);

/* The wire form; its length, 0 for the empty set. */
size_t typebitmap_to_wire(
    const struct typebitmap *set, uint8_t wire[TYPEBITMAP_WIRE_MAX]);

/*
 * A wire form as text: the types in order, as the stream writes them, with
 * single spaces between.  Returns the length (0 for the empty set), or -1: not
 * a type bitmap (RFC 4034 §4.1.2), or size is too small.
 * No NUL is written.
 */
int typebitmap_to_text(const uint8_t *wire, size_t len, char *buf, size_t size);

#endif
