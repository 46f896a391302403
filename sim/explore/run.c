/* Sweeps run; see run.h. */
#include "sim/explore/run.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "sim/core/digest.h"
#include "sim/explore/pareto.h"
#include "sim/explore/run_phase.h"

static enum sim_status nomem(struct sim_diag *diag)
{
	return diag_fail(diag, SIM_E_NOMEM, "out of memory");
}

void explore_objectives(const struct explore_objective *objectives, size_t count,
			const double *fields, bool feasible, double *out)
{
	for (size_t i = 0; i < count; i++) {
		double value = feasible ? fields[objectives[i].field] : NAN;
		out[i] = objectives[i].more ? -value : value;
	}
}

static void count_result(struct explore_run_report *report, const struct explore_result *result)
{
	bool fits = result->fields[CASE_FIELD_fits] == 1;
	report->failed += result->failed;
	report->unfit += !result->failed && !fits;
	report->infeasible += !result->failed && fits && result->broken != 0;
	report->feasible += result->feasible;
	for (size_t i = 0; i < EXPLORE_MOST_CONSTRAINTS; i++)
		report->broken[i] += result->broken >> i & 1;
}

/* How far from a design that may be: nothing there, too large, constraints that do not hold. */
static double violation_of(const struct explore_result *result)
{
	double broken = __builtin_popcount(result->broken);
	if (result->failed)
		return 2.0 * EXPLORE_MOST_CONSTRAINTS + 1;
	if (result->fields[CASE_FIELD_fits] != 1)
		return EXPLORE_MOST_CONSTRAINTS + 1 + broken;
	return broken;
}

/* The row that is next in order. */
static void consume(struct phase *phase, uint64_t point, const struct explore_result *result)
{
	struct run *run = phase->run;
	struct explore_run_report *report = run->report;
	const struct explore_space *space = run->space;
	size_t width = space->objective_count;
	run->digest = digest_mix(run->digest, point);
	run->digest = digest_mix(run->digest, explore_result_digest(result));
	if (phase->violation != NULL)
		phase->violation[phase->taken] = violation_of(result);
	if (phase->counts)
		count_result(report, result);
	else
		report->simulated_feasible += result->feasible;
	if (result->failed && report->why[0] == '\0')
		memcpy(report->why, result->why, sizeof(report->why));
	if (width > 0)
		explore_objectives(space->objectives, width, result->fields, result->feasible,
				   run->objectives + (phase->first + phase->taken) * width);
	phase->taken++;
}

static enum sim_status take_stored(void *context, const struct store_sweep_row *row,
				   struct sim_diag *diag)
{
	struct phase *phase = context;
	struct explore_result result;
	if (phase->taken == phase->count)
		return SIM_OK; /* of the next phase */
	uint64_t due = phase->list != NULL ? phase->list[phase->taken] : phase->taken;
	if (row->row != phase->base + phase->taken || row->point != due)
		return diag_fail(diag, SIM_E_DB,
				 "stored points of the sweep contradict each other at point %llu",
				 (unsigned long long)row->point);
	rows_result(row, &result);
	explore_judge(phase->run->space, row->values, &result);
	consume(phase, row->point, &result);
	phase->run->report->resumed++;
	return SIM_OK;
}

static enum sim_status fill(struct phase *phase, struct pool_job *job, struct sim_diag *diag)
{
	struct run *run = phase->run;
	size_t axes = run->space->axis_count;
	uint64_t left = phase->count - phase->filled;
	job->method = phase->method;
	job->count = left < POOL_POINTS ? (size_t)left : POOL_POINTS;
	for (size_t i = 0; i < job->count; i++) {
		double *values = job->values + i * axes;
		uint64_t point = phase->list != NULL ? phase->list[phase->filled] : phase->filled;
		if (phase->sample == NULL)
			explore_grid_point(run->space, point, values);
		for (; phase->sample != NULL && phase->sampled <= point; phase->sampled++)
			explore_sample_next(phase->sample, values);
		job->points[i] = point;
		phase->filled++;
		TRY(explore_point_hash(run->worker, values, phase->method, &job->keys[i], diag));
		TRY(rows_look_up(run, job->keys[i], values, &job->results[i], &job->known[i],
				 diag));
	}
	return SIM_OK;
}

