/* What several architectures of config.json share: rotation, windows, formats of the weights. */
#include <stdio.h>
#include <string.h>

#include "workloads/model_hf.h"

/* Of a rotation, what changes its angles and nothing else. */
static const char rope_ignored[] =
	"type rope_type rope_theta partial_rotary_factor factor low_freq_factor high_freq_factor "
	"original_max_position_embeddings attention_factor beta_fast beta_slow mscale "
	"mscale_all_dim short_factor long_factor short_mscale long_mscale truncate mrope_section";

const char *hf_text(const cJSON *object, const char *key)
{
	const cJSON *item = cJSON_GetObjectItemCaseSensitive(object, key);
	return cJSON_IsString(item) ? item->valuestring : NULL;
}

static enum sim_status set_from(struct hf *hf, const cJSON *rope, const char *name, const char *key)
{
	const cJSON *item = cJSON_GetObjectItemCaseSensitive(rope, name);
	if (item == NULL || cJSON_IsNull(item))
		return SIM_OK;
	return hf_set(hf, name, item, key);
}

static enum sim_status check_rope_keys(struct hf *hf, const char *name, const cJSON *rope)
{
	const cJSON *item;
	if (!cJSON_IsObject(rope))
		return hf_fail(hf, SIM_E_PARSE, name, "must be an object");
	TRY(hf_check_keys(hf, rope));
	cJSON_ArrayForEach(item, rope)
	{
		if (!hf_listed(rope_ignored, item->string))
			return diag_fail(hf->diag, SIM_E_UNSUPPORTED,
					 "%s: key not understood: '%s' of '%s'", hf->name,
					 item->string, name);
	}
	return SIM_OK;
}

static enum sim_status read_scaling(struct hf *hf, const char *name, const cJSON *rope)
{
	TRY(check_rope_keys(hf, name, rope));
	const char *type = hf_text(rope, "rope_type");
	type = type != NULL ? type : hf_text(rope, "type");
	type = type != NULL ? type : "default";
	TRY(set_from(hf, rope, "rope_theta", "rope.theta"));
	TRY(set_from(hf, rope, "partial_rotary_factor", "rope.fraction"));
	if (hf_listed("default mrope", type))
		return SIM_OK;
	if (hf_listed("linear dynamic yarn longrope su", type)) {
		hf->model->rope_scaling = MODEL_ROPE_OTHER;
		return SIM_OK;
	}
	if (strcmp(type, "llama3") != 0)
		return diag_fail(hf->diag, SIM_E_UNSUPPORTED,
				 "%s: rope_type of '%s' not understood: '%s'", hf->name, name,
				 type);
	hf->model->rope_scaling = MODEL_ROPE_LLAMA3;
	TRY(set_from(hf, rope, "factor", "rope.factor"));
	TRY(set_from(hf, rope, "low_freq_factor", "rope.low_frequency_factor"));
	TRY(set_from(hf, rope, "high_freq_factor", "rope.high_frequency_factor"));
	return set_from(hf, rope, "original_max_position_embeddings", "rope.original_positions");
}

enum sim_status hf_read_rope(struct hf *hf)
{
	const cJSON *theta = hf_take(hf, "rope_theta"),
		    *part = hf_take(hf, "partial_rotary_factor");
	const cJSON *scaling = hf_take(hf, "rope_scaling");
	const cJSON *parameters = hf_take(hf, "rope_parameters");
	const char *name = parameters != NULL ? "rope_parameters" : "rope_scaling";
	hf->model->rope_theta = hf->architecture->theta;
	if (theta != NULL)
		TRY(hf_set(hf, "rope_theta", theta, "rope.theta"));
	if (part != NULL)
		TRY(hf_set(hf, "partial_rotary_factor", part, "rope.fraction"));
	if (parameters == NULL && scaling == NULL)
		return SIM_OK;
	const cJSON *rope = parameters != NULL ? parameters : scaling;
	const cJSON *full = cJSON_GetObjectItemCaseSensitive(rope, "full_attention");
	if (full == NULL)
		return read_scaling(hf, name, rope);
	/* one rotation for each type of layer: the sliding one's angles are its own */
	const cJSON *item;
	TRY(hf_check_keys(hf, rope));
	cJSON_ArrayForEach(item, rope)
	{
		if (!hf_listed("full_attention sliding_attention", item->string))
			return diag_fail(hf->diag, SIM_E_UNSUPPORTED,
					 "%s: key not understood: '%s' of '%s'", hf->name,
					 item->string, name);
		TRY(check_rope_keys(hf, item->string, item));
	}
	return read_scaling(hf, "full_attention", full);
}

