/* One forward of a small model under settings, summed up, and what is held. */
#ifndef TESTS_UNIT_TRANSFORM_FIXTURE_H
#define TESTS_UNIT_TRANSFORM_FIXTURE_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "workloads/transform.h"
#include "workloads/workload.h"

struct lowered {
	struct workload workload;
	struct workload_step step;
	struct sim_kernel *kernels; /* expanded */
	uint64_t count;
	struct workload_capacity capacity;
	double weights, kv_read, kv_write, act, flops, floor;
};

static inline void lowered_close(struct lowered *low)
{
	free(low->kernels);
	step_fini(&low->step);
	workload_fini(&low->workload);
}

/* SETS: "key=value", ends with NULL. Fails the test with the message, unless WANTED is one. */
static inline enum sim_status lowered_try(struct lowered *low, const char *const *sets,
					  struct sim_diag *diag)
{
	struct workload_scenario scenario;
	struct workload_iteration iteration;
	memset(low, 0, sizeof(*low));
	TRY(step_init(&low->step, diag));
	TRY(scenario_init(&scenario, diag));
	for (size_t i = 0; sets[i] != NULL; i++) {
		char key[64];
		const char *equal = strchr(sets[i], '=');
		size_t length = (size_t)(equal - sets[i]);
		memcpy(key, sets[i], length);
		key[length] = '\0';
		TRY(scenario_set(&scenario, key, equal + 1, diag));
	}
	TRY(workload_load(&low->workload, &scenario, 132, diag));
	double context = scenario_number(&low->workload.scenario, SCENARIO_CONTEXT);
	double batch = scenario_number(&low->workload.scenario, SCENARIO_BATCH);
	TRY(workload_iterate(&low->workload, context, &iteration, diag));
	TRY(workload_lower(&low->workload, &iteration.forwards[0], &low->step, diag));
	TRY(workload_capacity(&low->workload, batch, context, &low->capacity, diag));
	low->count = step_expanded_count(&low->step);
	low->kernels = calloc(low->count + 1, sizeof(*low->kernels));
	assert_non_null(low->kernels);
	step_expand(&low->step, low->kernels);
	for (uint64_t i = 0; i < low->count; i++) {
		const struct sim_kernel *at = &low->kernels[i];
		low->weights += (double)at->weight_bytes;
		low->kv_read += (double)at->kv_read_bytes;
		low->kv_write += (double)at->kv_write_bytes;
		low->act += (double)at->act_read_bytes + (double)at->act_write_bytes;
		low->flops += at->flags & SIM_KERNEL_OPAQUE ? 0 : (double)at->flops;
		low->floor += (double)sim_kernel_floor_bytes(at);
	}
	return SIM_OK;
}

static inline void lowered_open(struct lowered *low, const char *const *sets)
{
	struct sim_diag diag = {0};
	if (lowered_try(low, sets, &diag) != SIM_OK)
		fail_msg("%s", diag.text);
}

#define LOWER(low, ...) lowered_open(low, (const char *const[]){__VA_ARGS__, NULL})

/* Bit for bit the same kernels. */
static inline bool lowered_equal(const struct lowered *a, const struct lowered *b)
{
	return a->count == b->count &&
	       memcmp(a->kernels, b->kernels, a->count * sizeof(*a->kernels)) == 0;
}

/* First kernel of ROLE that has weights or is an attention. */
static inline const struct lowered_kernel *lowered_role(const struct lowered *low, unsigned role)
{
	for (size_t i = 0; i < low->step.kernel_count; i++)
		if (low->step.kernels[i].role == role)
			return &low->step.kernels[i];
	return NULL;
}

static inline void assert_near(double got, double wanted, double tolerance)
{
	double off = got - wanted;
	if (off < 0 ? -off > tolerance * wanted : off > tolerance * wanted)
		fail_msg("%.12g is not %.12g within %g", got, wanted, tolerance);
}

#endif
