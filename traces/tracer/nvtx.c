/* NVTX: see nvtx.h. */
#include "traces/tracer/nvtx.h"

#include <dlfcn.h>
#include <stddef.h>
#include <string.h>

#include "traces/tracer/say.h"
#include "traces/tracer/tracer.h"

typedef int (*attach_fn)(nvtx_export_table_fn export_table);

int nvtx_attach(const char *entry, nvtx_export_table_fn export_table)
{
	const struct tracer_settings *settings = tracer_settings();
	attach_fn attach = NULL;
	if (settings->options & TRACER_TIMING)
		return nvtx_steps_attach(export_table);
	const struct cupti *cupti = settings->options & TRACER_RANGES ? cupti_load() : NULL;
	if (cupti == NULL)
		return 0;
	void *found = dlsym(cupti->library, entry);
	memcpy(&attach, &found, sizeof(found));
	if (attach == NULL)
		tracer_say("ranges are not recorded: this libcupti has no %s", entry);
	return attach != NULL ? attach(export_table) : 0;
}
