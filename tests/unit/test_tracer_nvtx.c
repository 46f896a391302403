/*
 * Step ranges without CUPTI: calls through NVTX's tables, as the headers would make them, in a child
 * that ends; then what its log holds.
 */
#include "tests/unit/tracer_log.h"

#include <pthread.h>
#include <sys/wait.h>
#include <wchar.h>

#include "traces/tracer/nvtx.h"
#include "traces/tracer/nvtx_abi.h"
#include "traces/tracer/options.h"

enum { TABLE = 16 };

/*
 * TSan's runtime does not follow threads that a child starts after a fork with threads, and ASan's
 * does not take its allocator's locks around fork(): a child may find one held for ever.
 */
#if defined(__SANITIZE_THREAD__) || defined(__SANITIZE_ADDRESS__)
#define FORKED_THREADS 0
#elif defined(__has_feature)
#if __has_feature(thread_sanitizer)
#define FORKED_THREADS 0
#endif
#endif
#ifndef FORKED_THREADS
#define FORKED_THREADS 1
#endif

static nvtx_function core_functions[TABLE], core2_functions[TABLE];
static nvtx_function *core[TABLE + 1], *core2[TABLE + 1];

static int module_functions(int module, nvtx_function ***table, unsigned *size)
{
	*table = module == NVTX_MODULE_CORE ? core : module == NVTX_MODULE_CORE2 ? core2 : NULL;
	*size = TABLE;
	return *table != NULL;
}

static const struct nvtx_callbacks_table callbacks = {sizeof(callbacks), module_functions};

static const void *export_table(uint32_t number)
{
	return number == NVTX_TABLE_CALLBACKS ? &callbacks : NULL;
}

static const void *no_table(uint32_t number)
{
	(void)number;
	return NULL;
}

#define CORE(number, type) ((type)core_functions[number])
#define CORE2(number, type) ((type)core2_functions[number])

typedef int (*push_fn)(const char *);
typedef int (*push_wide_fn)(const wchar_t *);
typedef int (*push_ex_fn)(const struct nvtx_event *);
typedef int (*pop_fn)(void);
typedef uint64_t (*start_fn)(const char *);
typedef void (*end_fn)(uint64_t);
typedef void *(*name_fn)(const char *);
typedef void *(*register_fn)(void *, const char *);
typedef int (*domain_push_fn)(void *, const struct nvtx_event *);
typedef int (*domain_pop_fn)(void *);

static int push(const char *text)
{
	return CORE(NVTX_CORE_RANGE_PUSH_A, push_fn)(text);
}

static int pop(void)
{
	return CORE(NVTX_CORE_RANGE_POP, pop_fn)();
}

static uint64_t start(const char *text)
{
	return CORE(NVTX_CORE_RANGE_START_A, start_fn)(text);
}

static void end(uint64_t range)
{
	CORE(NVTX_CORE_RANGE_END, end_fn)(range);
}

/* Runs BODY in a child with the tracer in `timing` mode, and reads its log. */
static void run(void **state, const char *options, int (*body)(void), struct tracer_log *log)
{
	char path[128];
	int status;
	snprintf(path, sizeof(path), "%s/log", (const char *)*state);
	for (int i = 0; i < TABLE; i++) {
		core[i] = i > 0 ? &core_functions[i] : NULL;
		core2[i] = i > 0 ? &core2_functions[i] : NULL;
	}
	fflush(NULL);
	pid_t child = fork();
	if (child == 0) {
		setenv(TRACER_ENV_LOG, path, 1);
		setenv(TRACER_ENV_OPTIONS, options, 1);
		int attached = nvtx_attach("InitializeInjectionNvtx2", export_table);
		exit(attached == 1 ? body() : 99); /* runs the tracer's exit */
	}
	assert_int_equal(waitpid(child, &status, 0), child);
	assert_true(WIFEXITED(status));
	assert_int_equal(WEXITSTATUS(status), 0);
	tracer_log_read(log, path);
}

enum { MOST_RANGES = 512 };

/* All ranges of the log, in however many blocks they are: the tracer flushes each second. */
static const struct log_range *all_ranges(struct tracer_log *log)
{
	static struct log_range ranges[MOST_RANGES];
	const struct log_block *block;
	size_t count = 0;
	while ((block = tracer_log_next(log)) != NULL) {
		if (block->kind != LOG_RANGE)
			continue;
		assert_true(count + block->record_count <= MOST_RANGES);
		memcpy(&ranges[count], block + 1, block->payload_bytes);
		count += block->record_count;
	}
	assert_int_equal(log->counts[LOG_END], 1);
	return ranges;
}

static void assert_range(const struct tracer_log *log, const struct log_range *range, int phase,
			 const char *text)
{
	assert_int_equal(range->phase, phase);
	if (text != NULL)
		assert_string_id(log, range->text, text);
	else
		assert_int_equal(range->text, 0);
}

