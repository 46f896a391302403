/*
 * Implementation family of a kernel from its name, by one ordered table: the first row that fits
 * decides. A row looks at the function's own name (without namespaces' anonymity, return type,
 * template arguments and parameters), so that "ReduceOp" among the arguments of some other kernel
 * does not make it a reduction; a second pattern looks at the whole text where the arguments are
 * what tells (a fill is an elementwise kernel over FillFunctor).
 */
#include <ctype.h>
#include <string.h>

#include "traces/work_rules.h"

enum how { LEAF, START, HOLDS }; /* last component equals; base starts with; base holds */

struct row {
	enum how how;
	const char *base;
	const char *argument; /* the whole name holds this; NULL: any */
	uint8_t family;
	uint8_t op;
};

#define F(x) SIM_FAMILY_##x
#define O(x) SIM_OP_##x

/* clang-format off */
static const struct row rows[] = {
	/* copies of the driver */
	{START, "Memcpy DtoD",                NULL, F(MEMCPY_DEVICE), O(MEMCPY)},
	{START, "Memcpy PtoP",                NULL, F(MEMCPY_DEVICE), O(MEMCPY)},
	{START, "CopyDeviceToDevice",         NULL, F(MEMCPY_DEVICE), O(MEMCPY)},
	{START, "Memcpy",                     NULL, F(MEMCPY_HOST),   O(MEMCPY)},
	{START, "CopyHostToDevice",           NULL, F(MEMCPY_HOST),   O(MEMCPY)},
	{START, "CopyDeviceToHost",           NULL, F(MEMCPY_HOST),   O(MEMCPY)},
	{START, "Memset",                     NULL, F(MEMSET),        O(MEMSET)},
	{START, "memset",                     NULL, F(MEMSET),        O(MEMSET)},
	{START, "memcpy",                     NULL, F(MEMCPY_DEVICE), O(MEMCPY)},
	/* compilers: the name lists what was fused and must not be searched */
	{START, "triton_tem_",                NULL, F(FUSED),   O(GEMM)},
	{START, "triton_red_",                NULL, F(FUSED),   O(REDUCE)},
	{START, "triton_per_",                NULL, F(FUSED),   O(REDUCE)},
	{START, "triton_",                    NULL, F(FUSED),   O(ELEMENTWISE)},
	/* between devices */
	{START, "nccl",                       NULL, F(COLLECTIVE), O(COLLECTIVE)},
	{START, "rccl",                       NULL, F(COLLECTIVE), O(COLLECTIVE)},
	{HOLDS, "all_reduce",                 NULL, F(COLLECTIVE), O(COLLECTIVE)},
	{HOLDS, "allreduce",                  NULL, F(COLLECTIVE), O(COLLECTIVE)},
	{HOLDS, "AllReduce",                  NULL, F(COLLECTIVE), O(COLLECTIVE)},
	{HOLDS, "all_gather",                 NULL, F(COLLECTIVE), O(COLLECTIVE)},
	{HOLDS, "reduce_scatter",             NULL, F(COLLECTIVE), O(COLLECTIVE)},
	{HOLDS, "cross_device_reduce",        NULL, F(COLLECTIVE), O(COLLECTIVE)},
	/* pointwise */
	{LEAF,  "elementwise_kernel_with_index", NULL, F(FILL), O(ELEMENTWISE)},
	{LEAF,  "vectorized_elementwise_kernel", "native::FillFunctor", F(FILL), O(ELEMENTWISE)},
	{LEAF,  "unrolled_elementwise_kernel",   "native::FillFunctor", F(FILL), O(ELEMENTWISE)},
	{LEAF,  "elementwise_kernel",            "native::FillFunctor", F(FILL), O(ELEMENTWISE)},
	{LEAF,  "elementwise_kernel_manual_unroll", "native::FillFunctor", F(FILL), O(ELEMENTWISE)},
	{LEAF,  "vectorized_elementwise_kernel", "_copy_kernel_cuda", F(ELEMENTWISE), O(COPY)},
	{LEAF,  "vectorized_elementwise_kernel", NULL, F(ELEMENTWISE), O(ELEMENTWISE)},
	{LEAF,  "unrolled_elementwise_kernel",   "_copy_kernel_cuda", F(ELEMENTWISE_CAST), O(COPY)},
	{START, "at::native::unrolled_elementwise_kernel", NULL, F(ELEMENTWISE_CAST), O(ELEMENTWISE)},
	{LEAF,  "vectorized_templated_elementwise_kernel", NULL, F(ELEMENTWISE_CAST), O(ELEMENTWISE)},
	{LEAF,  "elementwise_kernel", "_copy_kernel_cuda", F(COPY_STRIDED), O(COPY)},
	{LEAF,  "elementwise_kernel", NULL, F(ELEMENTWISE_STRIDED), O(ELEMENTWISE)},
	{LEAF,  "elementwise_kernel_manual_unroll", "_copy_kernel_cuda", F(COPY_STRIDED), O(COPY)},
	{LEAF,  "elementwise_kernel_manual_unroll", NULL, F(ELEMENTWISE_STRIDED), O(ELEMENTWISE)},
	{LEAF,  "index_elementwise_kernel", "index_kernel_impl", F(GATHER),  O(GATHER)},
	{LEAF,  "index_elementwise_kernel", "index_put_kernel_impl",  F(SCATTER), O(GATHER)},
	{LEAF,  "index_elementwise_kernel", "index_copy_kernel_impl", F(SCATTER), O(GATHER)},
	{LEAF,  "index_elementwise_kernel", "index_fill_kernel_impl", F(SCATTER), O(GATHER)},
	{LEAF,  "index_elementwise_kernel", NULL, F(ELEMENTWISE_STRIDED), O(ELEMENTWISE)},
	{HOLDS, "distribution_elementwise_grid_stride_kernel", NULL, F(ELEMENTWISE), O(ELEMENTWISE)},
	{HOLDS, "multi_tensor_apply_kernel",  NULL, F(ELEMENTWISE), O(ELEMENTWISE)},
	/* concatenation */
	{LEAF,  "CatArrayBatchedCopy",        NULL, F(CAT), O(COPY)},
	{HOLDS, "CatArrayBatchedCopy_",       NULL, F(CAT_VECTOR), O(COPY)},
	/* attention; its combining kernels first, they carry the name of the main one */
	{LEAF,  "decode_attention_combine",   NULL, F(ATTN_COMBINE), O(ATTENTION)}, /* validate/bench/decode */
	{LEAF,  "decode_attention",           NULL, F(ATTN), O(ATTENTION)},
	{HOLDS, "lean_reduction_kernel",      NULL, F(ATTN_COMBINE), O(ATTENTION)},
	{HOLDS, "splitkv_combine",            NULL, F(ATTN_COMBINE), O(ATTENTION)},
	{HOLDS, "device_kernel",  "FlashAttnFwdCombine", F(ATTN_COMBINE), O(ATTENTION)},
	{HOLDS, "VariableLengthMergeStates",  NULL, F(ATTN_COMBINE), O(ATTENTION)},
	{HOLDS, "MergeState",                 NULL, F(ATTN_COMBINE), O(ATTENTION)},
	{HOLDS, "merge_attn_states",          NULL, F(ATTN_COMBINE), O(ATTENTION)},
	{LEAF,  "reduce_segments",            NULL, F(ATTN_COMBINE), O(ATTENTION)},
	{START, "_fwd_kernel_stage2",         NULL, F(ATTN_COMBINE), O(ATTENTION)},
	{LEAF,  "paged_attention_v2_reduce_kernel", NULL, F(ATTN_COMBINE), O(ATTENTION)},
	{LEAF,  "paged_attention_ll4mi_reduce_kernel", NULL, F(ATTN_COMBINE), O(ATTENTION)},
	{START, "cudnn_generated_fort_native_sdpa", NULL, F(ATTN), O(ATTENTION)},
	{HOLDS, "flash_fwd",                  NULL, F(ATTN), O(ATTENTION)},
	{HOLDS, "fmha",                       NULL, F(ATTN), O(ATTENTION)},
	{HOLDS, "device_kernel",  "FlashAttnFwd", F(ATTN), O(ATTENTION)},
	{HOLDS, "paged_attention",            NULL, F(ATTN), O(ATTENTION)},
	{HOLDS, "WithPagedKVCache",           NULL, F(ATTN), O(ATTENTION)},
	{HOLDS, "WithRaggedKVCache",          NULL, F(ATTN), O(ATTENTION)},
	{HOLDS, "DecodeWithKVCache",          NULL, F(ATTN), O(ATTENTION)},
	{HOLDS, "PrefillWithKVCache",         NULL, F(ATTN), O(ATTENTION)},
	{HOLDS, "unified_attention",          NULL, F(ATTN), O(ATTENTION)},
	{HOLDS, "masked_multihead_attention", NULL, F(ATTN), O(ATTENTION)},
	{HOLDS, "attention_kernel",           NULL, F(ATTN), O(ATTENTION)},
	{LEAF,  "kernel_mha",                 NULL, F(ATTN), O(ATTENTION)},
	{START, "attn_fwd",                   NULL, F(ATTN), O(ATTENTION)},
	{START, "_fwd_kernel_stage1",         NULL, F(ATTN), O(ATTENTION)},
	{START, "_fwd_grouped_kernel_stage1", NULL, F(ATTN), O(ATTENTION)},
	/* fused layers of serving engines */
	{HOLDS, "reshape_and_cache",          NULL, F(SCATTER), O(KV_WRITE)},
	{HOLDS, "store_kvcache",              NULL, F(SCATTER), O(KV_WRITE)},
	{HOLDS, "AppendPagedKVCache",         NULL, F(SCATTER), O(KV_WRITE)},
	{HOLDS, "concat_and_cache",           NULL, F(SCATTER), O(KV_WRITE)},
	{HOLDS, "rms_norm",                   NULL, F(NORM), O(NORM)},
	{HOLDS, "rmsnorm",                    NULL, F(NORM), O(NORM)},
	{HOLDS, "RMSNorm",                    NULL, F(NORM), O(NORM)},
	{HOLDS, "layer_norm",                 NULL, F(NORM), O(NORM)},
	{HOLDS, "layernorm",                  NULL, F(NORM), O(NORM)},
	{HOLDS, "LayerNorm",                  NULL, F(NORM), O(NORM)},
	{HOLDS, "RowwiseMoments",             NULL, F(NORM), O(NORM)},
	{HOLDS, "kentry",         "Rmsnorm2d", F(NORM), O(NORM)},
	{HOLDS, "rotary_embedding",           NULL, F(ROPE), O(ROPE)},
	{HOLDS, "RotaryPosId",                NULL, F(ROPE), O(ROPE)},
	{HOLDS, "ApplyRotary",                NULL, F(ROPE), O(ROPE)},
	{HOLDS, "apply_rotary",               NULL, F(ROPE), O(ROPE)},
	{HOLDS, "rope_kernel",                NULL, F(ROPE), O(ROPE)},
	{LEAF,  "decode_rope_append",         NULL, F(ROPE), O(ROPE)},
	{LEAF,  "decode_silu_mul",            NULL, F(ELEMENTWISE), O(ELEMENTWISE)},
	{HOLDS, "act_and_mul",                NULL, F(ELEMENTWISE), O(ELEMENTWISE)},
	/* mixture of experts */
	{HOLDS, "prepare_grouped_gemm_data",  NULL, F(GEMM_SETUP), O(ROUTING)},
	{HOLDS, "device_kernel", "GroupProblemShape", F(GEMM_GROUPED), O(GROUPED_GEMM)},
	{HOLDS, "fused_moe_kernel",           NULL, F(GEMM_GROUPED), O(GROUPED_GEMM)},
	{HOLDS, "grouped_gemm",               NULL, F(GEMM_GROUPED), O(GROUPED_GEMM)},
	{HOLDS, "group_gemm",                 NULL, F(GEMM_GROUPED), O(GROUPED_GEMM)},
	{HOLDS, "matmul_ogs",                 NULL, F(GEMM_GROUPED), O(GROUPED_GEMM)},
	{START, "bmm_",                       NULL, F(GEMM_GROUPED), O(GROUPED_GEMM)},
	{HOLDS, "topkGating",                 NULL, F(TOPK), O(ROUTING)},
	{START, "_topk_forward",              NULL, F(TOPK), O(ROUTING)},
	{HOLDS, "moe_align_block_size",       NULL, F(HISTOGRAM), O(ROUTING)},
	{HOLDS, "routingIndices",             NULL, F(HISTOGRAM), O(ROUTING)},
	{HOLDS, "kernelHistogram",            NULL, F(HISTOGRAM), O(ROUTING)},
	/* GEMM: reductions of partial results first */
	{HOLDS, "splitKreduce",               NULL, F(SPLITK_REDUCE), O(GEMM)},
	{HOLDS, "splitk_reduce",              NULL, F(SPLITK_REDUCE), O(GEMM)},
	{LEAF,  "reduce_1Block_kernel",       NULL, F(SPLITK_REDUCE), O(GEMM)},
	{LEAF,  "gemmk1_kernel",              NULL, F(GEMM_SIMT), O(GEMM)},
	{LEAF,  "gemmSN_NN_kernel",           NULL, F(GEMM_SIMT), O(GEMM)},
	{LEAF,  "gemmSN_TN_kernel",           NULL, F(GEMM_SIMT), O(GEMM)},
	{HOLDS, "sgemm",                      NULL, F(GEMM_SIMT), O(GEMM)},
	{HOLDS, "cutlass::Kernel", "_simt_",  F(GEMM_SIMT), O(GEMM)},
	{HOLDS, "cutlass::Kernel",            NULL, F(GEMM), O(GEMM)},
	{START, "nvjet",                     NULL, F(GEMM), O(GEMM)},
	{START, "Cijk_",                      NULL, F(GEMM), O(GEMM)},
	{HOLDS, "xmma_gemm",                  NULL, F(GEMM), O(GEMM)},
	{HOLDS, "gemv",                       NULL, F(GEMM), O(GEMM)},
	{LEAF,  "dot_kernel",                 NULL, F(GEMM), O(GEMM)},
	{HOLDS, "tinygemm",                   NULL, F(GEMM), O(GEMM)},
	{HOLDS, "arlin",                      NULL, F(GEMM), O(GEMM)}, /* Marlin, marlin */
	{HOLDS, "wvSplitK",                   NULL, F(GEMM), O(GEMM)},
	{HOLDS, "cutlass::device_kernel", "gemm::", F(GEMM), O(GEMM)},
	{HOLDS, "cutlass::device_kernel", "4gemm",  F(GEMM), O(GEMM)}, /* mangled */
	{HOLDS, "gemm",                       NULL, F(GEMM), O(GEMM)},
	/* rows by index */
	{HOLDS, "indexSelect",                NULL, F(GATHER), O(GATHER)},
	{HOLDS, "vectorized_gather_kernel",   NULL, F(GATHER_VECTOR), O(GATHER)},
	{LEAF,  "decode_embedding",           NULL, F(GATHER_VECTOR), O(GATHER)},
	{HOLDS, "_scatter_gather_elementwise_kernel", "scatter_gather_internal_kernel<true", F(SCATTER), O(GATHER)},
	{HOLDS, "_scatter_gather_elementwise_kernel", NULL, F(GATHER), O(GATHER)},
	{HOLDS, "indexFunc",                  NULL, F(SCATTER), O(GATHER)},
	{HOLDS, "indexing_backward_kernel",   NULL, F(SCATTER), O(GATHER)},
	/* selection and sampling */
	{HOLDS, "SamplingFrom",               NULL, F(SAMPLING), O(SAMPLING)},
	{HOLDS, "sampleMultinomial",          NULL, F(SAMPLING), O(SAMPLING)},
	{HOLDS, "PSampling",                  NULL, F(SAMPLING), O(SAMPLING)},
	{HOLDS, "gatherTopK",                 NULL, F(TOPK), O(UNKNOWN)},
	{HOLDS, "sbtopk",                     NULL, F(TOPK), O(UNKNOWN)},
	{HOLDS, "mbtopk",                     NULL, F(TOPK), O(UNKNOWN)},
	{HOLDS, "topk",                       NULL, F(TOPK), O(UNKNOWN)},
	{HOLDS, "SortKVInPlace",              NULL, F(SORT), O(UNKNOWN)},
	{HOLDS, "DeviceRadixSort",            NULL, F(SORT), O(UNKNOWN)},
	{HOLDS, "DeviceSegmentedRadixSort",   NULL, F(SORT), O(UNKNOWN)},
	{HOLDS, "DeviceSegmentedSort",        NULL, F(SORT), O(UNKNOWN)},
	{HOLDS, "DeviceMergeSort",            NULL, F(SORT), O(UNKNOWN)},
	{HOLDS, "fill_reverse_indices_kernel", NULL, F(SORT), O(UNKNOWN)},
	{HOLDS, "DeviceScan",                 NULL, F(SCAN), O(UNKNOWN)},
	{HOLDS, "tensor_kernel_scan",         NULL, F(SCAN), O(UNKNOWN)},
	{HOLDS, "DeviceSelect",               NULL, F(SCAN), O(UNKNOWN)},
	{HOLDS, "DeviceCompact",              NULL, F(SCAN), O(UNKNOWN)},
	/* rows to values */
	{HOLDS, "softmax",                    NULL, F(SOFTMAX), O(SOFTMAX)},
	{HOLDS, "SoftMax",                    NULL, F(SOFTMAX), O(SOFTMAX)},
	{HOLDS, "Softmax",                    NULL, F(SOFTMAX), O(SOFTMAX)},
	{LEAF,  "decode_argmax",              NULL, F(ARGMAX), O(SAMPLING)},
	{LEAF,  "decode_argmax_combine",      NULL, F(ARGMAX), O(SAMPLING)},
	{LEAF,  "reduce_kernel", "ArgMaxOps", F(ARGMAX), O(SAMPLING)},
	{LEAF,  "reduce_kernel", "ArgMinOps", F(ARGMAX), O(SAMPLING)},
	{LEAF,  "reduce_kernel",              NULL, F(REDUCE), O(REDUCE)},
	{HOLDS, "DeviceReduce",               NULL, F(REDUCE), O(REDUCE)},
	/* last resorts */
	{HOLDS, "quant",                      NULL, F(ELEMENTWISE_CAST), O(ELEMENTWISE)},
};
/* clang-format on */

