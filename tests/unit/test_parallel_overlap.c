/*
 * Two halves in turn (tp.overlap): together they do what the whole does, each waits for its own
 * collective and for no other, and the step lies between the larger of kernels and collectives and the
 * sum of the two. Edges reach from one layer to the next, across runs of layers and past them.
 */
#include "tests/unit/transform_fixture.h"

#include "validate/run.h"
#include "workloads/parallel.h"

#define MODEL "model=llama-3.2-3b", "context=4096", "tp=4", "runtime=vllm"

static struct run_setup open_setup(const char *const *sets, const char *device_set)
{
	struct workload_scenario scenario;
	struct run_setup setup;
	struct sim_diag diag = {0};
	assert_int_equal(scenario_init(&scenario, &diag), SIM_OK);
	for (; *sets != NULL; sets++) {
		char key[64];
		const char *equal = strchr(*sets, '=');
		memcpy(key, *sets, (size_t)(equal - *sets));
		key[equal - *sets] = '\0';
		if (scenario_set(&scenario, key, equal + 1, &diag) != SIM_OK)
			fail_msg("%s", diag.text);
	}
	if (run_setup(&setup, &scenario, &device_set, device_set != NULL, &diag) != SIM_OK)
		fail_msg("%s", diag.text);
	return setup;
}

/* Times of a forward: all of it, and alone its kernels and its collectives. */
struct times {
	int64_t all, kernels, collectives;
};

static int64_t replay(const struct run_setup *setup, const struct sim_program *program)
{
	struct replay_options options;
	struct replay_result result;
	struct sim_diag diag = {0};
	replay_options_init(&options);
	options.launch = SIM_LAUNCH_GRAPH;
	if (replay_run(program, &setup->device.machine, &options, &result, &diag) != SIM_OK)
		fail_msg("%s", diag.text);
	return result.device_span_ps;
}

/* Duration of each kernel alone, without gaps, by kind. */
static struct times alone(const struct run_setup *setup, const struct sim_program *program)
{
	struct times times = {0};
	for (size_t i = 0; i < program->kernel_count; i++) {
		struct machine_demand demand;
		machine_demand(&setup->device.machine, &program->kernels[i], 1, &demand);
		int64_t ps = demand.fixed_ps + demand_service_ps(&setup->device.machine, &demand);
		if (program->kernels[i].flags & SIM_KERNEL_PEER)
			times.collectives += ps;
		else
			times.kernels += ps;
	}
	return times;
}

static struct workload_forward prompt_of(const struct run_setup *setup)
{
	struct workload_forward forward;
	struct sim_diag diag = {0};
	assert_int_equal(workload_prefill(&setup->workload, &forward, &diag), SIM_OK);
	return forward;
}

static void lower(const struct run_setup *setup, const struct workload_forward *forward,
		  struct workload_program *program)
{
	struct workload_iteration iteration = {.forward_count = 1, .tokens = 1};
	struct sim_diag diag = {0};
	iteration.forwards[0] = *forward;
	if (workload_program(&setup->workload, &iteration, program, &diag) != SIM_OK)
		fail_msg("%s", diag.text);
}

/* The halves on one stream, without what waits for what: everything in a row. */
static int64_t serial(const struct run_setup *setup, struct workload_program *program)
{
	for (size_t i = 0; i < program->program.kernel_count; i++)
		program->kernels[i].stream = 0;
	program->program.distinct = NULL;
	program->program.distinct_of = NULL;
	program->program.edge_count = 0;
	return replay(setup, &program->program);
}

static void between_the_larger_and_the_sum(void **state)
{
	(void)state;
	static const char *const links[] = {"peer.bandwidth=5 GB/s", "peer.bandwidth=60 GB/s",
					    "peer.bandwidth=450 GB/s", "peer.bandwidth=9 TB/s"};
	static const char *const batches[] = {"batch=1", "batch=2", "batch=3"};
	for (size_t l = 0; l < 4; l++)
		for (size_t b = 0; b < 3; b++) {
			struct workload_program program;
			const char *const sets[] = {MODEL, "hw=h100-sxm", "tp.overlap=split2",
						    batches[b], NULL};
			struct run_setup setup = open_setup(sets, links[l]);
			struct workload_forward prompt = prompt_of(&setup);
			lower(&setup, &prompt, &program);
			int64_t both = replay(&setup, &program.program);
			struct times part = alone(&setup, &program.program);
			assert_true(part.kernels > 0 && part.collectives > 0);
			assert_true(both >= part.kernels && both >= part.collectives);
			int64_t row = serial(&setup, &program);
			assert_true(row >= part.kernels + part.collectives);
			if (both > row)
				fail_msg("%s %s: %lld ps, in a row %lld", links[l], batches[b],
					 (long long)both, (long long)row);
			if (l < 3 && !(both < row)) /* something is hidden */
				fail_msg("%s: nothing overlaps", links[l]);
			workload_program_fini(&program);
			run_setup_fini(&setup);
		}
}

static double sum_flops(const struct workload_program *program, bool layers)
{
	double flops = 0;
	for (size_t i = 0; i < program->program.kernel_count; i++) {
		unsigned role = program->details[i]->role;
		bool product = program->kernels[i].op == SIM_OP_GEMM ||
			       program->kernels[i].op == SIM_OP_ATTENTION;
		if (product && (role != WORKLOAD_ROLE_HEAD) == layers)
			flops += (double)program->kernels[i].flops;
	}
	return flops;
}

