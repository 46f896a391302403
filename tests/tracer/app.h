/*
 * The fake program: plays the words of its command line one after another, as a CUDA program would
 * do them. Everything works the same, and prints the same, when nothing traces it.
 */
#ifndef TESTS_TRACER_APP_H
#define TESTS_TRACER_APP_H

#include <stdint.h>

#include "tests/tracer/fakedriver.h"

enum { APP_MOST_ARGUMENTS = 3 };

/* one word of the script: `name:1:2:3`; numbers that are not given are 0 */
struct app_word {
	const char *name;
	long numbers[APP_MOST_ARGUMENTS];
	const char *text; /* what follows the first colon; "" when there is none */
};

/* ---- app_cuda.c: the CUDA runtime inside the program ---- */
void cuda_init(void);
const struct fake_hooks *cuda_hooks(void); /* NULL: nobody listens */
/* a kernel with the figures of number INDEX: its name and grid repeat every five */
void cuda_launch(unsigned index, uint32_t stream);
void cuda_launch_in_flight(unsigned index, uint32_t stream);
void cuda_launch_overlapping(unsigned index, uint32_t stream);
void cuda_call(enum fake_call_id id, uint32_t result);
void cuda_sync(uint32_t stream);
void cuda_copy(uint8_t copy_kind, uint64_t bytes);
void cuda_set(uint64_t bytes);
void cuda_overhead(void);
void cuda_unload(void); /* the names of kernels change in place */
/* COUNT kernel nodes, an NVTX range open around every NODES_PER_RANGE (0: none), then instantiated */
void cuda_capture(unsigned count, unsigned nodes_per_range);
void cuda_replay(void);
uint32_t cuda_correlation(void);
uint64_t cuda_now_ns(void);

/* ---- app_nvtx.c: NVTX 3's loader ---- */
void nvtx_push(const char *text);
void nvtx_push_attributes(const char *text);
void nvtx_pop(void);
void nvtx_mark(const char *text);
uint64_t nvtx_start(const char *text);
void nvtx_end(uint64_t id);
void nvtx_domain(const char *domain, const char *text); /* push and pop in a domain of its own */

/* ---- app_process.c: what becomes of the process; app_device.c: what it does on the device ---- */
struct app_action {
	const char *name;
	void (*play)(const struct app_word *word);
};
extern const struct app_action app_process_actions[], app_device_actions[];

/* plays WORDS, which end with NULL */
void app_play(char **words);
/* like printf, written at once to stdout */
void app_say(const char *format, ...) __attribute__((format(printf, 1, 2)));
extern const char *app_path; /* of the program itself */

/* ---- app_profiler.c ---- */
void app_profile(const struct app_word *word);

/* ---- app_recorded.c ---- */
void app_recorded(const struct app_word *word);

#endif
