/* What a run keeps in memory, as machines with several memories want to know it. */
#include "workloads/residents.h"

#include "workloads/transform_moe.h"
#include "workloads/transform_parts.h"
#include "workloads/transform_speculation.h"
#include "workloads/transform_weights.h"

static size_t speculation_first_key(const struct workload *workload)
{
	for (size_t i = 0; transform_at(i) != NULL; i++)
		if (transform_at(i) == &workload_transform_speculation)
			return workload->first_keys[i];
	return 0;
}

static double layers_with_experts(const struct workload_model *model)
{
	uint64_t count = 0;
	for (uint64_t i = 0; i < model->layers; i++)
		count += model_layer(model, i).experts;
	return (double)count;
}

/* The model's widest forward of its own. */
static enum sim_status set_forward(const struct workload *workload, double context,
				   struct sim_residents *residents, struct sim_diag *diag)
{
	struct workload_iteration iteration;
	TRY(workload_iterate(workload, context, &iteration, diag));
	for (size_t i = 0; i < iteration.forward_count; i++) {
		const struct workload_forward *forward = &iteration.forwards[i];
		double tokens = moe_tokens(workload, forward);
		if (forward->model == 0 && forward->draft && tokens > residents->draft_tokens)
			residents->draft_tokens = tokens;
		if (!transform_is_target(forward) || tokens < residents->tokens)
			continue;
		residents->tokens = tokens;
		residents->verifies = forward->verify;
	}
	return SIM_OK;
}

static void set_experts(const struct workload *workload, struct sim_residents *residents)
{
	const struct workload_model *model = &workload->model;
	size_t draft = speculation_first_key(workload), moe = moe_first_key(workload);
	double bits = weights_expert_bits(workload);
	residents->experts = (double)model->experts;
	residents->experts_per_token = (double)model->experts_per_token;
	residents->expert_layers = layers_with_experts(model);
	double elements = (double)model_parameters(model).experts /
			  (residents->experts * residents->expert_layers);
	residents->expert_bytes = elements * bits / 8;
	residents->skew = transform_given(workload, moe, MOE_SKEW, 0);
	residents->locality = transform_given(workload, moe, MOE_LOCALITY, residents->skew);
	residents->restricted = speculation_is_restricted(workload);
	if (transform_value(workload, draft, DRAFT_BITS)->given &&
	    transform_number(workload, draft, DRAFT_KIND) == DRAFT_KIND_SELF)
		residents->expert_copy_bytes =
			elements * transform_number(workload, draft, DRAFT_BITS) / 8;
	if (transform_value(workload, draft, DRAFT_SLICE)->given && residents->verifies)
		residents->slice =
			weights_slice_bits(workload, WORKLOAD_ROLE_EXPERT_UP,
					   transform_number(workload, draft, DRAFT_SLICE)) /
			bits;
}

enum sim_status workload_residents(const struct workload *workload, double context,
				   struct sim_residents *residents, struct sim_diag *diag)
{
	struct workload_capacity capacity;
	double batch = scenario_number(&workload->scenario, SCENARIO_BATCH);
	*residents = (struct sim_residents){.slice = 1};
	TRY(workload_capacity(workload, batch, context, &capacity, diag));
	TRY(set_forward(workload, context, residents, diag));
	if (workload->model.experts > 0)
		set_experts(workload, residents);
	double expert_bytes = residents->expert_bytes + residents->expert_copy_bytes;
	double all = expert_bytes * residents->experts * residents->expert_layers;
	residents->dense_bytes = capacity.weight_bytes > all ? capacity.weight_bytes - all : 0;
	residents->kv_bytes = capacity.kv_bytes + capacity.state_bytes;
	return SIM_OK;
}
