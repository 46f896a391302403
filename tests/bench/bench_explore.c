/*
 * Designs a second: the closed form over axes of the device and full simulations, of processor time
 * on one core, the best of three, beside what nothing can leave out of a design: building its machine.
 * Then a sweep of 100,000 designs on two threads, in seconds of wall time and of processor time, without
 * and with a database.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "hwmodels/device.h"
#include "sim/explore/run.h"

enum { ROUNDS = 3, DESIGNS = 20000, SIMULATIONS = 300, SWEEP = 100000 };

static double now_s(clockid_t clock)
{
	struct timespec time;
	clock_gettime(clock, &time);
	return (double)time.tv_sec + (double)time.tv_nsec * 1e-9;
}

static void must(enum sim_status status, const struct sim_diag *diag)
{
	if (status == SIM_OK)
		return;
	fprintf(stderr, "bench_explore: %s\n", diag->text);
	exit(EXIT_FAILURE);
}

static void open_space(struct explore_space *space, uint64_t bandwidths, uint64_t sms)
{
	struct sim_diag diag = {0};
	must(explore_space_init(space, &diag), &diag);
	must(explore_space_set(space, "model", "llama-3.1-8b", 0, &diag), &diag);
	must(explore_space_set(space, "hw", "h100-sxm", 0, &diag), &diag);
	must(explore_space_add_range(space, "hw.hbm.bandwidth", 2e12, 8e12, bandwidths, true,
				     &diag),
	     &diag);
	must(explore_space_add_range(space, "hw.sm.clock", 1e9, 3e9, sms, false, &diag), &diag);
	must(explore_space_close(space, &diag), &diag);
	must(explore_space_want(space, "step_ms", 0, &diag), &diag);
}

static double evaluate_rate(const struct explore_space *space, enum explore_method method,
			    uint64_t count)
{
	struct explore_worker *worker;
	struct explore_result result;
	struct sim_diag diag = {0};
	double best = 0, values[2];
	must(explore_worker_create(space, &worker, &diag), &diag);
	for (int round = 0; round < ROUNDS; round++) {
		double begin = now_s(CLOCK_PROCESS_CPUTIME_ID);
		for (uint64_t i = 0; i < count; i++) {
			explore_grid_point(space, i, values);
			must(explore_evaluate(worker, values, method, &result, &diag), &diag);
		}
		double rate = (double)count / (now_s(CLOCK_PROCESS_CPUTIME_ID) - begin);
		best = rate > best ? rate : best;
	}
	explore_worker_destroy(worker);
	return best;
}

static double rebuild_rate(void)
{
	struct hw_device device;
	struct sim_diag diag = {0};
	double best = 0;
	must(device_load("h100-sxm", NULL, 0, &device, &diag), &diag);
	for (int round = 0; round < ROUNDS; round++) {
		double begin = now_s(CLOCK_PROCESS_CPUTIME_ID);
		for (int i = 0; i < DESIGNS; i++)
			must(device_rebuild(&device, &diag), &diag);
		double rate = DESIGNS / (now_s(CLOCK_PROCESS_CPUTIME_ID) - begin);
		best = rate > best ? rate : best;
	}
	device_fini(&device);
	return best;
}

/* Wall and processor seconds of the whole sweep. */
static void sweep(const struct explore_space *space, const char *path, const char *what)
{
	struct explore_run_options options = {.threads = 2};
	struct explore_run_report report;
	struct sim_diag diag = {0};
	struct store *store = NULL;
	double wall = now_s(CLOCK_MONOTONIC), busy = now_s(CLOCK_PROCESS_CPUTIME_ID);
	if (path != NULL)
		must(store_open(path, STORE_WRITE, &store, &diag), &diag);
	must(explore_run(space, store, &options, &report, &diag), &diag);
	store_close(store);
	wall = now_s(CLOCK_MONOTONIC) - wall;
	busy = now_s(CLOCK_PROCESS_CPUTIME_ID) - busy;
	printf("  %-44s %10.2f s   wanted 2 s, on two cores; %.2f s of processor time\n", what,
	       wall, busy);
}

int main(void)
{
	char folder[] = "/tmp/decodesim-bench-XXXXXX", path[64], name[80];
	static const char *const ends[] = {"", "-wal", "-shm"};
	struct explore_space space;
	open_space(&space, 1000, SWEEP / 1000);
	double builds = rebuild_rate();
	double closed = evaluate_rate(&space, EXPLORE_CLOSED, DESIGNS);
	double simulated = evaluate_rate(&space, EXPLORE_SIMULATE, SIMULATIONS);
	printf("llama-3.1-8b, hf-static, h100-sxm: bandwidth and clock vary\n");
	printf("  %-44s %10.0f /s\n", "limit: machines built", builds);
	printf("  %-44s %10.0f /s  wanted   50000 (on two cores)  %5.1f %% of the limit\n",
	       "closed form", closed, 100 * closed / builds);
	printf("  %-44s %10.0f /s  wanted    1000\n", "simulation", simulated);
	sweep(&space, NULL, "100,000 designs, nothing kept");
	if (mkdtemp(folder) == NULL)
		return EXIT_FAILURE;
	snprintf(path, sizeof(path), "%s/sweep.db", folder);
	sweep(&space, path, "100,000 designs, all kept");
	for (size_t i = 0; i < sizeof(ends) / sizeof(ends[0]); i++) {
		snprintf(name, sizeof(name), "%s%s", path, ends[i]);
		remove(name);
	}
	rmdir(folder);
	explore_space_fini(&space);
	return EXIT_SUCCESS;
}
