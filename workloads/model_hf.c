/* Hugging Face config.json: reading by the table of its model_type. */
#include "workloads/model_hf.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

#define MOST_EXACT 9007199254740992.0 /* 2^53: above, cJSON's doubles skip whole numbers */

/* What every configuration may hold and no decode step pays for. */
static const char ignored_everywhere[] =
	"architectures model_type transformers_version _name_or_path _commit_hash auto_map "
	"tokenizer_class bos_token_id eos_token_id pad_token_id sep_token_id cls_token_id "
	"mask_token_id unk_token_id decoder_start_token_id use_cache initializer_range "
	"attention_dropout hidden_dropout resid_pdrop embd_pdrop attn_pdrop dropout pretraining_tp "
	"_attn_implementation _attn_implementation_autoset _attn_implementation_internal "
	"_experts_implementation output_attentions output_hidden_states return_dict torchscript "
	"use_bfloat16 id2label label2id task_specific_params problem_type finetuning_task "
	"router_aux_loss_coef output_router_logits router_jitter_noise norm_topk_prob "
	"chunk_size_feed_forward use_return_dict unsloth_version unsloth_fixed prefix "
	"gradient_checkpointing cache_implementation keys_to_ignore_at_inference";

enum sim_status hf_fail(const struct hf *hf, enum sim_status status, const char *key,
			const char *what)
{
	return diag_fail(hf->diag, status, "%s: '%s' %s", hf->name, key, what);
}

bool hf_listed(const char *list, const char *name)
{
	size_t length = strlen(name);
	for (const char *at = list; length > 0 && (at = strstr(at, name)) != NULL; at += length) {
		bool begins = at == list || at[-1] == ' ';
		if (begins && (at[length] == '\0' || at[length] == ' '))
			return true;
	}
	return false;
}

const cJSON *hf_take(struct hf *hf, const char *key)
{
	size_t i = 0;
	const cJSON *item;
	cJSON_ArrayForEach(item, hf->object)
	{
		if (strcmp(item->string, key) == 0) {
			hf->used[i] = true;
			return cJSON_IsNull(item) ? NULL : item;
		}
		i++;
	}
	return NULL;
}

static enum sim_status whole_number(const struct hf *hf, const char *name, const cJSON *item,
				    double *value)
{
	*value = cJSON_IsNumber(item) ? item->valuedouble : -1;
	if (!cJSON_IsNumber(item) || !(fabs(*value) <= MOST_EXACT) || floor(*value) < *value)
		return hf_fail(hf, SIM_E_PARSE, name, "must be a whole number");
	return SIM_OK;
}

enum sim_status hf_count(struct hf *hf, const char *key, uint64_t low, uint64_t high,
			 uint64_t fallback, uint64_t *value)
{
	const cJSON *item = hf_take(hf, key);
	double number;
	*value = fallback;
	if (item == NULL)
		return SIM_OK;
	TRY(whole_number(hf, key, item, &number));
	if (!(number >= (double)low && number <= (double)high))
		return diag_fail(hf->diag, SIM_E_RANGE,
				 "%s: '%s' out of range: '%.17g' (%llu to %llu)", hf->name, key,
				 number, (unsigned long long)low, (unsigned long long)high);
	*value = (uint64_t)number;
	return SIM_OK;
}

static enum sim_status set_activation(struct hf *hf, const char *name, const cJSON *item)
{
	static const char *const names[] = {"silu swish", "gelu",
					    "gelu_pytorch_tanh gelu_new gelu_fast", "relu"};
	const char *text = cJSON_IsString(item) ? item->valuestring : "";
	for (unsigned i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		if (hf_listed(names[i], text)) {
			hf->model->activation = i;
			return SIM_OK;
		}
	}
	return diag_fail(hf->diag, SIM_E_UNSUPPORTED, "%s: '%s' is not understood: '%s'", hf->name,
			 name, text);
}

static enum sim_status set_number(struct hf *hf, const char *name, const cJSON *item,
				  const struct model_key *key, void *field)
{
	double value = cJSON_IsNumber(item) ? item->valuedouble : 0;
	if (key->kind == MODEL_KEY_COUNT)
		TRY(whole_number(hf, name, item, &value));
	if (!cJSON_IsNumber(item))
		return hf_fail(hf, SIM_E_PARSE, name, "must be a number");
	if (!(value >= key->low && value <= key->high))
		return diag_fail(hf->diag, SIM_E_RANGE,
				 "%s: '%s' out of range: '%.12g' (%.12g to %.12g)", hf->name, name,
				 value, key->low, key->high);
	if (key->kind == MODEL_KEY_COUNT)
		*(uint64_t *)field = (uint64_t)value;
	else
		*(double *)field = value;
	return SIM_OK;
}

enum sim_status hf_set(struct hf *hf, const char *name, const cJSON *item, const char *key_name)
{
	const struct model_key *key = model_key(key_name);
	void *field = (char *)hf->model + key->offset;
	if (key->kind == MODEL_KEY_WORD)
		return set_activation(hf, name, item);
	if (key->kind != MODEL_KEY_FLAG)
		return set_number(hf, name, item, key, field);
	if (!cJSON_IsBool(item))
		return hf_fail(hf, SIM_E_PARSE, name, "must be true or false");
	*(bool *)field = cJSON_IsTrue(item);
	return SIM_OK;
}

