/*
 * weights: formats of the weight matrices, and the kernels that multiply with them.
 *
 *   bytes   E b / 8,   b = keep (bits + index) + bitmap + (scale + zero) / group
 *   E       elements of the matrix; vectors beside it (biases, norms) keep the model's own bits
 *   flops   2 M N K flops_keep + unpack E     (unpack: work of the matrix units per weight)
 *   acts    inputs of the product are act_bits wide, and the rate is that of the type
 *
 * A kernel with packed weights is one kernel: what cuBLAS puts around a dense one (split-K
 * reduction, memset) is gone. How fast it streams and unpacks is its family's, in the device file
 * (hwmodels/gpu_dequant.h). `memory` unpacks into memory first and multiplies densely, and so does
 * nf4 with more than one row of activations:
 *
 *   unpack kernel: reads E b / 8, writes 2 E      product: reads 2 E of activations (not weights)
 *
 * Formats: group scales as in GPTQ (Frantar et al., arXiv 2210.17323) and AWQ (arXiv 2306.00978);
 * MARLIN (Frantar et al., arXiv 2408.11743); 2:4 is keep 0.5, index 2, flops_keep 0.5 (Mishra et
 * al., arXiv 2104.08378); nf4 (Dettmers et al., arXiv 2305.14314); fractional and per-layer bits as
 * in Q-Palette (arXiv 2509.20214); bits per expert as in AlphaQ (arXiv 2606.04980).
 */
#include <math.h>

#include "workloads/transform_parts.h"
#include "workloads/transform_weights.h"

static const char kernel_words[] =
	"dense\0dequant\0memory\0tinygemm\0marlin\0awq\0exllama\0nf4\0trellis\0";
static const char act_words[] = "int\0float\0";
static const char side_words[] = "fused\0separate\0";

