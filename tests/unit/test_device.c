/* Device files: what they give, what is wrong with them, --set, inheritance, writing them back. */
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

#define INVALID "tests/data/invalid/"
#define VALID "tests/data/valid/"

static const char rates[] = "(write one of: B/s kB/s MB/s GB/s TB/s GiB/s TiB/s)";

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

struct wrong {
	const char *file;
	enum sim_status status;
	const char *message; /* behind the folder */
};

static const struct wrong wrongs[] = {
	{"unknown_key.yaml", SIM_E_NOT_FOUND,
	 "unknown_key.yaml:6: unknown parameter 'hbm.bandwith' of model roofline "
	 "(did you mean 'hbm.bandwidth'?)"},
	{"unknown_root_key.yaml", SIM_E_NOT_FOUND,
	 "unknown_root_key.yaml:10: unknown key 'sumary' (did you mean 'summary'?)"},
	{"missing_key.yaml", SIM_E_NOT_FOUND,
	 "missing_key.yaml:3: missing parameter 'hbm.bandwidth' of model roofline"},
	{"wrong_unit.yaml", SIM_E_UNIT,
	 "wrong_unit.yaml:6: parameter 'hbm.bandwidth': wrong unit: '8 TB' @"},
	{"missing_unit.yaml", SIM_E_UNIT,
	 "missing_unit.yaml:6: parameter 'hbm.bandwidth': unit missing: '8' @"},
	{"no_number.yaml", SIM_E_PARSE,
	 "no_number.yaml:6: parameter 'hbm.bandwidth': not a number: 'plenty' "
	 "(write: B/s kB/s MB/s GB/s TB/s GiB/s TiB/s)"},
	{"duplicate_key.yaml", SIM_E_DUPLICATE,
	 "duplicate_key.yaml:10: key given twice: 'hbm.bandwidth'"},
	{"out_of_range.yaml", SIM_E_RANGE,
	 "out_of_range.yaml:6: parameter 'hbm.bandwidth' out of range: '-8 TB/s' "
	 "(1 MB/s to 1e+06 TB/s)"},
	{"not_whole.yaml", SIM_E_RANGE,
	 "not_whole.yaml:4: parameter 'sm.count': not a whole number: '96.5'"},
	{"unknown_where_required.yaml", SIM_E_PARSE,
	 "unknown_where_required.yaml:6: parameter 'hbm.bandwidth': not a number: 'unknown' "
	 "(write: B/s kB/s MB/s GB/s TB/s GiB/s TiB/s)"},
	{"unknown_model.yaml", SIM_E_NOT_FOUND,
	 "unknown_model.yaml:2: unknown model 'rofline' (did you mean 'roofline'?)"},
	{"value_outside_bounds.yaml", SIM_E_RANGE,
	 "value_outside_bounds.yaml:6: value of 'hbm.bandwidth' is not between its low and high: "
	 "'8 TB/s'"},
	{"value_missing.yaml", SIM_E_NOT_FOUND,
	 "value_missing.yaml:6: missing key 'value' of 'hbm.bandwidth'"},
	{"value_key_unknown.yaml", SIM_E_NOT_FOUND,
	 "value_key_unknown.yaml:6: unknown key 'origin'"},
	{"parameters_list.yaml", SIM_E_PARSE,
	 "parameters_list.yaml:4: 'parameters' must be a map, not a list"},
	{"no_device.yaml", SIM_E_NOT_FOUND, "no_device.yaml:1: missing key 'device'"},
	{"bad_name.yaml", SIM_E_PARSE,
	 "bad_name.yaml:1: device name must be letters, digits, '.', '_' and '-': 'sam/ple'"},
	{"inherits_unknown.yaml", SIM_E_NOT_FOUND,
	 "inherits_unknown.yaml:3: unknown device 'h100sxm' (did you mean 'h100-sxm'?)"},
	{"inherits_itself.yaml", SIM_E_DUPLICATE,
	 "inherits_itself.yaml:3: inherits from itself: './inherits_itself.yaml'"},
	{"inherits_cycle_a.yaml", SIM_E_DUPLICATE,
	 "inherits_cycle_b.yaml:3: inherits from itself: './inherits_cycle_a.yaml'"},
	{"inherits_broken.yaml", SIM_E_UNIT,
	 "wrong_unit.yaml:6: parameter 'hbm.bandwidth': wrong unit: '8 TB' @"},
	{"inherits_absent.yaml", SIM_E_IO, "absent.yaml: cannot open: No such file or directory"},
	{"calibration_family.yaml", SIM_E_NOT_FOUND,
	 "calibration_family.yaml:13: unknown kernel family 'gem'"},
	{"calibration_order.yaml", SIM_E_RANGE,
	 "calibration_order.yaml:13: residuals of 'gemm' need kernels >= 1 and "
	 "-100 % < p05 <= p50 <= p95"},
	{"calibration_files.yaml", SIM_E_NOT_FOUND,
	 "calibration_files.yaml:11: missing key 'files': what was the calibration made from"},
	{"alias_bomb.yaml", SIM_E_PARSE,
	 "alias_bomb.yaml:4: anchors are not allowed: write the value out"},
	{"alias.yaml", SIM_E_PARSE, "alias.yaml:6: aliases are not allowed: write the value out"},
	{"tag.yaml", SIM_E_PARSE, "tag.yaml:6: tags are not allowed: remove the '!'"},
	{"two_documents.yaml", SIM_E_PARSE,
	 "two_documents.yaml:10: more than one document: remove the '---'"},
	{"directive.yaml", SIM_E_PARSE,
	 "directive.yaml:1: directives are not allowed: remove the '%'"},
	{"nested.yaml", SIM_E_PARSE, "nested.yaml:4: nested deeper than 32 levels"},
	{"tab_indent.yaml", SIM_E_PARSE,
	 "tab_indent.yaml:5: not valid YAML: found a tab character that violates indentation"},
	{"unclosed.yaml", SIM_E_PARSE,
	 "unclosed.yaml:7: not valid YAML: did not find expected ',' or '}'"},
	{"map_as_key.yaml", SIM_E_PARSE,
	 "map_as_key.yaml:2: a key must be text, not a map or a list"},
	{"empty.yaml", SIM_E_PARSE, "empty.yaml: empty: nothing to read"},
	{"scalar_root.yaml", SIM_E_PARSE,
	 "scalar_root.yaml:1: 'device file' must be a map, not a single value"},
	{"nul.yaml", SIM_E_PARSE, "nul.yaml:6: NUL byte: this is not a text file"},
	{"not_utf8.yaml", SIM_E_PARSE,
	 "not_utf8.yaml:1: not valid YAML: invalid leading UTF-8 octet"},
};

