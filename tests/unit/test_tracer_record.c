/* From CUPTI's records of the device to the log's, and records that are odd. */
#include "tests/unit/tracer_record.h"

static void a_kernel_and_its_site(void **state)
{
	struct recorder *recorder = begin(state, 0);
	struct tracer_log read;
	struct cupti_kernel *kernel = put_kernel("gemv");
	kernel->device = 1;
	kernel->context = 2;
	kernel->stream = 7;
	kernel->correlation = 99;
	kernel->grid[1] = 65535;
	kernel->registers = 255;
	kernel->static_shared = 16;
	kernel->dynamic_shared = 232448;
	kernel->shared_executed = 233472;
	kernel->cluster[0] = 2;
	kernel->launch_type = 3;
	kernel->local_per_thread = 8;
	deliver(recorder);
	end(recorder, &read);
	const struct log_site *site = tracer_log_find(&read, LOG_SITE);
	assert_int_equal(site->id, 1);
	assert_string_id(&read, site->name, "gemv");
	assert_int_equal(site->name_demangled, 0);
	assert_int_equal(site->device, 1);
	assert_int_equal(site->context, 2);
	assert_int_equal(site->grid[1], 65535);
	assert_int_equal(site->block[0], 128);
	assert_int_equal(site->registers, 255);
	assert_int_equal(site->static_shared_bytes, 16);
	assert_int_equal(site->dynamic_shared_bytes, 232448);
	assert_int_equal(site->shared_executed_bytes, 233472);
	assert_int_equal(site->cluster[0], 2);
	assert_int_equal(site->launch_type, 3);
	assert_int_equal(site->local_bytes, 8);
	const struct log_kernel *record = tracer_log_find(&read, LOG_KERNEL);
	assert_true(record->start_ns == 1000 && record->duration_ns == 2000);
	assert_int_equal(record->site, 1);
	assert_int_equal(record->stream, 7);
	assert_int_equal(record->correlation, 99);
	tracer_log_free(&read);
}

static void a_kernel_of_a_graph(void **state)
{
	struct recorder *recorder = begin(state, 0);
	struct tracer_log read;
	struct cupti_kernel *kernel = put_kernel("gemv");
	kernel->graph = 5;
	kernel->graph_node = UINT64_C(0x500000001);
	kernel->correlation = 98;
	deliver(recorder);
	end(recorder, &read);
	const struct log_graph_kernel *record = tracer_log_find(&read, LOG_GRAPH_KERNEL);
	assert_int_equal(record->graph, 5);
	assert_true(record->node == UINT64_C(0x500000001));
	assert_int_equal(record->correlation, 98);
	assert_int_equal(read.counts[LOG_KERNEL], 0);
	tracer_log_free(&read);
}

/* Its module is gone, another kernel's name is at the same address. */
static void a_name_may_change_under_its_address(void **state)
{
	struct recorder *recorder = begin(state, 0);
	struct tracer_log read;
	char name[] = "first_";
	for (int i = 0; i < 3; i++) {
		name[5] = i == 1 ? 'B' : 'A';
		put_kernel(name);
		put_kernel(name);
		deliver(recorder);
	}
	end(recorder, &read);
	while (tracer_log_next(&read) != NULL)
		;
	assert_string_id(&read, 1, "firstA");
	assert_string_id(&read, 2, "firstB");
	assert_null(read.strings[3]);
	assert_int_equal(read.counts[LOG_SITE], 2);
	assert_int_equal(read.counts[LOG_KERNEL], 6);
	tracer_log_free(&read);
}

static void without_time_stamps_a_record_is_kept_and_counted(void **state)
{
	struct recorder *recorder = begin(state, 0);
	struct tracer_log read;
	put_kernel("a")->end = 0;
	put_kernel("a")->start = 0;
	put_kernel("a")->end = 999; /* before its start */
	put_kernel("a")->end = 1000;
	deliver(recorder);
	end(recorder, &read);
	const struct log_kernel *kernel = tracer_log_find(&read, LOG_KERNEL);
	for (int i = 0; i < 3; i++)
		assert_true(kernel[i].start_ns == 0 && kernel[i].duration_ns == 0);
	assert_true(kernel[3].start_ns == 1000 && kernel[3].duration_ns == 0);
	const struct log_counts *counts = tracer_log_find(&read, LOG_COUNTS);
	assert_int_equal(counts->zero_times, 3);
	assert_int_equal(counts->kernels, 4);
	tracer_log_free(&read);
}

