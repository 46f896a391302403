/*
 * Groups of devices: the kernels of tp devices together do the work of one, and what they do twice is
 * named; a group of one is no group, bit for bit; collectives move what workloads/parallel.h says;
 * pipelines follow their law; memory is divided; what does not fit is refused.
 */
#include "tests/unit/transform_fixture.h"

#include "workloads/parallel.h"

#define DENSE "model=llama-3.1-70b", "context=1000", "slots=1024"
#define MIXED "model=qwen3-30b-a3b", "context=1000", "slots=1024"

static bool is_peer(const struct sim_kernel *kernel)
{
	return (kernel->flags & SIM_KERNEL_PEER) != 0;
}

/* Sums over the kernels of LOW, expanded. */
struct sums {
	double weights, flops, kv_read, kv_write, sent;
	size_t collectives;
};

static struct sums sum(const struct lowered *low)
{
	struct sums sums = {0};
	for (uint64_t i = 0; i < low->count; i++) {
		const struct sim_kernel *at = &low->kernels[i];
		if (is_peer(at)) {
			sums.sent += (double)at->act_read_bytes;
			sums.collectives++;
			continue;
		}
		sums.weights += (double)at->weight_bytes;
		sums.flops += (double)at->flops;
		sums.kv_read += (double)at->kv_read_bytes;
		sums.kv_write += (double)at->kv_write_bytes;
	}
	return sums;
}

static void sum_role(const struct lowered *low, unsigned role, double *weights, double *flops)
{
	*weights = *flops = 0;
	for (size_t s = 0; s < low->step.segment_count; s++)
		for (uint32_t k = 0; k < low->step.segments[s].count; k++) {
			const struct lowered_kernel *at =
				&low->step.kernels[low->step.segments[s].first + k];
			if (at->role != role)
				continue;
			*weights += (double)at->kernel.weight_bytes * low->step.segments[s].repeat;
			*flops += (double)at->kernel.flops * low->step.segments[s].repeat;
		}
}

static double weights_of(const struct lowered *low, unsigned role)
{
	double weights, flops;
	sum_role(low, role, &weights, &flops);
	return weights;
}

static double flops_of(const struct lowered *low, unsigned role)
{
	double weights, flops;
	sum_role(low, role, &weights, &flops);
	return flops;
}

/* Operations of matrix products and attention, without the sums of what was split. */
static double products_of(const struct lowered *low)
{
	double flops = 0;
	for (uint64_t i = 0; i < low->count; i++) {
		const struct sim_kernel *at = &low->kernels[i];
		bool side = at->family == SIM_FAMILY_SPLITK_REDUCE ||
			    at->family == SIM_FAMILY_ATTN_COMBINE;
		if (!side && (at->op == SIM_OP_GEMM || at->op == SIM_OP_ATTENTION))
			flops += (double)at->flops;
	}
	return flops;
}

static void a_group_of_one_is_none(void **state)
{
	(void)state;
	static const char *const one[] = {
		"tp=1",
		"pp=1",
		"ep=1",
		"pp.micro=4",
		"ep.skew=0.5",
		"tp.fuse=norm",
		"tp.overlap=split2",
		"collective.algorithm=ring",
		"ep.hot=3",
		"collective.sms=8",
		"ep.spill=least_loaded",
	};
	static const char *const runtimes[] = {"runtime=vllm", "runtime=fused-ideal",
					       "runtime=hf-static"};
	for (size_t r = 0; r < 3; r++) {
		struct lowered plain, with;
		LOWER(&plain, MIXED, runtimes[r]);
		for (size_t i = 0; i < sizeof(one) / sizeof(one[0]); i++) {
			LOWER(&with, MIXED, runtimes[r], one[i]);
			if (!lowered_equal(&plain, &with) ||
			    plain.capacity.total_bytes != with.capacity.total_bytes)
				fail_msg("%s changes %s", one[i], runtimes[r]);
			lowered_close(&with);
		}
		lowered_close(&plain);
	}
}

/* The work of TP devices is that of one, and norms, additions and sampling once more on each. */
static void work_is_divided(void **state)
{
	(void)state;
	static const char *const tps[] = {"tp=2", "tp=4", "tp=8"};
	struct lowered one, part;
	LOWER(&one, DENSE, "runtime=vllm", "batch=16");
	struct sums whole = sum(&one);
	double norms =
		weights_of(&one, WORKLOAD_ROLE_NORM) + weights_of(&one, WORKLOAD_ROLE_EMBEDDING);
	double norm_flops = flops_of(&one, WORKLOAD_ROLE_NORM);
	double sampling = flops_of(&one, WORKLOAD_ROLE_SAMPLING);
	for (size_t i = 0; i < 3; i++) {
		double tp = (double)(2u << i);
		LOWER(&part, DENSE, "runtime=vllm", "batch=16", tps[i]);
		struct sums share = sum(&part);
		assert_near(tp * share.weights, whole.weights + (tp - 1) * norms, 1e-9);
		assert_near(tp * share.kv_read, whole.kv_read, 1e-9);
		assert_near(tp * share.kv_write, whole.kv_write, 1e-9);
		assert_near(tp * products_of(&part), products_of(&one), 1e-9);
		assert_near(flops_of(&part, WORKLOAD_ROLE_NORM), norm_flops, 1e-12);
		assert_near(flops_of(&part, WORKLOAD_ROLE_SAMPLING), sampling, 1e-3);
		assert_near(tp * part.capacity.kv_bytes, one.capacity.kv_bytes, 1e-12);
		assert_true(tp * part.capacity.weight_bytes < 1.001 * one.capacity.weight_bytes);
		assert_true(tp * part.capacity.weight_bytes >= one.capacity.weight_bytes);
		lowered_close(&part);
	}
	lowered_close(&one);
}

