/* What the ops of a step move and compute, by the rules that a trace of it goes through. */
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "sim/core/names.h"
#include "traces/work.h"
#include "validate/bench/decode/plan.h"

/* The library's names differ per device; this one is of its family. */
#define SOME_GEMM "gemm"

static enum sim_status describe(const struct decode_op *op, unsigned k, struct name_table *names,
				struct trace_detail *detail)
{
	const struct decode_kernel *kernel = &op->kernels[k];
	const char *name = kernel->name != NULL ? kernel->name : SOME_GEMM;
	char shape[DECODE_TEXT];
	decode_op_shape(op, shape, sizeof(shape));
	TRY(names_init(names));
	TRY(names_add(names, name, strlen(name), &detail->name));
	TRY(names_add(names, op->name, strlen(op->name), &detail->op_name));
	TRY(names_add(names, shape, strlen(shape), &detail->op_shape));
	memcpy(detail->grid, kernel->grid, sizeof(detail->grid));
	detail->block[0] = kernel->threads;
	detail->block[1] = detail->block[2] = kernel->threads > 0;
	detail->op_part = (uint16_t)k;
	return SIM_OK;
}

enum sim_status decode_op_work(const struct decode_op *op, unsigned k, uint64_t *partial_bytes,
			       struct decode_work *work, struct sim_diag *diag)
{
	struct work_context context = {.partial_bytes = *partial_bytes,
				       .reduction_follows = k + 1 < op->kernel_count};
	struct name_table names = {0};
	struct trace_detail detail = {0};
	struct sim_kernel kernel = {0};
	enum sim_status status = describe(op, k, &names, &detail);
	if (status == SIM_OK)
		work_derive(&names, &context, &detail, &kernel);
	names_fini(&names);
	if (status != SIM_OK)
		return diag_fail(diag, status, "out of memory");
	*partial_bytes = context.partial_bytes;
	*work = (struct decode_work){.weight_bytes = kernel.weight_bytes,
				     .kv_read_bytes = kernel.kv_read_bytes,
				     .kv_write_bytes = kernel.kv_write_bytes,
				     .act_read_bytes = kernel.act_read_bytes,
				     .act_write_bytes = kernel.act_write_bytes,
				     .flops = kernel.flops,
				     .family = kernel.family,
				     .known = (kernel.flags & SIM_KERNEL_OPAQUE) == 0};
	return SIM_OK;
}

static void sum_up(struct decode_work *sum, const struct decode_work *work)
{
	sum->weight_bytes += work->weight_bytes;
	sum->kv_read_bytes += work->kv_read_bytes;
	sum->kv_write_bytes += work->kv_write_bytes;
	sum->act_read_bytes += work->act_read_bytes;
	sum->act_write_bytes += work->act_write_bytes;
	sum->flops += work->flops;
	sum->known = sum->known && work->known;
}

enum sim_status decode_plan_work(const struct decode_plan *plan, struct decode_work *sum,
				 struct sim_diag *diag)
{
	uint64_t partial = 0;
	struct decode_work work;
	*sum = (struct decode_work){.known = true};
	for (size_t i = 0; i < plan->count; i++)
		for (unsigned k = 0; k < plan->ops[i].kernel_count; k++) {
			TRY(decode_op_work(&plan->ops[i], k, &partial, &work, diag));
			sum_up(sum, &work);
		}
	return SIM_OK;
}

static uint64_t all_bytes(const struct decode_work *work)
{
	return work->weight_bytes + work->kv_read_bytes + work->kv_write_bytes +
	       work->act_read_bytes + work->act_write_bytes;
}

static void print_kernel(const struct decode_op *op, unsigned k, const struct decode_work *work)
{
	const struct decode_kernel *kernel = &op->kernels[k];
	char grid[64] = "chosen by cuBLAS", text[DECODE_TEXT];
	if (kernel->name != NULL)
		snprintf(grid, sizeof(grid), "%" PRIu32 "x%" PRIu32 "x%" PRIu32 " of %" PRIu32,
			 kernel->grid[0], kernel->grid[1], kernel->grid[2], kernel->threads);
	printf("%-25s %-18s %12" PRIu64 " %12" PRIu64 " %12" PRIu64 " %14" PRIu64 "%s%s\n",
	       kernel->name != NULL ? kernel->name : "GEMM", grid, work->weight_bytes,
	       work->kv_read_bytes + work->kv_write_bytes,
	       work->act_read_bytes + work->act_write_bytes, work->flops, k == 0 ? "  " : "",
	       k == 0 ? decode_op_nvtx(op, text, sizeof(text)) : "");
}

enum sim_status decode_plan_print(const struct decode_plan *plan, struct sim_diag *diag)
{
	uint64_t partial = 0;
	size_t kernels = 0;
	struct decode_work work, sum = {.known = true};
	printf("%-25s %-18s %12s %12s %12s %14s  %s\n", "kernel", "grid", "weights B", "KV B",
	       "other B", "flops", "op");
	for (size_t i = 0; i < plan->count; i++)
		for (unsigned k = 0; k < plan->ops[i].kernel_count; k++) {
			TRY(decode_op_work(&plan->ops[i], k, &partial, &work, diag));
			print_kernel(&plan->ops[i], k, &work);
			sum_up(&sum, &work);
			kernels++;
		}
	printf("step: %zu ops, %zu kernels (a GEMM as one), weights %" PRIu64 " B, KV read %" PRIu64
	       " B, KV written %" PRIu64 " B, activations %" PRIu64 " B, all %" PRIu64
	       " B, flops %" PRIu64 "\n",
	       plan->count, kernels, sum.weight_bytes, sum.kv_read_bytes, sum.kv_write_bytes,
	       sum.act_read_bytes + sum.act_write_bytes, all_bytes(&sum), sum.flops);
	return SIM_OK;
}
