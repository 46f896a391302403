/*
 * From CUPTI's records, and from notes of other threads, to records of the log. Used by the writer
 * thread alone; it holds no lock while it calls CUPTI.
 */
#ifndef TRACES_TRACER_RECORDER_H
#define TRACES_TRACER_RECORDER_H

#include <stdbool.h>
#include <stdint.h>

#include "traces/tracer/calls.h"
#include "traces/tracer/host_threads.h"
#include "traces/tracer/intern.h"
#include "traces/tracer/log_write.h"
#include "traces/tracer/queue.h"
#include "traces/tracer/step_limit.h"

/* Names by their address, which CUPTI keeps while the module is loaded: saves hashing them. */
enum { RECORDER_NAMES = 4096 };

struct recorder_name {
	const char *pointer;
	const char *text; /* of the table's entry: compared, as another module may be there now */
	uint32_t index;	  /* of the entry */
	uint32_t generation;
};

typedef char *(*recorder_demangle_fn)(const char *name, char *buffer, size_t *length, int *status);

struct recorder {
	const struct cupti *cupti; /* NULL in `timing` mode */
	struct log_write log;
	struct strings strings;
	struct sites sites;
	struct calls calls;
	struct host_threads threads;
	struct log_counts counts;
	struct step_limit steps;
	bool wants_calls;
	struct recorder_name names[RECORDER_NAMES];
	recorder_demangle_fn demangle;
	unsigned demangle_searches;
};

/* Takes over FILE. NULL without memory. */
struct recorder *recorder_create(const struct cupti *cupti, const struct tracer_settings *settings,
				 const struct log_output *file);
void recorder_destroy(struct recorder *recorder);

/* All records of a buffer that CUPTI gave back. */
void recorder_read(struct recorder *recorder, uint8_t *buffer, size_t valid);

void recorder_take_note(struct recorder *recorder, const struct note *note);

/* The totals so far as a record. */
void recorder_add_counts(struct recorder *recorder);

/* For the parts: id of a text (0: none, or no memory), index of a thread. */
uint32_t recorder_string(struct recorder *recorder, const char *text, size_t length);
uint32_t recorder_text(struct recorder *recorder, const char *text);
uint16_t recorder_thread(struct recorder *recorder, uint32_t process, uint32_t system_id);

/* Duration of a record, and its start in OUT; both 0, and counted, when there is no time stamp. */
uint64_t recorder_duration(struct recorder *recorder, uint64_t start, uint64_t end, uint64_t *out);

/* One record each; in record_device.c and record_host.c. */
void record_kernel(struct recorder *recorder, const struct cupti_kernel *kernel);
void record_copy(struct recorder *recorder, const struct cupti_memcpy *copy);
void record_peer_copy(struct recorder *recorder, const struct cupti_memcpy_peer *copy);
void record_set(struct recorder *recorder, const struct cupti_memset *set);
void record_graph_launch(struct recorder *recorder, const struct cupti_graph_trace *launch);
void record_context(struct recorder *recorder, const struct cupti_context *context);
void record_call(struct recorder *recorder, const struct cupti_api *call);
void record_marker(struct recorder *recorder, const struct cupti_marker *marker);
void record_sync(struct recorder *recorder, const struct cupti_sync *sync);
void record_overhead(struct recorder *recorder, const struct cupti_overhead *overhead);

#endif
