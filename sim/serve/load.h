/*
 * Load: requests as they come. Request number i is a pure function of the load and i (but for its
 * arrival, which is the sum of gaps), whatever serves it.
 *
 * Arrivals: Poisson; gamma (gaps of coefficient of variation `cv`: bursts above 1); fixed gaps; all
 * at once; or a trace. A trace is CSV with a header line of one of two layouts:
 *   Azure LLM inference   TIMESTAMP,ContextTokens,GeneratedTokens
 *                         2023-11-16 18:17:03.9799600,374,44 (any date; up to 7 decimals, or none)
 *   BurstGPT              Timestamp,Model,Request tokens,Response tokens,Total tokens,Log Type
 *                         5,ChatGPT,472,18,490,Conversation log (seconds)
 * Columns are found by name, in any order, further ones are ignored. Rows of no response tokens
 * (failures in BurstGPT) are skipped and counted. Times must not go back.
 */
#ifndef SIM_SERVE_LOAD_H
#define SIM_SERVE_LOAD_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "sim/core/status.h"

enum {
	LOAD_MOST_REQUESTS = 2000000,
	LOAD_MOST_VALUES = 4096,
	LOAD_MOST_TOKENS = 1 << 24,
	LOAD_MOST_SAMPLES = 256,
	LOAD_MOST_ROUNDS = 4096,
	LOAD_MOST_GROUPS = 65536,
};
/* Tokens of all answers of a load: 2 million requests of 5000. */
#define LOAD_MOST_ANSWERED 1e10

enum load_arrivals { LOAD_POISSON, LOAD_GAMMA, LOAD_FIXED, LOAD_AT_ONCE, LOAD_TRACE };
enum load_lengths { LENGTHS_FIXED, LENGTHS_UNIFORM, LENGTHS_LOGNORMAL, LENGTHS_EMPIRICAL };

/* Tokens of a prompt or of an answer. */
struct lengths {
	enum load_lengths kind;
	double median, sigma;	/* lognormal: of the logarithm */
	uint32_t least, most;	/* uniform: inclusive; lognormal: what is beyond is cut to it */
	const uint32_t *values; /* empirical: one of these, each as likely; fixed: the first */
	size_t count;
	uint32_t fixed;
};

struct load_row {
	int64_t arrival_ps; /* since the first row */
	uint32_t prompt, output;
};

struct load_trace {
	struct load_row *rows;
	size_t count;
	size_t skipped;
};

struct load {
	enum load_arrivals arrivals;
	double rate; /* requests a second; of a trace: times are scaled to it where it is not 0 */
	double cv;   /* of gaps, of gamma */
	struct lengths prompt, output; /* of a trace: the rows' own */
	uint64_t requests;
	uint64_t seed;
	uint32_t samples; /* answers to each prompt, in parallel; >= 1 */
	uint32_t rounds;  /* of each sample, each as long as OUTPUT draws; >= 1 */
	bool barrier;	  /* no sample begins a round before all have ended the one before */
	uint32_t prefix_tokens, prefix_groups; /* of the prompt, shared within a group */
	double prefix_share;		       /* of the requests that have one of the prefixes */
	struct load_trace trace;
};

#define LOAD_NO_GROUP UINT32_MAX

struct load_request {
	int64_t arrival_ps;
	uint32_t prompt, output; /* of the first sample's first round */
	uint32_t group;		 /* of its prefix; LOAD_NO_GROUP */
};

void load_init(struct load *load);

/* SIM_E_RANGE where a number is senseless. */
SIM_MUST_CHECK enum sim_status load_check(const struct load *load, struct sim_diag *diag);

/* Request number INDEX, that before it having come at PREVIOUS_PS (0 for the first); SIM_E_RANGE:
 * past 2^61 ps. */
SIM_MUST_CHECK enum sim_status load_request(const struct load *load, uint64_t index,
					    int64_t previous_ps, struct load_request *request,
					    struct sim_diag *diag);

/* Tokens of ROUND of SAMPLE of request INDEX. */
uint32_t load_output(const struct load *load, uint64_t index, uint32_t sample, uint32_t round);

/* Gap before request INDEX, seconds. */
double load_gap(const struct load *load, uint64_t index);

/* Tokens drawn by VARIATE number INDEX of STREAM; at least 1. */
uint32_t lengths_draw(const struct lengths *lengths, uint64_t seed, unsigned stream,
		      uint64_t index);
/* The most that can be drawn. */
uint32_t lengths_most(const struct lengths *lengths);

/* Read PATH; MOST rows at most are kept (0: LOAD_MOST_REQUESTS). TRACE is zeroed first; call
 * load_trace_fini in any case. */
SIM_MUST_CHECK enum sim_status load_trace_read(const char *path, size_t most,
					       struct load_trace *trace, struct sim_diag *diag);
void load_trace_fini(struct load_trace *trace);

#endif
