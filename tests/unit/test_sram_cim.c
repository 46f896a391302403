/*
 * Compute-in-memory arrays: the equations of hwmodels/sram_cim.h at points worked out by hand.
 */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "hwmodels/sram_cim.h"

static void assert_near(double got, double expected, double within)
{
	if (!(fabs(got - expected) <= within))
		fail_msg("%.17g, not %.17g", got, expected);
}

/* 4 macros of 16 x 16 cells at 1 GHz, 8 bits in, one a cycle. */
static const struct cim_array serial = {
	.macros = 4,
	.rows = 16,
	.columns = 16,
	.clock_hz = 1e9,
	.input_bits = 8,
	.input_bits_per_cycle = 1,
	.weight_bits = 4,
	.double_buffer = true,
};

/* As many weights at once: 16 tables of 4 in each of 4 arrays, against 16 rows of 4. */
static struct cim_array tables(void)
{
	struct cim_array array = serial;
	array.uses_tables = true;
	array.group = 4;
	array.lanes = 16;
	array.build_cycles = 1;
	array.lookup_cycles = 1;
	return array;
}

static struct cim_work work_of(const struct cim_array *array, double m, double n, double k,
			       double bits)
{
	const struct cim_product product = {m, n, k, bits};
	return cim_work_of(array, &product);
}

static void fills_are_counted_in_whole_macros(void **state)
{
	struct cim_work work;
	(void)state;
	work = work_of(&serial, 1, 32, 64, 4); /* 4 macros of rows x 8 of columns */
	assert_near(work.loads, 32, 0);
	assert_near(work.fills, 8, 0);
	assert_near(work.fill_seconds, 8e-9, 1e-24);
	work = work_of(&serial, 1, 32, 65, 4); /* one input more: 5 x 8 */
	assert_near(work.loads, 40, 0);
	assert_near(work.fills, 10, 0);
	work = work_of(&serial, 1, 33, 64, 4); /* one output more: 4 x 9 */
	assert_near(work.loads, 36, 0);
	work = work_of(&serial, 1, 32, 64, 32); /* a weight over two macros: 4 x 64 */
	assert_near(work.loads, 256, 0);
	work = work_of(&serial, 1, 1, 1, 1); /* less than a macro */
	assert_near(work.fills, 1, 0);
}

static void inputs_go_in_bit_by_bit(void **state)
{
	struct cim_array array = serial;
	(void)state;
	assert_near(work_of(&array, 3, 32, 64, 4).fill_seconds, 24e-9, 1e-24);
	array.input_bits_per_cycle = 3; /* 8 bits in 3 cycles */
	assert_near(work_of(&array, 1, 32, 64, 4).fill_seconds, 3e-9, 1e-24);
	array.input_bits = 16;
	array.clock_hz = 2e9;
	assert_near(work_of(&array, 1, 32, 64, 4).fill_seconds, 3e-9, 1e-24);
}

static void two_buffers_hide_all_but_the_ends(void **state)
{
	struct cim_array array = serial;
	const struct cim_work work = {.fills = 8, .fill_seconds = 8e-9}; /* 64 ns */
	(void)state;
	/* the memory is slower: its 160 ns, and the last computation */
	assert_near(cim_seconds(&array, &work, 160e-9), 168e-9, 1e-20);
	/* the macros are slower: their 64 ns, and the first fill of 2 ns */
	assert_near(cim_seconds(&array, &work, 16e-9), 66e-9, 1e-20);
	array.double_buffer = false;
	assert_near(cim_seconds(&array, &work, 160e-9), 224e-9, 1e-20);
	assert_near(cim_seconds(&array, &work, 16e-9), 80e-9, 1e-20);
}

