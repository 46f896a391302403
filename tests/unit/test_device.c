/* Device files: what they give, --set, inheritance, error bands, writing them back. */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "hwmodels/device.h"

#define VALID "tests/data/valid/"

static void load(const char *spec, struct hw_device *device)
{
	struct sim_diag diag;
	diag_init(&diag);
	if (device_load(spec, NULL, 0, device, &diag) != SIM_OK)
		fail_msg("%s", diag.text);
}

static void load_set(const char *spec, const char *set, struct hw_device *device)
{
	struct sim_diag diag;
	diag_init(&diag);
	if (device_load(spec, &set, 1, device, &diag) != SIM_OK)
		fail_msg("%s", diag.text);
}

static const struct hw_value *value_of(const struct hw_device *device, const char *key)
{
	int i = device_param(device, key);
	assert_true(i >= 0);
	return &device->values[i];
}

static double number_of(const struct hw_device *device, const char *key)
{
	return device->numbers[device_param(device, key)];
}

static void a_file_gives_values_sources_and_a_machine(void **state)
{
	struct hw_device device;
	(void)state;
	load(VALID "full.yaml", &device);
	assert_string_equal(device.name, "full");
	assert_string_equal(device.model->name, "roofline");
	assert_string_equal(device.summary,
			    "an invented part with \"quotes\", a \\ and UTF-8: \xc2\xb5");
	assert_true(number_of(&device, "hbm.bandwidth") == 3.35e12);
	assert_true(number_of(&device, "hbm.capacity") == 85899345920.0);
	const struct hw_value *clock = value_of(&device, "sm.clock");
	assert_true(clock->value == 1.8e9 && clock->low == 1.7e9 && clock->high == 1.9e9);
	assert_string_equal(clock->source, "invented: a guess");
	assert_int_equal(clock->origin, HW_FROM_FILE);
	assert_int_equal(clock->line, 7);
	assert_true(isnan(value_of(&device, "l2.bandwidth")->value));
	assert_int_equal(value_of(&device, "l2.bandwidth")->origin, HW_FROM_FILE);
	assert_int_equal(value_of(&device, "tensor.fp8")->origin, HW_FROM_FALLBACK);
	assert_true(number_of(&device, "launch.queue_depth") == 1024);
	assert_int_equal(device.fit_count, 2);
	assert_string_equal(device.fit_files[0], "trace a");
	assert_int_equal(device.residuals[SIM_FAMILY_GEMM].kernels, 3000);
	assert_string_equal(device.machine.name, "full");
	assert_string_equal(device.machine.model_name, "roofline");
	assert_true(device.machine.memory_bytes_per_s == 3.35e12);
	assert_int_equal(device.machine.launch.host_ps, 4619600);
	assert_int_equal(device.machine.launch.pdl_overlap_ps, 1000000);
	assert_true(device.machine.calibrated);
	device_fini(&device);
}

static void set_overrides_and_uncalibrates(void **state)
{
	struct hw_device plain, set;
	(void)state;
	load(VALID "full.yaml", &plain);
	load_set(VALID "full.yaml", "hbm.bandwidth=8 TB/s", &set);
	assert_true(set.machine.memory_bytes_per_s == 8e12);
	assert_int_equal(value_of(&set, "hbm.bandwidth")->origin, HW_FROM_SET);
	assert_true(plain.machine.calibrated);
	assert_false(set.machine.calibrated);
	assert_true(plain.content_hash != set.content_hash);
	device_fini(&set);
	load_set(VALID "full.yaml", "hbm.bandwidth=3350 GB/s", &set);
	assert_true(plain.content_hash == set.content_hash);
	device_fini(&set);
	load_set(VALID "full.yaml", "tensor.bf16=unknown", &set);
	assert_true(isnan(number_of(&set, "tensor.bf16")));
	device_fini(&set);
	device_fini(&plain);
}

static void inheritance_takes_what_is_not_given(void **state)
{
	struct hw_device heir;
	(void)state;
	load(VALID "heir.yaml", &heir);
	assert_true(number_of(&heir, "hbm.bandwidth") == 8e12);
	assert_int_equal(value_of(&heir, "hbm.bandwidth")->origin, HW_FROM_FILE);
	assert_true(isnan(number_of(&heir, "tensor.bf16")));
	assert_true(number_of(&heir, "sm.clock") == 1.8e9);
	assert_int_equal(value_of(&heir, "sm.clock")->origin, HW_FROM_INHERITED);
	assert_string_equal(value_of(&heir, "sm.clock")->source, "invented: a guess");
	assert_int_equal(value_of(&heir, "tensor.fp8")->origin, HW_FROM_FALLBACK);
	assert_int_equal(heir.fit_count, 0);
	assert_false(heir.machine.calibrated);
	device_fini(&heir);
}

static void close_to(double value, double expected)
{
	if (!(fabs(value - expected) <= 1e-12))
		fail_msg("%.17g is not %.17g", value, expected);
}

