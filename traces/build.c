/* Collecting what a reader found: see build.h. */
#include "traces/build.h"

#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

void build_init(struct build *build, struct trace *trace, const char *path)
{
	memset(build, 0, sizeof(*build));
	build->trace = trace;
	build->path = path;
}

void build_fini(struct build *build)
{
	free(build->origins);
	free(build->launches);
	free(build->syncs);
	free(build->ops);
	free(build->ranges);
	free(build->op_ranges);
	free(build->nodes);
	free(build->order);
	memset(build, 0, sizeof(*build));
}

#define GROW(build, array, capacity, need, diag)                                                   \
	((need) <= (capacity) ? SIM_OK                                                             \
			      : grow_array(build, (void **)&(array), &(capacity), need,            \
					   sizeof(*(array)), diag))

static enum sim_status grow_array(struct build *build, void **items, size_t *capacity, size_t need,
				  size_t size, struct sim_diag *diag)
{
	if (need > BUILD_LOST_GRAPH)
		return diag_fail_at(diag, SIM_E_RANGE, build->path, 0,
				    "more than %" PRIu32 " events of one kind", BUILD_LOST_GRAPH);
	return budget_reserve(&build->budget, items, capacity, need, size, diag);
}

void build_warn(struct build *build, const char *fmt, ...)
{
	char text[sizeof(build->trace->warning)];
	va_list args;
	if (build->trace->warnings++ > 0)
		return;
	va_start(args, fmt);
	vsnprintf(text, sizeof(text), fmt, args);
	va_end(args);
	text_printable(build->trace->warning, sizeof(build->trace->warning), text, strlen(text));
}

static enum sim_status stream_index(struct build *build, const struct build_kernel *kernel,
				    unsigned *index, struct sim_diag *diag)
{
	for (*index = 0; *index < build->stream_count; ++*index) {
		const struct build_stream *known = &build->streams[*index];
		if (known->device == kernel->device && known->stream == kernel->stream)
			return SIM_OK;
	}
	if (build->stream_count == BUILD_STREAMS)
		return diag_fail_at(diag, SIM_E_UNSUPPORTED, build->path, kernel->line,
				    "kernels on more than %d streams", BUILD_STREAMS);
	build->streams[build->stream_count++] =
		(struct build_stream){kernel->device, kernel->stream};
	return SIM_OK;
}

static enum sim_status check_times(struct build *build, int64_t start_ns, int64_t duration_ns,
				   uint32_t line, const char *what, struct sim_diag *diag)
{
	if (duration_ns < 0)
		return diag_fail_at(diag, SIM_E_RANGE, build->path, line,
				    "a %s with a negative duration: '%" PRId64 " ns'", what,
				    duration_ns);
	if (duration_ns > BUILD_LONGEST_NS)
		return diag_fail_at(diag, SIM_E_RANGE, build->path, line,
				    "a %s longer than an hour: '%" PRId64 " ns'", what,
				    duration_ns);
	if (start_ns > INT64_MAX / 2 || start_ns < -(INT64_MAX / 2))
		return diag_fail_at(diag, SIM_E_RANGE, build->path, line,
				    "a %s at an impossible time: '%" PRId64 " ns'", what, start_ns);
	return SIM_OK;
}

static enum sim_status grow_kernels(struct build *build, struct sim_diag *diag)
{
	struct trace *trace = build->trace;
	size_t need = trace->kernel_count + 1;
	TRY(GROW(build, trace->kernels, build->kernel_capacity, need, diag));
	TRY(GROW(build, trace->details, build->detail_capacity, need, diag));
	TRY(GROW(build, trace->measured, build->measured_capacity, need, diag));
	return GROW(build, build->origins, build->origin_capacity, need, diag);
}

#define EXPECT(build, array, capacity, count, diag)                                                \
	budget_expect(&(build)->budget, (void **)&(array), &(capacity), count, sizeof(*(array)),   \
		      diag)

enum sim_status build_expect(struct build *build, size_t kernels, size_t launches,
			     struct sim_diag *diag)
{
	struct trace *trace = build->trace;
	if (kernels > BUILD_LOST_GRAPH || launches > BUILD_LOST_GRAPH)
		return SIM_OK; /* told when they come */
	TRY(EXPECT(build, trace->kernels, build->kernel_capacity, kernels, diag));
	TRY(EXPECT(build, trace->details, build->detail_capacity, kernels, diag));
	TRY(EXPECT(build, trace->measured, build->measured_capacity, kernels, diag));
	TRY(EXPECT(build, build->origins, build->origin_capacity, kernels, diag));
	TRY(EXPECT(build, build->order, build->order_capacity, kernels, diag));
	return EXPECT(build, build->launches, build->launch_capacity, launches, diag);
}

