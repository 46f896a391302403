/* decodesim trace: runs a program under the bundled tracer and says what its log holds. */
#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "sim/cli/capture.h"
#include "sim/cli/cli.h"
#include "traces/tracer/options.h"

enum { MOST_STEPS = 1000000 };

static const struct cli_option options[] = {
	{"o", "LOG", "the log; %p becomes the process id; default PROGRAM-%p" CAPTURE_SUFFIX},
	{"kernels-only", NULL, "no API calls: least overhead, but host time stays unknown"},
	{"ranges", NULL, "NVTX too: steps, and ops with their shapes (emit_nvtx), so work"},
	{"graph-level", NULL, "one record a CUDA graph replay: true step times, no kernels of it"},
	{"timing", NULL, "no CUPTI at all: only NVTX ranges that name steps"},
	{"then", "timing|graph-level", "run it again so, into LOG-timing or LOG-graph-level"},
	{"steps", "N", "stop tracing after N steps; the program runs on"},
	{"syncs", NULL, "synchronization records too"},
	{"all-calls", NULL, "every API call, not only those that launch, copy, wait, allocate"},
	{"cupti", "FILE", "libcupti to load instead of the program's own or the system's"},
	{"preload", NULL, "inject by LD_PRELOAD: for programs that call NVTX before CUDA"},
	{"force", NULL, "write over a log that is there"},
	{"json", "FILE", "what was run and recorded, as JSON"},
	{"verbose", NULL, "let the tracer tell what it does"},
	{NULL, NULL, NULL},
};

/* One run of the program. */
struct run {
	const struct cli_args *args;
	const char *mode;	    /* "", "timing" or "graph-level" */
	char pattern[CAPTURE_PATH]; /* of the log, as the user wrote it */
	struct capture capture;
	struct capture_log *logs;
	size_t log_count;
	int exit_code;
};

static const char *mode_of(const struct cli_args *args)
{
	if (cli_flag(args, "timing"))
		return "timing";
	return cli_flag(args, "graph-level") ? "graph-level" : "";
}

static enum sim_status check_usage(const struct cli_args *args, struct sim_diag *diag)
{
	const char *then = cli_value(args, "then");
	bool timing = cli_flag(args, "timing"), graph = cli_flag(args, "graph-level");
	bool more =
		cli_flag(args, "ranges") || cli_flag(args, "syncs") || cli_flag(args, "all-calls");
	if (args->word_count == 0)
		return diag_fail(diag, SIM_E_USAGE,
				 "trace: no PROGRAM given (decodesim trace -- python3 decode.py)");
	if (timing && (graph || more || cli_flag(args, "kernels-only")))
		return diag_fail(diag, SIM_E_USAGE,
				 "trace: --timing records step ranges alone; leave the others out");
	if (cli_flag(args, "kernels-only") && cli_flag(args, "all-calls"))
		return diag_fail(diag, SIM_E_USAGE,
				 "trace: --kernels-only and --all-calls exclude each other");
	if (then != NULL && strcmp(then, "timing") != 0 && strcmp(then, "graph-level") != 0)
		return diag_fail(diag, SIM_E_USAGE,
				 "trace: --then is neither timing nor graph-level: '%s'", then);
	if (then != NULL && (timing || graph))
		return diag_fail(diag, SIM_E_USAGE,
				 "trace: --then follows a run that traces kernels; leave --%s out",
				 mode_of(args));
	if (getenv("CUDA_INJECTION64_PATH") != NULL)
		return diag_fail(diag, SIM_E_USAGE,
				 "trace: CUDA_INJECTION64_PATH is set: another tool traces this "
				 "program already (unset it)");
	return SIM_OK;
}

