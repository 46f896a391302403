/*
 * kv: formats of the KV cache.
 *
 *   bytes   old elements:     E_old b / 8
 *           recent tokens:    at 16 bits each, of which the cache keeps the last `recent`
 *   b       keep (bits + index) + bitmap + padding + (scale + zero) / group + residual
 *           + outliers (16 + outlier_index) + 16 rank / head_dim
 *   written b bits per new element; 16 more where tokens stay recent before they are packed
 *   compress   operations per new element (rotation, search, pruning): in the kernel that writes the
 *           cache (fused), or in one of its own that reads what the layer wrote (separate)
 *
 *   residual   a second code of the quantization error (TurboESM: 3 + 1 bits)
 *   rank       low-rank residual of keys and of values, per head (GEAR, arXiv 2403.05527): a vector of
 *              head_dim has rank numbers beside it; the factor that all tokens share is not counted
 *   outliers   share of elements kept at 16 bits beside the code, with their position (GEAR)
 *   keep, bitmap, padding   pruned elements, a bit per element, tile offsets and rounding to whole
 *              vectors in bits per element (Mustafar, arXiv 2505.22913: 70 % pruned at 16 bits is
 *              45 % of the dense cache: 0.3 + 0.0625 + 0.0875 = 7.2 bits)
 *   group scales   KIVI (arXiv 2402.02750), QServe KV4 (arXiv 2405.04532)
 * Which kernel attends is `kv.kernel`: packed takes the curve of attn_packed of the device.
 */
#include "workloads/transform_parts.h"

enum {
	KV_BITS,
	KV_GROUP,
	KV_SCALE_BITS,
	KV_ZERO_BITS,
	KV_RESIDUAL_BITS,
	KV_RANK,
	KV_OUTLIERS,
	KV_OUTLIER_INDEX,
	KV_KEEP,
	KV_INDEX_BITS,
	KV_BITMAP_BITS,
	KV_PADDING_BITS,
	KV_RECENT,
	KV_KERNEL,
	KV_COMPRESS,
	KV_COMPRESS_KERNEL,
	KV_KEY_COUNT
};

static const char kernel_words[] = "dense\0packed\0";
static const char side_words[] = "fused\0separate\0";

/* clang-format off */
static const struct scenario_key keys[KV_KEY_COUNT + 1] = {
	[KV_BITS] = {"kv.bits", SCENARIO_NUMBER, UNIT_RATIO, 0.01, 64, "16", NULL, "bits of an element of the KV cache; fractions are allowed"},
	[KV_GROUP] = {"kv.group", SCENARIO_NUMBER, UNIT_COUNT, 0, 1e9, "0", NULL, "elements that share a scale; 0: no scales"},
	[KV_SCALE_BITS] = {"kv.scale_bits", SCENARIO_NUMBER, UNIT_RATIO, 0, 64, "16", NULL, "bits of a group's scale"},
	[KV_ZERO_BITS] = {"kv.zero_bits", SCENARIO_NUMBER, UNIT_RATIO, 0, 64, "0", NULL, "bits of a group's zero point"},
	[KV_RESIDUAL_BITS] = {"kv.residual_bits", SCENARIO_NUMBER, UNIT_RATIO, 0, 64, "0", NULL, "bits per element of a second code, of the error of the first"},
	[KV_RANK] = {"kv.rank", SCENARIO_NUMBER, UNIT_COUNT, 0, 1e6, "0", NULL, "rank of a low-rank residual per head"},
	[KV_OUTLIERS] = {"kv.outliers", SCENARIO_NUMBER, UNIT_RATIO, 0, 1, "0", NULL, "share of elements kept at 16 bits beside the code"},
	[KV_OUTLIER_INDEX] = {"kv.outlier_index", SCENARIO_NUMBER, UNIT_RATIO, 0, 64, "16", NULL, "bits of position of such an element"},
	[KV_KEEP] = {"kv.keep", SCENARIO_NUMBER, UNIT_RATIO, 0, 1, "1", NULL, "share of elements that are kept"},
	[KV_INDEX_BITS] = {"kv.index_bits", SCENARIO_NUMBER, UNIT_RATIO, 0, 64, "0", NULL, "bits of position per kept element"},
	[KV_BITMAP_BITS] = {"kv.bitmap_bits", SCENARIO_NUMBER, UNIT_RATIO, 0, 64, "0", NULL, "bits of position per element, kept or not"},
	[KV_PADDING_BITS] = {"kv.padding_bits", SCENARIO_NUMBER, UNIT_RATIO, 0, 64, "0", NULL, "bits per element of offsets and rounding"},
	[KV_RECENT] = {"kv.recent", SCENARIO_NUMBER, UNIT_COUNT, 0, 1e9, "0", NULL, "last tokens that stay at 16 bits"},
	[KV_KERNEL] = {"kv.kernel", SCENARIO_WORD, UNIT_RATIO, 0, 0, "dense", kernel_words, "attention kernel: dense (as the runtime's) or packed (attn_packed of the device)"},
	[KV_COMPRESS] = {"kv.compress", SCENARIO_NUMBER, UNIT_RATIO, 0, 1e9, "0", NULL, "operations per new element, to compress it"},
	[KV_COMPRESS_KERNEL] = {"kv.compress_kernel", SCENARIO_WORD, UNIT_RATIO, 0, 0, "fused", side_words, "compression in the kernel that writes (fused) or in one of its own (separate)"},
	{0},
};
/* clang-format on */