static void every_wrong_file_says_what_and_where(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(wrongs) / sizeof(wrongs[0]); i++) {
		char path[256], expected[512];
		struct hw_device device;
		struct sim_diag diag;
		const char *mark = strchr(wrongs[i].message, '@');
		int head = mark == NULL ? (int)strlen(wrongs[i].message)
					: (int)(mark - wrongs[i].message);
		snprintf(path, sizeof(path), INVALID "%s", wrongs[i].file);
		snprintf(expected, sizeof(expected), INVALID "%.*s%s", head, wrongs[i].message,
			 mark == NULL ? "" : rates);
		diag_init(&diag);
		enum sim_status status = device_load(path, NULL, 0, &device, &diag);
		if (status != wrongs[i].status || strcmp(diag.text, expected) != 0)
			fail_msg("%s gave %s '%s', not '%s'", path, sim_status_name(status),
				 diag.text, expected);
	}
}

struct wrong_spec {
	const char *spec;
	const char *set;
	enum sim_status status;
	const char *message;
};

static const struct wrong_spec wrong_specs[] = {
	{"h100sxm", NULL, SIM_E_NOT_FOUND, "unknown device 'h100sxm' (did you mean 'h100-sxm'?)"},
	{"ideal", NULL, SIM_E_NOT_FOUND,
	 "'ideal' is a model, not a device: write 'ideal:DEVICE', for instance 'ideal:h100-sxm'"},
	{"rofline:h100-sxm", NULL, SIM_E_NOT_FOUND,
	 "unknown model 'rofline' in 'rofline:h100-sxm' (`decodesim list models` shows them)"},
	{"ideal:h100sxm", NULL, SIM_E_NOT_FOUND,
	 "unknown device 'h100sxm' (did you mean 'h100-sxm'?)"},
	{"./absent.yaml", NULL, SIM_E_IO, "absent.yaml: cannot open: No such file or directory"},
	{VALID "plain.yaml", "hbm.bandwith=8 TB/s", SIM_E_NOT_FOUND,
	 "--set: unknown parameter 'hbm.bandwith' of model roofline "
	 "(did you mean 'hbm.bandwidth'?)"},
	{VALID "plain.yaml", "colour=red", SIM_E_NOT_FOUND,
	 "--set: unknown parameter 'colour' of model roofline"},
	{VALID "plain.yaml", "hbm.bandwidth", SIM_E_USAGE,
	 "--set: not of the form key=value: 'hbm.bandwidth' (for instance "
	 "'hbm.bandwidth=8 TB/s')"},
	{VALID "plain.yaml", "=3", SIM_E_USAGE,
	 "--set: not of the form key=value: '=3' (for instance 'hbm.bandwidth=8 TB/s')"},
	{VALID "plain.yaml", "hbm.bandwidth=8 GHz", SIM_E_UNIT,
	 "--set: parameter 'hbm.bandwidth': wrong unit: '8 GHz' (write one of: B/s kB/s MB/s GB/s "
	 "TB/s GiB/s TiB/s)"},
	{VALID "plain.yaml", "hbm.bandwidth=0", SIM_E_RANGE,
	 "--set: parameter 'hbm.bandwidth' out of range: '0' (1 MB/s to 1e+06 TB/s)"},
	{VALID "plain.yaml", "launch.queue_depth=0", SIM_E_RANGE,
	 "--set: parameter 'launch.queue_depth' out of range: '0' (1 to 1e+06)"},
	{"ideal:" VALID "plain.yaml", "launch.host=1 us", SIM_E_NOT_FOUND,
	 "--set: unknown parameter 'launch.host' of model ideal"},
	{"ideal:recorded", NULL, SIM_E_NOT_FOUND,
	 "hwmodels/devices/recorded.yaml:*: missing parameter 'sm.count' of model ideal"},
};

