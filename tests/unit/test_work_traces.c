/*
 * The bundled traces: every kernel's work is known, and what a step reads is what the published
 * architecture has. Weights per step = layers (2 h q + 2 h kv + 3 h f) + h V parameters of 2 bytes
 * (f of the chosen experts, and the router, in a mixture of experts); KV = layers 2 B kv L 2 bytes.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "traces/trace.h"

#define FOLDER "../shared/data/h100/"

struct model {
	const char *trace;
	uint64_t layers, hidden, query, kv, ffn, vocabulary, bias, router, batch;
	double eager_share; /* of device time known in the trace without shapes, its twin as donor
			     */
};

/* clang-format off */
static const struct model models[] = {
	/*                           layers hidden query   kv    ffn   vocab          bias router batch */
	{"llama-3.2-1b-b1-c512",    16, 2048, 2048,  512,     8192, 128256,               0,   0,  1, 0.97},
	{"llama-3.2-1b-b1-c2048",   16, 2048, 2048,  512,     8192, 128256,               0,   0,  1, 0.97},
	{"llama-3.2-3b-b1-c1024",   28, 3072, 3072, 1024,     8192, 128256,               0,   0,  1, 0.95},
	{"llama-3.2-3b-b16-c4096",  28, 3072, 3072, 1024,     8192, 128256,               0,   0, 16, 0.95},
	{"llama-3.1-8b-b1-c2048",   32, 4096, 4096, 1024,    14336, 128256,               0,   0,  1, 0.95},
	{"mistral-7b-v0.3-b1-c2048",32, 4096, 4096, 1024,    14336,  32768,               0,   0,  1, 0.95},
	{"qwen2.5-7b-b1-c2048",     28, 3584, 3584,  512,    18944, 152064, 3584 + 2 * 512,   0,  1, 0.95},
	{"qwen2.5-7b-b1-c8192",     28, 3584, 3584,  512,    18944, 152064, 3584 + 2 * 512,   0,  1, 0.95},
	{"qwen3-30b-a3b-b1-c2048",  48, 2048, 4096,  512,  8 * 768, 151936,               0, 128,  1, 0.95},
};
/* clang-format on */

static void read_or_skip(const char *name, const char *suffix, struct trace *trace)
{
	char path[256];
	struct sim_diag diag;
	diag_init(&diag);
	snprintf(path, sizeof(path), FOLDER "%s%s.json.gz", name, suffix);
	if (access(path, R_OK) != 0) {
		print_message("not here, skipped: %s\n", path);
		skip();
	}
	trace_init(trace);
	if (trace_read(path, trace, &diag) != SIM_OK)
		fail_msg("%s", diag.text);
}

static uint64_t weights_of(const struct model *m)
{
	uint64_t layer = 2 * m->hidden * m->query + 2 * m->hidden * m->kv + 3 * m->hidden * m->ffn +
			 m->bias + m->hidden * m->router;
	return 2 * (m->layers * layer + m->hidden * m->vocabulary);
}

static void check_step(const struct trace *trace, const struct sim_step *step,
		       const struct model *model)
{
	uint64_t weights = 0, cache = 0, tokens = 0;
	for (size_t i = step->first; i < (size_t)step->first + step->count; i++) {
		const struct sim_kernel *kernel = &trace->kernels[i];
		if (kernel->op == SIM_OP_GEMM || kernel->op == SIM_OP_GROUPED_GEMM)
			weights += kernel->weight_bytes;
		if (kernel->op != SIM_OP_ATTENTION || kernel->family != SIM_FAMILY_ATTN)
			continue;
		cache += kernel->kv_read_bytes;
		tokens = trace->details[i].n;
	}
	assert_int_equal(weights, weights_of(model));
	assert_true(tokens > 0);
	assert_int_equal(cache, model->layers * 2 * model->batch * model->kv * tokens * 2);
}

static void steps_read_what_the_model_has(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(models) / sizeof(models[0]); i++) {
		struct trace trace;
		read_or_skip(models[i].trace, "-shapes", &trace);
		for (size_t k = 0; k < trace.kernel_count; k++)
			if (trace.kernels[k].flags & SIM_KERNEL_OPAQUE)
				fail_msg("%s: no work for %s of %s", models[i].trace,
					 names_text(&trace.names, trace.details[k].name),
					 names_text(&trace.names, trace.details[k].op_name));
		assert_false(trace.lacks & (1u << TRACE_LACK_SHAPES | 1u << TRACE_LACK_SOME_WORK));
		assert_true(trace.step_count > 0);
		for (size_t s = 0; s < trace.step_count; s++)
			check_step(&trace, &trace.steps[s], &models[i]);
		trace_fini(&trace);
	}
}

static void families_are_known_without_shapes(void **state)
{
	static const char *const suffixes[] = {"", "-graph"};
	(void)state;
	for (size_t i = 0; i < 2 * sizeof(models) / sizeof(models[0]); i++) {
		struct trace trace;
		read_or_skip(models[i / 2].trace, suffixes[i % 2], &trace);
		assert_true(trace.lacks & 1u << TRACE_LACK_SHAPES);
		for (size_t k = 0; k < trace.kernel_count; k++)
			if (trace.kernels[k].family == SIM_FAMILY_UNKNOWN)
				fail_msg("%s: no family for %s", trace.name,
					 names_text(&trace.names, trace.details[k].name));
		trace_fini(&trace);
	}
}

/* The graph's step has the model's GEMMs, whatever its cache is made of. */
static void twins_give_their_work(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(models) / sizeof(models[0]); i++) {
		struct trace donor, eager, graph;
		uint64_t filled, weights = 0;
		struct sim_diag diag;
		diag_init(&diag);
		read_or_skip(models[i].trace, "-shapes", &donor);
		read_or_skip(models[i].trace, "", &eager);
		read_or_skip(models[i].trace, "-graph", &graph);
		assert_int_equal(trace_adopt_work(&eager, &donor, &filled, &diag), SIM_OK);
		assert_true(filled > 0);
		assert_true(trace_modelled_share(&eager) > models[i].eager_share);
		assert_int_equal(trace_adopt_work(&graph, &donor, &filled, &diag), SIM_OK);
		for (size_t k = graph.steps[0].first; k < graph.steps[0].count; k++)
			if (graph.kernels[k].op == SIM_OP_GEMM ||
			    graph.kernels[k].op == SIM_OP_GROUPED_GEMM)
				weights += graph.kernels[k].weight_bytes;
		assert_int_equal(weights, weights_of(&models[i]));
		trace_fini(&donor);
		trace_fini(&eager);
		trace_fini(&graph);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(steps_read_what_the_model_has),
		cmocka_unit_test(families_are_known_without_shapes),
		cmocka_unit_test(twins_give_their_work),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
