/*
 * tiers: weights, KV or experts that are held in another memory and come over a link.
 *
 *   bytes    of a layer: share x (weight bytes, expert bytes, or KV read) come in before it runs, and
 *            share x KV written go out
 *   link     the device's host link, or `tiers.bandwidth` where that is told (NVMe, CXL): such copies
 *            are bytes / bandwidth long on any machine
 *   prefetch 0: the copy stands in the layer's way; d > 0: copies run on a stream of their own, as
 *            many as d layers ahead, into d + 1 buffers (1: double buffer):
 *              copy of layer i  after  the last kernel of layer i - d - 1
 *              first kernel of layer i  after  its copy
 *   cache    `tiers.expert_hit` of the expert bytes are found in device memory
 *
 * What was copied is then read from device memory by the kernel that uses it, as before. Layers of
 * one kind are one run; at a seam between runs the copy does not look ahead.
 *
 *   wear     written bytes per iteration w:  cost = w price / (capacity endurance)
 *            lifetime = capacity endurance / w x period
 *            endurance in writes of the whole tier (P/E cycles x 1 / write amplification), price USD of
 *            the tier; the endurance binds where the lifetime is below `tiers.lifetime`
 *
 * Sources: FlexGen (arXiv 2303.06865) for streaming of layers; Memory as a Wasting Asset
 * (flash-endurance) for wear: 3,000 P/E (TLC) leaves slack, 1,000 P/E (QLC) binds.
 */
#include "workloads/transform_tiers.h"

#include <math.h>

#include "workloads/transform_parts.h"
#include "workloads/transform_weights.h"

enum {
	TIERS_WEIGHTS,
	TIERS_KV,
	TIERS_EXPERTS,
	TIERS_EXPERT_HIT,
	TIERS_BANDWIDTH,
	TIERS_LATENCY,
	TIERS_PREFETCH,
	TIERS_CAPACITY,
	TIERS_ENDURANCE,
	TIERS_AMPLIFICATION,
	TIERS_PRICE,
	TIERS_LIFETIME,
	TIERS_KEY_COUNT
};

/* clang-format off */
static const struct scenario_key keys[TIERS_KEY_COUNT + 1] = {
	[TIERS_WEIGHTS] = {"tiers.weights", SCENARIO_NUMBER, UNIT_RATIO, 0, 1, "0", NULL, "share of the layers' weights (not experts) that is held in the tier"},
	[TIERS_KV] = {"tiers.kv", SCENARIO_NUMBER, UNIT_RATIO, 0, 1, "0", NULL, "share of the KV cache that is held in the tier"},
	[TIERS_EXPERTS] = {"tiers.experts", SCENARIO_NUMBER, UNIT_RATIO, 0, 1, "0", NULL, "share of the routed experts that is held in the tier"},
	[TIERS_EXPERT_HIT] = {"tiers.expert_hit", SCENARIO_NUMBER, UNIT_RATIO, 0, 1, "0", NULL, "share of the reads of these experts that a cache in device memory serves"},
	[TIERS_BANDWIDTH] = {"tiers.bandwidth", SCENARIO_NUMBER, UNIT_BYTES_PER_S, 1, 1e18, NULL, NULL, "of the tier; not given: the device's host link"},
	[TIERS_LATENCY] = {"tiers.latency", SCENARIO_NUMBER, UNIT_SECONDS, 0, 100, "0", NULL, "of a copy from a tier whose bandwidth is given"},
	[TIERS_PREFETCH] = {"tiers.prefetch", SCENARIO_NUMBER, UNIT_COUNT, 0, 1024, "1", NULL, "layers that copies run ahead; 0: a copy stands in the way, 1: double buffer"},
	[TIERS_CAPACITY] = {"tiers.capacity", SCENARIO_NUMBER, UNIT_BYTES, 1, 1e18, NULL, NULL, "of the tier, for its wear"},
	[TIERS_ENDURANCE] = {"tiers.endurance", SCENARIO_NUMBER, UNIT_COUNT, 1, 1e15, NULL, NULL, "times the whole tier can be written (P/E cycles)"},
	[TIERS_AMPLIFICATION] = {"tiers.amplification", SCENARIO_NUMBER, UNIT_RATIO, 1, 1e3, "1", NULL, "bytes worn per byte written"},
	[TIERS_PRICE] = {"tiers.price", SCENARIO_NUMBER, UNIT_USD, 0, 1e12, NULL, NULL, "of the tier"},
	[TIERS_LIFETIME] = {"tiers.lifetime", SCENARIO_NUMBER, UNIT_SECONDS, 0, 1e10, NULL, NULL, "that the tier should live"},
	{0},
};
/* clang-format on */

