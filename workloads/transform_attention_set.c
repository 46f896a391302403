/*
 * attention: which cached tokens attention reads, and what is kept instead of the others.
 *
 *   n      tokens that a layer attends to, without this mechanism
 *   budget     n' = min(n, budget): the cache never holds more (TRIM-KV, GUI-KV)
 *   window     n' = min(n, sink + window) (StreamingLLM, arXiv 2309.17453; MagicDec)
 *   middle     n' = sink + window + (n - sink - window) / middle_ratio: the middle is compressed
 *              (PackForcing); with `window` only
 *   selected   n' = min(n, selected) are read, all are kept; finding them reads `select_elements` of
 *              the cache per token (S3-Attention and the like)
 *   state      a state of constant size in place of the cache: `state_bytes` are read and written per
 *              layer and sequence, `state_flops` done; n' = 0 (PTM, linear attention)
 *   recompute  share R of the tokens: not keys and values but `checkpoint` elements per token and layer
 *              are read, and 2 R n' hidden 2 kv_heads head_dim flops make keys and values of them
 *              (KV-Direct holds one residual vector; exact for one layer only)
 *   gate       a score of each new token by a layer of `gate_elements` parameters (TRIM-KV)
 *
 * Reads of the cache and flops go by n' / n. Copies that the runtime makes of the cache follow what
 * it holds. Tokens of the forward itself are in n. The kinds do not combine but budget or window with
 * selected and recompute.
 */
#include "workloads/transform_parts.h"

enum {
	SET_BUDGET,
	SET_WINDOW,
	SET_SINK,
	SET_MIDDLE_RATIO,
	SET_SELECTED,
	SET_SELECT_ELEMENTS,
	SET_STATE_BYTES,
	SET_STATE_FLOPS,
	SET_RECOMPUTE,
	SET_CHECKPOINT,
	SET_GATE_ELEMENTS,
	SET_KEY_COUNT
};

/* clang-format off */
static const struct scenario_key keys[SET_KEY_COUNT + 1] = {
	[SET_BUDGET] = {"attention.budget", SCENARIO_NUMBER, UNIT_COUNT, 1, 1e9, NULL, NULL, "most tokens that the cache of a layer keeps"},
	[SET_WINDOW] = {"attention.window", SCENARIO_NUMBER, UNIT_COUNT, 1, 1e9, NULL, NULL, "last tokens that are kept, beside the sinks"},
	[SET_SINK] = {"attention.sink", SCENARIO_NUMBER, UNIT_COUNT, 0, 1e9, "0", NULL, "first tokens that are kept beside the window"},
	[SET_MIDDLE_RATIO] = {"attention.middle_ratio", SCENARIO_NUMBER, UNIT_RATIO, 1, 1e9, NULL, NULL, "tokens between sinks and window become one of so many; not given: they are dropped"},
	[SET_SELECTED] = {"attention.selected", SCENARIO_NUMBER, UNIT_COUNT, 1, 1e9, NULL, NULL, "tokens that a step reads of all that are kept"},
	[SET_SELECT_ELEMENTS] = {"attention.select_elements", SCENARIO_NUMBER, UNIT_RATIO, 0, 1e9, "0", NULL, "elements per kept token and layer that are read to select"},
	[SET_STATE_BYTES] = {"attention.state_bytes", SCENARIO_NUMBER, UNIT_BYTES, 0, 1e15, NULL, NULL, "a state of this size per layer and sequence in place of the cache"},
	[SET_STATE_FLOPS] = {"attention.state_flops", SCENARIO_NUMBER, UNIT_RATIO, 0, 1e18, "0", NULL, "operations on that state per layer, sequence and token"},
	[SET_RECOMPUTE] = {"attention.recompute", SCENARIO_NUMBER, UNIT_RATIO, 0, 1, "0", NULL, "share of the tokens whose keys and values are computed anew"},
	[SET_CHECKPOINT] = {"attention.checkpoint", SCENARIO_NUMBER, UNIT_RATIO, 0, 1e9, NULL, NULL, "elements per token and layer that they are computed from; not given: the hidden size"},
	[SET_GATE_ELEMENTS] = {"attention.gate_elements", SCENARIO_NUMBER, UNIT_RATIO, 0, 1e12, "0", NULL, "parameters per layer of a gate that scores new tokens"},
	{0},
};
/* clang-format on */

