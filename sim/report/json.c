/* JSON text as it goes out: see json.h. */
#include "sim/report/json.h"

#include <assert.h>
#include <inttypes.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

void json_init(struct json_writer *json, FILE *out, unsigned indent)
{
	*json = (struct json_writer){.out = out, .indent = indent};
}

enum sim_status json_finish(struct json_writer *json, struct sim_diag *diag)
{
	assert(json->depth == 0);
	fputc('\n', json->out);
	if (fflush(json->out) != 0 || ferror(json->out))
		return diag_fail(diag, SIM_E_IO, "cannot write the output");
	return SIM_OK;
}

static void new_line(struct json_writer *json)
{
	if (json->indent > 0)
		fprintf(json->out, "\n%*s", (int)(json->indent * json->depth), "");
}

/* Length of the well-formed UTF-8 sequence at TEXT; 0 when there is none. */
static size_t utf8_length(const unsigned char *text, size_t length)
{
	unsigned char lead = text[0], low = 0x80, high = 0xbf;
	size_t need = lead < 0x80 ? 1 : lead < 0xc2 ? 0 : lead < 0xe0 ? 2 : lead < 0xf0 ? 3 : 4;
	if (lead > 0xf4 || need == 0 || need > length)
		return 0;
	if (lead == 0xe0)
		low = 0xa0; /* overlong */
	if (lead == 0xed)
		high = 0x9f; /* surrogates */
	if (lead == 0xf0)
		low = 0x90;
	if (lead == 0xf4)
		high = 0x8f; /* beyond U+10FFFF */
	for (size_t i = 1; i < need; i++) {
		if (text[i] < low || text[i] > high)
			return 0;
		low = 0x80;
		high = 0xbf;
	}
	return need;
}

static void put_escaped(FILE *out, unsigned char byte)
{
	static const char from[] = "\"\\\b\f\n\r\t", to[] = "\"\\bfnrt";
	const char *found = byte == 0 ? NULL : strchr(from, byte);
	if (found != NULL)
		fprintf(out, "\\%c", to[found - from]);
	else
		fprintf(out, "\\u%04x", byte);
}

static void put_text(FILE *out, const char *text, size_t length)
{
	const unsigned char *at = (const unsigned char *)text;
	fputc('"', out);
	while (length > 0) {
		/* runs of plain characters go out at once */
		size_t plain = 0;
		while (plain < length && at[plain] >= 0x20 && at[plain] < 0x7f &&
		       at[plain] != '"' && at[plain] != '\\')
			plain++;
		fwrite(at, 1, plain, out);
		at += plain;
		length -= plain;
		if (length == 0)
			break;
		size_t whole = at[0] < 0x80 ? 1 : utf8_length(at, length);
		if (at[0] < 0x80)
			put_escaped(out, at[0]);
		else if (whole > 0)
			fwrite(at, 1, whole, out);
		else
			fputs("\\ufffd", out);
		at += whole > 0 ? whole : 1;
		length -= whole > 0 ? whole : 1;
	}
	fputc('"', out);
}

/* What stands in front of every value: comma, line, name. */
static void begin_value(struct json_writer *json, const char *key)
{
	if (json->depth == 0) {
		assert(key == NULL);
		return;
	}
	bool in_object = json->levels[json->depth - 1].close == '}';
	assert(in_object == (key != NULL));
	if (json->levels[json->depth - 1].any)
		fputs(json->indent > 0 ? "," : ", ", json->out);
	json->levels[json->depth - 1].any = true;
	new_line(json);
	if (in_object) {
		put_text(json->out, key, strlen(key));
		fputs(": ", json->out);
	}
}

static void open_level(struct json_writer *json, const char *key, char open, char close)
{
	begin_value(json, key);
	assert(json->depth < JSON_DEPTH);
	fputc(open, json->out);
	json->levels[json->depth].close = close;
	json->levels[json->depth].any = false;
	json->depth++;
}

static void close_level(struct json_writer *json, char close)
{
	assert(json->depth > 0 && json->levels[json->depth - 1].close == close);
	json->depth--;
	if (json->levels[json->depth].any)
		new_line(json);
	fputc(close, json->out);
}

void json_open_object(struct json_writer *json, const char *key)
{
	open_level(json, key, '{', '}');
}

void json_close_object(struct json_writer *json)
{
	close_level(json, '}');
}

void json_open_array(struct json_writer *json, const char *key)
{
	open_level(json, key, '[', ']');
}

void json_close_array(struct json_writer *json)
{
	close_level(json, ']');
}

void json_text(struct json_writer *json, const char *key, const char *text)
{
	if (text == NULL)
		json_null(json, key);
	else
		json_text_bytes(json, key, text, strlen(text));
}

void json_text_bytes(struct json_writer *json, const char *key, const char *text, size_t length)
{
	begin_value(json, key);
	put_text(json->out, text, length);
}

void json_hex(struct json_writer *json, const char *key, const void *bytes, size_t length)
{
	const unsigned char *at = bytes;
	begin_value(json, key);
	fputc('"', json->out);
	for (size_t i = 0; i < length; i++)
		fprintf(json->out, "%02x", at[i]);
	fputc('"', json->out);
}

void json_hash(struct json_writer *json, const char *key, uint64_t hash)
{
	begin_value(json, key);
	fprintf(json->out, "\"%016" PRIx64 "\"", hash);
}

void json_int(struct json_writer *json, const char *key, int64_t value)
{
	begin_value(json, key);
	fprintf(json->out, "%" PRId64, value);
}

void json_uint(struct json_writer *json, const char *key, uint64_t value)
{
	begin_value(json, key);
	fprintf(json->out, "%" PRIu64, value);
}

void json_milli(struct json_writer *json, const char *key, int64_t thousandths)
{
	uint64_t size = thousandths < 0 ? -(uint64_t)thousandths : (uint64_t)thousandths;
	begin_value(json, key);
	fprintf(json->out, "%s%" PRIu64 ".%03u", thousandths < 0 ? "-" : "", size / 1000,
		(unsigned)(size % 1000));
}

char *json_number(double value, char out[JSON_NUMBER])
{
	assert(isfinite(value));
	for (int digits = 15; digits <= 17; digits++) {
		snprintf(out, JSON_NUMBER, "%.*g", digits, value);
		if (strtod(out, NULL) == value)
			break;
	}
	return out;
}

void json_double(struct json_writer *json, const char *key, double value)
{
	char number[JSON_NUMBER];
	if (!isfinite(value)) {
		json_null(json, key);
		return;
	}
	begin_value(json, key);
	fputs(json_number(value, number), json->out);
}

void json_bool(struct json_writer *json, const char *key, bool value)
{
	begin_value(json, key);
	fputs(value ? "true" : "false", json->out);
}

void json_null(struct json_writer *json, const char *key)
{
	begin_value(json, key);
	fputs("null", json->out);
}
