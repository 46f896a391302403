/* `decodesim run` as text and as JSON. */
#include "sim/cli/run_print.h"

#include <math.h>
#include <string.h>

#include "sim/cli/step_print.h"
#include "workloads/parallel.h"
#include "workloads/transform_tiers.h"

struct replay_result run_replay_result(const struct run_result *result)
{
	struct replay_result replayed = {
		.kernels = result->kernels,
		.steps = 1,
		.total_ps = result->step_ps,
		.step_ps = result->step_ps,
		.device_span_ps = result->device_span_ps,
		.device_busy_ps = result->device_busy_ps,
		.host_ps = result->host_ps,
		.floor_ps = result->floor_ps,
		.digest = result->digest,
	};
	memcpy(replayed.part_ps, result->part_ps, sizeof(replayed.part_ps));
	return replayed;
}

static void add_head(cJSON *root, const struct run_report *report)
{
	const struct workload *workload = &report->setup->workload;
	const struct scenario_value *values = workload->scenario.values;
	cli_json_text(root, "model", workload->model.name);
	cli_json_text(root, "hw", report->setup->device.name);
	cJSON_AddStringToObject(root, "hw_model", report->setup->device.model->name);
	cli_json_text(root, "runtime", workload->runtime.name);
	cli_json_text(root, "scenario", workload->scenario.name);
	cJSON_AddStringToObject(root, "launch", sim_launch_text(report->setup->launch));
	cJSON_AddNumberToObject(root, "batch", values[SCENARIO_BATCH].number);
	cJSON_AddNumberToObject(root, "context", values[SCENARIO_CONTEXT].number);
	cJSON_AddNumberToObject(root, "width", values[SCENARIO_WIDTH].number);
	if (parallel_devices(workload) > 1)
		cJSON_AddNumberToObject(root, "devices", parallel_devices(workload));
}

static void add_memory(cJSON *root, const struct run_result *result)
{
	const struct workload_capacity *capacity = &result->capacity;
	cJSON *memory = cJSON_CreateObject();
	cJSON_AddBoolToObject(root, "fits", result->fits);
	cJSON_AddNumberToObject(root, "memory_bytes", capacity->total_bytes);
	cJSON_AddNumberToObject(memory, "device", result->memory_bytes);
	cJSON_AddNumberToObject(memory, "weights", capacity->weight_bytes);
	cJSON_AddNumberToObject(memory, "kv", capacity->kv_bytes);
	cJSON_AddNumberToObject(memory, "kv_per_token", capacity->kv_bytes_per_token);
	cJSON_AddNumberToObject(memory, "state", capacity->state_bytes);
	cJSON_AddNumberToObject(memory, "activations", capacity->activation_bytes);
	cJSON_AddNumberToObject(memory, "workspace", capacity->workspace_bytes);
	cJSON_AddNumberToObject(memory, "offloaded", capacity->offloaded_bytes);
	if (result->largest_batch >= 0) {
		cJSON_AddNumberToObject(memory, "largest_batch", result->largest_batch);
		cJSON_AddNumberToObject(memory, "largest_context", result->largest_context);
	}
	cJSON_AddItemToObject(root, "memory", memory);
}

static void add_times(cJSON *root, const struct run_result *result, const struct machine *machine)
{
	char digest[32];
	snprintf(digest, sizeof(digest), "%016llx", (unsigned long long)result->digest);
	cJSON_AddNumberToObject(root, "kernels", (double)result->kernels);
	cJSON_AddNumberToObject(root, "forwards", (double)result->forwards);
	cJSON_AddNumberToObject(root, "tokens_per_step", result->tokens);
	cJSON_AddNumberToObject(root, "step_ms", step_ms(result->step_ps));
	cJSON_AddNumberToObject(root, "device_span_ms", step_ms(result->device_span_ps));
	cJSON_AddNumberToObject(root, "device_busy_ms", step_ms(result->device_busy_ps));
	cJSON_AddNumberToObject(root, "host_ms", step_ms(result->host_ps));
	cJSON_AddNumberToObject(root, "floor_ms", step_ms(result->floor_ps));
	cJSON_AddNumberToObject(root, "floor_fraction",
				step_ratio((double)result->floor_ps, (double)result->step_ps));
	cJSON_AddNumberToObject(root, "tokens_per_s", result->tokens_per_s);
	step_add_band(root, &result->band, result->calibrated);
	cJSON_AddStringToObject(root, "digest", digest);
	step_add_parts(root, result->part_ps);
	step_add_energy(root, &result->energy, &machine->cost);
	step_add_placement(root, &result->placement, machine, 1);
	if (machine->residence != NULL)
		cJSON_AddStringToObject(root, "residence", machine->residence);
}

