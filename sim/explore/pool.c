/* A pool of threads, each with a worker of its own. */
#include "sim/explore/pool.h"

#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { MOST_THREADS = 256 };

/* Jobs [taken, put) of the ring are under way; [taken, next) are somebody's or done. */
struct threads {
	const struct explore_space *space;
	pthread_mutex_t lock;
	pthread_cond_t work, finished;
	pthread_t threads[MOST_THREADS];
	struct explore_worker *workers[MOST_THREADS];
	unsigned count, begun;
	struct pool_job *jobs;
	uint64_t taken, next, put;
	bool stop, lent; /* lent: the last one taken is still looked at */
};

struct thread_start {
	struct threads *all;
	struct explore_worker *worker;
};

enum sim_status pool_jobs_create(const struct explore_space *space, struct pool_job **jobs,
				 struct sim_diag *diag)
{
	*jobs = calloc(POOL_JOBS, sizeof(**jobs));
	for (int i = 0; *jobs != NULL && i < POOL_JOBS; i++) {
		(*jobs)[i].values = malloc(POOL_POINTS * (space->axis_count + 1) * sizeof(double));
		if ((*jobs)[i].values == NULL) {
			pool_jobs_destroy(*jobs);
			*jobs = NULL;
		}
	}
	return *jobs != NULL ? SIM_OK : diag_fail(diag, SIM_E_NOMEM, "out of memory");
}

void pool_jobs_destroy(struct pool_job *jobs)
{
	for (int i = 0; jobs != NULL && i < POOL_JOBS; i++)
		free(jobs[i].values);
	free(jobs);
}

void pool_compute(struct explore_worker *worker, size_t axis_count, struct pool_job *job)
{
	struct sim_diag why = {0};
	job->status = SIM_OK;
	for (size_t i = 0; i < job->count && job->status == SIM_OK; i++)
		if (!job->known[i])
			job->status = explore_evaluate(worker, job->values + i * axis_count,
						       job->method, &job->results[i], &why);
	snprintf(job->why, sizeof(job->why), "%s", why.text);
}

static void *work(void *argument)
{
	struct thread_start start = *(struct thread_start *)argument;
	struct threads *all = start.all;
	free(argument);
	pthread_mutex_lock(&all->lock);
	for (;;) {
		while (!all->stop && all->next == all->put)
			pthread_cond_wait(&all->work, &all->lock);
		if (all->stop)
			break;
		struct pool_job *job = &all->jobs[all->next++ % POOL_JOBS];
		pthread_mutex_unlock(&all->lock);
		pool_compute(start.worker, all->space->axis_count, job);
		pthread_mutex_lock(&all->lock);
		job->done = true;
		pthread_cond_signal(&all->finished);
	}
	pthread_mutex_unlock(&all->lock);
	return NULL;
}

static struct pool_job *blank(struct pool *pool)
{
	struct threads *all = pool->state;
	return all->put - all->taken + all->lent < POOL_JOBS ? &all->jobs[all->put % POOL_JOBS]
							     : NULL;
}

static enum sim_status put(struct pool *pool, struct sim_diag *diag)
{
	struct threads *all = pool->state;
	(void)diag;
	pthread_mutex_lock(&all->lock);
	all->jobs[all->put++ % POOL_JOBS].done = false;
	pthread_cond_signal(&all->work);
	pthread_mutex_unlock(&all->lock);
	return SIM_OK;
}

static enum sim_status take(struct pool *pool, struct pool_job **job, struct sim_diag *diag)
{
	struct threads *all = pool->state;
	*job = &all->jobs[all->taken % POOL_JOBS];
	pthread_mutex_lock(&all->lock);
	while (!(*job)->done)
		pthread_cond_wait(&all->finished, &all->lock);
	all->taken++;
	pthread_mutex_unlock(&all->lock);
	all->lent = true;
	return (*job)->status == SIM_OK ? SIM_OK
					: diag_fail(diag, (*job)->status, "%s", (*job)->why);
}

static void destroy(struct pool *pool)
{
	struct threads *all = pool->state;
	pthread_mutex_lock(&all->lock);
	all->stop = true;
	pthread_cond_broadcast(&all->work);
	pthread_mutex_unlock(&all->lock);
	for (unsigned i = 0; i < all->begun; i++)
		pthread_join(all->threads[i], NULL);
	for (unsigned i = 0; i < all->count; i++)
		explore_worker_destroy(all->workers[i]);
	pool_jobs_destroy(all->jobs);
	pthread_cond_destroy(&all->work);
	pthread_cond_destroy(&all->finished);
	pthread_mutex_destroy(&all->lock);
	free(all);
	pool->state = NULL;
}

/* Workers are made here, one after another: what they read is told wrong once. */
static enum sim_status begin(struct threads *all, unsigned threads, struct sim_diag *diag)
{
	TRY(pool_jobs_create(all->space, &all->jobs, diag));
	for (; all->count < threads; all->count++)
		TRY(explore_worker_create(all->space, &all->workers[all->count], diag));
	for (; all->begun < threads; all->begun++) {
		struct thread_start *start = malloc(sizeof(*start));
		if (start == NULL)
			return diag_fail(diag, SIM_E_NOMEM, "out of memory");
		*start = (struct thread_start){all, all->workers[all->begun]};
		int code = pthread_create(&all->threads[all->begun], NULL, work, start);
		if (code != 0) {
			free(start);
			return diag_fail(diag, SIM_E_IO, "cannot start a thread: %s",
					 strerror(code));
		}
	}
	return SIM_OK;
}

enum sim_status pool_threads(const struct explore_space *space, unsigned threads, struct pool *pool,
			     struct sim_diag *diag)
{
	struct threads *all = calloc(1, sizeof(*all));
	if (all == NULL)
		return diag_fail(diag, SIM_E_NOMEM, "out of memory");
	threads = threads < 1 ? 1 : threads > MOST_THREADS ? MOST_THREADS : threads;
	all->space = space;
	pthread_mutex_init(&all->lock, NULL);
	pthread_cond_init(&all->work, NULL);
	pthread_cond_init(&all->finished, NULL);
	*pool = (struct pool){all, blank, put, take, destroy};
	enum sim_status status = begin(all, threads, diag);
	if (status != SIM_OK)
		destroy(pool);
	return status;
}
