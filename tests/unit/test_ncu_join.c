/* The join of an ncu log to a trace: by occurrence within each step, and on real H100 runs. */
#include <math.h>

#include "tests/unit/trace_files.h"
#include "tests/unit/work_fixture.h"
#include "traces/ncu.h"

#define SAMPLES "traces/samples/h100/"
#define SHARED "../shared/data/h100/"

static const char long_gemv[] = "void m::n::gemv<__nv_bfloat16, 128>(int, __nv_bfloat16*)";

static void add_gemv(struct fixture *fixture, uint32_t grid)
{
	fixture_add(fixture, long_gemv, "", "", grid, 1, 128);
}

static void occurrences_count_within_a_step(void **state)
{
	struct fixture fixture;
	struct ncu_log log;
	struct ncu_join join;
	(void)state;
	fixture_init(&fixture);
	add_gemv(&fixture, 1408); /* before the first step */
	for (size_t step = 0; step < 2; step++) {
		fixture.steps[step] = (struct sim_step){
			.first = (uint32_t)fixture.trace.kernel_count, .count = 5};
		add_gemv(&fixture, 1408);
		add_gemv(&fixture, 1407); /* another grid */
		add_gemv(&fixture, 1408);
		add_gemv(&fixture, 1408); /* the log has two */
		fixture.kernels[fixture_add(&fixture, "Memcpy DtoD", "", "", 0, 0, 0)].op =
			SIM_OP_MEMCPY;
	}
	fixture.trace.step_count = 2;
	assert_int_equal(ncu_read("tests/data/valid/ncu_long.csv", &log, NULL), SIM_OK);
	assert_int_equal(ncu_join(&log, &fixture.trace, &join, NULL), SIM_OK);
	assert_int_equal(join.joined, 4);
	assert_int_equal(join.unjoined, 4);
	assert_int_equal(join.unused, 1); /* the norm */
	assert_true(isnan(join.dram_read_bytes[0]));
	for (size_t first = 1; first < 11; first += 5) {
		assert_float_equal(join.dram_read_bytes[first], 23070000, 0);
		assert_float_equal(join.dram_write_bytes[first], 11260, 0);
		assert_float_equal(join.lts_bytes[first], 1234567, 0);
		assert_false(join.found[first + 1]);
		assert_float_equal(join.dram_read_bytes[first + 2], 20e6, 0);
		assert_true(join.found[first + 2] && isnan(join.lts_bytes[first + 2]));
		assert_true(isnan(join.dram_read_bytes[first + 3]));
		assert_true(isnan(join.dram_read_bytes[first + 4]));
	}
	ncu_join_fini(&join);
	ncu_fini(&log);
	fixture_fini(&fixture);
}

static void names_agree_across_tools(void **state)
{
	static const char *const pairs[][2] = {
		{"void at::vectorized_elementwise_kernel<8, "
		 "at::CUDAFunctor_add<c10::BFloat16>>(int)",
		 "void at::native::vectorized_elementwise_kernel<8, "
		 "at::native::CUDAFunctor_add<float>, "
		 "std::array<char*, 3ul> >(int, char*)"},
		{"void at::<unnamed>::CatArrayBatchedCopy<at::<unnamed>::OpaqueType<2>, 4>(T1 *)",
		 "void at::native::(anonymous "
		 "namespace)::CatArrayBatchedCopy<at::native::(anonymous "
		 "namespace)::OpaqueType<2u>, unsigned int>(int*)"},
		{"nvjet_sm90_tst_64x8_64x16_4x1_v_bz_TNT",
		 "nvjet_sm90_tst_64x8_64x16_4x1_v_bz_TNT"},
		{"void cudnn::lean_reduction_kernel<0, 0, 0>(void *, float *)",
		 "void cudnn::fusion::lean_reduction_kernel<false, false, 0>(void*, float*)"},
	};
	char left[256], right[256];
	(void)state;
	for (size_t i = 0; i < sizeof(pairs) / sizeof(pairs[0]); i++)
		assert_string_equal(ncu_function_name(pairs[i][0], left, sizeof(left)),
				    ncu_function_name(pairs[i][1], right, sizeof(right)));
}