#undef F
#undef O

static const char *skip_anonymous(const char *at)
{
	static const char *const spellings[] = {
		"(anonymous namespace)::", "<unnamed>::", "{anonymous}::"};
	for (size_t i = 0; i < sizeof(spellings) / sizeof(spellings[0]); i++) {
		size_t length = strlen(spellings[i]);
		if (strncmp(at, spellings[i], length) == 0)
			return at + length;
	}
	return at;
}

/* _ZN6vllm15rms_norm_kernelI...: the length-prefixed names up to the first that is none. */
static void mangled_base(const char *at, char *base, size_t size)
{
	size_t used = 0;
	at += strncmp(at, "_ZN", 3) == 0 ? 3 : 2;
	while (isdigit((unsigned char)*at)) {
		size_t length = 0;
		for (; isdigit((unsigned char)*at) && length < 4096; at++)
			length = length * 10 + (size_t)(*at - '0');
		length = strnlen(at, length);
		if (strncmp(at, "_GLOBAL__N", 10) != 0) {
			size_t room = size - 1 - used;
			size_t colons = used > 0 ? 2 : 0;
			if (room < length + colons)
				break;
			memcpy(base + used, "::", colons);
			memcpy(base + used + colons, at, length);
			used += length + colons;
		}
		at += length;
	}
	base[used] = '\0';
}

