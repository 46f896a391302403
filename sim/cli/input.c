/* What several commands take: a device, traces from files or the database; and JSON out. */
#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "sim/cli/cli.h"
#include "sim/store/store.h"
#include "validate/lowered_work.h"

enum sim_status cli_device(const struct cli_args *args, struct hw_device *device,
			   struct sim_diag *diag)
{
	const char *name = cli_value(args, "hw");
	if (name == NULL)
		return diag_fail(diag, SIM_E_USAGE,
				 "%s: --hw NAME|FILE.yaml is missing (decodesim list hw shows the "
				 "names)",
				 args->command->name);
	return device_load(name, args->sets, args->set_count, device, diag);
}

static enum sim_status from_store(const struct cli_args *args, const char *word,
				  struct trace *trace, struct sim_diag *diag)
{
	struct store *store;
	struct sim_diag inner;
	diag_init(&inner);
	if (store_open(cli_value(args, "db"), STORE_READ, &store, &inner) != SIM_OK) {
		if (inner.status != SIM_E_NOT_FOUND)
			return diag_fail(diag, inner.status, "%s", inner.text);
		return diag_fail(diag, SIM_E_NOT_FOUND, "no such trace file: '%s'; %s", word,
				 inner.text);
	}
	enum sim_status status = store_read_trace(store, word, trace, &inner);
	store_close(store);
	if (status == SIM_E_NOT_FOUND)
		return diag_fail(diag, status, "no such trace file: '%s'; %s", word, inner.text);
	return status == SIM_OK ? status : diag_fail(diag, status, "%s", inner.text);
}

static enum sim_status read_one(const struct cli_args *args, const char *word, struct trace *trace,
				struct sim_diag *diag)
{
	struct stat info;
	if (stat(word, &info) == 0 && S_ISDIR(info.st_mode))
		return diag_fail(diag, SIM_E_IO, "%s: is a directory, not a trace", word);
	double device = -1;
	if (cli_value(args, "device") != NULL)
		TRY(cli_number(args, "device", 0, 0, TRACE_MOST_DEVICES - 1, &device, diag));
	if (device != (double)(int)device)
		return diag_fail(diag, SIM_E_USAGE, "--device: not a whole number: '%s'",
				 cli_value(args, "device"));
	if (access(word, F_OK) == 0)
		return device < 0 ? trace_read(word, trace, diag)
				  : trace_read_device(word, (uint32_t)device, trace, diag);
	if (strchr(word, '/') != NULL)
		return diag_fail(diag, SIM_E_IO, "%s: %s", word, strerror(errno));
	return from_store(args, word, trace, diag);
}

enum sim_status cli_trace(const struct cli_args *args, const char *word, struct trace *trace,
			  struct sim_diag *diag)
{
	const char *shapes = cli_value(args, "shapes"), *lowered = cli_value(args, "lowered");
	struct trace donor;
	uint64_t filled;
	TRY(read_one(args, word, trace, diag));
	if (shapes == NULL && lowered == NULL)
		return SIM_OK;
	enum sim_status status =
		lowered != NULL ? lowered_work_adopt(trace, lowered, &filled, diag) : SIM_OK;
	if (status == SIM_OK && shapes != NULL)
		status = read_one(args, shapes, &donor, diag);
	if (status == SIM_OK && shapes != NULL) {
		status = trace_adopt_work(trace, &donor, &filled, diag);
		trace_fini(&donor);
	}
	if (status != SIM_OK)
		trace_fini(trace);
	return status;
}

enum sim_status cli_traces(const struct cli_args *args, struct cli_traces *traces,
			   struct sim_diag *diag)
{
	*traces = (struct cli_traces){0};
	if (args->word_count == 0)
		return diag_fail(diag, SIM_E_USAGE,
				 "%s: no TRACE given (a file, or the name of an "
				 "imported trace)",
				 args->command->name);
	traces->traces = calloc(args->word_count, sizeof(*traces->traces));
	traces->pointers = calloc(args->word_count, sizeof(*traces->pointers));
	if (traces->traces == NULL || traces->pointers == NULL) {
		cli_traces_fini(traces);
		return diag_fail(diag, SIM_E_NOMEM, "out of memory");
	}
	for (size_t i = 0; i < args->word_count; i++) {
		enum sim_status status = cli_trace(args, args->words[i], &traces->traces[i], diag);
		if (status != SIM_OK) {
			cli_traces_fini(traces);
			return status;
		}
		traces->pointers[traces->count++] = &traces->traces[i];
		cli_progress("reading traces", i + 1, args->word_count);
	}
	return SIM_OK;
}

void cli_traces_fini(struct cli_traces *traces)
{
	for (size_t i = 0; i < traces->count; i++)
		trace_fini(&traces->traces[i]);
	free(traces->traces);
	free(traces->pointers);
	*traces = (struct cli_traces){0};
}

void cli_print_lacks(const struct trace *trace, unsigned which)
{
	char name[256];
	text_printable(name, sizeof(name), trace->name, strlen(trace->name));
	for (unsigned lack = 0; lack < TRACE_LACK_COUNT; lack++)
		if (trace->lacks & which & (1u << lack))
			fprintf(stderr, "%s: lacks %s: %s\n", name, trace_lack_text(lack),
				trace_lack_what(lack));
}

/* A device's parameter, or NAN. */
static double parameter(const struct hw_device *device, const char *key)
{
	int i = device_param(device, key);
	return i < 0 ? NAN : device->values[i].value;
}

bool cli_is_other_device(const struct trace *trace, const struct hw_device *device)
{
	double sms = trace->device.sm_count, bytes = (double)trace->device.memory_bytes;
	bool other_sms = sms > 0 && fabs(parameter(device, "sm.count") - sms) > 0.5;
	bool other_memory = bytes > 0 && fabs(parameter(device, "hbm.capacity") / bytes - 1) > 0.1;
	return other_sms || other_memory;
}

void cli_warn_other_device(const struct trace *trace, const struct hw_device *device)
{
	char name[640], measured[400];
	if (!cli_is_other_device(trace, device))
		return;
	fprintf(stderr, "%s: measured on '%s' (%u SMs, %.0f GB), which is not %s\n",
		text_printable(name, sizeof(name), trace->name, strlen(trace->name)),
		text_printable(measured, sizeof(measured), trace->device.name,
			       strlen(trace->device.name)),
		trace->device.sm_count, (double)trace->device.memory_bytes * 1e-9, device->name);
}

void cli_progress(const char *text, size_t done, size_t total)
{
	if (!isatty(STDERR_FILENO) || total < 2)
		return;
	fprintf(stderr, "\r%s %zu/%zu%s", text, done, total, done == total ? "\r\033[K" : "");
	fflush(stderr);
}

enum sim_status cli_print_json(cJSON *root, struct sim_diag *diag)
{
	char *text = root != NULL ? cJSON_Print(root) : NULL;
	cJSON_Delete(root);
	if (text == NULL)
		return diag_fail(diag, SIM_E_NOMEM, "out of memory");
	puts(text);
	cJSON_free(text);
	return SIM_OK;
}

void cli_json_text(cJSON *object, const char *key, const char *text)
{
	size_t room = strlen(text) * 4 + 1;
	char *safe = malloc(room);
	if (safe != NULL)
		cJSON_AddStringToObject(object, key,
					text_printable(safe, room, text, strlen(text)));
	free(safe);
}
