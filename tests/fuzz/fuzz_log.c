/* The native log to a trace, and to the step times of a run that was traced less. */
#include "tests/fuzz/fuzz.h"
#include "tests/fuzz/log_seal.h"

const char fuzz_name[] = "log";
const char *const fuzz_seeds[] = {"tests/data/*valid/*.dslog", NULL};

enum { SAMPLES = 2 };

/* Traced runs with steps of either kind. */
static struct trace *sample_of(size_t which)
{
	static const char *const files[SAMPLES] = {"tests/data/valid/kineto_annotation.json",
						   "tests/data/valid/kineto_graph.json"};
	static struct trace samples[SAMPLES];
	struct trace *trace = &samples[which % SAMPLES];
	if (trace->kernel_count == 0)
		FUZZ_REQUIRE(trace_read(files[which % SAMPLES], trace, NULL) == SIM_OK);
	return trace;
}

static void check_timing(const char *path, struct trace *trace)
{
	const struct trace_timing *timing = &trace->timing;
	struct sim_diag diag;
	diag_init(&diag);
	trace->timing = (struct trace_timing){0};
	trace->lacks |= 1U << TRACE_LACK_TIMING;
	enum sim_status status = trace_timing_read(path, trace, &diag);
	fuzz_check_diag(status, &diag);
	FUZZ_REQUIRE((trace->lacks >> TRACE_LACK_TIMING & 1) == (status != SIM_OK));
	if (status != SIM_OK) {
		FUZZ_REQUIRE(timing->source[0] == '\0');
		return;
	}
	FUZZ_REQUIRE(timing->step_count > 1 && timing->source[0] != '\0');
	FUZZ_REQUIRE(timing->step_low_ns >= 0);
	FUZZ_REQUIRE(timing->step_low_ns <= timing->step_ns);
	FUZZ_REQUIRE(timing->step_ns <= timing->step_high_ns);
	FUZZ_REQUIRE(timing->device_ns >= 0 && timing->traced_device_ns >= 0);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	uint8_t *copy = malloc(size > 0 ? size : 1);
	FUZZ_REQUIRE(copy != NULL);
	if (size > 0)
		memcpy(copy, data, size);
	log_seal(copy, size);
	const char *path = fuzz_file(copy, size);
	free(copy);
	enum sim_status status = fuzz_read_trace(path);
	/* most logs with kernels time a step alike: now and then is enough */
	if (status != SIM_OK || size % 128 == 0)
		check_timing(path, sample_of(size / 8));
	return 0;
}
