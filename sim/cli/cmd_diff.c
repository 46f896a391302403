/* decodesim diff: what changed between two stored runs. */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "sim/cli/diff_print.h"

static const struct cli_option options[] = {
	{"db", "FILE", "database; default $DECODESIM_DB, else ./decodesim.db"},
	{"most", "N", "groups of kernels and device values to print; default 10"},
	{"json", NULL, "machine-readable output"},
	{NULL, NULL, NULL},
};

static enum sim_status read_both(const struct cli_args *args, struct stored_run *a,
				 struct stored_run *b, struct sim_diag *diag)
{
	struct store *store;
	int64_t id_a, id_b;
	TRY(store_open(cli_value(args, "db"), STORE_READ, &store, diag));
	enum sim_status status = store_find_run(store, args->words[0], &id_a, diag);
	if (status == SIM_OK)
		status = store_find_run(store, args->words[1], &id_b, diag);
	if (status == SIM_OK)
		status = store_read_run(store, id_a, a, diag);
	if (status == SIM_OK)
		status = store_read_run(store, id_b, b, diag);
	store_close(store);
	return status;
}

static enum sim_status run(const struct cli_args *args, struct sim_diag *diag)
{
	struct stored_run a = {0}, b = {0};
	struct run_diff diff = {0};
	double most;
	if (args->word_count != 2)
		return diag_fail(diag, SIM_E_USAGE,
				 "diff: exactly two runs are needed, each a number, last or "
				 "last~1");
	TRY(cli_number(args, "most", 10, 0, 1e6, &most, diag));
	enum sim_status status = read_both(args, &a, &b, diag);
	if (status == SIM_OK)
		status = run_diff_find(&a, &b, &diff, diag);
	if (status == SIM_OK && cli_flag(args, "json"))
		status = cli_print_json(diff_json(&diff), diag);
	else if (status == SIM_OK)
		diff_print(&diff, (size_t)most);
	run_diff_fini(&diff);
	stored_run_fini(&a);
	stored_run_fini(&b);
	return status;
}

const struct cli_command command_diff = {
	.name = "diff",
	.summary = "what changed between two stored runs, by cause and by kernel family",
	.usage = "RUN_A RUN_B [--db FILE] [--json]",
	.about =
		"Runs are named by number ('decodesim list runs'), or as last, last~1, last~2. "
		"Shown\n"
		"are what the runs were of where that differs, the device values that differ, the\n"
		"step by part, by kernel family and by the groups of kernels that changed most.",
	.example = "  decodesim diff last~1 last\n"
		   "  decodesim diff 3 7 --json",
	.options = options,
	.run = run,
};
