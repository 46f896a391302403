/*
 * Generations: every iteration is, to the bit, the one that is lowered and replayed on its own,
 * whatever the model, the runtime, the formats, the launch mode, and whatever was lowered before.
 */
#include "tests/unit/transform_fixture.h"

#include "sim/core/digest.h"
#include "tests/unit/engine_fixture.h"
#include "workloads/generate.h"

static const enum sim_launch launches[] = {SIM_LAUNCH_GRAPH, SIM_LAUNCH_EAGER, SIM_LAUNCH_PDL,
					   SIM_LAUNCH_MEGAKERNEL};

struct made {
	struct lowered low;
	struct machine machine;
	struct generate_options options;
	struct generate_result result;
};

struct watch {
	const struct made *made;
	double expected; /* context */
	uint64_t steps, repeats, digest;
	int64_t total_ps, min_ps, max_ps;
	int64_t part_ps[SIM_PART_COUNT];
	uint64_t stop_after;
};

static void made_open(struct made *made, const char *const *sets)
{
	lowered_open(&made->low, sets);
	made->machine = fixture_machine(&fixture_gpu_default);
	generate_options_init(&made->options);
	made->options.context = scenario_number(&made->low.workload.scenario, SCENARIO_CONTEXT);
	made->options.attribute = true;
}

/* Kernels, steps, edges, and what each kernel was lowered from. */
static void same_program(const struct workload_program *kept, const struct workload_program *alone)
{
	const struct sim_program *a = &kept->program, *b = &alone->program;
	assert_int_equal(a->kernel_count, b->kernel_count);
	assert_int_equal(a->step_count, b->step_count);
	assert_int_equal(a->edge_count, b->edge_count);
	assert_int_equal(a->distinct_count, b->distinct_count);
	assert_memory_equal(a->kernels, b->kernels, a->kernel_count * sizeof(*a->kernels));
	assert_memory_equal(a->distinct, b->distinct, a->distinct_count * sizeof(*a->distinct));
	assert_memory_equal(a->distinct_of, b->distinct_of,
			    a->kernel_count * sizeof(*a->distinct_of));
	for (size_t s = 0; s < a->step_count; s++) {
		assert_int_equal(a->steps[s].first, b->steps[s].first);
		assert_int_equal(a->steps[s].count, b->steps[s].count);
		assert_int_equal(a->steps[s].ends_in_sync, b->steps[s].ends_in_sync);
	}
	if (a->edge_count > 0)
		assert_memory_equal(a->edges, b->edges, a->edge_count * sizeof(*a->edges));
	for (size_t k = 0; k < a->kernel_count; k++) {
		assert_memory_equal(&a->kernels[k], &a->distinct[a->distinct_of[k]],
				    sizeof(*a->kernels));
		assert_int_equal(kept->details[k]->role, alone->details[k]->role);
		assert_int_equal(kept->details[k]->n, alone->details[k]->n);
		assert_int_equal(kept->details[k]->kernel.flops, alone->details[k]->kernel.flops);
	}
}

static bool check_step(void *context, const struct generate_step *step)
{
	struct watch *watch = context;
	const struct made *made = watch->made;
	struct workload_iteration iteration;
	struct workload_program alone;
	struct replay_options options;
	struct replay_result replayed;
	struct sim_diag diag = {0};
	assert_int_equal(step->index, watch->steps);
	double nearest = (double)(int64_t)(watch->expected + 0.5);
	assert_true(step->context == nearest);
	replay_options_init(&options);
	options.launch = made->options.launch;
	options.host_speed = made->options.host_speed;
	options.attribute = true;
	assert_int_equal(workload_iterate(&made->low.workload, nearest, &iteration, &diag), SIM_OK);
	assert_int_equal(workload_program(&made->low.workload, &iteration, &alone, &diag), SIM_OK);
	alone.program.distinct_of = step->index % 2 ? alone.program.distinct_of : NULL;
	assert_int_equal(replay_run(&alone.program, &made->machine, &options, &replayed, &diag),
			 SIM_OK);
	alone.program.distinct_of = alone.distinct_of;
	same_program(step->program, &alone);
	assert_memory_equal(&replayed, step->replayed, sizeof(replayed));
	assert_true(step->tokens == iteration.tokens);
	workload_program_fini(&alone);
	watch->min_ps = watch->steps == 0 || replayed.total_ps < watch->min_ps ? replayed.total_ps
									       : watch->min_ps;
	watch->max_ps = replayed.total_ps > watch->max_ps ? replayed.total_ps : watch->max_ps;
	watch->total_ps += replayed.total_ps;
	watch->digest = digest_mix(watch->digest, replayed.digest);
	for (unsigned part = 0; part < SIM_PART_COUNT; part++)
		watch->part_ps[part] += replayed.part_ps[part] * (int64_t)replayed.steps;
	watch->expected += step->tokens;
	watch->repeats += step->repeats;
	watch->steps++;
	return watch->steps != watch->stop_after;
}

