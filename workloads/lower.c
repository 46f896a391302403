/*
 * Lowering: the entries of a profile, evaluated for one forward, as kernels.
 *
 * Layers of one kind are lowered once. Runs of equal layers are one segment; where the kind comes
 * back later, its kernels are copied.
 */
#include "workloads/lower.h"

#include <string.h>

#include "workloads/lower_memo.h"
#include "workloads/parallel.h"
#include "workloads/scope.h"
#include "workloads/transform.h"

enum { MOST_KERNELS = 1 << 20, MOST_EXPANDED = 1 << 26, MOST_REPEAT = 1 << 16 };

struct lowering {
	const struct workload *workload;
	const struct workload_model *model;
	struct workload_step *step;
	double values[EXPR_MOST_SLOTS];
	uint16_t group;
	struct lower_memo *memo; /* NULL: nothing is remembered */
	size_t section_count;
	struct memo_section *section; /* the one at hand; NULL: not remembered */
	struct memo_slots changed;    /* since it was lowered last */
	struct sim_diag *diag;
};

static enum sim_status fail_at(const struct lowering *low, const struct runtime_entry *entry,
			       enum sim_status status, const char *what, const char *subject)
{
	return diag_fail_at(low->diag, status, entry->file, entry->line, "%s: '%s'", what, subject);
}

static enum sim_status fail_value(const struct lowering *low, const struct runtime_entry *entry,
				  const struct expr *expr)
{
	struct sim_diag why;
	double value;
	diag_init(&why);
	enum sim_status status = expr_value(expr, low->values, &value, &why);
	return diag_fail_at(low->diag, status, entry->file, entry->line, "%s", why.text);
}

static inline enum sim_status value_of(const struct lowering *low,
				       const struct runtime_entry *entry, const struct expr *expr,
				       double *value)
{
	*value = expr->constant;
	if (expr->code == NULL || expr_value(expr, low->values, value, NULL) == SIM_OK)
		return SIM_OK;
	return fail_value(low, entry, expr);
}

static enum sim_status call_kind(struct lowering *low, const struct runtime_entry *entry)
{
	struct kind_call call; /* values past the kind's fields are nobody's */
	call.name = entry->name;
	call.role = entry->role;
	call.group = low->group;
	call.sm_count = low->workload->sm_count;
	for (size_t i = 0; i < entry->field_count; i++) {
		TRY(value_of(low, entry, &entry->fields[i], &call.values[i]));
		if (call.values[i] < 0)
			return fail_at(low, entry, SIM_E_RANGE, "negative", entry->fields[i].text);
	}
	struct sim_diag why;
	diag_init(&why);
	enum sim_status status = entry->kind->append(&call, low->step, &why);
	if (status != SIM_OK)
		return diag_fail_at(low->diag, status, entry->file, entry->line, "'%s': %s",
				    entry->name, why.text);
	return SIM_OK;
}

/* What the host does beside goes with the first of the kernels from FIRST on, which ENTRY became. */
static enum sim_status set_host(struct lowering *low, const struct runtime_entry *entry,
				size_t first)
{
	double ops = 1, waits = 0;
	if (first == low->step->kernel_count)
		return SIM_OK;
	if (entry->waits != NULL)
		TRY(value_of(low, entry, entry->waits, &waits));
	if (waits != 0)
		low->step->kernels[first].kernel.flags |= SIM_KERNEL_SYNC_BEFORE;
	if (entry->ops == NULL)
		return SIM_OK;
	TRY(value_of(low, entry, entry->ops, &ops));
	if (!(ops >= 0 && ops <= MOST_REPEAT))
		return fail_at(low, entry, SIM_E_RANGE, "operations of the host out of range",
			       entry->ops->text);
	low->step->kernels[first].more_ops = (float)(ops - 1);
	return SIM_OK;
}

