/* What `decodesim run` prints. */
#ifndef SIM_CLI_RUN_PRINT_H
#define SIM_CLI_RUN_PRINT_H

#include "sim/cli/cli.h"
#include "validate/run.h"
#include "workloads/generate.h"
#include "workloads/knobs.h"

struct run_report {
	const struct run_setup *setup;
	struct run_result result;
	struct run_result prefill;	   /* kernels 0: not asked for */
	struct generate_result generation; /* iterations 0: one step only */
	struct knob_report knobs;
	int64_t run; /* in the database; 0: not stored */
};

cJSON *run_json(const struct run_report *report);
void run_print(const struct run_report *report);

/* An iteration as the store takes a replay: its forwards are one step. */
struct replay_result run_replay_result(const struct run_result *result);

#endif
