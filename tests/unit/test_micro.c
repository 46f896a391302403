/* The arithmetic of the microbenchmarks, and their file as calibrate reads it. */
#include "tests/unit/trace_files.h"

#include <math.h>

#include <cjson/cJSON.h>

#include "validate/bench/micro/nvml.h"
#include "validate/bench/micro/options.h"
#include "validate/bench/micro/results.h"
#include "validate/bench/micro/stats.h"
#include "validate/bench/micro/sweep.h"
#include "validate/microbench.h"

static void assert_near(double value, double wanted)
{
	if (!(fabs(value - wanted) <= 1e-12 * fabs(wanted)))
		fail_msg("%.17g, not %.17g", value, wanted);
}

static void quantiles_interpolate(void **state)
{
	double odd[] = {5, 1, 4, 2, 3}, even[] = {4, 1, 3, 2}, one[] = {7}, many[101];
	(void)state;
	struct stats stats = stats_of(odd, 5);
	assert_near(stats.median, 3);
	assert_near(stats.p05, 1.2);
	assert_near(stats.p95, 4.8);
	assert_int_equal(stats.count, 5);
	assert_near(stats_spread(&stats), 1.2);
	assert_near(stats_of(even, 4).median, 2.5);
	stats = stats_of(one, 1);
	assert_true(stats.median == 7 && stats.p05 == 7 && stats.p95 == 7);
	assert_true(stats_spread(&stats) == 0);
	for (int i = 0; i <= 100; i++)
		many[i] = (i * 37) % 101; /* 0 .. 100 in another order */
	stats = stats_of(many, 101);
	assert_near(stats.median, 50);
	assert_near(stats.p05, 5);
	assert_near(stats.p95, 95);
	assert_true(isnan(stats_of(NULL, 0).median));
}

static void sweeps_ascend_within_their_limit(void **state)
{
	static const size_t list[] = {16, 64, 256, 1024};
	(void)state;
	struct sweep sweep = sweep_list(list, 4, 256);
	assert_int_equal(sweep.count, 3);
	assert_int_equal(sweep.points[2], 256);
	assert_int_equal(sweep_list(list, 4, 15).count, 0);
	sweep = sweep_blocks(132);
	static const size_t blocks[] = {33, 66, 99, 132, 198, 264, 396, 528};
	assert_int_equal(sweep.count, 8);
	assert_memory_equal(sweep.points, blocks, sizeof(blocks));
	sweep = sweep_blocks(1); /* 0 and repeats fall out */
	static const size_t few[] = {1, 2, 3, 4};
	assert_int_equal(sweep.count, 4);
	assert_memory_equal(sweep.points, few, sizeof(few));
	sweep = sweep_working_sets((size_t)50 << 20);
	for (size_t i = 0; i < sweep.count; i++) {
		assert_int_equal(sweep.points[i] % (1 << 20), 0);
		assert_true(sweep.points[i] <= (size_t)200 << 20);
		assert_true(i == 0 || sweep.points[i] > sweep.points[i - 1]);
	}
	assert_int_equal(sweep.points[0], 3 << 20);
	assert_true(sweep.points[sweep.count - 1] > (size_t)190 << 20);
	assert_int_equal(sweep_working_sets(0).count, 0);
}

static void the_pool_leaves_a_fifth_free(void **state)
{
	const size_t mib = 1 << 20, gib = 1 << 30;
	(void)state;
	assert_int_equal(sweep_pool_bytes(80 * gib, 8 * gib, mib), 8 * gib);
	assert_int_equal(sweep_pool_bytes(5 * gib, 8 * gib, mib), 4 * gib);
	assert_int_equal(sweep_pool_bytes(100 * mib, 8 * gib, 80 * mib), 80 * mib);
	assert_int_equal(sweep_pool_bytes(100 * mib, 8 * gib, 81 * mib), 0);
	assert_int_equal(sweep_pool_bytes(0, gib, 1), 0);
	assert_int_equal(sweep_pool_bytes(10 * mib + 12345, gib, 1) % mib, 0);
	assert_int_equal(sweep_pool_bytes(SIZE_MAX, gib, 1), gib);
}

/* Of 8 places and more, 8 reads in a row touch 8 different ones. */
static void slots_walk_over_the_pool(void **state)
{
	(void)state;
	for (size_t slots = 8; slots <= 128; slots *= 2)
		for (size_t repetition = 0; repetition < 5; repetition++) {
			uint64_t seen[2] = {0, 0};
			for (size_t i = 0; i < 8; i++) {
				size_t slot = sweep_slot(slots, repetition, 8, i);
				assert_true(slot < slots);
				assert_int_equal(seen[slot / 64] >> slot % 64 & 1, 0);
				seen[slot / 64] |= UINT64_C(1) << slot % 64;
			}
		}
	assert_int_equal(sweep_slot(1, 3, 8, 5), 0);
}

