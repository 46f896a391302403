/* Chrome JSON of a trace: head, tracks, ranges and steps; see chrome.h. */
#include "sim/report/chrome.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "sim/report/chrome_parts.h"

static void name_track(struct chrome *chrome, const char *what, int64_t process, int64_t track,
		       const char *name, int64_t place)
{
	struct json_writer *json = &chrome->json;
	bool is_process = strcmp(what, "process_name") == 0;
	chrome_begin_event(chrome, "M", NULL, what, process, track);
	json_open_object(json, "args");
	json_text(json, "name", name);
	json_close_object(json);
	json_close_object(json);
	chrome_begin_event(chrome, "M", NULL,
			   is_process ? "process_sort_index" : "thread_sort_index", process, track);
	json_open_object(json, "args");
	json_int(json, "sort_index", place);
	json_close_object(json);
	json_close_object(json);
}

static void name_streams(struct chrome *chrome)
{
	bool seen[CHROME_MOST_STREAMS][CHROME_LANES] = {{false}};
	char name[64];
	for (size_t i = 0; i < chrome->trace->kernel_count; i++)
		seen[chrome->trace->kernels[i].stream][chrome->overlaps[i]] = true;
	for (unsigned stream = 0; stream < CHROME_MOST_STREAMS; stream++)
		for (unsigned lane = 0; lane < CHROME_LANES; lane++) {
			if (!seen[stream][lane])
				continue;
			snprintf(name, sizeof(name), "stream %u%s", stream,
				 lane > 0 ? ", overlapping" : "");
			name_track(chrome, "thread_name", CHROME_DEVICE,
				   chrome_track_of(stream, lane > 0), name,
				   chrome_track_of(stream, lane > 0));
		}
}

static int by_number(const void *left, const void *right)
{
	uint32_t a = *(const uint32_t *)left, b = *(const uint32_t *)right;
	return (a > b) - (a < b);
}

/* Threads that launch, and those that only have ranges. */
static enum sim_status name_threads(struct chrome *chrome, const struct log_marks *marks,
				    struct sim_diag *diag)
{
	size_t count = 0, most = chrome->order_count + (marks != NULL ? marks->range_count : 0);
	uint32_t *threads = calloc(most + 1, sizeof(*threads));
	char name[64];
	if (threads == NULL)
		return diag_fail(diag, SIM_E_NOMEM, "out of memory");
	for (size_t i = 0; i < chrome->order_count; i++) {
		uint32_t thread = chrome->trace->measured[chrome->order[i]].thread;
		if (count == 0 || threads[count - 1] != thread)
			threads[count++] = thread;
	}
	for (size_t i = 0; marks != NULL && i < marks->range_count; i++)
		if (count == 0 || threads[count - 1] != marks->ranges[i].thread)
			threads[count++] = marks->ranges[i].thread;
	qsort(threads, count, sizeof(*threads), by_number);
	for (size_t i = 0; i < count; i++) {
		if (i > 0 && threads[i] == threads[i - 1])
			continue;
		snprintf(name, sizeof(name), threads[i] != 0 ? "thread %" PRIu32 : "a thread",
			 threads[i]);
		name_track(chrome, "thread_name", CHROME_HOST, threads[i], name, threads[i]);
	}
	free(threads);
	return SIM_OK;
}

static enum sim_status name_tracks(struct chrome *chrome, const struct log_marks *marks,
				   struct sim_diag *diag)
{
	const char *device = chrome->trace->device.name;
	name_track(chrome, "process_name", CHROME_HOST, 0, "host", CHROME_HOST);
	name_track(chrome, "process_name", CHROME_DEVICE, 0, device[0] != '\0' ? device : "device",
		   CHROME_DEVICE);
	name_track(chrome, "thread_name", CHROME_HOST, CHROME_STEP_TRACK, "steps", -1);
	name_track(chrome, "thread_name", CHROME_DEVICE, CHROME_STEP_TRACK, "steps", 0);
	name_streams(chrome);
	return name_threads(chrome, marks, diag);
}

/* Ranges of the log, on the trace's clock. */
static void put_ranges(struct chrome *chrome, const struct log_marks *marks)
{
	for (size_t i = 0; i < marks->range_count; i++) {
		const struct log_marks_range *range = &marks->ranges[i];
		if (range->end_ns < range->start_ns)
			continue;
		chrome_begin_slice(chrome, "user_annotation", range->text, CHROME_HOST,
				   range->thread, range->start_ns - chrome->trace->base_ns,
				   range->end_ns - chrome->trace->base_ns);
		json_close_object(&chrome->json);
		chrome->counts->ranges++;
	}
}

