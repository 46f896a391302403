/* What single architectures of config.json say in keys that no table can hold. */
#include <string.h>

#include "workloads/model_hf.h"

enum sim_status hf_finish_qwen_experts(struct hf *hf)
{
	uint64_t step;
	TRY(hf_count(hf, "decoder_sparse_step", 1, hf->model->layers, 1, &step));
	hf->model->first_dense = step - 1; /* layers i with (i + 1) % step == 0 */
	hf->model->expert_every = step;
	if (step > 1)
		return hf_count(hf, "intermediate_size", 1, 1 << 24, 0, &hf->model->intermediate);
	(void)hf_take(hf, "intermediate_size"); /* of dense layers: there are none */
	return SIM_OK;
}

enum sim_status hf_finish_deepseek(struct hf *hf)
{
	struct workload_model *model = hf->model;
	uint64_t shared;
	const cJSON *method = hf_take(hf, "topk_method");
	TRY(hf_count(hf, "n_shared_experts", 0, 64, 0, &shared));
	TRY(hf_count(hf, "first_k_dense_replace", 0, model->layers - 1, model->first_dense,
		     &model->first_dense));
	model->shared_intermediate = shared * model->expert_intermediate;
	if (cJSON_IsString(method) && strcmp(method->valuestring, "noaux_tc") == 0)
		model->router_bias = true;
	model->rotary_fraction = 1; /* all of rope_dim; a partial_rotary_factor repeats the split */
	return SIM_OK;
}

enum sim_status hf_finish_opt(struct hf *hf)
{
	uint64_t width;
	TRY(hf_count(hf, "word_embed_proj_dim", 1, 1 << 20, hf->model->hidden, &width));
	if (width != hf->model->hidden)
		return hf_fail(hf, SIM_E_UNSUPPORTED, "word_embed_proj_dim",
			       "is not understood unless it is the hidden size");
	hf->model->positions +=
		2; /* the table's rows: transformers' OPTLearnedPositionalEmbedding */
	return SIM_OK;
}

enum sim_status hf_finish_gpt2(struct hf *hf)
{
	if (hf->model->intermediate == 0)
		hf->model->intermediate = 4 * hf->model->hidden;
	return SIM_OK;
}

enum sim_status hf_finish_esm(struct hf *hf)
{
	const cJSON *kind = hf_take(hf, "position_embedding_type");
	if (!cJSON_IsString(kind) || strcmp(kind->valuestring, "rotary") != 0)
		return hf_fail(hf, SIM_E_UNSUPPORTED, "position_embedding_type",
			       "is not understood unless it is rotary");
	return SIM_OK;
}

enum sim_status hf_finish_mamba2(struct hf *hf)
{
	struct workload_model *model = hf->model;
	uint64_t expand, width;
	TRY(hf_count(hf, "expand", 1, 16, 2, &expand));
	TRY(hf_count(hf, "head_dim", 1, 1 << 16, 64, &width));
	model->state_inner = expand * model->hidden;
	if (model->state_heads * width != model->state_inner)
		return hf_fail(hf, SIM_E_RANGE, "num_heads",
			       "times 'head_dim' must be the expanded width");
	return SIM_OK;
}

/* Widths not given are mamba_ssm's (modules/mamba2.py): heads of 64, state 128, one group, kernel 4. */
enum sim_status hf_finish_state_spaces(struct hf *hf)
{
	struct workload_model *model = hf->model;
	const cJSON *ssm = hf_take(hf, "ssm_cfg"), *item;
	uint64_t multiple;
	const char *layer = "";
	if (!cJSON_IsObject(ssm))
		return hf_fail(hf, SIM_E_PARSE, "ssm_cfg", "must be an object");
	cJSON_ArrayForEach(item, ssm)
	{
		if (strcmp(item->string, "layer") != 0)
			return hf_fail(hf, SIM_E_UNSUPPORTED, item->string,
				       "of 'ssm_cfg' is not understood");
		layer = cJSON_IsString(item) ? item->valuestring : "";
	}
	if (strcmp(layer, "Mamba2") != 0)
		return hf_fail(hf, SIM_E_UNSUPPORTED, "ssm_cfg",
			       "is not understood unless its layer is Mamba2");
	TRY(hf_count(hf, "pad_vocab_size_multiple", 1, 1 << 16, 8, &multiple));
	model->vocabulary += (multiple - model->vocabulary % multiple) % multiple;
	model->state_inner = 2 * model->hidden;
	model->state_heads = model->state_inner / 64;
	model->state_size = 128;
	model->state_groups = 1;
	model->state_conv = 4;
	if (model->state_heads == 0 || model->state_inner % 64 != 0)
		return hf_fail(hf, SIM_E_RANGE, "d_model", "must be a multiple of 32");
	return SIM_OK;
}
