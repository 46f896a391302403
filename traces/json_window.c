/* The window over the input, and where in the file it stands: see json.h. */
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include "traces/json.h"

enum {
	FIRST_WINDOW = 128 << 10,
	LARGEST_WINDOW = JSON_LONGEST_TEXT + FIRST_WINDOW,
	PADDING = 8 /* zero bytes behind the window: a sentinel, and room for a word's read */
};

void json_close(struct json *json)
{
	if (json->window != NULL)
		budget_give(json->budget, json->capacity + PADDING);
	free(json->window);
	memset(json, 0, sizeof(*json));
}

uint64_t json_line(struct json *json)
{
	const char *from = json->window + json->counted, *to = json->window + json->at;
	while (from < to) {
		const char *newline = memchr(from, '\n', (size_t)(to - from));
		if (newline == NULL)
			break;
		json->line++;
		from = newline + 1;
	}
	if (json->counted < json->at)
		json->counted = json->at;
	return json->line;
}

enum sim_status json_fail(struct json *json, enum sim_status status, struct sim_diag *diag,
			  const char *fmt, ...)
{
	char text[SIM_DIAG_TEXT / 2];
	va_list args;
	va_start(args, fmt);
	vsnprintf(text, sizeof(text), fmt, args);
	va_end(args);
	return diag_fail_at(diag, status, json->input->path, (long)json_line(json), "%s", text);
}

static enum sim_status enlarge(struct json *json, struct sim_diag *diag)
{
	size_t capacity = json->capacity * 2;
	if (capacity > LARGEST_WINDOW)
		capacity = LARGEST_WINDOW;
	if (capacity == json->capacity)
		return json_fail(
			json, SIM_E_RANGE, diag,
			"a string is longer than %d bytes; this is no torch.profiler trace",
			JSON_LONGEST_TEXT);
	budget_take(json->budget, capacity + PADDING);
	char *window = realloc(json->window, capacity + PADDING);
	if (window == NULL) {
		budget_give(json->budget, capacity + PADDING);
		return diag_fail(diag, SIM_E_NOMEM, "out of memory");
	}
	budget_give(json->budget, json->capacity + PADDING);
	json->window = window;
	json->capacity = capacity;
	return SIM_OK;
}

/* Read more behind the bytes from json->at on, which move to the front. */
enum sim_status json_refill(struct json *json, struct sim_diag *diag)
{
	size_t kept = json->end - json->at, got;
	(void)json_line(json);
	if (json->at > 0)
		memmove(json->window, json->window + json->at, kept);
	json->counted -= json->at;
	json->at = 0;
	json->end = kept;
	memset(json->window + json->end, 0, PADDING);
	if (kept == json->capacity)
		TRY(enlarge(json, diag));
	TRY(input_read(json->input, json->window + kept, json->capacity - kept, &got, diag));
	json->input_ended = got == 0;
	json->end += got;
	memset(json->window + json->end, 0, PADDING);
	return SIM_OK;
}

enum sim_status json_open(struct json *json, struct input *input, struct budget *budget,
			  struct sim_diag *diag)
{
	memset(json, 0, sizeof(*json));
	json->input = input;
	json->budget = budget;
	json->line = 1;
	json->window = malloc(FIRST_WINDOW + PADDING);
	if (json->window == NULL)
		return diag_fail(diag, SIM_E_NOMEM, "out of memory");
	json->capacity = FIRST_WINDOW;
	budget_take(budget, FIRST_WINDOW + PADDING);
	enum sim_status status = json_refill(json, diag);
	if (status != SIM_OK)
		json_close(json);
	else if (json->end >= 3 && memcmp(json->window, "\xef\xbb\xbf", 3) == 0)
		json->at = 3;
	return status;
}
