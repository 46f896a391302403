/* What holds of every trace and every replay, whatever file it came from. */
#include "tests/fuzz/fuzz.h"

#include "sim/core/replay.h"
#include "traces/work_shape.h"

static bool is_terminated(const char *text, size_t size)
{
	return memchr(text, '\0', size) != NULL;
}

static void check_texts(const struct trace *trace)
{
	FUZZ_REQUIRE(is_terminated(trace->name, sizeof(trace->name)));
	FUZZ_REQUIRE(is_terminated(trace->source, sizeof(trace->source)));
	FUZZ_REQUIRE(is_terminated(trace->format, sizeof(trace->format)));
	FUZZ_REQUIRE(is_terminated(trace->steps_by, sizeof(trace->steps_by)));
	FUZZ_REQUIRE(is_terminated(trace->warning, sizeof(trace->warning)));
	FUZZ_REQUIRE(is_terminated(trace->device.name, sizeof(trace->device.name)));
	FUZZ_REQUIRE(is_terminated(trace->capture.tool, sizeof(trace->capture.tool)));
	FUZZ_REQUIRE((trace->warnings > 0) == (trace->warning[0] != '\0'));
	FUZZ_REQUIRE(trace->lacks >> TRACE_LACK_COUNT == 0);
}

static void check_kernel(const struct trace *trace, size_t i)
{
	const struct sim_kernel *kernel = &trace->kernels[i];
	const struct trace_detail *detail = &trace->details[i];
	const struct trace_measured *measured = &trace->measured[i];
	FUZZ_REQUIRE(kernel->op < SIM_OP_COUNT);
	FUZZ_REQUIRE(kernel->family < SIM_FAMILY_COUNT);
	FUZZ_REQUIRE(kernel->dtype < SIM_DTYPE_COUNT);
	FUZZ_REQUIRE(detail->name < trace->names.count);
	FUZZ_REQUIRE(detail->op_name < trace->names.count);
	FUZZ_REQUIRE(detail->op_shape < trace->names.count);
	FUZZ_REQUIRE(measured->duration_ns >= 0);
	FUZZ_REQUIRE(i == 0 || measured->start_ns >= measured[-1].start_ns);
	FUZZ_REQUIRE((measured->launch_start_ns == INT64_MIN) ==
		     (measured->launch_end_ns == INT64_MIN));
	FUZZ_REQUIRE(measured->launch_start_ns <= measured->launch_end_ns);
}

static void check_steps(const struct trace *trace)
{
	size_t end = 0;
	for (size_t i = 0; i < trace->step_count; i++) {
		const struct sim_step *step = &trace->steps[i];
		int64_t span = trace->step_measured[i].last_end_ns -
			       trace->step_measured[i].first_start_ns;
		FUZZ_REQUIRE(step->first >= end);
		FUZZ_REQUIRE(step->traced_launch == SIM_LAUNCH_EAGER ||
			     step->traced_launch == SIM_LAUNCH_GRAPH);
		end = (size_t)step->first + step->count;
		FUZZ_REQUIRE(end <= trace->kernel_count);
		int64_t busy = trace_step_busy_ns(trace, i);
		FUZZ_REQUIRE(busy >= 0 && (step->count == 0 || busy <= span));
	}
}

static void check_recorded(const struct trace *trace, bool may_overflow)
{
	const struct machine *machine = &fuzz_device("recorded")->machine;
	struct sim_kernel *kernels = calloc(trace->kernel_count + 1, sizeof(*kernels));
	int32_t *gaps_ns = calloc(trace->kernel_count + 1, sizeof(*gaps_ns));
	FUZZ_REQUIRE(kernels != NULL && gaps_ns != NULL);
	struct sim_program program = trace_recorded_program(trace, kernels, gaps_ns);
	fuzz_check_replay(&program, machine, may_overflow);
	free(kernels);
	free(gaps_ns);
}

