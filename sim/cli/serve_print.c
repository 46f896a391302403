/* What `decodesim serve` says. */
#include "sim/cli/serve_print.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

#include "sim/core/units.h"

void serve_add_number(cJSON *object, const char *key, double value)
{
	if (isfinite(value))
		cJSON_AddNumberToObject(object, key, value);
	else
		cJSON_AddNullToObject(object, key);
}

static void add_metric(cJSON *root, const char *name, const struct serve_metric *metric)
{
	cJSON *object = cJSON_AddObjectToObject(root, name);
	serve_add_number(object, "mean_ms", metric->mean * 1e3);
	serve_add_number(object, "mean_half_ms", metric->mean_half * 1e3);
	serve_add_number(object, "p50_ms", metric->p50 * 1e3);
	serve_add_number(object, "p50_half_ms", metric->p50_half * 1e3);
	serve_add_number(object, "p90_ms", metric->p90 * 1e3);
	serve_add_number(object, "p90_half_ms", metric->p90_half * 1e3);
	serve_add_number(object, "p99_ms", metric->p99 * 1e3);
	serve_add_number(object, "p99_half_ms", metric->p99_half * 1e3);
	serve_add_number(object, "most_ms", metric->most * 1e3);
	cJSON_AddNumberToObject(object, "requests", (double)metric->count);
}

void serve_add_latencies(cJSON *root, const struct serve_result *result)
{
	add_metric(root, "wait", &result->wait);
	add_metric(root, "ttft", &result->ttft);
	add_metric(root, "tpot", &result->tpot);
	add_metric(root, "e2e", &result->e2e);
}

void serve_add_checks(cJSON *root, const struct serve_report *report)
{
	cJSON *array = cJSON_AddArrayToObject(root, "objectives");
	cJSON_AddBoolToObject(root, "met", report->met);
	for (size_t i = 0; i < report->check_count; i++) {
		const struct serve_check *check = &report->checks[i];
		cJSON *object = cJSON_CreateObject();
		cJSON_AddItemToArray(array, object);
		cJSON_AddStringToObject(object, "name", check->name);
		serve_add_number(object, "limit", check->limit);
		serve_add_number(object, "value", check->value);
		serve_add_number(object, "half", check->half);
		cJSON_AddBoolToObject(object, "met", check->met);
		serve_add_number(object, "margin", check->margin);
	}
}

static void add_counts(cJSON *root, const struct serve_result *result)
{
	cJSON_AddNumberToObject(root, "requests", (double)result->requests);
	cJSON_AddNumberToObject(root, "completed", (double)result->completed);
	cJSON_AddNumberToObject(root, "refused_out_of_memory", (double)result->refused);
	cJSON_AddNumberToObject(root, "output_tokens", (double)result->output_tokens);
	cJSON_AddNumberToObject(root, "prompt_tokens", (double)result->prompt_tokens);
	cJSON_AddNumberToObject(root, "computed_prompt_tokens",
				(double)result->computed_prompt_tokens);
	cJSON_AddNumberToObject(root, "steps", (double)result->steps);
	cJSON_AddNumberToObject(root, "preemptions", (double)result->preemptions);
	cJSON_AddNumberToObject(root, "swaps", (double)result->swaps);
	cJSON_AddNumberToObject(root, "transfers", (double)result->transfers);
	cJSON_AddNumberToObject(root, "prefix_hits", (double)result->prefix_hits);
	cJSON_AddNumberToObject(root, "prefix_misses", (double)result->prefix_misses);
}

static void add_rates(cJSON *root, const struct serve_report *report)
{
	const struct serve_result *result = &report->result;
	serve_add_number(root, "span_s", seconds_from_ps(result->end_ps - result->first_ps));
	serve_add_number(root, "offered_per_s", result->offered_per_s);
	serve_add_number(root, "completed_per_s", result->completed_per_s);
	serve_add_number(root, "good_per_s", result->good_per_s);
	serve_add_number(root, "output_tokens_per_s", result->output_tokens_per_s);
	serve_add_number(root, "utilization", result->utilization);
	serve_add_number(root, "mean_batch", result->mean_batch);
	serve_add_number(root, "mean_queue", result->mean_queue);
	serve_add_number(root, "most_queue", result->most_queue);
	serve_add_number(root, "mean_in_system", result->mean_system);
	serve_add_number(root, "kv_mean", result->kv_mean);
	serve_add_number(root, "kv_most", result->kv_most);
	serve_add_number(root, "average_w", report->average_w);
	serve_add_number(root, "joules_per_mtoken", report->joules_per_mtoken);
	serve_add_number(root, "usd_per_hour", report->usd_per_hour);
	serve_add_number(root, "usd_per_mtoken", report->usd_per_mtoken);
}

