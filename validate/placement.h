/*
 * Placement: which unit of a machine ran which ops of a step. Times are of kernels alone on the
 * machine, fixed and streaming, summed: what overlaps counts twice.
 */
#ifndef VALIDATE_PLACEMENT_H
#define VALIDATE_PLACEMENT_H

#include <stddef.h>
#include <stdint.h>

#include "sim/core/machine.h"
#include "sim/core/program.h"

enum { PLACEMENT_MOST = 64 };

struct placement_row {
	unsigned unit, op;
	uint64_t kernels; /* of all steps */
	int64_t ps;	  /* of all steps */
};

/* Rows by unit, then op; those past PLACEMENT_MOST are left out. */
struct step_placement {
	struct placement_row rows[PLACEMENT_MOST];
	size_t count; /* 0: the machine is one unit */
};

void step_place(const struct sim_program *program, const struct machine *machine,
		struct step_placement *placement);

#endif