/* First start and last end of the launch calls of step STEP; false when none is known. */
static bool launches_of_step(const struct trace *trace, size_t step, int64_t *from, int64_t *until)
{
	const struct sim_step *range = &trace->steps[step];
	*from = INT64_MAX;
	*until = INT64_MIN;
	for (size_t i = range->first; i < (size_t)range->first + range->count; i++) {
		const struct trace_measured *measured = &trace->measured[i];
		if (!chrome_has_launch(measured))
			continue;
		if (measured->launch_start_ns < *from)
			*from = measured->launch_start_ns;
		if (measured->launch_end_ns > *until)
			*until = measured->launch_end_ns;
	}
	return *from <= *until;
}

/*
 * On the host a step lasts from its first launch to its last, on the device from its first kernel to
 * its last. Our own reader finds the steps again by the host's, so they get a name that says so;
 * where the log has ranges that did, these do.
 */
static void put_steps(struct chrome *chrome, const struct log_marks *marks)
{
	const struct trace *trace = chrome->trace;
	bool ranges_tell = marks != NULL && strcmp(trace->steps_by, "annotation") == 0;
	int64_t from, until, next_from, next_until;
	char name[48];
	if (strcmp(trace->steps_by, "none") == 0)
		return;
	for (size_t i = 0; i < trace->step_count; i++) {
		const struct trace_step_measured *step = &trace->step_measured[i];
		snprintf(name, sizeof(name), "decode_step %zu", i);
		chrome_begin_slice(chrome, "gpu_user_annotation", name, CHROME_DEVICE,
				   CHROME_STEP_TRACK, step->first_start_ns, step->last_end_ns);
		json_close_object(&chrome->json);
		chrome->counts->steps++;
		if (ranges_tell || !launches_of_step(trace, i, &from, &until))
			continue;
		if (i + 1 < trace->step_count &&
		    launches_of_step(trace, i + 1, &next_from, &next_until) && next_from < until &&
		    next_from > from)
			until = next_from;
		chrome_begin_slice(chrome, "user_annotation", name, CHROME_HOST, CHROME_STEP_TRACK,
				   from, until);
		json_close_object(&chrome->json);
	}
}

static void put_device(struct json_writer *json, const struct trace_device *device)
{
	json_open_array(json, "deviceProperties");
	json_open_object(json, NULL);
	json_int(json, "id", 0);
	json_text(json, "name", device->name);
	json_uint(json, "totalGlobalMem", device->memory_bytes);
	json_uint(json, "computeMajor", device->cc_major);
	json_uint(json, "computeMinor", device->cc_minor);
	json_uint(json, "maxThreadsPerMultiprocessor", device->max_threads_per_sm);
	json_uint(json, "regsPerMultiprocessor", device->registers_per_sm);
	json_uint(json, "sharedMemPerMultiprocessor", device->shared_bytes_per_sm);
	json_uint(json, "numSms", device->sm_count);
	json_close_object(json);
	json_close_array(json);
	if (device->driver_version > 0)
		json_int(json, "cuda_driver_version", device->driver_version);
	if (device->runtime_version > 0)
		json_int(json, "cuda_runtime_version", device->runtime_version);
}

static enum sim_status put_all(struct chrome *chrome, const struct log_marks *marks,
			       struct sim_diag *diag)
{
	struct json_writer *json = &chrome->json;
	const struct trace *trace = chrome->trace;
	json_open_object(json, NULL);
	json_int(json, "schemaVersion", 1);
	json_text(json, "traceName", trace->name);
	json_text(json, "displayTimeUnit", "ns");
	json_int(json, "baseTimeNanoseconds", trace->base_ns);
	if (!(trace->lacks & 1U << TRACE_LACK_DEVICE))
		put_device(json, &trace->device);
	json_open_array(json, "traceEvents");
	TRY(name_tracks(chrome, marks, diag));
	if (marks != NULL)
		put_ranges(chrome, marks);
	put_steps(chrome, marks);
	chrome_put_launches(chrome);
	chrome_put_kernels(chrome);
	json_close_array(json);
	json_close_object(json);
	return json_finish(json, NULL); /* whoever has the file's name tells */
}

enum sim_status chrome_write(const struct trace *trace, const struct log_marks *marks, FILE *out,
			     struct chrome_counts *counts, struct sim_diag *diag)
{
	struct chrome chrome = {.trace = trace, .counts = counts};
	*counts = (struct chrome_counts){0};
	json_init(&chrome.json, out, 0);
	enum sim_status status = chrome_prepare(&chrome, diag);
	if (status == SIM_OK)
		status = put_all(&chrome, marks, diag);
	chrome_fini(&chrome);
	return status;
}
