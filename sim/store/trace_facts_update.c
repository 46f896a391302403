/* Bringing a stored trace up to what an import knows: see trace_facts.h. */
#include "sim/store/trace_facts.h"

#include <math.h>
#include <string.h>

#include "sim/store/db.h"
#include "sim/store/trace_rows.h"

/* GIVEN is what STORED would be after it was stored. */
static bool same_text(const char *stored, const char *given, size_t room)
{
	char printable[STORE_FIELD];
	text_printable(printable, room < sizeof(printable) ? room : sizeof(printable), given,
		       strlen(given));
	return strcmp(stored, printable) == 0;
}

/* Doubles that are stored: NaN and 0 are both unknown there. */
static bool same_real(double stored, double given)
{
	return stored == (isfinite(given) ? given : 0);
}

static bool same_device(const struct trace_device *stored, const struct trace_device *given)
{
	return stored->l2_bytes == given->l2_bytes &&
	       same_real(stored->max_sm_hz, given->max_sm_hz) &&
	       same_real(stored->max_memory_hz, given->max_memory_hz) &&
	       same_real(stored->memory_bytes_per_s, given->memory_bytes_per_s);
}

static bool same_capture(const struct trace_capture *stored, const struct trace_capture *given)
{
	return same_text(stored->tool, given->tool, sizeof(given->tool)) &&
	       stored->dropped == given->dropped && stored->zero_times == given->zero_times &&
	       stored->foreign_buffers == given->foreign_buffers &&
	       stored->overheads == given->overheads && stored->overhead_ns == given->overhead_ns;
}

static bool same_clocks(const struct trace_clocks *stored, const struct trace_clocks *given)
{
	return stored->samples == given->samples &&
	       stored->throttle_reasons == given->throttle_reasons &&
	       same_real(stored->sm_hz_low, given->sm_hz_low) &&
	       same_real(stored->sm_hz_median, given->sm_hz_median) &&
	       same_real(stored->sm_hz_high, given->sm_hz_high) &&
	       same_real(stored->memory_hz_median, given->memory_hz_median) &&
	       same_real(stored->power_w_mean, given->power_w_mean) &&
	       same_real(stored->temperature_c_high, given->temperature_c_high);
}

static bool same_timing(const struct trace_timing *stored, const struct trace_timing *given)
{
	return same_text(stored->source, given->source, sizeof(given->source)) &&
	       same_text(stored->kind, given->kind, sizeof(given->kind)) &&
	       stored->step_count == given->step_count && stored->step_ns == given->step_ns &&
	       stored->step_low_ns == given->step_low_ns &&
	       stored->step_high_ns == given->step_high_ns &&
	       stored->traced_step_ns == given->traced_step_ns &&
	       stored->device_ns == given->device_ns &&
	       stored->traced_device_ns == given->traced_device_ns;
}

static bool same_number(double stored, double given)
{
	return stored == given || (isnan(stored) && !isfinite(given));
}

static bool same_bytes(const struct trace *stored, const struct trace *given)
{
	if (stored->bytes == NULL || given->bytes == NULL)
		return stored->bytes == given->bytes;
	for (size_t i = 0; i < given->kernel_count; i++) {
		const struct trace_bytes *a = &stored->bytes[i], *b = &given->bytes[i];
		if (!same_number(a->dram_read_bytes, b->dram_read_bytes) ||
		    !same_number(a->dram_write_bytes, b->dram_write_bytes) ||
		    !same_number(a->l2_bytes, b->l2_bytes))
			return false;
	}
	return same_text(stored->bytes_source, given->bytes_source, sizeof(given->bytes_source));
}

static bool same_facts(const struct trace *stored, const struct trace *given)
{
	return stored->lacks == given->lacks && same_device(&stored->device, &given->device) &&
	       same_capture(&stored->capture, &given->capture) &&
	       same_clocks(&stored->clocks, &given->clocks) &&
	       same_timing(&stored->timing, &given->timing) && same_bytes(stored, given);
}

static void keep_unknown(struct trace_device *given, const struct trace_device *stored)
{
	if (given->l2_bytes == 0)
		given->l2_bytes = stored->l2_bytes;
	if (!(given->max_sm_hz > 0))
		given->max_sm_hz = stored->max_sm_hz;
	if (!(given->max_memory_hz > 0))
		given->max_memory_hz = stored->max_memory_hz;
	if (!(given->memory_bytes_per_s > 0))
		given->memory_bytes_per_s = stored->memory_bytes_per_s;
}

/* GIVEN with what only STORED knows; it owns nothing. */
static struct trace merge(const struct trace *stored, const struct trace *given)
{
	struct trace merged = *given;
	keep_unknown(&merged.device, &stored->device);
	if (!trace_capture_known(&given->capture))
		merged.capture = stored->capture;
	if (given->clocks.samples == 0)
		merged.clocks = stored->clocks;
	if (given->timing.source[0] == '\0' && stored->timing.source[0] != '\0') {
		merged.timing = stored->timing;
		merged.lacks &= ~(1u << TRACE_LACK_TIMING);
	}
	if (given->bytes == NULL) {
		merged.bytes = stored->bytes;
		memcpy(merged.bytes_source, stored->bytes_source, sizeof(merged.bytes_source));
	}
	return merged;
}

static enum sim_status forget(struct store *store, int64_t id, struct sim_diag *diag)
{
	static const char *const statements[] = {
		"DELETE FROM trace_capture WHERE trace_id = ?1",
		"DELETE FROM trace_clocks WHERE trace_id = ?1",
		"DELETE FROM trace_timing WHERE trace_id = ?1",
		"DELETE FROM trace_bytes WHERE trace_id = ?1",
	};
	int64_t unused;
	bool found;
	for (size_t i = 0; i < sizeof(statements) / sizeof(statements[0]); i++)
		TRY(db_integer(store, statements[i], id, &unused, &found, diag));
	return SIM_OK;
}

enum sim_status trace_facts_update(struct store *store, int64_t id, const struct trace *trace,
				   bool *changed, struct sim_diag *diag)
{
	struct trace stored;
	*changed = false;
	trace_init(&stored);
	stored.kernel_count = trace->kernel_count;
	enum sim_status status = trace_facts_read(store, id, &stored, diag);
	if (status == SIM_OK) {
		const struct trace merged = merge(&stored, trace);
		*changed = !same_facts(&stored, &merged);
		if (*changed)
			status = forget(store, id, diag);
		if (*changed && status == SIM_OK)
			status = trace_facts_write(store, id, &merged, diag);
	}
	trace_fini(&stored);
	return status;
}
