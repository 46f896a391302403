/*
 * Reads the text of an NVTX range that stands for an op: see nvtx_op.h. One pass over the text and
 * one over the items of each list; brackets are counted, not followed.
 */
#include "traces/nvtx_op.h"

#include <string.h>

#include "traces/work_shape.h"

/* As written: a list of tensors may be spliced into the arguments. */
enum { MOST_ITEMS = WORK_MAX_TENSORS + WORK_MAX_ARGS, LONGEST_TYPE = 64 };

enum field { SIZES, TYPES, STRIDES, INPUTS, LISTS, NUMBER = LISTS, OTHER_LIST };

static const struct {
	const char *text;
	enum field field;
} markers[] = {
	{", sizes = ", SIZES},	    {", types = ", TYPES}, {", strides = ", STRIDES},
	{", inputs = ", INPUTS},    {", seq = ", NUMBER},  {", op_id = ", NUMBER},
	{", stashed seq=", NUMBER}, {", seq=", NUMBER},	   {", input_op_ids = ", OTHER_LIST},
};

/* Ops with a list of tensors among their arguments, where emit_nvtx splices it in. */
static const struct splice {
	const char *name;
	unsigned first;	    /* argument that is the list */
	unsigned after;	    /* arguments after it */
	bool until_no_dims; /* the list ends before the first item without dimensions instead */
} splices[] = {
	{"aten::cat", 0, 0, true},
	{"aten::_cat", 0, 0, true},
	{"aten::stack", 0, 0, true},
	{"aten::index", 1, 0, false},
	{"aten::index_put", 1, 2, false},
	{"aten::index_put_", 1, 2, false},
	{"aten::_index_put_impl_", 1, 3, false},
};

struct items {
	unsigned count;
	struct work_text item[MOST_ITEMS];
};

struct cursor {
	const char *at;
	const char *end;
};

/* The marker that AT begins with, or NULL; *FIELD and *LENGTH are its own. */
static bool at_marker(const struct cursor *cursor, enum field *field, size_t *length)
{
	size_t left = (size_t)(cursor->end - cursor->at);
	for (size_t i = 0; i < sizeof(markers) / sizeof(markers[0]); i++) {
		*length = strlen(markers[i].text);
		*field = markers[i].field;
		if (*length <= left && memcmp(cursor->at, markers[i].text, *length) == 0)
			return true;
	}
	return false;
}

/* Up to the next marker, and past it; false at the end. */
static bool next_field(struct cursor *cursor, enum field *field, const char **before)
{
	size_t length;
	for (;;) {
		const char *comma = memchr(cursor->at, ',', (size_t)(cursor->end - cursor->at));
		cursor->at = comma != NULL ? comma : cursor->end;
		*before = cursor->at;
		if (comma == NULL)
			return false;
		if (at_marker(cursor, field, &length))
			break;
		cursor->at++;
	}
	cursor->at += length;
	return true;
}

static bool is_space(char c)
{
	return c == ' ' || c == '\t';
}

static struct work_text trimmed(const char *from, const char *to)
{
	while (from < to && is_space(*from))
		from++;
	while (from < to && is_space(to[-1]))
		to--;
	return (struct work_text){from, (size_t)(to - from)};
}

/* Past the quote that closes the text whose opening quote is at FROM; END when there is none. */
static const char *after_quotes(const char *from, const char *end)
{
	for (from++; from < end && *from != '"'; from++)
		if (*from == '\\' && from + 1 < end)
			from++;
	return from < end ? from + 1 : end;
}

/* "[a, [b, c], d]" to its items; an empty list has none. */
static bool take_items(struct cursor *cursor, struct items *items)
{
	unsigned depth = 1;
	items->count = 0;
	if (cursor->at == cursor->end || *cursor->at != '[')
		return false;
	const char *from = ++cursor->at;
	while (cursor->at < cursor->end) {
		char c = *cursor->at;
		if (c == '"') {
			cursor->at = after_quotes(cursor->at, cursor->end);
			continue;
		}
		depth += c == '[';
		depth -= c == ']';
		if ((depth == 1 && c == ',') || depth == 0) {
			if (items->count == MOST_ITEMS)
				return false;
			items->item[items->count++] = trimmed(from, cursor->at);
			from = cursor->at + 1;
		}
		cursor->at++;
		if (depth == 0) {
			if (items->count == 1 && items->item[0].length == 0)
				items->count = 0;
			return true;
		}
	}
	return false;
}

