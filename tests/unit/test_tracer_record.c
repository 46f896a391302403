/* From CUPTI's records to the log's: a few records at a time from a CUPTI that is four functions. */
#include "tests/unit/tracer_log.h"

#include <sys/syscall.h>

#include "traces/tracer/canary.h"
#include "traces/tracer/crc.h"
#include "traces/tracer/recorder.h"

enum { BUFFER_BYTES = 1 << 16 };

static union {
	uint8_t bytes[BUFFER_BYTES];
	uint64_t alignment;
} buffer;
static size_t used;
static size_t dropped;

static size_t size_of(uint32_t kind)
{
	switch (kind) {
	case CUPTI_KIND_CONCURRENT_KERNEL:
		return sizeof(struct cupti_kernel);
	case CUPTI_KIND_RUNTIME:
	case CUPTI_KIND_DRIVER:
		return sizeof(struct cupti_api);
	case CUPTI_KIND_MEMCPY:
		return sizeof(struct cupti_memcpy);
	case CUPTI_KIND_MARKER:
		return sizeof(struct cupti_marker);
	case CUPTI_KIND_OVERHEAD:
		return sizeof(struct cupti_overhead);
	default:
		return 16;
	}
}

static int next_record(uint8_t *bytes, size_t valid, struct cupti_record **record)
{
	uint8_t *next = *record != NULL ? (uint8_t *)*record + size_of((*record)->kind) : bytes;
	if (next >= bytes + valid)
		return CUPTI_E_MAX_LIMIT_REACHED;
	*record = (void *)next;
	return CUPTI_OK;
}

static int dropped_records(void *context, uint32_t stream, size_t *count)
{
	(void)context;
	(void)stream;
	*count = dropped;
	dropped = 0;
	return CUPTI_OK;
}

static int callback_name(uint32_t domain, uint32_t cbid, const char **name)
{
	if (cbid == 100)
		return CUPTI_E_INVALID_PARAMETER;
	*name = domain == CUPTI_DOMAIN_DRIVER ? "cuLaunchKernel"
		: cbid == 211		      ? "cudaLaunchKernel_v7000"
					      : "cudaGetDevice_v3020";
	return CUPTI_OK;
}

static int result_string(int result, const char **text)
{
	(void)result;
	*text = "error";
	return CUPTI_OK;
}

static struct cupti fake = {
	.cuptiActivityGetNextRecord = next_record,
	.cuptiActivityGetNumDroppedRecords = dropped_records,
	.cuptiGetCallbackName = callback_name,
	.cuptiGetResultString = result_string,
	.version = CUPTI_ABI_VERSION,
};

static struct recorder *begin(void **state, unsigned options)
{
	const struct tracer_settings settings = {.options = options};
	struct log_output file;
	crc_init();
	used = 0;
	dropped = 0;
	fixture_open(&file, state, "log");
	struct recorder *recorder = recorder_create(&fake, &settings, &file);
	assert_non_null(recorder);
	log_output_header(&recorder->log.file, 0, 0);
	return recorder;
}

static void *put(uint32_t kind)
{
	struct cupti_record *record = (void *)(buffer.bytes + used);
	used += size_of(kind);
	assert_true(used <= BUFFER_BYTES);
	memset(record, 0, size_of(kind));
	record->kind = kind;
	return record;
}

static struct cupti_kernel *put_kernel(const char *name)
{
	struct cupti_kernel *kernel = put(CUPTI_KIND_CONCURRENT_KERNEL);
	kernel->name = name;
	kernel->start = 1000;
	kernel->end = 3000;
	kernel->grid[0] = kernel->grid[1] = kernel->grid[2] = 1;
	kernel->block[0] = 128;
	kernel->block[1] = kernel->block[2] = 1;
	return kernel;
}

/* Reads the buffer, and it is empty again. */
static void deliver(struct recorder *recorder)
{
	recorder_read(recorder, buffer.bytes, used);
	used = 0;
}

static void end(struct recorder *recorder, struct tracer_log *read)
{
	char path[TRACER_LONGEST_PATH];
	memcpy(path, recorder->log.file.path, sizeof(path));
	recorder_add_counts(recorder);
	log_write_flush(&recorder->log);
	assert_false(log_write_has_failed(&recorder->log));
	recorder_destroy(recorder);
	tracer_log_read(read, path);
}

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

static void put_call(uint32_t kind, uint32_t cbid, uint32_t thread, uint32_t result)
{
	struct cupti_api *call = put(kind);
	call->cbid = cbid;
	call->start = 10;
	call->end = 20;
	call->process = 1;
	call->thread = thread;
	call->correlation = 42;
	call->result = result;
}

