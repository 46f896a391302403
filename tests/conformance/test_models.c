/*
 * The promises of sim/core/machine.h, for every model class in hw_models[] on every built-in
 * device that it can be built from: a new model or device is tested by being there. Times are
 * worked out here from work and rate, not with the engine's own arithmetic.
 */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "hwmodels/device.h"
#include "hwmodels/gpu_parts.h"
#include "hwmodels/hwmodels.h"

enum { KERNELS = 2048 };

static struct sim_kernel kernels[KERNELS];
static struct machine_demand demands[KERNELS], again[KERNELS];

static uint64_t lcg(uint64_t *seed)
{
	*seed = *seed * UINT64_C(6364136223846793005) + UINT64_C(1442695040888963407);
	return *seed >> 16;
}

/* Nothing, one, all there is, or anything between, evenly over orders of magnitude. */
static uint64_t random_amount(uint64_t *seed)
{
	uint64_t kind = lcg(seed) % 8, high = lcg(seed), low = lcg(seed) % 65536;
	uint64_t shift = lcg(seed) % 64;
	if (kind == 0)
		return 0;
	if (kind == 1)
		return shift == 0 ? UINT64_MAX : 1;
	return (high << 16 | low) >> shift;
}

static void fill_kernels(uint64_t seed)
{
	for (size_t i = 0; i < KERNELS; i++) {
		struct sim_kernel *kernel = &kernels[i];
		bool wild = lcg(&seed) % 50 == 0; /* indices past every list */
		kernel->flops = random_amount(&seed);
		kernel->weight_bytes = random_amount(&seed);
		kernel->kv_read_bytes = random_amount(&seed);
		kernel->kv_write_bytes = random_amount(&seed);
		kernel->act_read_bytes = random_amount(&seed);
		kernel->act_write_bytes = random_amount(&seed);
		kernel->blocks = (uint32_t)random_amount(&seed);
		kernel->host_ns = (uint32_t)random_amount(&seed);
		kernel->threads = (uint16_t)(lcg(&seed) % 1025);
		kernel->blocks_per_sm = (uint8_t)(lcg(&seed) % 33);
		kernel->op = (uint8_t)(lcg(&seed) % (wild ? 256 : SIM_OP_COUNT));
		kernel->family = (uint8_t)(lcg(&seed) % (wild ? 256 : SIM_FAMILY_COUNT));
		kernel->dtype = (uint8_t)(lcg(&seed) % (wild ? 256 : SIM_DTYPE_COUNT));
		kernel->stream = (uint8_t)(lcg(&seed) % 4);
		kernel->flags = (uint8_t)(lcg(&seed) % 128);
		if (lcg(&seed) % 8 != 0)
			kernel->flags &= (uint8_t)~SIM_KERNEL_OPAQUE;
		if (kernel->flags & SIM_KERNEL_OPAQUE)
			kernel->recorded_ps >>= 2; /* the clock ends at 2^62 */
		if (i == 0)
			*kernel = (struct sim_kernel){0};
	}
}

static double streaming_seconds(const struct machine *machine, const struct machine_demand *demand)
{
	double longest = (double)demand->limit_ps / 1e12;
	for (uint32_t r = 0; r < machine->resource_count; r++) {
		double seconds = demand->work[r] / machine->resources[r].rate_per_s;
		longest = seconds > longest ? seconds : longest;
	}
	return longest;
}

static void check_numbers(const struct machine *machine, size_t i)
{
	const struct machine_demand *demand = &demands[i];
	bool good = demand->fixed_ps >= 0 && demand->tail_ps >= 0 &&
		    demand->limit_ps >= demand->tail_ps;
	for (uint32_t r = 0; r < MACHINE_MAX_RESOURCES; r++) {
		good = good && isfinite(demand->work[r]) && demand->work[r] >= 0;
		good = good && (r < machine->resource_count || demand->work[r] == 0);
	}
	if (!good)
		fail_msg("%s, kernel %zu: negative, not finite or on a resource it lacks",
			 machine->name, i);
}

static double param(const struct hw_device *device, const char *key)
{
	int i = device_param(device, key);
	return i < 0 ? NAN : device->numbers[i];
}

