/* The base of a space: its scenario, its devices. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "hwmodels/device.h"
#include "sim/explore/space_parts.h"

static bool begins(const char *text, const char *with)
{
	return strncmp(text, with, strlen(with)) == 0;
}

const struct explore_setting *space_setting(const struct explore_space *space, const char *key)
{
	for (size_t i = 0; i < space->base_count; i++)
		if (strcmp(space->base[i].key, key) == 0)
			return &space->base[i];
	return NULL;
}

void space_forget_devices(struct explore_space *space)
{
	for (size_t d = 0; d < space->device_count; d++)
		device_fini(&space->devices[d]);
	free(space->devices);
	space->devices = NULL;
	space->device_count = 0;
}

enum sim_status space_device_sets(const struct explore_space *space, struct arena *arena,
				  const char ***sets, size_t *count, struct sim_diag *diag)
{
	*count = 0;
	*sets = arena_alloc(arena, (space->base_count + 1) * sizeof(**sets));
	if (*sets == NULL)
		return diag_fail(diag, SIM_E_NOMEM, "out of memory");
	for (size_t i = 0; i < space->base_count; i++) {
		const struct explore_setting *setting = &space->base[i];
		if (!begins(setting->key, "hw.") ||
		    explore_axis_find(space, setting->key) != SIZE_MAX)
			continue;
		size_t size = strlen(setting->key) + strlen(setting->value) + 2;
		char *text = arena_alloc(arena, size);
		if (text == NULL)
			return diag_fail(diag, SIM_E_NOMEM, "out of memory");
		snprintf(text, size, "%s=%s", setting->key + 3, setting->value);
		(*sets)[(*count)++] = text;
	}
	return SIM_OK;
}

/* NAME with the base's parameters, one after another so that a wrong one's line can be told. */
static enum sim_status load(struct explore_space *space, const char *name, long line,
			    const char *const *sets, size_t count, struct hw_device *device,
			    struct sim_diag *diag)
{
	struct sim_diag why = {0};
	size_t given = 0;
	enum sim_status status = device_load(name, NULL, 0, device, &why);
	if (status != SIM_OK)
		return diag_fail_at(diag, status, space->path, line, "%s", why.text);
	for (size_t i = 0; i < space->base_count; i++) {
		if (!begins(space->base[i].key, "hw.") ||
		    explore_axis_find(space, space->base[i].key) != SIZE_MAX)
			continue;
		device_fini(device);
		status = device_load(name, sets, ++given, device, &why);
		if (status != SIM_OK) {
			const char *text = begins(why.text, "--set: ") ? why.text + 7 : why.text;
			return diag_fail_at(diag, status, space->path, space->base[i].line, "%s",
					    text);
		}
	}
	(void)count;
	if (!device->machine.plays_recording)
		return SIM_OK;
	status = diag_fail_at(diag, SIM_E_UNSUPPORTED, space->path, line,
			      "'%s' plays recorded times, and a lowered step has none", name);
	device_fini(device);
	return status;
}

enum sim_status space_load_devices(struct explore_space *space, struct sim_diag *diag)
{
	const struct explore_setting *setting = space_setting(space, "hw");
	size_t at = explore_axis_find(space, "hw"), set_count;
	const struct explore_axis *axis = at != SIZE_MAX ? &space->axes[at] : NULL;
	struct arena arena;
	const char **sets;
	if (space->device_count > 0)
		return SIM_OK;
	if (axis == NULL && setting == NULL)
		return diag_fail_at(diag, SIM_E_USAGE, space->path, 0,
				    "no machine: give 'hw:' in base or as an axis");
	size_t count = axis != NULL ? axis->count : 1;
	space->devices = calloc(count, sizeof(*space->devices));
	if (space->devices == NULL)
		return diag_fail(diag, SIM_E_NOMEM, "out of memory");
	arena_init(&arena);
	enum sim_status status = space_device_sets(space, &arena, &sets, &set_count, diag);
	for (size_t i = 0; i < count && status == SIM_OK; i++) {
		status = load(space, axis != NULL ? axis->words[i] : setting->value,
			      axis != NULL ? axis->line : setting->line, sets, set_count,
			      &space->devices[i], diag);
		space->device_count += status == SIM_OK;
	}
	arena_fini(&arena);
	if (status != SIM_OK)
		space_forget_devices(space);
	return status;
}

static enum sim_status read_scenario(const struct explore_space *space,
				     struct workload_scenario *scenario, struct sim_diag *diag)
{
	const struct explore_setting *file = space_setting(space, "scenario");
	struct sim_diag why = {0};
	if (file == NULL)
		return SIM_OK;
	enum sim_status status = scenario_read(scenario, file->value, &why);
	return status == SIM_OK
		       ? SIM_OK
		       : diag_fail_at(diag, status, space->path, file->line, "%s", why.text);
}

enum sim_status space_scenario(const struct explore_space *space,
			       struct workload_scenario *scenario, struct sim_diag *diag)
{
	TRY(scenario_init(scenario, diag));
	TRY(read_scenario(space, scenario, diag));
	for (size_t i = 0; i < space->base_count; i++) {
		const struct explore_setting *setting = &space->base[i];
		struct sim_diag why = {0};
		if (scenario_find(setting->key) == SIZE_MAX)
			continue;
		enum sim_status status = scenario_set(scenario, setting->key, setting->value, &why);
		if (status != SIM_OK)
			return diag_fail_at(diag, status, space->path, setting->line, "%s",
					    why.text);
	}
	return SIM_OK;
}
