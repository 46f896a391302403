/* The strict YAML reader: the tree it makes, and a line number for all that it refuses. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "sim/core/yaml.h"

static enum sim_status parse(const char *text, struct yaml_file *file, struct sim_diag *diag)
{
	diag_init(diag);
	return yaml_file_parse("t", text, strlen(text), file, diag);
}

static void maps_lists_and_scalars_keep_order_and_line(void **state)
{
	struct yaml_file file;
	struct sim_diag diag;
	(void)state;
	assert_int_equal(parse("a: 1\n"
			       "list:\n"
			       "  - x\n"
			       "  - {k: v, l: 'w'}\n"
			       "empty: {}\n"
			       "text: |\n"
			       "  two\n"
			       "  lines\n",
			       &file, &diag),
			 SIM_OK);
	const struct yaml_node *root = file.root;
	assert_int_equal(root->kind, YAML_MAP);
	assert_int_equal(root->count, 4);
	assert_string_equal(root->first->key, "a");
	assert_string_equal(root->first->text, "1");
	const struct yaml_node *list = yaml_find(root, "list");
	assert_int_equal(list->kind, YAML_SEQUENCE);
	assert_int_equal(list->count, 2);
	assert_int_equal(list->key_line, 2);
	assert_null(list->first->key);
	assert_int_equal(list->first->line, 3);
	assert_string_equal(yaml_find(list->last, "l")->text, "w");
	assert_int_equal(yaml_find(list->last, "l")->line, 4);
	assert_int_equal(yaml_find(root, "empty")->count, 0);
	assert_string_equal(yaml_find(root, "text")->text, "two\nlines\n");
	assert_null(yaml_find(root, "absent"));
	assert_null(yaml_find(list->first, "scalar has no keys"));
	yaml_file_fini(&file);
}

struct refused {
	const char *text;
	enum sim_status status;
	const char *message;
};

static const struct refused refusals[] = {
	{"", SIM_E_PARSE, "t: empty: nothing to read"},
	{"# only this\n", SIM_E_PARSE, "t: empty: nothing to read"},
	{"a: 1\nb: 2\na: 3\n", SIM_E_DUPLICATE, "t:3: key given twice: 'a'"},
	{"x:\n  - {b: 1, 'b': 2}\n", SIM_E_DUPLICATE, "t:2: key given twice: 'b'"},
	{"a: &x 1\n", SIM_E_PARSE, "t:1: anchors are not allowed: write the value out"},
	{"a: &x {}\n", SIM_E_PARSE, "t:1: anchors are not allowed: write the value out"},
	{"a: 1\nb: [*x]\n", SIM_E_PARSE, "t:2: aliases are not allowed: write the value out"},
	{"a: !!int 1\n", SIM_E_PARSE, "t:1: tags are not allowed: remove the '!'"},
	{"a: !x [1]\n", SIM_E_PARSE, "t:1: tags are not allowed: remove the '!'"},
	{"a: 1\n---\nb: 1\n", SIM_E_PARSE, "t:2: more than one document: remove the '---'"},
	{"%YAML 1.1\n---\na: 1\n", SIM_E_PARSE, "t:1: directives are not allowed: remove the '%'"},
	{"? [a]\n: b\n", SIM_E_PARSE, "t:1: a key must be text, not a map or a list"},
	{"a: \"x\\0y\"\n", SIM_E_PARSE, "t:1: NUL byte in a text"},
	{"a: [1\n", SIM_E_PARSE, "t:2: not valid YAML: "},
	{"a:\n\tb: 1\n", SIM_E_PARSE, "t:2: not valid YAML: "},
	{"a: 1\nb: \xff\n", SIM_E_PARSE, "t:2: not valid YAML: "},
};

static void surprises_are_refused_with_their_line(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(refusals) / sizeof(refusals[0]); i++) {
		struct yaml_file file;
		struct sim_diag diag;
		enum sim_status status = parse(refusals[i].text, &file, &diag);
		yaml_file_fini(&file);
		if (status != refusals[i].status ||
		    strncmp(diag.text, refusals[i].message, strlen(refusals[i].message)) != 0)
			fail_msg("'%s' gave %s '%s'", refusals[i].text, sim_status_name(status),
				 diag.text);
	}
}

static void nul_bytes_are_refused(void **state)
{
	struct yaml_file file;
	struct sim_diag diag;
	(void)state;
	diag_init(&diag);
	assert_int_equal(yaml_file_parse("t", "a: 1\nb: \0\n", 10, &file, &diag), SIM_E_PARSE);
	assert_string_equal(diag.text, "t:2: NUL byte: this is not a text file");
	yaml_file_fini(&file);
}

/* 32 levels are read, 33 are not. */
static void depth_has_a_limit(void **state)
{
	(void)state;
	for (size_t depth = 32; depth <= 33; depth++) {
		char text[128] = "";
		struct yaml_file file;
		struct sim_diag diag;
		memset(text, '[', depth);
		memset(text + depth, ']', depth);
		enum sim_status status = parse(text, &file, &diag);
		yaml_file_fini(&file);
		assert_int_equal(status, depth == 32 ? SIM_OK : SIM_E_PARSE);
		if (depth == 33)
			assert_string_equal(diag.text, "t:1: nested deeper than 32 levels");
	}
}

