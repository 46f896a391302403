/* API calls by name: see calls.h. */
#include "traces/tracer/calls.h"

#include <stddef.h>
#include <string.h>

/* What a kept name begins with, after "cuda" or "cu" and underscores. */
static const char *const kept_prefixes[] = {
	"Launch",
	"GraphLaunch",
	"GraphInstantiate",
	"GraphUpload",
	"GraphExecUpdate",
	"Memcpy",
	"Memset",
	"MemPrefetch",
	"Malloc",
	"MemAlloc",
	"HostAlloc",
	"MemHostAlloc",
	"Free",
	"MemFree",
	"MemCreate",
	"StreamSynchronize",
	"CtxSynchronize",
	"EventSynchronize",
	"DeviceSynchronize",
	"ThreadSynchronize",
	"StreamWait",
	"ModuleLoad",
	"LibraryLoad",
	"StreamBeginCapture",
	"StreamEndCapture",
};

bool call_is_kept(const char *name)
{
	name += strspn(name, "_");
	if (strncmp(name, "cuda", 4) == 0)
		name += 4;
	else if (strncmp(name, "cu", 2) == 0)
		name += 2;
	if (strncmp(name, "64", 2) == 0) /* of 32-bit days */
		name += 2;
	for (size_t i = 0; i < sizeof(kept_prefixes) / sizeof(kept_prefixes[0]); i++)
		if (strncmp(name, kept_prefixes[i], strlen(kept_prefixes[i])) == 0)
			return true;
	return false;
}

/* NULL when there is no such call. */
static const char *call_name(const struct cupti *cupti, uint32_t domain, uint32_t cbid)
{
	const char *name = NULL;
	if (cupti->cuptiGetCallbackName(domain, cbid, &name) != CUPTI_OK)
		return NULL;
	return name;
}

void calls_disable_rest(const struct cupti *cupti)
{
	if (cupti->cuptiActivityEnableRuntimeApi == NULL ||
	    cupti->cuptiActivityEnableDriverApi == NULL)
		return;
	for (uint32_t cbid = 1; cbid < CALLS_MOST_CBID; cbid++) {
		const char *runtime = call_name(cupti, CUPTI_DOMAIN_RUNTIME, cbid);
		const char *driver = call_name(cupti, CUPTI_DOMAIN_DRIVER, cbid);
		if (runtime != NULL && !call_is_kept(runtime))
			cupti->cuptiActivityEnableRuntimeApi(cbid, 0);
		if (driver != NULL && !call_is_kept(driver))
			cupti->cuptiActivityEnableDriverApi(cbid, 0);
	}
}

uint16_t calls_index(struct calls *calls, const struct cupti *cupti, uint32_t domain, uint32_t cbid,
		     const char **name)
{
	*name = NULL;
	if (cbid >= CALLS_MOST_CBID || domain < 1 || domain > CALLS_DOMAINS)
		return CALL_IS_LOST;
	uint16_t *index = &calls->indices[domain - 1][cbid];
	if (*index == 0) {
		*name = call_name(cupti, domain, cbid);
		if (*name == NULL)
			*name = "unknown";
		if (calls->keep_all || call_is_kept(*name))
			*index = ++calls->count;
		else
			*index = CALL_IS_DROPPED;
	}
	if (*index == CALL_IS_DROPPED) {
		*name = NULL;
		return CALL_IS_DROPPED;
	}
	return (uint16_t)(*index - 1);
}
