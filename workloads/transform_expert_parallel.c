/*
 * expert_parallel: experts over devices: the kernels of the fullest one, tokens sent there and back, and
 * weights that a spill sends. Equations, keys and limits: workloads/parallel.h (ep).
 *
 * Kernels of experts were lowered for the tokens of one device and all experts; here they get the
 * choices and the distinct experts of the fullest device.
 */
#include "workloads/parallel_parts.h"
#include "workloads/scope.h"
#include "workloads/transform_parts.h"
#include "workloads/transform_weights.h"

static bool is_expert(const struct lowered_kernel *kernel)
{
	return kernel->role == WORKLOAD_ROLE_EXPERT_UP || kernel->role == WORKLOAD_ROLE_EXPERT_DOWN;
}

/* Positions of the first and the last expert kernel of a segment. */
struct span {
	uint32_t first, last;
	bool any;
};

static struct span find_experts(const struct workload_step *step, size_t segment)
{
	const struct lowered_segment *at = &step->segments[segment];
	struct span span = {0};
	for (uint32_t p = 0; p < at->count; p++) {
		if (!is_expert(&step->kernels[at->first + p]))
			continue;
		span.first = span.any ? span.first : p;
		span.last = p;
		span.any = true;
	}
	return span;
}

struct layer {
	const struct parallel *group;
	struct parallel_experts fullest;
	double rows, hidden;
	double choices;	     /* that were lowered for: of one device's tokens */
	double unique;	     /* the same */
	double expert_bytes; /* of one, all its matrices */
};

static void scale_kernel(const struct layer *layer, struct lowered_kernel *at)
{
	double tokens = layer->fullest.choices / layer->choices;
	double experts = layer->fullest.unique / layer->unique;
	struct sim_kernel *kernel = &at->kernel;
	kernel->flops = transform_scale(kernel->flops, tokens);
	kernel->act_read_bytes = transform_scale(kernel->act_read_bytes, tokens);
	kernel->act_write_bytes = transform_scale(kernel->act_write_bytes, tokens);
	kernel->blocks = (uint32_t)transform_scale(kernel->blocks, tokens);
	if (!is_expert(at))
		return;
	kernel->weight_bytes = transform_scale(kernel->weight_bytes, experts);
	at->weight_elements *= experts;
	at->m = (uint32_t)transform_scale(at->m, tokens);
	at->experts = (uint32_t)transform_scale(at->experts, experts);
}

static struct collective exchange(const struct layer *layer, double out, double in)
{
	double others = 1 - 1 / layer->group->ep;
	return (struct collective){
		.kind = COLLECTIVE_ALL_TO_ALL,
		.topology = layer->group->topology,
		.bytes = 2 * out * others * layer->hidden,
		.received = 2 * in * others * layer->hidden,
		.devices = layer->group->ep,
		.sms = layer->group->sms,
	};
}

static enum sim_status insert(struct workload_step *step, size_t segment, uint32_t position,
			      uint32_t model, const char *name, struct collective collective,
			      struct sim_diag *diag)
{
	struct lowered_kernel *made;
	uint32_t index = step->segments[segment].first + model;
	return parallel_insert(step, segment, position, index, name, &collective, &made, diag);
}

/* Weights, then tokens to the experts; tokens back. From the back, so that positions stay. */
static enum sim_status send_tokens(const struct layer *layer, struct workload_step *step,
				   size_t segment, struct span span, struct sim_diag *diag)
{
	double own = layer->choices / layer->group->tp, load = layer->fullest.choices;
	if (layer->group->dp > 1) {
		TRY(insert(step, segment, span.last + 1, span.last, "combine",
			   exchange(layer, load, own), diag));
		TRY(insert(step, segment, span.first, span.first, "dispatch",
			   exchange(layer, own, load), diag));
	}
	if (layer->fullest.sent_experts <= 0)
		return SIM_OK;
	const struct collective weights = {
		.kind = COLLECTIVE_SEND,
		.topology = COLLECTIVE_SWITCH,
		.bytes = layer->fullest.sent_experts * layer->expert_bytes,
		.devices = 2,
		.sms = layer->group->sms,
	};
	return insert(step, segment, span.first, span.first, "weights", weights, diag);
}

static double expert_bytes(const struct workload *workload)
{
	const struct workload_model *model = &workload->model;
	double bits = weights_bits(workload, workload->first_keys[TRANSFORM_weights],
				   WORKLOAD_ROLE_EXPERT_UP, UINT32_MAX);
	double elements = (model->gated ? 3.0 : 2.0) * (double)model->hidden *
			  (double)model->expert_intermediate;
	return elements * (bits == bits ? bits : model->expert_bits) / 8;
}

static enum sim_status apply(const struct workload *workload, size_t first_key,
			     const struct workload_forward *forward, struct workload_step *step,
			     struct sim_diag *diag)
{
	const struct parallel group = parallel_of(workload);
	const struct workload_forward part = parallel_part(workload, forward);
	const struct workload_model *model = &workload->model;
	(void)first_key;
	if (group.ep <= 1 || forward->model != 0)
		return SIM_OK;
	TRY(parallel_check_experts(workload, diag));
	struct layer layer = {
		.group = &group,
		.rows = part.batch * part.width,
		.hidden = (double)model->hidden,
		.expert_bytes = expert_bytes(workload),
	};
	layer.fullest = parallel_experts(workload, layer.rows);
	layer.choices = layer.rows * (double)model->experts_per_token;
	layer.unique = scope_unique_experts(model, layer.rows);
	if (part.unique_experts > 0) { /* as measured, of all devices' tokens */
		layer.unique = part.unique_experts;
		layer.fullest.unique = part.unique_experts / group.ep;
	}
	for (size_t s = 0; s < step->segment_count; s++) {
		struct span span = find_experts(step, s);
		if (!span.any)
			continue;
		for (uint32_t p = span.first; p <= span.last; p++)
			scale_kernel(&layer, &step->kernels[step->segments[s].first + p]);
		TRY(send_tokens(&layer, step, s, span, diag));
	}
	return SIM_OK;
}

static enum sim_status hold(const struct workload *workload, size_t first_key,
			    struct workload_capacity *capacity, struct sim_diag *diag)
{
	const struct parallel group = parallel_of(workload);
	const struct workload_model *model = &workload->model;
	(void)first_key;
	if (group.ep <= 1)
		return SIM_OK;
	TRY(parallel_check_experts(workload, diag));
	double one = expert_bytes(workload);
	double matrices = (model->gated ? 3.0 : 2.0) * (double)model->hidden *
			  (double)model->expert_intermediate;
	double all = (double)model_parameters(model).experts / matrices * one; /* biases too */
	double share = group.pp > 1 ? parallel_ceil((double)model->layers / group.pp) /
					      (double)model->layers
				    : 1;
	capacity->weight_bytes -= all * share * (1 - 1 / group.ep);
	capacity->weight_bytes += /* copies of one layer at a time */
		parallel_experts(workload, capacity->batch).sent_experts * one;
	return SIM_OK;
}

const struct workload_transform workload_transform_expert_parallel = {
	.name = "expert_parallel",
	.what = "experts over devices: the fullest one's kernels, and what is sent",
	.apply = apply,
	.hold = hold,
};
