/*
 * Reading one trace event. Keys come in any order, a key given twice counts the last time; the rest
 * of an event is passed over as soon as its category or phase says that it does not matter.
 */
#include "traces/decimal.h"
#include "traces/kineto.h"

static const struct {
	struct json_word text;
	enum kineto_category category;
} categories[] = {
	{JSON_WORD("kernel"), KINETO_KERNEL},
	{JSON_WORD("cuda_runtime"), KINETO_RUNTIME},
	{JSON_WORD("cpu_op"), KINETO_OP},
	{JSON_WORD("cuda_driver"), KINETO_DRIVER},
	{JSON_WORD("gpu_memcpy"), KINETO_MEMCPY},
	{JSON_WORD("gpu_memset"), KINETO_MEMSET},
	{JSON_WORD("cuda_sync"), KINETO_SYNC},
	{JSON_WORD("user_annotation"), KINETO_ANNOTATION},
	{JSON_WORD("Kernel"), KINETO_KERNEL},
	{JSON_WORD("Runtime"), KINETO_RUNTIME},
	{JSON_WORD("Memcpy"), KINETO_MEMCPY},
	{JSON_WORD("Memset"), KINETO_MEMSET},
	{JSON_WORD("Operator"), KINETO_OP},
	{JSON_WORD("hip_runtime"), KINETO_RUNTIME},
	{JSON_WORD("Driver"), KINETO_DRIVER},
	{JSON_WORD("hip_driver"), KINETO_DRIVER},
	{JSON_WORD("cuda_profiler_range"), KINETO_COUNTER_RANGE},
};

static enum kineto_category category_of(const struct json_token *token)
{
	for (size_t i = 0; i < sizeof(categories) / sizeof(categories[0]); i++)
		if (json_is(token, &categories[i].text))
			return categories[i].category;
	return KINETO_IGNORED;
}

static void reset(struct kineto_event *event)
{
	event->category = KINETO_UNKNOWN;
	event->complete = false;
	event->name.length = 0;
	event->sync_kind.length = 0;
	event->ts.length = event->dur.length = event->pid.length = event->tid.length = 0;
	event->external_id.length = event->correlation.length = 0;
	event->device.length = event->stream.length = event->bytes.length = 0;
	event->registers.length = event->shared_bytes.length = 0;
	for (int i = 0; i < 3; i++)
		event->grid[i].length = event->block[i].length = 0;
	for (int i = 0; i < KINETO_SHAPE_PARTS; i++)
		event->shape[i].length = 0;
}

void kineto_event_fini(struct kineto *kineto)
{
	struct budget *budget = &kineto->build->budget;
	budget_text_fini(budget, &kineto->event.name);
	budget_text_fini(budget, &kineto->event.sync_kind);
	for (int i = 0; i < KINETO_SHAPE_PARTS; i++)
		budget_text_fini(budget, &kineto->event.shape[i]);
	budget_text_fini(budget, &kineto->shape);
}

enum sim_status kineto_number_read(struct kineto *kineto, const struct json_token *token,
				   struct kineto_number *number, struct sim_diag *diag)
{
	number->length = 0;
	if (token->kind != JSON_NUMBER && token->kind != JSON_STRING)
		return json_pass(&kineto->json, token, diag);
	if (token->length <= sizeof(number->text)) {
		memcpy(number->text, token->text, token->length);
		number->length = (uint8_t)token->length;
	}
	return SIM_OK;
}

enum sim_status kineto_number_value(struct kineto *kineto, const struct kineto_number *number,
				    int scale, const char *what, int64_t *value,
				    struct sim_diag *diag)
{
	const struct budget_text *name = &kineto->event.name;
	enum sim_status status;
	if (number->length == 0)
		return diag_fail_at(diag, SIM_E_PARSE, kineto->path, kineto->event.line,
				    "an event has no %s: '%.*s'", what,
				    name->length < 80 ? (int)name->length : 80,
				    name->length > 0 ? name->data : "");
	status = decimal_parse(number->text, number->length, scale, value);
	if (status != SIM_OK)
		return diag_fail_at(
			diag, status, kineto->path, kineto->event.line, "%s %s: '%.*s'", what,
			status == SIM_E_RANGE ? "does not fit 64 bits" : "is not a number",
			(int)number->length, number->text);
	return SIM_OK;
}

