/*
 * Fuzzing: what all targets share. A target is a fuzz_NAME.c with one entry point in libFuzzer's
 * form, that reads one input and checks what must hold of the answer. `make fuzz` links it with
 * libFuzzer, `make fuzz-replay` with replay.c, which runs it over the files of its corpus.
 */
#ifndef TESTS_FUZZ_FUZZ_H
#define TESTS_FUZZ_FUZZ_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "hwmodels/device.h"
#include "sim/core/status.h"
#include "traces/trace.h"

/* A finding: stop where it shows. Never compiled out. */
#define FUZZ_REQUIRE(condition) ((condition) ? (void)0 : fuzz_found(__FILE__, __LINE__, #condition))
_Noreturn void fuzz_found(const char *file, int line, const char *condition);

/* The target: libFuzzer's contract, its name, and files beside its corpus that replay runs too. */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
extern const char fuzz_name[];
extern const char *const fuzz_seeds[]; /* patterns for glob(), up to NULL */

/* A path under which DATA can be read as a file, until the next call. No disk is touched. */
const char *fuzz_file(const void *data, size_t size);

/* STATUS is SIM_OK, or DIAG tells the same status and why. */
void fuzz_check_diag(enum sim_status status, const struct sim_diag *diag);

/* Everything that a trace promises whoever made it; and that it replays. MAY_OVERFLOW: see below. */
void fuzz_check_trace(const struct trace *trace, bool may_overflow);

/*
 * What a trace promises besides when a reader made it: work that some kernel could do, and so a
 * replay in every launch mode.
 */
void fuzz_check_import(const struct trace *trace);

/* Read PATH as any trace and check what comes. */
enum sim_status fuzz_read_trace(const char *path);

/* A small trace that is there: 20 kernels of several kinds in 2 steps. */
const struct trace *fuzz_sample_trace(void);

/*
 * PROGRAM on MACHINE as traced: twice alike and alike on both paths, parts add up to the step, the
 * byte floor holds, and on one stream the closed form is never above. Where MAY_OVERFLOW, a
 * simulated time out of range is an answer too. The other is the same in every launch mode.
 */
void fuzz_check_replay(const struct sim_program *program, const struct machine *machine,
		       bool may_overflow);
void fuzz_check_launches(const struct sim_program *program, const struct machine *machine,
			 bool may_overflow);

/* A built-in device that every run needs; loaded once, kept to the end. */
const struct hw_device *fuzz_device(const char *name);

/*
 * A database as a file: DATA itself where it begins as SQLite's files do, else what DATA, as SQL,
 * makes of a database that begins as START (START_SIZE 0: empty). Statements that fail are passed
 * over. SQL is how a mutation gets past the file format to rows that a reader believes.
 */
const char *fuzz_database(const void *start, size_t start_size, const uint8_t *data, size_t size);

#endif
