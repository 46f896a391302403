/*
 * What a workload must hold in memory.
 *
 *   weights      all parameters, in the model's own bits
 *   KV           batch x slots x layers of each kind x 2 kv_heads d x 2 bytes (latent: kv_rank +
 *                rope_dim), or what the profile's software caches; layers that slide hold at most
 *                their window
 *   state        batch x layers x its elements x 2 bytes, or as the profile says
 *   activations  the most that two kernels in a row read and write of activations
 *   workspace    of the runtime, an assumption of its profile
 * Transforms change these afterwards (formats, tiers).
 */
#include <string.h>

#include "workloads/scope.h"
#include "workloads/transform.h"

/* HELD of a layer of FORWARD's model as the profile says, or OTHERWISE where it does not. */
static enum sim_status held_by_layer(const struct workload *workload,
				     const struct workload_forward *forward,
				     const struct expr *held, double otherwise, double *value,
				     struct sim_diag *diag)
{
	double values[EXPR_MOST_SLOTS] = {0};
	*value = otherwise;
	if (held->text == NULL)
		return SIM_OK;
	scope_fill_forward(workload, forward, values);
	return expr_value(held, values, value, diag);
}

/* Bytes of all sequences of FORWARD, and of one token of one. */
static enum sim_status kv_bytes(const struct workload *workload,
				const struct workload_forward *forward, double *bytes,
				double *per_token, struct sim_diag *diag)
{
	const struct workload_model *model = workload_model_of(workload, forward);
	double slots = forward->slots, tokens = 0, window = (double)model->window, elements;
	TRY(held_by_layer(workload, forward, &workload->runtime.cache,
			  (double)model_kv_elements(model) / (double)model->layers, &elements,
			  diag));
	for (uint64_t i = 0; i < model->layers; i++)
		tokens += model_layer(model, i).slides && window < slots ? window : slots;
	*per_token = 2 * elements * (double)model->layers;
	*bytes = model->encoder ? 0 : 2 * forward->batch * tokens * elements;
	return SIM_OK;
}

static enum sim_status state_bytes(const struct workload *workload,
				   const struct workload_forward *forward, double *bytes,
				   struct sim_diag *diag)
{
	const struct workload_model *model = workload_model_of(workload, forward);
	double layers = (double)model->layers, each;
	TRY(held_by_layer(workload, forward, &workload->runtime.state,
			  2 * (double)model_state_elements(model) / layers, &each, diag));
	*bytes = forward->batch * layers * each;
	return SIM_OK;
}

/* Most activation bytes of two kernels in a row: what the one writes and the next reads is there. */
static double live_bytes(const struct workload_step *step)
{
	double most = 0;
	for (size_t i = 0; i < step->kernel_count; i++) {
		const struct sim_kernel *at = &step->kernels[i].kernel;
		if (at->flags & SIM_KERNEL_PEER)
			continue; /* what travels lies where it was written or is read */
		double live = (double)at->act_read_bytes + (double)at->act_write_bytes;
		most = live > most ? live : most;
	}
	return most;
}

/*
 * Absorbed projections that are kept in 16 bits lie there beside what they were made of, unless that has
 * 16 bits, too.
 */
static double copied_bytes(const struct workload_step *step, const struct workload_model *model)
{
	double bytes = 0;
	for (size_t s = 0; s < step->segment_count; s++)
		for (uint32_t k = 0; k < step->segments[s].count; k++) {
			const struct lowered_kernel *at =
				&step->kernels[step->segments[s].first + k];
			if (at->role == WORKLOAD_ROLE_ABSORB)
				bytes += at->weight_elements * step->segments[s].repeat * 2;
		}
	return model->parameter_bits < 16 ? bytes : 0;
}

static enum sim_status add_activations(const struct workload *workload,
				       const struct workload_forward *forward,
				       struct workload_capacity *capacity, struct sim_diag *diag)
{
	struct workload_step step;
	enum sim_status status = step_init(&step, diag);
	if (status == SIM_OK)
		status = workload_lower(workload, forward, &step, diag);
	if (status == SIM_OK) {
		capacity->activation_bytes = live_bytes(&step);
		capacity->weight_bytes += copied_bytes(&step, &workload->model);
	}
	step_fini(&step);
	return status;
}

/* Most tokens of a sequence that a forward brings: each takes a KV slot, kept or not. */
static enum sim_status widest(const struct workload *workload, double context, double *width,
			      struct sim_diag *diag)
{
	struct workload_iteration iteration;
	TRY(workload_iterate(workload, context, &iteration, diag));
	*width = 1;
	for (size_t i = 0; i < iteration.forward_count; i++)
		if (iteration.forwards[i].model == 0 && iteration.forwards[i].width > *width)
			*width = iteration.forwards[i].width;
	return SIM_OK;
}