static enum sim_status append_kernel(struct lowering *low, const struct runtime_entry *entry)
{
	struct memo_call *memo = memo_next(low->section, entry);
	size_t first = low->step->kernel_count;
	low->group++;
	if (first >= MOST_KERNELS)
		return fail_at(low, entry, SIM_E_RANGE, "too many kernels", entry->name);
	if (memo != NULL && memo->known && !memo_touches(memo->uses.bits, &low->changed)) {
		TRY(memo_repeat(memo, low->group, low->step, low->diag));
		return set_host(low, entry, first);
	}
	TRY(call_kind(low, entry));
	if (memo != NULL)
		memo_keep(memo, low->step, first);
	return set_host(low, entry, first);
}

static enum sim_status append_list(struct lowering *low, const struct runtime_entry *list);

/* Bindings are evaluated outside of the block, all before the first is set. */
static enum sim_status append_block(struct lowering *low, const struct runtime_entry *entry)
{
	double saved[64], bound[64];
	bool same[64]; /* a binding is as it was last time */
	struct memo_slots outside = low->changed;
	if (entry->bind_count > 64)
		return fail_at(low, entry, SIM_E_RANGE, "too many names", "with");
	for (size_t i = 0; i < entry->bind_count; i++) {
		TRY(value_of(low, entry, &entry->binds[i], &bound[i]));
		same[i] = !memo_touches(entry->binds[i].uses, &outside);
	}
	for (size_t i = 0; i < entry->bind_count; i++) {
		uint32_t slot = entry->bind_slots[i];
		saved[i] = low->values[slot];
		low->values[slot] = bound[i];
		memo_mark(&low->changed, slot, !same[i]);
	}
	TRY(append_list(low, entry->block));
	for (size_t i = 0; i < entry->bind_count; i++)
		low->values[entry->bind_slots[i]] = saved[i];
	low->changed = outside;
	return SIM_OK;
}

static enum sim_status append_list(struct lowering *low, const struct runtime_entry *list)
{
	for (const struct runtime_entry *entry = list; entry != NULL; entry = entry->next) {
		double when = 1, repeat = 1;
		if (entry->when != NULL)
			TRY(value_of(low, entry, entry->when, &when));
		if (when == 0)
			continue;
		if (entry->repeat != NULL) {
			TRY(value_of(low, entry, entry->repeat, &repeat));
			if (!(repeat >= 0 && repeat <= MOST_REPEAT))
				return fail_at(low, entry, SIM_E_RANGE, "repeats too often",
					       entry->repeat->text);
		}
		for (uint32_t r = 0; r < (uint32_t)repeat; r++)
			TRY(entry->kind != NULL ? append_kernel(low, entry)
						: append_block(low, entry));
	}
	return SIM_OK;
}

static enum sim_status evaluate_let(struct lowering *low, size_t let)
{
	const struct workload_runtime *runtime = &low->workload->runtime;
	struct sim_diag why;
	diag_init(&why);
	enum sim_status status = expr_value(&runtime->lets[let], low->values,
					    &low->values[runtime->first_let + let], &why);
	if (status != SIM_OK)
		return diag_fail(low->diag, status, "runtime %s: '%s': %s", runtime->name,
				 runtime->let_names[let], why.text);
	return SIM_OK;
}

static bool differs(const struct lowering *low, size_t slot)
{
	return memcmp(&low->values[slot], &low->section->values[slot], sizeof(double)) != 0;
}

/* The profile's own names, and which names have changed since the section was lowered last. */
static enum sim_status fill_lets(struct lowering *low)
{
	const struct workload_runtime *runtime = &low->workload->runtime;
	bool known = low->section != NULL && low->section->valid;
	memset(&low->changed, 0, sizeof(low->changed));
	for (size_t slot = 0; known && slot < runtime->first_let; slot++)
		if (differs(low, slot))
			memo_mark(&low->changed, slot, true);
	for (size_t let = 0; let < runtime->let_count; let++) {
		size_t slot = runtime->first_let + let;
		if (known && !memo_touches(runtime->lets[let].uses, &low->changed)) {
			low->values[slot] = low->section->values[slot];
			continue;
		}
		TRY(evaluate_let(low, let));
		if (known)
			memo_mark(&low->changed, slot, differs(low, slot));
	}
	return SIM_OK;
}

