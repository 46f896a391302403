/*
 * Derived bytes against measured ones: GEMV and lm_head within 3 % of dram__bytes_read.sum, the
 * split-K and split-KV partial results within what any kernel reads besides its operands.
 *
 * Rows are of ncu-llama-3.2-1b.csv.gz and ncu-qwen2.5-7b.csv.gz (Nsight Compute, raw page, H100
 * SXM, eager decode step at context 2048, caches flushed before each kernel): the first kernel of
 * each name and grid. Shapes are those of the same kernels in the -shapes traces.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include <cmocka.h>

#include "tests/unit/work_fixture.h"

#define BF16_2 "|[\"c10::BFloat16\",\"c10::BFloat16\"]||"
#define BF16_3 "|[\"c10::BFloat16\",\"c10::BFloat16\",\"c10::BFloat16\",\"Scalar\",\"Scalar\"]||"

/* clang-format off */
static const struct {
	const char *name, *op, *shape;
	uint32_t grid[2];
	uint64_t dram_read_bytes;
} gemms[] = {
	/* ncu-llama-3.2-1b.csv.gz */
	{"nvjet_sm90_tst_64x8_64x16_4x1_v_bz_TNT", "aten::mm", "[[1,2048],[2048,2048]]" BF16_2, {4, 8}, 8409088},
	{"nvjet_sm90_tst_8x64_64x16_4x1_v_bz_TNN", "aten::mm", "[[1,2048],[2048,512]]" BF16_2, {4, 16}, 2121216},
	{"nvjet_sm90_tst_64x8_64x16_2x1_v_bz_TNT", "aten::mm", "[[1,2048],[2048,8192]]" BF16_2, {2, 64}, 33576960},
	{"nvjet_sm90_tst_64x8_64x16_2x1_v_bz_splitK_TNT", "aten::mm", "[[1,8192],[8192,2048]]" BF16_2, {2, 64}, 33588992},
	{"nvjet_sm90_tst_384x8_64x4_2x1_v_bz_TNT", "aten::mm", "[[1,2048],[2048,128256]]" BF16_2, {2, 66}, 525390848},
	/* ncu-qwen2.5-7b.csv.gz */
	{"nvjet_sm90_tst_64x8_64x16_4x1_v_bz_bias_TNT", "aten::addmm", "[[3584],[1,3584],[3584,3584],[],[]]" BF16_3, {4, 14}, 25721344},
	{"nvjet_sm90_tst_64x8_64x16_4x1_v_bz_splitK_bias_TNT", "aten::addmm", "[[512],[1,3584],[3584,512],[],[]]" BF16_3, {4, 4}, 3693312},
	{"nvjet_sm90_tst_64x8_64x16_4x1_v_bz_TNT", "aten::mm", "[[1,3584],[3584,3584]]" BF16_2, {4, 14}, 25713408},
	{"nvjet_sm90_tst_256x8_64x6_4x1_v_bz_TNT", "aten::mm", "[[1,3584],[3584,18944]]" BF16_2, {4, 19}, 135822080},
	{"nvjet_sm90_tst_64x8_64x16_2x1_v_bz_splitK_TNT", "aten::mm", "[[1,18944],[18944,3584]]" BF16_2, {2, 66}, 135857920},
	{"nvjet_sm90_tst_384x8_64x4_2x1_v_bz_TNT", "aten::mm", "[[1,3584],[3584,152064]]" BF16_2, {2, 66}, 1090085120},
};
/* clang-format on */

static void gemm_reads_are_within_three_percent(void **state)
{
	struct fixture fixture;
	(void)state;
	fixture_init(&fixture);
	for (size_t i = 0; i < sizeof(gemms) / sizeof(gemms[0]); i++)
		fixture_add(&fixture, gemms[i].name, gemms[i].op, gemms[i].shape, gemms[i].grid[0],
			    gemms[i].grid[1], 384);
	fixture_derive(&fixture);
	for (size_t i = 0; i < fixture.trace.kernel_count; i++) {
		const struct sim_kernel *kernel = &fixture.kernels[i];
		double derived = (double)(kernel->weight_bytes + kernel->act_read_bytes);
		double error = derived / (double)gemms[i].dram_read_bytes - 1.0;
		assert_int_equal(kernel->op, SIM_OP_GEMM);
		if (error > 0.03 || error < -0.03)
			fail_msg("%s %s: derived %.0f, measured %.0f", gemms[i].name,
				 gemms[i].shape, derived, (double)gemms[i].dram_read_bytes);
		/* nothing reads less from memory than the weights */
		assert_true(kernel->weight_bytes <= gemms[i].dram_read_bytes);
	}
	fixture_fini(&fixture);
}

