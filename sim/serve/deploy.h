/*
 * Deployment: a spec brought to life: devices, memory, costs of steps; and what a run of it says.
 *
 * KV blocks of a replica: (memory x memory.fraction - weights - state - activations - workspace) /
 * bytes of a block. Activations are the larger of a decode step's at batch.limit and of a prefill
 * step's (prefill.tokens, or chunk.tokens). Bytes of a token's KV are those of all layers, though
 * layers that slide hold no more than their window: a bound from above there.
 *
 * A replica is a group of tp x pp (x ep) devices where the scenario says so: all of them are counted,
 * paid and draw power.
 *
 * Energy is that of the steps, and static power while nothing runs. Price is per device and hour of
 * the whole run, from the first arrival to the end. Each is NaN where the device does not say.
 */
#ifndef SIM_SERVE_DEPLOY_H
#define SIM_SERVE_DEPLOY_H

#include "sim/serve/cost.h"
#include "sim/serve/spec.h"

struct deployment {
	struct serve_config config;
	struct run_setup setups[2]; /* 1: the prefill pool's device of split, where it is another */
	unsigned setup_count;
	struct cost_book book;
	double devices_per_replica;
	double devices;				       /* in all */
	double fixed_bytes, block_bytes, memory_bytes; /* of a replica that decodes */
	double usd_per_hour, static_w;		       /* of all devices; NaN unknown */
};

enum { DEPLOY_MOST_CHECKS = 32 };

/* An objective and what came of it. */
struct serve_check {
	const char *name; /* "ttft.p99" */
	double limit, value, half;
	bool at_least; /* the value is to be at least the limit (good.share) */
	bool met;
	double margin; /* relative to the limit; positive: room is left */
};

struct serve_report {
	struct serve_result result;
	double energy_j, average_w, joules_per_mtoken, usd_per_hour, usd_per_mtoken;
	struct interval band; /* of steps' device time; NaN unknown */
	bool calibrated;
	uint64_t simulated_steps, asked_steps; /* of the step simulator */
	struct serve_check checks[DEPLOY_MOST_CHECKS];
	size_t check_count;
	bool met; /* all of them, and nothing was refused */
};

/*
 * DEPLOYMENT is initialized in any case: call deployment_close always. SIM_E_INFEASIBLE: it does not
 * fit into memory with a single KV block.
 */
SIM_MUST_CHECK enum sim_status deployment_open(const struct serve_spec *spec,
					       struct deployment *deployment,
					       struct sim_diag *diag);
void deployment_close(struct deployment *deployment);

/* COUNT replicas (of split: that decode) in place of what the spec said. */
void deployment_set_replicas(struct deployment *deployment, const struct serve_spec *spec,
			     uint32_t count);

/* Serve LOAD; the config's time_factor and observer are the caller's to set before. */
SIM_MUST_CHECK enum sim_status deployment_run(struct deployment *deployment,
					      const struct serve_spec *spec,
					      const struct load *load, struct serve_report *report,
					      struct sim_diag *diag);

/* The objective with the least margin; SIZE_MAX: none. */
size_t serve_binding(const struct serve_report *report);

#endif
