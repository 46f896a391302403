/*
 * Transforms of one forward: bytes in proportion to bits, off and neutral values change nothing bit
 * for bit, monotone, and never more than the equation at the head of each says.
 */
#include "tests/unit/transform_fixture.h"

#include "workloads/transform_tiers.h"

#define MODEL "model=llama-3.2-1b", "context=1000", "slots=1024"
#define IDEAL MODEL, "runtime=fused-ideal"

/* Every key at a value that is the same as not to have the mechanism. */
static void neutral_values_change_nothing(void **state)
{
	(void)state;
	static const char *const neutral[] = {
		"weights.bits=16",
		"weights.keep=1",
		"weights.act_bits=16",
		"weights.flops_keep=1",
		"weights.unpack=0",
		"weights.host=0",
		"weights.kernel=dense",
		"weights.qkv_bits=16",
		"weights.group=128",
		"kv.bits=16",
		"kv.keep=1",
		"kv.recent=128",
		"kv.kernel=dense",
		"attention.budget=100000",
		"attention.window=100000",
		"attention.selected=9999999",
		"attention.recompute=0",
		"attention.gate_elements=0",
		"attention.sink=4",
		"factor.kind=none",
		"factor.blocks=4",
		"tiers.weights=0",
		"tiers.prefetch=3",
		"tiers.expert_hit=0.5",
		"fuse.rules=mask+sampling",
	};
	for (int r = 0; r < 2; r++) {
		const char *runtime = r == 0 ? "runtime=hf-static" : "runtime=fused-ideal";
		struct lowered plain, with;
		LOWER(&plain, MODEL, runtime);
		for (size_t i = 0; i < sizeof(neutral) / sizeof(neutral[0]); i++) {
			LOWER(&with, MODEL, runtime, neutral[i]);
			if (!lowered_equal(&plain, &with))
				fail_msg("%s changes the kernels of %s", neutral[i], runtime);
			if (plain.capacity.total_bytes != with.capacity.total_bytes)
				fail_msg("%s changes what is held", neutral[i]);
			lowered_close(&with);
		}
		lowered_close(&plain);
	}
}

static void bytes_go_by_bits(void **state)
{
	(void)state;
	struct lowered b16, b8, b4, group, head;
	const double matrices = 16 * (2048.0 * (2048 + 2 * 512 + 2048) + 3 * 2048.0 * 8192);
	LOWER(&b16, IDEAL);
	LOWER(&b8, IDEAL, "weights.bits=8");
	LOWER(&b4, IDEAL, "weights.bits=4.5");
	LOWER(&group, IDEAL, "weights.bits=4", "weights.group=128", "weights.zero_bits=4");
	LOWER(&head, IDEAL, "weights.head_bits=8");
	assert_near(b16.weights - b8.weights, matrices, 0);
	assert_near(b16.weights - b4.weights, matrices * 11.5 / 8, 0);
	assert_near(b16.weights - group.weights, matrices * (12 - 20.0 / 128) / 8, 1e-12);
	assert_near(b16.weights - head.weights, 2048.0 * 128256, 0);
	assert_near(b16.capacity.weight_bytes - b8.capacity.weight_bytes, matrices, 1e-12);
	assert_true(b8.flops == b16.flops && b8.act == b16.act && b8.kv_read == b16.kv_read);
	lowered_close(&b16);
	lowered_close(&b8);
	lowered_close(&b4);
	lowered_close(&group);
	lowered_close(&head);
}

static void layers_and_roles_differ(void **state)
{
	(void)state;
	struct lowered mixed, equal, role;
	LOWER(&equal, IDEAL, "weights.bits=6");
	LOWER(&mixed, IDEAL, "weights.layer_bits=[4, 8, 4, 8, 4, 8, 4, 8, 4, 8, 4, 8, 4, 8, 4, 8]");
	LOWER(&role, IDEAL, "weights.bits=6", "weights.down_bits=3");
	assert_near(mixed.weights, equal.weights, 1e-9);
	assert_near(mixed.capacity.weight_bytes, equal.capacity.weight_bytes, 1e-9);
	assert_true(mixed.kernels[1].weight_bytes * 15 < equal.kernels[1].weight_bytes * 11);
	assert_near(equal.weights - role.weights, 16 * 2048.0 * 8192 * 3 / 8, 1e-12);
	lowered_close(&mixed);
	lowered_close(&equal);
	lowered_close(&role);
}