/* clang-format off */
static const struct scenario_key keys[WEIGHTS_KEY_COUNT + 1] = {
	[WEIGHTS_BITS] = {"weights.bits", SCENARIO_NUMBER, UNIT_RATIO, 0.01, 64, NULL, NULL, "bits of an element of the layers' matrices; fractions are allowed"},
	[WEIGHTS_KERNEL] = {"weights.kernel", SCENARIO_WORD, UNIT_RATIO, 0, 0, "dense", kernel_words, "implementation of products with packed weights: dense, dequant, memory, tinygemm, marlin, awq, exllama, nf4, trellis"},
	[WEIGHTS_GROUP] = {"weights.group", SCENARIO_NUMBER, UNIT_COUNT, 0, 1e9, "0", NULL, "elements that share a scale; 0: no scales"},
	[WEIGHTS_SCALE_BITS] = {"weights.scale_bits", SCENARIO_NUMBER, UNIT_RATIO, 0, 64, "16", NULL, "bits of a group's scale"},
	[WEIGHTS_ZERO_BITS] = {"weights.zero_bits", SCENARIO_NUMBER, UNIT_RATIO, 0, 64, "0", NULL, "bits of a group's zero point"},
	[WEIGHTS_QKV_BITS] = {"weights.qkv_bits", SCENARIO_NUMBER, UNIT_RATIO, 0.01, 64, NULL, NULL, "the same as weights.bits, of the projections of queries, keys, values"},
	[WEIGHTS_OUTPUT_BITS] = {"weights.output_bits", SCENARIO_NUMBER, UNIT_RATIO, 0.01, 64, NULL, NULL, "of the output projection of attention"},
	[WEIGHTS_UP_BITS] = {"weights.up_bits", SCENARIO_NUMBER, UNIT_RATIO, 0.01, 64, NULL, NULL, "of gate and up projections"},
	[WEIGHTS_DOWN_BITS] = {"weights.down_bits", SCENARIO_NUMBER, UNIT_RATIO, 0.01, 64, NULL, NULL, "of down projections"},
	[WEIGHTS_HEAD_BITS] = {"weights.head_bits", SCENARIO_NUMBER, UNIT_RATIO, 0.01, 64, NULL, NULL, "of the vocabulary projection; not given: as the model has it"},
	[WEIGHTS_EXPERT_BITS] = {"weights.expert_bits", SCENARIO_LIST, UNIT_RATIO, 0.01, 64, NULL, NULL, "of routed experts: one number, or one per expert"},
	[WEIGHTS_EXPERT_SHARES] = {"weights.expert_shares", SCENARIO_LIST, UNIT_RATIO, 0, 1e9, NULL, NULL, "how often each expert is read, for the mean of expert_bits; not given: equally"},
	[WEIGHTS_LAYER_BITS] = {"weights.layer_bits", SCENARIO_LIST, UNIT_RATIO, 0.01, 64, NULL, NULL, "of the matrices of each layer, one per layer; keys of single roles go before"},
	[WEIGHTS_KEEP] = {"weights.keep", SCENARIO_NUMBER, UNIT_RATIO, 0, 1, "1", NULL, "share of elements that are kept"},
	[WEIGHTS_INDEX_BITS] = {"weights.index_bits", SCENARIO_NUMBER, UNIT_RATIO, 0, 64, "0", NULL, "bits of position per kept element (2:4: 2)"},
	[WEIGHTS_BITMAP_BITS] = {"weights.bitmap_bits", SCENARIO_NUMBER, UNIT_RATIO, 0, 64, "0", NULL, "bits of position per element, kept or not (bitmap: 1)"},
	[WEIGHTS_FLOPS_KEEP] = {"weights.flops_keep", SCENARIO_NUMBER, UNIT_RATIO, 0, 1, "1", NULL, "share of the product's operations that are done (2:4: 0.5)"},
	[WEIGHTS_UNPACK] = {"weights.unpack", SCENARIO_NUMBER, UNIT_RATIO, 0, 1e6, "0", NULL, "operations of the product's units per weight, for unpacking"},
	[WEIGHTS_ACT_BITS] = {"weights.act_bits", SCENARIO_NUMBER, UNIT_RATIO, 1, 64, "16", NULL, "bits of an activation that goes into a product; 8: at the int8 or fp8 rate"},
	[WEIGHTS_ACT_FORMAT] = {"weights.act_format", SCENARIO_WORD, UNIT_RATIO, 0, 0, "int", act_words, "int or float, of 8-bit activations"},
	[WEIGHTS_ACT_KERNEL] = {"weights.act_kernel", SCENARIO_WORD, UNIT_RATIO, 0, 0, "fused", side_words, "activations are quantized by the kernel before (fused) or by one of its own (separate)"},
	[WEIGHTS_HOST] = {"weights.host", SCENARIO_NUMBER, UNIT_SECONDS, 0, 1, "0", NULL, "host time more of an eager launch of such a product (its library's own dispatch)"},
	[WEIGHTS_EMBEDDING_BITS] = {"weights.embedding_bits", SCENARIO_NUMBER, UNIT_RATIO, 0.01, 64, NULL, NULL, "of an embedding that is not the vocabulary projection too; not given: as the model has it"},
	{0},
};
/* clang-format on */

static const uint8_t families[] = {
	SIM_FAMILY_GEMM,	  SIM_FAMILY_GEMM_DEQUANT, SIM_FAMILY_GEMM,
	SIM_FAMILY_GEMM_TINYGEMM, SIM_FAMILY_GEMM_MARLIN,  SIM_FAMILY_GEMM_AWQ,
	SIM_FAMILY_GEMM_EXLLAMA,  SIM_FAMILY_GEMM_NF4,	   SIM_FAMILY_GEMM_TRELLIS,
};

