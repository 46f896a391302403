/* Nsight Compute's CSV, plain or gz, and its join to a small trace that has some of its kernels. */
#include "tests/fuzz/fuzz.h"

#include <math.h>

#include "traces/ncu.h"

const char fuzz_name[] = "ncu";
const char *const fuzz_seeds[] = {"tests/data/*valid/ncu_*.csv", NULL};

static bool is_amount(double value)
{
	return isnan(value) || (value >= 0 && isfinite(value));
}

static void check_log(const struct ncu_log *log)
{
	FUZZ_REQUIRE(log->kernel_count > 0 && log->kernel_count <= NCU_MOST_KERNELS);
	for (size_t i = 0; i < log->kernel_count; i++) {
		const struct ncu_kernel *kernel = &log->kernels[i];
		FUZZ_REQUIRE(kernel->name < log->names.count);
		FUZZ_REQUIRE(is_amount(kernel->dram_read_bytes));
		FUZZ_REQUIRE(is_amount(kernel->dram_write_bytes));
		FUZZ_REQUIRE(is_amount(kernel->lts_bytes));
		FUZZ_REQUIRE(is_amount(kernel->duration_ns));
	}
}

static void check_join(const struct ncu_log *log, const struct trace *trace,
		       const struct ncu_join *join)
{
	uint64_t in_steps = 0, found = 0;
	for (size_t i = 0; i < trace->step_count; i++)
		in_steps += trace->steps[i].count;
	for (size_t i = 0; i < trace->kernel_count; i++) {
		found += join->found[i];
		FUZZ_REQUIRE(is_amount(join->dram_read_bytes[i]));
		FUZZ_REQUIRE(is_amount(join->dram_write_bytes[i]));
		FUZZ_REQUIRE(is_amount(join->lts_bytes[i]));
		FUZZ_REQUIRE(join->found[i] || isnan(join->dram_read_bytes[i]));
	}
	FUZZ_REQUIRE(found == join->joined);
	FUZZ_REQUIRE(join->joined + join->unjoined <= in_steps);
	FUZZ_REQUIRE(join->unused <= log->kernel_count);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	const struct trace *trace = fuzz_sample_trace();
	struct ncu_log log;
	struct ncu_join join;
	struct sim_diag diag;
	diag_init(&diag);
	enum sim_status status = ncu_read(fuzz_file(data, size), &log, &diag);
	fuzz_check_diag(status, &diag);
	if (status != SIM_OK) {
		FUZZ_REQUIRE(log.kernels == NULL && log.kernel_count == 0);
		return 0;
	}
	check_log(&log);
	status = ncu_join(&log, trace, &join, &diag);
	FUZZ_REQUIRE(status == SIM_OK);
	check_join(&log, trace, &join);
	ncu_join_fini(&join);
	ncu_fini(&log);
	return 0;
}