/* The record owns memory that its reader frees: a leak checker sees whether that was done. */
static void overhead_data_is_freed(void **state)
{
	struct recorder *recorder = begin(state, 0);
	struct tracer_log read;
	struct cupti_overhead *overhead = put(CUPTI_KIND_OVERHEAD);
	overhead->overhead_kind = 0x10000;
	overhead->start = 7;
	overhead->end = 9;
	overhead->data = malloc(100);
	overhead->correlation = 4;
	deliver(recorder);
	end(recorder, &read);
	const struct log_overhead *record = tracer_log_find(&read, LOG_OVERHEAD);
	assert_true(record->overhead_kind == 0x10000 && record->duration_ns == 2);
	assert_int_equal(record->correlation, 4);
	tracer_log_free(&read);
}

/* A record of before CUDA 13 ends before these fields: what lies there is the next record's. */
static void an_older_overhead_is_read_no_further(void **state)
{
	struct recorder *recorder = begin(state, 0);
	struct tracer_log read;
	struct cupti_overhead *overhead = put(CUPTI_KIND_OVERHEAD);
	overhead->start = 7;
	overhead->end = 9;
	overhead->correlation = 0xdead;
	overhead->data = (void *)(uintptr_t)0xdeadbeef;
	fake.version = 28;
	deliver(recorder);
	end(recorder, &read);
	fake.version = CUPTI_ABI_VERSION;
	const struct log_overhead *record = tracer_log_find(&read, LOG_OVERHEAD);
	assert_int_equal(record->correlation, 0);
	tracer_log_free(&read);
}

static void unknown_and_dropped_records_are_counted(void **state)
{
	struct recorder *recorder = begin(state, 0);
	struct tracer_log read;
	put(200);
	put_kernel("a");
	put(201);
	dropped = 3;
	deliver(recorder);
	put_kernel("a");
	dropped = 4;
	deliver(recorder);
	end(recorder, &read);
	const struct log_counts *counts = tracer_log_find(&read, LOG_COUNTS);
	assert_int_equal(counts->unknown, 2);
	assert_int_equal(counts->kernels, 2);
	assert_int_equal(counts->dropped, 7);
	tracer_log_free(&read);
}

/* The requirement is 64 bytes for a kernel with its launch. */
static void a_launched_kernel_takes_56_bytes(void **state)
{
	enum { SITES = 440, ROUNDS = 500 };
	struct recorder *recorder = begin(state, TRACER_CALLS);
	struct tracer_log read;
	static char names[SITES][160];
	for (int site = 0; site < SITES; site++)
		snprintf(names[site], sizeof(names[site]),
			 "kernel_with_a_name_of_a_usual_length_that_templates_make_%d_%064d",
			 site % 60, site % 60);
	for (int round = 0; round < ROUNDS; round++)
		for (int site = 0; site < SITES; site++) {
			put_call(CUPTI_KIND_RUNTIME, 211, 1, 0);
			put_kernel(names[site])->grid[0] = site + 1;
			if (used > BUFFER_BYTES - 1000)
				deliver(recorder);
		}
	deliver(recorder);
	end(recorder, &read);
	assert_true(read.length < (size_t)SITES * ROUNDS * 57);
	tracer_log_free(&read);
}

int main(void)
{
#define TEST(test) cmocka_unit_test_setup_teardown(test, fixture_enter, fixture_leave)
	const struct CMUnitTest tests[] = {
		TEST(a_kernel_and_its_site),
		TEST(a_kernel_of_a_graph),
		TEST(a_name_may_change_under_its_address),
		TEST(without_time_stamps_a_record_is_kept_and_counted),
		TEST(overhead_data_is_freed),
		TEST(an_older_overhead_is_read_no_further),
		TEST(unknown_and_dropped_records_are_counted),
		TEST(a_launched_kernel_takes_56_bytes),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