/* Equal, where a '*' in PATTERN stands for digits. */
static int matches(const char *text, const char *pattern)
{
	const char *star = strchr(pattern, '*');
	if (star == NULL)
		return strcmp(text, pattern) == 0;
	size_t head = (size_t)(star - pattern);
	if (strncmp(text, pattern, head) != 0)
		return 0;
	text += head;
	return strcmp(text + strspn(text, "0123456789"), star + 1) == 0;
}

static void every_wrong_name_and_set_says_what(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(wrong_specs) / sizeof(wrong_specs[0]); i++) {
		const struct wrong_spec *wrong = &wrong_specs[i];
		struct hw_device device;
		struct sim_diag diag;
		diag_init(&diag);
		enum sim_status status =
			device_load(wrong->spec, &wrong->set, wrong->set != NULL, &device, &diag);
		if (status != wrong->status || !matches(diag.text, wrong->message))
			fail_msg("%s %s gave %s '%s'", wrong->spec,
				 wrong->set == NULL ? "" : wrong->set, sim_status_name(status),
				 diag.text);
	}
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
	for (size_t i = 0; i < a->model->param_count; i++) {
		const struct hw_value *left = &a->values[i], *right = &b->values[i];
		if ((left->value != right->value && !isnan(left->value)) ||
		    isnan(left->value) != isnan(right->value) ||
		    (left->low != right->low && !isnan(left->low)) ||
		    (left->high != right->high && !isnan(left->high)) ||
		    strcmp(left->source, right->source) != 0)
			fail_msg("%s: '%s' differs", a->name, a->model->params[i].key);
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

static int is_hardware(const char *key)
{
	static const char *const groups[] = {"sm.",	"hbm.",	 "l2.",	   "tensor.",
					     "vector.", "link.", "power.", "price"};
	for (size_t i = 0; i < sizeof(groups) / sizeof(groups[0]); i++)
		if (strncmp(key, groups[i], strlen(groups[i])) == 0)
			return 1;
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
		for (size_t i = 0; i < device.model->param_count; i++) {
			const char *key = device.model->params[i].key;
			const struct hw_value *value = &device.values[i];
			if (value->origin == HW_FROM_FILE && value->source[0] == '\0')
				fail_msg("%s: '%s' has no source", names[d], key);
			if (is_hardware(key) && (value->origin == HW_FROM_INHERITED ||
						 value->origin == HW_FROM_FALLBACK))
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
	if (device.content_hash != UINT64_C(0x35a61a4892d1c3bf))
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
		cmocka_unit_test(every_wrong_file_says_what_and_where),
		cmocka_unit_test(every_wrong_name_and_set_says_what),
		cmocka_unit_test(set_overrides_and_uncalibrates),
		cmocka_unit_test(inheritance_takes_what_is_not_given),
		cmocka_unit_test(bands_follow_the_rule),
		cmocka_unit_test(another_model_takes_the_values_it_knows),
		cmocka_unit_test(writing_reads_back_bit_by_bit),
		cmocka_unit_test(built_in_devices_write_and_read_back),
		cmocka_unit_test(built_in_devices_name_their_sources),
		cmocka_unit_test(devices_are_listed_in_order),
		cmocka_unit_test(rebuilding_keeps_memory_flat),
		cmocka_unit_test(the_hash_is_pinned),
		cmocka_unit_test(the_folder_can_be_named),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