/* Qwen3-30B-A3B: 8 of 128 experts a token, 3 matrices of 2048 x 768 each, 48 layers. */
static void experts_have_their_own_bits(void **state)
{
	(void)state;
	struct lowered full, half, each;
	static char list[128 * 4 + 32] = "weights.expert_bits=[";
	const double active = 48 * 8 * 3 * 2048.0 * 768;
	for (int i = 0; i < 128; i++)
		strcat(list, i == 127 ? "12]" : i % 2 == 0 ? "4, " : "12, ");
	LOWER(&full, "model=qwen3-30b-a3b", "runtime=hf-static");
	LOWER(&half, "model=qwen3-30b-a3b", "runtime=hf-static", "weights.expert_bits=8");
	LOWER(&each, "model=qwen3-30b-a3b", "runtime=hf-static", list);
	assert_near(full.weights - half.weights, active, 1e-9);
	assert_near(full.capacity.weight_bytes - half.capacity.weight_bytes, active * 16, 1e-9);
	assert_true(lowered_equal(&half, &each));
	assert_near(each.capacity.weight_bytes, half.capacity.weight_bytes, 1e-9);
	lowered_close(&full);
	lowered_close(&half);
	lowered_close(&each);
}

static void packed_products_are_one_kernel(void **state)
{
	(void)state;
	struct lowered dense, marlin, many, table;
	LOWER(&dense, MODEL, "runtime=hf-static");
	LOWER(&marlin, MODEL, "runtime=hf-static", "weights.bits=4", "weights.kernel=marlin");
	LOWER(&table, MODEL, "runtime=hf-static", "weights.bits=4", "weights.kernel=nf4");
	LOWER(&many, MODEL, "runtime=hf-static", "weights.bits=4", "weights.kernel=nf4", "batch=2");
	size_t reductions = 0, packed = 0, unpacked = 0, table_kernels = 0;
	for (uint64_t i = 0; i < dense.count; i++)
		reductions += dense.kernels[i].family == SIM_FAMILY_SPLITK_REDUCE ||
			      dense.kernels[i].op == SIM_OP_MEMSET;
	for (uint64_t i = 0; i < marlin.count; i++) {
		reductions -= marlin.kernels[i].family == SIM_FAMILY_SPLITK_REDUCE ||
			      marlin.kernels[i].op == SIM_OP_MEMSET;
		packed += marlin.kernels[i].family == SIM_FAMILY_GEMM_MARLIN;
	}
	assert_int_equal(packed, 16 * 7);
	assert_int_equal(dense.count - marlin.count, reductions);
	for (uint64_t i = 0; i < table.count; i++)
		table_kernels += table.kernels[i].family == SIM_FAMILY_GEMM_NF4;
	for (uint64_t i = 0; i < many.count; i++)
		unpacked += many.kernels[i].weight_bytes > 0 &&
			    many.kernels[i].op == SIM_OP_ELEMENTWISE;
	assert_int_equal(table_kernels, 16 * 7);
	assert_int_equal(unpacked, 16 * 7);
	lowered_close(&dense);
	lowered_close(&marlin);
	lowered_close(&many);
	lowered_close(&table);
}

static void activations_of_8_bits_run_at_their_rate(void **state)
{
	(void)state;
	struct lowered plain, a8;
	LOWER(&plain, IDEAL, "batch=64");
	LOWER(&a8, IDEAL, "batch=64", "weights.bits=8", "weights.act_bits=8",
	      "weights.act_kernel=separate");
	const struct lowered_kernel *up = lowered_role(&a8, WORKLOAD_ROLE_MLP_UP);
	assert_int_equal(up->kernel.dtype, SIM_DTYPE_I8);
	assert_true(up->kernel.act_read_bytes == 64 * 2048);
	assert_int_equal(a8.count - plain.count, 16 * 4);
	lowered_close(&plain);
	lowered_close(&a8);
}

