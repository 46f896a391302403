/*
 * Spec: a SERVE.yaml as it stands: what is deployed, under which load, to which ends.
 *
 *   serve: chat                    # name; summary:, source: as in device files
 *   deployment:                    # keys of the table below, keys of scenarios (model, hw, runtime,
 *     model: llama-3.1-8b          # launch, weights.bits, ...), scenario: NAME|FILE, and hw.KEY for
 *     hw: h100-sxm                 # parameters of the device
 *     runtime: vllm
 *     replicas: 2
 *     batching: continuous
 *   load:
 *     arrivals: poisson
 *     rate: 4                      # requests a second, over all replicas
 *     prompt: {lognormal: 512, sigma: 0.8, most: 8192}
 *     output: {uniform: [32, 512]} # or 256, or {values: [16, 64, 256]}
 *     requests: 2000
 *   objectives:                    # of the load's requests
 *     ttft.p99: 1 s                # METRIC.STATISTIC: wait ttft tpot e2e, mean p50 p90 p99
 *     good.tpot: 50 ms             # limits of one request; good.share of them must keep all
 *
 * One table drives reading, --help and what a plan may search over.
 */
#ifndef SIM_SERVE_SPEC_H
#define SIM_SERVE_SPEC_H

#include "sim/core/yaml.h"
#include "sim/serve/serve.h"
#include "workloads/scenario.h"

enum spec_type { SPEC_NUMBER, SPEC_WORD, SPEC_TEXT, SPEC_LENGTHS, SPEC_LIST };
enum spec_section { SPEC_DEPLOYMENT, SPEC_LOAD, SPEC_OBJECTIVES, SPEC_SECTION_COUNT };

/* clang-format off */
/* id, section, name, type, unit, low, high, fallback, words, what */
#define SPEC_DEPLOYMENT_LIST(X) \
	X(REPLICAS, DEPLOYMENT, "replicas", NUMBER, COUNT, 1, 4096, "1", NULL, "devices that serve alike; of split: those that decode") \
	X(BATCHING, DEPLOYMENT, "batching", WORD, RATIO, 0, 0, "continuous", "static\0continuous\0chunked\0split\0", "static, continuous, chunked (prompts in pieces beside decoding), split (prefill on replicas of their own)") \
	X(BATCH_LIMIT, DEPLOYMENT, "batch.limit", NUMBER, COUNT, 1, 65536, "256", NULL, "most sequences of a replica at once") \
	X(PREFILL_TOKENS, DEPLOYMENT, "prefill.tokens", NUMBER, COUNT, 1, 16777216, "8192", NULL, "most prompt tokens of a prefill step; a longer prompt goes alone") \
	X(CHUNK_TOKENS, DEPLOYMENT, "chunk.tokens", NUMBER, COUNT, 1, 16777216, "512", NULL, "chunked: tokens of a step, decoding sequences included") \
	X(ROUTE, DEPLOYMENT, "route", WORD, RATIO, 0, 0, "least", "shared\0least\0turns\0", "shared (one queue for all), least (the replica with the fewest), turns") \
	X(KV_BLOCK, DEPLOYMENT, "kv.block", NUMBER, COUNT, 1, 65536, "16", NULL, "tokens of a KV block") \
	X(KV_BLOCKS, DEPLOYMENT, "kv.blocks", NUMBER, COUNT, 1, 1e15, NULL, NULL, "of a replica; not given: what the memory leaves") \
	X(KV_FRACTION, DEPLOYMENT, "memory.fraction", NUMBER, RATIO, 0.01, 1, "1", NULL, "of the device's memory that may be used at all") \
	X(KV_PREEMPT, DEPLOYMENT, "kv.preempt", WORD, RATIO, 0, 0, "recompute", "recompute\0swap\0", "where blocks are short: compute again, or swap") \
	X(SWAP_BANDWIDTH, DEPLOYMENT, "swap.bandwidth", NUMBER, BYTES_PER_S, 1, 1e18, NULL, NULL, "of swap, each way") \
	X(PREFIX_CACHE, DEPLOYMENT, "prefix.cache", WORD, RATIO, 0, 0, "off", "off\0on\0", "full blocks of a shared prefix are held and computed once") \
	X(HOST_GAP, DEPLOYMENT, "host.gap", NUMBER, SECONDS, 0, 10, "0 s", NULL, "of the scheduler on the host between two steps, the device idle") \
	X(HOST_GAP_SEQUENCE, DEPLOYMENT, "host.gap.sequence", NUMBER, SECONDS, 0, 10, "0 s", NULL, "the same, more for each sequence of the step (sampling, detokenizing)") \
	X(STEP_BUCKET, DEPLOYMENT, "step.bucket", NUMBER, COUNT, 1, 65536, NULL, NULL, "tokens to which the mean context of several sequences is rounded; not given: kv.block") \
	X(ACCEPTED, DEPLOYMENT, "accepted", LIST, RATIO, 0, 1, NULL, NULL, "shares of steps in which 0, 1, 2, ... drafted tokens are accepted; not given: from the scenario's draft") \
	X(PREFILL_REPLICAS, DEPLOYMENT, "prefill.replicas", NUMBER, COUNT, 1, 4096, "1", NULL, "split: that prefill") \
	X(PREFILL_HW, DEPLOYMENT, "prefill.hw", TEXT, RATIO, 0, 0, NULL, NULL, "split: their device; not given: hw") \
	X(LINK_BANDWIDTH, DEPLOYMENT, "link.bandwidth", NUMBER, BYTES_PER_S, 1, 1e18, NULL, NULL, "split: of a prefill replica's way to those that decode") \
	X(LINK_LATENCY, DEPLOYMENT, "link.latency", NUMBER, SECONDS, 0, 10, "0 s", NULL, "split: of a transfer") \
	X(DEVICES, DEPLOYMENT, "devices", NUMBER, COUNT, 1, 65536, NULL, NULL, "that a replica is made of, for price and count; not given: as the scenario's groups say") \
	X(PRICE_HOUR, DEPLOYMENT, "price.hour", NUMBER, USD_PER_HOUR, 0, 1e6, NULL, NULL, "of a device; not given: the device's own")
