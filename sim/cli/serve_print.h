/* What `decodesim serve` prints and writes. */
#ifndef SIM_CLI_SERVE_PRINT_H
#define SIM_CLI_SERVE_PRINT_H

#include "sim/cli/cli.h"
#include "sim/report/json.h"
#include "sim/serve/deploy.h"

cJSON *serve_json(const struct serve_spec *spec, const struct load *load,
		  const struct deployment *deployment, const struct serve_report *report);
void serve_print(const struct serve_spec *spec, const struct load *load,
		 const struct deployment *deployment, const struct serve_report *report);
void serve_print_keys(void);

/* Rows that `plan` prints of a report, too. */
void serve_add_latencies(cJSON *root, const struct serve_result *result);
void serve_add_checks(cJSON *root, const struct serve_report *report);
void serve_print_checks(const struct serve_report *report);
/* NaN is null. */
void serve_add_number(cJSON *object, const char *key, double value);

/*
 * Steps as Chrome JSON: a track a replica, counters of its queue and of its KV blocks. Times are
 * microseconds with three decimals; those of steps are rounded to nanoseconds.
 */
struct serve_timeline {
	FILE *out;
	struct json_writer json;
	uint64_t steps, left_out;
};
void serve_timeline_begin(struct serve_timeline *timeline, const struct deployment *deployment);
void serve_timeline_step(void *timeline, const struct serve_step *step);
SIM_MUST_CHECK enum sim_status serve_timeline_end(struct serve_timeline *timeline,
						  struct sim_diag *diag);

#endif