enum { COPY_STREAM = 7 }; /* of its own: profiles use low numbers */

static bool is_layer(const struct lowered_segment *segment)
{
	return segment->layer != UINT32_MAX && segment->repeat > 0 && segment->count > 0;
}

struct traffic {
	double in, out; /* bytes of one layer */
};

static struct traffic traffic_of(const struct workload *workload, size_t first,
				 const struct workload_step *step,
				 const struct lowered_segment *segment)
{
	struct traffic traffic = {0};
	double weights = transform_number(workload, first, TIERS_WEIGHTS);
	double kv = transform_number(workload, first, TIERS_KV);
	double experts = transform_number(workload, first, TIERS_EXPERTS) *
			 (1 - transform_number(workload, first, TIERS_EXPERT_HIT));
	for (uint32_t k = 0; k < segment->count; k++) {
		const struct lowered_kernel *at = &step->kernels[segment->first + k];
		bool expert = at->role == WORKLOAD_ROLE_EXPERT_UP ||
			      at->role == WORKLOAD_ROLE_EXPERT_DOWN;
		traffic.in += (expert ? experts : weights) * (double)at->kernel.weight_bytes;
		if (at->kernel.op == SIM_OP_ATTENTION)
			traffic.in += kv * (double)at->kernel.kv_read_bytes;
		if (at->role != WORKLOAD_ROLE_KV_COPY && at->kernel.op != SIM_OP_STATE)
			traffic.out += kv * (double)at->kernel.kv_write_bytes;
	}
	return traffic;
}

static void fill_copy(const struct workload *workload, size_t first, double bytes, bool ahead,
		      struct lowered_kernel *made)
{
	double rate = transform_given(workload, first, TIERS_BANDWIDTH, 0);
	made->role = WORKLOAD_ROLE_TRANSFER;
	made->group = 0;
	made->kernel.op = SIM_OP_MEMCPY;
	made->kernel.family = SIM_FAMILY_MEMCPY_HOST;
	made->kernel.dtype = SIM_DTYPE_UNKNOWN;
	made->kernel.act_read_bytes = made->kernel.act_write_bytes = transform_bytes(bytes, 8);
	made->kernel.flags |= SIM_KERNEL_COPY_ENGINE;
	made->kernel.stream = ahead ? COPY_STREAM : made->kernel.stream;
	if (rate > 0) {
		double seconds = transform_number(workload, first, TIERS_LATENCY) + bytes / rate;
		made->kernel.flags |= SIM_KERNEL_OPAQUE;
		made->kernel.recorded_ps = transform_bytes(seconds * 1e12, 8);
	}
}

static enum sim_status add_edge(struct workload_step *step, uint32_t before, uint32_t after,
				uint32_t back, struct sim_diag *diag)
{
	return step_add_edge(step, (struct lowered_edge){before, after, back}, diag);
}

static enum sim_status copy_layer(const struct workload *workload, size_t first,
				  struct workload_step *step, size_t segment,
				  struct traffic traffic, struct sim_diag *diag)
{
	const struct lowered_segment *at = &step->segments[segment];
	uint32_t depth = (uint32_t)transform_number(workload, first, TIERS_PREFETCH);
	struct lowered_kernel *made;
	if (traffic.in > 0) {
		TRY(transform_insert(step, segment, 0, at->first, "fetch", &made, diag));
		fill_copy(workload, first, traffic.in, depth > 0, made);
		if (depth > 0 && at->count > 1) {
			uint32_t last = at->first + at->count - 1;
			TRY(add_edge(step, at->first, at->first + 1, 0, diag));
			TRY(add_edge(step, last, at->first, depth + 1, diag));
		}
	}
	if (traffic.out > 0) {
		uint32_t last = at->first + at->count - 1;
		TRY(transform_insert(step, segment, at->count, last, "store", &made, diag));
		fill_copy(workload, first, traffic.out, depth > 0, made);
		if (depth > 0)
			TRY(add_edge(step, last, last + 1, 0, diag));
	}
	return SIM_OK;
}

