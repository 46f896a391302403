/* `decodesim run --graph`: an op graph on a machine. */
#include "sim/cli/run_graph.h"

#include <string.h>

#include "sim/cli/scenario.h"
#include "sim/cli/step_print.h"
#include "validate/run.h"

/* --set graph.NAME=NUMBER is the graph's, all else is the device's. */
static enum sim_status take_sets(const char *const *sets, size_t count,
				 struct workload_graph *graph, const char **device_sets,
				 size_t *device_count, struct sim_diag *diag)
{
	*device_count = 0;
	for (size_t i = 0; i < count; i++) {
		char name[96];
		double value;
		const char *equal = strchr(sets[i], '=');
		if (strncmp(sets[i], "graph.", 6) != 0 || equal == NULL) {
			device_sets[(*device_count)++] = sets[i];
			continue;
		}
		snprintf(name, sizeof(name), "%.*s", (int)(equal - sets[i] - 6), sets[i] + 6);
		bool launch_cost = strcmp(name, "host") == 0 || strcmp(name, "host_node") == 0 ||
				   strcmp(name, "latency") == 0 || strcmp(name, "gap") == 0 ||
				   strcmp(name, "latency_node") == 0;
		if (launch_cost) { /* of the device: graph.host, graph.gap, ... */
			device_sets[(*device_count)++] = sets[i];
			continue;
		}
		TRY(unit_parse(equal + 1, UNIT_RATIO, &value, diag));
		TRY(graph_set(graph, name, value, diag));
	}
	return SIM_OK;
}

static enum sim_status print_json(const struct workload_graph *graph, const struct run_setup *setup,
				  const struct run_result *result, struct sim_diag *diag)
{
	char digest[32];
	cJSON *root = cJSON_CreateObject();
	snprintf(digest, sizeof(digest), "%016llx", (unsigned long long)result->digest);
	cli_json_text(root, "graph", graph->name);
	cli_json_text(root, "hw", setup->device.name);
	cJSON_AddStringToObject(root, "launch", sim_launch_text(setup->launch));
	cJSON_AddBoolToObject(root, "fits", result->fits);
	cJSON_AddNumberToObject(root, "memory_bytes", result->capacity.total_bytes);
	if (!result->fits)
		return cli_print_json(root, diag);
	cJSON_AddNumberToObject(root, "kernels", (double)result->kernels);
	cJSON_AddNumberToObject(root, "items", result->tokens);
	cJSON_AddNumberToObject(root, "items_per_s", result->tokens_per_s);
	cJSON_AddNumberToObject(root, "step_ms", step_ms(result->step_ps));
	cJSON_AddNumberToObject(root, "device_span_ms", step_ms(result->device_span_ps));
	cJSON_AddNumberToObject(root, "floor_ms", step_ms(result->floor_ps));
	cJSON_AddNumberToObject(root, "flops", result->flops);
	cJSON_AddNumberToObject(root, "weight_bytes", result->weight_read_bytes);
	cJSON_AddNumberToObject(root, "activation_bytes", result->act_bytes);
	cJSON_AddStringToObject(root, "digest", digest);
	step_add_parts(root, result->part_ps);
	return cli_print_json(root, diag);
}

static void print_text(const struct workload_graph *graph, const struct run_setup *setup,
		       const struct run_result *result)
{
	char text[64];
	printf("%s on %s (%s), launch %s: %s\n", graph->name, setup->device.name,
	       setup->device.model->name, sim_launch_text(setup->launch), graph->summary);
	if (!result->fits)
		return;
	printf("  iteration     %10.3f ms   (%llu kernels)\n", step_ms(result->step_ps),
	       (unsigned long long)result->kernels);
	printf("  items/s       %10.1f      (%.6g an iteration)\n", result->tokens_per_s,
	       result->tokens);
	printf("  device span   %10.3f ms\n", step_ms(result->device_span_ps));
	printf("  byte floor    %10.3f ms\n", step_ms(result->floor_ps));
	printf("  flops         %10.4g\n", result->flops);
	printf("  activations   %s moved\n",
	       unit_format(result->act_bytes, UNIT_BYTES, text, sizeof(text)));
	step_print_parts(result->part_ps, result->step_ps);
}

static enum sim_status evaluate(const struct cli_args *args, const struct workload_graph *graph,
				const struct run_setup *setup, double sm_count,
				struct sim_diag *diag)
{
	struct run_result result;
	char need[64], have[64];
	TRY(run_graph(setup, graph, sm_count, &result, diag));
	if (cli_flag(args, "json"))
		TRY(print_json(graph, setup, &result, diag));
	else
		print_text(graph, setup, &result);
	if (result.fits)
		return SIM_OK;
	return diag_fail(diag, SIM_E_INFEASIBLE, "out of memory: %s are needed, '%s' has %s",
			 unit_format(result.capacity.total_bytes, UNIT_BYTES, need, sizeof(need)),
			 setup->device.name,
			 unit_format(result.memory_bytes, UNIT_BYTES, have, sizeof(have)));
}

enum sim_status cli_run_graph(const struct cli_args *args, struct sim_diag *diag)
{
	const char *sets[CLI_MOST_VALUES], *device_sets[CLI_MOST_VALUES];
	size_t set_count, device_count;
	double sm_count;
	struct workload_scenario scenario;
	struct workload_graph graph;
	struct run_setup setup = {0};
	if (cli_value(args, "model") != NULL)
		return diag_fail(diag, SIM_E_USAGE, "--graph and --model: one of the two");
	enum sim_status status = graph_load(cli_value(args, "graph"), &graph, diag);
	if (status == SIM_OK) {
		status = cli_scenario(args, &scenario, sets, &set_count, diag);
		if (status == SIM_OK)
			status = take_sets(sets, set_count, &graph, device_sets, &device_count,
					   diag);
		if (status == SIM_OK)
			status = run_setup_device(&setup, &scenario, device_sets, device_count,
						  &sm_count, diag);
		else
			scenario_fini(&scenario);
	}
	if (status == SIM_OK)
		status = evaluate(args, &graph, &setup, sm_count, diag);
	run_setup_fini(&setup);
	graph_fini(&graph);
	return status;
}
