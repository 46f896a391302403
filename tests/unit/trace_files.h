/* Files for trace tests: what lies in tests/data, and temporary ones, plain or gz. */
#ifndef TESTS_UNIT_TRACE_FILES_H
#define TESTS_UNIT_TRACE_FILES_H

#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <zlib.h>

#include <cmocka.h>

#include "traces/trace.h"

struct bytes {
	char *data;
	size_t length;
};

/* The whole of PATH, uncompressed where it is gz; data is NULL when it cannot be opened. */
static inline struct bytes file_load(const char *path)
{
	struct bytes all = {NULL, 0};
	size_t capacity = 1 << 16;
	gzFile file = gzopen(path, "rb");
	int got;
	if (file == NULL)
		return all;
	all.data = malloc(capacity);
	while ((got = gzread(file, all.data + all.length, (unsigned)(capacity - all.length))) > 0) {
		all.length += (size_t)got;
		if (all.length == capacity)
			all.data = realloc(all.data, capacity *= 2);
	}
	gzclose(file);
	return all;
}

/* A fresh name under /tmp for WHAT and this process. */
static inline const char *file_temporary(const char *what)
{
	static char path[128];
	snprintf(path, sizeof(path), "/tmp/decodesim-test-%ld-%s", (long)getpid(), what);
	return path;
}

static inline void file_store(const char *path, const char *data, size_t length)
{
	FILE *file = fopen(path, "wb");
	assert_non_null(file);
	assert_int_equal(fwrite(data, 1, length, file), length);
	assert_int_equal(fclose(file), 0);
}

static inline void file_store_gz(const char *path, const char *data, size_t length)
{
	gzFile file = gzopen(path, "wb6");
	assert_non_null(file);
	assert_int_equal(gzwrite(file, data, (unsigned)length), length);
	assert_int_equal(gzclose(file), Z_OK);
}

/* As they lie on disk, compressed or not. */
static inline struct bytes file_load_raw(const char *path)
{
	struct bytes all = {NULL, 0};
	FILE *file = fopen(path, "rb");
	assert_non_null(file);
	assert_int_equal(fseek(file, 0, SEEK_END), 0);
	all.length = (size_t)ftell(file);
	rewind(file);
	all.data = malloc(all.length + 1);
	assert_int_equal(fread(all.data, 1, all.length, file), all.length);
	fclose(file);
	return all;
}

/* Fails the test unless PATH is refused with STATUS and PART in the message. */
static inline void assert_trace_refused(const char *path, enum sim_status status, const char *part)
{
	struct trace trace;
	struct sim_diag diag;
	enum sim_status got;
	trace_init(&trace);
	diag_init(&diag);
	got = trace_read(path, &trace, &diag);
	if (got != status || got != diag.status || strstr(diag.text, part) == NULL ||
	    strstr(diag.text, path) == NULL)
		fail_msg("%s: %s, not %s: '%s' without '%s'", path, sim_status_name(got),
			 sim_status_name(status), diag.text, part);
	assert_null(trace.kernels);
}

#endif