static enum sim_status text_read(struct kineto *kineto, const struct json_token *token,
				 struct budget_text *text, struct sim_diag *diag)
{
	text->length = 0;
	if (token->kind != JSON_STRING)
		return json_pass(&kineto->json, token, diag);
	return json_decode(&kineto->json, token, text, diag);
}

/* "grid": [x, y, z]; anything else leaves it empty. */
static enum sim_status extent_read(struct kineto *kineto, const struct json_token *first,
				   struct kineto_number extent[3], struct sim_diag *diag)
{
	struct json_token token;
	for (int i = 0; i < 3; i++)
		extent[i].length = 0;
	if (first->kind != JSON_ARRAY)
		return json_pass(&kineto->json, first, diag);
	for (int i = 0;; i++) {
		TRY(json_next(&kineto->json, &token, diag));
		if (token.kind == JSON_ARRAY_END)
			break;
		if (i < 3)
			TRY(kineto_number_read(kineto, &token, &extent[i], diag));
		else
			TRY(json_pass(&kineto->json, &token, diag));
	}
	return SIM_OK;
}

enum { NUMBER, EXTENT, SHAPE, TEXT };

#define AT(member) offsetof(struct kineto_event, member)

/* Keys of args that we read; `wanted` is a set of categories. */
static const struct arg {
	struct json_word key;
	size_t offset;
	unsigned wanted;
	int kind;
} args[] = {
#define ON(category) (1U << KINETO_##category)
#define DEVICE_SIDE (ON(UNKNOWN) | ON(KERNEL) | ON(MEMCPY) | ON(MEMSET))
#define SHAPED (ON(UNKNOWN) | ON(OP))
#define ANY (~0U)
	{JSON_WORD("External id"), AT(external_id), DEVICE_SIDE | ON(OP), NUMBER},
	{JSON_WORD("external id"), AT(external_id), DEVICE_SIDE | ON(OP), NUMBER},
	{JSON_WORD("correlation"), AT(correlation), ANY & ~ON(OP), NUMBER},
	{JSON_WORD("device"), AT(device), DEVICE_SIDE, NUMBER},
	{JSON_WORD("stream"), AT(stream), DEVICE_SIDE, NUMBER},
	{JSON_WORD("registers per thread"), AT(registers), DEVICE_SIDE, NUMBER},
	{JSON_WORD("shared memory"), AT(shared_bytes), DEVICE_SIDE, NUMBER},
	{JSON_WORD("grid"), AT(grid), DEVICE_SIDE, EXTENT},
	{JSON_WORD("block"), AT(block), DEVICE_SIDE, EXTENT},
	{JSON_WORD("bytes"), AT(bytes), DEVICE_SIDE, NUMBER},
	{JSON_WORD("Bytes"), AT(bytes), DEVICE_SIDE, NUMBER},
	{JSON_WORD("cuda_sync_kind"), AT(sync_kind), ON(UNKNOWN) | ON(SYNC), TEXT},
	{JSON_WORD("Input Dims"), AT(shape[KINETO_DIMS]), SHAPED, SHAPE},
	{JSON_WORD("Input dims"), AT(shape[KINETO_DIMS]), SHAPED, SHAPE},
	{JSON_WORD("Input type"), AT(shape[KINETO_TYPES]), SHAPED, SHAPE},
	{JSON_WORD("Input Strides"), AT(shape[KINETO_STRIDES]), SHAPED, SHAPE},
	{JSON_WORD("Concrete Inputs"), AT(shape[KINETO_CONCRETE]), SHAPED, SHAPE},
#undef ON
#undef DEVICE_SIDE
#undef SHAPED
#undef ANY
};

static const struct arg *find_arg(const struct json_token *key, enum kineto_category category)
{
	for (size_t i = 0; i < sizeof(args) / sizeof(args[0]); i++)
		if ((args[i].wanted >> category & 1) && json_is(key, &args[i].key))
			return &args[i];
	return NULL;
}