/* What a launch costs the host, and where that comes from, where the host launches every kernel. */
static const struct runtime_host *host_of(const struct run_report *report)
{
	const struct runtime_host *host = &report->setup->workload.runtime.host;
	return report->setup->launch == SIM_LAUNCH_EAGER && host->kernel_ns > 0 ? host : NULL;
}

static void add_host(cJSON *root, const struct run_report *report)
{
	const struct runtime_host *host = host_of(report);
	if (host == NULL)
		return;
	cJSON *object = cJSON_AddObjectToObject(root, "host");
	cJSON_AddNumberToObject(object, "speed", report->setup->host_speed);
	cJSON_AddNumberToObject(object, "kernel_us", host->kernel_ns * 1e-3);
	cJSON_AddNumberToObject(object, "op_us", host->op_ns * 1e-3);
	cJSON_AddNumberToObject(object, "gemm_us", host->gemm_ns * 1e-3);
	cJSON_AddNumberToObject(object, "layer_us", host->layer_ns * 1e-3);
	cJSON_AddNumberToObject(object, "step_us", host->step_ns * 1e-3);
	cli_json_text(object, "source", host->source);
}

static void print_host(const struct run_report *report)
{
	const struct runtime_host *host = host_of(report);
	char source[sizeof(host->source) * 4];
	if (host == NULL)
		return;
	printf("  host time     %10.3f us a kernel", host->kernel_ns * 1e-3);
	if (host->gemm_ns > 0)
		printf(", %.4g us a matrix product", host->gemm_ns * 1e-3);
	if (host->layer_ns > 0)
		printf(", %.4g us more a layer", host->layer_ns * 1e-3);
	if (host->step_ns > 0)
		printf(", %.4g ms more a step", host->step_ns * 1e-6);
	printf(", at host speed %g\n", report->setup->host_speed);
	if (host->source[0] != '\0')
		printf("                (%s)\n",
		       text_printable(source, sizeof(source), host->source, strlen(host->source)));
}

/* Wear of the tier at one step after the other; false where nothing wears. */
static bool wear_of(const struct run_report *report, struct tier_wear *wear)
{
	double period = (double)report->result.step_ps / 1e12;
	if (!report->result.fits || period <= 0)
		return false;
	const struct workload *workload = &report->setup->workload;
	double written = report->result.capacity.kv_bytes_per_token *
			 scenario_number(&workload->scenario, SCENARIO_BATCH) *
			 scenario_number(&workload->scenario, SCENARIO_WIDTH);
	*wear = tier_wear(workload, written, period);
	return wear->written_bytes > 0 && isfinite(wear->lifetime_s);
}

static void add_wear(cJSON *root, const struct run_report *report)
{
	struct tier_wear wear;
	if (!wear_of(report, &wear))
		return;
	cJSON *tier = cJSON_AddObjectToObject(root, "tier");
	cJSON_AddNumberToObject(tier, "written_bytes", wear.written_bytes);
	cJSON_AddNumberToObject(tier, "wear_usd", wear.cost);
	cJSON_AddNumberToObject(tier, "lifetime_s", wear.lifetime_s);
	cJSON_AddBoolToObject(tier, "endurance_binds", wear.endurance_binds);
}

