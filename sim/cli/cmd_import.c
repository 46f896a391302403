/* decodesim import: traces of any known format into the database. */
#include <inttypes.h>
#include <limits.h>
#include <string.h>

#include "sim/cli/cli.h"
#include "sim/store/store.h"

static const struct cli_option options[] = {
	{"db", "FILE", "database; default $DECODESIM_DB, else ./decodesim.db"},
	{"shapes", "TRACE", "take work for kernels without shapes from this trace of the model"},
	{"json", NULL, "machine-readable output"},
	{NULL, NULL, NULL},
};

static uint64_t opaque_count(const struct trace *trace)
{
	uint64_t count = 0;
	for (size_t i = 0; i < trace->kernel_count; i++)
		count += (trace->kernels[i].flags & SIM_KERNEL_OPAQUE) != 0;
	return count;
}

static cJSON *trace_json(const struct trace *trace, bool added)
{
	cJSON *row = cJSON_CreateObject(), *lacks = cJSON_CreateArray();
	cli_json_text(row, "trace", trace->name);
	cli_json_text(row, "source", trace->source);
	cJSON_AddStringToObject(row, "format", trace->format);
	cJSON_AddBoolToObject(row, "added", added);
	cJSON_AddNumberToObject(row, "kernels", (double)trace->kernel_count);
	cJSON_AddNumberToObject(row, "steps", (double)trace->step_count);
	cJSON_AddStringToObject(row, "steps_by", trace->steps_by);
	cli_json_text(row, "device", trace->device.name);
	cJSON_AddNumberToObject(row, "modelled_time_share", trace_modelled_share(trace));
	cJSON_AddNumberToObject(row, "opaque_kernels", (double)opaque_count(trace));
	cJSON_AddNumberToObject(row, "warnings", (double)trace->warnings);
	for (unsigned lack = 0; lack < TRACE_LACK_COUNT; lack++)
		if (trace->lacks & (1u << lack))
			cJSON_AddItemToArray(lacks, cJSON_CreateString(trace_lack_text(lack)));
	cJSON_AddItemToObject(row, "lacks", lacks);
	return row;
}

static void print_trace(const struct trace *trace, bool added)
{
	char name[256], warning[512];
	text_printable(name, sizeof(name), trace->name, strlen(trace->name));
	printf("%s: %zu kernels, %zu steps by %s, work known for %.1f %% of the device time%s\n",
	       name, trace->kernel_count, trace->step_count, trace->steps_by,
	       100 * trace_modelled_share(trace), added ? "" : " (already there)");
	fflush(stdout);
	cli_print_lacks(trace, UINT_MAX);
	if (trace->warnings > 0)
		fprintf(stderr, "%s: %" PRIu64 " events skipped, the first: %s\n", name,
			trace->warnings,
			text_printable(warning, sizeof(warning), trace->warning,
				       strlen(trace->warning)));
}

/* The database is opened, and so made, only when there is something to write. */
static enum sim_status import_one(const struct cli_args *args, const char *word,
				  struct store **store, cJSON *rows, struct sim_diag *diag)
{
	struct trace trace;
	int64_t id;
	bool added = false;
	enum sim_status status = SIM_OK;
	TRY(cli_trace(args, word, &trace, diag));
	if (*store == NULL)
		status = store_open(cli_value(args, "db"), STORE_WRITE, store, diag);
	if (status == SIM_OK)
		status = store_write_trace(*store, &trace, &id, &added, diag);
	if (status == SIM_OK && rows != NULL)
		cJSON_AddItemToArray(rows, trace_json(&trace, added));
	else if (status == SIM_OK)
		print_trace(&trace, added);
	trace_fini(&trace);
	return status;
}

static enum sim_status run(const struct cli_args *args, struct sim_diag *diag)
{
	struct store *store = NULL;
	if (args->word_count == 0)
		return diag_fail(diag, SIM_E_USAGE, "import: no TRACE file given");
	cJSON *rows = cli_flag(args, "json") ? cJSON_CreateArray() : NULL;
	enum sim_status status = SIM_OK;
	for (size_t i = 0; i < args->word_count && status == SIM_OK; i++) {
		status = import_one(args, args->words[i], &store, rows, diag);
		cli_progress("importing", i + 1, args->word_count);
	}
	if (store != NULL)
		store_close(store);
	if (rows == NULL)
		return status;
	if (status == SIM_OK)
		return cli_print_json(rows, diag);
	cJSON_Delete(rows);
	return status;
}

const struct cli_command command_import = {
	.name = "import",
	.summary = "read traces and keep them in the database",
	.usage = "TRACE... [--shapes TRACE] [--db FILE]",
	.about = "Reads torch.profiler JSON (.json or .json.gz) and Nsight Systems exports "
		 "(.sqlite).\n"
		 "Each trace is stored whole or not at all; one that is there already is left "
		 "alone.\n"
		 "What a trace lacks is stored and printed. A CUDA-graph trace has no operand "
		 "shapes: give\n"
		 "a record_shapes trace of the same model with --shapes.",
	.example = "  decodesim import traces/samples/*.json.gz\n"
		   "  decodesim import model-graph.json.gz --shapes model-shapes.json.gz",
	.options = options,
	.run = run,
};
