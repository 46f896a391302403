/*
 * What a log knows of the device and of the capture itself.
 *
 * Peak memory bandwidth = bus width / 8 * memory clock * 2, as both edges of the clock carry data in
 * every kind of memory GPUs have (HBM, GDDR): an H100's 5120 bits at 2619 MHz make 3.352 TB/s. The
 * clock is the driver's attribute, or NVML's highest where that is 0 (newer drivers).
 */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "traces/log_read.h"

/* CUdevice_attribute, cuda.h of CUDA 13.0 */
enum attribute {
	CLOCK_RATE = 13, /* kHz, of the SMs */
	MULTIPROCESSOR_COUNT = 16,
	MEMORY_CLOCK_RATE = 36,	      /* kHz */
	GLOBAL_MEMORY_BUS_WIDTH = 37, /* bits */
	L2_CACHE_SIZE = 38,	      /* bytes */
	MAX_THREADS_PER_MULTIPROCESSOR = 39,
	COMPUTE_CAPABILITY_MAJOR = 75,
	COMPUTE_CAPABILITY_MINOR = 76,
	MAX_SHARED_MEMORY_PER_MULTIPROCESSOR = 81, /* bytes */
	MAX_REGISTERS_PER_MULTIPROCESSOR = 82,
};

static const double hz_per_khz = 1e3, hz_per_mhz = 1e6, w_per_mw = 1e-3;
static const double data_rate = 2; /* transfers a clock */

/* The value told last; 0 where there is none. */
static uint32_t attribute_of(const struct log_read *read, int64_t device, enum attribute which)
{
	const struct log_attribute *items = read->attributes.items;
	for (size_t i = read->attributes.count; i-- > 0;)
		if (items[i].device == device && items[i].attribute == which && items[i].value > 0)
			return (uint32_t)items[i].value;
	return 0;
}

static const struct log_device *find_device(const struct log_read *read, int64_t device)
{
	const struct log_device *items = read->devices.items;
	for (size_t i = read->devices.count; i-- > 0;)
		if (items[i].device == device)
			return &items[i];
	return NULL;
}

static void fill_attributes(const struct log_read *read, int64_t id, struct trace_device *device)
{
	double memory_hz = attribute_of(read, id, MEMORY_CLOCK_RATE) * hz_per_khz;
	double bus_bytes = attribute_of(read, id, GLOBAL_MEMORY_BUS_WIDTH) / 8.0;
	device->sm_count = attribute_of(read, id, MULTIPROCESSOR_COUNT);
	device->cc_major = attribute_of(read, id, COMPUTE_CAPABILITY_MAJOR);
	device->cc_minor = attribute_of(read, id, COMPUTE_CAPABILITY_MINOR);
	device->max_threads_per_sm = attribute_of(read, id, MAX_THREADS_PER_MULTIPROCESSOR);
	device->registers_per_sm = attribute_of(read, id, MAX_REGISTERS_PER_MULTIPROCESSOR);
	device->shared_bytes_per_sm = attribute_of(read, id, MAX_SHARED_MEMORY_PER_MULTIPROCESSOR);
	device->l2_bytes = attribute_of(read, id, L2_CACHE_SIZE);
	if (device->max_sm_hz <= 0)
		device->max_sm_hz = attribute_of(read, id, CLOCK_RATE) * hz_per_khz;
	if (memory_hz > 0)
		device->max_memory_hz = memory_hz;
	device->memory_bytes_per_s = bus_bytes * device->max_memory_hz * data_rate;
}

/* Driver versions are small numbers in a uint32_t: 13000 is CUDA 13.0. */
enum sim_status log_give_device(struct log_read *read, int64_t id, struct sim_diag *diag)
{
	const struct log_device *found = find_device(read, id);
	struct trace_device device = {0};
	const struct log_text *name;
	if (found == NULL)
		return SIM_OK;
	TRY(log_text_find(read, found->name, &name, diag));
	text_printable(device.name, sizeof(device.name), name->text,
		       name->length < sizeof(device.name) ? name->length : sizeof(device.name) - 1);
	device.memory_bytes = found->memory_bytes;
	device.max_sm_hz = found->max_sm_mhz * hz_per_mhz;
	device.max_memory_hz = found->max_memory_mhz * hz_per_mhz;
	fill_attributes(read, id, &device);
	if (found->driver_version <= INT32_MAX)
		read->build->trace->device.driver_version = (int32_t)found->driver_version;
	build_add_device(read->build, id, &device);
	return SIM_OK;
}

static int by_value(const void *left, const void *right)
{
	double a = *(const double *)left, b = *(const double *)right;
	return (a > b) - (a < b);
}

/* The lower of the two middle ones of COUNT > 0 VALUES, which are sorted. */
static double median(double *values, size_t count)
{
	qsort(values, count, sizeof(*values), by_value);
	return values[(count - 1) / 2];
}

static int64_t steps_begin(const struct trace *trace)
{
	return trace->base_ns + trace->step_measured[0].first_start_ns;
}

static int64_t steps_end(const struct trace *trace)
{
	return trace->base_ns + trace->step_measured[trace->step_count - 1].last_end_ns;
}

static bool is_counted(const struct log_sample *sample, int64_t device, const struct trace *trace)
{
	int64_t time_ns = sample->time_ns > INT64_MAX ? INT64_MAX : (int64_t)sample->time_ns;
	return sample->device == device && sample->sm_mhz > 0 && time_ns >= steps_begin(trace) &&
	       time_ns <= steps_end(trace);
}

