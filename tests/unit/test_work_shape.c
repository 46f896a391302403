/* Canonical shape text: what is read, what is refused, and that no damage to it does harm. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "traces/work_shape.h"

static const char cat_text[] = "[[[1,8,2098,128],[1,8,1,128]],[]]|[\"TensorList\",\"Scalar\"]|"
			       "[[[2148352,268544,128,1],[1024,128,1024,1]],[]]|[\"\",\"-2\"]";

static bool parse(const char *text, struct work_shape *shape)
{
	return work_shape_parse(text, strlen(text), shape);
}

static void operands_are_read(void **state)
{
	struct work_shape shape;
	int64_t value;
	(void)state;
	assert_true(parse("[[1,2048],[2048,512],[]]|[\"c10::BFloat16\",\"float\",\"Scalar\"]|"
			  "[[2048,1],[1,2048],[]]|[\"\",\"\",\"-7\"]",
			  &shape));
	assert_int_equal(shape.arg_count, 3);
	const struct work_tensor *a = work_shape_tensor(&shape, 0);
	const struct work_tensor *b = work_shape_tensor(&shape, 1);
	assert_non_null(a);
	assert_non_null(b);
	assert_int_equal(a->dtype, SIM_DTYPE_BF16);
	assert_int_equal(b->dtype, SIM_DTYPE_F32);
	assert_int_equal(b->elements, 2048 * 512);
	assert_null(work_shape_tensor(&shape, 2));
	assert_null(work_shape_tensor(&shape, 3));
	assert_true(work_shape_integer(&shape, 2, &value));
	assert_int_equal(value, -7);
	assert_false(work_shape_integer(&shape, 0, &value));
	/* dims alone: nothing says what the scalar is */
	assert_true(parse("[[]]", &shape));
	assert_false(work_shape_integer(&shape, 0, &value));
}

static void lists_keep_their_tensors(void **state)
{
	struct work_shape shape;
	(void)state;
	assert_true(parse(cat_text, &shape));
	assert_int_equal(shape.arg_count, 2);
	assert_true(shape.args[0].is_list);
	assert_int_equal(shape.args[0].count, 2);
	assert_int_equal(shape.tensors[1].dims[2], 1);
	assert_null(work_shape_tensor(&shape, 0));
}

static void expanded_dimensions_count_once(void **state)
{
	struct work_shape shape;
	(void)state;
	assert_true(
		parse("[[1,8,4,2176,64]]|[\"c10::BFloat16\"]|[[1114112,139264,0,64,1]]|", &shape));
	assert_int_equal(shape.tensors[0].elements, 8 * 4 * 2176 * 64);
	assert_int_equal(shape.tensors[0].unique, 8 * 2176 * 64);
}

static void missing_parts_are_empty(void **state)
{
	static const char *const texts[] = {"[[2,3]]", "[[2,3]]|||", "[[2,3]]|[\"float\"]||",
					    "[]|[]|[]|[]", " [ [ 2 , 3 ] ] | [ \"float\" ] | | "};
	struct work_shape shape;
	(void)state;
	for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++)
		assert_true(parse(texts[i], &shape));
	assert_true(parse(texts[4], &shape));
	assert_int_equal(shape.tensors[0].elements, 6);
}

static void bars_and_quotes_inside_strings_do_not_count(void **state)
{
	struct work_shape shape;
	(void)state;
	assert_true(parse("[[2],[]]|[\"float\",\"a|b\"]|[[1],[]]|[\"\",\"x\\\"|]\"]", &shape));
	assert_int_equal(shape.args[1].type.length, 3);
	assert_int_equal(shape.args[1].concrete.length, 5);
}

static void nonsense_is_refused(void **state)
{
	static const char *const texts[] = {
		"",
		"null",
		"{}",
		"[[-1,4]]|[\"float\"]||",
		"[[1.5]]",
		"[[99999999999999999999999]]",
		"[[4294967296,4294967296]]",
		"[[[[1]]]]",
		"[[1,2,3,4,5,6,7,8,9]]",
		"[[1,2]",
		"[[1,2]]x",
		"[[1,2]]|[\"float]||",
		"[[1,2]]|||[\"\"]|more",
		"[[\"s0\",2]]",
	};
	struct work_shape shape;
	(void)state;
	for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++)
		if (parse(texts[i], &shape))
			fail_msg("accepted: %s", texts[i]);
}

static void more_than_fits_is_refused(void **state)
{
	char text[4096];
	struct work_shape shape;
	(void)state;
	strcpy(text, "[[");
	for (unsigned i = 0; i < WORK_MAX_TENSORS + 1; i++)
		strcat(text, i == 0 ? "[1]" : ",[1]");
	strcat(text, "]]");
	assert_false(parse(text, &shape));
	strcpy(text, "[");
	for (unsigned i = 0; i < WORK_MAX_ARGS + 1; i++)
		strcat(text, i == 0 ? "[1]" : ",[1]");
	strcat(text, "]");
	assert_false(parse(text, &shape));
}

/* Every truncation and every single changed byte, on exact-size memory for the sanitizer. */
static void damage_does_no_harm(void **state)
{
	static const char bytes[] = "[]\"|,-09\\ x";
	size_t length = strlen(cat_text);
	struct work_shape shape;
	unsigned accepted = 0;
	(void)state;
	for (size_t cut = 0; cut <= length; cut++) {
		char *copy = malloc(cut + 1);
		assert_non_null(copy);
		memcpy(copy, cat_text, cut);
		accepted += work_shape_parse(copy, cut, &shape);
		for (size_t b = 0; b < sizeof(bytes) && cut > 0; b++) {
			memcpy(copy, cat_text, cut);
			copy[cut - 1] = bytes[b];
			accepted += work_shape_parse(copy, cut, &shape);
			assert_true(shape.tensor_count <= WORK_MAX_TENSORS);
		}
		free(copy);
	}
	assert_true(accepted > 0 && accepted < length * sizeof(bytes));
}

static void arithmetic_saturates(void **state)
{
	(void)state;
	assert_int_equal(work_mul(UINT64_MAX, 2), WORK_LIMIT);
	assert_int_equal(work_mul(UINT64_C(1) << 40, UINT64_C(1) << 40), WORK_LIMIT);
	assert_int_equal(work_add(UINT64_MAX, 1), WORK_LIMIT);
	assert_int_equal(work_add(WORK_LIMIT, WORK_LIMIT), WORK_LIMIT);
	assert_int_equal(work_mul(3, 5), 15);
	assert_int_equal(work_bytes(3, SIM_DTYPE_INT4), 2);
	assert_int_equal(work_bytes(WORK_LIMIT, SIM_DTYPE_F32), WORK_LIMIT);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(operands_are_read),
		cmocka_unit_test(lists_keep_their_tensors),
		cmocka_unit_test(expanded_dimensions_count_once),
		cmocka_unit_test(missing_parts_are_empty),
		cmocka_unit_test(bars_and_quotes_inside_strings_do_not_count),
		cmocka_unit_test(nonsense_is_refused),
		cmocka_unit_test(more_than_fits_is_refused),
		cmocka_unit_test(damage_does_no_harm),
		cmocka_unit_test(arithmetic_saturates),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
