/*
 * A lowered decode step of one token reads each parameter that the architecture says, once: matrices
 * of attention and MLP, the chosen experts, router, head, biases. So no profile takes a model for a
 * simpler one. Norm weights are operands of pointwise kernels and count as activations; one row of
 * each embedding is read beside.
 */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "workloads/workload.h"

/* Elements by the bits they have as published: experts, other matrices, the rest. */
static double bytes_read(const struct workload_model *model)
{
	struct model_parameters sum = model_parameters(model);
	double matrices = (double)(sum.attention + sum.mlp), experts = 0, rest;
	for (uint64_t i = 0; i < model->layers; i++)
		if (model_layer(model, i).experts)
			experts += (double)((model->gated ? 3 : 2) * model->hidden *
					    model->expert_intermediate * model->experts_per_token);
	rest = (double)(sum.read - sum.norms) - matrices - experts;
	return (rest * model_wide_bits(model) + matrices * model->parameter_bits +
		experts * model->expert_bits) /
	       8;
}

static double bytes_lowered(const char *name, const char *runtime, struct workload_model *model)
{
	struct workload_scenario scenario;
	struct workload workload;
	struct workload_iteration iteration;
	struct workload_step step;
	struct sim_diag diag;
	double bytes = 0;
	diag_init(&diag);
	if (scenario_init(&scenario, &diag) != SIM_OK ||
	    scenario_set(&scenario, "model", name, &diag) != SIM_OK ||
	    scenario_set(&scenario, "runtime", runtime, &diag) != SIM_OK ||
	    workload_load(&workload, &scenario, 0, &diag) != SIM_OK ||
	    workload_iterate(&workload, 512, &iteration, &diag) != SIM_OK ||
	    step_init(&step, &diag) != SIM_OK ||
	    workload_lower(&workload, &iteration.forwards[0], &step, &diag) != SIM_OK)
		fail_msg("%s: %s", name, diag.text);
	for (size_t s = 0; s < step.segment_count; s++)
		for (uint32_t k = 0; k < step.segments[s].count; k++)
			bytes += (double)step.segments[s].repeat *
				 (double)step.kernels[step.segments[s].first + k]
					 .kernel.weight_bytes;
	*model = workload.model;
	step_fini(&step);
	workload_fini(&workload);
	return bytes;
}

static void check_bytes(const char *name, const char *runtime)
{
	struct workload_model model;
	double lowered = bytes_lowered(name, runtime, &model);
	double read = bytes_read(&model), rows = 2 * 4 * (double)model.hidden;
	/* biases of gpt-oss's experts are in 16 bits, and may count as the matrices */
	double slack = rows + (model.expert_bias ? read * 1e-3 : read * 1e-6);
	if (!(lowered >= read - slack && lowered <= read + slack))
		fail_msg("%s of %s reads %.0f bytes of weights, not %.0f", runtime, name, lowered,
			 read);
}

static void a_step_reads_what_the_architecture_says(void **state)
{
	static const char *const names[] = {
		"llama-3.1-8b",	 "qwen2.5-7b",	"qwen3-0.6b",  "phi-3-mini", "mixtral-8x7b",
		"qwen3-30b-a3b", "olmoe-1b-7b", "gpt-oss-20b", "gemma-3-4b", "gpt2",
		"opt-6.7b",	 "mpt-7b",	"falcon-180b", "smollm3-3b",
	};
	static const char *const runtimes[] = {"hf-static", "vllm",	  "tensorrt-llm",
					       "llama-cpp", "megakernel", "megakernel-mpk"};
	(void)state;
	for (size_t r = 0; r < sizeof(runtimes) / sizeof(runtimes[0]); r++)
		for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++)
			check_bytes(names[i], runtimes[r]);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_step_reads_what_the_architecture_says),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
