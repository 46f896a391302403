/* ncu's CSV: both layouts, units, what stands around the table, and files that are broken. */
#include <math.h>

#include "tests/unit/trace_files.h"
#include "traces/ncu.h"
#include "traces/ncu_value.h"

#define VALID "tests/data/valid/"
#define INVALID "tests/data/invalid/"

static void read_whole(const char *path, struct ncu_log *log)
{
	struct sim_diag diag;
	diag_init(&diag);
	if (ncu_read(path, log, &diag) != SIM_OK)
		fail_msg("%s", diag.text);
}

static void assert_kernel(const struct ncu_log *log, size_t index, const char *name, uint32_t grid,
			  uint32_t block, double read)
{
	const struct ncu_kernel *kernel = &log->kernels[index];
	assert_string_equal(names_text(&log->names, kernel->name), name);
	assert_int_equal(kernel->grid[0], grid);
	assert_int_equal(kernel->block[0], block);
	assert_float_equal(kernel->dram_read_bytes, read, 1e-6);
}

static void long_layout_groups_rows_by_kernel(void **state)
{
	struct ncu_log log;
	(void)state;
	read_whole(VALID "ncu_long.csv", &log);
	assert_int_equal(log.kernel_count, 3);
	assert_kernel(&log, 0, "gemv", 1408, 128, 23070000);
	assert_float_equal(log.kernels[0].dram_write_bytes, 11260, 1e-6);
	assert_float_equal(log.kernels[0].lts_bytes, 1234567, 1e-6);
	assert_float_equal(log.kernels[0].duration_ns, 9410, 1e-6);
	assert_kernel(&log, 1, "rms_norm_kernel", 1, 1024, 4096);
	assert_int_equal(log.kernels[1].grid[1], 2);
	assert_int_equal(log.kernels[1].grid[2], 3);
	assert_true(isnan(log.kernels[1].dram_write_bytes));
	assert_true(isnan(log.kernels[1].lts_bytes));
	assert_float_equal(log.kernels[1].duration_ns, 2432, 1e-6);
	assert_kernel(&log, 2, "gemv", 1408, 128, 20e6);
	assert_float_equal(log.kernels[2].duration_ns, 5e8, 1e-6);
	ncu_fini(&log);
}

static void assert_wide(const char *path)
{
	struct ncu_log log;
	read_whole(path, &log);
	assert_int_equal(log.kernel_count, 2);
	assert_kernel(&log, 0, "gemv", 1408, 128, 23068672);
	assert_float_equal(log.kernels[0].dram_write_bytes, 11264, 1e-6);
	assert_float_equal(log.kernels[0].lts_bytes, 1200000, 1e-6);
	assert_float_equal(log.kernels[0].duration_ns, 9408, 1e-6);
	assert_kernel(&log, 1, "rms_norm_kernel", 1, 1024, 4096);
	assert_float_equal(log.kernels[1].dram_write_bytes, 0, 0);
	assert_true(isnan(log.kernels[1].lts_bytes));
	ncu_fini(&log);
}

static void wide_layout_plain_and_gz(void **state)
{
	const char *path = file_temporary("ncu.csv.gz");
	struct bytes plain = file_load(VALID "ncu_wide.csv");
	(void)state;
	assert_non_null(plain.data);
	assert_wide(VALID "ncu_wide.csv");
	file_store_gz(path, plain.data, plain.length);
	assert_wide(path);
	unlink(path);
	free(plain.data);
}

static void fields_need_no_quotes(void **state)
{
	struct ncu_log log;
	(void)state;
	read_whole(VALID "ncu_bare.csv", &log);
	assert_int_equal(log.kernel_count, 1);
	assert_kernel(&log, 0, "gemv", 1408, 128, 1024500);
	ncu_fini(&log);
}

/* clang-format off */
static const struct {
	const char *file, *says;
} broken[] = {
	{"ncu_empty.csv", "ncu_empty.csv: no header line"},
	{"ncu_no_header.csv", "ncu_no_header.csv: no header line"},
	{"ncu_no_kernels.csv", "no kernels behind the header"},
	{"ncu_no_metric.csv", "no metric dram__bytes_read.sum"},
	{"ncu_no_grid.csv", ".csv:1: the header lacks a column of ncu --csv: 'Grid Size'"},
	{"ncu_no_value.csv", ".csv:1: the header lacks a column of ncu --csv: 'Metric Value'"},
	{"ncu_open_quote.csv", ".csv:3: a quoted field does not end"},
	{"ncu_few_fields.csv", ".csv:3: 12 fields where the header has 16"},
	{"ncu_many_fields.csv", ".csv:3: 17 fields where the header has 16"},
	{"ncu_bad_grid.csv", ".csv:3: not a grid like '(8, 1, 1)': '(1408, 1)'"},
	{"ncu_huge_block.csv", ".csv:3: not a block like"},
	{"ncu_bad_id.csv", ".csv:3: not a kernel's ID: 'x'"},
	{"ncu_no_name.csv", ".csv:3: a kernel without a name"},
	{"ncu_decimal_comma.csv", ".csv:2: a metric's value is not a number: '23,07'"},
	{"ncu_negative.csv", ".csv:2: a metric's value is not a number: '-1'"},
	{"ncu_infinite.csv", ".csv:2: a metric's value is not a number: '1e300'"},
	{"ncu_unknown_unit.csv", ".csv:2: unknown unit of a metric: 'furlong'"},
	{"ncu_time_unit.csv", ".csv:2: unknown unit of a metric: 'us'"},
};
/* clang-format on */

