/* A trace as a whole: state between kernels, routing of experts, what is lacking, equal to one by
 * one. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "tests/unit/work_fixture.h"
#include "traces/work_rules.h"

#define POINT "void at::native::vectorized_elementwise_kernel<4, f>(int)"
#define TOPK "void at::native::sbtopk::gatherTopK<float, unsigned int, 1, false>(int)"
#define GROUPED "_ZN7cutlass13device_kernelIN2at4cuda6detail17GroupProblemShapeIN4cute"
#define REDUCE "void cublasLt::splitKreduce_kernel<32, 16>(int)"
#define B "\"c10::BFloat16\""
#define GROUPED_TYPES "|[" B "," B ",\"int\"]||"

static double distance(double a, double b)
{
	return a > b ? a - b : b - a;
}

static void touched_experts_follow_the_equation(void **state)
{
	(void)state;
	assert_true(work_experts_touched(128, 1, 8) == 8.0);
	assert_true(work_experts_touched(128, 0, 8) == 0.0);
	assert_true(work_experts_touched(8, 3, 8) == 8.0);
	/* E (1 - (1 - k/E)^B) by hand: 4 (1 - (1/2)^2) = 3, 128 (1 - (15/16)^2) = 15.5 */
	assert_true(distance(work_experts_touched(4, 2, 2), 3.0) < 1e-12);
	assert_true(distance(work_experts_touched(128, 2, 8), 15.5) < 1e-12);
	assert_true(work_experts_touched(128, UINT64_MAX, 8) <= 128.0);
}

static void experts_are_read_as_routed(void **state)
{
	struct fixture fixture;
	(void)state;
	fixture_init(&fixture);
	/* 2 tokens of 8 in 128, then 16 rows; then 5 rows that no routing explains */
	fixture_add(
		&fixture, TOPK, "aten::topk",
		"[[2,128],[],[],[],[]]|[\"float\",\"Scalar\",\"Scalar\",\"Scalar\",\"Scalar\"]||"
		"[\"\",\"8\",\"-1\",\"True\",\"True\"]",
		1, 1, 128);
	fixture_add(&fixture, GROUPED, "aten::_grouped_mm",
		    "[[16,2048],[128,2048,1536],[128]]" GROUPED_TYPES, 132, 1, 384);
	fixture_add(&fixture, GROUPED, "aten::_grouped_mm",
		    "[[1,2048],[128,2048,1536],[128]]" GROUPED_TYPES, 132, 1, 384);
	/* a vocabulary's top-k is no routing */
	fixture_add(&fixture, TOPK, "aten::topk",
		    "[[2,50000],[]]|[\"float\",\"Scalar\"]||[\"\",\"8\"]", 1, 1, 128);
	fixture_add(&fixture, GROUPED, "aten::_grouped_mm",
		    "[[16,2048],[128,2048,1536],[128]]" GROUPED_TYPES, 132, 1, 384);
	fixture_derive(&fixture);
	const uint64_t expert = UINT64_C(2048) * 1536 * 2;
	assert_int_equal(fixture.kernels[0].op, SIM_OP_ROUTING);
	assert_int_equal(fixture.kernels[1].op, SIM_OP_GROUPED_GEMM);
	assert_int_equal(fixture.kernels[1].weight_bytes, expert * 31 / 2);
	assert_int_equal(fixture.kernels[2].weight_bytes, expert);
	assert_int_equal(fixture.kernels[3].op, SIM_OP_SAMPLING);
	assert_int_equal(fixture.kernels[4].weight_bytes, expert * 31 / 2);
	assert_int_equal(fixture.details[1].m, 16);
	assert_int_equal(fixture.details[1].n, 1536);
	assert_int_equal(fixture.details[1].k, 2048);
	assert_int_equal(fixture.trace.lacks, 0);
	fixture_fini(&fixture);
}

