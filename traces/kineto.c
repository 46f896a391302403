/*
 * Kineto reader: the Chrome JSON that torch.profiler exports, for CUDA and HIP, since 2021.
 *
 * One pass, whatever the order of keys and events: cpu_ops, launches and kernels are collected as
 * compact records and joined at the end. `ts` and `dur` are microseconds with a decimal fraction,
 * read as decimal integers of nanoseconds and relative to baseTimeNanoseconds where the file has
 * it.
 */
#include "traces/kineto.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

#include "traces/decimal.h"
#include "traces/work.h"

static bool holds(const char *head, size_t length, const char *text)
{
	return memmem(head, length, text, strlen(text)) != NULL;
}

static bool kineto_accepts(const char *head, size_t length)
{
	size_t at = length >= 3 && memcmp(head, "\xef\xbb\xbf", 3) == 0 ? 3 : 0;
	while (at < length && strchr(" \t\r\n", head[at]) != NULL && head[at] != '\0')
		at++;
	if (at == length || (head[at] != '{' && head[at] != '['))
		return false;
	return holds(head, length, "\"traceEvents\"") || holds(head, length, "\"schemaVersion\"") ||
	       holds(head, length, "\"deviceProperties\"") || holds(head, length, "\"ph\"");
}

static enum sim_status events_read(struct kineto *kineto, const struct json_token *first,
				   struct sim_diag *diag)
{
	struct json_token token;
	if (first->kind != JSON_ARRAY)
		return json_fail(&kineto->json, SIM_E_PARSE, diag, "traceEvents is no array");
	kineto->has_events = true;
	for (;;) {
		TRY(json_next(&kineto->json, &token, diag));
		if (token.kind == JSON_ARRAY_END)
			return SIM_OK;
		TRY(kineto_event_read(kineto, &token, diag));
		TRY(kineto_event_take(kineto, diag));
	}
}

/* A whole number at the top level; anything else is as if it were not there. */
static enum sim_status version_read(struct kineto *kineto, const struct json_token *token,
				    int32_t *version, struct sim_diag *diag)
{
	int64_t value;
	if (token->kind == JSON_NUMBER &&
	    decimal_parse(token->text, token->length, 0, &value) == SIM_OK && value >= 0 &&
	    value <= INT32_MAX)
		*version = (int32_t)value;
	return json_pass(&kineto->json, token, diag);
}

static enum sim_status base_read(struct kineto *kineto, const struct json_token *token,
				 struct sim_diag *diag)
{
	struct kineto_number number;
	kineto->event.name.length = 0;
	kineto->event.line = (uint32_t)json_line(&kineto->json);
	TRY(kineto_number_read(kineto, token, &number, diag));
	return kineto_number_value(kineto, &number, 0, "baseTimeNanoseconds",
				   &kineto->build->base_ns, diag);
}

enum top_key { TOP_OTHER, TOP_EVENTS, TOP_BASE, TOP_DEVICES, TOP_DRIVER, TOP_RUNTIME };

static enum top_key top_key(const struct json_token *token)
{
	static const struct {
		const char *text;
		enum top_key key;
	} keys[] = {
		{"traceEvents", TOP_EVENTS},	       {"baseTimeNanoseconds", TOP_BASE},
		{"deviceProperties", TOP_DEVICES},     {"cuda_driver_version", TOP_DRIVER},
		{"cuda_runtime_version", TOP_RUNTIME}, {"hip_driver_version", TOP_DRIVER},
		{"hip_runtime_version", TOP_RUNTIME},
	};
	for (size_t i = 0; i < sizeof(keys) / sizeof(keys[0]); i++)
		if (json_text_is(token, keys[i].text))
			return keys[i].key;
	return TOP_OTHER;
}

static enum sim_status top_read(struct kineto *kineto, enum top_key key,
				const struct json_token *token, struct sim_diag *diag)
{
	struct trace_device *device = &kineto->build->trace->device;
	switch (key) {
	case TOP_EVENTS:
		return events_read(kineto, token, diag);
	case TOP_BASE:
		return base_read(kineto, token, diag);
	case TOP_DEVICES:
		return kineto_devices_read(kineto, token, diag);
	case TOP_DRIVER:
		return version_read(kineto, token, &device->driver_version, diag);
	case TOP_RUNTIME:
		return version_read(kineto, token, &device->runtime_version, diag);
	case TOP_OTHER:
		break;
	}
	return json_pass(&kineto->json, token, diag);
}

