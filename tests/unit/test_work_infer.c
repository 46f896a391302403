/*
 * What is inferred where only dims are known, and what is not: each rule with a kernel that tells
 * and with one that does not, which must stay opaque.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include <cmocka.h>

#include "tests/unit/work_fixture.h"
#include "traces/work_infer.h"

#define VECTOR "void at::native::vectorized_elementwise_kernel<4, "
#define NOCAST "void at::native::elementwise_kernel<128, 4, at::native::gpu_kernel_impl_nocast<"
#define CASTS "void at::native::unrolled_elementwise_kernel<"
#define REDUCE(vector, type)                                                                       \
	"void at::native::reduce_kernel<512, " vector ", at::native::ReduceOp<" type               \
	", at::native::MeanOps<float, float, float, float>, unsigned int, float, 4, 4> >(int)"
#define ADD_BF16 VECTOR "at::native::CUDAFunctor_add<c10::BFloat16>, std::array<char*, 3ul> >(int)"
#define TO_FLOAT                                                                                   \
	CASTS "at::native::direct_copy_kernel_cuda(at::TensorIteratorBase&)::{lambda()#3}::"       \
	      "operator()() const::{lambda(float)#1}, at::native::memory::LoadWithCast<1>, "       \
	      "at::native::memory::StoreWithCast<1> >(int)"
#define TO_INT                                                                                     \
	CASTS "at::native::direct_copy_kernel_cuda(at::TensorIteratorBase&)::{lambda()#3}::"       \
	      "operator()() const::{lambda(int)#1}, at::native::memory::LoadWithCast<1>, "         \
	      "at::native::memory::StoreWithCast<1> >(int)"
#define SDPA "cudnn_generated_fort_native_sdpa_sm80_flash_fprop_wmma_f16_knob_35_kernel0_0"
#define FLASH                                                                                      \
	"void pytorch_flash::flash_fwd_kernel<Flash_fwd_kernel_traits<128, 64, "                   \
	"cutlass::half_t> >(int)"
#define CAT2                                                                                       \
	"void at::native::(anonymous namespace)::CatArrayBatchedCopy<at::native::(anonymous "      \
	"namespace)::OpaqueType<2u>, unsigned int, 4, 64, 64>(char*)"
#define SELECT                                                                                     \
	"void at::native::(anonymous namespace)::indexSelectSmallIndex<c10::BFloat16, long, "      \
	"unsigned int, 2, 2, -2>(int)"
#define GATHER "void at::native::vectorized_gather_kernel<16, long>(char*)"

/* A kernel alone, or after one that adds bf16 tensors of BEFORE elements. */
struct row {
	const char *op, *name, *dims;
	uint32_t grid[2], threads[2];
	unsigned before;
	uint64_t weight, read, written; /* 0, 0, 0: opaque */
	uint8_t dtype;
};

#define B SIM_DTYPE_BF16
#define H SIM_DTYPE_F16
#define S SIM_DTYPE_F32