/* Follow the chain: it comes back to word 0 after as many links as there are. */
static void assert_cycle(size_t words, size_t stride, size_t steps, size_t wanted)
{
	struct chase_link *links = calloc(steps + 1, sizeof(*links));
	uint32_t *next = malloc(words * sizeof(*next));
	size_t count = chase_chain(words, stride, steps, links), length = 0;
	uint32_t at = 0;
	memset(next, 0xff, words * sizeof(*next));
	for (size_t i = 0; i < count; i++) {
		assert_true(links[i].at < words && links[i].next < words);
		assert_true(next[links[i].at] == UINT32_MAX); /* no word twice */
		next[links[i].at] = links[i].next;
	}
	do {
		at = next[at];
		assert_true(at < words);
		length++;
	} while (at != 0 && length <= count);
	assert_int_equal(length, count);
	assert_int_equal(count, wanted);
	free(next);
	free(links);
}

static void chains_are_cycles(void **state)
{
	(void)state;
	assert_cycle(1 << 22, 4099 * 32, 20000, 20000);
	assert_cycle(1 << 18, 4099 * 32, 20000, (1 << 18) / 32); /* all that the stride reaches */
	assert_cycle(10, 5, 20, 2);
	assert_cycle(1, 1, 20, 1);
	assert_cycle(100, 7, 1, 1);
	for (size_t lines = 1; lines <= 1 << 16; lines *= 2)
		assert_cycle(lines, chase_stride(lines), lines, lines);
	assert_int_equal(power_of_two_below(0), 0);
	assert_int_equal(power_of_two_below(1), 1);
	assert_int_equal(power_of_two_below(1023), 512);
	assert_int_equal(power_of_two_below(1024), 1024);
	assert_true(power_of_two_below(SIZE_MAX) == SIZE_MAX / 2 + 1);
}

static struct results results;

static void add(const char *name, const char *unit, double value, enum result_place place,
		double at)
{
	double samples[] = {value * 1.5, value, value * 0.5};
	struct result *result = results_add(&results, name, unit, samples, 3);
	assert_non_null(result);
	if (at >= 0)
		result->place[place] = at;
}

static void fill(void)
{
	results_init(&results);
	snprintf(results.device.gpu, sizeof(results.device.gpu), "Test \"GPU\"");
	results.device.sms = 100;
	results.device.l2_bytes = 50e6;
	add("launch.runtime", "us", 3, RESULT_KB, -1);
	add("launch.roundtrip", "us", 9, RESULT_KB, -1);
	add("launch.cooperative", "us", 3.5, RESULT_KB, -1);
	add("stream.null", "us", 2, RESULT_BLOCKS, 132);
	results.items[results.count - 1].place[RESULT_THREADS] = 1024;
	static const double nodes[] = {1, 1000, 4000};
	for (int i = 0; i < 3; i++) { /* 4000: 4 us a node, which is not for the slope */
		add("graph.event", "us", (i == 2 ? 4 : 1) * nodes[i] + 2, RESULT_NODES, nodes[i]);
		add("graph.host", "us", 0.01 * nodes[i] + 2, RESULT_NODES, nodes[i]);
		add("graph.wall", "us", nodes[i] + 8, RESULT_NODES, nodes[i]);
	}
	add("graph.roundtrip", "us", 8.5, RESULT_NODES, 1);
	add("hbm.read", "us", 4, RESULT_KB, 1000);
	add("hbm.read", "us", 640, RESULT_KB, 500000);
	add("hbm.write", "us", 4, RESULT_KB, 1000);
	add("hbm.copy", "us", 1, RESULT_KB, 1000);
	add("l2.read", "us", 0.5, RESULT_KB, 4000);
	add("chase.1mb", "clocks", 290, RESULT_KB, -1);
	add("pdl.saving", "us", 0.7, RESULT_PDL, 1);
	add("grid.sync_store", "us", 1.6, RESULT_THREADS, 1024);
	add("grid.sync_store", "us", 1.3, RESULT_THREADS, 256);
	add("link.h2d", "us", 4000, RESULT_KB, 200000);
	add("link.d2h", "us", 5000, RESULT_KB, 200000);
	results_skip(&results, "tensor.fp8", "this compute capability has no such mma");
	results.after.power_w = 350;
}

static void read_back(const char *path, struct microbench *bench)
{
	struct sim_diag diag;
	diag_init(&diag);
	if (microbench_read(path, bench, &diag) != SIM_OK)
		fail_msg("%s", diag.text);
}

