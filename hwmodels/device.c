/* A device: a file's values, --set on top, and the machine that its model class builds of them. */
#include "hwmodels/device.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

#include "hwmodels/device_file.h"
#include "hwmodels/system.h"
#include "sim/core/names.h"

const char *hw_origin_text(enum hw_origin origin)
{
	switch (origin) {
	case HW_FROM_FILE:
		return "file";
	case HW_FROM_INHERITED:
		return "inherited";
	case HW_FROM_FALLBACK:
		return "fallback";
	case HW_FROM_SET:
		return "set";
	}
	return "unknown";
}

static uint64_t hash_byte(uint64_t hash, unsigned char byte)
{
	return (hash ^ byte) * UINT64_C(0x100000001b3);
}

uint64_t device_hash_text(uint64_t hash, const char *text)
{
	do
		hash = hash_byte(hash, (unsigned char)*text);
	while (*text++ != '\0');
	return hash;
}

uint64_t device_hash_bits(uint64_t hash, uint64_t bits)
{
	for (unsigned shift = 0; shift < 64; shift += 8)
		hash = hash_byte(hash, (unsigned char)(bits >> shift));
	return hash;
}

uint64_t device_hash_number(uint64_t hash, double number)
{
	uint64_t bits = UINT64_C(0x7ff8000000000000); /* one NaN for all */
	if (!isnan(number)) {
		number += 0.0; /* and one zero */
		memcpy(&bits, &number, sizeof(bits));
	}
	return device_hash_bits(hash, bits);
}

/* A parameter at its fallback says nothing: new ones leave the names of stored devices alone. */
static uint64_t device_hash(const struct hw_device *device)
{
	uint64_t hash = device_hash_text(UINT64_C(0xcbf29ce484222325), device->model->name);
	if (device->system != NULL)
		hash = system_hash(device->system, hash);
	for (size_t i = 0; i < device->param_count; i++) {
		double value = device->numbers[i], fallback = device->params[i].fallback;
		if (value == fallback || (isnan(value) && isnan(fallback)))
			continue;
		hash = device_hash_text(hash, device->params[i].key);
		hash = device_hash_number(hash, value);
	}
	return hash;
}

/* Fitted on this device as it stands: nothing borrowed, nothing changed. */
static bool is_calibrated(const struct hw_device *device)
{
	for (size_t i = 0; i < device->param_count; i++)
		if (device->values[i].origin == HW_FROM_INHERITED ||
		    device->values[i].origin == HW_FROM_SET)
			return false;
	return device->fit_count > 0;
}

static enum sim_status take_numbers(struct hw_device *device, struct sim_diag *diag)
{
	for (size_t i = 0; i < device->param_count; i++) {
		const struct hw_value *value = &device->values[i];
		device->numbers[i] = value->value;
		if (value->origin == HW_FROM_FALLBACK)
			continue;
		bool set = value->origin == HW_FROM_SET;
		TRY(device_check_value(&device->params[i], set ? "--set" : device->path,
				       set ? 0 : value->line, value->value, diag));
	}
	return SIM_OK;
}

enum sim_status device_rebuild_unhashed(struct hw_device *device, struct sim_diag *diag)
{
	struct machine *machine = &device->machine;
	memset(machine, 0, sizeof(*machine));
	arena_fini(&device->machine_arena);
	TRY(take_numbers(device, diag));
	machine->name = arena_copy_text(&device->machine_arena, device->name, strlen(device->name));
	if (machine->name == NULL)
		return diag_fail(diag, SIM_E_NOMEM, "out of memory");
	machine->model_name = device->model->name;
	machine_cost_unknown(&machine->cost);
	if (device->system != NULL)
		TRY(system_build(device, machine, diag));
	else
		TRY(device->model->build(device->numbers, &device->machine_arena, machine, diag));
	machine->calibrated = is_calibrated(device);
	machine_finish(machine);
	if (device->system == NULL)
		device_bands(device, machine);
	return SIM_OK;
}

enum sim_status device_rebuild(struct hw_device *device, struct sim_diag *diag)
{
	TRY(device_rebuild_unhashed(device, diag));
	device->content_hash = device_hash(device);
	return SIM_OK;
}

bool device_places(const struct hw_device *device)
{
	for (unsigned u = 0; device->system != NULL && u < device->system->unit_count; u++)
		if (device->system->units[u].device.model->place != NULL)
			return true;
	return device->model->place != NULL;
}

