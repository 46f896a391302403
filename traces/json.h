/*
 * JSON pull scanner over an input stream. Tokens are slices of a sliding window, so memory does not
 * grow with the file: cJSON's tree takes ten times a trace's size and its doubles lose nanoseconds.
 *
 * Strict about structure (commas, nesting, literals, what follows the value), lenient about what
 * real traces hold: NaN and Infinity as numbers (the reader decides), unknown escapes, bytes that
 * are not UTF-8. A string or an unfinished one is at most JSON_LONGEST_TEXT bytes, containers nest
 * at most JSON_DEEPEST levels.
 */
#ifndef TRACES_JSON_H
#define TRACES_JSON_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include "sim/core/status.h"
#include "traces/budget.h"
#include "traces/input.h"

enum { JSON_LONGEST_TEXT = 1 << 20, JSON_DEEPEST = 128 };

/* Numbers and literals are shorter, so they never straddle a refill. */
enum { JSON_LOOKAHEAD = 64 };

enum json_kind {
	JSON_END, /* the value is complete and nothing follows it */
	JSON_OBJECT,
	JSON_OBJECT_END,
	JSON_ARRAY,
	JSON_ARRAY_END,
	JSON_KEY,
	JSON_STRING,
	JSON_NUMBER,
	JSON_TRUE,
	JSON_FALSE,
	JSON_NULL
};

/* TEXT is valid until the next token; of a string or key without its quotes, escapes as they are.
 */
struct json_token {
	enum json_kind kind;
	bool escaped;
	const char *text;
	size_t length;
};

struct json {
	struct input *input;
	struct budget *budget;
	char *window;
	size_t capacity;
	size_t at;
	size_t end;
	bool input_ended;
	uint8_t expects; /* enum json_expects */
	unsigned depth;
	bool in_object[JSON_DEEPEST + 1];
	size_t counted; /* newlines before this place of the window are in line */
	uint64_t line;
};

SIM_MUST_CHECK enum sim_status json_open(struct json *json, struct input *input,
					 struct budget *budget, struct sim_diag *diag);
void json_close(struct json *json);

SIM_MUST_CHECK enum sim_status json_next(struct json *json, struct json_token *token,
					 struct sim_diag *diag);

/* Pass over the value that begins with TOKEN (nothing to do for a scalar). */
SIM_MUST_CHECK enum sim_status json_pass(struct json *json, const struct json_token *token,
					 struct sim_diag *diag);

/* Pass over what is left of the containers deeper than DEPTH. */
SIM_MUST_CHECK enum sim_status json_leave(struct json *json, unsigned depth, struct sim_diag *diag);

/*
 * Append the value that begins with TOKEN to OUT as compact JSON (no white space, everything else
 * as it is).
 */
SIM_MUST_CHECK enum sim_status json_copy(struct json *json, const struct json_token *token,
					 struct budget_text *out, struct sim_diag *diag);

/*
 * Append a string's text with its escapes resolved. Unknown escapes stay, code points that make no
 * text (lone surrogates, 0) become U+FFFD.
 */
SIM_MUST_CHECK enum sim_status json_decode(struct json *json, const struct json_token *token,
					   struct budget_text *out, struct sim_diag *diag);

/* Line of the last token, from 1. */
uint64_t json_line(struct json *json);

/*
 * For the scanner: read more behind the bytes from json->at on, which move to the front. The window
 * ends in zero bytes.
 */
SIM_MUST_CHECK enum sim_status json_refill(struct json *json, struct sim_diag *diag);

enum sim_status json_fail(struct json *json, enum sim_status status, struct sim_diag *diag,
			  const char *fmt, ...) SIM_PRINTF(4, 5);

/* Text known when compiling, with its length. */
struct json_word {
	const char *text;
	size_t length;
};

#define JSON_WORD(literal)                                                                         \
	{                                                                                          \
		literal, sizeof(literal) - 1                                                       \
	}

static inline bool json_is(const struct json_token *token, const struct json_word *word)
{
	return token->length == word->length && token->text[0] == word->text[0] &&
	       memcmp(token->text, word->text, word->length) == 0;
}

static inline bool json_text_is(const struct json_token *token, const char *text)
{
	return token->length == strlen(text) && memcmp(token->text, text, token->length) == 0;
}

#endif
