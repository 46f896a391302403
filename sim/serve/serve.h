/*
 * Serving: requests on instances of a machine, event by event, over the cost of steps.
 *
 * The engine knows requests, batches and KV blocks; what a step takes is a callback's answer
 * (sim/serve/cost.h asks the step simulator; theory tests draw it from a distribution). Time is
 * integer picoseconds; equal events leave in the order they came.
 *
 * A request waits, is prefilled (which makes its first token), and decodes one token a step, more
 * where it speculates. With `samples` its prompt is computed once and forks into as many lanes; with
 * `rounds` each lane makes that many pieces, and with `barrier` none begins a piece before all have
 * ended the one before (a lane at the barrier keeps its KV and is in no step).
 *
 *   static      an idle instance takes up to batch_limit requests, prefills them together, padded to
 *               the longest, and decodes that shape until the last has ended; then all are done
 *   continuous  at each step boundary: requests that fit are prefilled in a step of their own (at
 *               most prefill_tokens), else all lanes decode
 *   chunked     each step decodes all lanes and computes up to chunk_tokens - lanes of prompts
 *   split       prefill on instances of their own; the KV goes over a link (one transfer at a time
 *               for each prefill instance) to instances that decode
 *
 * KV is paged in blocks of kv_block tokens. A request is admitted when its prompt's blocks are free
 * (static: all it may ever need); when a decode step lacks blocks, prefixes that nobody uses are
 * dropped, then the request that joined last is preempted: its blocks are freed and its cache is
 * computed again (recompute) or swapped over a link. It goes to the head of the queue. A request
 * that could not be served alone is refused: out of memory. With a prefix cache the full blocks of a
 * group's prefix are held once per instance and computed once while they stay.
 *
 * The answers are checked against what must hold before they are given (SIM_E_INTERNAL otherwise):
 * Little's law exactly (the integral of the number in the system is the sum of the sojourn times,
 * and the same of the queue), every request done or refused, every KV block free or of a prefix.
 */
#ifndef SIM_SERVE_SERVE_H
#define SIM_SERVE_SERVE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "sim/core/status.h"
#include "sim/serve/load.h"

enum serve_policy { SERVE_STATIC, SERVE_CONTINUOUS, SERVE_CHUNKED, SERVE_SPLIT };
enum serve_preempt { SERVE_RECOMPUTE, SERVE_SWAP };
/* Which instance a request waits for: one queue for all, the least loaded, or in turns. */
enum serve_route { SERVE_ROUTE_SHARED, SERVE_ROUTE_LEAST, SERVE_ROUTE_TURNS };

enum {
	SERVE_MOST_INSTANCES = 4096,
	SERVE_MOST_BATCH = 65536,
	SERVE_MOST_ACCEPTED = 64,
	SERVE_BATCHES = 32, /* batch means behind each confidence interval */
};

/* What a step computes; sums over its sequences. */
struct serve_work {
	uint32_t pool;		 /* 0; 1: of the decode pool, of split */
	uint32_t sequences;	 /* that decode */
	uint64_t context;	 /* cached tokens of all of them */
	uint32_t prompts;	 /* sequences that are prefilled */
	uint64_t prompt_tokens;	 /* computed of them */
	uint64_t prompt_context; /* cached of them before: earlier chunks, prefixes */
};

struct serve_cost {
	int64_t step_ps;
	double joules; /* NaN: unknown */
};

struct serve_costs {
	enum sim_status (*step)(void *context, const struct serve_work *work,
				struct serve_cost *cost, struct sim_diag *diag);
	void *context;
};

/* A step that has ended, for timelines. */
struct serve_step {
	uint32_t instance;
	int64_t begin_ps, end_ps;
	struct serve_work work;
	uint64_t waiting;	    /* requests in its queue when it began */
	uint64_t kv_used, kv_total; /* blocks */
};

struct serve_config {
	enum serve_policy policy;
	enum serve_preempt preempt;
	enum serve_route route;
	uint32_t instances;	    /* of split: that decode */
	uint32_t prefill_instances; /* of split */
	uint32_t batch_limit;	    /* lanes of an instance */
	uint32_t prefill_tokens;    /* most of a prefill step; a longer prompt goes alone */
	uint32_t chunk_tokens;	    /* of a chunked step, lanes included */
	uint32_t kv_block;	    /* tokens */
	uint64_t kv_blocks;	    /* of an instance; 0: no limit */
	uint64_t prefill_kv_blocks; /* of a prefill instance, of split; 0: no limit */
	double kv_bytes_per_token;
	double swap_bytes_per_s, link_bytes_per_s; /* swap and split need theirs */
	int64_t link_latency_ps;
	bool prefix_cache;
	/* before each step, the device idle: fixed, and for each sequence in it */
	int64_t host_gap_ps, host_gap_sequence_ps;
	/* shares of a lane's steps in which 0, 1, ... drafted tokens are accepted; count 0: none */
	double accepted[SERVE_MOST_ACCEPTED];
	size_t accepted_count;
	double time_factor; /* on every step's cost: ends of its band; 1 */
	uint64_t warmup;    /* first requests that are in no statistic */
	/* limits of a good request; 0: none */
	int64_t good_ttft_ps, good_tpot_ps, good_e2e_ps;
	void (*observe)(void *context, const struct serve_step *step); /* may be NULL */
	void *observe_context;
};

/* Half widths at 95 %, from batch means over requests in order of arrival; NaN: too few. */
struct serve_metric {
	double mean, p50, p90, p99; /* seconds */
	double mean_half, p50_half, p90_half, p99_half;
	double most;
	uint64_t count;
};

struct serve_result {
	uint64_t requests, completed, refused;
	uint64_t refused_tokens; /* that the first refused one needs in the cache; 0: none */
	uint64_t good;		 /* of those counted: within every limit */
	uint64_t counted;	 /* after the warm-up */
	uint64_t output_tokens, prompt_tokens; /* of completed requests */
	uint64_t computed_prompt_tokens;       /* prefixes save, preemption repeats */
	uint64_t steps, decode_steps, prefill_steps;
	uint64_t preemptions, swaps, transfers;
	uint64_t prefix_hits, prefix_misses;
	int64_t end_ps;				   /* the last request is done */
	int64_t first_ps;			   /* the first one comes */
	struct serve_metric wait, ttft, tpot, e2e; /* tpot: of requests of 2 tokens and more */
	double utilization; /* steps' cost over end - first, mean over instances */
	double mean_queue, mean_system, mean_batch; /* batch: lanes of decode steps, per step */
	double most_queue;
	double kv_mean, kv_most; /* share of the blocks in use, mean over time; NaN: no limit */
	double offered_per_s, completed_per_s, good_per_s, output_tokens_per_s;
	double joules; /* of all steps; NaN unknown. Idle time is the caller's */
	double busy_s; /* of all instances */
	uint64_t kv_free_end, kv_prefix_end, kv_total; /* blocks of all instances at the end */
	uint64_t digest;
};

void serve_config_init(struct serve_config *config);

/* SIM_E_RANGE: a configuration that makes no sense; SIM_E_INFEASIBLE: every request was refused. */
SIM_MUST_CHECK enum sim_status serve_run(const struct serve_config *config, const struct load *load,
					 const struct serve_costs *costs,
					 struct serve_result *result, struct sim_diag *diag);

#endif