static void print_wear(const struct run_report *report)
{
	struct tier_wear wear;
	if (wear_of(report, &wear))
		printf("  tier wear     %.6g bytes a step, %.3g USD; worn out after %.4g days%s\n",
		       wear.written_bytes, wear.cost, wear.lifetime_s / 86400,
		       wear.endurance_binds ? ", before its lifetime" : "");
}

static void add_generation(cJSON *root, const struct generate_result *made, double batch)
{
	char digest[32];
	cJSON *object = cJSON_CreateObject();
	snprintf(digest, sizeof(digest), "%016llx", (unsigned long long)made->digest);
	cJSON_AddNumberToObject(object, "tokens", made->tokens);
	cJSON_AddNumberToObject(object, "steps", (double)made->iterations);
	cJSON_AddNumberToObject(object, "end_context", made->end_context);
	cJSON_AddNumberToObject(object, "total_ms", step_ms(made->total_ps));
	cJSON_AddNumberToObject(object, "mean_step_ms", made->mean_ps * 1e-9);
	cJSON_AddNumberToObject(object, "first_step_ms", step_ms(made->first_ps));
	cJSON_AddNumberToObject(object, "last_step_ms", step_ms(made->last_ps));
	cJSON_AddNumberToObject(object, "longest_step_ms", step_ms(made->max_ps));
	cJSON_AddNumberToObject(object, "floor_ms", step_ms(made->floor_ps));
	cJSON_AddNumberToObject(object, "tokens_per_s",
				batch * made->tokens * step_ratio(1e12, (double)made->total_ps));
	cJSON_AddStringToObject(object, "digest", digest);
	step_add_parts(object, made->part_ps);
	cJSON_AddItemToObject(root, "generation", object);
}

cJSON *run_json(const struct run_report *report)
{
	cJSON *root = cJSON_CreateObject();
	add_head(root, report);
	if (report->result.fits)
		add_times(root, &report->result, &report->setup->device.machine);
	add_host(root, report);
	if (report->prefill.kernels > 0) {
		cJSON_AddNumberToObject(root, "prefill_ms", step_ms(report->prefill.step_ps));
		cJSON_AddNumberToObject(root, "prefill_kernels", (double)report->prefill.kernels);
	}
	if (report->generation.iterations > 0)
		add_generation(root, &report->generation, report->result.batch);
	add_memory(root, &report->result);
	add_wear(root, report);
	cJSON *knobs = cJSON_AddArrayToObject(root, "knobs_without_effect");
	for (size_t i = 0; i < report->knobs.count; i++)
		cJSON_AddItemToArray(knobs, cJSON_CreateString(report->knobs.without_effect[i]));
	if (report->run > 0)
		cJSON_AddNumberToObject(root, "run", (double)report->run);
	return root;
}

static void print_bytes(const char *what, double bytes)
{
	char text[64];
	if (bytes > 0)
		printf("    %-12s %s\n", what, unit_format(bytes, UNIT_BYTES, text, sizeof(text)));
}

static void print_memory(const struct run_result *result)
{
	const struct workload_capacity *capacity = &result->capacity;
	char need[64], have[64];
	printf("  memory        %s",
	       unit_format(capacity->total_bytes, UNIT_BYTES, need, sizeof(need)));
	if (result->memory_bytes > 0)
		printf(" of %s%s",
		       unit_format(result->memory_bytes, UNIT_BYTES, have, sizeof(have)),
		       result->fits ? "" : ": does not fit");
	printf("\n");
	print_bytes("weights", capacity->weight_bytes);
	print_bytes("kv", capacity->kv_bytes);
	print_bytes("state", capacity->state_bytes);
	print_bytes("activations", capacity->activation_bytes);
	print_bytes("workspace", capacity->workspace_bytes);
	print_bytes("offloaded", capacity->offloaded_bytes);
	if (result->largest_batch >= 0)
		printf("  fits at most  batch %.0f at this context, context %.0f at this batch\n",
		       result->largest_batch, result->largest_context);
}

