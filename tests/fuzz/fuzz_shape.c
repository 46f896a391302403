/*
 * Work from an op's texts: four lines a kernel, its name, its op, the op's shape text, and numbers
 * (grid, block, registers, shared bytes, part of the op, 1 memcpy or 2 memset, its bytes).
 */
#include "tests/fuzz/fuzz.h"
#include "tests/fuzz/made.h"
#include "traces/work_shape.h"

const char fuzz_name[] = "shape";
const char *const fuzz_seeds[] = {NULL};

static struct made_numbers take_numbers(struct work_text line)
{
	struct made_numbers numbers = {0};
	uint32_t *const places[] = {&numbers.grid[0],	&numbers.grid[1],      &numbers.grid[2],
				    &numbers.block[0],	&numbers.block[1],     &numbers.block[2],
				    &numbers.registers, &numbers.shared_bytes, &numbers.part,
				    &numbers.copy,	&numbers.copy_bytes};
	size_t count = 0, most = sizeof(places) / sizeof(places[0]);
	bool inside = false;
	for (size_t i = 0; i < line.length && count < most; i++) {
		bool digit = line.at[i] >= '0' && line.at[i] <= '9';
		if (digit)
			*places[count] = *places[count] * 10 + (uint32_t)(line.at[i] - '0');
		count += inside && !digit;
		inside = digit;
	}
	return numbers;
}

static void check_parsed(const struct work_shape *shape)
{
	FUZZ_REQUIRE(shape->arg_count <= WORK_MAX_ARGS);
	FUZZ_REQUIRE(shape->tensor_count <= WORK_MAX_TENSORS);
	for (unsigned i = 0; i < shape->arg_count; i++) {
		int64_t value;
		(void)work_shape_integer(shape, i, &value);
		(void)work_shape_tensor(shape, i);
		FUZZ_REQUIRE(shape->args[i].first + shape->args[i].count <= shape->tensor_count);
	}
	for (unsigned i = 0; i < shape->tensor_count; i++) {
		FUZZ_REQUIRE(shape->tensors[i].rank <= WORK_MAX_RANK);
		FUZZ_REQUIRE(shape->tensors[i].dtype < SIM_DTYPE_COUNT);
		FUZZ_REQUIRE(shape->tensors[i].elements <= WORK_LIMIT);
		FUZZ_REQUIRE(shape->tensors[i].unique <= shape->tensors[i].elements);
	}
}

static void check_shape(struct work_text text)
{
	static struct work_shape shape;
	/* a copy that ends where the text does */
	char *copy = malloc(text.length > 0 ? text.length : 1);
	FUZZ_REQUIRE(copy != NULL);
	if (text.length > 0)
		memcpy(copy, text.at, text.length);
	if (work_shape_parse(copy, text.length, &shape))
		check_parsed(&shape);
	free(copy);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct made_lines lines = {(const char *)data, (const char *)data + size};
	struct made_trace *made = made_begin();
	while (lines.at < lines.end && made_has_room(made)) {
		struct work_text kernel = made_line(&lines), op = made_line(&lines);
		struct work_text shape = made_line(&lines);
		const struct made_numbers numbers = take_numbers(made_line(&lines));
		check_shape(shape);
		made_add(made, kernel, op, shape, &numbers);
	}
	made_check(made);
	return 0;
}
