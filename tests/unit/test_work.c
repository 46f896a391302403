/* Work of single kernels: an op with operands in, class, dims, flops and bytes out. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "tests/unit/work_fixture.h"

#define POINT "void at::native::vectorized_elementwise_kernel<4, f>(int)"
#define STRIDED "void at::native::elementwise_kernel<128, 4, f>(int)"
#define REDUCE "void at::native::reduce_kernel<512, 1, at::native::ReduceOp<float> >(int)"
#define CAT "void at::native::(anonymous namespace)::CatArrayBatchedCopy<OpaqueType<2u>, 4>(int)"
#define CUDNN "cudnn_generated_fort_native_sdpa_sm80_flash_fprop_kernel0_0"
#define B "\"c10::BFloat16\""

enum { EL = SIM_OP_ELEMENTWISE };

struct expected {
	const char *name, *op, *shape;
	uint32_t grid, threads;
	uint8_t class, family, dtype;
	uint64_t weight, kv_read, kv_write, act_read, act_write, flops;
};

/* clang-format off */
static const struct expected rows[] = {
	/* GEMM */
	{"nvjet_x_64x8_TNT", "aten::mm", "[[16,3072],[3072,8192]]|[" B "," B "]||", 128, 384,
	 SIM_OP_GEMM, SIM_FAMILY_GEMM, SIM_DTYPE_BF16, 50331648, 0, 0, 98304, 262144, 805306368},
	{"", "aten::mm", "[[1,8],[8,4],[1,4]]|[" B "," B "," B "]||", 1, 32,
	 SIM_OP_GEMM, SIM_FAMILY_GEMM, SIM_DTYPE_BF16, 64, 0, 0, 16, 8, 64},
	{"nvjet_bias", "aten::addmm", "[[4],[1,8],[8,4],[],[]]|[" B "," B "," B ",\"Scalar\",\"Scalar\"]||", 1, 32,
	 SIM_OP_GEMM, SIM_FAMILY_GEMM, SIM_DTYPE_BF16, 72, 0, 0, 16, 8, 64},
	{"nvjet", "aten::addmm", "[[2,4],[2,8],[8,4],[],[]]|[" B "," B "," B ",\"Scalar\",\"Scalar\"]||", 1, 32,
	 SIM_OP_GEMM, SIM_FAMILY_GEMM, SIM_DTYPE_BF16, 64, 0, 0, 48, 16, 128},
	{"nvjet", "aten::linear", "[[2,3,8],[4,8],[4]]|[" B "," B "," B "]||", 1, 32,
	 SIM_OP_GEMM, SIM_FAMILY_GEMM, SIM_DTYPE_BF16, 72, 0, 0, 96, 48, 384},
	{"nvjet", "aten::matmul", "[[2,1,8],[2,8,4]]|[" B "," B "]||", 1, 32,
	 SIM_OP_GEMM, SIM_FAMILY_GEMM, SIM_DTYPE_BF16, 0, 0, 0, 160, 16, 128},
	{"void cutlass::Kernel2<cutlass_80_simt_sgemm_128x32_8x5_tn_align1>(int)", "aten::bmm", "[[1,64,1],[1,1,1]]|[\"float\",\"float\"]||", 1, 128,
	 SIM_OP_GEMM, SIM_FAMILY_GEMM_SIMT, SIM_DTYPE_F32, 0, 0, 0, 260, 256, 128},
	{"gemv2T_kernel_val", "aten::mv", "[[4,8],[8]]|[" B "," B "]||", 1, 32,
	 SIM_OP_GEMM, SIM_FAMILY_GEMM, SIM_DTYPE_BF16, 64, 0, 0, 16, 8, 64},
	{"tinygemm_m16n8k16", "aten::_weight_int4pack_mm", "[[1,4096],[512,32,32,4],[],[32,4096,2]]|[" B ",\"int\",\"Scalar\"," B "]||", 1, 32,
	 SIM_OP_GEMM, SIM_FAMILY_GEMM, SIM_DTYPE_INT4, 8912896, 0, 0, 8192, 8192, 33554432},
	{"nvjet", "aten::_scaled_mm", "[[1,32],[32,16],[1],[1],[],[],[]]|[\"c10::Float8_e4m3fn\",\"c10::Float8_e4m3fn\",\"float\",\"float\",\"\",\"\",\"Scalar\"]||[\"\",\"\",\"\",\"\",\"\",\"\",\"15\"]", 1, 32,
	 SIM_OP_GEMM, SIM_FAMILY_GEMM, SIM_DTYPE_FP8, 516, 0, 0, 36, 32, 1024},
	/* attention */
	{CUDNN, "aten::_cudnn_attention_forward", "[[1,32,1,64],[1,8,2050,64],[1,8,2050,64],[]]|[" B "," B "," B ",\"\"]||", 128, 128,
	 SIM_OP_ATTENTION, SIM_FAMILY_ATTN, SIM_DTYPE_BF16, 0, 4198400, 0, 4096, 4096, 16793600},
	{"void pytorch_flash::flash_fwd_kernel<64>(int)", "aten::_flash_attention_forward", "[[2,4,8,64],[2,4,2,64],[2,4,2,64],[5]]|[" B "," B "," B ",\"int\"]||", 8, 128,
	 SIM_OP_ATTENTION, SIM_FAMILY_ATTN, SIM_DTYPE_BF16, 0, 4096, 0, 8192, 8192, 65536},
	{"void pytorch_flash::flash_fwd_splitkv_kernel<64>(int)", "aten::_flash_attention_forward", "[[1,1,8,64],[1,512,2,64],[1,512,2,64]]|[" B "," B "," B "]||", 32, 128,
	 SIM_OP_ATTENTION, SIM_FAMILY_ATTN, SIM_DTYPE_BF16, 0, 262144, 0, 1024, 8448, 1048576},
	{"fmha_cutlassF_bf16_aligned(int)", "aten::_efficient_attention_forward", "[[1,1,8,64],[1,512,8,64],[1,512,8,64],[1,8,1,512]]|[" B "," B "," B "," B "]|[[512,512,64,1],[65536,128,0,1],[65536,128,0,1],[512,0,512,1]]|", 8, 128,
	 SIM_OP_ATTENTION, SIM_FAMILY_ATTN, SIM_DTYPE_BF16, 0, 131072, 0, 2048, 1024, 1048576},
	/* KV cache */
	{CAT, "aten::cat", "[[[1,8,100,64],[1,8,1,64]],[]]|[\"TensorList\",\"Scalar\"]||[\"\",\"-2\"]", 2, 512,
	 SIM_OP_KV_WRITE, SIM_FAMILY_CAT, SIM_DTYPE_BF16, 0, 102400, 103424, 1024, 0, 0},
	{CAT, "aten::cat", "[[[1,32,1,32],[1,32,1,32]],[]]|[\"TensorList\",\"Scalar\"]||[\"\",\"-1\"]", 2, 512,
	 SIM_OP_COPY, SIM_FAMILY_CAT, SIM_DTYPE_BF16, 0, 0, 0, 4096, 4096, 0},
	{STRIDED, "aten::clone", "[[1,8,4,2176,64],[]]|[" B ",\"Scalar\"]|[[1114112,139264,0,64,1],[]]|", 17408, 128,
	 SIM_OP_KV_WRITE, SIM_FAMILY_ELEMENTWISE_STRIDED, SIM_DTYPE_BF16, 0, 2228224, 8912896, 0, 0, 0},
	{"void at::native::index_elementwise_kernel<128, 4, at::native::index_copy_kernel_impl<int> >(int)", "aten::index_copy_",
	 "[[1,8,640,64],[],[1],[1,8,1,64]]|[" B ",\"Scalar\",\"long int\"," B "]||[\"\",\"2\",\"\",\"\"]", 1, 128,
	 SIM_OP_KV_WRITE, SIM_FAMILY_SCATTER, SIM_DTYPE_BF16, 0, 0, 1024, 1032, 0, 0},
	{"void vllm::reshape_and_cache_flash_kernel<a>(int)", "_C_cache_ops::reshape_and_cache_flash",
	 "[[3,1,64],[3,1,64],[99,16,1,64],[99,16,1,64],[3]]|[" B "," B ",\"unsigned char\",\"unsigned char\",\"long int\"]||", 3, 64,
	 SIM_OP_KV_WRITE, SIM_FAMILY_SCATTER, SIM_DTYPE_U8, 0, 0, 384, 792, 0, 0},
	/* copies */
	{"void at::native::unrolled_elementwise_kernel<at::native::direct_copy_kernel_cuda>(int)", "aten::copy_", "[[1,1,4096],[1,1,4096],[]]|[\"float\"," B ",\"Scalar\"]||", 8, 128,
	 SIM_OP_COPY, SIM_FAMILY_ELEMENTWISE_CAST, SIM_DTYPE_BF16, 0, 0, 0, 8192, 16384, 0},
	{STRIDED, "aten::_to_copy", "[[4],[]]|[" B ",\"Scalar\"]||[\"\",\"6\"]", 8, 128,
	 SIM_OP_COPY, SIM_FAMILY_ELEMENTWISE_STRIDED, SIM_DTYPE_BF16, 0, 0, 0, 8, 16, 0},
	/* pointwise */
	{STRIDED, "aten::mul", "[[16,1,3072],[16,1,1]]|[\"float\",\"float\"]||", 1, 128,
	 EL, SIM_FAMILY_ELEMENTWISE_STRIDED, SIM_DTYPE_F32, 0, 0, 0, 196672, 196608, 49152},
	{POINT, "aten::mul", "[[8,1],[1,4]]|[\"float\"," B "]||", 1, 128,
	 EL, SIM_FAMILY_ELEMENTWISE_PARTIAL, SIM_DTYPE_F32, 0, 0, 0, 40, 128, 32},
	{POINT, "aten::mul", "[[8],[8],[8]]|[\"float\",\"float\"," B "]||", 1, 128,
	 EL, SIM_FAMILY_ELEMENTWISE_PARTIAL, SIM_DTYPE_F32, 0, 0, 0, 64, 16, 8},
	{POINT, "aten::div_", "[[1,8],[1,1]]|[\"float\",\"float\"]||", 1, 128,
	 EL, SIM_FAMILY_ELEMENTWISE_MATH, SIM_DTYPE_F32, 0, 0, 0, 36, 32, 32},
	{POINT, "aten::ge", "[[8],[]]|[\"long int\",\"Scalar\"]||", 1, 128,
	 EL, SIM_FAMILY_ELEMENTWISE_PARTIAL, SIM_DTYPE_I64, 0, 0, 0, 64, 8, 8},
	{POINT, "aten::div", "[[8],[]]|[\"long int\",\"long int\"]||", 1, 128,
	 EL, SIM_FAMILY_ELEMENTWISE_MATH, SIM_DTYPE_I64, 0, 0, 0, 64, 32, 32},
	{POINT, "aten::where", "[[1,4],[8,4],[]]|[\"bool\"," B "," B "]||", 1, 128,
	 EL, SIM_FAMILY_ELEMENTWISE_PARTIAL, SIM_DTYPE_BF16, 0, 0, 0, 68, 64, 32},
	{STRIDED, "aten::masked_fill_", "[[8,2048],[8,1],[]]|[" B ",\"bool\",\"Scalar\"]||", 1, 128,
	 EL, SIM_FAMILY_ELEMENTWISE_STRIDED, SIM_DTYPE_BF16, 0, 0, 0, 32776, 32768, 16384},
	{"", "aten::silu", "[[1,1,8192]]|[" B "]||", 1, 128,
	 EL, SIM_FAMILY_ELEMENTWISE_MATH, SIM_DTYPE_BF16, 0, 0, 0, 16384, 16384, 98304},
	{"", "aten::fill_", "[[128],[]]|[\"int\",\"Scalar\"]||", 1, 128,
	 EL, SIM_FAMILY_FILL, SIM_DTYPE_I32, 0, 0, 0, 0, 512, 0},
	{"", "aten::arange", "[[],[],[],[0]]|[\"Scalar\",\"Scalar\",\"Scalar\",\"long int\"]||[\"0\",\"8\",\"3\",\"\"]", 1, 64,
	 EL, SIM_FAMILY_FILL, SIM_DTYPE_I64, 0, 0, 0, 0, 24, 6},
	/* by index */
	{"", "aten::embedding", "[[128256,2048],[1,3]]|[" B ",\"long int\"]||", 1, 128,
	 SIM_OP_GATHER, SIM_FAMILY_GATHER, SIM_DTYPE_BF16, 12288, 0, 0, 24, 12288, 0},
	{"", "aten::index_select", "[[128256,2048],[],[16]]|[" B ",\"Scalar\",\"long int\"]||[\"\",\"0\",\"\"]", 1, 128,
	 SIM_OP_GATHER, SIM_FAMILY_GATHER, SIM_DTYPE_BF16, 65536, 0, 0, 128, 65536, 0},
	{"void at::native::vectorized_gather_kernel<16, long>(char*)", "aten::index", "[[1,2048],[]]|[" B ",\"\"]||", 8, 256,
	 SIM_OP_GATHER, SIM_FAMILY_GATHER_VECTOR, SIM_DTYPE_BF16, 0, 0, 0, 32832, 32768, 0},
	{"", "aten::_index_put_impl_", "[[8],[],[8],[],[]]|[\"long int\",\"\",\"long int\",\"Scalar\",\"Scalar\"]||", 1, 128,
	 SIM_OP_GATHER, SIM_FAMILY_SCATTER, SIM_DTYPE_I64, 0, 0, 0, 128, 64, 0},
	/* rows */
	{REDUCE, "aten::mean", "[[16,1,3072],[],[],[]]|[\"float\",\"ScalarList\",\"Scalar\",\"\"]||[\"\",\"[-1]\",\"True\",\"\"]", 16, 512,
	 SIM_OP_REDUCE, SIM_FAMILY_REDUCE, SIM_DTYPE_F32, 0, 0, 0, 196608, 64, 49152},
	{REDUCE, "aten::sum", "[[1,8,2048],[],[],[]]|[" B ",\"ScalarList\",\"Scalar\",\"\"]||[\"\",\"[1]\",\"False\",\"\"]", 4, 128,
	 SIM_OP_REDUCE, SIM_FAMILY_REDUCE, SIM_DTYPE_BF16, 0, 0, 0, 32768, 4096, 16384},
	{"void at::native::reduce_kernel<512, 1, at::native::ReduceOp<c10::BFloat16, at::native::ArgMaxOps<float> > >(int)", "aten::argmax",
	 "[[16,128256],[],[]]|[" B ",\"Scalar\",\"Scalar\"]||[\"\",\"-1\",\"True\"]", 16, 512,
	 SIM_OP_SAMPLING, SIM_FAMILY_ARGMAX, SIM_DTYPE_BF16, 0, 0, 0, 4104192, 128, 2052096},
	{"", "aten::_softmax", "[[2,128],[],[]]|[" B ",\"Scalar\",\"Scalar\"]||[\"\",\"-1\",\"True\"]", 1, 128,
	 SIM_OP_SOFTMAX, SIM_FAMILY_SOFTMAX, SIM_DTYPE_BF16, 0, 0, 0, 512, 1024, 2560},
	{"", "aten::cumsum", "[[128],[],[]]|[\"int\",\"Scalar\",\"Scalar\"]||[\"\",\"0\",\"4\"]", 1, 128,
	 SIM_OP_ROUTING, SIM_FAMILY_SCAN, SIM_DTYPE_I32, 0, 0, 0, 512, 1024, 128},
	{"", "aten::histc", "[[8],[],[],[]]|[\"int\",\"Scalar\",\"Scalar\",\"Scalar\"]||[\"\",\"128\",\"0\",\"127\"]", 1, 128,
	 SIM_OP_ROUTING, SIM_FAMILY_HISTOGRAM, SIM_DTYPE_I32, 0, 0, 0, 32, 512, 8},
	/* fused */
	{"", "aten::rms_norm", "[[1,1,2048],[],[2048],[]]|[" B ",\"ScalarList\"," B ",\"Scalar\"]||", 1, 128,
	 SIM_OP_NORM, SIM_FAMILY_NORM, SIM_DTYPE_BF16, 4096, 0, 0, 4096, 4096, 8192},
	{"void vllm::rotary_embedding_kernel<a>(int)", "_C::rotary_embedding", "[[2],[2,128],[2,64],[],[4096,64],[]]|[\"long int\"," B "," B ",\"Scalar\"," B ",\"Scalar\"]||", 2, 64,
	 SIM_OP_ROPE, SIM_FAMILY_ROPE, SIM_DTYPE_BF16, 0, 0, 0, 1040, 768, 1152},
	/* validate/bench/decode */
	{"decode_add_rms_norm(int)", "decode::add_rms_norm", "[[2,64],[2,64],[64]]|[" B "," B "," B "]||", 2, 256,
	 SIM_OP_NORM, SIM_FAMILY_NORM, SIM_DTYPE_BF16, 128, 0, 0, 512, 512, 640},
	{"decode_rope_append(int)", "decode::rope_append", "[[3,64],[64],[8],[8],[4],[3,2,99,8],[3,2,99,8]]|[" B "," B "," B "," B ",\"float\"," B "," B "]||", 3, 32,
	 SIM_OP_ROPE, SIM_FAMILY_ROPE, SIM_DTYPE_BF16, 160, 0, 192, 400, 192, 1200},
	{"decode_rope_append(int)", "decode::rope_append", "[[3,64],[],[],[],[4],[3,2,99,8],[3,2,99,8]]|[" B ",\"\",\"\",\"\",\"float\"," B "," B "]||", 3, 32,
	 SIM_OP_ROPE, SIM_FAMILY_ROPE, SIM_DTYPE_BF16, 0, 0, 192, 400, 192, 432},
	{"decode_silu_mul(int)", "decode::silu_mul", "[[2,64],[2,128]]|[" B "," B "]||", 2, 256,
	 EL, SIM_FAMILY_ELEMENTWISE_MATH, SIM_DTYPE_BF16, 0, 0, 0, 512, 256, 1536},
	{"triton_poi_fused_add_cos_sin_0", "triton_poi_fused_add_cos_sin_0", "[[10,10],[10,10],[10,10],[]]|[\"float\",\"float\",\"float\",\"Scalar\"]||", 1, 128,
	 EL, SIM_FAMILY_FUSED, SIM_DTYPE_F32, 0, 0, 0, 800, 400, 400},
};
/* clang-format on */

