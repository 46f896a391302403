/*
 * What a run keeps in memory and how it reads it: what a machine with several memories needs to know
 * to decide what lies where, once, before anything runs.
 */
#ifndef SIM_CORE_RESIDENTS_H
#define SIM_CORE_RESIDENTS_H

#include <stdbool.h>

struct sim_residents {
	double dense_bytes; /* weights that every forward reads, and embeddings: of model and drafts */
	double kv_bytes;    /* of all sequences at the end of the generation */
	double expert_bytes; /* one routed expert of one layer, as stored; 0: the model has none */
	double expert_copy_bytes; /* the same held a second time for a draft in other bits; 0: none */
	double expert_layers, experts, experts_per_token;
	double slice; /* share of an expert's bytes that a draft of its upper bits reads; 1: no slices */
	double tokens;	     /* that choose experts on their own, in the model's widest forward */
	double draft_tokens; /* the same of the widest draft by the model itself; 0: none */
	bool verifies;	     /* that forward checks drafted tokens */
	bool restricted;     /* drafts choose among the experts in the near memory only */
	double skew;	     /* Zipf exponent of what a batch's tokens choose; 0: all alike */
	double locality; /* Zipf exponent of what one sequence asks for over time; 0: all alike */
};

#endif
