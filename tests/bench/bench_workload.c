/*
 * Workloads on one core: lowering, closed forms and simulations of a 32-layer model a second, the
 * rates that were asked for, and what this machine can do at most of the part that nothing can
 * leave out: copying the lowered records (lowering), demands of the distinct kernels (closed form),
 * the digest over all kernels (simulation). Rates are the best of three, of processor time.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "hwmodels/device.h"
#include "sim/core/digest.h"
#include "sim/core/replay.h"
#include "workloads/generate.h"
#include "workloads/lower.h"

enum { ROUNDS = 3, LOWERED = 20000, GENERATED = 4000, WHOLE = 500, FIRST = 2048 };

struct bench {
	struct workload workload;
	struct hw_device device;
	struct workload_step step;
	struct lower_memo *memo;
	struct sim_kernel *kernels; /* room for the lowered ones */
	struct sim_run *runs;
	enum sim_launch launch;
	size_t kernel_count; /* expanded */
	int64_t sum;	     /* of what comes out, so that it is worked out */
};

static double now_s(void)
{
	struct timespec time;
	clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &time);
	return (double)time.tv_sec + (double)time.tv_nsec * 1e-9;
}

static void must(enum sim_status status, const struct sim_diag *diag)
{
	if (status == SIM_OK)
		return;
	fprintf(stderr, "bench_workload: %s\n", diag->text);
	exit(EXIT_FAILURE);
}

static struct workload_forward forward_at(const struct bench *bench, double context)
{
	struct workload_iteration iteration;
	struct sim_diag diag = {0};
	must(workload_iterate(&bench->workload, context, &iteration, &diag), &diag);
	return iteration.forwards[0];
}

static void lower(struct bench *bench, uint64_t i, struct lower_memo *memo)
{
	struct sim_diag diag = {0};
	struct workload_forward forward = forward_at(bench, (double)(FIRST + i));
	must(lower_again(&bench->workload, &forward, memo, &bench->step, &diag), &diag);
}

static void lower_alone(struct bench *bench, uint64_t i)
{
	lower(bench, i, NULL);
}

static void lower_next(struct bench *bench, uint64_t i)
{
	lower(bench, i, bench->memo);
}

static void copy_records(struct bench *bench, uint64_t i)
{
	step_compact(&bench->step, bench->kernels, bench->runs);
	bench->sum += (int64_t)bench->kernels[i % bench->step.kernel_count].flops;
}

static void work_out_demands(struct bench *bench, uint64_t i)
{
	static struct machine_demand demands[128];
	size_t count = bench->step.kernel_count;
	for (size_t at = 0; at < count; at += 128)
		machine_demand(&bench->device.machine, bench->kernels + at,
			       count - at < 128 ? count - at : 128, demands);
	bench->sum += demands[0].fixed_ps + (int64_t)i;
}

static void evaluate(struct bench *bench, uint64_t i)
{
	struct replay_options options;
	struct replay_result result;
	struct sim_diag diag = {0};
	lower_next(bench, i);
	step_compact(&bench->step, bench->kernels, bench->runs);
	replay_options_init(&options);
	options.launch = bench->launch;
	must(closed_form_runs(bench->kernels, bench->step.kernel_count, bench->runs,
			      bench->step.segment_count, &bench->device.machine, &options, &result,
			      &diag),
	     &diag);
	bench->sum += result.step_ps;
}

static void digest(struct bench *bench, uint64_t i)
{
	uint64_t value = DIGEST_SEED;
	for (size_t k = 0; k < bench->kernel_count; k++)
		value = digest_kernel(value, (int64_t)(k + i), (int64_t)k);
	bench->sum += (int64_t)(value >> 8);
}

static void simulate(struct bench *bench, uint64_t i)
{
	struct workload_iteration iteration;
	struct workload_program program;
	struct replay_options options;
	struct replay_result result;
	struct sim_diag diag = {0};
	replay_options_init(&options);
	options.launch = bench->launch;
	options.attribute = true;
	must(workload_iterate(&bench->workload, (double)(FIRST + i), &iteration, &diag), &diag);
	must(workload_program(&bench->workload, &iteration, &program, &diag), &diag);
	must(replay_run(&program.program, &bench->device.machine, &options, &result, &diag), &diag);
	bench->kernel_count = program.program.kernel_count;
	bench->sum += result.step_ps;
	workload_program_fini(&program);
}

static double rate(struct bench *bench, void (*once)(struct bench *, uint64_t), uint64_t times)
{
	double best = 0;
	for (int round = 0; round < ROUNDS; round++) {
		double begin = now_s();
		for (uint64_t i = 0; i < times; i++)
			once(bench, i);
		double here = (double)times / (now_s() - begin);
		best = here > best ? here : best;
	}
	return best;
}

