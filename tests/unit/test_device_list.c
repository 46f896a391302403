/* The built-in devices: which there are, and that each number says where it is from. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "hwmodels/device.h"

static void load(const char *spec, struct hw_device *device)
{
	struct sim_diag diag;
	diag_init(&diag);
	if (device_load(spec, NULL, 0, device, &diag) != SIM_OK)
		fail_msg("%s", diag.text);
}

static int is_hardware(const char *key)
{
	static const char *const groups[] = {"sm.",	"hbm.",	   "l2.",    "tensor.",
					     "vector.", "link.",   "power.", "price",
					     "area",	"static.", "flop."};
	for (size_t i = 0; i < sizeof(groups) / sizeof(groups[0]); i++)
		if (strncmp(key, groups[i], strlen(groups[i])) == 0)
			return strcmp(key, "link.energy") != 0;
	return 0;
}

/* A device is what its file says: every value has a source, no hardware is another device's. */
static void built_in_devices_name_their_sources(void **state)
{
	struct arena arena;
	const char **names;
	size_t count;
	(void)state;
	arena_init(&arena);
	assert_int_equal(device_list(&arena, &names, &count, NULL), SIM_OK);
	assert_true(count >= 13);
	for (size_t d = 0; d < count; d++) {
		struct hw_device device;
		load(names[d], &device);
		assert_string_equal(device.name, names[d]);
		assert_true(device.summary[0] != '\0');
		for (size_t i = 0; i < device.param_count; i++) {
			const char *key = device.params[i].key;
			const struct hw_value *value = &device.values[i];
			if (value->origin == HW_FROM_FILE && value->source[0] == '\0')
				fail_msg("%s: '%s' has no source", names[d], key);
			bool borrowed = value->origin == HW_FROM_INHERITED ||
					value->origin == HW_FROM_FALLBACK;
			bool is_gpu = strcmp(device.model->name, "gpu") == 0;
			if (is_gpu && is_hardware(key) && borrowed)
				fail_msg("%s: '%s' must be said by the file itself", names[d], key);
		}
		device_fini(&device);
	}
	arena_fini(&arena);
}

static void devices_are_listed_in_order(void **state)
{
	static const char *const wanted[] = {"a100-40gb",
					     "a100-80gb-sxm",
					     "b200",
					     "h100-pcie",
					     "h100-sxm",
					     "h200-sxm",
					     "hypothetical",
					     "jetson-agx-orin",
					     "jetson-orin-nano",
					     "l4",
					     "l40s",
					     "recorded",
					     "rtx4090"};
	struct arena arena;
	const char **names;
	size_t count, found = 0;
	(void)state;
	arena_init(&arena);
	assert_int_equal(device_list(&arena, &names, &count, NULL), SIM_OK);
	for (size_t i = 0; i < count; i++) {
		assert_true(i == 0 || strcmp(names[i - 1], names[i]) < 0);
		if (found < sizeof(wanted) / sizeof(wanted[0]) &&
		    strcmp(names[i], wanted[found]) == 0)
			found++;
	}
	assert_int_equal(found, sizeof(wanted) / sizeof(wanted[0]));
	arena_fini(&arena);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(built_in_devices_name_their_sources),
		cmocka_unit_test(devices_are_listed_in_order),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