cJSON *serve_json(const struct serve_spec *spec, const struct load *load,
		  const struct deployment *deployment, const struct serve_report *report)
{
	char digest[32];
	const struct run_setup *setup = &deployment->setups[0];
	cJSON *root = cJSON_CreateObject();
	cli_json_text(root, "serve", spec->name);
	cli_json_text(root, "model", setup->workload.model.name);
	cli_json_text(root, "runtime", setup->workload.runtime.name);
	cli_json_text(root, "hw", setup->device.name);
	cJSON_AddNumberToObject(root, "replicas", deployment->config.instances);
	cJSON_AddNumberToObject(root, "devices", deployment->devices);
	cJSON_AddStringToObject(root, "batching", spec_word(spec, SPEC_BATCHING));
	cJSON_AddStringToObject(root, "arrivals", spec_word(spec, SPEC_ARRIVALS));
	cJSON_AddNumberToObject(root, "seed", (double)load->seed);
	cJSON_AddNumberToObject(root, "kv_blocks", (double)deployment->config.kv_blocks);
	cJSON_AddNumberToObject(root, "kv_block_bytes", deployment->block_bytes);
	add_counts(root, &report->result);
	serve_add_latencies(root, &report->result);
	add_rates(root, report);
	serve_add_number(root, "band_low", report->band.low);
	serve_add_number(root, "band_high", report->band.high);
	cJSON_AddBoolToObject(root, "calibrated", report->calibrated);
	cJSON_AddNumberToObject(root, "simulated_steps", (double)report->simulated_steps);
	serve_add_checks(root, report);
	snprintf(digest, sizeof(digest), "%016llx", (unsigned long long)report->result.digest);
	cJSON_AddStringToObject(root, "digest", digest);
	return root;
}

static void print_value(double seconds, double half)
{
	char text[32];
	if (isnan(seconds)) {
		printf(" %19s", "-");
		return;
	}
	if (isnan(half))
		snprintf(text, sizeof(text), "%.4g", seconds * 1e3);
	else
		snprintf(text, sizeof(text), "%.4g +- %.2g", seconds * 1e3, half * 1e3);
	printf(" %19s", text);
}

static void print_metric(const char *name, const struct serve_metric *metric)
{
	printf("  %-22s", name);
	print_value(metric->mean, metric->mean_half);
	print_value(metric->p50, metric->p50_half);
	print_value(metric->p90, metric->p90_half);
	print_value(metric->p99, metric->p99_half);
	printf("\n");
}

static void print_head(const struct serve_spec *spec, const struct load *load,
		       const struct deployment *deployment)
{
	const struct run_setup *setup = &deployment->setups[0];
	printf("%s: %s, %s, on %u ", spec->name, setup->workload.model.name,
	       setup->workload.runtime.name, deployment->config.instances);
	if (deployment->devices_per_replica > 1)
		printf("groups of %.0f ", deployment->devices_per_replica);
	printf("x %s", setup->device.name);
	if (deployment->config.policy == SERVE_SPLIT)
		printf(" and %u x %s for prefill", deployment->config.prefill_instances,
		       deployment->setups[deployment->setup_count - 1].device.name);
	printf(", %s batching\n", spec_word(spec, SPEC_BATCHING));
	printf("  load          %llu requests, %s", (unsigned long long)load->requests,
	       spec_word(spec, SPEC_ARRIVALS));
	if (spec->given[SPEC_RATE])
		printf(", %g a second", load->rate);
	if (load->trace.skipped > 0)
		printf(", %zu rows without tokens skipped", load->trace.skipped);
	printf(", seed %llu\n", (unsigned long long)load->seed);
}