static void set_fallback(struct hf *hf, const struct hf_key *rule)
{
	const struct model_key *key = model_key(rule->key);
	void *field = (char *)hf->model + key->offset;
	switch (key->kind) {
	case MODEL_KEY_COUNT:
		*(uint64_t *)field = (uint64_t)rule->fallback;
		return;
	case MODEL_KEY_NUMBER:
		*(double *)field = rule->fallback;
		return;
	case MODEL_KEY_FLAG:
		*(bool *)field = rule->fallback > 0;
		return;
	case MODEL_KEY_WORD:
		*(unsigned *)field = (unsigned)rule->fallback;
	}
}

static enum sim_status check_fixed(struct hf *hf, const struct hf_key *rule, const cJSON *item)
{
	double value = cJSON_IsNumber(item) ? item->valuedouble : cJSON_IsTrue(item);
	bool list = cJSON_IsArray(item) || cJSON_IsObject(item);
	if (rule->rule == HF_EMPTY && list && item->child == NULL)
		return SIM_OK;
	bool scalar = cJSON_IsNumber(item) || cJSON_IsBool(item);
	if (rule->rule == HF_MUST && scalar && fabs(value - rule->fallback) <= 0)
		return SIM_OK;
	return diag_fail(hf->diag, SIM_E_UNSUPPORTED, "%s: '%s' is not understood unless it is %s",
			 hf->name, rule->name,
			 rule->rule == HF_EMPTY ? "empty"
			 : rule->fallback > 1	? "as usual"
			 : rule->fallback > 0	? "true"
						: "false");
}

static enum sim_status read_keys(struct hf *hf, const struct hf_key *keys)
{
	for (const struct hf_key *rule = keys; rule != NULL && rule->name != NULL; rule++) {
		const cJSON *item = hf_take(hf, rule->name);
		if (item != NULL && rule->key == NULL)
			TRY(check_fixed(hf, rule, item));
		else if (item != NULL)
			TRY(hf_set(hf, rule->name, item, rule->key));
		else if (rule->rule == HF_REQUIRED)
			return diag_fail(hf->diag, SIM_E_NOT_FOUND, "%s: missing key '%s' (%s)",
					 hf->name, rule->name, model_key(rule->key)->what);
		else if (rule->rule == HF_DEFAULT)
			set_fallback(hf, rule);
	}
	return SIM_OK;
}

enum sim_status hf_check_keys(const struct hf *hf, const cJSON *object)
{
	const char *names[HF_MOST_KEYS];
	size_t count = 0;
	const cJSON *item;
	cJSON_ArrayForEach(item, object)
	{
		if (count == HF_MOST_KEYS)
			return diag_fail(hf->diag, SIM_E_RANGE, "%s: more than %d keys", hf->name,
					 HF_MOST_KEYS);
		for (size_t i = 0; i < count; i++)
			if (strcmp(names[i], item->string) == 0)
				return diag_fail(hf->diag, SIM_E_DUPLICATE,
						 "%s: key given twice: '%s'", hf->name,
						 item->string);
		names[count++] = item->string;
	}
	return SIM_OK;
}

static enum sim_status refuse_others(const struct hf *hf, const char *ignored)
{
	size_t i = 0;
	const cJSON *item;
	cJSON_ArrayForEach(item, hf->object)
	{
		if (!hf->used[i++] && !hf_listed(ignored_everywhere, item->string) &&
		    !hf_listed(ignored, item->string))
			return diag_fail(hf->diag, SIM_E_UNSUPPORTED,
					 "%s: key not understood: '%s' (model_type '%s')", hf->name,
					 item->string, hf->architecture->type);
	}
	return SIM_OK;
}

/* Defaults that other keys give. */
static enum sim_status fill_heads(struct hf *hf)
{
	struct workload_model *model = hf->model;
	if (model->mixer != MODEL_ATTENTION)
		return SIM_OK;
	if (model->kv_heads == 0)
		model->kv_heads = model->heads;
	if (model->head_dim != 0)
		return SIM_OK;
	if (model->heads == 0 || model->hidden % model->heads != 0)
		return diag_fail(hf->diag, SIM_E_RANGE,
				 "%s: no head_dim, and the heads do not divide the hidden size",
				 hf->name);
	model->head_dim = model->hidden / model->heads;
	return SIM_OK;
}

static enum sim_status read_model(struct hf *hf)
{
	const struct hf_architecture *architecture = hf->architecture;
	TRY(read_keys(hf, architecture->keys));
	TRY(read_keys(hf, architecture->more));
	TRY(hf_read_bits(hf));
	if (architecture->rotary)
		TRY(hf_read_rope(hf));
	TRY(fill_heads(hf));
	TRY(hf_read_window(hf));
	if (architecture->finish != NULL)
		TRY(architecture->finish(hf));
	return refuse_others(hf, architecture->ignored);
}