static void one(const struct expected *row, struct sim_kernel *kernel, struct trace_detail *detail)
{
	struct fixture fixture;
	struct work_context context = {.device = &fixture_h100};
	fixture_init(&fixture);
	size_t i =
		fixture_add(&fixture, row->name, row->op, row->shape, row->grid, 1, row->threads);
	work_derive(&fixture.trace.names, &context, &fixture.details[i], &fixture.kernels[i]);
	*kernel = fixture.kernels[i];
	*detail = fixture.details[i];
	fixture_fini(&fixture);
}

static void ops_do_what_their_operands_say(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		const struct expected *row = &rows[i];
		struct sim_kernel k;
		struct trace_detail detail;
		one(row, &k, &detail);
		if (k.flags & SIM_KERNEL_OPAQUE || k.op != row->class || k.family != row->family ||
		    k.dtype != row->dtype || k.weight_bytes != row->weight ||
		    k.kv_read_bytes != row->kv_read || k.kv_write_bytes != row->kv_write ||
		    k.act_read_bytes != row->act_read || k.act_write_bytes != row->act_write ||
		    k.flops != row->flops)
			fail_msg("%s %s: %s %s %s%s weight %llu kv %llu %llu act %llu %llu flops "
				 "%llu",
				 row->op, row->shape, sim_op_text(k.op), sim_family_text(k.family),
				 sim_dtype_text(k.dtype),
				 k.flags & SIM_KERNEL_OPAQUE ? " opaque" : "",
				 (unsigned long long)k.weight_bytes,
				 (unsigned long long)k.kv_read_bytes,
				 (unsigned long long)k.kv_write_bytes,
				 (unsigned long long)k.act_read_bytes,
				 (unsigned long long)k.act_write_bytes,
				 (unsigned long long)k.flops);
		assert_int_equal(k.blocks, row->grid);
		assert_int_equal(k.threads, row->threads);
		assert_int_equal(k.flags, 0);
	}
}

