/*
 * Attribution: every picosecond of a replay to one part, so that the parts sum to the whole.
 *
 * Kernels are swept in order of their start. An instant belongs to the running kernel that started
 * first; while none runs it is GAP up to the moment the next kernel's stream was ready for it (its
 * predecessor's end plus the gap), HOST from there on (launch not yet arrived, synchronization).
 * A kernel's own time is FIXED until it streams. Its streaming time is split as its service alone
 * would be, and stretched in proportion when it shared: the longest resource time goes to that
 * resource's part; what a limit adds goes to TAIL, up to tail_ps, and COMPUTE.
 */
#ifndef SIM_CORE_ATTRIBUTE_H
#define SIM_CORE_ATTRIBUTE_H

#include <stddef.h>
#include <stdint.h>

#include "sim/core/machine.h"
#include "sim/core/program.h"
#include "sim/core/status.h"

struct attribution_item {
	int64_t ready_ps; /* when the device could have started it */
	int64_t start_ps;
	int64_t begin_ps; /* of streaming */
	int64_t end_ps;
	const struct sim_kernel *kernel;
};

/* What the streaming time of a kernel alone is made of. */
struct attribution_split {
	int64_t service_ps, bound_ps, tail_ps;
	int64_t times;	    /* it ran alone and was not added up yet */
	enum sim_part part; /* of what bounds it */
};

struct attribution {
	const struct machine *machine; /* NULL: nothing is attributed */
	const struct sim_program *program;
	struct attribution_split *splits; /* of its distinct kernels; NULL: not told */
	int64_t covered_ps;		  /* up to here every instant has its part */
	int64_t part_ps[SIM_PART_COUNT];
	struct attribution_item *items; /* ring of kernels that started, in that order */
	size_t capacity;
	uint64_t first, last; /* tickets of the oldest item and of the next one */
};

/* Items are kernels of PROGRAM. */
void attribution_init(struct attribution *attribution, const struct machine *machine,
		      const struct sim_program *program);
void attribution_fini(struct attribution *attribution);

/* A kernel whose end is known, after all that started before it. */
void attribution_add(struct attribution *attribution, const struct attribution_item *item);

/* A kernel that starts now (its end is not known): TICKET for attribution_end(). SIM_E_NOMEM. */
SIM_MUST_CHECK enum sim_status attribution_start(struct attribution *attribution,
						 const struct attribution_item *item,
						 uint64_t *ticket);
void attribution_end(struct attribution *attribution, uint64_t ticket, int64_t end_ps);

/*
 * Mean over STEPS of a replay that took TOTAL_PS: parts sum to total / steps rounded down. Each
 * part is rounded down and what is left goes to the largest.
 */
void attribution_finish(struct attribution *attribution, int64_t total_ps, uint64_t steps,
			int64_t part_ps[SIM_PART_COUNT]);

#endif
