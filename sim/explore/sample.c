/* Points in order; see sample.h. */
#include "sim/explore/sample.h"

#include <gsl/gsl_qrng.h>
#include <stdlib.h>

enum { MOST_DIMENSIONS = 40 };

struct explore_sample {
	const struct explore_space *space;
	uint64_t index;
	gsl_qrng *sequence; /* NULL: the grid */
	double shifts[MOST_DIMENSIONS], shares[MOST_DIMENSIONS];
};

/* splitmix64: Steele, Lea, Flood, OOPSLA 2014; 53 bits of it as a share of 1. */
static double next_share(uint64_t *state)
{
	uint64_t z = *state += UINT64_C(0x9e3779b97f4a7c15);
	z = (z ^ (z >> 30)) * UINT64_C(0xbf58476d1ce4e5b9);
	z = (z ^ (z >> 27)) * UINT64_C(0x94d049bb133111eb);
	return (double)((z ^ (z >> 31)) >> 11) * (1.0 / 9007199254740992.0);
}

static enum sim_status begin_sequence(struct explore_sample *sample, uint64_t first,
				      struct sim_diag *diag)
{
	const struct explore_space *space = sample->space;
	uint64_t state = space->seed;
	if (space->axis_count > MOST_DIMENSIONS || space->axis_count == 0)
		return diag_fail(diag, SIM_E_UNSUPPORTED,
				 "Sobol's sequence has 1 to %d dimensions, the space has %zu axes",
				 MOST_DIMENSIONS, space->axis_count);
	sample->sequence = gsl_qrng_alloc(gsl_qrng_sobol, (unsigned)space->axis_count);
	if (sample->sequence == NULL)
		return diag_fail(diag, SIM_E_NOMEM, "out of memory");
	for (size_t a = 0; a < space->axis_count; a++)
		sample->shifts[a] = space->seed == 0 ? 0 : next_share(&state);
	for (uint64_t i = 0; i < first; i++)
		gsl_qrng_get(sample->sequence, sample->shares);
	return SIM_OK;
}

enum sim_status explore_sample_create(const struct explore_space *space, uint64_t first,
				      struct explore_sample **sample, struct sim_diag *diag)
{
	*sample = calloc(1, sizeof(**sample));
	if (*sample == NULL)
		return diag_fail(diag, SIM_E_NOMEM, "out of memory");
	(*sample)->space = space;
	(*sample)->index = first;
	enum sim_status status = SIM_OK;
	if (space->sampling == EXPLORE_SOBOL)
		status = begin_sequence(*sample, first, diag);
	if (status != SIM_OK) {
		explore_sample_destroy(*sample);
		*sample = NULL;
	}
	return status;
}

void explore_sample_next(struct explore_sample *sample, double *values)
{
	const struct explore_space *space = sample->space;
	uint64_t index = sample->index++;
	if (sample->sequence == NULL) {
		explore_grid_point(space, index, values);
		return;
	}
	gsl_qrng_get(sample->sequence, sample->shares);
	for (size_t a = 0; a < space->axis_count; a++) {
		double share = sample->shares[a] + sample->shifts[a];
		values[a] = explore_axis_at(&space->axes[a], share >= 1 ? share - 1 : share);
	}
}

void explore_sample_destroy(struct explore_sample *sample)
{
	if (sample != NULL && sample->sequence != NULL)
		gsl_qrng_free(sample->sequence);
	free(sample);
}