/* 8 key heads over 16 devices: one each, twice as much cache in all. */
static void key_heads_are_copied_beyond_their_number(void **state)
{
	(void)state;
	struct lowered eight, sixteen;
	LOWER(&eight, DENSE, "runtime=vllm", "tp=8");
	LOWER(&sixteen, DENSE, "runtime=vllm", "tp=16");
	assert_true(sum(&eight).kv_read == sum(&sixteen).kv_read);
	assert_true(eight.capacity.kv_bytes == sixteen.capacity.kv_bytes);
	lowered_close(&eight);
	lowered_close(&sixteen);
}

/* Two all-reduces a layer, one of the embedding, and the logits. */
static void collectives_by_hand(void **state)
{
	(void)state;
	struct lowered low;
	const double rows = 16, tensor = 2 * rows * 8192, logits = 2 * rows * 128256;
	LOWER(&low, DENSE, "runtime=vllm", "batch=16", "tp=4", "collective.algorithm=ring");
	struct sums sums = sum(&low);
	assert_int_equal(sums.collectives, 2 * 80 + 2);
	assert_near(sums.sent, 161 * 2 * 0.75 * tensor + 0.75 * logits, 1e-9);
	lowered_close(&low);
	LOWER(&low, DENSE, "runtime=vllm", "batch=16", "tp=4", "collective.algorithm=multimem");
	assert_near(sum(&low).sent, 161 * 1.25 * tensor + 0.25 * logits, 1e-9);
	lowered_close(&low);
}

/* The norms behind reductions go but the last, which runs once where the reduction runs a layer. */
static void norms_are_fused(void **state)
{
	(void)state;
	struct lowered plain, fused;
	LOWER(&plain, DENSE, "runtime=vllm", "batch=16", "tp=4");
	LOWER(&fused, DENSE, "runtime=vllm", "batch=16", "tp=4", "tp.fuse=norm");
	assert_int_equal(plain.count - fused.count, 160);
	assert_int_equal(sum(&plain).collectives, sum(&fused).collectives);
	double flops = 0, norm_flops = 0;
	for (uint64_t i = 0; i < fused.count; i++)
		flops += (double)fused.kernels[i].flops;
	for (uint64_t i = 0; i < plain.count; i++) {
		flops -= (double)plain.kernels[i].flops;
		if (plain.kernels[i].op == SIM_OP_NORM)
			norm_flops += (double)plain.kernels[i].flops;
	}
	assert_near(-flops, 0.75 * norm_flops * 160 / 161, 1e-2);
	lowered_close(&plain);
	lowered_close(&fused);
}

/* Sampling sees all of the vocabulary, whatever each device projects. */
static void sampling_is_whole(void **state)
{
	(void)state;
	struct lowered one, four;
	LOWER(&one, DENSE, "runtime=vllm");
	LOWER(&four, DENSE, "runtime=vllm", "tp=4");
	double whole = 0, share = 0;
	for (uint64_t i = one.count - 3; i < one.count; i++)
		whole += (double)one.kernels[i].act_read_bytes;
	for (uint64_t i = four.count - 3; i < four.count; i++)
		share += (double)four.kernels[i].act_read_bytes;
	assert_near(share, whole, 1e-9);
	lowered_close(&one);
	lowered_close(&four);
}

static struct workload_iteration iterate(struct lowered *low)
{
	struct workload_iteration iteration;
	struct sim_diag diag = {0};
	if (workload_iterate(&low->workload, 1000, &iteration, &diag) != SIM_OK)
		fail_msg("%s", diag.text);
	return iteration;
}

static void pipelines_follow_their_law(void **state)
{
	(void)state;
	struct lowered one, latency, busy;
	LOWER(&one, DENSE, "runtime=vllm", "batch=16");
	LOWER(&latency, DENSE, "runtime=vllm", "batch=16", "pp=4");
	assert_int_equal(latency.count, one.count + 3); /* a send between two of four */
	assert_true(sum(&latency).weights == sum(&one).weights);
	assert_near(sum(&latency).sent, 3 * 2 * 16 * 8192.0, 1e-12);
	LOWER(&busy, DENSE, "runtime=vllm", "batch=16", "pp=4", "pp.micro=8");
	struct workload_iteration iteration = iterate(&busy);
	assert_true(iteration.forwards[0].count == 8 && iteration.forwards[0].batch == 2);
	assert_true(iteration.forwards[0].layers == 20 && iteration.batch == 16);
	assert_int_equal(sum(&busy).collectives, 1);
	/* a quarter of the layers, of the weights and the cache */
	double outside = 2.0 * 128256 * 8192;
	assert_near(busy.capacity.weight_bytes,
		    (one.capacity.weight_bytes - 2 * outside) / 4 + outside, 1e-12);
	assert_near(busy.capacity.kv_bytes, one.capacity.kv_bytes / 4, 1e-12);
	lowered_close(&one);
	lowered_close(&latency);
	lowered_close(&busy);
}

