#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "finding.h"
#include "wname.h"

#define TEXT_MAX 512

void
finding_add(struct findings *f, enum check check, const uint8_t *owner,
    uint16_t type, struct place at, const char *fmt, ...)
{
	char text[TEXT_MAX];
	struct finding *new;
	va_list ap;
	int n;

	if (f->ignore != NULL && f->ignore[check])
		return;
	va_start(ap, fmt);
	n = vsnprintf(text, sizeof(text), fmt, ap);
	va_end(ap);
	if (n < 0)
		text[0] = '\0';
	if (f->sink != NULL) {
		const struct finding now = { .check = check, .at = at,
			.type = type, .owner = owner, .text = text };

		f->sink(f->arg, &now);
		return;
	}
	new = arena_alloc(&f->arena, sizeof(*new));
	if (new == NULL) {
		f->lost = true;
		return;
	}
	*new = (struct finding){ .check = check, .at = at, .type = type };
	new->text = arena_copy(&f->arena, text, strlen(text) + 1);
	if (owner != NULL)
		new->owner = arena_copy(&f->arena, owner, wname_size(owner));
	if (new->text == NULL || (owner != NULL && new->owner == NULL)) {
		f->lost = true;
		return;
	}
	if (f->last == NULL)
		f->first = new;
	else
		f->last->next = new;
	f->last = new;
}

void
findings_reset(struct findings *f)
{
	arena_reset(&f->arena);
	f->first = NULL;
	f->last = NULL;
}

void
findings_free(struct findings *f)
{
	arena_free(&f->arena);
	f->first = NULL;
	f->last = NULL;
}