static const int role_keys[WORKLOAD_ROLE_COUNT] = {
	[WORKLOAD_ROLE_QKV] = WEIGHTS_QKV_BITS,
	[WORKLOAD_ROLE_OUTPUT] = WEIGHTS_OUTPUT_BITS,
	[WORKLOAD_ROLE_MLP_UP] = WEIGHTS_UP_BITS,
	[WORKLOAD_ROLE_MLP_DOWN] = WEIGHTS_DOWN_BITS,
	[WORKLOAD_ROLE_EXPERT_UP] = WEIGHTS_UP_BITS,
	[WORKLOAD_ROLE_EXPERT_DOWN] = WEIGHTS_DOWN_BITS,
};

static bool is_expert(unsigned role)
{
	return role == WORKLOAD_ROLE_EXPERT_UP || role == WORKLOAD_ROLE_EXPERT_DOWN;
}

static double mean_expert_bits(const struct scenario_value *bits,
			       const struct scenario_value *shares)
{
	double sum = 0, weight = 0;
	for (size_t i = 0; i < bits->list_count; i++) {
		double share = shares->given && i < shares->list_count ? shares->list[i] : 1;
		sum += bits->list[i] * share;
		weight += share;
	}
	return weight > 0 ? sum / weight : bits->list[0];
}

/* Bits of an element of ROLE in LAYER (UINT32_MAX: the mean over layers); NaN: not quantized. */
static double element_bits(const struct workload *workload, size_t first, unsigned role,
			   uint32_t layer, bool stored)
{
	const struct scenario_value *values = &workload->scenario.values[first];
	const struct scenario_value *experts = &values[WEIGHTS_EXPERT_BITS];
	const struct scenario_value *layers = &values[WEIGHTS_LAYER_BITS];
	static const struct scenario_value equal = {.given = false};
	if (role == WORKLOAD_ROLE_HEAD)
		return values[WEIGHTS_HEAD_BITS].given ? values[WEIGHTS_HEAD_BITS].number : NAN;
	if (role_keys[role] == 0)
		return NAN;
	if (is_expert(role) && experts->given)
		return mean_expert_bits(experts, stored ? &equal : &values[WEIGHTS_EXPERT_SHARES]);
	if (values[role_keys[role]].given)
		return values[role_keys[role]].number;
	if (layers->given && layer < layers->list_count)
		return layers->list[layer];
	if (layers->given && layer == UINT32_MAX)
		return mean_expert_bits(layers, &equal);
	return values[WEIGHTS_BITS].given ? values[WEIGHTS_BITS].number : NAN;
}

/* With what a format holds beside the elements. */
static double stored_bits(const struct workload *workload, size_t first, double bits)
{
	double keep = transform_number(workload, first, WEIGHTS_KEEP);
	double group = transform_number(workload, first, WEIGHTS_GROUP);
	double beside = transform_number(workload, first, WEIGHTS_SCALE_BITS) +
			transform_number(workload, first, WEIGHTS_ZERO_BITS);
	return keep * (bits + transform_number(workload, first, WEIGHTS_INDEX_BITS)) +
	       transform_number(workload, first, WEIGHTS_BITMAP_BITS) +
	       (group > 0 ? beside / group : 0);
}

static double model_bits(const struct workload *workload, unsigned role)
{
	return is_expert(role) ? workload->model.expert_bits : workload->model.parameter_bits;
}

double weights_bits(const struct workload *workload, size_t first, unsigned role, uint32_t layer)
{
	double bits = element_bits(workload, first, role, layer, false);
	bool sparse = transform_number(workload, first, WEIGHTS_KEEP) < 1;
	if (isnan(bits) && !(sparse && role_keys[role] != 0))
		return NAN;
	return stored_bits(workload, first, isnan(bits) ? model_bits(workload, role) : bits);
}

static size_t first_key_of(const struct workload *workload)
{
	for (size_t i = 0; transform_at(i) != NULL; i++)
		if (transform_at(i) == &workload_transform_weights)
			return workload->first_keys[i];
	return 0;
}