/* TOKENS in every launch mode, each step held against itself alone; iterations, if not 0. */
static void check(const char *const *sets, uint64_t tokens, uint64_t iterations, bool repeats)
{
	struct made made;
	made_open(&made, sets);
	for (size_t i = 0; i < sizeof(launches) / sizeof(launches[0]); i++) {
		struct watch watch = {
			.made = &made, .expected = made.options.context, .digest = DIGEST_SEED};
		struct sim_diag diag = {0};
		const struct generate_result *result = &made.result;
		made.options.launch = launches[i];
		made.options.host_speed = i % 2 ? 1.5 : 1;
		made.options.tokens = tokens;
		made.options.step = check_step;
		made.options.step_context = &watch;
		if (generate_run(&made.low.workload, &made.machine, &made.options, &made.result,
				 &diag) != SIM_OK)
			fail_msg("%s: %s", sets[0], diag.text);
		assert_int_equal(result->iterations, watch.steps);
		if (iterations > 0)
			assert_int_equal(result->iterations, iterations);
		assert_int_equal(result->replays, watch.steps - watch.repeats);
		assert_int_equal(repeats, watch.repeats > 0);
		assert_int_equal(result->total_ps, watch.total_ps);
		assert_int_equal(result->min_ps, watch.min_ps);
		assert_int_equal(result->max_ps, watch.max_ps);
		assert_int_equal(result->digest, watch.digest);
		assert_true(result->end_context == watch.expected);
		assert_true(result->tokens >= (double)tokens * (1 - 1e-9));
		int64_t parts = 0;
		for (unsigned part = 0; part < SIM_PART_COUNT; part++) {
			if (part != SIM_PART_GAP)
				assert_int_equal(result->part_ps[part], watch.part_ps[part]);
			parts += result->part_ps[part];
		}
		assert_int_equal(parts, result->total_ps);
		assert_true(result->floor_ps > 0 && result->floor_ps <= result->device_span_ps);
	}
	lowered_close(&made.low);
}

#define CHECK(tokens, iterations, repeats, ...)                                                    \
	check((const char *const[]){__VA_ARGS__, NULL}, tokens, iterations, repeats)

static void runtimes(void **state)
{
	(void)state;
	CHECK(300, 300, false, "model=llama-3.1-8b", "runtime=hf-static", "context=2000");
	CHECK(150, 150, false, "model=llama-3.1-8b", "runtime=hf-eager", "context=1");
	CHECK(150, 150, false, "model=qwen2.5-7b", "runtime=compiled", "context=300", "batch=3");
	CHECK(300, 300, false, "model=llama-3.2-1b", "runtime=fused-ideal", "context=0");
}

/* The window fills up on the way: layers that slide stop to grow, and others do not. */
static void windows(void **state)
{
	(void)state;
	CHECK(200, 200, false, "model=gemma-3-1b", "runtime=hf-eager", "context=400");
	CHECK(200, 200, true, "model=gemma-3-1b", "runtime=hf-static", "context=400", "slots=900");
	CHECK(100, 100, true, "model=llama-3.2-1b", "runtime=fused-ideal", "context=450",
	      "attention.window=500");
}

/* Nothing grows in a cache that is read whole: one simulation is enough. */
static void static_cache(void **state)
{
	(void)state;
	CHECK(200, 200, true, "model=llama-3.1-8b", "runtime=hf-static", "context=100",
	      "slots=1024");
}

static void mechanisms(void **state)
{
	(void)state;
	CHECK(60, 60, false, "model=qwen3-30b-a3b", "runtime=hf-eager", "batch=4", "context=500");
	CHECK(60, 60, false, "model=llama-3.2-1b", "runtime=hf-eager", "weights.bits=4.5",
	      "weights.kernel=marlin", "kv.bits=4", "kv.recent=64", "context=40");
	CHECK(60, 60, false, "model=llama-3.2-1b", "runtime=fused-ideal",
	      "weights.layer_bits=[4, 8, 4, 8, 4, 8, 4, 8, 4, 8, 4, 8, 4, 8, 4, 8]");
	CHECK(60, 60, false, "model=llama-3.2-1b", "runtime=hf-eager", "tiers.weights=0.5",
	      "tiers.kv=0.25", "tiers.bandwidth=20 GB/s");
}

/* Two models and several forwards an iteration; fractions of tokens; forwards that overlap. */
static void speculation(void **state)
{
	(void)state;
	CHECK(100, 40, false, "model=llama-3.1-8b", "runtime=fused-ideal", "draft.kind=model",
	      "draft.model=llama-3.2-1b", "draft.k=4", "draft.tau=2.5");
	CHECK(50, 0, false, "model=llama-3.1-8b", "runtime=hf-eager", "draft.kind=self",
	      "draft.layers=4", "draft.k=3", "draft.acceptance=[0.9, 0.3]", "draft.period=20");
	CHECK(50, 0, false, "model=llama-3.1-8b", "runtime=fused-ideal", "draft.kind=self",
	      "draft.layers=1", "draft.k=6", "draft.tau=4.1", "draft.schedule=parallel");
}

