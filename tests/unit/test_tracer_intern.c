/* The tracer's tables of texts, launch sites, threads, calls, and its count of steps. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "traces/tracer/calls.h"
#include "traces/tracer/host_threads.h"
#include "traces/tracer/intern.h"
#include "traces/tracer/step_limit.h"

static uint32_t intern(struct strings *strings, const char *text, bool *is_new)
{
	struct string *entry = strings_intern(strings, text, strlen(text), is_new);
	assert_non_null(entry);
	assert_string_equal(entry->text, text);
	return entry->id;
}

static void texts_get_ids_from_one(void **state)
{
	struct strings strings;
	bool is_new;
	(void)state;
	strings_init(&strings, STRINGS_MOST_BYTES);
	assert_int_equal(intern(&strings, "a", &is_new), 1);
	assert_true(is_new);
	assert_int_equal(intern(&strings, "", &is_new), 2);
	assert_int_equal(intern(&strings, "a", &is_new), 1);
	assert_false(is_new);
	/* eight bytes are hashed at a time: texts that differ at either end of a word */
	assert_int_equal(intern(&strings, "12345678", &is_new), 3);
	assert_int_equal(intern(&strings, "123456789", &is_new), 4);
	assert_int_equal(intern(&strings, "12345670", &is_new), 5);
	assert_int_equal(intern(&strings, "12345678", &is_new), 3);
	strings_fini(&strings);
}

static void many_texts_keep_their_ids(void **state)
{
	enum { MANY = 20000 };
	struct strings strings;
	char text[32];
	bool is_new;
	(void)state;
	strings_init(&strings, STRINGS_MOST_BYTES);
	for (int round = 0; round < 2; round++)
		for (uint32_t i = 0; i < MANY; i++) {
			snprintf(text, sizeof(text), "kernel_%u", i);
			assert_int_equal(intern(&strings, text, &is_new), i + 1);
			assert_true(is_new == (round == 0));
		}
	strings_fini(&strings);
}

/* Memory stays within the limit; ids only go up. */
static void a_full_table_starts_anew(void **state)
{
	enum { LIMIT = 16384, MANY = 5000 };
	struct strings strings;
	char text[64];
	bool is_new;
	uint32_t last = 0;
	(void)state;
	strings_init(&strings, LIMIT);
	for (uint32_t i = 0; i < MANY; i++) {
		snprintf(text, sizeof(text), "forward, seq = %u", i);
		uint32_t id = intern(&strings, text, &is_new);
		assert_true(is_new);
		assert_int_equal(id, last + 1);
		assert_true(strings.bytes <= LIMIT);
		last = id;
	}
	assert_true(strings.generation > 0);
	assert_int_equal(intern(&strings, text, &is_new), last);
	assert_false(is_new);
	assert_int_equal(intern(&strings, "forward, seq = 0", &is_new), last + 1);
	strings_fini(&strings);
}

static void a_long_text_is_cut(void **state)
{
	static char text[LOG_LONGEST_STRING + 100];
	struct strings strings;
	bool is_new;
	(void)state;
	memset(text, 'x', sizeof(text));
	strings_init(&strings, STRINGS_MOST_BYTES);
	const struct string *entry = strings_intern(&strings, text, sizeof(text), &is_new);
	assert_int_equal(entry->length, LOG_LONGEST_STRING);
	text[LOG_LONGEST_STRING] = 'y';
	entry = strings_intern(&strings, text, sizeof(text), &is_new);
	assert_false(is_new);
	assert_int_equal(entry->id, 1);
	strings_fini(&strings);
}

static void a_site_is_told_by_every_field(void **state)
{
	const struct log_site plain = {.name = 1, .grid = {1, 1, 1}, .block = {32, 1, 1}};
	struct log_site other;
	struct sites sites;
	bool is_new;
	uint32_t count = 1;
	(void)state;
	sites_init(&sites, SITES_MOST);
	assert_int_equal(sites_intern(&sites, &plain, &is_new), 1);
	assert_true(is_new);
#define DIFFERS(field)                                                                             \
	other = plain;                                                                             \
	other.field += 5;                                                                          \
	assert_int_equal(sites_intern(&sites, &other, &is_new), ++count);                          \
	assert_true(is_new);                                                                       \
	assert_int_equal(sites_intern(&sites, &other, &is_new), count);                            \
	assert_false(is_new)
	DIFFERS(name);
	DIFFERS(device);
	DIFFERS(context);
	DIFFERS(grid[0]);
	DIFFERS(grid[2]);
	DIFFERS(block[1]);
	DIFFERS(registers);
	DIFFERS(static_shared_bytes);
	DIFFERS(dynamic_shared_bytes);
	DIFFERS(shared_executed_bytes);
	DIFFERS(cluster[2]);
	DIFFERS(launch_type);
	DIFFERS(local_bytes);
#undef DIFFERS
	assert_int_equal(sites_intern(&sites, &plain, &is_new), 1);
	sites_fini(&sites);
}

static void full_sites_start_anew(void **state)
{
	enum { MOST = 1500 };
	struct sites sites;
	bool is_new;
	(void)state;
	sites_init(&sites, MOST);
	for (uint32_t i = 0; i < 4 * MOST; i++) {
		const struct log_site site = {.name = 1, .grid = {i, 1, 1}};
		assert_int_equal(sites_intern(&sites, &site, &is_new), i + 1);
		assert_true(is_new);
		assert_int_equal(sites_intern(&sites, &site, &is_new), i + 1);
		assert_false(is_new);
	}
	const struct log_site first = {.name = 1, .grid = {0, 1, 1}};
	assert_int_equal(sites_intern(&sites, &first, &is_new), 4 * MOST + 1);
	assert_true(is_new);
	sites_fini(&sites);
}