static void bands_follow_the_rule(void **state)
{
	struct hw_device device;
	const struct machine *machine = &device.machine;
	(void)state;
	load(VALID "full.yaml", &device);
	close_to(machine->band_low[SIM_FAMILY_GEMM], 1 / 1.05 - 1);
	close_to(machine->band_high[SIM_FAMILY_GEMM], 1 / 0.959 - 1);
	close_to(machine->band_low[SIM_FAMILY_NORM], 1 / 1.3 - 1); /* the widest there is */
	close_to(machine->band_high[SIM_FAMILY_NORM], 1 / 0.8 - 1);
	device_fini(&device);
	load(VALID "heir.yaml", &device);
	close_to(machine->band_low[SIM_FAMILY_GEMM], -0.15); /* 2 x 4.8 % is less */
	close_to(machine->band_high[SIM_FAMILY_GEMM], 0.15);
	close_to(machine->band_low[SIM_FAMILY_ATTN], 2 * (1 / 1.3 - 1));
	close_to(machine->band_high[SIM_FAMILY_ATTN], 2 * (1 / 0.8 - 1));
	device_fini(&device);
	load(VALID "plain.yaml", &device); /* nobody knows */
	assert_true(isnan(machine->band_low[SIM_FAMILY_GEMM]));
	assert_true(isnan(machine->band_high[SIM_FAMILY_GEMM]));
	device_fini(&device);
	load("ideal:" VALID "full.yaml", &device); /* residuals of another model say nothing */
	assert_true(isnan(machine->band_low[SIM_FAMILY_GEMM]));
	assert_false(machine->calibrated);
	device_fini(&device);
	load("recorded", &device);
	assert_true(machine->band_low[SIM_FAMILY_GEMM] == 0);
	assert_true(machine->band_high[SIM_FAMILY_GEMM] == 0);
	device_fini(&device);
}

static void a_measured_rate_goes_with_its_peak(void **state)
{
	static const char *const both[] = {"hbm.bandwidth=8 TB/s", "hbm.stream=6 TB/s"};
	struct hw_device plain, set, given;
	(void)state;
	load("h100-sxm", &plain);
	load_set("h100-sxm", "hbm.bandwidth=6.7 TB/s", &set);
	assert_int_equal(device_load("h100-sxm", both, 2, &given, NULL), SIM_OK);
	int rate = device_param(&plain, "hbm.stream"), peak = device_param(&plain, "hbm.bandwidth");
	assert_true(rate >= 0 && peak >= 0);
	close_to(set.values[rate].value / set.values[peak].value,
		 plain.values[rate].value / plain.values[peak].value);
	assert_true(set.values[rate].value > 1.5 * plain.values[rate].value);
	close_to(given.values[rate].value, 6e12);
	device_fini(&plain);
	device_fini(&set);
	device_fini(&given);
}

static void another_model_takes_the_values_it_knows(void **state)
{
	struct hw_device device;
	(void)state;
	load("ideal:" VALID "full.yaml", &device);
	assert_string_equal(device.name, "ideal:full");
	assert_string_equal(device.machine.name, "ideal:full");
	assert_string_equal(device.model->name, "ideal");
	assert_true(number_of(&device, "hbm.bandwidth") == 3.35e12);
	assert_int_equal(value_of(&device, "hbm.bandwidth")->origin, HW_FROM_FILE);
	assert_int_equal(device_param(&device, "launch.host"), -1);
	device_fini(&device);
}

static void assert_same(const struct hw_device *a, const struct hw_device *b)
{
	assert_ptr_equal(a->model, b->model);
	for (size_t i = 0; i < a->param_count; i++) {
		const struct hw_value *left = &a->values[i], *right = &b->values[i];
		if ((left->value != right->value && !isnan(left->value)) ||
		    isnan(left->value) != isnan(right->value) ||
		    (left->low != right->low && !isnan(left->low)) ||
		    (left->high != right->high && !isnan(left->high)) ||
		    strcmp(left->source, right->source) != 0)
			fail_msg("%s: '%s' differs", a->name, a->params[i].key);
	}
	assert_true(a->content_hash == b->content_hash);
	assert_int_equal(a->machine.calibrated, b->machine.calibrated);
	assert_int_equal(a->fit_count, b->fit_count);
	for (size_t i = 0; i < a->fit_count; i++)
		assert_string_equal(a->fit_files[i], b->fit_files[i]);
	assert_memory_equal(a->residuals, b->residuals, sizeof(a->residuals));
	assert_string_equal(a->summary, b->summary);
}