static enum sim_status parse_filled(char filler, size_t length, struct sim_diag *diag)
{
	struct yaml_file file;
	char *text = malloc(length);
	assert_non_null(text);
	memset(text, filler, length);
	memcpy(text, "a: [", 4);
	diag_init(diag);
	enum sim_status status = yaml_file_parse("t", text, length, &file, diag);
	yaml_file_fini(&file);
	free(text);
	return status;
}

static void size_has_a_limit(void **state)
{
	struct sim_diag diag;
	(void)state;
	assert_int_equal(parse_filled('x', ((size_t)16 << 20) + 1, &diag), SIM_E_RANGE);
	assert_string_equal(diag.text, "t: file larger than 16 MiB");
	assert_int_equal(parse_filled('[', (size_t)1 << 20, &diag), SIM_E_PARSE);
	assert_string_equal(diag.text, "t:1: nested deeper than 32 levels");
}

/* Many keys cost n log n: 100,000 take well under a second, and their number has a limit. */
static void many_keys_are_read_and_too_many_refused(void **state)
{
	static const size_t counts[] = {100000, 200000};
	(void)state;
	for (size_t c = 0; c < 2; c++) {
		struct yaml_file file;
		struct sim_diag diag;
		char *text = malloc(counts[c] * 16), *at = text;
		assert_non_null(text);
		for (size_t i = 0; i < counts[c]; i++)
			at += sprintf(at, "key%zu: 1\n", i);
		diag_init(&diag);
		enum sim_status status =
			yaml_file_parse("t", text, (size_t)(at - text), &file, &diag);
		if (c == 0)
			assert_int_equal(file.root->count, counts[c]);
		yaml_file_fini(&file);
		free(text);
		assert_int_equal(status, c == 0 ? SIM_OK : SIM_E_RANGE);
		if (c == 1)
			assert_string_equal(diag.text, "t:131071: more than 262144 values");
	}
}

static void files_that_are_not_there_say_so(void **state)
{
	struct yaml_file file;
	struct sim_diag diag;
	(void)state;
	diag_init(&diag);
	assert_int_equal(yaml_file_read("tests/data/absent.yaml", &file, &diag), SIM_E_IO);
	assert_string_equal(diag.text,
			    "tests/data/absent.yaml: cannot open: No such file or directory");
	yaml_file_fini(&file);
	diag_init(&diag);
	assert_int_equal(yaml_file_read("tests/data", &file, &diag), SIM_E_IO);
	assert_string_equal(diag.text, "tests/data: cannot read: Is a directory");
	yaml_file_fini(&file);
}

