/* The report: see print.h. */
#include "validate/bench/report/print.h"

#include <errno.h>
#include <math.h>
#include <string.h>

#include <cjson/cJSON.h>

static void print_number(FILE *out, int width, const char *format, double value)
{
	char text[32];
	if (isnan(value))
		snprintf(text, sizeof(text), "-");
	else
		snprintf(text, sizeof(text), format, value); /* FORMAT is one of this file's */
	fprintf(out, "%*s", width, text);
}

static void print_cell(FILE *out, const struct cell *cell)
{
	fprintf(out, "%-32s", cell->name);
	print_number(out, 8, "%.0f", cell->kernels_most);
	print_number(out, 12, "%.3f", cell->untraced.median);
	print_number(out, 10, "%.3f", cell->traced.median);
	print_number(out, 12, "%.3f", cell->graph_level.median);
	print_number(out, 11, "%.3f", cell->predicted_ms);
	print_number(out, 9, "%+.1f %%", 100 * cell_error(cell));
	print_number(out, 9, "%+.1f %%", 100 * cell_stretch(cell));
	print_number(out, 9, "%+.1f %%", 100 * cell->device_stretch);
	print_number(out, 8, "%.1f %%", 100 * (1 - cell->opaque_share));
	fprintf(out, "\n");
}

static void print_table(FILE *out, const struct cell *cells, size_t count)
{
	double off = 0;
	fprintf(out,
		"step times in ms, medians; predicted by a fit that has not seen the model\n"
		"%-32s%8s%12s%10s%12s%11s%9s%9s%9s%8s\n",
		"", "kernels", "unprofiled", "traced", "graph-level", "predicted", "error",
		"wall +", "device +", "known");
	for (size_t i = 0; i < count; i++) {
		print_cell(out, &cells[i]);
		off += fabs(cell_error(&cells[i]));
	}
	fprintf(out, "mean error of the predicted step: %.1f %% over %zu cells\n",
		100 * off / (double)count, count);
	fprintf(out, "wall +, device +: what tracing every kernel adds; known: share of the device "
		     "time with known work\n\n");
}

size_t print_report(FILE *out, const struct cell *cells, size_t count, const struct limits *limits)
{
	size_t failed = 0, all = 0;
	struct check checks[CHECKS_MOST];
	print_table(out, cells, count);
	for (size_t i = 0; i < count; i++) {
		size_t checked = verdict_of(&cells[i], limits, checks);
		for (size_t c = 0; c < checked; c++) {
			const struct check *check = &checks[c];
			fprintf(out, "%s  %-32s %s: ", check->pass ? "PASS" : "FAIL", cells[i].name,
				check->what);
			if (isnan(check->value))
				fprintf(out, "not known");
			else
				fprintf(out, "%.4g%s%s", check->value,
					check->unit[0] != '\0' ? " " : "", check->unit);
			fprintf(out, " (%s %.4g%s%s)\n",
				check->unit[0] != '\0' ? "at most" : "must be", check->limit,
				check->unit[0] != '\0' ? " " : "", check->unit);
			failed += !check->pass;
			all++;
		}
	}
	fprintf(out, "%zu checks, %zu failed\n", all, failed);
	return failed;
}

static void add_known(cJSON *object, const char *key, double value)
{
	if (isnan(value))
		cJSON_AddNullToObject(object, key);
	else
		cJSON_AddNumberToObject(object, key, value);
}

static void add_times(cJSON *object, const char *key, const struct cell_times *times)
{
	cJSON *item = cJSON_AddObjectToObject(object, key);
	add_known(item, "median", times->median);
	add_known(item, "p05", times->p05);
	add_known(item, "p95", times->p95);
}

static void add_checks(cJSON *object, const struct cell *cell, const struct limits *limits)
{
	struct check checks[CHECKS_MOST];
	size_t count = verdict_of(cell, limits, checks);
	cJSON *rows = cJSON_AddArrayToObject(object, "checks");
	for (size_t c = 0; c < count; c++) {
		cJSON *row = cJSON_CreateObject();
		cJSON_AddStringToObject(row, "what", checks[c].what);
		add_known(row, "value", checks[c].value);
		cJSON_AddNumberToObject(row, "limit", checks[c].limit);
		cJSON_AddStringToObject(row, "unit", checks[c].unit);
		cJSON_AddBoolToObject(row, "pass", checks[c].pass);
		cJSON_AddItemToArray(rows, row);
	}
}

