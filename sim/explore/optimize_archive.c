/* Evaluated designs by grid cell; batches are evaluated by threads, each design by itself. */
#include "sim/explore/optimize_archive.h"

#include <float.h>
#include <math.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>

#include "sim/explore/draw.h"

enum { FIRST_ROOM = 256 };

static uint64_t cells_of(const struct optimize_problem *problem)
{
	uint64_t cells = 1;
	for (size_t a = 0; a < problem->axis_count; a++)
		if (__builtin_mul_overflow(cells, problem->axes[a].levels, &cells))
			return UINT64_MAX;
	return cells;
}

enum sim_status archive_init(struct archive *archive, const struct optimize_problem *problem,
			     const struct optimize_options *options, struct sim_diag *diag)
{
	memset(archive, 0, sizeof(*archive));
	archive->problem = problem;
	archive->options = options;
	archive->cells = cells_of(problem);
	archive->room = FIRST_ROOM;
	archive->slot_count = FIRST_ROOM * 2;
	archive->points = calloc(archive->room, sizeof(*archive->points));
	archive->slots = calloc(archive->slot_count, sizeof(*archive->slots));
	return archive->points != NULL && archive->slots != NULL
		       ? SIM_OK
		       : diag_fail(diag, SIM_E_NOMEM, "out of memory");
}

void archive_fini(struct archive *archive)
{
	free(archive->points);
	free(archive->slots);
	free(archive->front);
	free(archive->x);
	free(archive->objectives);
	free(archive->violation);
	memset(archive, 0, sizeof(*archive));
}

bool archive_is_whole(const struct archive *archive)
{
	return archive->count >= archive->cells;
}

/* Slot of LEVELS, or the free one where it belongs. */
static size_t slot_of(const struct archive *archive, const uint32_t *levels)
{
	size_t axes = archive->problem->axis_count, mask = archive->slot_count - 1;
	uint64_t hash = 0;
	for (size_t a = 0; a < axes; a++)
		hash = draw_mix(hash ^ (levels[a] + UINT64_C(0x9e3779b97f4a7c15)));
	for (size_t slot = hash & mask;; slot = (slot + 1) & mask) {
		size_t index = archive->slots[slot];
		if (index == 0 ||
		    memcmp(archive->points[index - 1].levels, levels, axes * sizeof(*levels)) == 0)
			return slot;
	}
}

size_t archive_find(const struct archive *archive, const uint32_t *levels)
{
	size_t index = archive->slots[slot_of(archive, levels)];
	return index == 0 ? SIZE_MAX : index - 1;
}

static enum sim_status grow(struct archive *archive, struct sim_diag *diag)
{
	size_t room = archive->room * 2, slot_count = archive->slot_count * 2;
	struct optimize_point *points = realloc(archive->points, room * sizeof(*points));
	if (points == NULL)
		return diag_fail(diag, SIM_E_NOMEM, "out of memory");
	archive->points = points;
	archive->room = room;
	size_t *slots = calloc(slot_count, sizeof(*slots));
	if (slots == NULL)
		return diag_fail(diag, SIM_E_NOMEM, "out of memory");
	free(archive->slots);
	archive->slots = slots;
	archive->slot_count = slot_count;
	for (size_t i = 0; i < archive->count; i++)
		slots[slot_of(archive, points[i].levels)] = i + 1;
	return SIM_OK;
}

enum sim_status archive_ask(struct archive *archive, const uint32_t *levels, size_t limit,
			    size_t *index, struct sim_diag *diag)
{
	*index = archive_find(archive, levels);
	if (*index != SIZE_MAX || archive->count >= limit)
		return SIM_OK;
	if (archive->count == archive->room)
		TRY(grow(archive, diag));
	struct optimize_point *point = &archive->points[archive->count];
	memset(point, 0, sizeof(*point));
	memcpy(point->levels, levels, archive->problem->axis_count * sizeof(*levels));
	archive->slots[slot_of(archive, levels)] = archive->count + 1;
	*index = archive->count++;
	return SIM_OK;
}

struct batch {
	struct archive *archive;
	size_t count;
	atomic_size_t next;
	atomic_bool stop;
};

struct worker {
	pthread_t thread;
	struct batch *batch;
	unsigned number;
	bool started;
	size_t failed; /* item; SIZE_MAX none */
	struct sim_diag diag;
	enum sim_status status;
};

/* Items are handed out in order, so the first one that fails is always among those tried. */
static void *work(void *argument)
{
	struct worker *worker = argument;
	struct batch *batch = worker->batch;
	struct archive *archive = batch->archive;
	const struct optimize_problem *problem = archive->problem;
	while (!atomic_load(&batch->stop)) {
		size_t i = atomic_fetch_add(&batch->next, 1);
		if (i >= batch->count)
			break;
		worker->status = problem->evaluate(
			problem->context, worker->number, archive->x + i * problem->axis_count,
			archive->objectives + i * problem->objective_count, archive->violation + i,
			&worker->diag);
		if (worker->status != SIM_OK) {
			worker->failed = i;
			atomic_store(&batch->stop, true);
			break;
		}
	}
	return NULL;
}

