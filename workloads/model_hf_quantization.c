/*
 * quantization_config of config.json: bits of an element of the matrices of attention, MLP and experts.
 *
 *   awq, gptq            b + (16 + b) / group: a 16-bit scale and a zero point as wide as a weight; group
 *                        -1: one of each a column, as long as the hidden size
 *   fp8                  8 + 32 / block: a 32-bit scale for each block; without blocks one a matrix
 *   mxfp4                4 + 8 / 32, of the experts alone (OCP MX 1.0)
 *   bitsandbytes         8 bits with a 32-bit scale a row; 4 bits with one for each 64 weights, which are
 *                        stored in 8 bits and 32 for each 256 where they are quantized too (nested)
 *   compressed-tensors   b + 16 / group of int weights (and b more where they are not symmetric), 8 of
 *                        float ones; a scale a column or a matrix counts as none
 * What is left as it was must be embedding, head, norms, routers: another module that is not quantized is
 * refused by name. Sources: transformers, utils/quantization_config.py; vLLM's compressed_tensors.
 */
#include <string.h>

#include "workloads/model_hf.h"

static const char *text_of(const cJSON *object, const char *key)
{
	const char *text = hf_text(object, key);
	return text != NULL ? text : "";
}

static bool is_true(const cJSON *object, const char *key)
{
	return cJSON_IsTrue(cJSON_GetObjectItemCaseSensitive(object, key));
}

static enum sim_status refuse(const struct hf *hf, const char *what, const char *subject)
{
	return diag_fail(hf->diag, SIM_E_UNSUPPORTED,
			 "%s: quantization_config: %s not understood: '%s'", hf->name, what,
			 subject);
}

static enum sim_status quantity_of(struct hf *hf, const cJSON *quantization, const char *key,
				   double low, double high, double *value)
{
	const cJSON *item = cJSON_GetObjectItemCaseSensitive(quantization, key);
	*value = cJSON_IsNumber(item) ? item->valuedouble : 0;
	if (*value >= low && *value <= high)
		return SIM_OK;
	return diag_fail(hf->diag, SIM_E_UNSUPPORTED,
			 "%s: quantization_config: '%s' is not understood", hf->name, key);
}

/* Weights that share a scale; -1 of a whole column. */
static enum sim_status group_of(struct hf *hf, const cJSON *quantization, double *group)
{
	const cJSON *item = cJSON_GetObjectItemCaseSensitive(quantization, "group_size");
	bool column = cJSON_IsNumber(item) && item->valuedouble < 0;
	*group = (double)hf->model->hidden;
	return column ? SIM_OK : quantity_of(hf, quantization, "group_size", 8, 1 << 20, group);
}

/* Elements of a block [ROWS, COLUMNS]; 0 where it is none. */
static double block_area(const cJSON *block)
{
	const cJSON *item;
	double area = 1;
	size_t count = 0;
	if (!cJSON_IsArray(block))
		return 0;
	cJSON_ArrayForEach(item, block)
	{
		if (!cJSON_IsNumber(item) || item->valuedouble < 1 || item->valuedouble > 1e6)
			return 0;
		area *= item->valuedouble;
		count++;
	}
	return count == 2 ? area : 0;
}

static enum sim_status read_fp8(struct hf *hf, const cJSON *quantization)
{
	const cJSON *block = cJSON_GetObjectItemCaseSensitive(quantization, "weight_block_size");
	double area = block_area(block);
	if (block != NULL && !cJSON_IsNull(block) && area < 1)
		return diag_fail(hf->diag, SIM_E_UNSUPPORTED,
				 "%s: quantization_config: 'weight_block_size' is not understood",
				 hf->name);
	hf->model->parameter_bits = 8 + (area >= 1 ? 32 / area : 0);
	return SIM_OK;
}

static enum sim_status read_bitsandbytes(struct hf *hf, const cJSON *quantization)
{
	bool four = is_true(quantization, "load_in_4bit");
	if (four == is_true(quantization, "load_in_8bit"))
		return refuse(hf, "which of 'load_in_4bit', 'load_in_8bit'",
			      four ? "both" : "none");
	bool nested = is_true(quantization, "bnb_4bit_use_double_quant");
	double scale = nested ? 8 + 32.0 / 256 : 32;
	hf->model->parameter_bits = four ? 4 + scale / 64 : 8 + 32.0 / (double)hf->model->hidden;
	return SIM_OK;
}

