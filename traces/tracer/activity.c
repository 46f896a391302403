/* Switching CUPTI's records on and off: see activity.h. */
#include "traces/tracer/activity.h"

#include <stdio.h>

#include "traces/log.h"
#include "traces/tracer/calls.h"
#include "traces/tracer/canary.h"
#include "traces/tracer/graph_nodes.h"
#include "traces/tracer/lend.h"
#include "traces/tracer/queue.h"
#include "traces/tracer/say.h"

/* With an option of 0: always. CONCURRENT_KERNEL is the one that does not serialise kernels. */
static const struct {
	uint32_t kind;
	unsigned option;
	uint32_t feature;
} kinds[] = {
	{CUPTI_KIND_CONCURRENT_KERNEL, 0, LOG_HAS_KERNELS},
	{CUPTI_KIND_MEMCPY, 0, 0},
	{CUPTI_KIND_MEMCPY_PEER, 0, 0},
	{CUPTI_KIND_MEMSET, 0, 0},
	{CUPTI_KIND_CONTEXT, 0, 0},
	{CUPTI_KIND_OVERHEAD, 0, 0},
	{CUPTI_KIND_RUNTIME, TRACER_CALLS, LOG_HAS_CALLS},
	{CUPTI_KIND_DRIVER, TRACER_CALLS, LOG_HAS_CALLS},
	{CUPTI_KIND_MARKER, TRACER_RANGES, LOG_HAS_RANGES},
	{CUPTI_KIND_SYNCHRONIZATION, TRACER_SYNCS, LOG_HAS_SYNCS},
	{CUPTI_KIND_GRAPH_TRACE, TRACER_GRAPH_LEVEL, LOG_IS_GRAPH_LEVEL},
};

enum { KINDS = sizeof(kinds) / sizeof(kinds[0]) };

static cupti_subscriber subscriber;
static bool has_subscribed;
static bool is_on[KINDS];

/* The one subscription of a process: who holds it is alone. Records come without it, too. */
static void subscribe(const struct cupti *cupti)
{
	char holder[CUPTI_OLD_SUBSCRIBER_NAME_BYTES + 1] = "", text[192];
	struct cupti_subscriber_params params = {
		.struct_size = sizeof(params),
		.name = "decodesim-tracer",
		.old_name = holder,
		.old_name_bytes = CUPTI_OLD_SUBSCRIBER_NAME_BYTES,
	};
	int result =
		cupti->cuptiSubscribe_v2 != NULL
			? cupti->cuptiSubscribe_v2(&subscriber, graph_nodes_callback, NULL, &params)
			: cupti->cuptiSubscribe(&subscriber, graph_nodes_callback, NULL);
	has_subscribed = result == CUPTI_OK;
	if (has_subscribed)
		return;
	snprintf(text, sizeof(text), "another profiler holds CUPTI's subscription: %s (%s)",
		 holder[0] != '\0' ? holder : "it gives no name", cupti_result_text(cupti, result));
	tracer_say("%s; the trace is not reliable", text);
	queue_push_fact("unreliable", text);
}

static bool enable(const struct cupti *cupti, size_t i, const struct tracer_settings *settings)
{
	if (kinds[i].option != 0 && (settings->options & kinds[i].option) == 0)
		return false;
	int result = cupti->cuptiActivityEnable(kinds[i].kind);
	if (result != CUPTI_OK)
		tracer_say("CUPTI records no activity of kind %u: %s", kinds[i].kind,
			   cupti_result_text(cupti, result));
	is_on[i] = result == CUPTI_OK;
	return is_on[i];
}

bool activity_start(const struct cupti *cupti, const struct tracer_settings *settings,
		    uint32_t *features)
{
	*features = 0;
	subscribe(cupti);
	bool has_ids = cupti->cuptiSetThreadIdType(CUPTI_THREAD_ID_SYSTEM) == CUPTI_OK;
	int result = cupti->cuptiActivityRegisterCallbacks(lend_request, lend_complete);
	if (result != CUPTI_OK) {
		tracer_say("CUPTI takes no buffers, nothing is recorded: %s",
			   cupti_result_text(cupti, result));
		return false;
	}
	if ((settings->options & TRACER_RANGES) && has_subscribed)
		graph_nodes_start(cupti, subscriber);
	for (size_t i = 0; i < KINDS; i++)
		if (enable(cupti, i, settings))
			*features |= kinds[i].feature;
	if ((*features & LOG_HAS_CALLS) && (settings->options & TRACER_ALL_CALLS) == 0)
		calls_disable_rest(cupti);
	if (has_ids)
		canary_start(cupti, (*features & LOG_HAS_CALLS) != 0);
	if (*features & LOG_HAS_KERNELS)
		return true;
	activity_stop(cupti);
	return false;
}

void activity_stop(const struct cupti *cupti)
{
	if (has_subscribed)
		graph_nodes_stop(cupti, subscriber);
	canary_stop();
	for (size_t i = 0; i < KINDS; i++) {
		if (is_on[i])
			cupti->cuptiActivityDisable(kinds[i].kind);
		is_on[i] = false;
	}
}

void activity_flush(const struct cupti *cupti, bool all)
{
	int result = cupti->cuptiActivityFlushAll(all ? CUPTI_FLUSH_FORCED : 0);
	if (result != CUPTI_OK)
		tracer_tell("CUPTI cannot flush: %s", cupti_result_text(cupti, result));
}
