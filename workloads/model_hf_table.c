/* The architectures of config.json that are understood. */
#include "workloads/model_hf.h"

/* clang-format off */
#define SIZES \
	{"vocab_size", "vocabulary", HF_REQUIRED, 0}, \
	{"hidden_size", "hidden", HF_REQUIRED, 0}, \
	{"num_hidden_layers", "layers", HF_REQUIRED, 0}, \
	{"num_attention_heads", "attention.heads", HF_REQUIRED, 0}

/* attention_bias is of queries, keys, values and output */
#define ATTENTION_BIAS(fallback) \
	{"attention_bias", "attention.qkv_bias", HF_DEFAULT, fallback}, \
	{"attention_bias", "attention.output_bias", HF_DEFAULT, fallback}

#define ACTIVATION(name, fallback) {name, "mlp.activation", HF_DEFAULT, fallback}
#define END {NULL, NULL, HF_OPTIONAL, 0}

static const struct hf_key grouped[] = { /* heads over a cache, as most name them */
	SIZES,
	{"num_key_value_heads", "attention.kv_heads", HF_OPTIONAL, 0},
	{"head_dim", "attention.head_dim", HF_OPTIONAL, 0},
	END,
};

static const struct hf_key llama[] = {
	{"intermediate_size", "mlp.intermediate", HF_REQUIRED, 0},
	{"max_position_embeddings", "positions", HF_DEFAULT, 2048},
	{"rms_norm_eps", "norm.epsilon", HF_DEFAULT, 1e-6},
	{"tie_word_embeddings", "tied_embeddings", HF_DEFAULT, 0},
	{"mlp_bias", "mlp.bias", HF_DEFAULT, 0},
	ATTENTION_BIAS(0),
	ACTIVATION("hidden_act", MODEL_SILU),
	END,
};

static const struct hf_key mistral[] = {
	{"intermediate_size", "mlp.intermediate", HF_REQUIRED, 0},
	{"max_position_embeddings", "positions", HF_REQUIRED, 0},
	{"rms_norm_eps", "norm.epsilon", HF_DEFAULT, 1e-6},
	{"tie_word_embeddings", "tied_embeddings", HF_DEFAULT, 0},
	ACTIVATION("hidden_act", MODEL_SILU),
	END,
};

static const struct hf_key phi3[] = {
	{"intermediate_size", "mlp.intermediate", HF_REQUIRED, 0},
	{"max_position_embeddings", "positions", HF_DEFAULT, 4096},
	{"rms_norm_eps", "norm.epsilon", HF_DEFAULT, 1e-5},
	{"tie_word_embeddings", "tied_embeddings", HF_DEFAULT, 0},
	{"attention_bias", NULL, HF_MUST, 0},
	{"mlp_bias", NULL, HF_MUST, 0},
	{"lm_head_bias", NULL, HF_MUST, 0},
	{"full_attn_mod", NULL, HF_MUST, 1},
	{"interpolate_factor", NULL, HF_MUST, 1},
	ACTIVATION("hidden_act", MODEL_SILU),
	END,
};

static const struct hf_key qwen3[] = {
	{"intermediate_size", "mlp.intermediate", HF_REQUIRED, 0},
	{"max_position_embeddings", "positions", HF_REQUIRED, 0},
	{"rms_norm_eps", "norm.epsilon", HF_DEFAULT, 1e-6},
	{"tie_word_embeddings", "tied_embeddings", HF_DEFAULT, 0},
	ATTENTION_BIAS(0),
	ACTIVATION("hidden_act", MODEL_SILU),
	END,
};

static const struct hf_key qwen_experts[] = {
	{"max_position_embeddings", "positions", HF_REQUIRED, 0},
	{"rms_norm_eps", "norm.epsilon", HF_DEFAULT, 1e-6},
	{"tie_word_embeddings", "tied_embeddings", HF_DEFAULT, 0},
	{"num_experts", "experts.count", HF_REQUIRED, 0},
	{"num_experts_per_tok", "experts.per_token", HF_REQUIRED, 0},
	{"moe_intermediate_size", "experts.intermediate", HF_REQUIRED, 0},
	{"shared_expert_intermediate_size", "experts.shared_intermediate", HF_OPTIONAL, 0},
	{"attention_bias", "attention.qkv_bias", HF_OPTIONAL, 0},
	{"attention_bias", "attention.output_bias", HF_OPTIONAL, 0},
	{"qkv_bias", "attention.qkv_bias", HF_OPTIONAL, 0},
	{"mlp_only_layers", NULL, HF_EMPTY, 0},
	ACTIVATION("hidden_act", MODEL_SILU),
	END,
};

