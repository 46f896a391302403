/*
 * Derivation of one kernel's work: name to family, op to rule, geometry to occupancy.
 *
 * Resident blocks of an SM (CUDA C++ Programming Guide, "Compute Capabilities"; checked against
 * launch__occupancy_limit_* of ncu-llama-3.2-1b.csv.gz and ncu-qwen2.5-7b.csv.gz):
 *   min(max_blocks, threads_sm / (32 warps), 4 floor(registers_sm / 4 / R) / warps, shared_sm / S)
 *   R = registers of a warp, in units of 256; S = shared bytes and 1 KiB of the driver (cc >= 8),
 *   in units of 128.
 */
#include "traces/work.h"

#include <stdbool.h>
#include <string.h>

#include "traces/work_infer.h"
#include "traces/work_rules.h"

static unsigned max_blocks_per_sm(const struct trace_device *device)
{
	unsigned cc = device->cc_major * 10 + device->cc_minor;
	switch (cc) {
	case 75:
	case 86:
	case 87:
		return 16;
	case 89:
	case 120:
	case 121:
		return 24;
	default:
		return 32;
	}
}

static unsigned smaller(unsigned a, uint64_t b)
{
	return b < a ? (unsigned)b : a;
}

unsigned work_blocks_per_sm(const struct trace_device *device, const struct trace_detail *detail)
{
	uint64_t threads = work_mul(work_mul(detail->block[0], detail->block[1]), detail->block[2]);
	if (device == NULL || device->max_threads_per_sm == 0 || threads == 0)
		return 0;
	uint64_t warps = (threads + 31) / 32;
	unsigned blocks = max_blocks_per_sm(device);
	blocks = smaller(blocks, device->max_threads_per_sm / 32 / warps);
	if (detail->registers > 0 && device->registers_per_sm > 0) {
		uint64_t per_warp = ((uint64_t)detail->registers * 32 + 255) / 256 * 256;
		blocks = smaller(blocks, device->registers_per_sm / 4 / per_warp * 4 / warps);
	}
	if (device->shared_bytes_per_sm > 0) {
		uint64_t reserved = device->cc_major >= 8 ? 1024 : 0;
		uint64_t shared = (detail->shared_bytes + reserved + 127) / 128 * 128;
		if (shared > 0)
			blocks = smaller(blocks, device->shared_bytes_per_sm / shared);
	}
	return blocks > 0 ? blocks : 1; /* it ran */
}

static const struct work_op *const groups[] = {
	work_gemm_ops,	 work_attention_ops, work_elementwise_ops, work_copy_ops,
	work_gather_ops, work_reduce_ops,    work_fused_ops,
};

static bool name_fits(const char *name, size_t length, const char *wanted)
{
	return strlen(wanted) == length && memcmp(name, wanted, length) == 0;
}

/* The op's row; an in-place op ("aten::add_") is found under its plain name too. */
static const struct work_op *find_op(const char *name, bool *in_place)
{
	size_t length = strlen(name);
	bool underscore = length > 0 && name[length - 1] == '_';
	for (unsigned plain = 0; plain <= underscore; plain++) {
		*in_place = plain != 0;
		for (size_t g = 0; g < sizeof(groups) / sizeof(groups[0]); g++)
			for (const struct work_op *op = groups[g]; op->name != NULL; op++)
				if (name_fits(name, length - plain, op->name))
					return op;
	}
	return NULL;
}

static void set_geometry(const struct work_context *context, const struct trace_detail *detail,
			 struct sim_kernel *kernel)
{
	const uint32_t *grid = detail->grid, *block = detail->block;
	uint64_t threads = work_mul(work_mul(block[0], block[1]), block[2]);
	kernel->blocks = work_narrow(work_mul(work_mul(grid[0], grid[1]), grid[2]));
	kernel->threads = threads > UINT16_MAX ? UINT16_MAX : (uint16_t)threads;
	unsigned resident = work_blocks_per_sm(context->device, detail);
	kernel->blocks_per_sm = resident > UINT8_MAX ? UINT8_MAX : (uint8_t)resident;
}

