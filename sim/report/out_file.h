/*
 * A file that is there whole or not at all: written beside its name and renamed when it is done.
 * Compressed where the name ends in .gz. "-" is standard output; what is no plain file (a pipe, a
 * device) is written directly.
 */
#ifndef SIM_REPORT_OUT_FILE_H
#define SIM_REPORT_OUT_FILE_H

#include <stdbool.h>
#include <stdio.h>

#include "sim/core/status.h"

struct out_file {
	const char *path;
	char *temporary; /* NULL: PATH is written directly */
	FILE *file;
};

/* PATH must outlive OUT. */
SIM_MUST_CHECK enum sim_status out_file_open(struct out_file *out, const char *path,
					     struct sim_diag *diag);

/* Due after a successful open: keep what was written if STATUS is SIM_OK, else remove it. */
SIM_MUST_CHECK enum sim_status out_file_close(struct out_file *out, enum sim_status status,
					      struct sim_diag *diag);

#endif
