/* Sweeps over MPI ranks; see mpi.h. Without DECODESIM_MPI only the one rank that is there. */
#include "sim/explore/mpi.h"

#ifndef DECODESIM_MPI

void explore_mpi_begin(void)
{
}

int explore_mpi_size(void)
{
	return 1;
}

int explore_mpi_rank(void)
{
	return 0;
}

enum sim_status explore_mpi_serve(const struct explore_space *space, struct sim_diag *diag)
{
	(void)space;
	return diag_fail(diag, SIM_E_INTERNAL, "built without MPI");
}

enum sim_status pool_mpi(const struct explore_space *space, bool (*stop)(void *context),
			 struct pool *pool, struct sim_diag *diag)
{
	(void)space;
	(void)stop;
	(void)pool;
	return diag_fail(diag, SIM_E_INTERNAL, "built without MPI");
}

enum sim_status explore_mpi_agree(const struct explore_space *space, enum sim_status status,
				  struct sim_diag *diag)
{
	(void)space;
	(void)diag;
	return status;
}

enum sim_status explore_mpi_end(enum sim_status status, struct sim_diag *diag)
{
	(void)diag;
	return status;
}

#else /* DECODESIM_MPI */

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wconversion"
#include <mpi.h>
#pragma GCC diagnostic pop

#include "sim/core/digest.h"
#include "sim/explore/design.h"
#include "sim/explore/run.h"

enum { TAG_WORK = 1, TAG_RESULT, TAG_END, MOST_RANKS = 4096 };

static struct {
	bool begun, agreed;
	int size, rank;
} mpi = {.size = 1};

/* Head of a message; values and known, or results, follow. Ranks are of one kind of machine. */
struct wire {
	uint64_t slot, count, method, status;
	char why[SIM_DIAG_TEXT];
};

void explore_mpi_begin(void)
{
	static const char *const launched[] = {"OMPI_COMM_WORLD_SIZE", "PMIX_RANK", "PMI_RANK"};
	bool is = false;
	for (size_t i = 0; i < sizeof(launched) / sizeof(launched[0]); i++)
		is = is || getenv(launched[i]) != NULL;
	if (!is || MPI_Init(NULL, NULL) != MPI_SUCCESS)
		return;
	mpi.begun = true;
	MPI_Comm_set_errhandler(MPI_COMM_WORLD, MPI_ERRORS_RETURN);
	MPI_Comm_size(MPI_COMM_WORLD, &mpi.size);
	MPI_Comm_rank(MPI_COMM_WORLD, &mpi.rank);
}

int explore_mpi_size(void)
{
	return mpi.size;
}

int explore_mpi_rank(void)
{
	return mpi.rank;
}

static void say(const struct sim_diag *diag)
{
	fprintf(stderr, "decodesim: rank %d of %d: %s\n", mpi.rank, mpi.size, diag->text);
	fflush(stderr);
}

/* Text of the space and key of its first point: files that differ differ in it. */
static uint64_t fingerprint(const struct explore_space *space)
{
	struct explore_worker *worker = NULL;
	double values[EXPLORE_MOST_AXES];
	uint64_t hash = 0;
	char *text = explore_definition(space);
	explore_grid_point(space, 0, values);
	if (text != NULL && explore_worker_create(space, &worker, NULL) == SIM_OK &&
	    explore_point_hash(worker, values, EXPLORE_CLOSED, &hash, NULL) == SIM_OK)
		hash = design_hash_text(hash, text);
	explore_worker_destroy(worker);
	free(text);
	return hash;
}

enum sim_status explore_mpi_agree(const struct explore_space *space, enum sim_status status,
				  struct sim_diag *diag)
{
	if (mpi.size < 2)
		return status;
	uint64_t mine[2] = {status == SIM_OK, 0}, first[2], least = 0, same;
	if (status == SIM_OK)
		mine[1] = fingerprint(space);
	memcpy(first, mine, sizeof(first));
	MPI_Bcast(first, 2, MPI_UINT64_T, 0, MPI_COMM_WORLD);
	same = mine[0] == first[0] && mine[1] == first[1];
	MPI_Allreduce(&same, &least, 1, MPI_UINT64_T, MPI_MIN, MPI_COMM_WORLD);
	mpi.agreed = first[0] && least;
	if (mpi.agreed)
		return SIM_OK;
	if (first[0] == 0) /* rank 0 says it for all */
		return mpi.rank == 0 ? status : SIM_E_USAGE;
	if (status == SIM_OK && !same)
		status = diag_fail(diag, SIM_E_USAGE, "this rank reads other files than rank 0");
	if (status != SIM_OK)
		say(diag);
	return mpi.rank == 0 ? diag_fail(diag, SIM_E_USAGE,
					 "ranks do not agree on the sweep: all need the same "
					 "program and the same files")
			     : SIM_E_USAGE;
}