/* Iterations of any shape after one another: each is laid out as if it were the first. */
static void programs_of_any_shape(void **state)
{
	struct lowered low;
	struct lcg lcg = {17};
	struct workload_program kept = {0}, alone;
	struct sim_diag diag = {0};
	unsigned updated = 0, equal = 0;
	bool changed;
	(void)state;
	LOWER(&low, "model=llama-3.1-8b", "runtime=hf-eager", "draft.kind=model",
	      "draft.model=llama-3.2-1b", "draft.k=2", "draft.tau=2", "tiers.weights=0.1");
	struct workload_iteration iteration = {0};
	for (int round = 0; round < 200; round++) {
		bool reshape = round % 4 == 0;
		iteration.forward_count =
			reshape ? 1 + lcg_below(&lcg, 3) : iteration.forward_count;
		for (size_t f = 0; f < iteration.forward_count; f++) {
			struct workload_forward *forward = &iteration.forwards[f];
			if (reshape)
				*forward = (struct workload_forward){
					.model = lcg_below(&lcg, 2),
					.count = 1 + lcg_below(&lcg, 3),
					.batch = 1 + lcg_below(&lcg, 3),
					.width = 1 + lcg_below(&lcg, 4),
					.advance = lcg_below(&lcg, 2),
					.layers = 1 + lcg_below(&lcg, 6),
					.stream = (uint8_t)(lcg_below(&lcg, 3) == 0),
				};
			forward->draft = forward->model > 0;
			if (round % 4 < 3)
				forward->context = lcg_below(&lcg, 3000);
			assert_int_equal(workload_slots(&low.workload, forward, &diag), SIM_OK);
		}
		if (round == 100) { /* after a failure it is built again */
			struct workload_iteration broken = iteration;
			broken.forwards[broken.forward_count - 1].batch = -1;
			assert_int_equal(workload_program_again(&low.workload, &broken, &kept,
								&changed, NULL),
					 SIM_E_RANGE);
		}
		assert_int_equal(
			workload_program_again(&low.workload, &iteration, &kept, &changed, &diag),
			SIM_OK);
		assert_int_equal(workload_program(&low.workload, &iteration, &alone, &diag),
				 SIM_OK);
		same_program(&kept, &alone);
		updated += changed && !reshape;
		equal += !changed;
		workload_program_fini(&alone);
	}
	assert_true(updated > 50 && equal >= 49);
	workload_program_fini(&kept);
	lowered_close(&low);
}

static void refused(void **state)
{
	struct made made;
	struct sim_diag diag = {0};
	struct watch watch = {.made = &made, .digest = DIGEST_SEED, .stop_after = 7};
	(void)state;
	made_open(&made, (const char *const[]){"model=llama-3.2-1b", "runtime=fused-ideal", NULL});
	made.options.tokens = 0;
	assert_int_equal(
		generate_run(&made.low.workload, &made.machine, &made.options, &made.result, &diag),
		SIM_E_RANGE);
	made.options.tokens = UINT64_C(2000000000);
	assert_int_equal(
		generate_run(&made.low.workload, &made.machine, &made.options, &made.result, NULL),
		SIM_E_RANGE);
	made.options.tokens = 10;
	made.options.launch = SIM_LAUNCH_AS_TRACED;
	assert_int_equal(
		generate_run(&made.low.workload, &made.machine, &made.options, &made.result, NULL),
		SIM_E_UNSUPPORTED);
	made.options.launch = SIM_LAUNCH_GRAPH;
	made.options.host_speed = 0;
	assert_int_equal(
		generate_run(&made.low.workload, &made.machine, &made.options, &made.result, NULL),
		SIM_E_RANGE);
	assert_int_equal(made.result.iterations, 0);
	made.options.host_speed = 1;
	made.options.step = check_step;
	made.options.step_context = &watch;
	watch.expected = made.options.context;
	diag_init(&diag);
	assert_int_equal(
		generate_run(&made.low.workload, &made.machine, &made.options, &made.result, &diag),
		SIM_E_USAGE);
	assert_string_equal(diag.text, "interrupted");
	assert_int_equal(made.result.iterations, 7);
	lowered_close(&made.low);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(runtimes),	cmocka_unit_test(windows),
		cmocka_unit_test(static_cache), cmocka_unit_test(mechanisms),
		cmocka_unit_test(speculation),	cmocka_unit_test(programs_of_any_shape),
		cmocka_unit_test(refused),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