static void cache_bytes_go_by_bits(void **state)
{
	(void)state;
	struct lowered plain, half, sparse, low_rank, recent;
	LOWER(&plain, IDEAL);
	LOWER(&half, IDEAL, "kv.bits=8");
	/* Mustafar: 45 % of the dense cache */
	LOWER(&sparse, IDEAL, "kv.keep=0.3", "kv.bitmap_bits=1", "kv.padding_bits=1.4");
	LOWER(&low_rank, IDEAL, "kv.bits=4", "kv.rank=4", "kv.outliers=0.02");
	LOWER(&recent, IDEAL, "kv.bits=4", "kv.recent=500");
	assert_near(half.kv_read, plain.kv_read / 2, 0);
	assert_near(half.kv_write, plain.kv_write / 2, 0);
	assert_near(half.capacity.kv_bytes, plain.capacity.kv_bytes / 2, 0);
	assert_near(sparse.kv_read, plain.kv_read * 0.45, 1e-6);
	assert_near(low_rank.kv_read, plain.kv_read * (4 + 1 + 0.64) / 16, 1e-6);
	assert_near(recent.kv_read, plain.kv_read * (500 + 501 / 4.0) / 1001, 1e-6);
	assert_true(half.weights == plain.weights && half.flops == plain.flops);
	lowered_close(&plain);
	lowered_close(&half);
	lowered_close(&sparse);
	lowered_close(&low_rank);
	lowered_close(&recent);
}

static void packed_attention_has_its_own_curve_and_kernel(void **state)
{
	(void)state;
	struct lowered fused, separate;
	LOWER(&fused, IDEAL, "kv.bits=4", "kv.compress=10", "kv.kernel=packed");
	LOWER(&separate, IDEAL, "kv.bits=4", "kv.compress=10", "kv.compress_kernel=separate");
	assert_int_equal(lowered_role(&fused, WORKLOAD_ROLE_ATTENTION)->kernel.family,
			 SIM_FAMILY_ATTN_PACKED);
	assert_int_equal(separate.count, fused.count + 16);
	assert_near(separate.flops, fused.flops, 0);
	assert_near(separate.kv_write, fused.kv_write, 0);
	assert_true(separate.act > fused.act);
	lowered_close(&fused);
	lowered_close(&separate);
}

static void budget_makes_the_step_flat_in_context(void **state)
{
	(void)state;
	struct lowered at1k, at64k, window, selected;
	LOWER(&at1k, "model=llama-3.2-1b", "runtime=fused-ideal", "context=1000",
	      "attention.budget=512");
	LOWER(&at64k, "model=llama-3.2-1b", "runtime=fused-ideal", "context=64000",
	      "attention.budget=512");
	assert_true(lowered_equal(&at1k, &at64k));
	assert_near(at1k.capacity.kv_bytes, at64k.capacity.kv_bytes, 1e-12);
	LOWER(&window, "model=llama-3.2-1b", "runtime=fused-ideal", "context=64000",
	      "attention.window=508", "attention.sink=4");
	assert_true(lowered_equal(&window, &at64k));
	LOWER(&selected, "model=llama-3.2-1b", "runtime=fused-ideal", "context=64000",
	      "attention.selected=512");
	assert_near(selected.kv_read, at64k.kv_read, 0);
	assert_true(selected.capacity.kv_bytes > 100 * at64k.capacity.kv_bytes);
	lowered_close(&at1k);
	lowered_close(&at64k);
	lowered_close(&window);
	lowered_close(&selected);
}

static void middle_is_compressed(void **state)
{
	(void)state;
	struct lowered plain, packed;
	LOWER(&plain, IDEAL);
	LOWER(&packed, IDEAL, "attention.window=100", "attention.sink=1",
	      "attention.middle_ratio=30");
	assert_near(packed.kv_read, plain.kv_read * (101 + 900 / 30.0) / 1001, 1e-6);
	lowered_close(&plain);
	lowered_close(&packed);
}