static void tables_are_built_once_for_a_batch(void **state)
{
	const struct cim_array array = tables();
	(void)state;
	struct cim_work one = work_of(&array, 1, 32, 64, 4); /* 16 groups x 2 of lanes, 4 arrays */
	assert_near(one.loads, 32, 0);
	assert_near(one.fills, 8, 0);
	assert_near(one.fill_seconds, (16 + 8) * 1e-9, 1e-22);
	assert_near(work_of(&array, 8, 32, 64, 4).fill_seconds, (16 + 64) * 1e-9, 1e-22);
	for (int m = 1; m < 1000; m *= 2) { /* cycles a row fall towards the look-ups' */
		double now = work_of(&array, m, 32, 64, 4).fill_seconds / m;
		double next = work_of(&array, 2 * m, 32, 64, 4).fill_seconds / (2 * m);
		assert_true(next < now && next > 8e-9);
	}
}

/* Equal weights at once: a batch costs what bit-serial costs, and the tables once. */
static void tables_against_bit_serial(void **state)
{
	const struct cim_array array = tables();
	(void)state;
	for (int m = 1; m <= 64; m *= 4) {
		struct cim_work table = work_of(&array, m, 256, 256, 4);
		struct cim_work bits = work_of(&serial, m, 256, 256, 4);
		assert_near(table.fills, bits.fills, 0);
		assert_near(table.fill_seconds - bits.fill_seconds, 16e-9, 1e-20);
	}
}

static void repeated_patterns_skip_lookups(void **state)
{
	struct cim_array array = tables();
	(void)state;
	array.reuse = 0.25;
	assert_near(work_of(&array, 1, 32, 64, 4).fill_seconds, (16 + 6) * 1e-9, 1e-22);
	array.build_cycles = 0.5;
	array.lookup_cycles = 2;
	assert_near(work_of(&array, 1, 32, 64, 4).fill_seconds, (8 + 12) * 1e-9, 1e-22);
	array.reuse = 1;
	assert_near(work_of(&array, 9, 32, 64, 4).fill_seconds, 8e-9, 1e-22);
}

static void check_more_is_never_faster(const struct cim_array *array)
{
	for (int m = 1; m < 40; m += 3)
		for (int n = 1; n < 80; n += 7)
			for (int k = 1; k < 80; k += 7) {
				double stream = n * k / 2e9;
				struct cim_work work = work_of(array, m, n, k, 4);
				double at = cim_seconds(array, &work, stream);
				struct cim_work rows = work_of(array, m + 1, n, k, 4);
				struct cim_work outputs = work_of(array, m, n + 1, k, 4);
				struct cim_work inputs = work_of(array, m, n, k + 1, 4);
				double most = at * (1 - 1e-12);
				assert_true(cim_seconds(array, &rows, stream) >= most);
				assert_true(cim_seconds(array, &outputs, stream + k / 2e9) >= most);
				assert_true(cim_seconds(array, &inputs, stream + n / 2e9) >= most);
				assert_true(at >= stream);
			}
}

static void more_is_never_faster(void **state)
{
	struct cim_array array = tables();
	(void)state;
	check_more_is_never_faster(&serial);
	check_more_is_never_faster(&array);
	array.double_buffer = false;
	check_more_is_never_faster(&array);
}

/* The first fill grows with the macros, by less than what they save. */
static void more_macros_are_never_slower(void **state)
{
	struct cim_array array = serial;
	(void)state;
	for (int nanoseconds = 1; nanoseconds < 4000; nanoseconds *= 3)
		for (int macros = 1; macros < 300; macros++) {
			array.macros = macros;
			struct cim_work fewer = work_of(&array, 1, 256, 256, 4);
			double before = cim_seconds(&array, &fewer, nanoseconds * 1e-9);
			array.macros = macros + 1;
			struct cim_work more = work_of(&array, 1, 256, 256, 4);
			double after = cim_seconds(&array, &more, nanoseconds * 1e-9);
			assert_true(after <= before * (1 + 1e-12));
		}
}

/* y = x W, x 16 bits wide; W packed to BITS while the record says bf16. */
static struct sim_kernel record(double m, double n, double k, double bits)
{
	return (struct sim_kernel){
		.op = SIM_OP_GEMM,
		.family = SIM_FAMILY_GEMM,
		.dtype = SIM_DTYPE_BF16,
		.flops = (uint64_t)(2 * m * n * k),
		.weight_bytes = (uint64_t)(n * k * bits / 8),
		.act_read_bytes = (uint64_t)(2 * m * k),
		.act_write_bytes = (uint64_t)(2 * m * n),
	};
}