static bool stopped(const struct run *run)
{
	const struct explore_run_options *options = run->options;
	return options->stop != NULL && options->stop(options->context);
}

static void tell(const struct phase *phase)
{
	const struct explore_run_options *options = phase->run->options;
	if (options->progress != NULL)
		options->progress(options->context,
				  &(struct explore_progress){phase->base + phase->taken,
							     phase->total, phase->method});
}

static enum sim_status take(struct phase *phase, struct sim_diag *diag)
{
	struct run *run = phase->run;
	struct pool_job *job;
	TRY(run->pool.take(&run->pool, &job, diag));
	for (size_t i = 0; i < job->count; i++) {
		run->report->computed += !job->known[i];
		run->report->reused += job->known[i];
		TRY(rows_add(run, phase->base + phase->taken, job, i, diag));
		consume(phase, job->points[i], &job->results[i]);
	}
	tell(phase);
	return SIM_OK;
}

static enum sim_status compute(struct phase *phase, struct sim_diag *diag)
{
	struct run *run = phase->run;
	while (phase->taken < phase->count) {
		struct pool_job *job = NULL;
		if (stopped(run))
			return diag_fail(diag, SIM_E_USAGE, "interrupted at point %llu of %llu%s",
					 (unsigned long long)phase->taken,
					 (unsigned long long)phase->count,
					 run->store != NULL ? " (--resume goes on)" : "");
		if (phase->filled < phase->count)
			job = run->pool.blank(&run->pool);
		if (job == NULL) {
			TRY(take(phase, diag));
			continue;
		}
		TRY(fill(phase, job, diag));
		TRY(run->pool.put(&run->pool, diag));
	}
	return SIM_OK;
}

/* What came in order is kept, however it ended. */
static enum sim_status compute_and_keep(struct phase *phase, struct sim_diag *diag)
{
	struct sim_diag ignored = {0};
	enum sim_status status = compute(phase, diag);
	enum sim_status kept = rows_flush(phase->run, status == SIM_OK ? diag : &ignored);
	return status == SIM_OK ? kept : status;
}

enum sim_status run_phase(struct phase *phase, struct sim_diag *diag)
{
	struct run *run = phase->run;
	if (run->store != NULL && run->sweep.rows > phase->base)
		TRY(store_sweep_read(run->store, &run->sweep, phase->base, take_stored, phase,
				     diag));
	phase->filled = phase->taken;
	if (phase->taken == phase->count)
		return SIM_OK;
	if (run->space->sampling != EXPLORE_SEARCH)
		TRY(explore_sample_create(run->space, phase->list == NULL ? phase->taken : 0,
					  &phase->sample, diag));
	phase->sampled = phase->list == NULL ? phase->taken : 0;
	tell(phase);
	enum sim_status status = compute_and_keep(phase, diag);
	explore_sample_destroy(phase->sample);
	return status;
}

/* Points that a screening simulates: the front by the closed form and what is near it. */
static enum sim_status survivors(struct run *run, uint64_t **list, uint64_t *count,
				 struct sim_diag *diag)
{
	const struct explore_space *space = run->space;
	size_t points = (size_t)space->point_count, found, n = 0;
	bool *near = malloc(points * sizeof(*near));
	enum sim_status status =
		near == NULL ? nomem(diag)
			     : pareto_near(run->objectives, points, space->objective_count,
					   space->margin, near, &found, diag);
	if (status == SIM_OK) {
		*list = malloc((found + 1) * sizeof(**list));
		status = *list == NULL ? nomem(diag) : SIM_OK;
	}
	for (size_t i = 0; status == SIM_OK && i < points; i++)
		if (near[i])
			(*list)[n++] = i;
	*count = n;
	free(near);
	return status;
}

