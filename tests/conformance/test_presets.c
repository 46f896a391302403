/*
 * A trace of a real GPU on every built-in device: it runs the same way twice and not below the byte
 * floor, or is refused with the op that the device cannot do; and what a system places elsewhere.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "hwmodels/device.h"
#include "sim/core/replay.h"
#include "traces/trace.h"
#include "validate/placement.h"

static struct trace trace;

static int read_trace(void **state)
{
	struct sim_diag diag;
	(void)state;
	diag_init(&diag);
	enum sim_status status = trace_read(
		"traces/samples/h100/llama-3.2-1b-b1-c512-shapes.json.gz", &trace, &diag);
	if (status != SIM_OK)
		fprintf(stderr, "%s\n", diag.text);
	return status == SIM_OK ? 0 : -1;
}

static int drop_trace(void **state)
{
	(void)state;
	trace_fini(&trace);
	return 0;
}

static void check_refusal(const char *name, const struct hw_device *device,
			  const struct sim_diag *diag)
{
	for (unsigned op = 0; op < SIM_OP_COUNT; op++)
		if (device->machine.ops_unsupported >> op & 1 &&
		    strstr(diag->text, sim_op_text(op)) != NULL)
			return;
	fail_msg("%s: refused without the op that it cannot do: %s", name, diag->text);
}

/* Every kernel is on a unit that can do it. */
static void check_placement(const char *name, const struct machine *machine,
			    const struct sim_program *program)
{
	struct step_placement placement;
	uint64_t kernels = 0;
	if (machine->unit_of == NULL)
		return;
	step_place(program, machine, &placement);
	for (size_t i = 0; i < placement.count; i++) {
		assert_true(placement.rows[i].unit < machine->unit_count);
		kernels += placement.rows[i].kernels;
	}
	if (kernels != program->kernel_count)
		fail_msg("%s: %llu of %zu kernels placed", name, (unsigned long long)kernels,
			 program->kernel_count);
}

static void check_device(const char *name, size_t *ran, size_t *refused)
{
	const struct sim_program program = trace_program(&trace);
	struct hw_device device;
	struct replay_options options;
	struct replay_result one, two;
	struct sim_diag diag;
	diag_init(&diag);
	replay_options_init(&options);
	options.launch = SIM_LAUNCH_GRAPH;
	if (device_load(name, NULL, 0, &device, &diag) != SIM_OK)
		fail_msg("%s", diag.text);
	enum sim_status status = replay_run(&program, &device.machine, &options, &one, &diag);
	if (status == SIM_E_UNSUPPORTED) {
		check_refusal(name, &device, &diag);
		(*refused)++;
	} else if (status != SIM_OK) {
		fail_msg("%s: %s", name, diag.text);
	} else {
		assert_int_equal(replay_run(&program, &device.machine, &options, &two, &diag),
				 SIM_OK);
		assert_true(one.digest == two.digest);
		if (one.step_ps < one.floor_ps)
			fail_msg("%s: %lld ps is below the floor %lld ps", name,
				 (long long)one.step_ps, (long long)one.floor_ps);
		check_placement(name, &device.machine, &program);
		(*ran)++;
	}
	device_fini(&device);
}

static void a_real_trace_runs_or_says_why_not(void **state)
{
	struct arena arena;
	const char **names;
	size_t count, ran = 0, refused = 0;
	(void)state;
	arena_init(&arena);
	assert_int_equal(device_list(&arena, &names, &count, NULL), SIM_OK);
	for (size_t i = 0; i < count; i++)
		if (strcmp(names[i], "recorded") != 0)
			check_device(names[i], &ran, &refused);
	assert_true(ran > refused && ran + refused + 1 == count);
	arena_fini(&arena);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_real_trace_runs_or_says_why_not),
	};
	return cmocka_run_group_tests(tests, read_trace, drop_trace);
}
