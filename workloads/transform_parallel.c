/*
 * parallel: what one device of a tensor- or pipeline-parallel group runs beside its share of the
 * kernels: collectives. Equations, keys and limits: workloads/parallel.h. The share itself is made when
 * the workload is loaded, so that the profile lowers the smaller model.
 */
#include <string.h>

#include "workloads/collective.h"
#include "workloads/parallel.h"
#include "workloads/parallel_parts.h"
#include "workloads/transform_parts.h"
#include "workloads/transform_weights.h"

/* clang-format off */
static const struct scenario_key keys[PARALLEL_KEY_COUNT + 1] = {
	[PARALLEL_TP] = {"tp", SCENARIO_NUMBER, UNIT_COUNT, 1, 1024, "1", NULL, "devices that share each layer (tensor parallel)"},
	[PARALLEL_FUSE] = {"tp.fuse", SCENARIO_WORD, UNIT_RATIO, 0, 0, "none", "none\0norm\0", "none, norm: the all-reduce does the addition and norm behind it"},
	[PARALLEL_OVERLAP] = {"tp.overlap", SCENARIO_WORD, UNIT_RATIO, 0, 0, "none", "none\0split2\0", "none, split2: two halves of the tokens, one's all-reduce beside the other's kernels"},
	[PARALLEL_PP] = {"pp", SCENARIO_NUMBER, UNIT_COUNT, 1, 1024, "1", NULL, "stages of layers, one after another (pipeline parallel)"},
	[PARALLEL_MICRO] = {"pp.micro", SCENARIO_NUMBER, UNIT_COUNT, 1, 1024, "1", NULL, "parts of the batch that go through the stages one behind another"},
	[PARALLEL_PP_BANDWIDTH] = {"pp.bandwidth", SCENARIO_NUMBER, UNIT_BYTES_PER_S, 1, 1e18, NULL, NULL, "between stages; not given: the device's link to others"},
	[PARALLEL_PP_LATENCY] = {"pp.latency", SCENARIO_NUMBER, UNIT_SECONDS, 0, 100, "0", NULL, "of a send between stages whose bandwidth is given"},
	[PARALLEL_EP] = {"ep", SCENARIO_NUMBER, UNIT_COUNT, 1, 1024, "1", NULL, "devices that share the experts (expert parallel); batch is that of each tp of them"},
	[PARALLEL_SKEW] = {"ep.skew", SCENARIO_NUMBER, UNIT_RATIO, 0, 1, NULL, NULL, "share of the choices that go to ep.hot experts; not given: evenly"},
	[PARALLEL_HOT] = {"ep.hot", SCENARIO_NUMBER, UNIT_COUNT, 1, 4096, "1", NULL, "experts that ep.skew goes to, together on as few devices as hold them"},
	[PARALLEL_SPILL] = {"ep.spill", SCENARIO_WORD, UNIT_RATIO, 0, 0, "none", "none\0least_loaded\0", "none, least_loaded: choices beyond ep.capacity go elsewhere, with weights"},
	[PARALLEL_CAPACITY] = {"ep.capacity", SCENARIO_NUMBER, UNIT_RATIO, 1, 1024, "1", NULL, "choices that a device keeps, over the mean, where they spill"},
	[PARALLEL_CHUNK] = {"ep.chunk", SCENARIO_NUMBER, UNIT_COUNT, 0, 1e9, "1024", NULL, "least choices of an expert that are worth a copy of its weights"},
	[PARALLEL_TOPOLOGY] = {"collective.topology", SCENARIO_WORD, UNIT_RATIO, 0, 0, "switch", collective_topology_words, "switch, mesh or ring of the devices' links"},
	[PARALLEL_ALGORITHM] = {"collective.algorithm", SCENARIO_WORD, UNIT_RATIO, 0, 0, "auto", collective_algorithm_words, "of all-reduce and all-gather: auto, ring, direct, one_shot, multimem (in the switch)"},
	[PARALLEL_SMS] = {"collective.sms", SCENARIO_NUMBER, UNIT_COUNT, 0, 1e6, NULL, NULL, "multiprocessors that a collective holds; not given: as the device says"},
	{0},
};
/* clang-format on */

