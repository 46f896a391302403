/* Lowering what a trace's name says, and taking its work: see lowered_work.h. */
#include "validate/lowered_work.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "validate/run.h"

/* Digits at TEXT as *VALUE; returns what follows them, NULL when there are none or too many. */
static const char *take_digits(const char *text, double *value)
{
	enum { MOST_DIGITS = 9 };
	int digits = 0;
	*value = 0;
	for (; *text >= '0' && *text <= '9'; text++) {
		*value = *value * 10 + (*text - '0');
		digits++;
	}
	return digits > 0 && digits <= MOST_DIGITS ? text : NULL;
}

bool traced_run_parse(const char *name, struct traced_run *run)
{
	for (const char *at = strstr(name, "-b"); at != NULL; at = strstr(at + 1, "-b")) {
		const char *end = take_digits(at + 2, &run->batch);
		size_t length = (size_t)(at - name);
		if (end == NULL || strncmp(end, "-c", 2) != 0 || length == 0 ||
		    length >= sizeof(run->model))
			continue;
		end = take_digits(end + 2, &run->context);
		if (end == NULL || (*end != '\0' && *end != '-') || run->batch == 0)
			continue;
		memcpy(run->model, name, length);
		run->model[length] = '\0';
		return true;
	}
	return false;
}

static enum sim_status fill_scenario(const struct traced_run *run, const char *runtime,
				     struct workload_scenario *scenario, struct sim_diag *diag)
{
	TRY(scenario_init(scenario, diag));
	TRY(scenario_set(scenario, "model", run->model, diag));
	TRY(scenario_set(scenario, "runtime", runtime, diag));
	TRY(scenario_set_number(scenario, SCENARIO_BATCH, run->batch, diag));
	return scenario_set_number(scenario, SCENARIO_CONTEXT, run->context, diag);
}

static enum sim_status lower(const struct workload *workload, const struct traced_run *run,
			     struct trace *donor, struct sim_diag *diag)
{
	struct workload_iteration iteration;
	struct workload_program program = {0};
	TRY(workload_iterate(workload, run->context, &iteration, diag));
	enum sim_status status = workload_program(workload, &iteration, &program, diag);
	if (status == SIM_OK)
		status = run_trace(&program, workload->runtime.name, donor, diag);
	workload_program_fini(&program);
	return status;
}

static enum sim_status adopt_from(struct trace *trace, const struct traced_run *run,
				  const char *runtime, uint64_t *filled, struct sim_diag *diag)
{
	struct workload workload;
	struct workload_scenario scenario;
	struct trace donor;
	enum sim_status status = fill_scenario(run, runtime, &scenario, diag);
	if (status != SIM_OK) {
		scenario_fini(&scenario);
		return status;
	}
	status = workload_load(&workload, &scenario, trace->device.sm_count, diag);
	if (status == SIM_OK)
		status = lower(&workload, run, &donor, diag);
	if (status == SIM_OK) {
		status = trace_adopt_work(trace, &donor, filled, diag);
		trace_fini(&donor);
	}
	workload_fini(&workload);
	return status;
}

enum sim_status lowered_work_adopt(struct trace *trace, const char *runtimes, uint64_t *filled,
				   struct sim_diag *diag)
{
	struct traced_run run;
	bool opaque = false;
	*filled = 0;
	for (size_t i = 0; i < trace->kernel_count && !opaque; i++)
		opaque = (trace->kernels[i].flags & SIM_KERNEL_OPAQUE) != 0;
	if (!opaque)
		return SIM_OK;
	if (!traced_run_parse(trace->name, &run))
		return diag_fail(diag, SIM_E_USAGE,
				 "--lowered: the name does not say model, batch and context "
				 "(MODEL-bBATCH-cCONTEXT): '%s'",
				 trace->name);
	for (const char *at = runtimes;;) {
		char runtime[512];
		struct sim_diag why = {0};
		size_t length = strcspn(at, ",");
		if (length == 0 || length >= sizeof(runtime))
			return diag_fail(diag, SIM_E_USAGE, "--lowered: no runtime: '%s'",
					 runtimes);
		memcpy(runtime, at, length);
		runtime[length] = '\0';
		enum sim_status status = adopt_from(trace, &run, runtime, filled, &why);
		if (status == SIM_OK)
			return SIM_OK;
		if (status != SIM_E_UNSUPPORTED || at[length] == '\0')
			return diag_fail(diag, status, "%s", why.text);
		at += length + 1;
	}
}
