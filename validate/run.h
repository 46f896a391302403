/*
 * Runs: a scenario evaluated on a machine, whoever asks (decodesim run, reproduce, sweeps).
 */
#ifndef VALIDATE_RUN_H
#define VALIDATE_RUN_H

#include <stdbool.h>
#include <stdint.h>

#include "hwmodels/device.h"
#include "sim/core/replay.h"
#include "sim/core/status.h"
#include "traces/trace.h"
#include "validate/compare.h"
#include "validate/energy.h"
#include "validate/placement.h"
#include "workloads/graph.h"
#include "workloads/workload.h"

/* What is run: both loaded from the keys of one scenario. */
struct run_setup {
	struct hw_device device;
	bool has_device;
	struct workload workload;
	enum sim_launch launch;
	double host_speed;
};

/*
 * Load device and workload of SCENARIO, which SETUP takes over (also on failure). DEVICE_SETS:
 * KEY=VALUE for device_load. SETUP is initialized in any case: call run_setup_fini always.
 */
SIM_MUST_CHECK enum sim_status run_setup(struct run_setup *setup,
					 struct workload_scenario *scenario,
					 const char *const *device_sets, size_t set_count,
					 struct sim_diag *diag);
/* The same without a workload: the device, launch and host speed, for what is lowered elsewhere. */
SIM_MUST_CHECK enum sim_status run_setup_device(struct run_setup *setup,
						struct workload_scenario *scenario,
						const char *const *device_sets, size_t set_count,
						double *sm_count, struct sim_diag *diag);
void run_setup_fini(struct run_setup *setup);

/* The runtime of who names none: a GPU's usual one; other machines have none of its kernels. */
const char *run_default_runtime(const struct hw_device *device);

/* Launch mode that SETUP runs in: a lowered step was never traced, so as-traced is graph. */
enum sim_launch run_launch(const struct run_setup *setup);

/* Times are of one iteration: one forward, unless something speculates. */
struct run_result {
	uint64_t kernels; /* of the iteration */
	uint64_t forwards;
	int64_t step_ps;	/* from iteration to iteration, host included */
	int64_t device_span_ps; /* sum over its forwards */
	int64_t device_busy_ps;
	int64_t host_ps;
	int64_t floor_ps; /* bytes of the iteration at peak bandwidth */
	int64_t part_ps[SIM_PART_COUNT];
	double tokens; /* made by the iteration, of one sequence */
	double batch;
	double tokens_per_s; /* of all sequences */
	uint64_t digest;
	struct interval band; /* relative, of the device time; NaN unknown */
	bool calibrated;
	struct step_energy energy; /* of the iteration */
	struct step_placement placement;
	struct workload_capacity capacity;
	double memory_bytes;	/* of the machine; 0 unknown */
	double kv_memory_bytes; /* of a memory of its own for the KV cache; 0: none */
	bool fits;
	double largest_batch, largest_context; /* by run_largest; 0: none fits; -1: unknown */
	double weight_read_bytes, kv_read_bytes, kv_write_bytes, act_bytes,
		flops; /* of the iteration */
};

/*
 * Evaluate the iteration at CONTEXT cached tokens. Where it does not fit, RESULT says so (fits is
 * false, capacity; times are 0) and the status is SIM_OK: the caller decides.
 * KEEP: the program and its kernels' times are left in it (for storing); may be NULL.
 */
struct run_program {
	struct workload_program lowered;
	int64_t *start_ps, *end_ps;
};
SIM_MUST_CHECK enum sim_status run_evaluate(const struct run_setup *setup, double context,
					    struct run_result *result, struct run_program *keep,
					    struct sim_diag *diag);
void run_program_fini(struct run_program *program);

/*
 * The most sequences at CONTEXT and the longest context of the scenario's sequences that fit, into a
 * RESULT of run_evaluate. Apart from it, for it lowers some sixty steps to find them.
 */
SIM_MUST_CHECK enum sim_status run_largest(const struct run_setup *setup, double context,
					   struct run_result *result, struct sim_diag *diag);

/* The same of one forward of the workload, a prefill for instance; nothing about memory. */
SIM_MUST_CHECK enum sim_status run_forward(const struct run_setup *setup,
					   const struct workload_forward *forward,
					   struct run_result *result, struct sim_diag *diag);

/* Times of RUN's program, which makes TOKENS of each of BATCH, into RESULT; nothing about memory. */
SIM_MUST_CHECK enum sim_status run_simulate(const struct run_setup *setup,
					    const struct run_program *run, double tokens,
					    double batch, struct run_result *result,
					    struct sim_diag *diag);

/* GRAPH on SETUP's device (run_setup_device), an iteration of it; tokens are its items. */
SIM_MUST_CHECK enum sim_status run_graph(const struct run_setup *setup,
					 const struct workload_graph *graph, double sm_count,
					 struct run_result *result, struct sim_diag *diag);

/*
 * LOWERED as a trace without measured times: format "lowered", NAME, hash of NAME and the records.
 * TRACE is overwritten, and empty on failure.
 */
SIM_MUST_CHECK enum sim_status run_trace(const struct workload_program *lowered, const char *name,
					 struct trace *trace, struct sim_diag *diag);

#endif
