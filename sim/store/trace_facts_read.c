/* Reading back what may be learnt of a trace later, from rows that nobody vouches for. */
#include "sim/store/trace_facts.h"

#include <math.h>
#include <stdlib.h>

#include "sim/store/db.h"
#include "sim/store/row.h"
#include "sim/store/trace_rows.h"

struct reading {
	struct trace *trace;
	struct sim_diag *diag;
	int64_t id;
	int64_t bytes_count; /* -1: not measured */
};

static enum sim_status read_head(struct reading *r, struct db_row *row)
{
	struct trace *t = r->trace;
	t->lacks = row_lacks(row);
	t->device.l2_bytes = (uint64_t)row_integer_or_null(row, 0, 0, INT64_MAX);
	t->device.max_sm_hz = row_real_or_null(row, 0);
	t->device.max_memory_hz = row_real_or_null(row, 0);
	t->device.memory_bytes_per_s = row_real_or_null(row, 0);
	row_text_or_null(row, t->bytes_source, sizeof(t->bytes_source));
	r->bytes_count = row_integer_or_null(row, -1, 0, (int64_t)t->kernel_count);
	return row_end(row);
}

static enum sim_status read_capture(struct reading *r, struct db_row *row)
{
	struct trace_capture *capture = &r->trace->capture;
	row_integer(row, r->id, r->id);
	row_text(row, capture->tool, sizeof(capture->tool));
	capture->dropped = (uint64_t)row_integer(row, 0, INT64_MAX);
	capture->zero_times = (uint64_t)row_integer(row, 0, INT64_MAX);
	capture->foreign_buffers = (uint64_t)row_integer(row, 0, INT64_MAX);
	capture->overheads = (uint64_t)row_integer(row, 0, INT64_MAX);
	capture->overhead_ns = row_integer(row, INT64_MIN, INT64_MAX);
	return row_end(row);
}

static enum sim_status read_clocks(struct reading *r, struct db_row *row)
{
	struct trace_clocks *clocks = &r->trace->clocks;
	row_integer(row, r->id, r->id);
	clocks->samples = (uint32_t)row_integer(row, 1, UINT32_MAX);
	clocks->throttle_reasons = row_u32(row);
	clocks->sm_hz_low = row_real_or_null(row, 0);
	clocks->sm_hz_median = row_real_or_null(row, 0);
	clocks->sm_hz_high = row_real_or_null(row, 0);
	clocks->memory_hz_median = row_real_or_null(row, 0);
	clocks->power_w_mean = row_real_or_null(row, 0);
	clocks->temperature_c_high = row_real_or_null(row, 0);
	return row_end(row);
}

static enum sim_status read_timing(struct reading *r, struct db_row *row)
{
	struct trace_timing *timing = &r->trace->timing;
	row_integer(row, r->id, r->id);
	row_text(row, timing->source, sizeof(timing->source));
	row_text(row, timing->kind, sizeof(timing->kind));
	timing->step_count = row_u32(row);
	timing->step_ns = row_integer(row, INT64_MIN, INT64_MAX);
	timing->step_low_ns = row_integer_or_null(row, 0, INT64_MIN, INT64_MAX);
	timing->step_high_ns = row_integer_or_null(row, 0, INT64_MIN, INT64_MAX);
	timing->traced_step_ns = row_integer_or_null(row, 0, INT64_MIN, INT64_MAX);
	timing->device_ns = row_integer_or_null(row, 0, INT64_MIN, INT64_MAX);
	timing->traced_device_ns = row_integer_or_null(row, 0, INT64_MIN, INT64_MAX);
	return row_end(row);
}

/* Kernels without a row have no measured bytes. */
static enum sim_status read_bytes(struct reading *r, struct db_row *row)
{
	struct trace_bytes *bytes = r->trace->bytes;
	int64_t free_from = 0, last = (int64_t)r->trace->kernel_count - 1;
	bool more;
	for (size_t i = 0; i < r->trace->kernel_count; i++)
		bytes[i] = (struct trace_bytes){NAN, NAN, NAN};
	for (int64_t i = 0; i < r->bytes_count; i++) {
		TRY(row_next(row, &more));
		if (!more)
			return row_wrong(row, "too few kernels");
		row_integer(row, r->id, r->id);
		int64_t at = row_integer(row, free_from, last);
		const struct trace_bytes read = {row_real_or_null(row, NAN),
						 row_real_or_null(row, NAN),
						 row_real_or_null(row, NAN)};
		TRY(row_end(row));
		bytes[at] = read;
		free_from = at + 1;
	}
	return row_last(row, "kernels");
}

/* The only row of a table that has one row a trace, or none. */
static enum sim_status read_one(struct reading *r, struct db_row *row,
				enum sim_status (*read)(struct reading *, struct db_row *))
{
	bool more;
	TRY(row_next(row, &more));
	return more ? read(r, row) : SIM_OK;
}

static enum sim_status read_table(struct reading *r, struct store *store, const char *table,
				  const char *sql,
				  enum sim_status (*read)(struct reading *, struct db_row *))
{
	struct db_row row;
	enum sim_status status = row_open(&row, store, table, sql, r->id, r->diag);
	if (status == SIM_OK)
		status = read == read_bytes ? read(r, &row) : read_one(r, &row, read);
	row_close(&row);
	return status;
}

enum sim_status trace_facts_read(struct store *store, int64_t id, struct trace *trace,
				 struct sim_diag *diag)
{
	struct reading r = {.trace = trace, .diag = diag, .id = id, .bytes_count = -1};
	TRY(read_table(&r, store, "trace", "SELECT " FACT_COLUMNS " FROM trace WHERE id = ?1",
		       read_head));
	TRY(read_table(&r, store, "trace_capture",
		       "SELECT " CAPTURE_COLUMNS " FROM trace_capture WHERE trace_id = ?1",
		       read_capture));
	TRY(read_table(&r, store, "trace_clocks",
		       "SELECT " CLOCK_COLUMNS " FROM trace_clocks WHERE trace_id = ?1",
		       read_clocks));
	TRY(read_table(&r, store, "trace_timing",
		       "SELECT " TIMING_COLUMNS " FROM trace_timing WHERE trace_id = ?1",
		       read_timing));
	if (r.bytes_count < 0)
		return SIM_OK;
	trace->bytes = calloc(trace->kernel_count + 1, sizeof(*trace->bytes));
	if (trace->bytes == NULL)
		return diag_fail(diag, SIM_E_NOMEM, "out of memory for trace '%s'", trace->name);
	return read_table(&r, store, "trace_bytes",
			  "SELECT " BYTES_COLUMNS " FROM trace_bytes WHERE trace_id = ?1"
			  " ORDER BY kernel",
			  read_bytes);
}
