/* decodesim replay: a trace's kernels on a machine, in time. */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "sim/cli/cli.h"
#include "sim/cli/step_print.h"
#include "sim/cli/version.h"
#include "sim/core/replay.h"
#include "sim/store/store.h"
#include "traces/work.h"
#include "validate/band.h"

static const struct cli_option options[] = {
	{"hw", "NAME|FILE.yaml", "the machine; MODEL:NAME runs another model class on it"},
	{"launch", "MODE", "as-traced (default), eager, graph, pdl or megakernel"},
	{"host-speed", "X", "2 halves every host cost; default 1"},
	{"set", "KEY=VALUE", "override a parameter, with unit: hbm.bandwidth=8 TB/s; repeatable"},
	{"shapes", "TRACE", "take work for kernels without shapes from this trace of the model"},
	{"lowered", "RUNTIME,...", "work from the lowered step of the trace's name (MODEL-bN-cN)"},
	{"db", "FILE", "database; default $DECODESIM_DB, else ./decodesim.db"},
	{"no-store", NULL, "do not keep the run in the database"},
	{"kernels", NULL, "keep every kernel of the run, not one row per name and shape"},
	{"json", NULL, "machine-readable output"},
	{NULL, NULL, NULL},
};

struct replay_job {
	struct trace trace;
	struct hw_device device;
	struct sim_program program;
	struct sim_kernel *recorded;
	int32_t *gaps;
	int64_t *start, *end;
	struct replay_options options;
	struct replay_result result;
	struct interval band;
	struct step_energy energy;
	struct step_placement placement;
};

static enum sim_status read_options(const struct cli_args *args, struct replay_options *replay,
				    struct sim_diag *diag)
{
	const char *launch = cli_value(args, "launch");
	replay_options_init(replay);
	replay->launch = SIM_LAUNCH_AS_TRACED;
	replay->attribute = true;
	if (launch != NULL) {
		int mode = sim_launch_from_text(launch);
		if (mode < 0)
			return diag_fail(diag, SIM_E_USAGE,
					 "--launch: unknown mode: '%s' (as-traced, eager, graph, "
					 "pdl, megakernel)",
					 launch);
		replay->launch = (enum sim_launch)mode;
	}
	return cli_number(args, "host-speed", 1, 1e-3, 1e6, &replay->host_speed, diag);
}

static enum sim_status prepare(struct replay_job *job, struct sim_diag *diag)
{
	size_t room = job->trace.kernel_count + 1;
	job->start = calloc(room, sizeof(*job->start));
	job->end = calloc(room, sizeof(*job->end));
	job->recorded = calloc(room, sizeof(*job->recorded));
	job->gaps = calloc(room, sizeof(*job->gaps));
	if (job->start == NULL || job->end == NULL || job->recorded == NULL || job->gaps == NULL)
		return diag_fail(diag, SIM_E_NOMEM, "out of memory");
	job->program = job->device.machine.plays_recording
			       ? trace_recorded_program(&job->trace, job->recorded, job->gaps)
			       : trace_program(&job->trace);
	job->options.start_ps = job->start;
	job->options.end_ps = job->end;
	return SIM_OK;
}

static enum sim_status keep(const struct cli_args *args, const struct replay_job *job, int64_t *run,
			    struct sim_diag *diag)
{
	struct store *store;
	struct store_placed placed[PLACEMENT_MOST];
	struct store_energy energy = step_stored_energy(&job->energy);
	const struct store_run row = {
		.trace = job->trace.name,
		.trace_hash = job->trace.content_hash,
		.device = &job->device,
		.launch = job->options.launch,
		.host_speed = job->options.host_speed,
		.result = &job->result,
		.error_band_low = job->band.low,
		.error_band_high = job->band.high,
		.version = DECODESIM_VERSION,
		.kernels_of = &job->trace,
		.start_ps = job->start,
		.end_ps = job->end,
		.energy = &energy,
		.placed = placed,
		.placed_count =
			step_stored_placement(&job->placement, &job->device.machine, placed),
		.every_kernel = cli_flag(args, "kernels"),
	};
	*run = 0;
	if (cli_flag(args, "no-store"))
		return SIM_OK;
	TRY(store_open(cli_value(args, "db"), STORE_WRITE, &store, diag));
	enum sim_status status = store_write_run(store, &row, run, diag);
	store_close(store);
	return status;
}

