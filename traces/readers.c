/* The list of trace readers; the first that accepts a file's first bytes reads it. */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "traces/budget.h"
#include "traces/input.h"
#include "traces/trace.h"

enum { HEAD_SIZE = 64 << 10 };

static const struct trace_reader *const readers[] = {
	&trace_reader_lowered,
	&trace_reader_kineto,
	&trace_reader_nsys,
	&trace_reader_log,
};

static bool strip_suffix(const char *name, size_t *length, const char *suffix)
{
	size_t cut = strlen(suffix);
	if (*length <= cut || memcmp(name + *length - cut, suffix, cut) != 0)
		return false;
	*length -= cut;
	return true;
}

/* The file's name without its directory and what only says how it is stored. */
static void name_trace(struct trace *trace, const char *path)
{
	const char *slash = strrchr(path, '/');
	const char *name = slash != NULL ? slash + 1 : path;
	size_t length = strlen(name);
	(void)strip_suffix(name, &length, ".gz");
	(void)strip_suffix(name, &length, ".json");
	(void)strip_suffix(name, &length, ".pt.trace");
	(void)strip_suffix(name, &length, ".sqlite");
	(void)strip_suffix(name, &length, ".dslog");
	text_printable(trace->name, sizeof(trace->name), name, length);
	if (trace->only_device > 0) {
		size_t used = strlen(trace->name), most = sizeof(trace->name) - sizeof("-gpu1023");
		used = used < most ? used : most;
		snprintf(trace->name + used, sizeof(trace->name) - used, "-gpu%" PRIu32,
			 trace->only_device - 1);
	}
	text_printable(trace->source, sizeof(trace->source), path, strlen(path));
}

static enum sim_status read_head(const char *path, char *head, size_t *length,
				 struct sim_diag *diag)
{
	struct budget budget = {0};
	struct input input;
	size_t got = 1;
	enum sim_status status;
	*length = 0;
	TRY(input_open(&input, path, &budget, diag));
	do {
		status = input_read(&input, head + *length, HEAD_SIZE - *length, &got, diag);
		*length += status == SIM_OK ? got : 0;
	} while (status == SIM_OK && got > 0 && *length < HEAD_SIZE);
	input_close(&input, &budget);
	return status;
}

static const struct trace_reader *find_reader(const char *head, size_t length)
{
	for (size_t i = 0; i < sizeof(readers) / sizeof(readers[0]); i++)
		if (readers[i]->accepts(head, length))
			return readers[i];
	return NULL;
}

static enum sim_status choose_reader(const char *path, const struct trace_reader **reader,
				     struct sim_diag *diag)
{
	size_t length;
	enum sim_status status;
	char *head = malloc(HEAD_SIZE);
	if (head == NULL)
		return diag_fail(diag, SIM_E_NOMEM, "out of memory");
	status = read_head(path, head, &length, diag);
	*reader = status == SIM_OK ? find_reader(head, length) : NULL;
	free(head);
	TRY(status);
	if (length == 0)
		return diag_fail_at(diag, SIM_E_PARSE, path, 0, "the file is empty");
	if (*reader == NULL)
		return diag_fail_at(diag, SIM_E_UNSUPPORTED, path, 0,
				    "not a trace of a known format (torch.profiler JSON, Nsight "
				    "Systems SQLite, log of decodesim trace, decodesim lower)");
	return SIM_OK;
}

static enum sim_status read_any(const char *path, uint32_t only_device, struct trace *trace,
				struct sim_diag *diag)
{
	const struct trace_reader *reader = NULL;
	trace_init(trace);
	trace->only_device = only_device;
	TRY(choose_reader(path, &reader, diag));
	enum sim_status status = names_init(&trace->names) == SIM_OK
					 ? SIM_OK
					 : diag_fail(diag, SIM_E_NOMEM, "out of memory");
	if (status == SIM_OK)
		status = reader->read(path, trace, diag);
	if (status != SIM_OK) {
		trace_fini(trace);
		return status;
	}
	name_trace(trace, path);
	text_printable(trace->format, sizeof(trace->format), reader->name, strlen(reader->name));
	return SIM_OK;
}

enum sim_status trace_read(const char *path, struct trace *trace, struct sim_diag *diag)
{
	return read_any(path, 0, trace, diag);
}

enum sim_status trace_read_device(const char *path, uint32_t device, struct trace *trace,
				  struct sim_diag *diag)
{
	if (device >= TRACE_MOST_DEVICES)
		return diag_fail(diag, SIM_E_RANGE, "no such device: '%" PRIu32 "'", device);
	return read_any(path, device + 1, trace, diag);
}
