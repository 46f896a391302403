/* Sweeps in words and as JSON; see sweep_print.h. */
#include "sim/cli/sweep_print.h"

#include <inttypes.h>
#include <math.h>
#include <string.h>

static const char *name_of(const struct explore_objective *objective)
{
	return explore_field_name(objective->field);
}

static void print_values(const struct explore_axis *axis)
{
	char low[64], high[64];
	enum { SHOWN = 8 };
	if (axis->kind == EXPLORE_RANGE) {
		printf("%s to %s%s\n", explore_axis_format(axis, axis->low, low, sizeof(low)),
		       explore_axis_format(axis, axis->high, high, sizeof(high)),
		       axis->is_log ? ", logarithmic" : "");
		return;
	}
	for (uint64_t i = 0; i < axis->count && i < SHOWN; i++)
		printf("%s%s", i > 0 ? ", " : "",
		       explore_axis_format(axis, explore_axis_value(axis, i), low, sizeof(low)));
	printf("%s\n", axis->count > SHOWN ? ", ..." : "");
}

void sweep_space_print(const struct explore_space *space)
{
	printf("%s: %" PRIu64 " points, %s%s\n", space->name, space->point_count,
	       space->sampling == EXPLORE_SOBOL	   ? "Sobol's sequence, "
	       : space->sampling == EXPLORE_SEARCH ? "searched, "
						   : "",
	       explore_method_text(space->method));
	for (size_t a = 0; a < space->axis_count; a++) {
		printf("  %-28s %8" PRIu64 "  ", space->axes[a].name, space->axes[a].count);
		print_values(&space->axes[a]);
	}
	for (size_t i = 0; i < space->constraint_count; i++)
		printf("  must hold: %s\n", space->constraints[i].text);
	for (size_t i = 0; i < space->objective_count; i++)
		printf("  wanted: %s %s\n", space->objectives[i].more ? "most" : "least",
		       name_of(&space->objectives[i]));
}

static cJSON *axis_json(const struct explore_axis *axis)
{
	cJSON *row = cJSON_CreateObject();
	cli_json_text(row, "name", axis->name);
	cli_json_text(row, "unit", axis->kind == EXPLORE_WORDS ? "word" : unit_si(axis->unit));
	cJSON_AddNumberToObject(row, "count", (double)axis->count);
	cJSON_AddNumberToObject(row, "low", axis->low);
	cJSON_AddNumberToObject(row, "high", axis->high);
	if (axis->kind != EXPLORE_WORDS)
		return row;
	cJSON *words = cJSON_AddArrayToObject(row, "words");
	for (uint64_t i = 0; i < axis->count; i++)
		cJSON_AddItemToArray(words, cJSON_CreateString(axis->words[i]));
	return row;
}

cJSON *sweep_space_json(const struct explore_space *space)
{
	cJSON *root = cJSON_CreateObject();
	cli_json_text(root, "sweep", space->name);
	cli_json_text(root, "method", explore_method_text(space->method));
	cJSON_AddNumberToObject(root, "points", (double)space->point_count);
	cJSON *axes = cJSON_AddArrayToObject(root, "axes");
	for (size_t a = 0; a < space->axis_count; a++)
		cJSON_AddItemToArray(axes, axis_json(&space->axes[a]));
	return root;
}

static void print_broken(const struct explore_space *space, const struct explore_run_report *report)
{
	for (size_t i = 0; i < space->constraint_count; i++)
		if (report->broken[i] > 0)
			printf("  %10" PRIu64 "  break, or cannot tell: %s\n", report->broken[i],
			       space->constraints[i].text);
}

void sweep_print(const struct explore_space *space, const struct explore_run_report *report,
		 bool stored)
{
	printf("%s: %" PRIu64 " points, %s: %" PRIu64 " computed", space->name, report->points,
	       explore_method_text(space->method), report->computed);
	if (report->resumed > 0)
		printf(", %" PRIu64 " were there", report->resumed);
	if (report->reused > 0)
		printf(", %" PRIu64 " taken from other sweeps", report->reused);
	printf("\n");
	printf("  %10" PRIu64 "  feasible\n", report->feasible);
	if (report->unfit > 0)
		printf("  %10" PRIu64 "  do not fit into memory\n", report->unfit);
	if (report->failed > 0)
		printf("  %10" PRIu64 "  are no design: %s\n", report->failed, report->why);
	print_broken(space, report);
	if (space->method == EXPLORE_SCREEN)
		printf("  %10" PRIu64 "  near the front, simulated; %" PRIu64 " of them feasible\n",
		       report->simulated, report->simulated_feasible);
	for (size_t i = 0; i < space->objective_count; i++)
		printf("  %-18s %12.6g to %.6g\n", name_of(&space->objectives[i]), report->least[i],
		       report->most[i]);
	if (space->objective_count > 0)
		printf("  %10" PRIu64 "  in the front", report->front);
	if (space->objective_count > 0 && stored)
		printf(" (decodesim pareto %s shows them)", space->name);
	printf("%sdigest %016" PRIx64 "\n", space->objective_count > 0 ? "\n" : "", report->digest);
}

static void add_objectives(cJSON *root, const struct explore_space *space,
			   const struct explore_run_report *report)
{
	cJSON *rows = cJSON_AddArrayToObject(root, "objectives");
	for (size_t i = 0; i < space->objective_count; i++) {
		cJSON *row = cJSON_CreateObject();
		cli_json_text(row, "name", name_of(&space->objectives[i]));
		cJSON_AddBoolToObject(row, "more_is_better", space->objectives[i].more);
		cJSON_AddNumberToObject(row, "least", report->least[i]);
		cJSON_AddNumberToObject(row, "most", report->most[i]);
		cJSON_AddItemToArray(rows, row);
	}
}

cJSON *sweep_json(const struct explore_space *space, const struct explore_run_report *report)
{
	char digest[24];
	cJSON *root = sweep_space_json(space);
	cJSON_AddNumberToObject(root, "computed", (double)report->computed);
	cJSON_AddNumberToObject(root, "reused", (double)report->reused);
	cJSON_AddNumberToObject(root, "resumed", (double)report->resumed);
	cJSON_AddNumberToObject(root, "simulated", (double)report->simulated);
	cJSON_AddNumberToObject(root, "simulated_feasible", (double)report->simulated_feasible);
	cJSON_AddNumberToObject(root, "feasible", (double)report->feasible);
	cJSON_AddNumberToObject(root, "unfit", (double)report->unfit);
	cJSON_AddNumberToObject(root, "infeasible", (double)report->infeasible);
	cJSON_AddNumberToObject(root, "failed", (double)report->failed);
	cli_json_text(root, "failed_why", report->why);
	cJSON *rows = cJSON_AddArrayToObject(root, "constraints");
	for (size_t i = 0; i < space->constraint_count; i++) {
		cJSON *row = cJSON_CreateObject();
		cli_json_text(row, "text", space->constraints[i].text);
		cJSON_AddNumberToObject(row, "broken", (double)report->broken[i]);
		cJSON_AddItemToArray(rows, row);
	}
	add_objectives(root, space, report);
	cJSON_AddNumberToObject(root, "front", (double)report->front);
	snprintf(digest, sizeof(digest), "%016" PRIx64, report->digest);
	cJSON_AddStringToObject(root, "digest", digest);
	return root;
}
