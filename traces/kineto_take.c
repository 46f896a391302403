/* From an event's text to the builder: numbers, names, and which calls launch or wait. */
#include <inttypes.h>
#include <stdio.h>

#include "traces/call.h"
#include "traces/kineto.h"
#include "traces/steps.h"

enum { MICROSECONDS_TO_NS = 3 };

static enum sim_status interval(struct kineto *kineto, int64_t *start_ns, int64_t *duration_ns,
				struct sim_diag *diag)
{
	const struct kineto_event *event = &kineto->event;
	TRY(kineto_number_value(kineto, &event->ts, MICROSECONDS_TO_NS, "time stamp 'ts'", start_ns,
				diag));
	return kineto_number_value(kineto, &event->dur, MICROSECONDS_TO_NS, "duration 'dur'",
				   duration_ns, diag);
}

/* A whole number of at most LIMIT; ABSENT when it is not given. */
static enum sim_status whole(struct kineto *kineto, const struct kineto_number *number,
			     const char *what, int64_t limit, int64_t absent, int64_t *value,
			     struct sim_diag *diag)
{
	*value = absent;
	if (number->length == 0)
		return SIM_OK;
	TRY(kineto_number_value(kineto, number, 0, what, value, diag));
	if (*value < 0 || *value > limit)
		return diag_fail_at(diag, SIM_E_RANGE, kineto->path, kineto->event.line,
				    "%s is out of range: '%" PRId64 "'", what, *value);
	return SIM_OK;
}

/* Ids that may be any text ("Spans", 140735340869632, -1): a number or 0. */
static int64_t loose_id(struct kineto *kineto, const struct kineto_number *number)
{
	int64_t value;
	if (number->length == 0 ||
	    kineto_number_value(kineto, number, 0, "", &value, NULL) != SIM_OK)
		return 0;
	return value;
}

/* The id of the op that launched; what is no number joins nothing. */
static uint64_t external_id(struct kineto *kineto)
{
	int64_t value;
	if (kineto->event.external_id.length == 0 ||
	    kineto_number_value(kineto, &kineto->event.external_id, 0, "", &value, NULL) !=
		    SIM_OK ||
	    value < 0)
		return BUILD_NO_ID;
	return (uint64_t)value;
}

static enum sim_status intern(struct kineto *kineto, const struct budget_text *text,
			      uint32_t *index, struct sim_diag *diag)
{
	const char *data = text->length > 0 ? text->data : "";
	if (names_add(&kineto->build->trace->names, data, text->length, index) != SIM_OK)
		return diag_fail(diag, SIM_E_NOMEM, "out of memory");
	return SIM_OK;
}

static bool name_has(const struct kineto *kineto, const char *part)
{
	const struct budget_text *name = &kineto->event.name;
	return name->length > 0 && memmem(name->data, name->length, part, strlen(part)) != NULL;
}

static enum sim_status extents(struct kineto *kineto, const struct kineto_number from[3],
			       const char *what, uint32_t extent[3], struct sim_diag *diag)
{
	int64_t value;
	for (int i = 0; i < 3; i++) {
		TRY(whole(kineto, &from[i], what, UINT32_MAX, 0, &value, diag));
		extent[i] = (uint32_t)value;
	}
	return SIM_OK;
}

static enum sim_status geometry(struct kineto *kineto, struct trace_detail *detail,
				struct sim_diag *diag)
{
	const struct kineto_event *event = &kineto->event;
	int64_t value;
	TRY(extents(kineto, event->grid, "grid", detail->grid, diag));
	TRY(extents(kineto, event->block, "block", detail->block, diag));
	TRY(whole(kineto, &event->registers, "registers per thread", UINT32_MAX, 0, &value, diag));
	detail->registers = (uint32_t)value;
	TRY(whole(kineto, &event->shared_bytes, "shared memory", UINT32_MAX, 0, &value, diag));
	detail->shared_bytes = (uint32_t)value;
	return SIM_OK;
}

static enum sim_status take_kernel(struct kineto *kineto, uint8_t op, struct sim_diag *diag)
{
	const struct kineto_event *event = &kineto->event;
	struct build_kernel kernel = {.op = op, .line = event->line};
	const struct kineto_number *stream =
		event->stream.length > 0 ? &event->stream : &event->tid;
	const struct kineto_number *device =
		event->device.length > 0 ? &event->device : &event->pid;
	int64_t value;
	TRY(interval(kineto, &kernel.start_ns, &kernel.duration_ns, diag));
	TRY(intern(kineto, &event->name, &kernel.detail.name, diag));
	TRY(geometry(kineto, &kernel.detail, diag));
	TRY(whole(kineto, &event->correlation, "correlation", UINT32_MAX, BUILD_NO_CORRELATION,
		  &value, diag));
	kernel.correlation = (uint32_t)value;
	TRY(whole(kineto, &event->bytes, "bytes", INT64_MAX / 2, 0, &value, diag));
	kernel.bytes = (uint64_t)value;
	kernel.stream = loose_id(kineto, stream);
	kernel.device = loose_id(kineto, device);
	kernel.external_id = external_id(kineto);
	kernel.host_copy =
		op == SIM_OP_MEMCPY &&
		(name_has(kineto, "HtoD") || name_has(kineto, "DtoH") || name_has(kineto, "HtoH") ||
		 name_has(kineto, "HostToDevice") || name_has(kineto, "DeviceToHost"));
	return build_add_kernel(kineto->build, &kernel, diag);
}

