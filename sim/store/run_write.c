/*
 * Writing a run: its figures, where its step goes, its kernels by group and, when asked, one by
 * one. One transaction, the device included.
 */
#include "sim/store/store.h"

#include <stdio.h>
#include <stdlib.h>

#include "sim/store/db.h"
#include "sim/store/distinct.h"

/* Kernels of one group: same name, op shape and geometry. */
struct group_key {
	uint32_t name, op_shape;
	uint32_t grid[3], block[3];
};

struct group {
	size_t first; /* a kernel of it */
	int64_t count, opaque;
	int64_t predicted_ps, min_ps, max_ps, measured_ns;
};

struct writing {
	struct store *store;
	const struct store_run *run;
	struct sim_diag *diag;
	struct distinct keys;
	struct group *groups;
	size_t group_room;
	uint32_t *group_of; /* per kernel */
	int64_t rows;	    /* kernels inside a step */
	int64_t id, trace_id, device_id, first_kernel;
};

static enum sim_status make_room(struct writing *w)
{
	if (w->keys.count < w->group_room)
		return SIM_OK;
	size_t room = w->group_room == 0 ? 64 : w->group_room * 2;
	struct group *groups = realloc(w->groups, room * sizeof(*groups));
	if (groups == NULL)
		return diag_fail(w->diag, SIM_E_NOMEM, "out of memory");
	w->groups = groups;
	w->group_room = room;
	return SIM_OK;
}

static enum sim_status add_up(struct writing *w, struct group *group, size_t i)
{
	const struct trace *trace = w->run->kernels_of;
	int64_t ps;
	bool over = __builtin_sub_overflow(w->run->end_ps[i], w->run->start_ps[i], &ps);
	if (group->count == 0 || ps < group->min_ps)
		group->min_ps = ps;
	if (group->count == 0 || ps > group->max_ps)
		group->max_ps = ps;
	group->count++;
	group->opaque += (trace->kernels[i].flags & SIM_KERNEL_OPAQUE) != 0;
	over |= __builtin_add_overflow(group->predicted_ps, ps, &group->predicted_ps);
	over |= __builtin_add_overflow(group->measured_ns, trace->measured[i].duration_ns,
				       &group->measured_ns);
	return over ? diag_fail(w->diag, SIM_E_RANGE, "time of kernel %zu out of range", i)
		    : SIM_OK;
}

static enum sim_status group_kernel(struct writing *w, size_t i)
{
	const struct trace_detail *at = &w->run->kernels_of->details[i];
	struct group_key key = {.name = at->name, .op_shape = at->op_shape};
	uint32_t before = w->keys.count, index;
	for (int axis = 0; axis < 3; axis++) {
		key.grid[axis] = at->grid[axis];
		key.block[axis] = at->block[axis];
	}
	TRY(make_room(w));
	if (distinct_add(&w->keys, &key, &index) != SIM_OK)
		return diag_fail(w->diag, SIM_E_NOMEM, "out of memory");
	if (index == before)
		w->groups[index] = (struct group){.first = i};
	w->group_of[i] = index;
	w->rows++;
	return add_up(w, &w->groups[index], i);
}

static enum sim_status group_kernels(struct writing *w)
{
	const struct trace *trace = w->run->kernels_of;
	distinct_init(&w->keys, sizeof(struct group_key));
	if (trace == NULL)
		return SIM_OK;
	if (w->run->start_ps == NULL || w->run->end_ps == NULL)
		return diag_fail(w->diag, SIM_E_INTERNAL, "kernels of a run without their times");
	w->group_of = calloc(trace->kernel_count + 1, sizeof(*w->group_of));
	if (w->group_of == NULL)
		return diag_fail(w->diag, SIM_E_NOMEM, "out of memory");
	for (size_t step = 0; step < trace->step_count; step++) {
		size_t first = trace->steps[step].first, end = first + trace->steps[step].count;
		if (end > trace->kernel_count)
			return diag_fail(w->diag, SIM_E_RANGE,
					 "step %zu is outside its %zu kernels", step,
					 trace->kernel_count);
		for (size_t i = first; i < end; i++)
			TRY(group_kernel(w, i));
	}
	return SIM_OK;
}