static double smaller(double a, double b)
{
	return a < b ? a : b;
}

/* Of N tokens, those that stay in the cache. */
static double kept_of(const struct workload *workload, size_t first, double n)
{
	const struct scenario_value *v = &workload->scenario.values[first];
	double kept = n;
	if (v[SET_STATE_BYTES].given)
		return 0;
	if (v[SET_WINDOW].given) {
		double ends = smaller(n, v[SET_SINK].number + v[SET_WINDOW].number);
		bool middle = v[SET_MIDDLE_RATIO].given;
		kept = ends + (middle ? (n - ends) / v[SET_MIDDLE_RATIO].number : 0);
	}
	return v[SET_BUDGET].given ? smaller(kept, v[SET_BUDGET].number) : kept;
}

static double read_of(const struct workload *workload, size_t first, double n)
{
	double kept = kept_of(workload, first, n);
	return smaller(kept, transform_given(workload, first, SET_SELECTED, kept));
}

/* What one kept token takes of a layer, in elements, against keys and values in full. */
static double checkpoint_ratio(const struct workload *workload, size_t first)
{
	const struct workload_model *model = &workload->model;
	double share = transform_number(workload, first, SET_RECOMPUTE);
	double full = (double)model_kv_elements(model) / (double)model->layers;
	double checkpoint = transform_given(workload, first, SET_CHECKPOINT, (double)model->hidden);
	return full > 0 ? 1 - share + share * checkpoint / full : 1;
}

/* BYTES, of ELEMENTS before and *ELEMENTS after. */
static void scale_elements(double factor, double *elements, uint64_t *bytes)
{
	*elements *= factor;
	*bytes = transform_scale(*bytes, factor);
}

static void attend(const struct workload *workload, size_t first,
		   const struct workload_forward *forward, struct lowered_kernel *at)
{
	const struct workload_model *model = &workload->model;
	double n = at->n > 0 ? at->n : forward->context + forward->width;
	double read = read_of(workload, first, n), ratio = checkpoint_ratio(workload, first);
	double again = transform_number(workload, first, SET_RECOMPUTE) * read * forward->batch;
	double found = kept_of(workload, first, n) * forward->batch *
		       transform_number(workload, first, SET_SELECT_ELEMENTS);
	double full = (double)model_kv_elements(model) / (double)model->layers;
	if (read != n)
		at->kernel.flops = transform_scale(at->kernel.flops, read / n);
	if (read / n * ratio != 1)
		scale_elements(read / n * ratio, &at->kv_read_elements, &at->kernel.kv_read_bytes);
	at->kernel.flops += transform_bytes(2 * again * (double)model->hidden * full, 8);
	at->kv_read_elements += found;
	at->kernel.kv_read_bytes += transform_bytes(found, 16);
	if (at->n > 0 && read != n)
		at->n = (uint32_t)(read + 0.5);
}

/* The state in place of the cache: read and written once a layer by the kernel that attended. */
static void attend_state(const struct workload *workload, size_t first,
			 const struct workload_forward *forward, struct lowered_kernel *at)
{
	double bytes = forward->batch * transform_number(workload, first, SET_STATE_BYTES);
	double rows = forward->batch * forward->width;
	at->kernel.flops =
		transform_bytes(rows * transform_number(workload, first, SET_STATE_FLOPS), 8);
	at->kernel.kv_read_bytes = transform_bytes(bytes, 8);
	at->kernel.kv_write_bytes = at->kernel.kv_read_bytes;
	at->kv_read_elements = at->kv_write_elements = bytes / 2;
	at->n = 0;
}

static void copy(double factor, struct lowered_kernel *at)
{
	scale_elements(factor, &at->kv_read_elements, &at->kernel.kv_read_bytes);
	scale_elements(factor, &at->kv_write_elements, &at->kernel.kv_write_bytes);
	at->kernel.act_read_bytes = transform_scale(at->kernel.act_read_bytes, factor);
	at->kernel.act_write_bytes = transform_scale(at->kernel.act_write_bytes, factor);
}

