/* The options --bytes and --timing, and a trace's timing in words: see measured.h. */
#include "sim/cli/measured.h"

#include <inttypes.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "sim/core/units.h"
#include "traces/build.h"
#include "traces/ncu.h"

enum sim_status measured_check(const struct cli_args *args, struct sim_diag *diag)
{
	static const char *const options[] = {"bytes", "timing"};
	for (size_t i = 0; i < sizeof(options) / sizeof(options[0]); i++)
		if (cli_value(args, options[i]) != NULL && args->word_count > 1)
			return diag_fail(diag, SIM_E_USAGE, "%s: --%s belongs to exactly one TRACE",
					 args->command->name, options[i]);
	return SIM_OK;
}

static enum sim_status take_join(struct trace *trace, const struct ncu_join *join, const char *path,
				 struct sim_diag *diag)
{
	struct trace_bytes *bytes = calloc(trace->kernel_count + 1, sizeof(*bytes));
	if (bytes == NULL)
		return diag_fail(diag, SIM_E_NOMEM, "out of memory");
	for (size_t i = 0; i < trace->kernel_count; i++)
		bytes[i] = (struct trace_bytes){join->dram_read_bytes[i], join->dram_write_bytes[i],
						join->lts_bytes[i]};
	free(trace->bytes);
	trace->bytes = bytes;
	snprintf(trace->bytes_source, sizeof(trace->bytes_source), "%s", path);
	return SIM_OK;
}

static enum sim_status add_bytes(struct trace *trace, const char *path, int64_t *unused,
				 struct sim_diag *diag)
{
	struct ncu_log log;
	struct ncu_join join;
	TRY(ncu_read(path, &log, diag));
	enum sim_status status = ncu_join(&log, trace, &join, diag);
	if (status == SIM_OK && join.joined == 0)
		status = diag_fail(diag, SIM_E_NOT_FOUND,
				   "%s: none of its kernels is in a step of the trace by name, "
				   "grid and block: '%s'; was it made with another model or batch?",
				   path, trace->name);
	else if (status == SIM_OK)
		status = take_join(trace, &join, path, diag);
	*unused = (int64_t)join.unused;
	ncu_join_fini(&join);
	ncu_fini(&log);
	return status;
}

/* A file by that name, else a time. */
static enum sim_status add_timing(struct trace *trace, const char *text, struct sim_diag *diag)
{
	const double longest = (double)BUILD_LONGEST_NS * 1e-9;
	struct sim_diag inner;
	double seconds;
	if (access(text, F_OK) == 0)
		return trace_timing_read(text, trace, diag);
	diag_init(&inner);
	bool number = strchr("0123456789.+-", text[0]) != NULL && text[0] != '\0';
	if (unit_parse(text, UNIT_SECONDS, &seconds, &inner) != SIM_OK)
		return number ? diag_fail(diag, SIM_E_USAGE, "--timing: %s", inner.text)
			      : diag_fail(diag, SIM_E_IO,
					  "--timing: no such file: '%s' (give a log of an untraced "
					  "run, or a step's time with its unit: '8.31 ms')",
					  text);
	int64_t step_ns = ps_from_seconds(seconds) / PS_PER_NS;
	if (step_ns < 1 || seconds > longest)
		return diag_fail(diag, SIM_E_USAGE, "--timing: no time of a step: '%s'", text);
	trace_timing_given(trace, step_ns);
	return SIM_OK;
}

enum sim_status measured_add(const struct cli_args *args, struct trace *trace, int64_t *unused,
			     struct sim_diag *diag)
{
	const char *bytes = cli_value(args, "bytes"), *timing = cli_value(args, "timing");
	*unused = -1;
	if (bytes != NULL)
		TRY(add_bytes(trace, bytes, unused, diag));
	return timing != NULL ? add_timing(trace, timing, diag) : SIM_OK;
}

double timing_ms(int64_t ns)
{
	return ns != 0 ? (double)ns / 1e6 : (double)NAN;
}

static double stretch(int64_t traced_ns, int64_t ns)
{
	return traced_ns > 0 && ns > 0 ? (double)traced_ns / (double)ns - 1 : (double)NAN;
}

double timing_step_stretch(const struct trace_timing *timing)
{
	return stretch(timing->traced_step_ns, timing->step_ns);
}

double timing_device_stretch(const struct trace_timing *timing)
{
	return stretch(timing->traced_device_ns, timing->device_ns);
}

cJSON *timing_json(const struct trace_timing *timing)
{
	if (timing->source[0] == '\0')
		return cJSON_CreateNull();
	cJSON *row = cJSON_CreateObject();
	cli_json_text(row, "source", timing->source);
	cli_json_text(row, "kind", timing->kind);
	cJSON_AddNumberToObject(row, "steps", timing->step_count);
	cJSON_AddNumberToObject(row, "unprofiled_step_ms", timing_ms(timing->step_ns));
	cJSON_AddNumberToObject(row, "unprofiled_step_p05_ms", timing_ms(timing->step_low_ns));
	cJSON_AddNumberToObject(row, "unprofiled_step_p95_ms", timing_ms(timing->step_high_ns));
	cJSON_AddNumberToObject(row, "traced_step_ms", timing_ms(timing->traced_step_ns));
	cJSON_AddNumberToObject(row, "step_stretch_pct", 100 * timing_step_stretch(timing));
	cJSON_AddNumberToObject(row, "unprofiled_device_ms", timing_ms(timing->device_ns));
	cJSON_AddNumberToObject(row, "traced_device_ms", timing_ms(timing->traced_device_ns));
	cJSON_AddNumberToObject(row, "device_stretch_pct", 100 * timing_device_stretch(timing));
	return row;
}

static void print_stretch(double traced_ms, double share)
{
	if (isnan(traced_ms))
		printf("; traced: unknown\n");
	else if (isnan(share))
		printf("; %.3f ms traced\n", traced_ms);
	else
		printf("; %.3f ms traced: tracing stretches it by %.1f %%\n", traced_ms,
		       100 * share);
}

void timing_print(const struct trace_timing *timing)
{
	char source[640], kind[80];
	if (timing->source[0] == '\0')
		return;
	text_printable(source, sizeof(source), timing->source, strlen(timing->source));
	text_printable(kind, sizeof(kind), timing->kind, strlen(timing->kind));
	printf("step: %.3f ms without tracing (%s", timing_ms(timing->step_ns), kind);
	if (strcmp(kind, source) != 0)
		printf(", %s", source);
	if (timing->step_count > 0)
		printf("; %" PRIu32 " steps", timing->step_count);
	if (timing->step_low_ns != timing->step_high_ns)
		printf(", 5 to 95 %%: %.3f to %.3f", timing_ms(timing->step_low_ns),
		       timing_ms(timing->step_high_ns));
	printf(")");
	print_stretch(timing_ms(timing->traced_step_ns), timing_step_stretch(timing));
	if (timing->device_ns == 0)
		return;
	printf("device span of a step: %.3f ms there", timing_ms(timing->device_ns));
	print_stretch(timing_ms(timing->traced_device_ns), timing_device_stretch(timing));
}
