/*
 * Cases: a published (or measured, or computed) claim, what we get for it, and how far off that may be.
 *
 * validate/cases/NAME.yaml, or a path; one file is one case:
 *
 *   case: osd-theory                 # as the file is called
 *   system: osd                      # id in ../shared/facts/systems-to-reproduce.md, or our own word
 *   claim: one line                  # what is claimed, by whom
 *   source: paper, table, row
 *   evidence: published measurement  # measured here | published measurement | published simulation |
 *                                    # arithmetic
 *   assumptions:                     # what nobody published; a `name` may be used in expressions and
 *                                    # then value, low and high give the range of the result
 *     - {name: eff, what: share of the peak that the kernel draws, value: 0.8, low: 0.7, high: 0.9,
 *        why: ...}
 *   let: {NAME: EXPRESSION, ...}     # in order; over assumptions, columns of rows, names before
 *   rows:                            # each row after the first is one expectation of each kind
 *     - [hw, ctx, published_ms]      # names of the columns
 *     - [h100-sxm, 2048, 16.97]      # a column of numbers ("-": not published), or one of words
 *   runs:                            # at most 12
 *     eager: {model: qwen2.5-7b, hw: hw, context: ctx, launch: eager}
 *     graph: {like: eager, launch: graph}
 *   expect:
 *     - {what: step ms, got: eager.step_ms, expected: published_ms, tolerance: 10 %,
 *        mean_tolerance: 5 %}
 *   missing: text                    # in place of runs and expect: the mechanism or figure that lacks
 *   contradiction: text              # the source against itself; both ways stand in expect
 *
 * A run's keys are those of scenarios (workloads/scenario.h); besides
 *   scenario: NAME|FILE.yaml   read first          like: RUN      keys of an earlier run of the case
 *   hw.KEY: VALUE              a parameter of the device, as --set gives it
 *   serve: yes|FILE.yaml       a deployment under a load (sim/serve/spec.h), whose keys stand here,
 *                              too; its results are serve_*, of all requests (serve_total_s: from
 *                              the first arrival to the end)
 *   graph: NAME|FILE.yaml      an op graph (workloads/graph.h) in place of model and runtime, and
 *   graph.NAME: VALUE          a parameter of it
 * A value that names a column (or, where the key is a number, is an expression over let, assumptions
 * and columns) stands for what the row says. A key whose value is "-" in a row is left out there.
 *
 * An expectation:
 *   what            what is compared, with its unit
 *   got, expected   EXPRESSION; RUN.FIELD is a result of a run (CASE_FIELD_LIST). Left out in rows
 *                   where a column that it names directly is "-"
 *   tolerance       "10 %", of expected; `within: X` allows this absolute deviation too
 *   mean_tolerance  the mean of |deviation| over the rows, in a line of its own
 *   kind            equal (default), at_most, at_least: which deviations count
 *   only            EXPRESSION: left out in rows where it is 0
 *
 * A time of a run that does not fit into memory, or of a run that fails, is no number: the line is
 * "off", with the reason. Ask RUN.fits where that is the claim.
 */
#ifndef VALIDATE_CASE_H
#define VALIDATE_CASE_H

#include <stdbool.h>
#include <stddef.h>

#include "sim/core/arena.h"
#include "sim/core/status.h"
#include "workloads/expr.h"

/* clang-format off */
#define CASE_EVIDENCE_LIST(X) \
	X(MEASURED_HERE, "measured here") \
	X(MEASURED,      "published measurement") \
	X(SIMULATED,     "published simulation") \
	X(ARITHMETIC,    "arithmetic")

/* What a run gives; ms, bytes, of one iteration. TIME: not there where the run does not fit. */
#define CASE_FIELD_LIST(X) \
	X(step_ms, TIME) X(device_span_ms, TIME) X(device_busy_ms, TIME) X(host_ms, TIME) \
	X(floor_ms, TIME) X(floor_fraction, TIME) X(tokens_per_s, TIME) X(tokens, TIME) \
	X(kernels, TIME) X(forwards, TIME) X(weight_read_bytes, TIME) X(kv_read_bytes, TIME) \
	X(kv_write_bytes, TIME) X(act_bytes, TIME) X(flops, TIME) X(prefill_ms, TIME) \
	X(prefill_kernels, TIME) \
	X(energy_j, TIME) X(energy_low_j, TIME) X(energy_high_j, TIME) X(average_w, TIME) \
	X(peak_w, TIME) X(joules_per_token, TIME) X(tokens_per_joule, TIME) \
	X(usd_per_mtoken, TIME) X(energy_memory_j, TIME) X(energy_compute_j, TIME) \
	X(energy_link_j, TIME) X(energy_static_j, TIME) X(area_mm2, MEMORY) \
	X(attribution_host_ms, TIME) X(attribution_gap_ms, TIME) X(attribution_fixed_ms, TIME) \
	X(attribution_hbm_ms, TIME) X(attribution_l2_ms, TIME) X(attribution_compute_ms, TIME) \
	X(attribution_tail_ms, TIME) X(attribution_link_ms, TIME) X(attribution_opaque_ms, TIME) \
	X(fits, MEMORY) X(memory_bytes, MEMORY) X(weight_bytes, MEMORY) X(kv_bytes, MEMORY) \
	X(kv_bytes_per_token, MEMORY) X(state_bytes, MEMORY) X(activation_bytes, MEMORY) \
	X(workspace_bytes, MEMORY) X(offloaded_bytes, MEMORY) X(largest_batch, MEMORY) \
	X(largest_context, MEMORY) \
	X(serve_ttft_ms, TIME) X(serve_ttft_p99_ms, TIME) X(serve_tpot_ms, TIME) \
	X(serve_tpot_p50_ms, TIME) X(serve_wait_ms, TIME) X(serve_e2e_ms, TIME) \
	X(serve_total_s, TIME) X(serve_tokens_per_s, TIME) X(serve_requests_per_s, TIME) \
	X(serve_batch, TIME) X(serve_prompt_tokens, TIME) X(serve_refused, TIME) \
	X(serve_preemptions, TIME) X(serve_average_w, TIME) X(serve_joules_per_token, TIME) \
	X(serve_usd_per_mtoken, TIME) X(serve_kv_blocks, TIME)
