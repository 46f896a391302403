/*
 * CSV records out of what `ncu --csv` printed: quoted fields with commas, line breaks and doubled
 * quotes, among lines that are not CSV (==PROF== messages, output of the profiled program), which
 * the caller tells by their first bytes and skips. Memory is bounded by the limits below, whatever
 * the file holds.
 */
#ifndef TRACES_NCU_CSV_H
#define TRACES_NCU_CSV_H

#include <stdbool.h>
#include <stddef.h>

#include "traces/budget.h"
#include "traces/input.h"

enum {
	NCU_CSV_FIELD_BYTES = 1 << 20,
	NCU_CSV_RECORD_BYTES = 8 << 20,
	NCU_CSV_FIELDS = 1 << 16,
	NCU_CSV_WINDOW = 64 << 10
};

struct ncu_csv {
	struct input input;
	struct budget *budget;
	char *window;
	size_t window_capacity;
	size_t at, length; /* unread bytes of the window */
	bool ended;
	long line;	  /* of the next byte, from 1 */
	long record_line; /* the record's first */
	struct budget_text text;
	size_t *starts; /* of the fields in text, each ending in NUL */
	size_t start_capacity;
	size_t field_count;
};

/* PATH and BUDGET must outlive CSV. */
SIM_MUST_CHECK enum sim_status ncu_csv_open(struct ncu_csv *csv, const char *path,
					    struct budget *budget, struct sim_diag *diag);
void ncu_csv_close(struct ncu_csv *csv);

/* STARTS: TEXT, of a few bytes, follows. It stays unread. */
SIM_MUST_CHECK enum sim_status ncu_csv_starts(struct ncu_csv *csv, const char *text, bool *starts,
					      struct sim_diag *diag);

/* MORE: something follows. */
SIM_MUST_CHECK enum sim_status ncu_csv_more(struct ncu_csv *csv, bool *more, struct sim_diag *diag);
SIM_MUST_CHECK enum sim_status ncu_csv_skip_line(struct ncu_csv *csv, struct sim_diag *diag);

/* The record that begins here; its fields live until the next one. */
SIM_MUST_CHECK enum sim_status ncu_csv_record(struct ncu_csv *csv, struct sim_diag *diag);

/* Field INDEX up to its first NUL, or "" where the record has none. */
const char *ncu_csv_field(const struct ncu_csv *csv, size_t index);

#endif
