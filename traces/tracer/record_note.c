/* Notes of other threads as records of the log. */
#include <string.h>
#include <unistd.h>

#include "traces/tracer/recorder.h"

static void take_range(struct recorder *recorder, const struct note *note)
{
	struct log_range range = note->range;
	const char *text = note->texts[0] != NULL ? note->texts[0] : "";
	if (range.phase == LOG_PHASE_START)
		step_limit_range_start(&recorder->steps, range.id, text, strlen(text));
	else
		step_limit_range_end(&recorder->steps, range.id);
	range.thread = recorder_thread(recorder, (uint32_t)getpid(), note->system_thread);
	range.text = recorder_text(recorder, note->texts[0]);
	range.domain = recorder_text(recorder, note->texts[1]);
	if (range.thread == HOST_THREAD_LOST) {
		recorder->counts.lost++;
		return;
	}
	recorder->counts.ranges++;
	*(struct log_range *)log_write_add(&recorder->log, LOG_RANGE) = range;
}

static void take_node(struct recorder *recorder, const struct note *note)
{
	struct log_graph_node node = note->node;
	node.thread = recorder_thread(recorder, (uint32_t)getpid(), note->system_thread);
	if (node.thread == HOST_THREAD_LOST) {
		recorder->counts.lost++;
		return;
	}
	*(struct log_graph_node *)log_write_add(&recorder->log, LOG_GRAPH_NODE) = node;
}

static void take_device(struct recorder *recorder, const struct note *note)
{
	struct log_device device = note->device;
	device.name = recorder_text(recorder, note->texts[0]);
	device.uuid = recorder_text(recorder, note->texts[1]);
	device.driver = recorder_text(recorder, note->texts[2]);
	*(struct log_device *)log_write_add(&recorder->log, LOG_DEVICE) = device;
}

static void take_fact(struct recorder *recorder, const struct note *note)
{
	struct log_fact fact = {
		.key = recorder_text(recorder, note->texts[0]),
		.value = recorder_text(recorder, note->texts[1]),
	};
	if (fact.key != 0)
		*(struct log_fact *)log_write_add(&recorder->log, LOG_FACT) = fact;
}

void recorder_take_note(struct recorder *recorder, const struct note *note)
{
	struct log_write *log = &recorder->log;
	switch (note->kind) {
	case LOG_RANGE:
		take_range(recorder, note);
		break;
	case LOG_GRAPH_NODE:
		take_node(recorder, note);
		break;
	case LOG_DEVICE:
		take_device(recorder, note);
		break;
	case LOG_FACT:
		take_fact(recorder, note);
		break;
	case LOG_ATTRIBUTE:
		*(struct log_attribute *)log_write_add(log, LOG_ATTRIBUTE) = note->attribute;
		break;
	case LOG_CLOCK:
		*(struct log_clock *)log_write_add(log, LOG_CLOCK) = note->clock;
		break;
	case LOG_SAMPLE:
		*(struct log_sample *)log_write_add(log, LOG_SAMPLE) = note->sample;
		break;
	default:
		recorder->counts.unknown++;
		break;
	}
}
