/* Texts of NVTX ranges that are ops: what PyTorch pushes, what we push, what nobody should. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "traces/nvtx_op.h"
#include "traces/work_shape.h"

static struct nvtx_op op;

static enum nvtx_op_kind parse(const char *text)
{
	return nvtx_op_parse(text, strlen(text), &op);
}

struct good {
	const char *text, *name, *shape;
};

static const struct good goods[] = {
	/* getNvtxStr of PyTorch 2 */
	{"aten::mm, seq = 12, op_id = 34, sizes = [[1, 2048], [2048, 512]], input_op_ids = "
	 "[(30,0), "
	 "(31,0)]",
	 "aten::mm", "[[1,2048],[2048,512]]|||"},
	{"aten::mm, op_id = 34, sizes = [[1, 2048], [2048, 512]], input_op_ids = [(0,-1), (31,0)]",
	 "aten::mm", "[[1,2048],[2048,512]]|||"},
	{"aten::topk, op_id = 9, sizes = [[1, 128], [], [], [], []], input_op_ids = [(8,0)]",
	 "aten::topk", "[[1,128],[],[],[],[]]|||"},
	{"vllm::unified_attention, op_id = 9, sizes = [[1, 4096]]", "vllm::unified_attention",
	 "[[1,4096]]|||"},
	/* of PyTorch 1: no op_id; lists of tensors are empty */
	{"add, seq = 5, sizes = [[1, 8], [1, 8], []]", "add", "[[1,8],[1,8],[]]|||"},
	{"aten::cat, seq = 5, sizes = [[], []]", "aten::cat", "[[],[]]|||"},
	{"AddmmBackward, stashed seq=7, sizes = [[2]]", "AddmmBackward", "[[2]]|||"},
	/* lists of tensors among the arguments */
	{"aten::cat, op_id = 5, sizes = [[1, 8, 511, 64], [1, 8, 1, 64], []]", "aten::cat",
	 "[[[1,8,511,64],[1,8,1,64]],[]]|||"},
	{"aten::cat, op_id = 5, sizes = [[0], [1, 8], [], [1, 8]]", "aten::cat",
	 "[[[0],[1,8]],[],[1,8]]|||"},
	{"aten::index, op_id = 5, sizes = [[9, 64], [3], [3]]", "aten::index",
	 "[[9,64],[[3],[3]]]|||"},
	{"aten::_index_put_impl_, op_id = 5, sizes = [[9, 64], [3], [3, 64], [], []]",
	 "aten::_index_put_impl_", "[[9,64],[[3]],[3,64],[],[]]|||"},
	/* ours */
	{"aten::mm, sizes = [[1, 2048], [2048, 512]], types = [bf16, bf16], strides = [[2048, 1], "
	 "[1, "
	 "2048]]",
	 "aten::mm",
	 "[[1,2048],[2048,512]]|[\"c10::BFloat16\",\"c10::BFloat16\"]|[[2048,1],[1,2048]]|"},
	{"aten::cat, sizes = [[[1, 8, 511, 64], [1, 8, 1, 64]], []], types = [bf16, ], inputs = [, "
	 "2]",
	 "aten::cat", "[[[1,8,511,64],[1,8,1,64]],[]]|[\"c10::BFloat16\",\"\"]||[\"\",\"2\"]"},
	{"aten::cat, sizes = [[1, 8], [1, 9], []], types = [bf16, bf16, ], strides = [[8, 1], [9, "
	 "1], "
	 "[]], inputs = [, , -1]",
	 "aten::cat",
	 "[[[1,8],[1,9]],[]]|[\"c10::BFloat16\",\"\"]|[[[8,1],[9,1]],[]]|[\"\",\"-1\"]"},
	{"aten::topk, sizes = [[1, 128256], [], [], [], []], types = [bf16, , , , ], inputs = [, "
	 "50, "
	 "-1, True, True]",
	 "aten::topk",
	 "[[1,128256],[],[],[],[]]|[\"c10::BFloat16\",\"\",\"\",\"\",\"\"]||"
	 "[\"\",\"50\",\"-1\",\"True\",\"True\"]"},
	{"aten::mean, sizes = [[4, 8], []], types = [long int, \"f32\"], inputs = [, [1, 0]]",
	 "aten::mean", "[[4,8],[]]|[\"long int\",\"float\"]||[\"\",\"[1, 0]\"]"},
	{"x, sizes = [[4]], inputs = [\"a, b] = [\\\"c\"]", "x", "[[4]]|||[\"a, b] = [\\\"c\"]"},
	{"x, sizes = [[4], [2]], types = [i32]", "x", "[[4],[2]]|[\"int\"]||"},
	{"x, sizes = [  [ 4 ,2 ] ,[]]", "x", "[[4,2],[]]|||"},
	{"x, sizes = []", "x", "[]|||"},
	/* a newer PyTorch's further fields */
	{"aten::mm, op_id = 1, sizes = [[1, 2], [2, 3]], module = foo[0], a", "aten::mm",
	 "[[1,2],[2,3]]|||"},
};

