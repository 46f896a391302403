/* Calibration on bundled traces and microbenchmarks: what it sets, says, writes and leaves alone.
 */
#include "tests/unit/validate_fixture.h"

#include "validate/calibrate.h"
#include "validate/gaps.h"

#define MICROBENCH "validate/cases/h100/microbench.json"

enum { TRACES = 4 };

static const char *const names[TRACES] = {
	"llama-3.2-1b-b1-c512-shapes", "llama-3.2-1b-b1-c2048-shapes",
	"llama-3.2-3b-b1-c1024-shapes", "llama-3.2-1b-b1-c512-graph"};

static struct trace traces[TRACES];
static const struct trace *pointers[TRACES];

static int read_traces(void **state)
{
	(void)state;
	for (size_t i = 0; i < TRACES; i++) {
		fixture_read(names[i], &traces[i]);
		pointers[i] = &traces[i];
	}
	return 0;
}

static int free_traces(void **state)
{
	(void)state;
	for (size_t i = 0; i < TRACES; i++)
		trace_fini(&traces[i]);
	return 0;
}

static struct calibrate_report calibrate(struct hw_device *device,
					 const struct calibrate_input *input)
{
	struct calibrate_report report;
	struct sim_diag diag;
	diag_init(&diag);
	if (calibrate_device(device, input, &report, &diag) != SIM_OK)
		fail_msg("%s", diag.text);
	return report;
}

static void everything(struct calibrate_input *input)
{
	*input = (struct calibrate_input){.microbench = MICROBENCH,
					  .steps = "validate/cases/h100/steps.json",
					  .traces = pointers,
					  .trace_count = TRACES};
}

static void write_and_load(const struct hw_device *device, struct hw_device *again)
{
	const char *path = file_temporary("calibrated.yaml");
	struct sim_diag diag;
	FILE *file = fopen(path, "w");
	assert_non_null(file);
	assert_int_equal(device_write(device, file, NULL), SIM_OK);
	assert_int_equal(fclose(file), 0);
	diag_init(&diag);
	if (device_load(path, NULL, 0, again, &diag) != SIM_OK)
		fail_msg("%s", diag.text);
	remove(path);
}

/* The file's device predicts what the calibrated one does, bit by bit. */
static void assert_same_predictions(const struct hw_device *a, const struct hw_device *b)
{
	assert_true(a->content_hash == b->content_hash);
	assert_memory_equal(&a->machine.launch, &b->machine.launch, sizeof(a->machine.launch));
	for (size_t t = 0; t < TRACES; t++)
		for (size_t i = 0; i < traces[t].kernel_count; i++) {
			struct machine_demand x, y;
			machine_demand(&a->machine, &traces[t].kernels[i], 1, &x);
			machine_demand(&b->machine, &traces[t].kernels[i], 1, &y);
			assert_memory_equal(&x, &y, sizeof(x));
		}
	assert_memory_equal(a->machine.band_low, b->machine.band_low, sizeof(a->machine.band_low));
	assert_memory_equal(a->machine.band_high, b->machine.band_high,
			    sizeof(a->machine.band_high));
}

static void every_value_set_says_where_it_comes_from(void **state)
{
	struct hw_device device, before;
	struct calibrate_input input;
	size_t changed = 0;
	(void)state;
	everything(&input);
	fixture_device(&device, GPU_RATES, NULL);
	fixture_device(&before, GPU_RATES, NULL);
	struct calibrate_report report = calibrate(&device, &input);
	for (size_t i = 0; i < device.param_count; i++) {
		const char *key = device.params[i].key;
		double now = device.values[i].value, then = before.values[i].value;
		if (now == then || (isnan(now) && isnan(then)))
			continue;
		changed++;
		if (isnan(now))
			assert_true(device.values[i].origin == HW_FROM_FALLBACK);
		else if (device.values[i].source[0] == '\0' ||
			 device.values[i].origin != HW_FROM_FILE)
			fail_msg("'%s' has no source", key);
	}
	assert_true(changed > 50);
	assert_int_equal(report.models, 2);
	assert_true(report.samples > 100);
	assert_int_equal(report.graph_cells, 1);
	assert_true(report.graph_step_error > 0 && report.graph_step_error < 0.5);
	assert_int_equal(device.fit_count, TRACES + 2);
	assert_string_equal(device.fit_files[0], "h100/microbench.json");
	assert_string_equal(device.fit_files[1], "h100/steps.json");
	for (size_t i = 0; i < TRACES; i++)
		assert_string_equal(device.fit_files[i + 2], names[i]);
	device_fini(&before);
	device_fini(&device);
}