/* The front of the last phase, and the ends of each objective. */
static enum sim_status sum_up(struct run *run, uint64_t count, struct sim_diag *diag)
{
	const struct explore_space *space = run->space;
	struct explore_run_report *report = run->report;
	size_t width = space->objective_count, found = 0;
	if (width == 0 || count == 0)
		return SIM_OK;
	bool *front = malloc((size_t)count * sizeof(*front));
	if (front == NULL)
		return nomem(diag);
	enum sim_status status =
		pareto_front(run->objectives, (size_t)count, width, front, &found, diag);
	report->front = found;
	for (size_t o = 0; o < width; o++) {
		double sign = space->objectives[o].more ? -1 : 1;
		report->least[o] = report->most[o] = NAN;
		for (uint64_t i = 0; i < count; i++) {
			double value = sign * run->objectives[i * width + o];
			report->least[o] = fmin(report->least[o], value);
			report->most[o] = fmax(report->most[o], value);
		}
	}
	free(front);
	return status;
}

static enum sim_status run_all(struct run *run, struct sim_diag *diag)
{
	const struct explore_space *space = run->space;
	bool screen = space->method == EXPLORE_SCREEN;
	struct phase first = {.run = run,
			      .method = screen ? EXPLORE_CLOSED : space->method,
			      .count = space->point_count,
			      .total = space->point_count,
			      .counts = true};
	uint64_t count = space->point_count;
	uint64_t *list = NULL;
	TRY(space->sampling == EXPLORE_SEARCH ? run_search(run, &count, diag)
					      : run_phase(&first, diag));
	enum sim_status status = SIM_OK;
	if (screen) {
		status = survivors(run, &list, &count, diag);
		struct phase second = {.run = run,
				       .method = EXPLORE_SIMULATE,
				       .list = list,
				       .count = count,
				       .base = space->point_count,
				       .total = space->point_count + count};
		if (status == SIM_OK)
			status = run_phase(&second, diag);
		run->report->simulated = count;
	}
	free(list);
	if (status == SIM_OK)
		status = sum_up(run, count, diag);
	run->report->digest = run->digest;
	return status == SIM_OK ? rows_finish(run, diag) : status;
}

static enum sim_status check(const struct explore_space *space, const struct store *store,
			     struct sim_diag *diag)
{
	if (space->method == EXPLORE_SCREEN && space->objective_count == 0)
		return diag_fail_at(diag, SIM_E_USAGE, space->path, 0,
				    "a screening needs objectives");
	if (space->method == EXPLORE_SCREEN && space->sampling == EXPLORE_SEARCH)
		return diag_fail_at(diag, SIM_E_UNSUPPORTED, space->path, 0,
				    "a search is by the closed form or simulated, not screened");
	if (space->objective_count == 0 && space->sampling == EXPLORE_SEARCH)
		return diag_fail_at(diag, SIM_E_USAGE, space->path, 0, "a search needs objectives");
	if (store != NULL && space->axis_count > STORE_SWEEP_AXES)
		return diag_fail_at(diag, SIM_E_UNSUPPORTED, space->path, 0,
				    "more than %d axes cannot be stored", STORE_SWEEP_AXES);
	return SIM_OK;
}

static enum sim_status begin(struct run *run, struct sim_diag *diag)
{
	const struct explore_space *space = run->space;
	size_t numbers = (size_t)space->point_count * space->objective_count;
	run->digest = DIGEST_SEED;
	run->objectives = malloc((numbers + 1) * sizeof(*run->objectives));
	if (run->objectives == NULL)
		return nomem(diag);
	TRY(explore_worker_create(space, &run->worker, diag));
	TRY(explore_probe(run->worker, diag));
	TRY(rows_begin(run, diag));
	if (run->options->pool != NULL) {
		run->pool = *run->options->pool;
		return SIM_OK;
	}
	run->own_pool = true;
	enum sim_status status = pool_threads(space, run->options->threads, &run->pool, diag);
	run->own_pool = status == SIM_OK;
	return status;
}

enum sim_status explore_run(const struct explore_space *space, struct store *store,
			    const struct explore_run_options *options,
			    struct explore_run_report *report, struct sim_diag *diag)
{
	struct run run = {.space = space, .store = store, .options = options, .report = report};
	*report = (struct explore_run_report){.points = space->point_count};
	TRY(check(space, store, diag));
	enum sim_status status = begin(&run, diag);
	if (status == SIM_OK)
		status = run_all(&run, diag);
	if (run.own_pool)
		run.pool.destroy(&run.pool);
	rows_end(&run);
	explore_worker_destroy(run.worker);
	free(run.objectives);
	return status;
}
