/*
 * Every built-in model on every built-in runtime: a profile lowers all of a model (its kernels read the
 * parameters of the architecture within 2 %, workload_complete), or it says by name what its software
 * does not know. What is lowered reads no fewer bytes than fused-ideal, which reads each weight, each
 * cached token and each state once: one sequence and many, short and long, one token and a few.
 */
#include <stdio.h>

#include "tests/unit/transform_fixture.h"

#include "workloads/runtime.h"

static const char *const shapes[][3] = {
	{"batch=1", "context=128", "width=1"},
	{"batch=64", "context=128", "width=1"},
	{"batch=1", "context=8192", "width=1"},
	{"batch=2", "context=512", "width=4"},
};
enum { SHAPES = sizeof(shapes) / sizeof(shapes[0]) };

struct tally {
	size_t lowered, refused;
};

/* Weights, cache and state that a step reads; negative: refused, with why in DIAG. */
static double needed(const char *model, const char *runtime, const char *const shape[3],
		     struct sim_diag *diag)
{
	char sets[2][96];
	struct lowered low;
	double bytes = -1;
	snprintf(sets[0], sizeof(sets[0]), "model=%s", model);
	snprintf(sets[1], sizeof(sets[1]), "runtime=%s", runtime);
	const char *const all[] = {sets[0], sets[1], shape[0], shape[1], shape[2], NULL};
	diag_init(diag);
	if (lowered_try(&low, all, diag) == SIM_OK)
		bytes = low.weights + low.kv_read;
	lowered_close(&low);
	return bytes;
}

static void check(const char *model, const char *runtime, const double *ideal, struct tally *tally)
{
	struct sim_diag diag;
	for (size_t s = 0; s < SHAPES; s++) {
		double bytes = needed(model, runtime, shapes[s], &diag);
		if (bytes < 0 && s == 0 && strstr(diag.text, "knows no") != NULL) {
			tally->refused++;
			return;
		}
		if (bytes < 0)
			fail_msg("%s on %s, %s: %s", model, runtime, shapes[s][0], diag.text);
		/* loops over experts have whole numbers of them: 7 of 7.2 */
		if (bytes < 0.97 * ideal[s])
			fail_msg("%s on %s (%s %s %s) reads %.6g bytes, fused-ideal %.6g", model,
				 runtime, shapes[s][0], shapes[s][1], shapes[s][2], bytes,
				 ideal[s]);
	}
	tally->lowered++;
}

static void all_lower_or_are_refused_by_name(void **state)
{
	struct arena arena;
	struct sim_diag diag;
	const char **models, **runtimes;
	size_t model_count, runtime_count;
	struct tally tally = {0};
	(void)state;
	arena_init(&arena);
	diag_init(&diag);
	assert_int_equal(model_list(&arena, &models, &model_count, &diag), SIM_OK);
	assert_int_equal(runtime_list(&arena, &runtimes, &runtime_count, &diag), SIM_OK);
	for (size_t m = 0; m < model_count; m++) {
		double ideal[SHAPES];
		for (size_t s = 0; s < SHAPES; s++)
			ideal[s] = needed(models[m], "fused-ideal", shapes[s], &diag);
		for (size_t r = 0; r < runtime_count; r++)
			check(models[m], runtimes[r], ideal, &tally);
	}
	print_message("%zu combinations lower, %zu are refused by name\n", tally.lowered,
		      tally.refused);
	assert_true(tally.lowered > 6 * tally.refused);
	arena_fini(&arena);
}

/* What each says of latent attention and of states. */
static void who_knows_which_mixer(void **state)
{
	static const char *const latent[] = {"vllm",	 "tensorrt-llm", "llama-cpp",	"hf-eager",
					     "compiled", "hf-static",	 "fused-ideal", NULL};
	static const char *const not_latent[] = {"megakernel", "megakernel-mpk", "hf-4.45",
						 "gpt-fast",   "llm-viewer",	 NULL};
	struct sim_diag diag;
	(void)state;
	for (size_t i = 0; latent[i] != NULL; i++) {
		assert_true(needed("deepseek-v3", latent[i], shapes[0], &diag) > 0);
		assert_true(needed("mamba-2-370m", latent[i], shapes[0], &diag) > 0);
	}
	for (size_t i = 0; not_latent[i] != NULL; i++) {
		assert_true(needed("deepseek-v3", not_latent[i], shapes[0], &diag) < 0);
		assert_non_null(strstr(diag.text, "knows no latent attention ("));
	}
}