/* A narrow format is one of the matrices of attention and MLP: see struct workload_model. */
static double bits_of(const struct workload_model *model, const struct lowered_kernel *kernel)
{
	switch (kernel->role) {
	case WORKLOAD_ROLE_EXPERT_UP:
	case WORKLOAD_ROLE_EXPERT_DOWN:
		return model->expert_bits;
	case WORKLOAD_ROLE_ABSORB:
	case WORKLOAD_ROLE_EMBEDDING:
	case WORKLOAD_ROLE_NORM:
	case WORKLOAD_ROLE_ROUTER:
	case WORKLOAD_ROLE_HEAD:
		return model_wide_bits(model);
	default:
		return model->parameter_bits;
	}
}

/* ELEMENTS of BITS each, rounded up to whole bytes. */
static uint64_t bytes_of(double elements, double bits)
{
	double bytes = elements * bits / 8;
	uint64_t whole = kind_limit(bytes, UINT64_C(1) << 62);
	return whole + ((double)whole < bytes);
}

/* The model's own formats, and what an eager launch costs the host. */
static void finish_kernels(struct lowering *low, uint32_t first, double more_ns)
{
	const struct runtime_host *host = &low->workload->runtime.host;
	for (size_t i = first; i < low->step->kernel_count; i++) {
		struct lowered_kernel *at = &low->step->kernels[i];
		at->kernel.weight_bytes = bytes_of(at->weight_elements, bits_of(low->model, at));
		at->kernel.kv_read_bytes = bytes_of(at->kv_read_elements, 16);
		at->kernel.kv_write_bytes = bytes_of(at->kv_write_elements, 16);
		if (host->kernel_ns <= 0)
			continue;
		bool gemm = at->kernel.op == SIM_OP_GEMM || at->kernel.op == SIM_OP_GROUPED_GEMM;
		double ns = gemm && host->gemm_ns > 0 ? host->gemm_ns : host->kernel_ns;
		ns += (double)at->more_ops * host->op_ns;
		ns = (ns > 0 ? ns : 0) + (i == first ? more_ns : 0);
		at->kernel.host_ns = (uint32_t)kind_limit(ns, UINT32_MAX);
		at->kernel.flags |= SIM_KERNEL_HOST_RECORDED;
	}
}

static enum sim_status append_section(struct lowering *low, const struct runtime_entry *list,
				      uint32_t repeat, uint32_t layer, double more_ns)
{
	size_t first = low->step->kernel_count;
	low->section = memo_section(low->memo, low->section_count++, list);
	TRY(fill_lets(low));
	if (low->section != NULL)
		low->section->valid = false;
	TRY(append_list(low, list));
	if (low->section != NULL)
		memo_close(low->section, low->values, low->workload->runtime.scope_count);
	finish_kernels(low, (uint32_t)first, more_ns);
	return step_close(low->step, repeat, layer, low->diag);
}

static bool equal_layers(struct model_layer a, struct model_layer b)
{
	return a.slides == b.slides && a.experts == b.experts;
}

static enum sim_status append_layers(struct lowering *low, double layers, bool any_prologue)
{
	const struct runtime_host *host = &low->workload->runtime.host;
	uint64_t count = (uint64_t)layers;
	/* the first layer is on its own where the profile asks for it */
	uint64_t from = 0;
	while (from < count) {
		struct model_layer kind = model_layer(low->model, from);
		bool alone = from == 0 && low->workload->runtime.first_layer_differs;
		uint64_t to = from + 1;
		while (!alone && to < count && equal_layers(kind, model_layer(low->model, to)))
			to++;
		scope_fill_layer(low->model, kind, from == 0, low->values);
		double more = host->layer_ns + (from == 0 && !any_prologue ? host->step_ns : 0);
		TRY(append_section(low, low->workload->runtime.layer, (uint32_t)(to - from),
				   (uint32_t)from, more));
		from = to;
	}
	return SIM_OK;
}