static void a_state_replaces_the_cache(void **state)
{
	(void)state;
	struct lowered near, far;
	LOWER(&near, IDEAL, "attention.state_bytes=1 MB");
	LOWER(&far, "model=llama-3.2-1b", "runtime=fused-ideal", "context=100000",
	      "attention.state_bytes=1 MB");
	assert_near(near.kv_read, 16e6, 0);
	assert_near(near.kv_write, 16e6, 0);
	assert_true(lowered_equal(&near, &far));
	assert_true(near.capacity.kv_bytes == 0 && near.capacity.state_bytes == 16e6);
	lowered_close(&near);
	lowered_close(&far);
}

/* KV-Direct: one vector of the hidden size against 2 kv_heads head_dim; K and V anew from it. */
static void recomputation_trades_bytes_for_flops(void **state)
{
	(void)state;
	struct lowered plain, again;
	LOWER(&plain, IDEAL);
	LOWER(&again, IDEAL, "attention.recompute=1", "attention.checkpoint=256");
	assert_near(again.kv_read, plain.kv_read * 256 / 1024, 1e-9);
	assert_near(again.flops - plain.flops, 16.0 * 1001 * 2 * 2048 * 1024, 1e-9);
	lowered_close(&plain);
	lowered_close(&again);
}

/* Table 2 of arXiv 2512.20861: i = o = 2048 for the output projection, r 256, b 8. */
static void factors_follow_the_published_table(void **state)
{
	(void)state;
	const double rows = 4, io = 2048, r = 256, b = 8;
	static const char *const kinds[] = {"factor.kind=lowrank", "factor.kind=monarch",
					    "factor.kind=blast"};
	const double between[] = {2 * rows * r, 4 * b * rows * r, 8 * b * rows * r};
	for (int i = 0; i < 3; i++) {
		struct lowered low;
		double flops = 0, weights = 0, act = 0, square = i == 2 ? b * b : 0;
		LOWER(&low, IDEAL, "batch=4", "factor.rank=256", "factor.blocks=8", kinds[i]);
		for (size_t k = 0; k < low.step.kernel_count; k++) {
			const struct lowered_kernel *at = &low.step.kernels[k];
			if (at->role != WORKLOAD_ROLE_OUTPUT)
				continue;
			flops += (double)at->kernel.flops;
			weights += at->weight_elements;
			act += (double)(at->kernel.act_read_bytes + at->kernel.act_write_bytes);
		}
		assert_near(flops, 2 * rows * r * (2 * io + square), 0);
		assert_near(weights, r * (2 * io + square) + io, 0); /* and the norm in it */
		assert_near(act, 2 * (2 * rows * io + between[i]), 0);
		lowered_close(&low);
	}
}

static void fusion_removes_what_is_between(void **state)
{
	(void)state;
	struct lowered apart, fused, ideal;
	LOWER(&apart, MODEL, "runtime=hf-static", "context=1000");
	LOWER(&fused, MODEL, "runtime=hf-static", "fuse.rules=norm+qkv, mlp_up+activation");
	LOWER(&ideal, IDEAL, "fuse.rules=output+mlp_up");
	assert_true(fused.count < apart.count);
	assert_true(fused.act < apart.act);
	assert_near(fused.weights, apart.weights, 0);
	assert_near(fused.flops, apart.flops, 0);
	assert_near(fused.kv_read, apart.kv_read, 0);
	/* the output projection's 2 x 2048 bytes are neither written nor read */
	struct lowered plain;
	LOWER(&plain, IDEAL);
	assert_near(plain.act - ideal.act, 16 * 2 * 2 * 2048.0, 0);
	assert_int_equal(plain.count - ideal.count, 16);
	lowered_close(&apart);
	lowered_close(&fused);
	lowered_close(&ideal);
	lowered_close(&plain);
}