static const struct hf_architecture *find_architecture(const char *type)
{
	for (size_t i = 0; i < hf_architecture_count; i++)
		if (strcmp(hf_architectures[i].type, type) == 0)
			return &hf_architectures[i];
	return NULL;
}

/* The letters of TEXT up to END that a model's name may have. */
static void name_from(const char *text, const char *end, char *name, size_t size)
{
	size_t length = 0;
	for (; text < end && length + 1 < size; text++) {
		bool letter = (*text >= 'a' && *text <= 'z') || (*text >= 'A' && *text <= 'Z') ||
			      (*text >= '0' && *text <= '9') || strchr("._-", *text) != NULL;
		name[length++] = letter ? *text : '-';
	}
	name[length] = '\0';
}

/* A model is called after the file, or after its folder where that says more. */
static void set_name(struct workload_model *model, const char *path)
{
	const char *file = strrchr(path, '/'), *folder = file;
	file = file == NULL ? path : file + 1;
	if (folder != NULL && strcmp(file, "config.json") == 0) {
		while (folder > path && folder[-1] != '/')
			folder--;
		name_from(folder, file - 1, model->name, sizeof(model->name));
	} else {
		name_from(file, file + strlen(file) - strlen(".json"), model->name,
			  sizeof(model->name));
	}
	if (model->name[0] == '\0')
		snprintf(model->name, sizeof(model->name), "config");
	text_printable(model->source, sizeof(model->source), path, strlen(path));
}

/* The text model's object inside a model of several media: dtype and ties may stand outside. */
static enum sim_status enter_nested(struct hf *hf)
{
	const char *nested = hf->architecture->nested;
	const cJSON *inner = nested != NULL ? hf_take(hf, nested) : NULL;
	if (inner == NULL)
		return SIM_OK;
	if (!cJSON_IsObject(inner))
		return hf_fail(hf, SIM_E_PARSE, nested, "must be an object");
	const cJSON *type = cJSON_GetObjectItemCaseSensitive(inner, "model_type");
	const char *own = hf->architecture->type;
	if (cJSON_IsString(type) && strncmp(type->valuestring, own, strlen(own)) != 0)
		return diag_fail(hf->diag, SIM_E_UNSUPPORTED,
				 "%s: model_type of '%s' not understood: '%s'", hf->name, nested,
				 type->valuestring);
	TRY(hf_read_bits(hf));
	const cJSON *tied = hf_take(hf, "tie_word_embeddings");
	if (tied != NULL)
		TRY(hf_set(hf, "tie_word_embeddings", tied, "tied_embeddings"));
	TRY(refuse_others(hf, hf->architecture->ignored));
	TRY(hf_check_keys(hf, inner));
	hf->object = inner;
	memset(hf->used, 0, sizeof(hf->used));
	return SIM_OK;
}

/* The file's name of the model's KEY, or NULL. */
static const char *name_of(const struct hf *hf, const char *key)
{
	const struct hf_key *const lists[] = {hf->architecture->keys, hf->architecture->more};
	for (size_t i = 0; i < 2 && key != NULL; i++)
		for (const struct hf_key *rule = lists[i]; rule != NULL && rule->name != NULL;
		     rule++)
			if (rule->key != NULL && strcmp(rule->key, key) == 0)
				return rule->name;
	return NULL;
}

enum sim_status hf_read_root(struct hf *hf)
{
	struct sim_diag why;
	const char *blamed = NULL;
	if (!cJSON_IsObject(hf->object))
		return diag_fail(hf->diag, SIM_E_PARSE, "%s: not an object", hf->name);
	TRY(hf_check_keys(hf, hf->object));
	const cJSON *type = hf_take(hf, "model_type");
	hf->architecture =
		type == NULL && cJSON_HasObjectItem(hf->object, "ssm_cfg") ? &hf_state_spaces
		: type != NULL && cJSON_IsString(type) ? find_architecture(type->valuestring)
						       : NULL;
	if (hf->architecture == NULL)
		return diag_fail(hf->diag, SIM_E_UNSUPPORTED, "%s: model_type not understood: '%s'",
				 hf->name,
				 type != NULL && cJSON_IsString(type) ? type->valuestring : "");
	*hf->model = hf->architecture->base;
	hf->model->rotary_fraction = 1;
	hf->model->expert_every = 1;
	hf->model->parameter_bits = 16;
	set_name(hf->model, hf->name);
	snprintf(hf->model->summary, sizeof(hf->model->summary), "%s", hf->architecture->type);
	TRY(enter_nested(hf));
	TRY(read_model(hf));
	diag_init(&why);
	enum sim_status status = model_finish(hf->model, &blamed, &why);
	if (status == SIM_OK)
		return SIM_OK;
	const char *name = name_of(hf, blamed);
	if (name != NULL)
		return diag_fail(hf->diag, status, "%s: '%s': %s", hf->name, name, why.text);
	return diag_fail(hf->diag, status, "%s: %s", hf->name, why.text);
}
