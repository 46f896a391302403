/*
 * What a device file says of its calibration, and the error bands that follow from it (rule in
 * device.h).
 */
#include <math.h>
#include <string.h>

#include "hwmodels/device_file.h"
#include "sim/core/kernel.h"
#include "sim/core/yaml.h"

static const double least_band = 0.15; /* where nothing was fitted on this device */

static enum sim_status read_files(const struct yaml_file *file, const struct yaml_node *list,
				  struct hw_device *device, struct sim_diag *diag)
{
	size_t count = 0;
	TRY(yaml_expect(file, list, YAML_SEQUENCE, "files", diag));
	device->fit_files =
		arena_alloc(&device->arena, (list->count + 1) * sizeof(*device->fit_files));
	if (device->fit_files == NULL)
		return diag_fail(diag, SIM_E_NOMEM, "out of memory");
	for (const struct yaml_node *at = list->first; at != NULL; at = at->next) {
		TRY(yaml_expect(file, at, YAML_SCALAR, "files", diag));
		device->fit_files[count] =
			arena_copy_text(&device->arena, at->text, strlen(at->text));
		if (device->fit_files[count++] == NULL)
			return diag_fail(diag, SIM_E_NOMEM, "out of memory");
	}
	device->fit_count = count;
	return SIM_OK;
}

static enum sim_status read_residual(const struct yaml_file *file, const struct yaml_node *node,
				     struct hw_residual *residual, struct sim_diag *diag)
{
	static const char *const keys[] = {"kernels", "p05", "p50", "p95"};
	double numbers[4] = {0};
	TRY(yaml_expect(file, node, YAML_MAP, node->key, diag));
	TRY(yaml_allow(file, node, keys, 4, diag));
	for (size_t i = 0; i < 4; i++) {
		const struct yaml_node *at = yaml_find(node, keys[i]);
		if (at == NULL)
			return yaml_fail(file, node, diag, SIM_E_NOT_FOUND, "missing key '%s'",
					 keys[i]);
		TRY(yaml_quantity(file, at, i == 0 ? UNIT_COUNT : UNIT_RATIO, &numbers[i], diag));
	}
	bool ordered = numbers[1] <= numbers[2] && numbers[2] <= numbers[3];
	if (numbers[0] < 1 || numbers[0] > 1e15 || numbers[1] <= -1 || numbers[3] > 1e3 || !ordered)
		return yaml_fail(file, node, diag, SIM_E_RANGE,
				 "residuals of '%s' need kernels >= 1 and "
				 "-100 %% < p05 <= p50 <= p95",
				 node->key);
	*residual = (struct hw_residual){(uint64_t)numbers[0], numbers[1], numbers[2], numbers[3]};
	return SIM_OK;
}

static enum sim_status read_residuals(const struct yaml_file *file, const struct yaml_node *map,
				      struct hw_device *device, struct sim_diag *diag)
{
	TRY(yaml_expect(file, map, YAML_MAP, "residuals", diag));
	for (const struct yaml_node *at = map->first; at != NULL; at = at->next) {
		int family = sim_family_from_text(at->key);
		if (family < 0)
			return diag_fail_at(diag, SIM_E_NOT_FOUND, file->name, at->key_line,
					    "unknown kernel family '%s'", at->key);
		TRY(read_residual(file, at, &device->residuals[family], diag));
	}
	return SIM_OK;
}

enum sim_status device_calibration_read(const struct yaml_file *file, struct hw_device *device,
					struct sim_diag *diag)
{
	static const char *const keys[] = {"files", "residuals"};
	const struct yaml_node *node = yaml_find(file->root, "calibration");
	if (node == NULL)
		return SIM_OK;
	TRY(yaml_expect(file, node, YAML_MAP, "calibration", diag));
	TRY(yaml_allow(file, node, keys, 2, diag));
	const struct yaml_node *files = yaml_find(node, "files");
	const struct yaml_node *residuals = yaml_find(node, "residuals");
	if (files == NULL)
		return yaml_fail(file, node, diag, SIM_E_NOT_FOUND,
				 "missing key 'files': what was the calibration made from");
	memset(device->residuals, 0, sizeof(device->residuals));
	TRY(read_files(file, files, device, diag));
	return residuals == NULL ? SIM_OK : read_residuals(file, residuals, device, diag);
}

struct band {
	double low, high;
};

static struct band band_of(const struct hw_residual *residual)
{
	return (struct band){1 / (1 + residual->p95) - 1, 1 / (1 + residual->p05) - 1};
}

static struct band band_join(struct band a, struct band b)
{
	return (struct band){a.low < b.low ? a.low : b.low, a.high > b.high ? a.high : b.high};
}

/* Twice as wide and at least least_band to each side; a duration cannot shrink to nothing. */
static struct band band_widen(struct band band)
{
	struct band twice = {2 * band.low > -0.95 ? 2 * band.low : -0.95, 2 * band.high};
	return band_join(twice, (struct band){-least_band, least_band});
}

void device_bands(const struct hw_device *device, struct machine *machine)
{
	struct band widest = {-least_band, least_band};
	bool any = false;
	for (size_t f = 0; f < SIM_FAMILY_COUNT; f++) {
		if (device->residuals[f].kernels == 0)
			continue;
		widest = band_join(widest, band_of(&device->residuals[f]));
		any = true;
	}
	for (size_t f = 0; f < SIM_FAMILY_COUNT; f++) {
		const struct hw_residual *residual = &device->residuals[f];
		struct band band = residual->kernels > 0 ? band_of(residual) : widest;
		if (!machine->calibrated)
			band = band_widen(band);
		if (!any)
			band = (struct band){NAN, NAN};
		if (machine->plays_recording)
			band = (struct band){0, 0};
		machine->band_low[f] = band.low;
		machine->band_high[f] = band.high;
	}
}
