/*
 * raw: a kernel whose record the profile states field by field, for kernels that are like no
 * library's. Bytes of weights and of the KV cache follow from their elements and the bits of their
 * format (16 unless a transform says otherwise).
 */
#include "workloads/kind.h"

enum {
	OP,
	FAMILY,
	DTYPE,
	FLOPS,
	WEIGHTS,
	KV_READ,
	KV_WRITE,
	READ,
	WRITE,
	BLOCKS,
	THREADS,
	PER_SM,
	M,
	N,
	K,
	HEADS,
	KV_HEADS,
	STREAM,
};

static const struct kind_field fields[] = {
	[OP] = {"op", NULL, kind_op_words, "what it computes"},
	[FAMILY] = {"family", NULL, kind_family_words,
		    "implementation family, whose cost curve it has"},
	[DTYPE] = {"dtype", "bf16", kind_dtype_words, "of the main operand"},
	[FLOPS] = {"flops", "0", NULL, "operations; multiply and add are two"},
	[WEIGHTS] = {"weights", "0", NULL, "parameters read, elements"},
	[KV_READ] = {"kv_read", "0", NULL, "KV cache read, elements"},
	[KV_WRITE] = {"kv_write", "0", NULL, "KV cache written, elements"},
	[READ] = {"read", "0", NULL, "activations and all else read, bytes"},
	[WRITE] = {"write", "0", NULL, "activations and all else written, bytes"},
	[BLOCKS] = {"blocks", "0", NULL, "thread blocks; 0 unknown"},
	[THREADS] = {"threads", "0", NULL, "per block; 0 unknown"},
	[PER_SM] = {"blocks_per_sm", "0", NULL, "blocks an SM can hold; 0 unknown"},
	[M] = {"m", "0", NULL, "GEMM rows of activations; attention: query rows"},
	[N] = {"n", "0", NULL, "GEMM columns; attention: KV length"},
	[K] = {"k", "0", NULL, "GEMM inner size; attention: head width"},
	[HEADS] = {"heads", "0", NULL, "attention: query heads"},
	[KV_HEADS] = {"kv_heads", "0", NULL, "attention: KV heads"},
	[STREAM] = {"stream", "0", NULL, "stream it runs on; what is on another overlaps"},
	{0},
};

static enum sim_status append(const struct kind_call *call, struct workload_step *step,
			      struct sim_diag *diag)
{
	const double *v = call->values;
	struct lowered_kernel *kernel = kind_kernel(call, step);
	if (kernel == NULL)
		return diag_fail(diag, SIM_E_NOMEM, "out of memory");
	kernel->kernel.op = (uint8_t)v[OP];
	kernel->kernel.family = (uint8_t)v[FAMILY];
	kernel->kernel.dtype = (uint8_t)v[DTYPE];
	kernel->kernel.stream = (uint8_t)kind_limit(v[STREAM], UINT8_MAX);
	kernel->kernel.flops = kind_count(v[FLOPS]);
	kernel->kernel.act_read_bytes = kind_count(v[READ]);
	kernel->kernel.act_write_bytes = kind_count(v[WRITE]);
	kernel->kernel.blocks = (uint32_t)kind_limit(v[BLOCKS], UINT32_MAX);
	kernel->kernel.threads = (uint16_t)kind_limit(v[THREADS], UINT16_MAX);
	kernel->kernel.blocks_per_sm = (uint8_t)kind_limit(v[PER_SM], UINT8_MAX);
	kernel->weight_elements = v[WEIGHTS];
	kernel->kv_read_elements = v[KV_READ];
	kernel->kv_write_elements = v[KV_WRITE];
	kernel->m = (uint32_t)kind_limit(v[M], UINT32_MAX);
	kernel->n = (uint32_t)kind_limit(v[N], UINT32_MAX);
	kernel->k = (uint32_t)kind_limit(v[K], UINT32_MAX);
	kernel->heads = (uint16_t)kind_limit(v[HEADS], UINT16_MAX);
	kernel->kv_heads = (uint16_t)kind_limit(v[KV_HEADS], UINT16_MAX);
	return SIM_OK;
}

const struct workload_kind workload_kind_raw = {
	.name = "raw",
	.what = "a record stated field by field",
	.fields = fields,
	.append = append,
};
