/* Kinds of calls by the part of their names that CUDA and HIP share: see call.h. */
#include "traces/call.h"

#include <string.h>

#include "traces/build.h"

static bool has(const char *name, size_t length, const char *part)
{
	return length > 0 && memmem(name, length, part, strlen(part)) != NULL;
}

struct call call_of_name(const char *name, size_t length)
{
	bool copies = has(name, length, "Memcpy"), is_launch = has(name, length, "Launch");
	struct call call = {
		.launches = copies || is_launch || has(name, length, "Memset"),
		.waits = has(name, length, "Synchronize"),
	};
	if (has(name, length, "GraphLaunch"))
		call.flags |= BUILD_LAUNCH_GRAPH;
	if (has(name, length, "LaunchKernelEx"))
		call.flags |= BUILD_LAUNCH_ATTRIBUTES;
	if (has(name, length, "MultiDevice"))
		call.flags |= BUILD_LAUNCH_MANY;
	if (copies && !has(name, length, "Async") && !has(name, length, "Peer") && !is_launch)
		call.flags |= BUILD_LAUNCH_BLOCKING;
	return call;
}