static void assert_refused(const char *path, const char *says)
{
	struct sim_diag diag;
	struct ncu_log log;
	diag_init(&diag);
	assert_int_not_equal(ncu_read(path, &log, &diag), SIM_OK);
	if (strstr(diag.text, says) == NULL)
		fail_msg("'%s' does not say '%s'", diag.text, says);
	assert_int_equal(log.kernel_count, 0);
	assert_null(log.kernels);
}

static void broken_files_say_where(void **state)
{
	char path[128];
	(void)state;
	for (size_t i = 0; i < sizeof(broken) / sizeof(broken[0]); i++) {
		snprintf(path, sizeof(path), INVALID "%s", broken[i].file);
		assert_refused(path, broken[i].says);
	}
	assert_refused("/nonexistent/ncu.csv", "cannot open");
}

/* HEAD, COUNT times FILL, in a file. */
static const char *stretched(const char *head, char fill, size_t count)
{
	const char *path = file_temporary("ncu-long.csv");
	size_t length = strlen(head);
	char *text = malloc(length + count);
	memcpy(text, head, length);
	memset(text + length, fill, count);
	file_store(path, text, length + count);
	free(text);
	return path;
}

static void sizes_are_bounded(void **state)
{
	static const char head[] = "ID,Kernel Name,Block Size,Grid Size,dram__bytes_read.sum\n0,\"";
	struct sim_diag diag;
	struct ncu_log log;
	(void)state;
	diag_init(&diag);
	const char *path = stretched(head, 'x', (size_t)3 << 20);
	assert_refused(path, ":2: a field of more than 1048576 bytes");
	path = stretched("ID,Kernel Name,Block Size,Grid Size\n0", ',', 100000);
	assert_refused(path, ":2: more than 65536 fields");
	/* what is no record may be of any length */
	path = stretched("", 'x', (size_t)3 << 20);
	assert_int_equal(ncu_read(path, &log, &diag), SIM_E_PARSE);
	unlink(path);
}

static void numbers_and_units(void **state)
{
	static const char *const bad[] = {"1,23",      "1,2345",   ",123", "1,,234",
					  "12,34,567", "1234,567", "0x10", "1 ",
					  "+",	       "1.2,345",  "1e",   "inf"};
	double value;
	int power;
	uint32_t dims[3];
	(void)state;
	assert_true(ncu_number("1,234,567.89", 3, &value));
	assert_float_equal(value, 1234567890.0, 0);
	assert_true(ncu_number("0.0015", 0, &value));
	assert_float_equal(value, 0.002, 0);
	assert_true(ncu_number("n/a", 0, &value) && isnan(value));
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
		if (ncu_number(bad[i], 0, &value))
			fail_msg("'%s' is taken for %f", bad[i], value);
	assert_true(ncu_unit("Gbyte", false, &power) && power == 9);
	assert_true(ncu_unit("msecond", true, &power) && power == 6);
	assert_false(ncu_unit("ms", false, &power));
	assert_false(ncu_unit("byte", true, &power));
	assert_true(ncu_dims("(1,2, 4294967295)", dims) && dims[2] == UINT32_MAX);
	assert_false(ncu_dims("(1, 2, 3", dims));
	assert_false(ncu_dims("(1, 2, 3) ", dims));
	assert_false(ncu_dims("", dims));
}

/* Any prefix, and any byte replaced: refused or read, never a crash (run under sanitizers). */
static void damage_is_survived(void **state)
{
	static const char bytes[] = {'"', ',', '\n', '\0', '9', '(', '\xff'};
	const char *path = file_temporary("ncu-damaged.csv");
	struct bytes good = file_load(VALID "ncu_long.csv");
	size_t refused = 0, runs = 0;
	struct ncu_log log;
	(void)state;
	assert_non_null(good.data);
	for (size_t i = 0; i < good.length; i += 3) {
		char was = good.data[i];
		good.data[i] = bytes[i % sizeof(bytes)];
		file_store(path, good.data, i % 2 == 0 ? good.length : i);
		good.data[i] = was;
		enum sim_status status = ncu_read(path, &log, NULL);
		refused += status != SIM_OK;
		runs++;
		if (status == SIM_OK)
			ncu_fini(&log);
	}
	assert_in_range(refused, 1, runs - 1);
	unlink(path);
	free(good.data);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(long_layout_groups_rows_by_kernel),
		cmocka_unit_test(wide_layout_plain_and_gz),
		cmocka_unit_test(fields_need_no_quotes),
		cmocka_unit_test(broken_files_say_where),
		cmocka_unit_test(sizes_are_bounded),
		cmocka_unit_test(numbers_and_units),
		cmocka_unit_test(damage_is_survived),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
