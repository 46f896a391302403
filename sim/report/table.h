/*
 * Aligned text tables.
 *
 * Cells are printed text, made safe for a terminal (text_printable). Columns are as wide as their
 * widest cell. Memory that ran out is remembered: only table_print() has to be checked, and every
 * function takes the NULL that a failed table_create() gives.
 *
 *   struct table *table = table_create();
 *   table_column(table, "trace", TABLE_LEFT);
 *   table_column(table, "step ms", TABLE_RIGHT);
 *   for (...) {
 *           table_row(table);
 *           table_cell(table, "%s", trace->name);
 *           table_cell(table, "%.3f", step_ms);
 *   }
 *   status = table_print(table, stdout, diag);
 *   table_destroy(table);
 */
#ifndef SIM_REPORT_TABLE_H
#define SIM_REPORT_TABLE_H

#include <stddef.h>
#include <stdio.h>

#include "sim/core/status.h"

/* AUTO: right when all cells of the first print are numbers or blank, else left. */
enum table_align { TABLE_LEFT, TABLE_RIGHT, TABLE_AUTO };

struct table;

struct table *table_create(void);
void table_destroy(struct table *table);

/* All columns before the first row. */
void table_column(struct table *table, const char *title, enum table_align align);
/* Cells of the last column given are cut to WIDTH characters, the last of them '~'. */
void table_limit(struct table *table, size_t width);

/* Begin a row; cells that are not given stay blank, cells too many are a bug. */
void table_row(struct table *table);
void table_cell(struct table *table, const char *fmt, ...) SIM_PRINTF(2, 3);
void table_cell_bytes(struct table *table, const char *text, size_t length);
size_t table_rows(const struct table *table);

/*
 * Print the rows and forget them; the title only the first time. So a long result can go out in
 * parts: widths only grow.
 */
SIM_MUST_CHECK enum sim_status table_print(struct table *table, FILE *out, struct sim_diag *diag);

#endif
