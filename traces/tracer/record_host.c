/* Records of what the host did: API calls, NVTX ranges, waits, the profiler's own work. */
#include <stdlib.h>
#include <string.h>

#include "traces/tracer/canary.h"
#include "traces/tracer/recorder.h"

/* CUPTI API versions that appended what is read here; an older record ends before it. */
enum { VERSION_SYNC_RESULT = 26, VERSION_OVERHEAD_DATA = 130000 };

static void record_failure(struct recorder *recorder, const struct cupti_api *call, uint16_t thread,
			   uint16_t index)
{
	*(struct log_call_failed *)log_write_add(&recorder->log, LOG_CALL_FAILED) =
		(struct log_call_failed){
			.correlation = call->correlation,
			.result = call->result,
			.thread = thread,
			.call = index,
		};
}

void record_call(struct recorder *recorder, const struct cupti_api *call)
{
	const char *name;
	if (canary_is_own(call) || !recorder->wants_calls)
		return;
	const uint32_t domain =
		call->kind == CUPTI_KIND_RUNTIME ? CUPTI_DOMAIN_RUNTIME : CUPTI_DOMAIN_DRIVER;
	uint16_t index = calls_index(&recorder->calls, recorder->cupti, domain, call->cbid, &name);
	if (index == CALL_IS_DROPPED)
		return;
	if (name != NULL) {
		uint32_t name_id = recorder_text(recorder, name);
		*(struct log_call_name *)log_write_add(&recorder->log, LOG_CALL_NAME) =
			(struct log_call_name){
				.call = index,
				.domain = (uint16_t)domain,
				.cbid = call->cbid,
				.name = name_id,
			};
	}
	uint16_t thread = recorder_thread(recorder, call->process, call->thread);
	if (index == CALL_IS_LOST || thread == HOST_THREAD_LOST) {
		recorder->counts.lost++;
		return;
	}
	uint64_t start;
	uint64_t duration = recorder_duration(recorder, call->start, call->end, &start);
	recorder->counts.calls++;
	*(struct log_call *)log_write_add(&recorder->log, LOG_CALL) = (struct log_call){
		.start_ns = start,
		.duration_ns = duration,
		.correlation = call->correlation,
		.thread = thread,
		.call = index,
	};
	if (call->result != 0)
		record_failure(recorder, call, thread, index);
}

static uint16_t phase_of(uint32_t flags)
{
	if (flags & CUPTI_MARKER_START)
		return LOG_PHASE_START;
	return flags & CUPTI_MARKER_END ? LOG_PHASE_END : LOG_PHASE_INSTANT;
}

void record_marker(struct recorder *recorder, const struct cupti_marker *marker)
{
	const bool has_thread = marker->object_kind == CUPTI_OBJECT_THREAD;
	uint16_t thread = recorder_thread(recorder, has_thread ? marker->process : 0,
					  has_thread ? marker->thread : 0);
	uint16_t phase = phase_of(marker->flags);
	const char *name = marker->name != NULL ? marker->name : "";
	if (thread == HOST_THREAD_LOST) {
		recorder->counts.lost++;
		return;
	}
	if (phase == LOG_PHASE_START)
		step_limit_range_start(&recorder->steps, marker->id, name, strlen(name));
	else if (phase == LOG_PHASE_END)
		step_limit_range_end(&recorder->steps, marker->id);
	uint32_t text = phase != LOG_PHASE_END ? recorder_text(recorder, name) : 0;
	uint32_t domain = recorder_text(recorder, marker->domain);
	recorder->counts.ranges++;
	if (marker->timestamp == CUPTI_NO_TIMESTAMP)
		recorder->counts.zero_times++;
	*(struct log_range *)log_write_add(&recorder->log, LOG_RANGE) = (struct log_range){
		.time_ns = marker->timestamp,
		.id = marker->id,
		.text = text,
		.domain = domain,
		.thread = thread,
		.phase = phase,
	};
}

void record_sync(struct recorder *recorder, const struct cupti_sync *sync)
{
	uint64_t start;
	uint64_t duration = recorder_duration(recorder, sync->start, sync->end, &start);
	recorder->counts.syncs++;
	*(struct log_sync *)log_write_add(&recorder->log, LOG_SYNC) = (struct log_sync){
		.start_ns = start,
		.duration_ns = duration,
		.sync_kind = sync->type,
		.context = sync->context,
		.stream = sync->stream,
		.event = sync->event,
		.correlation = sync->correlation,
		.result = recorder->cupti->version >= VERSION_SYNC_RESULT ? sync->result : 0,
	};
}

void record_overhead(struct recorder *recorder, const struct cupti_overhead *overhead)
{
	const bool is_whole = recorder->cupti->version >= VERSION_OVERHEAD_DATA;
	const bool has_thread = overhead->object_kind == CUPTI_OBJECT_THREAD;
	uint16_t thread = recorder_thread(recorder, has_thread ? overhead->process : 0,
					  has_thread ? overhead->thread : 0);
	uint64_t start;
	uint64_t duration = recorder_duration(recorder, overhead->start, overhead->end, &start);
	if (is_whole)
		free(overhead->data);
	if (thread == HOST_THREAD_LOST) {
		recorder->counts.lost++;
		return;
	}
	recorder->counts.overheads++;
	*(struct log_overhead *)log_write_add(&recorder->log, LOG_OVERHEAD) = (struct log_overhead){
		.start_ns = start,
		.duration_ns = duration,
		.overhead_kind = overhead->overhead_kind,
		.correlation = is_whole ? overhead->correlation : 0,
		.thread = thread,
	};
}