static void texts_become_shapes(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(goods) / sizeof(goods[0]); i++) {
		if (parse(goods[i].text) != NVTX_OP_SIZED)
			fail_msg("no op: %s", goods[i].text);
		assert_int_equal(op.name_length, strlen(goods[i].name));
		assert_memory_equal(op.name, goods[i].name, op.name_length);
		assert_string_equal(op.shape, goods[i].shape);
		assert_int_equal(op.shape_length, strlen(op.shape));
	}
}

static void types_and_scalars_arrive_in_the_rules_operands(void **state)
{
	struct work_shape shape;
	int64_t value;
	(void)state;
	assert_int_equal(parse("x, sizes = [[4, 6], [3], []], types = [fp8, int4], "
			       "strides = [[0, 1]], inputs = [, , -7]"),
			 NVTX_OP_SIZED);
	assert_true(work_shape_parse(op.shape, op.shape_length, &shape));
	assert_int_equal(shape.arg_count, 3);
	assert_int_equal(work_shape_tensor(&shape, 0)->dtype, SIM_DTYPE_FP8);
	assert_int_equal(work_shape_tensor(&shape, 0)->unique, 6);
	assert_int_equal(work_shape_tensor(&shape, 1)->dtype, SIM_DTYPE_INT4);
	assert_true(work_shape_integer(&shape, 2, &value));
	assert_int_equal(value, -7);
	for (unsigned type = SIM_DTYPE_UNKNOWN + 1; type < SIM_DTYPE_COUNT; type++) {
		static const char *const texts[] = {
#define X(name, text, bits) text,
			SIM_DTYPE_LIST(X)
#undef X
		};
		char text[64];
		snprintf(text, sizeof(text), "x, sizes = [[4]], types = [%s]", texts[type]);
		assert_int_equal(parse(text), NVTX_OP_SIZED);
		assert_true(work_shape_parse(op.shape, op.shape_length, &shape));
		assert_int_equal(shape.tensors[0].dtype, type);
	}
}

static void ops_without_sizes_have_a_name(void **state)
{
	static const char *const texts[] = {"aten::mm", "aten::mm, op_id = 5", "aten::mm, seq = 5"};
	(void)state;
	for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++) {
		assert_int_equal(parse(texts[i]), NVTX_OP_NAMED);
		assert_int_equal(op.name_length, 8);
		assert_string_equal(op.shape, "");
	}
}

static void other_ranges_are_none(void **state)
{
	static const char *const texts[] = {
		"", "step 5", "decode, layer 3", "forward, op_id = 4", "aten::", "[[1, 2]]",
		/* PyTorch 1 with a sequence number below 0: the name is missing */
		", sizes = [[1, 2]]", ", op_id = 3", "\x01name, sizes = [[1]]",
		"aten::mm\n, sizes = [[1]]", "aten::\x7f"};
	(void)state;
	for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++)
		if (parse(texts[i]) != NVTX_OP_NONE)
			fail_msg("an op: %s", texts[i]);
}

/* a type of 66 characters */
#define LONG_TYPE                                                                                  \
	"x, sizes = [[1]], types = [aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa" \
	"aaaaa]"

static void hostile_fields_are_malformed(void **state)
{
	static const char *const texts[] = {"x, sizes = ",
					    "x, sizes = [",
					    "x, sizes = [[1, 2]",
					    "x, sizes = [[1, 2",
					    "x, sizes = 5",
					    "x, sizes = [5]",
					    "x, sizes = [[1], 2]",
					    "x, sizes = [[[[1]]]]",
					    "x, sizes = [[1,]]",
					    "x, sizes = [[,1]]",
					    "x, sizes = [[1],]",
					    "x, sizes = [[1]]]], types = [f32, f32]",
					    "x, sizes = [[-1, 2]]",
					    "x, sizes = [[1e3]]",
					    "x, sizes = [[0x10]]",
					    "x, sizes = [[a]]",
					    "x, sizes = [[9223372036854775808]]",
					    "x, sizes = [[9223372036854775807]]",
					    "x, sizes = [[18446744073709551617]]",
					    "x, sizes = [[99999999999999999999999999999]]",
					    "x, sizes = [[4294967296, 4294967296]]",
					    "x, sizes = [[1, 2, 3, 4, 5, 6, 7, 8, 9]]",
					    "x, sizes = [[1\x01]]",
					    "x, sizes = [[1]], sizes = [[1]]",
					    "x, sizes = [[\"1\"]]",
					    "x, types = [f32]",
					    "x, inputs = [1]",
					    "x, strides = [[1]]",
					    "x, sizes = [[1]], types = [f32, f32]",
					    "x, sizes = [[1]], types = [f\"32]",
					    "x, sizes = [[1]], types = [f\x02]",
					    "x, sizes = [[1]], types = [\xff]",
					    LONG_TYPE,
					    "x, sizes = [[1]], types = [f32",
					    "x, sizes = [[1]], strides = [[-1]]",
					    "x, sizes = [[1]], inputs = [\"]",
					    "x, sizes = [[1]], inputs = [\"\\\"]",
					    "x, sizes = [[1]], inputs = [a\"b\"]",
					    "x, sizes = [[1]], inputs = [\\]",
					    "x, sizes = [[1]], inputs = [\n]",
					    "x, sizes = [[1]], inputs = [\"\x7f\"]"};
	(void)state;
	for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++) {
		enum nvtx_op_kind kind = parse(texts[i]);
		if (kind != NVTX_OP_MALFORMED)
			fail_msg("kind %d: %s gives %s", kind, texts[i], op.shape);
		assert_int_equal(op.name_length, 1);
		assert_int_equal(op.shape_length, 0);
	}
}