void fuzz_check_trace(const struct trace *trace, bool may_overflow)
{
	double share = trace_modelled_share(trace);
	struct sim_program program = trace_program(trace);
	check_texts(trace);
	for (size_t i = 0; i < trace->kernel_count; i++)
		check_kernel(trace, i);
	check_steps(trace);
	FUZZ_REQUIRE(share >= 0 && share <= 1);
	(void)trace_batch(trace);
	fuzz_check_replay(&program, &fuzz_device("roofline:h100-sxm")->machine, may_overflow);
	fuzz_check_replay(&program, &fuzz_device("h100-sxm")->machine, true);
	check_recorded(trace, may_overflow);
}

/* A file may claim a copy of any size: over a host link these take longer than can be simulated. */
static bool copies_take_ages(const struct trace *trace)
{
	const uint64_t ages_bytes = UINT64_C(1) << 50;
	for (size_t i = 0; i < trace->kernel_count; i++)
		if (trace->kernels[i].op == SIM_OP_MEMCPY &&
		    trace->kernels[i].act_write_bytes > ages_bytes)
			return true;
	return false;
}

void fuzz_check_import(const struct trace *trace)
{
	struct sim_program program = trace_program(trace);
	fuzz_check_launches(&program, &fuzz_device("roofline:h100-sxm")->machine,
			    copies_take_ages(trace));
	FUZZ_REQUIRE(trace->kernel_count > 0);
	for (size_t i = 0; i < trace->step_count; i++)
		FUZZ_REQUIRE(trace->steps[i].count > 0);
	for (size_t i = 0; i < trace->kernel_count; i++) {
		const struct sim_kernel *kernel = &trace->kernels[i];
		if (kernel->flags & SIM_KERNEL_OPAQUE) {
			FUZZ_REQUIRE(kernel->recorded_ps ==
				     (uint64_t)trace->measured[i].duration_ns * 1000);
			continue;
		}
		FUZZ_REQUIRE(kernel->flops < WORK_LIMIT);
		FUZZ_REQUIRE(kernel->weight_bytes < WORK_LIMIT);
		FUZZ_REQUIRE(kernel->kv_read_bytes < WORK_LIMIT);
		FUZZ_REQUIRE(kernel->kv_write_bytes < WORK_LIMIT);
		FUZZ_REQUIRE(kernel->act_read_bytes < WORK_LIMIT);
		FUZZ_REQUIRE(kernel->act_write_bytes < WORK_LIMIT);
	}
}

enum sim_status fuzz_read_trace(const char *path)
{
	struct trace trace;
	struct sim_diag diag;
	diag_init(&diag);
	enum sim_status status = trace_read(path, &trace, &diag);
	fuzz_check_diag(status, &diag);
	if (status == SIM_OK) {
		fuzz_check_trace(&trace, copies_take_ages(&trace));
		fuzz_check_import(&trace);
	} else {
		FUZZ_REQUIRE(trace.kernels == NULL && trace.kernel_count == 0);
	}
	trace_fini(&trace);
	return status;
}

const struct trace *fuzz_sample_trace(void)
{
	static struct trace trace;
	if (trace.kernel_count == 0)
		FUZZ_REQUIRE(trace_read("tests/data/valid/kineto_eager.json", &trace, NULL) ==
			     SIM_OK);
	return &trace;
}

const struct hw_device *fuzz_device(const char *name)
{
	enum { MOST = 8 };
	static struct hw_device *devices[MOST];
	size_t i = 0;
	while (i < MOST && devices[i] != NULL && strcmp(devices[i]->name, name) != 0)
		i++;
	FUZZ_REQUIRE(i < MOST);
	if (devices[i] == NULL) {
		struct sim_diag diag;
		diag_init(&diag);
		devices[i] = malloc(sizeof(*devices[i]));
		FUZZ_REQUIRE(devices[i] != NULL);
		enum sim_status status = device_load(name, NULL, 0, devices[i], &diag);
		if (status != SIM_OK)
			fprintf(stderr, "%s (run this from the root of the repository)\n",
				diag.text);
		FUZZ_REQUIRE(status == SIM_OK);
	}
	return devices[i];
}