/* The fastest that any unit of DEVICE computes in DTYPE or in a wider stand-in; 0 not said. */
static double most_flops(const struct hw_device *device, unsigned dtype)
{
	static const char *const always[] = {"tensor.bf16", "vector.fp32", "vector.bf16"};
	double most = 0;
	for (size_t i = 0; i < 3; i++)
		most = fmax(most, param(device, always[i]));
	if (dtype == SIM_DTYPE_FP8 || dtype == SIM_DTYPE_FP4)
		most = fmax(most, param(device, "tensor.fp8"));
	if (dtype == SIM_DTYPE_FP4)
		most = fmax(most, param(device, "tensor.fp4"));
	if (dtype == SIM_DTYPE_I8 || dtype == SIM_DTYPE_U8)
		most = fmax(most, param(device, "tensor.int8"));
	return most;
}

/* Never below the floors (1e-12: the order of two roundings), nor past the end of the clock. */
static void check_floors(const struct hw_device *device, size_t i)
{
	const struct machine *machine = &device->machine;
	const struct sim_kernel *kernel = &kernels[i];
	double seconds = streaming_seconds(machine, &demands[i]) * (1 + 1e-12) + 1e-18;
	double bytes = (double)sim_kernel_floor_bytes(kernel);
	double peak = most_flops(device, kernel->dtype);
	if (machine->memory_bytes_per_s == 0)
		return;
	double byte_floor = fmin(bytes / machine->memory_bytes_per_s, 0x1p62 / 1e12);
	double flop_floor = peak > 0 ? fmin((double)kernel->flops / peak, 0x1p62 / 1e12) : 0;
	if (seconds < byte_floor)
		fail_msg("%s, kernel %zu: %.17g s is below the byte floor %.17g s", machine->name,
			 i, seconds, byte_floor);
	if (seconds < flop_floor)
		fail_msg("%s, kernel %zu: %.17g s is below the flop floor %.17g s", machine->name,
			 i, seconds, flop_floor);
}

static void check_opaque(const struct hw_device *device, size_t i)
{
	struct machine_demand wanted = {0};
	wanted.fixed_ps = (int64_t)kernels[i].recorded_ps;
	if (memcmp(&wanted, &demands[i], sizeof(wanted)) != 0)
		fail_msg("%s, kernel %zu: a recorded duration was not played as it is",
			 device->machine.name, i);
}

/* Known and unknown as a whole, never negative, and within its own range. */
static void check_energies(const struct machine *machine)
{
	static struct machine_energy energies[KERNELS], same[KERNELS];
	machine_energy(machine, kernels, KERNELS, energies);
	machine_energy(machine, kernels, KERNELS, same);
	assert_memory_equal(energies, same, sizeof(energies));
	for (size_t i = 0; i < KERNELS; i++) {
		const struct machine_energy *e = &energies[i];
		double sum = 0;
		for (unsigned part = 0; part < ENERGY_PART_COUNT; part++) {
			sum += e->pj[part];
			if (e->pj[part] < 0)
				fail_msg("%s, kernel %zu: negative energy", machine->name, i);
		}
		if (isnan(sum))
			continue;
		if (!isfinite(sum) || e->low_pj > sum * (1 + 1e-12) ||
		    e->high_pj < sum * (1 - 1e-12))
			fail_msg("%s, kernel %zu: energy %g outside %g .. %g", machine->name, i,
				 sum, e->low_pj, e->high_pj);
	}
}

/* One at a time, or in blocks of any size: the same bits. */
static void check_blocks(const struct machine *machine)
{
	static const size_t sizes[] = {1, 7, 256, KERNELS};
	for (size_t s = 0; s < sizeof(sizes) / sizeof(sizes[0]); s++) {
		memset(again, 0xa5, sizeof(again));
		for (size_t i = 0; i < KERNELS; i += sizes[s]) {
			size_t count = KERNELS - i < sizes[s] ? KERNELS - i : sizes[s];
			machine_demand(machine, kernels + i, count, again + i);
		}
		if (memcmp(demands, again, sizeof(demands)) != 0)
			fail_msg("%s: other bits in blocks of %zu", machine->name, sizes[s]);
	}
}

static void check_machine(const struct hw_device *device)
{
	const struct machine *machine = &device->machine;
	assert_non_null(machine->name);
	assert_string_equal(machine->model_name, device->model->name);
	assert_true(machine->resource_count <= MACHINE_MAX_RESOURCES);
	assert_true(machine->launch.queue_depth >= 1);
	for (uint32_t r = 0; r < machine->resource_count; r++) {
		assert_non_null(machine->resources[r].name);
		assert_true(machine->resources[r].rate_per_s > 0);
		assert_true(isfinite(machine->resources[r].ps_per_unit));
	}
	for (size_t f = 0; f < SIM_FAMILY_COUNT; f++) {
		double low = machine->band_low[f], high = machine->band_high[f];
		assert_true((isnan(low) && isnan(high)) || (low > -1 && low <= high));
	}
}

