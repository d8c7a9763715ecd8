#include <stdlib.h>
#include <string.h>

#include "pin.h"
#include "repository.h"

static int
copy_text(char **to, const char *from, struct diag *d)
{
	if (from == NULL)
		return 0;
	if ((*to = strdup(from)) == NULL)
		return diag_system(d, "repository");
	return 0;
}

int
repository_copy(struct repository *to, const struct repository *from,
    struct diag *d)
{
	*to = *from;
	to->name = to->module = to->token = to->uri = to->pin = NULL;
	to->pin_file = to->directory = NULL;
	if (copy_text(&to->name, from->name, d) == -1 ||
	    copy_text(&to->module, from->module, d) == -1 ||
	    copy_text(&to->token, from->token, d) == -1 ||
	    copy_text(&to->uri, from->uri, d) == -1 ||
	    copy_text(&to->pin, from->pin, d) == -1 ||
	    copy_text(&to->pin_file, from->pin_file, d) == -1 ||
	    copy_text(&to->directory, from->directory, d) == -1) {
		repository_clear(to);
		return -1;
	}
	return 0;
}

void
repository_clear(struct repository *repo)
{
	free(repo->name);
	free(repo->module);
	free(repo->token);
	free(repo->uri);
	pin_free(repo->pin);
	free(repo->pin_file);
	free(repo->directory);
	memset(repo, 0, sizeof(*repo));
}

void
repository_list_free(struct repository_list *list)
{
	for (size_t i = 0; i < list->count; i++)
		repository_clear(&list->item[i]);
	free(list->item);
	list->item = NULL;
	list->count = 0;
}

struct repository *
repository_find(const struct repository_list *list, const char *name)
{
	for (size_t i = 0; i < list->count; i++)
		if (strcmp(list->item[i].name, name) == 0)
			return &list->item[i];
	return NULL;
}