static enum sim_status answer(const struct explore_space *space, struct explore_worker *worker,
			      const char *message, struct pool_job *job, struct sim_diag *diag)
{
	struct wire head;
	size_t values_size, results_size;
	memcpy(&head, message, sizeof(head));
	job->count = head.count;
	job->method = (enum explore_method)head.method;
	values_size = job->count * space->axis_count * sizeof(double);
	results_size = job->count * sizeof(job->results[0]);
	memcpy(job->values, message + sizeof(head), values_size);
	memcpy(job->known, message + sizeof(head) + values_size, job->count * sizeof(bool));
	memset(job->results, 0, results_size);
	pool_compute(worker, space->axis_count, job);
	head.status = job->status;
	memcpy(head.why, job->why, sizeof(head.why));
	char *out = malloc(sizeof(head) + results_size);
	if (out == NULL)
		return diag_fail(diag, SIM_E_NOMEM, "out of memory");
	memcpy(out, &head, sizeof(head));
	memcpy(out + sizeof(head), job->results, results_size);
	int code = MPI_Send(out, (int)(sizeof(head) + results_size), MPI_BYTE, 0, TAG_RESULT,
			    MPI_COMM_WORLD);
	free(out);
	return code == MPI_SUCCESS ? SIM_OK : diag_fail(diag, SIM_E_IO, "rank 0 is lost");
}

static size_t room(const struct explore_space *space)
{
	size_t out = POOL_POINTS * (space->axis_count * sizeof(double) + sizeof(bool));
	size_t in = POOL_POINTS * sizeof(struct explore_result);
	return sizeof(struct wire) + (out > in ? out : in);
}

static enum sim_status serve(const struct explore_space *space, struct explore_worker *worker,
			     struct pool_job *jobs, char *message, struct sim_diag *diag)
{
	for (;;) {
		MPI_Status got;
		if (MPI_Recv(message, (int)room(space), MPI_BYTE, 0, MPI_ANY_TAG, MPI_COMM_WORLD,
			     &got) != MPI_SUCCESS)
			return diag_fail(diag, SIM_E_IO, "rank 0 is lost");
		if (got.MPI_TAG == TAG_END)
			return SIM_OK;
		TRY(answer(space, worker, message, &jobs[0], diag));
	}
}

enum sim_status explore_mpi_serve(const struct explore_space *space, struct sim_diag *diag)
{
	struct explore_worker *worker = NULL;
	struct pool_job *jobs = NULL;
	char *message = malloc(room(space));
	enum sim_status status =
		message != NULL ? SIM_OK : diag_fail(diag, SIM_E_NOMEM, "out of memory");
	if (status == SIM_OK)
		status = pool_jobs_create(space, &jobs, diag);
	if (status == SIM_OK)
		status = explore_worker_create(space, &worker, diag);
	if (status == SIM_OK)
		status = serve(space, worker, jobs, message, diag);
	explore_worker_destroy(worker);
	pool_jobs_destroy(jobs);
	free(message);
	return status;
}

/* Jobs [taken, put) of the ring are under way; [taken, sent) are sent or done. */
struct ranks {
	const struct explore_space *space;
	bool (*stop)(void *context);
	struct pool_job *jobs;
	uint64_t taken, sent, put;
	bool lent;
	bool busy[MOST_RANKS];
	char *message;
};

static struct pool_job *blank(struct pool *pool)
{
	struct ranks *all = pool->state;
	return all->put - all->taken + all->lent < POOL_JOBS ? &all->jobs[all->put % POOL_JOBS]
							     : NULL;
}

static enum sim_status send_to(struct ranks *all, int rank, struct sim_diag *diag)
{
	uint64_t slot = all->sent % POOL_JOBS;
	const struct pool_job *job = &all->jobs[slot];
	size_t values = job->count * all->space->axis_count * sizeof(double);
	struct wire head = {.slot = slot, .count = job->count, .method = job->method};
	memcpy(all->message, &head, sizeof(head));
	memcpy(all->message + sizeof(head), job->values, values);
	memcpy(all->message + sizeof(head) + values, job->known, job->count * sizeof(bool));
	if (MPI_Send(all->message, (int)(sizeof(head) + values + job->count * sizeof(bool)),
		     MPI_BYTE, rank, TAG_WORK, MPI_COMM_WORLD) != MPI_SUCCESS)
		return diag_fail(diag, SIM_E_IO, "rank %d is lost (--resume goes on)", rank);
	all->busy[rank] = true;
	all->sent++;
	return SIM_OK;
}