/* Opaque kernels stay as recorded whatever the machine: their share of the step's time. */
static double opaque_share(const struct replay_result *result)
{
	return step_ratio((double)result->opaque_ps, (double)result->device_busy_ps);
}

/* Tokens that a step makes: one a sequence. */
static double batch_of(const struct replay_job *job)
{
	uint32_t batch = trace_batch(&job->trace);
	return batch > 0 ? batch : 1;
}

static cJSON *result_json(const struct replay_job *job, int64_t run)
{
	const struct replay_result *result = &job->result;
	char digest[32];
	cJSON *root = cJSON_CreateObject();
	snprintf(digest, sizeof(digest), "%016llx", (unsigned long long)result->digest);
	cli_json_text(root, "trace", job->trace.name);
	cJSON_AddStringToObject(root, "hw", job->device.name);
	cJSON_AddStringToObject(root, "model", job->device.model->name);
	cJSON_AddStringToObject(root, "launch", sim_launch_text(job->options.launch));
	cJSON_AddNumberToObject(root, "steps", (double)result->steps);
	cJSON_AddNumberToObject(root, "kernels", (double)result->kernels);
	cJSON_AddNumberToObject(root, "step_ms", step_ms(result->step_ps));
	cJSON_AddNumberToObject(root, "device_span_ms", step_ms(result->device_span_ps));
	cJSON_AddNumberToObject(root, "device_busy_ms", step_ms(result->device_busy_ps));
	cJSON_AddNumberToObject(root, "host_ms", step_ms(result->host_ps));
	cJSON_AddNumberToObject(root, "floor_ms", step_ms(result->floor_ps));
	cJSON_AddNumberToObject(root, "floor_fraction",
				step_ratio((double)result->floor_ps, (double)result->step_ps));
	cJSON_AddNumberToObject(root, "batch", batch_of(job));
	cJSON_AddNumberToObject(root, "tokens_per_s",
				batch_of(job) * step_ratio(1e12, (double)result->step_ps));
	cJSON_AddStringToObject(root, "digest", digest);
	step_add_band(root, &job->band, job->device.machine.calibrated);
	cJSON_AddNumberToObject(root, "opaque_kernels", (double)result->opaque_kernels);
	cJSON_AddNumberToObject(root, "opaque_time_share", opaque_share(result));
	if (run > 0)
		cJSON_AddNumberToObject(root, "run", (double)run);
	step_add_parts(root, result->part_ps);
	step_add_energy(root, &job->energy, &job->device.machine.cost);
	step_add_placement(root, &job->placement, &job->device.machine, (double)result->steps);
	return root;
}

static void print_result(const struct replay_job *job, int64_t run)
{
	const struct replay_result *result = &job->result;
	char name[256];
	text_printable(name, sizeof(name), job->trace.name, strlen(job->trace.name));
	printf("%s on %s (%s), launch %s\n", name, job->device.name, job->device.model->name,
	       sim_launch_text(job->options.launch));
	printf("  step          %10.3f ms", step_ms(result->step_ps));
	if (job->device.machine.plays_recording)
		printf("   (kernels as recorded)\n");
	else
		step_print_band(&job->band, job->device.machine.calibrated);
	printf("  device span   %10.3f ms\n", step_ms(result->device_span_ps));
	printf("  device busy   %10.3f ms\n", step_ms(result->device_busy_ps));
	printf("  host issuing  %10.3f ms\n", step_ms(result->host_ps));
	if (result->floor_ps > 0)
		printf("  byte floor    %10.3f ms   (the step reaches %.1f %% of it)\n",
		       step_ms(result->floor_ps),
		       100 * step_ratio((double)result->floor_ps, (double)result->step_ps));
	printf("  tokens/s      %10.1f      (batch %.0f, %llu kernels in %llu steps)\n",
	       batch_of(job) * step_ratio(1e12, (double)result->step_ps), batch_of(job),
	       (unsigned long long)result->kernels, (unsigned long long)result->steps);
	if (result->opaque_kernels > 0 && !job->device.machine.plays_recording)
		printf("  as recorded   %10.3f ms   (%llu kernels without known work, %.1f %% of "
		       "the device time, not in the error band)\n",
		       step_ms(result->opaque_ps), (unsigned long long)result->opaque_kernels,
		       100 * opaque_share(result));
	step_print_energy(&job->energy);
	printf("  where the time goes\n");
	step_print_parts(result->part_ps, result->step_ps);
	step_print_placement(&job->placement, &job->device.machine, (double)result->steps);
	printf("  digest %016llx", (unsigned long long)result->digest);
	if (run > 0)
		printf(", stored as run %lld", (long long)run);
	printf("\n");
}

