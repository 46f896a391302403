/* Ops that mostly move: pointwise, rows, windows, scans, random access. See workloads/graph_op.h. */
#include "workloads/graph_op.h"

enum { THREADS = 256 };

/* A kernel that reads READ and writes WRITTEN bytes and does FLOPS, a thread for each of THREADS_OF. */
static enum sim_status move(const struct kind_call *call, struct workload_step *step, unsigned op,
			    unsigned family, double dtype, const double bytes[2], double flops,
			    double elements, struct sim_diag *diag)
{
	struct lowered_kernel *at = kind_kernel(call, step);
	if (at == NULL)
		return diag_fail(diag, SIM_E_NOMEM, "out of memory");
	at->kernel.op = (uint8_t)op;
	at->kernel.family = (uint8_t)family;
	at->kernel.dtype = (uint8_t)dtype;
	at->kernel.act_read_bytes = kind_count(bytes[0]);
	at->kernel.act_write_bytes = kind_count(bytes[1]);
	at->kernel.flops = kind_count(flops);
	double blocks =
		kind_ceil_divide(elements, 4 * THREADS); /* four elements a thread, as torch's */
	at->kernel.blocks = (uint32_t)kind_limit(blocks < 1 ? 1 : blocks, UINT32_MAX);
	at->kernel.threads = THREADS;
	return SIM_OK;
}

static double size_of(double dtype)
{
	return sim_dtype_bits((unsigned)dtype) / 8.0;
}

enum { E_ELEMENTS, E_INPUTS, E_OUTPUTS, E_FLOPS, E_DTYPE };

static const struct kind_field elementwise_fields[] = {
	[E_ELEMENTS] = {"elements", NULL, NULL, "of the result"},
	[E_INPUTS] = {"inputs", "1", NULL, "operands of that size"},
	[E_OUTPUTS] = {"outputs", "1", NULL, "results of that size"},
	[E_FLOPS] = {"flops", "1", NULL, "operations of an element"},
	[E_DTYPE] = {"dtype", "f16", kind_dtype_words, "of all of them"},
	{0},
};

static enum sim_status elementwise_append(const struct kind_call *call, struct workload_step *step,
					  struct sim_diag *diag)
{
	const double *v = call->values;
	double bytes = v[E_ELEMENTS] * size_of(v[E_DTYPE]);
	return move(call, step, SIM_OP_ELEMENTWISE, SIM_FAMILY_ELEMENTWISE, v[E_DTYPE],
		    (const double[]){bytes * v[E_INPUTS], bytes * v[E_OUTPUTS]},
		    v[E_ELEMENTS] * v[E_FLOPS], v[E_ELEMENTS], diag);
}

const struct workload_kind graph_op_elementwise = {
	.name = "elementwise",
	.what = "a function of each element",
	.fields = elementwise_fields,
	.append = elementwise_append,
};

static const struct kind_field copy_fields[] = {
	{"bytes", NULL, NULL, "read, and as many written"},
	{0},
};

static enum sim_status copy_append(const struct kind_call *call, struct workload_step *step,
				   struct sim_diag *diag)
{
	double bytes = call->values[0];
	return move(call, step, SIM_OP_COPY, SIM_FAMILY_ELEMENTWISE, SIM_DTYPE_U8,
		    (const double[]){bytes, bytes}, 0, bytes / 4, diag);
}

const struct workload_kind graph_op_copy = {
	.name = "copy",
	.what = "bytes from one place of the memory to another",
	.fields = copy_fields,
	.append = copy_append,
};

enum { R_ROWS, R_N, R_DTYPE };

static const struct kind_field row_fields[] = {
	[R_ROWS] = {"rows", NULL, NULL, "rows"},
	[R_N] = {"n", NULL, NULL, "elements of a row"},
	[R_DTYPE] = {"dtype", "f16", kind_dtype_words, "of operand and result"},
	{0},
};

static enum sim_status rows_append(const struct kind_call *call, struct workload_step *step,
				   unsigned op, unsigned family, double flops,
				   struct sim_diag *diag)
{
	const double *v = call->values;
	double elements = v[R_ROWS] * v[R_N], bytes = elements * size_of(v[R_DTYPE]);
	return move(call, step, op, family, v[R_DTYPE], (const double[]){bytes, bytes},
		    elements * flops, elements, diag);
}