static enum sim_status hand_out(struct ranks *all, struct sim_diag *diag)
{
	for (int rank = 1; rank < mpi.size && all->sent < all->put; rank++)
		if (!all->busy[rank])
			TRY(send_to(all, rank, diag));
	return SIM_OK;
}

static enum sim_status put(struct pool *pool, struct sim_diag *diag)
{
	struct ranks *all = pool->state;
	all->jobs[all->put++ % POOL_JOBS].done = false;
	return hand_out(all, diag);
}

static void take_results(struct ranks *all, int rank)
{
	struct wire head;
	memcpy(&head, all->message, sizeof(head));
	struct pool_job *job = &all->jobs[head.slot % POOL_JOBS];
	const char *results = all->message + sizeof(head);
	for (size_t i = 0; i < job->count; i++)
		if (!job->known[i])
			memcpy(&job->results[i], results + i * sizeof(job->results[0]),
			       sizeof(job->results[0]));
	job->status = (enum sim_status)head.status;
	memcpy(job->why, head.why, sizeof(job->why));
	job->done = true;
	all->busy[rank] = false;
}

/* One result, whosever; waits without burning a core that a rank may want. */
static enum sim_status receive(struct ranks *all, struct sim_diag *diag)
{
	static const struct timespec moment = {0, 20000};
	MPI_Status got;
	int there = 0;
	for (;;) {
		if (MPI_Iprobe(MPI_ANY_SOURCE, TAG_RESULT, MPI_COMM_WORLD, &there, &got) !=
		    MPI_SUCCESS)
			return diag_fail(diag, SIM_E_IO, "a rank is lost (--resume goes on)");
		if (there)
			break;
		if (all->stop != NULL && all->stop(NULL))
			return diag_fail(diag, SIM_E_USAGE,
					 "interrupted, or a rank was lost: what came is kept "
					 "(--resume goes on)");
		nanosleep(&moment, NULL);
	}
	if (MPI_Recv(all->message, (int)room(all->space), MPI_BYTE, got.MPI_SOURCE, TAG_RESULT,
		     MPI_COMM_WORLD, &got) != MPI_SUCCESS)
		return diag_fail(diag, SIM_E_IO, "rank %d is lost (--resume goes on)",
				 got.MPI_SOURCE);
	take_results(all, got.MPI_SOURCE);
	return hand_out(all, diag);
}

static enum sim_status take(struct pool *pool, struct pool_job **job, struct sim_diag *diag)
{
	struct ranks *all = pool->state;
	*job = &all->jobs[all->taken % POOL_JOBS];
	while (!(*job)->done)
		TRY(receive(all, diag));
	all->taken++;
	all->lent = true;
	return (*job)->status == SIM_OK ? SIM_OK
					: diag_fail(diag, (*job)->status, "%s", (*job)->why);
}

static void destroy(struct pool *pool)
{
	struct ranks *all = pool->state;
	/* after a failure ranks are still at work: explore_mpi_end() ends them */
	bool idle = all->sent == all->put;
	for (int rank = 1; rank < mpi.size; rank++)
		idle = idle && !all->busy[rank];
	for (int rank = 1; idle && rank < mpi.size; rank++)
		MPI_Send(all->message, 0, MPI_BYTE, rank, TAG_END, MPI_COMM_WORLD);
	pool_jobs_destroy(all->jobs);
	free(all->message);
	free(all);
	pool->state = NULL;
}

enum sim_status pool_mpi(const struct explore_space *space, bool (*stop)(void *context),
			 struct pool *pool, struct sim_diag *diag)
{
	struct ranks *all = calloc(1, sizeof(*all));
	if (mpi.size > MOST_RANKS) {
		free(all);
		return diag_fail(diag, SIM_E_RANGE, "more than %d ranks", MOST_RANKS);
	}
	if (all == NULL)
		return diag_fail(diag, SIM_E_NOMEM, "out of memory");
	all->space = space;
	all->stop = stop;
	all->message = malloc(room(space));
	enum sim_status status = all->message != NULL
					 ? pool_jobs_create(space, &all->jobs, diag)
					 : diag_fail(diag, SIM_E_NOMEM, "out of memory");
	*pool = (struct pool){all, blank, put, take, destroy};
	if (status != SIM_OK) {
		free(all->message);
		free(all);
	}
	return status;
}

enum sim_status explore_mpi_end(enum sim_status status, struct sim_diag *diag)
{
	if (!mpi.begun)
		return status;
	if (status != SIM_OK && mpi.agreed && mpi.size > 1) {
		say(diag);
		MPI_Abort(MPI_COMM_WORLD, status == SIM_E_USAGE ? 2 : 1);
	}
	MPI_Finalize();
	mpi.begun = false;
	/* rank 0 has said it */
	return mpi.rank == 0 ? status : SIM_OK;
}

#endif