static enum sim_status add_word(struct capture *capture, const char *word, struct sim_diag *diag)
{
	size_t used = strlen(capture->options);
	int length = snprintf(capture->options + used, sizeof(capture->options) - used, "%s%s",
			      used > 0 ? "," : "", word);
	if (length < 0 || (size_t)length >= sizeof(capture->options) - used)
		return diag_fail(diag, SIM_E_INTERNAL, "too many words for the tracer");
	return SIM_OK;
}

/* What the traced run, or one that is traced less (MODE), asks of the tracer. */
static enum sim_status choose_options(struct run *run, struct sim_diag *diag)
{
	static const char *const given[] = {"ranges", "syncs", "all-calls", "verbose"};
	struct capture *capture = &run->capture;
	bool less = run->mode[0] != '\0';
	char steps[48];
	double count;
	if (!less && !cli_flag(run->args, "kernels-only"))
		TRY(add_word(capture, "calls", diag));
	for (size_t i = 0; i < sizeof(given) / sizeof(given[0]); i++)
		if (cli_flag(run->args, given[i]) && (!less || strcmp(given[i], "verbose") == 0))
			TRY(add_word(capture, given[i], diag));
	if (less)
		TRY(add_word(capture, run->mode, diag));
	/* ranges tell the steps of both runs; an NVTX range costs little */
	if (strcmp(run->mode, "graph-level") == 0)
		TRY(add_word(capture, "ranges", diag));
	TRY(cli_number(run->args, "steps", 0, 1, MOST_STEPS, &count, diag));
	if (count != (double)(long)count)
		return diag_fail(diag, SIM_E_USAGE, "--steps: not a whole number: '%s'",
				 cli_value(run->args, "steps"));
	snprintf(steps, sizeof(steps), TRACER_STEPS_WORD "%ld", (long)count);
	if (count > 0)
		TRY(add_word(capture, steps, diag));
	capture->injects_nvtx =
		strstr(capture->options, "ranges") != NULL || strcmp(run->mode, "timing") == 0;
	capture->preloads = cli_flag(run->args, "preload");
	return SIM_OK;
}

/* A log of an earlier run is not written over by accident, and a bad path is told before the run. */
static enum sim_status check_log(struct run *run, struct sim_diag *diag)
{
	bool several = strstr(run->pattern, "%p") != NULL;
	TRY(capture_find_logs(run->pattern, INT64_MIN, run->logs, &run->log_count, diag));
	if (!several && run->log_count > 0 && !cli_flag(run->args, "force"))
		return diag_fail(diag, SIM_E_IO,
				 "%s: is there already (--force writes over it, or give another "
				 "name with -o)",
				 run->logs[0].path);
	run->log_count = 0;
	char directory[CAPTURE_PATH];
	const char *slash = strrchr(run->pattern, '/');
	snprintf(directory, sizeof(directory), "%.*s",
		 slash != NULL ? (int)(slash - run->pattern) + 1 : 1,
		 slash != NULL ? run->pattern : ".");
	if (access(directory, W_OK) != 0)
		return diag_fail(diag, SIM_E_IO, "%s: %s", directory, strerror(errno));
	return SIM_OK;
}

static enum sim_status prepare(struct run *run, bool second, struct sim_diag *diag)
{
	run->logs = calloc(CAPTURE_MOST_LOGS, sizeof(*run->logs));
	if (run->logs == NULL)
		return diag_fail(diag, SIM_E_NOMEM, "out of memory");
	run->capture.cupti = cli_value(run->args, "cupti");
	if (run->capture.cupti != NULL && access(run->capture.cupti, R_OK) != 0)
		return diag_fail(diag, SIM_E_NOT_FOUND, "%s: %s", run->capture.cupti,
				 strerror(errno));
	TRY(choose_options(run, diag));
	TRY(capture_name_log(cli_value(run->args, "o"), run->args->words[0],
			     second ? run->mode : "", run->pattern, diag));
	TRY(capture_absolute(run->pattern, run->capture.log, diag));
	TRY(check_log(run, diag));
	return capture_find_library(NULL, run->capture.library, sizeof(run->capture.library), diag);
}

