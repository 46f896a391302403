/*
 * Kineto import of mutated samples: whatever comes, a status and a message, never a crash, a leak
 * or an inconsistent trace. Seeded, so a failure repeats. The sanitizers make this test worth its
 * time.
 */
#include "tests/unit/trace_files.h"

#include <glob.h>

#include "traces/trace.h"

enum { ROUNDS = 2000, MOST_MUTATIONS = 6 };

static uint64_t random_state;

static size_t random_below(size_t limit)
{
	random_state = random_state * UINT64_C(6364136223846793005) + UINT64_C(1442695040888963407);
	return limit > 0 ? (size_t)(random_state >> 33) % limit : 0;
}

/* What numbers and structure go wrong with. */
static const char *const tokens[] = {
	"-1",
	"0",
	"NaN",
	"1e308",
	"9223372036854775807",
	"18446744073709551616",
	"\"",
	"\\",
	"{",
	"}",
	"[",
	"]",
	",",
	"null",
	"\\u",
	"99999999999",
	"\"X\"",
	"\n",
	"1.5",
	"e",
	"cudaGraphLaunch",
	"kernel",
};

static size_t mutate(char *data, size_t length, size_t room)
{
	size_t at = random_below(length), other = random_below(length);
	size_t span = 1 + random_below(64);
	const char *token = tokens[random_below(sizeof(tokens) / sizeof(tokens[0]))];
	if (span > length - at)
		span = length - at;
	switch (random_below(5)) {
	case 0: /* flip bits */
		data[at] ^= (char)(1 << random_below(8));
		return length;
	case 1: /* leave out */
		memmove(data + at, data + at + span, length - at - span);
		return length - span;
	case 2: /* say twice */
		if (length + span > room)
			return length;
		memmove(data + at + span, data + at, length - at);
		return length + span;
	case 3: /* copy over */
		if (span > length - other)
			span = length - other;
		memmove(data + at, data + other, span);
		return length;
	default: /* write over */
		span = strlen(token);
		if (span > length - at)
			span = length - at;
		memcpy(data + at, token, span);
		return length;
	}
}

static void check_consistent(const struct trace *trace)
{
	size_t end = 0;
	assert_true(trace->kernel_count > 0);
	for (size_t i = 0; i < trace->kernel_count; i++) {
		assert_true(trace->measured[i].duration_ns >= 0);
		assert_true(trace->details[i].name < trace->names.count);
		assert_true(trace->details[i].op_name < trace->names.count);
		assert_true(trace->details[i].op_shape < trace->names.count);
		assert_true(i == 0 ||
			    trace->measured[i].start_ns >= trace->measured[i - 1].start_ns);
	}
	for (size_t i = 0; i < trace->step_count; i++) {
		assert_true(trace->steps[i].first >= end);
		assert_true(trace->steps[i].count > 0);
		end = (size_t)trace->steps[i].first + trace->steps[i].count;
		assert_true(trace_step_busy_ns(trace, i) >= 0);
	}
	assert_true(end <= trace->kernel_count);
}

static void import_mutant(const char *path, const char *data, size_t length, size_t *imported)
{
	struct trace trace;
	struct sim_diag diag;
	file_store(path, data, length);
	trace_init(&trace);
	diag_init(&diag);
	if (trace_read(path, &trace, &diag) == SIM_OK) {
		++*imported;
		check_consistent(&trace);
	} else {
		assert_true(diag.status != SIM_OK && diag.text[0] != '\0');
		assert_null(trace.kernels);
	}
	trace_fini(&trace);
}

static void mutants_are_read_or_refused(void **state)
{
	const char *path = file_temporary("mutant.json");
	size_t imported = 0, tried = 0;
	glob_t found;
	(void)state;
	random_state = 20261122;
	assert_int_equal(glob("tests/data/valid/kineto_*.json", 0, NULL, &found), 0);
	for (size_t i = 0; i < found.gl_pathc; i++) {
		struct bytes text = file_load_raw(found.gl_pathv[i]);
		size_t room = text.length + 1024;
		char *data = malloc(room);
		for (size_t round = 0; round < ROUNDS; round++, tried++) {
			size_t length = text.length;
			memcpy(data, text.data, length);
			for (size_t n = 1 + random_below(MOST_MUTATIONS); n > 0 && length > 0; n--)
				length = mutate(data, length, room);
			import_mutant(path, data, length, &imported);
		}
		free(data);
		free(text.data);
	}
	globfree(&found);
	unlink(path);
	/* mutants that all import, or all fail, test only half of the reader */
	assert_true(imported > tried / 50 && imported < tried - tried / 50);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(mutants_are_read_or_refused),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
