/*
 * GEMM: C[M,N] = A[M,K] B[K,N] (+ bias).
 *
 *   flops        2 M N K per matrix of a batch
 *   weight_bytes B and bias, in mm, addmm, linear, mv: the second operand is a parameter there;
 *                in bmm, baddbmm and matmul of two batches both operands are activations
 *   act_read     A, and B where it is no weight, and a full matrix that is added
 *   act_write    C
 * Attention in its math form is two bmm around a softmax; its KV counts as activations here.
 *
 * Split-K: S partial results of M N fp32 are written by the main kernel and read by the reduction
 * after it. S is not recorded. It is grid.z where that is more than one; else, with T tiles of the
 * size in the kernel's name ("nvjet_sm90_tst_64x8_...") and P blocks, it is the least S with
 * S T >= P whose last wave is at least 95 % full (a persistent kernel of 132 blocks on 56 tiles
 * takes 7), or ceil(P / T). The rule gives the DRAM reads of every splitKreduce_kernel of
 * ncu-llama-3.2-1b.csv.gz and ncu-qwen2.5-7b.csv.gz up to the 7 to 10 KB any kernel reads there.
 */
#include <ctype.h>
#include <stdlib.h>
#include <string.h>

#include "traces/work_rules.h"

enum { PARTIAL_SIZE = 4, MOST_SPLITS = 64 };

struct gemm {
	uint64_t batch, m, n, k;
	const struct work_tensor *a, *b;
	bool is_weight; /* b */
};

/* "..._64x8_64x16_...": the first tile of the name. */
static bool tile_of(const char *name, uint64_t *rows, uint64_t *columns)
{
	for (const char *at = name; *at != '\0'; at++) {
		char *end, *last;
		if (!isdigit((unsigned char)*at) || (at > name && isalnum((unsigned char)at[-1])))
			continue;
		*rows = strtoull(at, &end, 10);
		if (*end == 'x' && isdigit((unsigned char)end[1])) {
			*columns = strtoull(end + 1, &last, 10);
			return *rows > 0 && *columns > 0 && *rows <= 4096 && *columns <= 4096;
		}
	}
	return false;
}

static uint64_t divide_up(uint64_t a, uint64_t b)
{
	return (a + b - 1) / b;
}

static uint64_t splits_of_grid(uint64_t blocks, uint64_t tiles)
{
	for (uint64_t splits = 2; splits <= MOST_SPLITS; splits++) {
		uint64_t units = splits * tiles;
		uint64_t slots = divide_up(units, blocks) * blocks;
		if (units >= blocks && units * 100 >= slots * 95)
			return splits;
	}
	uint64_t splits = divide_up(blocks, tiles);
	return splits < 2 ? 2 : splits;
}

static uint64_t count_splits(const struct work_case *it, const struct gemm *gemm)
{
	uint64_t rows, columns;
	bool split = it->context->reduction_follows != 0 || strstr(it->name, "splitK") != NULL ||
		     strstr(it->name, "splitk") != NULL;
	if (!split)
		return 1;
	if (it->detail->grid[2] > 1)
		return it->detail->grid[2];
	if (it->kernel->blocks == 0 || !tile_of(it->name, &rows, &columns))
		return 2;
	/* column-major inside: the first side of the tile runs along N */
	uint64_t tiles = divide_up(gemm->n, rows) * divide_up(gemm->m, columns);
	return tiles == 0 || tiles >= WORK_LIMIT ? 2 : splits_of_grid(it->kernel->blocks, tiles);
}

static void set_dims(struct work_case *it, const struct gemm *gemm)
{
	it->detail->m = work_narrow(gemm->m);
	it->detail->n = work_narrow(gemm->n);
	it->detail->k = work_narrow(gemm->k);
	it->kernel->dtype = gemm->b->dtype;
}

/* Reduction of a split-K GEMM: partial results and bias in, C out. */
static bool reduce_partials(struct work_case *it, const struct gemm *gemm, uint64_t out_dtype)
{
	uint64_t results = work_mul(gemm->batch, work_mul(gemm->m, gemm->n));
	uint64_t partial = it->partial_bytes;
	if (partial == 0) /* its main kernel was not seen */
		partial = work_mul(results, 2 * PARTIAL_SIZE);
	work_read(it, partial);
	work_write(it, work_bytes(results, (unsigned)out_dtype));
	work_flops(it, partial / PARTIAL_SIZE, 1);
	return true;
}

static bool is_main_kernel(const struct work_case *it)
{
	switch (it->kernel->family) {
	case SIM_FAMILY_GEMM: /* its kinds by pipeline are told apart later */
	case SIM_FAMILY_GEMM_SIMT:
	case SIM_FAMILY_GEMM_GROUPED: /* bmm_... of some libraries */
		return true;
	case SIM_FAMILY_FUSED:
		return true;
	default:
		return false;
	}
}

