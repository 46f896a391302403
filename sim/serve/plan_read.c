/* Plans: reading PLAN.yaml. */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "sim/serve/plan_parts.h"

static enum sim_status nomem(struct sim_diag *diag)
{
	return diag_fail(diag, SIM_E_NOMEM, "out of memory");
}

static enum sim_status whole(const struct yaml_file *file, const struct yaml_node *map,
			     const char *key, double *number, struct sim_diag *diag)
{
	const struct yaml_node *node = yaml_find(map, key);
	if (node == NULL)
		return yaml_fail(file, map, diag, SIM_E_NOT_FOUND, "missing key '%s'", key);
	TRY(yaml_quantity(file, node, UNIT_COUNT, number, diag));
	if (*number != floor(*number) || !(*number >= 0 && *number <= 1e9))
		return yaml_fail(file, node, diag, SIM_E_RANGE, "no whole number: '%s'",
				 node->text);
	return SIM_OK;
}

/* {from: A, to: B, step: C} */
static enum sim_status take_range(const struct yaml_file *file, const struct yaml_node *node,
				  struct serve_plan *plan, struct plan_axis *axis,
				  struct sim_diag *diag)
{
	static const char *const allowed[] = {"from", "to", "step"};
	double from, to, step = 1;
	TRY(yaml_allow(file, node, allowed, 3, diag));
	TRY(whole(file, node, "from", &from, diag));
	TRY(whole(file, node, "to", &to, diag));
	if (yaml_find(node, "step") != NULL)
		TRY(whole(file, node, "step", &step, diag));
	if (from > to || step < 1)
		return yaml_fail(file, node, diag, SIM_E_RANGE, "'%s': empty range", axis->key);
	double count = floor((to - from) / step) + 1;
	if (count > PLAN_MOST_VALUES)
		return yaml_fail(file, node, diag, SIM_E_RANGE, "'%s': %.0f values, at most %d",
				 axis->key, count, PLAN_MOST_VALUES);
	for (uint64_t i = 0; i < (uint64_t)count; i++) {
		char text[32];
		snprintf(text, sizeof(text), "%.0f", from + (double)i * step);
		axis->values[i] = arena_copy_text(&plan->spec.arena, text, strlen(text));
		if (axis->values[i] == NULL)
			return nomem(diag);
	}
	axis->count = (size_t)count;
	return SIM_OK;
}

static enum sim_status take_values(const struct yaml_file *file, const struct yaml_node *node,
				   struct serve_plan *plan, struct plan_axis *axis,
				   struct sim_diag *diag)
{
	if (node->count == 0 || node->count > PLAN_MOST_VALUES)
		return yaml_fail(file, node, diag, SIM_E_RANGE, "'%s': %zu values, not 1 to %d",
				 node->key, node->count, PLAN_MOST_VALUES);
	for (const struct yaml_node *entry = node->first; entry != NULL; entry = entry->next) {
		TRY(yaml_expect(file, entry, YAML_SCALAR, "value", diag));
		axis->values[axis->count] =
			arena_copy_text(&plan->spec.arena, entry->text, strlen(entry->text));
		if (axis->values[axis->count++] == NULL)
			return nomem(diag);
	}
	return SIM_OK;
}

/* Every value is one that the key takes; the plan's own spec stays as the file has it. */
static enum sim_status try_values(const struct yaml_file *file, const struct yaml_node *node,
				  const struct serve_plan *plan, const struct plan_axis *axis,
				  struct sim_diag *diag)
{
	struct plan_worker scratch;
	struct sim_diag why = {0};
	enum sim_status status = SIM_OK;
	size_t id = spec_find(axis->key);
	if (id != SIZE_MAX && spec_key(id)->section != SPEC_DEPLOYMENT)
		return yaml_fail(file, node, diag, SIM_E_USAGE,
				 "'%s' is no key of a deployment: it cannot be searched over",
				 axis->key);
	plan_worker_init(&scratch, plan);
	for (size_t i = 0; i < axis->count && status == SIM_OK; i++)
		status = spec_set(&scratch.spec, axis->key, axis->values[i], &why);
	plan_worker_fini(&scratch);
	return status == SIM_OK ? SIM_OK : yaml_fail(file, node, diag, status, "%s", why.text);
}

static int ascending(const void *left, const void *right)
{
	uint32_t a = *(const uint32_t *)left, b = *(const uint32_t *)right;
	return (a > b) - (a < b);
}

/* Counts of replicas are no axis: they are searched for. */
static enum sim_status keep_replicas(struct serve_plan *plan, const struct plan_axis *axis,
				     struct sim_diag *diag)
{
	plan->replicas = malloc(axis->count * sizeof(*plan->replicas));
	if (plan->replicas == NULL)
		return nomem(diag);
	for (size_t i = 0; i < axis->count; i++) {
		double count; /* as try_values() read it: "1e1" is 10 */
		TRY(unit_parse(axis->values[i], UNIT_COUNT, &count, diag));
		plan->replicas[i] = (uint32_t)count;
	}
	plan->replica_count = axis->count;
	qsort(plan->replicas, axis->count, sizeof(*plan->replicas), ascending);
	return SIM_OK;
}