/* A log as text on stderr, or as an object. What cannot be read is told, not failed. */
static void describe_log(const struct run *run, const struct capture_log *log, cJSON *rows)
{
	struct trace trace;
	struct sim_diag diag;
	char path[2 * CAPTURE_PATH];
	diag_init(&diag);
	bool traced = run->mode[0] == '\0';
	bool read = traced && trace_read(log->path, &trace, &diag) == SIM_OK;
	cJSON *row = cJSON_CreateObject();
	cli_json_text(row, "log", log->path);
	cJSON_AddStringToObject(row, "mode", traced ? "kernels" : run->mode);
	cJSON_AddNumberToObject(row, "bytes", (double)log->bytes);
	fprintf(stderr, "decodesim: %s: %.1f MB",
		text_printable(path, sizeof(path), log->path, strlen(log->path)),
		(double)log->bytes * 1e-6);
	if (read) {
		fprintf(stderr, ", %zu kernels, %zu steps by %s", trace.kernel_count,
			trace.step_count, trace.steps_by);
		cJSON_AddNumberToObject(row, "kernels", (double)trace.kernel_count);
		cJSON_AddNumberToObject(row, "steps", (double)trace.step_count);
		cJSON_AddStringToObject(row, "steps_by", trace.steps_by);
		cJSON_AddNumberToObject(row, "dropped", (double)trace.capture.dropped);
	}
	fprintf(stderr, "\n");
	if (read)
		cli_print_lacks(&trace, (1U << TRACE_LACK_RECORDS) | (1U << TRACE_LACK_TRUST) |
						(1U << TRACE_LACK_TAIL));
	else if (traced)
		fprintf(stderr, "decodesim: %s\n", diag.text);
	if (read)
		trace_fini(&trace);
	cJSON_AddItemToArray(rows, row);
}

static enum sim_status run_once(struct run *run, cJSON *rows, struct sim_diag *diag)
{
	struct timespec now;
	clock_gettime(CLOCK_REALTIME_COARSE, &now); /* as files are stamped */
	int64_t start_ns = (int64_t)now.tv_sec * 1000000000 + now.tv_nsec;
	TRY(capture_run(&run->capture, run->args->words, &run->exit_code, diag));
	TRY(capture_find_logs(run->pattern, start_ns, run->logs, &run->log_count, diag));
	for (size_t i = 0; i < run->log_count; i++)
		describe_log(run, &run->logs[i], rows);
	if (run->log_count == 0)
		fprintf(stderr,
			"decodesim: no log: the program never started CUDA, or the tracer said "
			"above why not%s\n",
			strcmp(run->mode, "timing") == 0 ? "; --timing needs NVTX ranges that name "
							   "steps (decode_step 0)"
							 : "");
	return SIM_OK;
}

/* What to do next with the logs. */
static void advise(const struct run *first, const struct run *second)
{
	char path[2 * CAPTURE_PATH], other[2 * CAPTURE_PATH];
	if (first->log_count == 0 || first->mode[0] != '\0')
		return;
	const char *log = first->logs[0].path;
	fprintf(stderr, "next: decodesim import %s",
		text_printable(path, sizeof(path), log, strlen(log)));
	if (second != NULL && second->log_count > 0) {
		log = second->logs[0].path;
		fprintf(stderr, " --timing %s",
			text_printable(other, sizeof(other), log, strlen(log)));
	}
	fprintf(stderr, "\n");
}

