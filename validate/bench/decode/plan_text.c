/* Ops as texts: for NVTX, in the form of traces/nvtx_op.h, and the canonical one of traces/work.h. */
#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "validate/bench/decode/plan.h"

struct text {
	char *at;
	size_t left;
};

/* Cut where OUT is full; DECODE_TEXT holds any op. */
static void put(struct text *text, const char *fmt, ...) SIM_PRINTF(2, 3);

static void put(struct text *text, const char *fmt, ...)
{
	va_list args;
	va_start(args, fmt);
	int written = vsnprintf(text->at, text->left, fmt, args);
	va_end(args);
	size_t used = written < 0 ? 0 : (size_t)written;
	used = used < text->left ? used : text->left - 1;
	text->at += used;
	text->left -= used;
}

static void put_numbers(struct text *text, const uint64_t *numbers, unsigned count,
			const char *comma)
{
	put(text, "[");
	for (unsigned i = 0; i < count; i++)
		put(text, "%s%" PRIu64, i > 0 ? comma : "", numbers[i]);
	put(text, "]");
}

static bool is_strided(const struct decode_op *op)
{
	for (unsigned i = 0; i < op->operand_count; i++)
		if (op->operands[i].strides[0] != 0)
			return true;
	return false;
}

static void contiguous(const struct decode_operand *operand, uint64_t *strides)
{
	uint64_t stride = 1;
	for (unsigned i = operand->rank; i-- > 0;) {
		strides[i] = operand->strides[0] != 0 ? operand->strides[i] : stride;
		stride *= operand->dims[i];
	}
}

static void put_sizes(struct text *text, const struct decode_op *op, const char *comma)
{
	for (unsigned i = 0; i < op->operand_count; i++) {
		put(text, "%s", i > 0 ? comma : "");
		put_numbers(text, op->operands[i].dims, op->operands[i].rank, comma);
	}
}

static void put_strides(struct text *text, const struct decode_op *op, const char *comma)
{
	for (unsigned i = 0; i < op->operand_count; i++) {
		uint64_t strides[DECODE_RANK];
		contiguous(&op->operands[i], strides);
		put(text, "%s", i > 0 ? comma : "");
		put_numbers(text, strides, op->operands[i].rank, comma);
	}
}

char *decode_op_nvtx(const struct decode_op *op, char *out, size_t out_size)
{
	struct text text = {out, out_size};
	put(&text, "%s, sizes = [", op->name);
	put_sizes(&text, op, ", ");
	put(&text, "], types = [");
	for (unsigned i = 0; i < op->operand_count; i++)
		put(&text, "%s%s", i > 0 ? ", " : "", op->operands[i].dtype);
	put(&text, "]");
	if (is_strided(op)) {
		put(&text, ", strides = [");
		put_strides(&text, op, ", ");
		put(&text, "]");
	}
	if (op->inputs != NULL)
		put(&text, ", inputs = [%s]", op->inputs);
	return out;
}

static const char *framework_type(const char *dtype)
{
	static const char *const names[][2] = {
		{"bf16", "c10::BFloat16"}, {"f32", "float"}, {"i32", "int"}};
	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++)
		if (strcmp(names[i][0], dtype) == 0)
			return names[i][1];
	return "";
}

char *decode_op_shape(const struct decode_op *op, char *out, size_t out_size)
{
	struct text text = {out, out_size};
	put(&text, "[");
	put_sizes(&text, op, ",");
	put(&text, "]|[");
	for (unsigned i = 0; i < op->operand_count; i++)
		put(&text, "%s\"%s\"", i > 0 ? "," : "", framework_type(op->operands[i].dtype));
	put(&text, "]|");
	if (is_strided(op)) {
		put(&text, "[");
		put_strides(&text, op, ",");
		put(&text, "]");
	}
	put(&text, "|");
	if (op->inputs != NULL) {
		put(&text, "[");
		const char *value = op->inputs;
		for (bool more = true; more;) {
			const char *end = strchr(value, ',');
			size_t length = end != NULL ? (size_t)(end - value) : strlen(value);
			put(&text, "\"%.*s\"%s", (int)length, value, end != NULL ? "," : "");
			more = end != NULL;
			value += length + (more ? 1 : 0);
			value += *value == ' ';
		}
		put(&text, "]");
	}
	return out;
}
