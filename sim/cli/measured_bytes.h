/* Bytes that a profiler measured beside those derived from shapes, by kernel family. */
#ifndef SIM_CLI_MEASURED_BYTES_H
#define SIM_CLI_MEASURED_BYTES_H

#include <stdint.h>

#include <cjson/cJSON.h>

#include "traces/trace.h"

/* Bytes of a family's kernels, summed where they were measured and work is known. */
struct bytes_family {
	uint64_t kernels; /* in steps, copies and memsets left out */
	uint64_t joined;
	uint64_t compared; /* joined, with known work and measured reads */
	double derived_read, measured_read;
	double derived_write, measured_write;
	double measured_l2;
};

struct measured_bytes {
	char source[512];	   /* of the first trace */
	uint64_t traces;	   /* that have measured bytes */
	uint64_t joined, unjoined; /* kernels in steps, copies and memsets left out */
	int64_t unused; /* rows of the profiler that no step has; -1 not known any more */
	struct bytes_family families[SIM_FAMILY_COUNT];
};

/* Zeroed and unused -1 at first; a trace without measured bytes adds nothing. */
void measured_bytes_add(struct measured_bytes *bytes, const struct trace *trace);
/* "bytes" and "bytes_log" */
void measured_bytes_json(cJSON *root, const struct measured_bytes *bytes);
void measured_bytes_print(const struct measured_bytes *bytes);

#endif
