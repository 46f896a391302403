/*
 * shared_prefix: sequences that go on from one prompt (parallel samples, rollouts) and share its cache.
 *
 *   B / n groups of n samples, the first P of each sequence's cached tokens are its group's
 *   held    KV (S - P + P / n) / S         of S slots a sequence, where the software holds pages once
 *   read    a kernel a sequence: all B kv tokens, however often they are the same;
 *           cascade: B (kv - p) + p B / n  p = max(0, kv - (length - P)): what of P is in the window
 *   cascade is three kernels for one: attention of the group's queries over the prefix, attention of each
 *           sequence over the rest, and the merge of both (2 results and sums of 32 bits of each head)
 *
 * What software does (key `prefix` of a profile): `apart` caches each sequence for itself; `held` holds the
 * pages once, but a kernel reads them for each sequence; `one` cascades where all sequences share one
 * prefix of 256 tokens at least and are 8 at least, not in layers that slide and not over a latent cache
 * (vLLM, vllm/v1/attention/backends/flash_attn.py, use_cascade_attention; its pull request 11635);
 * `groups` cascades over any group (a bound: FlashInfer's cascade, Hydragen, arXiv 2402.05099).
 */
#include "workloads/transform_parts.h"

enum { PREFIX_TOKENS, PREFIX_SAMPLES, PREFIX_ATTENTION, PREFIX_KEY_COUNT };
enum { BY_RUNTIME, BY_SEQUENCE, BY_CASCADE };
enum { ONE_TOKENS = 256, ONE_SEQUENCES = 8 };

/* clang-format off */
static const struct scenario_key keys[PREFIX_KEY_COUNT + 1] = {
	[PREFIX_TOKENS] = {"prefix.tokens", SCENARIO_NUMBER, UNIT_COUNT, 0, 1e9, "0", NULL, "cached tokens of a prompt that its samples share"},
	[PREFIX_SAMPLES] = {"prefix.samples", SCENARIO_NUMBER, UNIT_COUNT, 1, 1 << 20, "1", NULL, "sequences that share a prompt; divides the batch"},
	[PREFIX_ATTENTION] = {"prefix.attention", SCENARIO_WORD, UNIT_RATIO, 0, 0, "runtime", "runtime\0sequence\0cascade\0", "who reads the shared part: as the runtime does, each sequence, or a group once (cascade)"},
	{0},
};
/* clang-format on */

static double number(const struct workload *workload, size_t first, size_t key)
{
	return transform_number(workload, first, key);
}

static bool in_use(const struct workload *workload, size_t first)
{
	return number(workload, first, PREFIX_TOKENS) > 0 &&
	       number(workload, first, PREFIX_SAMPLES) > 1;
}

/* Whole groups of the scenario's batch, and a prefix that its context holds. */
static enum sim_status plan(const struct workload *workload, size_t first,
			    struct workload_iteration *iteration, struct sim_diag *diag)
{
	double tokens = number(workload, first, PREFIX_TOKENS);
	double samples = number(workload, first, PREFIX_SAMPLES);
	double batch = scenario_number(&workload->scenario, SCENARIO_BATCH);
	double context = scenario_number(&workload->scenario, SCENARIO_CONTEXT);
	double groups = batch / samples;
	(void)iteration;
	if (!in_use(workload, first))
		return SIM_OK;
	if (groups < 1 || groups != (double)(uint64_t)groups)
		return diag_fail(diag, SIM_E_RANGE,
				 "'prefix.samples': %.9g do not divide a batch of %.9g", samples,
				 batch);
	if (tokens > context)
		return diag_fail(diag, SIM_E_RANGE, "'prefix.tokens': %.9g of a context of %.9g",
				 tokens, context);
	return SIM_OK;
}

/* Samples of a group among BATCH sequences. */
static double samples_of(const struct workload *workload, size_t first, double batch)
{
	double samples = number(workload, first, PREFIX_SAMPLES);
	return samples < batch ? samples : batch;
}

/* Whether KERNEL, which attends to KV tokens of LENGTH, goes over the prefix once a group. */
static bool cascades(const struct workload *workload, size_t first,
		     const struct workload_forward *forward, const struct lowered_kernel *kernel)
{
	unsigned how = (unsigned)number(workload, first, PREFIX_ATTENTION);
	double length = forward->context + forward->width;
	if (how != BY_RUNTIME)
		return how == BY_CASCADE;
	switch (workload->runtime.prefix) {
	case RUNTIME_PREFIX_GROUPS:
		return true;
	case RUNTIME_PREFIX_ONE:
		return forward->batch >= ONE_SEQUENCES &&
		       number(workload, first, PREFIX_SAMPLES) >= forward->batch &&
		       number(workload, first, PREFIX_TOKENS) >= ONE_TOKENS &&
		       workload->model.mixer == MODEL_ATTENTION && kernel->n >= length;
	default:
		return false;
	}
}

