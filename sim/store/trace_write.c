/* Writing a trace: all of it in one transaction, or nothing. The layout is in trace_rows.h. */
#include "sim/store/store.h"

#include <stdlib.h>
#include <string.h>

#include "sim/store/db.h"
#include "sim/store/distinct.h"
#include "sim/store/trace_facts.h"
#include "sim/store/trace_identity.h"
#include "sim/store/trace_rows.h"

struct writing {
	struct store *store;
	const struct trace *trace;
	struct sim_diag *diag;
	struct trace_identity identity;
	struct distinct kinds;
	uint32_t *kind_of; /* per kernel */
	int64_t id;
	int64_t first_kernel;
	int64_t graph_kernels;
};

static enum sim_status find_kinds(struct writing *w)
{
	const struct trace *trace = w->trace;
	distinct_init(&w->kinds, sizeof(struct trace_kind));
	w->kind_of = malloc((trace->kernel_count + 1) * sizeof(*w->kind_of));
	enum sim_status status = w->kind_of == NULL ? SIM_E_NOMEM : SIM_OK;
	for (size_t i = 0; i < trace->kernel_count && status == SIM_OK; i++) {
		struct trace_kind kind = trace_kind_of(&trace->kernels[i], &trace->details[i]);
		status = distinct_add(&w->kinds, &kind, &w->kind_of[i]);
	}
	return status == SIM_OK ? SIM_OK : diag_fail(w->diag, status, "out of memory");
}

static enum sim_status write_head(struct writing *w, struct db_insert *in)
{
	const struct trace *t = w->trace;
	insert_integer(in, w->id);
	insert_text(in, w->identity.name);
	insert_hash(in, t->content_hash);
	insert_hash(in, w->identity.work_hash);
	insert_field(in, t->format, sizeof(t->format));
	insert_field(in, t->source, sizeof(t->source));
	insert_field(in, t->steps_by, sizeof(t->steps_by));
	insert_lacks(in, t->lacks);
	TRY(insert_unsigned(in, t->warnings, "count of warnings", w->diag));
	insert_field(in, t->warning, sizeof(t->warning));
	insert_integer(in, t->base_ns);
	insert_integer(in, (int64_t)t->kernel_count);
	insert_integer(in, w->kinds.count);
	insert_integer(in, (int64_t)t->step_count);
	insert_integer(in, t->names.count);
	insert_integer(in, w->first_kernel);
	insert_field(in, t->device.name, sizeof(t->device.name));
	TRY(insert_unsigned(in, t->device.memory_bytes, "memory of the device", w->diag));
	insert_integer(in, t->device.sm_count);
	insert_integer(in, t->device.cc_major);
	insert_integer(in, t->device.cc_minor);
	insert_integer(in, t->device.max_threads_per_sm);
	insert_integer(in, t->device.registers_per_sm);
	insert_integer(in, t->device.shared_bytes_per_sm);
	insert_integer(in, t->device.driver_version);
	insert_integer(in, t->device.runtime_version);
	insert_integer_or_null(in, w->graph_kernels, 0);
	return insert_row(in, w->diag);
}

static enum sim_status write_names(struct writing *w, struct db_insert *in)
{
	const struct name_table *names = &w->trace->names;
	for (uint32_t i = 0; i < names->count; i++) {
		const struct name_entry *entry = &names->entries[i];
		insert_integer(in, w->id);
		insert_integer(in, i);
		insert_text_bytes(in, entry->text, entry->length);
		if (text_is_plain(entry->text, entry->length))
			insert_null(in);
		else
			insert_blob(in, entry->text, entry->length);
		TRY(insert_row(in, w->diag));
	}
	return SIM_OK;
}