static bool is_copy_family(unsigned family)
{
	return family == SIM_FAMILY_MEMSET || family == SIM_FAMILY_MEMCPY_DEVICE ||
	       family == SIM_FAMILY_MEMCPY_HOST;
}

/* A copy's size is recorded, or it is that of the tensor copied. */
static bool derive_copy(struct work_case *it, uint64_t recorded_bytes)
{
	struct sim_kernel *kernel = it->kernel;
	uint64_t bytes = recorded_bytes;
	const struct work_tensor *target = it->op == NULL ? NULL : work_shape_tensor(it->shape, 0);
	if (target != NULL)
		kernel->dtype = target->dtype;
	if (bytes == 0 && kernel->family == SIM_FAMILY_MEMSET)
		return false;
	if (bytes == 0 && target != NULL && it->op->op == SIM_OP_COPY)
		bytes = work_tensor_bytes(target);
	if (bytes == 0 || bytes >= WORK_LIMIT)
		return false;
	kernel->act_write_bytes = bytes;
	if (kernel->family != SIM_FAMILY_MEMSET)
		kernel->act_read_bytes = bytes;
	it->detail->m = it->detail->n = it->detail->k = 0;
	return true;
}

/* Initialisation of a scan's tile states, sixteen bytes a thread: the op's operands are not met. */
static bool derive_scan_setup(struct work_case *it)
{
	work_write(it, work_mul(work_mul(it->kernel->blocks, it->kernel->threads), 16));
	return true;
}

static bool derive_kernel(struct work_case *it, struct work_shape *shape, bool shaped)
{
	const struct work_op *op = it->op;
	if (op == NULL)
		return false;
	if (it->kernel->family == SIM_FAMILY_UNKNOWN)
		it->kernel->family = op->family;
	if (op != &work_generated_op)
		it->kernel->op = op->op;
	if (!shaped)
		return false;
	if (strstr(it->name, "DeviceScanInitKernel") != NULL)
		return derive_scan_setup(it);
	if (!shape->typed && !work_infer(it, shape))
		return false;
	return op->rule(it);
}

static void clear_work(struct sim_kernel *kernel)
{
	kernel->weight_bytes = 0;
	kernel->kv_read_bytes = 0;
	kernel->kv_write_bytes = 0;
	kernel->act_read_bytes = 0;
	kernel->act_write_bytes = 0;
}

/* More than any machine could move means that the operands were nonsense. */
static bool is_plausible(const struct sim_kernel *kernel)
{
	uint64_t sum = work_add(kernel->weight_bytes, kernel->kv_read_bytes);
	sum = work_add(sum, kernel->kv_write_bytes);
	sum = work_add(sum, work_add(kernel->act_read_bytes, kernel->act_write_bytes));
	return sum < WORK_LIMIT && kernel->flops < WORK_LIMIT;
}

static void note_half_dtype(struct work_context *context, const struct work_shape *shape)
{
	for (unsigned i = 0; i < shape->tensor_count; i++)
		if (shape->tensors[i].dtype == SIM_DTYPE_BF16 ||
		    shape->tensors[i].dtype == SIM_DTYPE_F16) {
			context->half_dtype = shape->tensors[i].dtype;
			return;
		}
}

/* Generated kernels carry their own name as their op. */
static const struct work_op *op_of(const char *op_name, const struct work_kind *kind,
				   bool *in_place)
{
	const struct work_op *op = find_op(op_name, in_place);
	if (op == NULL && kind->family == SIM_FAMILY_FUSED)
		op = &work_generated_op;
	return op;
}

