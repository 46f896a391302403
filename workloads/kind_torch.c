/*
 * PyTorch's own kernels: what a pointwise, reducing or copying op of aten launches.
 *
 * Grids as in the traces of data/h100 (torch 2.11); bytes and operations as traces/work_*.c derives
 * them from the shapes of the same op, so that a lowered step and an imported one are alike:
 *   vectorized    1024 elements a block of 128 threads; a partly filled last block goes element by
 *                 element (elementwise_partial); from 4 operations an element on elementwise_math
 *   cast          512 a block, converts on load or store     strided    4 elements a thread
 *   pairs         2 elements a thread (a row is scaled by one value)
 *   reduction     rows of 32 threads or more, at most 16 rows and 512 threads a block; a row of 256
 *                 steps of a block or more is split over blocks, which begin with a memset
 */
#include <string.h>

#include "workloads/kind.h"

static enum sim_status nomem(struct sim_diag *diag)
{
	return diag_fail(diag, SIM_E_NOMEM, "out of memory");
}

/* Threads limit the blocks of a multiprocessor (2048 of them), the registers of these kernels hardly. */
static void set_grid(struct lowered_kernel *kernel, double blocks, double threads)
{
	kernel->kernel.blocks_per_sm = (uint8_t)kind_limit(2048 / threads, 32);
	kernel->kernel.blocks = (uint32_t)kind_limit(blocks, UINT32_MAX);
	kernel->kernel.threads = (uint16_t)kind_limit(threads, UINT16_MAX);
}

static void set_work(struct lowered_kernel *kernel, unsigned op, unsigned family, double dtype)
{
	kernel->kernel.op = (uint8_t)op;
	kernel->kernel.family = (uint8_t)family;
	kernel->kernel.dtype = (uint8_t)dtype;
}

static double size_of(double dtype)
{
	return sim_dtype_bits((unsigned)dtype) / 8.0;
}

/* ---- pointwise ---------------------------------------------------------------------------- */

static const char pointwise_forms[] = "vectorized\0cast\0strided\0pairs\0index\0";
enum { VECTORIZED, CAST, STRIDED, PAIRS, INDEX };
enum { P_FORM, P_N, P_IN, P_OUT, P_FLOPS, P_DTYPE, P_OP, P_KV_READ, P_KV_WRITE, P_FIELDS };

static const struct kind_field pointwise_fields[] = {
	[P_FORM] = {"form", "vectorized", pointwise_forms, "which loop runs it"},
	[P_N] = {"n", NULL, NULL, "elements of the result"},
	[P_IN] = {"in", NULL, NULL, "bytes of the operands"},
	[P_OUT] = {"out", NULL, NULL, "bytes of the result"},
	[P_FLOPS] = {"flops", "1", NULL,
		     "operations an element: 1 arithmetic, 4 division, root, 8 transcendental"},
	[P_DTYPE] = {"dtype", "bf16", kind_dtype_words, "of the first operand"},
	[P_OP] = {"op", "elementwise", kind_op_words, "what it computes"},
	[P_KV_READ] = {"kv_read", "0", NULL,
		       "elements of the KV cache among the operands, not in `in`"},
	[P_KV_WRITE] = {"kv_write", "0", NULL,
			"elements of the KV cache in the result, not in `out`"},
	{0},
};

static unsigned pointwise_family(const double *v)
{
	if (v[P_FORM] == CAST)
		return SIM_FAMILY_ELEMENTWISE_CAST;
	if (v[P_FORM] == STRIDED && (v[P_OP] == SIM_OP_COPY || v[P_OP] == SIM_OP_KV_WRITE))
		return SIM_FAMILY_COPY_STRIDED;
	if (v[P_FORM] == STRIDED || v[P_FORM] == PAIRS)
		return SIM_FAMILY_ELEMENTWISE_STRIDED;
	if (v[P_FORM] == INDEX)
		return v[P_OP] == SIM_OP_GATHER && v[P_KV_WRITE] == 0 ? SIM_FAMILY_GATHER
								      : SIM_FAMILY_SCATTER;
	if (v[P_FLOPS] >= 4)
		return SIM_FAMILY_ELEMENTWISE_MATH;
	return (uint64_t)v[P_N] % 1024 == 0 ? SIM_FAMILY_ELEMENTWISE
					    : SIM_FAMILY_ELEMENTWISE_PARTIAL;
}