static void offloaded_weights_come_over_the_link(void **state)
{
	(void)state;
	struct lowered plain, half, serial, disk;
	LOWER(&plain, IDEAL);
	LOWER(&half, IDEAL, "tiers.weights=0.5");
	LOWER(&serial, IDEAL, "tiers.weights=0.5", "tiers.prefetch=0");
	LOWER(&disk, IDEAL, "tiers.weights=1", "tiers.bandwidth=1 GB/s");
	double layers = 0, copied = 0;
	uint64_t copy_ps = 0;
	for (uint64_t i = 0; i < half.count; i++) {
		const struct sim_kernel *at = &half.kernels[i];
		copied += at->family == SIM_FAMILY_MEMCPY_HOST ? (double)at->act_read_bytes : 0;
	}
	for (uint64_t i = 1; i + 2 < plain.count; i++)
		layers += (double)plain.kernels[i].weight_bytes;
	for (uint64_t i = 0; i < disk.count; i++)
		if (disk.kernels[i].flags & SIM_KERNEL_OPAQUE)
			copy_ps += disk.kernels[i].recorded_ps;
	assert_near(copied, layers / 2, 1e-9);
	assert_near((double)copy_ps, layers * 1e3, 1e-9);
	assert_int_equal(half.count, plain.count + 16);
	/* into its first kernel for each layer, and from two layers back for all but two */
	assert_int_equal(step_expand_edges(&half.step, 0, NULL), 16 + 14);
	assert_int_equal(step_expand_edges(&serial.step, 0, NULL), 0);
	assert_near(half.capacity.offloaded_bytes, 0.5 * layers * 14 / 16, 1e-3);
	lowered_close(&plain);
	lowered_close(&half);
	lowered_close(&serial);
	lowered_close(&disk);
}

/* 1 TB of 1,000 cycles, 100 GB a day: 10,000 days, 1e-4 of a price of 100 USD a day. */
static void a_tier_wears(void **state)
{
	(void)state;
	struct lowered low;
	LOWER(&low, IDEAL, "tiers.kv=1", "tiers.capacity=1 TB", "tiers.endurance=1000",
	      "tiers.price=100 USD", "tiers.lifetime=157680000 s");
	struct tier_wear wear = tier_wear(&low.workload, 1e11, 86400);
	assert_near(wear.cost, 0.01, 1e-12);
	assert_near(wear.lifetime_s, 1e4 * 86400, 1e-12);
	assert_false(wear.endurance_binds);
	assert_true(tier_wear(&low.workload, 1e12, 86400).endurance_binds);
	lowered_close(&low);
}

static void what_cannot_be_is_told(void **state)
{
	(void)state;
	static const char *const bad[][2] = {
		{"weights.layer_bits=[4, 4]", "'weights.layer_bits' has 2 values"},
		{"weights.expert_bits=[4, 4]", "'weights.expert_bits' has 2 values"},
		{"fuse.rules=norm", "a rule needs two roles"},
		{"fuse.rules=norm+nothing", "not a role: 'nothing'"},
		{"factor.kind=blast", "needs 'factor.rank'"},
		{"weights.bits=0", "out of range"},
		{"weights.kernel=gptq2", "not known: 'gptq2'"},
	};
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		struct lowered low;
		struct sim_diag diag = {0};
		const char *sets[] = {"model=llama-3.2-1b", bad[i][0], NULL};
		if (lowered_try(&low, sets, &diag) == SIM_OK)
			fail_msg("%s is taken", bad[i][0]);
		if (strstr(diag.text, bad[i][1]) == NULL)
			fail_msg("%s: %s", bad[i][0], diag.text);
		lowered_close(&low);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(neutral_values_change_nothing),
		cmocka_unit_test(bytes_go_by_bits),
		cmocka_unit_test(layers_and_roles_differ),
		cmocka_unit_test(experts_have_their_own_bits),
		cmocka_unit_test(packed_products_are_one_kernel),
		cmocka_unit_test(activations_of_8_bits_run_at_their_rate),
		cmocka_unit_test(cache_bytes_go_by_bits),
		cmocka_unit_test(packed_attention_has_its_own_curve_and_kernel),
		cmocka_unit_test(budget_makes_the_step_flat_in_context),
		cmocka_unit_test(middle_is_compressed),
		cmocka_unit_test(a_state_replaces_the_cache),
		cmocka_unit_test(recomputation_trades_bytes_for_flops),
		cmocka_unit_test(factors_follow_the_published_table),
		cmocka_unit_test(fusion_removes_what_is_between),
		cmocka_unit_test(offloaded_weights_come_over_the_link),
		cmocka_unit_test(a_tier_wears),
		cmocka_unit_test(what_cannot_be_is_told),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