static void print_generation(const struct generate_result *made, double batch)
{
	printf("  generation    %10.3f ms   (%.10g tokens in %llu steps: %.3f to %.3f ms, %.1f "
	       "tokens/s, digest %016llx)\n",
	       step_ms(made->total_ps), made->tokens, (unsigned long long)made->iterations,
	       step_ms(made->first_ps), step_ms(made->last_ps),
	       batch * made->tokens * step_ratio(1e12, (double)made->total_ps),
	       (unsigned long long)made->digest);
}

static void print_times(const struct run_report *report)
{
	const struct run_result *result = &report->result;
	printf("  step          %10.3f ms", step_ms(result->step_ps));
	step_print_band(&result->band, result->calibrated);
	printf("  device span   %10.3f ms\n", step_ms(result->device_span_ps));
	printf("  device busy   %10.3f ms\n", step_ms(result->device_busy_ps));
	printf("  host issuing  %10.3f ms\n", step_ms(result->host_ps));
	print_host(report);
	printf("  byte floor    %10.3f ms   (the step reaches %.1f %% of it)\n",
	       step_ms(result->floor_ps),
	       100 * step_ratio((double)result->floor_ps, (double)result->step_ps));
	printf("  tokens/s      %10.1f      (batch %.0f, %.4g tokens a step, %llu kernels in %llu "
	       "forward%s)\n",
	       result->tokens_per_s, result->batch, result->tokens,
	       (unsigned long long)result->kernels, (unsigned long long)result->forwards,
	       result->forwards == 1 ? "" : "s");
	if (report->prefill.kernels > 0)
		printf("  prefill       %10.3f ms   (%llu kernels)\n",
		       step_ms(report->prefill.step_ps),
		       (unsigned long long)report->prefill.kernels);
	if (report->generation.iterations > 0)
		print_generation(&report->generation, result->batch);
	step_print_energy(&result->energy);
	printf("  where the time goes\n");
	step_print_parts(result->part_ps, result->step_ps);
	step_print_placement(&result->placement, &report->setup->device.machine, 1);
	if (report->setup->device.machine.residence != NULL)
		printf("  residence     %s\n", report->setup->device.machine.residence);
}

/* A generation that ends where the model was not made for, or has no learned position for. */
static void print_positions(const struct workload *workload)
{
	const struct scenario_value *values = workload->scenario.values;
	const struct workload_model *model = &workload->model;
	double length = values[SCENARIO_CONTEXT].number + values[SCENARIO_WIDTH].number +
			values[SCENARIO_TOKENS].number - 1;
	if (model->mixer == MODEL_STATE_SPACE || length <= (double)model->positions)
		return;
	printf("  positions     %.0f tokens are beyond the %llu that the model %s\n", length,
	       (unsigned long long)model->positions,
	       model->position == MODEL_POSITION_LEARNED ? "has positions for" : "was made for");
}

void run_print(const struct run_report *report)
{
	const struct workload *workload = &report->setup->workload;
	const struct scenario_value *values = workload->scenario.values;
	printf("%s, %s, on %s (%s), launch %s, batch %.0f, context %.0f", workload->model.name,
	       workload->runtime.name, report->setup->device.name,
	       report->setup->device.model->name, sim_launch_text(report->setup->launch),
	       values[SCENARIO_BATCH].number, values[SCENARIO_CONTEXT].number);
	if (values[SCENARIO_WIDTH].number > 1)
		printf(", width %.0f", values[SCENARIO_WIDTH].number);
	printf("\n");
	if (parallel_devices(workload) > 1)
		printf("  one of        %.0f devices; memory, energy and kernels are its own, "
		       "tokens of "
		       "all\n",
		       parallel_devices(workload));
	print_positions(workload);
	if (report->result.fits)
		print_times(report);
	print_memory(&report->result);
	print_wear(report);
	for (size_t i = 0; i < report->knobs.count; i++)
		printf("  no effect     '%s' changes nothing in this scenario\n",
		       report->knobs.without_effect[i]);
	if (!report->result.fits)
		return;
	printf("  digest %016llx", (unsigned long long)report->result.digest);
	if (report->run > 0)
		printf(", stored as run %lld", (long long)report->run);
	printf("\n");
}