/* cudaLaunchKernel and the like, and calls that wait; other calls cost host time only. */
static enum sim_status take_call(struct kineto *kineto, struct sim_diag *diag)
{
	struct build_launch launch = {.line = kineto->event.line};
	const struct budget_text *name = &kineto->event.name;
	struct call call = call_of_name(name->data, name->length);
	int64_t duration_ns, correlation;
	launch.flags = call.flags;
	if (kineto->event.category == KINETO_DRIVER)
		launch.flags |= BUILD_LAUNCH_DRIVER;
	if (!call.launches && !call.waits)
		return SIM_OK;
	TRY(interval(kineto, &launch.start_ns, &duration_ns, diag));
	if (__builtin_add_overflow(launch.start_ns, duration_ns, &launch.end_ns))
		return diag_fail_at(diag, SIM_E_RANGE, kineto->path, launch.line,
				    "a launch that ends after the end of time");
	launch.thread = (uint32_t)loose_id(kineto, &kineto->event.tid);
	if (call.waits && duration_ns >= 0) {
		struct build_sync sync = {launch.start_ns, launch.end_ns, launch.thread};
		return build_add_sync(kineto->build, &sync, diag);
	}
	TRY(whole(kineto, &kineto->event.correlation, "correlation", UINT32_MAX,
		  BUILD_NO_CORRELATION, &correlation, diag));
	launch.correlation = (uint32_t)correlation;
	if (launch.correlation == BUILD_NO_CORRELATION)
		return SIM_OK;
	return build_add_launch(kineto->build, &launch, diag);
}

/* The device's view of a host sync; waits of one stream for another are not the host's. */
static enum sim_status take_sync(struct kineto *kineto, struct sim_diag *diag)
{
	const struct budget_text *kind = &kineto->event.sync_kind;
	struct build_sync sync = {0};
	int64_t duration_ns;
	bool is_wait = kind->length > 0 && memmem(kind->data, kind->length, "Wait", 4) != NULL;
	if (is_wait || name_has(kineto, "Wait"))
		return SIM_OK;
	TRY(interval(kineto, &sync.start_ns, &duration_ns, diag));
	if (duration_ns < 0 || __builtin_add_overflow(sync.start_ns, duration_ns, &sync.end_ns)) {
		build_warn(kineto->build, "line %" PRIu32 ": a sync with an impossible duration",
			   kineto->event.line);
		return SIM_OK;
	}
	return build_add_sync(kineto->build, &sync, diag);
}

static enum sim_status take_annotation(struct kineto *kineto, struct sim_diag *diag)
{
	const struct budget_text *name = &kineto->event.name;
	struct build_range range;
	int64_t duration_ns;
	if (name->length == 0 || !steps_name_is_step(name->data, name->length))
		return SIM_OK;
	TRY(interval(kineto, &range.start_ns, &duration_ns, diag));
	if (duration_ns < 0 || __builtin_add_overflow(range.start_ns, duration_ns, &range.end_ns)) {
		build_warn(kineto->build, "line %" PRIu32 ": a step with an impossible duration",
			   kineto->event.line);
		return SIM_OK;
	}
	return build_add_range(kineto->build, &range, diag);
}

static enum sim_status take_op(struct kineto *kineto, struct sim_diag *diag)
{
	struct build_op op = {.external_id = external_id(kineto)};
	struct budget *budget = &kineto->build->budget;
	struct budget_text *shape = &kineto->shape;
	size_t bars = 0, limit = (size_t)KINETO_SHAPE_PARTS * (JSON_LONGEST_TEXT + 1);
	if (op.external_id == BUILD_NO_ID)
		return SIM_OK;
	shape->length = 0;
	for (int i = 0; i < KINETO_SHAPE_PARTS; i++) {
		const struct budget_text *part = &kineto->event.shape[i];
		if (i > 0)
			TRY(budget_append(budget, shape, "|", 1, limit, diag));
		TRY(budget_append(budget, shape, part->data, part->length, limit, diag));
		bars += i > 0;
	}
	if (shape->length == bars)
		shape->length = 0;
	TRY(intern(kineto, &kineto->event.name, &op.name, diag));
	TRY(intern(kineto, shape, &op.shape, diag));
	return build_add_op(kineto->build, &op, diag);
}

enum sim_status kineto_event_take(struct kineto *kineto, struct sim_diag *diag)
{
	kineto->seen[kineto->event.category]++;
	switch (kineto->event.category) {
	case KINETO_KERNEL:
		return take_kernel(kineto, SIM_OP_UNKNOWN, diag);
	case KINETO_MEMCPY:
		return take_kernel(kineto, SIM_OP_MEMCPY, diag);
	case KINETO_MEMSET:
		return take_kernel(kineto, SIM_OP_MEMSET, diag);
	case KINETO_RUNTIME:
	case KINETO_DRIVER:
		return take_call(kineto, diag);
	case KINETO_OP:
		return take_op(kineto, diag);
	case KINETO_ANNOTATION:
		return take_annotation(kineto, diag);
	case KINETO_SYNC:
		return take_sync(kineto, diag);
	default:
		return SIM_OK;
	}
}