static enum sim_status apply_transforms(const struct workload *workload,
					const struct workload_forward *forward,
					struct workload_step *step, struct sim_diag *diag)
{
	for (size_t i = 0; transform_at(i) != NULL; i++)
		if (transform_at(i)->apply != NULL)
			TRY(transform_at(i)->apply(workload, workload->first_keys[i], forward, step,
						   diag));
	return SIM_OK;
}

/* Inputs are hot where the kernel just before wrote something that stays in a cache. */
static void mark_hot(struct workload_step *step)
{
	const uint64_t most = UINT64_C(16) << 20; /* as for traces: traces/work.h, WORK_HOT_BYTES */
	const struct sim_kernel *before = NULL;
	for (size_t s = step->segment_count; s-- > 0 && before == NULL;)
		if (step->segments[s].count > 0)
			before = &step->kernels[step->segments[s].first + step->segments[s].count -
						1]
					  .kernel;
	for (size_t s = 0; before != NULL && s < step->segment_count; s++) {
		const struct lowered_segment *segment = &step->segments[s];
		for (uint32_t k = 0; k < segment->count; k++) {
			struct sim_kernel *kernel = &step->kernels[segment->first + k].kernel;
			uint64_t written = before->kv_write_bytes + before->act_write_bytes;
			kernel->flags &= (uint8_t)~SIM_KERNEL_INPUT_HOT;
			if (written > 0 && written <= most)
				kernel->flags |= SIM_KERNEL_INPUT_HOT;
			before = kernel;
		}
	}
}

static void mark_draft(struct workload_step *step)
{
	for (size_t k = 0; k < step->kernel_count; k++)
		step->kernels[k].kernel.flags |= SIM_KERNEL_DRAFT;
}

static enum sim_status check_size(const struct workload_step *step, struct sim_diag *diag)
{
	if (step->kernel_count > MOST_KERNELS || step_expanded_count(step) > MOST_EXPANDED)
		return diag_fail(diag, SIM_E_RANGE, "a step of more than %d kernels",
				 MOST_EXPANDED);
	return SIM_OK;
}

/* What the profile makes of the model, before any transform. */
static enum sim_status lower_profile(const struct workload *workload,
				     const struct workload_forward *forward,
				     struct lower_memo *memo, struct workload_step *step,
				     struct sim_diag *diag)
{
	struct lowering low = {
		.workload = workload,
		.model = workload_model_of(workload, forward),
		.step = step,
		.memo = memo,
		.diag = diag,
	};
	const struct workload_runtime *runtime = &workload->runtime;
	const struct workload_forward part = parallel_part(workload, forward);
	step_clear(step);
	scope_fill_forward(workload, forward, low.values);
	TRY(append_section(&low, runtime->prologue, 1, UINT32_MAX, runtime->host.step_ns));
	double layers = forward->layers > 0 ? forward->layers : (double)low.model->layers;
	scope_fill_forward(workload, &part, low.values);
	TRY(append_layers(&low, layers, step->kernel_count > 0));
	scope_fill_forward(workload, forward, low.values);
	scope_fill_layer(low.model, (struct model_layer){false, false}, false, low.values);
	return append_section(&low, runtime->epilogue, 1, UINT32_MAX, 0);
}

enum sim_status workload_lower_plain(const struct workload *workload,
				     const struct workload_forward *forward,
				     struct workload_step *step, struct sim_diag *diag)
{
	return lower_profile(workload, forward, NULL, step, diag);
}

enum sim_status lower_again(const struct workload *workload, const struct workload_forward *forward,
			    struct lower_memo *memo, struct workload_step *step,
			    struct sim_diag *diag)
{
	TRY(lower_profile(workload, forward, memo, step, diag));
	TRY(apply_transforms(workload, forward, step, diag));
	mark_hot(step);
	if (forward->draft)
		mark_draft(step);
	return check_size(step, diag);
}

enum sim_status workload_lower(const struct workload *workload,
			       const struct workload_forward *forward, struct workload_step *step,
			       struct sim_diag *diag)
{
	return lower_again(workload, forward, NULL, step, diag);
}