static const struct hf_key mixtral[] = {
	{"max_position_embeddings", "positions", HF_REQUIRED, 0},
	{"rms_norm_eps", "norm.epsilon", HF_DEFAULT, 1e-5},
	{"tie_word_embeddings", "tied_embeddings", HF_DEFAULT, 0},
	{"num_local_experts", "experts.count", HF_DEFAULT, 8},
	{"num_experts_per_tok", "experts.per_token", HF_DEFAULT, 2},
	{"intermediate_size", "experts.intermediate", HF_REQUIRED, 0},
	ACTIVATION("hidden_act", MODEL_SILU),
	END,
};

static const struct hf_key olmoe[] = {
	{"max_position_embeddings", "positions", HF_DEFAULT, 4096},
	{"rms_norm_eps", "norm.epsilon", HF_DEFAULT, 1e-5},
	{"tie_word_embeddings", "tied_embeddings", HF_DEFAULT, 0},
	{"num_experts", "experts.count", HF_DEFAULT, 64},
	{"num_experts_per_tok", "experts.per_token", HF_DEFAULT, 8},
	{"intermediate_size", "experts.intermediate", HF_REQUIRED, 0},
	{"clip_qkv", NULL, HF_EMPTY, 0},
	ATTENTION_BIAS(0),
	ACTIVATION("hidden_act", MODEL_SILU),
	END,
};

static const struct hf_key gpt_oss[] = {
	{"max_position_embeddings", "positions", HF_DEFAULT, 131072},
	{"rms_norm_eps", "norm.epsilon", HF_DEFAULT, 1e-5},
	{"tie_word_embeddings", "tied_embeddings", HF_DEFAULT, 0},
	{"num_local_experts", "experts.count", HF_REQUIRED, 0},
	{"experts_per_token", "experts.per_token", HF_DEFAULT, 4},
	{"num_experts_per_tok", "experts.per_token", HF_OPTIONAL, 0},
	{"intermediate_size", "experts.intermediate", HF_REQUIRED, 0},
	ATTENTION_BIAS(1),
	ACTIVATION("hidden_act", MODEL_SILU),
	END,
};

static const struct hf_key deepseek[] = {
	SIZES,
	{"intermediate_size", "mlp.intermediate", HF_REQUIRED, 0},
	{"max_position_embeddings", "positions", HF_REQUIRED, 0},
	{"rms_norm_eps", "norm.epsilon", HF_DEFAULT, 1e-6},
	{"tie_word_embeddings", "tied_embeddings", HF_DEFAULT, 0},
	{"q_lora_rank", "latent.q_rank", HF_OPTIONAL, 0},
	{"kv_lora_rank", "latent.kv_rank", HF_REQUIRED, 0},
	{"qk_nope_head_dim", "latent.nope_dim", HF_REQUIRED, 0},
	{"qk_rope_head_dim", "latent.rope_dim", HF_REQUIRED, 0},
	{"v_head_dim", "latent.value_dim", HF_REQUIRED, 0},
	{"n_routed_experts", "experts.count", HF_OPTIONAL, 0},
	{"num_experts_per_tok", "experts.per_token", HF_OPTIONAL, 0},
	{"moe_intermediate_size", "experts.intermediate", HF_OPTIONAL, 0},
	{"moe_layer_freq", NULL, HF_MUST, 1},
	ATTENTION_BIAS(0),
	ACTIVATION("hidden_act", MODEL_SILU),
	END,
};

static const struct hf_key gemma2[] = {
	{"intermediate_size", "mlp.intermediate", HF_REQUIRED, 0},
	{"max_position_embeddings", "positions", HF_DEFAULT, 8192},
	{"rms_norm_eps", "norm.epsilon", HF_DEFAULT, 1e-6},
	{"tie_word_embeddings", "tied_embeddings", HF_DEFAULT, 1},
	{"attn_logit_softcapping", "attention.logit_softcap", HF_DEFAULT, 50},
	ATTENTION_BIAS(0),
	ACTIVATION("hidden_activation", MODEL_GELU_TANH),
	END,
};