static enum sim_status first_failure(const struct worker *workers, size_t count,
				     struct sim_diag *diag)
{
	const struct worker *first = NULL;
	for (size_t t = 0; t < count; t++)
		if (workers[t].failed != SIZE_MAX &&
		    (first == NULL || workers[t].failed < first->failed))
			first = &workers[t];
	if (first == NULL)
		return SIM_OK;
	return diag_fail(diag, first->status, "%s",
			 first->diag.text[0] != '\0' ? first->diag.text
						     : sim_status_text(first->status));
}

static enum sim_status run_threads(struct archive *archive, size_t count, struct sim_diag *diag)
{
	struct batch batch = {.archive = archive, .count = count};
	size_t threads = archive->options->threads < count ? archive->options->threads : count;
	threads = threads > 0 ? threads : 1;
	struct worker *workers = calloc(threads, sizeof(*workers));
	if (workers == NULL)
		return diag_fail(diag, SIM_E_NOMEM, "out of memory");
	for (size_t t = 0; t < threads; t++) {
		workers[t].batch = &batch;
		workers[t].number = (unsigned)t;
		workers[t].failed = SIZE_MAX;
		diag_init(&workers[t].diag);
		/* a thread that cannot be had is done without: this one does its share */
		if (t > 0)
			workers[t].started =
				pthread_create(&workers[t].thread, NULL, work, &workers[t]) == 0;
	}
	work(&workers[0]);
	for (size_t t = 1; t < threads; t++)
		if (workers[t].started)
			pthread_join(workers[t].thread, NULL);
	enum sim_status status = first_failure(workers, threads, diag);
	free(workers);
	return status;
}

static enum sim_status make_batch(struct archive *archive, size_t count, struct sim_diag *diag)
{
	const struct optimize_problem *problem = archive->problem;
	if (count > archive->batch_room) {
		free(archive->x);
		free(archive->objectives);
		free(archive->violation);
		archive->x = calloc(count * problem->axis_count, sizeof(double));
		archive->objectives = calloc(count * problem->objective_count, sizeof(double));
		archive->violation = calloc(count, sizeof(double));
		archive->batch_room = count;
	}
	if (archive->x == NULL || archive->objectives == NULL || archive->violation == NULL) {
		archive->batch_room = 0;
		return diag_fail(diag, SIM_E_NOMEM, "out of memory");
	}
	for (size_t i = 0; i < count; i++) {
		const uint32_t *levels = archive->points[archive->evaluated + i].levels;
		for (size_t a = 0; a < problem->axis_count; a++) {
			uint32_t most = problem->axes[a].levels - 1;
			archive->x[i * problem->axis_count + a] =
				most == 0 ? 0 : (double)levels[a] / (double)most;
		}
	}
	return SIM_OK;
}

/* A point that is dominated stays out; what it dominates leaves. */
static enum sim_status join_front(struct archive *archive, size_t i, struct sim_diag *diag)
{
	const struct optimize_point *points = archive->points;
	size_t objectives = archive->problem->objective_count, kept = 0;
	for (size_t k = 0; k < archive->front_count; k++)
		if (optimize_dominates(&points[archive->front[k]], &points[i], objectives))
			return SIM_OK;
	for (size_t k = 0; k < archive->front_count; k++)
		if (!optimize_dominates(&points[i], &points[archive->front[k]], objectives))
			archive->front[kept++] = archive->front[k];
	archive->front_count = kept;
	if (kept == archive->front_room) {
		size_t room = kept == 0 ? FIRST_ROOM : kept * 2;
		size_t *front = realloc(archive->front, room * sizeof(*front));
		if (front == NULL)
			return diag_fail(diag, SIM_E_NOMEM, "out of memory");
		archive->front = front;
		archive->front_room = room;
	}
	archive->front[archive->front_count++] = i;
	return SIM_OK;
}

static enum sim_status take(struct archive *archive, size_t count, struct sim_diag *diag)
{
	size_t objectives = archive->problem->objective_count;
	for (size_t i = 0; i < count; i++) {
		struct optimize_point *point = &archive->points[archive->evaluated + i];
		point->violation = archive->violation[i];
		if (!(point->violation >= 0))
			point->violation = isnan(point->violation) ? DBL_MAX : 0;
		for (size_t m = 0; m < objectives; m++) {
			point->objectives[m] = archive->objectives[i * objectives + m];
			if (isnan(point->objectives[m]))
				point->violation = DBL_MAX;
		}
		if (point->violation <= 0)
			TRY(join_front(archive, archive->evaluated + i, diag));
	}
	archive->evaluated += count;
	return SIM_OK;
}

enum sim_status archive_evaluate(struct archive *archive, struct sim_diag *diag)
{
	const struct optimize_problem *problem = archive->problem;
	const struct optimize_options *options = archive->options;
	size_t count = archive->count - archive->evaluated;
	if (count == 0)
		return SIM_OK;
	TRY(make_batch(archive, count, diag));
	if (problem->evaluate_all != NULL)
		TRY(problem->evaluate_all(problem->context, count, archive->x, archive->objectives,
					  archive->violation, diag));
	else
		TRY(run_threads(archive, count, diag));
	TRY(take(archive, count, diag));
	if (options->progress != NULL &&
	    !options->progress(options->progress_context, archive->count, options->evaluations))
		return diag_fail(diag, SIM_E_USAGE, "interrupted");
	return SIM_OK;
}
