/*
 * From a record to commands, moves and messages.
 *
 *   matrix product   M, N, K by gemm_shape.h, K at least what one command takes; N over the devices
 *                    that share it. K goes to each of them and their parts of N come together over
 *                    the links, a message each way
 *   attention        rows of queries M = flops / 2 cached values; queries or results, whichever are
 *                    less (the other may be scores), have KV heads of all sequences * M * d values;
 *                    length = cached values / 2 / KV heads / d. d is head.dim. A score and a value
 *                    kernel of their own count as an attention over half the length each
 *   side kernels     of a GPU's product or attention, without weights or cache: as the rest
 *   element-wise     in the banks where the units can, else like norms and rotations: the output
 *                    crosses the device's access move.passes times, besides move.clocks clocks
 *   the rest         moves its bytes over the access of all devices that share an op
 */
#include "hwmodels/dram_pim_ops.h"

#include <math.h>

#include "hwmodels/gemm_shape.h"

static double larger(double a, double b)
{
	return a > b ? a : b;
}

static double bytes_of(const struct sim_kernel *kernel)
{
	return (double)kernel->weight_bytes + (double)kernel->kv_read_bytes +
	       (double)kernel->kv_write_bytes + (double)kernel->act_read_bytes +
	       (double)kernel->act_write_bytes;
}

static void share_over_links(const struct dram_pim *pim, double m, double n, double k,
			     struct dram_pim_work *work)
{
	if (isnan(pim->link_bytes_per_s))
		return;
	work->messages = 2;
	work->link_bytes = m * 2 * (k + n / pim->parallel * (pim->parallel - 1));
}

static void matrix_work(const struct dram_pim *pim, const struct sim_kernel *kernel,
			struct dram_pim_work *work)
{
	struct gemm_shape shape = gemm_shape_of(kernel);
	if (kernel->act_read_bytes > 0) {
		double k = larger(pim->lanes, (double)kernel->act_read_bytes / 2 / shape.m);
		shape.k = k < shape.weights ? k : shape.weights;
		shape.n = shape.weights / shape.k;
	}
	double held = larger(1, pim->input_bytes / 2), pieces = dram_ceil(shape.k / held);
	double tiles = dram_ceil(shape.n / (dram_pim_units(pim) * pim->outputs));
	/* sums go out and in again for each piece that stays; else the input comes for each tile */
	double outs = pim->stationary ? 2 * pieces : 2, ins = pim->stationary ? 1 : tiles;
	double receivers = pim->overlap ? 1 : pim->channels * pim->parallel;
	work->cycles = dram_pim_gemv_cycles(pim, shape.m, shape.n, shape.k, shape.weight_bits);
	share_over_links(pim, shape.m, shape.n, shape.k, work);
	work->bank_bytes = shape.m * (double)kernel->weight_bytes;
	work->moved_bytes = shape.m * 2 * (shape.k * ins * receivers + shape.n * outs);
	work->macs = shape.m * shape.weights;
}

static void attention_work(const struct dram_pim *pim, const struct sim_kernel *kernel,
			   struct dram_pim_work *work)
{
	struct gemm_shape kv = gemm_shape_of(kernel);
	struct dram_attention shape = {.head_dim = pim->head_dim, .group = kv.m};
	double in = (double)kernel->act_read_bytes, out = (double)kernel->act_write_bytes;
	double vector = in < out ? in : out;
	shape.kv_heads = larger(1, vector / 2 / kv.m / pim->head_dim);
	shape.length = larger(1, kv.weights / 2 / (shape.kv_heads * shape.head_dim));
	work->cycles = dram_pim_attention_cycles(pim, &shape);
	work->beside_s = dram_pim_softmax_s(pim, &shape);
	double scores = shape.kv_heads * shape.group * shape.length;
	double moves = pim->attention == DRAM_PIM_OVER_BANKS ? 8 : 2;
	work->bank_bytes = shape.group * (double)kernel->kv_read_bytes;
	work->moved_bytes = scores * 2 * moves + (double)kernel->act_read_bytes +
			    (double)kernel->act_write_bytes;
	work->macs = shape.group * kv.weights;
}