/* Bits of a packed element, with all that its format holds beside it. */
static double packed_bits(const struct workload *workload, size_t first)
{
	const struct scenario_value *v = &workload->scenario.values[first];
	double head_dim = (double)workload->model.head_dim, group = v[KV_GROUP].number;
	double beside = v[KV_SCALE_BITS].number + v[KV_ZERO_BITS].number;
	double bits = v[KV_KEEP].number * (v[KV_BITS].number + v[KV_INDEX_BITS].number) +
		      v[KV_BITMAP_BITS].number + v[KV_PADDING_BITS].number +
		      v[KV_RESIDUAL_BITS].number;
	bits += group > 0 ? beside / group : 0;
	bits += v[KV_OUTLIERS].number * (16 + v[KV_OUTLIER_INDEX].number);
	return bits + (head_dim > 0 ? 16 * v[KV_RANK].number / head_dim : 0);
}

/* Mean over TOKENS, the last `recent` of which are not packed. */
static double mean_bits(const struct workload *workload, size_t first, double tokens)
{
	double recent = transform_number(workload, first, KV_RECENT);
	double share = tokens > recent ? recent / tokens : 1;
	return share * 16 + (1 - share) * packed_bits(workload, first);
}

static enum sim_status compress(const struct workload *workload, size_t first,
				struct workload_step *step, size_t segment, uint32_t *position,
				struct sim_diag *diag)
{
	double operations = transform_number(workload, first, KV_COMPRESS);
	uint32_t index = step->segments[segment].first + *position;
	struct lowered_kernel *writer = &step->kernels[index], *made;
	double elements = writer->kv_write_elements;
	if (operations <= 0)
		return SIM_OK;
	if (transform_number(workload, first, KV_COMPRESS_KERNEL) == 0) {
		writer->kernel.flops += transform_bytes(elements, 8 * operations);
		return SIM_OK;
	}
	uint64_t packed = writer->kernel.kv_write_bytes;
	writer->kernel.kv_write_bytes = 0;
	writer->kernel.act_write_bytes += transform_bytes(elements, 16);
	writer->kv_write_elements = 0;
	TRY(transform_insert(step, segment, *position + 1, index, "compress", &made, diag));
	made->role = WORKLOAD_ROLE_FORMAT;
	made->group = 0;
	made->kernel.op = SIM_OP_ELEMENTWISE;
	made->kernel.family = SIM_FAMILY_ELEMENTWISE_MATH;
	made->kernel.flops = transform_bytes(elements, 8 * operations);
	made->kernel.act_read_bytes = transform_bytes(elements, 16);
	made->kernel.kv_write_bytes = packed;
	made->kv_write_elements = elements;
	++*position;
	return SIM_OK;
}

static enum sim_status apply(const struct workload *workload, size_t first,
			     const struct workload_forward *forward, struct workload_step *step,
			     struct sim_diag *diag)
{
	if (!transform_is_target(forward) || !transform_in_use(workload, first, KV_KEY_COUNT))
		return SIM_OK;
	double packed = packed_bits(workload, first);
	double recent = transform_number(workload, first, KV_RECENT);
	double written = recent > 0 && packed != 16 ? 16 + packed : packed;
	bool other_kernel = transform_number(workload, first, KV_KERNEL) > 0;
	for (size_t s = 0; s < step->segment_count; s++)
		for (uint32_t p = 0; p < step->segments[s].count; p++) {
			struct lowered_kernel *at = &step->kernels[step->segments[s].first + p];
			if (at->kernel.op == SIM_OP_STATE)
				continue;
			bool attends =
				at->kernel.op == SIM_OP_ATTENTION && at->kv_read_elements > 0;
			double tokens =
				attends && at->n > 0 ? at->n : forward->context + forward->width;
			if (at->kv_read_elements > 0)
				at->kernel.kv_read_bytes = transform_bytes(
					at->kv_read_elements, mean_bits(workload, first, tokens));
			if (attends && other_kernel)
				at->kernel.family = SIM_FAMILY_ATTN_PACKED;
			bool copies = at->role == WORKLOAD_ROLE_KV_COPY;
			if (at->kv_write_elements > 0)
				at->kernel.kv_write_bytes = transform_bytes(
					at->kv_write_elements, copies ? packed : written);
			if (at->kv_write_elements > 0 && !copies)
				TRY(compress(workload, first, step, s, &p, diag));
		}
	return SIM_OK;
}

static enum sim_status hold(const struct workload *workload, size_t first,
			    struct workload_capacity *capacity, struct sim_diag *diag)
{
	(void)diag;
	if (!transform_in_use(workload, first, KV_KEY_COUNT) || capacity->kv_bytes <= 0)
		return SIM_OK;
	double tokens = capacity->slots;
	capacity->kv_bytes *= mean_bits(workload, first, tokens) / 16;
	capacity->kv_bytes_per_token *= packed_bits(workload, first) / 16;
	return SIM_OK;
}

const struct workload_transform workload_transform_kv = {
	.name = "kv",
	.what = "formats of the KV cache: bits, scales, residuals, sparsity",
	.keys = keys,
	.apply = apply,
	.hold = hold,
};
