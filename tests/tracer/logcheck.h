/*
 * Checks a native log by what traces/log.h says and nothing else, so that the tracer is not tested
 * by the reader of its own house, and prints what it holds as text that is the same in every run:
 * counts, sums of durations, never a time or a number of the system's.
 */
#ifndef TESTS_TRACER_LOGCHECK_H
#define TESTS_TRACER_LOGCHECK_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "traces/log.h"

enum {
	CHECK_MOST_STRINGS = 1 << 16,
	CHECK_MOST_SITES = 1 << 16,
	CHECK_MOST_NAMES = 1 << 10, /* calls, threads, devices */
	CHECK_MOST_LINES = 1 << 12,
};

struct check_string {
	const char *bytes;
	uint32_t length;
};

struct check_site {
	struct log_site site;
	uint64_t count[2], ns[2]; /* by launch, in a graph */
};

struct check_line {
	char *text;
	uint64_t count, ns, bytes;
};

struct check_kernel {
	uint64_t start_ns, end_ns, node;
	uint32_t stream, graph;
};

struct check {
	const char *path;
	const uint8_t *bytes;
	size_t size;
	size_t torn; /* bytes after the last whole block */
	uint32_t features;
	bool has_end, has_counts;
	bool tells_demangled; /* a sanitizer brings a demangler along, so not by default */
	struct log_end end;
	struct log_counts counts;
	struct check_string strings[CHECK_MOST_STRINGS];
	uint32_t string_count; /* ids 1 to this are known */
	struct check_site sites[CHECK_MOST_SITES];
	uint32_t site_count;
	struct log_call_name calls[CHECK_MOST_NAMES];
	uint64_t call_count[CHECK_MOST_NAMES];
	uint16_t call_names, threads;
	struct check_kernel *kernels;
	struct log_graph_node *nodes;
	struct log_range *ranges;
	size_t kernel_count, node_count, range_count;
	size_t kernel_room, node_room, range_room;
	uint64_t kind_count[32]; /* records by enum log_kind */
	uint64_t zero_times, clocks, attributes;
	struct check_line lines[CHECK_MOST_LINES];
	size_t line_count;
};

/* logcheck.c: ends the program with a message */
_Noreturn void check_fail(const struct check *check, size_t at, const char *what);
/* logcheck_take.c */
void check_take(struct check *check, uint16_t kind, const uint8_t *record, size_t at);
void check_take_string(struct check *check, const struct log_string *string, const char *bytes,
		       size_t at);
/* logcheck_text.c */
void check_line_add(struct check *check, const char *text, uint64_t ns, uint64_t bytes);
/* NAME of a total, as in the list of kinds in lower case; UINT64_MAX: no such name */
uint64_t check_total(const struct check *check, const char *name);
void check_print(struct check *check);
void check_print_head(const struct check *check);

#endif