double weights_slice_bits(const struct workload *workload, unsigned role, double slice)
{
	size_t first = first_key_of(workload);
	if (role_keys[role] == 0 && role != WORKLOAD_ROLE_HEAD)
		return NAN;
	double bits = element_bits(workload, first, role, UINT32_MAX, false);
	double own = role == WORKLOAD_ROLE_HEAD ? model_wide_bits(&workload->model)
						: model_bits(workload, role);
	if (isnan(bits))
		return slice < own ? slice : own;
	return stored_bits(workload, first, slice < bits ? slice : bits);
}

double weights_expert_bits(const struct workload *workload)
{
	size_t first = first_key_of(workload);
	double gates = workload->model.gated ? 2 : 1, own = workload->model.expert_bits;
	double up = weights_bits(workload, first, WORKLOAD_ROLE_EXPERT_UP, UINT32_MAX);
	double down = weights_bits(workload, first, WORKLOAD_ROLE_EXPERT_DOWN, UINT32_MAX);
	return (gates * (isnan(up) ? own : up) + (isnan(down) ? own : down)) / (gates + 1);
}

/* Elements of the matrix in what KERNEL reads: the rest are vectors. Experts: all are of matrices. */
static double matrix_elements(const struct lowered_kernel *kernel)
{
	double all = kernel->weight_elements, matrix = (double)kernel->n * kernel->k;
	if (is_expert(kernel->role))
		return all;
	return matrix > 0 && matrix < all ? matrix : all;
}

static bool is_product(const struct lowered_kernel *kernel)
{
	return kernel->weight_elements > 0 &&
	       (kernel->kernel.op == SIM_OP_GEMM || kernel->kernel.op == SIM_OP_GROUPED_GEMM);
}

static uint32_t blocks_of(unsigned family, const struct lowered_kernel *kernel)
{
	const uint32_t columns = 8; /* tinygemm: a block of warps per 8 columns (aten int4mm.cu) */
	return family == SIM_FAMILY_GEMM_TINYGEMM ? kernel->n / columns + (kernel->n % columns > 0)
						  : 0;
}

static void set_activations(const struct workload *workload, size_t first,
			    struct lowered_kernel *kernel)
{
	double bits = transform_number(workload, first, WEIGHTS_ACT_BITS);
	bool is_float = transform_number(workload, first, WEIGHTS_ACT_FORMAT) > 0;
	kernel->kernel.act_read_bytes = transform_scale(kernel->kernel.act_read_bytes, bits / 16);
	if (bits <= 4 && is_float)
		kernel->kernel.dtype = SIM_DTYPE_FP4;
	else if (bits <= 8)
		kernel->kernel.dtype = is_float ? SIM_DTYPE_FP8 : SIM_DTYPE_I8;
}

/* The kernel that unpacks the weights of POSITION into memory, before it. */
static enum sim_status insert_unpack(struct workload_step *step, size_t segment, uint32_t position,
				     struct sim_diag *diag)
{
	struct lowered_kernel *made, *product;
	uint32_t at = step->segments[segment].first + position;
	TRY(transform_insert(step, segment, position, at, "dequantize", &made, diag));
	product = &step->kernels[at + 1];
	made->role = WORKLOAD_ROLE_FORMAT;
	made->group = 0;
	made->weight_elements = product->weight_elements;
	made->kernel.op = SIM_OP_ELEMENTWISE;
	made->kernel.family = SIM_FAMILY_ELEMENTWISE;
	made->kernel.weight_bytes = product->kernel.weight_bytes;
	made->kernel.act_write_bytes = transform_bytes(product->weight_elements, 16);
	product->kernel.act_read_bytes += made->kernel.act_write_bytes;
	product->kernel.weight_bytes = 0;
	product->weight_elements = 0;
	return SIM_OK;
}

