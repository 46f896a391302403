/* Keys of the experts' routing, for what else depends on it. Internal to workloads. */
#ifndef WORKLOADS_TRANSFORM_MOE_H
#define WORKLOADS_TRANSFORM_MOE_H

#include "workloads/transform.h"

enum moe_key { MOE_UNIQUE, MOE_UNIQUE_SHARE, MOE_SKEW, MOE_SPREAD, MOE_LOCALITY, MOE_KEY_COUNT };

size_t moe_first_key(const struct workload *workload);

/* Tokens of FORWARD that choose experts on their own. */
double moe_tokens(const struct workload *workload, const struct workload_forward *forward);

/* Distinct experts of a prompt's forward, where moe.skew or moe.spread tell. */
SIM_MUST_CHECK enum sim_status moe_plan_prefill(const struct workload *workload,
						struct workload_forward *forward,
						struct sim_diag *diag);

/* Drafts choose among the experts of the near memory only (draft.experts). */
bool speculation_is_restricted(const struct workload *workload);

#endif