/* A split GEMM without a telling name is known by the reduction after it. */
static void partial_results_pass_to_the_reduction(void **state)
{
	static const char shape[] = "[[1,64],[64,256]]|[" B "," B "]||";
	struct fixture fixture;
	(void)state;
	fixture_init(&fixture);
	fixture_add(&fixture, "ampere_bf16_s16816gemm_bf16_64x64_tn", "aten::mm", shape, 4, 1, 128);
	fixture.details[0].grid[2] = 3;
	fixture_add(&fixture, REDUCE, "aten::mm", shape, 4, 1, 512);
	fixture.details[1].op_part = 1;
	/* another instance of the op: its reduction is not the first one's */
	fixture_add(&fixture, "ampere_bf16_s16816gemm_bf16_64x64_tn", "aten::mm", shape, 4, 1, 128);
	fixture_add(&fixture, POINT, "aten::neg", "[[4]]|[\"float\"]||", 1, 1, 128);
	fixture_derive(&fixture);
	assert_int_equal(fixture.kernels[0].act_write_bytes, 3 * 256 * 4);
	assert_int_equal(fixture.kernels[0].weight_bytes, 64 * 256 * 2);
	assert_int_equal(fixture.kernels[1].act_read_bytes, 3 * 256 * 4);
	assert_int_equal(fixture.kernels[1].act_write_bytes, 256 * 2);
	assert_int_equal(fixture.kernels[2].act_write_bytes, 256 * 2);
	fixture_fini(&fixture);
}

static void hot_inputs_are_small_and_fresh(void **state)
{
	struct fixture fixture;
	(void)state;
	fixture_init(&fixture);
	fixture_add(&fixture, POINT, "aten::neg", "[[4194304]]|[\"float\"]||", 1, 1, 128);
	fixture_add(&fixture, POINT, "aten::neg", "[[4194305]]|[\"float\"]||", 1, 1, 128);
	fixture_add(&fixture, POINT, "aten::neg", "[[4]]|[\"float\"]||", 1, 1, 128);
	fixture_add(&fixture, "unheard_of", "", "", 1, 1, 128);
	fixture_add(&fixture, POINT, "aten::neg", "[[4]]|[\"float\"]||", 1, 1, 128);
	fixture_add(&fixture, POINT, "aten::neg", "[[4]]|[\"float\"]||", 1, 1, 128);
	fixture_derive(&fixture);
	static const bool hot[] = {false, true, false, false, false, true};
	for (size_t i = 0; i < sizeof(hot) / sizeof(hot[0]); i++)
		assert_int_equal((fixture.kernels[i].flags & SIM_KERNEL_INPUT_HOT) != 0, hot[i]);
	fixture_fini(&fixture);
}

static void copies_take_their_recorded_size(void **state)
{
	struct fixture fixture;
	(void)state;
	fixture_init(&fixture);
	for (size_t i = 0; i < 2; i++) {
		fixture_add(&fixture, "Memcpy DtoD (Device -> Device)", "", "", 0, 0, 0);
		fixture.kernels[i].act_write_bytes = 64 << i;
	}
	fixture_add(&fixture, "Memcpy HtoD (Pinned -> Device)", "aten::copy_",
		    "[[8],[8],[]]|[\"int\",\"int\",\"Scalar\"]||", 0, 0, 0);
	fixture_add(&fixture, "Memset (Device)", "", "", 0, 0, 0);
	fixture.kernels[3].act_write_bytes = 4;
	fixture.kernels[3].flags = SIM_KERNEL_HOST_RECORDED | SIM_KERNEL_OPAQUE;
	fixture.kernels[3].host_ns = 77;
	fixture_add(&fixture, "Memset (Device)", "aten::mm", "[[1,8],[8,4]]|[" B "," B "]||", 0, 0,
		    0);
	fixture_derive(&fixture);
	for (size_t i = 0; i < 2; i++) {
		assert_int_equal(fixture.kernels[i].act_read_bytes, 64 << i);
		assert_int_equal(fixture.kernels[i].act_write_bytes, 64 << i);
		assert_int_equal(fixture.kernels[i].op, SIM_OP_MEMCPY);
	}
	assert_int_equal(fixture.kernels[2].act_read_bytes, 32);
	assert_int_equal(fixture.kernels[2].family, SIM_FAMILY_MEMCPY_HOST);
	assert_true(fixture.kernels[2].flags & SIM_KERNEL_COPY_ENGINE);
	assert_int_equal(fixture.kernels[3].act_write_bytes, 4);
	assert_int_equal(fixture.kernels[3].act_read_bytes, 0);
	assert_int_equal(fixture.kernels[3].host_ns, 77);
	assert_int_equal(fixture.kernels[3].flags & ~SIM_KERNEL_INPUT_HOT,
			 SIM_KERNEL_HOST_RECORDED);
	assert_true(fixture.kernels[4].flags & SIM_KERNEL_OPAQUE);
	fixture_fini(&fixture);
}

