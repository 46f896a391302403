/*
 * Order and joins: kernels by start time, kernel to launch by correlation, kernel to op by external
 * id.
 */
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "traces/build.h"
#include "traces/merge_sort.h"

static enum sim_status no_memory_to_sort(size_t count, struct sim_diag *diag)
{
	return diag_fail(diag, SIM_E_NOMEM, "out of memory to sort %zu events", count);
}

static int compare_uint64(uint64_t a, uint64_t b)
{
	return (a > b) - (a < b);
}

/* By start; launched together, in order of launch. */
static bool starts_before(const struct trace_measured *a, const struct trace_measured *b)
{
	if (a->start_ns != b->start_ns)
		return a->start_ns < b->start_ns;
	return a->correlation < b->correlation;
}

static bool order_starts_before(const void *context, const uint32_t *a, const uint32_t *b)
{
	const struct trace_measured *measured = context;
	return starts_before(&measured[*a], &measured[*b]);
}

MERGE_SORT_DEFINE(sort_by_start, uint32_t, order_starts_before)

/* Put kernel order[i] at place i, cycle by cycle, in place. Uses up the order. */
static void permute(struct build *build)
{
	struct trace *trace = build->trace;
	uint32_t *order = build->order;
	for (size_t start = 0; start < build->order_count; start++) {
		struct sim_kernel kernel = trace->kernels[start];
		struct trace_detail detail = trace->details[start];
		struct trace_measured measured = trace->measured[start];
		struct build_origin origin = build->origins[start];
		size_t at = start;
		while (order[at] != start) {
			size_t from = order[at];
			trace->kernels[at] = trace->kernels[from];
			trace->details[at] = trace->details[from];
			trace->measured[at] = trace->measured[from];
			build->origins[at] = build->origins[from];
			order[at] = (uint32_t)at;
			at = from;
		}
		trace->kernels[at] = kernel;
		trace->details[at] = detail;
		trace->measured[at] = measured;
		build->origins[at] = origin;
		order[at] = (uint32_t)at;
	}
}

/* Streams become dense in order of their first kernel. Most often they are: seen in that order. */
static void renumber_streams(struct build *build)
{
	struct build_stream streams[BUILD_STREAMS];
	int16_t renamed[BUILD_STREAMS];
	unsigned count = 0;
	bool same = true;
	memset(renamed, -1, sizeof(renamed));
	for (size_t i = 0; i < build->trace->kernel_count; i++) {
		if (same && count == build->stream_count)
			break;
		struct sim_kernel *kernel = &build->trace->kernels[i];
		if (renamed[kernel->stream] < 0) {
			same &= kernel->stream == count;
			streams[count] = build->streams[kernel->stream];
			renamed[kernel->stream] = (int16_t)count++;
		}
		kernel->stream = (uint8_t)renamed[kernel->stream];
	}
	memcpy(build->streams, streams, count * sizeof(*streams));
}

enum sim_status build_sort(struct build *build, struct sim_diag *diag)
{
	struct trace_measured *measured = build->trace->measured;
	size_t count = build->trace->kernel_count;
	bool sorted = true;
	for (size_t i = 1; i < count && sorted; i++)
		sorted = !starts_before(&measured[i], &measured[i - 1]);
	if (!sorted) {
		TRY(build_order_reset(build, diag));
		if (!sort_by_start(build->order, count, measured, &build->budget))
			return no_memory_to_sort(count, diag);
		permute(build);
	}
	renumber_streams(build);
	if (count > 0 &&
	    measured[count - 1].start_ns - measured[0].start_ns > BUILD_LONGEST_TRACE_NS)
		return diag_fail_at(diag, SIM_E_RANGE, build->path, build->origins[count - 1].line,
				    "a kernel starts more than 30 days after the first");
	return SIM_OK;
}

static bool launch_before(const void *context, const struct build_launch *a,
			  const struct build_launch *b)
{
	(void)context;
	if (a->correlation != b->correlation)
		return a->correlation < b->correlation;
	if ((a->flags ^ b->flags) & BUILD_LAUNCH_DRIVER)
		return (b->flags & BUILD_LAUNCH_DRIVER) != 0;
	return a->line < b->line;
}

MERGE_SORT_DEFINE(sort_launches, struct build_launch, launch_before)

static bool encloses(const struct build_launch *outer, const struct build_launch *inner)
{
	return outer->start_ns <= inner->start_ns && outer->end_ns >= inner->end_ns;
}

