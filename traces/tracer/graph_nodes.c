/* Nodes of graphs as they are made: see graph_nodes.h. */
#include "traces/tracer/graph_nodes.h"

#include <stdatomic.h>
#include <stdbool.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "traces/tracer/clocks.h"
#include "traces/tracer/queue.h"

/* NULL: not started */
static _Atomic(const struct cupti *) source;

static const uint32_t events[] = {CUPTI_RESOURCE_GRAPHNODE_CREATED,
				  CUPTI_RESOURCE_GRAPHNODE_CLONED};

enum { EVENTS = sizeof(events) / sizeof(events[0]) };

/* Runs on the program's thread, inside the driver. */
void graph_nodes_callback(void *user, uint32_t domain, uint32_t cbid, const void *data)
{
	const struct cupti *cupti = atomic_load(&source);
	const struct cupti_resource *resource = data;
	(void)user;
	if (cupti == NULL || domain != CUPTI_DOMAIN_RESOURCE || resource == NULL ||
	    resource->descriptor == NULL)
		return;
	if (cbid != CUPTI_RESOURCE_GRAPHNODE_CREATED && cbid != CUPTI_RESOURCE_GRAPHNODE_CLONED)
		return;
	const struct cupti_graph *graph = resource->descriptor;
	struct note note = {.kind = LOG_GRAPH_NODE, .system_thread = (uint32_t)syscall(SYS_gettid)};
	struct log_graph_node node = {.time_ns = trace_clock_ns(cupti)};
	if (graph->node == NULL || cupti->cuptiGetGraphNodeId(graph->node, &node.node) != CUPTI_OK)
		return;
	if (cbid == CUPTI_RESOURCE_GRAPHNODE_CLONED && graph->original_node != NULL)
		cupti->cuptiGetGraphNodeId(graph->original_node, &node.original);
	if (graph->graph != NULL)
		cupti->cuptiGetGraphId(graph->graph, &node.graph);
	note.node = node;
	queue_push_note(&note);
}

void graph_nodes_start(const struct cupti *cupti, cupti_subscriber subscriber)
{
	if (cupti->cuptiEnableCallback == NULL || cupti->cuptiGetGraphNodeId == NULL ||
	    cupti->cuptiGetGraphId == NULL)
		return;
	atomic_store(&source, cupti);
	for (size_t i = 0; i < EVENTS; i++)
		cupti->cuptiEnableCallback(1, subscriber, CUPTI_DOMAIN_RESOURCE, events[i]);
}

void graph_nodes_stop(const struct cupti *cupti, cupti_subscriber subscriber)
{
	if (atomic_exchange(&source, NULL) == NULL)
		return;
	for (size_t i = 0; i < EVENTS; i++)
		cupti->cuptiEnableCallback(0, subscriber, CUPTI_DOMAIN_RESOURCE, events[i]);
}
