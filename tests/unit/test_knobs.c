/* Every knob of a transform does something where it is in use; those that cannot are named. */
#include "tests/unit/transform_fixture.h"

#include "workloads/knobs.h"

static void check(struct knob_report *report, const char *const *sets)
{
	struct lowered low;
	struct sim_diag diag = {0};
	lowered_open(&low, sets);
	assert_int_equal(knobs_check(&low.workload, 1000, report, &diag), SIM_OK);
	lowered_close(&low);
}

#define CHECK(report, ...)                                                                         \
	check(report,                                                                              \
	      (const char *const[]){"model=llama-3.2-1b", "runtime=hf-static", __VA_ARGS__, NULL})

static void assert_all(const struct knob_report *report)
{
	for (size_t i = 0; i < report->count; i++)
		print_error("no effect: %s\n", report->without_effect[i]);
	assert_int_equal(report->count, 0);
	assert_true(report->turned > 0);
}

static void weights_turn(void **state)
{
	(void)state;
	struct knob_report report;
	CHECK(&report, "weights.bits=4", "weights.group=128", "weights.scale_bits=16",
	      "weights.zero_bits=4", "weights.kernel=marlin", "weights.qkv_bits=8",
	      "weights.output_bits=6", "weights.up_bits=5", "weights.head_bits=8",
	      "weights.keep=0.5", "weights.index_bits=2", "weights.bitmap_bits=1",
	      "weights.flops_keep=0.5", "weights.unpack=2", "weights.act_bits=8",
	      "weights.act_format=float", "weights.act_kernel=separate");
	assert_all(&report);
}

static void the_cache_turns(void **state)
{
	(void)state;
	struct knob_report report;
	CHECK(&report, "kv.bits=4", "kv.group=64", "kv.scale_bits=16", "kv.zero_bits=16",
	      "kv.residual_bits=1", "kv.rank=2", "kv.outliers=0.02", "kv.outlier_index=16",
	      "kv.keep=0.5", "kv.index_bits=1", "kv.bitmap_bits=1", "kv.padding_bits=1",
	      "kv.recent=64", "kv.kernel=packed", "kv.compress=10", "kv.compress_kernel=separate");
	assert_all(&report);
}

static void attention_turns(void **state)
{
	(void)state;
	struct knob_report report;
	CHECK(&report, "attention.window=128", "attention.sink=4", "attention.middle_ratio=8",
	      "attention.selected=200", "attention.select_elements=2", "attention.recompute=0.5",
	      "attention.checkpoint=512", "attention.gate_elements=4096");
	assert_all(&report);
	CHECK(&report, "attention.budget=128");
	assert_all(&report);
	CHECK(&report, "attention.state_bytes=1 MB", "attention.state_flops=1000");
	assert_all(&report);
}

static void the_others_turn(void **state)
{
	(void)state;
	struct knob_report report;
	CHECK(&report, "factor.kind=blast", "factor.rank=256", "factor.attention_rank=128",
	      "factor.blocks=4", "factor.fused=yes", "factor.roles=mlp");
	/* ranks of the attention do nothing where only the MLP is factored */
	assert_int_equal(report.count, 1);
	assert_string_equal(report.without_effect[0], "factor.attention_rank");
	CHECK(&report, "fuse.rules=norm+qkv, residual+norm");
	assert_all(&report);
	CHECK(&report, "tiers.weights=0.5", "tiers.kv=0.5", "tiers.bandwidth=7 GB/s",
	      "tiers.latency=100 us", "tiers.prefetch=2", "tiers.capacity=1 TB",
	      "tiers.endurance=3000", "tiers.amplification=2", "tiers.price=100 USD",
	      "tiers.lifetime=1e8 s");
	assert_all(&report);
}

static void what_does_nothing_is_named(void **state)
{
	(void)state;
	struct knob_report report;
	CHECK(&report, "weights.bits=4", "weights.zero_bits=4", "kv.scale_bits=8",
	      "attention.budget=100000", "weights.expert_bits=3");
	assert_int_equal(report.turned, 5);
	assert_int_equal(report.count, 3);
	assert_string_equal(report.without_effect[0], "weights.zero_bits");
	assert_string_equal(report.without_effect[1], "weights.expert_bits");
	assert_string_equal(report.without_effect[2], "kv.scale_bits");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(weights_turn),
		cmocka_unit_test(the_cache_turns),
		cmocka_unit_test(attention_turns),
		cmocka_unit_test(the_others_turn),
		cmocka_unit_test(what_does_nothing_is_named),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