static void what_is_written_is_what_calibrate_reads(void **state)
{
	const char *path = file_temporary("micro.json");
	struct microbench bench;
	(void)state;
	fill();
	assert_int_equal(results_write(&results, path, NULL), SIM_OK);
	read_back(path, &bench);
	remove(path);
	assert_string_equal(bench.gpu, "Test \"GPU\"");
	assert_true(bench.sm_count == 100);
	assert_near(bench.launch_host_s, 3e-6);
	assert_near(bench.sync_roundtrip_s, 9e-6);
	assert_near(bench.stream_null_s, 2e-6);
	assert_near(bench.graph_null_s, (1002e-6 - 3e-6) / 999);
	assert_near(bench.graph_host_node_s, (12e-6 - 2.01e-6) / 999);
	assert_near(bench.hbm_read_bytes_per_s, 500000 * 1024 / 640e-6);
	assert_near(bench.hbm_write_bytes_per_s, 1000 * 1024 / 4e-6);
	assert_near(bench.l2_read_bytes_per_s, 4000 * 1024 / 0.5e-6);
	assert_near(bench.graph_roundtrip_s, 8.5e-6);
	assert_near(bench.cooperative_host_s, 3.5e-6);
	assert_near(bench.pdl_saving_s, 0.7e-6);
	assert_near(bench.grid_sync_s, 1.3e-6);
	assert_near(bench.link_bytes_per_s, 200000 * 1024 / 4000e-6);
}

static double number(const cJSON *object, const char *key)
{
	const cJSON *item = cJSON_GetObjectItemCaseSensitive(object, key);
	if (!cJSON_IsNumber(item))
		fail_msg("no number '%s'", key);
	return item->valuedouble;
}

static void every_result_is_in_the_list(void **state)
{
	const char *path = file_temporary("micro.json");
	(void)state;
	fill();
	assert_int_equal(results_write(&results, path, NULL), SIM_OK);
	struct bytes text = file_load_raw(path);
	remove(path);
	cJSON *root = cJSON_ParseWithLength(text.data, text.length);
	const cJSON *rows = cJSON_GetObjectItemCaseSensitive(root, "results"), *row;
	assert_int_equal(cJSON_GetArraySize(rows), results.count);
	size_t i = 0;
	cJSON_ArrayForEach(row, rows)
	{
		const struct result *result = &results.items[i++];
		assert_string_equal(cJSON_GetObjectItemCaseSensitive(row, "name")->valuestring,
				    result->name);
		assert_string_equal(cJSON_GetObjectItemCaseSensitive(row, "unit")->valuestring,
				    result->unit);
		assert_near(number(row, "value"), result->stats.median);
		assert_near(number(row, "median"), result->stats.median);
		assert_near(number(row, "p05"), result->stats.p05);
		assert_near(number(row, "p95"), result->stats.p95);
		assert_true(number(row, "repetitions") == 3);
		if (result->place[RESULT_KB] >= 0)
			assert_true(number(row, "kb") == result->place[RESULT_KB]);
	}
	const cJSON *states = cJSON_GetObjectItemCaseSensitive(root, "state");
	const cJSON *after = cJSON_GetObjectItemCaseSensitive(states, "after");
	assert_true(number(after, "power_w") == 350);
	assert_null(cJSON_GetObjectItemCaseSensitive(after, "sm_mhz")); /* not known */
	assert_int_equal(cJSON_GetArraySize(cJSON_GetObjectItemCaseSensitive(root, "skipped")), 1);
	assert_true(number(root, "chase_1mb_clocks") == 290);
	assert_true(number(cJSON_GetObjectItemCaseSensitive(root, "graph_4000"), "wall_us") ==
		    4008);
	cJSON_Delete(root);
	free(text.data);
}

/* A part of the measurements makes a file too, in which the rest is unknown. */
static void one_measurement_alone_is_a_file(void **state)
{
	const char *path = file_temporary("micro.json");
	struct microbench bench;
	(void)state;
	results_init(&results);
	snprintf(results.device.gpu, sizeof(results.device.gpu), "Test GPU");
	results.device.sms = 10;
	add("pdl.saving", "us", -0.1, RESULT_PDL, 1);
	assert_int_equal(results_write(&results, path, NULL), SIM_OK);
	read_back(path, &bench);
	assert_near(bench.pdl_saving_s, -0.1e-6);
	assert_true(isnan(bench.launch_host_s) && isnan(bench.hbm_read_bytes_per_s));
	assert_true(isnan(bench.graph_null_s) && isnan(bench.link_bytes_per_s));
	remove(path);
}