#define SPEC_LOAD_LIST(X) \
	X(ARRIVALS, LOAD, "arrivals", WORD, RATIO, 0, 0, "poisson", "poisson\0gamma\0fixed\0at_once\0trace\0", "poisson, gamma (bursts by cv), fixed (equal gaps), at_once, trace") \
	X(TRACE, LOAD, "trace", TEXT, RATIO, 0, 0, NULL, NULL, "CSV file of the Azure LLM inference or BurstGPT layout, from the spec's folder") \
	X(RATE, LOAD, "rate", NUMBER, RATIO, 1e-6, 1e9, NULL, NULL, "requests a second over all replicas; of a trace: its times are stretched to it") \
	X(CV, LOAD, "cv", NUMBER, RATIO, 0.01, 100, "1", NULL, "gamma: coefficient of variation of the gaps; 1 is Poisson") \
	X(PROMPT, LOAD, "prompt", LENGTHS, COUNT, 1, 16777216, NULL, NULL, "tokens: N, {uniform: [A, B]}, {lognormal: MEDIAN, sigma: S, least:, most:}, {values: [...]}") \
	X(OUTPUT, LOAD, "output", LENGTHS, COUNT, 1, 16777216, NULL, NULL, "the same, of an answer (of each round of each sample)") \
	X(REQUESTS, LOAD, "requests", NUMBER, COUNT, 1, 2000000, NULL, NULL, "that come; default 1000, of a trace all") \
	X(SEED, LOAD, "seed", NUMBER, COUNT, 0, 9e15, "1", NULL, "of all that is drawn") \
	X(WARMUP, LOAD, "warmup", NUMBER, COUNT, 0, 2000000, "0", NULL, "first requests that are in no statistic") \
	X(SAMPLES, LOAD, "samples", NUMBER, COUNT, 1, 256, "1", NULL, "answers to each prompt, in parallel") \
	X(ROUNDS, LOAD, "rounds", NUMBER, COUNT, 1, 4096, "1", NULL, "pieces of each answer, as long as output says each") \
	X(BARRIER, LOAD, "barrier", WORD, RATIO, 0, 0, "off", "off\0on\0", "no sample begins a round before all have ended the one before") \
	X(PREFIX_TOKENS, LOAD, "prefix.tokens", NUMBER, COUNT, 0, 16777216, "0", NULL, "of a prompt, the same within a group") \
	X(PREFIX_GROUPS, LOAD, "prefix.groups", NUMBER, COUNT, 1, 65536, "1", NULL, "different prefixes") \
	X(PREFIX_SHARE, LOAD, "prefix.share", NUMBER, RATIO, 0, 1, "1", NULL, "of the requests that have one")