/* the text part of the larger ones gives only what differs from these defaults */
static const struct hf_key gemma3[] = {
	{"vocab_size", "vocabulary", HF_DEFAULT, 262208},
	{"hidden_size", "hidden", HF_REQUIRED, 0},
	{"intermediate_size", "mlp.intermediate", HF_REQUIRED, 0},
	{"num_hidden_layers", "layers", HF_REQUIRED, 0},
	{"num_attention_heads", "attention.heads", HF_DEFAULT, 8},
	{"num_key_value_heads", "attention.kv_heads", HF_DEFAULT, 4},
	{"head_dim", "attention.head_dim", HF_DEFAULT, 256},
	{"max_position_embeddings", "positions", HF_DEFAULT, 131072},
	{"rms_norm_eps", "norm.epsilon", HF_DEFAULT, 1e-6},
	{"tie_word_embeddings", "tied_embeddings", HF_DEFAULT, 1},
	{"attn_logit_softcapping", "attention.logit_softcap", HF_OPTIONAL, 0},
	{"use_bidirectional_attention", NULL, HF_MUST, 0},
	ATTENTION_BIAS(0),
	ACTIVATION("hidden_activation", MODEL_GELU_TANH),
	END,
};

static const struct hf_key opt[] = {
	SIZES,
	{"ffn_dim", "mlp.intermediate", HF_REQUIRED, 0},
	{"max_position_embeddings", "positions", HF_REQUIRED, 0},
	{"tie_word_embeddings", "tied_embeddings", HF_DEFAULT, 1},
	{"do_layer_norm_before", NULL, HF_MUST, 1},
	{"_remove_final_layer_norm", NULL, HF_MUST, 0},
	{"enable_bias", NULL, HF_MUST, 1},
	{"layer_norm_elementwise_affine", NULL, HF_MUST, 1},
	ACTIVATION("activation_function", MODEL_RELU),
	END,
};

static const struct hf_key gpt2[] = {
	{"vocab_size", "vocabulary", HF_REQUIRED, 0},
	{"n_embd", "hidden", HF_REQUIRED, 0},
	{"n_layer", "layers", HF_REQUIRED, 0},
	{"n_head", "attention.heads", HF_REQUIRED, 0},
	{"n_positions", "positions", HF_DEFAULT, 1024},
	{"n_inner", "mlp.intermediate", HF_OPTIONAL, 0},
	{"layer_norm_epsilon", "norm.epsilon", HF_DEFAULT, 1e-5},
	{"tie_word_embeddings", "tied_embeddings", HF_DEFAULT, 1},
	{"add_cross_attention", NULL, HF_MUST, 0},
	ACTIVATION("activation_function", MODEL_GELU_TANH),
	END,
};

static const struct hf_key esm[] = {
	SIZES,
	{"intermediate_size", "mlp.intermediate", HF_REQUIRED, 0},
	{"max_position_embeddings", "positions", HF_REQUIRED, 0},
	{"layer_norm_eps", "norm.epsilon", HF_REQUIRED, 0},
	{"tie_word_embeddings", "tied_embeddings", HF_DEFAULT, 1},
	{"emb_layer_norm_before", NULL, HF_MUST, 0},
	{"is_folding_model", NULL, HF_MUST, 0},
	{"is_decoder", NULL, HF_MUST, 0},
	{"add_cross_attention", NULL, HF_MUST, 0},
	{"esmfold_config", NULL, HF_EMPTY, 0},
	ACTIVATION("hidden_act", MODEL_GELU),
	END,
};

static const struct hf_key mamba2[] = {
	{"vocab_size", "vocabulary", HF_REQUIRED, 0},
	{"hidden_size", "hidden", HF_REQUIRED, 0},
	{"num_hidden_layers", "layers", HF_REQUIRED, 0},
	{"state_size", "state.size", HF_DEFAULT, 128},
	{"num_heads", "state.heads", HF_REQUIRED, 0},
	{"n_groups", "state.groups", HF_REQUIRED, 0},
	{"conv_kernel", "state.conv", HF_DEFAULT, 4},
	{"layer_norm_epsilon", "norm.epsilon", HF_DEFAULT, 1e-5},
	{"tie_word_embeddings", "tied_embeddings", HF_DEFAULT, 0},
	{"use_bias", NULL, HF_MUST, 0},
	{"use_conv_bias", NULL, HF_MUST, 1},
	END,
};