static enum sim_status pointwise_append(const struct kind_call *call, struct workload_step *step,
					struct sim_diag *diag)
{
	static const double elements[] = {1024, 512, 512, 256, 512};
	const double *v = call->values;
	struct lowered_kernel *kernel = kind_kernel(call, step);
	if (kernel == NULL)
		return nomem(diag);
	set_work(kernel, (unsigned)v[P_OP], pointwise_family(v), v[P_DTYPE]);
	set_grid(kernel, kind_ceil_divide(v[P_N], elements[(unsigned)v[P_FORM]]), 128);
	kernel->kernel.flops = v[P_OP] == SIM_OP_ELEMENTWISE ? kind_count(v[P_N] * v[P_FLOPS]) : 0;
	kernel->kernel.act_read_bytes = kind_count(v[P_IN]);
	kernel->kernel.act_write_bytes = kind_count(v[P_OUT]);
	kernel->kv_read_elements = v[P_KV_READ];
	kernel->kv_write_elements = v[P_KV_WRITE];
	return SIM_OK;
}

const struct workload_kind workload_kind_pointwise = {
	.name = "pointwise",
	.what = "element by element: arithmetic, casts, copies, indexed copies",
	.fields = pointwise_fields,
	.append = pointwise_append,
};

/* ---- fill --------------------------------------------------------------------------------- */

static const char fill_forms[] = "arange\0vectorized\0";
enum { F_FORM, F_N, F_DTYPE };

static const struct kind_field fill_fields[] = {
	[F_FORM] = {"form", "arange", fill_forms, "counting up, or one value"},
	[F_N] = {"n", NULL, NULL, "elements written"},
	[F_DTYPE] = {"dtype", "i64", kind_dtype_words, "of the result"},
	{0},
};

static enum sim_status fill_append(const struct kind_call *call, struct workload_step *step,
				   struct sim_diag *diag)
{
	const double *v = call->values;
	struct lowered_kernel *kernel = kind_kernel(call, step);
	if (kernel == NULL)
		return nomem(diag);
	bool counts = v[F_FORM] == 0;
	set_work(kernel, SIM_OP_ELEMENTWISE, SIM_FAMILY_FILL, v[F_DTYPE]);
	set_grid(kernel, kind_ceil_divide(v[F_N], counts ? 64 : 1024), counts ? 64 : 128);
	kernel->kernel.flops = counts ? kind_count(2 * v[F_N]) : 0;
	kernel->kernel.act_write_bytes = kind_count(v[F_N] * size_of(v[F_DTYPE]));
	return SIM_OK;
}

const struct workload_kind workload_kind_fill = {
	.name = "fill",
	.what = "writes without reading: arange, fill",
	.fields = fill_fields,
	.append = fill_append,
};

/* ---- memset, memcpy ----------------------------------------------------------------------- */

static const struct kind_field bytes_fields[] = {
	{"bytes", NULL, NULL, "bytes moved"},
	{"dtype", "bf16", kind_dtype_words, "of the data"},
	{0},
};

static enum sim_status memset_append(const struct kind_call *call, struct workload_step *step,
				     struct sim_diag *diag)
{
	struct lowered_kernel *kernel = kind_kernel(call, step);
	if (kernel == NULL)
		return nomem(diag);
	set_work(kernel, SIM_OP_MEMSET, SIM_FAMILY_MEMSET, call->values[1]);
	kernel->kernel.act_write_bytes = kind_count(call->values[0]);
	return SIM_OK;
}

const struct workload_kind workload_kind_memset = {
	.name = "memset",
	.what = "memset node",
	.fields = bytes_fields,
	.append = memset_append,
};

static enum sim_status memcpy_append(const struct kind_call *call, struct workload_step *step,
				     struct sim_diag *diag)
{
	struct lowered_kernel *kernel = kind_kernel(call, step);
	if (kernel == NULL)
		return nomem(diag);
	set_work(kernel, SIM_OP_MEMCPY, SIM_FAMILY_MEMCPY_DEVICE, call->values[1]);
	kernel->kernel.act_read_bytes = kind_count(call->values[0]);
	kernel->kernel.act_write_bytes = kernel->kernel.act_read_bytes;
	return SIM_OK;
}

const struct workload_kind workload_kind_memcpy = {
	.name = "memcpy",
	.what = "device-to-device copy",
	.fields = bytes_fields,
	.append = memcpy_append,
};

/* ---- cat ---------------------------------------------------------------------------------- */

