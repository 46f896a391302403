/*
 * What the tests of validate/ share: a device of round numbers, and traces made by hand whose
 * durations are whatever the test says.
 */
#ifndef TESTS_UNIT_VALIDATE_FIXTURE_H
#define TESTS_UNIT_VALIDATE_FIXTURE_H

#include <math.h>

#include "hwmodels/device.h"
#include "hwmodels/gpu.h"
#include "tests/unit/trace_files.h"
#include "traces/trace.h"

#define GPU_RATES "tests/data/valid/gpu_rates.yaml"

static inline void fixture_device(struct hw_device *device, const char *spec, const char *set)
{
	struct sim_diag diag;
	diag_init(&diag);
	if (device_load(spec, &set, set != NULL, device, &diag) != SIM_OK)
		fail_msg("%s: %s", spec, diag.text);
}

static inline double *fixture_value(struct hw_device *device, const char *key)
{
	int index = device_param(device, key);
	if (index < 0)
		fail_msg("no parameter '%s'", key);
	return &device->values[index].value;
}

static inline struct sim_kernel fixture_gemm(uint64_t weight_bytes)
{
	return (struct sim_kernel){.weight_bytes = weight_bytes,
				   .op = SIM_OP_GEMM,
				   .family = SIM_FAMILY_GEMM,
				   .dtype = SIM_DTYPE_BF16,
				   .blocks = 100,
				   .threads = 256};
}

static inline struct sim_kernel fixture_pointwise(uint64_t bytes, uint32_t blocks)
{
	return (struct sim_kernel){.act_read_bytes = bytes / 2,
				   .act_write_bytes = bytes - bytes / 2,
				   .op = SIM_OP_ELEMENTWISE,
				   .family = SIM_FAMILY_ELEMENTWISE,
				   .dtype = SIM_DTYPE_BF16,
				   .blocks = blocks,
				   .threads = 256,
				   .blocks_per_sm = 8};
}

static inline struct sim_kernel fixture_opaque(int64_t duration_ns)
{
	return (struct sim_kernel){.recorded_ps = (uint64_t)duration_ns * 1000,
				   .flags = SIM_KERNEL_OPAQUE};
}

/* An empty trace with room for KERNELS; one step for every fixture_step(). */
static inline void fixture_trace(struct trace *trace, const char *name, size_t kernels)
{
	trace_init(trace);
	assert_int_equal(names_init(&trace->names), SIM_OK);
	trace->kernels = calloc(kernels, sizeof(*trace->kernels));
	trace->details = calloc(kernels, sizeof(*trace->details));
	trace->measured = calloc(kernels, sizeof(*trace->measured));
	trace->steps = calloc(kernels, sizeof(*trace->steps));
	trace->step_measured = calloc(kernels, sizeof(*trace->step_measured));
	assert_true(trace->kernels && trace->details && trace->measured && trace->steps &&
		    trace->step_measured);
	snprintf(trace->name, sizeof(trace->name), "%s", name);
}

static inline uint32_t fixture_name(struct trace *trace, const char *text)
{
	uint32_t index;
	assert_int_equal(names_add(&trace->names, text, strlen(text), &index), SIM_OK);
	return index;
}

/* Append KERNEL, 1 us after the last one's end, launched long before. */
static inline void fixture_add(struct trace *trace, struct sim_kernel kernel, const char *name,
			       const char *shape, int64_t duration_ns)
{
	size_t i = trace->kernel_count++;
	int64_t before = i == 0 ? 0
				: trace->measured[i - 1].start_ns +
					  trace->measured[i - 1].duration_ns + 1000;
	trace->kernels[i] = kernel;
	trace->details[i].name = fixture_name(trace, name);
	trace->details[i].op_shape = fixture_name(trace, shape);
	trace->measured[i] = (struct trace_measured){.start_ns = before,
						     .duration_ns = duration_ns,
						     .launch_start_ns = INT64_MIN,
						     .launch_end_ns = INT64_MIN};
}

/* The kernels added since the last step become one. */
static inline void fixture_step(struct trace *trace, enum sim_launch launch)
{
	size_t s = trace->step_count;
	size_t first = s == 0 ? 0 : (size_t)trace->steps[s - 1].first + trace->steps[s - 1].count;
	size_t last = trace->kernel_count - 1;
	trace->steps[s] = (struct sim_step){.first = (uint32_t)first,
					    .count = (uint32_t)(trace->kernel_count - first),
					    .traced_launch = (uint8_t)launch};
	trace->step_measured[s] = (struct trace_step_measured){
		.host_start_ns = INT64_MIN,
		.first_start_ns = trace->measured[first].start_ns,
		.last_end_ns = trace->measured[last].start_ns + trace->measured[last].duration_ns};
	trace->step_count++;
}

static inline void fixture_read(const char *name, struct trace *trace)
{
	char path[256];
	struct sim_diag diag;
	diag_init(&diag);
	snprintf(path, sizeof(path), "traces/samples/h100/%s.json.gz", name);
	if (trace_read(path, trace, &diag) != SIM_OK)
		fail_msg("%s", diag.text);
}

static inline uint64_t fixture_random(uint64_t *seed)
{
	*seed = *seed * UINT64_C(6364136223846793005) + UINT64_C(1442695040888963407);
	return *seed >> 33;
}

/* Evenly in -1 .. 1. */
static inline double fixture_noise(uint64_t *seed)
{
	return (double)fixture_random(seed) / 1073741824.0 - 1;
}

#endif
