/* Tokens and structure: see json.h. */
#include "traces/json.h"

enum json_expects {
	EXPECTS_VALUE,
	EXPECTS_VALUE_OR_END,
	EXPECTS_KEY,
	EXPECTS_KEY_OR_END,
	EXPECTS_COMMA_OR_END,
	EXPECTS_NOTHING
};

static inline bool is_space(char c)
{
	return c == ' ' || c == '\n' || c == '\t' || c == '\r';
}

/* Moves to the next byte that is not white space: the zero behind the window at the very end. */
static inline enum sim_status skip_space(struct json *json, struct sim_diag *diag)
{
	for (;;) {
		const char *byte = json->window + json->at;
		while (is_space(*byte))
			byte++;
		json->at = (size_t)(byte - json->window);
		if (json->end - json->at >= JSON_LOOKAHEAD || json->input_ended)
			return SIM_OK;
		TRY(json_refill(json, diag));
	}
}

static enum sim_status fail_end(struct json *json, struct sim_diag *diag)
{
	return json_fail(json, SIM_E_PARSE, diag,
			 "the file ends inside a JSON value; it is empty or cut short");
}

/*
 * Bytes before the first quote, backslash or control (the zero behind the window is one) among the
 * eight at BYTES; 8 when there is none.
 */
static inline size_t plain_bytes(const char *bytes)
{
	const uint64_t low = UINT64_C(0x0101010101010101), high = low << 7;
	uint64_t word;
	memcpy(&word, bytes, sizeof(word));
	uint64_t quote = word ^ (low * '"'), backslash = word ^ (low * '\\');
	uint64_t found = ((quote - low) & ~quote) | ((backslash - low) & ~backslash) |
			 ((word - low * ' ') & ~word);
	found &= high;
	if (found == 0)
		return 8;
#if __BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__
	return (size_t)__builtin_ctzll(found) / 8;
#else
	size_t count = 0;
	while ((unsigned char)bytes[count] >= ' ' && bytes[count] != '"' && bytes[count] != '\\')
		count++;
	return count;
#endif
}

/* json->at is at the opening quote. */
static inline enum sim_status scan_string(struct json *json, struct json_token *token,
					  struct sim_diag *diag)
{
	size_t offset = 1; /* from the opening quote, which a refill moves */
	token->escaped = false;
	for (;;) {
		const char *byte = json->window + json->at + offset;
		const char *limit = json->window + json->end;
		size_t plain;
		do {
			plain = plain_bytes(byte);
			byte += plain;
		} while (plain == 8 && byte < limit);
		offset = (size_t)(byte - json->window) - json->at;
		if (offset > JSON_LONGEST_TEXT)
			return json_fail(json, SIM_E_RANGE, diag,
					 "a string is longer than %d bytes; this is no "
					 "torch.profiler trace",
					 JSON_LONGEST_TEXT);
		if (byte >= limit || (*byte == '\\' && limit - byte < 2)) {
			if (json->input_ended)
				return fail_end(json, diag);
			TRY(json_refill(json, diag));
		} else if (*byte == '"') {
			break;
		} else if (*byte == '\\') {
			token->escaped = true;
			offset += 2;
		} else if (*byte == '\n' || *byte == '\0') {
			return json_fail(json, SIM_E_PARSE, diag,
					 "a string is not closed before the end of its line");
		} else {
			offset++; /* other control bytes are kept */
		}
	}
	token->text = json->window + json->at + 1;
	token->length = offset - 1;
	json->at += offset + 1;
	return SIM_OK;
}

static inline size_t digits_at(const char *text)
{
	size_t count = 0;
	while (text[count] >= '0' && text[count] <= '9')
		count++;
	return count;
}

/* Length of a JSON number at TEXT, or 0. */
static inline size_t number_length(const char *text)
{
	size_t length = *text == '-';
	size_t digits = digits_at(text + length);
	if (digits == 0)
		return 0;
	length += digits;
	if (text[length] == '.') {
		digits = digits_at(text + length + 1);
		if (digits == 0)
			return 0;
		length += 1 + digits;
	}
	if (text[length] == 'e' || text[length] == 'E') {
		size_t sign = text[length + 1] == '+' || text[length + 1] == '-';
		digits = digits_at(text + length + 1 + sign);
		if (digits == 0)
			return 0;
		length += 1 + sign + digits;
	}
	return length;
}

