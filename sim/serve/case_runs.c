/* Serving runs of cases. */
#include "sim/serve/case_runs.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "sim/core/units.h"
#include "sim/serve/deploy.h"

static enum sim_status take_line(const char *line, struct serve_spec *spec, struct sim_diag *diag)
{
	char key[128];
	const char *equal = strchr(line, '=');
	size_t length = (size_t)(equal - line);
	if (length >= sizeof(key))
		return diag_fail(diag, SIM_E_RANGE, "key is too long: '%.64s'", line);
	memcpy(key, line, length);
	key[length] = '\0';
	return strcmp(key, "serve") == 0 ? SIM_OK : spec_set(spec, key, equal + 1, diag);
}

static enum sim_status read_lines(const char *const *lines, size_t count, struct serve_spec *spec,
				  struct sim_diag *diag)
{
	const char *file = "yes";
	for (size_t i = 0; i < count; i++)
		if (strncmp(lines[i], "serve=", 6) == 0)
			file = lines[i] + 6;
	TRY(strcmp(file, "yes") == 0 ? spec_init(spec, "case", diag) : spec_read(file, spec, diag));
	for (size_t i = 0; i < count; i++)
		TRY(take_line(lines[i], spec, diag));
	if (spec->numbers[SPEC_ARRIVALS] != LOAD_TRACE &&
	    !(spec->given[SPEC_PROMPT] && spec->given[SPEC_OUTPUT]))
		return diag_fail(diag, SIM_E_NOT_FOUND, "a serving run needs prompt and output");
	return SIM_OK;
}

static void fill(const struct deployment *deployment, const struct serve_report *report,
		 struct case_served *served)
{
	const struct serve_result *r = &report->result;
	double span_s = seconds_from_ps(r->end_ps - r->first_ps);
	const double values[] = {
		[CASE_FIELD_serve_ttft_ms - CASE_SERVE_FIRST] = r->ttft.mean * 1e3,
		[CASE_FIELD_serve_ttft_p99_ms - CASE_SERVE_FIRST] = r->ttft.p99 * 1e3,
		[CASE_FIELD_serve_tpot_ms - CASE_SERVE_FIRST] = r->tpot.mean * 1e3,
		[CASE_FIELD_serve_tpot_p50_ms - CASE_SERVE_FIRST] = r->tpot.p50 * 1e3,
		[CASE_FIELD_serve_wait_ms - CASE_SERVE_FIRST] = r->wait.mean * 1e3,
		[CASE_FIELD_serve_e2e_ms - CASE_SERVE_FIRST] = r->e2e.mean * 1e3,
		[CASE_FIELD_serve_total_s - CASE_SERVE_FIRST] = span_s,
		[CASE_FIELD_serve_tokens_per_s - CASE_SERVE_FIRST] = r->output_tokens_per_s,
		[CASE_FIELD_serve_requests_per_s - CASE_SERVE_FIRST] = r->completed_per_s,
		[CASE_FIELD_serve_batch - CASE_SERVE_FIRST] = r->mean_batch,
		[CASE_FIELD_serve_prompt_tokens - CASE_SERVE_FIRST] =
			(double)r->computed_prompt_tokens,
		[CASE_FIELD_serve_refused - CASE_SERVE_FIRST] = (double)r->refused,
		[CASE_FIELD_serve_preemptions - CASE_SERVE_FIRST] = (double)r->preemptions,
		[CASE_FIELD_serve_average_w - CASE_SERVE_FIRST] = report->average_w,
		[CASE_FIELD_serve_joules_per_token - CASE_SERVE_FIRST] =
			report->joules_per_mtoken * 1e-6,
		[CASE_FIELD_serve_usd_per_mtoken - CASE_SERVE_FIRST] = report->usd_per_mtoken,
		[CASE_FIELD_serve_kv_blocks - CASE_SERVE_FIRST] =
			(double)deployment->config.kv_blocks,
	};
	static_assert(sizeof(values) == sizeof(served->values), "every field is filled");
	served->fits = true;
	memcpy(served->values, values, sizeof(values));
}

struct working {
	struct serve_spec spec;
	struct load load;
	struct deployment deployment;
	struct serve_report report;
};

static enum sim_status run(const char *const *lines, size_t count, struct working *work,
			   struct case_served *served, struct sim_diag *diag)
{
	TRY(read_lines(lines, count, &work->spec, diag));
	TRY(spec_load(&work->spec, &work->load, diag));
	TRY(deployment_open(&work->spec, &work->deployment, diag));
	TRY(deployment_run(&work->deployment, &work->spec, &work->load, &work->report, diag));
	fill(&work->deployment, &work->report, served);
	return SIM_OK;
}

enum sim_status serve_case_run(const char *const *lines, size_t count, struct case_served *served,
			       struct sim_diag *diag)
{
	struct working *work = calloc(1, sizeof(*work));
	struct sim_diag why = {0};
	memset(served, 0, sizeof(*served));
	if (work == NULL)
		return diag_fail(diag, SIM_E_NOMEM, "out of memory");
	enum sim_status status = run(lines, count, work, served, &why);
	deployment_close(&work->deployment);
	spec_fini(&work->spec);
	free(work);
	if (status == SIM_OK || status == SIM_E_INFEASIBLE)
		return SIM_OK;
	return diag_fail(diag, status, "%s", why.text);
}
