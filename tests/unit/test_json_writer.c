/* JSON writer: form, escapes, numbers that read back; a second parser agrees. */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cjson/cJSON.h>
#include <cmocka.h>

#include "sim/report/json.h"

struct written {
	struct json_writer json;
	FILE *out;
	char *text;
	size_t length;
};

static void begin(struct written *w, unsigned indent)
{
	memset(w, 0, sizeof(*w));
	w->out = open_memstream(&w->text, &w->length);
	assert_non_null(w->out);
	json_init(&w->json, w->out, indent);
}

static void end(struct written *w)
{
	assert_int_equal(json_finish(&w->json, NULL), SIM_OK);
	fclose(w->out);
}

static void write_sample(struct json_writer *json)
{
	json_open_object(json, NULL);
	json_text(json, "hw", "h100");
	json_open_array(json, "traces");
	json_int(json, NULL, INT64_MIN);
	json_uint(json, NULL, UINT64_MAX);
	json_open_object(json, NULL);
	json_close_object(json);
	json_open_array(json, NULL);
	json_close_array(json);
	json_close_array(json);
	json_bool(json, "in_fit", true);
	json_null(json, "band");
	json_text(json, "none", NULL);
	json_hash(json, "digest", 0xab);
	json_hex(json, "blob", "\x00\xfe", 2);
	json_close_object(json);
}

static void form_is_as_documented(void **state)
{
	struct written w;
	(void)state;
	begin(&w, 2);
	write_sample(&w.json);
	end(&w);
	assert_string_equal(w.text, "{\n"
				    "  \"hw\": \"h100\",\n"
				    "  \"traces\": [\n"
				    "    -9223372036854775808,\n"
				    "    18446744073709551615,\n"
				    "    {},\n"
				    "    []\n"
				    "  ],\n"
				    "  \"in_fit\": true,\n"
				    "  \"band\": null,\n"
				    "  \"none\": null,\n"
				    "  \"digest\": \"00000000000000ab\",\n"
				    "  \"blob\": \"00fe\"\n"
				    "}\n");
	free(w.text);
	begin(&w, 0);
	write_sample(&w.json);
	end(&w);
	assert_string_equal(w.text,
			    "{\"hw\": \"h100\", \"traces\": [-9223372036854775808, "
			    "18446744073709551615, {}, []], \"in_fit\": true, \"band\": null, "
			    "\"none\": null, \"digest\": \"00000000000000ab\", \"blob\": "
			    "\"00fe\"}\n");
	free(w.text);
}

static void assert_text(const char *bytes, size_t length, const char *expected)
{
	struct written w;
	begin(&w, 0);
	json_text_bytes(&w.json, NULL, bytes, length);
	end(&w);
	w.text[w.length - 1] = '\0'; /* the line's end */
	assert_string_equal(w.text, expected);
	free(w.text);
}

#define TEXT(bytes, expected) assert_text(bytes, sizeof(bytes) - 1, expected)

static void text_is_escaped_and_always_utf8(void **state)
{
	(void)state;
	TEXT("", "\"\"");
	TEXT("\"\\/\b\f\n\r\t", "\"\\\"\\\\/\\b\\f\\n\\r\\t\"");
	TEXT("\x00\x1f\x7f", "\"\\u0000\\u001f\\u007f\"");
	TEXT("\xc3\xa9\xe2\x82\xac\xf0\x9f\x98\x80", "\"\xc3\xa9\xe2\x82\xac\xf0\x9f\x98\x80\"");
	/* stray, cut short, overlong, surrogate, beyond the last */
	TEXT("a\x80z", "\"a\\ufffdz\"");
	TEXT("\xff", "\"\\ufffd\"");
	TEXT("\xc3", "\"\\ufffd\"");
	TEXT("\xc3(", "\"\\ufffd(\"");
	TEXT("\xe2\x82", "\"\\ufffd\\ufffd\"");
	TEXT("\xc0\xaf", "\"\\ufffd\\ufffd\"");
	TEXT("\xe0\x80\xaf", "\"\\ufffd\\ufffd\\ufffd\"");
	TEXT("\xed\xa0\x80", "\"\\ufffd\\ufffd\\ufffd\"");
	TEXT("\xf0\x80\x80\x80", "\"\\ufffd\\ufffd\\ufffd\\ufffd\"");
	TEXT("\xf4\x90\x80\x80", "\"\\ufffd\\ufffd\\ufffd\\ufffd\"");
	TEXT("\xf8\x88\x80\x80\x80", "\"\\ufffd\\ufffd\\ufffd\\ufffd\\ufffd\"");
	/* the neighbours on the good side */
	TEXT("\xed\x9f\xbf\xee\x80\x80\xf4\x8f\xbf\xbf",
	     "\"\xed\x9f\xbf\xee\x80\x80\xf4\x8f\xbf\xbf\"");
}

