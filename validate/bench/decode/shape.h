/*
 * Sizes of a decode run: model, batch, context, and how its kernels cut them up. Checked once, in
 * decode_shape_init; whatever the kernels need beyond a well-formed model is refused there.
 */
#ifndef VALIDATE_BENCH_DECODE_SHAPE_H
#define VALIDATE_BENCH_DECODE_SHAPE_H

#include <stdbool.h>
#include <stdint.h>

#include "sim/core/status.h"
#include "workloads/model.h"

enum {
	DECODE_VECTOR = 8,	  /* elements of a 16-byte load: widths are multiples of it */
	DECODE_WIDEST_HEAD = 256, /* a warp's lanes x DECODE_VECTOR */
	DECODE_GROUP = 8,	  /* most query heads that a block shares a KV head among */
	DECODE_MOST_SPLITS = 128, /* of the cache; the combining kernel has a thread for each */
	DECODE_ATTN_THREADS = 128,
	DECODE_NORM_THREADS = 256,
	DECODE_POINT_THREADS = 256,
	DECODE_ARGMAX_THREADS = 256,
	DECODE_ARGMAX_SPAN = 4096, /* logits of a block of the first stage */
	/*
	 * Assumed, to be tuned on a GPU: a split has at least this many tokens, and a grid of
	 * attention aims at so many blocks a multiprocessor.
	 */
	DECODE_SPLIT_TOKENS = 64,
	DECODE_ATTN_BLOCKS = 4,
};

/* For --dry-run without a GPU: an H100 SXM (hwmodels/devices/h100-sxm.yaml, sm.count). */
#define DECODE_DEFAULT_SMS 132

struct decode_shape {
	struct workload_model model; /* its layers cut to what runs */
	uint64_t batch;
	uint64_t context;  /* tokens in the cache before the first step */
	uint64_t capacity; /* slots of the cache: context and one a step */
	uint64_t sms;

	uint64_t queries; /* heads x head_dim */
	uint64_t joined;  /* queries, keys and values: width of the QKV projection */
	uint64_t ratio;	  /* query heads of a KV head */
	uint64_t group;	  /* of them in one block: the largest divisor up to DECODE_GROUP */
	uint64_t lanes;	  /* of a warp that share a token: 8, 16 or 32 */
	uint64_t splits;
	uint64_t argmax_blocks; /* a row of logits */
};

/* LAYERS 0: all; SMS 0: unknown. */
SIM_MUST_CHECK enum sim_status decode_shape_init(struct decode_shape *shape,
						 const struct workload_model *model, uint64_t batch,
						 uint64_t context, uint64_t steps, uint64_t layers,
						 uint64_t sms, struct sim_diag *diag);

/*
 * Where everything lies in the one block of device memory, in bytes, each at a multiple of 256. An
 * absent tensor has the offset of the next one and no size.
 */
struct decode_layer_layout {
	uint64_t qkv, qkv_bias, query_norm, key_norm, output, gate_up, down;
	uint64_t keys, values; /* [batch, kv_heads, capacity, head_dim] */
};

struct decode_layout {
	struct decode_layer_layout *layers;
	uint64_t embedding, head; /* the same when tied */
	uint64_t norms;		  /* 2 a layer and the last, hidden each */
	uint64_t residual, normed, joined, queries, attended, branch, gate_up, active, logits;
	uint64_t partial, statistics; /* of attention's splits, fp32 */
	uint64_t best, best_index;    /* of argmax's blocks */
	uint64_t tokens, position, rope;
	uint64_t weight_bytes, kv_bytes, other_bytes; /* without the gaps of alignment */
	uint64_t total_bytes;
};

SIM_MUST_CHECK enum sim_status decode_layout_init(struct decode_layout *layout,
						  const struct decode_shape *shape,
						  struct sim_diag *diag);
void decode_layout_fini(struct decode_layout *layout);

#endif