static enum sim_status write_json(const struct cli_args *args, cJSON *rows, int exit_code,
				  struct sim_diag *diag)
{
	const char *path = cli_value(args, "json");
	cJSON *root = cJSON_CreateObject(), *words = cJSON_CreateArray();
	cJSON *holder = cJSON_CreateObject();
	for (size_t i = 0; i < args->word_count; i++) {
		cli_json_text(holder, "word", args->words[i]);
		cJSON_AddItemToArray(words, cJSON_DetachItemFromObject(holder, "word"));
	}
	cJSON_Delete(holder);
	cJSON_AddItemToObject(root, "command", words);
	cJSON_AddNumberToObject(root, "exit_code", exit_code);
	cJSON_AddItemToObject(root, "logs", cJSON_Duplicate(rows, true));
	char *text = cJSON_Print(root);
	cJSON_Delete(root);
	if (text == NULL)
		return diag_fail(diag, SIM_E_NOMEM, "out of memory");
	FILE *file = fopen(path, "we");
	bool written = file != NULL && fprintf(file, "%s\n", text) > 0;
	written = file != NULL && fclose(file) == 0 && written;
	cJSON_free(text);
	return written ? SIM_OK : diag_fail(diag, SIM_E_IO, "%s: %s", path, strerror(errno));
}

static enum sim_status run_all(struct run *first, struct run *second, cJSON *rows,
			       struct sim_diag *diag)
{
	const char *then = second->mode;
	TRY(prepare(first, false, diag));
	if (then != NULL)
		TRY(prepare(second, true, diag));
	TRY(run_once(first, rows, diag));
	bool again = then != NULL && first->exit_code == 0;
	if (again) {
		fprintf(stderr, "decodesim: once more, for its %s\n",
			strcmp(then, "timing") == 0 ? "untraced step times" : "graph replays");
		TRY(run_once(second, rows, diag));
	} else if (then != NULL) {
		fprintf(stderr, "decodesim: exit code %d: not run again\n", first->exit_code);
	}
	advise(first, again ? second : NULL);
	return SIM_OK;
}

static enum sim_status run(const struct cli_args *args, struct sim_diag *diag)
{
	struct run *runs = calloc(2, sizeof(*runs));
	cJSON *rows = cJSON_CreateArray();
	enum sim_status status = runs == NULL || rows == NULL
					 ? diag_fail(diag, SIM_E_NOMEM, "out of memory")
					 : check_usage(args, diag);
	if (status == SIM_OK) {
		runs[0] = (struct run){.args = args, .mode = mode_of(args)};
		runs[1] = (struct run){.args = args, .mode = cli_value(args, "then")};
		status = run_all(&runs[0], &runs[1], rows, diag);
		*args->exit_code = runs[0].exit_code != 0 ? runs[0].exit_code : runs[1].exit_code;
		if (status == SIM_OK && cli_flag(args, "json"))
			status = write_json(args, rows, *args->exit_code, diag);
		free(runs[0].logs);
		free(runs[1].logs);
	}
	free(runs);
	cJSON_Delete(rows);
	return status;
}

const struct cli_command command_trace = {
	.name = "trace",
	.summary = "run a CUDA program under the tracer and keep what its GPU did",
	.usage = "[-o LOG] [--kernels-only] [--ranges] [--steps N] [--] PROGRAM ...",
	.about = "Any CUDA program: PyTorch, vLLM, llama.cpp. It runs as it would alone, with its "
		 "own "
		 "output\n"
		 "and exit code (128 + N after signal N, 127 when there is no such program); what "
		 "the "
		 "tracer\n"
		 "has to say goes to stderr. Each process that starts CUDA writes a log of its "
		 "own.\n"
		 "Tracing stretches what it measures. --then timing runs the program again "
		 "untraced, "
		 "and\n"
		 "--then graph-level with one record a graph replay: import takes both logs and "
		 "tells "
		 "the\n"
		 "true step time beside the traced one. Steps are NVTX ranges named 'decode_step "
		 "...' "
		 "or\n"
		 "'step[...', else graph launches.",
	.example = "  decodesim trace -o run.dslog -- python3 my_decode.py\n"
		   "  decodesim trace --ranges -o run.dslog --then timing -- python3 my_decode.py",
	.options = options,
	.ends_at_word = true,
	.run = run,
};