static void write_and_load(const struct hw_device *device, struct hw_device *back)
{
	char path[] = "/tmp/decodesim-device-XXXXXX.yaml";
	struct sim_diag diag;
	int handle = mkstemps(path, 5);
	assert_true(handle >= 0);
	FILE *out = fdopen(handle, "w");
	assert_non_null(out);
	diag_init(&diag);
	assert_int_equal(device_write(device, out, &diag), SIM_OK);
	fclose(out);
	enum sim_status status = device_load(path, NULL, 0, back, &diag);
	unlink(path);
	if (status != SIM_OK)
		fail_msg("%s: %s", device->name, diag.text);
}

static void writing_reads_back_bit_by_bit(void **state)
{
	struct hw_device device, back;
	(void)state;
	load(VALID "full.yaml", &device);
	value_of(&device, "hbm.bandwidth");
	device.values[device_param(&device, "hbm.bandwidth")].value = 1e13 / 3;
	device.values[device_param(&device, "launch.host")].value = 1e-5 / 7;
	device.residuals[SIM_FAMILY_GEMM].p95 = 0.1 / 3;
	assert_int_equal(device_rebuild(&device, NULL), SIM_OK);
	write_and_load(&device, &back);
	assert_same(&device, &back);
	device_fini(&back);
	device_fini(&device);
}

static void a_device_that_adds_nothing_reads_back(void **state)
{
	struct hw_device device, back;
	(void)state;
	load(VALID "heir_bare.yaml", &device);
	write_and_load(&device, &back);
	assert_same(&device, &back);
	device_fini(&back);
	device_fini(&device);
}

static void built_in_devices_write_and_read_back(void **state)
{
	struct arena arena;
	const char **names;
	size_t count;
	(void)state;
	arena_init(&arena);
	assert_int_equal(device_list(&arena, &names, &count, NULL), SIM_OK);
	for (size_t i = 0; i < count; i++) {
		struct hw_device device, back;
		load(names[i], &device);
		write_and_load(&device, &back);
		assert_same(&device, &back);
		device_fini(&back);
		device_fini(&device);
	}
	arena_fini(&arena);
}

/* Sweeps rebuild thousands of times: memory must not grow with them. */
static void rebuilding_keeps_memory_flat(void **state)
{
	struct hw_device device;
	(void)state;
	load(VALID "full.yaml", &device);
	int i = device_param(&device, "hbm.bandwidth");
	size_t before = device.arena.reserved_bytes + device.machine_arena.reserved_bytes;
	uint64_t first = device.content_hash;
	for (int round = 1; round <= 1000; round++) {
		device.values[i].value = 1e12 + round;
		assert_int_equal(device_rebuild(&device, NULL), SIM_OK);
		assert_true(device.machine.memory_bytes_per_s == 1e12 + round);
		assert_true(device.content_hash != first);
	}
	assert_int_equal(device.arena.reserved_bytes + device.machine_arena.reserved_bytes, before);
	device.values[i].value = 3.35e12;
	assert_int_equal(device_rebuild(&device, NULL), SIM_OK);
	assert_true(device.content_hash == first);
	device.values[i].value = -1;
	assert_int_equal(device_rebuild(&device, NULL), SIM_E_RANGE);
	device_fini(&device);
}

/* The hash names a device in the store for good: it may only change when the values do. */
static void the_hash_is_pinned(void **state)
{
	struct hw_device device;
	(void)state;
	load(VALID "plain.yaml", &device);
	if (device.content_hash != UINT64_C(0x68b75cc924e2625a))
		fail_msg("hash is %016llx", (unsigned long long)device.content_hash);
	device_fini(&device);
}

static void the_folder_can_be_named(void **state)
{
	struct hw_device device;
	struct sim_diag diag;
	(void)state;
	assert_int_equal(setenv("DECODESIM_HW", "tests/data/valid", 1), 0);
	load("plain", &device);
	assert_string_equal(device.path, "tests/data/valid/plain.yaml");
	device_fini(&device);
	assert_int_equal(setenv("DECODESIM_HW", "tests/absent", 1), 0);
	diag_init(&diag);
	assert_int_equal(device_load("plain", NULL, 0, &device, &diag), SIM_E_IO);
	assert_string_equal(diag.text, "tests/absent: no folder of built-in devices: "
				       "No such file or directory (set DECODESIM_HW)");
	unsetenv("DECODESIM_HW");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_file_gives_values_sources_and_a_machine),
		cmocka_unit_test(set_overrides_and_uncalibrates),
		cmocka_unit_test(inheritance_takes_what_is_not_given),
		cmocka_unit_test(bands_follow_the_rule),
		cmocka_unit_test(a_measured_rate_goes_with_its_peak),
		cmocka_unit_test(another_model_takes_the_values_it_knows),
		cmocka_unit_test(writing_reads_back_bit_by_bit),
		cmocka_unit_test(a_device_that_adds_nothing_reads_back),
		cmocka_unit_test(built_in_devices_write_and_read_back),
		cmocka_unit_test(rebuilding_keeps_memory_flat),
		cmocka_unit_test(the_hash_is_pinned),
		cmocka_unit_test(the_folder_can_be_named),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