static void what_is_written_predicts_the_same(void **state)
{
	struct hw_device device, again;
	struct calibrate_input input;
	(void)state;
	everything(&input);
	fixture_device(&device, "h100-sxm", NULL);
	calibrate(&device, &input);
	write_and_load(&device, &again);
	assert_same_predictions(&device, &again);
	assert_true(again.machine.calibrated);
	device_fini(&again);
	device_fini(&device);
}

/* Families that its traces lack must not come back from the device it inherits from. */
static void an_heir_forgets_what_was_not_measured_on_it(void **state)
{
	struct hw_device device, again;
	struct calibrate_input input = {.traces = pointers, .trace_count = TRACES};
	(void)state;
	fixture_device(&device, "h200-sxm", NULL);
	assert_false(isnan(*fixture_value(&device, "topk.fixed")));
	calibrate(&device, &input);
	assert_true(isnan(*fixture_value(&device, "topk.fixed")));
	write_and_load(&device, &again);
	assert_true(isnan(*fixture_value(&again, "topk.fixed")));
	assert_same_predictions(&device, &again);
	device_fini(&again);
	device_fini(&device);
}

static void residuals_bracket_their_median(void **state)
{
	struct hw_device device;
	struct calibrate_input input = {.traces = pointers, .trace_count = TRACES};
	(void)state;
	fixture_device(&device, "h100-sxm", NULL);
	struct calibrate_report report = calibrate(&device, &input);
	for (unsigned family = 0; family < SIM_FAMILY_COUNT; family++) {
		const struct hw_residual *residual = &device.residuals[family];
		/* tinygemm's are of its own measurement (data/h100/int4-gemv.json), not of traces */
		if (family == SIM_FAMILY_GEMM_TINYGEMM)
			assert_true(!report.fit.fitted[family] && residual->kernels > 0);
		else
			assert_true(report.fit.fitted[family] == (residual->kernels > 0));
		assert_true(residual->p05 <= residual->p50 && residual->p50 <= residual->p95);
		assert_true(residual->p05 > -1);
		assert_true(device.machine.band_low[family] <= 0.05);
		assert_true(device.machine.band_low[family] <= device.machine.band_high[family]);
	}
	assert_true(device.residuals[SIM_FAMILY_GEMM].kernels > 10);
	assert_int_equal(device.residuals[SIM_FAMILY_TOPK].kernels, 0);
	device_fini(&device);
}

/* With one model nothing can be left out: the fit's own residuals would be too good. */
static void one_model_alone_gets_a_wide_band(void **state)
{
	struct hw_device device;
	struct calibrate_input input = {.traces = pointers, .trace_count = 2};
	(void)state;
	fixture_device(&device, "h100-sxm", NULL);
	struct calibrate_report report = calibrate(&device, &input);
	assert_int_equal(report.models, 1);
	assert_true(isnan(report.graph_step_error));
	assert_true(device.residuals[SIM_FAMILY_GEMM].p05 <= -0.15);
	assert_true(device.residuals[SIM_FAMILY_GEMM].p95 >= 0.15);
	device_fini(&device);
}

static void a_microbenchmark_alone_keeps_the_families(void **state)
{
	struct hw_device device, before;
	struct calibrate_input input = {.microbench = "validate/cases/h200/microbench.json"};
	(void)state;
	fixture_device(&device, "h200-sxm", "hbm.stream=4 TB/s");
	fixture_device(&before, "h200-sxm", NULL);
	calibrate(&device, &input);
	for (size_t i = GPU_FIRST_FAMILY_PARAM; i < device.param_count; i++) {
		assert_memory_equal(&device.values[i].value, &before.values[i].value,
				    sizeof(double));
		assert_true(device.values[i].origin == before.values[i].origin);
	}
	assert_true(*fixture_value(&device, "hbm.stream") > 4.5e12);
	assert_true(*fixture_value(&device, "hbm.stream") <=
		    *fixture_value(&device, "hbm.bandwidth"));
	assert_true(fabs(*fixture_value(&device, "launch.host") - 3.9497e-6) < 1e-12);
	assert_memory_equal(device.residuals, before.residuals, sizeof(device.residuals));
	assert_int_equal(device.fit_count, 1);
	assert_false(device.machine.calibrated); /* the families are another device's */
	device_fini(&before);
	device_fini(&device);
}

