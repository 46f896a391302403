/*
 * NVTX: ranges that the program marks. With CUPTI they are CUPTI's to record and it is given NVTX's
 * tables; in `timing` mode, without CUPTI, the tables are filled by nvtx_steps.c.
 */
#ifndef TRACES_TRACER_NVTX_H
#define TRACES_TRACER_NVTX_H

#include <stdint.h>

/* NVTX gives its tables by number through this. */
typedef const void *(*nvtx_export_table_fn)(uint32_t table);

/* ENTRY: the name by which CUPTI offers the same. 1 when NVTX is attached, else 0. */
int nvtx_attach(const char *entry, nvtx_export_table_fn export_table);

/* Fills NVTX's tables with functions that record ranges that name a step. 1 or 0, as above. */
int nvtx_steps_attach(nvtx_export_table_fn export_table);

#endif
