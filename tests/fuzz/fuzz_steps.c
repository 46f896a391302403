/* Unprofiled step times, as calibrate and validate read them. */
#include "tests/fuzz/fuzz.h"

#include <math.h>

#include "validate/graph_steps.h"

const char fuzz_name[] = "steps";
const char *const fuzz_seeds[] = {"tests/data/*valid/steps*.json", "validate/cases/*/steps.json",
				  NULL};

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct graph_cell_table table;
	struct sim_diag diag;
	diag_init(&diag);
	enum sim_status status = graph_steps_read(fuzz_file(data, size), &table, &diag);
	fuzz_check_diag(status, &diag);
	if (status != SIM_OK)
		return 0;
	for (size_t i = 0; i < table.count; i++) {
		const struct graph_cell *cell = &table.cells[i];
		FUZZ_REQUIRE(memchr(cell->model, '\0', sizeof(cell->model)) != NULL);
		FUZZ_REQUIRE(cell->batch > 0 && cell->context >= 0 && cell->repeats > 0);
		FUZZ_REQUIRE(isfinite(cell->graph_wall_ms) && cell->graph_wall_ms > 0);
	}
	(void)graph_steps_find(&table, fuzz_sample_trace());
	graph_steps_fini(&table);
	return 0;
}