static const struct hf_key state_spaces[] = {
	{"d_model", "hidden", HF_REQUIRED, 0},
	{"n_layer", "layers", HF_REQUIRED, 0},
	{"vocab_size", "vocabulary", HF_REQUIRED, 0},
	{"tie_embeddings", "tied_embeddings", HF_DEFAULT, 1},
	{"d_intermediate", NULL, HF_MUST, 0},
	{"rms_norm", NULL, HF_MUST, 1},
	{"attn_layer_idx", NULL, HF_EMPTY, 0},
	{"attn_cfg", NULL, HF_EMPTY, 0},
	END,
};

#define QWEN_IGNORED "max_window_layers sliding_window use_sliding_window"
#define VISION_IGNORED \
	"vision_config image_token_id video_token_id vision_start_token_id vision_end_token_id " \
	"vision_token_id mm_tokens_per_image boi_token_index eoi_token_index image_token_index"
#define GEMMA_IGNORED "query_pre_attn_scalar final_logit_softcapping rope_local_base_freq"
#define DEEPSEEK_IGNORED \
	"num_key_value_heads head_dim qk_head_dim ep_size aux_loss_alpha seq_aux n_group topk_group " \
	"routed_scaling_factor scoring_func num_nextn_predict_layers rope_interleave"
#define MAMBA_POSITIONS 1000000000 /* no limit: the state does not grow */
/* clang-format on */

