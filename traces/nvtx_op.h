/*
 * Text of an NVTX range that stands for an op with its operands.
 *
 * A. What torch.autograd.profiler.emit_nvtx(record_shapes=True) pushes around every op:
 *
 *	aten::mm, seq = 12, op_id = 34, sizes = [[1, 2048], [2048, 512]], input_op_ids = [(30,0), (31,0)]
 *
 *    Any field but the name may be missing. A tensor is the list of its dimensions; a scalar, an
 *    undefined tensor and a list of integers are `[]`. A list of tensors (aten::cat) is spliced into
 *    the arguments by PyTorch 2 and is `[]` before it; both spellings are read, and so is the nested
 *    one of B. Types, strides and scalars are not told.
 *
 * B. What a program of ours pushes, which is A and more fields, each in this order and each optional:
 *
 *	NAME [", op_id = " N] ", sizes = [" ITEM {", " ITEM} "]"
 *	     [", types = [" TYPE {", " TYPE} "]"] [", strides = [" ITEM {", " ITEM} "]"]
 *	     [", inputs = [" VALUE {", " VALUE} "]"]
 *
 *    ITEM   [1, 2048]              a tensor's dimensions (or strides in elements), outermost first
 *           []                     no tensor: a scalar, or an operand that is absent
 *           [[1, 8], [1, 8]]       a list of tensors, as one argument
 *    TYPE   bf16                   as SIM_DTYPE_LIST of sim/core/kernel.h spells it (f32, f16, bf16,
 *                                  fp8, fp4, int4, i64, i32, bool, ...), or as PyTorch does
 *                                  (c10::BFloat16, long int); empty where there is no tensor. A list
 *                                  of tensors has one. f64 with dimensions [] is a float immediate.
 *    VALUE  -1, True, [2], "text"  a scalar argument's value, empty where it is a tensor. Brackets
 *                                  balance; text with a comma of its own stands in double quotes.
 *
 *    The n-th item of types, strides and inputs belongs to the n-th of sizes; a shorter list leaves
 *    the rest unknown. White space around items does not matter. At most 32 arguments, 64 tensors
 *    (`[]` is one, too), 8 dimensions (traces/work_shape.h) and NVTX_OP_LONGEST bytes. Examples:
 *
 *	aten::mm, sizes = [[1, 2048], [2048, 512]], types = [bf16, bf16], strides = [[2048, 1], [1, 2048]]
 *	aten::cat, sizes = [[[1, 8, 511, 64], [1, 8, 1, 64]], []], types = [bf16, ], inputs = [, 2]
 *	aten::topk, sizes = [[1, 128256], [], [], [], []], types = [bf16, , , , ], inputs = [, 50, -1, True, True]
 *
 *    NAME is an op that has a rule in the tables of traces/work_*.c, and its arguments are in the
 *    order of that rule; a name without one leaves the kernels of the range without work.
 *
 * The range is open on the thread that launches the op's kernels, from before the first launch until
 * after the last; the innermost range that is an op counts, others between do not.
 *
 * What is pushed was read in PyTorch's source, at these commits:
 *   torch/csrc/autograd/profiler.cpp               027156e736e6, 1.x: no op_id; a sequence number
 *                                                  below 0 drops the name too, which leaves no op
 *   torch/csrc/autograd/profiler_legacy.cpp        03def6748a9d: inputSizes() without splicing
 *   torch/csrc/profiler/util.cpp                   011bcd9acdf3, 2.x: getNvtxStr, shapesToStr,
 *                                                  inputSizes, inputOpIdsToStr
 *   torch/csrc/profiler/standalone/nvtx_observer.cpp  057ba1139369, 2.x: enterNVTX, lists spliced
 */
#ifndef TRACES_NVTX_OP_H
#define TRACES_NVTX_OP_H

#include <stdbool.h>
#include <stddef.h>

enum {
	NVTX_OP_LONGEST = 32 << 10, /* bytes of a text that are read; the rest is cut off */
	NVTX_OP_SHAPE = 8 << 10,    /* of the canonical text made from it */
};

enum nvtx_op_kind {
	NVTX_OP_NONE,	   /* a range of another kind */
	NVTX_OP_NAMED,	   /* an aten op whose sizes are not told */
	NVTX_OP_SIZED,	   /* with sizes */
	NVTX_OP_MALFORMED, /* fields of an op that cannot be read */
};

struct nvtx_op {
	const char *name; /* within the text; NAME_LENGTH bytes, no terminator */
	size_t name_length;
	size_t shape_length;
	char shape[NVTX_OP_SHAPE]; /* "dims|types|strides|concrete" of traces/work.h, terminated */
};

/*
 * Read TEXT (LENGTH bytes, any bytes). OP is filled for NAMED and SIZED; what is missing of the
 * shape is empty. No memory is taken; time is linear in LENGTH.
 */
enum nvtx_op_kind nvtx_op_parse(const char *text, size_t length, struct nvtx_op *op);

#endif
