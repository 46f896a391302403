/*
 * Names of copies and memsets in the words that torch.profiler writes, whatever the trace format:
 * they are told apart, and matched between runs, by name.
 */
#ifndef TRACES_COPY_NAME_H
#define TRACES_COPY_NAME_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum { COPY_NAME_SIZE = 96 };

/*
 * Kinds of memory, as Nsight Systems numbers them; CUPTI has 0 for unknown and counts from 1. Any
 * number without a word is "Unknown".
 */
enum { MEMORY_PAGEABLE, MEMORY_PINNED, MEMORY_DEVICE, MEMORY_UNKNOWN = -1 };

/* "Memcpy DtoH (Device -> Pinned)"; WAY as CUPTI numbers it. Both return the length. */
size_t copy_name(char out[COPY_NAME_SIZE], int64_t way, int64_t from, int64_t to);
size_t set_name(char out[COPY_NAME_SIZE], int64_t memory);

/* One end of the copy is host memory. */
bool copy_is_of_host(int64_t way);

#endif