/* The whole pipeline one part after another, or one stage of it as often as there are parts. */
static enum sim_status plan(const struct workload *workload, size_t first_key,
			    struct workload_iteration *iteration, struct sim_diag *diag)
{
	const struct parallel group = parallel_of(workload);
	struct workload_forward *forward = &iteration->forwards[0];
	double batch = forward->batch;
	(void)first_key;
	if (group.dp > 1)
		iteration->batch = batch * group.dp;
	if (group.pp <= 1)
		return SIM_OK;
	if (iteration->forward_count > 1 || forward->count > 1)
		return diag_fail(diag, SIM_E_UNSUPPORTED,
				 "'pp' with several forwards an iteration (drafts, blocks)");
	double parts = group.micro < batch ? group.micro : batch;
	forward->batch = parallel_ceil(batch / parts);
	iteration->batch = batch * group.dp;
	if (parts < group.pp)
		return SIM_OK;
	forward->layers = parallel_ceil((double)workload->model.layers / group.pp);
	forward->count = (uint32_t)parts;
	return SIM_OK;
}

struct place {
	struct workload_step *step;
	size_t segment;
};

/* Position of the last kernel of SEGMENT with one of the ROLES (a bit each), UINT32_MAX: none. */
static uint32_t last_of(const struct place *at, uint64_t roles)
{
	const struct lowered_segment *segment = &at->step->segments[at->segment];
	for (uint32_t p = segment->count; p-- > 0;)
		if (roles >> at->step->kernels[segment->first + p].role & 1)
			return p;
	return UINT32_MAX;
}

/* A collective behind kernel POSITION of the place, named after it. */
static enum sim_status insert_behind(const struct place *at, uint32_t position, const char *name,
				     struct collective collective, struct sim_diag *diag)
{
	struct lowered_kernel *made;
	uint32_t index = at->step->segments[at->segment].first + position;
	return parallel_insert(at->step, at->segment, position + 1, index, name, &collective, &made,
			       diag);
}

static struct collective collective_of(const struct parallel *group, unsigned kind, double bytes)
{
	return (struct collective){
		.kind = kind,
		.topology = group->topology,
		.algorithm = group->algorithm,
		.bytes = bytes,
		.devices = group->tp,
		.sms = group->sms,
	};
}

enum {
	NORMS = 1 << WORKLOAD_ROLE_NORM | 1 << WORKLOAD_ROLE_RESIDUAL,
	LAST_OF_MLP = 1 << WORKLOAD_ROLE_MLP_DOWN | 1 << WORKLOAD_ROLE_EXPERT_DOWN |
		      1 << WORKLOAD_ROLE_EXPERT_MIX,
};

/* Where experts are whole and tokens were sent for, their results need no sum but a gathering. */
static unsigned kind_behind(const struct parallel *group, const struct place *at, uint32_t position)
{
	const struct lowered_segment *segment = &at->step->segments[at->segment];
	unsigned role = at->step->kernels[segment->first + position].role;
	bool experts = role != WORKLOAD_ROLE_MLP_DOWN && group->ep > 1 && group->dp > 1 &&
		       last_of(at, 1 << WORKLOAD_ROLE_MLP_DOWN) == UINT32_MAX;
	return experts ? COLLECTIVE_ALL_GATHER : COLLECTIVE_ALL_REDUCE;
}

static enum sim_status reduce_layer(const struct parallel *group, const struct place *at,
				    double bytes, struct sim_diag *diag)
{
	const uint64_t ends[] = {1 << WORKLOAD_ROLE_EMBEDDING, LAST_OF_MLP,
				 1 << WORKLOAD_ROLE_OUTPUT};
	for (size_t i = 0; i < sizeof(ends) / sizeof(ends[0]); i++) {
		uint32_t position = last_of(at, ends[i]);
		if (position == UINT32_MAX)
			continue;
		unsigned kind = kind_behind(group, at, position);
		const char *name = kind == COLLECTIVE_ALL_REDUCE ? "all_reduce" : "all_gather";
		TRY(insert_behind(at, position, name, collective_of(group, kind, bytes), diag));
	}
	return SIM_OK;
}

