/* Keys of speculation. Internal to workloads. */
#ifndef WORKLOADS_TRANSFORM_SPECULATION_H
#define WORKLOADS_TRANSFORM_SPECULATION_H

#include "workloads/transform.h"

enum speculation_key {
	DRAFT_KIND,
	DRAFT_MODEL,
	DRAFT_K,
	DRAFT_NODES,
	DRAFT_WIDTH,
	DRAFT_ACCEPTANCE,
	DRAFT_PERIOD,
	DRAFT_LENGTHS,
	DRAFT_TAU,
	DRAFT_SCHEDULE,
	DRAFT_LAYERS,
	DRAFT_BITS,
	DRAFT_VOCABULARY,
	DRAFT_CONTEXT,
	DRAFT_LEVEL2_MODEL,
	DRAFT_LEVEL2_LAYERS,
	DRAFT_LEVEL2_K,
	DRAFT_LEVEL2_NODES,
	DRAFT_LEVEL2_ACCEPTANCE,
	DRAFT_LEVEL2_TAU,
	DRAFT_SLICE,
	DRAFT_EXPERTS,
	DRAFT_FROM_BATCH,
	SPECULATION_KEY_COUNT
};

enum draft_kind {
	DRAFT_KIND_NONE,
	DRAFT_KIND_MODEL,
	DRAFT_KIND_NGRAM,
	DRAFT_KIND_SELF,
	DRAFT_KIND_MASKS,
	DRAFT_KIND_EAGLE
};

enum draft_schedule { DRAFT_SEQUENTIAL, DRAFT_PARALLEL };

/* Tokens that an iteration makes at CONTEXT cached tokens, from the keys of acceptance. */
SIM_MUST_CHECK enum sim_status speculation_tokens(const struct workload *workload, size_t first_key,
						  double context, double *tokens,
						  struct sim_diag *diag);

/* Whether the draft is a head that is derived of the model, and that head (workloads/eagle.c). */
bool speculation_has_head(const struct workload *workload);
SIM_MUST_CHECK enum sim_status speculation_head(const struct workload_model *target,
						struct workload_model *head, struct sim_diag *diag);

/* Refuse what does not go together. */
SIM_MUST_CHECK enum sim_status speculation_check(const struct workload *workload, size_t first_key,
						 struct sim_diag *diag);

#endif