static void packed_weights_have_no_more_rows(void **state)
{
	static const double bits[] = {16, 4, 2, 8};
	struct cim_array array = serial;
	array.weight_bits = 2;
	(void)state;
	for (size_t b = 0; b < 4; b++)
		for (int m = 1; m <= 16; m *= 4) {
			struct sim_kernel kernel = record(m, 512, 2048, bits[b]);
			struct cim_product product = cim_product_of(&array, &kernel);
			if (bits[b] != 8)
				assert_near(product.k, 2048, 1e-9);
			double cells = product.n * product.k * product.weight_bits;
			/* 8 bits in a bf16 record look like twice the rows: within the doubt */
			assert_near(product.m, bits[b] == 8 ? 2 * m : m, 1e-9);
			assert_near(cells, 512 * 2048 * bits[b], 1);
		}
}

/* A gate leaves half of the outputs: 4-bit weights are not read as 2 bits of half as many rows. */
static void gated_products_keep_their_rows(void **state)
{
	(void)state;
	for (int m = 1; m <= 128; m *= 2) {
		struct sim_kernel kernel = record(m, 512, 2048, 4);
		kernel.act_write_bytes /= 2;
		struct cim_product product = cim_product_of(&serial, &kernel);
		assert_near(product.m, m, 1e-9);
		kernel = record(m, 512, 2048, 16);
		kernel.act_write_bytes /= 2;
		product = cim_product_of(&serial, &kernel);
		assert_near(product.m, m, 1e-9);
	}
}

static void tables_take_the_weights_they_are_built_for(void **state)
{
	const struct cim_array array = tables();
	(void)state;
	for (int m = 1; m <= 16; m *= 4) {
		struct sim_kernel kernel = record(m, 512, 2048, 4);
		struct cim_product product = cim_product_of(&array, &kernel);
		assert_near(product.m, m, 1e-9);
		assert_near(product.n, 512, 1e-9);
		assert_near(product.k, 2048, 1e-9);
	}
}

static void attention_takes_the_cache_for_weights(void **state)
{
	(void)state;
	/* 4 queries on one key head of 64, 100 tokens, 16 bits: keys and values 12800 */
	const struct sim_kernel kernel = {
		.op = SIM_OP_ATTENTION,
		.family = SIM_FAMILY_ATTN,
		.dtype = SIM_DTYPE_BF16,
		.flops = 4 * 4 * 64 * 100,
		.kv_read_bytes = 2 * 2 * 64 * 100,
		.act_read_bytes = 2 * 4 * 64,
		.act_write_bytes = 2 * 4 * 64,
	};
	struct cim_product product = cim_product_of(&serial, &kernel);
	assert_near(product.m, 4, 1e-9);
	assert_near(product.n * product.k, 12800, 1e-6);
	/* two activations: one of them goes into the cells */
	struct sim_kernel both = record(8, 64, 64, 16);
	both.act_read_bytes += both.weight_bytes;
	both.weight_bytes = 0;
	product = cim_product_of(&serial, &both);
	assert_true(product.m >= 1 && product.n * product.k >= 64 * 64);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(fills_are_counted_in_whole_macros),
		cmocka_unit_test(inputs_go_in_bit_by_bit),
		cmocka_unit_test(two_buffers_hide_all_but_the_ends),
		cmocka_unit_test(tables_are_built_once_for_a_batch),
		cmocka_unit_test(tables_against_bit_serial),
		cmocka_unit_test(repeated_patterns_skip_lookups),
		cmocka_unit_test(more_is_never_faster),
		cmocka_unit_test(more_macros_are_never_slower),
		cmocka_unit_test(packed_weights_have_no_more_rows),
		cmocka_unit_test(gated_products_keep_their_rows),
		cmocka_unit_test(tables_take_the_weights_they_are_built_for),
		cmocka_unit_test(attention_takes_the_cache_for_weights),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