char *work_base_name(const char *name, char *base, size_t size)
{
	size_t used = 0;
	unsigned angles = 0, rounds = 0;
	if (strncmp(name, "_Z", 2) == 0) {
		mangled_base(name, base, size);
		return base;
	}
	if (strncmp(name, "Mem", 3) == 0 || strncmp(name, "Copy", 4) == 0) {
		used = strnlen(name, size - 1);
		memcpy(base, name, used);
		base[used] = '\0';
		return base;
	}
	for (const char *at = name; *at != '\0' && used + 1 < size; at++) {
		if (rounds == 0) {
			const char *next = skip_anonymous(at);
			if (next != at) {
				at = next - 1;
				continue;
			}
		}
		if (*at == '(' && angles == 0)
			break;
		rounds += *at == '(';
		rounds -= *at == ')' && rounds > 0;
		if (rounds > 0 || *at == ')')
			continue;
		if (*at == '<')
			angles++;
		else if (*at == '>')
			angles -= angles > 0;
		else if (angles == 0 && *at == ' ')
			used = 0; /* what came before was the return type */
		else if (angles == 0)
			base[used++] = *at;
	}
	base[used] = '\0';
	return base;
}

static bool row_fits(const struct row *row, const char *base, const char *leaf, const char *name)
{
	bool fits = false;
	switch (row->how) {
	case LEAF:
		fits = strcmp(leaf, row->base) == 0;
		break;
	case START:
		fits = strncmp(base, row->base, strlen(row->base)) == 0;
		break;
	case HOLDS:
		fits = strstr(base, row->base) != NULL;
		break;
	}
	return fits && (row->argument == NULL || strstr(name, row->argument) != NULL);
}

struct work_kind work_kind_of(const char *name)
{
	char base[256];
	work_base_name(name, base, sizeof(base));
	const char *leaf = base;
	for (const char *at = strstr(base, "::"); at != NULL; at = strstr(at + 2, "::"))
		leaf = at + 2;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
		if (row_fits(&rows[i], base, leaf, name))
			return (struct work_kind){rows[i].family, rows[i].op};
	return (struct work_kind){SIM_FAMILY_UNKNOWN, SIM_OP_UNKNOWN};
}