static bool is_nested(struct work_text item)
{
	for (size_t i = 1; i < item.length; i++)
		if (!is_space(item.at[i]))
			return item.at[0] == '[' && item.at[i] == '[';
	return false;
}

static bool has_no_dims(struct work_text item)
{
	return item.length >= 2 && item.at[0] == '[' &&
	       trimmed(item.at + 1, item.at + item.length - 1).length == 0;
}

/* Which items are one list of tensors: FIRST and COUNT; COUNT 0 when none are. */
static void find_splice(const struct nvtx_op *op, const struct items *sizes, unsigned *first,
			unsigned *count)
{
	*count = 0;
	for (unsigned i = 0; i < sizes->count; i++)
		if (is_nested(sizes->item[i]))
			return;
	for (size_t i = 0; i < sizeof(splices) / sizeof(splices[0]); i++) {
		const struct splice *splice = &splices[i];
		unsigned end = *first = splice->first;
		if (strlen(splice->name) != op->name_length ||
		    memcmp(splice->name, op->name, op->name_length) != 0)
			continue;
		if (splice->until_no_dims)
			while (end < sizes->count && !has_no_dims(sizes->item[end]))
				end++;
		else if (sizes->count > splice->after)
			end = sizes->count - splice->after;
		*count = end > *first ? end - *first : 0;
		return;
	}
}

/* The canonical text, as it grows. */
static bool put(struct nvtx_op *op, const char *text, size_t length)
{
	if (length >= NVTX_OP_SHAPE - op->shape_length)
		return false;
	memcpy(op->shape + op->shape_length, text, length);
	op->shape_length += length;
	op->shape[op->shape_length] = '\0';
	return true;
}

/* Dimensions or strides: digits, commas and brackets. */
static bool put_numbers(struct nvtx_op *op, struct work_text item)
{
	if (item.length == 0 || item.at[0] != '[')
		return false;
	for (size_t i = 0; i < item.length; i++) {
		char c = item.at[i];
		bool known = (c >= '0' && c <= '9') || c == ',' || c == '[' || c == ']';
		if (!is_space(c) && (!known || !put(op, &c, 1)))
			return false;
	}
	return true;
}

/* Ours to PyTorch's, which the canonical text has. */
static struct work_text framework_type(struct work_text type)
{
	static const char *const names[][2] = {
		{"f64", "double"},
		{"f32", "float"},
		{"f16", "c10::Half"},
		{"bf16", "c10::BFloat16"},
		{"i64", "long int"},
		{"i32", "int"},
		{"i16", "short int"},
		{"i8", "signed char"},
		{"u8", "unsigned char"},
		{"bool", "bool"},
		{"fp8", "c10::Float8_e4m3fn"},
		{"unknown", ""},
	};
	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++)
		if (strlen(names[i][0]) == type.length &&
		    memcmp(names[i][0], type.at, type.length) == 0)
			return (struct work_text){names[i][1], strlen(names[i][1])};
	return type;
}

static bool put_quoted(struct nvtx_op *op, struct work_text text)
{
	return put(op, "\"", 1) && put(op, text.at, text.length) && put(op, "\"", 1);
}

static bool put_type(struct nvtx_op *op, struct work_text type)
{
	if (type.length >= 2 && type.at[0] == '"' && type.at[type.length - 1] == '"')
		type = (struct work_text){type.at + 1, type.length - 2};
	if (type.length > LONGEST_TYPE)
		return false;
	for (size_t i = 0; i < type.length; i++)
		if (type.at[i] < ' ' || type.at[i] > '~' || type.at[i] == '"' || type.at[i] == '\\')
			return false;
	return put_quoted(op, framework_type(type));
}

