/*
 * Deployments: whatever spec is read is brought to life, and a few of its requests are served over
 * made costs. fuzz_serve.c simulates the steps, of small specs only.
 */
#include "tests/fuzz/fuzz.h"

#include <math.h>

#include "sim/serve/deploy.h"

const char fuzz_name[] = "deploy";
const char *const fuzz_seeds[] = {"workloads/serving/*.yaml", NULL};

enum { MOST_REQUESTS = 6, MOST_TOKENS = 48, MOST_LANES = 2 };

/* Steps that cost what they hold, without the step simulator. */
static enum sim_status take_step(void *context, const struct serve_work *work,
				 struct serve_cost *cost, struct sim_diag *diag)
{
	(void)context, (void)diag;
	FUZZ_REQUIRE(work->sequences + work->prompts > 0);
	uint64_t tokens = work->sequences + work->context / 16 + work->prompt_tokens;
	*cost = (struct serve_cost){.step_ps = 1000 + (int64_t)tokens, .joules = NAN};
	return SIM_OK;
}

static void cut(struct lengths *lengths)
{
	static const uint32_t one[] = {MOST_TOKENS, 1};
	if (lengths->fixed > MOST_TOKENS)
		lengths->fixed = MOST_TOKENS;
	if (lengths->most > MOST_TOKENS)
		lengths->most = MOST_TOKENS;
	if (lengths->least > lengths->most)
		lengths->least = lengths->most;
	if (lengths_most(lengths) > MOST_TOKENS) {
		lengths->values = one;
		lengths->count = 2;
	}
}

/* Answers and counts that a run of this size can take; prompts, prefixes and rates stay. */
static void cut_load(struct load *load)
{
	cut(&load->output);
	if (load->requests > MOST_REQUESTS)
		load->requests = MOST_REQUESTS;
	if (load->samples > MOST_LANES)
		load->samples = MOST_LANES;
	if (load->rounds > MOST_LANES)
		load->rounds = MOST_LANES;
	for (size_t i = 0; i < load->trace.count; i++)
		if (load->trace.rows[i].output > MOST_TOKENS)
			load->trace.rows[i].output = MOST_TOKENS;
}

static void serve(struct deployment *deployment, const struct load *load)
{
	const struct serve_costs costs = {.step = take_step};
	struct serve_result result, again;
	struct serve_config config = deployment->config;
	struct sim_diag diag;
	if (config.chunk_tokens < 64) /* a prompt of millions in pieces of one token */
		config.chunk_tokens += 1 << 16;
	diag_init(&diag);
	enum sim_status status = serve_run(&config, load, &costs, &result, &diag);
	fuzz_check_diag(status, &diag);
	if (status != SIM_OK)
		return;
	FUZZ_REQUIRE(result.completed + result.refused == result.requests);
	FUZZ_REQUIRE(serve_run(&config, load, &costs, &again, NULL) == SIM_OK);
	FUZZ_REQUIRE(result.digest == again.digest);
}

static void deploy(const struct serve_spec *spec, const struct load *load)
{
	struct deployment deployment;
	struct sim_diag diag;
	diag_init(&diag);
	enum sim_status status = deployment_open(spec, &deployment, &diag);
	fuzz_check_diag(status, &diag);
	if (status == SIM_OK)
		serve(&deployment, load);
	deployment_close(&deployment);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct serve_spec spec;
	struct load load;
	struct sim_diag diag;
	diag_init(&diag);
	enum sim_status status = spec_parse("serve.yaml", (const char *)data, size, &spec, &diag);
	fuzz_check_diag(status, &diag);
	if (status == SIM_OK) {
		FUZZ_REQUIRE(memchr(spec.name, '\0', sizeof(spec.name)) != NULL);
		status = spec_load(&spec, &load, &diag);
		fuzz_check_diag(status, &diag);
	}
	if (status == SIM_OK) {
		cut_load(&load);
		deploy(&spec, &load);
	}
	spec_fini(&spec);
	return 0;
}