/* Exit codes of a body say what went wrong: cmocka's asserts do not work in a child. */
#define CHECK(condition)                                                                           \
	do {                                                                                       \
		if (!(condition))                                                                  \
			return __LINE__ % 90 + 1;                                                  \
	} while (0)

static int nested_ranges(void)
{
	CHECK(push("forward") == 0);
	CHECK(push("step[1]") == 1);
	CHECK(push("aten::mm") == 2);
	CHECK(pop() == 2);
	CHECK(pop() == 1);
	CHECK(push("ProfilerStep#2") == 1);
	CHECK(pop() == 1);
	CHECK(pop() == 0);
	CHECK(pop() == NVTX_UNTRACKED);
	CHECK(push(NULL) == 0 && pop() == 0);
	return 0;
}

static void only_steps_are_recorded(void **state)
{
	struct tracer_log log;
	run(state, "timing", nested_ranges, &log);
	const struct log_header *header = (const void *)log.bytes;
	assert_int_equal(header->features, LOG_IS_TIMING | LOG_HAS_RANGES);
	const struct log_range *range = all_ranges(&log);
	assert_int_equal(log.counts[LOG_RANGE], 4);
	assert_range(&log, &range[0], LOG_PHASE_START, "step[1]");
	assert_range(&log, &range[1], LOG_PHASE_END, NULL);
	assert_range(&log, &range[2], LOG_PHASE_START, "ProfilerStep#2");
	assert_range(&log, &range[3], LOG_PHASE_END, NULL);
	assert_int_equal(range[0].id, range[1].id);
	assert_int_not_equal(range[0].id, range[2].id);
	assert_true(range[0].time_ns >= (uint64_t)header->start_ns);
	assert_true(range[0].time_ns <= range[1].time_ns && range[1].time_ns <= range[2].time_ns);
	const struct log_end *last = (const void *)(log.bytes + log.length - sizeof(*last));
	assert_int_equal(last->reason, LOG_END_EXIT);
	tracer_log_free(&log);
}

static int all_kinds_of_text(void)
{
	struct nvtx_event event = {.version = 3, .size = sizeof(event)};
	void *domain = CORE2(NVTX_CORE2_DOMAIN_CREATE_A, name_fn)("engine");
	void *text = CORE2(NVTX_CORE2_REGISTER_STRING_A, register_fn)(domain, "execute_model 7");
	domain_push_fn domain_push = CORE2(NVTX_CORE2_RANGE_PUSH_EX, domain_push_fn);
	domain_pop_fn domain_pop = CORE2(NVTX_CORE2_RANGE_POP, domain_pop_fn);
	push_ex_fn push_ex = CORE(NVTX_CORE_RANGE_PUSH_EX, push_ex_fn);
	CHECK(domain != NULL && text != NULL);
	CHECK(CORE2(NVTX_CORE2_DOMAIN_CREATE_A, name_fn)("engine") == domain);
	CHECK(CORE2(NVTX_CORE2_REGISTER_STRING_A, register_fn)(domain, "execute_model 7") == text);
	CHECK(CORE(NVTX_CORE_RANGE_PUSH_W, push_wide_fn)(L"step[\u00e9\u20ac\U0001f600]") == 0);
	event.message_type = NVTX_MESSAGE_REGISTERED;
	event.message = text;
	CHECK(domain_push(domain, &event) == 0); /* levels are per domain */
	CHECK(pop() == 0);
	CHECK(domain_pop(domain) == 0);
	event.message_type = NVTX_MESSAGE_ASCII;
	event.message = "step[ascii]";
	CHECK(push_ex(&event) == 0 && pop() == 0);
	event.message_type = NVTX_MESSAGE_WIDE;
	event.message = L"step[wide]";
	CHECK(push_ex(&event) == 0 && pop() == 0);
	/* nothing to be read: another kind, no text, a struct that ends before it, no struct */
	event.message_type = 77;
	CHECK(push_ex(&event) == 0 && pop() == 0);
	event.message_type = NVTX_MESSAGE_ASCII;
	event.message = NULL;
	CHECK(push_ex(&event) == 0 && pop() == 0);
	event.size = 24;
	event.message = "step[hidden]";
	CHECK(push_ex(&event) == 0 && pop() == 0);
	CHECK(push_ex(NULL) == 0 && pop() == 0);
	return 0;
}

static void texts_come_in_all_kinds(void **state)
{
	struct tracer_log log;
	run(state, "timing", all_kinds_of_text, &log);
	const struct log_range *range = all_ranges(&log);
	assert_int_equal(log.counts[LOG_RANGE], 8);
	assert_range(&log, &range[0], LOG_PHASE_START,
		     "step[\xc3\xa9\xe2\x82\xac\xf0\x9f\x98\x80]");
	assert_int_equal(range[0].domain, 0);
	assert_range(&log, &range[1], LOG_PHASE_START, "execute_model 7");
	assert_string_id(&log, range[1].domain, "engine");
	assert_int_equal(range[2].id, range[0].id);
	assert_int_equal(range[3].id, range[1].id);
	assert_range(&log, &range[4], LOG_PHASE_START, "step[ascii]");
	assert_range(&log, &range[6], LOG_PHASE_START, "step[wide]");
	tracer_log_free(&log);
}

