/*
 * Kernels per second of the engine's paths on ten million kernels, each beside what this machine
 * can do at most: streaming 64-byte records from memory, and push and pop of the event queue, both
 * measured in the same run. Rates are the best of three.
 *
 * The program has 1000 distinct kernels in two steps. `tiled` replays it 10000 times with
 * options.repeat; `in memory` lays all ten million records out and replays them once, so that
 * every record comes from memory and every demand is worked out anew. What repeats is not worked
 * out anew: tiled, the straight line keeps the demands, and the closed form multiplies copies, so
 * that its tiled rate says little.
 */
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#include "sim/core/queue.h"
#include "tests/unit/engine_fixture.h"

enum { DISTINCT = 1000, TILES = 10000, ROUNDS = 3, QUEUE_PAIRS = 10000000 };

static double now_s(void)
{
	struct timespec time;
	clock_gettime(CLOCK_MONOTONIC, &time);
	return (double)time.tv_sec + (double)time.tv_nsec * 1e-9;
}

typedef enum sim_status run_function(const struct sim_program *, const struct machine *,
				     const struct replay_options *, struct replay_result *,
				     struct sim_diag *);

static double rate(run_function *run, const struct sim_program *program,
		   const struct machine *machine, const struct replay_options *options,
		   struct replay_result *result)
{
	double best = 0;
	for (int round = 0; round < ROUNDS; round++) {
		struct sim_diag diag;
		diag_init(&diag);
		double begin = now_s();
		if (run(program, machine, options, result, &diag) != SIM_OK) {
			fprintf(stderr, "bench_engine: %s\n", diag.text);
			exit(1);
		}
		double here = (double)result->kernels / (now_s() - begin);
		best = here > best ? here : best;
	}
	return best;
}

static double record_rate(const struct sim_kernel *kernels, size_t count)
{
	double best = 0;
	volatile uint64_t sink;
	for (int round = 0; round < ROUNDS; round++) {
		double begin = now_s();
		uint64_t sum = 0;
		for (size_t k = 0; k < count; k++)
			sum += kernels[k].flops + kernels[k].weight_bytes +
			       kernels[k].kv_read_bytes + kernels[k].kv_write_bytes +
			       kernels[k].act_read_bytes + kernels[k].act_write_bytes +
			       kernels[k].blocks + kernels[k].flags;
		sink = sum;
		(void)sink;
		double here = (double)count / (now_s() - begin);
		best = here > best ? here : best;
	}
	return best;
}

/* Each pair takes the first event and puts one back later, with DEPTH events queued. */
static double pair_rate(int depth)
{
	double best = 0;
	for (int round = 0; round < ROUNDS; round++) {
		struct lcg lcg = {1};
		struct queue queue;
		bool good = true;
		queue_init(&queue);
		for (int i = 0; i < depth; i++)
			good = good && queue_push(&queue, lcg_below(&lcg, 1000), 0) == SIM_OK;
		double begin = now_s();
		for (int i = 0; i < QUEUE_PAIRS && good; i++) {
			struct event event = queue_pop(&queue);
			good = queue_push(&queue, event.time_ps + 1 + lcg_below(&lcg, 1000), 0) ==
			       SIM_OK;
		}
		double here = QUEUE_PAIRS / (now_s() - begin);
		queue_fini(&queue);
		if (!good)
			exit(1);
		best = here > best ? here : best;
	}
	return best;
}

static struct fixture_program make_program(uint32_t streams, uint32_t tiles)
{
	const struct fixture_shape shape = {.kernels = DISTINCT,
					    .steps = 2,
					    .streams = streams,
					    .opaque_percent = 1,
					    .always_synced = true};
	struct lcg lcg = {20250101};
	struct fixture_program made = fixture_program(&lcg, &shape);
	if (tiles == 1)
		return made;
	made.kernels = realloc(made.kernels, (size_t)DISTINCT * tiles * sizeof(*made.kernels));
	made.steps = realloc(made.steps, (size_t)2 * tiles * sizeof(*made.steps));
	if (made.kernels == NULL || made.steps == NULL)
		exit(1);
	for (uint32_t t = 1; t < tiles; t++) {
		memcpy(made.kernels + (size_t)t * DISTINCT, made.kernels,
		       DISTINCT * sizeof(*made.kernels));
		memcpy(made.steps + (size_t)t * 2, made.steps, 2 * sizeof(*made.steps));
		made.steps[t * 2].first += t * DISTINCT;
		made.steps[t * 2 + 1].first += t * DISTINCT;
	}
	made.program.kernels = made.kernels;
	made.program.steps = made.steps;
	made.program.kernel_count = (size_t)DISTINCT * tiles;
	made.program.step_count = (size_t)2 * tiles;
	return made;
}

static void line(const char *what, double value, const char *limit_text, double limit)
{
	printf("%-48s %10.1f M/s  %8.1f %% of %s\n", what, value / 1e6, 100 * value / limit,
	       limit_text);
}

static void bench_mode(enum sim_launch launch, const struct fixture_program *programs,
		       double records, double pairs)
{
	struct machine machine = fixture_machine(&fixture_gpu_default);
	struct replay_result straight, events, closed;
	struct replay_options options;
	char text[64];
	replay_options_init(&options);
	options.launch = launch;
	options.repeat = TILES;
	options.path = REPLAY_EVENT;
	snprintf(text, sizeof(text), "%s: events, tiled", sim_launch_text(launch));
	line(text, rate(replay_run, &programs[0].program, &machine, &options, &events),
	     "queue pairs", pairs);
	snprintf(text, sizeof(text), "%s: events, two streams, tiled", sim_launch_text(launch));
	line(text, rate(replay_run, &programs[1].program, &machine, &options, &closed),
	     "queue pairs", pairs);
	options.path = REPLAY_STRAIGHT;
	snprintf(text, sizeof(text), "%s: straight line, tiled", sim_launch_text(launch));
	line(text, rate(replay_run, &programs[0].program, &machine, &options, &straight), "records",
	     records);
	if (straight.digest != events.digest)
		exit(1);
	snprintf(text, sizeof(text), "%s: closed form, tiled (copies multiplied)",
		 sim_launch_text(launch));
	line(text, rate(closed_form_run, &programs[0].program, &machine, &options, &closed),
	     "records", records);
	options.repeat = 1;
	snprintf(text, sizeof(text), "%s: straight line, in memory", sim_launch_text(launch));
	line(text, rate(replay_run, &programs[2].program, &machine, &options, &straight), "records",
	     records);
	if (straight.digest != events.digest)
		exit(1);
	snprintf(text, sizeof(text), "%s: closed form, in memory", sim_launch_text(launch));
	line(text, rate(closed_form_run, &programs[2].program, &machine, &options, &closed),
	     "records", records);
}

int main(void)
{
	struct fixture_program programs[3] = {make_program(1, 1), make_program(2, 1),
					      make_program(1, TILES)};
	double records = record_rate(programs[2].kernels, (size_t)DISTINCT * TILES);
	double pairs = pair_rate(4);
	printf("%-48s %10.1f M/s\n", "limit: 64-byte records streamed and summed", records / 1e6);
	printf("%-48s %10.1f M/s\n", "limit: queue push and pop, 4 queued", pairs / 1e6);
	printf("%-48s %10.1f M/s\n", "limit: queue push and pop, 256 queued", pair_rate(256) / 1e6);
	bench_mode(SIM_LAUNCH_EAGER, programs, records, pairs);
	bench_mode(SIM_LAUNCH_GRAPH, programs, records, pairs);
	for (int i = 0; i < 3; i++)
		fixture_program_fini(&programs[i]);
	return 0;
}