static const char cat_forms[] = "plain\0vectorized\0append\0loop\0";
enum { PLAIN_CAT, VECTOR_CAT, APPEND_CAT, LOOP_CAT };
enum { C_FORM, C_BYTES, C_NEW, C_DTYPE };

static const struct kind_field cat_fields[] = {
	[C_FORM] = {"form", "plain", cat_forms,
		    "element by element, 16 bytes a thread; the KV cache and what is new: 16 bytes "
		    "a thread, or in a loop of single elements"},
	[C_BYTES] = {"bytes", NULL, NULL, "of the result; append, loop: of what was cached"},
	[C_NEW] = {"new", "0", NULL, "append, loop: bytes that are new"},
	[C_DTYPE] = {"dtype", "bf16", kind_dtype_words, "of the data"},
	{0},
};

/* Two inputs, each its own row of the grid: as many blocks as the larger needs, at most all of the
 * machine's: 2 a multiprocessor plain, 32 vectorized (132 and 4224 of an H100 in data/h100). */
static enum sim_status cat_append(const struct kind_call *call, struct workload_step *step,
				  struct sim_diag *diag)
{
	const double *v = call->values;
	struct lowered_kernel *kernel = kind_kernel(call, step);
	if (kernel == NULL)
		return nomem(diag);
	static const uint8_t families[] = {SIM_FAMILY_CAT, SIM_FAMILY_CAT_VECTOR,
					   SIM_FAMILY_CAT_VECTOR, SIM_FAMILY_CAT_LOOP};
	bool plain = v[C_FORM] == PLAIN_CAT || v[C_FORM] == LOOP_CAT;
	bool append = v[C_FORM] >= APPEND_CAT;
	double size = size_of(v[C_DTYPE]);
	double larger = append ? (v[C_BYTES] > v[C_NEW] ? v[C_BYTES] : v[C_NEW]) : v[C_BYTES] / 2;
	double blocks = kind_ceil_divide(larger, 2048), most = 32 * call->sm_count;
	set_work(kernel, append ? SIM_OP_KV_WRITE : SIM_OP_COPY, families[(unsigned)v[C_FORM]],
		 v[C_DTYPE]);
	if (plain)
		set_grid(kernel, 4 * call->sm_count, 512);
	else
		set_grid(kernel, 2 * (blocks < most ? blocks : most), 128);
	if (append) {
		kernel->kv_read_elements = v[C_BYTES] / size;
		kernel->kv_write_elements = (v[C_BYTES] + v[C_NEW]) / size;
		kernel->kernel.act_read_bytes = kind_count(v[C_NEW]);
	} else {
		kernel->kernel.act_read_bytes = kind_count(v[C_BYTES]);
		kernel->kernel.act_write_bytes = kernel->kernel.act_read_bytes;
	}
	return SIM_OK;
}

const struct workload_kind workload_kind_cat = {
	.name = "cat",
	.what = "concatenation of two tensors",
	.fields = cat_fields,
	.append = cat_append,
};

/* ---- embedding ---------------------------------------------------------------------------- */

static const struct kind_field embedding_fields[] = {
	{"rows", NULL, NULL, "rows taken"},
	{"width", NULL, NULL, "elements of a row"},
	{0},
};

static enum sim_status embedding_append(const struct kind_call *call, struct workload_step *step,
					struct sim_diag *diag)
{
	const double *v = call->values;
	struct lowered_kernel *kernel = kind_kernel(call, step);
	if (kernel == NULL)
		return nomem(diag);
	bool small =
		v[0] <= 16; /* indexSelectSmallIndex loops over the rows; above, a grid over all */
	double most = 8 * call->sm_count;
	double blocks = kind_ceil_divide(small ? v[1] : v[0] * v[1], 128);
	set_work(kernel, SIM_OP_GATHER, SIM_FAMILY_GATHER, SIM_DTYPE_BF16);
	set_grid(kernel, blocks < most ? blocks : most, 128);
	kernel->weight_elements = v[0] * v[1];
	kernel->kernel.act_read_bytes = kind_count(8 * v[0]);
	kernel->kernel.act_write_bytes = kind_count(2 * v[0] * v[1]);
	return SIM_OK;
}

const struct workload_kind workload_kind_embedding = {
	.name = "embedding",
	.what = "rows of an embedding by index",
	.fields = embedding_fields,
	.append = embedding_append,
};
