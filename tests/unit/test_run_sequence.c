/*
 * hf-eager lowered against the eager traces with shapes, record by record: as many kernels, the same
 * families in the same order, and the bytes that traces/work*.c derives from the shapes. The static
 * and the compiled profile are held against the graph traces, whose kernels have no shapes: count
 * and families there, and the span in test_run_accuracy.c.
 */
#include "tests/unit/validate_fixture.h"

#include "validate/lowered_work.h"
#include "validate/run.h"

static const char *const eager[] = {
	"llama-3.1-8b-b1-c2048-shapes",	 "llama-3.2-1b-b1-c2048-shapes",
	"llama-3.2-1b-b1-c512-shapes",	 "llama-3.2-3b-b1-c1024-shapes",
	"llama-3.2-3b-b16-c4096-shapes", "mistral-7b-v0.3-b1-c2048-shapes",
	"qwen2.5-7b-b1-c2048-shapes",	 "qwen2.5-7b-b1-c8192-shapes",
	"qwen3-30b-a3b-b1-c2048-shapes",
};

static const char *const graphs[] = {
	"llama-3.1-8b-b1-c2048-graph",
	"llama-3.2-1b-b1-c2048-graph",
	"llama-3.2-1b-b1-c512-graph",
	"llama-3.2-3b-b1-c1024-graph",
	"llama-3.2-3b-b16-c4096-graph",
	"mistral-7b-v0.3-b1-c2048-graph",
	"qwen2.5-7b-b1-c2048-graph",
	"qwen2.5-7b-b1-c8192-graph",
	"qwen3-30b-a3b-b1-c2048-graph",
	"llama-3.1-8b-b1-c2048-compiled-graph",
	"llama-3.2-1b-b1-c2048-compiled-graph",
};

/* Decode steps between the context in a trace's name and its first step, as its shapes show. */
enum { STEPS_BEFORE = 50 };

static void check(enum sim_status status, const struct sim_diag *diag)
{
	if (status != SIM_OK)
		fail_msg("%s", diag->text);
}

static void lower(const char *name, const char *runtime, double later, struct run_setup *setup,
		  struct workload_program *program)
{
	struct sim_diag diag;
	struct traced_run at;
	struct workload_scenario scenario;
	struct workload_iteration iteration;
	diag_init(&diag);
	assert_true(traced_run_parse(name, &at));
	check(scenario_init(&scenario, &diag), &diag);
	check(scenario_set(&scenario, "model", at.model, &diag), &diag);
	check(scenario_set(&scenario, "hw", "h100-sxm", &diag), &diag);
	check(scenario_set(&scenario, "runtime", runtime, &diag), &diag);
	check(scenario_set_number(&scenario, SCENARIO_BATCH, at.batch, &diag), &diag);
	check(run_setup(setup, &scenario, NULL, 0, &diag), &diag);
	check(workload_iterate(&setup->workload, at.context + later, &iteration, &diag), &diag);
	check(workload_program(&setup->workload, &iteration, program, &diag), &diag);
}

static double bytes_of(const struct sim_kernel *kernel)
{
	return (double)kernel->weight_bytes + (double)kernel->kv_read_bytes +
	       (double)kernel->kv_write_bytes + (double)kernel->act_read_bytes +
	       (double)kernel->act_write_bytes;
}

/* Share of the device time whose bytes are those of the trace, within 1 % or 64 bytes. */
static double equal_share(const struct trace *trace, const struct workload_program *program)
{
	double total = 0, equal = 0;
	for (uint32_t i = 0; i < trace->steps[0].count; i++) {
		uint32_t k = trace->steps[0].first + i;
		double theirs = bytes_of(&trace->kernels[k]), ours = bytes_of(&program->kernels[i]);
		double time = (double)trace->measured[k].duration_ns;
		total += time;
		equal += fabs(ours - theirs) <= fmax(64, 0.01 * theirs) ? time : 0;
	}
	return equal / total;
}

