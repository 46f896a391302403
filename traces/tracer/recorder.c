/* From CUPTI's records to records of the log: see recorder.h. */
#include "traces/tracer/recorder.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "traces/tracer/say.h"

struct recorder *recorder_create(const struct cupti *cupti, const struct tracer_settings *settings,
				 const struct log_output *file)
{
	struct recorder *recorder = calloc(1, sizeof(*recorder));
	if (recorder == NULL)
		return NULL;
	if (!host_threads_init(&recorder->threads) || !log_write_init(&recorder->log, file)) {
		host_threads_fini(&recorder->threads);
		free(recorder);
		return NULL;
	}
	strings_init(&recorder->strings, STRINGS_MOST_BYTES);
	sites_init(&recorder->sites, SITES_MOST);
	recorder->cupti = cupti;
	recorder->wants_calls = (settings->options & TRACER_CALLS) != 0;
	recorder->calls.keep_all = (settings->options & TRACER_ALL_CALLS) != 0;
	recorder->steps.wanted = settings->steps;
	return recorder;
}

void recorder_destroy(struct recorder *recorder)
{
	host_threads_fini(&recorder->threads);
	strings_fini(&recorder->strings);
	sites_fini(&recorder->sites);
	log_write_fini(&recorder->log);
	free(recorder);
}

uint32_t recorder_string(struct recorder *recorder, const char *text, size_t length)
{
	bool is_new;
	const struct string *entry = strings_intern(&recorder->strings, text, length, &is_new);
	if (entry == NULL) {
		recorder->counts.lost++;
		return 0;
	}
	if (is_new)
		log_write_string(&recorder->log, entry->id, entry->text, entry->length);
	return entry->id;
}

uint32_t recorder_text(struct recorder *recorder, const char *text)
{
	return text != NULL && *text != '\0' ? recorder_string(recorder, text, strlen(text)) : 0;
}

uint16_t recorder_thread(struct recorder *recorder, uint32_t process, uint32_t system_id)
{
	bool is_new;
	uint16_t index = host_threads_index(&recorder->threads, system_id, &is_new);
	if (is_new) {
		char name[HOST_THREAD_NAME];
		host_thread_name(system_id, name);
		uint32_t name_id = recorder_text(recorder, name);
		*(struct log_thread *)log_write_add(&recorder->log, LOG_THREAD) =
			(struct log_thread){
				.thread = index,
				.process = process,
				.system_id = system_id,
				.name = name_id,
			};
	}
	return index;
}

uint64_t recorder_duration(struct recorder *recorder, uint64_t start, uint64_t end, uint64_t *out)
{
	if (start == CUPTI_NO_TIMESTAMP || end == CUPTI_NO_TIMESTAMP || end < start) {
		recorder->counts.zero_times++;
		*out = 0;
		return 0;
	}
	*out = start;
	return end - start;
}

static void record(struct recorder *recorder, const struct cupti_record *record)
{
	const void *typed = record;
	switch (record->kind) {
	case CUPTI_KIND_KERNEL:
	case CUPTI_KIND_CONCURRENT_KERNEL:
		record_kernel(recorder, typed);
		break;
	case CUPTI_KIND_DRIVER:
	case CUPTI_KIND_RUNTIME:
		record_call(recorder, typed);
		break;
	case CUPTI_KIND_MEMCPY:
		record_copy(recorder, typed);
		break;
	case CUPTI_KIND_MEMCPY_PEER:
		record_peer_copy(recorder, typed);
		break;
	case CUPTI_KIND_MEMSET:
		record_set(recorder, typed);
		break;
	case CUPTI_KIND_MARKER:
		record_marker(recorder, typed);
		break;
	case CUPTI_KIND_SYNCHRONIZATION:
		record_sync(recorder, typed);
		break;
	case CUPTI_KIND_OVERHEAD:
		record_overhead(recorder, typed);
		break;
	case CUPTI_KIND_GRAPH_TRACE:
		record_graph_launch(recorder, typed);
		break;
	case CUPTI_KIND_CONTEXT:
		record_context(recorder, typed);
		break;
	default:
		recorder->counts.unknown++;
		break;
	}
}

void recorder_read(struct recorder *recorder, uint8_t *buffer, size_t valid)
{
	const struct cupti *cupti = recorder->cupti;
	struct cupti_record *next = NULL;
	size_t dropped = 0;
	int result;
	while ((result = cupti->cuptiActivityGetNextRecord(buffer, valid, &next)) == CUPTI_OK)
		record(recorder, next);
	if (result != CUPTI_E_MAX_LIMIT_REACHED)
		tracer_tell("a buffer of records cannot be read to its end: %s",
			    cupti_result_text(cupti, result));
	if (result == CUPTI_E_INVALID_KIND)
		recorder->counts.unknown++;
	if (cupti->cuptiActivityGetNumDroppedRecords(NULL, 0, &dropped) == CUPTI_OK)
		recorder->counts.dropped += dropped;
}

void recorder_add_counts(struct recorder *recorder)
{
	struct log_counts *counts = log_write_add(&recorder->log, LOG_COUNTS);
	struct lend_counts lent = lend_counted();
	*counts = recorder->counts;
	counts->lost += lent.lost + queue_lost_notes();
	counts->foreign_buffers = lent.foreign;
	counts->unreturned_buffers = lent.unreturned;
}
