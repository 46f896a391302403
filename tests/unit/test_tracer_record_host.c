/* From CUPTI's records of the host to the log's: calls, ranges. */
#include "tests/unit/tracer_record.h"

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

int main(void)
{
#define TEST(test) cmocka_unit_test_setup_teardown(test, fixture_enter, fixture_leave)
	const struct CMUnitTest tests[] = {
		TEST(calls_are_filtered_and_named_once),
		TEST(all_calls_are_kept_on_demand),
		TEST(calls_that_were_not_asked_for_are_dropped),
		TEST(the_helpers_own_calls_are_dropped),
		TEST(ranges_have_text_at_their_start_only),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