/* An absorbed cache has 576 numbers a token and layer, an expanded one all heads' keys and values. */
static void caches_are_what_the_software_holds(void **state)
{
	struct lowered low;
	(void)state;
	LOWER(&low, "model=deepseek-v3", "runtime=vllm", "context=1023");
	assert_near(low.capacity.kv_bytes, 1024.0 * 61 * 1152, 0);
	assert_near(low.kv_read, 1024.0 * 61 * 1152, 0);
	lowered_close(&low);
	LOWER(&low, "model=deepseek-v3", "runtime=vllm", "context=1023", "tp=8");
	assert_near(low.capacity.kv_bytes, 1024.0 * 61 * 1152, 0); /* on each device */
	lowered_close(&low);
	LOWER(&low, "model=deepseek-v3", "runtime=hf-eager", "context=1023");
	assert_near(low.capacity.kv_bytes, 1024.0 * 61 * 128 * (192 + 128) * 2, 0);
	lowered_close(&low);
	LOWER(&low, "model=deepseek-v3", "runtime=hf-eager", "context=1023", "tp=8");
	assert_near(low.capacity.kv_bytes, 1024.0 * 61 * 16 * (192 + 128) * 2, 0);
	lowered_close(&low);
	LOWER(&low, "model=mamba-2-370m", "runtime=llama-cpp", "batch=3");
	assert_near(low.capacity.state_bytes, 3 * 48 * 4.0 * (2048 * 128 + 2304 * 3), 0);
	lowered_close(&low);
}

/* A state is read and written by every step, however long the context, and not a cache. */
static void states_do_not_grow(void **state)
{
	static const char *const runtimes[] = {"runtime=vllm", "runtime=hf-eager",
					       "runtime=compiled", "runtime=llama-cpp"};
	(void)state;
	for (size_t i = 0; i < 4; i++) {
		struct lowered brief, extended, many, packed;
		LOWER(&brief, "model=mamba-2-370m", runtimes[i], "context=64");
		LOWER(&extended, "model=mamba-2-370m", runtimes[i], "context=64000");
		LOWER(&many, "model=mamba-2-370m", runtimes[i], "context=64", "batch=8");
		LOWER(&packed, "model=mamba-2-370m", runtimes[i], "context=64", "kv.bits=4");
		assert_true(lowered_equal(&brief, &extended) && lowered_equal(&brief, &packed));
		assert_near(brief.kv_read, brief.capacity.state_bytes, 0.02);
		assert_near(many.kv_read, 8 * brief.kv_read, 0);
		assert_true(brief.floor >= brief.kv_read);
		assert_true(brief.capacity.kv_bytes <= 0);
		lowered_close(&brief);
		lowered_close(&extended);
		lowered_close(&many);
		lowered_close(&packed);
	}
}

/* vLLM keeps the absorbed projections in 16 bits; TensorRT-LLM in the format of the weights. */
static void absorbed_projections_have_their_bits(void **state)
{
	struct lowered vllm, trt;
	double elements = 61.0 * 128 * 512 * (128 + 128);
	(void)state;
	LOWER(&vllm, "model=deepseek-v3", "runtime=vllm");
	LOWER(&trt, "model=deepseek-v3", "runtime=tensorrt-llm");
	assert_near(vllm.weights - trt.weights, elements * (16 - 8.001953125) / 8, 1e-4);
	lowered_close(&vllm);
	lowered_close(&trt);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(all_lower_or_are_refused_by_name),
		cmocka_unit_test(who_knows_which_mixer),
		cmocka_unit_test(caches_are_what_the_software_holds),
		cmocka_unit_test(states_do_not_grow),
		cmocka_unit_test(absorbed_projections_have_their_bits),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
