/*
 * Serving in the store: runs of deployments and plans over them, as plain numbers and texts.
 *
 * Each is written whole, in one transaction. What is stored already (same definition, same digest)
 * is found and not written again. Columns and their units: schema_5.sql. NaN is NULL.
 */
#ifndef SIM_STORE_SERVING_H
#define SIM_STORE_SERVING_H

#include "sim/store/store.h"

/* clang-format off */
#define STORE_SERVE_COUNTS(X) \
	X(seed) X(replicas) X(kv_blocks) X(requests) X(completed) X(refused) X(output_tokens) \
	X(prompt_tokens) X(computed_prompt_tokens) X(steps) X(preemptions) X(swaps) X(transfers) \
	X(prefix_hits) X(prefix_misses)
#define STORE_SERVE_NUMBERS(X) \
	X(devices) X(span_s) X(offered_per_s) X(completed_per_s) X(good_per_s) X(output_tokens_per_s) \
	X(utilization) X(mean_batch) X(mean_queue) X(most_queue) X(mean_in_system) X(kv_mean) X(kv_most) \
	X(average_w) X(joules_per_mtoken) X(usd_per_hour) X(usd_per_mtoken) X(band_low) X(band_high)
/* clang-format on */

/* What tells one definition from another, and its results. */
struct store_identity {
	const char *name, *definition, *version;
	uint64_t definition_hash, digest;
};

struct store_latency {
	const char *metric;
	double mean_s, p50_s, p90_s, p99_s, most_s;
	double mean_half_s, p50_half_s, p90_half_s, p99_half_s;
	uint64_t requests;
};

struct store_objective {
	const char *objective;
	double bound, value, half, margin;
	bool met;
};

struct store_serve {
	struct store_identity identity;
	const char *model, *runtime, *hw, *batching;
	bool met;
#define X(name) uint64_t name;
	STORE_SERVE_COUNTS(X)
#undef X
#define X(name) double name;
	STORE_SERVE_NUMBERS(X)
#undef X
	const struct store_latency *latencies;
	size_t latency_count;
	const struct store_objective *objectives;
	size_t objective_count;
};

struct store_candidate {
	const char *keys, *outcome, *why, *fewer;
	uint64_t replicas;
	double devices, usd_per_hour, usd_per_mtoken, average_w, utilization;
	double ttft_p99_s, tpot_mean_s, e2e_p99_s;
	const char *binding; /* NULL: none */
	double margin;
};

struct store_answer {
	const char *goal;
	int64_t candidate; /* place; -1: none */
	double band_low, band_high;
	int meets_at_slow_end; /* -1: not known */
	double load_growth;
	const char *next_failure;
};

struct store_plan {
	struct store_identity identity;
	uint64_t runs;
	const struct store_candidate *candidates;
	size_t candidate_count;
	const struct store_answer *answers;
	size_t answer_count;
};

/* *ID of the run, *ADDED: it was not there. */
SIM_MUST_CHECK enum sim_status store_write_serve(struct store *store,
						 const struct store_serve *serve, int64_t *id,
						 bool *added, struct sim_diag *diag);
SIM_MUST_CHECK enum sim_status store_write_plan(struct store *store, const struct store_plan *plan,
						int64_t *id, bool *added, struct sim_diag *diag);

#endif