static void *end_it(void *range)
{
	end(*(uint64_t *)range);
	return NULL;
}

static int ranges_across_threads(void)
{
	pthread_t thread;
	uint64_t noise = start("noise"), step = start("decode_step 3");
	CHECK(noise != step);
	end(noise);
	CHECK(pthread_create(&thread, NULL, end_it, &step) == 0);
	CHECK(pthread_join(thread, NULL) == 0);
	end(0);
	return 0;
}

static void a_range_may_end_in_another_thread(void **state)
{
	struct tracer_log log;
	run(state, "timing", ranges_across_threads, &log);
	const struct log_range *range = all_ranges(&log);
	assert_int_equal(log.counts[LOG_RANGE], 2);
	assert_range(&log, &range[0], LOG_PHASE_START, "decode_step 3");
	assert_int_equal(range[1].id, range[0].id);
	assert_int_not_equal(range[1].thread, range[0].thread);
	assert_int_equal(log.counts[LOG_THREAD], 2);
	tracer_log_free(&log);
}

static int more_than_is_told(void)
{
	char name[32];
	for (int i = 0; i < 100; i++)
		CHECK(push("step[deep]") == i);
	for (int i = 99; i >= 0; i--)
		CHECK(pop() == i);
	struct nvtx_event event = {.version = 3, .size = sizeof(event)};
	event.message_type = NVTX_MESSAGE_ASCII;
	event.message = "step[domain]";
	for (int i = 0; i < 100; i++) {
		snprintf(name, sizeof(name), "domain %d", i);
		void *domain = CORE2(NVTX_CORE2_DOMAIN_CREATE_A, name_fn)(name);
		CORE2(NVTX_CORE2_RANGE_PUSH_EX, domain_push_fn)(domain, &event);
		CORE2(NVTX_CORE2_RANGE_POP, domain_pop_fn)(domain);
	}
	return 0;
}

/* Ranges that cannot be paired are left out, both ends. */
static void what_is_too_much_is_left_out_whole(void **state)
{
	struct tracer_log log;
	run(state, "timing", more_than_is_told, &log);
	const struct log_range *range = all_ranges(&log);
	size_t starts = 0;
	assert_true(log.counts[LOG_RANGE] >= 16 && log.counts[LOG_RANGE] < 400);
	for (size_t i = 0; i < log.counts[LOG_RANGE]; i++)
		starts += range[i].phase == LOG_PHASE_START;
	assert_int_equal(starts * 2, log.counts[LOG_RANGE]);
	tracer_log_free(&log);
}

static int a_step_in_parent_and_child(void)
{
	int status;
	CHECK(push("step[parent]") == 0 && pop() == 0);
	pid_t child = fork();
	if (child == 0) {
		push("step[child]");
		pop();
		exit(7);
	}
	CHECK(waitpid(child, &status, 0) == child);
	CHECK(WIFEXITED(status) && WEXITSTATUS(status) == 7);
	CHECK(push("step[parent again]") == 0 && pop() == 0);
	return 0;
}

/* The child writes nothing into its parent's log, but may have one of its own. */
static void a_forked_child_begins_anew(void **state)
{
	struct tracer_log log;
	if (!FORKED_THREADS) {
		print_message("skipped: a sanitizer and threads of a forked child\n");
		skip();
	}
	run(state, "timing", a_step_in_parent_and_child, &log);
	const struct log_range *range = all_ranges(&log);
	assert_int_equal(log.counts[LOG_RANGE], 4);
	assert_range(&log, &range[0], LOG_PHASE_START, "step[parent]");
	assert_range(&log, &range[2], LOG_PHASE_START, "step[parent again]");
	tracer_log_free(&log);
}

static int nothing_to_attach(void)
{
	return nvtx_attach("InitializeInjectionNvtx2", no_table);
}

static void without_tables_nvtx_is_switched_off(void **state)
{
	int status;
	(void)state;
	fflush(NULL);
	pid_t child = fork();
	if (child == 0) {
		setenv(TRACER_ENV_OPTIONS, "timing", 1);
		exit(nothing_to_attach());
	}
	assert_int_equal(waitpid(child, &status, 0), child);
	assert_true(WIFEXITED(status) && WEXITSTATUS(status) == 0);
}

int main(void)
{
#define TEST(test) cmocka_unit_test_setup_teardown(test, fixture_enter, fixture_leave)
	const struct CMUnitTest tests[] = {
		TEST(only_steps_are_recorded),		 TEST(texts_come_in_all_kinds),
		TEST(a_range_may_end_in_another_thread), TEST(what_is_too_much_is_left_out_whole),
		TEST(a_forked_child_begins_anew),	 TEST(without_tables_nvtx_is_switched_off),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
