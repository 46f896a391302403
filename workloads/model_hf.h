/*
 * Hugging Face config.json: one table per model_type says which keys set a model's fields, which
 * cost a decode step nothing, and what transformers takes for a key that is absent. Every other key
 * is refused by name. Keys and defaults: transformers, src/transformers/models/NAME/
 * configuration_NAME.py (read at 4.56 and 5.x); state-spaces: mamba_ssm/models/config_mamba.py.
 */
#ifndef WORKLOADS_MODEL_HF_H
#define WORKLOADS_MODEL_HF_H

#include <cjson/cJSON.h>

#include "workloads/model_parts.h"

enum { HF_MOST_KEYS = 512 };

enum hf_rule {
	HF_REQUIRED, /* the file must give it */
	HF_OPTIONAL, /* absent or null: the field stays */
	HF_DEFAULT,  /* absent or null: `fallback` */
	HF_MUST,     /* absent, null, or a number or flag that equals `fallback` */
	HF_EMPTY,    /* absent, null, [] or {} */
};

struct hf_key {
	const char *name;
	const char *key; /* of the model's table; NULL with HF_MUST and HF_EMPTY */
	enum hf_rule rule;
	double fallback; /* of a flag 0 or 1, of a word its index */
};

/* Which layers slide, when layer_types does not say. */
enum hf_window {
	HF_WINDOW_NONE,	     /* no key about it is understood */
	HF_WINDOW_ALL,	     /* all, where sliding_window is a number */
	HF_WINDOW_SWITCHED,  /* the same, where use_sliding_window is true */
	HF_WINDOW_ALTERNATE, /* every other one, from the first on */
	HF_WINDOW_PATTERN,   /* all but each sliding_window_pattern-th */
};

struct hf;

struct hf_architecture {
	const char *type;	   /* model_type */
	const struct hf_key *keys; /* ends with a NULL name */
	const struct hf_key *more; /* NULL, or as keys: of relatives */
	const char *ignored;	   /* names, a space between */
	const char *nested;	   /* the object with the text model's keys, or NULL */
	enum hf_window window;
	uint64_t window_fallback; /* 0: absent means none */
	bool rotary;		  /* rope_theta, rope_scaling, rope_parameters */
	double theta;		  /* when absent */
	struct workload_model base;
	enum sim_status (*finish)(struct hf *hf); /* NULL, or what the table cannot say */
};

extern const struct hf_architecture hf_architectures[];
extern const size_t hf_architecture_count;
extern const struct hf_architecture hf_state_spaces; /* its files have no model_type */

/* A file that is being read. */
struct hf {
	const char *name;
	const cJSON *object; /* whose keys are read */
	const struct hf_architecture *architecture;
	struct workload_model *model;
	struct sim_diag *diag;
	bool used[HF_MOST_KEYS];
};

/* KEY's value, marked as understood; NULL where it is absent or null. */
const cJSON *hf_take(struct hf *hf, const char *key);

/* KEY's whole number between LOW and HIGH, or FALLBACK where it is absent. */
SIM_MUST_CHECK enum sim_status hf_count(struct hf *hf, const char *key, uint64_t low, uint64_t high,
					uint64_t fallback, uint64_t *value);

/* ITEM, the value of NAME, into the field of the model's KEY. */
SIM_MUST_CHECK enum sim_status hf_set(struct hf *hf, const char *name, const cJSON *item,
				      const char *key);

/* Record `file: 'KEY' WHAT` and return STATUS. */
enum sim_status hf_fail(const struct hf *hf, enum sim_status status, const char *key,
			const char *what);

/* Whether NAME is one of LIST, names with a space between. */
bool hf_listed(const char *list, const char *name);

/* No key of OBJECT may be there twice. */
SIM_MUST_CHECK enum sim_status hf_check_keys(const struct hf *hf, const cJSON *object);

/* The text at KEY of OBJECT; NULL where it is none. */
const char *hf_text(const cJSON *object, const char *key);
SIM_MUST_CHECK enum sim_status hf_read_rope(struct hf *hf);
SIM_MUST_CHECK enum sim_status hf_read_window(struct hf *hf);
SIM_MUST_CHECK enum sim_status hf_read_bits(struct hf *hf);
SIM_MUST_CHECK enum sim_status hf_read_quantization(struct hf *hf, const cJSON *quantization);

/* The whole of hf->object, which is the root. */
SIM_MUST_CHECK enum sim_status hf_read_root(struct hf *hf);

/* What the tables cannot say, by architecture. */
SIM_MUST_CHECK enum sim_status hf_finish_qwen_experts(struct hf *hf);
SIM_MUST_CHECK enum sim_status hf_finish_deepseek(struct hf *hf);
SIM_MUST_CHECK enum sim_status hf_finish_opt(struct hf *hf);
SIM_MUST_CHECK enum sim_status hf_finish_gpt2(struct hf *hf);
SIM_MUST_CHECK enum sim_status hf_finish_esm(struct hf *hf);
SIM_MUST_CHECK enum sim_status hf_finish_mamba2(struct hf *hf);
SIM_MUST_CHECK enum sim_status hf_finish_state_spaces(struct hf *hf);

#endif
