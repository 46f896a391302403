/*
 * Sweeps over the ranks of an MPI run (make MPI=1): rank 0 hands out points, takes the results in
 * order and is the only writer; the others compute. Built without MPI there is one rank.
 *
 * A rank that cannot go on says why on stderr and ends the whole run; so does mpirun where a rank is
 * lost. What rank 0 had committed is in the database, and --resume goes on from there.
 */
#ifndef SIM_EXPLORE_MPI_H
#define SIM_EXPLORE_MPI_H

#include "sim/explore/pool.h"

/* Once, before the others. A process that no MPI launcher started is alone. */
void explore_mpi_begin(void);
int explore_mpi_size(void);
int explore_mpi_rank(void);

/*
 * All ranks have read SPACE, STATUS says how that went: SIM_OK when all could and read the same. A rank
 * above 0 that alone cannot go on says why on stderr.
 */
SIM_MUST_CHECK enum sim_status explore_mpi_agree(const struct explore_space *space,
						 enum sim_status status, struct sim_diag *diag);

/* Ranks above 0: compute until rank 0 has no more. */
SIM_MUST_CHECK enum sim_status explore_mpi_serve(const struct explore_space *space,
						 struct sim_diag *diag);

/* Rank 0: a pool of the other ranks. STOP ends its waiting. */
SIM_MUST_CHECK enum sim_status pool_mpi(const struct explore_space *space,
					bool (*stop)(void *context), struct pool *pool,
					struct sim_diag *diag);

/*
 * At the end, on each rank. What went wrong after all agreed is said on stderr and ends the run of all
 * ranks: it does not come back then.
 */
enum sim_status explore_mpi_end(enum sim_status status, struct sim_diag *diag);

#endif
