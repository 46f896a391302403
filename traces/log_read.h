/*
 * Inside of the native log's reader: blocks are read once, in order; what a record names by number
 * (string, site, thread, call name) came before it. Kernels and calls go straight to the builder,
 * what can only be judged at the end (range ends, samples, device attributes, ...) is kept.
 *
 * Every number of the file is checked before it is used as an index. Memory grows with the file:
 * nothing is allocated for what a record merely claims.
 */
#ifndef TRACES_LOG_READ_H
#define TRACES_LOG_READ_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "sim/core/arena.h"
#include "traces/build.h"
#include "traces/call.h"
#include "traces/log_file.h"

/* A string of the file; its bytes in the reader's arena, ended by a zero. */
struct log_text {
	const char *text;
	uint32_t length; /* up to the first zero byte */
	uint32_t name;	 /* index into the trace's names + 1; 0: not used so far */
};

struct log_call_kind {
	struct call call;
	bool known;
	bool of_driver;
};

struct log_thread_kind {
	uint32_t system_id;
	bool known;
};

/* One end of a range. */
struct log_range_end {
	int64_t time_ns;
	uint32_t id;
	uint32_t text; /* string; 0 at an end */
	uint32_t thread;
	uint32_t starts; /* 1 or 0 */
};

/* Records that are kept as they are. */
struct log_list {
	void *items;
	size_t count, capacity;
	size_t size; /* of one */
};

struct log_read {
	struct log_file file;
	struct build *build;   /* NULL: only ranges and graph launches are wanted */
	struct budget *budget; /* the builder's, where there is one */
	uint64_t record;       /* the present one, counted from 1 through the file */
	bool ended;	       /* the program's end was recorded */

	struct arena arena; /* text */
	struct log_text *texts;
	size_t text_count, text_capacity;
	struct build_kernel *sites; /* complete but for times, stream and ids */
	size_t site_count, site_capacity;
	struct log_call_kind *calls;
	size_t call_count, call_capacity;
	struct log_thread_kind *threads;
	size_t thread_count, thread_capacity;

	struct log_list range_ends; /* struct log_range_end */
	struct log_list syncs;	    /* struct log_sync */
	struct log_list failed;	    /* uint32_t: correlations of calls that failed */
	struct log_list launches;   /* struct log_graph_launch */
	struct log_list overheads;  /* struct log_overhead */
	struct log_list contexts;   /* struct log_context */
	struct log_list devices;    /* struct log_device */
	struct log_list attributes; /* struct log_attribute */
	struct log_list samples;    /* struct log_sample */
	struct log_list facts;	    /* struct log_fact */
	struct log_counts counts;   /* the last ones */
	uint64_t zero_times;	    /* kernels and copies that were left out */
};

/* BUILD NULL: read ranges, graph launches and what they name only. */
SIM_MUST_CHECK enum sim_status log_read_blocks(struct log_read *read, const char *path,
					       struct build *build, struct budget *budget,
					       struct sim_diag *diag);
void log_read_fini(struct log_read *read);

#define log_read_fail(read, status, diag, fmt, ...)                                                \
	log_file_fail(&(read)->file, status, diag, "record %llu: " fmt,                            \
		      (unsigned long long)(read)->record, __VA_ARGS__)

/* What the records' takers share. */
SIM_MUST_CHECK enum sim_status log_list_add(struct log_read *read, struct log_list *list,
					    const void *item, size_t size, struct sim_diag *diag);
SIM_MUST_CHECK enum sim_status log_text_find(struct log_read *read, uint32_t id,
					     const struct log_text **text, struct sim_diag *diag);
SIM_MUST_CHECK enum sim_status log_text_intern(struct log_read *read, uint32_t id, uint32_t *name,
					       struct sim_diag *diag);
SIM_MUST_CHECK enum sim_status log_times(struct log_read *read, uint64_t start_ns,
					 uint64_t duration_ns, int64_t *start, int64_t *duration,
					 struct sim_diag *diag);
SIM_MUST_CHECK enum sim_status log_thread_find(struct log_read *read, uint32_t index,
					       uint32_t *system_id, struct sim_diag *diag);

/* One taker a kind; RECORD has at least the size of its struct. */
typedef enum sim_status log_take_fn(struct log_read *read, const void *record,
				    struct sim_diag *diag);
log_take_fn log_take_site, log_take_kernel, log_take_graph_kernel, log_take_copy, log_take_set;
log_take_fn log_take_call, log_take_call_name, log_take_call_failed, log_take_thread;
log_take_fn log_take_sync, log_take_range, log_take_graph_node;

/* After the last block, before the builder finishes: what was kept goes to the builder. */
SIM_MUST_CHECK enum sim_status log_give_host(struct log_read *read, struct sim_diag *diag);
SIM_MUST_CHECK enum sim_status log_give_device(struct log_read *read, int64_t device,
					       struct sim_diag *diag);

/* Join the two ends of each range and call TAKE in order of id; the others are counted. */
SIM_MUST_CHECK enum sim_status
log_join_ranges(struct log_read *read,
		enum sim_status (*take)(const struct log_range_end *start, int64_t end_ns,
					void *context, struct sim_diag *diag),
		void *context, struct sim_diag *diag);

/* After the builder has finished: clocks, capture and lacks. */
SIM_MUST_CHECK enum sim_status log_fill_facts(struct log_read *read, int64_t device,
					      struct trace *trace, struct sim_diag *diag);

#endif