static double generate_rate(struct bench *bench, bool attribute, uint64_t tokens)
{
	struct generate_options options;
	struct generate_result result;
	struct sim_diag diag = {0};
	double best = 0;
	generate_options_init(&options);
	options.launch = bench->launch;
	options.context = FIRST;
	options.tokens = tokens;
	options.attribute = attribute;
	for (int round = 0; round < ROUNDS; round++) {
		double begin = now_s();
		must(generate_run(&bench->workload, &bench->device.machine, &options, &result,
				  &diag),
		     &diag);
		double here = (double)result.iterations / (now_s() - begin);
		best = here > best ? here : best;
	}
	bench->sum += result.total_ps;
	return best;
}

static void line(const char *what, double value, double wanted, double limit)
{
	printf("  %-42s %10.0f /s", what, value);
	if (wanted > 0)
		printf("  wanted %7.0f", wanted);
	else
		printf("  %14s", "");
	printf("  %5.1f %% of %.0f /s\n", 100 * value / limit, limit);
}

static void bench_open(struct bench *bench, const char *model, const char *runtime,
		       const char *slots)
{
	struct workload_scenario scenario;
	struct sim_diag diag = {0};
	memset(bench, 0, sizeof(*bench));
	must(scenario_init(&scenario, &diag), &diag);
	must(scenario_set(&scenario, "model", model, &diag), &diag);
	must(scenario_set(&scenario, "runtime", runtime, &diag), &diag);
	if (slots != NULL)
		must(scenario_set(&scenario, "slots", slots, &diag), &diag);
	must(workload_load(&bench->workload, &scenario, 0, &diag), &diag);
	must(device_load("h100-sxm", NULL, 0, &bench->device, &diag), &diag);
	must(step_init(&bench->step, &diag), &diag);
	bench->launch = SIM_LAUNCH_GRAPH;
	bench->memo = lower_memo_create();
	lower_alone(bench, 0);
	bench->kernels = malloc(2 * bench->step.kernel_count * sizeof(*bench->kernels));
	bench->runs = malloc(2 * bench->step.segment_count * sizeof(*bench->runs));
	if (bench->memo == NULL || bench->kernels == NULL || bench->runs == NULL)
		exit(EXIT_FAILURE);
}

static void bench_close(struct bench *bench)
{
	lower_memo_destroy(bench->memo);
	step_fini(&bench->step);
	workload_fini(&bench->workload);
	device_fini(&bench->device);
	free(bench->kernels);
	free(bench->runs);
}

static void bench_stack(const char *model, const char *runtime)
{
	struct bench bench;
	bench_open(&bench, model, runtime, NULL);
	double copies = rate(&bench, copy_records, LOWERED);
	double demands = rate(&bench, work_out_demands, LOWERED);
	double whole = rate(&bench, simulate, WHOLE);
	double digests = rate(&bench, digest, GENERATED);
	printf("%s, %s: %zu kernels, %zu of them distinct\n", model, runtime, bench.kernel_count,
	       bench.step.kernel_count);
	line("lowering, each alone", rate(&bench, lower_alone, LOWERED), 0, copies);
	line("lowering, contexts in a row", rate(&bench, lower_next, LOWERED), 0, copies);
	line("lowering and closed form", rate(&bench, evaluate, LOWERED), 100000, demands);
	line("lowering and simulation, each alone", whole, 1000, digests);
	line("generation, graph", generate_rate(&bench, false, GENERATED), 20000, digests);
	line("generation, graph, with attribution", generate_rate(&bench, true, GENERATED), 20000,
	     digests);
	bench.launch = SIM_LAUNCH_EAGER;
	line("generation, eager, with attribution", generate_rate(&bench, true, GENERATED), 0,
	     digests);
	line("the same, ten times as long", generate_rate(&bench, true, (uint64_t)10 * GENERATED),
	     0, digests);
	bench_close(&bench);
}

int main(void)
{
	struct bench bench;
	bench_stack("llama-3.1-8b", "hf-static");
	bench_stack("llama-3.1-8b", "hf-eager");
	bench_stack("llama-3.1-8b", "compiled");
	bench_stack("llama-3.1-8b", "fused-ideal");
	bench_open(&bench, "llama-3.1-8b", "hf-static", "8192");
	printf("llama-3.1-8b, hf-static, 8192 slots: steps that are equal are simulated once\n");
	double copies = rate(&bench, copy_records, LOWERED);
	line("generation, graph, with attribution", generate_rate(&bench, true, GENERATED), 20000,
	     copies);
	bench_close(&bench);
	return EXIT_SUCCESS;
}