enum sim_status device_place(struct hw_device *device, const struct sim_residents *residents,
			     double *resident, struct sim_diag *diag)
{
	*resident = 0;
	for (unsigned u = 0; device->system != NULL && u < device->system->unit_count; u++) {
		double own = 0;
		TRY(device_place(&device->system->units[u].device, residents, &own, diag));
		*resident = own > *resident ? own : *resident;
		const char *said = device->system->units[u].device.machine.residence;
		device->machine.residence = said != NULL ? said : device->machine.residence;
	}
	if (device->model->place == NULL)
		return SIM_OK;
	return device->model->place(device->numbers, residents, &device->machine_arena,
				    &device->machine, resident, diag);
}

static enum sim_status apply_set(struct hw_device *device, const char *set, struct sim_diag *diag)
{
	char key[64];
	const char *equals = strchr(set, '=');
	if (equals == NULL || equals == set)
		return diag_fail_at(diag, SIM_E_USAGE, "--set", 0,
				    "not of the form key=value: '%s' (for instance "
				    "'hbm.bandwidth=8 TB/s')",
				    set);
	snprintf(key, sizeof(key), "%.*s", (int)(equals - set < 63 ? equals - set : 63), set);
	int i = device_param(device, key);
	if (i < 0)
		return device_unknown_key("--set", 0, device, key, diag);
	struct hw_value *value = &device->values[i];
	TRY(device_parse_value(&device->params[i], "--set", 0, equals + 1, &value->value, diag));
	value->low = NAN;
	value->high = NAN;
	value->origin = HW_FROM_SET;
	value->source = "--set";
	value->line = 0;
	return SIM_OK;
}

/* MODEL:DEVICE: the text before the first ':' unless a path begins before it. */
static enum sim_status split_spec(const char *spec, const struct hw_model **model,
				  const char **device, struct sim_diag *diag)
{
	char name[64];
	const char *colon = strchr(spec, ':');
	const char *slash = strchr(spec, '/');
	*model = NULL;
	*device = spec;
	if (colon == NULL || (slash != NULL && slash < colon))
		return SIM_OK;
	snprintf(name, sizeof(name), "%.*s", (int)(colon - spec < 63 ? colon - spec : 63), spec);
	*model = hw_model_find(name);
	*device = colon + 1;
	if (*model != NULL)
		return SIM_OK;
	return diag_fail(diag, SIM_E_NOT_FOUND,
			 "unknown model '%s' in '%s' (`decodesim list classes` shows them)", name,
			 spec);
}

static enum sim_status load(const char *spec, const char *const *sets, size_t set_count,
			    struct hw_device *device, struct sim_diag *diag)
{
	const struct hw_model *model;
	const char *name;
	TRY(split_spec(spec, &model, &name, diag));
	TRY(device_find(name, NULL, device->path, sizeof(device->path), diag));
	TRY(device_file_read(device->path, model, device, diag));
	if (model != NULL) {
		char plain[sizeof(device->name)];
		memcpy(plain, device->name, sizeof(plain));
		size_t head = strlen(model->name) + 1;
		if (head + strlen(plain) >= sizeof(device->name))
			return diag_fail(diag, SIM_E_RANGE, "name too long: '%s'", spec);
		memcpy(device->name, model->name, head - 1);
		device->name[head - 1] = ':';
		strcpy(device->name + head, plain);
	}
	device->numbers =
		arena_alloc(&device->arena, (device->param_count + 1) * sizeof(*device->numbers));
	if (device->numbers == NULL)
		return diag_fail(diag, SIM_E_NOMEM, "out of memory");
	double peaks[SYSTEM_MOST_UNITS];
	device_peaks(device, peaks);
	for (size_t i = 0; i < set_count; i++)
		TRY(apply_set(device, sets[i], diag));
	TRY(device_scale_peaks(device, peaks, HW_FROM_SET, diag));
	return device_rebuild(device, diag);
}

static enum sim_status load_clean(const char *name_or_path, bool is_unit, const char *const *sets,
				  size_t set_count, struct hw_device *device, struct sim_diag *diag)
{
	memset(device, 0, sizeof(*device));
	device->is_unit = is_unit;
	arena_init(&device->arena);
	arena_init(&device->machine_arena);
	enum sim_status status = load(name_or_path, sets, set_count, device, diag);
	if (status != SIM_OK)
		device_fini(device);
	return status;
}

enum sim_status device_load(const char *name_or_path, const char *const *sets, size_t set_count,
			    struct hw_device *device, struct sim_diag *diag)
{
	return load_clean(name_or_path, false, sets, set_count, device, diag);
}

enum sim_status device_load_unit(const char *spec, struct hw_device *device, struct sim_diag *diag)
{
	return load_clean(spec, true, NULL, 0, device, diag);
}

void device_fini(struct hw_device *device)
{
	system_free(device->system);
	arena_fini(&device->machine_arena);
	arena_fini(&device->arena);
	memset(device, 0, sizeof(*device));
}