static bool is_gemm(unsigned family)
{
	return family == SIM_FAMILY_GEMM || family == SIM_FAMILY_GEMM_SHALLOW ||
	       family == SIM_FAMILY_GEMM_TIGHT;
}

/* Sums over the GEMM families: derived reads within 3 % of measured ones, nearly all joined. */
static void assert_gemms_agree(const struct trace *trace, const struct ncu_join *join)
{
	double derived[SIM_FAMILY_COUNT] = {0}, measured[SIM_FAMILY_COUNT] = {0};
	unsigned families = 0;
	for (size_t i = 0; i < trace->kernel_count; i++) {
		const struct sim_kernel *kernel = &trace->kernels[i];
		if (!is_gemm(kernel->family))
			continue;
		assert_true(join->found[i]);
		derived[kernel->family] += (double)(kernel->weight_bytes + kernel->act_read_bytes);
		measured[kernel->family] += join->dram_read_bytes[i];
	}
	for (unsigned i = 0; i < SIM_FAMILY_COUNT; i++) {
		if (!is_gemm(i) || measured[i] <= 0)
			continue;
		double error = derived[i] / measured[i] - 1;
		print_message("%s: reads derived %.0f, measured %.0f, %+.2f %%\n",
			      sim_family_text(i), derived[i], measured[i], 100 * error);
		assert_true(error > -0.03 && error < 0.03);
		families++;
	}
	assert_true(families >= 2);
	assert_true((double)join->joined > 0.95 * (double)(join->joined + join->unjoined));
}

static void assert_real_run(const char *csv, const char *file, size_t rows)
{
	struct trace trace;
	struct ncu_log log;
	struct ncu_join join;
	struct sim_diag diag;
	diag_init(&diag);
	if (ncu_read(csv, &log, &diag) != SIM_OK)
		fail_msg("%s", diag.text);
	assert_int_equal(log.kernel_count, rows);
	assert_int_equal(trace_read(file, &trace, &diag), SIM_OK);
	assert_int_equal(ncu_join(&log, &trace, &join, &diag), SIM_OK);
	assert_gemms_agree(&trace, &join);
	ncu_join_fini(&join);
	trace_fini(&trace);
	ncu_fini(&log);
}

static void skip_without(const char *path)
{
	if (access(path, R_OK) == 0)
		return;
	print_message("%s is not here\n", path);
	skip();
}

static void gemms_agree_on_llama(void **state)
{
	(void)state;
	skip_without(SHARED "ncu-llama-3.2-1b.csv.gz");
	assert_real_run(SHARED "ncu-llama-3.2-1b.csv.gz",
			SAMPLES "llama-3.2-1b-b1-c2048-shapes.json.gz", 695);
}

static void gemms_agree_on_qwen(void **state)
{
	(void)state;
	skip_without(SHARED "ncu-qwen2.5-7b.csv.gz");
	assert_real_run(SHARED "ncu-qwen2.5-7b.csv.gz",
			SAMPLES "qwen2.5-7b-b1-c2048-shapes.json.gz", 1255);
}

static void made_up_samples_are_read(void **state)
{
	static const char *const paths[] = {"../shared/trace-samples/ncu/made_up_long.csv",
					    "../shared/trace-samples/ncu/made_up_raw_wide.csv"};
	static const double reads[] = {23070000, 23068672};
	struct ncu_log log;
	(void)state;
	for (size_t i = 0; i < 2; i++) {
		skip_without(paths[i]);
		assert_int_equal(ncu_read(paths[i], &log, NULL), SIM_OK);
		assert_int_equal(log.kernel_count, 2);
		assert_float_equal(log.kernels[0].dram_read_bytes, reads[i], 0);
		assert_float_equal(log.kernels[1].dram_read_bytes, 4096, 0);
		assert_float_equal(log.kernels[1].duration_ns, 2432, 0);
		ncu_fini(&log);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(occurrences_count_within_a_step),
		cmocka_unit_test(names_agree_across_tools),
		cmocka_unit_test(gemms_agree_on_llama),
		cmocka_unit_test(gemms_agree_on_qwen),
		cmocka_unit_test(made_up_samples_are_read),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