static void share_out(double factor, struct lowered_kernel *kernel)
{
	kernel->kv_read_elements *= factor;
	kernel->kernel.kv_read_bytes = transform_scale(kernel->kernel.kv_read_bytes, factor);
}

/* POSITION of SEGMENT attends to what is not shared; the prefix and the merge follow it. */
static enum sim_status cascade(struct workload_step *step, size_t segment, uint32_t *position,
			       double share, double samples, struct sim_diag *diag)
{
	uint32_t index = step->segments[segment].first + *position;
	struct lowered_kernel whole = step->kernels[index], *made;
	double results = (double)whole.m * whole.heads, out = results * (2.0 * whole.k + 4);
	TRY(transform_insert(step, segment, *position + 1, index, "prefix", &made, diag));
	uint32_t name = made->name;
	*made = whole;
	made->name = name;
	made->kernel.flops = transform_scale(whole.kernel.flops, share);
	made->kernel.kv_write_bytes = 0;
	made->kv_write_elements = 0;
	made->kernel.act_write_bytes = transform_bytes(out, 8);
	made->n = (uint32_t)(whole.n * share + 0.5);
	share_out(share / samples, made);
	TRY(transform_insert(step, segment, *position + 2, index, "merge", &made, diag));
	made->group = 0;
	made->kernel.op = SIM_OP_ATTENTION;
	made->kernel.family = SIM_FAMILY_ATTN_COMBINE;
	made->kernel.flops = transform_bytes(results * 4 * whole.k, 8);
	made->kernel.act_read_bytes = transform_bytes(2 * out, 8);
	made->kernel.act_write_bytes = transform_bytes(2 * results * whole.k, 8);
	made = &step->kernels[index];
	made->kernel.flops -= transform_scale(whole.kernel.flops, share);
	made->n -= (uint32_t)(whole.n * share + 0.5);
	share_out(1 - share, made);
	*position += 2;
	return SIM_OK;
}

static enum sim_status apply(const struct workload *workload, size_t first,
			     const struct workload_forward *forward, struct workload_step *step,
			     struct sim_diag *diag)
{
	double length = forward->context + forward->width;
	if (!transform_is_target(forward) || forward->prefill || !in_use(workload, first))
		return SIM_OK;
	double tokens = number(workload, first, PREFIX_TOKENS);
	double samples = samples_of(workload, first, forward->batch);
	double own = length - (tokens < forward->context ? tokens : forward->context);
	if (samples <= 1)
		return SIM_OK;
	for (size_t s = 0; s < step->segment_count; s++)
		for (uint32_t p = 0; p < step->segments[s].count; p++) {
			const struct lowered_kernel *at =
				&step->kernels[step->segments[s].first + p];
			double kv = at->n, shared = kv > own ? kv - own : 0;
			if (at->kernel.op != SIM_OP_ATTENTION || at->kv_read_elements <= 0 ||
			    shared <= 0 || !cascades(workload, first, forward, at))
				continue;
			TRY(cascade(step, s, &p, shared / kv, samples, diag));
		}
	return SIM_OK;
}

static enum sim_status hold(const struct workload *workload, size_t first,
			    struct workload_capacity *capacity, struct sim_diag *diag)
{
	double samples = samples_of(workload, first, capacity->batch);
	double tokens = number(workload, first, PREFIX_TOKENS), slots = capacity->slots;
	(void)diag;
	if (!in_use(workload, first) || workload->runtime.prefix == RUNTIME_PREFIX_APART ||
	    !(slots > 0))
		return SIM_OK;
	tokens = tokens < slots ? tokens : slots;
	capacity->kv_bytes *= (slots - tokens + tokens / samples) / slots;
	return SIM_OK;
}

const struct workload_transform workload_transform_shared_prefix = {
	.name = "shared_prefix",
	.what = "samples of a prompt that share its cache: held once, read once where attention "
		"cascades",
	.keys = keys,
	.plan = plan,
	.apply = apply,
	.hold = hold,
};