static double expert_flops(const struct lowered *low)
{
	double flops = 0;
	for (uint64_t i = 0; i < low->count; i++)
		if (low->kernels[i].op == SIM_OP_GROUPED_GEMM)
			flops += (double)low->kernels[i].flops;
	return flops;
}

static double expert_weights(const struct lowered *low)
{
	return weights_of(low, WORKLOAD_ROLE_EXPERT_UP) +
	       weights_of(low, WORKLOAD_ROLE_EXPERT_DOWN);
}

/* Every device brings its tokens: balanced, as many choices as it made; skewed, the maximum law. */
static void the_fullest_device_is_run(void **state)
{
	(void)state;
	struct lowered one, even, skewed, spilled;
	LOWER(&one, MIXED, "runtime=vllm", "batch=4096");
	LOWER(&even, MIXED, "runtime=vllm", "batch=4096", "ep=8");
	LOWER(&skewed, MIXED, "runtime=vllm", "batch=4096", "ep=8", "ep.skew=0.95", "ep.hot=16");
	LOWER(&spilled, MIXED, "runtime=vllm", "batch=4096", "ep=8", "ep.skew=0.95", "ep.hot=16",
	      "ep.spill=least_loaded", "ep.chunk=1");
	assert_near(expert_flops(&even), expert_flops(&one), 1e-6);
	assert_near(expert_flops(&skewed), 7.6 * expert_flops(&one), 1e-6);
	assert_near(expert_flops(&spilled), expert_flops(&one), 1e-3);
	assert_near(expert_weights(&even), expert_weights(&one) / 8, 1e-6);
	assert_true(expert_weights(&spilled) > expert_weights(&even));
	/* to the experts and back, a layer each */
	assert_int_equal(sum(&even).collectives, 2 * 48);
	assert_near(sum(&even).sent, 2 * 48 * 2.0 * 4096 * 8 * 7 / 8 * 2048, 1e-6);
	assert_int_equal(sum(&spilled).collectives, 3 * 48);
	double experts = (double)model_parameters(&one.workload.model).experts * 2;
	assert_near(one.capacity.weight_bytes - even.capacity.weight_bytes, experts * 7 / 8, 1e-9);
	assert_true(spilled.capacity.weight_bytes > even.capacity.weight_bytes);
	lowered_close(&one);
	lowered_close(&even);
	lowered_close(&skewed);
	lowered_close(&spilled);
}

/* Few tokens: of a device's experts only some are read, and together as many as are chosen. */
static void few_tokens_read_few_experts(void **state)
{
	(void)state;
	struct lowered one, even;
	LOWER(&one, MIXED, "runtime=vllm", "batch=8");
	LOWER(&even, MIXED, "runtime=vllm", "batch=1", "ep=8");
	assert_near(8 * expert_weights(&even), expert_weights(&one), 1e-6);
	lowered_close(&one);
	lowered_close(&even);
}

static void what_does_not_fit_is_refused(void **state)
{
	(void)state;
	static const char *const wrong[][3] = {
		{"model=llama-3.1-70b", "tp=3", "3"},
		{"model=llama-3.1-70b", "tp=128", "128"},
		{"model=llama-3.1-70b", "ep=2", "experts"},
		{"model=llama-3.1-70b", "pp=81", "81"},
		{"model=qwen3-30b-a3b", "ep=3", "3"},
		{"model=qwen2.5-7b", "tp=8", "heads"},
	};
	for (size_t i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++) {
		struct lowered low;
		struct sim_diag diag = {0};
		enum sim_status status = lowered_try(
			&low, (const char *const[]){wrong[i][0], wrong[i][1], "runtime=vllm", NULL},
			&diag);
		if (status == SIM_OK || strstr(diag.text, wrong[i][2]) == NULL)
			fail_msg("%s, %s: '%s'", wrong[i][0], wrong[i][1], diag.text);
		lowered_close(&low);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_group_of_one_is_none),
		cmocka_unit_test(work_is_divided),
		cmocka_unit_test(key_heads_are_copied_beyond_their_number),
		cmocka_unit_test(collectives_by_hand),
		cmocka_unit_test(norms_are_fused),
		cmocka_unit_test(sampling_is_whole),
		cmocka_unit_test(pipelines_follow_their_law),
		cmocka_unit_test(the_fullest_device_is_run),
		cmocka_unit_test(few_tokens_read_few_experts),
		cmocka_unit_test(what_does_not_fit_is_refused),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
