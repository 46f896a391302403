/*
 * Lowering with a memo, and steps told as runs: the same bits as a step that is lowered alone and
 * written out.
 */
#include <stdio.h>
#include <unistd.h>

#include "tests/unit/transform_fixture.h"

#include "tests/unit/engine_fixture.h"
#include "workloads/lower.h"

/* The same step, whatever was lowered before it into the same memory. */
static void memo_forgets_nothing(void **state)
{
	static const char *const models[] = {"model=llama-3.2-1b", "model=gemma-3-1b",
					     "model=qwen3-30b-a3b", "model=mamba-2-370m"};
	static const char *const stacks[] = {"runtime=hf-static", "runtime=hf-eager"};
	struct lcg lcg = {3};
	(void)state;
	for (size_t m = 0; m < 8; m++) {
		struct lowered low;
		struct workload_step again;
		struct lower_memo *memo = lower_memo_create();
		struct sim_diag diag = {0};
		const char *const sets[] = {models[m % 4], stacks[m / 4], NULL};
		if (lowered_try(&low, sets, &diag) == SIM_E_UNSUPPORTED) {
			print_message("%s %s: %s\n", models[m % 4], stacks[m / 4], diag.text);
			lower_memo_destroy(memo);
			lowered_close(&low);
			continue;
		}
		assert_int_equal(step_init(&again, &diag), SIM_OK);
		for (int round = 0; round < 300; round++) {
			struct workload_forward forward = {.count = 1, .batch = 1, .width = 1};
			forward.context = lcg_below(&lcg, 3) == 0 ? 900 : lcg_below(&lcg, 5000);
			forward.batch += lcg_below(&lcg, 4) == 0 ? lcg_below(&lcg, 40) : 0;
			forward.width += lcg_below(&lcg, 4) == 0 ? lcg_below(&lcg, 130) : 0;
			forward.layers = lcg_below(&lcg, 4) == 0 ? 1 + lcg_below(&lcg, 5) : 0;
			forward.prefill = forward.width > 100;
			forward.verify = !forward.prefill && forward.width > 1;
			assert_int_equal(workload_slots(&low.workload, &forward, &diag), SIM_OK);
			/* a failure in between leaves nothing wrong behind */
			struct workload_forward broken = forward;
			broken.batch = -1;
			if (round % 50 == 49)
				assert_int_equal(
					lower_again(&low.workload, &broken, memo, &again, NULL),
					SIM_E_RANGE);
			assert_int_equal(lower_again(&low.workload, &forward, memo, &again, &diag),
					 SIM_OK);
			assert_int_equal(workload_lower(&low.workload, &forward, &low.step, &diag),
					 SIM_OK);
			assert_int_equal(again.kernel_count, low.step.kernel_count);
			assert_int_equal(again.segment_count, low.step.segment_count);
			for (size_t k = 0; k < again.kernel_count; k++) {
				struct lowered_kernel *a = &again.kernels[k],
						      *b = &low.step.kernels[k];
				assert_string_equal(names_text(&again.names, a->name),
						    names_text(&low.step.names, b->name));
				a->name = b->name;
				assert_memory_equal(a, b, sizeof(*a));
			}
			assert_memory_equal(again.segments, low.step.segments,
					    again.segment_count * sizeof(*again.segments));
		}
		lower_memo_destroy(memo);
		step_fini(&again);
		lowered_close(&low);
	}
}

/* The closed form of a step told as runs is that of the step written out. */
static void closed_form(void **state)
{
	static const char *const settings[][5] = {
		{"model=llama-3.1-8b", "runtime=hf-static", "batch=1"},
		{"model=llama-3.1-8b", "runtime=hf-eager", "batch=8"},
		{"model=gemma-3-1b", "runtime=compiled", "batch=2", "context=3000"},
		{"model=qwen3-30b-a3b", "runtime=fused-ideal", "batch=1", "weights.bits=4"},
	};
	struct machine machine = fixture_machine(&fixture_gpu_default);
	(void)state;
	for (size_t i = 0; i < sizeof(settings) / sizeof(settings[0]); i++) {
		struct lowered low;
		lowered_open(&low, settings[i]);
		struct sim_kernel *kernels = calloc(low.step.kernel_count, sizeof(*kernels));
		struct sim_run *runs = calloc(low.step.segment_count, sizeof(*runs));
		assert_true(kernels != NULL && runs != NULL);
		step_compact(&low.step, kernels, runs);
		const struct sim_step step = {0, (uint32_t)low.count, SIM_LAUNCH_GRAPH, 1};
		const struct sim_program program = {.kernels = low.kernels,
						    .kernel_count = low.count,
						    .steps = &step,
						    .step_count = 1};
		for (unsigned launch = SIM_LAUNCH_EAGER; launch < SIM_LAUNCH_COUNT; launch++) {
			struct replay_options options;
			struct replay_result told, written;
			struct sim_diag diag = {0};
			replay_options_init(&options);
			options.launch = (enum sim_launch)launch;
			assert_int_equal(
				closed_form_run(&program, &machine, &options, &written, &diag),
				SIM_OK);
			assert_int_equal(closed_form_runs(kernels, low.step.kernel_count, runs,
							  low.step.segment_count, &machine,
							  &options, &told, &diag),
					 SIM_OK);
			assert_memory_equal(&told, &written, sizeof(told));
		}
		free(kernels);
		free(runs);
		lowered_close(&low);
	}
}

/* A kernel that comes and goes at the end is not taken from before it went. */
static void calls_that_come_and_go(void **state)
{
	static const char profile[] =
		"runtime: comes-and-goes\nsummary: a test\nsource: none\n"
		"inherits: fused-ideal\n"
		"epilogue:\n"
		"  - {kernel: head, kind: raw, role: head, op: gemm, family: gemm, "
		"weights: hidden * vocabulary + hidden}\n"
		"  - {kernel: late, kind: raw, role: norm, op: norm, family: norm, read: 8 * "
		"batch, "
		"when: context > 1000}\n";
	char path[] = "/tmp/decodesim-lower-XXXXXX.yaml", set[64];
	struct lowered low;
	struct workload_step again;
	struct lower_memo *memo = lower_memo_create();
	struct sim_diag diag = {0};
	(void)state;
	int file = mkstemps(path, 5);
	assert_true(file >= 0 && write(file, profile, strlen(profile)) == (ssize_t)strlen(profile));
	close(file);
	snprintf(set, sizeof(set), "runtime=%s", path);
	LOWER(&low, "model=llama-3.2-1b", set);
	unlink(path);
	assert_int_equal(step_init(&again, &diag), SIM_OK);
	static const double contexts[] = {2000, 500, 2000}, batches[] = {1, 3, 3};
	for (int i = 0; i < 3; i++) {
		struct workload_forward forward = {
			.count = 1, .width = 1, .batch = batches[i], .context = contexts[i]};
		assert_int_equal(lower_again(&low.workload, &forward, memo, &again, &diag), SIM_OK);
		const struct sim_kernel *last = &again.kernels[again.kernel_count - 1].kernel;
		assert_int_equal(last->op, contexts[i] > 1000 ? SIM_OP_NORM : SIM_OP_GEMM);
		if (contexts[i] > 1000)
			assert_int_equal(last->act_read_bytes, 8 * batches[i]);
	}
	lower_memo_destroy(memo);
	step_fini(&again);
	lowered_close(&low);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(memo_forgets_nothing),
		cmocka_unit_test(calls_that_come_and_go),
		cmocka_unit_test(closed_form),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
