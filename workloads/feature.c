/* Features of an architecture: names, and which models have them. */
#include "workloads/feature.h"

static const char *const keys[FEATURE_COUNT] = {
#define X(name, key, text) key,
	WORKLOAD_FEATURE_LIST(X)
#undef X
};

static const char *const texts[FEATURE_COUNT] = {
#define X(name, key, text) text,
	WORKLOAD_FEATURE_LIST(X)
#undef X
};

const char *feature_key(unsigned feature)
{
	return keys[feature];
}

const char *feature_text(unsigned feature)
{
	return texts[feature];
}

bool feature_of(const struct workload_model *model, unsigned feature)
{
	switch (feature) {
	case FEATURE_LATENT:
		return model->mixer == MODEL_LATENT_ATTENTION;
	case FEATURE_STATE:
		return model->mixer == MODEL_STATE_SPACE;
	case FEATURE_EXPERTS:
		return model->experts > 0;
	case FEATURE_SHARED:
		return model->shared_intermediate > 0;
	case FEATURE_UNGATED:
		return !model->gated && (model->intermediate > 0 || model->experts > 0);
	case FEATURE_SINKS:
		return model->sinks;
	case FEATURE_SOFTCAP:
		return model->logit_softcap > 0;
	case FEATURE_ENCODER:
		return model->encoder;
	case FEATURE_LEARNED:
		return model->position == MODEL_POSITION_LEARNED;
	case FEATURE_LAYER_NORM:
		return model->norm == MODEL_NORM_LAYER;
	case FEATURE_FUSED:
		return model->fused_inputs > 0;
	case FEATURE_POST_NORMS:
		return model->post_norms;
	default:
		return false;
	}
}
