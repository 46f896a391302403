/*
 * Samples that share a prompt: one sample is none, bytes shrink by the group, and only where software holds
 * pages once or attention cascades. The equation stands at the head of transform_shared_prefix.c.
 */
#include <stdio.h>

#include "tests/unit/transform_fixture.h"

#define MODEL "model=llama-3.1-8b", "context=4095", "batch=16"
#define SHARED "prefix.tokens=4000", "prefix.samples=16"

static const double cached = 16 * 4096.0 * 131072; /* bytes: 128 KiB a token */

static void nothing_shared_changes_nothing(void **state)
{
	static const char *const off[][2] = {
		{"prefix.tokens=0", "prefix.samples=16"},
		{"prefix.tokens=4000", "prefix.samples=1"},
		{"prefix.tokens=0", "prefix.attention=cascade"},
	};
	struct lowered plain, with;
	(void)state;
	LOWER(&plain, MODEL, "runtime=vllm");
	for (size_t i = 0; i < sizeof(off) / sizeof(off[0]); i++) {
		LOWER(&with, MODEL, "runtime=vllm", off[i][0], off[i][1]);
		assert_true(lowered_equal(&plain, &with));
		assert_true(with.capacity.total_bytes == plain.capacity.total_bytes);
		lowered_close(&with);
	}
	lowered_close(&plain);
}

/* B (kv - P) + P B / n tokens are read, and held. */
static void a_cascade_reads_and_holds_a_prefix_once_a_group(void **state)
{
	static const double samples[] = {2, 4, 8, 16};
	(void)state;
	for (size_t i = 0; i < 4; i++) {
		struct lowered low;
		char set[400];
		double left = (96 + 4000 / samples[i]) / 4096;
		snprintf(set, sizeof(set), "prefix.samples=%.0f", samples[i]);
		LOWER(&low, MODEL, "runtime=fused-ideal", "prefix.tokens=4000", set);
		assert_near(low.kv_read, cached * left, 1e-6);
		assert_near(low.capacity.kv_bytes, cached * left, 1e-9);
		lowered_close(&low);
	}
}

static void flops_stay(void **state)
{
	struct lowered plain, with;
	(void)state;
	LOWER(&plain, MODEL, "runtime=fused-ideal");
	LOWER(&with, MODEL, "runtime=fused-ideal", SHARED);
	assert_near(with.flops, plain.flops, 0.01); /* and the merge */
	assert_true(with.flops > plain.flops);
	assert_int_equal(with.count, plain.count + 2 * 32);
	lowered_close(&plain);
	lowered_close(&with);
}

static void who_exploits_it(void **state)
{
	struct lowered low;
	(void)state;
	LOWER(&low, MODEL, "runtime=hf-static", SHARED); /* a cache for each sequence */
	assert_true(low.capacity.kv_bytes >= cached);
	lowered_close(&low);
	LOWER(&low, MODEL, "runtime=tensorrt-llm", SHARED); /* pages held once, read by each */
	assert_near(low.kv_read, cached, 0);
	assert_near(low.capacity.kv_bytes, cached * (96 + 250) / 4096, 1e-9);
	lowered_close(&low);
	LOWER(&low, MODEL, "runtime=vllm", SHARED); /* one prefix of all */
	assert_near(low.kv_read, cached * (96 + 250) / 4096, 1e-6);
	lowered_close(&low);
	LOWER(&low, MODEL, "runtime=vllm", "prefix.tokens=4000", "prefix.samples=8"); /* two */
	assert_near(low.kv_read, cached, 0);
	lowered_close(&low);
	LOWER(&low, MODEL, "runtime=vllm", "prefix.tokens=255", "prefix.samples=16"); /* short */
	assert_near(low.kv_read, cached, 0);
	lowered_close(&low);
	LOWER(&low, MODEL, "runtime=vllm", SHARED, "prefix.attention=sequence");
	assert_near(low.kv_read, cached, 0);
	lowered_close(&low);
	LOWER(&low, MODEL, "runtime=tensorrt-llm", SHARED, "prefix.attention=cascade");
	assert_near(low.kv_read, cached * (96 + 250) / 4096, 1e-6);
	lowered_close(&low);
}

/* In a layer that slides, only what of the prefix is in the window is shared. */
static void windows_bound_what_is_shared(void **state)
{
	struct lowered plain, with;
	(void)state;
	LOWER(&plain, "model=gemma-3-1b", "context=4095", "batch=16", "runtime=fused-ideal");
	LOWER(&with, "model=gemma-3-1b", "context=4095", "batch=16", "runtime=fused-ideal", SHARED);
	double token = 16 * 2 * 256 * 2.0, slides = 22, full = 4;
	assert_near(plain.kv_read, token * (slides * 512 + full * 4096), 1e-9);
	assert_near(with.kv_read, token * (slides * (96 + 416 / 16.0) + full * (96 + 250)), 1e-6);
	lowered_close(&plain);
	lowered_close(&with);
}

static void what_does_not_fit_is_refused(void **state)
{
	static const char *const sets[][3] = {
		{"prefix.tokens=4000", "prefix.samples=3", "'prefix.samples': 3 do not divide"},
		{"prefix.tokens=5000", "prefix.samples=4", "'prefix.tokens': 5000 of a context"},
	};
	(void)state;
	for (size_t i = 0; i < 2; i++) {
		struct lowered low;
		struct sim_diag diag = {0};
		const char *const all[] = {MODEL, "runtime=vllm", sets[i][0], sets[i][1], NULL};
		assert_int_equal(lowered_try(&low, all, &diag), SIM_E_RANGE);
		assert_non_null(strstr(diag.text, sets[i][2]));
		lowered_close(&low);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(nothing_shared_changes_nothing),
		cmocka_unit_test(a_cascade_reads_and_holds_a_prefix_once_a_group),
		cmocka_unit_test(flops_stay),
		cmocka_unit_test(who_exploits_it),
		cmocka_unit_test(windows_bound_what_is_shared),
		cmocka_unit_test(what_does_not_fit_is_refused),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
