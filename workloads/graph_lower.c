/* Op graphs: entries, evaluated, as kernels. */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "workloads/graph_parts.h"

enum { MOST_PASSES = 1 << 20 };

struct lowering {
	const struct workload_graph *graph;
	struct workload_step *step;
	double values[EXPR_MOST_SLOTS];
	double sm_count;
	uint64_t passes; /* of loops, repeats and blocks: bounded, whatever is in them */
	uint16_t group;
	struct sim_diag *diag;
};

static enum sim_status value_of(const struct lowering *low, const struct graph_entry *entry,
				const struct expr *expr, double *value)
{
	struct sim_diag why = {0};
	for (size_t i = 0; expr->code != NULL && i < low->graph->name_count; i++)
		if (expr_uses(expr, i) && isnan(low->values[i]))
			return diag_fail_at(
				low->diag, SIM_E_RANGE, entry->file, entry->line,
				"no value outside of the blocks or loops that bind it: '%s'",
				low->graph->names[i]);
	enum sim_status status = expr_value(expr, low->values, value, &why);
	if (status != SIM_OK)
		return diag_fail_at(low->diag, status, entry->file, entry->line, "%s", why.text);
	return SIM_OK;
}

static enum sim_status fail_at(const struct lowering *low, const struct graph_entry *entry,
			       const char *what, const char *subject)
{
	return diag_fail_at(low->diag, SIM_E_RANGE, entry->file, entry->line, "%s: '%s'", what,
			    subject);
}

/* EXPR as written; NULL stands for 1. */
static const char *text_of(const struct expr *expr)
{
	return expr != NULL ? expr->text : "1";
}

static enum sim_status append_op(struct lowering *low, const struct graph_entry *entry)
{
	struct kind_call call = {.name = entry->name,
				 .role = WORKLOAD_ROLE_NONE,
				 .group = ++low->group,
				 .sm_count = low->sm_count};
	for (size_t i = 0; i < entry->field_count; i++) {
		TRY(value_of(low, entry, &entry->fields[i], &call.values[i]));
		if (!(call.values[i] >= 0 && call.values[i] <= 1e15))
			return fail_at(low, entry, "field is negative, or above 1e15",
				       entry->op->fields[i].name);
	}
	if (low->step->kernel_count >= GRAPH_MOST_KERNELS)
		return fail_at(low, entry, "too many kernels", entry->name);
	struct sim_diag why = {0};
	enum sim_status status = entry->op->append(&call, low->step, &why);
	if (status != SIM_OK)
		return diag_fail_at(low->diag, status, entry->file, entry->line, "'%s': %s",
				    entry->name, why.text);
	return SIM_OK;
}

static enum sim_status append_list(struct lowering *low, const struct graph_entry *list);

/* Bindings are evaluated outside of the block, all before the first is set. */
static enum sim_status append_use(struct lowering *low, const struct graph_entry *entry)
{
	double saved[GRAPH_MOST_BINDINGS], bound[GRAPH_MOST_BINDINGS];
	for (size_t i = 0; i < entry->bind_count; i++)
		TRY(value_of(low, entry, &entry->binds[i], &bound[i]));
	for (size_t i = 0; i < entry->bind_count; i++) {
		saved[i] = low->values[entry->bind_slots[i]];
		low->values[entry->bind_slots[i]] = bound[i];
	}
	TRY(append_list(low, entry->inner));
	for (size_t i = 0; i < entry->bind_count; i++)
		low->values[entry->bind_slots[i]] = saved[i];
	return SIM_OK;
}

static enum sim_status append_loop(struct lowering *low, const struct graph_entry *entry)
{
	double times, skip = 0;
	TRY(value_of(low, entry, entry->times, &times));
	if (entry->skip != NULL)
		TRY(value_of(low, entry, entry->skip, &skip));
	if (!(times >= 0 && times <= MOST_PASSES))
		return fail_at(low, entry, "loop runs too often", entry->times->text);
	if (!(skip >= 0 && skip <= 1))
		return fail_at(low, entry, "skip is not between 0 and 1", text_of(entry->skip));
	uint64_t passes = (uint64_t)times - (uint64_t)(times * skip);
	double saved = entry->index_slot != SIZE_MAX ? low->values[entry->index_slot] : 0;
	for (uint64_t i = 0; i < passes; i++) {
		if (++low->passes > MOST_PASSES)
			return fail_at(low, entry, "loops run too often", entry->times->text);
		if (entry->index_slot != SIZE_MAX)
			low->values[entry->index_slot] = (double)i;
		TRY(append_list(low, entry->inner));
	}
	if (entry->index_slot != SIZE_MAX)
		low->values[entry->index_slot] = saved;
	return SIM_OK;
}

static enum sim_status append_entry(struct lowering *low, const struct graph_entry *entry)
{
	switch (entry->kind) {
	case GRAPH_OP:
		return append_op(low, entry);
	case GRAPH_USE:
		return append_use(low, entry);
	default:
		return append_loop(low, entry);
	}
}

static enum sim_status append_list(struct lowering *low, const struct graph_entry *list)
{
	for (const struct graph_entry *entry = list; entry != NULL; entry = entry->next) {
		double when = 1, repeat = 1;
		if (entry->when != NULL)
			TRY(value_of(low, entry, entry->when, &when));
		if (when == 0)
			continue;
		if (entry->repeat != NULL)
			TRY(value_of(low, entry, entry->repeat, &repeat));
		if (!(repeat >= 0 && repeat <= MOST_PASSES))
			return fail_at(low, entry, "repeats too often", text_of(entry->repeat));
		for (uint32_t r = 0; r < (uint32_t)repeat; r++) {
			if (++low->passes > MOST_PASSES)
				return fail_at(low, entry, "repeats too often",
					       text_of(entry->repeat));
			TRY(append_entry(low, entry));
		}
	}
	return SIM_OK;
}