/* Vectorized pointwise kernels part by what their time follows: full blocks, a rest, a function. */
static void pointwise_kernels_part_by_cost(void **state)
{
	static const struct expected cases[] = {
		{POINT, "aten::add", "[[1024],[1024]]|[\"float\",\"float\"]||", 1, 128,
		 .family = SIM_FAMILY_ELEMENTWISE},
		{POINT, "aten::add", "[[1025],[1025]]|[\"float\",\"float\"]||", 2, 128,
		 .family = SIM_FAMILY_ELEMENTWISE_PARTIAL},
		{POINT, "aten::rsqrt", "[[1024]]|[\"float\"]||", 1, 128,
		 .family = SIM_FAMILY_ELEMENTWISE_MATH},
		{STRIDED, "aten::rsqrt", "[[1025]]|[\"float\"]||", 3, 128,
		 .family = SIM_FAMILY_ELEMENTWISE_STRIDED},
		/* a copy has no flops to count its elements by */
		{POINT, "aten::copy_", "[[1024],[1024]]|[\"float\",\"float\"]||", 1, 128,
		 .family = SIM_FAMILY_ELEMENTWISE},
		{POINT, "aten::copy_", "[[1000],[1000]]|[\"float\",\"float\"]||", 1, 128,
		 .family = SIM_FAMILY_ELEMENTWISE_PARTIAL},
	};
	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct sim_kernel kernel;
		struct trace_detail detail;
		one(&cases[i], &kernel, &detail);
		if (kernel.family != cases[i].family)
			fail_msg("%s %s: %s", cases[i].op, cases[i].shape,
				 sim_family_text(kernel.family));
	}
}