/* clang-format on */

enum case_evidence {
#define X(name, text) CASE_##name,
	CASE_EVIDENCE_LIST(X)
#undef X
		CASE_EVIDENCE_COUNT
};

enum case_field {
#define X(name, when) CASE_FIELD_##name,
	CASE_FIELD_LIST(X)
#undef X
		CASE_FIELD_COUNT,
	CASE_RUN_FIELD_COUNT = CASE_FIELD_serve_ttft_ms /* those before are of one iteration */
};

const char *case_evidence_text(unsigned evidence);
const char *case_field_name(unsigned field);
bool case_field_is_time(unsigned field);

enum {
	CASE_MOST_RUNS = 12,
	CASE_MOST_ROWS = 512,
	CASE_MOST_COLUMNS = 24,
	CASE_MOST_EXPECTATIONS = 64,
	CASE_MOST_KEYS = 64, /* of a run */
};

enum case_kind { CASE_EQUAL, CASE_AT_MOST, CASE_AT_LEAST };

struct case_assumption {
	const char *name; /* "" when no expression may use it */
	const char *what, *why;
	const char *shown;	 /* value as written */
	double value, low, high; /* NaN unknown; of a named one all but low and high are known */
	size_t slot;
};

struct case_column {
	const char *name;
	bool is_text;
	size_t slot; /* of numbers */
	const char **texts;
	const double *numbers; /* NaN: "-" */
};

/* A key of a run as written; LIST values as "[a, b]" pieces. */
struct case_run_key {
	const char *key;
	const char *value; /* NULL: a list */
	const char **list;
	size_t list_count;
	long line;
};

struct case_run {
	const char *name;
	struct case_run_key *keys;
	size_t key_count;
	long line;
};

/* RUN.FIELD as an expression's slot. */
struct case_result {
	size_t run;
	enum case_field field;
	size_t slot;
};

struct case_expectation {
	const char *what;
	struct expr got, expected, only;  /* only.text NULL: always */
	double tolerance, mean_tolerance; /* ratios; mean: NaN none */
	double within;			  /* absolute; 0 none */
	enum case_kind kind;
	long line;
};

/* Owns its arena and holds no pointer into itself: it may be moved. */
struct validation_case {
	struct arena arena;
	const char *path;
	const char *name, *system, *claim, *source;
	const char *missing, *contradiction; /* "" */
	enum case_evidence evidence;
	struct case_assumption *assumptions;
	size_t assumption_count;
	struct case_column columns[CASE_MOST_COLUMNS];
	size_t column_count;
	size_t row_count; /* 1 where there is no table */
	struct case_run runs[CASE_MOST_RUNS];
	size_t run_count;
	struct case_expectation *expectations;
	size_t expectation_count;
	const char **names;	 /* of slots: assumptions, columns, lets, results */
	struct expr_scope scope; /* of the above */
	const struct expr *lets;
	size_t first_let, let_count;
	struct case_result results[EXPR_MOST_SLOTS];
	size_t result_count;
};

/* Read NAME (validate/cases) or a path. CASE is initialized in any case: call case_fini always. */
SIM_MUST_CHECK enum sim_status case_read(const char *name_or_path, struct validation_case *one,
					 struct sim_diag *diag);
/* The same from the TEXT of a file called NAME in messages; its case may have any name. */
SIM_MUST_CHECK enum sim_status case_parse(const char *name, const char *text, size_t length,
					  struct validation_case *one, struct sim_diag *diag);
void case_fini(struct validation_case *one);

/* Names of the built-in cases, sorted. */
SIM_MUST_CHECK enum sim_status case_list(struct arena *arena, const char ***names, size_t *count,
					 struct sim_diag *diag);

/*
 * Fill VALUES with ROW's columns, the assumptions (number CHANGED at ITS value; SIZE_MAX: none) and
 * the lets. Results are left as they are.
 */
SIM_MUST_CHECK enum sim_status case_fill(const struct validation_case *one, size_t row,
					 size_t changed, double its, double *values,
					 struct sim_diag *diag);

/* EXPR names a column, or a let, that has no value in this row: it comes from a cell "-". */
bool case_is_blank(const struct validation_case *one, const struct expr *expr,
		   const double *values);

/* Column NAME, or NULL. */
const struct case_column *case_column(const struct validation_case *one, const char *name);

#endif
