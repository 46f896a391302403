/*
 * What a native log says of time without its kernels: NVTX ranges, and graph replays that were
 * recorded as a whole. For the timing of a run that was not traced, and for showing ranges.
 */
#ifndef TRACES_LOG_MARKS_H
#define TRACES_LOG_MARKS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "sim/core/arena.h"
#include "sim/core/status.h"

struct log_marks_range {
	int64_t start_ns;
	int64_t end_ns;
	uint32_t thread; /* system id */
	const char *text;
};

struct log_marks_replay {
	int64_t start_ns; /* of the first kernel */
	int64_t end_ns;	  /* of the last one */
	uint32_t graph;
	uint32_t device;
};

struct log_marks {
	uint32_t features;		/* enum log_feature */
	struct log_marks_range *ranges; /* by start, the outer one first */
	size_t range_count;
	struct log_marks_replay *replays; /* by start */
	size_t replay_count;
	struct arena arena; /* texts */
};

/* MARKS is empty on failure. Times are those of the file. */
SIM_MUST_CHECK enum sim_status log_marks_read(const char *path, struct log_marks *marks,
					      struct sim_diag *diag);
void log_marks_fini(struct log_marks *marks);

/* Whether PATH is a native log, by its first bytes. */
SIM_MUST_CHECK enum sim_status log_marks_is_log(const char *path, bool *is_log,
						struct sim_diag *diag);

#endif
