/* Parses the canonical shape text. One pass, no recursion, no allocation. */
#include "traces/work_shape.h"

#include <string.h>

struct cursor {
	const char *at;
	const char *end;
};

static const struct {
	const char *text;
	enum sim_dtype dtype;
} type_names[] = {
	{"c10::BFloat16", SIM_DTYPE_BF16},
	{"float", SIM_DTYPE_F32},
	{"c10::Half", SIM_DTYPE_F16},
	{"long int", SIM_DTYPE_I64},
	{"long", SIM_DTYPE_I64},
	{"int", SIM_DTYPE_I32},
	{"bool", SIM_DTYPE_BOOL},
	{"double", SIM_DTYPE_F64},
	{"short int", SIM_DTYPE_I16},
	{"short", SIM_DTYPE_I16},
	{"signed char", SIM_DTYPE_I8},
	{"unsigned char", SIM_DTYPE_U8},
	{"c10::Float8_e4m3fn", SIM_DTYPE_FP8},
	{"c10::Float8_e5m2", SIM_DTYPE_FP8},
	{"c10::Float8_e4m3fnuz", SIM_DTYPE_FP8},
	{"c10::Float8_e5m2fnuz", SIM_DTYPE_FP8},
	{"c10::Float8_e8m0fnu", SIM_DTYPE_FP8},
	/* two values to the byte, and the dims count bytes */
	{"c10::Float4_e2m1fn_x2", SIM_DTYPE_U8},
	{"c10::qint8", SIM_DTYPE_I8},
	{"c10::quint8", SIM_DTYPE_U8},
	/* of our own NVTX ranges (traces/nvtx_op.h), where the dims count values */
	{"int4", SIM_DTYPE_INT4},
	{"fp4", SIM_DTYPE_FP4},
};

enum sim_dtype work_dtype_from_text(const char *text, size_t length)
{
	for (size_t i = 0; i < sizeof(type_names) / sizeof(type_names[0]); i++)
		if (strlen(type_names[i].text) == length &&
		    memcmp(type_names[i].text, text, length) == 0)
			return type_names[i].dtype;
	return SIM_DTYPE_UNKNOWN;
}

enum sim_dtype work_dtype_from_code(int64_t code)
{
	switch (code) {
	case 0:
		return SIM_DTYPE_U8;
	case 1:
		return SIM_DTYPE_I8;
	case 2:
		return SIM_DTYPE_I16;
	case 3:
		return SIM_DTYPE_I32;
	case 4:
		return SIM_DTYPE_I64;
	case 5:
		return SIM_DTYPE_F16;
	case 6:
		return SIM_DTYPE_F32;
	case 7:
		return SIM_DTYPE_F64;
	case 11:
		return SIM_DTYPE_BOOL;
	case 15:
		return SIM_DTYPE_BF16;
	case 23:
	case 24:
		return SIM_DTYPE_FP8;
	default:
		return SIM_DTYPE_UNKNOWN;
	}
}

static char peek(struct cursor *cursor)
{
	while (cursor->at < cursor->end && (*cursor->at == ' ' || *cursor->at == '\n' ||
					    *cursor->at == '\t' || *cursor->at == '\r'))
		cursor->at++;
	return cursor->at < cursor->end ? *cursor->at : '\0';
}

static bool take(struct cursor *cursor, char wanted)
{
	if (peek(cursor) != wanted)
		return false;
	cursor->at++;
	return true;
}

/* The text between two quotes, escapes left as they are. */
static bool take_string(struct cursor *cursor, struct work_text *text)
{
	if (!take(cursor, '"'))
		return false;
	const char *start = cursor->at;
	while (cursor->at < cursor->end && *cursor->at != '"')
		cursor->at += *cursor->at == '\\' && cursor->at + 1 < cursor->end ? 2 : 1;
	if (cursor->at >= cursor->end)
		return false;
	*text = (struct work_text){start, (size_t)(cursor->at - start)};
	cursor->at++;
	return true;
}

