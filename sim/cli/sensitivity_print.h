/* What `decodesim sensitivity` prints. */
#ifndef SIM_CLI_SENSITIVITY_PRINT_H
#define SIM_CLI_SENSITIVITY_PRINT_H

#include "sim/cli/cli.h"
#include "sim/explore/reach.h"
#include "sim/explore/sensitivity.h"
#include "sim/explore/sobol.h"

struct sensitivity_report {
	const struct step_model *model;
	char name[160]; /* of the workload */
	struct elasticities elasticities;
	/* --global */
	bool is_global;
	double share; /* of the range where the file gives none */
	struct range_effect *effects;
	size_t effect_count, input_count; /* the first ones are the inputs */
	struct sobol_result sobol;
	/* --reach */
	bool is_reach;
	size_t parameter;
	int64_t target_ps, now_ps;
	struct reach reach;
};

void sensitivity_print(const struct sensitivity_report *report);
cJSON *sensitivity_json(const struct sensitivity_report *report);

#endif