static uint8_t copy_family(const struct build_kernel *kernel)
{
	if (kernel->op == SIM_OP_MEMSET)
		return SIM_FAMILY_MEMSET;
	if (kernel->op == SIM_OP_MEMCPY)
		return kernel->host_copy ? SIM_FAMILY_MEMCPY_HOST : SIM_FAMILY_MEMCPY_DEVICE;
	return SIM_FAMILY_UNKNOWN;
}

enum sim_status build_add_kernel(struct build *build, const struct build_kernel *kernel,
				 struct sim_diag *diag)
{
	struct trace *trace = build->trace;
	unsigned stream;
	TRY(check_times(build, kernel->start_ns, kernel->duration_ns, kernel->line, "kernel",
			diag));
	TRY(stream_index(build, kernel, &stream, diag));
	TRY(grow_kernels(build, diag));
	size_t index = trace->kernel_count++;
	trace->details[index] = kernel->detail;
	trace->kernels[index] = (struct sim_kernel){
		.op = kernel->op,
		.family = copy_family(kernel),
		.stream = (uint8_t)stream,
		.flags = kernel->host_copy ? SIM_KERNEL_COPY_ENGINE : 0,
		.act_read_bytes = kernel->op == SIM_OP_MEMCPY ? kernel->bytes : 0,
		.act_write_bytes = kernel->op != SIM_OP_UNKNOWN ? kernel->bytes : 0,
	};
	trace->measured[index] = (struct trace_measured){
		.start_ns = kernel->start_ns,
		.duration_ns = kernel->duration_ns,
		.launch_start_ns = INT64_MIN,
		.launch_end_ns = INT64_MIN,
		.correlation = kernel->correlation,
		.node = kernel->node,
		.graph = kernel->graph,
	};
	build->origins[index] =
		(struct build_origin){kernel->external_id, kernel->line, BUILD_NO_LAUNCH};
	return SIM_OK;
}

enum sim_status build_add_launch(struct build *build, const struct build_launch *launch,
				 struct sim_diag *diag)
{
	TRY(check_times(build, launch->start_ns, launch->end_ns - launch->start_ns, launch->line,
			"launch", diag));
	TRY(GROW(build, build->launches, build->launch_capacity, build->launch_count + 1, diag));
	build->launches[build->launch_count++] = *launch;
	return SIM_OK;
}

enum sim_status build_add_sync(struct build *build, const struct build_sync *sync,
			       struct sim_diag *diag)
{
	TRY(check_times(build, sync->start_ns, sync->end_ns - sync->start_ns, 0, "sync", diag));
	TRY(GROW(build, build->syncs, build->sync_capacity, build->sync_count + 1, diag));
	build->syncs[build->sync_count++] = *sync;
	return SIM_OK;
}

enum sim_status build_add_op(struct build *build, const struct build_op *op, struct sim_diag *diag)
{
	TRY(GROW(build, build->ops, build->op_capacity, build->op_count + 1, diag));
	build->ops[build->op_count++] = *op;
	return SIM_OK;
}

enum sim_status build_add_range(struct build *build, const struct build_range *range,
				struct sim_diag *diag)
{
	TRY(GROW(build, build->ranges, build->range_capacity, build->range_count + 1, diag));
	build->ranges[build->range_count++] = *range;
	return SIM_OK;
}

void build_add_device(struct build *build, int64_t id, const struct trace_device *device)
{
	if (build->device_count < BUILD_DEVICES)
		build->devices[build->device_count++] = (struct build_device){id, *device};
}

enum sim_status build_order_reset(struct build *build, struct sim_diag *diag)
{
	size_t count = build->trace->kernel_count;
	TRY(GROW(build, build->order, build->order_capacity, count, diag));
	for (size_t i = 0; i < count; i++)
		build->order[i] = (uint32_t)i;
	build->order_count = count;
	return SIM_OK;
}

/* The device that ran the first kernel gives the trace its device. */
static void choose_device(struct build *build)
{
	struct trace *trace = build->trace;
	int32_t driver = trace->device.driver_version, runtime = trace->device.runtime_version;
	unsigned chosen = 0;
	if (build->device_count == 0) {
		trace->lacks |= 1U << TRACE_LACK_DEVICE;
		return;
	}
	for (unsigned i = build->device_count; i-- > 0;)
		if (build->devices[i].id == build->streams[0].device)
			chosen = i;
	trace->device = build->devices[chosen].device;
	trace->device.driver_version = driver;
	trace->device.runtime_version = runtime;
}