static void what_is_lacking_is_said(void **state)
{
	struct fixture fixture;
	(void)state;
	fixture_init(&fixture);
	fixture_derive(&fixture);
	assert_int_equal(fixture.trace.lacks, 0);

	fixture_add(&fixture, "nvjet_sm90", "", "", 1, 1, 128);
	fixture.trace.lacks = 1u << TRACE_LACK_CLOCKS | 1u << TRACE_LACK_SOME_WORK;
	fixture_derive(&fixture);
	assert_int_equal(fixture.trace.lacks, 1u << TRACE_LACK_CLOCKS | 1u << TRACE_LACK_SHAPES);
	assert_int_equal(fixture.kernels[0].recorded_ps, 1000000);
	assert_int_equal(fixture.kernels[0].family, SIM_FAMILY_GEMM);

	fixture_add(&fixture, POINT, "aten::neg", "[[4]]|[\"float\"]||", 1, 1, 128);
	fixture_derive(&fixture);
	assert_int_equal(fixture.trace.lacks, 1u << TRACE_LACK_CLOCKS | 1u << TRACE_LACK_SOME_WORK);
	fixture.measured[0].duration_ns = -5;
	fixture_derive(&fixture);
	assert_int_equal(fixture.kernels[0].recorded_ps, 0);
	fixture_fini(&fixture);
}

/* Memory of earlier kernels must not show: the same as deriving each kernel anew. */
static void repetition_changes_nothing(void **state)
{
	static const char *const kernels[][3] = {
		{TOPK, "aten::topk", "[[1,128],[]]|[\"float\",\"Scalar\"]||[\"\",\"8\"]"},
		{GROUPED, "aten::_grouped_mm", "[[8,64],[128,64,32],[128]]" GROUPED_TYPES},
		{"nvjet_64x8_splitK", "aten::mm", "[[1,64],[64,256]]|[" B "," B "]||"},
		{REDUCE, "aten::mm", "[[1,64],[64,256]]|[" B "," B "]||"},
		{POINT, "aten::neg", "[[256]]|[\"float\"]||"},
		{"unheard_of", "", ""},
		{TOPK, "aten::topk", "[[2,128],[]]|[\"float\",\"Scalar\"]||[\"\",\"4\"]"},
		{GROUPED, "aten::_grouped_mm", "[[8,64],[128,64,32],[128]]" GROUPED_TYPES},
	};
	enum { COUNT = sizeof(kernels) / sizeof(kernels[0]), ROUNDS = 6 };
	struct fixture all, single;
	struct work_context context = {.device = &fixture_h100};
	(void)state;
	fixture_init(&all);
	fixture_init(&single);
	for (size_t i = 0; i < COUNT * ROUNDS; i++) {
		const char *const *k = kernels[i % COUNT];
		fixture_add(&all, k[0], k[1], k[2], 4, 1, 128);
		fixture_add(&single, k[0], k[1], k[2], 4, 1, 128);
		all.details[i].op_part = single.details[i].op_part = i % COUNT == 3;
	}
	fixture_derive(&all);
	for (size_t i = 0; i < COUNT * ROUNDS; i++) {
		context.reduction_follows = i % COUNT == 2;
		single.kernels[i].recorded_ps = (uint64_t)single.measured[i].duration_ns * 1000;
		work_derive(&single.trace.names, &context, &single.details[i], &single.kernels[i]);
		assert_memory_equal(&single.kernels[i], &all.kernels[i], sizeof(all.kernels[i]));
		assert_memory_equal(&single.details[i], &all.details[i], sizeof(all.details[i]));
	}
	assert_int_not_equal(all.kernels[1].weight_bytes, all.kernels[7].weight_bytes);
	assert_int_equal(all.kernels[1].weight_bytes, all.kernels[COUNT + 1].weight_bytes);
	fixture_fini(&all);
	fixture_fini(&single);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(touched_experts_follow_the_equation),
		cmocka_unit_test(experts_are_read_as_routed),
		cmocka_unit_test(partial_results_pass_to_the_reduction),
		cmocka_unit_test(hot_inputs_are_small_and_fresh),
		cmocka_unit_test(copies_take_their_recorded_size),
		cmocka_unit_test(what_is_lacking_is_said),
		cmocka_unit_test(repetition_changes_nothing),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
