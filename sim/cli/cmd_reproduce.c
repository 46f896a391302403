/* decodesim reproduce: published claims, what we get for them, and how far off that is. */
#include "sim/cli/cli.h"
#include "sim/cli/reproduce_print.h"
#include "sim/serve/case_runs.h"

static const struct cli_option options[] = {
	{"list", NULL, "list the cases and stop"},
	{"json", NULL, "machine-readable output"},
	{NULL, NULL, NULL},
};

static void tell(size_t done, size_t total)
{
	cli_progress("reproducing", done, total);
}

static enum sim_status evaluate(const struct cli_args *args, struct reproduction *all,
				struct sim_diag *diag)
{
	case_set_server(serve_case_run);
	TRY(reproduction_run(all, tell, diag));
	TRY(cli_flag(args, "json") ? reproduce_print_json(all, stdout, diag)
				   : reproduce_print(all, stdout, diag));
	if (all->counts[REPRODUCE_OFF] > 0)
		return diag_fail(diag, SIM_E_TOLERANCE, "%zu of %zu lines are out of tolerance",
				 all->counts[REPRODUCE_OFF], all->line_count);
	return SIM_OK;
}

static enum sim_status run(const struct cli_args *args, struct sim_diag *diag)
{
	struct reproduction all;
	enum sim_status status =
		reproduction_read(&all, (const char *const *)args->words, args->word_count, diag);
	if (status == SIM_OK && cli_flag(args, "list"))
		status = reproduce_print_list(&all, stdout, diag);
	else if (status == SIM_OK)
		status = evaluate(args, &all, diag);
	reproduction_fini(&all);
	return status;
}

const struct cli_command command_reproduce = {
	.name = "reproduce",
	.summary = "published claims, our figure for each, and the deviation",
	.usage = "[CASE|SYSTEM|FILE.yaml ...] [--list] [--json]",
	.about =
		"Evaluates the cases of validate/cases, or those that are named by case, system\n"
		"or file. Each line is one expected value: what a source claims, what we get, the\n"
		"range over what had to be assumed. Missing lines say which mechanism or figure\n"
		"lacks. Ends with exit code 1 when a line is out of its tolerance.",
	.example = "  decodesim reproduce\n  decodesim reproduce osd marlin --json\n"
		   "  decodesim reproduce --list",
	.options = options,
	.run = run,
};