/* clang-format off */
static const struct row rows[] = {
	{"aten::mm", "nvjet_tst_64x8_64x16_2x1_v_bz_TNT", "[[1,64],[64,32]]", {4, 1}, {128, 1}, 0, 4096, 128, 64, B},
	{"aten::mm", "nvjet_sm90_hsh_64x8_64x16_2x1_v_bz_TNT", "[[1,64],[64,32]]", {4, 1}, {128, 1}, 0, 4096, 128, 64, H},
	{"aten::mm", "nvjet_hss_64x8_64x16_2x1_v_bz_TNT", "[[1,64],[64,32]]", {4, 1}, {128, 1}, 0, 0, 0, 0, 0},
	{"aten::mm", "ampere_bf16_s16816gemm_bf16_64x64_tn", "[[1,64],[64,32]]", {4, 1}, {128, 1}, 0, 4096, 128, 64, B},
	{"aten::mm", "ampere_fp16_s16816gemm_fp16_64x64_tn", "[[1,64],[64,32]]", {4, 1}, {128, 1}, 0, 4096, 128, 64, H},
	{"aten::mm", "ampere_sgemm_32x32_tn", "[[1,64],[64,32]]", {4, 1}, {128, 1}, 0, 8192, 256, 128, S},
	{"aten::mm", "sm80_xmma_gemm_f16bf16_tn", "[[1,64],[64,32]]", {4, 1}, {128, 1}, 0, 0, 0, 0, 0},
	{"aten::mm", "sm90_xmma_gemm_e4m3bf16_bf16_tn", "[[1,64],[64,32]]", {4, 1}, {128, 1}, 0, 0, 0, 0, 0},
	{"aten::mm", "some_gemm", "[[1,64],[64,32]]", {4, 1}, {128, 1}, 64, 0, 0, 0, 0},
	{"aten::_scaled_mm", "nvjet_tst_64x8_64x16_2x1_v_bz_TNT", "[[1,64],[64,32],[],[]]", {4, 1}, {128, 1}, 0, 0, 0, 0, 0},
	/* operands of products of activations may be expanded */
	{"aten::bmm", "ampere_sgemm_32x32_tn", "[[2,1,64],[2,64,32]]", {4, 1}, {128, 1}, 0, 0, 512 + 16384, 256, S},
	{"aten::bmm", "ampere_sgemm_32x32_tn", "[[2,1,4096],[2,4096,1024]]", {4, 1}, {128, 1}, 0, 0, 0, 0, 0},
	/* attention: which 16 bits, and whether the cache is whole */
	{"aten::_cudnn_attention_forward", SDPA, "[[1,8,1,64],[1,2,99,64],[1,2,99,64],[]]", {8, 1}, {128, 1}, 64, 0, 1024, 1024, B},
	{"aten::_cudnn_attention_forward", SDPA, "[[1,8,1,64],[1,2,99,64],[1,2,99,64],[]]", {8, 1}, {128, 1}, 0, 0, 0, 0, 0},
	{"aten::_cudnn_attention_forward", SDPA, "[[1,8,1,64],[1,8,99,64],[1,8,99,64],[]]", {8, 1}, {128, 1}, 64, 0, 0, 0, 0},
	{"aten::_cudnn_attention_forward", SDPA, "[[1,8,1,64],[1,2,99,64],[1,2,99,64],[1,8,1,99]]", {8, 1}, {128, 1}, 64, 0, 0, 0, 0},
	{"aten::_flash_attention_forward", FLASH, "[[1,1,8,64],[1,99,2,64],[1,99,2,64],[]]", {8, 1}, {128, 1}, 0, 0, 1024, 1024, H},
	/* pointwise */
	{"aten::add", ADD_BF16, "[[4,64],[4,64],[]]", {1, 1}, {128, 1}, 0, 0, 1024, 512, B},
	{"aten::ge", VECTOR "at::native::compare_scalar_kernel<long>(at::TensorIteratorBase&)::{lambda(long)#1}, std::array<char*, 2ul> >(int)", "[[8],[]]", {1, 1}, {128, 1}, 0, 0, 64, 8, SIM_DTYPE_I64},
	{"aten::mul", VECTOR "at::native::AUnaryFunctor<double, float, float, at::native::binary_internal::MulFunctor<float> >, std::array<char*, 2ul> >(int)", "[[8],[]]", {1, 1}, {128, 1}, 0, 0, 32, 32, S},
	{"aten::mul", NOCAST "at::native::BinaryFunctor<c10::BFloat16, c10::BFloat16, c10::BFloat16, at::native::binary_internal::MulFunctor<float> > >(int)", "[[4,64],[4,1]]", {1, 1}, {128, 1}, 0, 0, 520, 512, B},
	{"aten::masked_fill_", NOCAST "at::native::(anonymous namespace)::masked_fill_kernel(at::TensorIterator&, c10::Scalar const&)::{lambda()#1}::operator()() const::{lambda(c10::BFloat16, bool)#1}>(int)", "[[4,64],[4,1],[]]", {1, 1}, {128, 1}, 0, 0, 516, 512, B},
	{"aten::mul", "void at::native::elementwise_kernel<128, 4, at::native::gpu_kernel_impl<at::native::BinaryFunctor<float, float, float, f> > >(int)", "[[4,64],[4,1]]", {1, 1}, {128, 1}, 0, 0, 0, 0, 0},
	{"aten::mul", VECTOR "at::native::AUnaryFunctor<float, float, float, f>, std::array<char*, 2ul> >(int)", "[[8],[8]]", {1, 1}, {128, 1}, 0, 0, 0, 0, 0},
	{"aten::mul", VECTOR "at::native::SomeFunctor, std::array<char*, 2ul> >(int)", "[[8],[8]]", {1, 1}, {128, 1}, 0, 0, 0, 0, 0},
	{"aten::add", ADD_BF16, "[[4,64],[4,64],[],[4,64]]", {1, 1}, {128, 1}, 0, 0, 0, 0, 0},
	/* whole where vectorized, or small, or just written; else maybe expanded */
	{"aten::neg", VECTOR "f::{lambda(float)#1}, std::array<char*, 2ul> >(int)", "[[1,524288]]", {1, 1}, {128, 1}, 0, 0, 2097152, 2097152, S},
	{"aten::neg", NOCAST "f::{lambda(float)#1}>(int)", "[[1,524288]]", {1, 1}, {128, 1}, 0, 0, 0, 0, 0},
	{"aten::neg", NOCAST "f::{lambda(float)#1}>(int)", "[[1,524288]]", {1, 1}, {128, 1}, 524288, 0, 2097152, 2097152, S},
	/* casts */
	{"aten::copy_", TO_FLOAT, "[[4,64],[4,64],[]]", {1, 1}, {128, 1}, 256, 0, 512, 1024, B},
	{"aten::copy_", TO_FLOAT, "[[4,64],[4,64],[]]", {1, 1}, {128, 1}, 257, 0, 0, 0, 0},
	{"aten::copy_", TO_FLOAT, "[[4,64],[4,64],[]]", {1, 1}, {128, 1}, 0, 0, 0, 0, 0},
	{"aten::copy_", TO_FLOAT, "[[1,64],[1,64],[]]", {1, 1}, {128, 1}, 64, 0, 0, 0, 0},
	{"aten::copy_", TO_INT, "[[4,64],[4,64],[]]", {1, 1}, {128, 1}, 256, 0, 0, 0, 0},
	{"aten::copy_", VECTOR "at::native::bfloat16_copy_kernel_cuda(at::TensorIteratorBase&)::{lambda(float)#1}, std::array<char*, 2ul> >(int)", "[[4,64],[4,64],[]]", {1, 1}, {128, 1}, 0, 0, 1024, 512, S},
	{"aten::copy_", VECTOR "at::native::other_copy_kernel_cuda(at::TensorIteratorBase&)::{lambda(float)#1}, std::array<char*, 2ul> >(int)", "[[4,64],[4,64],[]]", {1, 1}, {128, 1}, 0, 0, 0, 0, 0},
	/* joined along what differs; which 16 bits is told by others */
	{"aten::cat", CAT2, "[[[1,8,1,32],[1,8,1,32]],[]]", {1, 1}, {128, 1}, 64, 0, 1024, 1024, B},
	{"aten::cat", CAT2, "[[[1,8,1,32],[1,8,1,32]],[]]", {1, 1}, {128, 1}, 0, 0, 0, 0, 0},
	{"aten::cat", CAT2, "[[[1,8,1,32],[1,9,2,32]],[]]", {1, 1}, {128, 1}, 64, 0, 0, 0, 0},
	{"aten::cat", CAT2, "[[[4,524288],[4,1]],[]]", {1, 1}, {128, 1}, 64, 0, 0, 0, 0},
	/* rows by index: a thread an element of a slice */
	{"aten::index_select", SELECT, "[[1000,2048],[],[3]]", {16, 1}, {128, 1}, 0, 3 * 4096, 24, 3 * 4096, B},
	{"aten::index_select", SELECT, "[[1000,2048],[],[3]]", {8, 1}, {128, 1}, 0, 0, 3000 * 2 + 24, 3000 * 2, B},
	{"aten::index_select", SELECT, "[[1000,2048],[],[3]]", {9, 1}, {128, 1}, 0, 0, 0, 0, 0},
	{"aten::index_select", SELECT, "[[1000,1001],[],[3]]", {8, 1}, {128, 1}, 0, 0, 0, 0, 0},
	{"aten::index", GATHER, "[[9,2048],[]]", {3, 1}, {256, 1}, 64, 0, 3 * 4096 + 24, 3 * 4096, B},
	{"aten::index", GATHER, "[[9,2048],[]]", {3, 2}, {256, 1}, 64, 0, 0, 0, 0},
	{"aten::index", GATHER, "[[9,2048],[]]", {3, 1}, {256, 1}, 0, 0, 0, 0, 0},
	/* reductions: the one dimension whose grid this is */
	{"aten::mean", REDUCE("1", "float"), "[[16,1,3072],[],[],[]]", {1, 1}, {32, 16}, 0, 0, 196608, 64, S},
	{"aten::mean", REDUCE("1", "float"), "[[1,1,4,128],[],[],[]]", {1, 1}, {32, 4}, 0, 0, 2048, 16, S},
	{"aten::mean", REDUCE("4", "float"), "[[1,8,2048],[],[],[]]", {4, 1}, {32, 4}, 0, 0, 65536, 8192, S},
	{"aten::mean", REDUCE("1", "float"), "[[4,4,128],[],[],[]]", {3, 1}, {32, 4}, 0, 0, 0, 0, 0},
	{"aten::mean", REDUCE("1", "float"), "[[1,4,3],[],[],[]]", {1, 1}, {4, 1}, 0, 0, 0, 0, 0},
	{"aten::mean", REDUCE("1", "float"), "[[16,3072],[]]", {1, 1}, {512, 1}, 0, 0, 196608, 4, S},
	/* scalars that nothing tells */
	{"aten::topk", "void at::native::sbtopk::gatherTopK<float, unsigned int, 1, false>(int)", "[[1,128],[],[],[],[]]", {1, 1}, {128, 1}, 0, 0, 0, 0, 0},
	{"aten::arange", "void (anonymous namespace)::elementwise_kernel_with_index<int, f>(int)", "[[],[],[],[0]]", {1, 1}, {64, 1}, 0, 0, 0, 0, 0},
	{"aten::histc", "void at::cuda::kernelHistogram1D<int, int, long, 1, 2, -1>(int)", "[[8],[],[],[]]", {1, 1}, {64, 1}, 0, 0, 0, 0, 0},
	{"aten::_softmax", "void (anonymous namespace)::softmax_warp_forward<c10::BFloat16, float, float, 7, false, false>(float*)", "[[1,128],[],[]]", {1, 1}, {32, 4}, 0, 0, 256, 512, B},
	{"aten::fill_", VECTOR "at::native::FillFunctor<int>, std::array<char*, 1ul> >(int)", "[[128],[]]", {1, 1}, {128, 1}, 0, 0, 0, 512, SIM_DTYPE_I32},
};
/* clang-format on */

