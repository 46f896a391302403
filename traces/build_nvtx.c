/*
 * Ops from NVTX ranges: a kernel belongs to the innermost range that is an op (traces/nvtx_op.h)
 * and was open on the thread when it launched the kernel. A kernel of a CUDA graph belongs to the
 * range that was open when its node was captured: its node leads through clones to the captured
 * one, which has a time and a thread.
 *
 * Innermost is the one that began last among those that have not ended. That needs no nesting:
 * ranges that cross count like any other. One whose end is missing hides what is around it up to
 * the end of that, and gives no op, since whatever else was open then is not what launched.
 *
 * One sort of the ranges, one of the questions, one sweep over both.
 */
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "traces/build.h"
#include "traces/nvtx_op.h"
#include "traces/steps.h"

enum { NO_RANGE = -1 };

/* What was open on THREAD at TIME? Asked for a kernel. */
struct question {
	int64_t time_ns;
	uint32_t thread;
	uint32_t kernel;
	uint32_t replay; /* correlation of the graph's launch; 0: not in a graph */
	int32_t range;	 /* the answer, or NO_RANGE */
};

struct sweep {
	struct build *build;
	struct question *questions;
	size_t count, capacity;
	uint32_t *stack; /* open ranges, innermost last */
	size_t depth, stack_capacity;
};

static enum sim_status intern(struct build *build, const char *text, size_t length, uint32_t *index,
			      struct sim_diag *diag)
{
	if (names_add(&build->trace->names, text, length, index) == SIM_OK)
		return SIM_OK;
	return diag_fail_at(diag, SIM_E_NOMEM, build->path, 0, "out of memory for texts");
}

static enum sim_status add_op_range(struct build *build, const struct build_nvtx *range,
				    const struct nvtx_op *op, struct sim_diag *diag)
{
	struct build_op_range added = {
		.start_ns = range->start_ns, .end_ns = range->end_ns, .thread = range->thread};
	void *ranges = build->op_ranges;
	if (build->op_range_count >= INT32_MAX)
		return diag_fail_at(diag, SIM_E_RANGE, build->path, 0,
				    "more than %" PRId32 " NVTX ranges that are ops", INT32_MAX);
	TRY(intern(build, op->name, op->name_length, &added.name, diag));
	if (op->shape_length > 0)
		TRY(intern(build, op->shape, op->shape_length, &added.shape, diag));
	enum sim_status status =
		budget_grow(&build->budget, &ranges, &build->op_range_capacity,
			    build->op_range_count + 1, sizeof(*build->op_ranges), diag);
	build->op_ranges = ranges;
	TRY(status);
	build->op_ranges[build->op_range_count++] = added;
	return SIM_OK;
}

enum sim_status build_add_nvtx_text(struct build *build, const struct build_nvtx *range,
				    const char *text, size_t length, struct sim_diag *diag)
{
	struct build_range step = {range->start_ns, range->end_ns};
	struct nvtx_op op;
	bool ends = range->end_ns >= range->start_ns;
	if (steps_name_is_step(text, length)) {
		if (ends)
			return build_add_range(build, &step, diag);
		build_warn(build, "NVTX range '%.*s': a step that does not end",
			   (int)(length < 80 ? length : 80), text);
		return SIM_OK;
	}
	enum nvtx_op_kind kind = nvtx_op_parse(text, length, &op);
	if (kind == NVTX_OP_NONE)
		return SIM_OK;
	if (kind == NVTX_OP_MALFORMED)
		build_warn(build, "NVTX range of an op whose operands cannot be read: '%.*s'",
			   (int)(length < 80 ? length : 80), text);
	if (!ends)
		build_warn(build, "NVTX range of op '%.*s' does not end, or before its start",
			   (int)(op.name_length < 80 ? op.name_length : 80), op.name);
	return add_op_range(build, range, &op, diag);
}

enum sim_status build_add_nvtx(struct build *build, const struct build_nvtx *range,
			       struct sim_diag *diag)
{
	const struct name_table *names = &build->trace->names;
	size_t length = names->entries[range->text].length;
	char text[NVTX_OP_LONGEST + 1]; /* the table may move while texts are added */
	length = length < NVTX_OP_LONGEST ? length : NVTX_OP_LONGEST;
	memcpy(text, names_text(names, range->text), length);
	return build_add_nvtx_text(build, range, text, length, diag);
}

