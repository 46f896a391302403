/* Runs of deployments and plans, into the database. */
#ifndef SIM_CLI_SERVE_STORE_H
#define SIM_CLI_SERVE_STORE_H

#include "sim/cli/cli.h"
#include "sim/report/json.h"
#include "sim/serve/plan.h"

#define SERVE_STORE_OPTIONS                                                                        \
	{"db", "FILE", "database; default $DECODESIM_DB, else ./decodesim.db"},                    \
	{                                                                                          \
		"no-store", NULL, "do not keep the result in the database"                         \
	}

/* Where a result lies: *ID 0 with --no-store; *ADDED false where it was there already. */
struct serve_stored {
	int64_t id;
	bool added;
};

SIM_MUST_CHECK enum sim_status serve_store(const struct cli_args *args,
					   const struct serve_spec *spec, const struct load *load,
					   const struct deployment *deployment,
					   const struct serve_report *report,
					   struct serve_stored *stored, struct sim_diag *diag);
SIM_MUST_CHECK enum sim_status plan_store(const struct cli_args *args,
					  const struct serve_plan *plan,
					  struct serve_stored *stored, struct sim_diag *diag);

/* "stored": the id, null where nothing was stored. */
void serve_add_stored(cJSON *root, const struct serve_stored *stored);
/* Keys of the search as CANDIDATE has them; in cmd_plan.c. */
cJSON *plan_keys_json(const struct serve_plan *plan, const struct plan_candidate *candidate);
/* "  stored as serve 3", or nothing */
void serve_print_stored(const char *kind, const struct serve_stored *stored);

#endif
