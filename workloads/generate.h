/*
 * Generation: the decode steps of N tokens, each with the context that has grown so far.
 *
 * Iteration i is lowered at the context c_i and replayed on its own; it begins when the one before
 * has ended, its last kernel synchronized. So each is, to the bit, what workload_iterate(),
 * workload_program() and replay_run() give at c_i, and what comes out is their sum, whatever way
 * they were made. Memory does not grow with N.
 *
 * How the context grows, where an iteration makes T tokens on average (struct
 * workload_iteration; speculation makes fractions):
 *   e_0 = context,  e_(i+1) = e_i + T_i        expected, not rounded, added up in this order
 *   c_i = e_i to the nearest whole token, halves up
 *   iterations go on until the tokens made reach N (to 1 part in 10^9: sums of fractions are not
 *   exact); the last may make more than is left, and all it makes counts
 * Tokens are of one sequence. KV slots are what scenario and runtime say at each c_i: for a cache
 * that is allocated once, give the scenario its `slots`.
 */
#ifndef WORKLOADS_GENERATE_H
#define WORKLOADS_GENERATE_H

#include <stdbool.h>
#include <stdint.h>

#include "sim/core/machine.h"
#include "sim/core/replay.h"
#include "sim/core/status.h"
#include "workloads/workload.h"

/* An iteration that has been replayed. */
struct generate_step {
	uint64_t index;
	double context; /* c_i */
	double tokens;	/* T_i */
	const struct workload_program *program;
	const struct replay_result
		*replayed; /* means over the forwards: see struct replay_result */
	bool repeats;	   /* its kernels and times are those of the iteration before */
};

struct generate_options {
	enum sim_launch launch; /* not as-traced */
	double host_speed;
	double context; /* tokens of each sequence that are cached before the first iteration */
	uint64_t tokens;
	bool attribute; /* fill part_ps */
	/* optional: called after each iteration; return false to stop: SIM_E_USAGE "interrupted" */
	bool (*step)(void *step_context, const struct generate_step *step);
	void *step_context;
};

struct generate_result {
	uint64_t iterations;
	uint64_t forwards; /* steps of the engine: forwards that overlap are one */
	uint64_t kernels;
	uint64_t replays; /* iterations that were simulated; the others were equal to one before */
	double tokens;	  /* made, of one sequence: N or a little more */
	double end_context; /* expected: e after the last iteration */
	int64_t total_ps;
	int64_t first_ps, last_ps, min_ps, max_ps; /* of an iteration */
	double mean_ps;
	/* sums over all iterations; means over an iteration's forwards were rounded down before */
	int64_t device_span_ps, device_busy_ps, host_ps, floor_ps;
	int64_t part_ps[SIM_PART_COUNT]; /* sums to total_ps exactly */
	uint64_t digest;		 /* over the iterations' digests, in order */
};

void generate_options_init(struct generate_options *options);

/*
 * SIM_E_RANGE: no tokens asked for, an iteration that makes none, time past 2^62 ps, or what the
 * lowering or the replay refuse; SIM_E_UNSUPPORTED: as-traced. RESULT is set in any case: after a
 * failure to what was done until then.
 */
SIM_MUST_CHECK enum sim_status generate_run(const struct workload *workload,
					    const struct machine *machine,
					    const struct generate_options *options,
					    struct generate_result *result, struct sim_diag *diag);

#endif