static void each_kernel_tells_or_stays_opaque(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		const struct row *row = &rows[i];
		struct fixture fixture;
		char shape[128], dims[64];
		fixture_init(&fixture);
		snprintf(dims, sizeof(dims), "[[%u],[%u],[]]|||", row->before, row->before);
		if (row->before > 0)
			fixture_add(&fixture, ADD_BF16, "aten::add", dims, 1, 1, 128);
		snprintf(shape, sizeof(shape), "%s|||", row->dims);
		size_t at = fixture_add(&fixture, row->name, row->op, shape, row->grid[0],
					row->grid[1], row->threads[0]);
		fixture.details[at].block[1] = row->threads[1];
		fixture_derive(&fixture);
		const struct sim_kernel *kernel = &fixture.kernels[at];
		bool opaque = (kernel->flags & SIM_KERNEL_OPAQUE) != 0;
		bool wanted = row->weight + row->read + row->written == 0;
		uint64_t written = opaque ? 0 : kernel->act_write_bytes;
		if (opaque != wanted ||
		    (!opaque &&
		     (kernel->weight_bytes != row->weight || kernel->act_read_bytes != row->read ||
		      written != row->written || kernel->dtype != row->dtype)))
			fail_msg("row %zu: %s by %.60s, %s: opaque %d, weight %lu, read %lu, "
				 "written %lu, type %u",
				 i, row->op, row->name, row->dims, opaque,
				 (unsigned long)kernel->weight_bytes,
				 (unsigned long)kernel->act_read_bytes, (unsigned long)written,
				 kernel->dtype);
		fixture_fini(&fixture);
	}
}