static void note_lacks(struct build *build)
{
	const unsigned whole = BUILD_LAUNCH_HAS_KERNEL | BUILD_LAUNCH_ELSEWHERE;
	struct trace *trace = build->trace;
	size_t launched = 0;
	bool shapes = false, geometry = true;
	for (size_t i = 0; i < trace->kernel_count; i++) {
		const struct trace_detail *detail = &trace->details[i];
		launched += build_launch_of(build, i) != NULL;
		shapes |= detail->op_shape != 0;
		if (trace->kernels[i].op == SIM_OP_UNKNOWN)
			geometry &= detail->grid[0] != 0 && detail->block[0] != 0;
	}
	if (!shapes)
		trace->lacks |= 1U << TRACE_LACK_SHAPES;
	if (!geometry)
		trace->lacks |= 1U << TRACE_LACK_GEOMETRY;
	if (launched == 0)
		trace->lacks |= 1U << TRACE_LACK_LAUNCHES;
	else if (launched < trace->kernel_count)
		trace->lacks |= 1U << TRACE_LACK_SOME_LAUNCHES;
	for (size_t i = 0; build->launches != NULL && i < build->launch_count; i++)
		if ((build->launches[i].flags & (BUILD_LAUNCH_GRAPH | whole)) == BUILD_LAUNCH_GRAPH)
			trace->lacks |= 1U << TRACE_LACK_GRAPH_LEVEL;
}

/* Time 0 becomes the first launch or kernel. */
static enum sim_status rebase(struct build *build, struct sim_diag *diag)
{
	struct trace *trace = build->trace;
	int64_t zero = INT64_MAX;
	for (size_t i = 0; i < trace->kernel_count; i++) {
		const struct trace_measured *measured = &trace->measured[i];
		if (measured->start_ns < zero)
			zero = measured->start_ns;
		if (measured->launch_start_ns != INT64_MIN && measured->launch_start_ns < zero)
			zero = measured->launch_start_ns;
	}
	if (__builtin_add_overflow(build->base_ns, zero, &trace->base_ns))
		return diag_fail_at(diag, SIM_E_RANGE, build->path, 0,
				    "baseTimeNanoseconds and the time stamps overflow 64 bits");
	for (size_t i = 0; i < trace->kernel_count; i++) {
		struct trace_measured *measured = &trace->measured[i];
		measured->start_ns -= zero;
		if (measured->launch_start_ns != INT64_MIN) {
			measured->launch_start_ns -= zero;
			measured->launch_end_ns -= zero;
		}
	}
	for (size_t i = 0; i < trace->step_count; i++) {
		struct trace_step_measured *step = &trace->step_measured[i];
		step->first_start_ns -= zero;
		step->last_end_ns -= zero;
		if (step->host_start_ns != INT64_MIN)
			step->host_start_ns -= zero;
	}
	return SIM_OK;
}

static void trim(struct build *build)
{
	struct trace *trace = build->trace;
	struct budget *budget = &build->budget;
	size_t count = trace->kernel_count;
	void *kernels = trace->kernels, *details = trace->details, *measured = trace->measured;
	budget_shrink(budget, &kernels, &build->kernel_capacity, count, sizeof(*trace->kernels));
	budget_shrink(budget, &details, &build->detail_capacity, count, sizeof(*trace->details));
	budget_shrink(budget, &measured, &build->measured_capacity, count,
		      sizeof(*trace->measured));
	trace->kernels = kernels;
	trace->details = details;
	trace->measured = measured;
}

static uint64_t names_bytes(const struct name_table *names)
{
	return names->arena.reserved_bytes + names->entry_capacity * sizeof(*names->entries) +
	       names->slot_count * sizeof(*names->slots);
}

enum sim_status build_finish(struct build *build, struct sim_diag *diag)
{
	struct trace *trace = build->trace;
	if (trace->kernel_count == 0)
		return diag_fail_at(diag, SIM_E_UNSUPPORTED, build->path, 0, "has no kernels");
	TRY(build_sort(build, diag));
	TRY(build_join(build, diag));
	TRY(build_check_overlap(build, diag));
	TRY(build_keep_full_syncs(build, diag));
	TRY(steps_find(build, diag));
	build_measure_steps(build);
	TRY(build_host_times(build, diag));
	note_lacks(build);
	TRY(rebase(build, diag));
	choose_device(build);
	trim(build);
	trace->peak_bytes = build->budget.peak_bytes + names_bytes(&trace->names);
	return SIM_OK;
}
