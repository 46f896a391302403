/*
 * Features of an architecture that software may lack. A profile names those that it does not know
 * under `lacks`, each with the reason; workload_complete refuses a model that has one of them.
 */
#ifndef WORKLOADS_FEATURE_H
#define WORKLOADS_FEATURE_H

#include <stdbool.h>

#include "workloads/model.h"

/* clang-format off */
#define WORKLOAD_FEATURE_LIST(X) \
	X(LATENT,     "latent",         "latent attention") \
	X(STATE,      "state_space",    "state space") \
	X(EXPERTS,    "experts",        "mixture of experts") \
	X(SHARED,     "shared_experts", "experts that all tokens share") \
	X(UNGATED,    "ungated",        "MLP without a gate") \
	X(SINKS,      "sinks",          "attention sinks") \
	X(SOFTCAP,    "softcap",        "capped attention logits") \
	X(ENCODER,    "encoder",        "encoder") \
	X(LEARNED,    "learned",        "learned positions") \
	X(LAYER_NORM, "layer_norm",     "layer norm") \
	X(FUSED,      "fused_inputs",   "draft head that fuses its inputs") \
	X(POST_NORMS, "post_norms",     "norms behind attention and MLP")
/* clang-format on */

enum workload_feature {
#define X(name, key, text) FEATURE_##name,
	WORKLOAD_FEATURE_LIST(X)
#undef X
		FEATURE_COUNT
};

const char *feature_key(unsigned feature);  /* under `lacks` of a profile */
const char *feature_text(unsigned feature); /* in messages */
bool feature_of(const struct workload_model *model, unsigned feature);

#endif