/* As many heads as queries have: a whole cache if that is what was appended to. */
static void an_append_tells_whose_cache_it_is(void **state)
{
	struct fixture fixture;
	(void)state;
	fixture_init(&fixture);
	fixture_add(&fixture, ADD_BF16, "aten::add", "[[4],[4],[]]|||", 1, 1, 128);
	fixture_add(&fixture, CAT2, "aten::cat", "[[[1,8,98,64],[1,8,1,64]],[]]|||", 1, 1, 128);
	fixture_add(&fixture, SDPA, "aten::_cudnn_attention_forward",
		    "[[1,8,1,64],[1,8,99,64],[1,8,99,64],[]]|||", 8, 1, 128);
	fixture_add(&fixture, SDPA, "aten::_cudnn_attention_forward",
		    "[[1,16,1,64],[1,16,99,64],[1,16,99,64],[]]|||", 8, 1, 128);
	fixture_derive(&fixture);
	assert_int_equal(fixture.kernels[1].op, SIM_OP_KV_WRITE);
	assert_int_equal(fixture.kernels[1].kv_read_bytes, 8 * 98 * 64 * 2);
	assert_int_equal(fixture.kernels[2].kv_read_bytes, 2 * 8 * 99 * 64 * 2);
	assert_true(fixture.kernels[3].flags & SIM_KERNEL_OPAQUE);
	fixture_fini(&fixture);
}