static enum sim_status document_read(struct kineto *kineto, struct sim_diag *diag)
{
	struct json_token token;
	TRY(json_next(&kineto->json, &token, diag));
	if (token.kind == JSON_ARRAY) {
		TRY(events_read(kineto, &token, diag));
		return json_next(&kineto->json, &token, diag);
	}
	if (token.kind != JSON_OBJECT)
		return json_fail(&kineto->json, SIM_E_PARSE, diag,
				 "not a torch.profiler trace: neither an object nor an array");
	for (;;) {
		TRY(json_next(&kineto->json, &token, diag));
		if (token.kind == JSON_OBJECT_END)
			break;
		enum top_key key = top_key(&token);
		TRY(json_next(&kineto->json, &token, diag));
		TRY(top_read(kineto, key, &token, diag));
	}
	return json_next(&kineto->json, &token, diag);
}

/* Why there is nothing to import, precisely. */
static enum sim_status require_kernels(const struct kineto *kineto, struct sim_diag *diag)
{
	const uint64_t *seen = kineto->seen;
	if (kineto->build->trace->kernel_count > 0)
		return SIM_OK;
	if (!kineto->has_events)
		return diag_fail_at(diag, SIM_E_UNSUPPORTED, kineto->path, 0,
				    "has no traceEvents; is it a torch.profiler trace?");
	if (seen[KINETO_COUNTER_RANGE] > 0)
		return diag_fail_at(
			diag, SIM_E_UNSUPPORTED, kineto->path, 0,
			"has no kernel events, only cuda_profiler_range counters (%" PRIu64
			") and host events (%" PRIu64 " launches, %" PRIu64
			" ops); profile again without profiler_metrics",
			seen[KINETO_COUNTER_RANGE], seen[KINETO_RUNTIME] + seen[KINETO_DRIVER],
			seen[KINETO_OP]);
	return diag_fail_at(diag, SIM_E_UNSUPPORTED, kineto->path, 0,
			    "has no kernel events, only host events (%" PRIu64
			    " launches and other calls, %" PRIu64
			    " ops); profile again with ProfilerActivity.CUDA",
			    seen[KINETO_RUNTIME] + seen[KINETO_DRIVER], seen[KINETO_OP]);
}

static enum sim_status read_into(struct kineto *kineto, struct input *input, struct sim_diag *diag)
{
	struct build *build = kineto->build;
	enum sim_status status = json_open(&kineto->json, input, &build->budget, diag);
	if (status == SIM_OK)
		status = document_read(kineto, diag);
	json_close(&kineto->json);
	kineto_event_fini(kineto);
	build->trace->content_hash = input->hash;
	build->trace->text_bytes = input->bytes;
	TRY(status);
	return require_kernels(kineto, diag);
}

static enum sim_status kineto_read(const char *path, struct trace *trace, struct sim_diag *diag)
{
	struct build *build = malloc(sizeof(*build));
	struct input input;
	enum sim_status status;
	if (build == NULL)
		return diag_fail(diag, SIM_E_NOMEM, "out of memory");
	build_init(build, trace, path);
	status = input_open(&input, path, &build->budget, diag);
	if (status == SIM_OK) {
		struct kineto kineto = {.path = path, .build = build};
		status = read_into(&kineto, &input, diag);
		input_close(&input, &build->budget);
	}
	int64_t device;
	if (status == SIM_OK && trace->only_device > 0)
		status = build_choose_device(build, &device, diag);
	if (status == SIM_OK)
		status = build_finish(build, diag);
	build_fini(build);
	free(build);
	TRY(status);
	trace->lacks |= 1U << TRACE_LACK_CLOCKS;
	return work_derive_all(trace, diag);
}

const struct trace_reader trace_reader_kineto = {
	.name = "kineto",
	.what = "torch.profiler Chrome JSON (.json, .json.gz)",
	.accepts = kineto_accepts,
	.read = kineto_read,
};
