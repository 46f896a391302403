/* CUPTI, loaded at run time: see cupti_load.h. */
#include "traces/tracer/cupti_load.h"

#include <dlfcn.h>
#include <link.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "traces/tracer/loaded.h"
#include "traces/tracer/say.h"

/*
 * Records of CUDA 11.8 (CUPTI API version 18) are the first that hold every field of ours up to a
 * kernel's cluster; before them records would be read past their end.
 */
enum { OLDEST_VERSION = 18 };

static const char *const names[] = {"libcupti.so.13", "libcupti.so.12", "libcupti.so"};
static const char *const folders[] = {
	"/usr/local/cuda/extras/CUPTI/lib64",
	"/usr/local/cuda/lib64",
	"/usr/local/cuda/targets/x86_64-linux/lib",
	"/usr/lib/x86_64-linux-gnu",
};

enum { NAMES = sizeof(names) / sizeof(names[0]), FOLDERS = sizeof(folders) / sizeof(folders[0]) };

/* Wheels carry CUPTI under names like libcupti-1a2b3c4d.so.13. */
static void *open_loaded(void)
{
	void *library = loaded_library("libcupti.so");
	return library != NULL ? library : loaded_library("libcupti-");
}

static void *open_by_name(void)
{
	void *library = NULL;
	for (size_t i = 0; library == NULL && i < NAMES; i++)
		library = dlopen(names[i], RTLD_NOW);
	for (size_t i = 0; library == NULL && i < NAMES; i++)
		for (size_t k = 0; library == NULL && k < FOLDERS; k++) {
			char path[256];
			snprintf(path, sizeof(path), "%s/%s", folders[k], names[i]);
			library = dlopen(path, RTLD_NOW);
		}
	return library;
}

static void *open_library(void)
{
	const char *wanted = getenv(TRACER_ENV_CUPTI);
	void *library = NULL;
	if (wanted != NULL && *wanted != '\0') {
		library = dlopen(wanted, RTLD_NOW);
		if (library == NULL)
			tracer_say("cannot load CUPTI: %s; " TRACER_ENV_CUPTI " names it",
				   dlerror());
		return library;
	}
	library = open_loaded();
	if (library == NULL)
		library = open_by_name();
	if (library == NULL)
		tracer_say("no libcupti found, nothing is recorded; set " TRACER_ENV_CUPTI
			   " to the path of libcupti.so.13");
	return library;
}

static bool find_entries(struct cupti *cupti)
{
	const char *missing = NULL;
	void *entry;
#define X(name, parameters)                                                                        \
	entry = dlsym(cupti->library, #name);                                                      \
	memcpy(&cupti->name, &entry, sizeof(entry));
	CUPTI_ENTRY_LIST(X)
	CUPTI_OPTIONAL_ENTRY_LIST(X)
#undef X
#define X(name, parameters) missing = cupti->name == NULL ? #name : missing;
	CUPTI_ENTRY_LIST(X)
#undef X
	if (missing != NULL)
		tracer_say("this libcupti has no %s, nothing is recorded: '%s'", missing,
			   cupti->path);
	return missing == NULL;
}

static bool load(struct cupti *cupti)
{
	const struct link_map *loaded = NULL;
	cupti->library = open_library();
	if (cupti->library == NULL)
		return false;
	if (dlinfo(cupti->library, RTLD_DI_LINKMAP, (void *)&loaded) == 0)
		snprintf(cupti->path, sizeof(cupti->path), "%s", loaded->l_name);
	if (!find_entries(cupti))
		return false;
	if (cupti->cuptiGetVersion(&cupti->version) != CUPTI_OK ||
	    cupti->version < OLDEST_VERSION) {
		tracer_say("CUPTI's version %u is too old, nothing is recorded; CUDA 11.8 is the "
			   "first that will do: '%s'",
			   cupti->version, cupti->path);
		return false;
	}
	tracer_tell("CUPTI %u: '%s'", cupti->version, cupti->path);
	return true;
}

const struct cupti *cupti_load(void)
{
	static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
	static struct cupti cupti;
	static enum { NOT_TRIED, LOADED, FAILED } state;
	pthread_mutex_lock(&lock);
	if (state == NOT_TRIED)
		state = load(&cupti) ? LOADED : FAILED;
	bool loaded = state == LOADED;
	pthread_mutex_unlock(&lock);
	return loaded ? &cupti : NULL;
}

const char *cupti_result_text(const struct cupti *cupti, int result)
{
	const char *text = NULL;
	if (cupti->cuptiGetResultString(result, &text) != CUPTI_OK || text == NULL)
		return "unknown error";
	return text;
}
