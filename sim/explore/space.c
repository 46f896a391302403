/* Spaces put together: settings, axes, their order. */
#include "sim/explore/space.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "sim/explore/space_parts.h"

enum sim_status explore_space_init(struct explore_space *space, struct sim_diag *diag)
{
	memset(space, 0, sizeof(*space));
	arena_init(&space->arena);
	space->path = space->name = "space";
	space->summary = "";
	space->margin = 0.05;
	space->axes = calloc(EXPLORE_MOST_AXES, sizeof(*space->axes));
	return space->axes != NULL ? SIM_OK : diag_fail(diag, SIM_E_NOMEM, "out of memory");
}

void explore_space_fini(struct explore_space *space)
{
	space_forget_devices(space);
	free(space->axes);
	free(space->base);
	arena_fini(&space->arena);
	memset(space, 0, sizeof(*space));
}

static enum sim_status keep(struct explore_space *space, const char *text, const char **kept,
			    struct sim_diag *diag)
{
	*kept = arena_copy_text(&space->arena, text, strlen(text));
	return *kept != NULL ? SIM_OK : diag_fail(diag, SIM_E_NOMEM, "out of memory");
}

/* An error of key NAME, with the line. */
static enum sim_status find_key(struct explore_space *space, const char *name, long line,
				struct space_key *key, struct sim_diag *diag)
{
	struct sim_diag why = {0};
	enum sim_status status = space_key_find(space, name, key, &why);
	if (status == SIM_OK)
		return SIM_OK;
	if (line == 0 || strstr(why.text, ".yaml:") != NULL)
		return diag_fail(diag, status, "%s", why.text);
	return diag_fail_at(diag, status, space->path, line, "%s", why.text);
}

enum sim_status explore_space_set(struct explore_space *space, const char *name, const char *value,
				  long line, struct sim_diag *diag)
{
	struct explore_setting setting = {.line = line};
	struct space_key key;
	/* parameters of devices are looked at when the devices are known */
	if (strcmp(name, "scenario") != 0 && strncmp(name, "hw.", 3) != 0)
		TRY(find_key(space, name, line, &key, diag));
	TRY(keep(space, name, &setting.key, diag));
	TRY(keep(space, value, &setting.value, diag));
	space_forget_devices(space);
	for (size_t i = 0; i < space->base_count; i++)
		if (strcmp(space->base[i].key, name) == 0) {
			space->base[i] = setting;
			return SIM_OK;
		}
	if (space->base_count == space->base_capacity) {
		size_t room = space->base_capacity > 0 ? 2 * space->base_capacity : 16;
		struct explore_setting *more = realloc(space->base, room * sizeof(*more));
		if (more == NULL)
			return diag_fail(diag, SIM_E_NOMEM, "out of memory");
		space->base = more;
		space->base_capacity = room;
	}
	space->base[space->base_count++] = setting;
	return SIM_OK;
}

/* The next axis, its key found. */
static enum sim_status begin(struct explore_space *space, const char *name, long line,
			     struct space_key *key, struct explore_axis *axis,
			     struct sim_diag *diag)
{
	if (space->closed)
		return diag_fail(diag, SIM_E_INTERNAL, "an axis of a closed space");
	if (space->axis_count == EXPLORE_MOST_AXES)
		return diag_fail_at(diag, SIM_E_RANGE, space->path, line, "more than %d axes",
				    EXPLORE_MOST_AXES);
	if (explore_axis_find(space, name) != SIZE_MAX)
		return diag_fail_at(diag, SIM_E_DUPLICATE, space->path, line,
				    "axis given twice: '%s'", name);
	TRY(find_key(space, name, line, key, diag));
	*axis = (struct explore_axis){
		.target = key->target,
		.unit = key->unit,
		.key = key->key,
		.whole = key->whole,
		.line = line,
	};
	TRY(keep(space, name, &axis->name, diag));
	if (key->target == EXPLORE_DEVICE)
		axis->param = axis->name + 3;
	return SIM_OK;
}

static enum sim_status out_of_range(const struct explore_space *space,
				    const struct explore_axis *axis, const struct space_key *key,
				    double value, struct sim_diag *diag)
{
	char given[64], low[64], high[64];
	return diag_fail_at(diag, SIM_E_RANGE, space->path, axis->line,
			    "'%s' out of range: '%s' (%s to %s)", axis->name,
			    unit_format(value, axis->unit, given, sizeof(given)),
			    unit_format(key->low, axis->unit, low, sizeof(low)),
			    unit_format(key->high, axis->unit, high, sizeof(high)));
}

static enum sim_status check_number(const struct explore_space *space,
				    const struct explore_axis *axis, const struct space_key *key,
				    double value, struct sim_diag *diag)
{
	if (value >= key->low && value <= key->high && (!axis->whole || value == floor(value)))
		return SIM_OK;
	return out_of_range(space, axis, key, value, diag);
}

