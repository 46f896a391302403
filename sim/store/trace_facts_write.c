/* Writing what may be learnt of a trace later: see trace_facts.h. */
#include "sim/store/trace_facts.h"

#include <math.h>

#include "sim/store/db.h"
#include "sim/store/trace_rows.h"

struct writing {
	struct store *store;
	const struct trace *trace;
	struct sim_diag *diag;
	int64_t id;
	uint64_t bytes_count; /* kernels of which any bytes are known */
};

static bool any_known(const struct trace_bytes *bytes)
{
	return !isnan(bytes->dram_read_bytes) || !isnan(bytes->dram_write_bytes) ||
	       !isnan(bytes->l2_bytes);
}

static void count_bytes(struct writing *w)
{
	for (size_t i = 0; w->trace->bytes != NULL && i < w->trace->kernel_count; i++)
		w->bytes_count += any_known(&w->trace->bytes[i]);
}

static enum sim_status write_head(struct writing *w, struct db_insert *in)
{
	const struct trace *t = w->trace;
	insert_lacks(in, t->lacks);
	if (t->device.l2_bytes == 0)
		insert_null(in);
	else
		TRY(insert_unsigned(in, t->device.l2_bytes, "L2 cache of the device", w->diag));
	insert_known(in, t->device.max_sm_hz);
	insert_known(in, t->device.max_memory_hz);
	insert_known(in, t->device.memory_bytes_per_s);
	if (t->bytes_source[0] == '\0')
		insert_null(in);
	else
		insert_field(in, t->bytes_source, sizeof(t->bytes_source));
	insert_integer_or_null(in, t->bytes == NULL ? -1 : (int64_t)w->bytes_count, -1);
	insert_integer(in, w->id);
	return insert_row(in, w->diag);
}

static enum sim_status write_capture(struct writing *w, struct db_insert *in)
{
	const struct trace_capture *capture = &w->trace->capture;
	insert_integer(in, w->id);
	insert_field(in, capture->tool, sizeof(capture->tool));
	TRY(insert_unsigned(in, capture->dropped, "count of dropped records", w->diag));
	TRY(insert_unsigned(in, capture->zero_times, "count of records without time", w->diag));
	TRY(insert_unsigned(in, capture->foreign_buffers, "count of foreign buffers", w->diag));
	TRY(insert_unsigned(in, capture->overheads, "count of overhead records", w->diag));
	insert_integer(in, capture->overhead_ns);
	return insert_row(in, w->diag);
}

static enum sim_status write_clocks(struct writing *w, struct db_insert *in)
{
	const struct trace_clocks *clocks = &w->trace->clocks;
	insert_integer(in, w->id);
	insert_integer(in, clocks->samples);
	insert_integer(in, clocks->throttle_reasons);
	insert_known(in, clocks->sm_hz_low);
	insert_known(in, clocks->sm_hz_median);
	insert_known(in, clocks->sm_hz_high);
	insert_known(in, clocks->memory_hz_median);
	insert_known(in, clocks->power_w_mean);
	insert_known(in, clocks->temperature_c_high);
	return insert_row(in, w->diag);
}

static enum sim_status write_timing(struct writing *w, struct db_insert *in)
{
	const struct trace_timing *timing = &w->trace->timing;
	insert_integer(in, w->id);
	insert_field(in, timing->source, sizeof(timing->source));
	insert_field(in, timing->kind, sizeof(timing->kind));
	insert_integer(in, timing->step_count);
	insert_integer(in, timing->step_ns);
	insert_integer_or_null(in, timing->step_low_ns, 0);
	insert_integer_or_null(in, timing->step_high_ns, 0);
	insert_integer_or_null(in, timing->traced_step_ns, 0);
	insert_integer_or_null(in, timing->device_ns, 0);
	insert_integer_or_null(in, timing->traced_device_ns, 0);
	return insert_row(in, w->diag);
}

static enum sim_status write_bytes(struct writing *w, struct db_insert *in)
{
	for (size_t i = 0; i < w->trace->kernel_count; i++) {
		const struct trace_bytes *bytes = &w->trace->bytes[i];
		if (!any_known(bytes))
			continue;
		insert_integer(in, w->id);
		insert_integer(in, (int64_t)i);
		insert_real(in, bytes->dram_read_bytes);
		insert_real(in, bytes->dram_write_bytes);
		insert_real(in, bytes->l2_bytes);
		TRY(insert_row(in, w->diag));
	}
	return SIM_OK;
}

static enum sim_status write_table(struct writing *w, const char *into, uint64_t rows,
				   enum sim_status (*write)(struct writing *, struct db_insert *))
{
	struct db_insert insert;
	enum sim_status status = insert_open(&insert, w->store, into, rows, w->diag);
	if (status == SIM_OK)
		status = write(w, &insert);
	insert_close(&insert);
	return status;
}

static enum sim_status update_head(struct writing *w)
{
	struct db_insert update;
	enum sim_status status = update_open(&update, w->store, "trace", FACT_COLUMNS, w->diag);
	if (status == SIM_OK)
		status = write_head(w, &update);
	insert_close(&update);
	return status;
}

enum sim_status trace_facts_write(struct store *store, int64_t id, const struct trace *trace,
				  struct sim_diag *diag)
{
	struct writing w = {.store = store, .trace = trace, .diag = diag, .id = id};
	count_bytes(&w);
	TRY(update_head(&w));
	if (trace_capture_known(&trace->capture))
		TRY(write_table(&w, "trace_capture(" CAPTURE_COLUMNS ")", 1, write_capture));
	if (trace->clocks.samples > 0)
		TRY(write_table(&w, "trace_clocks(" CLOCK_COLUMNS ")", 1, write_clocks));
	if (trace->timing.source[0] != '\0')
		TRY(write_table(&w, "trace_timing(" TIMING_COLUMNS ")", 1, write_timing));
	if (w.bytes_count == 0)
		return SIM_OK;
	return write_table(&w, "trace_bytes(" BYTES_COLUMNS ")", w.bytes_count, write_bytes);
}