static bool gemm_work(struct work_case *it, const struct gemm *gemm, uint64_t weight_extra,
		      const struct work_tensor *added, unsigned out_dtype)
{
	uint64_t results = work_mul(gemm->batch, work_mul(gemm->m, gemm->n));
	if (results >= WORK_LIMIT || gemm->k >= WORK_LIMIT)
		return false;
	set_dims(it, gemm);
	if (it->kernel->family == SIM_FAMILY_SPLITK_REDUCE)
		return reduce_partials(it, gemm, out_dtype);
	if (!is_main_kernel(it))
		return false;
	work_flops(it, work_mul(results, gemm->k), 2);
	work_read(it, work_distinct_bytes(gemm->a));
	if (gemm->is_weight)
		it->kernel->weight_bytes = work_add(work_distinct_bytes(gemm->b), weight_extra);
	else
		work_read(it, work_add(work_distinct_bytes(gemm->b), weight_extra));
	if (added != NULL && added->elements > gemm->n)
		work_read(it, work_distinct_bytes(added));
	else if (added != NULL)
		it->kernel->weight_bytes =
			work_add(it->kernel->weight_bytes, work_distinct_bytes(added));
	uint64_t splits = count_splits(it, gemm);
	if (splits > 1) {
		uint64_t partial = work_mul(work_mul(results, splits), PARTIAL_SIZE);
		it->context->partial_bytes = partial;
		work_write(it, partial);
	} else {
		work_write(it, work_bytes(results, out_dtype));
	}
	return true;
}

/* Rows of a matrix whose last dimension is the inner one: everything before it. */
static uint64_t rows_of(const struct work_tensor *tensor)
{
	uint64_t rows = 1;
	for (unsigned i = 0; i + 1 < tensor->rank; i++)
		rows = work_mul(rows, tensor->dims[i]);
	return rows;
}

static bool two_matrices(struct work_case *it, unsigned first, const struct work_tensor *added)
{
	struct gemm gemm = {.batch = 1,
			    .a = work_shape_tensor(it->shape, first),
			    .b = work_shape_tensor(it->shape, first + 1),
			    .is_weight = true};
	if (gemm.a == NULL || gemm.b == NULL || gemm.a->rank != 2 || gemm.b->rank != 2 ||
	    gemm.a->dims[1] != gemm.b->dims[0])
		return false;
	gemm.m = gemm.a->dims[0];
	gemm.k = gemm.a->dims[1];
	gemm.n = gemm.b->dims[1];
	return gemm_work(it, &gemm, 0, added, gemm.a->dtype);
}

static bool mm(struct work_case *it)
{
	return two_matrices(it, 0, NULL);
}

static bool addmm(struct work_case *it)
{
	return two_matrices(it, 1, work_shape_tensor(it->shape, 0));
}

static bool two_batches(struct work_case *it, unsigned first, const struct work_tensor *added)
{
	struct gemm gemm = {.a = work_shape_tensor(it->shape, first),
			    .b = work_shape_tensor(it->shape, first + 1)};
	if (gemm.a == NULL || gemm.b == NULL || gemm.a->rank != 3 || gemm.b->rank != 3 ||
	    gemm.a->dims[2] != gemm.b->dims[1] || gemm.a->dims[0] != gemm.b->dims[0])
		return false;
	gemm.batch = gemm.a->dims[0];
	gemm.m = gemm.a->dims[1];
	gemm.k = gemm.a->dims[2];
	gemm.n = gemm.b->dims[2];
	return gemm_work(it, &gemm, work_distinct_bytes(added), NULL, gemm.a->dtype);
}

static bool bmm(struct work_case *it)
{
	return two_batches(it, 0, NULL);
}

static bool baddbmm(struct work_case *it)
{
	return two_batches(it, 1, work_shape_tensor(it->shape, 0));
}

/* Operands of any rank: a 2-d second one is a parameter, a batched one is not. */
static bool matmul(struct work_case *it)
{
	struct gemm gemm = {.batch = 1,
			    .a = work_shape_tensor(it->shape, 0),
			    .b = work_shape_tensor(it->shape, 1)};
	if (gemm.a == NULL || gemm.b == NULL || gemm.b->rank < 2)
		return false;
	gemm.k = gemm.a->dims[gemm.a->rank - 1];
	gemm.n = gemm.b->dims[gemm.b->rank - 1];
	gemm.m = rows_of(gemm.a);
	gemm.is_weight = gemm.b->rank == 2;
	if (gemm.b->rank > 2 && gemm.a->rank > 2) {
		gemm.m = gemm.a->dims[gemm.a->rank - 2];
		gemm.batch = gemm.m > 0 ? rows_of(gemm.a) / gemm.m : 0;
	}
	if (gemm.b->dims[gemm.b->rank - 2] != gemm.k)
		return false;
	return gemm_work(it, &gemm, 0, NULL, gemm.a->dtype);
}