/* COUNT times PART after HEAD, and TAIL. */
static char *repeated(const char *head, const char *part, size_t count, const char *tail,
		      size_t *length)
{
	size_t one = strlen(part), from = strlen(head);
	char *text = malloc(from + one * count + strlen(tail) + 1);
	assert_non_null(text);
	memcpy(text, head, from);
	for (size_t i = 0; i < count; i++)
		memcpy(text + from + i * one, part, one);
	memcpy(text + from + one * count, tail, strlen(tail) + 1);
	*length = strlen(text);
	return text;
}

static void long_texts_are_bounded(void **state)
{
	static const struct {
		const char *head, *part, *tail;
		size_t count;
		enum nvtx_op_kind kind;
	} cases[] = {
		{"x, sizes = ", "[", "", 1000000, NVTX_OP_MALFORMED},
		{"x, sizes = [", "[1], ", "[1]]", 1000000, NVTX_OP_MALFORMED},
		{"x, sizes = [[", "1", "]]", 1000000, NVTX_OP_MALFORMED},
		{"x, sizes = [[1]], inputs = [", "a", "]", 10000, NVTX_OP_MALFORMED},
		{"x, sizes = [", "[1], ", "[1]]", 31, NVTX_OP_SIZED},
		{"x, sizes = [", "[1], ", "[1]]", 32, NVTX_OP_MALFORMED},
		{"aten::cat, sizes = [", "[1, 2], ", "[]]", 63, NVTX_OP_SIZED},
		{"aten::cat, sizes = [", "[1, 2], ", "[]]", 64, NVTX_OP_MALFORMED},
		{"aten::", "m", "", 1000000, NVTX_OP_NONE},
		{"", ",", "", 1000000, NVTX_OP_NONE},
		{"", ", seq", "", 1000000, NVTX_OP_NONE},
		{"x, sizes = [[4]], input_op_ids = [", "(1,0), ", "]", 100000, NVTX_OP_SIZED},
	};
	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		size_t length;
		char *text = repeated(cases[i].head, cases[i].part, cases[i].count, cases[i].tail,
				      &length);
		if (nvtx_op_parse(text, length, &op) != cases[i].kind)
			fail_msg("case %zu", i);
		assert_true(op.shape_length < NVTX_OP_SHAPE);
		free(text);
	}
}

/* Changed, cut and joined texts of above: no crash, and whatever is sized is a shape. */
static void damaged_texts_never_crash(void **state)
{
	uint64_t random = UINT64_C(0x9e3779b97f4a7c15);
	static const char bytes[] = "[], =\"\\()-019a:\x01\xff";
	size_t sized = 0, malformed = 0;
	(void)state;
	for (size_t round = 0; round < 200000; round++) {
		char *text;
		const char *from = goods[round % (sizeof(goods) / sizeof(goods[0]))].text;
		size_t length = strlen(from);
		/* exactly as long as it is, so that a sanitizer sees a read past it */
		text = malloc(length > 0 ? length : 1);
		assert_non_null(text);
		memcpy(text, from, length);
		random ^= random << 13;
		random ^= random >> 7;
		random ^= random << 17;
		for (unsigned change = 0; change < 1 + (random >> 60 & 3); change++) {
			uint64_t what = random >> (change * 12);
			text[(what >> 4) % length] = bytes[what % (sizeof(bytes) - 1)];
		}
		if (random >> 56 & 1)
			length = (random >> 20) % (length + 1);
		enum nvtx_op_kind kind = nvtx_op_parse(text, length, &op);
		struct work_shape shape;
		if (kind == NVTX_OP_SIZED)
			assert_true(work_shape_parse(op.shape, op.shape_length, &shape));
		sized += kind == NVTX_OP_SIZED;
		malformed += kind == NVTX_OP_MALFORMED;
		free(text);
	}
	assert_true(sized > 1000 && malformed > 1000);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(texts_become_shapes),
		cmocka_unit_test(types_and_scalars_arrive_in_the_rules_operands),
		cmocka_unit_test(ops_without_sizes_have_a_name),
		cmocka_unit_test(other_ranges_are_none),
		cmocka_unit_test(hostile_fields_are_malformed),
		cmocka_unit_test(long_texts_are_bounded),
		cmocka_unit_test(damaged_texts_never_crash),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
