/* CSV traces of requests: what is read comes in order and within its limits. */
#include "tests/fuzz/fuzz.h"

#include "sim/serve/load.h"

const char fuzz_name[] = "arrivals";
const char *const fuzz_seeds[] = {NULL};

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	enum { MOST_ROWS = 1000 };
	struct load_trace trace;
	struct sim_diag diag;
	diag_init(&diag);
	enum sim_status status = load_trace_read(fuzz_file(data, size), MOST_ROWS, &trace, &diag);
	fuzz_check_diag(status, &diag);
	FUZZ_REQUIRE(status != SIM_OK || trace.count >= 1);
	for (size_t i = 0; status == SIM_OK && i < trace.count; i++) {
		const struct load_row *row = &trace.rows[i];
		FUZZ_REQUIRE(row->arrival_ps >= (i > 0 ? row[-1].arrival_ps : 0));
		FUZZ_REQUIRE(row->prompt >= 1 && row->prompt <= LOAD_MOST_TOKENS);
		FUZZ_REQUIRE(row->output >= 1 && row->output <= LOAD_MOST_TOKENS);
	}
	FUZZ_REQUIRE(trace.count <= MOST_ROWS);
	load_trace_fini(&trace);
	return 0;
}