static enum sim_status insert_quantize(const struct workload *workload, size_t first,
				       struct workload_step *step, size_t segment,
				       uint32_t position, uint64_t input, struct sim_diag *diag)
{
	struct lowered_kernel *made;
	uint32_t at = step->segments[segment].first + position;
	double bits = transform_number(workload, first, WEIGHTS_ACT_BITS);
	TRY(transform_insert(step, segment, position, at, "quantize", &made, diag));
	made->role = WORKLOAD_ROLE_FORMAT;
	made->group = 0;
	made->kernel.op = SIM_OP_ELEMENTWISE;
	made->kernel.family = SIM_FAMILY_ELEMENTWISE_CAST;
	made->kernel.act_read_bytes = input;
	made->kernel.act_write_bytes = transform_scale(input, bits / 16);
	return SIM_OK;
}

static void set_host(double seconds, struct sim_kernel *kernel)
{
	double ns = kernel->host_ns + seconds * 1e9;
	if (seconds > 0 && (kernel->flags & SIM_KERNEL_HOST_RECORDED) != 0)
		kernel->host_ns = ns < UINT32_MAX ? (uint32_t)ns : UINT32_MAX;
}

/* *POSITION is left on the product, wherever it has moved to. */
static enum sim_status rewrite(const struct workload *workload, size_t first,
			       struct workload_step *step, size_t segment, uint32_t *position,
			       double bits, struct sim_diag *diag)
{
	unsigned word = (unsigned)transform_number(workload, first, WEIGHTS_KERNEL);
	if (word != WEIGHTS_KERNEL_DENSE && word != WEIGHTS_KERNEL_MEMORY)
		transform_make_single(step, segment, position);
	struct lowered_kernel *at = &step->kernels[step->segments[segment].first + *position];
	double matrix = matrix_elements(at), own = model_bits(workload, at->role);
	uint64_t input = at->kernel.act_read_bytes;
	bool many = word == WEIGHTS_KERNEL_NF4 && at->m > 1;
	at->kernel.weight_bytes =
		transform_bytes(matrix, bits) + transform_bytes(at->weight_elements - matrix, own);
	at->kernel.flops =
		transform_scale(at->kernel.flops,
				transform_number(workload, first, WEIGHTS_FLOPS_KEEP)) +
		transform_bytes(matrix, 8 * transform_number(workload, first, WEIGHTS_UNPACK));
	if (word != WEIGHTS_KERNEL_DENSE && word != WEIGHTS_KERNEL_MEMORY && !many) {
		at->kernel.family = families[word];
		at->kernel.blocks = blocks_of(families[word], at);
	}
	set_activations(workload, first, at);
	set_host(transform_number(workload, first, WEIGHTS_HOST), &at->kernel);
	if (word == WEIGHTS_KERNEL_MEMORY || many) {
		TRY(insert_unpack(step, segment, *position, diag));
		++*position;
	}
	if (transform_number(workload, first, WEIGHTS_ACT_BITS) < 16 &&
	    transform_number(workload, first, WEIGHTS_ACT_KERNEL) > 0) {
		TRY(insert_quantize(workload, first, step, segment, *position, input, diag));
		++*position;
	}
	return SIM_OK;
}

static enum sim_status check_lists(const struct workload *workload, size_t first,
				   struct sim_diag *diag)
{
	const struct scenario_value *values = &workload->scenario.values[first];
	size_t layers = values[WEIGHTS_LAYER_BITS].list_count;
	size_t bits = values[WEIGHTS_EXPERT_BITS].list_count;
	size_t shares = values[WEIGHTS_EXPERT_SHARES].list_count;
	if (values[WEIGHTS_LAYER_BITS].given && layers != workload->model.layers)
		return diag_fail(diag, SIM_E_RANGE,
				 "'weights.layer_bits' has %zu values, the model %llu layers",
				 layers, (unsigned long long)workload->model.layers);
	if (values[WEIGHTS_EXPERT_BITS].given && bits > 1 && bits != workload->model.experts)
		return diag_fail(diag, SIM_E_RANGE,
				 "'weights.expert_bits' has %zu values, the model %llu experts",
				 bits, (unsigned long long)workload->model.experts);
	if (values[WEIGHTS_EXPERT_SHARES].given && shares != bits)
		return diag_fail(
			diag, SIM_E_RANGE,
			"'weights.expert_shares' has %zu values, 'weights.expert_bits' %zu", shares,
			bits);
	return SIM_OK;
}

