/*
 * Reading a trace back. The file may have been edited by anything, so every value is checked for
 * type and range before it becomes a field, and every row for being the next one.
 */
#include "sim/store/store.h"

#include <stdlib.h>
#include <string.h>

#include "sim/core/units.h"
#include "sim/store/db.h"
#include "sim/store/row.h"
#include "sim/store/trace_facts.h"
#include "sim/store/trace_rows.h"

struct reading {
	struct store *store;
	struct trace *trace;
	struct sim_diag *diag;
	struct trace_kind *kinds;
	int64_t id;
	int64_t kind_count, name_count, first_kernel;
	int64_t graph_kernels; /* 0: no kernel has a graph or a node */
};

static void read_device(struct db_row *row, struct trace_device *device)
{
	row_text(row, device->name, sizeof(device->name));
	device->memory_bytes = (uint64_t)row_integer(row, 0, INT64_MAX);
	device->sm_count = row_u32(row);
	device->cc_major = row_u32(row);
	device->cc_minor = row_u32(row);
	device->max_threads_per_sm = row_u32(row);
	device->registers_per_sm = row_u32(row);
	device->shared_bytes_per_sm = row_u32(row);
	device->driver_version = (int32_t)row_integer(row, INT32_MIN, INT32_MAX);
	device->runtime_version = (int32_t)row_integer(row, INT32_MIN, INT32_MAX);
}

static enum sim_status read_head(struct reading *r, struct db_row *row)
{
	struct trace *t = r->trace;
	uint64_t work_hash;
	bool more;
	TRY(row_next(row, &more));
	if (!more)
		return row_wrong(row, "lost a row");
	r->id = row_integer(row, INT64_MIN, INT64_MAX);
	row_text(row, t->name, sizeof(t->name));
	row_hash(row, &t->content_hash);
	row_hash(row, &work_hash);
	row_text(row, t->format, sizeof(t->format));
	row_text(row, t->source, sizeof(t->source));
	row_text(row, t->steps_by, sizeof(t->steps_by));
	t->lacks = row_lacks(row);
	t->warnings = (uint64_t)row_integer(row, 0, INT64_MAX);
	row_text(row, t->warning, sizeof(t->warning));
	t->base_ns = row_integer(row, INT64_MIN, INT64_MAX);
	t->kernel_count = (size_t)row_integer(row, 0, UINT32_MAX);
	r->kind_count = row_integer(row, 0, UINT32_MAX);
	t->step_count = (size_t)row_integer(row, 0, UINT32_MAX);
	r->name_count = row_integer(row, 1, UINT32_MAX);
	r->first_kernel = row_integer(row, 0, INT64_MAX - UINT32_MAX);
	read_device(row, &t->device);
	r->graph_kernels = row_integer_or_null(row, 0, 1, (int64_t)t->kernel_count);
	return row_end(row);
}

static enum sim_status read_names(struct reading *r, struct db_row *row)
{
	struct name_table *names = &r->trace->names;
	bool more;
	for (int64_t i = 0; i < r->name_count; i++) {
		size_t length;
		uint32_t index;
		TRY(row_next(row, &more));
		if (!more)
			return row_wrong(row, "too few names");
		row_integer(row, r->id, r->id);
		row_integer(row, i, i);
		const char *text = row_bytes(row, &length);
		TRY(row_end(row));
		enum sim_status status = names_add(names, text, length, &index);
		if (status != SIM_OK)
			return diag_fail(r->diag, status, "out of memory");
		if (index != i)
			return row_wrong(row, "a name twice");
	}
	return row_last(row, "names");
}

static enum sim_status read_kind(struct reading *r, struct db_row *row, struct trace_kind *kind)
{
	struct sim_kernel *work = &kind->kernel;
	struct trace_detail *detail = &kind->detail;
	uint64_t *const bytes[] = {&work->weight_bytes, &work->kv_read_bytes, &work->kv_write_bytes,
				   &work->act_read_bytes, &work->act_write_bytes};
	int64_t last_name = r->name_count - 1;
	work->op = (uint8_t)row_choice(row, sim_op_from_text);
	work->family = (uint8_t)row_choice(row, sim_family_from_text);
	work->dtype = (uint8_t)row_choice(row, sim_dtype_from_text);
	detail->name = (uint32_t)row_integer(row, 0, last_name);
	detail->op_name = (uint32_t)row_integer(row, 0, last_name);
	detail->op_shape = (uint32_t)row_integer(row, 0, last_name);
	int64_t flops = row_integer_or_null(row, -1, 0, INT64_MAX);
	for (size_t i = 0; i < sizeof(bytes) / sizeof(bytes[0]); i++)
		*bytes[i] = (uint64_t)row_integer(row, 0, INT64_MAX);
	work->blocks = row_u32(row);
	work->threads = (uint16_t)row_integer(row, 0, UINT16_MAX);
	work->blocks_per_sm = (uint8_t)row_integer(row, 0, UINT8_MAX);
	work->flags = (uint8_t)row_integer(row, 0, UINT8_MAX);
	for (int i = 0; i < 3; i++)
		detail->grid[i] = row_u32(row);
	for (int i = 0; i < 3; i++)
		detail->block[i] = row_u32(row);
	detail->registers = row_u32(row);
	detail->shared_bytes = row_u32(row);
	detail->m = row_u32(row);
	detail->n = row_u32(row);
	detail->k = row_u32(row);
	detail->heads = (uint16_t)row_integer(row, 0, UINT16_MAX);
	detail->kv_heads = (uint16_t)row_integer(row, 0, UINT16_MAX);
	detail->op_part = (uint16_t)row_integer(row, 0, UINT16_MAX);
	if ((flops < 0) != ((work->flags & SIM_KERNEL_OPAQUE) != 0))
		return row_wrong(row, "flops of an opaque kernel, or none of another");
	work->flops = flops < 0 ? 0 : (uint64_t)flops;
	return row_end(row);
}

