/*
 * Native log reader: a trace from what the blocks gave. How they are read is in log_file.c and
 * log_read.c; device records are taken in log_take.c, host records in log_host.c, what is known of
 * the device and of the capture in log_facts.c.
 */
#include <inttypes.h>
#include <stdlib.h>

#include "traces/log_read.h"
#include "traces/work.h"

/* Why there is nothing to import, and what the file is good for. */
static enum sim_status no_kernels(const struct log_read *read, struct sim_diag *diag)
{
	const char *path = read->file.path;
	uint32_t features = read->file.header.features;
	if (read->zero_times > 0)
		return diag_fail_at(diag, SIM_E_UNSUPPORTED, path, 0,
				    "has no kernels with time stamps, %" PRIu64
				    " without: the device ran out of space for them; trace fewer "
				    "steps",
				    read->zero_times);
	if (features & LOG_IS_TIMING)
		return diag_fail_at(diag, SIM_E_UNSUPPORTED, path, 0,
				    "has no kernels: it only times the steps of a run that was not "
				    "traced; use it with decodesim import RUN.dslog --timing THIS, "
				    "beside a traced run of the same program");
	if (features & LOG_IS_GRAPH_LEVEL)
		return diag_fail_at(diag, SIM_E_UNSUPPORTED, path, 0,
				    "has no kernels, only %zu graph launches as a whole; use it "
				    "with decodesim import RUN.dslog --timing THIS, beside a run "
				    "that was traced without --graph-level",
				    read->launches.count);
	return diag_fail_at(diag, SIM_E_UNSUPPORTED, path, 0,
			    "has no kernels: the program launched none while it was traced");
}

static enum sim_status read_into(struct log_read *read, const char *path, struct build *build,
				 struct sim_diag *diag)
{
	struct trace *trace = build->trace;
	int64_t device;
	TRY(log_read_blocks(read, path, build, &build->budget, diag));
	trace->content_hash = read->file.hash;
	trace->text_bytes = read->file.next;
	if (trace->kernel_count == 0)
		return no_kernels(read, diag);
	TRY(build_choose_device(build, &device, diag));
	TRY(log_give_host(read, diag));
	TRY(log_give_device(read, device, diag));
	TRY(build_finish(build, diag));
	return log_fill_facts(read, device, trace, diag);
}

static enum sim_status log_read_trace(const char *path, struct trace *trace, struct sim_diag *diag)
{
	struct build *build = malloc(sizeof(*build));
	struct log_read *read = malloc(sizeof(*read));
	enum sim_status status = SIM_E_NOMEM;
	if (build != NULL && read != NULL) {
		build_init(build, trace, path);
		status = read_into(read, path, build, diag);
		log_read_fini(read);
		build_fini(build);
	} else {
		status = diag_fail(diag, SIM_E_NOMEM, "out of memory");
	}
	free(read);
	free(build);
	TRY(status);
	return work_derive_all(trace, diag);
}

const struct trace_reader trace_reader_log = {
	.name = "log",
	.what = "native log of decodesim trace (.dslog)",
	.accepts = log_file_accepts,
	.read = log_read_trace,
};
