/* Microbenchmark results, as calibrate reads them. */
#include "tests/fuzz/fuzz.h"

#include <math.h>

#include "validate/microbench.h"

const char fuzz_name[] = "microbench";
const char *const fuzz_seeds[] = {"tests/data/*valid/microbench*.json",
				  "validate/cases/*/microbench.json", NULL};

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct microbench bench;
	struct sim_diag diag;
	diag_init(&diag);
	enum sim_status status = microbench_read(fuzz_file(data, size), &bench, &diag);
	fuzz_check_diag(status, &diag);
	if (status != SIM_OK)
		return 0;
	const double figures[] = {bench.sm_count,
				  bench.launch_host_s,
				  bench.sync_roundtrip_s,
				  bench.stream_null_s,
				  bench.graph_null_s,
				  bench.hbm_read_bytes_per_s,
				  bench.hbm_write_bytes_per_s,
				  bench.l2_read_bytes_per_s};
	for (size_t i = 0; i < sizeof(figures) / sizeof(figures[0]); i++)
		FUZZ_REQUIRE(isnan(figures[i]) || (isfinite(figures[i]) && figures[i] >= 0));
	FUZZ_REQUIRE(!isinf(bench.graph_host_s) && !isinf(bench.graph_host_node_s));
	FUZZ_REQUIRE(memchr(bench.gpu, '\0', sizeof(bench.gpu)) != NULL);
	return 0;
}
