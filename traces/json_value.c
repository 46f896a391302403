/* Whole values: passing over, copying, and resolving escapes: see json.h. */
#include "traces/json.h"

enum sim_status json_leave(struct json *json, unsigned depth, struct sim_diag *diag)
{
	struct json_token token;
	while (json->depth > depth)
		TRY(json_next(json, &token, diag));
	return SIM_OK;
}

enum sim_status json_pass(struct json *json, const struct json_token *token, struct sim_diag *diag)
{
	if (token->kind != JSON_OBJECT && token->kind != JSON_ARRAY)
		return SIM_OK;
	return json_leave(json, json->depth - 1, diag);
}

static enum sim_status append_slowly(struct json *json, struct budget_text *out, const char *bytes,
				     size_t length, struct sim_diag *diag)
{
	enum sim_status status =
		budget_append(json->budget, out, bytes, length, JSON_LONGEST_TEXT, diag);
	if (status == SIM_E_RANGE)
		return json_fail(json, status, diag, "a value is longer than %d bytes",
				 JSON_LONGEST_TEXT);
	return status;
}

static inline enum sim_status append_byte(struct json *json, struct budget_text *out, char byte,
					  struct sim_diag *diag)
{
	if (out->length == out->capacity || out->length >= JSON_LONGEST_TEXT)
		return append_slowly(json, out, &byte, 1, diag);
	out->data[out->length++] = byte;
	return SIM_OK;
}

static inline enum sim_status append(struct json *json, struct budget_text *out, const char *bytes,
				     size_t length, struct sim_diag *diag)
{
	if (length > 16 || out->capacity - out->length < length)
		return append_slowly(json, out, bytes, length, diag);
	for (size_t i = 0; i < length; i++)
		TRY(append_byte(json, out, bytes[i], diag));
	return SIM_OK;
}

static enum sim_status append_scalar(struct json *json, const struct json_token *token,
				     struct budget_text *out, struct sim_diag *diag)
{
	bool quoted = token->kind == JSON_STRING || token->kind == JSON_KEY;
	if (!quoted)
		return append(json, out, token->text, token->length, diag);
	TRY(append_byte(json, out, '"', diag));
	TRY(append(json, out, token->text, token->length, diag));
	TRY(append_byte(json, out, '"', diag));
	return token->kind == JSON_KEY ? append_byte(json, out, ':', diag) : SIM_OK;
}

enum sim_status json_copy(struct json *json, const struct json_token *first,
			  struct budget_text *out, struct sim_diag *diag)
{
	struct json_token token = *first;
	unsigned outside = json->depth - (token.kind == JSON_OBJECT || token.kind == JSON_ARRAY);
	bool separate = false;
	for (;;) {
		bool ends = token.kind == JSON_OBJECT_END || token.kind == JSON_ARRAY_END;
		if (separate && !ends)
			TRY(append_byte(json, out, ',', diag));
		separate = true;
		switch (token.kind) {
		case JSON_OBJECT:
		case JSON_ARRAY:
			TRY(append_byte(json, out, token.kind == JSON_OBJECT ? '{' : '[', diag));
			separate = false;
			break;
		case JSON_OBJECT_END:
		case JSON_ARRAY_END:
			TRY(append_byte(json, out, token.kind == JSON_OBJECT_END ? '}' : ']',
					diag));
			break;
		default:
			TRY(append_scalar(json, &token, out, diag));
			separate = token.kind != JSON_KEY;
			break;
		}
		if (json->depth == outside)
			return SIM_OK;
		TRY(json_next(json, &token, diag));
	}
}

static int hex_digit(char c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	if (c >= 'a' && c <= 'f')
		return c - 'a' + 10;
	return c >= 'A' && c <= 'F' ? c - 'A' + 10 : -1;
}

/* The four hex digits of a \u escape at TEXT, or -1. */
static long unicode_escape(const char *text, const char *end)
{
	long code = 0;
	if (end - text < 6 || text[0] != '\\' || text[1] != 'u')
		return -1;
	for (int i = 2; i < 6; i++) {
		int digit = hex_digit(text[i]);
		if (digit < 0)
			return -1;
		code = code * 16 + digit;
	}
	return code;
}

static size_t encode_utf8(long code, char *out)
{
	enum { REPLACEMENT = 0xfffd };
	if (code == 0 || (code >= 0xd800 && code <= 0xdfff))
		code = REPLACEMENT;
	if (code < 0x80) {
		out[0] = (char)code;
		return 1;
	}
	if (code < 0x800) {
		out[0] = (char)(0xc0 | code >> 6);
		out[1] = (char)(0x80 | (code & 0x3f));
		return 2;
	}
	if (code < 0x10000) {
		out[0] = (char)(0xe0 | code >> 12);
		out[1] = (char)(0x80 | (code >> 6 & 0x3f));
		out[2] = (char)(0x80 | (code & 0x3f));
		return 3;
	}
	out[0] = (char)(0xf0 | code >> 18);
	out[1] = (char)(0x80 | (code >> 12 & 0x3f));
	out[2] = (char)(0x80 | (code >> 6 & 0x3f));
	out[3] = (char)(0x80 | (code & 0x3f));
	return 4;
}

/* Resolve the escape at TEXT into OUT; returns how many bytes it took there. */
static size_t resolve_escape(const char *text, const char *end, char *out, size_t *made)
{
	static const char letters[] = "\"\\/bfnrt", bytes[] = "\"\\/\b\f\n\r\t";
	const char *letter = text + 1 < end ? memchr(letters, text[1], sizeof(letters) - 1) : NULL;
	long code = unicode_escape(text, end), low;
	if (letter != NULL) {
		out[0] = bytes[letter - letters];
		*made = 1;
		return 2;
	}
	if (code < 0) {
		out[0] = '\\';
		*made = 1;
		return 1;
	}
	low = code >= 0xd800 && code <= 0xdbff ? unicode_escape(text + 6, end) : -1;
	if (low >= 0xdc00 && low <= 0xdfff) {
		*made = encode_utf8(0x10000 + ((code - 0xd800) << 10) + (low - 0xdc00), out);
		return 12;
	}
	*made = encode_utf8(code, out);
	return 6;
}

enum sim_status json_decode(struct json *json, const struct json_token *token,
			    struct budget_text *out, struct sim_diag *diag)
{
	const char *text = token->text, *end = text + token->length;
	if (!token->escaped)
		return append(json, out, text, token->length, diag);
	while (text < end) {
		const char *escape = memchr(text, '\\', (size_t)(end - text));
		const char *plain_end = escape != NULL ? escape : end;
		char bytes[4];
		size_t made;
		TRY(append(json, out, text, (size_t)(plain_end - text), diag));
		text = plain_end;
		if (escape == NULL)
			break;
		text += resolve_escape(text, end, bytes, &made);
		TRY(append(json, out, bytes, made, diag));
	}
	return SIM_OK;
}
