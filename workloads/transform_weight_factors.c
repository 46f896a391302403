/*
 * factor: weight matrices as products of smaller ones, with what goes between them.
 *
 * A dense product of m rows, k inputs, n outputs is replaced by (r rank, b blocks; Table 2 of
 * block low-rank, arXiv 2512.20861, whose bytes are for 2-byte elements):
 *
 *              parameters         flops                 intermediate elements, written and read
 *   dense      k n                2 m k n               none
 *   lowrank    r (k + n)          2 m r (k + n)         2 m r
 *   monarch    r (k + n)          2 m r (k + n)         4 b m r   two products, a permutation between
 *   blast      r (k + n) + r b^2  2 m r (k + n + b^2)   8 b m r   two products, a coupling between two
 *                                                                 permutations
 *
 * Unfused (the baseline of the paper) every arrow is a kernel that writes and reads memory; fused
 * kernels have the permutations inside of the products: 2 b m r for Monarch, 4 b m r for BLAST.
 * Monarch: Dao et al., arXiv 2204.00595; BLAST: Lee et al., arXiv 2410.21262.
 * Factors keep the bits of the weight format, which comes after. Ranks per role; a product whose
 * rank makes it no smaller stays dense only if it is left out of `factor.roles`.
 */
#include <math.h>

#include "workloads/transform_parts.h"

enum {
	FACTOR_KIND,
	FACTOR_RANK,
	FACTOR_ATTENTION_RANK,
	FACTOR_BLOCKS,
	FACTOR_FUSED,
	FACTOR_ROLES,
	FACTOR_KEY_COUNT
};

enum factor_kind { FACTOR_NONE, FACTOR_LOWRANK, FACTOR_MONARCH, FACTOR_BLAST };

static const char kind_words[] = "none\0lowrank\0monarch\0blast\0";
static const char fused_words[] = "no\0yes\0";
static const char role_words[] = "all\0attention\0mlp\0";

/* clang-format off */
static const struct scenario_key keys[FACTOR_KEY_COUNT + 1] = {
	[FACTOR_KIND] = {"factor.kind", SCENARIO_WORD, UNIT_RATIO, 0, 0, "none", kind_words, "matrices as products: none, lowrank, monarch, blast"},
	[FACTOR_RANK] = {"factor.rank", SCENARIO_NUMBER, UNIT_COUNT, 1, 1e6, NULL, NULL, "rank of the factors"},
	[FACTOR_ATTENTION_RANK] = {"factor.attention_rank", SCENARIO_NUMBER, UNIT_COUNT, 1, 1e6, NULL, NULL, "rank of those of the attention; not given: factor.rank"},
	[FACTOR_BLOCKS] = {"factor.blocks", SCENARIO_NUMBER, UNIT_COUNT, 1, 1e6, "1", NULL, "blocks of a Monarch or BLAST matrix"},
	[FACTOR_FUSED] = {"factor.fused", SCENARIO_WORD, UNIT_RATIO, 0, 0, "no", fused_words, "yes: permutations are inside of the products"},
	[FACTOR_ROLES] = {"factor.roles", SCENARIO_WORD, UNIT_RATIO, 0, 0, "all", role_words, "all, attention or mlp: which matrices"},
	{0},
};
/* clang-format on */

struct factors {
	enum factor_kind kind;
	double rank, blocks;
	bool fused;
};

static bool is_attention_role(unsigned role)
{
	return role == WORKLOAD_ROLE_QKV || role == WORKLOAD_ROLE_OUTPUT;
}

static bool is_mlp_role(unsigned role)
{
	return role == WORKLOAD_ROLE_MLP_UP || role == WORKLOAD_ROLE_MLP_DOWN;
}

static struct factors factors_of(const struct workload *workload, size_t first, unsigned role)
{
	const struct scenario_value *v = &workload->scenario.values[first];
	unsigned roles = (unsigned)v[FACTOR_ROLES].number;
	bool wanted = (is_attention_role(role) && roles != 2) || (is_mlp_role(role) && roles != 1);
	struct factors factors = {
		.kind = wanted ? (enum factor_kind)v[FACTOR_KIND].number : FACTOR_NONE,
		.rank = v[FACTOR_RANK].number,
		.blocks = v[FACTOR_BLOCKS].number,
		.fused = v[FACTOR_FUSED].number > 0,
	};
	if (is_attention_role(role))
		factors.rank =
			transform_given(workload, first, FACTOR_ATTENTION_RANK, factors.rank);
	if (factors.kind == FACTOR_LOWRANK)
		factors.blocks = 1;
	return factors;
}

/* Kernel that handles the numbers between the factors: reads and writes IN of them. */
static enum sim_status insert_between(struct workload_step *step, size_t segment, uint32_t position,
				      const char *suffix, double numbers, double weights,
				      double flops, struct sim_diag *diag)
{
	struct lowered_kernel *made;
	uint32_t model = step->segments[segment].first + position - 1;
	TRY(transform_insert(step, segment, position, model, suffix, &made, diag));
	made->group = 0;
	made->kernel.op = weights > 0 ? SIM_OP_GEMM : SIM_OP_COPY;
	made->kernel.family = weights > 0 ? SIM_FAMILY_GEMM_FACTOR : SIM_FAMILY_ELEMENTWISE_STRIDED;
	made->weight_elements = weights;
	made->kernel.weight_bytes = transform_bytes(weights, 16);
	made->kernel.flops = transform_bytes(flops, 8);
	made->kernel.act_read_bytes = made->kernel.act_write_bytes = transform_bytes(numbers, 16);
	return SIM_OK;
}

