/*
 * Costs of steps from the step simulator: each kind of step is lowered and replayed once, as
 * run_evaluate and run_forward do, and remembered. Nothing is interpolated.
 *
 * What is exact and what is not:
 *   - a step's batch (lanes that decode) is exact;
 *   - one lane alone: exact, at its own context. So is one prompt alone, at its own length and what
 *     is cached of it;
 *   - several lanes: simulated as lanes of one context, their mean rounded to a multiple of `bucket`
 *     tokens (the KV block, by default). Bytes of weights are exact, bytes of KV are those of the sum
 *     of contexts within bucket / 2 a lane. Not modelled: lanes of unequal contexts on one kernel
 *     (its blocks end at different times), and sliding windows that some lanes have filled and
 *     others have not. With bucket 1 and equal contexts all is exact;
 *   - several prompts: their mean length and mean cached tokens, rounded likewise. Attention over
 *     prompts is quadratic: unequal ones do more than their mean;
 *   - prompts beside lanes (chunked): products, norms and the rest are those of one forward of all
 *     tokens, prompts' attention included; the attention kernels of the lanes are those of a decode
 *     step of the same lanes, added at their own times.
 */
#ifndef SIM_SERVE_COST_H
#define SIM_SERVE_COST_H

#include "sim/serve/serve.h"
#include "validate/run.h"

/* Prices of the steps of one deployment on one device. */
struct cost_pool {
	struct run_setup *setup; /* its batch is set as steps ask for it */
	uint32_t bucket;	 /* tokens; >= 1 */
	struct cost_entry *entries;
	size_t room, count;
	struct run_program decode, prompt; /* kept from step to step */
	uint64_t asked, simulated;
	struct interval band; /* of all steps that were simulated: the widest; NaN unknown */
	bool calibrated, any;
};

struct cost_book {
	struct cost_pool pools[2]; /* 1: of the decode pool, of split; the same setup or another */
	unsigned pool_count;
};

/* SETUP must outlive POOL. */
SIM_MUST_CHECK enum sim_status cost_pool_init(struct cost_pool *pool, struct run_setup *setup,
					      uint32_t bucket, struct sim_diag *diag);
void cost_pool_fini(struct cost_pool *pool);

/* A serve_costs over BOOK. */
struct serve_costs cost_callback(struct cost_book *book);

SIM_MUST_CHECK enum sim_status cost_step(void *book, const struct serve_work *work,
					 struct serve_cost *cost, struct sim_diag *diag);

#endif
