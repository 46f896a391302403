/*
 * Distinct keys of one size, numbered in order of first sight: which kernels are of one kind.
 */
#ifndef SIM_STORE_DISTINCT_H
#define SIM_STORE_DISTINCT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "sim/core/status.h"

struct distinct {
	size_t key_size; /* bytes, a multiple of 8 */
	unsigned char *keys;
	uint32_t *slots; /* open addressing, power of two, index + 1 */
	uint32_t count;
	uint32_t capacity;
	uint32_t slot_count;
};

void distinct_init(struct distinct *distinct, size_t key_size);
void distinct_fini(struct distinct *distinct);

/* Number of KEY; SIM_E_NOMEM only. */
SIM_MUST_CHECK enum sim_status distinct_add(struct distinct *distinct, const void *key,
					    uint32_t *index);
const void *distinct_key(const struct distinct *distinct, uint32_t index);

/* Hash of LENGTH bytes on top of SEED, eight at a time. */
uint64_t distinct_hash(uint64_t seed, const void *bytes, size_t length);

#endif