static enum sim_status write_kind(struct writing *w, struct db_insert *in, uint32_t index)
{
	const struct trace_kind *kind = distinct_key(&w->kinds, index);
	const struct sim_kernel *work = &kind->kernel;
	const struct trace_detail *detail = &kind->detail;
	const uint64_t bytes[] = {work->weight_bytes, work->kv_read_bytes, work->kv_write_bytes,
				  work->act_read_bytes, work->act_write_bytes};
	const uint32_t rest[] = {work->blocks,	   work->threads,     work->blocks_per_sm,
				 work->flags,	   detail->grid[0],   detail->grid[1],
				 detail->grid[2],  detail->block[0],  detail->block[1],
				 detail->block[2], detail->registers, detail->shared_bytes,
				 detail->m,	   detail->n,	      detail->k,
				 detail->heads,	   detail->kv_heads,  detail->op_part};
	if (work->op >= SIM_OP_COUNT || work->family >= SIM_FAMILY_COUNT ||
	    work->dtype >= SIM_DTYPE_COUNT)
		return diag_fail(w->diag, SIM_E_RANGE, "kernel of no known class: '%s'",
				 names_text(&w->trace->names, detail->name));
	insert_integer(in, w->id);
	insert_integer(in, index);
	insert_text(in, sim_op_text(work->op));
	insert_text(in, sim_family_text(work->family));
	insert_text(in, sim_dtype_text(work->dtype));
	insert_integer(in, detail->name);
	insert_integer(in, detail->op_name);
	insert_integer(in, detail->op_shape);
	if (work->flags & SIM_KERNEL_OPAQUE)
		insert_null(in);
	else
		TRY(insert_unsigned(in, work->flops, "flops of a kernel", w->diag));
	for (size_t i = 0; i < sizeof(bytes) / sizeof(bytes[0]); i++)
		TRY(insert_unsigned(in, bytes[i], "bytes of a kernel", w->diag));
	for (size_t i = 0; i < sizeof(rest) / sizeof(rest[0]); i++)
		insert_integer(in, rest[i]);
	return insert_row(in, w->diag);
}

static enum sim_status write_kinds(struct writing *w, struct db_insert *in)
{
	for (uint32_t i = 0; i < w->kinds.count; i++)
		TRY(write_kind(w, in, i));
	return SIM_OK;
}

static enum sim_status write_kernels(struct writing *w, struct db_insert *in)
{
	const struct trace *trace = w->trace;
	for (size_t i = 0; i < trace->kernel_count; i++) {
		const struct sim_kernel *kernel = &trace->kernels[i];
		const struct trace_measured *measured = &trace->measured[i];
		insert_integer(in, w->first_kernel + (int64_t)i);
		insert_integer(in, w->id);
		insert_integer(in, w->kind_of[i]);
		insert_integer(in, kernel->stream);
		insert_integer(in, kernel->host_ns);
		if (kernel->flags & SIM_KERNEL_OPAQUE)
			TRY(insert_unsigned(in, kernel->recorded_ps, "recorded time", w->diag));
		else
			insert_null(in);
		insert_integer(in, measured->start_ns);
		insert_integer(in, measured->duration_ns);
		insert_integer_or_null(in, measured->launch_start_ns, INT64_MIN);
		insert_integer_or_null(in, measured->launch_end_ns, INT64_MIN);
		insert_integer(in, measured->correlation);
		insert_integer(in, measured->thread);
		if (w->graph_kernels > 0) {
			insert_integer_or_null(in, measured->graph, 0);
			insert_integer_or_null(in, (int64_t)measured->node, 0);
		}
		TRY(insert_row(in, w->diag));
	}
	return SIM_OK;
}

/* Union of the kernels' intervals; kernels are in order of start. */
static enum sim_status busy_of(const struct trace *trace, const struct sim_step *step,
			       int64_t *busy_ns)
{
	int64_t covered = INT64_MIN, end;
	*busy_ns = 0;
	for (size_t i = step->first; i < (size_t)step->first + step->count; i++) {
		const struct trace_measured *at = &trace->measured[i];
		int64_t from = at->start_ns > covered ? at->start_ns : covered, length;
		if (__builtin_add_overflow(at->start_ns, at->duration_ns, &end))
			return SIM_E_RANGE;
		if (end <= from)
			continue;
		if (__builtin_sub_overflow(end, from, &length) ||
		    __builtin_add_overflow(*busy_ns, length, busy_ns))
			return SIM_E_RANGE;
		covered = end;
	}
	return SIM_OK;
}