/* A draft model's own weights, cache and state. */
static enum sim_status add_draft(const struct workload *workload, uint32_t model,
				 struct workload_forward forward,
				 struct workload_capacity *capacity, struct sim_diag *diag)
{
	double kv, per_token, state;
	forward.model = model;
	TRY(kv_bytes(workload, &forward, &kv, &per_token, diag));
	TRY(state_bytes(workload, &forward, &state, diag));
	capacity->weight_bytes +=
		(double)model_parameter_bytes(workload_model_of(workload, &forward));
	capacity->kv_bytes += kv;
	capacity->state_bytes += state;
	return SIM_OK;
}

enum sim_status workload_capacity(const struct workload *workload, double batch, double context,
				  struct workload_capacity *capacity, struct sim_diag *diag)
{
	const struct workload_model *model = &workload->model;
	struct workload_forward forward = {.count = 1, .batch = batch, .context = context};
	memset(capacity, 0, sizeof(*capacity));
	TRY(widest(workload, context, &forward.width, diag));
	TRY(workload_slots(workload, &forward, diag));
	capacity->batch = batch;
	capacity->slots = forward.slots;
	capacity->weight_bytes = (double)model_parameter_bytes(model);
	TRY(kv_bytes(workload, &forward, &capacity->kv_bytes, &capacity->kv_bytes_per_token, diag));
	TRY(state_bytes(workload, &forward, &capacity->state_bytes, diag));
	capacity->workspace_bytes = workload->runtime.workspace_bytes;
	TRY(add_activations(workload, &forward, capacity, diag));
	for (size_t i = 0; i < workload->draft_count; i++)
		TRY(add_draft(workload, (uint32_t)(i + 1), forward, capacity, diag));
	for (size_t i = 0; transform_at(i) != NULL; i++)
		if (transform_at(i)->hold != NULL)
			TRY(transform_at(i)->hold(workload, workload->first_keys[i], capacity,
						  diag));
	capacity->total_bytes = capacity->weight_bytes + capacity->kv_bytes +
				capacity->state_bytes + capacity->activation_bytes +
				capacity->workspace_bytes - capacity->offloaded_bytes;
	return SIM_OK;
}

/* Does TRY_BATCH x TRY_CONTEXT fit into BYTES? */
bool workload_fits(const struct workload_capacity *capacity, const struct workload_memory *memory)
{
	double apart = memory->kv_bytes > 0 ? capacity->kv_bytes : 0;
	return (memory->bytes <= 0 || capacity->total_bytes - apart <= memory->bytes) &&
	       apart <= memory->kv_bytes;
}

static enum sim_status fits(const struct workload *workload, double batch, double context,
			    const struct workload_memory *memory, bool *is_so,
			    struct sim_diag *diag)
{
	struct workload_capacity capacity;
	TRY(workload_capacity(workload, batch, context, &capacity, diag));
	*is_so = workload_fits(&capacity, memory);
	return SIM_OK;
}

/* Doubling, then halving the interval: the largest whole number in 0 .. LIMIT that fits. */
static enum sim_status largest(const struct workload *workload, double batch, double context,
			       bool of_batch, double limit, const struct workload_memory *memory,
			       double *found, struct sim_diag *diag)
{
	double low = 0, high = limit + 1; /* low fits or is 0; high does not fit */
	for (uint64_t doubled = 1; (double)doubled < high; doubled *= 2) {
		double guess = (double)doubled;
		bool is_so;
		TRY(fits(workload, of_batch ? guess : batch, of_batch ? context : guess, memory,
			 &is_so, diag));
		if (!is_so)
			high = guess;
		else
			low = guess;
	}
	while (high - low > 1) {
		double middle = (double)(int64_t)((low + high) / 2);
		bool is_so;
		TRY(fits(workload, of_batch ? middle : batch, of_batch ? context : middle, memory,
			 &is_so, diag));
		if (is_so)
			low = middle;
		else
			high = middle;
	}
	*found = low;
	return SIM_OK;
}

enum sim_status workload_largest_batch(const struct workload *workload, double context,
				       const struct workload_memory *memory, double *batch,
				       struct sim_diag *diag)
{
	return largest(workload, 0, context, true, WORKLOAD_MOST_BATCH, memory, batch, diag);
}

enum sim_status workload_largest_context(const struct workload *workload, double batch,
					 const struct workload_memory *memory, double *context,
					 struct sim_diag *diag)
{
	double limit = (double)workload->model.positions;
	return largest(workload, batch, 0, false, limit, memory, context, diag);
}