static bool by_element(const struct sim_kernel *kernel)
{
	return kernel->op == SIM_OP_ELEMENTWISE || kernel->op == SIM_OP_COPY;
}

/* Logits of all devices on each: behind the projection, and sampling over all of them. */
static enum sim_status gather_logits(const struct parallel *group, const struct place *at,
				     double vocabulary, struct sim_diag *diag)
{
	struct workload_step *step = at->step;
	uint32_t head = last_of(at, 1 << WORKLOAD_ROLE_HEAD);
	if (head == UINT32_MAX)
		return SIM_OK;
	const struct lowered_segment *segment = &step->segments[at->segment];
	double rows = 1;
	for (uint32_t p = 0; p <= head; p++)
		if (step->kernels[segment->first + p].role == WORKLOAD_ROLE_HEAD &&
		    step->kernels[segment->first + p].m > 0)
			rows = step->kernels[segment->first + p].m;
	TRY(insert_behind(
		at, head, "all_gather",
		collective_of(group, COLLECTIVE_ALL_GATHER, 2 * rows * vocabulary * group->tp),
		diag));
	segment = &step->segments[at->segment];
	for (uint32_t p = head + 2; p < segment->count; p++) {
		struct sim_kernel *kernel = &step->kernels[segment->first + p].kernel;
		if (step->kernels[segment->first + p].role != WORKLOAD_ROLE_SAMPLING)
			continue;
		kernel->flops = transform_scale(kernel->flops, group->tp);
		kernel->act_read_bytes = transform_scale(kernel->act_read_bytes, group->tp);
		kernel->act_write_bytes = transform_scale(kernel->act_write_bytes, group->tp);
		if (by_element(kernel)) /* others have a block a row */
			kernel->blocks = (uint32_t)transform_scale(kernel->blocks, group->tp);
	}
	return SIM_OK;
}

static bool is_reduction(const struct lowered_kernel *kernel)
{
	return (kernel->kernel.flags & SIM_KERNEL_PEER) != 0 &&
	       kernel->role == WORKLOAD_ROLE_TRANSFER;
}

/* Kernels of NORMS from POSITION on go into the reduction at INDEX. */
static void absorb(const struct parallel *group, const struct place *at, uint32_t position,
		   uint32_t index)
{
	struct workload_step *step = at->step;
	const struct lowered_segment *segment = &step->segments[at->segment];
	while (position < segment->count) {
		const struct lowered_kernel *next = &step->kernels[segment->first + position];
		if (!(NORMS >> next->role & 1) || next->kernel.op == SIM_OP_GEMM)
			return;
		uint64_t flops = transform_scale(next->kernel.flops, 1 / group->tp);
		step_remove(step, at->segment, position);
		if (index > segment->first + position)
			index--;
		step->kernels[index].kernel.flops += flops;
	}
}

/*
 * Norms behind reductions: within a segment, and at its head where all that come there have reduced and
 * run as often as it does.
 */
static void fuse_norms(const struct parallel *group, struct workload_step *step)
{
	const struct lowered_segment *before = NULL; /* the last one with kernels, if it reduces */
	for (size_t s = 0; s < step->segment_count; s++) {
		const struct lowered_segment *segment = &step->segments[s];
		const struct place at = {step, s};
		if (segment->count == 0)
			continue;
		for (uint32_t p = 0; p < segment->count; p++)
			if (is_reduction(&step->kernels[segment->first + p]))
				absorb(group, &at, p + 1, segment->first + p);
		uint32_t last = segment->first + segment->count - 1;
		bool reduces = is_reduction(&step->kernels[last]);
		if (before != NULL && reduces)
			absorb(group, &at, 0, last);
		else if (before != NULL && segment->repeat == 1 && before->repeat == 1)
			absorb(group, &at, 0, before->first + before->count - 1);
		before = reduces ? segment : NULL;
	}
}

