/*
 * Running a program under the tracer, for `decodesim trace`: its environment, its life, its logs.
 *
 * The program keeps its standard streams, its process group and its exit code; everything said
 * here goes to stderr.
 */
#ifndef SIM_CLI_CAPTURE_H
#define SIM_CLI_CAPTURE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "sim/core/status.h"

enum { CAPTURE_PATH = 4096, CAPTURE_MOST_LOGS = 64 };
#define CAPTURE_SUFFIX ".dslog"

/* What is asked of the tracer; see traces/tracer/options.h. */
struct capture {
	char library[CAPTURE_PATH]; /* the tracer */
	char log[CAPTURE_PATH];	    /* absolute, may hold %p */
	char options[256];
	const char *cupti; /* NULL: the program's own, or the system's */
	bool injects_nvtx;
	bool preloads;
};

/* The tracer: GIVEN, else $DECODESIM_TRACER, else beside this program, else in ../lib/decodesim. */
SIM_MUST_CHECK enum sim_status capture_find_library(const char *given, char *path, size_t size,
						    struct sim_diag *diag);

/*
 * Run WORDS (ends with NULL) and wait for its end. EXIT_CODE is its own, 128 + N after signal N, 127
 * when there is no such program, 126 when it cannot be run. SIGTERM and SIGHUP are passed on to it;
 * SIGINT and SIGQUIT of a terminal reach it anyway and do not end this program.
 */
SIM_MUST_CHECK enum sim_status capture_run(const struct capture *capture, const char *const *words,
					   int *exit_code, struct sim_diag *diag);

/*
 * PATTERN[CAPTURE_PATH] of a run's log: as GIVEN, else (NULL) named after PROGRAM, in this
 * directory; a MODE ("" none) goes before the suffix: run.dslog, run-timing.dslog.
 */
SIM_MUST_CHECK enum sim_status capture_name_log(const char *given, const char *program,
						const char *mode, char *pattern,
						struct sim_diag *diag);

/* The program may change its directory: PATTERN as an absolute path, LOG[CAPTURE_PATH]. */
SIM_MUST_CHECK enum sim_status capture_absolute(const char *pattern, char *log,
						struct sim_diag *diag);

/* A log that a run left. */
struct capture_log {
	char path[CAPTURE_PATH];
	uint64_t bytes;
};

/*
 * Files that PATTERN (%p: digits) stands for, by name; with SINCE_NS not those last written before
 * it. A process that found its file taken appended ".PID" to the name: these count too.
 */
SIM_MUST_CHECK enum sim_status capture_find_logs(const char *pattern, int64_t since_ns,
						 struct capture_log *logs, size_t *count,
						 struct sim_diag *diag);

#endif
