/* decodesim sql: a read-only look into the database. */
#include "sim/cli/cli.h"
#include "sim/report/query.h"
#include "sim/store/store.h"

static const struct cli_option options[] = {
	{"db", "FILE", "database; default $DECODESIM_DB, else ./decodesim.db"},
	{"csv", NULL, "comma-separated values with a header line"},
	{"json", NULL, "an array of objects"},
	{NULL, NULL, NULL},
};

static enum sim_status run(const struct cli_args *args, struct sim_diag *diag)
{
	struct store *store;
	enum query_format format = QUERY_TABLE;
	if (args->word_count != 1)
		return diag_fail(diag, SIM_E_USAGE,
				 "sql: exactly one statement is needed (quote it: 'SELECT ...')");
	if (cli_flag(args, "csv") && cli_flag(args, "json"))
		return diag_fail(diag, SIM_E_USAGE, "sql: --csv and --json exclude each other");
	if (cli_flag(args, "csv"))
		format = QUERY_CSV;
	if (cli_flag(args, "json"))
		format = QUERY_JSON;
	TRY(store_open(cli_value(args, "db"), STORE_READ, &store, diag));
	enum sim_status status = query_print(store, args->words[0], format, stdout, diag);
	store_close(store);
	return status;
}

const struct cli_command command_sql = {
	.name = "sql",
	.summary = "run one read-only SQL statement on the database",
	.usage = "'SELECT ...' [--csv|--json] [--db FILE]",
	.about = "The schema, with a comment on every table and column, is sim/store/schema.sql.\n"
		 "Statements that write are refused.",
	.example = "  decodesim sql 'SELECT name, kernel_count FROM trace'\n"
		   "  decodesim sql 'SELECT * FROM validation' --csv > validation.csv",
	.options = options,
	.run = run,
};
