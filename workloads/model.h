/*
 * A language model as its architecture: what a decode step must read and compute, whatever runs it.
 *
 * Read from YAML (workloads/models/NAME.yaml or any path) under one table of keys, in model.c: a key
 * that is not there is refused by name, so an architecture that is not understood is never taken for
 * a simpler one. Dense decoders with RMS norms, rotary embedding and grouped-query attention; what
 * else there is (experts, latent attention, layers of several kinds) needs keys of its own.
 *
 *   root          model, summary, source (the config the numbers are from), published, architecture
 *   published     parameters (as the publisher counts them), source
 *   architecture  the keys of the table
 */
#ifndef WORKLOADS_MODEL_H
#define WORKLOADS_MODEL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "sim/core/arena.h"
#include "sim/core/status.h"

enum { MODEL_PATH_SIZE = 512 };

enum model_activation { MODEL_SILU, MODEL_GELU, MODEL_GELU_TANH, MODEL_RELU };

/* How the frequencies of the rotary embedding are stretched beyond the positions trained on. */
enum model_rope { MODEL_ROPE_NONE, MODEL_ROPE_LLAMA3 };

struct workload_model {
	char name[64];
	char summary[128];
	char source[256];
	uint64_t published_parameters;
	char published_source[256];

	uint64_t layers;
	uint64_t hidden;
	uint64_t heads;	   /* query heads */
	uint64_t kv_heads; /* divides heads */
	uint64_t head_dim; /* even */
	uint64_t window;   /* tokens attended to; 0: all of them */
	uint64_t intermediate;
	uint64_t vocabulary;
	uint64_t positions; /* most tokens the model was made for */
	bool qkv_bias;
	bool qk_norm;	     /* an RMS norm over each query and key head */
	bool gated;	     /* MLP: act(gate(x)) * up(x), else act(up(x)) */
	bool tied;	     /* the embedding is the vocabulary projection too */
	unsigned activation; /* enum model_activation */
	double norm_epsilon;
	double rope_theta;
	unsigned rope_scaling; /* enum model_rope, and its factors: */
	double rope_factor;
	double rope_low_factor;
	double rope_high_factor;
	uint64_t rope_original_positions;
};

/* Read NAME, a built-in model, or a path (it holds '/' or ends in .yaml). */
SIM_MUST_CHECK enum sim_status model_load(const char *name_or_path, struct workload_model *model,
					  struct sim_diag *diag);

/* The same from the TEXT of a file called NAME in messages. */
SIM_MUST_CHECK enum sim_status model_parse(const char *name, const char *text, size_t length,
					   struct workload_model *model, struct sim_diag *diag);

/* Names of the built-in models, sorted. */
SIM_MUST_CHECK enum sim_status model_list(struct arena *arena, const char ***names, size_t *count,
					  struct sim_diag *diag);

/* Path of NAME_OR_PATH; SIM_E_NOT_FOUND with the nearest name that is built in. */
SIM_MUST_CHECK enum sim_status model_find(const char *name_or_path, char *path, size_t path_size,
					  struct sim_diag *diag);

/* The architecture's keys, in the order of the table, with what each means. */
size_t model_key_count(void);
const char *model_key_name(size_t i);
const char *model_key_what(size_t i);

/* Parameters by what they are for. */
struct model_parameters {
	uint64_t embedding;	 /* vocabulary x hidden */
	uint64_t head;		 /* the vocabulary projection, also where it is the embedding */
	uint64_t attention;	 /* matrices of queries, keys, values, output */
	uint64_t attention_bias; /* of queries, keys, values */
	uint64_t mlp;
	uint64_t norms; /* of layers, of heads, and the last one */
	uint64_t total; /* tied embeddings once */
	uint64_t read;	/* in a decode step: all but the embedding's rows */
};

struct model_parameters model_parameters(const struct workload_model *model);

/* Elements of the KV cache that one token of one sequence takes, all layers. */
uint64_t model_kv_elements(const struct workload_model *model);

/* Cached tokens that attention reads when LENGTH are there. */
uint64_t model_attended(const struct workload_model *model, uint64_t length);

/*
 * Frequency of rotation of pair I (of head_dim / 2), radians per position, in double.
 *   f = theta^(-2 i / d); llama3 divides it by rope_factor where its wavelength is above
 *   original / low, leaves it below original / high, and interpolates between, as transformers'
 *   modeling_rope_utils.py does (_compute_llama3_parameters).
 */
double model_rope_frequency(const struct workload_model *model, uint64_t i);

#endif
