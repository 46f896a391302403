/* What happens in the fake driver, as activity records of the kinds that are enabled. */
#include <stdlib.h>
#include <string.h>

#include "tests/tracer/fakecupti.h"

static const struct {
	uint32_t domain, cbid;
} calls[] = {
#define X(name, domain, cbid, text) {domain, cbid},
	FAKE_CALL_LIST(X)
#undef X
};

size_t fake_record_bytes(uint32_t kind)
{
	switch (kind) {
	case CUPTI_KIND_KERNEL:
	case CUPTI_KIND_CONCURRENT_KERNEL:
		return sizeof(struct cupti_kernel);
	case CUPTI_KIND_DRIVER:
	case CUPTI_KIND_RUNTIME:
		return sizeof(struct cupti_api);
	case CUPTI_KIND_MEMCPY:
		return sizeof(struct cupti_memcpy);
	case CUPTI_KIND_MEMCPY_PEER:
		return sizeof(struct cupti_memcpy_peer);
	case CUPTI_KIND_MEMSET:
		return sizeof(struct cupti_memset);
	case CUPTI_KIND_MARKER:
		return sizeof(struct cupti_marker);
	case CUPTI_KIND_SYNCHRONIZATION:
		return sizeof(struct cupti_sync);
	case CUPTI_KIND_OVERHEAD:
		return sizeof(struct cupti_overhead);
	case CUPTI_KIND_GRAPH_TRACE:
		return sizeof(struct cupti_graph_trace);
	case CUPTI_KIND_CONTEXT:
		return sizeof(struct cupti_context);
	case FAKE_UNKNOWN_KIND:
	case FAKE_INVALID_KIND:
		return 40;
	default:
		return 0;
	}
}

/* takes the lock when it returns a record; NULL: not enabled, or no room */
static void *begin(uint32_t kind)
{
	if (!fake_kind_enabled(kind))
		return NULL;
	fake_lock_shared();
	void *record = fake_buffer_put(kind, false);
	if (record == NULL)
		fake_unlock();
	return record;
}

static void on_call(const struct fake_call *call)
{
	uint32_t domain = calls[call->id].domain, cbid = calls[call->id].cbid;
	if (!fake_call_enabled(domain, cbid) || (call->id == FAKE_GET_VERSION && fake_options.mute))
		return;
	fake_lock_shared();
	struct cupti_api *record = fake_buffer_put(
		domain == CUPTI_DOMAIN_RUNTIME ? CUPTI_KIND_RUNTIME : CUPTI_KIND_DRIVER, false);
	if (record != NULL) {
		record->cbid = cbid;
		record->start = call->start_ns;
		record->end = call->start_ns + call->duration_ns;
		record->process = 4321;
		record->thread = fake_thread_id();
		record->correlation = call->correlation;
		record->result = call->result;
	}
	fake_unlock();
}

static void kernel_fill(struct cupti_kernel *record, const struct fake_kernel *kernel)
{
	uint64_t end = kernel->start_ns + kernel->duration_ns;
	record->registers = kernel->registers;
	record->start = kernel->start_ns;
	record->end = end;
	if (kernel->in_flight) {
		memcpy(record->unread, &end, sizeof(end));
		record->end = 0;
	}
	record->device = FAKE_DEVICE;
	record->context = FAKE_CONTEXT;
	record->stream = kernel->stream;
	for (int i = 0; i < 3; i++) {
		record->grid[i] = kernel->grid[i];
		record->block[i] = kernel->block[i];
		record->cluster[i] = kernel->cluster[i];
	}
	record->static_shared = kernel->static_shared;
	record->dynamic_shared = kernel->dynamic_shared;
	record->shared_executed = 32 << 10;
	record->correlation = kernel->correlation;
	record->name = kernel->name;
	record->launch_type = kernel->launch_type;
	record->graph_node = kernel->node;
	record->graph = kernel->graph;
}

static void on_kernel(const struct fake_kernel *kernel)
{
	static atomic_uint count;
	struct cupti_kernel *record;
	if (!fake_kind_enabled(CUPTI_KIND_CONCURRENT_KERNEL) ||
	    (kernel->node != 0 && fake_kind_enabled(CUPTI_KIND_GRAPH_TRACE)))
		return;
	bool tenth = atomic_fetch_add(&count, 1) % 10 == 9;
	fake_lock_shared();
	if (tenth && fake_options.unknown)
		fake_buffer_put(FAKE_UNKNOWN_KIND, false);
	if (tenth && fake_options.invalid)
		fake_buffer_put(FAKE_INVALID_KIND, false);
	if (tenth && fake_options.drop) {
		fake_buffer_drop();
	} else {
		record = fake_buffer_put(CUPTI_KIND_CONCURRENT_KERNEL, kernel->in_flight);
		if (record != NULL)
			kernel_fill(record, kernel);
		if (record != NULL && tenth && fake_options.zero)
			record->start = record->end = CUPTI_NO_TIMESTAMP;
	}
	fake_unlock();
}

static void on_peer_copy(const struct fake_copy *copy)
{
	struct cupti_memcpy_peer *record = begin(CUPTI_KIND_MEMCPY_PEER);
	if (record == NULL)
		return;
	record->copy_kind = copy->copy_kind;
	record->source_kind = copy->source_kind;
	record->destination_kind = copy->destination_kind;
	record->flags = copy->asynchronous ? CUPTI_MEMCPY_ASYNC : 0;
	record->bytes = copy->bytes;
	record->start = copy->start_ns;
	record->end = copy->start_ns + copy->duration_ns;
	record->device = FAKE_DEVICE;
	record->context = FAKE_CONTEXT;
	record->stream = copy->stream;
	record->source_device = copy->source_device;
	record->destination_device = copy->destination_device;
	record->correlation = copy->correlation;
	fake_unlock();
}