static enum sim_status gate(const struct workload *workload, size_t first,
			    const struct workload_forward *forward, struct workload_step *step,
			    size_t segment, uint32_t *position, struct sim_diag *diag)
{
	double elements = transform_number(workload, first, SET_GATE_ELEMENTS);
	double rows = forward->batch * forward->width;
	uint32_t index = step->segments[segment].first + *position;
	struct lowered_kernel *made;
	if (elements <= 0)
		return SIM_OK;
	TRY(transform_insert(step, segment, *position, index, "gate", &made, diag));
	made->role = WORKLOAD_ROLE_FORMAT;
	made->group = 0;
	made->weight_elements = elements;
	made->kernel.op = SIM_OP_GEMM;
	made->kernel.family = SIM_FAMILY_GEMM;
	made->kernel.flops = transform_bytes(2 * rows * elements, 8);
	made->kernel.weight_bytes = transform_bytes(elements, workload->model.parameter_bits);
	made->kernel.act_read_bytes = transform_bytes(rows * (double)workload->model.hidden, 16);
	++*position;
	return SIM_OK;
}

static bool is_attention(const struct lowered_kernel *kernel)
{
	return kernel->kernel.op == SIM_OP_ATTENTION && kernel->kv_read_elements > 0;
}

static enum sim_status apply(const struct workload *workload, size_t first,
			     const struct workload_forward *forward, struct workload_step *step,
			     struct sim_diag *diag)
{
	if (!transform_is_target(forward) || !transform_in_use(workload, first, SET_KEY_COUNT))
		return SIM_OK;
	bool state = transform_value(workload, first, SET_STATE_BYTES)->given;
	double length = forward->context + forward->width;
	double kept = kept_of(workload, first, length) / length;
	for (size_t s = 0; s < step->segment_count; s++)
		for (uint32_t p = 0; p < step->segments[s].count; p++) {
			uint32_t index = step->segments[s].first + p;
			struct lowered_kernel *at = &step->kernels[index];
			if (at->kernel.op == SIM_OP_STATE)
				continue;
			if (at->role == WORKLOAD_ROLE_KV_COPY && kept < 1)
				copy(kept, at);
			else if (state && !is_attention(at) && at->kv_write_elements > 0)
				scale_elements(0, &at->kv_write_elements,
					       &at->kernel.kv_write_bytes);
			if (!is_attention(at))
				continue;
			if (state)
				attend_state(workload, first, forward, at);
			else
				attend(workload, first, forward, at);
			TRY(gate(workload, first, forward, step, s, &p, diag));
		}
	return SIM_OK;
}

static enum sim_status hold(const struct workload *workload, size_t first,
			    struct workload_capacity *capacity, struct sim_diag *diag)
{
	(void)diag;
	if (!transform_in_use(workload, first, SET_KEY_COUNT) || capacity->kv_bytes <= 0)
		return SIM_OK;
	double layers = (double)workload->model.layers;
	double tokens = capacity->slots;
	double ratio = checkpoint_ratio(workload, first);
	if (transform_value(workload, first, SET_STATE_BYTES)->given) {
		capacity->kv_bytes = capacity->kv_bytes_per_token = 0;
		capacity->state_bytes += capacity->batch * layers *
					 transform_number(workload, first, SET_STATE_BYTES);
		return SIM_OK;
	}
	capacity->kv_bytes *= kept_of(workload, first, tokens) / tokens * ratio;
	capacity->kv_bytes_per_token *= ratio;
	capacity->weight_bytes += layers * transform_number(workload, first, SET_GATE_ELEMENTS) *
				  workload->model.parameter_bits / 8;
	return SIM_OK;
}

const struct workload_transform workload_transform_attention_set = {
	.name = "attention_set",
	.what = "tokens that attention reads: budget, window, selection, constant state, "
		"recomputation",
	.keys = keys,
	.apply = apply,
	.hold = hold,
};
