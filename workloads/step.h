/*
 * Lowered step: the kernels of one forward pass of one model, before they become a program.
 *
 * A step is a list of kernels and a list of segments that say how often a run of them repeats: the
 * layers of one kind are one segment, so that what is computed is one layer, not 32. Kernels keep
 * what transforms need to know of them: the role, the dims, and how many parameters and cache
 * elements they touch, so that a format can set the bytes anew. Expanding a step gives the same
 * records a trace has.
 */
#ifndef WORKLOADS_STEP_H
#define WORKLOADS_STEP_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "sim/core/kernel.h"
#include "sim/core/names.h"
#include "sim/core/program.h"
#include "sim/core/status.h"

/* clang-format off */
/* What a kernel is for in the model, whatever it computes. Transforms select by it. */
#define WORKLOAD_ROLE_LIST(X) \
	X(NONE,         "none",         "book-keeping of the runtime") \
	X(EMBEDDING,    "embedding",    "rows of the token and position embeddings") \
	X(MASK,         "mask",         "attention mask and position ids") \
	X(NORM,         "norm",         "norms of layers, heads and the last one") \
	X(QKV,          "qkv",          "projection of queries, keys and values, one or all") \
	X(ROPE,         "rope",         "rotary embedding of queries and keys, its tables too") \
	X(KV_WRITE,     "kv_write",     "new keys and values into the cache") \
	X(KV_COPY,      "kv_copy",      "copies of the cache that the runtime makes (cat, repeat_kv, expand)") \
	X(ATTENTION,    "attention",    "QK^T, softmax, PV and their combination") \
	X(OUTPUT,       "output",       "output projection of attention or of the mixer") \
	X(RESIDUAL,     "residual",     "addition to the residual stream") \
	X(ROUTER,       "router",       "scores, selection and book-keeping of experts") \
	X(MLP_UP,       "mlp_up",       "gate and up projections") \
	X(ACTIVATION,   "activation",   "activation function and the product with the gate") \
	X(MLP_DOWN,     "mlp_down",     "down projection") \
	X(EXPERT_UP,    "expert_up",    "gate and up projections of routed experts") \
	X(EXPERT_DOWN,  "expert_down",  "down projection of routed experts") \
	X(EXPERT_MIX,   "expert_mix",   "scatter, weighting and sum of experts' results") \
	X(MIXER,        "mixer",        "state-space scan, convolution and state update") \
	X(HEAD,         "head",         "vocabulary projection") \
	X(SAMPLING,     "sampling",     "next token from the logits") \
	X(TRANSFER,     "transfer",     "copies between memory tiers or devices") \
	X(FORMAT,       "format",       "dequantization, compression, rotation: kernels that a format adds") \
	X(ABSORB,       "absorb",       "up-projections of a latent cache, absorbed, in 16 bits whatever the weights have")
/* clang-format on */

enum workload_role {
#define X(name, text, what) WORKLOAD_ROLE_##name,
	WORKLOAD_ROLE_LIST(X)
#undef X
		WORKLOAD_ROLE_COUNT
};

const char *workload_role_text(unsigned role);
int workload_role_from_text(const char *text); /* -1 when there is none */

struct lowered_kernel {
	struct sim_kernel kernel; /* what the engine takes; bytes follow from the elements below */
	double weight_elements;	  /* parameters read */
	double kv_read_elements;
	double kv_write_elements;
	uint32_t name;	  /* in the step's names */
	uint32_t m, n, k; /* GEMM dims; attention: m query rows, n KV length, k head dim; else 0 */
	uint16_t heads, kv_heads; /* attention */
	uint16_t role;		  /* enum workload_role */
	uint16_t group;	  /* kernels of one matrix product share a number > 0: a split-K GEMM, its
			     reduction, its memset */
	uint32_t experts; /* grouped GEMM: distinct experts read; else 0 */
	float more_ops;	  /* operations of the host beside the one that launches it; may be -1 */
};

/* kernels[first .. first + count), REPEAT times in a row. */
struct lowered_segment {
	uint32_t first;
	uint32_t count;
	uint32_t repeat;
	uint32_t layer; /* of the first repeat; UINT32_MAX outside the layers */
};

/*
 * A dependency across streams: kernel AFTER of repeat r of a segment waits for kernel BEFORE of
 * repeat r - BACK of the same segment (none where that is negative). Where BEFORE is of an earlier
 * segment (BACK is 0), repeat 0 waits for the last repeat there. Indices into kernels.
 */
struct lowered_edge {
	uint32_t before, after;
	uint32_t back;
};

struct workload_step {
	struct name_table names;
	struct lowered_kernel *kernels;
	size_t kernel_count, kernel_capacity;
	struct lowered_segment *segments; /* in the order they run; cover all kernels */
	size_t segment_count, segment_capacity;
	struct lowered_edge *edges;
	size_t edge_count, edge_capacity;
};

SIM_MUST_CHECK enum sim_status step_init(struct workload_step *step, struct sim_diag *diag);
void step_fini(struct workload_step *step);

/* Forget kernels, segments and edges; names and capacity stay. */
void step_clear(struct workload_step *step);

/* A zeroed kernel at the end, and at POSITION of segment SEGMENT; NULL: out of memory. Pointers into
 * the arrays do not survive it. */
struct lowered_kernel *step_append(struct workload_step *step);
struct lowered_kernel *step_insert(struct workload_step *step, size_t segment, uint32_t position);

/* Remove kernel POSITION of SEGMENT. Edges that name it go too. */
void step_remove(struct workload_step *step, size_t segment, uint32_t position);

/* Close a segment over the kernels appended since the last one. */
SIM_MUST_CHECK enum sim_status step_close(struct workload_step *step, uint32_t repeat,
					  uint32_t layer, struct sim_diag *diag);

/* EDGE of kernels of one segment, or from an earlier one. */
SIM_MUST_CHECK enum sim_status step_add_edge(struct workload_step *step, struct lowered_edge edge,
					     struct sim_diag *diag);

/*
 * Make every layer a segment of its own (repeat 1), for transforms that treat layers differently.
 * Layers that were one segment get copies of its kernels.
 */
SIM_MUST_CHECK enum sim_status step_unroll(struct workload_step *step, struct sim_diag *diag);

/* Kernels when expanded. */
uint64_t step_expanded_count(const struct workload_step *step);

/* Write the expanded kernels, one record each, to KERNELS (room for step_expanded_count). */
void step_expand(const struct workload_step *step, struct sim_kernel *kernels);

/*
 * The records once, and the runs that expand them, as closed_form_runs() takes them: room for
 * kernel_count records and segment_count runs.
 */
void step_compact(const struct workload_step *step, struct sim_kernel *kernels,
		  struct sim_run *runs);

/* Index into step->kernels of each expanded kernel. */
void step_expand_index(const struct workload_step *step, uint32_t *index);

/* Expanded edges, FIRST added to both ends; NULL edges: only counts. Sorted by (after, before). */
size_t step_expand_edges(const struct workload_step *step, uint32_t first, struct sim_edge *edges);

#endif