/* square, add; scale, shift: mean and variance in one pass, then the result */
static enum sim_status norm_append(const struct kind_call *call, struct workload_step *step,
				   struct sim_diag *diag)
{
	return rows_append(call, step, SIM_OP_NORM, SIM_FAMILY_NORM, 5, diag);
}

const struct workload_kind graph_op_norm = {
	.name = "norm",
	.what = "layer, batch or RMS norm of rows",
	.fields = row_fields,
	.append = norm_append,
};

static enum sim_status softmax_append(const struct kind_call *call, struct workload_step *step,
				      struct sim_diag *diag)
{
	return rows_append(call, step, SIM_OP_SOFTMAX, SIM_FAMILY_SOFTMAX, 4, diag);
}

const struct workload_kind graph_op_softmax = {
	.name = "softmax",
	.what = "softmax of rows",
	.fields = row_fields,
	.append = softmax_append,
};

enum { P_N, P_C, P_H, P_W, P_R, P_STRIDE, P_DTYPE };

static const struct kind_field pool_fields[] = {
	[P_N] = {"n", "1", NULL, "images"},
	[P_C] = {"c", NULL, NULL, "channels"},
	[P_H] = {"h", NULL, NULL, "input height"},
	[P_W] = {"w", "0", NULL, "input width; 0: as h"},
	[P_R] = {"r", NULL, NULL, "side of the window"},
	[P_STRIDE] = {"stride", "0", NULL, "of the window; 0: as r"},
	[P_DTYPE] = {"dtype", "f16", kind_dtype_words, "of inputs and outputs"},
	{0},
};

static enum sim_status pool_append(const struct kind_call *call, struct workload_step *step,
				   struct sim_diag *diag)
{
	const double *v = call->values;
	double width = v[P_W] > 0 ? v[P_W] : v[P_H], r = v[P_R];
	double stride = v[P_STRIDE] > 0 ? v[P_STRIDE] : r, planes = v[P_N] * v[P_C];
	if (!(r >= 1 && stride >= 1 && v[P_H] >= r && width >= r))
		return diag_fail(diag, SIM_E_RANGE, "the window does not fit into the input");
	double ho = kind_floor((v[P_H] - r) / stride) + 1;
	double wo = kind_floor((width - r) / stride) + 1;
	double in = planes * v[P_H] * width, out = planes * ho * wo, size = size_of(v[P_DTYPE]);
	return move(call, step, SIM_OP_REDUCE, SIM_FAMILY_ELEMENTWISE_STRIDED, v[P_DTYPE],
		    (const double[]){in * size, out * size}, out * r * r, out, diag);
}

const struct workload_kind graph_op_pool = {
	.name = "pool",
	.what = "mean or maximum over windows",
	.fields = pool_fields,
	.append = pool_append,
};

enum { Z_N, Z_C, Z_H, Z_W, Z_SCALE, Z_DTYPE };

static const struct kind_field resize_fields[] = {
	[Z_N] = {"n", "1", NULL, "images"},
	[Z_C] = {"c", NULL, NULL, "channels"},
	[Z_H] = {"h", NULL, NULL, "input height"},
	[Z_W] = {"w", "0", NULL, "input width; 0: as h"},
	[Z_SCALE] = {"scale", "2", NULL, "output side over input side"},
	[Z_DTYPE] = {"dtype", "f16", kind_dtype_words, "of inputs and outputs"},
	{0},
};

/* bilinear: 4 products and 3 sums an output */
static enum sim_status resize_append(const struct kind_call *call, struct workload_step *step,
				     struct sim_diag *diag)
{
	const double *v = call->values;
	double width = v[Z_W] > 0 ? v[Z_W] : v[Z_H];
	double in = v[Z_N] * v[Z_C] * v[Z_H] * width, out = in * v[Z_SCALE] * v[Z_SCALE];
	double size = size_of(v[Z_DTYPE]);
	return move(call, step, SIM_OP_ELEMENTWISE, SIM_FAMILY_ELEMENTWISE_STRIDED, v[Z_DTYPE],
		    (const double[]){in * size, out * size}, 7 * out, out, diag);
}

const struct workload_kind graph_op_resize = {
	.name = "resize",
	.what = "bilinear resampling",
	.fields = resize_fields,
	.append = resize_append,
};

enum { S_BATCH, S_TOKENS, S_HEADS, S_DIM, S_STATE, S_GROUPS, S_DTYPE };

