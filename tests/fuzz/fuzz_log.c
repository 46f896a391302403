/* The native log to a trace, and to the step times of a run that was traced less. */
#include "tests/fuzz/fuzz.h"
#include "tests/fuzz/log_seal.h"

const char fuzz_name[] = "log";
const char *const fuzz_seeds[] = {"tests/data/*valid/*.dslog", NULL};

static void check_timing(const char *path, const char *sample)
{
	struct trace trace;
	struct sim_diag diag;
	char file[128];
	snprintf(file, sizeof(file), "tests/data/valid/%s", sample);
	FUZZ_REQUIRE(trace_read(file, &trace, NULL) == SIM_OK);
	diag_init(&diag);
	enum sim_status status = trace_timing_read(path, &trace, &diag);
	const struct trace_timing *timing = &trace.timing;
	fuzz_check_diag(status, &diag);
	if (status == SIM_OK) {
		FUZZ_REQUIRE(timing->step_count > 1 && timing->source[0] != '\0');
		FUZZ_REQUIRE(timing->step_low_ns >= 0);
		FUZZ_REQUIRE(timing->step_low_ns <= timing->step_ns);
		FUZZ_REQUIRE(timing->step_ns <= timing->step_high_ns);
		FUZZ_REQUIRE(timing->device_ns >= 0 && timing->traced_device_ns >= 0);
		FUZZ_REQUIRE((trace.lacks >> TRACE_LACK_TIMING & 1) == 0);
	} else {
		FUZZ_REQUIRE(timing->source[0] == '\0');
	}
	trace_fini(&trace);
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
	fuzz_read_trace(path);
	check_timing(path, size % 2 == 0 ? "kineto_annotation.json" : "kineto_graph.json");
	return 0;
}