/* gap of 500 ns at 900 ns a null node, here 1000 ns; sync 9 - 3 - 2 - 1; stream cut to 1 TB/s. */
static void microbenchmark_fields_become_parameters(void **state)
{
	struct hw_device device;
	struct calibrate_input input = {.microbench = "tests/data/valid/microbench.json"};
	static const struct {
		const char *key;
		double wanted;
	} rows[] = {{"hbm.stream", 0.8e12},	 {"l2.bandwidth", 8.192e12},
		    {"launch.host", 3e-6},	 {"launch.sync", 3e-6},
		    {"graph.host", 2e-6},	 {"graph.host_node", 50e-9},
		    {"graph.gap", 500e-9 / 0.9}, {"graph.null_node", 1e-6}};
	(void)state;
	fixture_device(&device, GPU_RATES, NULL);
	calibrate(&device, &input);
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
		if (!(fabs(*fixture_value(&device, rows[i].key) / rows[i].wanted - 1) < 1e-9))
			fail_msg("%s is %g, not %g", rows[i].key,
				 *fixture_value(&device, rows[i].key), rows[i].wanted);
	device_fini(&device);
	fixture_device(&device, GPU_RATES, "hbm.bandwidth=800 GB/s");
	input.microbench = MICROBENCH; /* 3.1 TB/s */
	calibrate(&device, &input);
	assert_true(*fixture_value(&device, "hbm.stream") == 800e9);
	device_fini(&device);
}

/* graph.latency: 9.25 - 2 - 1 - launch.sync of 3. The peaks stay those of the data sheet. */
static void results_become_parameters(void **state)
{
	struct hw_device device, before;
	struct calibrate_input input = {.microbench = "tests/data/valid/microbench_full.json"};
	static const struct {
		const char *key, *says;
		double wanted;
	} rows[] = {{"graph.latency", "graph.roundtrip", 3.25e-6},
		    {"pdl.overlap", "pdl.saving", 0.75e-6},
		    {"mega.launch", "launch.cooperative", 3.5e-6},
		    {"mega.sync", "grid.sync_store", 1.25e-6},
		    {"link.bandwidth", "link.h2d", 51.2e9}};
	(void)state;
	fixture_device(&device, GPU_RATES, NULL);
	fixture_device(&before, GPU_RATES, NULL);
	calibrate(&device, &input);
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		const char *source = device.values[device_param(&device, rows[i].key)].source;
		double value = *fixture_value(&device, rows[i].key);
		if (!(fabs(value / rows[i].wanted - 1) < 1e-9))
			fail_msg("%s is %g, not %g", rows[i].key, value, rows[i].wanted);
		if (strstr(source, "valid/microbench_full.json") == NULL ||
		    strstr(source, rows[i].says) == NULL)
			fail_msg("%s comes from '%s'", rows[i].key, source);
	}
	static const char *const peaks[] = {"hbm.bandwidth", "vector.fp32", "tensor.bf16"};
	for (size_t i = 0; i < sizeof(peaks) / sizeof(peaks[0]); i++)
		assert_memory_equal(fixture_value(&device, peaks[i]),
				    fixture_value(&before, peaks[i]), sizeof(double));
	device_fini(&before);
	device_fini(&device);
}

/* Without measured overlap or barrier the assumed ones stay, with their source. */
static void what_was_assumed_stays_where_nothing_was_measured(void **state)
{
	static const char *const keys[] = {"pdl.overlap", "mega.sync", "mega.launch",
					   "graph.latency", "link.bandwidth"};
	struct hw_device device, before;
	struct calibrate_input input = {.microbench = MICROBENCH};
	(void)state;
	fixture_device(&device, "h100-sxm", NULL);
	fixture_device(&before, "h100-sxm", NULL);
	calibrate(&device, &input);
	for (size_t i = 0; i < sizeof(keys) / sizeof(keys[0]); i++) {
		int index = device_param(&device, keys[i]);
		assert_true(device.values[index].value == before.values[index].value);
		assert_string_equal(device.values[index].source, before.values[index].source);
	}
	device_fini(&before);
	device_fini(&device);
}