/* A list with one word a layer: which slide must follow model_layer()'s rule. */
static enum sim_status read_layer_types(struct hf *hf, const cJSON *types, uint64_t window)
{
	struct workload_model *model = hf->model;
	uint64_t count = 0, sliding = 0, first_full = 0;
	const cJSON *item;
	cJSON_ArrayForEach(item, types)
	{
		const char *word = cJSON_IsString(item) ? item->valuestring : "";
		bool slides = strcmp(word, "sliding_attention") == 0;
		if (!slides && strcmp(word, "full_attention") != 0)
			return diag_fail(hf->diag, SIM_E_UNSUPPORTED,
					 "%s: 'layer_types' is not understood: '%s'", hf->name,
					 word);
		count++;
		sliding += slides;
		if (!slides && first_full == 0)
			first_full = count;
	}
	if (count != model->layers || (sliding > 0 && window == 0))
		return hf_fail(hf, SIM_E_RANGE, "layer_types",
			       count != model->layers ? "must have one word a layer"
						      : "slides without a 'sliding_window'");
	model->window = sliding > 0 ? window : 0;
	model->window_every = sliding > 0 ? first_full : 0;
	uint64_t i = 0;
	cJSON_ArrayForEach(item, types)
	{
		bool slides = strcmp(item->valuestring, "sliding_attention") == 0;
		if (slides != model_layer(model, i++).slides)
			return hf_fail(hf, SIM_E_UNSUPPORTED, "layer_types",
				       "does not repeat: full attention each n-th layer is "
				       "understood");
	}
	return SIM_OK;
}

static enum sim_status read_switch(struct hf *hf, uint64_t window)
{
	const cJSON *on = hf_take(hf, "use_sliding_window");
	uint64_t full;
	TRY(hf_count(hf, "max_window_layers", 0, MODEL_MOST_LAYERS, hf->model->layers, &full));
	if (on != NULL && !cJSON_IsBool(on))
		return hf_fail(hf, SIM_E_PARSE, "use_sliding_window", "must be true or false");
	if (on == NULL || !cJSON_IsTrue(on) || full >= hf->model->layers)
		return SIM_OK;
	if (full > 0)
		return hf_fail(hf, SIM_E_UNSUPPORTED, "max_window_layers",
			       "is not understood between none and all layers");
	hf->model->window = window;
	return SIM_OK;
}

enum sim_status hf_read_window(struct hf *hf)
{
	const struct hf_architecture *architecture = hf->architecture;
	uint64_t window, pattern;
	if (architecture->window == HF_WINDOW_NONE)
		return SIM_OK;
	TRY(hf_count(hf, "sliding_window", 0, 1000000000, architecture->window_fallback, &window));
	if (architecture->window == HF_WINDOW_SWITCHED) {
		TRY(read_switch(hf, window));
	} else {
		hf->model->window = window;
	}
	if (architecture->window == HF_WINDOW_PATTERN) {
		TRY(hf_count(hf, "_sliding_window_pattern", 2, MODEL_MOST_LAYERS, 6, &pattern));
		TRY(hf_count(hf, "sliding_window_pattern", 2, MODEL_MOST_LAYERS, pattern,
			     &pattern));
		hf->model->window_every = window > 0 ? pattern : 0;
	} else if (architecture->window == HF_WINDOW_ALTERNATE) {
		hf->model->window_every = window > 0 ? 2 : 0;
	}
	const cJSON *types = hf_take(hf, "layer_types");
	if (types == NULL)
		return SIM_OK;
	if (!cJSON_IsArray(types))
		return hf_fail(hf, SIM_E_PARSE, "layer_types", "must be a list");
	return read_layer_types(hf, types, window);
}

enum sim_status hf_read_bits(struct hf *hf)
{
	const cJSON *type = hf_take(hf, "torch_dtype"), *newer = hf_take(hf, "dtype");
	const cJSON *quantization = hf_take(hf, "quantization_config");
	type = type != NULL ? type : newer;
	const char *text = cJSON_IsString(type) ? type->valuestring : "";
	if (hf_listed("float32", text))
		hf->model->parameter_bits = 32;
	else if (type != NULL && !hf_listed("bfloat16 float16", text))
		return diag_fail(hf->diag, SIM_E_UNSUPPORTED,
				 "%s: torch_dtype not understood: '%s'", hf->name, text);
	if (quantization == NULL)
		return SIM_OK;
	if (!cJSON_IsObject(quantization))
		return hf_fail(hf, SIM_E_PARSE, "quantization_config", "must be an object");
	TRY(hf_check_keys(hf, quantization));
	return hf_read_quantization(hf, quantization);
}
