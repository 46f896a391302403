/* decodesim export: a trace for viewers. */
#include <string.h>
#include <unistd.h>

#include "sim/cli/cli.h"
#include "sim/report/chrome.h"
#include "sim/report/json.h"
#include "sim/report/out_file.h"

static const struct cli_option options[] = {
	{"chrome", "FILE|-", "write Chrome JSON, gzipped where FILE ends in .gz; - is stdout"},
	{"db", "FILE", "database to read from; default $DECODESIM_DB, else ./decodesim.db"},
	{"json", NULL, "machine-readable summary"},
	{NULL, NULL, NULL},
};

/* The trace model keeps no ranges but steps; a native log is asked for them. */
static enum sim_status read_marks(const char *word, struct log_marks *marks, bool *found,
				  struct sim_diag *diag)
{
	*found = false;
	if (access(word, F_OK) != 0)
		return SIM_OK;
	TRY(log_marks_is_log(word, found, diag));
	return *found ? log_marks_read(word, marks, diag) : SIM_OK;
}

static enum sim_status write_file(const struct trace *trace, const struct log_marks *marks,
				  const char *path, struct chrome_counts *counts,
				  struct sim_diag *diag)
{
	struct out_file out;
	TRY(out_file_open(&out, path, diag));
	enum sim_status status = chrome_write(trace, marks, out.file, counts, diag);
	return out_file_close(&out, status, diag);
}

static enum sim_status print_summary(const struct trace *trace, const char *path,
				     const struct chrome_counts *counts, bool as_json,
				     struct sim_diag *diag)
{
	char name[512];
	struct json_writer json;
	if (!as_json) {
		printf("%s: %zu kernels, %zu launches, %zu ranges, %zu steps\n",
		       text_printable(name, sizeof(name), path, strlen(path)), counts->kernels,
		       counts->launches, counts->ranges, counts->steps);
		return SIM_OK;
	}
	json_init(&json, stdout, 2);
	json_open_object(&json, NULL);
	json_text(&json, "trace", trace->name);
	json_text(&json, "file", path);
	json_uint(&json, "kernels", counts->kernels);
	json_uint(&json, "launches", counts->launches);
	json_uint(&json, "flows", counts->flows);
	json_uint(&json, "ranges", counts->ranges);
	json_uint(&json, "steps", counts->steps);
	json_close_object(&json);
	return json_finish(&json, diag);
}

static enum sim_status export_trace(const struct cli_args *args, const char *word, const char *path,
				    struct sim_diag *diag)
{
	struct trace trace;
	struct log_marks marks = {0};
	struct chrome_counts counts;
	bool has_marks = false;
	TRY(cli_trace(args, word, &trace, diag));
	enum sim_status status = read_marks(word, &marks, &has_marks, diag);
	if (status == SIM_OK)
		status = write_file(&trace, has_marks ? &marks : NULL, path, &counts, diag);
	if (status == SIM_OK && strcmp(path, "-") != 0)
		status = print_summary(&trace, path, &counts, cli_flag(args, "json"), diag);
	log_marks_fini(&marks);
	trace_fini(&trace);
	return status;
}

static enum sim_status run(const struct cli_args *args, struct sim_diag *diag)
{
	const char *path = cli_value(args, "chrome");
	if (args->word_count != 1)
		return diag_fail(diag, SIM_E_USAGE,
				 "export: exactly one TRACE (a file, or the name of an imported "
				 "trace)");
	if (path == NULL)
		return diag_fail(diag, SIM_E_USAGE, "export: --chrome FILE is missing");
	if (strcmp(path, "-") == 0 && cli_flag(args, "json"))
		return diag_fail(diag, SIM_E_USAGE,
				 "export: --json and --chrome - would both write to stdout");
	return export_trace(args, args->words[0], path, diag);
}

const struct cli_command cli_export = {
	.name = "export",
	.summary = "write a trace for Perfetto and other viewers",
	.usage = "TRACE --chrome FILE [--json]",
	.about = "Writes a trace (a file, or the name of an imported one) as Chrome JSON: a track "
		 "a\n"
		 "stream and a thread, launches with flows to their kernels, steps, and the NVTX\n"
		 "ranges of a native log. Open it at https://ui.perfetto.dev or import it again.\n"
		 "FILE is there whole or not at all.",
	.example = "  decodesim export run.dslog --chrome run.json.gz\n"
		   "  decodesim export llama-3.1-8b-b1-c2048-graph --chrome - > graph.json",
	.options = options,
	.run = run,
};
