/* decodesim import: traces of any known format into the database. */
#include <inttypes.h>
#include <limits.h>
#include <string.h>
#include <unistd.h>

#include "sim/cli/cli.h"
#include "sim/cli/measured.h"
#include "sim/cli/measured_bytes.h"
#include "sim/store/store.h"

static const struct cli_option options[] = {
	{"db", "FILE", "database; default $DECODESIM_DB, else ./decodesim.db"},
	{"shapes", "TRACE", "take work for kernels without shapes from this trace of the model"},
	{"lowered", "RUNTIME,...", "work from the lowered step of the trace's name (MODEL-bN-cN)"},
	{"bytes", "NCU.csv",
	 "output of ncu --csv of the same program: the kernels' measured bytes"},
	{"timing", CLI_TIMING_ARGUMENT, "log of an untraced run of the same program, or '8.31 ms'"},
	{"device", "N", "of a file with several GPUs: this one (0, 1, ...), as NAME-gpuN"},
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

static cJSON *trace_json(const struct trace *trace, const struct measured_bytes *bytes, bool added)
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
	cJSON_AddItemToObject(row, "timing", timing_json(&trace->timing));
	if (trace->bytes != NULL)
		measured_bytes_json(row, bytes);
	return row;
}

/* What was joined to the trace, not more: show trace has the rest. */
static void print_measured(const struct trace *trace, const struct measured_bytes *bytes)
{
	char source[640];
	timing_print(&trace->timing);
	if (trace->bytes == NULL)
		return;
	text_printable(source, sizeof(source), bytes->source, strlen(bytes->source));
	printf("bytes: %" PRIu64 " kernels joined with %s, %" PRIu64 " unjoined", bytes->joined,
	       source, bytes->unjoined);
	if (bytes->unused >= 0)
		printf("; %" PRId64 " of its rows unused", bytes->unused);
	printf("\n");
}

static void print_trace(const struct trace *trace, const struct measured_bytes *bytes, bool added)
{
	char name[256], warning[512];
	text_printable(name, sizeof(name), trace->name, strlen(trace->name));
	printf("%s: %zu kernels, %zu steps by %s, work known for %.1f %% of the device time%s\n",
	       name, trace->kernel_count, trace->step_count, trace->steps_by,
	       100 * trace_modelled_share(trace), added ? "" : " (already there)");
	print_measured(trace, bytes);
	fflush(stdout);
	cli_print_lacks(trace, UINT_MAX);
	if (trace->warnings > 0)
		fprintf(stderr, "%s: %" PRIu64 " events skipped, the first: %s\n", name,
			trace->warnings,
			text_printable(warning, sizeof(warning), trace->warning,
				       strlen(trace->warning)));
}

/* A stored trace is changed where it is, so its database may be of an older version. */
static enum sim_status open_if_stored(const struct cli_args *args, const char *word,
				      struct store **store, struct sim_diag *diag)
{
	struct sim_diag inner;
	diag_init(&inner);
	if (*store != NULL || access(word, F_OK) == 0 || strchr(word, '/') != NULL)
		return SIM_OK;
	enum sim_status status = store_open(cli_value(args, "db"), STORE_CHANGE, store, &inner);
	if (status == SIM_OK || status == SIM_E_NOT_FOUND)
		return SIM_OK; /* cli_trace() says what is not there */
	return diag_fail(diag, status, "%s", inner.text);
}

static enum sim_status keep(const struct cli_args *args, struct trace *trace, struct store **store,
			    cJSON *rows, struct sim_diag *diag)
{
	struct measured_bytes bytes = {.unused = -1};
	int64_t id;
	bool added = false;
	TRY(measured_add(args, trace, &bytes.unused, diag));
	measured_bytes_add(&bytes, trace);
	if (*store == NULL)
		TRY(store_open(cli_value(args, "db"), STORE_WRITE, store, diag));
	TRY(store_write_trace(*store, trace, &id, &added, diag));
	if (rows != NULL)
		cJSON_AddItemToArray(rows, trace_json(trace, &bytes, added));
	else
		print_trace(trace, &bytes, added);
	return SIM_OK;
}

/* The database is opened, and so made, only when there is something to write. */
static enum sim_status import_one(const struct cli_args *args, const char *word,
				  struct store **store, cJSON *rows, struct sim_diag *diag)
{
	struct trace trace;
	TRY(open_if_stored(args, word, store, diag));
	TRY(cli_trace(args, word, &trace, diag));
	enum sim_status status = keep(args, &trace, store, rows, diag);
	trace_fini(&trace);
	return status;
}

static enum sim_status run(const struct cli_args *args, struct sim_diag *diag)
{
	struct store *store = NULL;
	if (args->word_count == 0)
		return diag_fail(diag, SIM_E_USAGE, "import: no TRACE file given");
	TRY(measured_check(args, diag));
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
	.usage = "TRACE... [options]",
	.about = "Reads native logs (decodesim trace), torch.profiler JSON (.json or .json.gz) and "
		 "Nsight\n"
		 "Systems exports (.sqlite). Each trace is stored whole or not at all; one that is "
		 "there\n"
		 "already is left alone. What a trace lacks is stored and printed. A CUDA-graph "
		 "trace has\n"
		 "no operand shapes: give a record_shapes trace of the same model with --shapes.\n"
		 "--bytes and --timing add what other runs of the program measured, also to a "
		 "TRACE that\n"
		 "is stored already (by its name); its runs and validations stay with it.",
	.example = "  decodesim import traces/samples/*.json.gz\n"
		   "  decodesim import model-graph.json.gz --shapes model-shapes.json.gz\n"
		   "  decodesim import model.dslog --timing untraced.dslog\n"
		   "  decodesim import --timing '8.31 ms' model-graph\n"
		   "  decodesim import --bytes ncu.csv.gz model-shapes",
	.options = options,
	.run = run,
};