static void vector_work(const struct dram_pim *pim, const struct sim_kernel *kernel,
			struct dram_pim_work *work)
{
	double out = (double)kernel->act_write_bytes, in = (double)kernel->act_read_bytes;
	if (pim->elementwise && kernel->op == SIM_OP_ELEMENTWISE) {
		double inputs = larger(1, in / larger(1, out));
		work->cycles = dram_pim_elementwise_cycles(pim, larger(1, out / 2), inputs);
		work->bank_bytes = in + out;
		return;
	}
	if (isnan(pim->vector_passes)) {
		work->access_bytes = work->moved_bytes = bytes_of(kernel);
		return;
	}
	double moved = larger(pim->vector_passes * out, in);
	work->beside_s = moved / pim->access_bytes_per_s + pim->vector_fixed * pim->timing.tck_s;
	if (kernel->op == SIM_OP_ROPE && !isnan(pim->scalar_per_s))
		work->beside_s += out / 2 / pim->scalar_per_s;
	work->moved_bytes = moved;
}

void dram_pim_work_of(const struct dram_pim *pim, const struct sim_kernel *kernel,
		      struct dram_pim_work *work)
{
	*work = (struct dram_pim_work){0};
	switch (kernel->op) {
	case SIM_OP_GEMM:
	case SIM_OP_GROUPED_GEMM:
		if (kernel->weight_bytes > 0) {
			matrix_work(pim, kernel, work);
			return;
		}
		break;
	case SIM_OP_ATTENTION:
		if (pim->attention != DRAM_PIM_NO_ATTENTION && kernel->kv_read_bytes > 0) {
			attention_work(pim, kernel, work);
			return;
		}
		break;
	case SIM_OP_ELEMENTWISE:
	case SIM_OP_NORM:
	case SIM_OP_ROPE:
	case SIM_OP_SOFTMAX:
	case SIM_OP_REDUCE:
		vector_work(pim, kernel, work);
		return;
	case SIM_OP_SAMPLING:
		work->fixed_s = isnan(pim->sampling_s) ? 0 : pim->sampling_s;
		break;
	case SIM_OP_COLLECTIVE:
		if (!isnan(pim->link_bytes_per_s)) {
			work->messages = 1;
			work->link_bytes = larger((double)kernel->act_read_bytes,
						  (double)kernel->act_write_bytes);
			return;
		}
		break;
	default:
		break;
	}
	work->access_bytes = work->moved_bytes = bytes_of(kernel);
}

uint64_t dram_pim_unsupported(const struct dram_pim *pim)
{
	const uint64_t one = 1;
	uint64_t can = one << SIM_OP_GEMM | one << SIM_OP_GROUPED_GEMM | one << SIM_OP_KV_WRITE |
		       one << SIM_OP_COPY | one << SIM_OP_GATHER | one << SIM_OP_MEMCPY |
		       one << SIM_OP_MEMSET;
	if (pim->attention != DRAM_PIM_NO_ATTENTION)
		can |= one << SIM_OP_ATTENTION;
	if (pim->elementwise)
		can |= one << SIM_OP_ELEMENTWISE;
	if (!isnan(pim->vector_passes))
		can |= one << SIM_OP_ELEMENTWISE | one << SIM_OP_NORM | one << SIM_OP_ROPE |
		       one << SIM_OP_REDUCE | one << SIM_OP_SOFTMAX;
	if (!isnan(pim->sampling_s))
		can |= one << SIM_OP_SAMPLING;
	if (!isnan(pim->link_bytes_per_s))
		can |= one << SIM_OP_COLLECTIVE;
	return ((one << SIM_OP_COUNT) - 1) & ~can;
}
