/*
 * EAGLE's draft heads: one layer behind a product of two inputs, the target's own projection read by
 * every draft and held once; trees widen it; of a mixture none is derived.
 */
#include "tests/unit/transform_fixture.h"

#define MODEL "model=llama-2-7b", "context=512", "runtime=fused-ideal"
#define HEAD "draft.kind=eagle", "draft.acceptance=0.7"

static const double layer = 4 * 4096.0 * 4096 + 3 * 4096.0 * 11008, fuse = 2 * 4096.0 * 4096;
static const double projection = 32000.0 * 4096;

static void a_head_reads_a_layer_and_the_projection(void **state)
{
	struct lowered low; /* its first forward is the draft */
	(void)state;
	LOWER(&low, MODEL, HEAD, "draft.k=4");
	assert_near(low.weights, 2 * (layer + fuse + projection), 1e-3);
	assert_near(low.kv_read, 513 * 2 * 4096 * 2.0, 1e-9);
	lowered_close(&low);
}

static void it_holds_no_projection_of_its_own(void **state)
{
	struct lowered plain, with;
	(void)state;
	LOWER(&plain, MODEL);
	LOWER(&with, MODEL, HEAD, "draft.k=4");
	double more = with.capacity.weight_bytes - plain.capacity.weight_bytes;
	assert_near(more, 2 * (layer + fuse), 1e-3);
	assert_true(with.capacity.kv_bytes > plain.capacity.kv_bytes * 33 / 32 * 0.999);
	lowered_close(&plain);
	lowered_close(&with);
}

static void iterate(const char *const *sets, struct workload_iteration *iteration)
{
	struct lowered low;
	struct sim_diag diag = {0};
	if (lowered_try(&low, sets, &diag) != SIM_OK ||
	    workload_iterate(&low.workload, 512, iteration, &diag) != SIM_OK)
		fail_msg("%s", diag.text);
	lowered_close(&low);
}

static void trees_are_as_wide_as_they_are_told(void **state)
{
	struct workload_iteration chain, tree;
	(void)state;
	iterate((const char *const[]){MODEL, HEAD, "draft.k=4", NULL}, &chain);
	iterate((const char *const[]){MODEL, HEAD, "draft.k=5", "draft.nodes=25", "draft.width=8",
				      NULL},
		&tree);
	assert_int_equal(chain.forward_count, 2);
	assert_true(chain.forwards[0].count == 4 && chain.forwards[0].width <= 1);
	assert_true(chain.forwards[1].width == 5 && chain.forwards[1].verify);
	assert_int_equal(tree.forward_count, 3);
	assert_true(tree.forwards[0].count == 1 && tree.forwards[1].count == 4);
	assert_true(tree.forwards[1].width == 8 && tree.forwards[2].width == 26);
	assert_true(tree.tokens > chain.tokens);
}

/* A trimmed vocabulary is read in place of the whole one (VocabTrim). */
static void its_vocabulary_can_be_trimmed(void **state)
{
	struct lowered whole, trimmed;
	(void)state;
	LOWER(&whole, MODEL, HEAD, "draft.k=4");
	LOWER(&trimmed, MODEL, HEAD, "draft.k=4", "draft.vocabulary=8000");
	assert_near(whole.weights - trimmed.weights, 2 * 24000.0 * 4096, 1e-9);
	lowered_close(&whole);
	lowered_close(&trimmed);
}

static void refuse(const char *const *sets, const char *text)
{
	struct lowered low;
	struct sim_diag diag = {0};
	if (lowered_try(&low, sets, &diag) == SIM_OK)
		fail_msg("not refused: %s", text);
	if (strstr(diag.text, text) == NULL)
		fail_msg("%s", diag.text);
	lowered_close(&low);
}

static void what_has_no_head_is_refused(void **state)
{
	(void)state;
	refuse((const char *const[]){"model=mixtral-8x7b", HEAD, "draft.k=4", NULL},
	       "no head is derived of 'mixtral-8x7b'");
	refuse((const char *const[]){"model=mamba-2-370m", "runtime=vllm", HEAD, "draft.k=4", NULL},
	       "its mixer is not attention heads");
	refuse((const char *const[]){"model=llama-3.2-1b", "runtime=megakernel", HEAD, "draft.k=4",
				     NULL},
	       "knows no draft head");
	refuse((const char *const[]){"model=llama-3.2-1b", HEAD, "draft.k=4",
				     "draft.model=llama-3.2-1b", NULL},
	       "'draft.model' goes with");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_head_reads_a_layer_and_the_projection),
		cmocka_unit_test(it_holds_no_projection_of_its_own),
		cmocka_unit_test(trees_are_as_wide_as_they_are_told),
		cmocka_unit_test(its_vocabulary_can_be_trimmed),
		cmocka_unit_test(what_has_no_head_is_refused),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