/* Nothing that could belong to a number or a literal. */
static inline bool ends_word(char c)
{
	return c == ',' || c == '\n' || c == ']' ||
	       !((c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
		 c == '.' || c == '-' || c == '+' || c == '_');
}

/* Literals, and what C and Python print for numbers that JSON has not. */
static const struct {
	const char *text;
	enum json_kind kind;
} words[] = {
	{"true", JSON_TRUE},   {"false", JSON_FALSE},	   {"null", JSON_NULL},
	{"NaN", JSON_NUMBER},  {"nan", JSON_NUMBER},	   {"-nan", JSON_NUMBER},
	{"inf", JSON_NUMBER},  {"-inf", JSON_NUMBER},	   {"Infinity", JSON_NUMBER},
	{"-NaN", JSON_NUMBER}, {"-Infinity", JSON_NUMBER},
};

static enum sim_status fail_word(struct json *json, size_t length, struct sim_diag *diag)
{
	const char *text = json->window + json->at;
	if (length >= JSON_LOOKAHEAD)
		return json_fail(json, SIM_E_RANGE, diag, "a number has more than %d digits",
				 JSON_LOOKAHEAD);
	while (!ends_word(text[length]))
		length++;
	if (json->at + length == json->end)
		return fail_end(json, diag);
	return json_fail(json, SIM_E_PARSE, diag, "not JSON: '%.16s'", text);
}

static inline enum sim_status scan_word(struct json *json, struct json_token *token,
					struct sim_diag *diag)
{
	const char *text = json->window + json->at;
	size_t length = number_length(text);
	token->kind = JSON_NUMBER;
	for (size_t i = 0; length == 0 && i < sizeof(words) / sizeof(words[0]); i++) {
		size_t word = strlen(words[i].text);
		if (strncmp(text, words[i].text, word) == 0 && ends_word(text[word])) {
			length = word;
			token->kind = words[i].kind;
		}
	}
	if (length == 0 || length >= JSON_LOOKAHEAD || !ends_word(text[length]) ||
	    json->at + length == json->end)
		return fail_word(json, length, diag);
	token->text = text;
	token->length = length;
	json->at += length;
	return SIM_OK;
}

static inline enum sim_status open_container(struct json *json, bool is_object,
					     struct json_token *token, struct sim_diag *diag)
{
	if (json->depth == JSON_DEEPEST)
		return json_fail(json, SIM_E_RANGE, diag, "nested deeper than %d levels",
				 JSON_DEEPEST);
	json->in_object[++json->depth] = is_object;
	json->expects = is_object ? EXPECTS_KEY_OR_END : EXPECTS_VALUE_OR_END;
	token->kind = is_object ? JSON_OBJECT : JSON_ARRAY;
	json->at++;
	return SIM_OK;
}

static inline enum sim_status close_container(struct json *json, char c, struct json_token *token,
					      struct sim_diag *diag)
{
	bool is_object = c == '}';
	if (json->depth == 0 || json->in_object[json->depth] != is_object)
		return json_fail(json, SIM_E_PARSE, diag, "'%c' closes nothing", c);
	json->depth--;
	json->expects = json->depth == 0 ? EXPECTS_NOTHING : EXPECTS_COMMA_OR_END;
	token->kind = is_object ? JSON_OBJECT_END : JSON_ARRAY_END;
	json->at++;
	return SIM_OK;
}

/* White space between a key and its colon; the key must survive a refill. */
static enum sim_status pass_key_space(struct json *json, struct json_token *token,
				      struct sim_diag *diag)
{
	size_t after = json->at;
	json->at = (size_t)(token->text - json->window);
	for (;;) {
		char c = json->window[after];
		if (is_space(c)) {
			after++;
		} else if (after == json->end && !json->input_ended) {
			after -= json->at;
			TRY(json_refill(json, diag));
		} else {
			break;
		}
	}
	token->text = json->window + json->at;
	json->at = after;
	if (after == json->end)
		return fail_end(json, diag);
	if (json->window[after] != ':')
		return json_fail(json, SIM_E_PARSE, diag, "a key without ':'");
	return SIM_OK;
}

static enum sim_status scan_key(struct json *json, struct json_token *token, struct sim_diag *diag)
{
	TRY(scan_string(json, token, diag));
	if (json->window[json->at] != ':')
		TRY(pass_key_space(json, token, diag));
	json->at++;
	token->kind = JSON_KEY;
	json->expects = EXPECTS_VALUE;
	return SIM_OK;
}

static enum sim_status scan_value(struct json *json, char c, struct json_token *token,
				  struct sim_diag *diag)
{
	if (c == '{' || c == '[')
		return open_container(json, c == '{', token, diag);
	json->expects = json->depth == 0 ? EXPECTS_NOTHING : EXPECTS_COMMA_OR_END;
	if (c != '"')
		return scan_word(json, token, diag);
	token->kind = JSON_STRING;
	return scan_string(json, token, diag);
}

enum sim_status json_next(struct json *json, struct json_token *token, struct sim_diag *diag)
{
	TRY(skip_space(json, diag));
	char c = json->window[json->at];
	if (json->expects == EXPECTS_COMMA_OR_END && c == ',') {
		json->at++;
		json->expects = json->in_object[json->depth] ? EXPECTS_KEY : EXPECTS_VALUE;
		TRY(skip_space(json, diag));
		c = json->window[json->at];
	}
	if (c == '\0' && json->at == json->end && json->expects != EXPECTS_NOTHING)
		return fail_end(json, diag);
	switch ((enum json_expects)json->expects) {
	case EXPECTS_KEY_OR_END:
		if (c == '}')
			return close_container(json, c, token, diag);
		/* fall through */
	case EXPECTS_KEY:
		if (c == '"')
			return scan_key(json, token, diag);
		return json_fail(json, SIM_E_PARSE, diag, "a key in quotes is missing");
	case EXPECTS_VALUE_OR_END:
		if (c == ']')
			return close_container(json, c, token, diag);
		/* fall through */
	case EXPECTS_VALUE:
		return scan_value(json, c, token, diag);
	case EXPECTS_COMMA_OR_END:
		if (c == '}' || c == ']')
			return close_container(json, c, token, diag);
		return json_fail(json, SIM_E_PARSE, diag, "a ',' or an end is missing");
	case EXPECTS_NOTHING:
		break;
	}
	if (json->at < json->end)
		return json_fail(json, SIM_E_PARSE, diag, "bytes follow the JSON value");
	token->kind = JSON_END;
	return SIM_OK;
}