static void on_copy(const struct fake_copy *copy)
{
	if (copy->copy_kind == 10) {
		on_peer_copy(copy);
		return;
	}
	struct cupti_memcpy *record = begin(CUPTI_KIND_MEMCPY);
	if (record == NULL)
		return;
	record->copy_kind = copy->copy_kind;
	record->source_kind = copy->source_kind;
	record->destination_kind = copy->destination_kind;
	record->flags = copy->asynchronous ? CUPTI_MEMCPY_ASYNC : 0;
	record->bytes = copy->bytes;
	record->start = copy->start_ns;
	record->end = copy->start_ns + copy->duration_ns;
	record->device = FAKE_DEVICE;
	record->context = FAKE_CONTEXT;
	record->stream = copy->stream;
	record->correlation = copy->correlation;
	fake_unlock();
}

static void on_set(const struct fake_set *set)
{
	struct cupti_memset *record = begin(CUPTI_KIND_MEMSET);
	if (record == NULL)
		return;
	record->value = set->value;
	record->bytes = set->bytes;
	record->start = set->start_ns;
	record->end = set->start_ns + set->duration_ns;
	record->device = FAKE_DEVICE;
	record->context = FAKE_CONTEXT;
	record->stream = set->stream;
	record->correlation = set->correlation;
	record->memory_kind = 3; /* device */
	fake_unlock();
}

static void on_sync(const struct fake_sync *sync)
{
	struct cupti_sync *record = begin(CUPTI_KIND_SYNCHRONIZATION);
	if (record == NULL)
		return;
	record->type = sync->type;
	record->start = sync->start_ns;
	record->end = sync->start_ns + sync->duration_ns;
	record->correlation = sync->correlation;
	record->context = FAKE_CONTEXT;
	record->stream = sync->stream;
	fake_unlock();
}

static void on_overhead(const struct fake_overhead *overhead)
{
	struct cupti_overhead *record = begin(CUPTI_KIND_OVERHEAD);
	if (record == NULL)
		return;
	record->overhead_kind = overhead->overhead_kind;
	record->object_kind = CUPTI_OBJECT_THREAD;
	record->process = 4321;
	record->thread = fake_thread_id();
	record->start = overhead->start_ns;
	record->end = overhead->start_ns + overhead->duration_ns;
	record->correlation = overhead->correlation;
	record->data = malloc(64); /* the client's to free */
	fake_unlock();
}

static void on_context(uint32_t context, uint32_t device)
{
	struct cupti_context *record = begin(CUPTI_KIND_CONTEXT);
	if (record == NULL)
		return;
	record->context = context;
	record->device = device;
	record->compute_api = 1;
	record->null_stream = FAKE_NULL_STREAM;
	fake_unlock();
}

static void on_graph_launch(const struct fake_graph_launch *launch)
{
	struct cupti_graph_trace *record = begin(CUPTI_KIND_GRAPH_TRACE);
	if (record == NULL)
		return;
	record->correlation = launch->correlation;
	record->start = launch->start_ns;
	record->end = launch->start_ns + launch->duration_ns;
	record->device = FAKE_DEVICE;
	record->graph = launch->graph;
	record->context = FAKE_CONTEXT;
	record->stream = launch->stream;
	record->end_device = FAKE_DEVICE;
	record->end_context = FAKE_CONTEXT;
	fake_unlock();
}

/* CUpti_GraphData and CUpti_ResourceData of CUPTI 13.0 */
static void on_node(const struct fake_node *node)
{
	struct fake_graph_object graph = {node->graph}, original_graph = {node->original_graph};
	struct fake_node_object object = {node->node}, original = {node->original};
	const struct {
		void *graph, *original_graph, *node, *original_node;
		int node_type;
		void *dependency, *graph_exec;
	} data = {.graph = &graph,
		  .original_graph = node->original_graph != 0 ? &original_graph : NULL,
		  .node = &object,
		  .original_node = node->original != 0 ? &original : NULL};
	const struct {
		void *context, *handle;
		const void *descriptor;
	} resource = {.descriptor = &data};
	/* CUPTI_CBID_RESOURCE_GRAPHNODE_CLONED, _CREATED */
	fake_resource_callback(node->original != 0 ? 20 : 13, &resource);
}

static void on_finish(void)
{
	fake_lock_exclusive();
	fake_buffer_finish();
	fake_unlock();
}

/* names are good until the records that have them were delivered and read */
static void on_unload(void)
{
	fake_lock_exclusive();
	fake_buffer_finish();
	fake_buffer_flush(true);
	fake_unlock();
	fake_buffer_settle();
}

static void on_foreign(void)
{
	fake_lock_shared();
	fake_buffer_foreign();
	fake_unlock();
}

const struct fake_hooks fake_cupti_hooks = {
	.call = on_call,
	.kernel = on_kernel,
	.copy = on_copy,
	.set = on_set,
	.sync = on_sync,
	.overhead = on_overhead,
	.context = on_context,
	.node = on_node,
	.graph_launch = on_graph_launch,
	.finish = on_finish,
	.unload = on_unload,
	.backlog = fake_buffer_backlog,
	.foreign = on_foreign,
	.dropped = fake_buffer_dropped_ever,
};
