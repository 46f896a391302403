/* Arena: zeroed, aligned, disjoint, counted; sizes that cannot be are refused. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "sim/core/arena.h"
#include "tests/unit/engine_fixture.h"

static void memory_is_zeroed_aligned_and_disjoint(void **state)
{
	enum { COUNT = 2000 };
	static unsigned char *memory[COUNT];
	static size_t sizes[COUNT];
	struct lcg lcg = {21};
	struct arena arena;
	size_t total = 0;
	(void)state;
	arena_init(&arena);
	for (int i = 0; i < COUNT; i++) {
		sizes[i] = lcg_below(&lcg, i % 100 == 0 ? 100000 : 200);
		memory[i] = arena_alloc(&arena, sizes[i]);
		assert_non_null(memory[i]);
		assert_int_equal((uintptr_t)memory[i] % 16, 0);
		for (size_t b = 0; b < sizes[i]; b++)
			assert_int_equal(memory[i][b], 0);
		memset(memory[i], i % 255 + 1, sizes[i]);
		total += sizes[i];
	}
	for (int i = 0; i < COUNT; i++)
		for (size_t b = 0; b < sizes[i]; b++)
			assert_int_equal(memory[i][b], i % 255 + 1);
	assert_true(arena.used_bytes >= total && arena.used_bytes <= total + 16 * COUNT);
	assert_true(arena.reserved_bytes >= arena.used_bytes);
	arena_fini(&arena);
	assert_int_equal(arena.used_bytes, 0);
	assert_int_equal(arena.reserved_bytes, 0);
	assert_null(arena.head);
}

static void nothing_still_has_an_address(void **state)
{
	struct arena arena;
	(void)state;
	arena_init(&arena);
	assert_non_null(arena_alloc(&arena, 0));
	arena_fini(&arena);
	arena_fini(&arena);
	assert_non_null(arena_alloc(&arena, 1));
	arena_fini(&arena);
}

/* A chunk of its own for what is larger than the largest; what follows still fits. */
static void large_pieces_fit(void **state)
{
	struct arena arena;
	(void)state;
	arena_init(&arena);
	unsigned char *small = arena_alloc(&arena, 100);
	unsigned char *large = arena_alloc(&arena, 5 << 20);
	unsigned char *after = arena_alloc(&arena, 100);
	assert_true(small != NULL && large != NULL && after != NULL);
	large[0] = large[(5 << 20) - 1] = 1;
	assert_int_equal(small[99] + after[0], 0);
	size_t reserved = arena.reserved_bytes;
	for (int i = 0; i < 100; i++)
		assert_non_null(arena_alloc(&arena, 1000));
	assert_true(arena.reserved_bytes < reserved + (2 << 20));
	arena_fini(&arena);
}

/* Large pieces one after another waste no chunk that still has room. */
static void room_is_used_up(void **state)
{
	struct arena arena;
	(void)state;
	arena_init(&arena);
	for (int i = 0; i < 20000; i++)
		assert_non_null(arena_alloc(&arena, i % 500 == 0 ? 2 << 20 : 64));
	assert_true(arena.reserved_bytes < arena.used_bytes + arena.used_bytes / 8);
	arena_fini(&arena);
}

static void impossible_sizes_are_refused(void **state)
{
	struct arena arena;
	(void)state;
	arena_init(&arena);
	assert_null(arena_alloc(&arena, SIZE_MAX));
	assert_null(arena_alloc(&arena, SIZE_MAX - 15));
	assert_null(arena_alloc(&arena, SIZE_MAX - 64));
	assert_null(arena_copy_text(&arena, "", SIZE_MAX));
	assert_int_equal(arena.used_bytes, 0);
	assert_non_null(arena_alloc(&arena, 8));
	arena_fini(&arena);
}

static void texts_are_copied_and_ended(void **state)
{
	struct arena arena;
	char source[] = "abc\0def";
	(void)state;
	arena_init(&arena);
	char *copy = arena_copy_text(&arena, source, 7);
	assert_memory_equal(copy, "abc\0def", 8);
	source[0] = 'x';
	assert_string_equal(copy, "abc");
	assert_string_equal(arena_copy_text(&arena, source, 0), "");
	arena_fini(&arena);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(memory_is_zeroed_aligned_and_disjoint),
		cmocka_unit_test(nothing_still_has_an_address),
		cmocka_unit_test(large_pieces_fit),
		cmocka_unit_test(room_is_used_up),
		cmocka_unit_test(impossible_sizes_are_refused),
		cmocka_unit_test(texts_are_copied_and_ended),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