/* Every two-byte text: what comes out parses, and as ASCII parses back to itself. */
static void any_bytes_make_a_document(void **state)
{
	(void)state;
	for (unsigned pair = 0; pair < 0x10000; pair++) {
		char bytes[2] = {(char)(pair >> 8), (char)(pair & 0xff)};
		struct written w;
		begin(&w, 0);
		json_text_bytes(&w.json, NULL, bytes, 2);
		end(&w);
		cJSON *back = cJSON_Parse(w.text);
		assert_true(cJSON_IsString(back));
		if ((pair & 0x8080) == 0 && bytes[0] != 0 && bytes[1] != 0)
			assert_memory_equal(cJSON_GetStringValue(back), bytes, 2);
		cJSON_Delete(back);
		free(w.text);
	}
}

static void doubles_read_back_to_the_same_bits(void **state)
{
	char text[JSON_NUMBER];
	uint64_t bits = 88172645463325252;
	(void)state;
	for (int i = 0; i < 200000; i++) {
		double value;
		bits ^= bits << 13;
		bits ^= bits >> 7;
		bits ^= bits << 17;
		memcpy(&value, &bits, sizeof(value));
		if (!isfinite(value))
			continue;
		double back = strtod(json_number(value, text), NULL);
		assert_memory_equal(&back, &value, sizeof(value));
	}
	assert_string_equal(json_number(0.1, text), "0.1");
	assert_string_equal(json_number(3, text), "3");
	assert_string_equal(json_number(0.1 + 0.2, text), "0.30000000000000004");
	assert_string_equal(json_number(1e300, text), "1e+300");
	assert_string_equal(json_number(-0.0, text), "-0");
	assert_true(strtod(json_number(5e-324, text), NULL) == 5e-324);
	assert_true(strtod(json_number(1.7976931348623157e308, text), NULL) ==
		    1.7976931348623157e308);
}

static void numbers_that_are_none_are_null(void **state)
{
	struct written w;
	(void)state;
	begin(&w, 0);
	json_open_array(&w.json, NULL);
	json_double(&w.json, NULL, NAN);
	json_double(&w.json, NULL, INFINITY);
	json_double(&w.json, NULL, -INFINITY);
	json_double(&w.json, NULL, 1.5);
	json_close_array(&w.json);
	end(&w);
	assert_string_equal(w.text, "[null, null, null, 1.5]\n");
	free(w.text);
}

static void thousandths_are_exact(void **state)
{
	struct written w;
	(void)state;
	begin(&w, 0);
	json_open_array(&w.json, NULL);
	json_milli(&w.json, NULL, 0);
	json_milli(&w.json, NULL, 7);
	json_milli(&w.json, NULL, -1001);
	json_milli(&w.json, NULL, INT64_MAX);
	json_milli(&w.json, NULL, INT64_MIN);
	json_close_array(&w.json);
	end(&w);
	assert_string_equal(w.text, "[0.000, 0.007, -1.001, 9223372036854775.807, "
				    "-9223372036854775.808]\n");
	free(w.text);
}

static void a_full_device_is_told(void **state)
{
	struct json_writer json;
	struct sim_diag diag;
	FILE *full = fopen("/dev/full", "w");
	(void)state;
	if (full == NULL)
		skip();
	diag_init(&diag);
	json_init(&json, full, 0);
	json_int(&json, NULL, 1);
	assert_int_equal(json_finish(&json, &diag), SIM_E_IO);
	assert_non_null(strstr(diag.text, "cannot write"));
	fclose(full);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(form_is_as_documented),
		cmocka_unit_test(text_is_escaped_and_always_utf8),
		cmocka_unit_test(any_bytes_make_a_document),
		cmocka_unit_test(doubles_read_back_to_the_same_bits),
		cmocka_unit_test(numbers_that_are_none_are_null),
		cmocka_unit_test(thousandths_are_exact),
		cmocka_unit_test(a_full_device_is_told),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