static enum sim_status check_targets(struct hf *hf, const cJSON *targets)
{
	const cJSON *item;
	cJSON_ArrayForEach(item, targets)
	{
		const char *target = cJSON_IsString(item) ? item->valuestring : "";
		if (strcmp(target, "Linear") != 0)
			return refuse(hf, "'targets' but Linear", target);
	}
	return cJSON_IsArray(targets) ? SIM_OK : refuse(hf, "'targets' but Linear", "none");
}

static enum sim_status read_groups(struct hf *hf, const cJSON *quantization)
{
	const cJSON *groups = cJSON_GetObjectItemCaseSensitive(quantization, "config_groups");
	const cJSON *first = cJSON_IsObject(groups) ? groups->child : NULL;
	if (first == NULL || first->next != NULL)
		return refuse(hf, "'config_groups' but one group",
			      first == NULL ? "none" : "several");
	TRY(check_targets(hf, cJSON_GetObjectItemCaseSensitive(first, "targets")));
	const cJSON *weights = cJSON_GetObjectItemCaseSensitive(first, "weights");
	if (!cJSON_IsObject(weights))
		return refuse(hf, "'weights'", "");
	const char *type = text_of(weights, "type"), *strategy = text_of(weights, "strategy");
	bool grouped = strcmp(strategy, "group") == 0;
	double bits, group = 0;
	TRY(quantity_of(hf, weights, "num_bits", 2, 8, &bits));
	if (!hf_listed("int float", type))
		return refuse(hf, "'type'", type);
	if (!grouped && !hf_listed("channel tensor block", strategy))
		return refuse(hf, "'strategy'", strategy);
	if (grouped)
		TRY(group_of(hf, weights, &group));
	bool zeros = cJSON_IsFalse(cJSON_GetObjectItemCaseSensitive(weights, "symmetric"));
	hf->model->parameter_bits = bits + (grouped ? (16 + (zeros ? bits : 0)) / group : 0);
	return SIM_OK;
}

/* Names of modules that stay wide, as these formats list them: pieces of a path, or patterns of one. */
static bool stays_wide(const char *module)
{
	static const char *const wide[] = {"lm_head", "embed",	"norm",	  "router",
					   "gate",    "visual", "vision", "multi_modal"};
	if (strstr(module, "gate_proj") != NULL || strstr(module, "gate_up") != NULL)
		return false;
	for (size_t i = 0; i < sizeof(wide) / sizeof(wide[0]); i++)
		if (strstr(module, wide[i]) != NULL)
			return true;
	return false;
}

static enum sim_status check_left_out(struct hf *hf, const cJSON *quantization, const char *key)
{
	const cJSON *list = cJSON_GetObjectItemCaseSensitive(quantization, key), *item;
	if (list == NULL || cJSON_IsNull(list))
		return SIM_OK;
	if (!cJSON_IsArray(list))
		return refuse(hf, key, "no list");
	cJSON_ArrayForEach(item, list)
	{
		if (!cJSON_IsString(item) || !stays_wide(item->valuestring))
			return refuse(hf, key, cJSON_IsString(item) ? item->valuestring : "");
	}
	return SIM_OK;
}

enum sim_status hf_read_quantization(struct hf *hf, const cJSON *quantization)
{
	const char *method = text_of(quantization, "quant_method");
	double bits, group;
	if (strcmp(method, "mxfp4") == 0) { /* what it leaves out is all but the experts */
		hf->model->expert_bits = 4 + 8.0 / 32;
		return SIM_OK;
	}
	TRY(check_left_out(hf, quantization, "modules_to_not_convert"));
	TRY(check_left_out(hf, quantization, "ignored_layers"));
	TRY(check_left_out(hf, quantization, "ignore"));
	TRY(check_left_out(hf, quantization, "llm_int8_skip_modules"));
	if (strcmp(method, "fp8") == 0)
		return read_fp8(hf, quantization);
	if (strcmp(method, "bitsandbytes") == 0)
		return read_bitsandbytes(hf, quantization);
	if (strcmp(method, "compressed-tensors") == 0)
		return read_groups(hf, quantization);
	if (!hf_listed("awq gptq", method))
		return refuse(hf, "quant_method", method);
	TRY(quantity_of(hf, quantization, "bits", 2, 8, &bits));
	TRY(group_of(hf, quantization, &group));
	hf->model->parameter_bits = bits + (16 + bits) / group;
	return SIM_OK;
}
