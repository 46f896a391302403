/*
 * Prints a digest and the energy for every trace given, on every built-in device, in every launch
 * mode, and for a few models on every runtime, with and without mechanisms; of serve runs and a
 * plan. Two builds of the same source must print the same text: `make repeat`.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "hwmodels/device.h"
#include "sim/core/replay.h"
#include "sim/serve/plan.h"
#include "traces/trace.h"
#include "validate/run.h"
#include "workloads/generate.h"

struct arrays {
	struct sim_kernel *recorded;
	int32_t *gaps;
};

static int fail(const char *what, const struct sim_diag *diag)
{
	fprintf(stderr, "%s: %s\n", what, diag->text);
	return EXIT_FAILURE;
}

static enum sim_status print_modes(const struct trace *trace, const struct hw_device *device,
				   const struct arrays *arrays, struct sim_diag *diag)
{
	struct sim_program program =
		device->machine.plays_recording
			? trace_recorded_program(trace, arrays->recorded, arrays->gaps)
			: trace_program(trace);
	struct step_energy energy;
	if (machine_can_run(&device->machine, program.kernels, program.kernel_count, NULL) !=
	    SIM_OK) {
		printf("%s %s refused\n", trace->name, device->name);
		return SIM_OK;
	}
	for (unsigned launch = 0; launch < SIM_LAUNCH_COUNT; launch++) {
		struct replay_options options;
		struct replay_result result, closed;
		replay_options_init(&options);
		options.launch = (enum sim_launch)launch;
		options.attribute = true;
		TRY(replay_run(&program, &device->machine, &options, &result, diag));
		TRY(closed_form_run(&program, &device->machine, &options, &closed, diag));
		printf("%s %s %s %016llx %lld %lld", trace->name, device->name,
		       sim_launch_text(launch), (unsigned long long)result.digest,
		       (long long)result.step_ps, (long long)closed.step_ps);
		for (unsigned part = 0; part < SIM_PART_COUNT; part++)
			printf(" %lld", (long long)result.part_ps[part]);
		step_energy(&program, &device->machine, 1, result.total_ps, 1, &energy);
		printf(" %.17g %.17g\n", energy.energy_j, energy.peak_w);
	}
	return SIM_OK;
}

static enum sim_status print_trace(const char *path, const char **names, size_t count,
				   struct sim_diag *diag)
{
	struct trace trace;
	enum sim_status status = SIM_OK;
	TRY(trace_read(path, &trace, diag));
	struct arrays arrays = {calloc(trace.kernel_count + 1, sizeof(*arrays.recorded)),
				calloc(trace.kernel_count + 1, sizeof(*arrays.gaps))};
	if (arrays.recorded == NULL || arrays.gaps == NULL)
		status = SIM_E_NOMEM;
	for (size_t i = 0; i < count && status == SIM_OK; i++) {
		struct hw_device device;
		status = device_load(names[i], NULL, 0, &device, diag);
		if (status != SIM_OK)
			break;
		status = print_modes(&trace, &device, &arrays, diag);
		device_fini(&device);
	}
	free(arrays.recorded);
	free(arrays.gaps);
	trace_fini(&trace);
	return status;
}

static enum sim_status print_generation(const struct run_setup *setup, struct sim_diag *diag)
{
	struct generate_options options;
	struct generate_result made;
	generate_options_init(&options);
	options.launch = run_launch(setup);
	options.context = 1000;
	options.tokens = 20;
	options.attribute = true;
	TRY(generate_run(&setup->workload, &setup->device.machine, &options, &made, diag));
	printf(" %016llx %lld", (unsigned long long)made.digest, (long long)made.total_ps);
	return SIM_OK;
}

/* A runtime that does not know the model is an answer, too. */
static enum sim_status print_workload(const char *model, const char *runtime, const char *launch,
				      const char *scenario_name, struct sim_diag *diag)
{
	struct workload_scenario scenario;
	struct run_setup setup;
	struct run_result result;
	struct sim_diag refused;
	diag_init(&refused);
	TRY(scenario_init(&scenario, diag));
	if (scenario_name != NULL)
		TRY(scenario_read(&scenario, scenario_name, diag));
	TRY(scenario_set(&scenario, "model", model, diag));
	TRY(scenario_set(&scenario, "hw", "h200-sxm", diag));
	TRY(scenario_set(&scenario, "runtime", runtime, diag));
	TRY(scenario_set(&scenario, "launch", launch, diag));
	printf("%s %s %s %s", model, runtime, launch, scenario_name != NULL ? scenario_name : "-");
	enum sim_status status = run_setup(&setup, &scenario, NULL, 0, &refused);
	if (status == SIM_OK)
		status = run_evaluate(&setup, 1000, &result, NULL, &refused);
	if (status == SIM_OK) {
		printf(" %016llx %lld %.17g", (unsigned long long)result.digest,
		       (long long)result.step_ps, result.capacity.total_bytes);
		for (unsigned part = 0; part < SIM_PART_COUNT; part++)
			printf(" %lld", (long long)result.part_ps[part]);
		if (result.fits)
			status = print_generation(&setup, diag);
	} else if (status == SIM_E_UNSUPPORTED || status == SIM_E_RANGE) {
		printf(" refused");
		status = SIM_OK;
	}
	printf("\n");
	run_setup_fini(&setup);
	return status != SIM_OK ? diag_fail(diag, status, "%s", refused.text) : SIM_OK;
}

