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

enum sim_status explore_mpi_end(enum sim_status status, struct sim_diag *diag)
{
	(void)diag;
	return status;
}

#endif
