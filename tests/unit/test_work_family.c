/* Kernel names as recorded (shortened in their arguments) and the family each belongs to. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include <cmocka.h>

#include "traces/work_rules.h"

static void own_name_is_found(void **state)
{
	static const struct {
		const char *name, *base;
	} cases[] = {
		{"nvjet_sm90_tst_64x8_64x16_4x1_v_bz_TNT",
		 "nvjet_sm90_tst_64x8_64x16_4x1_v_bz_TNT"},
		{"void at::native::(anonymous "
		 "namespace)::CatArrayBatchedCopy<at::native::(anonymous "
		 "namespace)::OpaqueType<2u>, unsigned int, 4, 64, 64>(int*, int)",
		 "at::native::CatArrayBatchedCopy"},
		{"std::enable_if<(((8)>(0)))&&vllm::_typeConvert<c10::BFloat16>::exists, "
		 "void>::type "
		 "vllm::fused_add_rms_norm_kernel<c10::BFloat16, 8>(c10::BFloat16*)",
		 "vllm::fused_add_rms_norm_kernel"},
		{"void <unnamed>::elementwise_kernel_with_index<int, at::arange>(int)",
		 "elementwise_kernel_with_index"},
		{"_ZN7cutlass13device_kernelIN2at4cuda6detailE", "cutlass::device_kernel"},
		{"_ZN12_GLOBAL__N_15helloEv", "hello"},
		{"_ZN99x", "x"},
		{"_Z", ""},
		{"Memcpy DtoH (Device -> Pinned)", "Memcpy DtoH (Device -> Pinned)"},
		{"void f<(>(", "f"},
		{"", ""},
	};
	char base[256];
	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++)
		assert_string_equal(work_base_name(cases[i].name, base, sizeof(base)),
				    cases[i].base);
}

static void long_names_fit(void **state)
{
	char name[2048], base[64];
	(void)state;
	for (size_t i = 0; i + 1 < sizeof(name); i++)
		name[i] = (char)('a' + i % 26);
	name[sizeof(name) - 1] = '\0';
	work_base_name(name, base, sizeof(base));
	assert_int_equal(base[62], 'a' + 62 % 26);
	assert_int_equal(base[63], '\0');
	assert_int_equal(work_kind_of(name).family, SIM_FAMILY_UNKNOWN);
}

#define AT "void at::native::"

/* clang-format off */
static const struct {
	const char *name;
	uint8_t family;
	uint8_t op;
} kernels[] = {
	/* PyTorch 2.11 on an H100, the bundled traces */
	{AT "vectorized_elementwise_kernel<4, at::native::FillFunctor<int>, std::array<char*, 1ul> >(int)", SIM_FAMILY_FILL, SIM_OP_ELEMENTWISE},
	{AT "vectorized_elementwise_kernel<8, at::native::bfloat16_copy_kernel_cuda(at::TensorIteratorBase&)::{lambda(float)#1}>(int)", SIM_FAMILY_ELEMENTWISE, SIM_OP_COPY},
	{AT "vectorized_elementwise_kernel<8, at::native::CUDAFunctor_add<c10::BFloat16>, std::array<char*, 3ul> >(int)", SIM_FAMILY_ELEMENTWISE, SIM_OP_ELEMENTWISE},
	{AT "unrolled_elementwise_kernel<at::native::direct_copy_kernel_cuda(at::TensorIteratorBase&)::{lambda()#3}>(int)", SIM_FAMILY_ELEMENTWISE_CAST, SIM_OP_COPY},
	{AT "elementwise_kernel<128, 4, at::native::gpu_kernel_impl_nocast<at::native::neg_kernel_cuda(at::TensorIteratorBase&)> >(int)", SIM_FAMILY_ELEMENTWISE_STRIDED, SIM_OP_ELEMENTWISE},
	{AT "index_elementwise_kernel<128, 4, at::native::gpu_index_kernel<at::native::index_put_kernel_impl<at::native::OpaqueType<8> > > >(long)", SIM_FAMILY_SCATTER, SIM_OP_GATHER},
	{AT "index_elementwise_kernel<128, 4, at::native::gpu_index_kernel<at::native::index_kernel_impl<at::native::OpaqueType<2> > > >(long)", SIM_FAMILY_GATHER, SIM_OP_GATHER},
	{AT "index_elementwise_kernel<128, 4, at::native::index_copy_kernel_impl<at::native::OpaqueType<2> > >(long)", SIM_FAMILY_SCATTER, SIM_OP_GATHER},
	{"void (anonymous namespace)::elementwise_kernel_with_index<int, at::native::arange_cuda_out(c10::Scalar const&)>(int)", SIM_FAMILY_FILL, SIM_OP_ELEMENTWISE},
	{AT "(anonymous namespace)::CatArrayBatchedCopy<at::native::(anonymous namespace)::OpaqueType<2u>, unsigned int, 4, 64, 64>(int)", SIM_FAMILY_CAT, SIM_OP_COPY},
	{AT "(anonymous namespace)::CatArrayBatchedCopy_vectorized<at::native::(anonymous namespace)::OpaqueType<2u>, unsigned int, 3>(char*)", SIM_FAMILY_CAT_VECTOR, SIM_OP_COPY},
	{AT "(anonymous namespace)::CatArrayBatchedCopy_aligned16_contig<float, unsigned int, 3>(char*)", SIM_FAMILY_CAT_VECTOR, SIM_OP_COPY},
	{AT "reduce_kernel<512, 1, at::native::ReduceOp<c10::BFloat16, at::native::ArgMaxOps<float>, unsigned int, long, 4, 4> >(int)", SIM_FAMILY_ARGMAX, SIM_OP_SAMPLING},
	{AT "reduce_kernel<512, 1, at::native::ReduceOp<float, at::native::MeanOps<float, float, float, float>, unsigned int> >(int)", SIM_FAMILY_REDUCE, SIM_OP_REDUCE},
	{AT "vectorized_gather_kernel<16, long>(char*, char*, long*, int)", SIM_FAMILY_GATHER_VECTOR, SIM_OP_GATHER},
	{AT "(anonymous namespace)::indexSelectSmallIndex<c10::BFloat16, long, unsigned int, 2, 2, -2>(int)", SIM_FAMILY_GATHER, SIM_OP_GATHER},
	{AT "sbtopk::gatherTopK<float, unsigned int, 1, false>(int)", SIM_FAMILY_TOPK, SIM_OP_UNKNOWN},
	{AT "bitonicSortKVInPlace<-2, -1, 16, 16, float, long, at::native::GTOp<float, true>, unsigned int>(int)", SIM_FAMILY_SORT, SIM_OP_UNKNOWN},
	{"void (anonymous namespace)::softmax_warp_forward<float, float, float, 7, false, false>(float*)", SIM_FAMILY_SOFTMAX, SIM_OP_SOFTMAX},
	{"void at::cuda::kernelHistogram1D<int, int, long, 1, 2, -1>(int)", SIM_FAMILY_HISTOGRAM, SIM_OP_ROUTING},
	{"void at_cuda_detail::cub::detail::scan::DeviceScanKernel<int>(int)", SIM_FAMILY_SCAN, SIM_OP_UNKNOWN},
	{"void at::cuda::detail::prepare_grouped_gemm_data<cutlass::bfloat16_t>(int)", SIM_FAMILY_GEMM_SETUP, SIM_OP_ROUTING},
	{"_ZN7cutlass13device_kernelIN2at4cuda6detail25enable_3x_kernel_for_sm9xINS_4gemm6kernel13GemmUniversalINS5_17GroupProblemShapeIN4cute", SIM_FAMILY_GEMM_GROUPED, SIM_OP_GROUPED_GEMM},
	{"void cublasLt::splitKreduce_kernel<32, 16, int, float, __nv_bfloat16, float>(int)", SIM_FAMILY_SPLITK_REDUCE, SIM_OP_GEMM},
	{"nvjet_sm90_tst_64x8_64x16_4x1_v_bz_splitK_TNT", SIM_FAMILY_GEMM, SIM_OP_GEMM},
	{"void cutlass::Kernel2<cutlass_80_simt_sgemm_128x32_8x5_tn_align1>(int)", SIM_FAMILY_GEMM_SIMT, SIM_OP_GEMM},
	{"cudnn_generated_fort_native_sdpa_sm80_flash_fprop_wmma_f16_knob_35_16x128x64_1x4x1_cga1x1x1_kernel0_0", SIM_FAMILY_ATTN, SIM_OP_ATTENTION},
	{"void cudnn::fusion::lean_reduction_kernel<false, false, false>(void*, float*)", SIM_FAMILY_ATTN_COMBINE, SIM_OP_ATTENTION},
	{"triton_red_fused__to_copy__unsafe_view_add_mean_mul_pow_rsqrt_12", SIM_FAMILY_FUSED, SIM_OP_REDUCE},
	{"triton_poi_fused__scaled_dot_product_cudnn_attention__to_copy_cat_index_copy_6", SIM_FAMILY_FUSED, SIM_OP_ELEMENTWISE},
	{"triton_tem_fused_mm_0", SIM_FAMILY_FUSED, SIM_OP_GEMM},
	{"Memcpy DtoD (Device -> Device)", SIM_FAMILY_MEMCPY_DEVICE, SIM_OP_MEMCPY},
	{"Memcpy DtoH (Device -> Pinned)", SIM_FAMILY_MEMCPY_HOST, SIM_OP_MEMCPY},
	{"Memcpy HtoD (Pageable -> Device)", SIM_FAMILY_MEMCPY_HOST, SIM_OP_MEMCPY},
	{"memcpy32_post", SIM_FAMILY_MEMCPY_DEVICE, SIM_OP_MEMCPY},
	{"Memset (Device)", SIM_FAMILY_MEMSET, SIM_OP_MEMSET},
	{"void gemmk1_kernel<int, float, 256, 5, true, false, false, false>(int)", SIM_FAMILY_GEMM_SIMT, SIM_OP_GEMM},
	/* other devices and versions */
	{"ampere_bf16_s16816gemm_bf16_64x64_sliced1x2_ldg8_f2f_stages_64x6_tn", SIM_FAMILY_GEMM, SIM_OP_GEMM},
	{"ampere_sgemm_32x32_sliced1x4_tn", SIM_FAMILY_GEMM_SIMT, SIM_OP_GEMM},
	{"sm80_xmma_gemm_bf16bf16_bf16f32_f32_tn_n_tilesize64x64x64_stage4_warpsize2x2x1", SIM_FAMILY_GEMM, SIM_OP_GEMM},
	{"void cutlass::Kernel2<cutlass_80_tensorop_bf16_s16816gemm_bf16_64x64_64x6_tn_align8>(int)", SIM_FAMILY_GEMM, SIM_OP_GEMM},
	{"void gemv2T_kernel_val<int, int, __nv_bfloat16, __nv_bfloat16, float, 128, 16>(int)", SIM_FAMILY_GEMM, SIM_OP_GEMM},
	{"void gemvx::kernel<int, int, __nv_bfloat16, __nv_bfloat16, __nv_bfloat16, float, false, true>(int)", SIM_FAMILY_GEMM, SIM_OP_GEMM},
	{"void gemvNSP_kernel<__nv_bfloat16, __nv_bfloat16, __nv_bfloat16, float, 1, 32, 4, 1024>(int)", SIM_FAMILY_GEMM, SIM_OP_GEMM},
	{"void dot_kernel<float, 128, 0, cublasDotParams<cublasGemvTensorStridedBatched<__nv_bfloat16 const> > >(int)", SIM_FAMILY_GEMM, SIM_OP_GEMM},
	{"void reduce_1Block_kernel<float, 128, 7, cublasGemvTensorStridedBatched<float> >(int)", SIM_FAMILY_SPLITK_REDUCE, SIM_OP_GEMM},
	{"Cijk_Alik_Bljk_BBS_BH_Bias_HA_S_SAV_UserArgs_MT64x32x256_MI16x16x1", SIM_FAMILY_GEMM, SIM_OP_GEMM},
	{"void pytorch_flash::flash_fwd_kernel<pytorch_flash::Flash_fwd_kernel_traits<64, 128, 128, 4> >(int)", SIM_FAMILY_ATTN, SIM_OP_ATTENTION},
	{"void pytorch_flash::flash_fwd_splitkv_kernel<pytorch_flash::Flash_fwd_kernel_traits<128, 64> >(int)", SIM_FAMILY_ATTN, SIM_OP_ATTENTION},
	{"void pytorch_flash::flash_fwd_splitkv_combine_kernel<pytorch_flash::Flash_fwd_kernel_traits<128, 64> >(int)", SIM_FAMILY_ATTN_COMBINE, SIM_OP_ATTENTION},
	{"fmha_cutlassF_bf16_aligned_64x128_rf_sm80(PyTorchMemEffAttention::AttentionKernel<cutlass::bfloat16_t>::Params)", SIM_FAMILY_ATTN, SIM_OP_ATTENTION},
	{"void cutlass::device_kernel<flash::enable_sm90<flash::FlashAttnFwdSm90<flash::CollectiveMainloopFwdSm90<2> > > >(int)", SIM_FAMILY_ATTN, SIM_OP_ATTENTION},
	{"void cutlass::device_kernel<flash::enable_sm80<flash::FlashAttnFwdCombine<cute::tuple<int> > > >(int)", SIM_FAMILY_ATTN_COMBINE, SIM_OP_ATTENTION},
	{"void flashinfer::BatchDecodeWithPagedKVCacheKernel<(flashinfer::PosEncodingMode)0, 2u>(int)", SIM_FAMILY_ATTN, SIM_OP_ATTENTION},
	{"void vllm::paged_attention_v2_reduce_kernel<__nv_bfloat16, 128, 128, 512>(int)", SIM_FAMILY_ATTN_COMBINE, SIM_OP_ATTENTION},
	{"void vllm::rms_norm_kernel<c10::BFloat16, 8, 2>(c10::BFloat16*)", SIM_FAMILY_NORM, SIM_OP_NORM},
	{AT "(anonymous namespace)::vectorized_layer_norm_kernel<float, float, false>(int)", SIM_FAMILY_NORM, SIM_OP_NORM},
	{"_ZN5aiter24add_rmsnorm_quant_kernelIDF16bDF16bLi64ELi8EEEvPT0_", SIM_FAMILY_NORM, SIM_OP_NORM},
	{"void vllm::rotary_embedding_kernel<c10::BFloat16, true>(long const*)", SIM_FAMILY_ROPE, SIM_OP_ROPE},
	{"void vllm::act_and_mul_kernel<c10::BFloat16, &(vllm::silu_kernel<c10::BFloat16>(c10::BFloat16 const&)), true>(c10::BFloat16*)", SIM_FAMILY_ELEMENTWISE, SIM_OP_ELEMENTWISE},
	{"void vllm::reshape_and_cache_flash_kernel<__nv_bfloat16, unsigned char>(int)", SIM_FAMILY_SCATTER, SIM_OP_KV_WRITE},
	{"ncclDevKernel_AllReduce_Sum_bf16_RING_LL(ncclDevKernelArgsStorage<4096ul>)", SIM_FAMILY_COLLECTIVE, SIM_OP_COLLECTIVE},
	{"void vllm::moe::topkGatingSoftmax<8, 128, 4, 16>(float const*)", SIM_FAMILY_TOPK, SIM_OP_ROUTING},
	{"fused_moe_kernel", SIM_FAMILY_GEMM_GROUPED, SIM_OP_GROUPED_GEMM},
	/* validate/bench/decode */
	{"decode_embedding(unsigned short*, unsigned short const*, int const*, int)", SIM_FAMILY_GATHER_VECTOR, SIM_OP_GATHER},
	{"void decode_rms_norm<true>(unsigned short*, unsigned short const*)", SIM_FAMILY_NORM, SIM_OP_NORM},
	{"decode_add_rms_norm(unsigned short*, unsigned short const*)", SIM_FAMILY_NORM, SIM_OP_NORM},
	{"decode_rope_append(unsigned short const*, int)", SIM_FAMILY_ROPE, SIM_OP_ROPE},
	{"void decode_attention<16, 4>(unsigned short const*, float*)", SIM_FAMILY_ATTN, SIM_OP_ATTENTION},
	{"decode_attention_combine(unsigned short*, float const*)", SIM_FAMILY_ATTN_COMBINE, SIM_OP_ATTENTION},
	{"decode_silu_mul(unsigned short*, unsigned short const*, int)", SIM_FAMILY_ELEMENTWISE, SIM_OP_ELEMENTWISE},
	{"decode_argmax(float*, int*, unsigned short const*)", SIM_FAMILY_ARGMAX, SIM_OP_SAMPLING},
	{"decode_argmax_combine(int*, float const*)", SIM_FAMILY_ARGMAX, SIM_OP_SAMPLING},
	/* words among the arguments decide nothing */
	{"void mine::thing<at::native::reduce_kernel<4>, gemm, softmax>(nccl, flash_fwd_kernel)", SIM_FAMILY_UNKNOWN, SIM_OP_UNKNOWN},
	{"", SIM_FAMILY_UNKNOWN, SIM_OP_UNKNOWN},
};
/* clang-format on */

static void families_follow_from_names(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(kernels) / sizeof(kernels[0]); i++) {
		struct work_kind kind = work_kind_of(kernels[i].name);
		if (kind.family != kernels[i].family || kind.op != kernels[i].op)
			fail_msg("%s: %s/%s, not %s/%s", kernels[i].name,
				 sim_family_text(kind.family), sim_op_text(kind.op),
				 sim_family_text(kernels[i].family), sim_op_text(kernels[i].op));
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(own_name_is_found),
		cmocka_unit_test(long_names_fit),
		cmocka_unit_test(families_follow_from_names),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
