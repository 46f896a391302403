/* Values of the names that expressions of a profile may use. Internal to the lowering. */
#ifndef WORKLOADS_SCOPE_H
#define WORKLOADS_SCOPE_H

#include "workloads/workload.h"

/* Everything but the layer, which is set as if it were none. */
void scope_fill_forward(const struct workload *workload, const struct workload_forward *forward,
			double *values);

/* slides, moe, first_layer; kv: tokens attended to, the new ones too; kv_slots: slots held. */
void scope_fill_layer(const struct workload_model *model, struct model_layer layer, bool first,
		      double *values);

/* Distinct experts that TOKENS choose, uniformly and independently: E (1 - (1 - K/E)^T). */
double scope_unique_experts(const struct workload_model *model, double tokens);

#endif