static bool put_value(struct nvtx_op *op, struct work_text value)
{
	bool quoted = value.length >= 2 && value.at[0] == '"' &&
		      after_quotes(value.at, value.at + value.length) == value.at + value.length &&
		      value.at[value.length - 1] == '"';
	if (quoted)
		value = (struct work_text){value.at + 1, value.length - 2};
	for (size_t i = 0; i < value.length; i++) {
		unsigned char c = (unsigned char)value.at[i];
		if (c < ' ' || c == 0x7f || (!quoted && (c == '"' || c == '\\')))
			return false;
	}
	return put_quoted(op, value);
}

typedef bool put_item(struct nvtx_op *op, struct work_text item);

/* One part of the canonical text; items FIRST .. FIRST + COUNT become one argument. */
static bool put_part(struct nvtx_op *op, const struct items *items, unsigned first, unsigned count,
		     enum field field)
{
	static put_item *const puts[LISTS] = {put_numbers, put_type, put_numbers, put_value};
	bool nests = field == SIZES || field == STRIDES;
	if (!put(op, "[", 1))
		return false;
	for (unsigned i = 0; i < items->count; i++) {
		bool in_list = i >= first && i - first < count;
		if (in_list && i > first && !nests)
			continue;
		if (i > 0 && !put(op, ",", 1))
			return false;
		if (nests && in_list && i == first && !put(op, "[", 1))
			return false;
		if (!puts[field](op, items->item[i]))
			return false;
		bool last = in_list && (i - first == count - 1 || i + 1 == items->count);
		if (nests && last && !put(op, "]", 1))
			return false;
	}
	return put(op, "]", 1);
}

static bool put_shape(struct nvtx_op *op, const struct items lists[LISTS], const bool given[LISTS])
{
	unsigned first = 0, count = 0;
	struct work_shape shape;
	find_splice(op, &lists[SIZES], &first, &count);
	for (unsigned field = SIZES; field < LISTS; field++) {
		if (field != SIZES && !put(op, "|", 1))
			return false;
		if (!given[field])
			continue;
		if (lists[field].count > lists[SIZES].count ||
		    !put_part(op, &lists[field], first, count, field))
			return false;
	}
	return work_shape_parse(op->shape, op->shape_length, &shape);
}

static bool take_fields(struct cursor *cursor, enum field field, struct nvtx_op *op, bool *sized)
{
	struct items lists[LISTS];
	bool given[LISTS] = {false};
	const char *before;
	do {
		if (field >= LISTS)
			continue;
		if (given[field] || !take_items(cursor, &lists[field]))
			return false;
		given[field] = true;
	} while (next_field(cursor, &field, &before));
	*sized = given[SIZES];
	if (!given[SIZES])
		return !given[TYPES] && !given[STRIDES] && !given[INPUTS];
	return put_shape(op, lists, given);
}

static bool is_name(const char *name, size_t length)
{
	for (size_t i = 0; i < length; i++)
		if ((unsigned char)name[i] < ' ' || name[i] == 0x7f)
			return false;
	return length > 0;
}

enum nvtx_op_kind nvtx_op_parse(const char *text, size_t length, struct nvtx_op *op)
{
	static const char prefix[] = "aten::";
	size_t read = length < NVTX_OP_LONGEST ? length : NVTX_OP_LONGEST;
	struct cursor cursor = {text, text + read};
	enum field field = OTHER_LIST;
	const char *before;
	bool sized = false;
	bool fields = read > 0 && next_field(&cursor, &field, &before);
	op->name = text;
	op->name_length = fields ? (size_t)(before - text) : read;
	op->shape_length = 0;
	op->shape[0] = '\0';
	bool known = op->name_length > sizeof(prefix) - 1 &&
		     memcmp(text, prefix, sizeof(prefix) - 1) == 0;
	if (!is_name(op->name, op->name_length) || (!fields && (!known || read < length)))
		return NVTX_OP_NONE;
	if (fields && !take_fields(&cursor, field, op, &sized)) {
		op->shape_length = 0;
		op->shape[0] = '\0';
		return NVTX_OP_MALFORMED;
	}
	if (sized)
		return NVTX_OP_SIZED;
	return known ? NVTX_OP_NAMED : NVTX_OP_NONE;
}
