/* A language model as config.json of Hugging Face, or as YAML where the input does not begin with a brace. */
#include "tests/fuzz/fuzz.h"

#include "workloads/model.h"

const char fuzz_name[] = "model";
const char *const fuzz_seeds[] = {
	"tests/data/hf/*.json",	    "tests/data/invalid/hf/*.json",    "workloads/models/g*.yaml",
	"workloads/models/m*.yaml", "tests/data/invalid/model_*.yaml", NULL};

static void check_text(const char *text, size_t size)
{
	FUZZ_REQUIRE(memchr(text, '\0', size) != NULL);
}

/* What a model promises whoever wrote it. */
static void check_model(const struct workload_model *model)
{
	struct model_parameters sum = model_parameters(model);
	check_text(model->name, sizeof(model->name));
	check_text(model->summary, sizeof(model->summary));
	check_text(model->source, sizeof(model->source));
	FUZZ_REQUIRE(model->layers >= 1 && model->layers <= MODEL_MOST_LAYERS);
	FUZZ_REQUIRE(sum.read <= sum.active && sum.active <= sum.total);
	FUZZ_REQUIRE(sum.total < UINT64_C(1) << 60 && sum.total > sum.embedding);
	FUZZ_REQUIRE(model_parameter_bytes(model) < UINT64_C(1) << 62);
	FUZZ_REQUIRE(model_kv_elements(model) < UINT64_C(1) << 60);
	FUZZ_REQUIRE(model_state_elements(model) < UINT64_C(1) << 60);
	FUZZ_REQUIRE(model->experts_per_token <= model->experts);
	FUZZ_REQUIRE(model->mixer == MODEL_STATE_SPACE ||
		     (model->kv_heads > 0 && model->heads % model->kv_heads == 0));
	for (size_t i = 0; i < model_key_count(); i++) {
		struct model_value value;
		(void)model_key_value(model, i, &value);
		FUZZ_REQUIRE(value.number >= 0);
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct workload_model model;
	struct sim_diag diag;
	const char *name = size > 0 && data[0] == '{' ? "config.json" : "model.yaml";
	diag_init(&diag);
	enum sim_status status = model_parse(name, (const char *)data, size, &model, &diag);
	fuzz_check_diag(status, &diag);
	if (status == SIM_OK)
		check_model(&model);
	return 0;
}