/* Params and lets; what blocks and loops bind is no number outside of them. */
static enum sim_status fill(const struct workload_graph *graph, double *values,
			    struct sim_diag *diag)
{
	for (size_t i = 0; i < EXPR_MOST_SLOTS; i++)
		values[i] = NAN;
	for (size_t i = 0; i < graph->param_count; i++)
		values[i] = graph->params[i];
	for (size_t i = 0; i < graph->let_count; i++) {
		struct sim_diag why = {0};
		size_t slot = graph->param_count + i;
		enum sim_status status = expr_value(&graph->lets[i], values, &values[slot], &why);
		if (status != SIM_OK)
			return diag_fail(diag, status, "op graph %s: '%s': %s", graph->name,
					 graph->names[slot], why.text);
	}
	return SIM_OK;
}

static uint64_t bytes_of(double elements, unsigned dtype)
{
	double bytes = elements * sim_dtype_bits(dtype) / 8;
	uint64_t whole = kind_count(bytes);
	return whole + ((double)whole < bytes);
}

/* Bytes of the op's dtype; inputs are hot where the kernel before left what stays in a cache. */
static void finish_kernels(struct workload_step *step)
{
	const uint64_t most = UINT64_C(16) << 20; /* as for traces: traces/work.h, WORK_HOT_BYTES */
	for (size_t i = 0; i < step->kernel_count; i++) {
		struct lowered_kernel *at = &step->kernels[i];
		struct sim_kernel *kernel = &at->kernel;
		kernel->weight_bytes = bytes_of(at->weight_elements, kernel->dtype);
		kernel->kv_read_bytes = bytes_of(at->kv_read_elements, kernel->dtype);
		kernel->kv_write_bytes = bytes_of(at->kv_write_elements, kernel->dtype);
		if (i == 0)
			continue;
		const struct sim_kernel *before = &at[-1].kernel;
		uint64_t written = before->kv_write_bytes + before->act_write_bytes;
		if (written > 0 && written <= most)
			kernel->flags |= SIM_KERNEL_INPUT_HOT;
	}
}

enum sim_status graph_lower(const struct workload_graph *graph, double sm_count,
			    struct workload_step *step, struct sim_diag *diag)
{
	struct lowering *low = calloc(1, sizeof(*low));
	if (low == NULL)
		return diag_fail(diag, SIM_E_NOMEM, "out of memory");
	*low = (struct lowering){.graph = graph,
				 .step = step,
				 .diag = diag,
				 .sm_count = sm_count > 0 ? sm_count : 132};
	step_clear(step);
	enum sim_status status = fill(graph, low->values, diag);
	if (status == SIM_OK)
		status = append_list(low, graph->ops);
	free(low);
	if (status != SIM_OK)
		return status;
	if (step->kernel_count == 0)
		return diag_fail(diag, SIM_E_RANGE, "op graph %s: no op runs", graph->name);
	finish_kernels(step);
	return step_close(step, 1, UINT32_MAX, diag);
}

enum sim_status graph_numbers(const struct workload_graph *graph, double *items,
			      double *holds_bytes, struct sim_diag *diag)
{
	double values[EXPR_MOST_SLOTS];
	TRY(fill(graph, values, diag));
	TRY(expr_value(&graph->items, values, items, diag));
	TRY(expr_value(&graph->holds, values, holds_bytes, diag));
	if (!(*items > 0 && *holds_bytes >= 0))
		return diag_fail(diag, SIM_E_RANGE,
				 "op graph %s: 'items' is not positive, or 'holds' is negative",
				 graph->name);
	return SIM_OK;
}

enum sim_status graph_program(struct workload_step *step, struct workload_program *program,
			      struct sim_diag *diag)
{
	memset(program, 0, sizeof(*program));
	program->lowered = calloc(1, sizeof(*program->lowered));
	if (program->lowered == NULL) {
		step_fini(step);
		return diag_fail(diag, SIM_E_NOMEM, "out of memory");
	}
	*program->lowered = *step;
	memset(step, 0, sizeof(*step));
	program->lowered_count = 1;
	const struct workload_step *own = program->lowered;
	uint32_t count = (uint32_t)step_expanded_count(own);
	program->kernels = malloc((count + 1) * sizeof(*program->kernels));
	program->details = malloc((count + 1) * sizeof(*program->details));
	program->steps = calloc(1, sizeof(*program->steps));
	if (program->kernels == NULL || program->details == NULL || program->steps == NULL)
		return diag_fail(diag, SIM_E_NOMEM, "out of memory");
	step_expand(own, program->kernels);
	for (uint32_t i = 0; i < count; i++)
		program->details[i] = &own->kernels[i]; /* one segment, once */
	program->steps[0] = (struct sim_step){
		.count = count, .traced_launch = SIM_LAUNCH_GRAPH, .ends_in_sync = 1};
	program->program = (struct sim_program){.kernels = program->kernels,
						.kernel_count = count,
						.steps = program->steps,
						.step_count = 1};
	return SIM_OK;
}
