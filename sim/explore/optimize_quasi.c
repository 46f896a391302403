/* Designs of GSL's Sobol sequence (Bratley and Fox, ACM TOMS 14(1), 1988). */
#include <gsl/gsl_qrng.h>

#include "sim/explore/optimize_parts.h"

enum { LONGEST_BATCH = 4096, MOST_REPEATS = 100000 };

static enum sim_status draw(struct archive *archive, gsl_qrng *sequence, size_t limit,
			    struct sim_diag *diag)
{
	const struct optimize_problem *problem = archive->problem;
	double u[OPTIMIZE_MOST_AXES];
	uint32_t levels[OPTIMIZE_MOST_AXES];
	size_t index, repeats = 0, most = MOST_REPEATS + archive->count;
	while (archive->count < limit && !archive_is_whole(archive) && repeats < most) {
		size_t before = archive->count;
		if (gsl_qrng_get(sequence, u) != 0)
			return diag_fail(diag, SIM_E_NUMERIC, "the quasi-random sequence ended");
		for (size_t a = 0; a < problem->axis_count; a++)
			levels[a] = (uint32_t)(u[a] * problem->axes[a].levels);
		TRY(archive_ask(archive, levels, limit, &index, diag));
		repeats = archive->count > before ? 0 : repeats + 1;
		if (archive->count - archive->evaluated >= LONGEST_BATCH)
			TRY(archive_evaluate(archive, diag));
	}
	return archive_evaluate(archive, diag);
}

enum sim_status optimize_quasi(struct archive *archive, size_t limit, struct sim_diag *diag)
{
	gsl_qrng *sequence = gsl_qrng_alloc(gsl_qrng_sobol, (unsigned)archive->problem->axis_count);
	if (sequence == NULL)
		return diag_fail(diag, SIM_E_NOMEM, "out of memory");
	enum sim_status status = draw(archive, sequence, limit, diag);
	gsl_qrng_free(sequence);
	return status;
}
