/* The report of `decodesim validate --json`. */
#include "sim/cli/validation.h"

static cJSON *interval_json(const struct interval *interval)
{
	cJSON *pair = cJSON_CreateArray();
	cJSON_AddItemToArray(pair, cJSON_CreateNumber(100 * interval->low));
	cJSON_AddItemToArray(pair, cJSON_CreateNumber(100 * interval->high));
	return pair;
}

static cJSON *traces_json(const struct validation *job)
{
	const struct comparison *comparison = &job->comparison;
	cJSON *rows = cJSON_CreateArray();
	for (size_t i = 0; i < comparison->trace_count; i++) {
		const struct compare_trace *trace = &comparison->traces[i];
		const struct step_times times = validation_step_times(job, i);
		cJSON *row = cJSON_CreateObject();
		cli_json_text(row, "trace", trace->name);
		cJSON_AddNumberToObject(row, "steps", (double)trace->steps);
		cJSON_AddNumberToObject(row, "kernels", (double)trace->kernels);
		cJSON_AddBoolToObject(row, "in_fit", trace->in_fit);
		cJSON_AddNumberToObject(row, "modelled_time_share", trace->modelled_time_share);
		cJSON_AddNumberToObject(row, "opaque_kernels", (double)trace->opaque);
		cJSON_AddNumberToObject(row, "measured_device_ms", trace->measured_device_ms);
		cJSON_AddNumberToObject(row, "predicted_device_ms", trace->predicted_device_ms);
		cJSON_AddNumberToObject(row, "floor_ms", trace->floor_ms);
		cJSON_AddNumberToObject(row, "unprofiled_step_ms", times.unprofiled);
		cJSON_AddNumberToObject(row, "traced_step_ms", times.traced);
		cJSON_AddNumberToObject(row, "predicted_step_ms", times.predicted);
		cJSON_AddNumberToObject(row, "step_error_pct", 100 * trace->step_error);
		cJSON_AddNumberToObject(row, "kernel_weighted_error_pct",
					100 * trace->kernel_weighted_error);
		cJSON_AddItemToObject(row, "kernel_weighted_error_ci95_pct",
				      interval_json(&trace->kernel_weighted_interval));
		cJSON_AddItemToArray(rows, row);
	}
	return rows;
}

static void add_group_json(cJSON *rows, const char *key, const char *name,
			   const struct compare_group *group)
{
	if (group->kernels == 0)
		return;
	cJSON *row = cJSON_CreateObject();
	cJSON_AddStringToObject(row, key, name);
	cJSON_AddNumberToObject(row, "kernels", (double)group->kernels);
	cJSON_AddNumberToObject(row, "measured_ms", group->measured_ms);
	cJSON_AddNumberToObject(row, "predicted_ms", group->predicted_ms);
	cJSON_AddNumberToObject(row, "error_pct",
				100 * (group->predicted_ms / group->measured_ms - 1));
	cJSON_AddNumberToObject(row, "kernel_weighted_error_pct",
				100 * group->absolute_ms / group->measured_ms);
	cJSON_AddNumberToObject(row, "p05_pct", 100 * group->p05);
	cJSON_AddNumberToObject(row, "p50_pct", 100 * group->p50);
	cJSON_AddNumberToObject(row, "p95_pct", 100 * group->p95);
	cJSON_AddItemToArray(rows, row);
}

static cJSON *worst_json(const struct comparison *comparison)
{
	cJSON *rows = cJSON_CreateArray();
	for (size_t i = 0; i < comparison->worst_count; i++) {
		const struct compare_worst *worst = &comparison->worst[i];
		cJSON *row = cJSON_CreateObject();
		cli_json_text(row, "trace", worst->trace);
		cJSON_AddStringToObject(row, "kernel", worst->kernel);
		cJSON_AddStringToObject(row, "shape", worst->shape);
		cJSON_AddStringToObject(row, "family", sim_family_text(worst->family));
		cJSON_AddNumberToObject(row, "count", (double)worst->count);
		cJSON_AddNumberToObject(row, "measured_us", worst->measured_us);
		cJSON_AddNumberToObject(row, "predicted_us", worst->predicted_us);
		cJSON_AddNumberToObject(row, "share_of_error_pct", 100 * worst->share);
		cJSON_AddItemToArray(rows, row);
	}
	return rows;
}

static cJSON *graph_json(const struct validation *job)
{
	cJSON *rows = cJSON_CreateArray();
	for (size_t i = 0; i < job->graph_count; i++) {
		const struct graph_residual *cell = &job->graph[i];
		cJSON *row = cJSON_CreateObject();
		cli_json_text(row, "trace", cell->trace->name);
		cJSON_AddNumberToObject(row, "nodes", cell->nodes);
		cJSON_AddNumberToObject(row, "measured_ms", cell->measured_ms);
		cJSON_AddNumberToObject(row, "traced_span_ms", cell->traced_span_ms);
		cJSON_AddNumberToObject(row, "predicted_ms", cell->predicted_ms);
		cJSON_AddNumberToObject(row, "error_pct",
					100 * (cell->predicted_ms / cell->measured_ms - 1));
		cJSON_AddNumberToObject(row, "left_out_error_pct",
					100 * (cell->left_out_ms / cell->measured_ms - 1));
		cJSON_AddItemToArray(rows, row);
	}
	return rows;
}

cJSON *validation_json(const struct validation *job)
{
	const struct comparison *comparison = &job->comparison;
	cJSON *root = cJSON_CreateObject(), *families = cJSON_CreateArray();
	cJSON *classes = cJSON_CreateArray();
	cJSON_AddStringToObject(root, "hw", job->device.name);
	cJSON_AddStringToObject(root, "method", job->leave_one_out ? "leave-one-out" : "as-is");
	cJSON_AddNumberToObject(root, "step_mape_pct", 100 * comparison->step_mape);
	cJSON_AddItemToObject(root, "step_mape_ci95_pct",
			      interval_json(&comparison->step_mape_interval));
	cJSON_AddNumberToObject(root, "kernel_weighted_error_pct",
				100 * comparison->mean_kernel_weighted);
	cJSON_AddItemToObject(root, "traces", traces_json(job));
	for (unsigned family = 0; family < SIM_FAMILY_COUNT; family++)
		add_group_json(families, "family", sim_family_text(family),
			       &comparison->families[family]);
	for (unsigned op = 0; op < SIM_OP_COUNT; op++)
		add_group_json(classes, "class", sim_op_text(op), &comparison->ops[op]);
	cJSON_AddItemToObject(root, "families", families);
	cJSON_AddItemToObject(root, "classes", classes);
	cJSON_AddItemToObject(root, "worst", worst_json(comparison));
	if (job->graph != NULL)
		cJSON_AddItemToObject(root, "unprofiled_graph_steps", graph_json(job));
	if (job->bytes.traces > 0)
		measured_bytes_json(root, &job->bytes);
	return root;
}
