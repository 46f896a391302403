/* Sweep files: a space that is read has points, and its first and last are evaluated. */
#include "tests/fuzz/fuzz.h"

#include <math.h>

#include "sim/explore/design.h"
#include "sim/explore/evaluate.h"
#include "sim/explore/run.h"

const char fuzz_name[] = "sweep";
const char *const fuzz_seeds[] = {"workloads/sweeps/*.yaml", NULL};

static void evaluate(const struct explore_space *space, struct explore_worker *worker,
		     uint64_t point)
{
	double values[EXPLORE_MOST_AXES];
	struct explore_result result, again;
	struct sim_diag diag;
	uint64_t key;
	diag_init(&diag);
	explore_grid_point(space, point, values);
	for (size_t a = 0; a < space->axis_count; a++)
		FUZZ_REQUIRE(isfinite(values[a]));
	enum sim_status status = explore_point_hash(worker, values, EXPLORE_CLOSED, &key, &diag);
	if (status == SIM_OK)
		status = explore_evaluate(worker, values, EXPLORE_CLOSED, &result, &diag);
	fuzz_check_diag(status, &diag);
	if (status != SIM_OK)
		return;
	FUZZ_REQUIRE(result.failed == (result.why[0] != '\0'));
	FUZZ_REQUIRE(explore_evaluate(worker, values, EXPLORE_CLOSED, &again, NULL) == SIM_OK);
	FUZZ_REQUIRE(explore_result_digest(&result) == explore_result_digest(&again));
}

static void check_space(const struct explore_space *space)
{
	struct explore_worker *worker = NULL;
	struct sim_diag diag;
	FUZZ_REQUIRE(space->point_count >= 1 && space->point_count <= EXPLORE_MOST_POINTS);
	char *definition = explore_definition(space);
	FUZZ_REQUIRE(definition != NULL);
	free(definition);
	diag_init(&diag);
	enum sim_status status = explore_worker_create(space, &worker, &diag);
	if (status == SIM_OK)
		status = explore_probe(worker, &diag);
	fuzz_check_diag(status, &diag);
	if (status == SIM_OK) {
		evaluate(space, worker, 0);
		evaluate(space, worker, space->point_count - 1);
	}
	explore_worker_destroy(worker);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct explore_space space;
	struct sim_diag diag;
	diag_init(&diag);
	enum sim_status status =
		explore_space_parse(&space, "sweep.yaml", (const char *)data, size, &diag);
	fuzz_check_diag(status, &diag);
	if (status == SIM_OK)
		check_space(&space);
	explore_space_fini(&space);
	return 0;
}
