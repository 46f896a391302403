/* Ops that compute: convolution, matrix product, attention. Equations: workloads/graph_op.h. */
#include "workloads/graph_op.h"

#include <string.h>

static const struct workload_kind *const ops[] = {
#define X(name) &graph_op_##name,
	GRAPH_OP_LIST(X)
#undef X
};

enum { OPS = sizeof(ops) / sizeof(ops[0]), TILE = 128, THREADS = 256 };

const struct workload_kind *graph_op_at(size_t i)
{
	return i < OPS ? ops[i] : NULL;
}

const struct workload_kind *graph_op_find(const char *name)
{
	for (size_t i = 0; i < OPS; i++)
		if (strcmp(ops[i]->name, name) == 0)
			return ops[i];
	return kind_find(name);
}

static enum sim_status nomem(struct sim_diag *diag)
{
	return diag_fail(diag, SIM_E_NOMEM, "out of memory");
}

static uint32_t blocks_of(double blocks)
{
	return (uint32_t)kind_limit(blocks < 1 ? 1 : blocks, UINT32_MAX);
}

static void set_dims(struct lowered_kernel *at, double m, double n, double k)
{
	at->m = (uint32_t)kind_limit(m, UINT32_MAX);
	at->n = (uint32_t)kind_limit(n, UINT32_MAX);
	at->k = (uint32_t)kind_limit(k, UINT32_MAX);
}

enum { C_N, C_C, C_H, C_W, C_OUT, C_R, C_S, C_STRIDE, C_PAD, C_GROUPS, C_DTYPE };

/* -1 stands for "as the kernel asks": s as r, the pad that keeps the size */
static const struct kind_field conv_fields[] = {
	[C_N] = {"n", "1", NULL, "images"},
	[C_C] = {"c", NULL, NULL, "input channels"},
	[C_H] = {"h", NULL, NULL, "input height"},
	[C_W] = {"w", "0", NULL, "input width; 0: as h"},
	[C_OUT] = {"out", NULL, NULL, "output channels"},
	[C_R] = {"r", "1", NULL, "kernel height"},
	[C_S] = {"s", "0", NULL, "kernel width; 0: as r"},
	[C_STRIDE] = {"stride", "1", NULL, "in both directions"},
	[C_PAD] = {"pad", "1e9", NULL, "rows and columns of zeros; default (r - 1) / 2"},
	[C_GROUPS] = {"groups", "1", NULL, "that divide both channel counts"},
	[C_DTYPE] = {"dtype", "f16", kind_dtype_words, "of inputs, weights and outputs"},
	{0},
};

static enum sim_status conv_append(const struct kind_call *call, struct workload_step *step,
				   struct sim_diag *diag)
{
	const double *v = call->values;
	double height = v[C_H], width = v[C_W] > 0 ? v[C_W] : v[C_H];
	double r = v[C_R], s = v[C_S] > 0 ? v[C_S] : v[C_R], groups = v[C_GROUPS];
	double pad_h = v[C_PAD] < 1e9 ? v[C_PAD] : kind_floor((r - 1) / 2);
	double pad_w = v[C_PAD] < 1e9 ? v[C_PAD] : kind_floor((s - 1) / 2);
	if (!(groups >= 1 && v[C_STRIDE] >= 1 && r >= 1 && v[C_C] >= 1 && v[C_OUT] >= 1))
		return diag_fail(diag, SIM_E_RANGE,
				 "channels, kernel, stride and groups are 1 or more");
	if (kind_floor(v[C_C] / groups) * groups != v[C_C] ||
	    kind_floor(v[C_OUT] / groups) * groups != v[C_OUT])
		return diag_fail(diag, SIM_E_RANGE, "%.12g groups do not divide %.12g and %.12g",
				 groups, v[C_C], v[C_OUT]);
	if (height + 2 * pad_h < r || width + 2 * pad_w < s)
		return diag_fail(diag, SIM_E_RANGE, "the kernel is larger than the input");
	double ho = kind_floor((height + 2 * pad_h - r) / v[C_STRIDE]) + 1;
	double wo = kind_floor((width + 2 * pad_w - s) / v[C_STRIDE]) + 1;
	double bytes = sim_dtype_bits((unsigned)v[C_DTYPE]) / 8.0;
	double m = v[C_N] * ho * wo, n = v[C_OUT] / groups, k = v[C_C] / groups * r * s;
	struct lowered_kernel *at = kind_kernel(call, step);
	if (at == NULL)
		return nomem(diag);
	bool depthwise = groups == v[C_C] && groups > 1;
	at->kernel.op = depthwise ? SIM_OP_ELEMENTWISE : SIM_OP_GEMM;
	at->kernel.family = depthwise ? SIM_FAMILY_ELEMENTWISE_STRIDED : SIM_FAMILY_GEMM;
	at->kernel.dtype = (uint8_t)v[C_DTYPE];
	at->kernel.flops = kind_count(2 * m * v[C_OUT] * k);
	at->weight_elements = v[C_OUT] * k;
	at->kernel.act_read_bytes = kind_count(v[C_N] * v[C_C] * height * width * bytes);
	at->kernel.act_write_bytes = kind_count(m * v[C_OUT] * bytes);
	at->kernel.blocks = blocks_of(depthwise ? kind_ceil_divide(m * v[C_OUT], THREADS)
						: kind_ceil_divide(m, TILE) *
							  kind_ceil_divide(n, TILE) * groups);
	at->kernel.threads = THREADS;
	if (!depthwise)
		set_dims(at, m, n, k);
	return SIM_OK;
}