/* Anything up to the comma or bracket that ends it at this depth. */
static bool skip_value(struct cursor *cursor)
{
	unsigned depth = 0;
	struct work_text ignored;
	for (;;) {
		char c = peek(cursor);
		if (c == '\0')
			return false;
		if (depth == 0 && (c == ',' || c == ']'))
			return true;
		if (c == '"') {
			if (!take_string(cursor, &ignored))
				return false;
			continue;
		}
		depth += c == '[';
		depth -= c == ']';
		cursor->at++;
	}
}

static bool take_integer(struct cursor *cursor, uint64_t *value)
{
	uint64_t sum = 0;
	char c = peek(cursor);
	if (c < '0' || c > '9')
		return false;
	for (; cursor->at < cursor->end && *cursor->at >= '0' && *cursor->at <= '9'; cursor->at++)
		sum = work_add(work_mul(sum, 10), (uint64_t)(*cursor->at - '0'));
	*value = sum;
	return sum < WORK_LIMIT;
}

/* [1,2,3]; strides may exceed the rank we keep only where dims do, which is refused there. */
static bool take_integers(struct cursor *cursor, uint64_t *values, unsigned *count)
{
	*count = 0;
	if (!take(cursor, '['))
		return false;
	if (take(cursor, ']'))
		return true;
	do {
		if (*count == WORK_MAX_RANK || !take_integer(cursor, &values[*count]))
			return false;
		++*count;
	} while (take(cursor, ','));
	return take(cursor, ']');
}

static bool add_tensor(struct cursor *cursor, struct work_shape *shape)
{
	unsigned rank;
	if (shape->tensor_count == WORK_MAX_TENSORS)
		return false;
	struct work_tensor *tensor = &shape->tensors[shape->tensor_count++];
	memset(tensor, 0, sizeof(*tensor));
	if (!take_integers(cursor, tensor->dims, &rank))
		return false;
	tensor->rank = (uint8_t)rank;
	tensor->elements = 1;
	for (unsigned i = 0; i < rank; i++)
		tensor->elements = work_mul(tensor->elements, tensor->dims[i]);
	tensor->unique = tensor->elements;
	return tensor->elements < WORK_LIMIT;
}

/* True at "[[": an argument that is a list of tensors. */
static bool at_list(struct cursor cursor)
{
	return take(&cursor, '[') && peek(&cursor) == '[';
}

static bool take_dims_of_arg(struct cursor *cursor, struct work_shape *shape, unsigned index)
{
	(void)index; /* every item makes the next argument */
	if (shape->arg_count == WORK_MAX_ARGS)
		return false;
	struct work_arg *arg = &shape->args[shape->arg_count++];
	*arg = (struct work_arg){.first = (uint8_t)shape->tensor_count};
	if (peek(cursor) != '[')
		return false;
	if (!at_list(*cursor)) {
		arg->count = 1;
		return add_tensor(cursor, shape);
	}
	arg->is_list = true;
	take(cursor, '[');
	do {
		if (!add_tensor(cursor, shape))
			return false;
		arg->count++;
	} while (take(cursor, ','));
	return take(cursor, ']');
}

/* Takes item INDEX of a list; false when it is malformed. */
typedef bool take_item(struct cursor *cursor, struct work_shape *shape, unsigned index);

/* A list in brackets, maybe empty, item by item. */
static bool take_list(struct cursor *cursor, struct work_shape *shape, take_item *item)
{
	unsigned index = 0;
	if (!take(cursor, '['))
		return false;
	if (take(cursor, ']'))
		return true;
	do {
		if (!item(cursor, shape, index++))
			return false;
	} while (take(cursor, ','));
	return take(cursor, ']');
}

/* A string, or anything else, which reads as an empty one. */
static bool take_text(struct cursor *cursor, struct work_text *text)
{
	*text = (struct work_text){"", 0};
	return peek(cursor) == '"' ? take_string(cursor, text) : skip_value(cursor);
}

