/*
 * What a measurement walks over: sizes, thread blocks, graph nodes, and chains of a pointer chase.
 * Plain arithmetic, so that it is tested without a GPU.
 */
#ifndef VALIDATE_BENCH_MICRO_SWEEP_H
#define VALIDATE_BENCH_MICRO_SWEEP_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

enum { SWEEP_MOST = 32 };

struct sweep {
	size_t count;
	size_t points[SWEEP_MOST]; /* ascending, each once */
};

/* The points of LIST (COUNT of them, ascending) that are at most LIMIT. */
struct sweep sweep_list(const size_t *list, size_t count, size_t limit);

/* Thread blocks around one per multiprocessor: 1/4, 1/2, 3/4, 1, 1 1/2, 2, 3, 4 times SMS. */
struct sweep sweep_blocks(size_t sms);

/* Working sets from 1/16 to 4 times a cache of BYTES, in whole MiB. */
struct sweep sweep_working_sets(size_t bytes);

/*
 * Bytes of device memory to take of FREE_BYTES: WANT, but at most 80 % of what is free; whole MiB.
 * Less than LEAST: 0, the measurement is left out.
 */
size_t sweep_pool_bytes(size_t free_bytes, size_t want, size_t least);

/*
 * Where iteration I of repetition R begins in a pool of SLOTS equal parts, so that neighbours in time
 * are far apart in memory and L2 holds nothing of what comes. ITERATIONS a repetition.
 */
size_t sweep_slot(size_t slots, size_t repetition, size_t iterations, size_t i);

struct chase_link {
	uint32_t at, next; /* word index in the chased array */
};

/*
 * A chain of at most STEPS links from word 0, each STRIDE words further (modulo WORDS), closed at its
 * end. Returns how many of LINKS (room for STEPS + 1) are filled; no word is in it twice.
 */
size_t chase_chain(size_t words, size_t stride, size_t steps, struct chase_link *links);

/* A stride (in lines) that visits all LINES, a power of two, about 0.618 of them apart. */
size_t chase_stride(size_t lines);

/* Largest power of two that is at most N; 0 of 0. */
size_t power_of_two_below(size_t n);

#ifdef __cplusplus
}
#endif

#endif
