/* Who ran what; see placement.h. */
#include "validate/placement.h"

#include <string.h>

enum { MOST_UNITS = 8 };

struct tally {
	uint64_t kernels[MOST_UNITS][SIM_OP_COUNT];
	int64_t ps[MOST_UNITS][SIM_OP_COUNT];
};

static void count_kernels(const struct sim_program *program, const struct machine *machine,
			  struct tally *tally)
{
	for (size_t i = 0; i < program->kernel_count; i++) {
		const struct sim_kernel *kernel = &program->kernels[i];
		struct machine_demand demand;
		unsigned unit = machine->unit_of(machine, kernel);
		unsigned op = kernel->op < SIM_OP_COUNT ? kernel->op : SIM_OP_UNKNOWN;
		machine_demand(machine, kernel, 1, &demand);
		int64_t ps = demand.fixed_ps + demand_service_ps(machine, &demand);
		tally->kernels[unit % MOST_UNITS][op]++;
		tally->ps[unit % MOST_UNITS][op] += ps < INT64_C(1) << 40 ? ps : INT64_C(1) << 40;
	}
}

void step_place(const struct sim_program *program, const struct machine *machine,
		struct step_placement *placement)
{
	struct tally tally;
	placement->count = 0;
	if (machine->unit_of == NULL)
		return;
	memset(&tally, 0, sizeof(tally));
	count_kernels(program, machine, &tally);
	for (unsigned unit = 0; unit < machine->unit_count && unit < MOST_UNITS; unit++)
		for (unsigned op = 0; op < SIM_OP_COUNT; op++)
			if (tally.kernels[unit][op] > 0 && placement->count < PLACEMENT_MOST)
				placement->rows[placement->count++] = (struct placement_row){
					unit, op, tally.kernels[unit][op], tally.ps[unit][op]};
}