/* linear(x [..., K], weight [N, K], bias [N]) */
static bool linear(struct work_case *it)
{
	struct gemm gemm = {.batch = 1,
			    .a = work_shape_tensor(it->shape, 0),
			    .b = work_shape_tensor(it->shape, 1),
			    .is_weight = true};
	if (gemm.a == NULL || gemm.b == NULL || gemm.b->rank != 2 ||
	    gemm.a->dims[gemm.a->rank - 1] != gemm.b->dims[1])
		return false;
	gemm.m = rows_of(gemm.a);
	gemm.k = gemm.b->dims[1];
	gemm.n = gemm.b->dims[0];
	return gemm_work(it, &gemm, 0, work_shape_tensor(it->shape, 2), gemm.a->dtype);
}

static bool matrix_vector(struct work_case *it, unsigned first, const struct work_tensor *added)
{
	struct gemm gemm = {.batch = 1,
			    .m = 1,
			    .a = work_shape_tensor(it->shape, first + 1),
			    .b = work_shape_tensor(it->shape, first),
			    .is_weight = true};
	if (gemm.a == NULL || gemm.b == NULL || gemm.b->rank != 2 || gemm.a->rank != 1 ||
	    gemm.a->dims[0] != gemm.b->dims[1])
		return false;
	gemm.n = gemm.b->dims[0];
	gemm.k = gemm.b->dims[1];
	return gemm_work(it, &gemm, 0, added, gemm.a->dtype);
}

static bool mv(struct work_case *it)
{
	return matrix_vector(it, 0, NULL);
}

static bool addmv(struct work_case *it)
{
	return matrix_vector(it, 1, work_shape_tensor(it->shape, 0));
}

/* _scaled_mm(a fp8, b fp8, scale_a, scale_b, bias, scale_result, out_dtype) */
static bool scaled_mm(struct work_case *it)
{
	struct gemm gemm = {.batch = 1,
			    .a = work_shape_tensor(it->shape, 0),
			    .b = work_shape_tensor(it->shape, 1),
			    .is_weight = true};
	int64_t code;
	unsigned out = SIM_DTYPE_BF16;
	if (gemm.a == NULL || gemm.b == NULL || gemm.a->rank != 2 || gemm.b->rank != 2 ||
	    gemm.a->dims[1] != gemm.b->dims[0])
		return false;
	gemm.m = gemm.a->dims[0];
	gemm.k = gemm.a->dims[1];
	gemm.n = gemm.b->dims[1];
	if (work_shape_integer(it->shape, 6, &code) &&
	    work_dtype_from_code(code) != SIM_DTYPE_UNKNOWN)
		out = work_dtype_from_code(code);
	work_read(it, work_distinct_bytes(work_shape_tensor(it->shape, 2)));
	return gemm_work(it, &gemm, work_distinct_bytes(work_shape_tensor(it->shape, 3)),
			 work_shape_tensor(it->shape, 4), out);
}

/*
 * _weight_int4pack_mm(x [M,K], packed int32, group, scales_and_zeros [K/group, N, 2]) and
 * _weight_int8pack_mm(x [M,K], weight int8 [N,K], scales [N]).
 */
static bool packed_mm(struct work_case *it)
{
	bool is_int4 = strstr(it->op->name, "int4") != NULL;
	const struct work_tensor *scales = work_shape_tensor(it->shape, is_int4 ? 3 : 2);
	struct gemm gemm = {.batch = 1,
			    .a = work_shape_tensor(it->shape, 0),
			    .b = work_shape_tensor(it->shape, 1),
			    .is_weight = true};
	if (gemm.a == NULL || gemm.b == NULL || scales == NULL || gemm.a->rank != 2 ||
	    scales->rank != (is_int4 ? 3 : 1))
		return false;
	gemm.m = gemm.a->dims[0];
	gemm.k = gemm.a->dims[1];
	gemm.n = scales->dims[is_int4 ? 1 : 0];
	if (!gemm_work(it, &gemm, work_distinct_bytes(scales), NULL, gemm.a->dtype))
		return false;
	it->kernel->dtype = is_int4 ? SIM_DTYPE_INT4 : SIM_DTYPE_I8;
	return true;
}

#define GEMM_OP(name, rule)                                                                        \
	{                                                                                          \
		name, rule, SIM_OP_GEMM, SIM_FAMILY_GEMM, 0, 0, 0                                  \
	}

const struct work_op work_gemm_ops[] = {
	GEMM_OP("aten::mm", mm),
	GEMM_OP("aten::addmm", addmm),
	GEMM_OP("aten::_addmm_activation", addmm),
	GEMM_OP("aten::bmm", bmm),
	GEMM_OP("aten::baddbmm", baddbmm),
	GEMM_OP("aten::matmul", matmul),
	GEMM_OP("aten::linear", linear),
	GEMM_OP("aten::mv", mv),
	GEMM_OP("aten::addmv", addmv),
	GEMM_OP("aten::_scaled_mm", scaled_mm),
	GEMM_OP("aten::_weight_int4pack_mm", packed_mm),
	GEMM_OP("aten::_weight_int8pack_mm", packed_mm),
	{"aten::_grouped_mm", work_grouped_mm, SIM_OP_GROUPED_GEMM, SIM_FAMILY_GEMM_GROUPED, 0, 0,
	 0},
	{NULL, NULL, 0, 0, 0, 0, 0},
};