static const struct kind_field scan_fields[] = {
	[S_BATCH] = {"batch", "1", NULL, "sequences"},
	[S_TOKENS] = {"tokens", "1", NULL, "of a sequence"},
	[S_HEADS] = {"heads", NULL, NULL, "heads"},
	[S_DIM] = {"head_dim", NULL, NULL, "of a head"},
	[S_STATE] = {"state", NULL, NULL, "state of each of its elements"},
	[S_GROUPS] = {"groups", "1", NULL, "of heads that share B and C"},
	[S_DTYPE] = {"dtype", "f16", kind_dtype_words, "of inputs and outputs; the state is f32"},
	{0},
};

static enum sim_status scan_append(const struct kind_call *call, struct workload_step *step,
				   struct sim_diag *diag)
{
	const double *v = call->values;
	double size = size_of(v[S_DTYPE]), rows = v[S_BATCH] * v[S_TOKENS];
	double inner = v[S_HEADS] * v[S_DIM], state = v[S_BATCH] * inner * v[S_STATE];
	double in = rows * (inner + v[S_HEADS] + 2 * v[S_GROUPS] * v[S_STATE]);
	return move(call, step, SIM_OP_ELEMENTWISE, SIM_FAMILY_FUSED, v[S_DTYPE],
		    (const double[]){in * size + 4 * state, rows * inner * size + 4 * state},
		    6 * rows * inner * v[S_STATE], state, diag);
}

const struct workload_kind graph_op_scan = {
	.name = "scan",
	.what = "state-space update over tokens",
	.fields = scan_fields,
	.append = scan_append,
};

enum { G_ROWS, G_BYTES, G_SECTOR, G_INDEX, G_ATOMIC };

static const struct kind_field gather_fields[] = {
	[G_ROWS] = {"rows", NULL, NULL, "rows at random places"},
	[G_BYTES] = {"row_bytes", NULL, NULL, "of a row"},
	[G_SECTOR] = {"sector", "32", NULL, "bytes that memory moves at once"},
	[G_INDEX] = {"index_bytes", "4", NULL, "of the index of a row"},
	{0},
};

static const struct kind_field scatter_fields[] = {
	[G_ROWS] = {"rows", NULL, NULL, "rows at random places"},
	[G_BYTES] = {"row_bytes", NULL, NULL, "of a row"},
	[G_SECTOR] = {"sector", "32", NULL, "bytes that memory moves at once"},
	[G_INDEX] = {"index_bytes", "4", NULL, "of the index of a row"},
	[G_ATOMIC] = {"atomic", "0", NULL, "1: read, changed and written"},
	{0},
};

static double sectors_of(const double *v)
{
	return v[G_ROWS] * kind_ceil_divide(v[G_BYTES], v[G_SECTOR]) * v[G_SECTOR];
}

static enum sim_status check_sector(const double *v, struct sim_diag *diag)
{
	return v[G_SECTOR] >= 1 ? SIM_OK
				: diag_fail(diag, SIM_E_RANGE, "a sector has 1 byte or more");
}

static enum sim_status gather_append(const struct kind_call *call, struct workload_step *step,
				     struct sim_diag *diag)
{
	const double *v = call->values;
	TRY(check_sector(v, diag));
	double packed = v[G_ROWS] * v[G_BYTES], index = v[G_ROWS] * v[G_INDEX];
	return move(call, step, SIM_OP_GATHER, SIM_FAMILY_GATHER, SIM_DTYPE_F32,
		    (const double[]){sectors_of(v) + index, packed}, 0, packed / 4, diag);
}

const struct workload_kind graph_op_gather = {
	.name = "gather",
	.what = "rows read from random places",
	.fields = gather_fields,
	.append = gather_append,
};

static enum sim_status scatter_append(const struct kind_call *call, struct workload_step *step,
				      struct sim_diag *diag)
{
	const double *v = call->values;
	TRY(check_sector(v, diag));
	double packed = v[G_ROWS] * v[G_BYTES], index = v[G_ROWS] * v[G_INDEX];
	double again = v[G_ATOMIC] != 0 ? sectors_of(v) : 0;
	return move(call, step, SIM_OP_GATHER, SIM_FAMILY_SCATTER, SIM_DTYPE_F32,
		    (const double[]){packed + index + again, sectors_of(v)}, 0, packed / 4, diag);
}

const struct workload_kind graph_op_scatter = {
	.name = "scatter",
	.what = "rows written to random places",
	.fields = scatter_fields,
	.append = scatter_append,
};