/* POSITION becomes the first factor; the others follow it. *POSITION is left on the last. */
static enum sim_status replace(const struct workload *workload, struct factors factors,
			       struct workload_step *step, size_t segment, uint32_t *position,
			       struct sim_diag *diag)
{
	uint32_t first_at = step->segments[segment].first + *position;
	struct lowered_kernel dense = step->kernels[first_at], *made;
	double m = dense.m, k = dense.k, n = dense.n, r = factors.rank, b = factors.blocks;
	double beside = dense.weight_elements - n * k; /* biases */
	double between = m * r * b, own = workload->model.parameter_bits;
	unsigned family =
		factors.kind == FACTOR_LOWRANK ? dense.kernel.family : SIM_FAMILY_GEMM_FACTOR;
	struct lowered_kernel *at = &step->kernels[first_at];
	at->weight_elements = r * k;
	at->n = (uint32_t)r;
	at->kernel.family = (uint8_t)family;
	at->kernel.blocks = 0;
	at->kernel.flops = transform_bytes(2 * m * r * k, 8);
	at->kernel.weight_bytes = transform_bytes(r * k, own);
	at->kernel.act_write_bytes = transform_bytes(between, 16);
	if (factors.kind != FACTOR_LOWRANK && !factors.fused)
		TRY(insert_between(step, segment, ++*position, "permute", between, 0, 0, diag));
	if (factors.kind == FACTOR_BLAST) {
		TRY(insert_between(step, segment, ++*position, "couple", between, r * b * b,
				   2 * m * r * b * b, diag));
		if (!factors.fused)
			TRY(insert_between(step, segment, ++*position, "permute", between, 0, 0,
					   diag));
	}
	TRY(transform_insert(step, segment, *position + 1, first_at, "second", &made, diag));
	++*position;
	made->m = dense.m;
	made->k = (uint32_t)r;
	made->n = dense.n;
	made->weight_elements = r * n + (beside > 0 ? beside : 0);
	made->kernel.flops = transform_bytes(2 * m * r * n, 8);
	made->kernel.weight_bytes = transform_bytes(made->weight_elements, own);
	made->kernel.act_read_bytes = transform_bytes(between, 16);
	made->kernel.act_write_bytes = dense.kernel.act_write_bytes;
	return SIM_OK;
}

static bool is_product(const struct lowered_kernel *kernel)
{
	return kernel->kernel.op == SIM_OP_GEMM && kernel->weight_elements > 0 && kernel->n > 0 &&
	       kernel->k > 0;
}

static enum sim_status check(const struct workload *workload, size_t first, struct sim_diag *diag)
{
	double rank = transform_number(workload, first, FACTOR_RANK);
	if (isnan(rank))
		return diag_fail(diag, SIM_E_USAGE,
				 "'factor.kind' needs 'factor.rank', which is not given");
	return SIM_OK;
}

static bool in_use(const struct workload *workload, size_t first)
{
	return transform_number(workload, first, FACTOR_KIND) != FACTOR_NONE;
}

static enum sim_status apply(const struct workload *workload, size_t first,
			     const struct workload_forward *forward, struct workload_step *step,
			     struct sim_diag *diag)
{
	if (!transform_is_target(forward) || !in_use(workload, first))
		return SIM_OK;
	TRY(check(workload, first, diag));
	for (size_t s = 0; s < step->segment_count; s++)
		for (uint32_t p = 0; p < step->segments[s].count; p++) {
			const struct lowered_kernel *at =
				&step->kernels[step->segments[s].first + p];
			struct factors factors = factors_of(workload, first, at->role);
			if (factors.kind == FACTOR_NONE || !is_product(at))
				continue;
			transform_make_single(step, s, &p);
			TRY(replace(workload, factors, step, s, &p, diag));
		}
	return SIM_OK;
}

static double factored(struct factors factors, double inputs, double outputs)
{
	double all = factors.rank * (inputs + outputs);
	if (factors.kind == FACTOR_BLAST)
		all += factors.rank * factors.blocks * factors.blocks;
	return factors.kind == FACTOR_NONE ? 0 : all - inputs * outputs;
}

/* Matrices as the model has them, each of queries, keys, values, gate and up factored by itself. */
static enum sim_status hold(const struct workload *workload, size_t first,
			    struct workload_capacity *capacity, struct sim_diag *diag)
{
	const struct workload_model *model = &workload->model;
	if (!in_use(workload, first))
		return SIM_OK;
	TRY(check(workload, first, diag));
	if (model->mixer != MODEL_ATTENTION || model->experts > 0)
		return diag_fail(diag, SIM_E_UNSUPPORTED,
				 "'factor.kind' is for dense models with plain attention");
	double hidden = (double)model->hidden, q = (double)(model->heads * model->head_dim);
	double kv = (double)(model->kv_heads * model->head_dim);
	double inner = (double)model->intermediate;
	struct factors attention = factors_of(workload, first, WORKLOAD_ROLE_QKV);
	struct factors mlp = factors_of(workload, first, WORKLOAD_ROLE_MLP_UP);
	double more = 2 * factored(attention, hidden, q) + 2 * factored(attention, hidden, kv) +
		      (model->gated ? 3 : 2) * factored(mlp, hidden, inner);
	capacity->weight_bytes += more * (double)model->layers * model->parameter_bits / 8;
	return SIM_OK;
}

const struct workload_transform workload_transform_weight_factors = {
	.name = "weight_factors",
	.what = "weight matrices as low-rank, Monarch or BLAST products",
	.keys = keys,
	.apply = apply,
	.hold = hold,
};