static double whole_seconds(const struct machine *machine, const struct machine_demand *demand)
{
	return streaming_seconds(machine, demand) + (double)demand->fixed_ps / 1e12;
}

/* Twice the rate KEY of TWIN, which is DEVICE otherwise: no kernel takes longer. */
static void check_more_of(const struct hw_device *device, struct hw_device *twin, size_t key)
{
	const struct hw_param *row = &device->params[key];
	double twice = 2 * device->values[key].value;
	if (isnan(twice) || twice > row->high)
		return;
	twin->values[key].value = twice;
	bool can = device_rebuild(twin, NULL) == SIM_OK; /* or at odds with another one */
	twin->values[key].value = device->values[key].value;
	if (!can)
		return;
	machine_demand(&twin->machine, kernels, KERNELS, again);
	for (size_t i = 0; i < KERNELS; i++) {
		double before = whole_seconds(&device->machine, &demands[i]);
		double after = whole_seconds(&twin->machine, &again[i]);
		if (after > before * (1 + 1e-12) + 3e-12)
			fail_msg("%s, kernel %zu: %.17g s with twice '%s', %.17g s before",
				 device->name, i, after, row->key, before);
	}
}

static void check_more_rates(const struct hw_device *device, struct hw_device *twin)
{
	for (size_t i = 0; i < device->param_count; i++) {
		enum sim_unit unit = device->params[i].unit;
		if (unit == UNIT_BYTES_PER_S || unit == UNIT_FLOPS_PER_S || unit == UNIT_HERTZ)
			check_more_of(device, twin, i);
	}
	assert_int_equal(device_rebuild(twin, NULL), SIM_OK);
}

/* Twice of all that a kernel does: it takes no less time. */
static void check_more_work(const struct hw_device *device, const char *spec)
{
	static struct sim_kernel twice[KERNELS];
	const uint64_t most = UINT64_MAX / 4;
	memcpy(twice, kernels, sizeof(twice));
	for (size_t i = 0; i < KERNELS; i++) {
		struct sim_kernel *k = &twice[i];
		bool small = (k->flops | k->weight_bytes | k->kv_read_bytes | k->kv_write_bytes |
			      k->act_read_bytes | k->act_write_bytes) < most;
		if (!small || k->flags & SIM_KERNEL_OPAQUE)
			continue;
		k->flops *= 2;
		k->weight_bytes *= 2;
		k->kv_read_bytes *= 2;
		k->kv_write_bytes *= 2;
		k->act_read_bytes *= 2;
		k->act_write_bytes *= 2;
	}
	machine_demand(&device->machine, twice, KERNELS, again);
	for (size_t i = 0; i < KERNELS; i++) {
		double one = whole_seconds(&device->machine, &demands[i]);
		double two = whole_seconds(&device->machine, &again[i]);
		/* each unit and link of a system rounds to a whole ps */
		if (two < one * (1 - 1e-12) - 8e-12)
			fail_msg("%s, kernel %zu: %.17g s for twice the work of %.17g s", spec, i,
				 two, one);
	}
}

static void check_demands(const struct hw_device *device)
{
	check_machine(device);
	memset(demands, 0x5a, sizeof(demands));
	machine_demand(&device->machine, kernels, KERNELS, demands);
	for (size_t i = 0; i < KERNELS; i++) {
		check_numbers(&device->machine, i);
		if (kernels[i].flags & SIM_KERNEL_OPAQUE)
			check_opaque(device, i);
		else
			check_floors(device, i);
	}
	check_blocks(&device->machine);
	check_energies(&device->machine);
}