static bool ends(const struct build_op_range *range)
{
	return range->end_ns >= range->start_ns;
}

/* By thread and start; of two that start together the one that ends later is outside. */
static int by_thread_and_start(const void *left, const void *right)
{
	const struct build_op_range *a = left, *b = right;
	if (a->thread != b->thread)
		return a->thread < b->thread ? -1 : 1;
	if (a->start_ns != b->start_ns)
		return a->start_ns < b->start_ns ? -1 : 1;
	if (ends(a) != ends(b))
		return ends(a) ? -1 : 1;
	if (a->end_ns != b->end_ns)
		return a->end_ns > b->end_ns ? -1 : 1;
	if (a->name != b->name)
		return a->name < b->name ? -1 : 1;
	return (a->shape > b->shape) - (a->shape < b->shape);
}

static int by_thread_and_time(const void *left, const void *right)
{
	const struct question *a = left, *b = right;
	if (a->thread != b->thread)
		return a->thread < b->thread ? -1 : 1;
	if (a->time_ns != b->time_ns)
		return a->time_ns < b->time_ns ? -1 : 1;
	return (a->kernel > b->kernel) - (a->kernel < b->kernel);
}

static int by_replay_and_range(const void *left, const void *right)
{
	const struct question *a = left, *b = right;
	if (a->replay != b->replay)
		return a->replay < b->replay ? -1 : 1;
	if (a->range != b->range)
		return a->range < b->range ? -1 : 1;
	return (a->kernel > b->kernel) - (a->kernel < b->kernel);
}

/* The question that tells KERNEL's op; false when there is none to ask. */
static bool question_of(const struct build *build, size_t kernel, struct question *question)
{
	const struct trace_measured *measured = &build->trace->measured[kernel];
	const struct build_launch *launch = build_launch_of(build, kernel);
	*question = (struct question){.kernel = (uint32_t)kernel, .range = NO_RANGE};
	if (build->trace->details[kernel].op_name != 0)
		return false; /* its profiler says */
	if (!build_is_graph(build, kernel)) {
		question->time_ns = measured->launch_start_ns;
		question->thread = launch != NULL ? launch->thread : 0;
		return launch != NULL && question->thread != 0;
	}
	const struct build_node *node = build_captured_node(
		build, measured->node, launch != NULL ? launch->end_ns : measured->start_ns);
	if (node == NULL || node->thread == 0)
		return false;
	question->time_ns = node->time_ns;
	question->thread = node->thread;
	question->replay =
		launch != NULL ? build->origins[kernel].launch + 1 : measured->correlation;
	return true;
}

static enum sim_status ask(struct sweep *sweep, struct sim_diag *diag)
{
	struct build *build = sweep->build;
	size_t kernels = build->trace->kernel_count;
	void *questions = NULL;
	enum sim_status status = budget_grow(&build->budget, &questions, &sweep->capacity, kernels,
					     sizeof(*sweep->questions), diag);
	sweep->questions = questions;
	TRY(status);
	for (size_t i = 0; i < kernels; i++)
		sweep->count += question_of(build, i, &sweep->questions[sweep->count]);
	return SIM_OK;
}

/* Forget ranges on top that ended before TIME. */
static void close_ranges(struct sweep *sweep, int64_t time_ns)
{
	const struct build_op_range *ranges = sweep->build->op_ranges;
	while (sweep->depth > 0 && ranges[sweep->stack[sweep->depth - 1]].end_ns < time_ns)
		sweep->depth--;
}

static enum sim_status open_range(struct sweep *sweep, size_t index, struct sim_diag *diag)
{
	struct build *build = sweep->build;
	struct build_op_range *range = &build->op_ranges[index];
	void *stack = sweep->stack;
	close_ranges(sweep, range->start_ns);
	int64_t around = sweep->depth > 0 ? build->op_ranges[sweep->stack[sweep->depth - 1]].end_ns
					  : INT64_MAX;
	if (!ends(range)) {
		range->end_ns = around;
		range->name = range->shape = 0;
	} else if (range->end_ns > around && around > range->start_ns) {
		build_warn(build, "NVTX ranges of ops cross on thread %" PRIu32, range->thread);
	}
	enum sim_status status = budget_grow(&build->budget, &stack, &sweep->stack_capacity,
					     sweep->depth + 1, sizeof(*sweep->stack), diag);
	sweep->stack = stack;
	TRY(status);
	sweep->stack[sweep->depth++] = (uint32_t)index;
	return SIM_OK;
}

