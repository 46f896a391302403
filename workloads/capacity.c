/*
 * What a workload must hold in memory.
 *
 *   weights      all parameters, in the model's own bits
 *   KV           batch x slots x layers of each kind x 2 kv_heads d x 2 bytes (latent: kv_rank +
 *                rope_dim); layers that slide hold at most their window
 *   activations  the most that two kernels in a row read and write of activations
 *   workspace    of the runtime, an assumption of its profile
 * Transforms change these afterwards (formats, tiers).
 */
#include <string.h>

#include "workloads/transform.h"

static double kv_elements_of_layer(const struct workload_model *model)
{
	return (double)model_kv_elements(model) / (double)model->layers;
}

static double kv_bytes(const struct workload_model *model, double batch, double slots)
{
	double elements = 0, window = (double)model->window;
	for (uint64_t i = 0; i < model->layers; i++) {
		bool slides = model_layer(model, i).slides;
		elements +=
			(slides && window < slots ? window : slots) * kv_elements_of_layer(model);
	}
	return 2 * batch * elements;
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

static enum sim_status add_activations(const struct workload *workload,
				       const struct workload_forward *forward,
				       struct workload_capacity *capacity, struct sim_diag *diag)
{
	struct workload_step step;
	enum sim_status status = step_init(&step, diag);
	if (status == SIM_OK)
		status = workload_lower(workload, forward, &step, diag);
	if (status == SIM_OK)
		capacity->activation_bytes = live_bytes(&step);
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
	capacity->kv_bytes = model->encoder ? 0 : kv_bytes(model, batch, forward.slots);
	capacity->kv_bytes_per_token = 2 * (double)model_kv_elements(model);
	capacity->state_bytes = 2 * batch * (double)model_state_elements(model);
	capacity->workspace_bytes = workload->runtime.workspace_bytes;
	TRY(add_activations(workload, &forward, capacity, diag));
	for (size_t i = 0; i < workload->draft_count; i++) {
		capacity->weight_bytes += (double)model_parameter_bytes(workload->drafts[i]);
		capacity->kv_bytes += kv_bytes(workload->drafts[i], batch, forward.slots);
	}
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