static enum sim_status read_kinds(struct reading *r, struct db_row *row)
{
	bool more;
	for (int64_t i = 0; i < r->kind_count; i++) {
		TRY(row_next(row, &more));
		if (!more)
			return row_wrong(row, "too few kinds");
		row_integer(row, r->id, r->id);
		row_integer(row, i, i);
		TRY(read_kind(r, row, &r->kinds[i]));
	}
	return row_last(row, "kinds");
}

static void read_node(struct db_row *row, struct trace_measured *measured)
{
	measured->graph = (uint32_t)row_integer_or_null(row, 0, 0, UINT32_MAX);
	measured->node = (uint64_t)row_integer_or_null(row, 0, INT64_MIN, INT64_MAX);
}

static enum sim_status read_kernels(struct reading *r, struct db_row *row)
{
	bool more;
	for (size_t i = 0; i < r->trace->kernel_count; i++) {
		struct sim_kernel *kernel = &r->trace->kernels[i];
		struct trace_measured *measured = &r->trace->measured[i];
		int64_t id = r->first_kernel + (int64_t)i;
		TRY(row_next(row, &more));
		if (!more)
			return row_wrong(row, "too few kernels");
		row_integer(row, id, id);
		row_integer(row, r->id, r->id);
		int64_t kind = row_integer(row, 0, r->kind_count - 1);
		uint8_t stream = (uint8_t)row_integer(row, 0, UINT8_MAX);
		uint32_t host_ns = row_u32(row);
		int64_t recorded_ps = row_integer_or_null(row, -1, 0, INT64_MAX);
		measured->start_ns = row_integer(row, INT64_MIN, INT64_MAX);
		measured->duration_ns = row_integer(row, 0, INT64_MAX / PS_PER_NS);
		measured->launch_start_ns = row_time(row);
		measured->launch_end_ns = row_time(row);
		measured->correlation = row_u32(row);
		measured->thread = row_u32(row);
		if (r->graph_kernels > 0)
			read_node(row, measured);
		TRY(row_end(row));
		const char *wrong = trace_kernel_wrong(r->trace, i);
		if (wrong != NULL)
			return row_wrong(row, wrong);
		*kernel = r->kinds[kind].kernel;
		r->trace->details[i] = r->kinds[kind].detail;
		kernel->stream = stream;
		kernel->host_ns = host_ns;
		bool opaque = kernel->flags & SIM_KERNEL_OPAQUE;
		if (opaque != (recorded_ps >= 0))
			return row_wrong(row, "a recorded time of a known kernel, or none");
		if (opaque)
			kernel->recorded_ps = (uint64_t)recorded_ps;
	}
	return row_last(row, "kernels");
}

static enum sim_status read_steps(struct reading *r, struct db_row *row)
{
	bool more;
	for (size_t i = 0; i < r->trace->step_count; i++) {
		struct sim_step *step = &r->trace->steps[i];
		struct trace_step_measured *measured = &r->trace->step_measured[i];
		TRY(row_next(row, &more));
		if (!more)
			return row_wrong(row, "too few steps");
		row_integer(row, r->id, r->id);
		row_integer(row, (int64_t)i, (int64_t)i);
		step->first = row_u32(row);
		step->count = row_u32(row);
		step->traced_launch = (uint8_t)row_choice(row, sim_launch_from_text);
		step->ends_in_sync = (uint8_t)row_integer(row, 0, UINT8_MAX);
		measured->host_start_ns = row_time(row);
		measured->first_start_ns = row_integer(row, INT64_MIN, INT64_MAX);
		measured->last_end_ns = row_integer(row, INT64_MIN, INT64_MAX);
		row_integer(row, INT64_MIN, INT64_MAX); /* busy_ns is for queries */
		TRY(row_end(row));
		const char *wrong = trace_step_wrong(r->trace, i);
		if (wrong != NULL)
			return row_wrong(row, wrong);
	}
	return row_last(row, "steps");
}

