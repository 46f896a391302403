/* Wrong device files, names and --set: each says what is wrong, where, and what to do. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "hwmodels/device.h"

#define INVALID "tests/data/invalid/"
#define VALID "tests/data/valid/"

static const char rates[] = "(write one of: B/s kB/s MB/s GB/s TB/s GiB/s TiB/s)";

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
	 "unknown model 'rofline' in 'rofline:h100-sxm' (`decodesim list classes` shows them)"},
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

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_wrong_file_says_what_and_where),
		cmocka_unit_test(every_wrong_name_and_set_says_what),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
