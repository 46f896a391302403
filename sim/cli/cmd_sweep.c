/* decodesim sweep: thousands of designs at once. */
#include <inttypes.h>
#include <signal.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "sim/cli/cli.h"
#include "sim/cli/sweep_print.h"
#include "sim/explore/mpi.h"
#include "sim/explore/run.h"

static const struct cli_option options[] = {
	{"j", "N", "threads; default: one per core"},
	{"resume", NULL, "go on with a sweep that was interrupted"},
	{"dry-run", NULL, "check the file, show axes and count of points, compute nothing"},
	{"db", "FILE", "database; default $DECODESIM_DB, else ./decodesim.db"},
	{"no-store", NULL, "do not keep the points in the database"},
	{"json", NULL, "machine-readable output"},
	{NULL, NULL, NULL},
};

static volatile sig_atomic_t interrupted;

static void interrupt(int number)
{
	(void)number;
	interrupted = 1;
}

static bool stop(void *context)
{
	(void)context;
	return interrupted != 0;
}

static double now_s(void)
{
	struct timespec time;
	clock_gettime(CLOCK_MONOTONIC, &time);
	return (double)time.tv_sec + (double)time.tv_nsec * 1e-9;
}

struct bar {
	double begun_s, shown_s;
	uint64_t first; /* points that were there */
	bool begun, is_terminal;
};

static void show(void *context, const struct explore_progress *progress)
{
	struct bar *bar = context;
	double now = now_s();
	if (!bar->is_terminal)
		return;
	if (!bar->begun) {
		bar->begun = true;
		bar->begun_s = now;
		bar->first = progress->done;
	}
	bool last = progress->done == progress->total;
	if (now - bar->shown_s < 0.1 && !last)
		return;
	bar->shown_s = now;
	double spent = now - bar->begun_s;
	double rate = spent > 0 ? (double)(progress->done - bar->first) / spent : 0;
	double left = rate > 0 ? (double)(progress->total - progress->done) / rate : 0;
	fprintf(stderr, "\r\033[K%s %" PRIu64 "/%" PRIu64 " (%.0f %%), %.0f /s, %.0f s left%s",
		explore_method_text(progress->method), progress->done, progress->total,
		100 * (double)progress->done / (double)progress->total, rate, left,
		last ? "\r\033[K" : "");
	fflush(stderr);
}

static enum sim_status run_space(const struct cli_args *args, const struct explore_space *space,
				 const struct pool *pool, struct sim_diag *diag)
{
	struct explore_run_report report;
	struct store *store = NULL;
	struct bar bar = {.is_terminal = isatty(STDERR_FILENO) != 0};
	struct explore_run_options asked = {.resume = cli_flag(args, "resume"),
					    .pool = pool,
					    .progress = show,
					    .context = &bar,
					    .stop = stop};
	TRY(cli_threads(args, &asked.threads, diag));
	if (!cli_flag(args, "no-store"))
		TRY(store_open(cli_value(args, "db"), STORE_WRITE, &store, diag));
	signal(SIGINT, interrupt);
	signal(SIGTERM, interrupt);
	enum sim_status status = explore_run(space, store, &asked, &report, diag);
	if (bar.begun && status != SIM_OK)
		fputc('\n', stderr);
	if (status == SIM_OK && cli_flag(args, "json"))
		status = cli_print_json(sweep_json(space, &report), diag);
	else if (status == SIM_OK)
		sweep_print(space, &report, store != NULL);
	store_close(store);
	return status;
}

static enum sim_status run_ranks(const struct cli_args *args, const struct explore_space *space,
				 struct sim_diag *diag)
{
	struct pool pool;
	if (explore_mpi_size() < 2)
		return run_space(args, space, NULL, diag);
	if (explore_mpi_rank() > 0)
		return explore_mpi_serve(space, diag);
	TRY(pool_mpi(space, stop, &pool, diag));
	enum sim_status status = run_space(args, space, &pool, diag);
	pool.destroy(&pool);
	return status;
}

static enum sim_status run(const struct cli_args *args, struct sim_diag *diag)
{
	struct explore_space space;
	if (args->word_count != 1)
		return diag_fail(diag, SIM_E_USAGE, "sweep: exactly one sweep file is needed");
	if (cli_flag(args, "resume") && cli_flag(args, "no-store"))
		return diag_fail(diag, SIM_E_USAGE,
				 "sweep: --resume and --no-store exclude each other");
	explore_mpi_begin();
	enum sim_status status = explore_space_read(&space, args->words[0], diag);
	status = explore_mpi_agree(&space, status, diag);
	if (status == SIM_OK && cli_flag(args, "dry-run")) {
		struct explore_worker *worker = NULL;
		status = explore_worker_create(&space, &worker, diag);
		if (status == SIM_OK)
			status = explore_probe(worker, diag);
		explore_worker_destroy(worker);
		if (status == SIM_OK && explore_mpi_rank() == 0)
			status = cli_flag(args, "json")
					 ? cli_print_json(sweep_space_json(&space), diag)
					 : (sweep_space_print(&space), SIM_OK);
	} else if (status == SIM_OK) {
		status = run_ranks(args, &space, diag);
	}
	explore_space_fini(&space);
	return explore_mpi_end(status, diag);
}

const struct cli_command command_sweep = {
	.name = "sweep",
	.summary = "compute every design of a space, and keep them for pareto and sql",
	.usage = "SWEEP|FILE.yaml [-j N] [--resume] [--dry-run] [--db FILE] [--json]",
	.about =
		"A sweep file names what stays (base), what varies (axes: any parameter of "
		"device,\n"
		"model, runtime, scenario, batch, context, launch), what must hold (constraints) "
		"and\n"
		"what is wanted (objectives):\n\n"
		"  sweep: hbm-and-batch\n"
		"  base: {model: llama-3.1-8b, hw: h100-sxm, context: 2048}\n"
		"  axes:\n"
		"    hw.hbm.bandwidth: {from: 2 TB/s, to: 8 TB/s, points: 100, scale: log}\n"
		"    batch: [1, 2, 4, 8]\n"
		"  constraints: ['fits = 1', 'power_w < 700']\n"
		"  objectives: [step_ms, joules_per_token]\n"
		"  method: closed     # or simulate, or {screen: 5 %}: simulate what is near the "
		"front\n\n"
		"More in workloads/sweeps and sim/explore/space.h. What is wrong with a file is "
		"said\n"
		"before anything is computed. Results do not depend on -j, and the digest printed "
		"at\n"
		"the end is that of all of them. Points that the database has are not computed "
		"again;\n"
		"after an interruption --resume goes on. Built with `make MPI=1` the same command\n"
		"runs on many machines: mpirun -n 8 decodesim sweep FILE.yaml.",
	.example = "  decodesim sweep gpu-what-if --dry-run\n"
		   "  decodesim sweep gpu-what-if -j 2\n"
		   "  decodesim sweep my.yaml --resume --db designs.db",
	.options = options,
	.run = run,
};
