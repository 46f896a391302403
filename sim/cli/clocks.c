/* Clocks in words: see clocks.h. */
#include "sim/cli/clocks.h"

#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "sim/cli/cli.h"

/*
 * Assumed: a median clock this share below the maximum is worth a word, and so are two clocks this
 * share apart (NVIDIA's clocks go in steps of 15 MHz, less than 1 % of an H100's 1980).
 */
static const double below_maximum = 0.03, apart = 0.01;

/* NVML API reference, nvmlClocksEventReasons; GPU-wide bits, 64 defined but 9 in use. */
static const struct {
	unsigned bit;
	const char *text;
} reasons_known[] = {
	{0x1, "idle"},
	{0x2, "clocks set by the user"},
	{0x4, "power cap"},
	{0x8, "hardware slowdown"},
	{0x10, "kept in step with other GPUs"},
	{0x20, "thermal limit (software)"},
	{0x40, "thermal limit (hardware)"},
	{0x80, "power brake"},
	{0x100, "display clock"},
};

char *clocks_reasons(unsigned reasons, char *out, size_t out_size)
{
	size_t used = 0, count = sizeof(reasons_known) / sizeof(reasons_known[0]);
	snprintf(out, out_size, "%s", reasons == 0 ? "none" : "");
	for (size_t i = 0; i < count && used < out_size; i++) {
		if (!(reasons & reasons_known[i].bit))
			continue;
		used += (size_t)snprintf(out + used, out_size - used, "%s%s", used > 0 ? ", " : "",
					 reasons_known[i].text);
		reasons &= ~reasons_known[i].bit;
	}
	if (reasons != 0 && used < out_size)
		snprintf(out + used, out_size - used, "%sunknown (0x%x)", used > 0 ? ", " : "",
			 reasons);
	return out;
}

static bool known(const struct trace *trace)
{
	return trace->clocks.samples > 0 && trace->clocks.sm_hz_median > 0;
}

static void warn_below(const struct trace *trace)
{
	char name[640], why[256];
	double clock = trace->clocks.sm_hz_median, maximum = trace->device.max_sm_hz;
	if (!(clock < (1 - below_maximum) * maximum))
		return;
	fprintf(stderr,
		"%s: traced at an SM clock of %.0f MHz, %.1f %% below the device's %.0f MHz "
		"(throttle reasons: %s): its durations are not those of the full clock\n",
		text_printable(name, sizeof(name), trace->name, strlen(trace->name)), clock * 1e-6,
		100 * (1 - clock / maximum), maximum * 1e-6,
		clocks_reasons(trace->clocks.throttle_reasons, why, sizeof(why)));
}

static void warn_apart(const struct trace *trace, const struct trace *first)
{
	char name[640], other[640];
	double clock = trace->clocks.sm_hz_median, reference = first->clocks.sm_hz_median;
	if (fabs(clock / reference - 1) <= apart)
		return;
	fprintf(stderr,
		"%s: traced at an SM clock of %.0f MHz, %s at %.0f MHz: their durations do not "
		"compare (lock the clocks with nvidia-smi -lgc)\n",
		text_printable(name, sizeof(name), trace->name, strlen(trace->name)), clock * 1e-6,
		text_printable(other, sizeof(other), first->name, strlen(first->name)),
		reference * 1e-6);
}

void clocks_warn(const struct trace *const *traces, size_t count)
{
	const struct trace *first = NULL;
	for (size_t i = 0; i < count; i++) {
		if (!known(traces[i]))
			continue;
		warn_below(traces[i]);
		if (first == NULL)
			first = traces[i];
		else
			warn_apart(traces[i], first);
	}
}

static void add_known(cJSON *row, const char *key, double value)
{
	cJSON_AddNumberToObject(row, key, value > 0 ? value : (double)NAN);
}

cJSON *clocks_json(const struct trace *trace)
{
	const struct trace_clocks *clocks = &trace->clocks;
	char why[256];
	if (clocks->samples == 0)
		return cJSON_CreateNull();
	cJSON *row = cJSON_CreateObject();
	cJSON_AddNumberToObject(row, "samples", clocks->samples);
	add_known(row, "sm_hz_low", clocks->sm_hz_low);
	add_known(row, "sm_hz_median", clocks->sm_hz_median);
	add_known(row, "sm_hz_high", clocks->sm_hz_high);
	add_known(row, "sm_hz_maximum", trace->device.max_sm_hz);
	add_known(row, "memory_hz_median", clocks->memory_hz_median);
	add_known(row, "power_w_mean", clocks->power_w_mean);
	add_known(row, "temperature_c_high", clocks->temperature_c_high);
	cJSON_AddNumberToObject(row, "throttle_reasons", clocks->throttle_reasons);
	cJSON_AddStringToObject(row, "throttled_by",
				clocks_reasons(clocks->throttle_reasons, why, sizeof(why)));
	return row;
}

void clocks_print(const struct trace *trace)
{
	const struct trace_clocks *clocks = &trace->clocks;
	char why[256];
	if (clocks->samples == 0)
		return;
	if (clocks->sm_hz_median > 0)
		printf("clocks: SM %.0f MHz (%.0f to %.0f)", clocks->sm_hz_median * 1e-6,
		       clocks->sm_hz_low * 1e-6, clocks->sm_hz_high * 1e-6);
	else
		printf("clocks: SM unknown");
	if (trace->device.max_sm_hz > 0)
		printf(" of at most %.0f", trace->device.max_sm_hz * 1e-6);
	if (clocks->memory_hz_median > 0)
		printf(", memory %.0f MHz", clocks->memory_hz_median * 1e-6);
	if (clocks->power_w_mean > 0)
		printf(", %.0f W", clocks->power_w_mean);
	if (clocks->temperature_c_high > 0)
		printf(", up to %.0f C", clocks->temperature_c_high);
	printf("; throttle reasons: %s; %" PRIu32 " samples\n",
	       clocks_reasons(clocks->throttle_reasons, why, sizeof(why)), clocks->samples);
}