/* A field that the file lacks must not become 0. */
static void what_a_microbenchmark_lacks_stays(void **state)
{
	struct hw_device device, before;
	struct calibrate_input input = {.microbench = "tests/data/valid/microbench_bare.json"};
	(void)state;
	fixture_device(&device, "h100-sxm", NULL);
	fixture_device(&before, "h100-sxm", NULL);
	calibrate(&device, &input);
	assert_true(device.content_hash == before.content_hash);
	assert_true(*fixture_value(&device, "launch.sync") > 0);
	assert_true(*fixture_value(&device, "graph.host_node") > 0);
	device_fini(&before);
	device_fini(&device);
}

static void a_failure_is_named(void **state)
{
	struct hw_device device;
	struct calibrate_report report;
	struct calibrate_input input = {.microbench =
						"tests/data/invalid/microbench_negative_time.json"};
	struct sim_diag diag;
	(void)state;
	diag_init(&diag);
	fixture_device(&device, "h100-sxm", NULL);
	assert_int_equal(calibrate_device(&device, &input, &report, &diag), SIM_E_RANGE);
	assert_non_null(strstr(diag.text, "microbench_negative_time.json"));
	device_fini(&device);
	diag_init(&diag);
	fixture_device(&device, "roofline:h100-sxm", NULL);
	assert_int_equal(calibrate_device(&device, &input, &report, &diag), SIM_E_UNSUPPORTED);
	device_fini(&device);
}

static void add_at(struct trace *trace, int64_t start_ns, int64_t launch_end_ns)
{
	fixture_add(trace, fixture_gemm(8), "k", "", 1000);
	struct trace_measured *at = &trace->measured[trace->kernel_count - 1];
	at->start_ns = start_ns;
	at->launch_end_ns = launch_end_ns;
}

static void gaps_are_sorted_by_what_they_show(void **state)
{
	struct trace trace;
	struct gaps gaps;
	const struct trace *list[] = {&trace};
	(void)state;
	fixture_trace(&trace, "hand", 16);
	add_at(&trace, 0, -5000);
	add_at(&trace, 2500, -4000); /* queued long before: a gap of 1500 */
	add_at(&trace, 9000, 6500);  /* launched on an idle device: 2500 later */
	add_at(&trace, 40000, INT64_MIN);
	fixture_step(&trace, SIM_LAUNCH_EAGER);
	add_at(&trace, 50000, INT64_MIN);
	add_at(&trace, 51400, INT64_MIN); /* 400 */
	add_at(&trace, 53000, INT64_MIN); /* 600 */
	add_at(&trace, 99000, INT64_MIN); /* a stall */
	fixture_step(&trace, SIM_LAUNCH_GRAPH);
	assert_int_equal(gaps_measure(list, 1, &gaps, NULL), SIM_OK);
	assert_int_equal(gaps.graph_count, 2);
	assert_int_equal(gaps.idle_count, 1);
	assert_int_equal(gaps.busy_count, 1);
	assert_true(fabs(gaps.graph_s - 500e-9) < 1e-15);
	assert_true(fabs(gaps.idle_s - 2500e-9) < 1e-15);
	assert_true(fabs(gaps.busy_s - 1500e-9) < 1e-15);
	assert_int_equal(gaps_measure(list, 0, &gaps, NULL), SIM_OK);
	assert_true(isnan(gaps.graph_s) && isnan(gaps.idle_s) && isnan(gaps.busy_s));
	trace_fini(&trace);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_value_set_says_where_it_comes_from),
		cmocka_unit_test(what_is_written_predicts_the_same),
		cmocka_unit_test(an_heir_forgets_what_was_not_measured_on_it),
		cmocka_unit_test(residuals_bracket_their_median),
		cmocka_unit_test(one_model_alone_gets_a_wide_band),
		cmocka_unit_test(a_microbenchmark_alone_keeps_the_families),
		cmocka_unit_test(microbenchmark_fields_become_parameters),
		cmocka_unit_test(results_become_parameters),
		cmocka_unit_test(what_was_assumed_stays_where_nothing_was_measured),
		cmocka_unit_test(what_a_microbenchmark_lacks_stays),
		cmocka_unit_test(a_failure_is_named),
		cmocka_unit_test(gaps_are_sorted_by_what_they_show),
	};
	return cmocka_run_group_tests(tests, read_traces, free_traces);
}