static void attention_dims_are_told(void **state)
{
	static const struct expected row = {CUDNN, "aten::_scaled_dot_product_cudnn_attention",
					    "[[16,24,1,128],[16,8,4100,128],[16,8,4100,128]]|[" B
					    "," B "," B "]||",
					    .grid = 128, .threads = 128};
	struct sim_kernel kernel;
	struct trace_detail detail;
	(void)state;
	one(&row, &kernel, &detail);
	assert_int_equal(detail.m, 16);
	assert_int_equal(detail.n, 4100);
	assert_int_equal(detail.k, 128);
	assert_int_equal(detail.heads, 24);
	assert_int_equal(detail.kv_heads, 8);
	assert_int_equal(sim_kernel_floor_bytes(&kernel), UINT64_C(2) * 16 * 8 * 4100 * 128 * 2);
}

static void what_is_not_told_is_opaque(void **state)
{
	/* clang-format off */
	static const struct expected cases[] = {
		{"nvjet", "aten::mm", "", .family = SIM_FAMILY_GEMM},
		{"nvjet", "aten::mm", "[[1,8],[9,4]]|[" B "," B "]||", .family = SIM_FAMILY_GEMM},
		{"nvjet", "aten::mm", "[[1,8],[8,4]]", .family = SIM_FAMILY_GEMM},
		{"nvjet", "aten::mm", "[[1,8]]|[" B "]||", .family = SIM_FAMILY_GEMM},
		{"nvjet", "aten::mm", "[[1000000000,1000000000],[1000000000,100000000]]|[" B "," B "]||", .family = SIM_FAMILY_GEMM},
		{"nvjet", "aten::mm", "[[[1,8]],[8,4]]|[" B "," B "]||", .family = SIM_FAMILY_GEMM},
		{POINT, "aten::mm", "[[1,8],[8,4]]|[" B "," B "]||", .family = SIM_FAMILY_ELEMENTWISE},
		{"nvjet", "my::op", "[[1,8],[8,4]]|[" B "," B "]||", .family = SIM_FAMILY_GEMM},
		{POINT, "aten::mul", "[[3],[4]]|[\"float\",\"float\"]||", .family = SIM_FAMILY_ELEMENTWISE},
		{POINT, "aten::mul", "[[],[]]|[\"float\",\"float\"]||", .family = SIM_FAMILY_ELEMENTWISE},
		{CUDNN, "aten::_cudnn_attention_forward", "[[1,2],[1,2],[1,2]]|[" B "," B "," B "]||", .family = SIM_FAMILY_ATTN},
		{"fmhaSm100a", "vllm::unified_attention_with_output", "[[8,8,64],[8,1,64],[8,1,64]]|[" B "," B "," B "]||", .family = SIM_FAMILY_ATTN},
		{CAT, "aten::cat", "[[],[]]|[\"TensorList\",\"Scalar\"]||", .family = SIM_FAMILY_CAT},
		{"", "aten::topk", "[[1,128],[],[],[],[]]|[\"float\"]||[\"\",\"900\"]", .family = SIM_FAMILY_TOPK},
		{REDUCE, "aten::mean", "[[4,4],[]]|[\"float\",\"ScalarList\"]||[\"\",\"[7]\"]", .family = SIM_FAMILY_REDUCE},
		{"", "aten::index_select", "[[128256,2048],[],[16]]|[" B ",\"Scalar\",\"long int\"]||[\"\",\"5\",\"\"]", .family = SIM_FAMILY_GATHER},
		{"ncclDevKernel_AllReduce(int)", "record_param_comms", "[[1,8]]|[" B "]||", .family = SIM_FAMILY_COLLECTIVE},
		{"decode_rope_append(int)", "decode::rope_append", "[[3,16],[],[],[],[4],[3,2,99,8],[3,2,99,8]]|[" B ",\"\",\"\",\"\",\"float\"," B "," B "]||", .family = SIM_FAMILY_ROPE},
		{"triton_poi_fused_embedding_0", "triton_poi_fused_embedding_0", "[[128256,2048],[1]]|[" B ",\"long int\"]||", .family = SIM_FAMILY_FUSED},
		{"whatever", "", "", .family = SIM_FAMILY_UNKNOWN},
	};
	/* clang-format on */
	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct sim_kernel k;
		struct trace_detail detail;
		one(&cases[i], &k, &detail);
		if (!(k.flags & SIM_KERNEL_OPAQUE) || k.family != cases[i].family)
			fail_msg("%s %s: %s, %s", cases[i].op, cases[i].shape,
				 k.flags & SIM_KERNEL_OPAQUE ? "opaque" : "not opaque",
				 sim_family_text(k.family));
		assert_int_equal(k.weight_bytes + k.kv_read_bytes + k.kv_write_bytes +
					 k.act_read_bytes + k.act_write_bytes,
				 0);
		assert_int_equal(sim_kernel_floor_bytes(&k), 0);
	}
}

/* Every op of the tables over damaged operands: nothing but a verdict may come of it. */
static void damaged_operands_do_no_harm(void **state)
{
	static const char bytes[] = "[]\",-019| ";
	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		char text[512];
		size_t length = strlen(rows[i].shape);
		for (size_t at = 0; at < length; at++) {
			struct expected row = rows[i];
			struct sim_kernel kernel;
			struct trace_detail detail;
			memcpy(text, rows[i].shape, length + 1);
			text[at] = bytes[(at + i) % (sizeof(bytes) - 1)];
			row.shape = text;
			one(&row, &kernel, &detail);
			assert_true(kernel.weight_bytes < UINT64_C(1) << 60);
		}
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(ops_do_what_their_operands_say),
		cmocka_unit_test(pointwise_kernels_part_by_cost),
		cmocka_unit_test(attention_dims_are_told),
		cmocka_unit_test(what_is_not_told_is_opaque),
		cmocka_unit_test(damaged_operands_do_no_harm),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