static enum sim_status print_workloads(struct sim_diag *diag)
{
	static const char *const models[] = {"llama-3.2-1b", "qwen3-30b-a3b", "gemma-3-4b",
					     "deepseek-v2-lite", "mamba-2-370m"};
	static const char *const launches[] = {"eager", "graph", "megakernel"};
	struct arena arena;
	const char **runtimes, **scenarios;
	size_t runtime_count, scenario_count;
	arena_init(&arena);
	enum sim_status status = runtime_list(&arena, &runtimes, &runtime_count, diag);
	if (status == SIM_OK)
		status = scenario_names(&arena, &scenarios, &scenario_count, diag);
	for (size_t m = 0; status == SIM_OK && m < 5; m++)
		for (size_t r = 0; status == SIM_OK && r < runtime_count; r++)
			for (size_t l = 0; status == SIM_OK && l < 3; l++)
				status = print_workload(models[m], runtimes[r], launches[l], NULL,
							diag);
	for (size_t s = 0; status == SIM_OK && s < scenario_count; s++)
		status = print_workload("llama-3.2-1b", "hf-static", "graph", scenarios[s], diag);
	arena_fini(&arena);
	return status;
}

#define SERVED                                                                                     \
	"  model: llama-3.2-1b\n  hw: h100-sxm\n  runtime: vllm\n"                                 \
	"load:\n  arrivals: gamma\n  cv: 2\n  rate: 40\n  output: {uniform: [8, 120]}\n"           \
	"  prompt: {lognormal: 400, sigma: 0.9, most: 4000}\n  requests: 400\n"

/* A load of every variate on every way of batching. */
static enum sim_status print_served(const char *more, struct sim_diag *diag)
{
	static struct deployment deployment;
	static struct serve_report report;
	struct serve_spec spec;
	struct load load;
	char text[1024];
	memset(&deployment, 0, sizeof(deployment));
	snprintf(text, sizeof(text), "serve: s\ndeployment:\n%s%s", more, SERVED);
	enum sim_status status = spec_parse("s", text, strlen(text), &spec, diag);
	if (status == SIM_OK)
		status = spec_load(&spec, &load, diag);
	if (status == SIM_OK)
		status = deployment_open(&spec, &deployment, diag);
	if (status == SIM_OK)
		status = deployment_run(&deployment, &spec, &load, &report, diag);
	if (status == SIM_OK)
		printf("serve %016llx %lld %.17g %.17g\n", (unsigned long long)report.result.digest,
		       (long long)report.result.end_ps, report.result.e2e.p99,
		       report.result.ttft.mean_half);
	deployment_close(&deployment);
	spec_fini(&spec);
	return status;
}

static enum sim_status print_plan(struct sim_diag *diag)
{
	static struct serve_plan plan;
	static const char text[] = "plan: p\ndeployment:\n" SERVED "objectives: {e2e.p90: 400 ms}\n"
				   "search: {batch.limit: [4, 64], replicas: {from: 1, to: 8}}\n";
	enum sim_status status = plan_parse("p", text, strlen(text), &plan, diag);
	if (status == SIM_OK)
		status = plan_run(&plan, diag);
	if (status == SIM_OK)
		printf("plan %016llx %llu\n", (unsigned long long)plan.digest,
		       (unsigned long long)plan.runs);
	plan_fini(&plan);
	return status;
}

static enum sim_status print_serving(struct sim_diag *diag)
{
	static const char *const more[] = {
		"",
		"  batching: static\n",
		"  batching: chunked\n  batch.limit: 64\n  kv.blocks: 700\n",
		"  batching: split\n  link.bandwidth: 50 GB/s\n  replicas: 2\n",
		"  kv.blocks: 600\n  kv.preempt: swap\n  swap.bandwidth: 25 GB/s\n",
		"  accepted: [0.2, 0.3, 0.5]\n  replicas: 3\n",
	};
	for (size_t i = 0; i < sizeof(more) / sizeof(more[0]); i++)
		TRY(print_served(more[i], diag));
	return print_plan(diag);
}

int main(int argc, char **argv)
{
	struct sim_diag diag;
	struct arena arena;
	const char **names;
	size_t count;
	diag_init(&diag);
	arena_init(&arena);
	if (device_list(&arena, &names, &count, &diag) != SIM_OK)
		return fail("devices", &diag);
	for (int i = 1; i < argc; i++)
		if (print_trace(argv[i], names, count, &diag) != SIM_OK)
			return fail(argv[i], &diag);
	if (print_serving(&diag) != SIM_OK)
		return fail("serving", &diag);
	if (print_workloads(&diag) != SIM_OK)
		return fail("workloads", &diag);
	arena_fini(&arena);
	return EXIT_SUCCESS;
}