const struct workload_kind graph_op_conv2d = {
	.name = "conv2d",
	.what = "two-dimensional convolution",
	.fields = conv_fields,
	.append = conv_append,
};

enum { M_M, M_N, M_K, M_BATCH, M_WEIGHTS, M_DTYPE };

static const struct kind_field matmul_fields[] = {
	[M_M] = {"m", NULL, NULL, "rows"},
	[M_N] = {"n", NULL, NULL, "columns"},
	[M_K] = {"k", NULL, NULL, "inner size"},
	[M_BATCH] = {"batch", "1", NULL, "products"},
	[M_WEIGHTS] = {"weights", "1", NULL, "1: the right operand is parameters; 0: activations"},
	[M_DTYPE] = {"dtype", "f16", kind_dtype_words, "of operands and result"},
	{0},
};

static enum sim_status matmul_append(const struct kind_call *call, struct workload_step *step,
				     struct sim_diag *diag)
{
	const double *v = call->values;
	double bytes = sim_dtype_bits((unsigned)v[M_DTYPE]) / 8.0;
	double right = v[M_WEIGHTS] != 0 ? 0 : v[M_BATCH] * v[M_K] * v[M_N];
	struct lowered_kernel *at = kind_kernel(call, step);
	if (at == NULL)
		return nomem(diag);
	at->kernel.op = SIM_OP_GEMM;
	at->kernel.family = SIM_FAMILY_GEMM;
	at->kernel.dtype = (uint8_t)v[M_DTYPE];
	at->kernel.flops = kind_count(2 * v[M_BATCH] * v[M_M] * v[M_N] * v[M_K]);
	at->weight_elements = v[M_WEIGHTS] != 0 ? v[M_K] * v[M_N] : 0;
	at->kernel.act_read_bytes = kind_count((v[M_BATCH] * v[M_M] * v[M_K] + right) * bytes);
	at->kernel.act_write_bytes = kind_count(v[M_BATCH] * v[M_M] * v[M_N] * bytes);
	at->kernel.blocks = blocks_of(v[M_BATCH] * kind_ceil_divide(v[M_M], TILE) *
				      kind_ceil_divide(v[M_N], TILE));
	at->kernel.threads = THREADS;
	set_dims(at, v[M_M], v[M_N], v[M_K]);
	return SIM_OK;
}

const struct workload_kind graph_op_matmul = {
	.name = "matmul",
	.what = "dense matrix product",
	.fields = matmul_fields,
	.append = matmul_append,
};

enum { A_BATCH, A_HEADS, A_KV_HEADS, A_Q, A_KEYS, A_DIM, A_CAUSAL, A_DTYPE };

static const struct kind_field attention_fields[] = {
	[A_BATCH] = {"batch", "1", NULL, "sequences"},
	[A_HEADS] = {"heads", NULL, NULL, "query heads"},
	[A_KV_HEADS] = {"kv_heads", "0", NULL, "key and value heads; 0: as heads"},
	[A_Q] = {"queries", NULL, NULL, "of a sequence"},
	[A_KEYS] = {"keys", NULL, NULL, "of a sequence"},
	[A_DIM] = {"head_dim", NULL, NULL, "of a head"},
	[A_CAUSAL] = {"causal", "0", NULL, "1: half of the products are masked out"},
	[A_DTYPE] = {"dtype", "f16", kind_dtype_words, "of all operands"},
	{0},
};

static enum sim_status attention_append(const struct kind_call *call, struct workload_step *step,
					struct sim_diag *diag)
{
	const double *v = call->values;
	double bytes = sim_dtype_bits((unsigned)v[A_DTYPE]) / 8.0;
	double kv_heads = v[A_KV_HEADS] > 0 ? v[A_KV_HEADS] : v[A_HEADS];
	double rows = v[A_BATCH] * v[A_HEADS] * v[A_Q];
	struct lowered_kernel *at = kind_kernel(call, step);
	if (at == NULL)
		return nomem(diag);
	at->kernel.op = SIM_OP_ATTENTION;
	at->kernel.family = SIM_FAMILY_ATTN;
	at->kernel.dtype = (uint8_t)v[A_DTYPE];
	at->kernel.flops =
		kind_count(4 * rows * v[A_KEYS] * v[A_DIM] * (v[A_CAUSAL] != 0 ? 0.5 : 1));
	at->kv_read_elements = 2 * v[A_BATCH] * kv_heads * v[A_KEYS] * v[A_DIM];
	at->kernel.act_read_bytes = kind_count(rows * v[A_DIM] * bytes);
	at->kernel.act_write_bytes = kind_count(rows * v[A_DIM] * bytes);
	at->kernel.blocks = blocks_of(v[A_BATCH] * v[A_HEADS] * kind_ceil_divide(v[A_Q], TILE));
	at->kernel.threads = THREADS;
	set_dims(at, v[A_Q], v[A_KEYS], v[A_DIM]);
	at->heads = (uint16_t)kind_limit(v[A_HEADS], UINT16_MAX);
	at->kv_heads = (uint16_t)kind_limit(kv_heads, UINT16_MAX);
	return SIM_OK;
}

const struct workload_kind graph_op_attention = {
	.name = "attention",
	.what = "softmax(Q K^T) V over heads",
	.fields = attention_fields,
	.append = attention_append,
};
