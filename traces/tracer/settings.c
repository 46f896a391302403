/* What the environment asks of the tracer: see settings.h. */
#include "traces/tracer/settings.h"

#include <stdio.h>
#include <string.h>

static bool parse_steps(struct tracer_settings *settings, const char *word, size_t length)
{
	const size_t prefix = strlen(TRACER_STEPS_WORD);
	uint64_t steps = 0;
	if (length <= prefix || memcmp(word, TRACER_STEPS_WORD, prefix) != 0)
		return false;
	for (size_t i = prefix; i < length; i++) {
		if (word[i] < '0' || word[i] > '9' || steps > (UINT64_MAX - 9) / 10)
			return false;
		steps = steps * 10 + (uint64_t)(word[i] - '0');
	}
	if (steps == 0)
		return false;
	settings->steps = steps;
	return true;
}

static bool parse_word(struct tracer_settings *settings, const char *word, size_t length)
{
	static const struct {
		const char *word;
		unsigned option;
	} words[] = {
#define X(name, text, what) {text, TRACER_##name},
		TRACER_OPTION_LIST(X)
#undef X
	};
	for (size_t i = 0; i < sizeof(words) / sizeof(words[0]); i++)
		if (strlen(words[i].word) == length && memcmp(words[i].word, word, length) == 0) {
			settings->options |= words[i].option;
			return true;
		}
	return parse_steps(settings, word, length);
}

void settings_parse(struct tracer_settings *settings, const char *words,
		    settings_unknown_fn unknown)
{
	*settings = (struct tracer_settings){0};
	while (words != NULL && *words != '\0') {
		size_t length = strcspn(words, ",");
		if (length > 0 && !parse_word(settings, words, length) && unknown != NULL)
			unknown(words, length);
		words += length + (words[length] == ',');
	}
	if (settings->options & TRACER_ALL_CALLS)
		settings->options |= TRACER_CALLS;
}

bool settings_expand_path(char *out, size_t size, const char *pattern, long process)
{
	char number[24];
	int digits = snprintf(number, sizeof(number), "%ld", process);
	size_t length = 0;
	for (const char *at = pattern; *at != '\0'; at++) {
		const char *piece = at;
		size_t bytes = 1;
		if (at[0] == '%' && at[1] == 'p') {
			piece = number;
			bytes = (size_t)digits;
			at++;
		} else if (at[0] == '%' && at[1] == '%') {
			at++;
		}
		if (length + bytes >= size)
			return false;
		memcpy(out + length, piece, bytes);
		length += bytes;
	}
	out[length] = '\0';
	return length > 0;
}