/* What was recorded on another device has no known error on this one. */
static enum sim_status find_band(struct replay_job *job, struct sim_diag *diag)
{
	TRY(step_band(&job->program, &job->device.machine, &job->band, diag));
	if (job->result.opaque_kernels > 0 && !job->device.machine.plays_recording &&
	    cli_is_other_device(&job->trace, &job->device))
		job->band = (struct interval){NAN, NAN};
	return SIM_OK;
}

static enum sim_status run_job(const struct cli_args *args, struct replay_job *job,
			       struct sim_diag *diag)
{
	int64_t run;
	TRY(prepare(job, diag));
	enum sim_status fits =
		step_fits((double)trace_resident_bytes(&job->trace), &job->device.machine, diag);
	if (fits != SIM_OK) {
		if (!cli_flag(args, "json"))
			return fits;
		cJSON *root = cJSON_CreateObject();
		cli_json_text(root, "trace", job->trace.name);
		cJSON_AddStringToObject(root, "hw", job->device.name);
		cJSON_AddStringToObject(root, "infeasible", diag != NULL ? diag->text : "");
		TRY(cli_print_json(root, diag));
		return fits;
	}
	TRY(replay_run(&job->program, &job->device.machine, &job->options, &job->result, diag));
	TRY(find_band(job, diag));
	double steps = job->result.steps > 0 ? (double)job->result.steps : 1;
	step_energy(&job->program, &job->device.machine, steps, job->result.total_ps,
		    batch_of(job) * steps, &job->energy);
	step_place(&job->program, &job->device.machine, &job->placement);
	TRY(keep(args, job, &run, diag));
	if (cli_flag(args, "json"))
		return cli_print_json(result_json(job, run), diag);
	print_result(job, run);
	if (!job->device.machine.plays_recording)
		cli_print_lacks(&job->trace,
				(1u << TRACE_LACK_SHAPES) | (1u << TRACE_LACK_SOME_WORK));
	return SIM_OK;
}

static enum sim_status run(const struct cli_args *args, struct sim_diag *diag)
{
	struct replay_job job = {0};
	if (args->word_count != 1)
		return diag_fail(diag, SIM_E_USAGE, "replay: exactly one TRACE is needed");
	TRY(read_options(args, &job.options, diag));
	TRY(cli_device(args, &job.device, diag));
	enum sim_status status = cli_trace(args, args->words[0], &job.trace, diag);
	if (status == SIM_OK) {
		status = run_job(args, &job, diag);
		trace_fini(&job.trace);
	}
	device_fini(&job.device);
	free(job.start);
	free(job.end);
	free(job.recorded);
	free(job.gaps);
	return status;
}

const struct cli_command command_replay = {
	.name = "replay",
	.summary = "replay a trace's kernels on a machine and say where the time goes",
	.usage = "TRACE --hw NAME|FILE.yaml [options]",
	.about =
		"TRACE is a file or the name of an imported trace. Only its work is read (what "
		"ran),\n"
		"never its durations, unless the machine is 'recorded'. Kernels whose work is not\n"
		"known are played as recorded and counted.",
	.example = "  decodesim replay llama-3.1-8b-b1-c2048-shapes --hw l4 --launch graph\n"
		   "  decodesim replay trace.json.gz --hw h100-sxm --set 'hbm.bandwidth=8 TB/s' "
		   "--json\n"
		   "  decodesim replay trace-graph.json.gz --hw recorded --launch as-traced",
	.options = options,
	.run = run,
};