/* Samples between the first and the last kernel in steps; VALUES has room for all, twice. */
static void fill_clocks(const struct log_read *read, int64_t device, double *values,
			struct trace *trace)
{
	const struct log_sample *samples = read->samples.items;
	struct trace_clocks *clocks = &trace->clocks;
	double *memory = values + read->samples.count, power_w = 0;
	uint32_t count = 0;
	for (size_t i = 0; i < read->samples.count; i++) {
		const struct log_sample *sample = &samples[i];
		if (!is_counted(sample, device, trace))
			continue;
		values[count] = sample->sm_mhz * hz_per_mhz;
		memory[count] = sample->memory_mhz * hz_per_mhz;
		power_w += sample->power_mw * w_per_mw;
		if (sample->temperature_c > clocks->temperature_c_high)
			clocks->temperature_c_high = sample->temperature_c;
		clocks->throttle_reasons |= sample->throttle_reasons;
		count++;
	}
	if (count == 0)
		return;
	clocks->samples = count;
	clocks->sm_hz_median = median(values, count);
	clocks->sm_hz_low = values[0];
	clocks->sm_hz_high = values[count - 1];
	clocks->memory_hz_median = median(memory, count);
	clocks->power_w_mean = power_w / count;
}

/* The step that is running at TIME: from its host start, where known, to its last kernel's end. */
static bool is_in_step(const struct trace *trace, int64_t time_ns)
{
	size_t low = 0, high = trace->step_count;
	while (low < high) {
		size_t middle = low + (high - low) / 2;
		if (trace->step_measured[middle].last_end_ns <= time_ns)
			low = middle + 1;
		else
			high = middle;
	}
	if (low == trace->step_count)
		return false;
	const struct trace_step_measured *step = &trace->step_measured[low];
	int64_t from = step->first_start_ns;
	if (step->host_start_ns != INT64_MIN && step->host_start_ns < from)
		from = step->host_start_ns;
	return from <= time_ns;
}

static void fill_overheads(const struct log_read *read, struct trace *trace)
{
	const struct log_overhead *items = read->overheads.items;
	struct trace_capture *capture = &trace->capture;
	for (size_t i = 0; i < read->overheads.count; i++) {
		if (items[i].start_ns > INT64_MAX / 2 || items[i].duration_ns > BUILD_LONGEST_NS ||
		    !is_in_step(trace, (int64_t)items[i].start_ns - trace->base_ns))
			continue;
		capture->overheads++;
		capture->overhead_ns += (int64_t)items[i].duration_ns;
	}
}

/* The value of fact KEY told last, or NULL. */
static const char *fact(const struct log_read *read, const char *key)
{
	const struct log_fact *items = read->facts.items;
	for (size_t i = read->facts.count; i-- > 0;) {
		bool there = items[i].key > 0 && items[i].key <= read->text_count &&
			     items[i].value > 0 && items[i].value <= read->text_count;
		if (there && strcmp(read->texts[items[i].key - 1].text, key) == 0)
			return read->texts[items[i].value - 1].text;
	}
	return NULL;
}

/* CUPTI numbers its versions 130001 for 13.0.1, and had small numbers before. */
static void fill_tool(const struct log_read *read, struct trace_capture *capture)
{
	enum { LEAST_LONG = 10000 };
	const char *tool = fact(read, "tool"), *cupti = fact(read, "cupti_version");
	char text[256], *end;
	unsigned long version = cupti != NULL ? strtoul(cupti, &end, 10) : 0;
	if (cupti != NULL && *end == '\0' && version >= LEAST_LONG)
		snprintf(text, sizeof(text), "%s, CUPTI %lu.%lu.%lu", tool != NULL ? tool : "?",
			 version / 10000, version / 100 % 100, version % 100);
	else
		snprintf(text, sizeof(text), "%s%s%s", tool != NULL ? tool : "",
			 cupti != NULL ? ", CUPTI " : "", cupti != NULL ? cupti : "");
	text_printable(capture->tool, sizeof(capture->tool), text, strlen(text));
}

enum sim_status log_fill_facts(struct log_read *read, int64_t device, struct trace *trace,
			       struct sim_diag *diag)
{
	const struct log_counts *counts = &read->counts;
	struct trace_capture *capture = &trace->capture;
	double *values = calloc(read->samples.count * 2 + 1, sizeof(*values));
	if (values == NULL)
		return diag_fail(diag, SIM_E_NOMEM, "out of memory");
	fill_clocks(read, device, values, trace);
	free(values);
	fill_tool(read, capture);
	fill_overheads(read, trace);
	capture->dropped = counts->dropped;
	capture->zero_times =
		counts->zero_times > read->zero_times ? counts->zero_times : read->zero_times;
	capture->foreign_buffers = counts->foreign_buffers;
	trace->lacks |= 1U << TRACE_LACK_TIMING;
	if (trace->clocks.samples == 0)
		trace->lacks |= 1U << TRACE_LACK_CLOCKS;
	/* while the program runs some are out; what they held at its end is lost */
	bool kept_away = read->ended && counts->unreturned_buffers > 0;
	if (capture->dropped > 0 || capture->zero_times > 0 || counts->lost > 0 || kept_away)
		trace->lacks |= 1U << TRACE_LACK_RECORDS;
	if (read->file.torn || !read->ended)
		trace->lacks |= 1U << TRACE_LACK_TAIL;
	if (counts->foreign_buffers > 0 || fact(read, "unreliable") != NULL)
		trace->lacks |= 1U << TRACE_LACK_TRUST;
	if (read->file.header.features & LOG_IS_GRAPH_LEVEL || read->launches.count > 0)
		trace->lacks |= 1U << TRACE_LACK_GRAPH_LEVEL;
	return SIM_OK;
}
