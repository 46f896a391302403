/* Names that runs give their steps: see step_names.h. */
#include "traces/step_names.h"

#include <string.h>

/* What runs call their steps: torch.profiler's schedule, vLLM, SGLang, and plain words. */
static const char *const step_prefixes[] = {
	"ProfilerStep#", "execute_context_", "execute_model", "step[", "decode_step", "decode step",
};

bool steps_name_is_step(const char *name, size_t length)
{
	static const char numbered[] = "execute_", context[] = "_context_";
	for (size_t i = 0; i < sizeof(step_prefixes) / sizeof(step_prefixes[0]); i++) {
		size_t prefix = strlen(step_prefixes[i]);
		if (length >= prefix && memcmp(name, step_prefixes[i], prefix) == 0)
			return true;
	}
	if (length <= strlen(numbered) || memcmp(name, numbered, strlen(numbered)) != 0)
		return false;
	size_t at = strlen(numbered); /* execute_32_context_0(...)_generation_32(...) */
	while (at < length && name[at] >= '0' && name[at] <= '9')
		at++;
	return at > strlen(numbered) && length - at >= strlen(context) &&
	       memcmp(name + at, context, strlen(context)) == 0;
}
