/* A space in one line. */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

#include "sim/explore/run.h"

static void write_axis(FILE *out, const struct explore_axis *axis)
{
	char low[64], high[64];
	fprintf(out, "%s: ", axis->name);
	if (axis->kind == EXPLORE_RANGE) {
		fprintf(out, "{from: %s, to: %s, ",
			unit_format_exact(axis->low, axis->unit, low, sizeof(low)),
			unit_format_exact(axis->high, axis->unit, high, sizeof(high)));
		if (axis->step > 0)
			fprintf(out, "step: %s}",
				unit_format_exact(axis->step, axis->unit, low, sizeof(low)));
		else
			fprintf(out, "points: %" PRIu64 ", scale: %s}", axis->count,
				axis->is_log ? "log" : "linear");
		return;
	}
	for (uint64_t i = 0; i < axis->count; i++) {
		fputs(i == 0 ? "[" : ", ", out);
		if (axis->kind == EXPLORE_WORDS)
			fputs(axis->words[i], out);
		else
			fputs(unit_format_exact(axis->numbers[i], axis->unit, low, sizeof(low)),
			      out);
	}
	putc(']', out);
}

char *explore_definition(const struct explore_space *space)
{
	char *text = NULL;
	size_t size;
	FILE *out = open_memstream(&text, &size);
	if (out == NULL)
		return NULL;
	fprintf(out, "sweep: %s, base: {", space->name);
	for (size_t i = 0; i < space->base_count; i++)
		fprintf(out, "%s%s: %s", i > 0 ? ", " : "", space->base[i].key,
			space->base[i].value);
	fputs("}, axes: {", out);
	for (size_t a = 0; a < space->axis_count; a++) {
		fputs(a > 0 ? ", " : "", out);
		write_axis(out, &space->axes[a]);
	}
	fputs("}, sampling: ", out);
	if (space->sampling == EXPLORE_SOBOL)
		fprintf(out, "{sobol: %" PRIu64 ", seed: %" PRIu64 "}", space->samples,
			space->seed);
	else if (space->sampling == EXPLORE_SEARCH)
		fprintf(out,
			"{search: %" PRIu64 ", by: %s, population: %" PRIu64 ", seed: %" PRIu64
			", refine: %.12g}",
			space->samples, space->evolves ? "nsga2" : "sobol", space->population,
			space->seed, space->refine);
	else
		fputs("grid", out);
	fputs(", let: {", out);
	for (size_t i = 0; i < space->let_count; i++)
		fprintf(out, "%s%s: %s", i > 0 ? ", " : "",
			space->names[space->scope.count - space->let_count + i],
			space->lets[i].text);
	fputs("}, constraints: [", out);
	for (size_t i = 0; i < space->constraint_count; i++)
		fprintf(out, "%s'%s'", i > 0 ? ", " : "", space->constraints[i].text);
	fputs("], objectives: [", out);
	for (size_t i = 0; i < space->objective_count; i++)
		fprintf(out, "%s%s %s", i > 0 ? ", " : "",
			space->objectives[i].more ? "max" : "min",
			explore_field_name(space->objectives[i].field));
	fprintf(out, "], method: %s", explore_method_text(space->method));
	if (space->method == EXPLORE_SCREEN)
		fprintf(out, " %.12g", space->margin);
	if (fclose(out) != 0) {
		free(text);
		return NULL;
	}
	return text;
}