static void compare(const char *name)
{
	struct trace trace;
	struct run_setup setup;
	struct workload_program program;
	size_t other = 0;
	fixture_read(name, &trace);
	lower(name, "hf-eager", STEPS_BEFORE, &setup, &program);
	if (program.program.kernel_count != trace.steps[0].count)
		fail_msg("%s: %zu kernels lowered, %u traced", name, program.program.kernel_count,
			 trace.steps[0].count);
	for (uint32_t i = 0; i < trace.steps[0].count; i++) {
		uint32_t k = trace.steps[0].first + i;
		if (trace.kernels[k].family == program.kernels[i].family)
			continue;
		if (other++ < 3)
			print_message("%s: kernel %u is %s, lowered %s: %s\n", name, i,
				      sim_family_text(trace.kernels[k].family),
				      sim_family_text(program.kernels[i].family),
				      names_text(&trace.names, trace.details[k].name));
	}
	double share = equal_share(&trace, &program);
	print_message(
		"%s: %u kernels, %zu of another family, bytes equal for %.2f %% of the time\n",
		name, trace.steps[0].count, other, 100 * share);
	assert_int_equal(other, 0);
	/* splits of two GEMMs of N = 1024 and of one of K = 8192 are 3 in the traces, 2 by the rule */
	assert_true(share >= 0.98);
	workload_program_fini(&program);
	run_setup_fini(&setup);
	trace_fini(&trace);
}

static void eager_steps_are_the_traced_ones(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(eager) / sizeof(eager[0]); i++)
		compare(eager[i]);
}

/* Adoption refuses any difference in count or family. */
static void graph_steps_are_the_traced_ones(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(graphs) / sizeof(graphs[0]); i++) {
		struct trace trace;
		struct sim_diag diag;
		uint64_t filled;
		diag_init(&diag);
		fixture_read(graphs[i], &trace);
		check(lowered_work_adopt(&trace, "hf-static,compiled", &filled, &diag), &diag);
		assert_true(filled > 0 && filled <= trace.kernel_count);
		for (size_t k = 0; k < trace.kernel_count; k++)
			assert_false(trace.kernels[k].flags & SIM_KERNEL_OPAQUE);
		trace_fini(&trace);
	}
}

static void another_runtime_is_refused(void **state)
{
	struct trace trace;
	struct sim_diag diag;
	uint64_t filled;
	(void)state;
	diag_init(&diag);
	fixture_read("llama-3.2-1b-b1-c512-graph", &trace);
	assert_int_equal(lowered_work_adopt(&trace, "hf-eager", &filled, &diag), SIM_E_UNSUPPORTED);
	assert_non_null(strstr(diag.text, "kernels"));
	assert_true(trace.kernels[0].flags & SIM_KERNEL_OPAQUE);
	diag_init(&diag);
	assert_int_equal(lowered_work_adopt(&trace, "hf-static,", &filled, &diag), SIM_OK);
	trace_fini(&trace);
}

static void names_of_traces_are_parsed(void **state)
{
	static const char *const bad[] = {
		"",	  "a",	     "a-b1",	 "-b1-c2",  "a-b-c2",
		"a-b1-c", "a-b0-c2", "a-b1-c2x", "a-b1-d2", "a-b9999999999-c2"};
	struct traced_run at;
	(void)state;
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
		assert_false(traced_run_parse(bad[i], &at));
	assert_true(traced_run_parse("x-b2-y-b16-c4096-graph", &at));
	assert_string_equal(at.model, "x-b2-y");
	assert_true(at.batch == 16 && at.context == 4096);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(eager_steps_are_the_traced_ones),
		cmocka_unit_test(graph_steps_are_the_traced_ones),
		cmocka_unit_test(another_runtime_is_refused),
		cmocka_unit_test(names_of_traces_are_parsed),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
