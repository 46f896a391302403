/*
 * A bundled trace told again as if by a tracer that saw no shapes: the same kernels and launches
 * through the builder, and its ops as the NVTX ranges that emit_nvtx(record_shapes=True) would have
 * pushed, with their true times and nesting. Include after cmocka and trace_files.h.
 */
#ifndef TESTS_UNIT_NVTX_FIXTURE_H
#define TESTS_UNIT_NVTX_FIXTURE_H

#include <inttypes.h>

#include "tests/unit/trace_files.h"
#include "traces/build.h"
#include "traces/work.h"

enum { RETOLD_TEXT = 4096, RETOLD_THREAD = 7 };

/* What [AT, LIMIT) has after KEY, or NULL. */
static inline const char *retold_after(const char *at, const char *limit, const char *key)
{
	size_t length = strlen(key);
	const char *found = memmem(at, (size_t)(limit - at), key, length);
	return found != NULL ? found + length : NULL;
}

/* "4493004712542.161" microseconds to ns, exactly. */
static inline int64_t retold_ns(const char *at)
{
	char *end;
	int64_t ns = strtoll(at, &end, 10) * 1000;
	if (*end == '.')
		for (int64_t unit = 100; unit > 0 && *++end >= '0' && *end <= '9'; unit /= 10)
			ns += (*end - '0') * unit;
	return ns;
}

/* Kineto's "Input Dims" as shapesToStr writes them: lists of tensors spliced in. */
static inline size_t retold_sizes(const char *dims, char *text)
{
	size_t used = 0;
	unsigned depth = 0;
	const char *list = NULL; /* where a list of tensors began */
	do {
		char c = *dims;
		if (c == '[' && depth == 1 && dims[1] == '[')
			list = dims;
		bool brackets =
			list != NULL && ((c == '[' && dims == list) || (c == ']' && depth == 2));
		if (c == ']' && depth == 2)
			list = NULL;
		depth += c == '[';
		depth -= c == ']';
		if (!brackets && c != ' ')
			text[used++] = c;
		if (c == ',')
			text[used++] = ' ';
		assert_true(used < RETOLD_TEXT - 8);
	} while (*dims++ != ']' || depth > 0);
	text[used] = '\0';
	return used;
}

struct retold_op {
	int64_t start_ns, end_ns;
	char text[RETOLD_TEXT];
	size_t length;
};

static inline const char *retold_line_end(const char *at, const char *end)
{
	const char *found = at < end ? memchr(at, '\n', (size_t)(end - at)) : NULL;
	return found != NULL ? found + 1 : end;
}

/* The next cpu_op event from AT on, of the six lines that torch.profiler gives it; NULL: none. */
static inline const char *retold_next_op(const char *at, const char *end, int64_t zero_ns,
					 unsigned number, struct retold_op *op)
{
	const char *name = NULL, *limit = at;
	char sizes[RETOLD_TEXT] = "";
	for (; at < end && name == NULL; at = limit) {
		limit = retold_line_end(at, end);
		name = retold_after(at, limit, "\"cat\": \"cpu_op\", \"name\": \"");
	}
	if (name == NULL)
		return NULL;
	for (unsigned line = 1; line < 6; line++)
		limit = retold_line_end(limit, end);
	const char *quote = memchr(name, '"', (size_t)(limit - name));
	const char *start = retold_after(name, limit, "\"ts\": ");
	const char *duration = retold_after(name, limit, "\"dur\": ");
	const char *dims = retold_after(name, limit, "\"Input Dims\": ");
	assert_true(quote != NULL && start != NULL && duration != NULL);
	op->start_ns = retold_ns(start) - zero_ns;
	op->end_ns = op->start_ns + retold_ns(duration);
	if (dims != NULL)
		retold_sizes(dims, sizes);
	int used = snprintf(op->text, sizeof(op->text), "%.*s, op_id = %u", (int)(quote - name),
			    name, number);
	if (sizes[0] != '\0' && strcmp(sizes, "[]") != 0)
		used += snprintf(op->text + used, sizeof(op->text) - (size_t)used,
				 ", sizes = %s, input_op_ids = [(%u,0)]", sizes, number - 1);
	assert_true((size_t)used < sizeof(op->text));
	op->length = (size_t)used;
	return limit;
}

/* Kernel INDEX of TRACE again, without what its op told. */
static inline struct build_kernel retold_kernel(const struct trace *trace, struct build *build,
						size_t index)
{
	const struct trace_measured *measured = &trace->measured[index];
	const struct sim_kernel *kernel = &trace->kernels[index];
	const char *name = names_text(&trace->names, trace->details[index].name);
	struct build_kernel told = {.detail = trace->details[index],
				    .start_ns = measured->start_ns,
				    .duration_ns = measured->duration_ns,
				    .stream = kernel->stream,
				    .external_id = BUILD_NO_ID,
				    .correlation = measured->correlation};
	bool copies = kernel->family == SIM_FAMILY_MEMCPY_DEVICE ||
		      kernel->family == SIM_FAMILY_MEMCPY_HOST;
	if (copies || kernel->family == SIM_FAMILY_MEMSET) {
		told.op = copies ? SIM_OP_MEMCPY : SIM_OP_MEMSET;
		told.bytes = kernel->act_write_bytes;
		told.host_copy = kernel->family == SIM_FAMILY_MEMCPY_HOST;
	}
	told.detail.op_name = told.detail.op_shape = 0;
	told.detail.op_part = 0;
	assert_int_equal(names_add(&build->trace->names, name, strlen(name), &told.detail.name),
			 SIM_OK);
	return told;
}

static inline void retold_open(struct trace *told, struct build *build, const struct trace *trace)
{
	trace_init(told);
	assert_int_equal(names_init(&told->names), SIM_OK);
	build_init(build, told, "retold");
	build_add_device(build, 0, &trace->device);
}

static inline void retold_close(struct trace *told, struct build *build)
{
	struct sim_diag diag;
	diag_init(&diag);
	if (build_finish(build, &diag) != SIM_OK || work_derive_all(told, &diag) != SIM_OK)
		fail_msg("%s", diag.text);
	build_fini(build);
}

#endif
