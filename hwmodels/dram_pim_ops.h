/* What one kernel record asks of a PIM device: used by the class's demand and energy. */
#ifndef HWMODELS_DRAM_PIM_OPS_H
#define HWMODELS_DRAM_PIM_OPS_H

#include "hwmodels/dram_pim.h"

struct dram_pim_work {
	double cycles;	     /* of commands, without start and refresh; 0: the units have no part */
	double beside_s;     /* of what the device does beside them: moves, softmax, rotation */
	double access_bytes; /* moved by hosts or other units, all devices together */
	double link_bytes, messages;
	double fixed_s; /* by the host */
	/* energy: */
	double bank_bytes;  /* cells to units */
	double moved_bytes; /* over the access path: inputs, outputs, scores, and access_bytes */
	double macs;
};

/* Finite and not negative for every record. */
void dram_pim_work_of(const struct dram_pim *pim, const struct sim_kernel *kernel,
		      struct dram_pim_work *work);

/* A bit per enum sim_op that the device cannot do. */
uint64_t dram_pim_unsupported(const struct dram_pim *pim);

#endif
