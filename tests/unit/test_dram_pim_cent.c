/*
 * CENT's token times (ASPLOS 2025 artifact, simulation_results.csv): Llama-2-7B on 8 devices, a block
 * as PIM + CXL + accelerators. Nothing is fitted; its simulator never refreshes (its MAC-only trace
 * takes 1024 x 226 clocks), so refresh is put out of reach here.
 */
#include "tests/unit/validate_fixture.h"

#include "hwmodels/dram_pim.h"

struct row {
	const char *parallel;
	double context, pim_us, cxl_us, acc_us, block_us, embed_us, token_ms;
};

static const struct row rows[] = {
	{"op.devices=8", 2048, 32.581, 4.296, 8.93, 45.807, 11.263, 1.6271},
	{"op.devices=8", 4096, 47.729, 4.296, 15.97, 67.995, 11.263, 2.3371},
	{"op.devices=1", 2048, 78.067, 3.253, 8.93, 90.249, 62.319, 3.1003},
	{"op.devices=1", 4096, 100.447, 3.253, 15.97, 119.669, 62.319, 4.0417},
};
enum { ROWS = sizeof(rows) / sizeof(rows[0]), LAYERS = 32 };
static const double hidden = 4096, wide = 11008, heads = 32, vocabulary = 32000;

/* The published parts against each other: exact in every row. */
static void the_sum_rule_holds(void **state)
{
	(void)state;
	for (size_t i = 0; i < ROWS; i++) {
		const struct row *row = &rows[i];
		double block = row->pim_us + row->cxl_us + row->acc_us;
		double token = LAYERS * row->block_us / 1e3 + row->embed_us / 1e3 + 0.15;
		assert_true(fabs(block / row->block_us - 1) < 1e-4);
		assert_true(fabs(token / row->token_ms - 1) < 1e-4);
	}
}

static double gemv_us(const struct dram_pim *pim, double n, double k)
{
	return dram_pim_gemv_cycles(pim, 1, n, k, 16) * pim->timing.tck_s * 1e6;
}

static double moved_us(const struct dram_pim *pim, double values)
{
	return values * 2 / pim->access_bytes_per_s * 1e6;
}

static double products_us(const struct dram_pim *pim)
{
	return 4 * gemv_us(pim, hidden, hidden) + 2 * gemv_us(pim, wide, hidden) +
	       gemv_us(pim, hidden, wide);
}

/* Commands and moves of a block: products, attention, two norms, a rotation of two, a gate. */
static double pim_us(const struct dram_pim *pim, const struct dram_attention *attention)
{
	double scores = heads * attention->length, clocks = 4 * pim->vector_fixed;
	clocks += dram_pim_attention_cycles(pim, attention);
	return products_us(pim) + clocks * pim->timing.tck_s * 1e6 + moved_us(pim, 6 * scores) +
	       moved_us(pim, pim->vector_passes * (2 * hidden + 2 * hidden + wide));
}

static double acc_us(const struct dram_pim *pim, const struct dram_attention *attention)
{
	double moves = moved_us(pim, 6 * heads * attention->length);
	return dram_pim_softmax_s(pim, attention) * 1e6 - moves +
	       2 * hidden / pim->scalar_per_s * 1e6;
}

static double link_us(const struct dram_pim *pim, double n, double k)
{
	double values = k + n / pim->parallel * (pim->parallel - 1);
	return 2 * pim->link_latency_s * 1e6 + values * 2 / pim->link_bytes_per_s * 1e6;
}

static double cxl_us(const struct dram_pim *pim)
{
	return 4 * link_us(pim, hidden, hidden) + 2 * link_us(pim, wide, hidden) +
	       link_us(pim, hidden, wide);
}

static void assert_near(const char *what, const struct row *row, double got, double printed,
			double tolerance)
{
	double error = got / printed - 1;
	if (getenv("DRAM_PIM_PRINT") != NULL)
		print_message("%s L=%.0f %-6s %8.3f printed %8.3f %+6.2f %%\n", row->parallel,
			      row->context, what, got, printed, 100 * error);
	if (!(fabs(error) <= tolerance))
		fail_msg("%s L=%.0f, %s: %g, printed %g", row->parallel, row->context, what, got,
			 printed);
}

static void tokens_are_within_three_percent(void **state)
{
	(void)state;
	for (size_t i = 0; i < ROWS; i++) {
		const struct row *row = &rows[i];
		struct hw_device device;
		struct sim_diag diag;
		const char *sets[] = {row->parallel, "refi=1000000"};
		diag_init(&diag);
		if (device_load("cent-8", sets, 2, &device, &diag) != SIM_OK)
			fail_msg("%s", diag.text);
		const struct dram_pim *pim = dram_pim_of(&device.machine);
		struct dram_attention attention = {heads, 1, row->context, 128};
		double parts[] = {pim_us(pim, &attention), cxl_us(pim), acc_us(pim, &attention)};
		double block = parts[0] + parts[1] + parts[2];
		double head = gemv_us(pim, vocabulary, hidden);
		double embed = head + gemv_us(pim, hidden, vocabulary);
		assert_near("PIM", row, parts[0], row->pim_us, 0.03);
		assert_near("CXL", row, parts[1], row->cxl_us, 0.2);
		assert_near("Acc", row, parts[2], row->acc_us, 0.05);
		assert_near("block", row, block, row->block_us, 0.03);
		assert_near("embed", row, embed, row->embed_us, 0.1);
		assert_near("token", row,
			    LAYERS * block / 1e3 + embed / 1e3 + pim->sampling_s * 1e3,
			    row->token_ms, 0.03);
		device_fini(&device);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_sum_rule_holds),
		cmocka_unit_test(tokens_are_within_three_percent),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
