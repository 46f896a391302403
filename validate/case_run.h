/*
 * Runs of cases: what a row makes of a run's keys, evaluated; runs that are alike are evaluated once
 * in a process.
 */
#ifndef VALIDATE_CASE_RUN_H
#define VALIDATE_CASE_RUN_H

#include "validate/case.h"
#include "validate/case_serve.h"
#include "validate/run.h"

struct case_outcome {
	bool failed; /* why is told */
	bool has_prefill;
	struct run_result result, prefill;
	struct case_served served;
	bool is_served;
	char why[SIM_DIAG_TEXT];
};

struct case_memo_entry;

struct case_memo {
	struct case_memo_entry **buckets;
	size_t evaluated; /* runs, each once */
	size_t asked;
};

SIM_MUST_CHECK enum sim_status case_memo_init(struct case_memo *memo, struct sim_diag *diag);
void case_memo_fini(struct case_memo *memo);

/*
 * RUN of ONE over VALUES (case_fill) in ROW. OUTCOME lives as long as MEMO. A run that cannot be
 * evaluated is an outcome; a status is memory that ran out.
 */
SIM_MUST_CHECK enum sim_status case_run_evaluate(struct case_memo *memo,
						 const struct validation_case *one, size_t run,
						 size_t row, const double *values, bool prefill,
						 const struct case_outcome **outcome,
						 struct sim_diag *diag);

/* FIELD of OUTCOME; NaN where there is none (it does not fit, no prefill). */
double case_outcome_field(const struct case_outcome *outcome, enum case_field field);

#endif