enum sim_status space_add_range(struct explore_space *space, const char *name,
				struct explore_axis range, struct sim_diag *diag)
{
	struct explore_axis axis;
	struct space_key key;
	TRY(begin(space, name, range.line, &key, &axis, diag));
	if (key.is_words)
		return diag_fail_at(diag, SIM_E_PARSE, space->path, range.line,
				    "'%s' takes words: give a list of them", name);
	axis.kind = EXPLORE_RANGE;
	axis.low = range.low;
	axis.high = range.high;
	axis.step = range.step;
	axis.is_log = range.is_log;
	if (!(range.low <= range.high) || (range.step == 0 && range.count == 0) || range.step < 0)
		return diag_fail_at(diag, SIM_E_RANGE, space->path, range.line, "empty range: '%s'",
				    name);
	if (range.is_log && !(range.low > 0))
		return diag_fail_at(diag, SIM_E_RANGE, space->path, range.line,
				    "'%s': a logarithmic range begins above 0", name);
	TRY(check_number(space, &axis, &key, range.low, diag));
	TRY(check_number(space, &axis, &key, range.high, diag));
	double values = range.step > 0 ? floor((range.high - range.low) / range.step + 1e-9) + 1
				       : (double)range.count;
	bool too_fine = axis.whole && (range.step > 0 ? range.step != floor(range.step)
						      : values > range.high - range.low + 1);
	if (too_fine || (values > 1 && range.low == range.high))
		return diag_fail_at(diag, SIM_E_RANGE, space->path, range.line,
				    "'%s': more points than the range has values", name);
	/* the total is looked at in explore_space_close(); here it must only be a number */
	axis.count = values < 1e18 ? (uint64_t)values : UINT64_C(1000000000000000000);
	space->axes[space->axis_count++] = axis;
	if (axis.target == EXPLORE_HW)
		space_forget_devices(space);
	return SIM_OK;
}

enum sim_status explore_space_add_range(struct explore_space *space, const char *name, double low,
					double high, uint64_t count, bool is_log,
					struct sim_diag *diag)
{
	const struct explore_axis range = {
		.low = low, .high = high, .count = count, .is_log = is_log};
	return space_add_range(space, name, range, diag);
}

static enum sim_status add_numbers(struct explore_space *space, const char *const *texts,
				   size_t count, const struct space_key *key,
				   struct explore_axis *axis, struct sim_diag *diag)
{
	double *numbers = arena_alloc(&space->arena, count * sizeof(*numbers));
	if (numbers == NULL)
		return diag_fail(diag, SIM_E_NOMEM, "out of memory");
	axis->kind = EXPLORE_LIST;
	axis->low = HUGE_VAL;
	axis->high = -HUGE_VAL;
	for (size_t i = 0; i < count; i++) {
		struct sim_diag why = {0};
		enum sim_status status = unit_parse(texts[i], axis->unit, &numbers[i], &why);
		if (status != SIM_OK)
			return diag_fail_at(diag, status, space->path, axis->line, "'%s': %s",
					    axis->name, why.text);
		TRY(check_number(space, axis, key, numbers[i], diag));
		axis->low = numbers[i] < axis->low ? numbers[i] : axis->low;
		axis->high = numbers[i] > axis->high ? numbers[i] : axis->high;
	}
	axis->numbers = numbers;
	return SIM_OK;
}

/* The words of a key that has a list of its own. */
static enum sim_status check_word(const struct explore_space *space,
				  const struct explore_axis *axis, const char *text,
				  struct sim_diag *diag)
{
	const struct scenario_key *row = scenario_key(axis->key);
	if (row->type != SCENARIO_WORD)
		return SIM_OK;
	for (const char *word = row->words; *word != '\0'; word += strlen(word) + 1)
		if (strcmp(word, text) == 0)
			return SIM_OK;
	return diag_fail_at(diag, SIM_E_NOT_FOUND, space->path, axis->line,
			    "'%s' is not known: '%s' (%s)", axis->name, text, row->what);
}

static enum sim_status add_words(struct explore_space *space, const char *const *texts,
				 size_t count, struct explore_axis *axis, struct sim_diag *diag)
{
	const char **words = arena_alloc(&space->arena, count * sizeof(*words));
	if (words == NULL)
		return diag_fail(diag, SIM_E_NOMEM, "out of memory");
	axis->kind = EXPLORE_WORDS;
	axis->high = (double)count - 1;
	for (size_t i = 0; i < count; i++) {
		TRY(check_word(space, axis, texts[i], diag));
		TRY(keep(space, texts[i], &words[i], diag));
	}
	axis->words = words;
	return SIM_OK;
}

enum sim_status explore_space_add_list(struct explore_space *space, const char *name,
				       const char *const *texts, size_t count, long line,
				       struct sim_diag *diag)
{
	struct explore_axis axis;
	struct space_key key;
	TRY(begin(space, name, line, &key, &axis, diag));
	if (count == 0)
		return diag_fail_at(diag, SIM_E_RANGE, space->path, line, "empty range: '%s'",
				    name);
	if (count > EXPLORE_MOST_WORDS)
		return diag_fail_at(diag, SIM_E_RANGE, space->path, line,
				    "'%s': more than %d values", name, EXPLORE_MOST_WORDS);
	axis.count = count;
	if (key.is_words)
		TRY(add_words(space, texts, count, &axis, diag));
	else
		TRY(add_numbers(space, texts, count, &key, &axis, diag));
	space->axes[space->axis_count++] = axis;
	if (axis.target == EXPLORE_HW)
		space_forget_devices(space);
	return SIM_OK;
}
