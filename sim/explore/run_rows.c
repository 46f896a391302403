/* Rows of a sweep; see run_rows.h. */
#include "sim/explore/run_rows.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "sim/core/digest.h"
#include "sim/core/version.h"
#include "sim/explore/design.h"

enum { BATCH = 16384, SECONDS = 1 };

/* What a row points to. */
struct row_kept {
	double values[STORE_SWEEP_AXES];
	double fields[EXPLORE_FIELD_COUNT];
	char why[160];
};

static int64_t now_s(void)
{
	struct timespec time;
	clock_gettime(CLOCK_MONOTONIC, &time);
	return time.tv_sec;
}

static void describe_axes(struct run *run)
{
	const struct explore_space *space = run->space;
	for (size_t a = 0; a < space->axis_count; a++) {
		const struct explore_axis *axis = &space->axes[a];
		run->axes[a] = (struct store_sweep_axis){
			.name = axis->name,
			.unit = unit_si(axis->unit),
			.low = axis->low,
			.high = axis->high,
			.count = axis->count,
			.words = axis->kind == EXPLORE_WORDS ? axis->words : NULL,
		};
	}
	for (size_t f = 0; f < EXPLORE_FIELD_COUNT; f++)
		run->fields[f] = explore_field_name(f);
}

/* What the sweep rests on: its text, and by content every file that an axis or the base names. */
static enum sim_status hash_definition(struct run *run, uint64_t *hash, struct sim_diag *diag)
{
	const struct explore_space *space = run->space;
	double values[STORE_SWEEP_AXES];
	enum explore_method method =
		space->method == EXPLORE_SCREEN ? EXPLORE_CLOSED : space->method;
	uint64_t one;
	*hash = design_hash_text(DIGEST_SEED, run->definition);
	explore_grid_point(space, 0, values);
	TRY(explore_point_hash(run->worker, values, method, &one, diag));
	*hash = digest_mix(*hash, one);
	for (size_t a = 0; a < space->axis_count; a++) {
		const struct explore_axis *axis = &space->axes[a];
		if (axis->target != EXPLORE_HW && axis->target != EXPLORE_WORKLOAD)
			continue;
		for (uint64_t w = 1; w < axis->count; w++) {
			values[a] = (double)w;
			TRY(explore_point_hash(run->worker, values, method, &one, diag));
			*hash = digest_mix(*hash, one);
		}
		values[a] = 0;
	}
	return SIM_OK;
}

static enum sim_status refuse_begun(const struct run *run, struct sim_diag *diag)
{
	const struct store_sweep *sweep = &run->sweep;
	if (sweep->rows == 0 || sweep->finished || run->options->resume)
		return SIM_OK;
	return diag_fail(diag, SIM_E_DUPLICATE,
			 "%s: the sweep '%s' was begun and is not finished: %llu rows are there "
			 "(--resume goes on with it)",
			 store_path(run->store), sweep->name, (unsigned long long)sweep->rows);
}

enum sim_status rows_begin(struct run *run, struct sim_diag *diag)
{
	const struct explore_space *space = run->space;
	bool any = false;
	if (run->store == NULL)
		return SIM_OK;
	run->room = run->options->batch > 0 && run->options->batch < BATCH
			    ? (size_t)run->options->batch
			    : BATCH;
	run->definition = explore_definition(space);
	run->kept = malloc(run->room * sizeof(*run->kept));
	run->rows = malloc(run->room * sizeof(*run->rows));
	if (run->definition == NULL || run->kept == NULL || run->rows == NULL)
		return diag_fail(diag, SIM_E_NOMEM, "out of memory");
	describe_axes(run);
	run->sweep = (struct store_sweep){
		.name = space->name,
		.definition = run->definition,
		.method = explore_method_text(space->method),
		.version = DECODESIM_VERSION,
		.points = space->point_count,
		.axes = run->axes,
		.axis_count = space->axis_count,
		.fields = run->fields,
		.field_count = EXPLORE_FIELD_COUNT,
	};
	TRY(hash_definition(run, &run->sweep.definition_hash, diag));
	TRY(store_sweep_open(run->store, &run->sweep, diag));
	TRY(refuse_begun(run, diag));
	run->report->was_finished = run->sweep.finished;
	run->flushed_s = now_s();
	TRY(store_sweep_any(run->store, &run->sweep, &any, diag));
	return any ? store_sweep_lookup_open(run->store, &run->sweep, &run->lookup, diag) : SIM_OK;
}

void rows_result(const struct store_sweep_row *row, struct explore_result *result)
{
	memcpy(result->fields, row->fields, sizeof(result->fields));
	result->failed = row->failed != NULL;
	result->broken = 0;
	result->feasible = false;
	snprintf(result->why, sizeof(result->why), "%.159s",
		 row->failed != NULL ? row->failed : "");
}

enum sim_status rows_look_up(struct run *run, uint64_t key, const double *values,
			     struct explore_result *result, bool *known, struct sim_diag *diag)
{
	*known = false;
	if (run->lookup == NULL)
		return SIM_OK;
	TRY(store_sweep_lookup(run->lookup, key, result->fields, result->why, sizeof(result->why),
			       known, diag));
	if (!*known)
		return SIM_OK;
	result->failed = result->why[0] != '\0';
	explore_judge(run->space, values, result);
	return SIM_OK;
}

enum sim_status rows_add(struct run *run, uint64_t row, const struct pool_job *job, size_t i,
			 struct sim_diag *diag)
{
	const struct explore_result *result = &job->results[i];
	size_t axes = run->space->axis_count;
	if (run->store == NULL)
		return SIM_OK;
	struct row_kept *kept = &run->kept[run->row_count];
	memcpy(kept->values, job->values + i * axes, axes * sizeof(*kept->values));
	memcpy(kept->fields, result->fields, sizeof(kept->fields));
	memcpy(kept->why, result->why, sizeof(kept->why));
	run->rows[run->row_count++] = (struct store_sweep_row){
		.row = row,
		.point = job->points[i],
		.method = explore_method_text(job->method),
		.key = job->keys[i],
		.digest = explore_result_digest(result),
		.feasible = result->feasible,
		.broken = result->broken,
		.failed = result->failed ? kept->why : NULL,
		.values = kept->values,
		.fields = kept->fields,
	};
	if (run->row_count < run->room && now_s() - run->flushed_s < SECONDS)
		return SIM_OK;
	return rows_flush(run, diag);
}

enum sim_status rows_flush(struct run *run, struct sim_diag *diag)
{
	size_t count = run->row_count;
	run->row_count = 0;
	if (run->store == NULL || count == 0)
		return SIM_OK;
	TRY(store_sweep_write(run->store, &run->sweep, run->rows, count, diag));
	run->flushed_s = now_s();
	return SIM_OK;
}

enum sim_status rows_finish(struct run *run, struct sim_diag *diag)
{
	if (run->store == NULL)
		return SIM_OK;
	if (run->sweep.finished && run->sweep.digest != run->digest)
		return diag_fail(diag, SIM_E_DB,
				 "%s: stored results of the sweep '%s' are not those that its "
				 "digest is of",
				 store_path(run->store), run->sweep.name);
	return run->sweep.finished ? SIM_OK
				   : store_sweep_finish(run->store, &run->sweep, run->digest, diag);
}

void rows_end(struct run *run)
{
	store_sweep_lookup_close(run->lookup);
	free(run->definition);
	free(run->kept);
	free(run->rows);
}