static enum sim_status arg_read(struct kineto *kineto, const struct arg *arg,
				const struct json_token *token, struct sim_diag *diag)
{
	void *member = (char *)&kineto->event + arg->offset;
	struct budget_text *text = member;
	switch (arg->kind) {
	case NUMBER:
		return kineto_number_read(kineto, token, member, diag);
	case EXTENT:
		return extent_read(kineto, token, member, diag);
	case SHAPE:
		text->length = 0;
		return json_copy(&kineto->json, token, text, diag);
	default:
		return text_read(kineto, token, text, diag);
	}
}

static enum sim_status args_read(struct kineto *kineto, const struct json_token *first,
				 struct sim_diag *diag)
{
	struct json_token token;
	if (first->kind != JSON_OBJECT)
		return json_pass(&kineto->json, first, diag);
	for (;;) {
		TRY(json_next(&kineto->json, &token, diag));
		if (token.kind == JSON_OBJECT_END)
			return SIM_OK;
		const struct arg *arg = find_arg(&token, kineto->event.category);
		TRY(json_next(&kineto->json, &token, diag));
		if (arg != NULL)
			TRY(arg_read(kineto, arg, &token, diag));
		else
			TRY(json_pass(&kineto->json, &token, diag));
	}
}

enum event_key {
	KEY_OTHER,
	KEY_PH,
	KEY_CAT,
	KEY_NAME,
	KEY_TS,
	KEY_DUR,
	KEY_PID,
	KEY_TID,
	KEY_ARGS
};

static enum event_key event_key(const struct json_token *token)
{
	static const struct {
		struct json_word text;
		enum event_key key;
	} keys[] = {
		{JSON_WORD("ph"), KEY_PH},     {JSON_WORD("cat"), KEY_CAT},
		{JSON_WORD("name"), KEY_NAME}, {JSON_WORD("ts"), KEY_TS},
		{JSON_WORD("dur"), KEY_DUR},   {JSON_WORD("pid"), KEY_PID},
		{JSON_WORD("tid"), KEY_TID},   {JSON_WORD("args"), KEY_ARGS},
	};
	for (size_t i = 0; i < sizeof(keys) / sizeof(keys[0]); i++)
		if (json_is(token, &keys[i].text))
			return keys[i].key;
	return KEY_OTHER;
}

static enum sim_status member_read(struct kineto *kineto, enum event_key key,
				   const struct json_token *token, struct sim_diag *diag)
{
	struct kineto_event *event = &kineto->event;
	switch (key) {
	case KEY_PH:
		event->complete = token->kind == JSON_STRING && json_text_is(token, "X");
		if (!event->complete)
			event->category = KINETO_IGNORED;
		break;
	case KEY_CAT:
		event->category = token->kind == JSON_STRING ? category_of(token) : KINETO_IGNORED;
		break;
	case KEY_NAME:
		return text_read(kineto, token, &event->name, diag);
	case KEY_TS:
		return kineto_number_read(kineto, token, &event->ts, diag);
	case KEY_DUR:
		return kineto_number_read(kineto, token, &event->dur, diag);
	case KEY_PID:
		return kineto_number_read(kineto, token, &event->pid, diag);
	case KEY_TID:
		return kineto_number_read(kineto, token, &event->tid, diag);
	case KEY_ARGS:
		return args_read(kineto, token, diag);
	case KEY_OTHER:
		break;
	}
	return json_pass(&kineto->json, token, diag);
}

enum sim_status kineto_event_read(struct kineto *kineto, const struct json_token *first,
				  struct sim_diag *diag)
{
	struct json *json = &kineto->json;
	struct json_token token;
	unsigned outside = json->depth - 1;
	uint64_t line = json_line(json);
	reset(&kineto->event);
	kineto->event.line = line > UINT32_MAX ? UINT32_MAX : (uint32_t)line;
	if (first->kind != JSON_OBJECT) {
		build_warn(kineto->build, "line %u: an event is no object", kineto->event.line);
		return json_pass(json, first, diag);
	}
	for (;;) {
		TRY(json_next(json, &token, diag));
		if (token.kind == JSON_OBJECT_END)
			break;
		enum event_key key = event_key(&token);
		TRY(json_next(json, &token, diag));
		TRY(member_read(kineto, key, &token, diag));
		if (kineto->event.category == KINETO_IGNORED)
			return json_leave(json, outside, diag);
	}
	if (kineto->event.category == KINETO_UNKNOWN || !kineto->event.complete)
		kineto->event.category = KINETO_IGNORED;
	return SIM_OK;
}