static void threads_get_indices_until_there_are_too_many(void **state)
{
	struct host_threads threads;
	bool is_new;
	(void)state;
	assert_true(host_threads_init(&threads));
	for (uint32_t i = 0; i < HOST_THREADS_MOST; i++) {
		assert_int_equal(host_threads_index(&threads, i * 7, &is_new), i);
		assert_true(is_new);
		assert_int_equal(host_threads_index(&threads, i * 7, &is_new), i);
		assert_false(is_new);
	}
	assert_int_equal(host_threads_index(&threads, 3, &is_new), HOST_THREAD_LOST);
	assert_false(is_new);
	assert_int_equal(host_threads_index(&threads, 7, &is_new), 1);
	host_threads_fini(&threads);
}

static void calls_that_matter_are_kept(void **state)
{
	static const char *const kept[] = {
		"cudaLaunchKernel_v7000",
		"cudaLaunchKernelExC_v11060",
		"__cudaLaunchKernel_ptsz_v13000",
		"cuLaunchKernelEx",
		"cuLaunchCooperativeKernel_ptsz",
		"cudaGraphLaunch_v10000",
		"cuGraphInstantiateWithParams_ptsz",
		"cudaMemcpyAsync_v3020",
		"cuMemcpyHtoDAsync_v2_ptsz",
		"cu64MemsetD8",
		"cudaMemsetAsync_ptsz_v7000",
		"cudaMalloc_v3020",
		"cuMemAllocAsync",
		"cudaFreeAsync_v11020",
		"cudaStreamSynchronize_v3020",
		"cudaDeviceSynchronize_v3020",
		"cuCtxSynchronize_v2",
		"cudaEventSynchronize_v3020",
		"cudaStreamWaitEvent_v3020",
		"cuLibraryLoadData",
		"cudaStreamEndCapture_v10000",
	};
	static const char *const noise[] = {
		"cudaGetDevice_v3020",
		"cudaGetLastError_v3020",
		"cudaGetErrorString_v3020",
		"cudaStreamIsCapturing_v10000",
		"cudaEventRecord_v3020",
		"cudaEventQuery_v3020",
		"cuMemGetInfo_v2",
		"cudaPointerGetAttributes_v4000",
		"cuGraphAddKernelNode",
		"cudaOccupancyMaxActiveClusters_v11070",
		"cudaStreamCreateWithPriority_v5050",
		"INVALID",
		"",
		"cuda",
		"__",
	};
	(void)state;
	for (size_t i = 0; i < sizeof(kept) / sizeof(kept[0]); i++)
		assert_true(call_is_kept(kept[i]));
	for (size_t i = 0; i < sizeof(noise) / sizeof(noise[0]); i++)
		assert_false(call_is_kept(noise[i]));
}

static void steps_are_ranges_where_there_are_any(void **state)
{
	struct step_limit limit = {.wanted = 2};
	(void)state;
	step_limit_graph(&limit, 1);
	step_limit_range_start(&limit, 1, "noise", 5);
	step_limit_range_start(&limit, 2, "step[1]", 7);
	step_limit_graph(&limit, 2);
	step_limit_graph(&limit, 3);
	step_limit_range_end(&limit, 1);
	assert_false(step_limit_is_reached(&limit));
	step_limit_range_end(&limit, 2);
	step_limit_range_end(&limit, 2);
	assert_false(step_limit_is_reached(&limit));
	step_limit_range_start(&limit, 3, "step[2]", 7);
	assert_false(step_limit_is_reached(&limit));
	step_limit_range_end(&limit, 3);
	assert_true(step_limit_is_reached(&limit));
}

static void steps_are_graph_launches_otherwise(void **state)
{
	struct step_limit limit = {.wanted = 3};
	(void)state;
	for (int kernel = 0; kernel < 100; kernel++) { /* of two replays at once */
		step_limit_graph(&limit, 11);
		step_limit_graph(&limit, 12);
	}
	assert_false(step_limit_is_reached(&limit));
	step_limit_graph(&limit, 13);
	assert_true(step_limit_is_reached(&limit));
}

static void without_a_limit_steps_never_end(void **state)
{
	struct step_limit limit = {0};
	(void)state;
	for (uint32_t i = 0; i < 1000; i++) {
		step_limit_graph(&limit, i);
		step_limit_range_start(&limit, i, "step[1]", 7);
		step_limit_range_end(&limit, i);
	}
	assert_false(step_limit_is_reached(&limit));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(texts_get_ids_from_one),
		cmocka_unit_test(many_texts_keep_their_ids),
		cmocka_unit_test(a_full_table_starts_anew),
		cmocka_unit_test(a_long_text_is_cut),
		cmocka_unit_test(a_site_is_told_by_every_field),
		cmocka_unit_test(full_sites_start_anew),
		cmocka_unit_test(threads_get_indices_until_there_are_too_many),
		cmocka_unit_test(calls_that_matter_are_kept),
		cmocka_unit_test(steps_are_ranges_where_there_are_any),
		cmocka_unit_test(steps_are_graph_launches_otherwise),
		cmocka_unit_test(without_a_limit_steps_never_end),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