/* Counts in the head decide how much is allocated, so they are checked against the rows first. */
static enum sim_status check_count(struct reading *r, const char *sql, int64_t expected,
				   const char *what)
{
	int64_t count;
	bool found;
	TRY(db_integer(r->store, sql, r->id, &count, &found, r->diag));
	if (count == expected)
		return SIM_OK;
	return db_damaged(r->store, r->diag, "trace '%s' has %lld %s where %lld were written",
			  r->trace->name, (long long)count, what, (long long)expected);
}

static enum sim_status check_counts(struct reading *r)
{
	TRY(check_count(r, "SELECT count(*) FROM trace_name WHERE trace_id = ?1", r->name_count,
			"names"));
	TRY(check_count(r, "SELECT count(*) FROM trace_kind WHERE trace_id = ?1", r->kind_count,
			"kinds"));
	TRY(check_count(r, "SELECT count(*) FROM trace_step WHERE trace_id = ?1",
			(int64_t)r->trace->step_count, "steps"));
	return check_count(r,
			   "SELECT count(k.id) FROM trace t JOIN trace_kernel k ON k.id BETWEEN"
			   " t.first_kernel AND t.first_kernel + t.kernel_count - 1"
			   " WHERE t.id = ?1 AND k.trace_id = ?1",
			   (int64_t)r->trace->kernel_count, "kernels");
}

static void *array(size_t count, size_t size)
{
	return calloc(count == 0 ? 1 : count, size);
}

static enum sim_status allocate(struct reading *r)
{
	struct trace *t = r->trace;
	t->kernels = array(t->kernel_count, sizeof(*t->kernels));
	t->details = array(t->kernel_count, sizeof(*t->details));
	t->measured = array(t->kernel_count, sizeof(*t->measured));
	t->steps = array(t->step_count, sizeof(*t->steps));
	t->step_measured = array(t->step_count, sizeof(*t->step_measured));
	r->kinds = array((size_t)r->kind_count, sizeof(*r->kinds));
	if (t->kernels == NULL || t->details == NULL || t->measured == NULL || t->steps == NULL ||
	    t->step_measured == NULL || r->kinds == NULL)
		return diag_fail(r->diag, SIM_E_NOMEM, "out of memory for trace '%s'", t->name);
	return SIM_OK;
}

static enum sim_status read_rows(struct reading *r, const char *table, const char *sql,
				 enum sim_status (*read)(struct reading *, struct db_row *))
{
	struct db_row row;
	enum sim_status status = row_open(&row, r->store, table, sql, r->id, r->diag);
	if (status == SIM_OK)
		status = read(r, &row);
	row_close(&row);
	return status;
}

static enum sim_status read_all(struct reading *r)
{
	TRY(read_rows(r, "trace", "SELECT " TRACE_COLUMNS " FROM trace WHERE id = ?1", read_head));
	TRY(check_counts(r));
	TRY(allocate(r));
	TRY(read_rows(r, "trace_name",
		      "SELECT trace_id, id, ifnull(bytes, text) FROM trace_name"
		      " WHERE trace_id = ?1 ORDER BY id",
		      read_names));
	TRY(read_rows(r, "trace_kind",
		      "SELECT " KIND_COLUMNS " FROM trace_kind WHERE trace_id = ?1 ORDER BY kind",
		      read_kinds));
#define KERNELS_OF_TRACE                                                                           \
	" FROM trace_kernel WHERE id BETWEEN (SELECT first_kernel FROM trace WHERE id = ?1) AND"   \
	" (SELECT first_kernel + kernel_count - 1 FROM trace WHERE id = ?1) ORDER BY id"
	TRY(read_rows(r, "trace_kernel",
		      r->graph_kernels > 0 ? "SELECT " KERNEL_COLUMNS NODE_COLUMNS KERNELS_OF_TRACE
					   : "SELECT " KERNEL_COLUMNS KERNELS_OF_TRACE,
		      read_kernels));
#undef KERNELS_OF_TRACE
	TRY(read_rows(r, "trace_step",
		      "SELECT " STEP_COLUMNS " FROM trace_step WHERE trace_id = ?1 ORDER BY step",
		      read_steps));
	return trace_facts_read(r->store, r->id, r->trace, r->diag);
}

enum sim_status store_read_trace(struct store *store, const char *name, struct trace *trace,
				 struct sim_diag *diag)
{
	struct reading reading = {.store = store, .trace = trace, .diag = diag};
	trace_init(trace);
	enum sim_status status = trace->names.count > 0 ? SIM_OK : names_init(&trace->names);
	if (status != SIM_OK)
		diag_fail(diag, status, "out of memory");
	if (status == SIM_OK)
		status = db_begin_read(store, diag);
	if (status == SIM_OK) {
		status = store_trace_id(store, name, &reading.id, diag);
		if (status == SIM_OK)
			status = read_all(&reading);
		status = db_end(store, status, diag);
	}
	free(reading.kinds);
	if (status != SIM_OK) {
		trace_fini(trace);
		memset(trace, 0, sizeof(*trace));
	}
	return status;
}
