/*
 * A language model as its architecture: what a decode step must read and compute, whatever runs it.
 *
 * Read from YAML (workloads/models/NAME.yaml or any path) under one table of keys, in model.c, or from
 * a Hugging Face config.json (a path ending in .json): a key that is not understood is refused by
 * name, so an architecture that is not understood is never taken for a simpler one.
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

enum { MODEL_MOST_LAYERS = 1024 };

enum model_activation { MODEL_SILU, MODEL_GELU, MODEL_GELU_TANH, MODEL_RELU };

/*
 * How the frequencies of the rotary embedding are stretched beyond the positions trained on. Other:
 * linear, yarn, longrope; a step costs the same, but model_rope_frequency() does not know them.
 */
enum model_rope { MODEL_ROPE_NONE, MODEL_ROPE_LLAMA3, MODEL_ROPE_OTHER };

enum model_norm { MODEL_NORM_RMS, MODEL_NORM_LAYER };

/* What mixes tokens: heads over a KV cache, DeepSeek's latent cache, or a state of constant size. */
enum model_mixer { MODEL_ATTENTION, MODEL_LATENT_ATTENTION, MODEL_STATE_SPACE };

/* What tells a token where it stands. */
enum model_position { MODEL_POSITION_ROTARY, MODEL_POSITION_LEARNED, MODEL_POSITION_NONE };

struct workload_model {
	char name[64];
	char summary[128];
	char source[256];
	uint64_t published_parameters;
	char published_source[256];

	uint64_t layers;
	uint64_t hidden;
	uint64_t heads;	   /* query heads; 0 where nothing attends */
	uint64_t kv_heads; /* divides heads */
	uint64_t head_dim; /* even; of queries and keys */
	uint64_t window;   /* tokens attended to in the layers that slide; 0: all of them */
	uint64_t
		window_every; /* layers i with (i + 1) % every == 0 attend to everything; 0: all slide */
	uint64_t intermediate; /* of the dense MLP; 0: there is none */
	uint64_t vocabulary;
	uint64_t positions; /* most tokens the model was made for; rows of learned positions */
	bool encoder;	    /* no cache: every token attends to every token */
	bool qkv_bias;
	bool output_bias; /* of the attention's output projection */
	bool mlp_bias;
	bool head_bias;
	bool head_transform; /* a dense layer with bias and a norm before the projection (ESM) */
	bool qk_norm;	     /* a norm over each query and key head */
	bool qk_norm_wide;   /* that norm is over all heads together (OLMoE) */
	bool sinks; /* a learned logit per query head that takes part in the softmax (gpt-oss) */
	bool gated; /* MLP: act(gate(x)) * up(x), else act(up(x)) */
	uint64_t fused_inputs; /* of a draft head: vectors that a product makes one of; 0: none */
	bool head_shared; /* of a draft head: embedding and vocabulary projection are its target's */
	bool tied;	  /* the embedding is the vocabulary projection too */
	bool post_norms;  /* two norms more a layer, after attention and MLP (Gemma 2 and 3) */
	unsigned norm;	  /* enum model_norm */
	bool norm_plain;  /* layer norms have no bias (MPT) */
	unsigned mixer;	  /* enum model_mixer, of every layer */
	unsigned position;   /* enum model_position */
	unsigned activation; /* enum model_activation */
	double norm_epsilon;
	double rope_theta;
	unsigned rope_scaling; /* enum model_rope, and its factors: */
	double rope_factor;
	double rope_low_factor;
	double rope_high_factor;
	uint64_t rope_original_positions;
	double rotary_fraction; /* of head_dim that rotates; 1: all */
	double logit_softcap;	/* tanh cap on attention logits (Gemma 2); 0: none */

