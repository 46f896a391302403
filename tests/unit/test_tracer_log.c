/* The tracer's log as it is written: order of blocks, strings, files that are in the way or full. */
#include "tests/unit/tracer_log.h"

#include <errno.h>
#include <sys/stat.h>
#include <sys/wait.h>

#include "traces/tracer/crc.h"
#include "traces/tracer/log_write.h"

static void open_log(struct log_write *log, void **state, const char *name)
{
	struct log_output file;
	crc_init();
	fixture_open(&file, state, name);
	assert_true(log_write_init(log, &file));
	log_output_header(&log->file, LOG_HAS_KERNELS | LOG_HAS_CALLS, 1234);
}

static void read_back(struct tracer_log *read, struct log_write *log)
{
	char path[TRACER_LONGEST_PATH];
	memcpy(path, log->file.path, sizeof(path));
	assert_false(log_write_has_failed(log));
	log_write_fini(log);
	tracer_log_read(read, path);
}

static void add_kernel(struct log_write *log, uint32_t site)
{
	struct log_kernel *kernel = log_write_add(log, LOG_KERNEL);
	kernel->site = site;
}

static void the_header_says_what_it_is(void **state)
{
	struct log_write log;
	struct tracer_log read;
	open_log(&log, state, "header");
	read_back(&read, &log);
	const struct log_header *header = (const void *)read.bytes;
	assert_int_equal(read.length, sizeof(*header));
	assert_memory_equal(header->magic,
			    "\x89"
			    "DSL\r\n\x1a\n",
			    8);
	assert_int_equal(header->major, LOG_MAJOR);
	assert_int_equal(header->header_bytes, 64);
	assert_int_equal(header->features, LOG_HAS_KERNELS | LOG_HAS_CALLS);
	assert_int_equal(header->required, 0);
	assert_true(header->start_ns == 1234);
	assert_int_equal(header->process, getpid());
	assert_int_equal(header->crc, crc32(0, read.bytes, 60));
	tracer_log_free(&read);
}

/* A full block of kernels takes with it, before it, the sites and strings they name. */
static void what_is_named_comes_first(void **state)
{
	enum { A_BLOCK = LOG_WRITE_PAYLOAD / sizeof(struct log_kernel) };
	static const uint16_t wanted[] = {LOG_STRING, LOG_SITE, LOG_KERNEL,
					  LOG_STRING, LOG_SITE, LOG_KERNEL};
	struct log_write log;
	struct tracer_log read;
	const struct log_block *block;
	size_t at = 0;
	open_log(&log, state, "order");
	for (uint32_t i = 0; i < A_BLOCK + 1; i++) {
		if (i % 1000 == 0) {
			struct log_site *site = log_write_add(&log, LOG_SITE);
			site->id = i / 1000 + 1;
			site->name = site->id;
			log_write_string(&log, site->name, "kernel", 6);
		}
		add_kernel(&log, i / 1000 + 1);
	}
	struct log_site *last = log_write_add(&log, LOG_SITE);
	last->id = last->name = 100;
	log_write_string(&log, 100, "last", 4);
	log_write_flush(&log);
	read_back(&read, &log);
	while ((block = tracer_log_next(&read)) != NULL)
		assert_int_equal(block->kind, wanted[at++]);
	assert_int_equal(at, sizeof(wanted) / sizeof(wanted[0]));
	assert_int_equal(read.counts[LOG_KERNEL], A_BLOCK + 1);
	assert_int_equal(read.counts[LOG_SITE], 4);
	assert_string_id(&read, 100, "last");
	tracer_log_free(&read);
}

/* All kinds at once and in odd numbers: nothing is lost, and sites still follow their names. */
static void nothing_is_lost(void **state)
{
	enum { MANY = 3001 };
	struct log_write log;
	struct tracer_log read;
	const struct log_block *block;
	bool thread_seen = false, name_seen = false;
	open_log(&log, state, "all");
	for (int i = 0; i < MANY; i++)
		for (enum log_kind kind = LOG_SITE; kind <= LOG_GRAPH_NODE; kind++)
			log_write_add(&log, kind);
	log_write_flush(&log);
	log_write_flush(&log);
	read_back(&read, &log);
	while ((block = tracer_log_next(&read)) != NULL) {
		thread_seen = thread_seen || block->kind == LOG_THREAD;
		name_seen = name_seen || block->kind == LOG_CALL_NAME;
		if (block->kind == LOG_CALL)
			assert_true(thread_seen && name_seen);
	}
	for (enum log_kind kind = LOG_SITE; kind <= LOG_GRAPH_NODE; kind++)
		assert_int_equal(read.counts[kind], MANY);
	tracer_log_free(&read);
}

static void records_are_zeroed(void **state)
{
	struct log_write log;
	open_log(&log, state, "zero");
	for (int i = 0; i < 10000; i++) {
		struct log_kernel *kernel = log_write_add(&log, LOG_KERNEL);
		const struct log_kernel zero = {0};
		assert_memory_equal(kernel, &zero, sizeof(zero));
		memset(kernel, 0xff, sizeof(*kernel));
	}
	log_write_fini(&log);
}

