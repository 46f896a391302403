/* A trace of literal kernels, for tests of the work derivation. Include after cmocka. */
#ifndef TESTS_UNIT_WORK_FIXTURE_H
#define TESTS_UNIT_WORK_FIXTURE_H

#include <string.h>

#include "traces/work.h"

enum { FIXTURE_KERNELS = 64 };

struct fixture {
	struct trace trace;
	struct sim_kernel kernels[FIXTURE_KERNELS];
	struct trace_detail details[FIXTURE_KERNELS];
	struct trace_measured measured[FIXTURE_KERNELS];
	struct sim_step steps[4];
};

/* H100 SXM, as its traces say. */
static const struct trace_device fixture_h100 = {.sm_count = 132,
						 .cc_major = 9,
						 .max_threads_per_sm = 2048,
						 .registers_per_sm = 65536,
						 .shared_bytes_per_sm = 233472};

static inline void fixture_init(struct fixture *fixture)
{
	memset(fixture, 0, sizeof(*fixture));
	fixture->trace.device = fixture_h100;
	fixture->trace.kernels = fixture->kernels;
	fixture->trace.details = fixture->details;
	fixture->trace.measured = fixture->measured;
	fixture->trace.steps = fixture->steps;
	assert_int_equal(names_init(&fixture->trace.names), SIM_OK);
}

static inline void fixture_fini(struct fixture *fixture)
{
	names_fini(&fixture->trace.names);
}

static inline uint32_t fixture_name(struct fixture *fixture, const char *text)
{
	uint32_t index;
	assert_int_equal(names_add(&fixture->trace.names, text, strlen(text), &index), SIM_OK);
	return index;
}

/* Adds a kernel with grid (x, y, 1) of THREADS and returns its index. */
static inline size_t fixture_add(struct fixture *fixture, const char *name, const char *op,
				 const char *shape, uint32_t x, uint32_t y, uint32_t threads)
{
	size_t index = fixture->trace.kernel_count++;
	assert_true(index < FIXTURE_KERNELS);
	fixture->details[index] = (struct trace_detail){.name = fixture_name(fixture, name),
							.op_name = fixture_name(fixture, op),
							.op_shape = fixture_name(fixture, shape),
							.grid = {x, y, x > 0},
							.block = {threads, 1, 1},
							.registers = 32};
	fixture->measured[index].duration_ns = 1000 + (int64_t)index;
	return index;
}

static inline void fixture_derive(struct fixture *fixture)
{
	struct sim_diag diag;
	diag_init(&diag);
	assert_int_equal(work_derive_all(&fixture->trace, &diag), SIM_OK);
}

#endif