	/* mixture of experts; experts 0: dense */
	uint64_t experts; /* routed */
	uint64_t experts_per_token;
	uint64_t expert_intermediate;
	uint64_t shared_intermediate; /* of all shared experts together; 0: none */
	bool shared_gate;	      /* a sigmoid gate on the shared expert (Qwen MoE) */
	bool router_bias;
	bool expert_bias;
	uint64_t first_dense; /* layers before the first with experts */
	uint64_t
		expert_every; /* a layer i >= first_dense has experts where (i - first_dense) % every == 0; 1: all */

	/* latent attention (DeepSeek V2, V3): ranks and widths of its heads */
	uint64_t q_rank; /* 0: queries are not compressed */
	uint64_t kv_rank;
	uint64_t nope_dim; /* head_dim is nope_dim + rope_dim */
	uint64_t rope_dim;
	uint64_t value_dim;

	/* state space (Mamba-2) */
	uint64_t state_inner; /* expanded width */
	uint64_t state_size;  /* N of each head's state */
	uint64_t state_heads;
	uint64_t state_groups;
	uint64_t state_conv; /* kernel of the causal convolution */

	/*
	 * Bits of an element as published: 16 for bf16, 32, 8 for fp8, 4.25 for MXFP4 with its scales.
	 * Below 16 they are those of the matrices of attention and MLP; embedding, head, router,
	 * norms and biases stay at 16.
	 */
	double parameter_bits;
	double expert_bits; /* of the routed experts' matrices */
};

/* What layer I (from 0) is made of. Layers of equal kind cost the same. */
struct model_layer {
	bool slides;  /* attends to at most `window` tokens */
	bool experts; /* its MLP is a mixture */
};
struct model_layer model_layer(const struct workload_model *model, uint64_t i);

/* Read NAME, a built-in model, or a path (it holds '/' or ends in .yaml or .json). */
SIM_MUST_CHECK enum sim_status model_load(const char *name_or_path, struct workload_model *model,
					  struct sim_diag *diag);

/* The same from the TEXT of a file called NAME in messages; YAML, or JSON where NAME ends in .json. */
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

/* What MODEL has under key I: a number, a flag (0 or 1), or a word. */
struct model_value {
	double number;
	const char *word; /* NULL: a number or a flag */
	bool flag;
};

/* False where the model does without: an optional key that is absent. */
bool model_key_value(const struct workload_model *model, size_t i, struct model_value *value);

/* Parameters by what they are for. */
struct model_parameters {
	uint64_t embedding; /* vocabulary x hidden */
	uint64_t head;	    /* the vocabulary projection, also where it is the embedding */
	uint64_t head_more; /* its bias, and the transform before it */
	uint64_t position;  /* learned positions x hidden */
	uint64_t
		attention; /* matrices of queries, keys, values, output; of a state-space mixer: all of it */
	uint64_t attention_bias; /* of queries, keys, values, output, and sinks */
	uint64_t mlp;		 /* dense ones, and shared experts, with their biases */
	uint64_t experts;	 /* routed experts, all of them, with their biases */
	uint64_t router;	 /* with its bias and the gate of the shared experts */
	uint64_t norms;		 /* of layers, of heads, and the last one */
	uint64_t total;		 /* tied embeddings once */
	uint64_t active; /* of total, those that one token uses: experts_per_token of the experts */
	uint64_t read; /* in a decode step of one token: active, less the embedding's other rows */
};

struct model_parameters model_parameters(const struct workload_model *model);

/* Elements of the output projections of attention or of the mixer, all layers: a part of `attention`. */
uint64_t model_output_elements(const struct workload_model *model);

/* Bytes of all parameters as published (parameter_bits, expert_bits). */
uint64_t model_parameter_bytes(const struct workload_model *model);

/* Bits of an element of what stays wide: embedding, head, router, norms, biases. */
double model_wide_bits(const struct workload_model *model);

/* Elements of the KV cache that one token of one sequence takes, all layers. */
uint64_t model_kv_elements(const struct workload_model *model);

/* Elements of the state of constant size that one sequence takes, all layers (state space). */
uint64_t model_state_elements(const struct workload_model *model);

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