static enum sim_status write_steps(struct writing *w, struct db_insert *in)
{
	const struct trace *trace = w->trace;
	uint64_t free_from = 0;
	for (size_t i = 0; i < trace->step_count; i++) {
		const struct sim_step *step = &trace->steps[i];
		const struct trace_step_measured *measured = &trace->step_measured[i];
		uint64_t end = (uint64_t)step->first + step->count;
		int64_t busy_ns;
		if (step->traced_launch >= SIM_LAUNCH_COUNT || step->first < free_from ||
		    end > trace->kernel_count)
			return diag_fail(
				w->diag, SIM_E_RANGE,
				"step %zu of trace '%s' is outside its %zu kernels or over "
				"another step",
				i, trace->name, trace->kernel_count);
		free_from = end;
		if (busy_of(trace, step, &busy_ns) != SIM_OK)
			return diag_fail(w->diag, SIM_E_RANGE,
					 "step %zu of trace '%s' has a time out of range", i,
					 trace->name);
		insert_integer(in, w->id);
		insert_integer(in, (int64_t)i);
		insert_integer(in, step->first);
		insert_integer(in, step->count);
		insert_text(in, sim_launch_text(step->traced_launch));
		insert_integer(in, step->ends_in_sync);
		insert_integer_or_null(in, measured->host_start_ns, INT64_MIN);
		insert_integer(in, measured->first_start_ns);
		insert_integer(in, measured->last_end_ns);
		insert_integer(in, busy_ns);
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

static enum sim_status write_all(struct writing *w, bool *added)
{
	const struct trace *trace = w->trace;
	bool found;
	TRY(trace_identity_settle(w->store, trace, &w->identity, w->diag));
	w->id = w->identity.id;
	if (w->identity.same)
		return trace_facts_update(w->store, w->id, trace, added, w->diag);
	*added = true;
	w->graph_kernels = trace_graph_kernels(trace);
	TRY(db_integer(w->store, "SELECT ifnull(max(id), 0) + 1 FROM trace", 0, &w->id, &found,
		       w->diag));
	TRY(db_integer(w->store, "SELECT ifnull(max(id), 0) + 1 FROM trace_kernel", 0,
		       &w->first_kernel, &found, w->diag));
	TRY(write_table(w, "trace(" TRACE_COLUMNS ")", 1, write_head));
	TRY(write_table(w, "trace_name(" NAME_COLUMNS ")", trace->names.count, write_names));
	TRY(write_table(w, "trace_kind(" KIND_COLUMNS ")", w->kinds.count, write_kinds));
	TRY(write_table(w,
			w->graph_kernels > 0 ? "trace_kernel(" KERNEL_COLUMNS NODE_COLUMNS ")"
					     : "trace_kernel(" KERNEL_COLUMNS ")",
			trace->kernel_count, write_kernels));
	TRY(write_table(w, "trace_step(" STEP_COLUMNS ")", trace->step_count, write_steps));
	return trace_facts_write(w->store, w->id, trace, w->diag);
}

enum sim_status store_write_trace(struct store *store, const struct trace *trace, int64_t *id,
				  bool *added, struct sim_diag *diag)
{
	struct writing writing = {.store = store, .trace = trace, .diag = diag};
	enum sim_status status = find_kinds(&writing);
	*added = false;
	if (status == SIM_OK)
		status = trace_work_hash(trace, &writing.identity.work_hash, diag);
	if (status == SIM_OK)
		status = db_begin(store, diag);
	if (status == SIM_OK)
		status = db_end(store, write_all(&writing, added), diag);
	*id = writing.id;
	distinct_fini(&writing.kinds);
	free(writing.kind_of);
	return status;
}
