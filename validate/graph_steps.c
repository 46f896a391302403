/* Unprofiled graph steps and the launch latency that they, and only they, show. */
#include "validate/graph_steps.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "sim/core/replay.h"
#include "validate/fit.h"
#include "validate/jsonfile.h"
#include "validate/sample.h"

static enum sim_status read_cell(const char *path, const cJSON *item, struct graph_cell *cell,
				 struct sim_diag *diag)
{
	const cJSON *model = cJSON_GetObjectItemCaseSensitive(item, "model");
	const cJSON *wall = cJSON_GetObjectItemCaseSensitive(item, "graph_wall_ms");
	double batch, context;
	cell->graph_wall_ms = NAN;
	if (!cJSON_IsString(model))
		return diag_fail(diag, SIM_E_PARSE, "%s: a cell has no string 'model'", path);
	snprintf(cell->model, sizeof(cell->model), "%s", model->valuestring);
	TRY(jsonfile_number(path, item, "batch", &batch, diag));
	TRY(jsonfile_number(path, item, "ctx", &context, diag));
	TRY(jsonfile_number(path, wall, "median", &cell->graph_wall_ms, diag));
	if (!(batch >= 1 && batch < 1e9 && batch == floor(batch)) ||
	    !(context >= 0 && context < 1e9 && context == floor(context)))
		return diag_fail(diag, SIM_E_RANGE,
				 "%s: cell of '%s' needs whole numbers 'batch' and 'ctx'", path,
				 cell->model);
	if (!(cell->graph_wall_ms > 0 && cell->graph_wall_ms < 1e9))
		return diag_fail(diag, SIM_E_RANGE,
				 "%s: cell of '%s' needs a positive 'median' in 'graph_wall_ms'",
				 path, cell->model);
	cell->batch = (int)batch;
	cell->context = (int)context;
	cell->repeats = 1;
	return SIM_OK;
}

static void add_cell(struct graph_cell_table *table, const struct graph_cell *cell)
{
	for (size_t i = 0; i < table->count; i++) {
		struct graph_cell *old = &table->cells[i];
		if (old->batch != cell->batch || old->context != cell->context ||
		    strcmp(old->model, cell->model) != 0)
			continue;
		old->graph_wall_ms = (old->graph_wall_ms * old->repeats + cell->graph_wall_ms) /
				     (old->repeats + 1);
		old->repeats++;
		return;
	}
	table->cells[table->count++] = *cell;
}

enum sim_status graph_steps_read(const char *path, struct graph_cell_table *table,
				 struct sim_diag *diag)
{
	cJSON *root;
	const cJSON *item;
	enum sim_status status = SIM_OK;
	*table = (struct graph_cell_table){0};
	TRY(jsonfile_read(path, &root, diag));
	const cJSON *cells = cJSON_GetObjectItemCaseSensitive(root, "cells");
	int count = cJSON_IsArray(cells) ? cJSON_GetArraySize(cells) : 0;
	table->cells = calloc((size_t)count + 1, sizeof(*table->cells));
	if (count == 0)
		status = diag_fail(diag, SIM_E_PARSE, "%s: no list 'cells' of step times", path);
	else if (table->cells == NULL)
		status = diag_fail(diag, SIM_E_NOMEM, "out of memory");
	cJSON_ArrayForEach(item, cells)
	{
		struct graph_cell cell;
		if (status != SIM_OK)
			break;
		if (cJSON_IsObject(item) &&
		    !cJSON_IsObject(cJSON_GetObjectItemCaseSensitive(item, "graph_wall_ms")))
			continue; /* out of memory, or eager only */
		status = read_cell(path, item, &cell, diag);
		if (status == SIM_OK)
			add_cell(table, &cell);
	}
	cJSON_Delete(root);
	if (status != SIM_OK)
		graph_steps_fini(table);
	return status;
}

void graph_steps_fini(struct graph_cell_table *table)
{
	free(table->cells);
	*table = (struct graph_cell_table){0};
}

const struct graph_cell *graph_steps_find(const struct graph_cell_table *table,
					  const struct trace *trace)
{
	char name[160];
	for (size_t i = 0; i < table->count; i++) {
		const struct graph_cell *cell = &table->cells[i];
		snprintf(name, sizeof(name), "%s-b%d-c%d-graph", cell->model, cell->batch,
			 cell->context);
		if (strcmp(name, trace->name) == 0)
			return cell;
	}
	return NULL;
}

static double shortest_span_ms(const struct trace *trace)
{
	double least = INFINITY;
	for (size_t s = 0; s < trace->step_count; s++) {
		double span = (double)(trace->step_measured[s].last_end_ns -
				       trace->step_measured[s].first_start_ns) *
			      1e-6;
		least = span < least ? span : least;
	}
	return least;
}

static enum sim_status predict_step(const struct trace *trace, const struct machine *machine,
				    struct graph_residual *row, struct sim_diag *diag)
{
	struct sim_program program = trace_program(trace);
	struct replay_options options;
	struct replay_result result;
	replay_options_init(&options);
	options.launch = SIM_LAUNCH_GRAPH;
	TRY(replay_run(&program, machine, &options, &result, diag));
	row->predicted_ms = (double)result.step_ps * 1e-9;
	return SIM_OK;
}

/* Median over ROWS of the seconds per node that are missing, without the model of LEFT_OUT. */
static double missing_per_node(const struct graph_residual *rows, size_t count,
			       const struct trace *left_out, double already_s)
{
	double *values = calloc(count + 1, sizeof(*values));
	double *weights = calloc(count + 1, sizeof(*weights));
	double median = NAN;
	char mine[160], other[160] = "";
	size_t used = 0;
	if (left_out != NULL)
		trace_model_name(left_out, other, sizeof(other));
	for (size_t i = 0; values != NULL && weights != NULL && i < count; i++) {
		trace_model_name(rows[i].trace, mine, sizeof(mine));
		if (left_out != NULL && strcmp(mine, other) == 0)
			continue;
		double missing = (rows[i].measured_ms - rows[i].predicted_ms) * 1e-3;
		values[used] = already_s + missing / rows[i].nodes;
		weights[used++] = 1;
	}
	if (used > 0)
		median = weighted_quantile(values, weights, used, 0.5);
	free(values);
	free(weights);
	return median > 0 ? median : 0;
}

enum sim_status graph_steps_compare(const struct graph_cell_table *table,
				    const struct trace *const *traces, size_t trace_count,
				    const struct hw_device *device, struct graph_residual *rows,
				    size_t *row_count, double *node_latency_s,
				    struct sim_diag *diag)
{
	double already = (double)device->machine.launch.graph_latency_node_ps * 1e-12;
	*row_count = 0;
	for (size_t i = 0; i < trace_count; i++) {
		const struct trace *trace = traces[i];
		const struct graph_cell *cell = graph_steps_find(table, trace);
		if (cell == NULL || trace->step_count == 0 || trace->steps[0].count == 0)
			continue;
		struct graph_residual *row = &rows[(*row_count)++];
		*row = (struct graph_residual){.trace = trace};
		row->nodes = (double)trace->steps[0].count;
		row->measured_ms = cell->graph_wall_ms;
		row->traced_span_ms = shortest_span_ms(trace);
		TRY(predict_step(trace, &device->machine, row, diag));
	}
	for (size_t i = 0; i < *row_count; i++) {
		double others = missing_per_node(rows, *row_count, rows[i].trace, already);
		rows[i].left_out_ms =
			rows[i].predicted_ms + (others - already) * rows[i].nodes * 1e3;
	}
	*node_latency_s = missing_per_node(rows, *row_count, NULL, already);
	return SIM_OK;
}
