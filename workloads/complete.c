/*
 * Whether a profile lowers all of a model: for one token of one sequence its kernels must read the
 * parameters that the architecture counts, within 2 % (norms and small biases may be counted as
 * activations). What is missed or counted twice is a part of the model that the profile does not
 * know: latent attention, shared experts, a state space. What a profile says it lacks is told first.
 */
#include "workloads/workload.h"

/* What the profile says that its software lacks; a profile that never looks at the mixer knows one. */
static enum sim_status check_features(const struct workload_runtime *runtime,
				      const struct workload_model *model, struct sim_diag *diag)
{
	for (unsigned feature = 0; feature < FEATURE_COUNT; feature++) {
		bool mixer = feature == FEATURE_LATENT || feature == FEATURE_STATE;
		const char *why = runtime->lacks[feature];
		if (why == NULL && mixer && !runtime->tells_mixers)
			why = "its kernels are those of attention heads";
		if (why == NULL || !feature_of(model, feature))
			continue;
		return diag_fail(diag, SIM_E_UNSUPPORTED,
				 "runtime '%s' knows no %s (%s): model '%s'; fused-ideal does",
				 runtime->name, feature_text(feature), why, model->name);
	}
	return SIM_OK;
}

static enum sim_status check(const struct workload *workload, uint32_t index,
			     struct workload_step *step, struct sim_diag *diag)
{
	const struct workload_forward forward = {
		.model = index, .count = 1, .batch = 1, .width = 1, .context = 1, .slots = 2};
	const struct workload_model *model = workload_model_of(workload, &forward);
	const char *runtime = workload->runtime.name;
	double needed = (double)model_parameters(model).read, read = 0;
	TRY(check_features(&workload->runtime, model, diag));
	TRY(workload_lower_plain(workload, &forward, step, diag));
	for (size_t s = 0; s < step->segment_count; s++)
		for (uint32_t k = 0; k < step->segments[s].count; k++)
			read += step->kernels[step->segments[s].first + k].weight_elements *
				step->segments[s].repeat;
	if (read >= 0.98 * needed && read <= 1.02 * needed)
		return SIM_OK;
	return diag_fail(diag, SIM_E_UNSUPPORTED,
			 "runtime '%s' does not lower all of model '%s': its kernels read %.4g "
			 "parameters a token, the architecture has %.4g",
			 runtime, model->name, read, needed);
}

enum sim_status workload_complete(const struct workload *workload, struct sim_diag *diag)
{
	struct workload_step step;
	if (workload->runtime.partial)
		return SIM_OK;
	TRY(step_init(&step, diag));
	enum sim_status status = SIM_OK;
	for (uint32_t i = 0; status == SIM_OK && i <= workload->draft_count; i++)
		status = check(workload, i, &step, diag);
	step_fini(&step);
	return status;
}
