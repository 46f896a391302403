/*
 * Workload: a model on a runtime under a scenario, and its lowering to kernels.
 *
 *   workload_load     names and files -> model, profile, scenario, checked against each other
 *   workload_iterate  -> the forwards of one iteration (one, unless something speculates)
 *   workload_lower    one forward -> step -> (transforms) -> kernels
 *   workload_program  an iteration as an engine program
 * Lowering is a pure function of (workload, forward): no state is carried from one to the next, so
 * a generation of N tokens is the same whether its steps are lowered in a row or one by one.
 */
#ifndef WORKLOADS_WORKLOAD_H
#define WORKLOADS_WORKLOAD_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "sim/core/program.h"
#include "sim/core/status.h"
#include "workloads/model.h"
#include "workloads/runtime.h"
#include "workloads/scenario.h"
#include "workloads/step.h"

enum {
	WORKLOAD_MOST_FORWARDS = 64, /* kinds of forwards in an iteration */
	WORKLOAD_MOST_STEPS = 1024,  /* forwards in an iteration */
	WORKLOAD_MOST_MODELS = 4,
	WORKLOAD_MOST_TRANSFORMS = 32,
};

struct workload {
	struct workload_model model;
	struct workload_runtime runtime;
	struct workload_scenario scenario;
	/* further models, of drafts; on the heap; loaded by workload_load for the key that names one */
	struct workload_model *drafts[WORKLOAD_MOST_MODELS];
	size_t draft_keys[WORKLOAD_MOST_MODELS]; /* keys of the scenario that named them */
	size_t draft_count;
	size_t first_keys[WORKLOAD_MOST_TRANSFORMS]; /* of each transform in the scenario's table */
	double sm_count;	 /* of the device lowered for: libraries choose kernels by it */
	double resident_experts; /* of a layer, in the memory that drafts read; 0: unknown (capacity) */
};

/* One forward pass. */
struct workload_forward {
	uint32_t model;	       /* 0: the workload's, 1 + i: drafts[i] */
	uint32_t count;	       /* times in a row in the iteration */
	double batch;	       /* sequences */
	double width;	       /* tokens of a sequence in it */
	double context;	       /* tokens that are cached before it, of one sequence */
	double slots;	       /* KV slots allocated of one sequence */
	double advance;	       /* context grows by this from one of COUNT to the next */
	bool prefill;	       /* of a prompt: no cache before it */
	bool verify;	       /* checks drafted tokens */
	bool draft;	       /* of a draft: also where it is a part of the model itself */
	uint8_t stream;	       /* forwards on different streams overlap; on one they run in a row */
	double vocabulary;     /* rows of the vocabulary projection; 0: the model's */
	double layers;	       /* of the model that run; 0: all (self-drafts skip some) */
	double unique_experts; /* distinct experts of a layer that its tokens choose; 0: as many as
				  uniform, independent routing chooses on average */
};

struct workload_iteration {
	struct workload_forward forwards[WORKLOAD_MOST_FORWARDS];
	size_t forward_count;
	double tokens;	  /* accepted or made, of one sequence, on average */
	double kv_tokens; /* slots that the iteration writes, of one sequence */
	double batch;	  /* sequences that it takes on, where they are more than its first forward
			     has (workloads/parallel.h); 0: as many */
};

/* What must be held in memory, bytes, and what fits. */
struct workload_capacity {
	double weight_bytes;
	double kv_bytes;	 /* of all sequences at the end of the generation */
	double state_bytes;	 /* of constant size */
	double activation_bytes; /* the largest live set between two kernels */
	double workspace_bytes; /* of the runtime: context, libraries, graphs; an assumption of the profile */
	double offloaded_bytes; /* of the above, held elsewhere */
	double total_bytes;
	double kv_bytes_per_token; /* of one sequence */
	double batch, slots;	   /* what it is of: sequences, KV slots held of each */
};

/*
 * Load SCENARIO's model and runtime. WORKLOAD takes SCENARIO over (also on failure) and is
 * initialized in any case: call workload_fini always. SM_COUNT of the device; 0: 132.
 */
SIM_MUST_CHECK enum sim_status workload_load(struct workload *workload,
					     struct workload_scenario *scenario, double sm_count,
					     struct sim_diag *diag);
void workload_fini(struct workload *workload);

/* Iteration of the generation that begins with CONTEXT cached tokens of each sequence. */
SIM_MUST_CHECK enum sim_status workload_iterate(const struct workload *workload, double context,
						struct workload_iteration *iteration,
						struct sim_diag *diag);