/* The promises hold wherever the parameters lie in their ranges: move each at random. */
static void check_other_values(struct hw_device *device, uint64_t seed)
{
	for (size_t i = 0; i < device->param_count; i++) {
		const struct hw_param *row = &device->params[i];
		double share = (double)(lcg(&seed) % 1025) / 1024;
		double low = row->low > 0 ? row->low : 0, high = row->high;
		struct hw_value *value = &device->values[i];
		double before = value->value;
		if (row->unit == UNIT_COUNT)
			continue;
		/* evenly over orders of magnitude; from 0, mostly small */
		value->value =
			low > 0 ? low * pow(high / low, share) : high * share * share * share;
		value->value = fmin(fmax(value->value, row->low), row->high);
		if (device_rebuild(device, NULL) != SIM_OK) /* at odds with another parameter */
			value->value = before;
	}
	assert_int_equal(device_rebuild(device, NULL), SIM_OK);
	check_demands(device);
}

static void check_pair(const char *spec)
{
	struct hw_device device, twin;
	struct sim_diag diag;
	diag_init(&diag);
	if (device_load(spec, NULL, 0, &device, &diag) != SIM_OK ||
	    device_load(spec, NULL, 0, &twin, &diag) != SIM_OK)
		fail_msg("%s: %s", spec, diag.text);
	check_demands(&device);
	assert_true(device.content_hash == twin.content_hash);
	machine_demand(&twin.machine, kernels, KERNELS, again);
	assert_memory_equal(demands, again, sizeof(demands));
	check_more_rates(&device, &twin);
	check_more_work(&device, spec);
	for (uint64_t seed = 1; seed <= 3; seed++)
		check_other_values(&twin, seed);
	device_fini(&twin);
	device_fini(&device);
}

/* True when a file of the device's own model gives all that MODEL needs. */
static bool can_build(const struct hw_model *model, const struct hw_device *device)
{
	if (device->system != NULL || model == &hw_model_system)
		return device->model == model;
	for (size_t i = 0; i < model->param_count; i++) {
		int j = device_param(device, model->params[i].key);
		if (model->params[i].need == HW_REQUIRED &&
		    (j < 0 || device->values[j].origin == HW_FROM_FALLBACK))
			return false;
	}
	return true;
}

static void every_model_keeps_its_promises_on_every_device(void **state)
{
	struct arena arena;
	const char **names;
	size_t count, pairs[64] = {0};
	(void)state;
	arena_init(&arena);
	assert_int_equal(device_list(&arena, &names, &count, NULL), SIM_OK);
	assert_true(hw_model_count <= 64);
	for (size_t d = 0; d < count; d++) {
		struct hw_device own;
		struct sim_diag diag;
		diag_init(&diag);
		if (device_load(names[d], NULL, 0, &own, &diag) != SIM_OK)
			fail_msg("%s", diag.text);
		fill_kernels(d + 1);
		for (size_t m = 0; m < hw_model_count; m++) {
			char spec[160];
			if (!can_build(hw_models[m], &own))
				continue;
			snprintf(spec, sizeof(spec), "%s:%s", hw_models[m]->name, names[d]);
			check_pair(hw_models[m] == own.model ? names[d] : spec);
			pairs[m]++;
		}
		device_fini(&own);
	}
	for (size_t m = 0; m < hw_model_count; m++)
		if (pairs[m] == 0)
			fail_msg("no built-in device serves model '%s'", hw_models[m]->name);
	arena_fini(&arena);
}

/* The table drives parsing, ranges and help: it must make sense by itself. */
static void every_parameter_table_makes_sense(void **state)
{
	(void)state;
	for (size_t m = 0; m < hw_model_count; m++) {
		const struct hw_model *model = hw_models[m];
		assert_ptr_equal(hw_model_find(model->name), model);
		assert_true(model->equation[0] != '\0' && model->source[0] != '\0');
		for (size_t i = 0; i < model->param_count; i++) {
			const struct hw_param *row = &model->params[i];
			if (!(row->low < row->high) || !isfinite(row->low) || !isfinite(row->high))
				fail_msg("%s: range of '%s'", model->name, row->key);
			if (!isnan(row->fallback) &&
			    (row->fallback < row->low || row->fallback > row->high))
				fail_msg("%s: fallback of '%s'", model->name, row->key);
			if (row->what[0] == '\0' || strlen(row->key) > 60)
				fail_msg("%s: text of '%s'", model->name, row->key);
			for (size_t j = 0; j < i; j++)
				if (strcmp(row->key, model->params[j].key) == 0)
					fail_msg("%s: '%s' twice", model->name, row->key);
		}
	}
	assert_null(hw_model_find("no such model"));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_parameter_table_makes_sense),
		cmocka_unit_test(every_model_keeps_its_promises_on_every_device),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