static void print_rates(const struct serve_report *report)
{
	const struct serve_result *result = &report->result;
	printf("  throughput    %.4g requests/s, %.5g tokens/s (offered %.4g requests/s, within "
	       "the "
	       "limits %.4g)\n",
	       result->completed_per_s, result->output_tokens_per_s, result->offered_per_s,
	       result->good_per_s);
	printf("  utilization   %.1f %%, mean batch %.1f, %llu steps, %llu of them simulated\n",
	       100 * result->utilization, result->mean_batch, (unsigned long long)result->steps,
	       (unsigned long long)report->simulated_steps);
	printf("  queue         mean %.3g, most %.0f; in the system %.3g\n", result->mean_queue,
	       result->most_queue, result->mean_system);
	if (!isnan(report->average_w))
		printf("  power         %.0f W, %.4g J per million tokens\n", report->average_w,
		       report->joules_per_mtoken);
	if (!isnan(report->usd_per_hour))
		printf("  price         %.4g USD/h, %.4g USD per million tokens\n",
		       report->usd_per_hour, report->usd_per_mtoken);
	if (isnan(report->band.low))
		printf("  error band    unknown\n");
	else
		printf("  error band    %+.0f to %+.0f %% of a step's device time%s\n",
		       100 * report->band.low, 100 * report->band.high,
		       report->calibrated ? "" : ", not calibrated");
}

static void print_kv(const struct deployment *deployment, const struct serve_result *result)
{
	char block[64], fixed[64];
	if (deployment->config.kv_blocks == 0) {
		printf("  KV cache      of no limit\n");
		return;
	}
	printf("  KV cache      %llu blocks of %u tokens (%s each, %s held beside), mean %.1f %%, "
	       "most %.1f %%\n",
	       (unsigned long long)deployment->config.kv_blocks, deployment->config.kv_block,
	       unit_format(deployment->block_bytes, UNIT_BYTES, block, sizeof(block)),
	       unit_format(floor(deployment->fixed_bytes), UNIT_BYTES, fixed, sizeof(fixed)),
	       100 * result->kv_mean, 100 * result->kv_most);
	if (result->preemptions > 0)
		printf("  preemptions   %llu, %llu swapped\n",
		       (unsigned long long)result->preemptions, (unsigned long long)result->swaps);
	if (result->prefix_hits + result->prefix_misses > 0)
		printf("  prefixes      %llu found, %llu computed\n",
		       (unsigned long long)result->prefix_hits,
		       (unsigned long long)result->prefix_misses);
	if (result->refused > 0)
		printf("  out of memory %llu requests refused (the first needs %llu tokens of "
		       "cache)\n",
		       (unsigned long long)result->refused,
		       (unsigned long long)result->refused_tokens);
}

void serve_print_checks(const struct serve_report *report)
{
	for (size_t i = 0; i < report->check_count; i++) {
		const struct serve_check *check = &report->checks[i];
		bool share = check->at_least;
		double scale = share ? 100 : 1e3;
		const char *unit = share ? "%" : "ms";
		printf("  objective     %-10s %s %.4g %s: %.4g %s, %s", check->name,
		       share ? ">=" : "<=", check->limit * scale, unit, check->value * scale, unit,
		       check->met ? "met" : "NOT met");
		if (!isnan(check->margin))
			printf(" (margin %+.1f %%)", 100 * check->margin);
		printf("\n");
	}
}

void serve_print(const struct serve_spec *spec, const struct load *load,
		 const struct deployment *deployment, const struct serve_report *report)
{
	const struct serve_result *result = &report->result;
	print_head(spec, load, deployment);
	printf("  %-22s %19s %19s %19s %19s\n", "ms", "mean", "p50", "p90", "p99");
	print_metric("wait", &result->wait);
	print_metric("to first token", &result->ttft);
	print_metric("per output token", &result->tpot);
	print_metric("end to end", &result->e2e);
	print_rates(report);
	print_kv(deployment, result);
	serve_print_checks(report);
	printf("  digest %016llx\n", (unsigned long long)result->digest);
}

void serve_print_keys(void)
{
	static const char *const sections[] = {"deployment", "load", "objectives"};
	unsigned section = SPEC_SECTION_COUNT;
	for (size_t id = 0; id < SPEC_KEY_COUNT; id++) {
		const struct spec_key *key = spec_key(id);
		if (key->section != section)
			printf("%s:\n", sections[key->section]);
		section = key->section;
		printf("  %-17s %-24s %s%s%s%s\n", key->name,
		       key->type == SPEC_NUMBER ? unit_accepts(key->unit) : "",
		       key->what != NULL ? key->what : "of the load's requests, at most",
		       key->fallback != NULL ? " (default " : "",
		       key->fallback != NULL ? key->fallback : "",
		       key->fallback != NULL ? ")" : "");
	}
	printf("Keys of scenarios (decodesim run --help) and hw.KEY may stand in deployment, "
	       "too.\n");
}