/* One launch per correlation: a runtime call and the driver call inside it count as the outer. */
static enum sim_status merge_launches(struct build *build, struct sim_diag *diag)
{
	struct build_launch *launches = build->launches;
	size_t kept = 0;
	if (!sort_launches(launches, build->launch_count, NULL, &build->budget))
		return no_memory_to_sort(build->launch_count, diag);
	for (size_t i = 0; i < build->launch_count; i++) {
		struct build_launch *last = kept > 0 ? &launches[kept - 1] : NULL;
		const struct build_launch *next = &launches[i];
		if (last == NULL || last->correlation != next->correlation) {
			launches[kept++] = *next;
			continue;
		}
		bool two_kinds = (last->flags ^ next->flags) & BUILD_LAUNCH_DRIVER;
		if (!two_kinds || !(encloses(last, next) || encloses(next, last)))
			return diag_fail_at(
				diag, SIM_E_DUPLICATE, build->path, next->line,
				"two launches have the correlation id '%" PRIu32
				"', the other is at line %" PRIu32
				"; traces of several processes must be imported one by one",
				next->correlation, last->line);
		if (encloses(next, last) && !encloses(last, next))
			*last = *next;
	}
	build->launch_count = kept;
	return SIM_OK;
}

/* Looked for at NEAR first, and just behind: kernels mostly come in the order of their launches. */
static uint32_t find_launch(const struct build *build, uint32_t correlation, size_t near)
{
	size_t low = 0, high = build->launch_count;
	if (correlation == BUILD_NO_CORRELATION)
		return BUILD_NO_LAUNCH;
	for (size_t i = near; i < high && i < near + 2; i++)
		if (build->launches[i].correlation == correlation)
			return (uint32_t)i;
	while (low < high) {
		size_t middle = low + (high - low) / 2;
		if (build->launches[middle].correlation < correlation)
			low = middle + 1;
		else
			high = middle;
	}
	bool found = low < build->launch_count && build->launches[low].correlation == correlation;
	return found ? (uint32_t)low : BUILD_NO_LAUNCH;
}

static bool correlation_before(const void *context, const uint32_t *a, const uint32_t *b)
{
	const struct trace_measured *measured = context;
	return measured[*a].correlation < measured[*b].correlation;
}

MERGE_SORT_DEFINE(sort_by_correlation, uint32_t, correlation_before)

/*
 * Kernels under one correlation id: a graph replay, a copy in pieces, or a mistake. COUNT > 1
 * kernels at build->order[first].
 */
static enum sim_status check_group(struct build *build, size_t first, size_t count,
				   struct sim_diag *diag)
{
	const enum build_launch_flag many = BUILD_LAUNCH_GRAPH | BUILD_LAUNCH_MANY;
	size_t kernels = 0;
	for (size_t i = first; i < first + count; i++) {
		uint32_t index = build->order[i];
		const struct build_launch *launch = build_launch_of(build, index);
		if (launch == NULL) {
			build->origins[index].launch = BUILD_LOST_GRAPH;
			continue;
		}
		kernels += build->trace->kernels[index].op == SIM_OP_UNKNOWN;
		if (kernels > 1 && !(launch->flags & many))
			return diag_fail_at(diag, SIM_E_DUPLICATE, build->path,
					    build->origins[index].line,
					    "two kernels have the correlation id '%" PRIu32
					    "' of one launch that is no graph launch",
					    launch->correlation);
	}
	return SIM_OK;
}

static enum sim_status check_groups(struct build *build, struct sim_diag *diag)
{
	const struct trace_measured *measured = build->trace->measured;
	size_t first = 0, count = build->trace->kernel_count, ascending = 1;
	while (ascending < count &&
	       measured[ascending].correlation > measured[ascending - 1].correlation)
		ascending++;
	if (ascending >= count)
		return SIM_OK; /* each has its own */
	TRY(build_order_reset(build, diag));
	if (!sort_by_correlation(build->order, count, measured, &build->budget))
		return no_memory_to_sort(count, diag);
	for (size_t i = 1; i <= count; i++) {
		uint32_t correlation = measured[build->order[first]].correlation;
		if (i < count && measured[build->order[i]].correlation == correlation)
			continue;
		if (i - first > 1 && correlation != BUILD_NO_CORRELATION)
			TRY(check_group(build, first, i - first, diag));
		first = i;
	}
	return SIM_OK;
}

