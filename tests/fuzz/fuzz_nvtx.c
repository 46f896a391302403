/*
 * Texts of NVTX ranges that are ops: lines of a kernel's name and the text of the range that it was
 * launched in, in turn. What is read of the text must be a shape that the work rules understand.
 */
#include "tests/fuzz/fuzz.h"
#include "tests/fuzz/made.h"
#include "traces/nvtx_op.h"
#include "traces/work_shape.h"

const char fuzz_name[] = "nvtx";
const char *const fuzz_seeds[] = {NULL};

static void parse(struct work_text text, struct nvtx_op *op, struct work_text *name,
		  struct work_text *shape)
{
	static struct work_shape parsed;
	/* a copy that ends where the text does */
	char *copy = malloc(text.length > 0 ? text.length : 1);
	FUZZ_REQUIRE(copy != NULL);
	memcpy(copy, text.at, text.length);
	enum nvtx_op_kind kind = nvtx_op_parse(copy, text.length, op);
	bool is_op = kind == NVTX_OP_NAMED || kind == NVTX_OP_SIZED;
	FUZZ_REQUIRE(op->shape_length < NVTX_OP_SHAPE);
	FUZZ_REQUIRE(op->shape[op->shape_length] == '\0');
	FUZZ_REQUIRE((kind == NVTX_OP_SIZED) == (op->shape_length > 0));
	FUZZ_REQUIRE(!is_op ||
		     (op->name == copy && op->name_length > 0 && op->name_length <= text.length));
	FUZZ_REQUIRE(kind != NVTX_OP_SIZED ||
		     work_shape_parse(op->shape, op->shape_length, &parsed));
	free(copy);
	*name = (struct work_text){text.at, is_op ? op->name_length : 0};
	*shape = (struct work_text){op->shape, is_op ? op->shape_length : 0};
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static struct nvtx_op op;
	struct made_lines lines = {(const char *)data, (const char *)data + size};
	struct made_trace *made = made_begin();
	while (lines.at < lines.end && made_has_room(made)) {
		const struct made_numbers numbers = {.grid = {132, 1, 1}, .block = {128, 1, 1}};
		struct work_text kernel = made_line(&lines), name, shape;
		parse(made_line(&lines), &op, &name, &shape);
		made_add(made, kernel, name, shape, &numbers);
	}
	made_check(made);
	return 0;
}