/* Kernels of FORWARD, transforms applied. STEP is cleared first. */
SIM_MUST_CHECK enum sim_status workload_lower(const struct workload *workload,
					      const struct workload_forward *forward,
					      struct workload_step *step, struct sim_diag *diag);

/* The same before any transform: what the profile alone makes of the model. */
SIM_MUST_CHECK enum sim_status workload_lower_plain(const struct workload *workload,
						    const struct workload_forward *forward,
						    struct workload_step *step,
						    struct sim_diag *diag);

/*
 * SIM_E_UNSUPPORTED where the profile takes a model for a simpler one: its kernels for one token do
 * not read the parameters that the architecture says. Part of workload_load.
 */
SIM_MUST_CHECK enum sim_status workload_complete(const struct workload *workload,
						 struct sim_diag *diag);

/* The forward of PROMPTS sequences that bring WIDTH tokens each, behind CACHED ones. */
SIM_MUST_CHECK enum sim_status workload_prompts(const struct workload *workload, double prompts,
						double width, double cached,
						struct workload_forward *forward,
						struct sim_diag *diag);
/* The prefill of the scenario's context, as a forward. */
SIM_MUST_CHECK enum sim_status workload_prefill(const struct workload *workload,
						struct workload_forward *forward,
						struct sim_diag *diag);

/* Set FORWARD's slots as the scenario or else the runtime says, from its other fields. */
SIM_MUST_CHECK enum sim_status workload_slots(const struct workload *workload,
					      struct workload_forward *forward,
					      struct sim_diag *diag);

/* Memory at CONTEXT cached tokens of each of BATCH sequences. */
SIM_MUST_CHECK enum sim_status workload_capacity(const struct workload *workload, double batch,
						 double context, struct workload_capacity *capacity,
						 struct sim_diag *diag);

enum { WORKLOAD_MOST_BATCH = 1 << 20 };

/* What a machine has to hold it. */
struct workload_memory {
	double bytes;	 /* 0: unknown, all fits */
	double kv_bytes; /* of a memory for the KV cache alone; 0: it lies with the rest */
};

bool workload_fits(const struct workload_capacity *capacity, const struct workload_memory *memory);

/* The most sequences at CONTEXT, and the longest context (at most the model's positions) of BATCH
 * sequences, that fit into MEMORY; 0: none. */
SIM_MUST_CHECK enum sim_status workload_largest_batch(const struct workload *workload,
						      double context,
						      const struct workload_memory *memory,
						      double *batch, struct sim_diag *diag);
SIM_MUST_CHECK enum sim_status workload_largest_context(const struct workload *workload,
							double batch,
							const struct workload_memory *memory,
							double *context, struct sim_diag *diag);

/* What a forward's `model` is for the draft that KEY of the scenario names; 0: KEY is not given. */
uint32_t workload_draft(const struct workload *workload, size_t key);

/* Model of FORWARD. */
const struct workload_model *workload_model_of(const struct workload *workload,
					       const struct workload_forward *forward);

/* Names every expression of a profile may use, beside the profile's own. */
struct expr_scope workload_scope(void);

/*
 * An iteration as a program: each forward a step. Owns its arrays; detail[i] is the lowered kernel
 * that made kernels[i] (its record is kernels[i]'s).
 */
struct workload_program {
	struct sim_program program;
	struct sim_kernel *kernels;
	struct sim_step *steps;
	struct sim_edge *edges;
	struct sim_kernel
		*distinct; /* the lowered kernels of all steps, as the program tells them */
	uint32_t *distinct_of;
	const struct lowered_kernel **details;
	struct workload_step *lowered; /* one per forward */
	size_t lowered_count;
	struct program_kept *kept; /* internal to program.c */
};

/* PROGRAM is initialized in any case: call workload_program_fini always. */
SIM_MUST_CHECK enum sim_status workload_program(const struct workload *workload,
						const struct workload_iteration *iteration,
						struct workload_program *program,
						struct sim_diag *diag);
void workload_program_fini(struct workload_program *program);

/*
 * The same over what PROGRAM holds of another iteration of this workload, at the cost of what
 * differs; PROGRAM is zeroed by the caller before the first call, and its kernels are nobody's to
 * change. *CHANGED: kernels, steps or edges are not what they were. After a failure PROGRAM is to
 * be built again or given up.
 */
SIM_MUST_CHECK enum sim_status workload_program_again(const struct workload *workload,
						      const struct workload_iteration *iteration,
						      struct workload_program *program,
						      bool *changed, struct sim_diag *diag);

#endif
