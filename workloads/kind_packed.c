/*
 * packed: a product with weights of a format, or their unpacking into memory, as one kernel.
 *
 *   form product   2 m n k operations; reads n k bits / 8 of weights (activations where weights: 0) and
 *                  2 m k, writes 2 m n
 *   form unpack    reads n k bits / 8 of weights, writes 2 n k
 * What the implementation reaches is its family's, in the device file (hwmodels/gpu_dequant.h).
 * tinygemm has a block per 8 columns (aten int4mm.cu); the others fill the machine.
 */
#include "workloads/kind.h"

enum { P_M, P_N, P_K, P_BITS, P_FAMILY, P_FORM, P_WEIGHTS };

static const struct kind_field fields[] = {
	[P_M] = {"m", "1", NULL, "rows of activations"},
	[P_N] = {"n", NULL, NULL, "columns of the weight"},
	[P_K] = {"k", NULL, NULL, "rows of the weight"},
	[P_BITS] = {"bits", "16", NULL, "of a weight, with its scales"},
	[P_FAMILY] = {"family", "gemm_dequant", kind_family_words, "implementation"},
	[P_FORM] = {"form", "product", "product\0unpack\0", "product or unpack"},
	[P_WEIGHTS] = {"weights", "1", NULL, "0: unpacked before, read as activations"},
	{0},
};

static uint32_t narrow(double value)
{
	return (uint32_t)kind_limit(value, UINT32_MAX);
}

static enum sim_status append(const struct kind_call *call, struct workload_step *step,
			      struct sim_diag *diag)
{
	const double *v = call->values;
	double elements = v[P_N] * v[P_K], columns = 8;
	bool unpacks = v[P_FORM] > 0, weights = v[P_WEIGHTS] != 0;
	struct lowered_kernel *at = kind_kernel(call, step);
	if (at == NULL)
		return diag_fail(diag, SIM_E_NOMEM, "out of memory");
	/* bytes follow from elements of 16 bits: as many as take the same room */
	at->weight_elements = weights ? elements * v[P_BITS] / 16 : 0;
	at->kernel.op = unpacks ? SIM_OP_ELEMENTWISE : SIM_OP_GEMM;
	at->kernel.family = unpacks ? SIM_FAMILY_ELEMENTWISE : (uint8_t)v[P_FAMILY];
	at->kernel.dtype = SIM_DTYPE_BF16;
	if (unpacks) {
		at->kernel.act_write_bytes = kind_count(2 * elements);
		return SIM_OK;
	}
	at->kernel.flops = kind_count(2 * v[P_M] * elements);
	at->kernel.act_read_bytes =
		kind_count(2 * v[P_M] * v[P_K] + (weights ? 0 : elements * v[P_BITS] / 8));
	at->kernel.act_write_bytes = kind_count(2 * v[P_M] * v[P_N]);
	if (at->kernel.family == SIM_FAMILY_GEMM_TINYGEMM)
		at->kernel.blocks = narrow((v[P_N] + columns - 1) / columns);
	at->m = narrow(v[P_M]);
	at->n = narrow(v[P_N]);
	at->k = narrow(v[P_K]);
	return SIM_OK;
}

const struct workload_kind workload_kind_packed = {
	.name = "packed",
	.what = "a product with weights of a format, as one kernel",
	.fields = fields,
	.append = append,
};