static void insert_id_or_null(struct db_insert *in, int64_t id)
{
	if (id == 0)
		insert_null(in);
	else
		insert_integer(in, id);
}

static enum sim_status write_head(struct writing *w, struct db_insert *in)
{
	const struct store_run *run = w->run;
	const struct replay_result *result = run->result;
	insert_integer(in, w->id);
	insert_text(in, run->trace);
	insert_hash(in, run->trace_hash);
	insert_id_or_null(in, w->trace_id);
	insert_integer(in, w->device_id);
	insert_text(in, sim_launch_text(run->launch));
	insert_real(in, run->host_speed);
	insert_text(in, run->version);
	TRY(insert_unsigned(in, result->kernels, "count of kernels", w->diag));
	TRY(insert_unsigned(in, result->steps, "count of steps", w->diag));
	TRY(insert_unsigned(in, result->opaque_kernels, "count of kernels", w->diag));
	insert_integer(in, result->total_ps);
	insert_integer(in, result->step_ps);
	insert_integer(in, result->device_span_ps);
	insert_integer(in, result->device_busy_ps);
	insert_integer(in, result->host_ps);
	insert_integer(in, result->floor_ps);
	insert_integer(in, result->opaque_ps);
	insert_real(in, run->error_band_low);
	insert_real(in, run->error_band_high);
	insert_hash(in, result->digest);
	insert_integer(in, w->keys.count);
	insert_integer(in, run->every_kernel ? w->rows : 0);
	insert_integer(in, w->first_kernel);
	return insert_row(in, w->diag);
}

static enum sim_status write_parts(struct writing *w, struct db_insert *in)
{
	for (unsigned part = 0; part < SIM_PART_COUNT; part++) {
		insert_integer(in, w->id);
		insert_text(in, sim_part_text(part));
		insert_integer(in, w->run->result->part_ps[part]);
		TRY(insert_row(in, w->diag));
	}
	return SIM_OK;
}

static enum sim_status write_energy(struct writing *w, struct db_insert *in)
{
	const struct store_energy *energy = w->run->energy;
	const double values[] = {
		energy->energy_j,	  energy->energy_low_j,	  energy->energy_high_j,
		energy->memory_j,	  energy->compute_j,	  energy->link_j,
		energy->static_j,	  energy->average_w,	  energy->peak_w,
		energy->joules_per_token, energy->usd_per_mtoken, energy->area_mm2};
	insert_integer(in, w->id);
	for (size_t i = 0; i < sizeof(values) / sizeof(values[0]); i++)
		insert_real(in, values[i]);
	return insert_row(in, w->diag);
}

static enum sim_status write_placed(struct writing *w, struct db_insert *in)
{
	for (size_t i = 0; i < w->run->placed_count; i++) {
		const struct store_placed *placed = &w->run->placed[i];
		insert_integer(in, w->id);
		insert_text(in, placed->unit);
		insert_text(in, placed->op);
		TRY(insert_unsigned(in, placed->kernels, "count of kernels", w->diag));
		insert_integer(in, placed->ps);
		TRY(insert_row(in, w->diag));
	}
	return SIM_OK;
}

static void insert_name(struct db_insert *in, const struct trace *trace, uint32_t index)
{
	insert_text_bytes(in, names_text(&trace->names, index), trace->names.entries[index].length);
}

static void insert_axes(struct db_insert *in, const uint32_t axes[3])
{
	char text[40];
	snprintf(text, sizeof(text), "%u,%u,%u", axes[0], axes[1], axes[2]);
	insert_text(in, text);
}

static enum sim_status write_groups(struct writing *w, struct db_insert *in)
{
	const struct trace *trace = w->run->kernels_of;
	for (uint32_t i = 0; i < w->keys.count; i++) {
		const struct group *group = &w->groups[i];
		const struct sim_kernel *kernel = &trace->kernels[group->first];
		const struct trace_detail *detail = &trace->details[group->first];
		insert_integer(in, w->id);
		insert_integer(in, i);
		insert_name(in, trace, detail->name);
		insert_name(in, trace, detail->op_name);
		insert_name(in, trace, detail->op_shape);
		insert_axes(in, detail->grid);
		insert_axes(in, detail->block);
		insert_text(in, sim_op_text(kernel->op));
		insert_text(in, sim_family_text(kernel->family));
		insert_text(in, sim_dtype_text(kernel->dtype));
		insert_integer(in, group->opaque);
		insert_integer(in, group->count);
		insert_integer(in, group->predicted_ps);
		insert_integer(in, group->min_ps);
		insert_integer(in, group->max_ps);
		insert_integer(in, group->measured_ns);
		TRY(insert_row(in, w->diag));
	}
	return SIM_OK;
}