/* By sequences where they are even in number, else by tokens; what is odd runs whole. */
static void halves_do_what_the_whole_does(void **state)
{
	(void)state;
	static const char *const batches[] = {"batch=1", "batch=2"};
	for (size_t b = 0; b < 2; b++) {
		struct workload_program whole, halves;
		const char *const plain[] = {MODEL, "hw=h100-sxm", batches[b], NULL};
		const char *const split[] = {MODEL, "hw=h100-sxm", batches[b], "tp.overlap=split2",
					     NULL};
		struct run_setup one = open_setup(plain, NULL), two = open_setup(split, NULL);
		struct workload_forward prompt = prompt_of(&one);
		lower(&one, &prompt, &whole);
		lower(&two, &prompt, &halves);
		assert_near(sum_flops(&halves, true), sum_flops(&whole, true), 1e-6);
		assert_near(sum_flops(&halves, false), sum_flops(&whole, false), 1e-12);
		workload_program_fini(&halves);
		struct workload_forward odd = {.count = 1, .batch = 1, .width = 1, .context = 100};
		assert_false(parallel_halves(&two.workload, &odd));
		odd.width = 2;
		assert_true(parallel_halves(&two.workload, &odd));
		assert_true(parallel_part(&two.workload, &odd).context == 100.5);
		workload_program_fini(&whole);
		run_setup_fini(&one);
		run_setup_fini(&two);
	}
}

static bool has_edge(const struct sim_program *program, size_t before, size_t after)
{
	for (size_t e = 0; e < program->edge_count; e++)
		if (program->edges[e].before == before && program->edges[e].after == after)
			return true;
	return false;
}

/*
 * Every collective of the layers waits for the kernel just before it; and on the first stream the
 * second kernel of a phase that follows two collectives waits for the one of its own half. The head
 * waits for both halves of the last layer.
 */
static void each_half_waits_for_its_own(void **state)
{
	(void)state;
	struct workload_program program;
	const char *const sets[] = {MODEL, "hw=h100-sxm", "tp.overlap=split2", NULL};
	struct run_setup setup = open_setup(sets, NULL);
	struct workload_forward prompt = prompt_of(&setup);
	lower(&setup, &prompt, &program);
	const struct sim_program *all = &program.program;
	size_t last[2] = {SIZE_MAX, SIZE_MAX}, layer_collectives = 0, half = 0, epilogue = 0;
	for (size_t i = 0; i < all->kernel_count; i++) {
		bool peer = (all->kernels[i].flags & SIM_KERNEL_PEER) != 0;
		if (peer && all->kernels[i].stream != 0) {
			assert_true(has_edge(all, i - 1, i));
			last[half] = i;
			half = 1 - half;
			layer_collectives++;
			bool more = i + 1 < all->kernel_count && layer_collectives < 4 * 28;
			/* after a's collective comes b's phase, which waits for b's last one */
			if (more && last[half] != SIZE_MAX)
				assert_true(has_edge(all, last[half], i + 1));
			epilogue = i + 1;
		}
	}
	assert_int_equal(layer_collectives, 4 * 28); /* two of each half a layer */
	assert_true(has_edge(all, last[0], epilogue) && has_edge(all, last[1], epilogue));
	workload_program_fini(&program);
	run_setup_fini(&setup);
}

static void copies_that_run_ahead_are_refused(void **state)
{
	(void)state;
	struct lowered low;
	struct sim_diag diag = {0};
	enum sim_status status = lowered_try(
		&low,
		(const char *const[]){"model=llama-3.2-3b", "tp=4", "batch=2", "runtime=vllm",
				      "tp.overlap=split2", "tiers.weights=0.5", NULL},
		&diag);
	assert_int_equal(status, SIM_E_UNSUPPORTED);
	assert_non_null(strstr(diag.text, "tp.overlap"));
	lowered_close(&low);
}

/* A generation lowers again what changed: bit for bit what lowering anew gives. */
static void again_is_the_same(void **state)
{
	(void)state;
	struct workload_program again = {0};
	const char *const sets[] = {MODEL,     "hw=h100-sxm",  "tp.overlap=split2",
				    "batch=6", "tp.fuse=norm", NULL};
	struct run_setup setup = open_setup(sets, NULL);
	for (int step = 0; step < 4; step++) {
		struct workload_iteration iteration;
		struct workload_program anew;
		struct sim_diag diag = {0};
		bool changed;
		assert_int_equal(
			workload_iterate(&setup.workload, 100 + 70 * step, &iteration, &diag),
			SIM_OK);
		assert_int_equal(workload_program_again(&setup.workload, &iteration, &again,
							&changed, &diag),
				 SIM_OK);
		assert_int_equal(workload_program(&setup.workload, &iteration, &anew, &diag),
				 SIM_OK);
		assert_int_equal(again.program.kernel_count, anew.program.kernel_count);
		assert_memory_equal(again.kernels, anew.kernels,
				    anew.program.kernel_count * sizeof(*anew.kernels));
		assert_int_equal(again.program.edge_count, anew.program.edge_count);
		assert_memory_equal(again.edges, anew.edges,
				    anew.program.edge_count * sizeof(*anew.edges));
		workload_program_fini(&anew);
	}
	workload_program_fini(&again);
	run_setup_fini(&setup);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(between_the_larger_and_the_sum),
		cmocka_unit_test(halves_do_what_the_whole_does),
		cmocka_unit_test(each_half_waits_for_its_own),
		cmocka_unit_test(copies_that_run_ahead_are_refused),
		cmocka_unit_test(again_is_the_same),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
