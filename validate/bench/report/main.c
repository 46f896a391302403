/*
 * gpu-report: what gpu_validate.sh has measured and predicted, held against what must hold.
 *
 *   gpu-report report FOLDER [--bound MODEL,...] [--max-error PCT] [--json FILE] CELL...
 *   gpu-report steps FOLDER CELL...      steps.json of calibrate, on standard output
 *   gpu-report median FILE               the median step of a decode --json, ms
 *
 * Exit codes: 0 all holds, 1 something does not or failed, 2 wrong usage.
 */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "validate/bench/report/print.h"
#include "validate/jsonfile.h"

enum { EXIT_DONE, EXIT_FAILED, EXIT_USAGE, MOST_CELLS = 256 };

struct job {
	const char *folder, *json;
	struct limits limits;
	const char *names[MOST_CELLS];
	size_t count;
	struct cell cells[MOST_CELLS];
};

static struct job job; /* too large for the stack */

static enum sim_status take_error(const char *text, struct sim_diag *diag)
{
	char *end;
	double percent = strtod(text, &end);
	if (end == text || *end != '\0' || !(percent >= 0 && percent <= 1e6))
		return diag_fail(diag, SIM_E_USAGE, "--max-error: no percentage: '%s'", text);
	job.limits.step_error = percent / 100;
	return SIM_OK;
}

static enum sim_status take_option(const char *word, const char *value, struct sim_diag *diag)
{
	if (strcmp(word, "--bound") == 0)
		job.limits.bound_models = value;
	else if (strcmp(word, "--json") == 0)
		job.json = value;
	else if (strcmp(word, "--max-error") == 0)
		return take_error(value, diag);
	else
		return diag_fail(diag, SIM_E_USAGE, "unknown option: '%s'", word);
	return SIM_OK;
}

static enum sim_status take_words(int argc, char **argv, struct sim_diag *diag)
{
	job.limits = limits_default;
	for (int i = 2; i < argc; i++) {
		const char *word = argv[i];
		if (strncmp(word, "--", 2) == 0) {
			if (++i == argc)
				return diag_fail(diag, SIM_E_USAGE, "%s needs a value", word);
			TRY(take_option(word, argv[i], diag));
		} else if (job.folder == NULL) {
			job.folder = word;
		} else if (job.count == MOST_CELLS) {
			return diag_fail(diag, SIM_E_USAGE, "more than %d cells", MOST_CELLS);
		} else {
			job.names[job.count++] = word;
		}
	}
	return SIM_OK;
}

static enum sim_status report(struct sim_diag *diag)
{
	for (size_t i = 0; i < job.count; i++)
		TRY(cell_read(job.folder, job.names[i], &job.cells[i], diag));
	size_t failed = print_report(stdout, job.cells, job.count, &job.limits);
	if (job.json != NULL)
		TRY(print_json(job.json, job.cells, job.count, &job.limits, diag));
	return failed == 0
		       ? SIM_OK
		       : diag_fail(diag, SIM_E_TOLERANCE, "%zu checks out of tolerance", failed);
}

static enum sim_status steps(struct sim_diag *diag)
{
	for (size_t i = 0; i < job.count; i++)
		TRY(cell_read_untraced(job.folder, job.names[i], &job.cells[i], diag));
	return print_steps(stdout, job.cells, job.count, diag);
}

static enum sim_status print_median(const char *path, struct sim_diag *diag)
{
	cJSON *root;
	double median = NAN;
	TRY(jsonfile_read(path, &root, diag));
	enum sim_status status = jsonfile_number(
		path, cJSON_GetObjectItemCaseSensitive(root, "wall_ms"), "median", &median, diag);
	cJSON_Delete(root);
	TRY(status);
	if (!(median > 0))
		return diag_fail(diag, SIM_E_PARSE, "%s: no positive 'median' in 'wall_ms'", path);
	printf("%.6f\n", median);
	return SIM_OK;
}

static enum sim_status run(int argc, char **argv, struct sim_diag *diag)
{
	const char *verb = argc > 1 ? argv[1] : "";
	if (strcmp(verb, "median") == 0 && argc == 3)
		return print_median(argv[2], diag);
	TRY(take_words(argc, argv, diag));
	if (job.folder != NULL && job.count > 0 && strcmp(verb, "report") == 0)
		return report(diag);
	if (job.folder != NULL && job.count > 0 && strcmp(verb, "steps") == 0)
		return steps(diag);
	return diag_fail(diag, SIM_E_USAGE,
			 "usage: gpu-report report|steps FOLDER [--bound MODEL,...] "
			 "[--max-error PCT] [--json FILE] CELL... | median FILE");
}

int main(int argc, char **argv)
{
	struct sim_diag diag;
	diag_init(&diag);
	enum sim_status status = run(argc, argv, &diag);
	if (status != SIM_OK)
		fprintf(stderr, "gpu-report: %s\n", diag.text);
	return status == SIM_OK ? EXIT_DONE : status == SIM_E_USAGE ? EXIT_USAGE : EXIT_FAILED;
}