/* Types that are told are not inferred anew, and leave no trace for later kernels. */
static void told_types_are_taken_as_they_are(void **state)
{
	struct fixture fixture;
	(void)state;
	fixture_init(&fixture);
	fixture_add(&fixture, "nvjet_tst_64x8_64x16_2x1_v_bz_TNT", "aten::mm",
		    "[[1,64],[64,32]]|[\"float\",\"float\"]||", 4, 1, 128);
	fixture_add(&fixture, TO_FLOAT, "aten::copy_", "[[1,32],[1,32],[]]|||", 1, 1, 128);
	fixture_derive(&fixture);
	assert_int_equal(fixture.kernels[0].dtype, SIM_DTYPE_F32);
	assert_true(fixture.kernels[1].flags & SIM_KERNEL_OPAQUE);
	fixture_fini(&fixture);
}

static void names_tell_types(void **state)
{
	struct work_signature signature;
	uint8_t types[WORK_NAME_TYPES];
	(void)state;
	assert_int_equal(work_name_types("f<int, long, Foo<int>>", "f<", types), 2);
	assert_int_equal(types[1], SIM_DTYPE_I64);
	assert_int_equal(work_name_types("f<int, long", "f<", types), 1);
	assert_int_equal(work_name_types("f<", "f<", types), 0);
	assert_int_equal(work_name_types("g", "f<", types), 0);
	assert_int_equal(work_name_types("f<int, int, int, int, int>", "f<", types),
			 WORK_NAME_TYPES);
	assert_int_equal(work_name_lambda_types("{lambda()#1}{lambda(float, bool)#2}", types), 2);
	assert_int_equal(work_name_lambda_types("{lambda(char*, int)#1}", types), 0);
	assert_int_equal(work_name_lambda_types("{lambda(float", types), 0);
	assert_false(work_name_signature("{lambda(float)#1}", &signature));
	assert_int_equal(work_name_width("OpaqueType<16u>"), 0);
	assert_int_equal(work_name_width("OpaqueType<8>"), 8);
	assert_int_equal(work_name_width("OpaqueType<"), 0);
	assert_int_equal(work_name_gemm_type("nvjet_"), SIM_DTYPE_UNKNOWN);
	assert_int_equal(work_name_gemm_type("nvjet_sm"), SIM_DTYPE_UNKNOWN);
	assert_int_equal(work_name_half("MMA_64x8_F32BF16BF16_SS half_t"), SIM_DTYPE_BF16);
	assert_int_equal(work_name_half("cudnn_f16_engine"), SIM_DTYPE_UNKNOWN);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(each_kernel_tells_or_stays_opaque),
		cmocka_unit_test(an_append_tells_whose_cache_it_is),
		cmocka_unit_test(told_types_are_taken_as_they_are),
		cmocka_unit_test(names_tell_types),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