static void results_without_a_value_are_refused(void **state)
{
	double samples[] = {1, NAN, NAN}, infinite[] = {INFINITY};
	struct sim_diag diag;
	(void)state;
	results_init(&results);
	assert_null(results_add(&results, "x", "us", samples, 0));
	assert_null(results_add(&results, "x", "us", infinite, 1));
	for (size_t i = 0; i < RESULTS_MOST; i++) {
		samples[0] = 1;
		assert_non_null(results_add(&results, "x", "us", samples, 1));
	}
	assert_null(results_add(&results, "x", "us", samples, 1));
	for (size_t i = 0; i < RESULTS_SKIPS + 2; i++)
		results_skip(&results, "x", "why");
	assert_int_equal(results.skip_count, RESULTS_SKIPS);
	diag_init(&diag);
	assert_int_equal(results_write(&results, "/nowhere/at/all.json", &diag), SIM_E_IO);
	assert_non_null(strstr(diag.text, "/nowhere/at/all.json"));
}

static enum sim_status parse(char **words, struct options *options, struct sim_diag *diag)
{
	int count = 0;
	while (words[count] != NULL)
		count++;
	diag_init(diag);
	return options_parse(count, words, options, diag);
}

static void options_choose_measurements(void **state)
{
	struct options options;
	struct sim_diag diag;
	char *none[] = {"microbench", NULL};
	char *some[] = {"microbench", "--only", "hbm,pdl", "--json", "f.json", "--quick", NULL};
	char *list[] = {"microbench", "--list", NULL};
	(void)state;
	assert_int_equal(parse(none, &options, &diag), SIM_OK);
	assert_true(options.chosen == (UINT32_C(1) << MEASUREMENT_COUNT) - 1);
	assert_true(options.json == NULL && !options.quick && !options.list);
	assert_int_equal(parse(some, &options, &diag), SIM_OK);
	assert_true(options.chosen ==
		    (UINT32_C(1) << MEASUREMENT_hbm | UINT32_C(1) << MEASUREMENT_pdl));
	assert_string_equal(options.json, "f.json");
	assert_true(options.quick);
	assert_int_equal(parse(list, &options, &diag), SIM_OK);
	assert_true(options.list);
}

static void wrong_options_are_named(void **state)
{
	static const struct {
		const char *option, *value, *says;
	} rows[] = {{"--onyl", NULL, "'--onyl'"},
		    {"--only", NULL, "--only needs a value"},
		    {"--only", "hbn", "'hbn'"},
		    {"--only", "hbm,", NULL},
		    {"--only", ",", "''"},
		    {"--json", NULL, "--json needs a value"},
		    {"--json", "", "--json needs a value"},
		    {"hbm", NULL, "'hbm'"}};
	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct options options;
		struct sim_diag diag;
		char *words[] = {"microbench", (char *)rows[i].option, (char *)rows[i].value, NULL};
		enum sim_status status = parse(words, &options, &diag);
		if (rows[i].says == NULL)
			assert_int_equal(status, SIM_OK);
		else if (status != SIM_E_USAGE || strstr(diag.text, rows[i].says) == NULL)
			fail_msg("%s: status %d, '%s'", rows[i].option, (int)status, diag.text);
	}
}

static void without_nvml_nothing_is_known(void **state)
{
	struct results_state at = {0, 0, 0, 0, 0};
	const char *why = NULL;
	(void)state;
	assert_null(nvml_open("/nowhere/libnvidia-ml.so.1", "0000:00:00.0", &why));
	assert_string_equal(why, "no NVML library");
	assert_null(nvml_open("libm.so.6", "0000:00:00.0", &why)); /* a library, but another */
	assert_string_equal(why, "this NVML lacks nvmlInit_v2");
	nvml_sample(NULL, &at);
	assert_true(at.sm_mhz < 0 && at.power_w < 0 && at.throttle_reasons < 0);
	nvml_close(NULL);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(quantiles_interpolate),
		cmocka_unit_test(sweeps_ascend_within_their_limit),
		cmocka_unit_test(the_pool_leaves_a_fifth_free),
		cmocka_unit_test(slots_walk_over_the_pool),
		cmocka_unit_test(chains_are_cycles),
		cmocka_unit_test(what_is_written_is_what_calibrate_reads),
		cmocka_unit_test(every_result_is_in_the_list),
		cmocka_unit_test(one_measurement_alone_is_a_file),
		cmocka_unit_test(results_without_a_value_are_refused),
		cmocka_unit_test(options_choose_measurements),
		cmocka_unit_test(wrong_options_are_named),
		cmocka_unit_test(without_nvml_nothing_is_known),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