static void strings_of_any_length(void **state)
{
	static char text[LOG_LONGEST_STRING + 9];
	static const size_t lengths[] = {
		0, 1, 7, 8, 9, 4095, LOG_LONGEST_STRING - 1, LOG_LONGEST_STRING};
	enum { LENGTHS = sizeof(lengths) / sizeof(lengths[0]) };
	struct log_write log;
	struct tracer_log read;
	open_log(&log, state, "strings");
	for (size_t i = 0; i < sizeof(text); i++)
		text[i] = (char)('a' + i % 26);
	for (uint32_t i = 0; i < LENGTHS; i++)
		log_write_string(&log, i + 1, text, lengths[i]);
	log_write_string(&log, LENGTHS + 1, text, sizeof(text));
	log_write_flush(&log);
	read_back(&read, &log);
	while (tracer_log_next(&read) != NULL)
		;
	for (uint32_t i = 0; i < LENGTHS; i++) {
		assert_int_equal(read.lengths[i + 1], lengths[i]);
		assert_memory_equal(read.strings[i + 1], text, lengths[i]);
	}
	assert_int_equal(read.lengths[LENGTHS + 1], LOG_LONGEST_STRING);
	tracer_log_free(&read);
}

/* /dev/full takes no byte; the log ends, the caller goes on as if nothing had happened. */
static void a_full_disk_ends_the_log(void **state)
{
	struct log_output file;
	struct log_write log;
	(void)state;
	crc_init();
	if (access("/dev/full", W_OK) != 0) {
		print_message("skipped: no /dev/full\n");
		skip();
	}
	assert_true(log_output_open(&file, "/dev/full", 1));
	assert_true(log_write_init(&log, &file));
	log_output_header(&log.file, 0, 0);
	assert_true(log_write_has_failed(&log));
	assert_int_equal(log.file.error, ENOSPC);
	for (uint32_t i = 0; i < 10000; i++)
		add_kernel(&log, i);
	log_write_string(&log, 1, "text", 4);
	log_write_flush(&log);
	assert_true(log_write_has_failed(&log));
	log_write_fini(&log);
}

static void paths_that_cannot_be_written_are_refused(void **state)
{
	struct log_output file;
	char path[128];
	assert_false(log_output_open(&file, "/nonexistent/log", 1));
	assert_int_equal(file.fd, -1);
	assert_false(log_output_open(&file, *state, 1)); /* a folder */
	snprintf(path, sizeof(path), "%s/pipe", (const char *)*state);
	assert_int_equal(mkfifo(path, 0600), 0);
	assert_false(log_output_open(&file, path, 1)); /* that nobody reads: must not wait */
}

static void an_old_log_is_replaced(void **state)
{
	struct log_write log;
	struct tracer_log read;
	for (int i = 0; i < 2; i++) {
		open_log(&log, state, "old");
		log_write_string(&log, 1, "text", 4);
		log_write_flush(&log);
		log_write_fini(&log);
	}
	open_log(&log, state, "old");
	read_back(&read, &log);
	assert_int_equal(read.length, sizeof(struct log_header));
	tracer_log_free(&read);
}

/* Another process still writes there: its log stays as it is, ours goes beside it. */
static void a_log_in_use_is_left_alone(void **state)
{
	struct log_write first;
	struct tracer_log read;
	char path[TRACER_LONGEST_PATH], beside[TRACER_LONGEST_PATH + 16];
	open_log(&first, state, "used");
	log_write_string(&first, 1, "mine", 4);
	log_write_flush(&first);
	memcpy(path, first.file.path, sizeof(path));
	fflush(NULL);
	pid_t child = fork();
	if (child == 0) {
		struct log_output second;
		char wanted[TRACER_LONGEST_PATH + 16];
		bool opened = log_output_open(&second, path, 77);
		snprintf(wanted, sizeof(wanted), "%s.77", path);
		_exit(opened && strcmp(second.path, wanted) == 0 ? 0 : 1);
	}
	int status;
	assert_int_equal(waitpid(child, &status, 0), child);
	assert_true(WIFEXITED(status) && WEXITSTATUS(status) == 0);
	read_back(&read, &first);
	tracer_log_next(&read);
	assert_string_id(&read, 1, "mine");
	tracer_log_free(&read);
	snprintf(beside, sizeof(beside), "%s.77", path);
	assert_int_equal(access(beside, F_OK), 0);
}

/* Nothing is recorded: no empty file stays that was not there, and none goes that was, or is not. */
static void an_empty_log_is_discarded(void **state)
{
	struct log_output file, other;
	char path[TRACER_LONGEST_PATH];
	fixture_open(&file, state, "new");
	memcpy(path, file.path, sizeof(path));
	log_output_discard(&file);
	log_output_close(&file);
	assert_int_equal(access(path, F_OK), -1);
	fixture_open(&file, state, "new");
	log_output_close(&file);
	fixture_open(&file, state, "new");
	log_output_discard(&file);
	log_output_close(&file);
	assert_int_equal(access(path, F_OK), 0);
	fixture_open(&file, state, "written");
	log_output_header(&file, 0, 0);
	log_output_discard(&file);
	assert_int_equal(access(file.path, F_OK), 0);
	log_output_close(&file);
	fixture_open(&file, state, "replaced");
	assert_int_equal(unlink(file.path), 0);
	fixture_open(&other, state, "replaced");
	log_output_discard(&file);
	assert_int_equal(access(file.path, F_OK), 0);
	log_output_close(&other);
	log_output_close(&file);
}

int main(void)
{
#define TEST(test) cmocka_unit_test_setup_teardown(test, fixture_enter, fixture_leave)
	const struct CMUnitTest tests[] = {
		TEST(the_header_says_what_it_is),
		TEST(what_is_named_comes_first),
		TEST(nothing_is_lost),
		TEST(records_are_zeroed),
		TEST(strings_of_any_length),
		TEST(a_full_disk_ends_the_log),
		TEST(paths_that_cannot_be_written_are_refused),
		TEST(an_old_log_is_replaced),
		TEST(a_log_in_use_is_left_alone),
		TEST(an_empty_log_is_discarded),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