/* A copy to pageable memory returns when it is done, whatever its name says. */
static bool blocks_host(const struct build *build, size_t index)
{
	const struct trace *trace = build->trace;
	if (trace->kernels[index].op != SIM_OP_MEMCPY)
		return false;
	const char *name = names_text(&trace->names, trace->details[index].name);
	return strstr(name, "DtoH") != NULL && strstr(name, "Pageable") != NULL;
}

static void join_launches(struct build *build)
{
	struct trace *trace = build->trace;
	size_t near = 0;
	for (size_t i = 0; i < trace->kernel_count; i++) {
		struct trace_measured *measured = &trace->measured[i];
		uint32_t index = find_launch(build, measured->correlation, near);
		build->origins[i].launch = index;
		if (index == BUILD_NO_LAUNCH)
			continue;
		near = index;
		struct build_launch *launch = &build->launches[index];
		launch->flags |= BUILD_LAUNCH_HAS_KERNEL;
		if (blocks_host(build, i) && !(launch->flags & BUILD_LAUNCH_GRAPH))
			launch->flags |= BUILD_LAUNCH_BLOCKING;
		measured->launch_start_ns = launch->start_ns;
		measured->launch_end_ns = launch->end_ns;
		measured->thread = launch->thread;
	}
}

static int by_external_id(const void *left, const void *right)
{
	const struct build_op *a = left, *b = right;
	int order = compare_uint64(a->external_id, b->external_id);
	if (order == 0)
		order = compare_uint64(a->name, b->name);
	return order != 0 ? order : compare_uint64(a->shape, b->shape);
}

static const struct build_op *find_op(const struct build *build, uint64_t external_id)
{
	size_t low = 0, high = build->op_count;
	while (low < high) {
		size_t middle = low + (high - low) / 2;
		if (build->ops[middle].external_id < external_id)
			low = middle + 1;
		else
			high = middle;
	}
	bool found = low < build->op_count && build->ops[low].external_id == external_id;
	return found ? &build->ops[low] : NULL;
}

static bool op_before(const void *context, const uint32_t *a, const uint32_t *b)
{
	const struct build_origin *origins = context;
	return origins[*a].external_id < origins[*b].external_id;
}

MERGE_SORT_DEFINE(sort_by_op, uint32_t, op_before)

static bool has_ops(const struct trace *trace)
{
	for (size_t i = 0; i < trace->kernel_count; i++)
		if (trace->details[i].op_name != 0)
			return true;
	return false;
}

/* Number the kernels of each op in order of start; copies and memsets do not count. */
static enum sim_status number_parts(struct build *build, struct sim_diag *diag)
{
	struct trace *trace = build->trace;
	uint64_t id = BUILD_NO_ID;
	uint16_t part = 0;
	if (!has_ops(trace))
		return SIM_OK;
	TRY(build_order_reset(build, diag));
	if (!sort_by_op(build->order, build->order_count, build->origins, &build->budget))
		return no_memory_to_sort(build->order_count, diag);
	for (size_t i = 0; i < build->order_count; i++) {
		uint32_t index = build->order[i];
		if (trace->details[index].op_name == 0)
			continue;
		if (build->origins[index].external_id != id)
			part = 0;
		id = build->origins[index].external_id;
		trace->details[index].op_part = part;
		if (trace->kernels[index].op == SIM_OP_UNKNOWN && part < UINT16_MAX)
			part++;
	}
	return SIM_OK;
}

/* A graph's kernels carry at most the id of the op that replayed it, which tells nothing of them.
 */
static enum sim_status join_ops(struct build *build, struct sim_diag *diag)
{
	struct trace *trace = build->trace;
	void *ops;
	if (build->op_count > 0)
		qsort(build->ops, build->op_count, sizeof(*build->ops), by_external_id);
	for (size_t i = 0; build->op_count > 0 && i < trace->kernel_count; i++) {
		uint64_t id = build->origins[i].external_id;
		const struct build_op *op = id == BUILD_NO_ID ? NULL : find_op(build, id);
		if (op == NULL || build_is_graph(build, i))
			continue;
		trace->details[i].op_name = op->name;
		trace->details[i].op_shape = op->shape;
	}
	ops = build->ops;
	budget_free(&build->budget, &ops, &build->op_capacity, sizeof(*build->ops));
	build->ops = NULL;
	build->op_count = 0;
	TRY(build_join_nvtx(build, diag)); /* for kernels whose op the profiler did not tell */
	return number_parts(build, diag);
}

enum sim_status build_join(struct build *build, struct sim_diag *diag)
{
	TRY(merge_launches(build, diag));
	join_launches(build);
	TRY(check_groups(build, diag));
	return join_ops(build, diag);
}
