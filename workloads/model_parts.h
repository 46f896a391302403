/* What reading a model is made of: the table of keys, checks across keys, and the two formats. */
#ifndef WORKLOADS_MODEL_PARTS_H
#define WORKLOADS_MODEL_PARTS_H

#include "workloads/model.h"

enum model_key_kind { MODEL_KEY_COUNT, MODEL_KEY_NUMBER, MODEL_KEY_FLAG, MODEL_KEY_WORD };

/* When a file must give a key. */
enum model_key_need {
	MODEL_KEY_ALWAYS,
	MODEL_KEY_OPTIONAL,
	MODEL_KEY_HEADS,  /* where heads attend */
	MODEL_KEY_CACHE,  /* where their keys and values are cached as they are: not latent */
	MODEL_KEY_MLP,	  /* where there is an MLP or an expert */
	MODEL_KEY_DENSE,  /* where a layer has a dense MLP */
	MODEL_KEY_ROTARY, /* where the position rotates */
	MODEL_KEY_EXPERTS,
	MODEL_KEY_LATENT,
	MODEL_KEY_STATE,
};

struct model_key {
	const char *name;
	enum model_key_kind kind;
	enum model_key_need need;
	size_t offset;	   /* into struct workload_model */
	double low, high;  /* inclusive */
	const char *words; /* of a WORD, in the order of its enum */
	const char *what;
};

extern const struct model_key model_keys[];

/* Key NAME, which must be one of the table. */
const struct model_key *model_key(const char *name);

/* Whether MODEL, whose other keys are read, must give KEY. */
bool model_needs(const struct workload_model *model, const struct model_key *key);

/* What keys not given are. */
void model_set_defaults(struct workload_model *model);

/*
 * What follows from other keys is filled in, then what no key alone can say is checked. A failure
 * names the KEY to blame and says why in DIAG, without a place: the format's reader adds it.
 */
SIM_MUST_CHECK enum sim_status model_finish(struct workload_model *model, const char **key,
					    struct sim_diag *diag);

/* TEXT of a Hugging Face config.json called NAME in messages. */
SIM_MUST_CHECK enum sim_status model_hf_parse(const char *name, const char *text, size_t length,
					      struct workload_model *model, struct sim_diag *diag);

/* The file at PATH, at most 4 MiB of it. */
SIM_MUST_CHECK enum sim_status model_hf_read(const char *path, struct workload_model *model,
					     struct sim_diag *diag);

#endif