static bool take_type_of_arg(struct cursor *cursor, struct work_shape *shape, unsigned index)
{
	struct work_text type;
	if (!take_text(cursor, &type))
		return false;
	if (index >= shape->arg_count)
		return true;
	struct work_arg *arg = &shape->args[index];
	arg->type = type;
	for (unsigned t = 0; t < arg->count; t++)
		shape->tensors[arg->first + t].dtype =
			(uint8_t)work_dtype_from_text(type.at, type.length);
	return true;
}

/* An expanded dimension has stride 0: its elements share one address. */
static void apply_strides(struct work_tensor *tensor, const uint64_t *strides, unsigned rank)
{
	if (rank != tensor->rank)
		return;
	tensor->unique = 1;
	for (unsigned i = 0; i < rank; i++)
		if (strides[i] != 0 || tensor->dims[i] == 0)
			tensor->unique = work_mul(tensor->unique, tensor->dims[i]);
}

static bool take_strides_of_arg(struct cursor *cursor, struct work_shape *shape, unsigned index)
{
	uint64_t strides[WORK_MAX_RANK];
	unsigned rank;
	unsigned t = 0;
	if (index >= shape->arg_count || peek(cursor) != '[')
		return skip_value(cursor);
	const struct work_arg *arg = &shape->args[index];
	bool is_list = at_list(*cursor);
	if (is_list)
		take(cursor, '[');
	do {
		if (!take_integers(cursor, strides, &rank))
			return false;
		if (t < arg->count)
			apply_strides(&shape->tensors[arg->first + t++], strides, rank);
	} while (is_list && take(cursor, ','));
	return !is_list || take(cursor, ']');
}

static bool take_concrete_of_arg(struct cursor *cursor, struct work_shape *shape, unsigned index)
{
	struct work_text text;
	if (!take_text(cursor, &text))
		return false;
	if (index < shape->arg_count)
		shape->args[index].concrete = text;
	return true;
}

bool work_shape_parse(const char *text, size_t length, struct work_shape *shape)
{
	struct cursor cursor = {text, text + length};
	shape->arg_count = 0;
	shape->tensor_count = 0;
	shape->typed = false;
	if (!take_list(&cursor, shape, take_dims_of_arg))
		return false;
	if (!take(&cursor, '|'))
		return cursor.at == cursor.end;
	shape->typed = peek(&cursor) == '[';
	if (shape->typed && !take_list(&cursor, shape, take_type_of_arg))
		return false;
	if (!take(&cursor, '|'))
		return cursor.at == cursor.end;
	if (peek(&cursor) == '[' && !take_list(&cursor, shape, take_strides_of_arg))
		return false;
	if (!take(&cursor, '|'))
		return cursor.at == cursor.end;
	if (peek(&cursor) == '[' && !take_list(&cursor, shape, take_concrete_of_arg))
		return false;
	return peek(&cursor) == '\0' && cursor.at == cursor.end;
}

const struct work_tensor *work_shape_tensor(const struct work_shape *shape, unsigned arg)
{
	if (arg >= shape->arg_count || shape->args[arg].is_list)
		return NULL;
	const struct work_tensor *tensor = &shape->tensors[shape->args[arg].first];
	return tensor->rank > 0 && tensor->dtype != SIM_DTYPE_UNKNOWN ? tensor : NULL;
}

bool work_shape_integer(const struct work_shape *shape, unsigned arg, int64_t *value)
{
	if (arg >= shape->arg_count)
		return false;
	struct work_text text = shape->args[arg].concrete;
	uint64_t size;
	if (text.length == 0)
		return false;
	struct cursor cursor = {text.at, text.at + text.length};
	bool list = take(&cursor, '[');
	bool negative = take(&cursor, '-');
	if (!take_integer(&cursor, &size) || (list && !take(&cursor, ']')))
		return false;
	if (cursor.at < cursor.end && *cursor.at == '.') /* "0." is an integer too, "0.5" is not */
		for (cursor.at++; cursor.at < cursor.end && *cursor.at == '0';)
			cursor.at++;
	*value = negative ? -(int64_t)size : (int64_t)size;
	return cursor.at == cursor.end;
}
