/* Libraries that are loaded already: see loaded.h. */
#include "traces/tracer/loaded.h"

#include <dlfcn.h>
#include <link.h>
#include <stdio.h>
#include <string.h>

#include "traces/tracer/settings.h"

struct search {
	const char *prefix;
	char path[TRACER_LONGEST_PATH];
};

static int look_at(struct dl_phdr_info *object, size_t size, void *argument)
{
	struct search *search = argument;
	(void)size;
	if (object->dlpi_name == NULL)
		return 0;
	const char *base = strrchr(object->dlpi_name, '/');
	base = base != NULL ? base + 1 : object->dlpi_name;
	if (strncmp(base, search->prefix, strlen(search->prefix)) != 0)
		return 0;
	snprintf(search->path, sizeof(search->path), "%s", object->dlpi_name);
	return 1;
}

void *loaded_library(const char *prefix)
{
	struct search search = {.prefix = prefix};
	if (dl_iterate_phdr(look_at, &search) == 0)
		return NULL;
	return dlopen(search.path, RTLD_NOW | RTLD_NOLOAD);
}