static enum sim_status write_kernels(struct writing *w, struct db_insert *in)
{
	const struct trace *trace = w->run->kernels_of;
	int64_t id = w->first_kernel;
	for (size_t step = 0; step < trace->step_count; step++) {
		size_t first = trace->steps[step].first;
		for (size_t i = first; i < first + trace->steps[step].count; i++) {
			insert_integer(in, id++);
			insert_integer(in, w->id);
			insert_integer(in, (int64_t)i);
			insert_integer(in, (int64_t)step);
			insert_integer(in, w->group_of[i]);
			insert_integer(in, w->run->start_ps[i]);
			insert_integer(in, w->run->end_ps[i]);
			insert_integer(in, trace->measured[i].duration_ns);
			TRY(insert_row(in, w->diag));
		}
	}
	return SIM_OK;
}

static enum sim_status write_table(struct writing *w, const char *into, int64_t rows,
				   enum sim_status (*write)(struct writing *, struct db_insert *))
{
	struct db_insert insert;
	enum sim_status status = insert_open(&insert, w->store, into, (uint64_t)rows, w->diag);
	if (status == SIM_OK)
		status = write(w, &insert);
	insert_close(&insert);
	return status;
}

static enum sim_status write_all(struct writing *w)
{
	const struct store_run *run = w->run;
	bool found;
	TRY(store_put_device(w->store, run->device, &w->device_id, w->diag));
	TRY(store_find_trace(w->store, run->trace, run->trace_hash, &w->trace_id, w->diag));
	TRY(db_integer(w->store, "SELECT ifnull(max(id), 0) + 1 FROM run", 0, &w->id, &found,
		       w->diag));
	TRY(db_integer(w->store, "SELECT ifnull(max(id), 0) + 1 FROM run_kernel", 0,
		       &w->first_kernel, &found, w->diag));
	TRY(write_table(w,
			"run(id, trace, trace_hash, trace_id, device_id, launch, host_speed, "
			"version, kernels, steps, opaque_kernels, total_ps, step_ps, "
			"device_span_ps, device_busy_ps, host_ps, floor_ps, opaque_ps, "
			"error_band_low, error_band_high, digest, group_count, kernel_count, "
			"first_kernel)",
			1, write_head));
	TRY(write_table(w, "run_part(run_id, part, ps)", SIM_PART_COUNT, write_parts));
	if (run->energy != NULL)
		TRY(write_table(w,
				"run_energy(run_id, energy_j, energy_low_j, energy_high_j, "
				"memory_j, compute_j, link_j, static_j, average_w, peak_w, "
				"joules_per_token, usd_per_mtoken, area_mm2)",
				1, write_energy));
	if (run->placed_count > 0)
		TRY(write_table(w, "run_placement(run_id, unit, op, kernels, ps)",
				(int64_t)run->placed_count, write_placed));
	TRY(write_table(w,
			"run_group(run_id, grp, name, op_name, shape, grid, block, op, family, "
			"dtype, opaque, count, predicted_ps, predicted_min_ps, predicted_max_ps, "
			"measured_ns)",
			w->keys.count, write_groups));
	if (!run->every_kernel || run->kernels_of == NULL)
		return SIM_OK;
	return write_table(w,
			   "run_kernel(id, run_id, seq, step, grp, start_ps, end_ps, measured_ns)",
			   w->rows, write_kernels);
}

enum sim_status store_write_run(struct store *store, const struct store_run *run, int64_t *id,
				struct sim_diag *diag)
{
	struct writing writing = {.store = store, .run = run, .diag = diag};
	enum sim_status status = group_kernels(&writing);
	if (status == SIM_OK)
		status = db_begin(store, diag);
	if (status == SIM_OK)
		status = db_end(store, write_all(&writing), diag);
	*id = writing.id;
	distinct_fini(&writing.keys);
	free(writing.groups);
	free(writing.group_of);
	return status;
}