/* Ranges and questions side by side, in order of thread and time. */
static enum sim_status answer(struct sweep *sweep, struct sim_diag *diag)
{
	const struct build *build = sweep->build;
	uint32_t thread = 0;
	size_t next = 0;
	for (size_t i = 0; i < sweep->count; i++) {
		struct question *question = &sweep->questions[i];
		if (question->thread != thread)
			sweep->depth = 0;
		thread = question->thread;
		for (; next < build->op_range_count; next++) {
			const struct build_op_range *range = &build->op_ranges[next];
			if (range->thread > thread ||
			    (range->thread == thread && range->start_ns > question->time_ns))
				break;
			if (range->thread == thread)
				TRY(open_range(sweep, next, diag));
		}
		close_ranges(sweep, question->time_ns);
		if (sweep->depth > 0)
			question->range = (int32_t)sweep->stack[sweep->depth - 1];
	}
	return SIM_OK;
}

/* The first of COUNT ids that no op of the trace has; BUILD_NO_ID when they do not fit. */
static uint64_t free_ids(const struct build *build, size_t count)
{
	uint64_t last = 0;
	for (size_t i = 0; i < build->trace->kernel_count; i++) {
		uint64_t id = build->origins[i].external_id;
		if (id != BUILD_NO_ID && id > last)
			last = id;
	}
	return last < BUILD_NO_ID - count - 1 ? last + 1 : BUILD_NO_ID;
}

/* Each op of each replay is one op: its kernels get an id in common, by which they are numbered. */
static void give_ops(struct sweep *sweep)
{
	struct build *build = sweep->build;
	uint64_t id = free_ids(build, sweep->count);
	if (id == BUILD_NO_ID) {
		build_warn(build,
			   "NVTX ranges are not looked at: no external ids are left for them");
		return;
	}
	for (size_t i = 0; i < sweep->count; i++) {
		const struct question *question = &sweep->questions[i];
		if (question->range == NO_RANGE)
			continue;
		if (i > 0 && (question->range != question[-1].range ||
			      question->replay != question[-1].replay))
			id++;
		const struct build_op_range *range = &build->op_ranges[question->range];
		build->trace->details[question->kernel].op_name = range->name;
		build->trace->details[question->kernel].op_shape = range->shape;
		build->origins[question->kernel].external_id = id;
	}
}

static void forget(struct build *build)
{
	void *ranges = build->op_ranges, *nodes = build->nodes;
	budget_free(&build->budget, &ranges, &build->op_range_capacity, sizeof(*build->op_ranges));
	budget_free(&build->budget, &nodes, &build->node_capacity, sizeof(*build->nodes));
	build->op_ranges = NULL;
	build->nodes = NULL;
	build->op_range_count = build->node_count = 0;
}

enum sim_status build_join_nvtx(struct build *build, struct sim_diag *diag)
{
	struct sweep sweep = {.build = build};
	enum sim_status status = SIM_OK;
	if (build->op_range_count > 0) {
		qsort(build->op_ranges, build->op_range_count, sizeof(*build->op_ranges),
		      by_thread_and_start);
		build_sort_nodes(build);
		status = ask(&sweep, diag);
		if (status == SIM_OK && sweep.count > 0) {
			qsort(sweep.questions, sweep.count, sizeof(*sweep.questions),
			      by_thread_and_time);
			status = answer(&sweep, diag);
			qsort(sweep.questions, sweep.count, sizeof(*sweep.questions),
			      by_replay_and_range);
			if (status == SIM_OK)
				give_ops(&sweep);
		}
	}
	void *questions = sweep.questions, *stack = sweep.stack;
	budget_free(&build->budget, &questions, &sweep.capacity, sizeof(*sweep.questions));
	budget_free(&build->budget, &stack, &sweep.stack_capacity, sizeof(*sweep.stack));
	forget(build);
	return status;
}