static void calls_are_filtered_and_named_once(void **state)
{
	struct recorder *recorder = begin(state, TRACER_CALLS);
	struct tracer_log read;
	put_call(CUPTI_KIND_RUNTIME, 211, 1000001, 0);
	put_call(CUPTI_KIND_RUNTIME, 17, 1000001, 0); /* noise */
	put_call(CUPTI_KIND_DRIVER, 211, 1000002, 0);
	put_call(CUPTI_KIND_RUNTIME, 211, 1000001, 2);
	put_call(CUPTI_KIND_RUNTIME, 100, 1000001, 0);	   /* has no name */
	put_call(CUPTI_KIND_RUNTIME, 1000000, 1000001, 0); /* cannot be */
	deliver(recorder);
	end(recorder, &read);
	const struct log_thread *thread = tracer_log_find(&read, LOG_THREAD);
	assert_int_equal(thread[0].system_id, 1000001);
	assert_int_equal(thread[1].thread, 1);
	assert_int_equal(thread[1].system_id, 1000002);
	const struct log_call_name *name = tracer_log_find(&read, LOG_CALL_NAME);
	assert_int_equal(read.counts[LOG_CALL_NAME], 2);
	assert_int_equal(name[0].domain, CUPTI_DOMAIN_RUNTIME);
	assert_string_id(&read, name[0].name, "cudaLaunchKernel_v7000");
	assert_int_equal(name[1].domain, CUPTI_DOMAIN_DRIVER);
	assert_string_id(&read, name[1].name, "cuLaunchKernel");
	const struct log_call *call = tracer_log_find(&read, LOG_CALL);
	assert_int_equal(read.counts[LOG_CALL], 3);
	assert_int_equal(call[1].call, 1);
	assert_int_equal(call[1].thread, 1);
	assert_int_equal(call[2].call, 0);
	const struct log_call_failed *failed = tracer_log_find(&read, LOG_CALL_FAILED);
	assert_int_equal(failed->correlation, 42);
	assert_int_equal(failed->result, 2);
	const struct log_counts *counts = tracer_log_find(&read, LOG_COUNTS);
	assert_int_equal(counts->calls, 3);
	assert_int_equal(counts->lost, 1);
	tracer_log_free(&read);
}

static void all_calls_are_kept_on_demand(void **state)
{
	struct recorder *recorder = begin(state, TRACER_CALLS | TRACER_ALL_CALLS);
	struct tracer_log read;
	put_call(CUPTI_KIND_RUNTIME, 17, 1, 0);
	put_call(CUPTI_KIND_RUNTIME, 100, 1, 0);
	deliver(recorder);
	end(recorder, &read);
	const struct log_call_name *name = tracer_log_find(&read, LOG_CALL_NAME);
	assert_string_id(&read, name[0].name, "cudaGetDevice_v3020");
	assert_string_id(&read, name[1].name, "unknown");
	tracer_log_find(&read, LOG_CALL);
	assert_int_equal(read.counts[LOG_CALL], 2);
	tracer_log_free(&read);
}

/* As CUPTI with a call switched on that the log was not asked for. */
static void calls_that_were_not_asked_for_are_dropped(void **state)
{
	struct recorder *recorder = begin(state, TRACER_RANGES);
	struct tracer_log read;
	put_call(CUPTI_KIND_DRIVER, 211, 1, 0);
	put_call(CUPTI_KIND_RUNTIME, 211, 1, 2);
	deliver(recorder);
	end(recorder, &read);
	assert_int_equal(((const struct log_counts *)tracer_log_find(&read, LOG_COUNTS))->calls, 0);
	assert_int_equal(read.counts[LOG_CALL] + read.counts[LOG_CALL_FAILED], 0);
	assert_int_equal(read.counts[LOG_THREAD] + read.counts[LOG_CALL_NAME], 0);
	tracer_log_free(&read);
}

static void the_helpers_own_calls_are_dropped(void **state)
{
	struct recorder *recorder = begin(state, TRACER_CALLS | TRACER_ALL_CALLS);
	struct tracer_log read;
	const uint32_t own = (uint32_t)syscall(SYS_gettid);
	put_call(CUPTI_KIND_DRIVER, CUPTI_CBID_DRIVER_GET_VERSION, own, 0);
	deliver(recorder); /* there is no helper yet */
	canary_enter();
	put_call(CUPTI_KIND_DRIVER, CUPTI_CBID_DRIVER_GET_VERSION, own, 0);
	put_call(CUPTI_KIND_DRIVER, CUPTI_CBID_DRIVER_GET_VERSION, own + 1, 0);
	put_call(CUPTI_KIND_DRIVER, 211, own, 0);
	deliver(recorder);
	end(recorder, &read);
	assert_int_equal(((const struct log_counts *)tracer_log_find(&read, LOG_COUNTS))->calls, 2);
	assert_int_equal(read.counts[LOG_THREAD], 2);
	tracer_log_free(&read);
}

static void ranges_have_text_at_their_start_only(void **state)
{
	struct recorder *recorder = begin(state, TRACER_RANGES);
	struct tracer_log read;
	struct cupti_marker *marker = put(CUPTI_KIND_MARKER);
	marker->flags = CUPTI_MARKER_START;
	marker->timestamp = 5;
	marker->id = 3;
	marker->object_kind = CUPTI_OBJECT_THREAD;
	marker->thread = 1000003;
	marker->name = "aten::mm";
	marker->domain = "torch";
	marker = put(CUPTI_KIND_MARKER);
	marker->flags = CUPTI_MARKER_END;
	marker->timestamp = 6;
	marker->id = 3;
	marker->object_kind = CUPTI_OBJECT_THREAD;
	marker->thread = 1000003;
	deliver(recorder);
	end(recorder, &read);
	const struct log_range *range = tracer_log_find(&read, LOG_RANGE);
	assert_int_equal(range[0].phase, LOG_PHASE_START);
	assert_string_id(&read, range[0].text, "aten::mm");
	assert_string_id(&read, range[0].domain, "torch");
	assert_int_equal(range[1].phase, LOG_PHASE_END);
	assert_int_equal(range[1].text, 0);
	assert_int_equal(range[1].id, 3);
	assert_true(range[1].time_ns == 6);
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
		TEST(calls_are_filtered_and_named_once),
		TEST(all_calls_are_kept_on_demand),
		TEST(calls_that_were_not_asked_for_are_dropped),
		TEST(the_helpers_own_calls_are_dropped),
		TEST(ranges_have_text_at_their_start_only),
		TEST(overhead_data_is_freed),
		TEST(an_older_overhead_is_read_no_further),
		TEST(unknown_and_dropped_records_are_counted),
		TEST(a_launched_kernel_takes_56_bytes),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
