/*
 * The engine with the calibrated gpu model on a bundled trace: kernels a second of the event path, the
 * straight line and the closed form, on the trace tiled to 10 M kernels and on 10 M records laid out in
 * memory (the model evaluated for each), beside the hardware model alone.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "hwmodels/device.h"
#include "sim/core/replay.h"
#include "traces/trace.h"

enum { KERNELS = 10000000, BLOCK = 256 };

static double now(void)
{
	struct timespec at;
	clock_gettime(CLOCK_MONOTONIC, &at);
	return (double)at.tv_sec + (double)at.tv_nsec * 1e-9;
}

static void fail(const struct sim_diag *diag)
{
	fprintf(stderr, "%s\n", diag->text);
	exit(EXIT_FAILURE);
}

/* The first step of TRACE over and over, as records of their own. */
static struct sim_program lay_out(const struct trace *trace)
{
	const struct sim_step *step = &trace->steps[0];
	size_t steps = KERNELS / step->count;
	struct sim_kernel *kernels = malloc(steps * step->count * sizeof(*kernels));
	struct sim_step *copies = malloc(steps * sizeof(*copies));
	if (kernels == NULL || copies == NULL)
		exit(EXIT_FAILURE);
	for (size_t s = 0; s < steps; s++) {
		memcpy(kernels + s * step->count, trace->kernels + step->first,
		       step->count * sizeof(*kernels));
		copies[s] = *step;
		copies[s].first = (uint32_t)(s * step->count);
	}
	return (struct sim_program){.kernels = kernels,
				    .kernel_count = steps * step->count,
				    .steps = copies,
				    .step_count = steps};
}

static void time_path(const char *what, const struct sim_program *program,
		      const struct machine *machine, const struct replay_options *options,
		      bool closed)
{
	struct replay_result result;
	struct sim_diag diag;
	double best = 1e9;
	diag_init(&diag);
	for (int round = 0; round < 3; round++) {
		double start = now();
		enum sim_status status =
			closed ? closed_form_run(program, machine, options, &result, &diag)
			       : replay_run(program, machine, options, &result, &diag);
		if (status != SIM_OK)
			fail(&diag);
		double took = now() - start;
		best = took < best ? took : best;
	}
	printf("%-52s %8.1f M/s\n", what, (double)result.kernels / best * 1e-6);
}

static void time_demand(const struct sim_program *program, const struct machine *machine)
{
	static struct machine_demand demands[BLOCK];
	double start = now();
	for (size_t i = 0; i + BLOCK <= program->kernel_count; i += BLOCK)
		machine_demand(machine, program->kernels + i, BLOCK, demands);
	printf("%-52s %8.1f M/s\n", "gpu model alone, in memory",
	       (double)program->kernel_count / (now() - start) * 1e-6);
}

/* The event path with a device of each class, every kernel's demand worked out anew. */
static void time_classes(const struct sim_program *laid, struct replay_options options)
{
	static const char *const names[] = {"roofline:h100-sxm", "cent-8",	    "edgecim",
					    "elmoe-3d",		 "npu-128",	    "neoverse-n1",
					    "sa8255p",		 "attacc-gpu-a100", "attacc-8"};
	options.path = REPLAY_EVENT;
	options.repeat = 1;
	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		struct hw_device device;
		struct sim_diag diag;
		char what[80];
		diag_init(&diag);
		if (device_load(names[i], NULL, 0, &device, &diag) != SIM_OK)
			fail(&diag);
		snprintf(what, sizeof(what), "%s (%s), graph: events, in memory", names[i],
			 device.model->name);
		time_path(what, laid, &device.machine, &options, false);
		device_fini(&device);
	}
}

int main(int argc, char **argv)
{
	const char *path =
		argc > 1 ? argv[1] : "traces/samples/h100/llama-3.1-8b-b1-c2048-shapes.json.gz";
	struct trace trace;
	struct hw_device device;
	struct sim_diag diag;
	struct replay_options options;
	diag_init(&diag);
	if (trace_read(path, &trace, &diag) != SIM_OK ||
	    device_load("h100-sxm", NULL, 0, &device, &diag) != SIM_OK)
		fail(&diag);
	struct sim_program program = trace_program(&trace), laid = lay_out(&trace);
	replay_options_init(&options);
	options.launch = SIM_LAUNCH_GRAPH;
	time_demand(&laid, &device.machine);
	time_path("gpu model, graph: straight line, in memory", &laid, &device.machine, &options,
		  false);
	time_path("gpu model, graph: closed form, in memory", &laid, &device.machine, &options,
		  true);
	options.path = REPLAY_EVENT;
	time_path("gpu model, graph: events, in memory", &laid, &device.machine, &options, false);
	options.repeat = KERNELS / trace.kernel_count;
	time_path("gpu model, graph: events, trace tiled", &program, &device.machine, &options,
		  false);
	options.path = REPLAY_AUTO;
	time_path("gpu model, graph: straight line, trace tiled", &program, &device.machine,
		  &options, false);
	time_classes(&laid, options);
	free((void *)laid.kernels);
	free((void *)laid.steps);
	device_fini(&device);
	trace_fini(&trace);
	return EXIT_SUCCESS;
}
