/* Inside of the Chrome writer: what its parts share. */
#ifndef SIM_REPORT_CHROME_PARTS_H
#define SIM_REPORT_CHROME_PARTS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "sim/report/chrome.h"
#include "sim/report/json.h"

enum {
	CHROME_HOST = 1,
	CHROME_DEVICE = 2,
	CHROME_STEP_TRACK = INT32_MAX,
	CHROME_LANES = 2,
	CHROME_MOST_STREAMS = 256
};

struct chrome {
	struct json_writer json;
	const struct trace *trace;
	struct chrome_counts *counts;
	uint32_t *order; /* kernels with a launch, by thread and launch */
	size_t order_count;
	uint32_t *launch_ids;	 /* a kernel's, 0 none */
	unsigned char *overlaps; /* a kernel begins before the one before it on its stream ends */
};

static inline int64_t chrome_end_of(const struct trace_measured *measured)
{
	return measured->start_ns + measured->duration_ns;
}

static inline bool chrome_has_launch(const struct trace_measured *measured)
{
	return measured->launch_start_ns != INT64_MIN;
}

/* A copy or memset of the driver: a kernel that copies has a grid. */
static inline bool chrome_is_copy(const struct trace *trace, size_t index)
{
	return trace->kernels[index].op == SIM_OP_MEMCPY && trace->details[index].grid[0] == 0;
}

static inline bool chrome_is_set(const struct trace *trace, size_t index)
{
	return trace->kernels[index].op == SIM_OP_MEMSET && trace->details[index].grid[0] == 0;
}

static inline int64_t chrome_track_of(unsigned stream, bool overlaps)
{
	return 1 + (int64_t)stream * CHROME_LANES + overlaps;
}

/* Kernels of one launch have the same call: thread and time. */
static inline bool chrome_same_launch(const struct trace *trace, uint32_t a, uint32_t b)
{
	return trace->measured[a].thread == trace->measured[b].thread &&
	       trace->measured[a].launch_start_ns == trace->measured[b].launch_start_ns;
}

/* Order kernels by launch, number launches, find overlaps. chrome_fini() is due in any case. */
SIM_MUST_CHECK enum sim_status chrome_prepare(struct chrome *chrome, struct sim_diag *diag);
void chrome_fini(struct chrome *chrome);

/* An event up to its args; the caller closes the object. */
void chrome_begin_event(struct chrome *chrome, const char *phase, const char *category,
			const char *name, int64_t process, int64_t track);
void chrome_begin_slice(struct chrome *chrome, const char *category, const char *name,
			int64_t process, int64_t track, int64_t start_ns, int64_t end_ns);

void chrome_put_kernels(struct chrome *chrome);
void chrome_put_launches(struct chrome *chrome);

#endif