static uint64_t reads_of_second(const char *first, const char *second, const char *op,
				const char *shape, uint32_t x, uint32_t y)
{
	struct fixture fixture;
	fixture_init(&fixture);
	fixture_add(&fixture, first, op, shape, x, y, 384);
	fixture_add(&fixture, second, op, shape, 64, 1, 512);
	fixture.details[1].op_part = 1;
	fixture_derive(&fixture);
	uint64_t bytes = fixture.kernels[1].act_read_bytes;
	assert_int_equal(bytes, fixture.kernels[0].act_write_bytes);
	assert_true(fixture.kernels[1].flags & SIM_KERNEL_INPUT_HOT);
	assert_int_equal(fixture.kernels[1].weight_bytes, 0);
	assert_int_equal(fixture.kernels[1].kv_read_bytes, 0);
	fixture_fini(&fixture);
	return bytes;
}

static void assert_reads(uint64_t derived, uint64_t measured)
{
	enum { CODE_AND_CONSTANTS = 15 * 1024 };
	assert_true(derived <= measured);
	assert_true(measured - derived <= CODE_AND_CONSTANTS);
}

static void partial_results_follow_from_the_grid(void **state)
{
	static const char reduce[] = "void cublasLt::splitKreduce_kernel<32, 16, int, float>(int)";
	static const char combine[] = "void cudnn::fusion::lean_reduction_kernel<false>(void*)";
	static const char types[] = "|[\"c10::BFloat16\",\"c10::BFloat16\",\"c10::BFloat16\"]||";
	char shape[160];
	(void)state;
	assert_reads(reads_of_second(gemms[3].name, reduce, gemms[3].op, gemms[3].shape, 2, 64),
		     41216);
	assert_reads(reads_of_second(gemms[6].name, reduce, gemms[6].op, gemms[6].shape, 4, 4),
		     15360);
	assert_reads(reads_of_second(gemms[9].name, reduce, gemms[9].op, gemms[9].shape, 2, 66),
		     109312);
	snprintf(shape, sizeof(shape), "[[1,32,1,64],[1,8,2050,64],[1,8,2050,64]]%s", types);
	assert_reads(reads_of_second("cudnn_generated_fort_native_sdpa_sm80_flash_fprop", combine,
				     "aten::_cudnn_attention_forward", shape, 16, 8),
		     149504);
	snprintf(shape, sizeof(shape), "[[1,28,1,128],[1,4,2050,128],[1,4,2050,128]]%s", types);
	assert_reads(reads_of_second("cudnn_generated_fort_native_sdpa_sm80_flash_fprop", combine,
				     "aten::_cudnn_attention_forward", shape, 16, 4),
		     247040);
}

/* launch__occupancy_limit_*: the least of blocks, registers, shared memory and warps. */
static void occupancy_is_the_profilers(void **state)
{
	static const struct {
		uint32_t threads, registers, shared_bytes;
		unsigned blocks;
	} rows[] = {
		{128, 32, 0, 16}, {64, 16, 0, 32},	{128, 38, 0, 12},     {128, 80, 25600, 6},
		{128, 23, 0, 16}, {512, 32, 2064, 4},	{128, 18, 0, 16},     {384, 168, 164308, 1},
		{512, 25, 0, 4},  {128, 34, 0, 12},	{128, 120, 45376, 4}, {256, 32, 8320, 8},
		{128, 40, 0, 12}, {128, 183, 86336, 2}, {512, 32, 8208, 4},
	};
	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct trace_detail detail = {.block = {rows[i].threads, 1, 1},
					      .registers = rows[i].registers,
					      .shared_bytes = rows[i].shared_bytes};
		assert_int_equal(work_blocks_per_sm(&fixture_h100, &detail), rows[i].blocks);
	}
}

static void occupancy_of_the_unknown_is_zero(void **state)
{
	struct trace_detail detail = {.block = {128, 1, 1}};
	struct trace_device device = {.sm_count = 132};
	(void)state;
	assert_int_equal(work_blocks_per_sm(NULL, &detail), 0);
	assert_int_equal(work_blocks_per_sm(&device, &detail), 0);
	detail.block[0] = 0;
	assert_int_equal(work_blocks_per_sm(&fixture_h100, &detail), 0);
	detail.block[0] = UINT32_MAX;
	detail.block[1] = UINT32_MAX;
	detail.block[2] = UINT32_MAX;
	detail.registers = UINT32_MAX;
	assert_int_equal(work_blocks_per_sm(&fixture_h100, &detail), 1);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(gemm_reads_are_within_three_percent),
		cmocka_unit_test(partial_results_follow_from_the_grid),
		cmocka_unit_test(occupancy_is_the_profilers),
		cmocka_unit_test(occupancy_of_the_unknown_is_zero),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
