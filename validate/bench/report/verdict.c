/* Checks of a cell: see verdict.h. */
#include "validate/bench/report/verdict.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

const struct limits limits_default = {.eager_wall = 0.15,
				      .graph_device = 0.03,
				      .graph_level = 0.02,
				      .step_error = NAN,
				      .bound_models = "qwen2.5-7b"};

double cell_error(const struct cell *cell)
{
	return cell->predicted_ms / cell->untraced.median - 1;
}

double cell_stretch(const struct cell *cell)
{
	return cell->traced.median / cell->untraced.median - 1;
}

double cell_graph_level_stretch(const struct cell *cell)
{
	return cell->graph_level.median / cell->untraced.median - 1;
}

bool list_has(const char *list, const char *word)
{
	size_t length = strlen(word);
	while (*list != '\0') {
		list += strspn(list, " ");
		size_t found = strcspn(list, ",");
		if (found == length && memcmp(list, word, length) == 0)
			return true;
		list += found + (list[found] == ',');
	}
	return false;
}

struct verdict {
	struct check *checks;
	size_t count;
};

static void at_most(struct verdict *verdict, const char *what, double value, double limit)
{
	struct check *check = &verdict->checks[verdict->count++];
	*check = (struct check){.value = 100 * value, .limit = 100 * limit, .unit = "%"};
	snprintf(check->what, sizeof(check->what), "%s", what);
	check->pass = value <= limit;
}

static void equals(struct verdict *verdict, const char *what, double value, double wanted)
{
	struct check *check = &verdict->checks[verdict->count++];
	*check = (struct check){.value = value, .limit = wanted, .unit = ""};
	snprintf(check->what, sizeof(check->what), "%s", what);
	check->pass = value == wanted;
}

/* What an import must not lack if its kernels are to be counted. */
static double losses(const struct cell *cell)
{
	static const char *const bad[] = {"records", "tail", "trust"};
	double count = 0;
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
		count += list_has(cell->lacks, bad[i]);
	return count;
}

size_t verdict_of(const struct cell *cell, const struct limits *limits, struct check *checks)
{
	struct verdict verdict = {checks, 0};
	if (!cell->graph)
		at_most(&verdict, "wall time stretched by tracing", cell_stretch(cell),
			limits->eager_wall);
	if (cell->graph && list_has(limits->bound_models, cell->model))
		at_most(&verdict, "device span stretched by tracing", cell->device_stretch,
			limits->graph_device);
	if (cell->graph)
		at_most(&verdict, "wall time stretched by --graph-level",
			cell_graph_level_stretch(cell), limits->graph_level);
	equals(&verdict, "records dropped", cell->dropped, 0);
	equals(&verdict, "losses that the import tells of", losses(cell), 0);
	equals(&verdict, "kernels of the longest step, as of the shortest", cell->kernels_most,
	       cell->kernels_least);
	if (!isnan(cell->untraced.kernels) && cell->untraced.kernels > 0)
		equals(&verdict, "kernels of a step, as the graph has nodes", cell->kernels_most,
		       cell->untraced.kernels);
	if (!isnan(limits->step_error))
		at_most(&verdict, "error of the predicted step", fabs(cell_error(cell)),
			limits->step_error);
	return verdict.count;
}