/* clang-format off */
#define ROPE .rotary = true, .theta = 10000
const struct hf_architecture hf_architectures[] = {
	{"llama", grouped, llama, "rope_interleaved is_llama_config transformers.js_config", NULL, HF_WINDOW_NONE, 0, ROPE,
	 {.gated = true}, NULL},
	{"mistral", grouped, mistral, "", NULL, HF_WINDOW_ALL, 0, ROPE, {.gated = true}, NULL},
	{"qwen2", grouped, mistral, "", NULL, HF_WINDOW_SWITCHED, 4096, ROPE,
	 {.gated = true, .qkv_bias = true}, NULL},
	{"qwen2_5_vl", grouped, mistral, VISION_IGNORED, "text_config", HF_WINDOW_SWITCHED, 4096, ROPE,
	 {.gated = true, .qkv_bias = true}, NULL},
	{"qwen3", grouped, qwen3, "", NULL, HF_WINDOW_SWITCHED, 4096, ROPE,
	 {.gated = true, .qk_norm = true, .head_dim = 128}, NULL},
	{"qwen2_moe", grouped, qwen_experts, "", NULL, HF_WINDOW_SWITCHED, 4096, ROPE,
	 {.gated = true, .qkv_bias = true, .shared_gate = true, .shared_intermediate = 5632},
	 hf_finish_qwen_experts},
	{"qwen3_moe", grouped, qwen_experts, "", NULL, HF_WINDOW_SWITCHED, 4096, ROPE,
	 {.gated = true, .qk_norm = true}, hf_finish_qwen_experts},
	{"mixtral", grouped, mixtral, "", NULL, HF_WINDOW_ALL, 0, ROPE, {.gated = true}, NULL},
	{"olmoe", grouped, olmoe, "", NULL, HF_WINDOW_NONE, 0, ROPE,
	 {.gated = true, .qk_norm = true, .qk_norm_wide = true}, NULL},
	{"gpt_oss", grouped, gpt_oss, "swiglu_limit swiglu_alpha initial_context_length", NULL,
	 HF_WINDOW_ALTERNATE, 128, .rotary = true, .theta = 150000,
	 {.gated = true, .sinks = true, .router_bias = true, .expert_bias = true, .head_dim = 64}, NULL},
	{"deepseek_v2", deepseek, NULL, DEEPSEEK_IGNORED, NULL, HF_WINDOW_NONE, 0, ROPE,
	 {.gated = true, .mixer = MODEL_LATENT_ATTENTION}, hf_finish_deepseek},
	{"deepseek_v3", deepseek, NULL, DEEPSEEK_IGNORED, NULL, HF_WINDOW_NONE, 0, ROPE,
	 {.gated = true, .mixer = MODEL_LATENT_ATTENTION, .router_bias = true, .first_dense = 3},
	 hf_finish_deepseek},
	{"kimi_k2", deepseek, NULL, DEEPSEEK_IGNORED, NULL, HF_WINDOW_NONE, 0, ROPE,
	 {.gated = true, .mixer = MODEL_LATENT_ATTENTION, .router_bias = true, .first_dense = 3},
	 hf_finish_deepseek},
	{"glm4_moe_lite", deepseek, NULL, DEEPSEEK_IGNORED, NULL, HF_WINDOW_NONE, 0, ROPE,
	 {.gated = true, .mixer = MODEL_LATENT_ATTENTION, .router_bias = true, .first_dense = 1},
	 hf_finish_deepseek},
	{"gemma2", grouped, gemma2, GEMMA_IGNORED " hidden_act", NULL, HF_WINDOW_ALTERNATE, 4096, ROPE,
	 {.gated = true, .post_norms = true, .head_dim = 256}, NULL},
	{"gemma3_text", gemma3, NULL, GEMMA_IGNORED, NULL, HF_WINDOW_PATTERN, 4096,
	 .rotary = true, .theta = 1000000, {.gated = true, .post_norms = true, .qk_norm = true}, NULL},
	{"gemma3", gemma3, NULL, GEMMA_IGNORED " " VISION_IGNORED, "text_config", HF_WINDOW_PATTERN, 4096,
	 .rotary = true, .theta = 1000000, {.gated = true, .post_norms = true, .qk_norm = true}, NULL},
	{"phi3", grouped, phi3, "original_max_position_embeddings", NULL,
	 HF_WINDOW_ALL, 0, ROPE, {.gated = true}, NULL},
	{"smollm3", grouped, llama, "no_rope_layers no_rope_layer_interval", NULL, HF_WINDOW_SWITCHED, 0,
	 .rotary = true, .theta = 2000000, {.gated = true}, NULL},
	{"opt", opt, NULL, "layerdrop init_std", NULL, HF_WINDOW_NONE, 0, false, 0,
	 {.position = MODEL_POSITION_LEARNED, .norm = MODEL_NORM_LAYER, .norm_epsilon = 1e-5,
	  .qkv_bias = true, .output_bias = true, .mlp_bias = true}, hf_finish_opt},
	{"gpt2", gpt2, NULL,
	 "n_ctx n_special predict_special_tokens output_past scale_attn_weights scale_attn_by_inverse_layer_idx reorder_and_upcast_attn "
	 "summary_activation summary_first_dropout summary_proj_to_labels summary_type summary_use_proj",
	 NULL, HF_WINDOW_NONE, 0, false, 0,
	 {.position = MODEL_POSITION_LEARNED, .norm = MODEL_NORM_LAYER, .qkv_bias = true,
	  .output_bias = true, .mlp_bias = true}, hf_finish_gpt2},
	{"esm", esm, NULL,
	 "token_dropout vocab_list attention_probs_dropout_prob hidden_dropout_prob classifier_dropout",
	 NULL, HF_WINDOW_NONE, 0, ROPE,
	 {.norm = MODEL_NORM_LAYER, .qkv_bias = true, .output_bias = true, .mlp_bias = true,
	  .head_bias = true, .head_transform = true, .encoder = true}, hf_finish_esm},
	{"mamba2", mamba2, NULL,
	 "hidden_act chunk_size time_step_rank time_step_min time_step_max time_step_floor "
	 "time_step_limit rescale_prenorm_residual residual_in_fp32 rms_norm norm_before_gate",
	 NULL, HF_WINDOW_NONE, 0, false, 0,
	 {.mixer = MODEL_STATE_SPACE, .position = MODEL_POSITION_NONE, .positions = MAMBA_POSITIONS},
	 hf_finish_mamba2},
};
const size_t hf_architecture_count = sizeof(hf_architectures) / sizeof(hf_architectures[0]);

const struct hf_architecture hf_state_spaces = {
	"mamba_ssm", state_spaces, NULL, "residual_in_fp32 fused_add_norm", NULL,
	HF_WINDOW_NONE, 0, false, 0,
	{.mixer = MODEL_STATE_SPACE, .position = MODEL_POSITION_NONE, .positions = MAMBA_POSITIONS,
	 .norm_epsilon = 1e-5}, hf_finish_state_spaces};
/* clang-format on */