#define SPEC_STATISTICS(X, ID, text) \
	X(ID##_MEAN, OBJECTIVES, text ".mean", NUMBER, SECONDS, 1e-12, 1e7, NULL, NULL, NULL) \
	X(ID##_P50, OBJECTIVES, text ".p50", NUMBER, SECONDS, 1e-12, 1e7, NULL, NULL, NULL) \
	X(ID##_P90, OBJECTIVES, text ".p90", NUMBER, SECONDS, 1e-12, 1e7, NULL, NULL, NULL) \
	X(ID##_P99, OBJECTIVES, text ".p99", NUMBER, SECONDS, 1e-12, 1e7, NULL, NULL, NULL)
#define SPEC_OBJECTIVE_LIST(X) \
	SPEC_STATISTICS(X, WAIT, "wait") SPEC_STATISTICS(X, TTFT, "ttft") \
	SPEC_STATISTICS(X, TPOT, "tpot") SPEC_STATISTICS(X, E2E, "e2e") \
	X(GOOD_TTFT, OBJECTIVES, "good.ttft", NUMBER, SECONDS, 1e-12, 1e7, NULL, NULL, "of one request: to its first token") \
	X(GOOD_TPOT, OBJECTIVES, "good.tpot", NUMBER, SECONDS, 1e-12, 1e7, NULL, NULL, "of one request: for each token after the first") \
	X(GOOD_E2E, OBJECTIVES, "good.e2e", NUMBER, SECONDS, 1e-12, 1e7, NULL, NULL, "of one request: to its end") \
	X(GOOD_SHARE, OBJECTIVES, "good.share", NUMBER, RATIO, 0, 1, "0.99", NULL, "of the requests that keep all three")
#define SPEC_KEY_LIST(X) SPEC_DEPLOYMENT_LIST(X) SPEC_LOAD_LIST(X) SPEC_OBJECTIVE_LIST(X)
/* clang-format on */

enum spec_key_id {
#define X(id, ...) SPEC_##id,
	SPEC_KEY_LIST(X)
#undef X
		SPEC_KEY_COUNT
};

struct spec_key {
	const char *name;
	enum spec_section section;
	enum spec_type type;
	enum sim_unit unit;
	double low, high;
	const char *fallback, *words, *what;
};

const struct spec_key *spec_key(size_t id);
/* Id of NAME, or SIZE_MAX. */
size_t spec_find(const char *name);

enum { SPEC_MOST_SETS = 64 };

/* A key of the deployment that is the scenario's or the device's. */
struct spec_set {
	const char *key, *value; /* key as written: "hw.KEY" is the device's */
	long line;
};

struct serve_spec {
	struct arena arena;
	const char *path; /* as given, for messages */
	char name[64];
	double numbers[SPEC_KEY_COUNT]; /* NaN: not given and no fallback */
	bool given[SPEC_KEY_COUNT];
	const char *texts[SPEC_KEY_COUNT];
	struct lengths prompt, output;
	double accepted[SERVE_MOST_ACCEPTED];
	size_t accepted_count;
	struct spec_set sets[SPEC_MOST_SETS];
	size_t set_count;
	struct load_trace trace;
};

/* Every key at its fallback, nothing given; NAME stands for a file in messages. */
SIM_MUST_CHECK enum sim_status spec_init(struct serve_spec *spec, const char *name,
					 struct sim_diag *diag);

/* Read PATH. SPEC is initialized in any case: call spec_fini always. */
SIM_MUST_CHECK enum sim_status spec_read(const char *path, struct serve_spec *spec,
					 struct sim_diag *diag);
/* The same from TEXT of a file called NAME. */
SIM_MUST_CHECK enum sim_status spec_parse(const char *name, const char *text, size_t length,
					  struct serve_spec *spec, struct sim_diag *diag);
void spec_fini(struct serve_spec *spec);

/* The three sections of MAP, a file's root, into SPEC, initialized first. ALSO: keys of the root
 * that are the caller's. */
SIM_MUST_CHECK enum sim_status spec_take(const struct yaml_file *file, const char *const *also,
					 size_t also_count, struct serve_spec *spec,
					 struct sim_diag *diag);

/* KEY of any section from TEXT, over what stands there; lengths as "N", "uniform A B" or "lognormal
 * MEDIAN SIGMA MOST". */
SIM_MUST_CHECK enum sim_status spec_set(struct serve_spec *spec, const char *key, const char *text,
					struct sim_diag *diag);
/* The word that stands at a key of words. */
const char *spec_word(const struct serve_spec *spec, enum spec_key_id id);
/* Value of a set key as written, or NULL. */
const char *spec_set_value(const struct serve_spec *spec, const char *key);

/* spec_lengths.c */
SIM_MUST_CHECK enum sim_status spec_read_lengths(const struct yaml_file *file,
						 const struct yaml_node *node, struct arena *arena,
						 struct lengths *lengths, struct sim_diag *diag);
/* "N", "uniform A B", "lognormal MEDIAN SIGMA MOST" */
SIM_MUST_CHECK enum sim_status spec_parse_lengths(const char *text, struct lengths *lengths,
						  struct sim_diag *diag);
SIM_MUST_CHECK enum sim_status spec_read_accepted(const struct yaml_file *file,
						  const struct yaml_node *node,
						  struct serve_spec *spec, struct sim_diag *diag);

/* The load of SPEC, which it borrows lengths and trace from; of a trace the file is read. */
SIM_MUST_CHECK enum sim_status spec_load(struct serve_spec *spec, struct load *load,
					 struct sim_diag *diag);

#endif
