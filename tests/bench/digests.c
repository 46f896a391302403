/*
 * Prints a digest for every trace given, on every built-in device, in every launch mode. Two builds
 * of the same source must print the same text: `make repeat`.
 */
#include <stdio.h>
#include <stdlib.h>

#include "hwmodels/device.h"
#include "sim/core/replay.h"
#include "traces/trace.h"

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
		printf("\n");
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
	arena_fini(&arena);
	return EXIT_SUCCESS;
}
