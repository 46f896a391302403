/*
 * Blocks, distinct experts, overhead: neutral values are plain decode bit for bit, what each adds is
 * what the equation at its head says, and what cannot be is refused.
 */
#include "tests/unit/transform_fixture.h"

#define DENSE "model=llama-3.2-1b", "context=1000", "slots=1024"
#define EXPERTS "model=qwen3-30b-a3b", "runtime=fused-ideal"

static void iterate(const struct lowered *low, struct workload_iteration *iteration)
{
	struct sim_diag diag = {0};
	if (workload_iterate(&low->workload, 1000, iteration, &diag) != SIM_OK)
		fail_msg("%s", diag.text);
}

static void neutral_is_plain(void **state)
{
	(void)state;
	struct workload_iteration one, other;
	struct lowered plain, block, over, wide, five;
	LOWER(&plain, DENSE);
	LOWER(&block, DENSE, "block.size=1", "block.tokens=1", "block.steps=1");
	LOWER(&over, DENSE, "overhead.forward=0", "overhead.block=1 s");
	LOWER(&wide, DENSE, "width=5");
	LOWER(&five, DENSE, "block.size=5");
	assert_true(lowered_equal(&plain, &block));
	assert_true(lowered_equal(&plain, &over));
	assert_true(lowered_equal(&wide, &five));
	iterate(&plain, &one);
	iterate(&block, &other);
	assert_memory_equal(&one, &other, sizeof(one));
	iterate(&five, &other);
	assert_true(other.tokens == 5 && other.kv_tokens == 5);
	lowered_close(&plain);
	lowered_close(&block);
	lowered_close(&over);
	lowered_close(&wide);
	lowered_close(&five);
}

static void a_block_takes_steps(void **state)
{
	(void)state;
	struct workload_iteration plan;
	struct lowered low;
	LOWER(&low, DENSE, "block.size=32", "block.tokens=1.5", "block.steps=8",
	      "block.frozen=0.25");
	iterate(&low, &plan);
	assert_int_equal(plan.forward_count, 1);
	assert_int_equal(plan.forwards[0].count, 8);
	assert_true(plan.forwards[0].width == 32 && plan.forwards[0].advance == 0);
	assert_true(plan.tokens == 16 && plan.kv_tokens == 32);
	lowered_close(&low);
}

static void experts_read_are_as_told(void **state)
{
	(void)state;
	struct lowered uniform, share, full, half, list;
	LOWER(&uniform, EXPERTS, "block.size=32");
	LOWER(&share, EXPERTS, "block.size=32", "moe.unique_share=1");
	LOWER(&full, EXPERTS, "block.size=32", "moe.unique=80");
	LOWER(&half, EXPERTS, "block.size=32", "moe.unique=40");
	LOWER(&list, EXPERTS, "block.size=32", "moe.unique=[30, 50, 40]");
	assert_true(lowered_equal(&uniform, &share));
	assert_true(lowered_equal(&half, &list));
	/* 48 layers, three matrices of 2048 x 768 in bf16 */
	assert_near(full.weights - half.weights, 48 * 40 * 3 * 2048.0 * 768 * 2, 1e-12);
	assert_true(full.flops == half.flops && full.weights < uniform.weights);
	lowered_close(&uniform);
	lowered_close(&share);
	lowered_close(&full);
	lowered_close(&half);
	lowered_close(&list);
}

static void overhead_stands_at_the_head(void **state)
{
	(void)state;
	struct lowered plain, graph, eager, fast, wide;
	LOWER(&plain, DENSE);
	LOWER(&graph, DENSE, "overhead.forward=2 ms");
	LOWER(&eager, DENSE, "overhead.forward=2 ms", "launch=eager");
	LOWER(&fast, DENSE, "overhead.forward=2 ms", "host_speed=2");
	LOWER(&wide, DENSE, "overhead.forward=2 ms", "overhead.block=1 ms", "block.size=2");
	assert_int_equal(graph.count, plain.count + 1);
	assert_true(graph.floor == plain.floor && graph.flops == plain.flops);
	assert_true(graph.kernels[0].flags & SIM_KERNEL_OPAQUE);
	assert_int_equal(graph.kernels[0].recorded_ps, 2000000000);
	assert_int_equal(graph.kernels[0].host_ns, 0);
	assert_int_equal(eager.kernels[0].recorded_ps, 0);
	assert_int_equal(eager.kernels[0].host_ns, 2000000);
	assert_int_equal(fast.kernels[0].recorded_ps, 1000000000);
	assert_int_equal(wide.kernels[0].recorded_ps, 3000000000);
	lowered_close(&plain);
	lowered_close(&graph);
	lowered_close(&eager);
	lowered_close(&fast);
	lowered_close(&wide);
}

static void refuse(const char *const *sets, const char *message)
{
	struct sim_diag diag = {0};
	struct lowered low;
	if (lowered_try(&low, sets, &diag) == SIM_OK)
		fail_msg("taken: %s", message);
	if (strstr(diag.text, message) == NULL)
		fail_msg("'%s' is not in: %s", message, diag.text);
	lowered_close(&low);
}

#define REFUSE(message, ...) refuse((const char *const[]){__VA_ARGS__, NULL}, message)

static void what_cannot_be_is_refused(void **state)
{
	(void)state;
	REFUSE("no effect", DENSE, "block.tokens=2");
	REFUSE("no effect", DENSE, "block.size=4", "block.frozen=0.5");
	REFUSE("cannot leave", DENSE, "block.size=4", "block.tokens=5");
	REFUSE("cannot leave", DENSE, "block.size=4", "block.tokens=1.1", "block.steps=4");
	REFUSE("not a whole", DENSE, "block.size=4", "block.tokens=1", "block.steps=1.5");
	REFUSE("exclude", DENSE, "block.size=4", "width=2");
	REFUSE("exclude", DENSE, "block.size=4", "draft.kind=ngram", "draft.k=2", "draft.tau=2");
	REFUSE("no experts", DENSE, "moe.unique=8");
	REFUSE("distinct experts", EXPERTS, "moe.unique=9");
	REFUSE("distinct experts", EXPERTS, "moe.unique=7");
	REFUSE("distinct experts", EXPERTS, "batch=64", "moe.unique=129");
	REFUSE("distinct experts", EXPERTS, "batch=2", "moe.unique_share=0.5");
	REFUSE("exclude", EXPERTS, "moe.unique=8", "moe.unique_share=1");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(neutral_is_plain),
		cmocka_unit_test(a_block_takes_steps),
		cmocka_unit_test(experts_read_are_as_told),
		cmocka_unit_test(overhead_stands_at_the_head),
		cmocka_unit_test(what_cannot_be_is_refused),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
