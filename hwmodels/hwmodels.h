/* The model classes. A new one is a file and a line here; hwmodels.c makes the list of it. */
#ifndef HWMODELS_HWMODELS_H
#define HWMODELS_HWMODELS_H

#include "hwmodels/model.h"

#define HW_MODEL_LIST(X)                                                                           \
	X(recorded)                                                                                \
	X(ideal)                                                                                   \
	X(roofline)                                                                                \
	X(gpu)                                                                                     \
	X(system)                                                                                  \
	X(tile_roofline)                                                                           \
	X(systolic)                                                                                \
	X(cpu)                                                                                     \
	X(npu_soc)                                                                                 \
	X(dram_pim)                                                                                \
	X(hybrid_bonded_3d)                                                                        \
	X(sram_cim)

#define X(name) extern const struct hw_model hw_model_##name;
HW_MODEL_LIST(X)
#undef X

#endif