static enum sim_status take_axis(const struct yaml_file *file, const struct yaml_node *node,
				 struct serve_plan *plan, struct sim_diag *diag)
{
	struct plan_axis *axis = &plan->axes[plan->axis_count];
	if (plan->axis_count == PLAN_MOST_AXES)
		return yaml_fail(file, node, diag, SIM_E_RANGE, "more than %d keys",
				 PLAN_MOST_AXES);
	*axis = (struct plan_axis){.line = node->line};
	axis->key = arena_copy_text(&plan->spec.arena, node->key, strlen(node->key));
	axis->values = arena_alloc(&plan->spec.arena, PLAN_MOST_VALUES * sizeof(*axis->values));
	if (axis->key == NULL || axis->values == NULL)
		return nomem(diag);
	if (node->kind == YAML_SCALAR)
		return yaml_fail(file, node, diag, SIM_E_PARSE,
				 "'%s': a list, or {from: A, to: B}, is due", node->key);
	TRY(node->kind == YAML_MAP ? take_range(file, node, plan, axis, diag)
				   : take_values(file, node, plan, axis, diag));
	TRY(try_values(file, node, plan, axis, diag));
	if (strcmp(axis->key, "replicas") == 0)
		return keep_replicas(plan, axis, diag);
	plan->axis_count++;
	return SIM_OK;
}

static enum sim_status take_search(const struct yaml_file *file, struct serve_plan *plan,
				   struct sim_diag *diag)
{
	double candidates = 1;
	const struct yaml_node *search = yaml_find(file->root, "search");
	if (search == NULL)
		return yaml_fail(file, file->root, diag, SIM_E_NOT_FOUND,
				 "missing section 'search'");
	TRY(yaml_expect(file, search, YAML_MAP, "search", diag));
	for (const struct yaml_node *node = search->first; node != NULL; node = node->next)
		TRY(take_axis(file, node, plan, diag));
	for (size_t i = 0; i < plan->axis_count; i++)
		candidates *= (double)plan->axes[i].count;
	if (candidates > PLAN_MOST_CANDIDATES)
		return yaml_fail(file, search, diag, SIM_E_RANGE, "%g candidates, at most %d",
				 candidates, PLAN_MOST_CANDIDATES);
	plan->candidate_count = (size_t)candidates;
	if (plan->replica_count > 0)
		return SIM_OK;
	char one[32];
	const char *values[] = {one};
	const struct plan_axis only = {.key = "replicas", .values = values, .count = 1};
	snprintf(one, sizeof(one), "%.0f", plan->spec.numbers[SPEC_REPLICAS]);
	return keep_replicas(plan, &only, diag);
}

static enum sim_status take_prices(const struct yaml_file *file, struct serve_plan *plan,
				   struct sim_diag *diag)
{
	const struct yaml_node *prices = yaml_find(file->root, "prices");
	if (prices == NULL)
		return SIM_OK;
	TRY(yaml_expect(file, prices, YAML_MAP, "prices", diag));
	for (const struct yaml_node *node = prices->first; node != NULL; node = node->next) {
		struct plan_price *price = &plan->prices[plan->price_count];
		if (plan->price_count == PLAN_MOST_VALUES)
			return yaml_fail(file, node, diag, SIM_E_RANGE, "more than %d prices",
					 PLAN_MOST_VALUES);
		TRY(yaml_expect(file, node, YAML_SCALAR, node->key, diag));
		TRY(yaml_quantity(file, node, UNIT_USD_PER_HOUR, &price->usd_per_hour, diag));
		const struct spec_key *key = spec_key(SPEC_PRICE_HOUR);
		if (!(price->usd_per_hour >= key->low && price->usd_per_hour <= key->high))
			return yaml_fail(file, node, diag, SIM_E_RANGE,
					 "price out of range (%g to %g USD/h): '%s'", key->low,
					 key->high, node->text);
		price->hw = arena_copy_text(&plan->spec.arena, node->key, strlen(node->key));
		if (price->hw == NULL)
			return nomem(diag);
		plan->price_count++;
	}
	return SIM_OK;
}

static enum sim_status check_objectives(const struct yaml_file *file, const struct serve_plan *plan,
					struct sim_diag *diag)
{
	for (size_t id = SPEC_WAIT_MEAN; id <= SPEC_GOOD_E2E; id++)
		if (plan->spec.given[id])
			return SIM_OK;
	return yaml_fail(file, file->root, diag, SIM_E_NOT_FOUND,
			 "no objective: a plan needs one (ttft.p99: 1 s, say)");
}

static enum sim_status take(const struct yaml_file *file, struct serve_plan *plan,
			    struct sim_diag *diag)
{
	static const char *const also[] = {"plan", "search", "prices"};
	TRY(spec_take(file, also, 3, &plan->spec, diag));
	TRY(yaml_text(file, file->root, "plan", plan->spec.name, sizeof(plan->spec.name), diag));
	TRY(check_objectives(file, plan, diag));
	TRY(take_prices(file, plan, diag));
	TRY(take_search(file, plan, diag));
	return spec_load(&plan->spec, &plan->load, diag);
}

/* FILE was read with STATUS; it is done with here. */
static enum sim_status finish(enum sim_status status, struct yaml_file *file,
			      struct serve_plan *plan, struct sim_diag *diag)
{
	memset(plan, 0, sizeof(*plan));
	if (status == SIM_OK)
		status = take(file, plan, diag);
	yaml_file_fini(file);
	return status;
}

enum sim_status plan_read(const char *path, struct serve_plan *plan, struct sim_diag *diag)
{
	struct yaml_file file;
	return finish(yaml_file_read(path, &file, diag), &file, plan, diag);
}

enum sim_status plan_parse(const char *name, const char *text, size_t length,
			   struct serve_plan *plan, struct sim_diag *diag)
{
	struct yaml_file file;
	return finish(yaml_file_parse(name, text, length, &file, diag), &file, plan, diag);
}

void plan_fini(struct serve_plan *plan)
{
	free(plan->replicas);
	free(plan->candidates);
	spec_fini(&plan->spec);
	memset(plan, 0, sizeof(*plan));
}