static void questions_name_the_line(void **state)
{
	static const char *const allowed[] = {"rate", "name", "list"};
	struct yaml_file file;
	struct sim_diag diag;
	double rate;
	char text[8];
	(void)state;
	assert_int_equal(parse("rate: 3.35 TB/s\nname: far too long\nlist: [1 s]\n", &file, &diag),
			 SIM_OK);
	const struct yaml_node *root = file.root;
	assert_int_equal(yaml_allow(&file, root, allowed, 3, &diag), SIM_OK);
	assert_int_equal(yaml_quantity(&file, root->first, UNIT_BYTES_PER_S, &rate, &diag), SIM_OK);
	assert_true(rate == 3.35e12);
	assert_int_equal(yaml_quantity(&file, root->first, UNIT_BYTES, &rate, &diag), SIM_E_UNIT);
	assert_non_null(strstr(diag.text, "t:1: wrong unit: '3.35 TB/s'"));
	diag_init(&diag);
	assert_int_equal(yaml_quantity(&file, root->last, UNIT_SECONDS, &rate, &diag), SIM_E_PARSE);
	assert_string_equal(diag.text, "t:3: 'list' must be a single value, not a list");
	diag_init(&diag);
	assert_int_equal(yaml_text(&file, root, "name", text, sizeof(text), &diag), SIM_E_RANGE);
	assert_string_equal(diag.text, "t:2: 'name' is longer than 7 bytes");
	diag_init(&diag);
	assert_int_equal(yaml_text(&file, root, "nome", text, sizeof(text), &diag),
			 SIM_E_NOT_FOUND);
	assert_string_equal(diag.text, "t:1: missing key 'nome'");
	diag_init(&diag);
	assert_int_equal(yaml_allow(&file, root, allowed + 2, 1, &diag), SIM_E_NOT_FOUND);
	assert_string_equal(diag.text, "t:1: unknown key 'rate'");
	diag_init(&diag);
	static const char *const near[] = {"rate", "nane", "list"};
	assert_int_equal(yaml_allow(&file, root, near, 3, &diag), SIM_E_NOT_FOUND);
	assert_string_equal(diag.text, "t:2: unknown key 'name' (did you mean 'nane'?)");
	yaml_file_fini(&file);
}

/* Every prefix of a file is read or refused, never more. */
static void truncation_is_survived(void **state)
{
	static const char text[] = "device: a\nparameters:\n  k: {value: \"3 \\u00b5s\", low: 1}\n"
				   "  l: [1, 2, {a: b}]\ntext: >\n  folded\n";
	(void)state;
	for (size_t length = 0; length < sizeof(text); length++) {
		struct yaml_file file;
		struct sim_diag diag;
		diag_init(&diag);
		enum sim_status status = yaml_file_parse("t", text, length, &file, &diag);
		assert_int_equal(status != SIM_OK, diag.text[0] != '\0');
		assert_int_equal(status == SIM_OK, file.root != NULL && diag.status == SIM_OK);
		yaml_file_fini(&file);
	}
}

/* Characters that libyaml refuses, folds or trims, written and read again. */
static void what_is_written_is_read(void **state)
{
	static const char *const texts[] = {
		"plain",
		"a \"quoted\" \\ b",
		"\033[31m\033]0;t\007",
		"\302\2332J\302\205x",
		"\342\200\250\342\200\251",
		"\357\273\277bom",
		"\357\277\276",
		"\360\237\230\200 x",
		"a\tb\nc\r\n  d ",
		"\302\265s",
	};
	(void)state;
	for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++) {
		struct yaml_file file;
		char *text = NULL;
		size_t size = 0;
		FILE *out = open_memstream(&text, &size);
		assert_non_null(out);
		yaml_write_text(out, texts[i]);
		assert_int_equal(fclose(out), 0);
		assert_null(strchr(text, '\n'));
		assert_int_equal(yaml_file_parse("t", text, size, &file, NULL), SIM_OK);
		assert_string_equal(file.root->text, texts[i]);
		yaml_file_fini(&file);
		free(text);
	}
}

/* Bytes that are no characters are read as the characters of their numbers. */
static void bytes_that_are_no_text_are_written_as_text(void **state)
{
	static const char *const texts[] = {"\377",	    "\302",	 "\300\257",
					    "\355\240\200", "a\342\200", "\xf8\x80"};
	(void)state;
	for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++) {
		struct yaml_file file;
		char *text = NULL;
		size_t size = 0;
		FILE *out = open_memstream(&text, &size);
		assert_non_null(out);
		yaml_write_text(out, texts[i]);
		assert_int_equal(fclose(out), 0);
		assert_int_equal(yaml_file_parse("t", text, size, &file, NULL), SIM_OK);
		yaml_file_fini(&file);
		free(text);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(maps_lists_and_scalars_keep_order_and_line),
		cmocka_unit_test(surprises_are_refused_with_their_line),
		cmocka_unit_test(nul_bytes_are_refused),
		cmocka_unit_test(depth_has_a_limit),
		cmocka_unit_test(size_has_a_limit),
		cmocka_unit_test(many_keys_are_read_and_too_many_refused),
		cmocka_unit_test(files_that_are_not_there_say_so),
		cmocka_unit_test(questions_name_the_line),
		cmocka_unit_test(truncation_is_survived),
		cmocka_unit_test(what_is_written_is_read),
		cmocka_unit_test(bytes_that_are_no_text_are_written_as_text),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