static enum sim_status apply(const struct workload *workload, size_t first,
			     const struct workload_forward *forward, struct workload_step *step,
			     struct sim_diag *diag)
{
	if (!transform_is_target(forward) || !transform_in_use(workload, first, WEIGHTS_KEY_COUNT))
		return SIM_OK;
	TRY(check_lists(workload, first, diag));
	if (transform_value(workload, first, WEIGHTS_LAYER_BITS)->given)
		TRY(step_unroll(step, diag));
	for (size_t s = 0; s < step->segment_count; s++)
		for (uint32_t p = 0; p < step->segments[s].count; p++) {
			const struct lowered_kernel *at =
				&step->kernels[step->segments[s].first + p];
			if (!is_product(at))
				continue;
			double bits =
				weights_bits(workload, first, at->role, step->segments[s].layer);
			if (!isnan(bits))
				TRY(rewrite(workload, first, step, s, &p, bits, diag));
		}
	return SIM_OK;
}

/* Parameters of the model's matrices of ROLE, all layers. */
static double role_parameters(const struct workload_model *model, unsigned role)
{
	struct model_parameters all = model_parameters(model);
	double output = (double)model_output_elements(model);
	double gates = model->gated ? 2 : 1;
	switch (role) {
	case WORKLOAD_ROLE_QKV:
		return (double)all.attention - output;
	case WORKLOAD_ROLE_OUTPUT:
		return output;
	case WORKLOAD_ROLE_MLP_UP:
		return (double)all.mlp * gates / (gates + 1);
	case WORKLOAD_ROLE_MLP_DOWN:
		return (double)all.mlp / (gates + 1);
	case WORKLOAD_ROLE_EXPERT_UP:
		return (double)all.experts * gates / (gates + 1);
	case WORKLOAD_ROLE_EXPERT_DOWN:
		return (double)all.experts / (gates + 1);
	case WORKLOAD_ROLE_HEAD: /* one that is the embedding too stays as it is */
		return model->tied ? 0 : (double)all.head;
	default:
		return 0;
	}
}

static enum sim_status hold(const struct workload *workload, size_t first,
			    struct workload_capacity *capacity, struct sim_diag *diag)
{
	if (!transform_in_use(workload, first, WEIGHTS_KEY_COUNT))
		return SIM_OK;
	TRY(check_lists(workload, first, diag));
	for (unsigned role = 0; role < WORKLOAD_ROLE_COUNT; role++) {
		double bits = weights_bits(workload, first, role, UINT32_MAX);
		if (isnan(bits))
			continue;
		if (is_expert(role) && transform_value(workload, first, WEIGHTS_EXPERT_BITS)->given)
			bits = stored_bits(workload, first,
					   element_bits(workload, first, role, UINT32_MAX, true));
		capacity->weight_bytes += role_parameters(&workload->model, role) *
					  (bits - model_bits(workload, role)) / 8;
	}
	const struct scenario_value *embedding =
		transform_value(workload, first, WEIGHTS_EMBEDDING_BITS);
	if (embedding->given && !workload->model.tied)
		capacity->weight_bytes += (double)model_parameters(&workload->model).embedding *
					  (stored_bits(workload, first, embedding->number) -
					   model_wide_bits(&workload->model)) /
					  8;
	return SIM_OK;
}

const struct workload_transform workload_transform_weights = {
	.name = "weights",
	.what = "weight formats: bits, scales, sparsity, and the kernels that unpack them",
	.keys = keys,
	.apply = apply,
	.hold = hold,
};
