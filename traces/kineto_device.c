/* deviceProperties: what a trace knows of its GPUs. */
#include "traces/kineto.h"

#include "traces/decimal.h"

/* A number or nothing: a device property is never worth refusing a trace. */
static uint64_t property(const struct json_token *token, int64_t limit)
{
	int64_t value;
	if (token->kind != JSON_NUMBER ||
	    decimal_parse(token->text, token->length, 0, &value) != SIM_OK || value < 0 ||
	    value > limit)
		return 0;
	return (uint64_t)value;
}

static void name_read(const struct json_token *token, struct trace_device *device)
{
	size_t length = token->length;
	if (token->kind != JSON_STRING)
		return;
	if (length > sizeof(device->name) - 1)
		length = sizeof(device->name) - 1;
	text_printable(device->name, sizeof(device->name), token->text, length);
}

#define AT(member) offsetof(struct trace_device, member)

static const struct {
	const char *key;
	size_t offset;
} properties[] = {
	{"numSms", AT(sm_count)},
	{"computeMajor", AT(cc_major)},
	{"computeMinor", AT(cc_minor)},
	{"maxThreadsPerMultiprocessor", AT(max_threads_per_sm)},
	{"regsPerMultiprocessor", AT(registers_per_sm)},
	{"sharedMemPerMultiprocessor", AT(shared_bytes_per_sm)},
};

static void member_read(const char *key, size_t key_length, const struct json_token *token,
			struct build_device *found)
{
	struct json_token name = {.text = key, .length = key_length};
	if (json_text_is(&name, "id"))
		found->id = (int64_t)property(token, INT64_MAX);
	else if (json_text_is(&name, "name"))
		name_read(token, &found->device);
	else if (json_text_is(&name, "totalGlobalMem"))
		found->device.memory_bytes = property(token, INT64_MAX);
	for (size_t i = 0; i < sizeof(properties) / sizeof(properties[0]); i++)
		if (json_text_is(&name, properties[i].key)) {
			uint32_t value = (uint32_t)property(token, UINT32_MAX);
			memcpy((char *)&found->device + properties[i].offset, &value,
			       sizeof(value));
		}
}

static enum sim_status device_read(struct kineto *kineto, struct sim_diag *diag)
{
	struct build_device found = {.id = 0};
	struct json_token token;
	for (;;) {
		char key[32];
		TRY(json_next(&kineto->json, &token, diag));
		if (token.kind == JSON_OBJECT_END)
			break;
		size_t length = token.length < sizeof(key) ? token.length : 0;
		memcpy(key, token.text, length);
		TRY(json_next(&kineto->json, &token, diag));
		member_read(key, length, &token, &found);
		TRY(json_pass(&kineto->json, &token, diag));
	}
	build_add_device(kineto->build, found.id, &found.device);
	return SIM_OK;
}

enum sim_status kineto_devices_read(struct kineto *kineto, const struct json_token *first,
				    struct sim_diag *diag)
{
	struct json_token token;
	if (first->kind != JSON_ARRAY)
		return json_pass(&kineto->json, first, diag);
	for (;;) {
		TRY(json_next(&kineto->json, &token, diag));
		if (token.kind == JSON_ARRAY_END)
			return SIM_OK;
		if (token.kind == JSON_OBJECT)
			TRY(device_read(kineto, diag));
		else
			TRY(json_pass(&kineto->json, &token, diag));
	}
}
