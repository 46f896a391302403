/* Small JSON files: what is no JSON, no number, too large or ambiguous is refused by name. */
#include "tests/unit/trace_files.h"

#include <math.h>

#include "validate/jsonfile.h"

static const char *path;
static struct sim_diag diag;
static cJSON *root;

static enum sim_status read_text(const char *text, size_t length)
{
	path = file_temporary("jsonfile.json");
	file_store(path, text, length);
	diag_init(&diag);
	enum sim_status status = jsonfile_read(path, &root, &diag);
	remove(path);
	if (status != SIM_OK) {
		assert_null(root);
		assert_non_null(strstr(diag.text, path));
	}
	return status;
}

static void assert_refused(const char *text, enum sim_status status, const char *says)
{
	assert_int_equal(read_text(text, strlen(text)), status);
	if (strstr(diag.text, says) == NULL)
		fail_msg("'%s' does not say '%s'", diag.text, says);
}

static void a_document_is_read(void **state)
{
	const char *text = "{\"a\": 1.5, \"b\": {\"a\": [1, {\"a\": 2}]}}\n";
	double value;
	(void)state;
	assert_int_equal(read_text(text, strlen(text)), SIM_OK);
	assert_int_equal(jsonfile_number(path, root, "a", &value, NULL), SIM_OK);
	assert_true(value == 1.5);
	assert_int_equal(jsonfile_number(path, root, "c", &value, NULL), SIM_OK);
	assert_true(isnan(value));
	diag_init(&diag);
	assert_int_equal(jsonfile_number(path, root, "b", &value, &diag), SIM_E_PARSE);
	assert_non_null(strstr(diag.text, "'b'"));
	cJSON_Delete(root);
}

static void what_is_no_json_is_refused_with_its_line(void **state)
{
	(void)state;
	assert_refused("", SIM_E_PARSE, "empty");
	assert_refused("gpu: x", SIM_E_PARSE, "json:1: not valid JSON");
	assert_refused("{\"a\": 1,\n\"b\": NaN}", SIM_E_PARSE, "json:2: not valid JSON");
	assert_refused("{\"a\": 1}\n\n{}", SIM_E_PARSE, "json:3: not valid JSON");
	assert_refused("{\"a\": nan}", SIM_E_PARSE, "not valid JSON");
	assert_refused("{\"a\": 1,}", SIM_E_PARSE, "not valid JSON");
	assert_refused("\xff\xfe{}", SIM_E_PARSE, "not valid JSON");
	assert_int_equal(read_text("{}\0{}", 5), SIM_E_PARSE);
	assert_non_null(strstr(diag.text, "zero byte"));
}

static void a_key_given_twice_is_refused(void **state)
{
	(void)state;
	assert_refused("{\"a\": 1, \"b\": 2, \"a\": 1}", SIM_E_DUPLICATE, "'a'");
	assert_refused("[{\"x\": [{\"b\": 1, \"b\": 2}]}]", SIM_E_DUPLICATE, "'b'");
}

static void numbers_out_of_reach_are_refused(void **state)
{
	const char *text = "{\"a\": 1e999}";
	double value;
	(void)state;
	assert_int_equal(read_text(text, strlen(text)), SIM_OK);
	assert_int_equal(jsonfile_number(path, root, "a", &value, NULL), SIM_E_PARSE);
	cJSON_Delete(root);
}

static void files_that_cannot_be_read_are_named(void **state)
{
	(void)state;
	diag_init(&diag);
	assert_int_equal(jsonfile_read("/tmp/no/such.json", &root, &diag), SIM_E_IO);
	assert_non_null(strstr(diag.text, "/tmp/no/such.json"));
	diag_init(&diag);
	assert_int_equal(jsonfile_read("/tmp", &root, &diag), SIM_E_IO);
	assert_non_null(strstr(diag.text, "/tmp"));
	assert_null(root);
}

static void size_and_depth_are_limited(void **state)
{
	size_t limit = 16 << 20, length = limit + (1 << 20);
	char *text = malloc(length);
	(void)state;
	memset(text, ' ', length);
	memcpy(text, "{}", 2);
	assert_int_equal(read_text(text, length), SIM_E_RANGE);
	assert_non_null(strstr(diag.text, "16 MiB"));
	assert_int_equal(read_text(text, limit + 1), SIM_E_RANGE);
	assert_int_equal(read_text(text, limit), SIM_OK);
	cJSON_Delete(root);
	memset(text, '[', 1 << 20);
	assert_int_equal(read_text(text, 1 << 20), SIM_E_PARSE);
	memset(text, '[', 900); /* deep, but whole */
	memset(text + 900, ']', 900);
	assert_int_equal(read_text(text, 1800), SIM_OK);
	cJSON_Delete(root);
	free(text);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_document_is_read),
		cmocka_unit_test(what_is_no_json_is_refused_with_its_line),
		cmocka_unit_test(a_key_given_twice_is_refused),
		cmocka_unit_test(numbers_out_of_reach_are_refused),
		cmocka_unit_test(files_that_cannot_be_read_are_named),
		cmocka_unit_test(size_and_depth_are_limited),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
