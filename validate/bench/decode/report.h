/* Times of a decode run as text and JSON. */
#ifndef VALIDATE_BENCH_DECODE_REPORT_H
#define VALIDATE_BENCH_DECODE_REPORT_H

#include "validate/bench/decode/gpu.h"
#include "validate/bench/decode/options.h"
#include "validate/bench/decode/plan.h"

struct decode_summary {
	double median, p05, p95, min; /* milliseconds */
};

/* Of COUNT > 0 values, which are sorted. Nearest rank below, as validate/cases' steps.json has it. */
struct decode_summary decode_summary_ms(double *seconds, uint64_t count);

struct decode_report {
	const struct decode_options *options;
	const struct decode_shape *shape;
	const struct decode_gpu_info *gpu;
	struct decode_summary step, launch;
	double capture_s;
	uint64_t kernels; /* a step; in eager mode a GEMM counts as one */
	uint64_t weight_bytes, kv_bytes, device_bytes;
	struct decode_work work; /* of a step at the middle length */
};

void decode_report_print(const struct decode_report *report);
SIM_MUST_CHECK enum sim_status decode_report_write(const struct decode_report *report,
						   const char *path, struct sim_diag *diag);

#endif
