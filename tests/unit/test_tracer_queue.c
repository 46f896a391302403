/* What the queue takes: buffers up to their bounds, and all again once they were taken from it. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include <cmocka.h>

#include "traces/tracer/queue.h"

enum { FULL = QUEUE_MOST_BYTES / LEND_BUFFER_BYTES };

static struct lent_buffer buffers[QUEUE_MOST_BUFFERS + 1];

/* Buffers of VALID bytes each until there is no room. */
static size_t push_until_full(size_t valid)
{
	size_t count = 0;
	while (count <= QUEUE_MOST_BUFFERS) {
		buffers[count] = (struct lent_buffer){.valid = valid};
		if (!queue_push_buffer(&buffers[count]))
			return count;
		count++;
	}
	return count;
}

static size_t take(void)
{
	struct queue_work work = {0};
	size_t count = 0;
	queue_take(&work);
	for (struct lent_buffer *at = work.buffers; at != NULL; at = at->next)
		assert_ptr_equal(at, &buffers[count++]);
	free(work.notes);
	return count;
}

static void records_are_bounded_by_their_bytes(void **state)
{
	(void)state;
	for (int i = 0; i < 3; i++) {
		assert_int_equal(push_until_full(LEND_BUFFER_BYTES), FULL);
		buffers[FULL] = (struct lent_buffer){.valid = 1};
		assert_false(queue_push_buffer(&buffers[FULL]));
		assert_int_equal(take(), FULL);
	}
}

/* A byte less in one, and a buffer with one has its place. */
static void the_bound_is_exact(void **state)
{
	(void)state;
	for (size_t i = 0; i < FULL; i++) {
		buffers[i] = (struct lent_buffer){.valid = LEND_BUFFER_BYTES - (i == 0)};
		assert_true(queue_push_buffer(&buffers[i]));
	}
	buffers[FULL] = (struct lent_buffer){.valid = 2};
	assert_false(queue_push_buffer(&buffers[FULL]));
	buffers[FULL].valid = 1;
	assert_true(queue_push_buffer(&buffers[FULL]));
	assert_int_equal(take(), FULL + 1);
}

/* As each thread's at each flush: many times more of them than of full ones. */
static void small_buffers_are_bounded_by_their_number(void **state)
{
	(void)state;
	for (int i = 0; i < 3; i++) {
		assert_int_equal(push_until_full(48), QUEUE_MOST_BUFFERS);
		assert_int_equal(take(), QUEUE_MOST_BUFFERS);
	}
	assert_true(QUEUE_MOST_BUFFERS >= 8 * FULL);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(records_are_bounded_by_their_bytes),
		cmocka_unit_test(the_bound_is_exact),
		cmocka_unit_test(small_buffers_are_bounded_by_their_number),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