static enum sim_status share_layers(const struct workload *workload, const struct parallel *group,
				    const struct workload_forward *forward,
				    struct workload_step *step, struct sim_diag *diag)
{
	const struct workload_model *model = &workload->model;
	const struct workload_forward part = parallel_part(workload, forward);
	double vocabulary =
		forward->vocabulary > 0 ? forward->vocabulary : (double)model->vocabulary;
	for (size_t s = 0; s < step->segment_count; s++) {
		const struct place at = {step, s};
		bool layer = step->segments[s].layer != UINT32_MAX;
		const struct workload_forward *of = layer ? &part : forward;
		double bytes = 2 * of->batch * of->width * (double)model->hidden;
		TRY(reduce_layer(group, &at, bytes, diag));
		TRY(gather_logits(group, &at, vocabulary, diag));
	}
	if (group->fuses)
		fuse_norms(group, step);
	return SIM_OK;
}

/* Sends between stages; they stand before what follows the layers. */
static enum sim_status send_on(const struct workload *workload, const struct parallel *group,
			       const struct workload_forward *forward, struct workload_step *step,
			       struct sim_diag *diag)
{
	double rows = forward->batch * forward->width;
	size_t last = step->segment_count;
	while (last > 0 && step->segments[last - 1].count == 0)
		last--;
	if (last == 0)
		return SIM_OK;
	const struct collective send = {
		.kind = COLLECTIVE_SEND,
		.topology = COLLECTIVE_SWITCH,
		.bytes = 2 * rows * (double)workload->model.hidden / group->tp,
		.devices = 2,
		.sms = group->sms,
	};
	uint32_t sends = forward->layers > 0 ? 1 : (uint32_t)group->pp - 1;
	for (uint32_t i = 0; i < sends; i++) {
		struct lowered_kernel *made;
		TRY(parallel_insert(step, last - 1, 0, step->segments[last - 1].first, "send",
				    &send, &made, diag));
		if (group->pp_bandwidth <= 0)
			continue;
		double seconds = group->pp_latency + send.bytes / group->pp_bandwidth;
		made->kernel.flags = (uint8_t)((made->kernel.flags & ~SIM_KERNEL_PEER) |
					       SIM_KERNEL_OPAQUE | SIM_KERNEL_COPY_ENGINE);
		made->kernel.recorded_ps = transform_bytes(seconds * 1e12, 8);
	}
	return SIM_OK;
}

static enum sim_status apply(const struct workload *workload, size_t first_key,
			     const struct workload_forward *forward, struct workload_step *step,
			     struct sim_diag *diag)
{
	const struct parallel group = parallel_of(workload);
	(void)first_key;
	if (forward->model != 0)
		return SIM_OK;
	if (group.tp > 1)
		TRY(share_layers(workload, &group, forward, step, diag));
	if (group.pp > 1)
		TRY(send_on(workload, &group, forward, step, diag));
	return SIM_OK;
}

/* Of a stage: its layers and the larger of embedding and vocabulary projection. */
static enum sim_status hold(const struct workload *workload, size_t first_key,
			    struct workload_capacity *capacity, struct sim_diag *diag)
{
	const struct parallel group = parallel_of(workload);
	const struct workload_model *model = &workload->model;
	(void)first_key;
	(void)diag;
	if (group.pp <= 1)
		return SIM_OK;
	struct model_parameters all = model_parameters(model);
	double wide = model_wide_bits(model) / 8;
	double bits = weights_bits(workload, workload->first_keys[TRANSFORM_weights],
				   WORKLOAD_ROLE_HEAD, UINT32_MAX);
	double embedding = (double)(all.embedding + all.position) * wide;
	double head = (double)all.head * (bits == bits && !model->tied ? bits / 8 : wide);
	double outside = embedding + (model->tied ? 0 : head);
	double layers = (double)model->layers;
	double share = parallel_ceil(layers / group.pp) / layers;
	capacity->weight_bytes =
		(capacity->weight_bytes - outside) * share + (embedding > head ? embedding : head);
	capacity->kv_bytes *= share;
	capacity->kv_bytes_per_token *= share;
	capacity->state_bytes *= share;
	return SIM_OK;
}

const struct workload_transform workload_transform_parallel = {
	.name = "parallel",
	.what = "groups of devices: tensor, pipeline and expert parallel, and their collectives",
	.keys = keys,
	.plan = plan,
	.apply = apply,
	.hold = hold,
};
