/* Table writer: alignment, safe text, cutting, printing in parts. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "sim/report/table.h"

/* Print what TABLE holds and compare; the table lives on. */
static void assert_table(struct table *table, const char *expected)
{
	char *text = NULL;
	size_t length;
	FILE *out = open_memstream(&text, &length);
	assert_non_null(out);
	assert_int_equal(table_print(table, out, NULL), SIM_OK);
	fclose(out);
	assert_string_equal(text, expected);
	free(text);
}

static void columns_are_aligned(void **state)
{
	struct table *table = table_create();
	(void)state;
	table_column(table, "trace", TABLE_LEFT);
	table_column(table, "ms", TABLE_RIGHT);
	table_column(table, "bound by", TABLE_LEFT);
	table_row(table);
	table_cell(table, "%s", "llama-3.1-8b");
	table_cell(table, "%.2f", 7.25);
	table_cell(table, "%s", "hbm");
	table_row(table);
	table_cell(table, "%s", "q");
	table_cell(table, "%.2f", 1234.5);
	assert_table(table, "trace              ms  bound by\n"
			    "------------  -------  --------\n"
			    "llama-3.1-8b     7.25  hbm\n"
			    "q             1234.50\n");
	table_destroy(table);
}

static void automatic_columns_look_at_their_cells(void **state)
{
	static const char *const rows[][4] = {{"1", "", "1e9", "-"}, {"22.5", "-3", "x", "5"}};
	struct table *table = table_create();
	(void)state;
	table_column(table, "num", TABLE_AUTO);
	table_column(table, "gaps", TABLE_AUTO);
	table_column(table, "text", TABLE_AUTO);
	table_column(table, "dash", TABLE_AUTO);
	for (int i = 0; i < 2; i++) {
		table_row(table);
		for (int c = 0; c < 4; c++)
			table_cell(table, "%s", rows[i][c]);
	}
	assert_table(table, " num  gaps  text  dash\n"
			    "----  ----  ----  ----\n"
			    "   1        1e9   -\n"
			    "22.5    -3  x     5\n");
	table_destroy(table);
}

static void text_is_safe_and_measured_in_characters(void **state)
{
	struct table *table = table_create();
	(void)state;
	table_column(table, "name", TABLE_LEFT);
	table_column(table, "n", TABLE_RIGHT);
	table_row(table);
	table_cell(table, "%s", "\x1b[31mred\n");
	table_cell(table, "%d", 1);
	table_row(table);
	table_cell(table, "%s", "na\xc3\xafve \xe2\x82\xac");
	table_cell(table, "%d", 22);
	table_row(table);
	table_cell_bytes(table, "a\0b\xff", 4);
	table_cell(table, "%d", 333);
	assert_table(table, "name               n\n"
			    "---------------  ---\n"
			    "\\x1b[31mred\\x0a    1\n"
			    "na\xc3\xafve \xe2\x82\xac           22\n"
			    "a\\x00b\\xff       333\n");
	table_destroy(table);
}

#define E4 "\xc3\xa9\xc3\xa9\xc3\xa9\xc3\xa9"
#define E5 E4 "\xc3\xa9"

static void long_cells_are_cut_between_characters(void **state)
{
	struct table *table = table_create();
	(void)state;
	table_column(table, "k", TABLE_LEFT);
	table_limit(table, 5);
	static const char *const cells[] = {"12345", "123456", E5, E5 "x", "ab\ncd"};
	for (size_t i = 0; i < sizeof(cells) / sizeof(cells[0]); i++) {
		table_row(table);
		table_cell(table, "%s", cells[i]);
	}
	/* far over the limit, and longer than any buffer on the way */
	char *huge = malloc(100000);
	assert_non_null(huge);
	memset(huge, 'h', 99999);
	huge[99999] = '\0';
	table_row(table);
	table_cell(table, "%s", huge);
	free(huge);
	assert_table(table, "k\n-----\n12345\n1234~\n" E5 "\n" E4 "~\nab\\x~\nhhhh~\n");
	table_destroy(table);
}

static void a_table_goes_out_in_parts(void **state)
{
	struct table *table = table_create();
	(void)state;
	table_column(table, "n", TABLE_AUTO);
	table_row(table);
	table_cell(table, "%d", 100);
	assert_int_equal(table_rows(table), 1);
	assert_table(table, "  n\n---\n100\n");
	assert_int_equal(table_rows(table), 0);
	table_row(table);
	table_cell(table, "%d", 7);
	table_row(table);
	table_cell(table, "%s", "text"); /* alignment stays, widths grow */
	assert_table(table, "   7\ntext\n");
	assert_table(table, "");
	table_destroy(table);
}

static void many_rows_and_a_title_alone(void **state)
{
	struct table *table = table_create();
	char *text = NULL;
	size_t length, lines = 0;
	(void)state;
	table_column(table, "i", TABLE_RIGHT);
	table_column(table, "square", TABLE_RIGHT);
	for (int i = 0; i < 5000; i++) {
		table_row(table);
		table_cell(table, "%d", i);
		table_cell(table, "%d", i * i);
	}
	FILE *out = open_memstream(&text, &length);
	assert_int_equal(table_print(table, out, NULL), SIM_OK);
	fclose(out);
	for (size_t i = 0; i < length; i++)
		lines += text[i] == '\n';
	assert_int_equal(lines, 5002);
	assert_non_null(strstr(text, "\n4999  24990001\n"));
	free(text);
	table_destroy(table);
	table = table_create();
	table_column(table, "alone", TABLE_AUTO);
	assert_table(table, "alone\n-----\n");
	table_destroy(table);
}

static void failures_are_told_at_the_end(void **state)
{
	struct sim_diag diag;
	(void)state;
	diag_init(&diag);
	table_column(NULL, "x", TABLE_LEFT);
	table_row(NULL);
	table_cell(NULL, "%d", 1);
	assert_int_equal(table_print(NULL, stdout, &diag), SIM_E_NOMEM);
	table_destroy(NULL);
	struct table *table = table_create();
	table_column(table, "x", TABLE_LEFT);
	FILE *full = fopen("/dev/full", "w");
	if (full != NULL) {
		diag_init(&diag);
		assert_int_equal(table_print(table, full, &diag), SIM_E_IO);
		fclose(full);
	}
	table_destroy(table);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(columns_are_aligned),
		cmocka_unit_test(automatic_columns_look_at_their_cells),
		cmocka_unit_test(text_is_safe_and_measured_in_characters),
		cmocka_unit_test(long_cells_are_cut_between_characters),
		cmocka_unit_test(a_table_goes_out_in_parts),
		cmocka_unit_test(many_rows_and_a_title_alone),
		cmocka_unit_test(failures_are_told_at_the_end),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