void work_derive_as(const struct name_table *names, struct work_kind kind,
		    struct work_context *context, struct trace_detail *detail,
		    struct sim_kernel *kernel)
{
	struct work_shape shape;
	struct work_case it = {.shape = &shape, .context = context, .detail = detail};
	struct sim_kernel before = *kernel;
	const char *text = names_text(names, detail->op_shape);
	bool shaped = *text != '\0' &&
		      work_shape_parse(text, names->entries[detail->op_shape].length, &shape);
	it.name = names_text(names, detail->name);
	it.op = op_of(names_text(names, detail->op_name), &kind, &it.in_place);
	it.kernel = kernel;
	it.partial_bytes = context->partial_bytes;
	it.before_elements = context->result_elements;
	it.before_dtype = (uint8_t)context->result_dtype;
	context->result_elements = 0;
	context->result_dtype = SIM_DTYPE_UNKNOWN;
	context->partial_bytes = 0; /* only the kernel right after may read them */
	detail->m = detail->n = detail->k = 0;
	detail->heads = detail->kv_heads = 0;
	clear_work(kernel);
	set_geometry(context, detail, kernel);
	kernel->flops = 0;
	kernel->family = kind.family;
	kernel->op = kind.op;
	kernel->dtype = SIM_DTYPE_UNKNOWN;
	kernel->flags &=
		(uint8_t) ~(SIM_KERNEL_OPAQUE | SIM_KERNEL_COPY_ENGINE | SIM_KERNEL_INPUT_HOT);
	if (shaped)
		note_half_dtype(context, &shape);
	else
		shape.arg_count = shape.tensor_count = 0;
	bool untyped = shaped && !shape.typed;

	if (untyped && is_copy_family(kind.family))
		work_infer_engine_copy(&it, &shape, before.act_write_bytes);
	bool known = is_copy_family(kind.family) ? derive_copy(&it, before.act_write_bytes)
						 : derive_kernel(&it, &shape, shaped);
	if (untyped) {
		note_half_dtype(context, &shape);
		work_infer_note(&it, known);
	}
	if (kind.family == SIM_FAMILY_MEMCPY_HOST)
		kernel->flags |= SIM_KERNEL_COPY_ENGINE;
	if (known)
		work_refine_family(&it);
	if (!known || !is_plausible(kernel)) {
		clear_work(kernel);
		kernel->recorded_ps = before.recorded_ps;
		kernel->flags |= SIM_KERNEL_OPAQUE;
		context->partial_bytes = 0;
	}
}

void work_note_hot(struct work_context *context, struct sim_kernel *kernel)
{
	uint64_t written = kernel->act_write_bytes + kernel->kv_write_bytes;
	bool opaque = (kernel->flags & SIM_KERNEL_OPAQUE) != 0;
	if (!opaque && context->last_write_bytes > 0 && context->last_write_bytes <= WORK_HOT_BYTES)
		kernel->flags |= SIM_KERNEL_INPUT_HOT;
	context->last_write_bytes = opaque ? 0 : written;
}

void work_derive(const struct name_table *names, struct work_context *context,
		 struct trace_detail *detail, struct sim_kernel *kernel)
{
	struct work_kind kind = work_kind_of(names_text(names, detail->name));
	work_derive_as(names, kind, context, detail, kernel);
	work_note_hot(context, kernel);
}

uint64_t work_tensor_bytes(const struct work_tensor *tensor)
{
	return tensor == NULL ? 0 : work_bytes(tensor->elements, tensor->dtype);
}

uint64_t work_distinct_bytes(const struct work_tensor *tensor)
{
	return tensor == NULL ? 0 : work_bytes(tensor->unique, tensor->dtype);
}

void work_read(struct work_case *it, uint64_t bytes)
{
	it->kernel->act_read_bytes = work_add(it->kernel->act_read_bytes, bytes);
}

void work_write(struct work_case *it, uint64_t bytes)
{
	it->kernel->act_write_bytes = work_add(it->kernel->act_write_bytes, bytes);
}

void work_flops(struct work_case *it, uint64_t elements, uint64_t per_element)
{
	it->kernel->flops = work_add(it->kernel->flops, work_mul(elements, per_element));
}

uint32_t work_narrow(uint64_t value)
{
	return value > UINT32_MAX ? UINT32_MAX : (uint32_t)value;
}