static cJSON *cell_json(const struct cell *cell, const struct limits *limits)
{
	cJSON *row = cJSON_CreateObject();
	cJSON_AddStringToObject(row, "cell", cell->name);
	cJSON_AddStringToObject(row, "model", cell->model);
	cJSON_AddNumberToObject(row, "batch", cell->batch);
	cJSON_AddNumberToObject(row, "context", cell->context);
	cJSON_AddStringToObject(row, "launch", cell->graph ? "graph" : "eager");
	cJSON_AddStringToObject(row, "device", cell->device);
	add_times(row, "unprofiled_ms", &cell->untraced);
	add_times(row, "traced_ms", &cell->traced);
	add_times(row, "graph_level_ms", &cell->graph_level);
	add_known(row, "predicted_ms", cell->predicted_ms);
	add_known(row, "floor_ms", cell->floor_ms);
	add_known(row, "error_pct", 100 * cell_error(cell));
	add_known(row, "wall_stretch_pct", 100 * cell_stretch(cell));
	add_known(row, "device_stretch_pct", 100 * cell->device_stretch);
	add_known(row, "traced_device_span_ms", cell->span_ms);
	add_known(row, "kernels_per_step", cell->kernels_most);
	add_known(row, "dropped", cell->dropped);
	add_known(row, "sm_mhz", cell->sm_mhz);
	add_known(row, "opaque_time_share", cell->opaque_share);
	cJSON_AddStringToObject(row, "lacks", cell->lacks);
	add_checks(row, cell, limits);
	return row;
}

static enum sim_status write_text(FILE *out, cJSON *root, struct sim_diag *diag)
{
	char *text = cJSON_Print(root);
	enum sim_status status = SIM_OK;
	cJSON_Delete(root);
	if (text == NULL)
		return diag_fail(diag, SIM_E_NOMEM, "out of memory");
	if (fprintf(out, "%s\n", text) < 0 || fflush(out) != 0)
		status = diag_fail(diag, SIM_E_IO, "cannot write: %s", strerror(errno));
	cJSON_free(text);
	return status;
}

enum sim_status print_json(const char *path, const struct cell *cells, size_t count,
			   const struct limits *limits, struct sim_diag *diag)
{
	FILE *out = fopen(path, "w");
	if (out == NULL)
		return diag_fail(diag, SIM_E_IO, "%s: %s", path, strerror(errno));
	cJSON *root = cJSON_CreateObject();
	cJSON *rows = cJSON_AddArrayToObject(root, "cells");
	for (size_t i = 0; i < count; i++)
		cJSON_AddItemToArray(rows, cell_json(&cells[i], limits));
	enum sim_status status = write_text(out, root, diag);
	if (fclose(out) != 0 && status == SIM_OK)
		status = diag_fail(diag, SIM_E_IO, "%s: %s", path, strerror(errno));
	return status;
}

enum sim_status print_steps(FILE *out, const struct cell *cells, size_t count,
			    struct sim_diag *diag)
{
	cJSON *root = cJSON_CreateObject();
	cJSON_AddStringToObject(root, "note", "unprofiled steps of the bundled decode run");
	cJSON *rows = cJSON_AddArrayToObject(root, "cells");
	for (size_t i = 0; i < count; i++) {
		if (!cells[i].graph)
			continue;
		cJSON *row = cJSON_CreateObject();
		cJSON_AddStringToObject(row, "model", cells[i].model);
		cJSON_AddNumberToObject(row, "batch", cells[i].batch);
		cJSON_AddNumberToObject(row, "ctx", cells[i].context);
		add_times(row, "graph_wall_ms", &cells[i].untraced);
		cJSON_AddItemToArray(rows, row);
	}
	return write_text(out, root, diag);
}