static bool in_use(const struct workload *workload, size_t first)
{
	return transform_number(workload, first, TIERS_WEIGHTS) > 0 ||
	       transform_number(workload, first, TIERS_KV) > 0 ||
	       transform_number(workload, first, TIERS_EXPERTS) > 0;
}

static enum sim_status apply(const struct workload *workload, size_t first,
			     const struct workload_forward *forward, struct workload_step *step,
			     struct sim_diag *diag)
{
	if (!transform_is_target(forward) || !in_use(workload, first))
		return SIM_OK;
	for (size_t s = 0; s < step->segment_count; s++)
		if (is_layer(&step->segments[s]))
			TRY(copy_layer(workload, first, step, s,
				       traffic_of(workload, first, step, &step->segments[s]),
				       diag));
	return SIM_OK;
}

/* Buffers of prefetch + 1 layers stay in device memory. */
static double away(double share, double bytes, double layers, double buffers)
{
	double kept = layers > 0 ? buffers / layers : 0;
	return share * bytes * (kept < 1 ? 1 - kept : 0);
}

/* Bytes of MATRICES of ROLE in the format that the scenario gives them, else in the model's. */
static double formatted_bytes(const struct workload *workload, unsigned role, double matrices,
			      double own_bits)
{
	double bits = weights_bits(workload, scenario_find("weights.bits"), role, UINT32_MAX);
	return matrices * (isnan(bits) ? own_bits : bits) / 8;
}

static double expert_bytes(const struct workload *workload)
{
	double experts = (double)model_parameters(&workload->model).experts;
	return formatted_bytes(workload, WORKLOAD_ROLE_EXPERT_UP, experts,
			       workload->model.expert_bits);
}

/* Embeddings and the vocabulary projection: they stay in device memory. */
static double outside_bytes(const struct workload *workload)
{
	const struct workload_model *model = &workload->model;
	struct model_parameters all = model_parameters(model);
	double rows = (double)(all.embedding + all.position) * model->parameter_bits / 8;
	double head = formatted_bytes(workload, WORKLOAD_ROLE_HEAD, (double)all.head,
				      model->parameter_bits);
	return rows + (model->tied ? 0 : head);
}

static enum sim_status hold(const struct workload *workload, size_t first,
			    struct workload_capacity *capacity, struct sim_diag *diag)
{
	const struct workload_model *model = &workload->model;
	(void)diag;
	if (!in_use(workload, first))
		return SIM_OK;
	double layers = (double)model->layers;
	double buffers = transform_number(workload, first, TIERS_PREFETCH) + 1;
	double experts = expert_bytes(workload);
	double weights = capacity->weight_bytes - experts - outside_bytes(workload);
	capacity->offloaded_bytes +=
		away(transform_number(workload, first, TIERS_WEIGHTS), weights, layers, buffers) +
		away(transform_number(workload, first, TIERS_KV), capacity->kv_bytes, layers,
		     buffers) +
		away(transform_number(workload, first, TIERS_EXPERTS), experts, layers, buffers) *
			(1 - transform_number(workload, first, TIERS_EXPERT_HIT));
	return SIM_OK;
}

struct tier_wear tier_wear(const struct workload *workload, double kv_write_bytes, double period_s)
{
	struct tier_wear wear = {.lifetime_s = INFINITY};
	size_t first = scenario_find(keys[0].name);
	double lifetime = transform_given(workload, first, TIERS_LIFETIME, 0);
	double amplification = transform_number(workload, first, TIERS_AMPLIFICATION);
	double worn_out = transform_given(workload, first, TIERS_CAPACITY, INFINITY) *
			  transform_given(workload, first, TIERS_ENDURANCE, INFINITY);
	wear.written_bytes = kv_write_bytes * transform_number(workload, first, TIERS_KV);
	double worn = wear.written_bytes * amplification;
	if (worn > 0 && worn_out < INFINITY) {
		wear.cost = worn * transform_given(workload, first, TIERS_PRICE, 0) / worn_out;
		wear.lifetime_s = worn_out / worn * period_s;
	}
	wear.endurance_binds = wear.lifetime_s < lifetime;
	return wear;
}

const struct workload_transform workload_transform_tiers = {
	.name = "tiers",
	.what = "weights, KV or experts in another memory: copies over a link, prefetch, wear",
	.keys = keys,
	.apply = apply,
	.hold = hold,
};
