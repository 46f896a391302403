/*
 * What a program keeps of the iteration it was made of. Internal to program*.c.
 *
 * Where the segments and edges of all steps are what they were, only the kernels that differ are
 * written, to all places where they stand; else all is laid out anew.
 */
#ifndef WORKLOADS_PROGRAM_PARTS_H
#define WORKLOADS_PROGRAM_PARTS_H

#include "workloads/lower.h"

/* Where the parts of a lowered step lie in the program and in what is kept of it. */
struct step_shape {
	const struct lowered_kernel *kernels; /* that details point to */
	size_t kernel_count, segment_count, edge_count;
	uint32_t count; /* expanded */
	uint8_t stream; /* added to its kernels' */
};

struct program_kept {
	struct lower_memo **memos;
	size_t room;			  /* of memos, shapes and the program's lowered steps */
	size_t ready;			  /* steps that were initialized */
	struct step_shape *shapes;	  /* of the steps, as laid out */
	size_t shape_count;		  /* 0: nothing is laid out */
	struct lowered_segment *segments; /* of all steps, as laid out */
	struct lowered_edge *edges;
};

/*
 * Bring PROGRAM up to date with its lowered steps, STREAMS[i] added to the streams of step i's
 * kernels. JOINED: they are one step of the engine.
 */
SIM_MUST_CHECK enum sim_status program_lay(struct workload_program *program, const uint8_t *streams,
					   bool joined, bool *changed, struct sim_diag *diag);

#endif
