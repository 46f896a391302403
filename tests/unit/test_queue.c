/* Event queue: total order by (time, order of pushing), against sorting. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include <cmocka.h>

#include "sim/core/queue.h"
#include "tests/unit/engine_fixture.h"

static void ties_leave_in_order_of_pushing(void **state)
{
	struct queue queue;
	(void)state;
	queue_init(&queue);
	for (uint32_t i = 0; i < 100; i++)
		assert_int_equal(queue_push(&queue, i % 2 ? 7 : 5, 99 - i), SIM_OK);
	for (uint32_t i = 0; i < 100; i++) {
		struct event event = queue_pop(&queue);
		uint32_t pushed = i < 50 ? 2 * i : 2 * (i - 50) + 1;
		assert_int_equal(event.time_ps, i < 50 ? 5 : 7);
		assert_int_equal(event_payload(&event), 99 - pushed);
	}
	assert_int_equal(queue_count(&queue), 0);
	queue_fini(&queue);
}

struct pushed {
	int64_t time_ps;
	uint32_t number;
};

static int compare(const void *a, const void *b)
{
	const struct pushed *one = a, *two = b;
	if (one->time_ps != two->time_ps)
		return one->time_ps < two->time_ps ? -1 : 1;
	return one->number < two->number ? -1 : 1;
}

static void random_pushes_come_out_sorted(void **state)
{
	enum { COUNT = 5000 };
	static struct pushed all[COUNT];
	struct lcg lcg = {42};
	struct queue queue;
	(void)state;
	queue_init(&queue);
	for (uint32_t i = 0; i < COUNT; i++) {
		all[i] = (struct pushed){(int64_t)lcg_below(&lcg, 300) - 100, i};
		assert_int_equal(queue_push(&queue, all[i].time_ps, i), SIM_OK);
	}
	qsort(all, COUNT, sizeof(all[0]), compare);
	for (uint32_t i = 0; i < COUNT; i++) {
		struct event event = queue_pop(&queue);
		assert_int_equal(event.time_ps, all[i].time_ps);
		assert_int_equal(event_payload(&event), all[i].number);
	}
	queue_fini(&queue);
}

/* Pops between pushes: never an event before one that left, and none is lost. */
static void interleaved_pops_keep_the_order(void **state)
{
	struct lcg lcg = {7};
	struct queue queue;
	uint64_t pushed = 0, popped = 0, payloads = 0;
	int64_t now_ps = 0;
	(void)state;
	queue_init(&queue);
	for (int i = 0; i < 20000; i++) {
		if (queue_count(&queue) == 0 || lcg_below(&lcg, 2)) {
			uint32_t payload = lcg_below(&lcg, 1000);
			assert_int_equal(queue_push(&queue, now_ps + lcg_below(&lcg, 50), payload),
					 SIM_OK);
			payloads += payload;
			pushed++;
			continue;
		}
		struct event event = queue_pop(&queue);
		assert_true(event.time_ps >= now_ps);
		now_ps = event.time_ps;
		payloads -= event_payload(&event);
		popped++;
	}
	assert_int_equal(pushed - popped, queue_count(&queue));
	while (queue_count(&queue) > 0) {
		struct event event = queue_pop(&queue);
		payloads -= event_payload(&event);
	}
	assert_int_equal(payloads, 0);
	queue_fini(&queue);
}

/* Sequence numbers that run out are dealt anew without changing the order. */
static void sequence_is_renumbered(void **state)
{
	struct queue queue;
	(void)state;
	queue_init(&queue);
	queue.sequence = (UINT64_C(1) << 40) - 3;
	for (uint32_t i = 0; i < 10; i++)
		assert_int_equal(queue_push(&queue, 1, i), SIM_OK);
	assert_true(queue.sequence < 100);
	for (uint32_t i = 0; i < 10; i++) {
		struct event event = queue_pop(&queue);
		assert_int_equal(event_payload(&event), i);
	}
	queue_fini(&queue);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(ties_leave_in_order_of_pushing),
		cmocka_unit_test(random_pushes_come_out_sorted),
		cmocka_unit_test(interleaved_pops_keep_the_order),
		cmocka_unit_test(sequence_is_renumbered),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
