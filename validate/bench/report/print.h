/* The report as text and as JSON. */
#ifndef VALIDATE_BENCH_REPORT_PRINT_H
#define VALIDATE_BENCH_REPORT_PRINT_H

#include <stdio.h>

#include "validate/bench/report/verdict.h"

/* Table, then one PASS or FAIL line a check; returns how many failed. */
size_t print_report(FILE *out, const struct cell *cells, size_t count, const struct limits *limits);

SIM_MUST_CHECK enum sim_status print_json(const char *path, const struct cell *cells, size_t count,
					  const struct limits *limits, struct sim_diag *diag);

/* What `decodesim calibrate --steps` reads: the untraced steps of graphs. */
SIM_MUST_CHECK enum sim_status print_steps(FILE *out, const struct cell *cells, size_t count,
					   struct sim_diag *diag);

#endif
